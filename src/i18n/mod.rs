//! Every text a person reads: one field per message, grouped by room. A missing translation does not compile.

pub mod thread;

use self::thread::ThreadWords;

/// The program's words in one language.
#[derive(Debug)]
pub struct Words {
    /// The thread and a ticket's history.
    pub thread: ThreadWords,
}

/// English.
pub static EN: Words = Words { thread: thread::EN };

/// Japanese.
pub static JA: Words = Words { thread: thread::JA };

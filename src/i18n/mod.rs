//! Every text a person reads: one field per message, grouped by room. A missing translation does not compile.

pub mod list;
pub mod thread;

use self::list::ListWords;
use self::thread::ThreadWords;

/// The program's words in one language.
#[derive(Debug)]
pub struct Words {
    /// The thread and a ticket's history.
    pub thread: ThreadWords,
    /// The main screen: header, queues, team, list, status line.
    pub screen: ListWords,
}

/// English.
pub static EN: Words = Words { thread: thread::EN, screen: list::EN };

/// Japanese.
pub static JA: Words = Words { thread: thread::JA, screen: list::JA };

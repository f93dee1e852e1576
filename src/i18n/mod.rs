//! Every text a person reads.

/// The program's words in one language: one field per message.
#[derive(Debug)]
pub struct Words {}

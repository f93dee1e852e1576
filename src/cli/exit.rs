//! How a verb fails: what happened, why, what to do next, and the exit code a script reads.

use crate::domain::DeskError;

/// Wrong usage or configuration.
pub const USAGE: u8 = 2;

/// A verb's failure. People read `what`, `why`, `next`; programs read `kind` and the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct CliError {
    /// One of the problem kinds, or `usage`.
    pub kind: &'static str,
    /// What could not be done.
    pub what: String,
    /// Why not.
    pub why: String,
    /// What to do next; may be empty.
    pub next: String,
    /// The exit code.
    pub code: u8,
}

impl CliError {
    /// Wrong usage or configuration: exit code 2.
    pub fn usage(what: impl Into<String>, why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { kind: "usage", what: what.into(), why: why.into(), next: next.into(), code: USAGE }
    }

    /// A desk's refusal, with the exit code that belongs to it.
    pub fn desk(what: impl Into<String>, error: &DeskError, next: impl Into<String>) -> Self {
        Self {
            kind: error.kind(),
            what: what.into(),
            why: error.to_string(),
            next: next.into(),
            code: error.exit_code(),
        }
    }
}

//! Where ticketty keeps things, what the agent set, which desks there are, and how their secrets are found.

pub mod desk;
pub mod file;
pub mod log;
pub mod paths;
pub mod secret;

pub use desk::Desk;
pub use file::Config;
pub use paths::Paths;

/// What is wrong with a file, a setting or a secret. People read all three parts; never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct ConfigError {
    /// What could not be done, or where the trouble stands (`file:line:column`).
    pub what: String,
    /// Why not.
    pub why: String,
    /// What to do next.
    pub next: String,
}

impl ConfigError {
    /// An error in its three parts.
    pub fn new(what: impl Into<String>, why: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), next: next.into() }
    }
}

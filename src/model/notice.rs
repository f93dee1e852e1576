//! What the status line and the CLI's stderr say.

use crate::text::Clean;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Done,
    /// Something to know.
    Hint,
    /// Something was refused or failed.
    Trouble,
}

/// What happened, why, and what to do next; one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: Clean,
}

impl Notice {
    /// Something was done.
    pub fn done(text: impl AsRef<str>) -> Self {
        Self { level: Level::Done, text: Clean::line(text.as_ref()) }
    }

    /// Something to know.
    pub fn hint(text: impl AsRef<str>) -> Self {
        Self { level: Level::Hint, text: Clean::line(text.as_ref()) }
    }

    /// Something was refused or failed.
    pub fn trouble(text: impl AsRef<str>) -> Self {
        Self { level: Level::Trouble, text: Clean::line(text.as_ref()) }
    }
}

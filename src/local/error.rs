//! How local state fails, in words that name the next step.

use std::path::PathBuf;

/// Why something could not be kept on this machine. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// No space left, or over quota.
    #[error("the disk is full ({}); make room and try again, the text is still here", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("{} cannot be written: {why}; set XDG_DATA_HOME to a folder that can", .path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// Why, as the system says.
        why: String,
    },
    /// A newer ticketty made the file.
    #[error("{} was made by a newer ticketty (schema {found}, this one knows {known}); use that one", .path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The newest one this program knows.
        known: i64,
    },
    /// The file is not what it should be.
    #[error("{} is damaged: {why}; move it away to start afresh, and keep it: drafts may be saved from it", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Another process holds the file for too long.
    #[error("{} is in use by another ticketty for too long; try again", .path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A file to send cannot be read.
    #[error("{} cannot be read: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why, as the system says.
        why: String,
    },
    /// Anything else.
    #[error("{}: {why}", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

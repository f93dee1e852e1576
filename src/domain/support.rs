//! What a desk can do, said before the agent tries.

use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// Every verb that a desk may or may not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Take an unassigned ticket.
    Claim,
    /// Give it back.
    Release,
    /// Hand it to someone.
    Assign,
    /// Take it from its holder.
    Steal,
    /// Answer the customer.
    Reply,
    /// Leave an internal note.
    Note,
    /// Open a ticket.
    New,
    /// Set the status.
    Status,
    /// Set the priority.
    Priority,
    /// Add and remove labels.
    Label,
    /// Move to another queue.
    Move,
    /// Edit the subject.
    Subject,
    /// Edit the requester.
    Requester,
    /// Split one ticket into two.
    Split,
    /// Fold one ticket into another.
    Merge,
    /// Take back a change.
    Undo,
    /// Read and write attachments.
    Attach,
    /// Full-text search.
    Search,
    /// A requester's history.
    Timeline,
    /// Pushed news.
    Watch,
    /// See who reads and writes.
    Presence,
}

impl Verb {
    /// Every verb, in the order a person asks for them.
    pub const ALL: [Self; 21] = [
        Self::Claim,
        Self::Release,
        Self::Assign,
        Self::Steal,
        Self::Reply,
        Self::Note,
        Self::New,
        Self::Status,
        Self::Priority,
        Self::Label,
        Self::Move,
        Self::Subject,
        Self::Requester,
        Self::Split,
        Self::Merge,
        Self::Undo,
        Self::Attach,
        Self::Search,
        Self::Timeline,
        Self::Watch,
        Self::Presence,
    ];

    /// The word used in commands, history and messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Assign => "assign",
            Self::Steal => "steal",
            Self::Reply => "reply",
            Self::Note => "note",
            Self::New => "new",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Label => "label",
            Self::Move => "move",
            Self::Subject => "subject",
            Self::Requester => "requester",
            Self::Split => "split",
            Self::Merge => "merge",
            Self::Undo => "undo",
            Self::Attach => "attach",
            Self::Search => "search",
            Self::Timeline => "timeline",
            Self::Watch => "watch",
            Self::Presence => "presence",
        }
    }
}

/// How a desk supports a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// The desk does it itself.
    Native,
    /// The adapter does it with other means; `how` says which.
    Emulated {
        /// What the adapter does instead.
        how: Clean,
    },
    /// It cannot be done there.
    Impossible {
        /// Why not.
        why: Clean,
    },
}

//! A text not sent yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Upload;
use super::id::{MessageId, TicketId};
use super::message::Thread;

/// What a draft will become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftKind {
    /// An answer to the customer.
    Reply,
    /// An internal note.
    Note,
    /// A new ticket.
    New,
}

impl DraftKind {
    /// The word used in JSON and in the drafts table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Note => "note",
            Self::New => "new",
        }
    }
}

/// A reply, note or new ticket that is being written. One per ticket and kind; each has an id of its own, so that no draft
/// ever overwrites another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The draft's own id, made when it began.
    pub id: String,
    /// What it will become.
    pub kind: DraftKind,
    /// The ticket it answers; a new ticket has none.
    pub ticket: Option<TicketId>,
    /// The ticket's subject when the draft began, for lists of drafts.
    #[serde(default)]
    pub about: String,
    /// The text as typed.
    pub text: String,
    /// To, as typed.
    #[serde(default)]
    pub to: String,
    /// Copies, as typed.
    #[serde(default)]
    pub cc: String,
    /// Blind copies, as typed.
    #[serde(default)]
    pub bcc: String,
    /// The subject, as typed.
    #[serde(default)]
    pub subject: String,
    /// The queue's name, for a new ticket.
    #[serde(default)]
    pub queue: String,
    /// Files.
    #[serde(default)]
    pub files: Vec<Upload>,
    /// The last message its author had seen when it began.
    #[serde(default)]
    pub seen: Option<MessageId>,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it was last on disk; `None` while it never was.
    #[serde(default)]
    pub saved_at: Option<Timestamp>,
}

/// A draft as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// The draft as it is on disk.
    pub draft: Draft,
    /// The terminal of another living process that has it open.
    pub open_in: Option<String>,
    /// Its thread has newer messages than its author had seen.
    pub moved_on: bool,
    /// The ticket that its ticket was merged into.
    pub merged_into: Option<TicketId>,
}

impl DraftRow {
    /// A draft that nobody else has open, of which nothing more is known.
    pub fn alone(draft: Draft) -> Self {
        Self { draft, open_in: None, moved_on: false, merged_into: None }
    }
}

/// Who has a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// This process; and how it is on disk.
    Mine(Box<Draft>),
    /// Another living process.
    Taken {
        /// Its terminal.
        by: String,
    },
    /// It is not there any more: sent, or thrown away.
    Gone,
}

impl Draft {
    /// Whether its author has not seen the newest of what was said to or by the customer.
    pub fn is_behind(&self, thread: &Thread) -> bool {
        let newest = thread.last_public().map(|m| &m.id);
        self.seen.is_some() && newest.is_some() && self.seen.as_ref() != newest
    }

    /// An empty draft that begins now.
    pub fn new(id: String, kind: DraftKind, ticket: Option<TicketId>, now: Timestamp) -> Self {
        Self {
            id,
            kind,
            ticket,
            about: String::new(),
            text: String::new(),
            to: String::new(),
            cc: String::new(),
            bcc: String::new(),
            subject: String::new(),
            queue: String::new(),
            files: Vec::new(),
            seen: None,
            begun_at: now,
            saved_at: None,
        }
    }
}

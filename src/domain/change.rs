//! Every write there is. A [`Change`] is exact and serialisable: the outbox stores it, undo inverts it, `.` repeats it, the
//! CLI submits it, and an adapter's `apply` matches it without a catch-all arm.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AgentId, AttachmentId, EventId, MessageId, QueueId, TicketId};
use super::message::Message;
use super::people::Requester;
use super::support::Verb;
use super::ticket::{Channel, Priority, Status, TicketRow};
use crate::text::Clean;

/// One write to a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Change {
    /// Take an unassigned ticket.
    Claim { ticket: TicketId },
    /// Give a held ticket back.
    Release { ticket: TicketId },
    /// Hand a ticket to someone.
    Assign { ticket: TicketId, to: AgentId },
    /// Take a ticket from its holder.
    Steal { ticket: TicketId },
    /// Answer the customer.
    Reply { ticket: TicketId, message: Outgoing },
    /// Leave an internal note; only text, files and `then` of the message are used.
    Note { ticket: TicketId, message: Outgoing },
    /// Open a ticket.
    New(NewTicket),
    /// Set the status.
    Status { ticket: TicketId, to: Status },
    /// Set the priority.
    Priority { ticket: TicketId, to: Priority },
    /// Add and remove labels.
    Label { ticket: TicketId, add: Vec<Clean>, remove: Vec<Clean> },
    /// Move to another queue.
    Move { ticket: TicketId, to: QueueId },
    /// Edit the subject.
    Subject { ticket: TicketId, to: Clean },
    /// Edit the requester.
    Requester { ticket: TicketId, to: Requester },
    /// Split one ticket into two.
    Split(Split),
    /// Fold one ticket into another.
    Merge { ticket: TicketId, into: TicketId },
    /// Take back the change that made this event (the newest reversible one of the caller when none is named).
    Undo { ticket: TicketId, event: Option<EventId> },
}

impl Change {
    /// The verb of the change.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Claim { .. } => Verb::Claim,
            Self::Release { .. } => Verb::Release,
            Self::Assign { .. } => Verb::Assign,
            Self::Steal { .. } => Verb::Steal,
            Self::Reply { .. } => Verb::Reply,
            Self::Note { .. } => Verb::Note,
            Self::New(_) => Verb::New,
            Self::Status { .. } => Verb::Status,
            Self::Priority { .. } => Verb::Priority,
            Self::Label { .. } => Verb::Label,
            Self::Move { .. } => Verb::Move,
            Self::Subject { .. } => Verb::Subject,
            Self::Requester { .. } => Verb::Requester,
            Self::Split(_) => Verb::Split,
            Self::Merge { .. } => Verb::Merge,
            Self::Undo { .. } => Verb::Undo,
        }
    }

    /// The ticket it changes; a new ticket has none yet.
    pub const fn ticket(&self) -> Option<&TicketId> {
        match self {
            Self::Claim { ticket }
            | Self::Release { ticket }
            | Self::Assign { ticket, .. }
            | Self::Steal { ticket }
            | Self::Reply { ticket, .. }
            | Self::Note { ticket, .. }
            | Self::Status { ticket, .. }
            | Self::Priority { ticket, .. }
            | Self::Label { ticket, .. }
            | Self::Move { ticket, .. }
            | Self::Subject { ticket, .. }
            | Self::Requester { ticket, .. }
            | Self::Merge { ticket, .. }
            | Self::Undo { ticket, .. } => Some(ticket),
            Self::Split(split) => Some(&split.ticket),
            Self::New(_) => None,
        }
    }

    /// The change that brings the ticket back to what it was before this one, where there is such a change: how a step is undone on
    /// a desk that keeps no undo of its own. `before` is the ticket before it, as far as it is known.
    pub fn opposite(&self, before: Option<&TicketRow>) -> Option<Self> {
        // Only its holder can give a ticket back: what was handed to somebody stays with him, and the desk says so.
        let held_by = |ticket: &TicketId, row: &TicketRow| match &row.assignee {
            Some(agent) => Self::Assign { ticket: ticket.clone(), to: agent.id.clone() },
            None => Self::Release { ticket: ticket.clone() },
        };
        match self {
            Self::Claim { ticket } => Some(Self::Release { ticket: ticket.clone() }),
            Self::Release { ticket } | Self::Assign { ticket, .. } | Self::Steal { ticket } => {
                before.map(|row| held_by(ticket, row))
            }
            Self::Status { ticket, .. } => before.map(|row| Self::Status { ticket: ticket.clone(), to: row.status }),
            Self::Priority { ticket, .. } => {
                before.map(|row| Self::Priority { ticket: ticket.clone(), to: row.priority })
            }
            Self::Label { ticket, add, remove } => before.map(|row| Self::Label {
                ticket: ticket.clone(),
                add: remove.iter().filter(|label| row.labels.contains(label)).cloned().collect(),
                remove: add.iter().filter(|label| !row.labels.contains(label)).cloned().collect(),
            }),
            Self::Move { ticket, .. } => {
                before.map(|row| Self::Move { ticket: ticket.clone(), to: row.queue_id.clone() })
            }
            Self::Subject { ticket, .. } => {
                before.map(|row| Self::Subject { ticket: ticket.clone(), to: row.subject.clone() })
            }
            Self::Requester { ticket, .. } => {
                before.map(|row| Self::Requester { ticket: ticket.clone(), to: row.requester.clone() })
            }
            // What was said cannot be unsaid, and threads that were taken apart are put together by a person.
            Self::Reply { .. }
            | Self::Note { .. }
            | Self::New(_)
            | Self::Split(_)
            | Self::Merge { .. }
            | Self::Undo { .. } => None,
        }
    }

    /// Losing it would lose something that a person typed.
    pub const fn carries_text(&self) -> bool {
        matches!(self, Self::Reply { .. } | Self::Note { .. } | Self::New(_))
    }

    /// Whether `.` may repeat it: never what speaks to a customer or rearranges threads.
    pub const fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::Claim { .. }
                | Self::Release { .. }
                | Self::Assign { .. }
                | Self::Status { .. }
                | Self::Priority { .. }
                | Self::Label { .. }
                | Self::Move { .. }
        )
    }
}

/// What an agent wrote, ready to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The text as typed.
    pub text: String,
    /// To; empty means the requester.
    #[serde(default)]
    pub to: Vec<Requester>,
    /// Copies.
    #[serde(default)]
    pub cc: Vec<Requester>,
    /// Blind copies.
    #[serde(default)]
    pub bcc: Vec<Requester>,
    /// Another subject than the ticket's.
    #[serde(default)]
    pub subject: Option<String>,
    /// Files that go with it, kept beside the outbox until they have left.
    #[serde(default)]
    pub files: Vec<Upload>,
    /// The last message its author saw; the desk holds the reply back when the thread moved on since.
    #[serde(default)]
    pub seen: Option<MessageId>,
    /// Send although the thread moved on.
    #[serde(default)]
    pub force: bool,
    /// What else happens in the same step.
    #[serde(default)]
    pub then: Then,
}

/// What a reply or note does to its ticket in the same step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Then {
    /// Set this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Hand it to this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentId>,
}

/// A local file that leaves with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The name the receiver sees.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Where the bytes are.
    pub path: PathBuf,
    /// Their number.
    pub size: u64,
}

/// A ticket to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTicket {
    /// In which queue.
    pub queue: QueueId,
    /// For whom.
    pub requester: Requester,
    /// About what.
    pub subject: String,
    /// The first message, of the requester; may be empty.
    pub text: String,
    /// How it came.
    pub channel: Channel,
    /// Files of the first message.
    #[serde(default)]
    pub files: Vec<Upload>,
}

/// What moves out of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// These messages move; not all of the thread.
    Messages(Vec<MessageId>),
    /// These lines are copied.
    Lines(Excerpt),
}

/// Lines of a message's text, counted from 1, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Excerpt {
    /// The message.
    pub message: MessageId,
    /// The first and the last line.
    pub lines: (u32, u32),
}

/// A split to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The source.
    pub ticket: TicketId,
    /// What leaves it.
    pub pick: Pick,
    /// The new ticket's subject; the source's when not given.
    #[serde(default)]
    pub subject: Option<String>,
    /// The new ticket's queue; the source's when not given.
    #[serde(default)]
    pub queue: Option<QueueId>,
    /// The new ticket's assignee: not given means the source's, given as nobody means unassigned.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub assignee: Option<Option<AgentId>>,
    /// The new ticket's labels; the source's when not given.
    #[serde(default)]
    pub labels: Option<Vec<Clean>>,
}

/// Reads a value that may be null on purpose: without this, null reads as "not given", and a split to nobody would come
/// back from the outbox as a split to the source's assignee.
fn given<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<AgentId>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// The desk's answer to a change that it accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Receipt {
    /// The ticket as it is now (for `new`: the new ticket; for `merge`: the emptied one).
    pub ticket: TicketRow,
    /// The other ticket of a split (the new one) or a merge (the target).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<TicketRow>,
    /// The message that a reply or note became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The messages that a split or merge moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<MessageId>,
    /// The event that keeps it; what `undo` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// It can be undone.
    #[serde(default)]
    pub undoable: bool,
    /// The ticket before, as far as a person needs it to know what undo would bring back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<TicketRow>>,
    /// What became of a reply's mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// What a person should know besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Clean>,
}

impl Receipt {
    /// An accepted change of which no more is known than the ticket as it is now.
    pub const fn of(ticket: TicketRow) -> Self {
        Self {
            ticket,
            other: None,
            message: None,
            moved: Vec::new(),
            event: None,
            undoable: false,
            before: None,
            delivery: None,
            remark: None,
        }
    }

    /// The same with the ticket as it was before, where that is known.
    pub fn since(ticket: TicketRow, before: Option<TicketRow>) -> Self {
        Self { before: before.map(Box::new), ..Self::of(ticket) }
    }
}

/// What became of a reply's mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Kept on this desk and not mailed: no outgoing mail is set up.
    None,
    /// Waits to leave.
    Queued,
    /// Handed to the mail system.
    Sent,
    /// Refused by the mail system.
    Failed,
}

/// A file waiting on the server for the message it will belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Uploaded {
    /// The id to name in the message.
    pub id: AttachmentId,
    /// The name the receiver sees.
    pub name: Clean,
    /// Its size in bytes.
    pub size: u64,
    /// When it goes away unless a message takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

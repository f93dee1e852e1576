//! What a helpdesk is: tickets, people, queues, and every write there is. Pure: no I/O, no clock, no terminal.
//!
//! The serde form of these types is ticketty's own JSON (the words of the design in snake_case, times as RFC 3339 UTC): the
//! CLI prints it, our server speaks it, the cache keeps it. No other helpdesk's JSON is known here.

pub mod back;
pub mod bookmark;
pub mod change;
pub mod draft;
pub mod error;
#[cfg(test)]
pub mod fixture;
pub mod id;
pub mod import;
pub mod message;
pub mod order;
pub mod outbox;
pub mod people;
pub mod query;
pub mod queue;
pub mod support;
pub mod ticket;

pub use back::Back;
pub use bookmark::{Bookmark, News, Unread};
pub use change::{Change, Delivery, Excerpt, NewTicket, Outgoing, Pick, Receipt, Split, Then, Upload};
pub use draft::{Draft, DraftKind, DraftRow, Hold};
pub use error::DeskError;
pub use id::{AgentId, AttachmentId, ChangeId, EventId, MessageId, QueueId, TicketId};
pub use import::{ImportOutcome, Imported};
pub use message::{Attachment, Kind, Message, Thread, TicketEvent};
pub use outbox::{OutboxRow, OutboxState};
pub use people::{Agent, AgentRef, Load, Presence, Requester};
pub use query::{AssigneeFilter, Cursor, Page, Query};
pub use queue::{Counts, Queue};
pub use support::{Support, Verb};
pub use ticket::{Channel, Priority, Status, TicketRow};

/// The whole main screen as one answer: who I am, what there is, and the first page of rows.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct DeskView {
    /// The agent who asks.
    pub me: Agent,
    /// The queues the agent is a member of, in the desk's order, with counts.
    pub queues: Vec<Queue>,
    /// The agents of the desk with load and presence.
    pub agents: Vec<Agent>,
    /// Counts over all the agent's queues.
    pub totals: Counts,
    /// The first page of rows of the asked queue (or all), what needs a hand first.
    pub tickets: Vec<TicketRow>,
    /// Where the next page starts.
    pub next: Option<Cursor>,
    /// The id of the newest event this view contains; the event stream goes on from here.
    pub last_event: Option<EventId>,
    /// Every label of the desk.
    #[serde(default)]
    pub labels: Vec<crate::text::Clean>,
    /// The first row's thread, where the desk gives it with the same answer: the preview at start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Box<Thread>>,
}

/// News from the desk: what changed, complete enough that no request has to follow.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Update {
    /// The event's id, to resume from.
    pub id: EventId,
    /// What kind of news this is.
    #[serde(rename = "type")]
    pub kind: UpdateKind,
    /// The ticket's row as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketRow>,
    /// What happened, as the ticket's history keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<TicketEvent>,
    /// The message that arrived with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The queues whose counts changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<Queue>,
    /// Counts over all queues of the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Counts>,
    /// The agents whose load or presence changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Agent>,
}

impl Update {
    /// News of which only the kind is known yet.
    pub const fn bare(id: EventId, kind: UpdateKind) -> Self {
        Self {
            id,
            kind,
            ticket: None,
            event: None,
            message: None,
            queues: Vec::new(),
            totals: None,
            agents: Vec::new(),
        }
    }
}

/// The kinds of [`Update`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateKind {
    /// A ticket is new or has changed.
    Ticket,
    /// Somebody reads or writes a ticket, or stopped.
    Presence,
    /// An agent came, went, or was changed.
    Agent,
    /// A queue was added or changed.
    Queue,
    /// The receiver was away too long: load everything again.
    Resync,
}

//! Messages, attachments, threads and the history between them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Delivery, Excerpt};
use super::id::{AgentId, AttachmentId, EventId, MessageId, TicketId};
use super::people::{AgentRef, Requester};
use super::ticket::TicketRow;
use crate::text::Clean;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// From the customer.
    Incoming,
    /// To the customer.
    Reply,
    /// Internal; the customer never sees it.
    Note,
    /// A logged phone call.
    Call,
}

impl Kind {
    /// The word used on the wire and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Reply => "reply",
            Self::Note => "note",
            Self::Call => "call",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Incoming, Self::Reply, Self::Note, Self::Call].into_iter().find(|k| k.word() == word)
    }
}

/// One entry of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// Its place in the thread, from 1; events are not counted.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
    /// Who wrote it.
    pub author: Requester,
    /// The agent who wrote it, for replies, notes and calls.
    #[serde(default)]
    pub agent: Option<AgentId>,
    /// When it was sent.
    pub at: Timestamp,
    /// Its own subject, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Clean>,
    /// Whom it went to.
    #[serde(default)]
    pub to: Vec<Requester>,
    /// Who got a copy.
    #[serde(default)]
    pub cc: Vec<Requester>,
    /// Its text; HTML already turned into text.
    pub text: Clean,
    /// The text was made from HTML.
    #[serde(default)]
    pub from_html: bool,
    /// Files that came with it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// It was copied out of another message by a split by lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt_of: Option<Excerpt>,
    /// What became of a reply's mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// A file that belongs to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attachment {
    /// The attachment's id.
    pub id: AttachmentId,
    /// Its file name, without any folder.
    pub name: Clean,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: Clean,
    /// Its size in bytes.
    pub size: u64,
}

/// One line of a ticket's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketEvent {
    /// The event's id.
    pub id: EventId,
    /// The ticket it happened to.
    pub ticket: TicketId,
    /// When.
    pub at: Timestamp,
    /// Who did it; nobody means the desk itself (an arriving mail, a ticket turning late).
    pub actor: Option<AgentRef>,
    /// What: a verb's word (`claim`, `assign`, `status`, `split`, …) or `late`, `message`.
    pub what: Clean,
    /// From which value, as a person reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Clean>,
    /// To which value, as a person reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Clean>,
    /// The message it brought, if it brought one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// It was undone since.
    #[serde(default)]
    pub undone: bool,
}

/// A ticket with its thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Thread {
    /// The ticket.
    pub ticket: TicketRow,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
    /// Its history, oldest first.
    #[serde(default)]
    pub events: Vec<TicketEvent>,
}

impl Thread {
    /// The newest message that a customer or another agent's reply could have moved the thread on with.
    pub fn last_public(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|m| m.kind != Kind::Note)
    }
}

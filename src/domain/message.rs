//! Messages, attachments, threads and the history between them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Delivery, Excerpt};
use super::error::DeskError;
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

impl Message {
    /// The text of some of its lines: the first and the last, counted from 1.
    ///
    /// # Errors
    ///
    /// `Invalid` where it has no such lines, or nothing is written in them: a ticket of nothing is nobody's wish.
    pub fn cut(&self, lines: (u32, u32)) -> Result<String, DeskError> {
        let invalid = |why: String| DeskError::Invalid { field: Some(Clean::line("lines")), why: Clean::line(&why) };
        let rows: Vec<Clean> = self.text.rows().collect();
        let (first, last) = (lines.0 as usize, lines.1 as usize);
        if first == 0 || first > last || last > rows.len() {
            return Err(invalid(format!("message {} has lines 1 to {}", self.number, rows.len())));
        }
        let text = rows[first - 1..last].iter().map(Clean::as_str).collect::<Vec<_>>().join("\n");
        if text.trim().is_empty() {
            return Err(invalid(format!("nothing is written in the chosen lines of message {}", self.number)));
        }
        Ok(text)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;

    #[test]
    fn lines_are_cut_from_where_there_are_words() {
        let message = Message { text: Clean::text("One.\n\nThree.\n \nFive."), ..fixture::message("a") };
        assert_eq!(message.cut((1, 1)).unwrap(), "One.");
        assert_eq!(message.cut((2, 3)).unwrap(), "\nThree.");
        for none in [(0, 1), (3, 2), (5, 6), (2, 2), (4, 4)] {
            assert!(matches!(message.cut(none), Err(DeskError::Invalid { .. })), "{none:?}");
        }
    }
}

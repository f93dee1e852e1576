//! A ticket as a list shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{QueueId, TicketId};
use super::people::{AgentRef, Requester};
use crate::text::{Clean, fold};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has answered yet.
    New,
    /// In work.
    Open,
    /// Waits on the customer.
    Waiting,
    /// Hidden until a time or the customer's next message.
    Snoozed,
    /// Done, as far as we know.
    Resolved,
    /// Done for good: the customer's next mail starts a new ticket.
    Closed,
}

impl Status {
    /// Every status, in the order of work.
    pub const ALL: [Self; 6] = [Self::New, Self::Open, Self::Waiting, Self::Snoozed, Self::Resolved, Self::Closed];

    /// The word used on the wire, in commands and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// The letter of the status column.
    pub const fn letter(self) -> char {
        match self {
            Self::New => 'N',
            Self::Open => 'O',
            Self::Waiting => 'W',
            Self::Snoozed => 'S',
            Self::Resolved => 'R',
            Self::Closed => 'C',
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// New, open or waiting.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::New | Self::Open | Self::Waiting)
    }

    /// Resolved or closed.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

/// How urgent a ticket is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Every priority, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// The word used on the wire, in commands and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The letter of the list's column.
    pub const fn letter(self) -> char {
        match self {
            Self::Low => 'l',
            Self::Normal => '-',
            Self::High => 'h',
            Self::Urgent => 'U',
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// How a ticket or a message reached us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By mail.
    #[default]
    Mail,
    /// By phone.
    Phone,
    /// By chat or a social network.
    Chat,
    /// By a form or an API.
    Web,
}

impl Channel {
    /// The word used on the wire, in commands and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Chat => "chat",
            Self::Web => "web",
        }
    }

    /// The mark of the list's column.
    pub const fn mark(self) -> char {
        match self {
            Self::Mail => '@',
            Self::Phone => 'T',
            Self::Chat => '#',
            Self::Web => '+',
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Mail, Self::Phone, Self::Chat, Self::Web].into_iter().find(|c| c.word() == word)
    }
}

/// One ticket, complete except for its thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketRow {
    /// The ticket's id.
    pub id: TicketId,
    /// What it is about; may be empty.
    pub subject: Clean,
    /// Where it stands, in our words.
    pub status: Status,
    /// Where it stands, in the desk's own word.
    pub native_status: Clean,
    /// How urgent it is.
    pub priority: Priority,
    /// The queue's name.
    pub queue: Clean,
    /// The queue's id.
    pub queue_id: QueueId,
    /// Who holds it; nobody means unassigned.
    pub assignee: Option<AgentRef>,
    /// Since when the assignee holds it.
    #[serde(default)]
    pub assigned_at: Option<Timestamp>,
    /// Who asked.
    pub requester: Requester,
    /// Free tags, sorted.
    pub labels: Vec<Clean>,
    /// What reports count by.
    #[serde(default)]
    pub category: Option<Clean>,
    /// How it came.
    #[serde(default)]
    pub channel: Channel,
    /// When it began.
    pub created_at: Timestamp,
    /// When anything about it changed last.
    pub updated_at: Timestamp,
    /// The last message that is not a note is the customer's, and the ticket is new or open.
    #[serde(default)]
    pub on_us: bool,
    /// When the oldest customer message not yet answered arrived.
    #[serde(default)]
    pub waiting_since: Option<Timestamp>,
    /// When that message should be answered.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// `due_at` has passed.
    #[serde(default)]
    pub late: bool,
    /// When a snoozed ticket comes back.
    #[serde(default)]
    pub snoozed_until: Option<Timestamp>,
    /// How many messages its thread has.
    #[serde(default)]
    pub messages: u32,
    /// The ticket this one was split from.
    #[serde(default)]
    pub split_from: Option<TicketId>,
    /// The tickets split from this one.
    #[serde(default)]
    pub split_into: Vec<TicketId>,
    /// The ticket this one was folded into: it is only a pointer now.
    #[serde(default)]
    pub merged_into: Option<TicketId>,
    /// Who has it open.
    #[serde(default)]
    pub reading: Vec<AgentRef>,
    /// Who writes on it.
    #[serde(default)]
    pub writing: Vec<AgentRef>,
    /// The ticket's version; it grows with each change, and an older one is not taken for news.
    #[serde(default)]
    pub version: u64,
}

impl TicketRow {
    /// All that a search in a list looks at, folded, part by part.
    pub fn haystack(&self) -> String {
        let mut text = format!("#{} {}", self.id, fold(&self.subject));
        for part in [&self.requester.name, &self.requester.email, &self.queue].into_iter().chain(&self.labels) {
            text.push('\n');
            text.push_str(&fold(part));
        }
        if let Some(holder) = &self.assignee {
            text.push('\n');
            text.push_str(&fold(&holder.login));
            text.push('\n');
            text.push_str(&fold(&holder.name));
        }
        text
    }
}

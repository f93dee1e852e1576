//! A change on its way to the desk, as the outbox keeps it and a screen lists it.

use jiff::Timestamp;

use super::change::Change;
use super::id::ChangeId;
use crate::text::Clean;

/// A change in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Its id.
    pub id: ChangeId,
    /// The change.
    pub change: Change,
    /// Where it stands.
    pub state: OutboxState,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Not before.
    pub not_before: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it has not left.
    pub why: Option<Clean>,
}

/// The states of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Not confirmed yet.
    Waiting,
    /// Confirmed by the desk.
    Sent,
    /// Refused by the desk.
    Failed,
    /// The answer was lost; looked up before anything is sent again.
    Unknown,
}

impl OutboxState {
    /// The word used in tables and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

//! A change on its way to the desk, as the outbox keeps it and a screen lists it.

use jiff::Timestamp;

use super::back::Back;
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

/// What one key did, as the outbox keeps it with each of its changes: the same key may have touched many tickets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepMark {
    /// The changes of one key have one batch.
    pub batch: String,
    /// The step that it is part of: undoing and redoing a step are batches of the same step.
    pub step: String,
    /// What it does to the step.
    pub did: Did,
    /// What it was, for the status line.
    pub label: Clean,
}

/// Why a change was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// The agent did it.
    Done,
    /// It undoes a step.
    Undo,
    /// It redoes a step.
    Redo,
}

/// A change that is part of a step, as the outbox remembers it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    /// The change's id.
    pub id: ChangeId,
    /// Which step.
    pub mark: StepMark,
    /// Where the change stands.
    pub state: OutboxState,
    /// What takes it back, once the desk confirmed.
    pub back: Option<Back>,
    /// When it was accepted.
    pub at: Timestamp,
}

//! Queues and their counts.

use serde::{Deserialize, Serialize};

use super::id::QueueId;
use crate::text::Clean;

/// A shared inbox, group or project that tickets arrive in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Queue {
    /// The queue's id.
    pub id: QueueId,
    /// The queue's name, unique on its desk.
    pub name: Clean,
    /// Seconds until a customer's message should be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_within: Option<u32>,
    /// What waits there, as the asking agent sees it.
    #[serde(default)]
    pub counts: Counts,
}

/// Counts of tickets, as the asking agent sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    /// Active tickets that nobody holds.
    pub unassigned: u32,
    /// Active tickets that the asking agent holds.
    pub mine: u32,
    /// Active tickets: new, open or waiting.
    pub open: u32,
    /// Tickets whose answer is overdue.
    pub late: u32,
    /// Snoozed tickets.
    pub snoozed: u32,
}

//! What an import answers for each mail.

use serde::{Deserialize, Serialize};

use super::id::TicketId;
use crate::text::Clean;

/// What became of one imported mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Imported {
    /// What became of it.
    pub outcome: ImportOutcome,
    /// The ticket it is in.
    pub ticket: TicketId,
    /// The mail started this ticket.
    pub new_ticket: bool,
    /// Tickets that this mail showed to be of one thread with `ticket`: they are folded into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<TicketId>,
    /// Why it could be read only in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Clean>,
}

/// The ways an import ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It is a new message now.
    New,
    /// The desk had it.
    Already,
    /// It could be read only in part; what could be read is a message now.
    Broken,
}

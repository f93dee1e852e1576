//! How a desk says no.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::message::Message;
use super::people::AgentRef;
use super::ticket::TicketRow;
use crate::text::Clean;

/// Why a desk did not do what it was asked. Carried in events, so it is data and not a chain of sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DeskError {
    /// Somebody holds the ticket.
    #[error("held by {}", .by.name)]
    Held {
        /// The holder.
        by: AgentRef,
        /// Since when.
        since: Option<Timestamp>,
        /// The holder is the one who asks.
        mine: bool,
    },
    /// The thread moved on since the reply's author last looked.
    #[error("the thread has moved on: {} new", .messages.len())]
    MovedOn {
        /// What came since.
        messages: Vec<Message>,
    },
    /// The ticket changed meanwhile.
    #[error("the ticket has changed meanwhile")]
    Conflict {
        /// The ticket as it is now.
        ticket: Option<Box<TicketRow>>,
        /// What exactly.
        why: Clean,
    },
    /// It cannot be done there, or not in this state.
    #[error("{why}")]
    NotPossible {
        /// Why, and what to do instead.
        why: Clean,
    },
    /// It does not exist, or not for this agent.
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for.
        what: Clean,
    },
    /// The agent may not.
    #[error("{why}")]
    Denied {
        /// Why.
        why: Clean,
    },
    /// The token is missing, wrong or expired.
    #[error("{why}")]
    Unauthenticated {
        /// Why, as far as the desk says.
        why: Clean,
    },
    /// A value is wrong.
    #[error("{why}")]
    Invalid {
        /// Which one.
        field: Option<Clean>,
        /// Why.
        why: Clean,
    },
    /// Too much for the desk in one piece.
    #[error("{why}")]
    TooLarge {
        /// What, and the limit.
        why: Clean,
    },
    /// Too many requests.
    #[error("the desk limits requests")]
    Limited {
        /// How long to wait, as the desk says.
        retry_after: Option<Duration>,
    },
    /// No answer. `sent` tells whether the request may have been done.
    #[error("{why}")]
    Unreachable {
        /// What went wrong on the way.
        why: Clean,
        /// The request may have reached the desk: the outcome is unknown.
        maybe_done: bool,
    },
    /// The desk had a fault of its own (5xx).
    #[error("{why}")]
    Unavailable {
        /// What it said.
        why: Clean,
    },
    /// An answer that makes no sense (a proxy's HTML page, cut JSON).
    #[error("{why}")]
    Garbled {
        /// What came instead.
        why: Clean,
    },
}

impl DeskError {
    /// The problem kind of the contract.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::MovedOn { .. } => "moved-on",
            Self::Conflict { .. } => "conflict",
            Self::NotPossible { .. } => "not-possible",
            Self::NotFound { .. } => "not-found",
            Self::Denied { .. } => "denied",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::Invalid { .. } => "invalid",
            Self::TooLarge { .. } => "too-large",
            Self::Limited { .. } => "limited",
            Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Garbled { .. } => "unavailable",
        }
    }

    /// The same request may succeed later without anybody changing anything.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Limited { .. } | Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Garbled { .. }
        )
    }

    /// What is said when this came while only reading, before anything was sent that could be done twice: that nothing was done. So
    /// it is tried again like what never left.
    #[must_use]
    pub fn before_the_write(self) -> Self {
        match self {
            Self::Unreachable { why, .. } | Self::Unavailable { why } | Self::Garbled { why } => {
                Self::Unreachable { why, maybe_done: false }
            }
            other => other,
        }
    }

    /// What is said when this came after the write itself had gone through, while it was read back or finished: that something
    /// was done. So it is looked up, and neither sent again nor given back as refused.
    #[must_use]
    pub fn after_the_write(self) -> Self {
        let why = format!("it was sent, and what came after failed: {self}");
        Self::Unreachable { why: Clean::line(&why), maybe_done: true }
    }

    /// The CLI's exit code for it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Limited { .. } | Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Garbled { .. } => 3,
            Self::Unauthenticated { .. } => 4,
            _ => 1,
        }
    }
}

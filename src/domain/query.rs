//! What a list is asked for, and its pages.

use serde::{Deserialize, Serialize};

use super::id::{AgentId, QueueId};
use super::ticket::Status;

/// Which tickets a list shows. The default: active ones of all queues, what needs a hand first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Query {
    /// Only this queue.
    pub queue: Option<QueueId>,
    /// Only tickets held so.
    pub assignee: AssigneeFilter,
    /// Only these statuses; empty means active ones.
    pub status: Vec<Status>,
    /// Only tickets that bear all of these labels.
    pub labels: Vec<String>,
    /// Only late ones.
    pub late: bool,
    /// Only of this requester's address.
    pub requester: Option<String>,
    /// Words to find in subjects, messages and names; with words and no status, every status is searched.
    pub text: Option<String>,
    /// How many rows a page has, at most 200.
    pub limit: Option<u32>,
}

/// Who holds the tickets of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssigneeFilter {
    /// Anybody or nobody.
    #[default]
    Any,
    /// The agent who asks.
    Me,
    /// Nobody.
    Nobody,
    /// This agent.
    Agent(AgentId),
}

/// Where the next page starts: opaque, given by the desk, carrying the moment of the first page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Cursor(pub String);

/// What a cursor into this machine's memory begins with; the desk never sees one.
const KEPT: &str = "kept:";

impl Cursor {
    /// A cursor into what this machine remembers: so many rows come before it.
    pub fn kept(rows: u32) -> Self {
        Self(format!("{KEPT}{rows}"))
    }

    /// How many rows come before it, when it leads into what this machine remembers rather than to the desk.
    pub fn kept_rows(&self) -> Option<u32> {
        self.0.strip_prefix(KEPT)?.parse().ok()
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Cursor>,
}

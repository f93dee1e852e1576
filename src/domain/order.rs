//! "What needs a hand first", for rows at hand. The store orders by the same rule in SQL; a test holds both to it.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::id::AgentId;
use super::query::{AssigneeFilter, Query};
use super::ticket::{Status, TicketRow};

/// The place of a row: class, then time, then id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    class: u8,
    oldest: Option<Timestamp>,
    newest: Reverse<Option<Timestamp>>,
    id: (i64, String),
}

impl Place {
    /// The same order in three numbers, for a database: class, time, number. Ids that are no numbers tie.
    pub fn numbers(&self) -> (i64, i64, i64) {
        let time = match (self.oldest, self.newest.0) {
            (Some(oldest), _) => oldest.as_millisecond(),
            (None, Some(newest)) => -newest.as_millisecond(),
            (None, None) => i64::MIN,
        };
        (i64::from(self.class), time, self.id.0)
    }
}

/// Where a row belongs: late by due; unassigned and waiting on us, oldest first; mine; others'; the rest, newest first.
pub fn place(row: &TicketRow, me: Option<&AgentId>) -> Place {
    let id = (row.id.number().unwrap_or(i64::MAX), row.id.as_str().to_owned());
    let (class, oldest, newest) = if row.late {
        (1, row.due_at, None)
    } else if row.on_us {
        let class = match &row.assignee {
            None => 2,
            Some(a) if Some(&a.id) == me => 3,
            Some(_) => 4,
        };
        (class, row.waiting_since, None)
    } else {
        (5, None, Some(row.updated_at))
    };
    Place { class, oldest, newest: Reverse(newest), id }
}

/// Whether a row belongs into the list of a query, as far as a row can tell. Words are the desk's to judge: a query with
/// words keeps what it has.
pub fn matches(query: &Query, row: &TicketRow, me: Option<&AgentId>) -> bool {
    let status = if !query.status.is_empty() {
        query.status.contains(&row.status)
    } else if query.text.is_some() {
        true
    } else {
        row.status.is_active()
    };
    let assignee = match &query.assignee {
        AssigneeFilter::Any => true,
        AssigneeFilter::Me => row.assignee.as_ref().is_some_and(|a| Some(&a.id) == me),
        AssigneeFilter::Nobody => row.assignee.is_none(),
        AssigneeFilter::Agent(id) => {
            row.assignee.as_ref().is_some_and(|a| a.id == *id || a.login.as_str() == id.as_str())
        }
    };
    status
        && assignee
        && row.merged_into.is_none()
        && query.queue.as_ref().is_none_or(|q| *q == row.queue_id || q.as_str() == row.queue.as_str())
        && (!query.late || row.late)
        && query.labels.iter().all(|l| row.labels.iter().any(|r| r.as_str() == l))
        && query.requester.as_ref().is_none_or(|r| row.requester.email.eq_ignore_ascii_case(r))
        && (row.status != Status::Snoozed || query.status.contains(&Status::Snoozed) || query.text.is_some())
}

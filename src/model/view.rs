//! Which list the screen shows.

use crate::domain::{AssigneeFilter, Query, QueueId, Status};

/// A list with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Active tickets of all queues.
    #[default]
    All,
    /// Those I hold.
    Mine,
    /// Those nobody holds.
    Unassigned,
    /// Those whose answer is overdue.
    Late,
    /// Those that sleep.
    Snoozed,
    /// One queue.
    Queue(QueueId),
    /// What a search over the whole desk found.
    Search(String),
    /// All tickets of one requester.
    Requester(String),
    /// Held by one agent.
    Agent(crate::domain::AgentId),
}

impl View {
    /// What the desk is asked for.
    pub fn query(&self) -> Query {
        let mut q = Query::default();
        match self {
            Self::All => {}
            Self::Mine => q.assignee = AssigneeFilter::Me,
            Self::Unassigned => q.assignee = AssigneeFilter::Nobody,
            Self::Late => q.late = true,
            Self::Snoozed => q.status = vec![Status::Snoozed],
            Self::Queue(id) => q.queue = Some(id.clone()),
            Self::Search(words) => q.text = Some(words.clone()),
            Self::Requester(email) => {
                q.requester = Some(email.clone());
                q.status = Status::ALL.to_vec();
            }
            Self::Agent(id) => q.assignee = AssigneeFilter::Agent(id.clone()),
        }
        q
    }
}

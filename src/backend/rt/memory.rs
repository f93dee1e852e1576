//! What this process has seen of the desk: saves requests, and keeps what RT's rows do not tell.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::rows::Known;
use super::status::Statuses;
use super::wire::Part;
use crate::domain::{Agent, AgentRef, Counts, Load, Query, Queue, QueueId, TicketId, TicketRow, order};
use crate::text::Clean;

/// So many tickets are remembered at most; then all but the active ones are forgotten.
const TICKETS: usize = 20_000;
/// All active tickets are known for so long after they were read.
const COMPLETE: SignedDuration = SignedDuration::from_mins(10);
/// So many lists can be paged through at once.
const LISTS: usize = 8;
/// So many messages without a text are remembered at most.
const WORDLESS: usize = 10_000;
/// The parts of so many threads are remembered.
const THREADS: usize = 200;

/// A queue as the desk lists it.
#[derive(Clone, Debug)]
pub struct KnownQueue {
    /// Its id.
    pub id: QueueId,
    /// Its name.
    pub name: Clean,
    /// The lifecycle of its tickets.
    pub lifecycle: String,
}

/// What is known of a ticket's customer.
#[derive(Clone, Copy, Debug)]
struct Turn {
    told: Option<Timestamp>,
    since: Option<Timestamp>,
}

/// All that was seen.
#[derive(Debug, Default)]
pub struct Memory {
    /// The agent who asks.
    pub me: Option<Agent>,
    /// RT was asked about me: until then only my login is known.
    pub met: bool,
    /// The ids of my groups.
    pub groups: Vec<String>,
    /// The queues of the list's first page, in the desk's order.
    pub queues: Vec<KnownQueue>,
    /// Those of its later pages, once they were looked at.
    pub queues_beyond: Option<Vec<KnownQueue>>,
    /// Other agents, by login.
    pub team: HashMap<String, AgentRef>,
    /// The colours given.
    slots: HashMap<String, u16>,
    /// Lifecycles.
    pub statuses: Statuses,
    /// The custom fields that hold labels, as far as tickets have shown them: queues may have different ones.
    pub labels: BTreeSet<String>,
    /// Who joined the copies for one mail and could not be taken off again, by address.
    pub guests: HashMap<TicketId, Vec<String>>,
    tickets: HashMap<TicketId, Known>,
    /// Who waits since when, by what the requester was told last.
    turns: HashMap<TicketId, Turn>,
    /// What whole threads told, at a ticket's change.
    read: HashMap<TicketId, (Timestamp, Option<Timestamp>)>,
    /// The active tickets are all there: when they were asked for.
    pub complete: Option<Timestamp>,
    lists: VecDeque<(Query, i64, Arc<Vec<TicketRow>>)>,
    /// Messages that were asked for their texts and have none; whether they have parts that hold others.
    pub wordless: HashMap<String, bool>,
    /// Parts other than text of the messages of a thread, by message; a message that is here has no others.
    parts: VecDeque<(TicketId, HashMap<String, Vec<Part>>)>,
}

impl Memory {
    /// A ticket as it was last seen.
    pub fn row(&self, id: &TicketId) -> Option<&Known> {
        self.tickets.get(id)
    }

    /// Since when the customer waits, if that was seen since the requester was told something last.
    pub fn waiting(&self, id: &TicketId, told: Option<Timestamp>) -> Option<Option<Timestamp>> {
        self.turns.get(id).filter(|t| t.told == told).map(|t| t.since)
    }

    /// What the thread told, if nothing changed since.
    pub fn read(&self, id: &TicketId, updated: Timestamp) -> Option<Option<Timestamp>> {
        self.read.get(id).filter(|(at, _)| *at == updated).map(|(_, since)| *since)
    }

    /// Remembers a ticket.
    pub fn saw(&mut self, known: &Known) {
        let id = known.row.id.clone();
        let told = known.told;
        if known.row.on_us || self.turns.get(&id).is_none_or(|t| t.told != told) {
            self.turns.insert(id.clone(), Turn { told, since: known.row.waiting_since });
        }
        if let Some(field) = &known.labels_field {
            self.labels.insert(field.clone());
        }
        if let Some(holder) = &known.row.assignee {
            self.team.insert(holder.login.to_string(), holder.clone());
        }
        if self.tickets.len() >= TICKETS {
            self.tickets.retain(|_, known| known.row.status.is_active());
            let tickets = &self.tickets;
            self.turns.retain(|id, _| tickets.contains_key(id));
            self.read.retain(|id, _| tickets.contains_key(id));
        }
        self.tickets.insert(id, known.clone());
    }

    /// Remembers what a whole thread told.
    pub fn took_thread(&mut self, row: &TicketRow) {
        self.read.insert(row.id.clone(), (row.updated_at, row.waiting_since));
        if let Some(turn) = self.turns.get_mut(&row.id) {
            turn.since = row.waiting_since;
        }
        if let Some(known) = self.tickets.get_mut(&row.id) {
            known.row = row.clone();
        }
    }

    /// A ticket is not to be seen any more.
    pub fn forget(&mut self, id: &TicketId) {
        self.tickets.remove(id);
        self.turns.remove(id);
        self.read.remove(id);
    }

    /// Every active ticket that is remembered.
    pub fn active(&self) -> impl Iterator<Item = &TicketRow> {
        self.tickets.values().map(|k| &k.row).filter(|r| r.status.is_active() && r.merged_into.is_none())
    }

    /// The rows of a query among the active tickets, what needs a hand first.
    pub fn rows(&self, query: &Query) -> Vec<TicketRow> {
        let me = self.me.as_ref().map(|a| &a.id);
        sorted(self.active().filter(|r| order::matches(query, r, me)).cloned().collect(), me)
    }

    /// The same while all active tickets are known: read lately, and followed by the news since. A list that another process began
    /// (its first page was remembered) goes on without a question.
    pub fn rows_if_complete(&self, query: &Query) -> Option<Vec<TicketRow>> {
        let lately = |at: &Timestamp| Timestamp::now().duration_since(*at).abs() < COMPLETE;
        self.complete.filter(lately)?;
        // Whose tickets they are decides on their order.
        self.me.as_ref()?;
        let known = is_hand_list(query) && query.queue.as_ref().is_none_or(|q| self.queue(q.as_str()).is_some());
        known.then(|| self.rows(query))
    }

    /// Keeps a list to page through.
    pub fn keep_list(&mut self, query: &Query, as_of: i64, rows: Vec<TicketRow>) -> Arc<Vec<TicketRow>> {
        let query = Query { limit: None, ..query.clone() };
        let rows = Arc::new(rows);
        self.lists.retain(|(q, ..)| *q != query);
        self.lists.push_front((query, as_of, Arc::clone(&rows)));
        self.lists.truncate(LISTS);
        rows
    }

    /// A list that is being paged through.
    pub fn list(&self, query: &Query, as_of: i64) -> Option<Arc<Vec<TicketRow>>> {
        let query = Query { limit: None, ..query.clone() };
        self.lists.iter().find(|(q, at, _)| *q == query && *at == as_of).map(|(.., rows)| Arc::clone(rows))
    }

    /// The parts other than text of a thread's messages.
    pub fn parts(&self, id: &TicketId) -> HashMap<String, Vec<Part>> {
        self.parts.iter().find(|(t, _)| t == id).map(|(_, parts)| parts.clone()).unwrap_or_default()
    }

    /// Remembers them.
    pub fn keep_parts(&mut self, id: &TicketId, parts: HashMap<String, Vec<Part>>) {
        self.parts.retain(|(t, _)| t != id);
        self.parts.push_front((id.clone(), parts));
        self.parts.truncate(THREADS);
    }

    /// Remembers messages that have no texts.
    pub fn keep_wordless(&mut self, messages: impl IntoIterator<Item = (String, bool)>) {
        if self.wordless.len() >= WORDLESS {
            self.wordless.clear();
        }
        self.wordless.extend(messages);
    }

    /// The queue of an id or a name.
    pub fn queue(&self, typed: &str) -> Option<&KnownQueue> {
        self.queues()
            .find(|q| q.id.as_str() == typed || q.name.as_str() == typed)
            .or_else(|| self.queues().find(|q| q.name.as_str().to_lowercase() == typed.to_lowercase()))
    }

    /// Every queue known.
    pub fn queues(&self) -> impl Iterator<Item = &KnownQueue> {
        self.queues.iter().chain(self.queues_beyond.iter().flatten())
    }

    /// Whether active tickets are in a queue that is not known.
    pub fn lacks_queues(&self) -> bool {
        self.active().any(|row| !self.queues().any(|q| q.id == row.queue_id))
    }

    /// Counts of some tickets, as I see them.
    fn counts<'a>(&self, rows: impl Iterator<Item = &'a TicketRow>) -> Counts {
        let me = self.me.as_ref().map(|a| &a.id);
        let mut counts = Counts::default();
        for row in rows {
            counts.open += 1;
            counts.late += u32::from(row.late);
            match &row.assignee {
                None => counts.unassigned += 1,
                Some(holder) if Some(&holder.id) == me => counts.mine += 1,
                Some(_) => {}
            }
        }
        counts
    }

    /// Counts over all queues.
    pub fn totals(&self) -> Counts {
        self.counts(self.active())
    }

    /// The queues with their counts.
    pub fn queue_list(&self) -> Vec<Queue> {
        self.queues()
            .map(|q| Queue {
                id: q.id.clone(),
                name: q.name.clone(),
                reply_within: None,
                counts: self.counts(self.active().filter(|r| r.queue_id == q.id)),
            })
            .collect()
    }

    /// Everybody known, in the order of logins, with what they hold. A colour once given stays.
    pub fn agents(&mut self) -> Vec<Agent> {
        let mut all: HashMap<String, AgentRef> = self.team.clone();
        if let Some(me) = &self.me {
            all.insert(me.login.to_string(), me.as_ref());
        }
        let mut loads: HashMap<&str, Load> = HashMap::new();
        for row in self.active() {
            let Some(holder) = &row.assignee else { continue };
            let load = loads.entry(holder.login.as_str()).or_default();
            if row.status == crate::domain::Status::Waiting {
                load.waiting += 1;
            } else {
                load.load += 1;
            }
            load.on_us += u32::from(row.on_us);
        }
        let mut agents: Vec<Agent> = all
            .into_values()
            .map(|a| {
                let load = loads.get(a.login.as_str()).copied().unwrap_or_default();
                let own = self.me.as_ref().filter(|me| me.login == a.login);
                Agent { email: own.map(|me| me.email.clone()).unwrap_or_default(), load, ..plain_agent(&a) }
            })
            .collect();
        agents.sort_by(|a, b| a.login.cmp(&b.login));
        for agent in &mut agents {
            let next = u16::try_from(self.slots.len()).unwrap_or_default();
            agent.color = *self.slots.entry(agent.login.to_string()).or_insert(next);
        }
        agents
    }

    /// Every label seen.
    pub fn label_list(&self) -> Vec<Clean> {
        let mut labels: Vec<Clean> = self.tickets.values().flat_map(|k| k.row.labels.iter().cloned()).collect();
        labels.sort();
        labels.dedup();
        labels
    }
}

/// What needs a hand first.
pub fn sorted(mut rows: Vec<TicketRow>, me: Option<&crate::domain::AgentId>) -> Vec<TicketRow> {
    rows.sort_by_cached_key(|row| order::place(row, me));
    rows
}

/// An agent of whom only the name is known.
pub fn plain_agent(agent: &AgentRef) -> Agent {
    Agent {
        id: agent.id.clone(),
        login: agent.login.clone(),
        name: agent.name.clone(),
        email: Clean::default(),
        color: 0,
        role: crate::domain::people::Role::Agent,
        load: Load::default(),
        presence: crate::domain::Presence::default(),
    }
}

/// Whether a query asks only for active tickets without words: such lists are sorted by what needs a hand first.
pub fn is_hand_list(query: &Query) -> bool {
    query.text.is_none() && query.requester.is_none() && query.status.iter().all(|s| s.is_active())
}

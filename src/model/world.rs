//! The desk as we know it: what it confirmed, and apart from that what we asked for and wait for.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use crate::domain::{
    Agent, AgentId, Bookmark, Change, ChangeId, Counts, DeskView, MessageId, Queue, QueueId, Support, Thread, TicketId,
    TicketRow, Verb,
};
use crate::text::Clean;

/// How many threads stay in memory.
const THREADS: usize = 64;

/// The state of the line to the desk, as the status line tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing came yet.
    #[default]
    Connecting,
    /// News stream in.
    Live,
    /// The desk cannot be reached.
    Offline {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Clean,
    },
    /// The desk limits requests.
    Limited {
        /// Until when.
        until: Timestamp,
    },
}

impl Link {
    /// The desk was there and is not now.
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Offline { .. } | Self::Limited { .. })
    }
}

/// A change that is accepted here and not confirmed by the desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Its id.
    pub id: ChangeId,
    /// The change.
    pub change: Change,
    /// Until when it can be unsent, once the outbox has it: nothing is promised before. `None`: it is on its way.
    pub until: Option<Timestamp>,
    /// The same, before the outbox has it.
    pub window: Option<Timestamp>,
    /// It waits because the desk cannot be reached.
    pub stuck: bool,
}

/// All that panes read.
#[derive(Debug, Default)]
pub struct World {
    /// The desk's name in the configuration; `desk` for the embedded one.
    pub desk: Clean,
    /// The configured desks, to change to.
    pub desks: Vec<Clean>,
    /// The agent at the keyboard.
    pub me: Option<Agent>,
    /// The desk's agents.
    pub agents: Vec<Agent>,
    /// My queues.
    pub queues: Vec<Queue>,
    /// Counts over my queues.
    pub totals: Counts,
    /// Labels in use.
    pub labels: Vec<Clean>,
    /// The line's state.
    pub link: Link,
    /// When the desk last answered.
    pub as_of: Option<Timestamp>,
    /// What is not confirmed yet, oldest first.
    pub pending: Vec<Pending>,
    /// What the desk can do.
    pub support: HashMap<Verb, Support>,
    rows: HashMap<TicketId, TicketRow>,
    threads: HashMap<TicketId, Thread>,
    recent: VecDeque<TicketId>,
    bookmarks: HashMap<TicketId, Bookmark>,
    /// The desk itself has answered for the main screen.
    confirmed_once: bool,
    /// Rows that only this machine remembers: whatever the desk says of them counts, also an older version.
    aged_rows: HashSet<TicketId>,
    /// Threads of that kind.
    aged_threads: HashSet<TicketId>,
    /// Threads whose row is newer: what came is not in them.
    behind: HashSet<TicketId>,
    /// My messages that the bookmarks count.
    wrote: HashSet<MessageId>,
}

impl World {
    /// A desk of which nothing is known but its name.
    pub fn new(desk: Clean) -> Self {
        Self { desk, ..Self::default() }
    }

    /// My id.
    pub fn my_id(&self) -> Option<&AgentId> {
        self.me.as_ref().map(|a| &a.id)
    }

    /// Whether I hold a ticket.
    pub fn is_mine(&self, row: &TicketRow) -> bool {
        row.assignee.as_ref().is_some_and(|a| Some(&a.id) == self.my_id())
    }

    /// Takes the main screen in as this machine remembers it, until the desk answers.
    pub fn take_kept_view(&mut self, view: DeskView, at: Timestamp) {
        if self.confirmed_once {
            return;
        }
        let (me, queues, agents, totals, labels) = (view.me, view.queues, view.agents, view.totals, view.labels);
        (self.me, self.queues, self.agents, self.totals, self.labels) = (Some(me), queues, agents, totals, labels);
        self.as_of = Some(at);
        for row in view.tickets {
            self.take_kept_row(row);
        }
        if let Some(thread) = view.preview {
            self.take_kept_thread(*thread);
        }
    }

    /// Whether the desk itself has answered for the main screen.
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed_once
    }

    /// Takes a row in as this machine remembers it, unless one is known.
    pub fn take_kept_row(&mut self, row: TicketRow) {
        if !self.rows.contains_key(&row.id) {
            self.aged_rows.insert(row.id.clone());
            self.rows.insert(row.id.clone(), row);
        }
    }

    /// Takes a thread in as this machine remembers it, unless one is known.
    pub fn take_kept_thread(&mut self, thread: Thread) {
        let id = thread.ticket.id.clone();
        if !self.threads.contains_key(&id) {
            self.take_kept_row(thread.ticket.clone());
            self.aged_threads.insert(id);
            self.hold_thread(thread);
        }
    }

    /// Whether the thread is here and the desk itself said it, or what is here is as new as its row.
    pub fn has_fresh_thread(&self, id: &TicketId) -> bool {
        self.threads.contains_key(id) && !self.aged_threads.contains(id) && !self.is_behind(id)
    }

    /// Takes the main screen's answer in.
    pub fn take_view(&mut self, view: DeskView, now: Timestamp) {
        self.confirmed_once = true;
        self.me = Some(view.me);
        self.queues = view.queues;
        self.agents = view.agents;
        self.totals = view.totals;
        self.labels = view.labels;
        self.as_of = Some(now);
        for row in view.tickets {
            self.take_row(row);
        }
        if let Some(thread) = view.preview {
            self.take_thread(*thread);
        }
    }

    /// Takes a confirmed row in, unless a newer one is known.
    pub fn take_row(&mut self, row: TicketRow) {
        if let Some(thread) = self.threads.get_mut(&row.id)
            && row.version >= thread.ticket.version
        {
            if row.version > thread.ticket.version {
                self.behind.insert(row.id.clone());
            }
            thread.ticket = row.clone();
        }
        let aged = self.aged_rows.remove(&row.id);
        match self.rows.get_mut(&row.id) {
            Some(known) if known.version > row.version && !aged => {}
            Some(known) => *known = row,
            None => {
                self.rows.insert(row.id.clone(), row);
            }
        }
    }

    /// Takes a confirmed thread in; the oldest opened one is forgotten when there are many.
    pub fn take_thread(&mut self, thread: Thread) {
        self.take_row(thread.ticket.clone());
        let aged = self.aged_threads.remove(&thread.ticket.id);
        // An answer that took long must not undo what the news said meanwhile.
        let newer =
            self.threads.get(&thread.ticket.id).is_some_and(|known| known.ticket.version > thread.ticket.version);
        if aged || !newer {
            self.hold_thread(thread);
        }
    }

    fn hold_thread(&mut self, thread: Thread) {
        let id = thread.ticket.id.clone();
        self.behind.remove(&id);
        self.recent.retain(|t| *t != id);
        self.recent.push_back(id.clone());
        self.threads.insert(id, thread);
        if self.recent.len() > THREADS
            && let Some(old) = self.recent.pop_front()
        {
            self.threads.remove(&old);
            self.aged_threads.remove(&old);
            self.behind.remove(&old);
        }
    }

    /// Takes an agent in as the desk has it now, and shows on every row where the agent reads and writes.
    pub fn take_agent(&mut self, agent: Agent) {
        let who = agent.as_ref();
        let threads = self.threads.values_mut().map(|t| &mut t.ticket);
        for row in self.rows.values_mut().chain(threads) {
            row.reading.retain(|a| a.id != who.id);
            row.writing.retain(|a| a.id != who.id);
            if agent.presence.reading.as_ref() == Some(&row.id) {
                row.reading.push(who.clone());
            }
            if agent.presence.writing.as_ref() == Some(&row.id) {
                row.writing.push(who.clone());
            }
        }
        if self.my_id() == Some(&agent.id) {
            self.me = Some(agent.clone());
        }
        match self.agents.iter_mut().find(|a| a.id == agent.id) {
            Some(known) => *known = agent,
            None => self.agents.push(agent),
        }
    }

    /// Forgets a ticket that went out of sight.
    pub fn forget(&mut self, id: &TicketId) {
        self.rows.remove(id);
        self.threads.remove(id);
        self.aged_rows.remove(id);
        self.aged_threads.remove(id);
        self.behind.remove(id);
        self.recent.retain(|t| t != id);
    }

    /// Forgets rows that no list and no thread needs.
    pub fn keep_rows(&mut self, needed: impl Fn(&TicketId) -> bool) {
        let threads = &self.threads;
        self.rows.retain(|id, _| needed(id) || threads.contains_key(id));
        let rows = &self.rows;
        self.aged_rows.retain(|id| rows.contains_key(id));
    }

    /// The confirmed row.
    pub fn confirmed(&self, id: &TicketId) -> Option<&TicketRow> {
        self.rows.get(id)
    }

    /// The row with pending changes laid over it. A claim is the exception: it counts only when the desk confirmed it.
    pub fn row(&self, id: &TicketId) -> Option<Cow<'_, TicketRow>> {
        let row = self.rows.get(id)?;
        let mut shown = Cow::Borrowed(row);
        for pending in self.pending.iter().filter(|p| p.change.ticket() == Some(id)) {
            self.lay_over(&mut shown, &pending.change);
        }
        Some(shown)
    }

    fn lay_over(&self, row: &mut Cow<'_, TicketRow>, change: &Change) {
        match change {
            Change::Release { .. } => row.to_mut().assignee = None,
            Change::Assign { to, .. } => {
                if let Some(agent) = self.agents.iter().find(|a| a.id == *to) {
                    row.to_mut().assignee = Some(agent.as_ref());
                }
            }
            Change::Status { to, .. } => {
                let row = row.to_mut();
                row.status = *to;
                row.native_status = Clean::line(to.word());
                row.on_us = row.on_us && matches!(to, crate::domain::Status::New | crate::domain::Status::Open);
                row.late = row.late && row.on_us;
            }
            Change::Priority { to, .. } => row.to_mut().priority = *to,
            Change::Label { add, remove, .. } => {
                let labels = &mut row.to_mut().labels;
                labels.retain(|l| !remove.contains(l));
                labels.extend(add.iter().filter(|l| !remove.contains(l)).cloned());
                labels.sort();
                labels.dedup();
            }
            Change::Move { to, .. } => {
                if let Some(queue) = self.queues.iter().find(|q| q.id == *to) {
                    let row = row.to_mut();
                    row.queue = queue.name.clone();
                    row.queue_id = queue.id.clone();
                }
            }
            Change::Subject { to, .. } => row.to_mut().subject = to.clone(),
            Change::Requester { to, .. } => row.to_mut().requester = to.clone(),
            Change::Claim { .. }
            | Change::Steal { .. }
            | Change::Reply { .. }
            | Change::Note { .. }
            | Change::New(_)
            | Change::Split(_)
            | Change::Merge { .. }
            | Change::Undo { .. } => {}
        }
    }

    /// Whether the thread is here and its row is newer: the desk has to be asked for what came.
    pub fn is_behind(&self, id: &TicketId) -> bool {
        self.behind.contains(id)
    }

    /// What came with a row has been put into its thread, which is no more behind than it was before.
    pub fn grew(&mut self, id: &TicketId, was_behind: bool) {
        if !was_behind {
            self.behind.remove(id);
        }
    }

    /// Takes in how far the agent had read; what was read since counts more.
    pub fn take_bookmarks(&mut self, kept: Vec<(TicketId, Bookmark)>) {
        for (ticket, bookmark) in kept {
            self.bookmarks.entry(ticket).or_insert(bookmark);
        }
    }

    /// How far the agent has read a ticket.
    pub fn bookmark(&self, id: &TicketId) -> Option<&Bookmark> {
        self.bookmarks.get(id)
    }

    /// The agent has read a ticket to its end. Gives the bookmark when it is a new one.
    pub fn read_to_end(&mut self, id: &TicketId) -> Option<Bookmark> {
        if self.is_behind(id) {
            return None;
        }
        let end = Bookmark::at_end(self.threads.get(id)?)?;
        if self.bookmarks.get(id).is_some_and(|b| (&b.message, b.messages) == (&end.message, end.messages)) {
            return None;
        }
        self.bookmarks.insert(id.clone(), end.clone());
        Some(end)
    }

    /// The agent wrote on a ticket: the own message is not news. Gives the bookmark when it is a new one.
    pub fn wrote(&mut self, id: &TicketId, message: &MessageId) -> Option<Bookmark> {
        let messages = self.rows.get(id)?.messages;
        // The desk's answer and its news both tell of it.
        if !self.wrote.insert(message.clone()) {
            return None;
        }
        let bookmark = self.bookmarks.get_mut(id).filter(|b| b.messages < messages)?;
        bookmark.messages += 1;
        Some(bookmark.clone())
    }

    /// The thread, when it is known.
    pub fn thread(&self, id: &TicketId) -> Option<&Thread> {
        self.threads.get(id)
    }

    /// The thread, to add to it.
    pub fn thread_mut(&mut self, id: &TicketId) -> Option<&mut Thread> {
        self.threads.get_mut(id)
    }

    /// The pending change of a kind on a ticket: `claiming…`.
    pub fn is_pending(&self, id: &TicketId, verb: Verb) -> bool {
        self.pending.iter().any(|p| p.change.ticket() == Some(id) && p.change.verb() == verb)
    }

    /// The queue of an id.
    pub fn queue(&self, id: &QueueId) -> Option<&Queue> {
        self.queues.iter().find(|q| q.id == *id)
    }

    /// The agent of an id.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.iter().find(|a| a.id == *id)
    }

    /// Whether and how the desk does a verb; what is not known yet is taken as possible, the desk will say.
    pub fn support(&self, verb: Verb) -> Support {
        self.support.get(&verb).cloned().unwrap_or(Support::Native)
    }

    /// Whether an agent is there. Of a desk that does not know who is, nobody is said to be away.
    pub fn is_here(&self, agent: &Agent) -> bool {
        let unknown = matches!(self.support.get(&Verb::Presence), Some(Support::Impossible { .. }));
        unknown || agent.presence.online && !agent.presence.away
    }
}

//! Who is connected, reads and writes, and the bell that wakes event streams. In memory only: presence is not worth a row.
//!
//! A presence entry remembers the ticket's queue, so that nobody learns of a ticket in a queue that is not theirs.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::domain::id::{AgentId, QueueId, TicketId};
use crate::domain::people::{Agent, AgentRef, Presence};
use crate::domain::ticket::TicketRow;

/// How long "writes" holds without being said again.
pub const WRITING: Duration = Duration::from_secs(30);

/// A ticket and the queue it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The ticket.
    pub ticket: TicketId,
    /// Its queue.
    pub queue: QueueId,
}

impl From<&TicketRow> for Place {
    fn from(row: &TicketRow) -> Self {
        Self { ticket: row.id.clone(), queue: row.queue_id.clone() }
    }
}

/// What the bell says: each number goes up when there is news of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The event log.
    pub log: u64,
    /// Presence.
    pub presence: u64,
}

struct Seat {
    who: AgentRef,
    reading: Option<Place>,
    /// Which seat of an agent moved last.
    moved: u64,
}

struct Writing {
    who: AgentRef,
    place: Place,
    until: Instant,
}

#[derive(Default)]
struct Inner {
    seats: HashMap<String, Seat>,
    writing: HashMap<AgentId, Writing>,
    seen: HashMap<AgentId, Timestamp>,
    moves: u64,
    /// Ends the keeper, which runs while there is a seat.
    keeper: Option<CancellationToken>,
}

/// The connected clients of one server process.
#[derive(Default)]
pub struct Hub {
    inner: Mutex<Inner>,
    bell: watch::Sender<News>,
    /// Wakes the keeper after a write of this process.
    pub written: Notify,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to the bell.
    pub fn listen(&self) -> watch::Receiver<News> {
        self.bell.subscribe()
    }

    /// Says that the event log may have grown.
    pub fn ring(&self) {
        self.bell.send_modify(|news| news.log += 1);
    }

    /// Says that this process wrote.
    pub fn wrote(&self) {
        self.ring();
        self.written.notify_one();
    }

    fn presence_changed(&self) {
        self.bell.send_modify(|news| news.presence += 1);
    }

    /// Opens a stream. For the first one, answers the token that ends the keeper to be started.
    pub fn open(&self, stream: &str, who: AgentRef) -> Option<CancellationToken> {
        let mut inner = self.lock();
        inner.moves += 1;
        let moved = inner.moves;
        inner.seats.insert(stream.to_owned(), Seat { who, reading: None, moved });
        let keeper = inner.keeper.is_none().then(CancellationToken::new);
        if let Some(token) = &keeper {
            inner.keeper = Some(token.clone());
        }
        drop(inner);
        self.presence_changed();
        keeper
    }

    /// Closes a stream; the last one ends the keeper.
    pub fn close(&self, stream: &str) {
        let mut inner = self.lock();
        if let Some(seat) = inner.seats.remove(stream) {
            let gone = !inner.seats.values().any(|s| s.who.id == seat.who.id);
            if gone {
                inner.writing.remove(&seat.who.id);
                inner.seen.insert(seat.who.id, Timestamp::now());
            }
        }
        if inner.seats.is_empty()
            && let Some(keeper) = inner.keeper.take()
        {
            keeper.cancel();
        }
        drop(inner);
        self.presence_changed();
    }

    /// A stream's agent opened a ticket. A stream of somebody else is left alone.
    pub fn read(&self, stream: &str, agent: &AgentId, place: Place) {
        let mut inner = self.lock();
        inner.moves += 1;
        let moves = inner.moves;
        let Some(seat) = inner.seats.get_mut(stream).filter(|seat| seat.who.id == *agent) else { return };
        seat.moved = moves;
        if seat.reading.as_ref() == Some(&place) {
            return;
        }
        seat.reading = Some(place);
        drop(inner);
        self.presence_changed();
    }

    /// Whether the agent is known to be at this ticket, so that it need not be looked up again.
    pub fn is_at(&self, agent: &AgentId, ticket: &TicketId) -> Option<(AgentRef, Place)> {
        let inner = self.lock();
        let read = inner.seats.values().filter(|s| s.who.id == *agent).find_map(|s| {
            let place = s.reading.as_ref().filter(|p| p.ticket == *ticket)?;
            Some((s.who.clone(), place.clone()))
        });
        read.or_else(|| {
            let writing = inner.writing.get(agent).filter(|w| w.place.ticket == *ticket)?;
            Some((writing.who.clone(), writing.place.clone()))
        })
    }

    /// An agent writes on a ticket, for [`WRITING`] from now.
    pub fn write(&self, who: AgentRef, place: Place) {
        let id = who.id.clone();
        let until = Instant::now() + WRITING;
        let before = self.lock().writing.insert(id, Writing { who, place: place.clone(), until });
        if before.is_none_or(|w| w.place != place) {
            self.presence_changed();
        }
    }

    /// An agent stopped writing on a ticket.
    pub fn stop_writing(&self, agent: &AgentId, ticket: &TicketId) {
        let mut inner = self.lock();
        if inner.writing.get(agent).is_some_and(|w| w.place.ticket == *ticket) {
            inner.writing.remove(agent);
            drop(inner);
            self.presence_changed();
        }
    }

    /// Forgets who has not said again that they write.
    pub fn expire(&self, now: Instant) {
        let mut inner = self.lock();
        let before = inner.writing.len();
        inner.writing.retain(|_, w| w.until > now);
        let changed = inner.writing.len() != before;
        drop(inner);
        if changed {
            self.presence_changed();
        }
    }

    /// Lays presence over a row that its receiver may see.
    pub fn lay_row(&self, row: &mut TicketRow) {
        self.lay_rows(std::slice::from_mut(row));
    }

    /// Lays presence over rows that their receiver may see.
    pub fn lay_rows(&self, rows: &mut [TicketRow]) {
        let now = Instant::now();
        let inner = self.lock();
        if inner.seats.is_empty() && inner.writing.is_empty() {
            return;
        }
        let mut reading: HashMap<&TicketId, Vec<AgentRef>> = HashMap::new();
        for seat in inner.latest_seats() {
            if let Some(place) = &seat.reading {
                reading.entry(&place.ticket).or_default().push(seat.who.clone());
            }
        }
        let mut writing: HashMap<&TicketId, Vec<AgentRef>> = HashMap::new();
        for entry in inner.writing.values().filter(|w| w.until > now) {
            writing.entry(&entry.place.ticket).or_default().push(entry.who.clone());
        }
        for row in rows {
            row.reading = reading.get(&row.id).cloned().unwrap_or_default();
            row.writing = writing.get(&row.id).cloned().unwrap_or_default();
            row.reading.sort_by(|a, b| a.login.cmp(&b.login));
            row.writing.sort_by(|a, b| a.login.cmp(&b.login));
        }
    }

    /// Lays presence over agents, hiding tickets of queues that the receiver does not see.
    pub fn lay_agents(&self, agents: &mut [Agent], visible: &HashSet<QueueId>) {
        let now = Instant::now();
        let inner = self.lock();
        let latest: HashMap<&AgentId, &Seat> = inner.latest_seats().map(|s| (&s.who.id, s)).collect();
        let seen = |place: &&Place| visible.contains(&place.queue);
        for agent in agents {
            let seat = latest.get(&agent.id);
            let writing = inner.writing.get(&agent.id).filter(|w| w.until > now).map(|w| &w.place);
            agent.presence = Presence {
                online: seat.is_some(),
                away: agent.presence.away,
                reading: seat.and_then(|s| s.reading.as_ref()).filter(seen).map(|p| p.ticket.clone()),
                writing: writing.filter(seen).map(|p| p.ticket.clone()),
                seen_at: if seat.is_some() { None } else { inner.seen.get(&agent.id).copied() },
            };
        }
    }
}

impl Inner {
    /// Of each agent the seat that reads and moved last, else any.
    fn latest_seats(&self) -> impl Iterator<Item = &Seat> {
        let mut latest: HashMap<&AgentId, &Seat> = HashMap::new();
        for seat in self.seats.values() {
            let rank = |s: &Seat| (s.reading.is_some(), s.moved);
            let best = latest.entry(&seat.who.id).or_insert(seat);
            if rank(seat) > rank(best) {
                *best = seat;
            }
        }
        latest.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(id: i64) -> AgentRef {
        AgentRef { id: id.into(), login: format!("a{id}").as_str().into(), name: "A".into() }
    }

    fn agent(id: i64) -> Agent {
        Agent {
            id: id.into(),
            login: format!("a{id}").as_str().into(),
            name: "A".into(),
            email: "".into(),
            color: 0,
            role: crate::domain::people::Role::Agent,
            load: crate::domain::Load::default(),
            presence: Presence::default(),
        }
    }

    fn place(ticket: i64, queue: i64) -> Place {
        Place { ticket: ticket.into(), queue: queue.into() }
    }

    #[test]
    fn presence_shows_only_in_visible_queues() {
        let hub = Hub::default();
        hub.open("s", who(1));
        hub.read("s", &1.into(), place(1001, 1));
        let mut agents = [agent(1), agent(2)];
        hub.lay_agents(&mut agents, &HashSet::from([1.into()]));
        assert_eq!(agents[0].presence.reading, Some(1001.into()));
        assert!(!agents[1].presence.online);
        hub.lay_agents(&mut agents, &HashSet::from([2.into()]));
        assert_eq!((agents[0].presence.online, &agents[0].presence.reading), (true, &None));
    }

    #[test]
    fn a_stream_of_somebody_else_cannot_be_used() {
        let hub = Hub::default();
        hub.open("s", who(1));
        hub.read("s", &2.into(), place(1001, 1));
        assert!(hub.is_at(&2.into(), &1001.into()).is_none());
        assert!(hub.is_at(&1.into(), &1001.into()).is_none());
    }

    #[test]
    fn writing_ends_by_itself_and_with_the_last_stream() {
        let hub = Hub::default();
        hub.open("s", who(1));
        hub.write(who(1), place(1001, 1));
        assert!(hub.is_at(&1.into(), &1001.into()).is_some());
        hub.expire(Instant::now() + WRITING);
        assert!(hub.is_at(&1.into(), &1001.into()).is_none());
        hub.write(who(1), place(1001, 1));
        hub.close("s");
        assert!(hub.is_at(&1.into(), &1001.into()).is_none());
    }

    #[test]
    fn the_keeper_lives_as_long_as_a_stream_is_open() {
        let hub = Hub::default();
        let keeper = hub.open("a", who(1)).unwrap();
        assert!(hub.open("b", who(2)).is_none());
        hub.close("a");
        assert!(!keeper.is_cancelled());
        hub.close("b");
        assert!(keeper.is_cancelled());
        assert!(hub.open("c", who(1)).is_some());
    }
}

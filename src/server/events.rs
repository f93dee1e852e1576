//! `GET /events`: news as server-sent events. Each carries all its receiver needs, so that no request has to follow.
//!
//! A stream reads the desk's log from where its client stopped; the bell only says when to look. So nothing is lost between
//! two processes, over a reconnect, or while a client is slow: a full channel makes the reader wait, not forget.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::ServerState;
use super::auth::{Auth, hex};
use super::extract::{Params, one_header};
use super::problem::Refusal;
use super::store::{Caller, LogEntry, StoreError};
use crate::domain::id::{AgentId, EventId, QueueId};
use crate::domain::people::Agent;
use crate::domain::queue::{Counts, Queue};
use crate::domain::{Update, UpdateKind};
use crate::wire::{EventParams, Hello};

/// How often a quiet stream says that it is alive, and looks whether its token still is.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// Log entries read at once.
const BATCH: u32 = 100;
/// Events on their way to one client before its reader waits.
const CHANNEL: usize = 32;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// News as a stream of server-sent events. It begins with an event `hello`; then come events of the names of the kinds of
/// news, each with an `Update` as data; `presence` events carry no id. A stream that went on from too far back begins with
/// `resync`.
#[utoipa::path(
    get, path = "/events", tag = "events", params(EventParams),
    responses((status = 200, description = "The stream.", body = String, content_type = "text/event-stream"))
)]
pub async fn events(
    auth: Auth,
    State(state): State<ServerState>,
    headers: HeaderMap,
    Params(params): Params<EventParams>,
) -> Result<Response, Refusal> {
    let given = match one_header(&headers, &LAST_EVENT_ID)? {
        Some(id) => Some(id.to_owned()),
        None => params.after,
    };
    let last = state.store().last_event().await?;
    // An id that is no number of ours, or one still to come, belongs to another desk's log.
    let after = given.map_or(Some(last), |id| id.parse().ok().filter(|id| (0..=last).contains(id)));
    let agents = state.store().agents(&auth.caller).await?;
    let Some(me) = agents.iter().find(|a| a.id == auth.caller.agent).map(Agent::as_ref) else {
        return Err(Refusal::unauthenticated("This token's agent is gone."));
    };

    let stream = new_stream_id();
    let (news, receiver) = mpsc::channel(CHANNEL);
    let seat = Seat { state: state.clone(), stream: stream.clone() };
    if let Some(end) = state.hub().open(&stream, me) {
        tokio::spawn(super::keeper::keep(state.clone(), end));
    }
    let reader = Reader {
        bell: state.hub().listen(),
        seat,
        caller: auth.caller,
        token: auth.token,
        after: after.unwrap_or(last),
        looked: 0,
        agents,
        told: HashMap::new(),
        news,
    };
    tokio::spawn(reader.run(after.is_none()));

    let mut response = Sse::new(ReceiverStream::new(receiver)).into_response();
    response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn new_stream_id() -> String {
    let mut bytes = [0_u8; 12];
    // Ids need to be unlikely to meet, not secret: a stream answers only to its own agent.
    if getrandom::fill(&mut bytes).is_err() {
        bytes[..8].copy_from_slice(&Timestamp::now().as_millisecond().to_be_bytes());
    }
    hex(&bytes)
}

/// The client's place among the connected, given up when the stream ends, however it ends.
struct Seat {
    state: ServerState,
    stream: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.state.hub().close(&self.stream);
    }
}

/// The client went away, or the stream has to end.
struct Ended;

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "an event stream ends; its client will come back");
        Self
    }
}

struct Reader {
    seat: Seat,
    caller: Caller,
    token: [u8; 32],
    bell: tokio::sync::watch::Receiver<super::hub::News>,
    /// Everything up to here was sent, or is not for this caller.
    after: i64,
    /// The log's end at the last look.
    looked: i64,
    agents: Vec<Agent>,
    /// What the client knows of each agent.
    told: HashMap<AgentId, Agent>,
    news: mpsc::Sender<Result<Event, Infallible>>,
}

impl Reader {
    async fn run(mut self, unknown: bool) {
        let stop = self.seat.state.stopping().clone();
        let gone = self.news.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = gone.closed() => {}
            _ = self.follow(unknown) => {}
        }
    }

    async fn follow(&mut self, unknown: bool) -> Result<(), Ended> {
        // Before anything is read: what rings from here on is looked at, though it came while the first news were on their way.
        let mut known = *self.bell.borrow_and_update();
        let hello = Hello { stream: self.seat.stream.clone(), after: self.after.to_string() };
        self.send(Event::default().event("hello"), &hello).await?;
        if unknown {
            self.resync().await?;
        }
        self.read_log().await?;
        self.tell_presence().await?;
        let mut heart = tokio::time::interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
        heart.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                changed = self.bell.changed() => changed.map_err(|_| Ended)?,
                _ = heart.tick() => {
                    self.push(Event::default().comment("")).await?;
                    self.still_welcome().await?;
                    continue;
                }
            }
            let news = *self.bell.borrow_and_update();
            if news.log != known.log {
                self.read_log().await?;
            }
            if news.presence != known.presence {
                self.tell_presence().await?;
            }
            known = news;
        }
    }

    /// A token may be revoked while its stream is open.
    async fn still_welcome(&self) -> Result<(), Ended> {
        let caller = self.seat.state.store().caller(&self.token, Timestamp::now()).await?;
        caller.map(|_| ()).ok_or(Ended)
    }

    /// Sends what the log has gained since.
    async fn read_log(&mut self) -> Result<(), Ended> {
        loop {
            let end = self.seat.state.store().last_event().await?;
            if end == self.looked && end == self.after {
                return Ok(());
            }
            let Some(entries) = self.seat.state.store().events(&self.caller, &EventId::from(self.after), BATCH).await?
            else {
                return self.resync().await;
            };
            self.looked = end;
            let full = entries.len() >= BATCH as usize;
            let last = entries.last().and_then(|e| e.event.id.number());
            self.send_entries(entries).await?;
            // Past the last entry stand only events that are not for this caller.
            self.after = if full { last.unwrap_or(end) } else { last.unwrap_or(end).max(end) };
            if !full {
                return Ok(());
            }
        }
    }

    async fn send_entries(&mut self, entries: Vec<LogEntry>) -> Result<(), Ended> {
        if entries.is_empty() {
            return Ok(());
        }
        self.still_welcome().await?;
        let (queues, totals) = self.seat.state.store().queues(&self.caller, Timestamp::now()).await?;
        self.agents = self.seat.state.store().agents(&self.caller).await?;
        let visible: HashSet<QueueId> = queues.iter().map(|q| q.id.clone()).collect();
        for entry in entries {
            let update = self.update(entry, &queues, totals, &visible);
            self.send(Event::default().id(update.id.as_str()).event("ticket"), &update).await?;
        }
        Ok(())
    }

    fn update(&mut self, entry: LogEntry, queues: &[Queue], totals: Counts, visible: &HashSet<QueueId>) -> Update {
        let mut update = Update {
            id: entry.event.id.clone(),
            kind: UpdateKind::Ticket,
            ticket: None,
            event: Some(entry.event),
            message: None,
            queues: queues.iter().filter(|q| entry.queues.contains(&q.id)).cloned().collect(),
            totals: Some(totals),
            agents: self.changed_agents(visible),
        };
        if visible.contains(&entry.ticket.queue_id) {
            let mut row = entry.ticket;
            self.seat.state.hub().lay_row(&mut row);
            update.ticket = Some(row);
            update.message = entry.message;
        } else if let Some(event) = &mut update.event {
            // It left for a queue that is not the receiver's: all to be known is that it went.
            event.to = None;
            event.message = None;
        }
        update
    }

    /// The agents of whom the client knows something else, or nothing yet.
    fn changed_agents(&mut self, visible: &HashSet<QueueId>) -> Vec<Agent> {
        self.seat.state.hub().lay_agents(&mut self.agents, visible);
        let changed: Vec<Agent> = self.agents.iter().filter(|a| self.told.get(&a.id) != Some(a)).cloned().collect();
        self.told.extend(changed.iter().map(|a| (a.id.clone(), a.clone())));
        changed
    }

    async fn tell_presence(&mut self) -> Result<(), Ended> {
        let (queues, _) = self.seat.state.store().queues(&self.caller, Timestamp::now()).await?;
        let agents = self.changed_agents(&queues.into_iter().map(|q| q.id).collect());
        if agents.is_empty() {
            return Ok(());
        }
        let update = Update { agents, ..self.bare(UpdateKind::Presence) };
        self.send(Event::default().event("presence"), &update).await
    }

    /// The client has to load everything again; the stream goes on from now.
    async fn resync(&mut self) -> Result<(), Ended> {
        self.after = self.seat.state.store().last_event().await?;
        self.looked = self.after;
        let update = self.bare(UpdateKind::Resync);
        self.send(Event::default().id(update.id.as_str()).event("resync"), &update).await
    }

    fn bare(&self, kind: UpdateKind) -> Update {
        Update::bare(EventId::from(self.after), kind)
    }

    async fn send<T: serde::Serialize>(&self, event: Event, data: &T) -> Result<(), Ended> {
        let data = serde_json::to_string(data).map_err(|error| {
            tracing::error!(%error, "news could not be written as JSON");
            Ended
        })?;
        self.push(event.data(data)).await
    }

    async fn push(&self, event: Event) -> Result<(), Ended> {
        self.news.send(Ok(event)).await.map_err(|_| Ended)
    }
}

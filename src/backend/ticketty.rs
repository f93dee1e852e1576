//! The adapter for our own server, `/api/v1`. Every verb is native; every write carries the change's id as `Idempotency-Key`,
//! so it may be repeated until an answer comes.
//!
//! Round trips: main screen 1, thread 1, each change 1, and 1 more for each file of a message; news come over one stream.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;

use super::backoff::{self, Backoff};
use super::http::{Answer, Ask, Http};
use super::sse::{SseEvent, SseReader};
use super::{Backend, Connection, DeskResult, Download, TimelineBy, UpdateStream, Watched, download, upload};
use crate::domain::change::{Upload, Uploaded};
use crate::domain::id::{AgentId, AttachmentId};
use crate::domain::{
    AssigneeFilter, Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Outgoing, Page, Pick, Query,
    Receipt, Requester, Split, Status, Support, Thread, TicketId, TicketRow, Update, UpdateKind, Verb,
};
use crate::text::Clean;
use crate::wire::{
    AssignBody, MergeBody, NewTicketBody, NoteBody, PatchBody, PresenceBody, Problem, ReplyBody, RequesterBody,
    SplitBody, TicketList, UndoBody,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The server beats every 25 s; two missed beats are a dead line.
const SILENCE: Duration = Duration::from_secs(55);
/// A line that stood this long was a good one: the next reconnect is quick again.
const STOOD: Duration = Duration::from_secs(10);

/// A desk of our own kind.
#[derive(Clone)]
pub struct Ticketty {
    http: Arc<Http>,
    /// How long a stream may be silent.
    silence: Duration,
    /// Ask so often instead of following the stream.
    poll: Option<Duration>,
}

impl Ticketty {
    /// Prepares a connection; nothing is asked yet.
    pub fn new(connection: &Connection) -> DeskResult<Self> {
        let mut headers = HeaderMap::new();
        if let Some(secret) = &connection.secret {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", secret.expose_secret())).map_err(|_| {
                DeskError::Unauthenticated {
                    why: Clean::line("the token holds characters that no token has; see what gives it"),
                }
            })?;
            bearer.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, bearer);
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        Ok(Self { http: Arc::new(Http::new(connection, headers)?), silence: SILENCE, poll: connection.poll })
    }

    /// A request and its answer as JSON, or the refusal.
    async fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> DeskResult<T> {
        let answer = self.http.send(ask).await?;
        if answer.status.is_success() { answer.json() } else { Err(refusal(&answer)) }
    }

    /// A mixed-up proxy or cache: showing it would put an answer under another customer's question.
    fn about_another(&self, got: &TicketId, asked: &TicketId) -> DeskError {
        let why = format!("the answer of {} is about #{got} and not #{asked}", self.http.place());
        DeskError::Garbled { why: Clean::line(&why) }
    }

    /// Uploads the files of a message of a ticket, or of the first message of a ticket still to come, each under a key made from the message's, and answers their ids.
    async fn upload(
        &self,
        ticket: Option<&TicketId>,
        files: &[Upload],
        key: &ChangeId,
    ) -> DeskResult<Vec<AttachmentId>> {
        let mut ids = Vec::with_capacity(files.len());
        for (n, (file, bytes)) in upload::read(files).await?.into_iter().enumerate() {
            let place = match ticket {
                Some(ticket) => request(Method::POST, &["tickets", ticket.as_str(), "attachments"]),
                None => request(Method::POST, &["attachments"]),
            };
            let ask = place
                .param("name", Some(&file.name))
                .param("type", media_type(&file.media_type))
                .bytes("application/octet-stream", bytes)
                .header(IDEMPOTENCY_KEY, &format!("{key}-f{n}"))
                .repeatable();
            let uploaded: Uploaded = self.ask(&ask).await?;
            ids.push(uploaded.id);
        }
        Ok(ids)
    }

    async fn reply(&self, ticket: &TicketId, message: &Outgoing, key: &ChangeId) -> DeskResult<Ask> {
        let people = |list: &[Requester]| list.iter().map(RequesterBody::from).collect();
        let body = ReplyBody {
            text: message.text.clone(),
            to: people(&message.to),
            cc: people(&message.cc),
            bcc: people(&message.bcc),
            subject: message.subject.clone(),
            attachments: self.upload(Some(ticket), &message.files, key).await?,
            seen: message.seen.clone(),
            force: message.force,
            then: message.then.clone(),
        };
        action(ticket, "replies").json(&body)
    }

    async fn note(&self, ticket: &TicketId, message: &Outgoing, key: &ChangeId) -> DeskResult<Ask> {
        let body = NoteBody {
            text: message.text.clone(),
            attachments: self.upload(Some(ticket), &message.files, key).await?,
            then: message.then.clone(),
        };
        action(ticket, "notes").json(&body)
    }
}

/// Every verb is native.
pub(super) fn support(_: Verb) -> Support {
    Support::Native
}

#[async_trait]
impl Backend for Ticketty {
    fn kind(&self) -> &'static str {
        "ticketty"
    }

    fn support(&self, verb: Verb) -> Support {
        support(verb)
    }

    async fn open(&self, query: &Query) -> DeskResult<DeskView> {
        self.ask(&with_query(request(Method::GET, &["main"]), query)).await
    }

    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let ask = with_query(request(Method::GET, &["tickets"]), query).param("cursor", after.map(|c| &c.0));
        self.ask(&ask).await.map(page)
    }

    async fn thread(&self, ticket: &TicketId, stream: Option<&str>) -> DeskResult<Thread> {
        let thread: Thread =
            self.ask(&request(Method::GET, &["tickets", ticket.as_str()]).param("stream", stream)).await?;
        if thread.ticket.id != *ticket {
            return Err(self.about_another(&thread.ticket.id, ticket));
        }
        Ok(thread)
    }

    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let (by, value) = match by {
            TimelineBy::Email(value) => ("email", value),
            TimelineBy::Tel(value) => ("tel", value),
            TimelineBy::Code(value) => ("code", value),
        };
        let ask = request(Method::GET, &["timeline"])
            .param("by", Some(by))
            .param("value", Some(value))
            .param("cursor", after.map(|c| &c.0));
        self.ask(&ask).await.map(page)
    }

    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        let ask = request(Method::GET, &["attachments", id.as_str()]);
        let response = self.http.stream(&ask).await?.map_err(|answer| refusal(&answer))?;
        Ok(download::begun(&self.http, response))
    }

    async fn apply(&self, change: &Change, key: &ChangeId) -> DeskResult<Receipt> {
        let ask = match change {
            Change::Claim { ticket } => action(ticket, "claim"),
            Change::Release { ticket } => action(ticket, "release"),
            Change::Assign { ticket, to } => action(ticket, "assign").json(&AssignBody { to: to.to_string() })?,
            Change::Steal { ticket } => action(ticket, "steal"),
            Change::Reply { ticket, message } => self.reply(ticket, message, key).await?,
            Change::Note { ticket, message } => self.note(ticket, message, key).await?,
            Change::New(new) => request(Method::POST, &["tickets"]).json(&NewTicketBody {
                queue: new.queue.to_string(),
                requester: RequesterBody::from(&new.requester),
                subject: new.subject.clone(),
                text: new.text.clone(),
                channel: new.channel,
                priority: crate::domain::Priority::default(),
                labels: Vec::new(),
                attachments: self.upload(None, &new.files, key).await?,
            })?,
            Change::Status { ticket, to } => patch(ticket, &PatchBody { status: Some(*to), ..PatchBody::default() })?,
            Change::Priority { ticket, to } => {
                patch(ticket, &PatchBody { priority: Some(*to), ..PatchBody::default() })?
            }
            Change::Label { ticket, add, remove } => {
                let words = |labels: &[Clean]| labels.iter().map(ToString::to_string).collect();
                let body = PatchBody { add_labels: words(add), remove_labels: words(remove), ..PatchBody::default() };
                patch(ticket, &body)?
            }
            Change::Move { ticket, to } => {
                patch(ticket, &PatchBody { queue: Some(to.to_string()), ..PatchBody::default() })?
            }
            Change::Subject { ticket, to } => {
                patch(ticket, &PatchBody { subject: Some(to.to_string()), ..PatchBody::default() })?
            }
            Change::Requester { ticket, to } => {
                patch(ticket, &PatchBody { requester: Some(to.into()), ..PatchBody::default() })?
            }
            Change::Split(split) => action(&split.ticket, "split").json(&split_body(split))?,
            Change::Merge { ticket, into } => action(ticket, "merge").json(&MergeBody { into: into.clone() })?,
            Change::Undo { ticket, event } => action(ticket, "undo").json(&UndoBody { event: event.clone() })?,
        };
        let receipt: Receipt = self.ask(&ask.header(IDEMPOTENCY_KEY, key.as_str()).repeatable()).await?;
        if let Some(ticket) = change.ticket()
            && [Some(&receipt.ticket), receipt.other.as_ref()].into_iter().flatten().all(|row| row.id != *ticket)
        {
            return Err(self.about_another(&receipt.ticket.id, ticket));
        }
        Ok(receipt)
    }

    fn watch(&self, since: Option<EventId>) -> UpdateStream {
        if let Some(every) = self.poll {
            return super::poll::watch(Arc::new(self.clone()), every);
        }
        let watcher = Watcher {
            http: Arc::clone(&self.http),
            silence: self.silence,
            last: since.map(|id| id.to_string()),
            line: None,
            backoff: Backoff::new(Duration::from_millis(200), Duration::from_secs(30)),
            wait: Duration::ZERO,
        };
        stream::unfold(watcher, |mut watcher| async { Some((watcher.next().await, watcher)) }).boxed()
    }

    async fn presence(&self, ticket: &TicketId, writing: bool) -> DeskResult<()> {
        let ask = request(Method::PUT, &["tickets", ticket.as_str(), "presence"]).json(&PresenceBody { writing })?;
        let answer = self.http.send(&ask.repeatable()).await?;
        if answer.status.is_success() { Ok(()) } else { Err(refusal(&answer)) }
    }

    async fn import(&self, queue: &str, raw: Bytes) -> DeskResult<Imported> {
        // The desk knows a mail again by its Message-ID or its bytes.
        let ask =
            request(Method::POST, &["import"]).param("queue", Some(queue)).bytes("message/rfc822", raw).repeatable();
        self.ask(&ask).await
    }

    fn repeats_safely(&self) -> bool {
        true
    }

    fn poll_every(&self) -> Option<Duration> {
        self.poll
    }

    fn round_trips(&self) -> u64 {
        self.http.round_trips()
    }

    async fn find_requester(&self, words: &str) -> DeskResult<Vec<Requester>> {
        if words.trim().is_empty() {
            return Ok(Vec::new());
        }
        let found: TicketList = self
            .ask(&request(Method::GET, &["search"]).param("q", Some(words.trim())).param("limit", Some(50)))
            .await?;
        let mut people: Vec<Requester> = Vec::new();
        for row in found.tickets {
            if !people.contains(&row.requester) {
                people.push(row.requester);
            }
        }
        Ok(people)
    }
}

/// A request below `/api/v1`.
fn request(method: Method, path: &[&str]) -> Ask {
    let path = ["api", "v1"].iter().chain(path).copied();
    if method == Method::GET { Ask::get(path) } else { Ask::new(method, path) }
}

fn action(ticket: &TicketId, verb: &str) -> Ask {
    request(Method::POST, &["tickets", ticket.as_str(), verb])
}

fn patch(ticket: &TicketId, body: &PatchBody) -> DeskResult<Ask> {
    request(Method::PATCH, &["tickets", ticket.as_str()]).json(body)
}

fn split_body(split: &Split) -> SplitBody {
    let (messages, lines) = match &split.pick {
        Pick::Messages(ids) => (Some(ids.clone()), None),
        Pick::Lines(excerpt) => (None, Some(excerpt.clone())),
    };
    SplitBody {
        messages,
        lines,
        subject: split.subject.clone(),
        queue: split.queue.as_ref().map(ToString::to_string),
        assignee: split.assignee.as_ref().map(|to| to.as_ref().map(AgentId::to_string).unwrap_or_default()),
        labels: split.labels.as_ref().map(|labels| labels.iter().map(ToString::to_string).collect()),
    }
}

fn with_query(ask: Ask, query: &Query) -> Ask {
    let assignee = match &query.assignee {
        AssigneeFilter::Any => None,
        AssigneeFilter::Me => Some("me"),
        AssigneeFilter::Nobody => Some("none"),
        AssigneeFilter::Agent(id) => Some(id.as_str()),
    };
    let joined = |words: Vec<&str>| (!words.is_empty()).then(|| words.join(","));
    ask.param("queue", query.queue.as_ref())
        .param("assignee", assignee)
        .param("status", joined(query.status.iter().map(|s: &Status| s.word()).collect()))
        .param("label", joined(query.labels.iter().map(String::as_str).collect()))
        .param("late", query.late.then_some(true))
        .param("requester", query.requester.as_ref())
        .param("q", query.text.as_ref())
        .param("limit", query.limit)
}

fn page(list: TicketList) -> Page<TicketRow> {
    Page { rows: list.tickets, next: list.next }
}

/// The media type without parameters, when it is one; the desk takes no other.
fn media_type(given: &str) -> Option<&str> {
    let plain = given.split(';').next().unwrap_or_default().trim();
    let token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    plain.split_once('/').is_some_and(|(a, b)| token(a) && token(b)).then_some(plain)
}

/// What a refusal means: the desk's problem document where there is one.
fn refusal(answer: &Answer) -> DeskError {
    if answer.media_type() != "application/problem+json" {
        return answer.refusal();
    }
    let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else { return answer.refusal() };
    let why = Clean::line(&problem.detail);
    match (problem.kind.rsplit('/').next().unwrap_or_default(), problem.holder) {
        ("held", Some(by)) => DeskError::Held { by, since: problem.since, mine: problem.mine.unwrap_or(false) },
        ("moved-on", _) => DeskError::MovedOn { messages: problem.messages },
        ("held" | "conflict", _) => DeskError::Conflict { ticket: problem.ticket, why },
        ("not-possible", _) => DeskError::NotPossible { why },
        ("invalid", _) => DeskError::Invalid { field: problem.field.map(|f| Clean::line(&f)), why },
        ("not-found", _) => {
            let what = problem.detail.split(" does not exist").next().unwrap_or_default();
            DeskError::NotFound { what: Clean::line(what) }
        }
        ("denied", _) => DeskError::Denied { why },
        ("unauthenticated", _) => DeskError::Unauthenticated { why },
        ("limited", _) => DeskError::Limited {
            retry_after: problem.retry_after.map(Duration::from_secs).or_else(|| answer.retry_after()),
        },
        ("too-large", _) => DeskError::TooLarge { why },
        ("unavailable", _) => DeskError::Unavailable { why },
        _ => answer.refusal(),
    }
}

/// Follows the event stream over all its lines.
struct Watcher {
    http: Arc<Http>,
    silence: Duration,
    /// The last event seen, to resume from.
    last: Option<String>,
    line: Option<Line>,
    backoff: Backoff,
    /// Before the next connection.
    wait: Duration,
}

/// One connection of the stream.
struct Line {
    response: Response,
    reader: SseReader,
    /// Complete events not yet handed out.
    ready: std::collections::VecDeque<SseEvent>,
    since: tokio::time::Instant,
}

/// The first event of a stream.
#[derive(serde::Deserialize)]
struct Hello {
    stream: String,
    /// The event after which the stream goes on.
    #[serde(default)]
    after: Option<EventId>,
}

impl Watcher {
    /// The next item: waits, connects, reconnects as needed.
    async fn next(&mut self) -> Watched {
        loop {
            let result = match &mut self.line {
                None => self.connect().await,
                Some(line) => match line.ready.pop_front() {
                    Some(event) => match self.read(event) {
                        Some(item) => return item,
                        None => Ok(()),
                    },
                    None => line.more(&self.http, self.silence).await,
                },
            };
            if let Err(error) = result {
                return self.lost(error);
            }
        }
    }

    async fn connect(&mut self) -> DeskResult<()> {
        tokio::time::sleep(std::mem::take(&mut self.wait)).await;
        let mut ask = request(Method::GET, &["events"]).header(header::ACCEPT, "text/event-stream");
        if let Some(last) = &self.last {
            ask = ask.header(LAST_EVENT_ID, last);
        }
        let response = self.http.stream(&ask).await?.map_err(|answer| refusal(&answer))?;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            let why = format!(
                "{} answers something else than its event stream; is that the desk's address?",
                self.http.place()
            );
            return Err(DeskError::Garbled { why: Clean::line(&why) });
        }
        self.line = Some(Line {
            response,
            reader: SseReader::default(),
            ready: std::collections::VecDeque::new(),
            since: tokio::time::Instant::now(),
        });
        Ok(())
    }

    fn read(&mut self, event: SseEvent) -> Option<Watched> {
        if let Some(id) = event.id {
            self.last = Some(id);
        }
        if event.name == "hello" {
            let hello: Hello = serde_json::from_str(&event.data).ok()?;
            if self.last.is_none() {
                self.last = hello.after.map(|id| id.to_string());
            }
            return Some(Watched::Connected { stream: Some(hello.stream) });
        }
        let update = serde_json::from_str(&event.data).unwrap_or_else(|_| {
            // News of a newer server: what it changed is found by loading again.
            tracing::warn!(event = %Clean::line(&event.name), "news in an unknown form");
            Update {
                id: EventId::new(self.last.as_deref().unwrap_or_default()),
                kind: UpdateKind::Resync,
                ticket: None,
                event: None,
                message: None,
                queues: Vec::new(),
                totals: None,
                agents: Vec::new(),
            }
        });
        Some(Watched::Update(Box::new(update)))
    }

    fn lost(&mut self, error: DeskError) -> Watched {
        if self.line.take().is_some_and(|line| line.since.elapsed() >= STOOD) {
            self.backoff.reset();
        }
        self.wait = match &error {
            DeskError::Limited { retry_after: Some(wait) } => backoff::spread(*wait),
            _ => self.backoff.next_wait(),
        };
        Watched::Lost(error)
    }
}

impl Line {
    /// Reads on until at least one event is ready, or a heartbeat came.
    async fn more(&mut self, http: &Http, silence: Duration) -> DeskResult<()> {
        match tokio::time::timeout(silence, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                let events = self.reader.feed(&bytes).map_err(|_| DeskError::Garbled {
                    why: Clean::line(&format!("{} sends news without an end", http.place())),
                })?;
                self.ready.extend(events);
                Ok(())
            }
            Ok(Ok(None)) => Err(DeskError::Unreachable {
                why: Clean::line(&format!("{} closed the event stream; it is opened again", http.place())),
                maybe_done: false,
            }),
            Ok(Err(error)) => Err(http.broken(error)),
            Err(_) => Err(http.silent(false, silence)),
        }
    }
}

#[cfg(test)]
mod tests;

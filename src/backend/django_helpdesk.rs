//! The adapter for django-helpdesk 2.6, whose API is thin: it lists, reads, creates, changes, replies and notes. It has no list of
//! queues or users, no search, no order, no times on tickets, no version and no lock. Tried against 2.6.1 (Django 5.2, DRF);
//! file names in brackets are of its source.
//!
//! - Paths end with a slash, or the answer is a redirect.
//! - Names come from the forms of its browsable pages (`roster`), kept for ten minutes. A house that switched them off names
//!   `queues` and `agents` as options of the desk (`1=Shop, 2=Billing`).
//! - Lists have no order and no filter but the status. A status is always named: without one each page loads the custom fields of
//!   all tickets there are (views/api.py, `get_queryset`), also when one ticket is asked for. So is the last known status of a
//!   ticket; when it has another one by now the answer is 404, and it is asked for again without.
//! - A follow-up's `title` would rename the ticket (update_ticket.py): none is ever sent.
//! - A follow-up's comment is run as a template when it is made (update_ticket.py), not when it is changed: `write::escaped`.
//! - Nothing tells which of two answers is newer: the one that was asked for later is, so a list that was long on its way does not
//!   overrule a change.
//! - A change (PATCH) writes the whole row, also what somebody else just changed: each is read back. It mails nobody.
//! - A ticket made with a customer's address mails the customer at once; made without and given it afterwards it does not.
//! - A private follow-up is mailed to people on the ticket's copies; the answer names them, and so do we.
//! - A follow-up that resolves is copied into the ticket's public `resolution`, a private one too: it never carries a status.
//! - A ticket's `description` is public: lines of a note become a private entry of their new ticket, whose text is its subject.
//! - A file of plain text in a customer's mail is dropped by the helpdesk itself (email.py, `extract_attachments`).
//! - A file of a kind that the house does not take answers 500 and keeps the follow-up: kinds are looked at before, and after any
//!   500 the ticket is.
//!
//! Round trips, names apart (1 in ten minutes): main screen 1 for each 500 active tickets, and up to 6 more when some leave the list
//! meanwhile; thread 1; claim 3 (read, write, read back; with a pause between); reply 2 (look whether the thread moved on, send);
//! note 2; both 2 more where something follows that an entry does not do; split by messages 7 and 1 for each message; split by lines
//! 8, of a note 9; other changes 2 to 3; new ticket 3 and 1 for each file; merge 5 and 1 for each message.

mod lists;
mod roster;
mod rows;
mod split;
mod wire;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

use self::roster::Roster;
use self::rows::Reader;
use self::wire::Ticket;
use super::http::{Answer, Ask, Http, basic};
use super::{Backend, Connection, DeskResult, Download, TimelineBy, UpdateStream, download};
use crate::domain::id::AttachmentId;
use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Page, Query, Receipt, Requester, Support, Thread,
    TicketId, TicketRow, Verb,
};
use crate::text::Clean;

/// How often news are asked for.
pub const POLL: Duration = Duration::from_mins(1);
/// How long names are good.
const NAMES: Duration = Duration::from_mins(10);
/// The kinds of files that a house takes unless it was told otherwise (settings.py, `HELPDESK_VALID_EXTENSIONS`).
const EXTENSIONS: &str = ".txt,.asc,.pdf,.doc,.docx,.odt,.jpg,.png,.eml";

/// What can be done there.
pub fn support(verb: Verb) -> Support {
    let emulated = |how: &str| Support::Emulated { how: Clean::line(how) };
    let impossible = |why: &str| Support::Impossible { why: Clean::line(why) };
    match verb {
        Verb::Claim => emulated(
            "django-helpdesk has no lock: we look, write our name and read it back, so a claim there is likely and not guaranteed",
        ),
        Verb::Note => emulated(
            "a private follow-up; the customer gets no mail, but people on the ticket's copies may, and we say who",
        ),
        Verb::Label => emulated("kept in the custom text field `tags`, or the one that the option `labels` names"),
        Verb::Split => emulated(
            "a new ticket is made, then each message is moved to it; not in one step, and lines get today's date",
        ),
        Verb::Merge => emulated("each message is moved, then the ticket is marked as merged; not in one step"),
        Verb::Search => emulated("all tickets are read and searched here; slow where there are thousands"),
        Verb::Timeline => emulated("all tickets are read and looked through here; slow where there are thousands"),
        Verb::Watch => emulated("asked for every minute"),
        Verb::Undo => impossible("django-helpdesk keeps nothing that a change could be taken back with"),
        Verb::Presence => impossible("django-helpdesk does not know who reads or writes"),
        Verb::Release
        | Verb::Assign
        | Verb::Steal
        | Verb::Reply
        | Verb::New
        | Verb::Status
        | Verb::Priority
        | Verb::Move
        | Verb::Subject
        | Verb::Requester
        | Verb::Attach => Support::Native,
    }
}

/// A django-helpdesk.
#[derive(Clone)]
pub struct DjangoHelpdesk(Arc<Inner>);

struct Inner {
    http: Arc<Http>,
    account: Option<String>,
    /// The custom field that holds labels.
    labels: String,
    /// File name endings that the house takes.
    extensions: Vec<String>,
    /// Names from the configuration, where the house shows none.
    configured: Roster,
    names: AsyncMutex<Option<(Instant, Arc<Roster>)>>,
    /// The last known status of tickets: asking with it is quick.
    statuses: Mutex<HashMap<i64, i64>>,
    versions: rows::Versions,
    /// Lists that somebody pages through.
    pages: Mutex<Vec<lists::Kept>>,
    poll: Duration,
}

impl DjangoHelpdesk {
    /// Prepares a connection; nothing is asked yet. A secret of 40 hexadecimal digits is a token unless the option `auth` is
    /// `basic`; others are passwords.
    pub fn new(connection: &Connection) -> DeskResult<Self> {
        let mut headers = HeaderMap::new();
        if let Some(secret) = &connection.secret {
            let secret = secret.expose_secret().trim();
            let token = secret.len() == 40 && secret.bytes().all(|b| b.is_ascii_hexdigit());
            let wanted = connection.options.get("auth").map(String::as_str);
            let value = if wanted.map_or(token, |wanted| wanted == "token") {
                HeaderValue::from_str(&format!("Token {secret}")).ok()
            } else {
                basic(connection.account.as_deref().unwrap_or_default(), secret)
            };
            let mut value = value.ok_or_else(|| DeskError::Unauthenticated {
                why: Clean::line("the token holds characters that no token has; see what gives it"),
            })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let option = |name: &str| connection.options.get(name).map(String::as_str);
        let extensions = option("extensions").unwrap_or(EXTENSIONS).split([' ', ',']);
        let inner = Inner {
            http: Arc::new(Http::new(connection, headers)?),
            account: connection.account.clone(),
            labels: option("labels").unwrap_or("tags").to_owned(),
            extensions: extensions.filter(|e| !e.is_empty()).map(str::to_ascii_lowercase).collect(),
            configured: Roster {
                queues: Roster::pairs(option("queues").unwrap_or_default()),
                users: Roster::pairs(option("agents").unwrap_or_default()),
                statuses: Vec::new(),
            },
            names: AsyncMutex::default(),
            statuses: Mutex::default(),
            versions: rows::Versions::default(),
            pages: Mutex::default(),
            poll: connection.poll.unwrap_or(POLL),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// An answer as JSON, or the refusal.
    async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> DeskResult<T> {
        let answer = self.0.http.send(&ask.header(header::ACCEPT, "application/json")).await?;
        if answer.status.is_success() { answer.json() } else { Err(refusal(&answer)) }
    }

    /// The names of the house.
    async fn roster(&self) -> DeskResult<Arc<Roster>> {
        let mut names = self.0.names.lock().await;
        if let Some((since, roster)) = &*names
            && since.elapsed() < NAMES
        {
            return Ok(Arc::clone(roster));
        }
        // Few tickets are duplicates: quick.
        let ask = Ask::get(["api", "tickets", ""]).param("page_size", Some(1)).param("status", Some(wire::DUPLICATE));
        let answer = self.0.http.send(&ask.header(header::ACCEPT, "text/html")).await?;
        let own = !self.0.configured.queues.is_empty();
        let page = answer.media_type() == "text/html";
        let mut roster = match answer.status {
            StatusCode::OK if page => {
                let read = Roster::read(&String::from_utf8_lossy(&answer.body));
                match read {
                    Some(roster) => roster,
                    None if own => Roster::default(),
                    // A page of something else.
                    None => return Err(answer.refusal()),
                }
            }
            // The house shows its pages to nobody, and answers as to a program.
            StatusCode::OK => {
                answer.json::<wire::Page>()?;
                Roster::default()
            }
            StatusCode::NOT_ACCEPTABLE => Roster::default(),
            StatusCode::FORBIDDEN => return Err(denied()),
            _ => return Err(refusal(&answer)),
        };
        for (names, own) in
            [(&mut roster.queues, &self.0.configured.queues), (&mut roster.users, &self.0.configured.users)]
        {
            if !own.is_empty() {
                names.clone_from(own);
            }
        }
        let roster = Arc::new(roster);
        *names = Some((Instant::now(), Arc::clone(&roster)));
        Ok(roster)
    }

    /// The number of the account that asks: the API does not tell it.
    fn me(&self, roster: &Roster) -> DeskResult<i64> {
        let said = self.0.account.as_deref().unwrap_or_default();
        roster.find_user(said).ok_or_else(|| {
            let why = if said.is_empty() {
                "django-helpdesk does not tell whose a token is; give your account's name to the desk".to_owned()
            } else {
                format!(
                    "django-helpdesk knows no account {said}; see the desk's account, or name it in the option agents: 7={said}"
                )
            };
            DeskError::Invalid { field: Some(Clean::line("account")), why: Clean::line(&why) }
        })
    }

    /// Begins to read: to be called before what is only looked at is asked for, and after a change was answered.
    fn reader<'a>(&'a self, roster: &'a Roster) -> Reader<'a> {
        Reader {
            roster,
            labels: &self.0.labels,
            versions: &self.0.versions,
            asked: Instant::now(),
            now: Timestamp::now(),
        }
    }

    /// A ticket as it is now.
    async fn ticket(&self, id: i64) -> DeskResult<Ticket> {
        let ask = || Ask::get(["api", "tickets", id.to_string().as_str(), ""]);
        self.with_status(id, ask).await
    }

    /// A ticket as it is before anything is changed: where that cannot be had, nothing was done.
    async fn look(&self, id: i64) -> DeskResult<Ticket> {
        self.ticket(id).await.map_err(DeskError::before_the_write)
    }

    /// Changes a ticket. `ask` makes the request anew for each try.
    async fn patch(&self, id: i64, body: &Value, repeatable: bool) -> DeskResult<Ticket> {
        let ask = Ask::new(Method::PATCH, ["api", "tickets", id.to_string().as_str(), ""]).json(body)?;
        let ask = if repeatable { ask.repeatable() } else { ask };
        self.with_status(id, || ask.clone()).await
    }

    /// Asks about one ticket, with its last known status, which is quick where there are many.
    async fn with_status(&self, id: i64, ask: impl Fn() -> Ask) -> DeskResult<Ticket> {
        let known = self.statuses().get(&id).copied();
        let mut got = self.ask::<Ticket>(ask().param("status", known)).await;
        if known.is_some() && matches!(got, Err(DeskError::NotFound { .. })) {
            got = self.ask(ask()).await;
        }
        let ticket = got.map_err(|error| match error {
            DeskError::NotFound { .. } => DeskError::NotFound { what: Clean::line(&format!("ticket {id}")) },
            other => other,
        })?;
        if ticket.id != id {
            let why = format!("the answer of {} is about #{} and not #{id}", self.0.http.place(), ticket.id);
            return Err(DeskError::Garbled { why: Clean::line(&why) });
        }
        self.remember(&ticket);
        Ok(ticket)
    }

    fn statuses(&self) -> std::sync::MutexGuard<'_, HashMap<i64, i64>> {
        self.0.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, ticket: &Ticket) {
        self.statuses().insert(ticket.id, ticket.status);
    }

    /// Sends JSON.
    async fn send<T: DeserializeOwned>(&self, method: Method, path: &[&str], body: &impl Serialize) -> DeskResult<T> {
        self.ask(Ask::new(method, path.iter().copied()).json(body)?).await
    }
}

/// The number of one of its tickets.
fn number(id: &TicketId) -> DeskResult<i64> {
    id.number().ok_or_else(|| DeskError::NotFound { what: Clean::line(&format!("ticket {id}")) })
}

fn denied() -> DeskError {
    DeskError::Denied {
        why: Clean::line("the account is no staff account on this django-helpdesk; ask its administrator"),
    }
}

fn not_possible(why: &str) -> DeskError {
    DeskError::NotPossible { why: Clean::line(why) }
}

/// What a refusal says: fields and their texts, or `detail`. Its texts are in the house's language.
fn refusal(answer: &Answer) -> DeskError {
    if answer.status != StatusCode::BAD_REQUEST {
        return match (answer.refusal(), answer.status) {
            (DeskError::Garbled { .. }, StatusCode::FORBIDDEN) => denied(),
            (error, _) => error,
        };
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some((field, texts)) = said.as_object().and_then(|all| all.iter().next()) else { return answer.refusal() };
    let text = texts.as_array().and_then(|all| all.first()).unwrap_or(texts).as_str().unwrap_or_default();
    let field = if field == "detail" { None } else { Some(Clean::line(field)) };
    DeskError::Invalid { field, why: Clean::line(&format!("{} refuses it: {text}", answer.place())) }
}

#[async_trait]
impl Backend for DjangoHelpdesk {
    fn kind(&self) -> &'static str {
        "django-helpdesk"
    }

    fn support(&self, verb: Verb) -> Support {
        support(verb)
    }

    async fn open(&self, query: &Query) -> DeskResult<DeskView> {
        self.main_screen(query).await
    }

    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.page(query, after).await
    }

    async fn thread(&self, ticket: &TicketId, _: Option<&str>) -> DeskResult<Thread> {
        let id = number(ticket)?;
        let roster = self.roster().await?;
        let reader = self.reader(&roster);
        Ok(reader.thread(&self.ticket(id).await?))
    }

    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let TimelineBy::Email(email) = by else {
            return Err(not_possible("django-helpdesk knows its customers by their mail address alone"));
        };
        self.history(email, after).await
    }

    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        let file: wire::Attachment = self.ask(Ask::get(["api", "followups-attachments", id.as_str(), ""])).await?;
        let url = file.file.as_deref().and_then(|url| url::Url::parse(url).ok());
        let Some(url) = url.filter(|url| self.0.http.is_same_host(url)) else {
            return Err(not_possible("the helpdesk keeps this file on another host; open it in its web pages"));
        };
        // The address is as good as a password on many sites: it is neither logged nor shown.
        let path = url.path_segments().into_iter().flatten().map(unquoted);
        let response = self.0.http.stream(&Ask::get(path).from_host()).await?.map_err(|answer| refusal(&answer))?;
        let named = rows::attachment(&file, true);
        Ok(Download { name: named.name, media_type: named.media_type, ..download::begun(&self.0.http, response) })
    }

    async fn apply(&self, change: &Change, _: &ChangeId) -> DeskResult<Receipt> {
        if let Support::Impossible { why } = support(change.verb()) {
            return Err(DeskError::NotPossible { why });
        }
        self.write(change).await
    }

    fn watch(&self, _: Option<EventId>) -> UpdateStream {
        super::poll::watch(Arc::new(self.clone()), self.0.poll)
    }

    async fn presence(&self, _: &TicketId, _: bool) -> DeskResult<()> {
        Ok(())
    }

    async fn import(&self, _: &str, _: Bytes) -> DeskResult<Imported> {
        Err(not_possible("django-helpdesk takes mail from its own mailboxes alone"))
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(self.0.poll)
    }

    fn round_trips(&self) -> u64 {
        self.0.http.round_trips()
    }

    async fn find_requester(&self, _: &str) -> DeskResult<Vec<Requester>> {
        Ok(Vec::new())
    }
}

/// A segment of an address without its percent signs: the request puts them back.
fn unquoted(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests;

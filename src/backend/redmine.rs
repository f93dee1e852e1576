//! The adapter for Redmine 5 and 6 (REST API, to be switched on by an administrator). Tried against
//! 5.0.4 and 6.0.5.
//!
//! Words: a queue is a project, a ticket an issue, a reply a public note, a note a private one. The customer is the address in a custom
//! field (found by its name, or option `customer_field`), else the issue's author. Labels are the values of a list field (by name, or
//! option `label_field`). Accounts that bring mail in are found by name, or option `gateway`. A date field named like "Snoozed
//! until" (option `snooze_field`) hides a ticket until that day; there is no way to set it from here yet.
//!
//! Quirks, each with where it was seen (5.0.4 and 6.0.5 running unless said otherwise):
//! - Most refusals are silent: a PUT that may not set a field answers 204 and ignores it. Every write is read back and compared.
//! - A private note of a user without `set_notes_private` comes out public. What our role may is asked before each note, and which role
//!   we have where that answer is older than a minute; where it cannot be had, nothing is sent. A note that came out public all
//!   the same loses its text again (it cannot be made private: whoever lacks the right is not heard there either), and is told.
//! - Files belong to the issue, also those of a private note: everybody who reads the issue has them. A note with files is refused.
//! - Two plain claims both succeed. The issue's `lock_version` makes a compare-and-swap; it stands only in the HTML page of the
//!   issue, which takes the API key. A stale one answers 422 `{"errors":[]}`.
//! - Redmine mails its own users and watchers only. A customer who is no user gets nothing: said with each reply. An author who is
//!   one is mailed of own tickets if the account is set so; up to 5.1 a new one is, from 6 on it is not. A user who wants to
//!   be mailed of everything in a project is mailed of a new issue too, so of a split; nothing tells who does.
//! - A relation is mailed to author, holder and watchers who may see the other issue. Where one of them is no agent (a role that edits
//!   issues, sees or makes private notes), or the watchers are not shown to us, a split makes none.
//! - `updated_on` does not move for a relation, a watcher, an edited note or a deletion: the news miss those until everything is read
//!   again, every five minutes. It has whole seconds: what reads otherwise is news too, and who touched an issue last is asked once
//!   more after the second in which we wrote to it or saw it change.
//! - Work may be given to customers. Who holds an issue is taken for one of us only while the project's members and their roles are not
//!   shown to us, or where somebody outside of the project (an administrator) holds what somebody else made.
//! - A page has at most 100 issues; an unknown filter is ignored, so a misspelt one shows everything; without `status_id` closed issues
//!   are missing.
//! - Refusals speak the user's language: only their status and an empty list are judged, their words are passed on.
//! - Relations: `copied_to` may be made by hand (source, `IssueRelation::TYPES`), has a direction, and so stands for a split. A copy
//!   that was made in Redmine reads as a split too. Between projects an administrator may have forbidden relations: then, as where
//!   a customer would be mailed, private notes on both sides hold the link, and a list knows it once the ticket was read.
//!
//! What a list guesses (it has no journals): `waiting_since`, `on_us`, `due_at`, `late` follow from `created_on` where nobody touched the
//! issue, from `updated_on` where a mail account or a customer did so last (one more question), and from the status `new` else; the
//! number of messages is 1 and `assigned_at` unknown. Once a thread was read its row is exact until the issue changes again. The order
//! of closed tickets is newest change first. Every answer is due within 24 hours; Redmine knows no deadline for answers.
//!
//! | trips | |
//! | --- | --- |
//! | main screen | 4 + one a project, one a role and one an agent (for the login), kept for ten minutes; ceil(N/100) for N open issues (at most 5,000), and 1 a hundred that a customer touched last, or a hundred customers who are users; the pages at most twice more while issues leave them; then 1 or 2 until everything is read again after five minutes |
//! | list, open tickets | as the main screen, without projects' members and roles; closed tickets, timeline 1, search 2 |
//! | thread | 1, and 1 for the login of a holder never seen before; the members once, where only they tell who wrote |
//! | claim | 4: the page with `lock_version`, the issue, the write, the issue again |
//! | steal, release, assign, status, requester | 3; labels 4; priority, subject, move 2 |
//! | reply | 3, and 1 a file; note 4, 5 where we were not asked who we are within the last minute |
//! | split | 8, and 2 a file; one less without a relation, two less where private notes are not allowed, one more as with a note |
//! | new | 2, and 1 a file |
//! | news | 1 every 30 s, 2 when something changed or we wrote ourselves, and 2 once more where that was within the last 3 seconds |
//!
//! The first question of a process asks besides who we are, projects, statuses, priorities (4).

mod book;
mod claim;
mod land;
mod query;
mod rows;
mod say;
mod split;
mod who;
mod wire;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use self::book::{Memory, Shelf};
use self::land::{Land, Logins, Names, Roster};
use self::rows::Facts;
use self::wire::{Errors, Issue, OneIssue};
use super::http::{self, Answer, Ask, Http};
use super::{Backend, Connection, DeskResult, Download, TimelineBy, UpdateStream, download};
use crate::domain::id::AttachmentId;
use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Message, Page, Query, Receipt, Requester,
    Support, Thread, TicketId, TicketRow, Verb,
};
use crate::text::Clean;

/// Asked for news so often.
pub(super) const POLL: Duration = Duration::from_secs(30);

const API_KEY: HeaderName = HeaderName::from_static("x-redmine-api-key");

/// Something that was asked for, and when.
type Kept<T> = Arc<tokio::sync::Mutex<Option<(Instant, Arc<T>)>>>;

/// A Redmine.
#[derive(Clone)]
pub struct Redmine {
    http: Arc<Http>,
    names: Names,
    logins: Logins,
    poll: Duration,
    book: Arc<Mutex<Shelf>>,
    /// Only one of us reads the list; who else wants it waits and has it. Nobody else waits for this.
    reading: Arc<tokio::sync::Mutex<()>>,
    lands: Kept<Land>,
    rosters: Kept<Roster>,
    /// The last roster, for whoever will not ask for one.
    roster: Arc<Mutex<Arc<Roster>>>,
    memory: Arc<Mutex<Memory>>,
}

impl Redmine {
    /// Prepares a connection; nothing is asked yet. A secret of 40 hex digits is an API key, any other the account's password.
    pub fn new(connection: &Connection) -> DeskResult<Self> {
        let mut headers = HeaderMap::new();
        if let Some(secret) = &connection.secret {
            let secret = secret.expose_secret().trim();
            let key = secret.len() == 40 && secret.bytes().all(|b| b.is_ascii_hexdigit());
            let (name, value) = match &connection.account {
                Some(account) if !key => (header::AUTHORIZATION, http::basic(account, secret)),
                _ => (API_KEY, HeaderValue::from_str(secret).ok()),
            };
            let mut value = value.ok_or_else(|| DeskError::Unauthenticated {
                why: Clean::line("the token holds characters that no token has; see what gives it"),
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(Self {
            http: Arc::new(Http::new(connection, headers)?),
            names: Names::new(&connection.options),
            logins: Logins::default(),
            poll: connection.poll.unwrap_or(POLL),
            book: Arc::default(),
            reading: Arc::default(),
            lands: Arc::default(),
            rosters: Arc::default(),
            roster: Arc::default(),
            memory: Arc::default(),
        })
    }

    /// A request and its answer as JSON, or the refusal.
    async fn get<T: DeserializeOwned>(&self, ask: &Ask) -> DeskResult<T> {
        let answer = self.http.send(ask).await?;
        if answer.status.is_success() { answer.json() } else { Err(refusal(&answer)) }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An issue with its history.
    async fn issue(&self, ticket: &TicketId) -> DeskResult<Issue> {
        self.issue_with(ticket, "journals,attachments,relations").await
    }

    /// The same with the statuses that the user may set now.
    async fn issue_and_statuses(&self, ticket: &TicketId) -> DeskResult<Issue> {
        self.issue_with(ticket, "journals,attachments,relations,allowed_statuses").await
    }

    async fn issue_with(&self, ticket: &TicketId, what: &str) -> DeskResult<Issue> {
        let id = number(ticket)?;
        let ask = Ask::get(["issues".to_owned(), format!("{id}.json")]).param("include", Some(what));
        let asked = Instant::now();
        let one: OneIssue = self.get(&ask).await.map_err(|e| match e {
            DeskError::NotFound { .. } => no_ticket(ticket),
            DeskError::Denied { .. } => DeskError::Denied {
                why: Clean::line(&format!("ticket {ticket} is in a project that this account may not see")),
            },
            other => other,
        })?;
        if one.issue.id != id {
            let why = format!("the answer of {} is about #{} and not #{ticket}", self.http.place(), one.issue.id);
            return Err(DeskError::Garbled { why: Clean::line(&why) });
        }
        self.memory().read(&one.issue, asked);
        Ok(one.issue)
    }

    /// An issue that was just written to. Whatever goes wrong here, the write went through.
    async fn written(&self, ticket: &TicketId) -> DeskResult<Issue> {
        let issue = self.issue(ticket).await.map_err(DeskError::after_the_write)?;
        self.memory().wrote(&issue);
        Ok(issue)
    }

    /// An issue that was just read, as a row; what its history tells is remembered.
    async fn take(&self, land: &Land, issue: &Issue) -> (TicketRow, Vec<Message>) {
        let read = Instant::now();
        // Stands after writes too, so it never fails: a holder whose login is not told goes by the name until it is.
        if let Err(error) = self.sign_ins(issue.assigned_to.as_slice()).await {
            tracing::debug!(%error, "the holder's login is not known");
        }
        self.roster_to_read(land, issue).await;
        let messages = rows::messages(land, &self.known_roster(), issue);
        self.memory().learn(issue, Facts::read(issue, &messages), read);
        self.enter(issue);
        (self.row(land, issue, false), messages)
    }
}

/// An issue's number.
fn number(ticket: &TicketId) -> DeskResult<i64> {
    ticket.number().filter(|n| *n > 0).ok_or_else(|| no_ticket(ticket))
}

fn no_ticket(ticket: &TicketId) -> DeskError {
    DeskError::NotFound { what: Clean::line(&format!("ticket {ticket}")) }
}

/// Words for a server that lets nobody in.
fn switched_off(error: DeskError) -> DeskError {
    match error {
        DeskError::Denied { .. } => DeskError::Denied {
            why: Clean::line(
                "Redmine lets this account in nowhere: its REST API may be switched off (an administrator finds it under \
                 Administration, Settings, API), or a change of password is due",
            ),
        },
        other => other,
    }
}

/// What a refusal means. Its words come in the user's language and are passed on; only an empty list means something by itself.
fn refusal(answer: &Answer) -> DeskError {
    let said = (answer.status.as_u16() == 422).then(|| serde_json::from_slice::<Errors>(&answer.body).ok()).flatten();
    match said {
        Some(said) if said.errors.is_empty() => DeskError::Conflict {
            ticket: None,
            why: Clean::line("somebody changed the ticket at the same moment; look at it again"),
        },
        Some(said) => DeskError::Invalid {
            field: None,
            why: Clean::line(&format!("Redmine refuses it: {}", said.errors.join("; "))),
        },
        None => answer.refusal(),
    }
}

/// Whether and how Redmine does a verb. What a single server lacks (a field, a right) is told when it is tried.
pub(super) fn support(verb: Verb) -> Support {
    let emulated = |how: &str| Support::Emulated { how: Clean::line(how) };
    let impossible = |why: &str| Support::Impossible { why: Clean::line(why) };
    match verb {
        Verb::Claim => emulated(
            "compare-and-swap over the version that the ticket's web page shows; where a theme hides it: write, read back, and \
             give back what was somebody else's",
        ),
        Verb::Release | Verb::Assign | Verb::Steal | Verb::Status | Verb::Priority | Verb::Subject | Verb::Move => {
            Support::Native
        }
        Verb::Reply => emulated(
            "a public note; Redmine mails it to its own users and watchers only, a customer who is none of them gets nothing",
        ),
        Verb::Note => emulated(
            "a private note, sent only where your role is known to be allowed to make one; without files, which everybody would \
             have",
        ),
        Verb::New | Verb::Attach | Verb::Search => Support::Native,
        Verb::Label => emulated("the values of a list field; Redmine takes no value that is not in its list"),
        Verb::Requester => emulated("the address in a custom field; a name is not kept"),
        Verb::Split => emulated(
            "the chosen text is copied into a new issue, with its files and a relation, or internal notes in its place where \
             Redmine would mail it to a customer; the source keeps everything, because Redmine moves no notes",
        ),
        Verb::Merge => impossible(
            "Redmine keeps notes with their issue and folds none into another; relate the two as duplicates in Redmine and close \
             one",
        ),
        Verb::Undo => impossible("Redmine takes nothing back; do the opposite instead"),
        Verb::Timeline => emulated("by the address in a custom field, or a search for it"),
        Verb::Watch => {
            emulated("asked for every 30 seconds; new relations and edited notes are seen within five minutes")
        }
        Verb::Presence => impossible("Redmine does not tell who reads or writes"),
    }
}

#[async_trait]
impl Backend for Redmine {
    fn kind(&self) -> &'static str {
        "redmine"
    }

    fn support(&self, verb: Verb) -> Support {
        support(verb)
    }

    async fn open(&self, query: &Query) -> DeskResult<DeskView> {
        self.view(query).await
    }

    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.list_page(query, after).await
    }

    async fn thread(&self, ticket: &TicketId, _: Option<&str>) -> DeskResult<Thread> {
        let land = self.land().await?;
        let issue = self.issue(ticket).await?;
        let (row, messages) = self.take(&land, &issue).await;
        Ok(rows::thread(&land, &self.known_roster(), &issue, row, messages))
    }

    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.timeline_page(by, after).await
    }

    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        self.download(id).await
    }

    async fn apply(&self, change: &Change, _: &ChangeId) -> DeskResult<Receipt> {
        match change {
            Change::Claim { ticket } => self.claim(ticket).await,
            Change::Release { ticket } => self.release(ticket).await,
            Change::Assign { ticket, to } => self.assign(ticket, to).await,
            Change::Steal { ticket } => self.steal(ticket).await,
            Change::Reply { ticket, message } => self.reply(ticket, message).await,
            Change::Note { ticket, message } => self.note(ticket, message).await,
            Change::New(new) => self.create(new).await,
            Change::Status { ticket, to } => self.set_status(ticket, *to).await,
            Change::Priority { ticket, to } => self.set_priority(ticket, *to).await,
            Change::Label { ticket, add, remove } => self.set_labels(ticket, add, remove).await,
            Change::Move { ticket, to } => self.move_to(ticket, to).await,
            Change::Subject { ticket, to } => self.set_subject(ticket, to).await,
            Change::Requester { ticket, to } => self.set_requester(ticket, to).await,
            Change::Split(split) => self.split(split).await,
            Change::Merge { .. } | Change::Undo { .. } => match support(change.verb()) {
                Support::Impossible { why } => Err(DeskError::NotPossible { why }),
                Support::Native | Support::Emulated { .. } => Err(DeskError::NotPossible { why: Clean::default() }),
            },
        }
    }

    fn watch(&self, _: Option<EventId>) -> UpdateStream {
        super::poll::watch(Arc::new(self.clone()), self.poll)
    }

    async fn presence(&self, _: &TicketId, _: bool) -> DeskResult<()> {
        Ok(())
    }

    async fn import(&self, _: &str, _: Bytes) -> DeskResult<Imported> {
        Err(DeskError::NotPossible {
            why: Clean::line("Redmine takes mail in through its own mail handler; see rdm-mailhandler on the server"),
        })
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(self.poll)
    }

    fn round_trips(&self) -> u64 {
        self.http.round_trips()
    }

    async fn find_requester(&self, words: &str) -> DeskResult<Vec<Requester>> {
        self.requesters(words).await
    }
}

impl Redmine {
    async fn download(&self, id: &AttachmentId) -> DeskResult<Download> {
        let unknown = || DeskError::NotFound { what: Clean::line(&format!("attachment {id}")) };
        let id = id.number().filter(|n| *n > 0).ok_or_else(unknown)?;
        let ask = Ask::get(["attachments".to_owned(), "download".to_owned(), id.to_string()]);
        let response = self.http.stream(&ask).await?.map_err(|answer| match answer.status.as_u16() {
            404 => unknown(),
            _ => refusal(&answer),
        })?;
        Ok(download::begun(&self.http, response))
    }
}

#[cfg(test)]
mod tests;

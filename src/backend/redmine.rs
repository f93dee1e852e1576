//! The adapter for Redmine 5 and 6 (REST API, to be switched on by an administrator). Tried against 5.0.4.
//!
//! Words: a queue is a project, a ticket an issue, a reply a public note, a note a private one. The customer is the address in a custom
//! field (found by its name, or option `customer_field`), else the issue's author. Labels are the values of a list field (by name, or
//! option `label_field`). Accounts that bring mail in are found by name, or option `gateway`. A date field named like "Snoozed
//! until" (option `snooze_field`) hides a ticket until that day; there is no way to set it from here yet.
//!
//! Quirks, each with where it was seen (5.0.4 running unless said otherwise):
//! - Most refusals are silent: a PUT that may not set a field answers 204 and ignores it. Every write is read back and compared.
//! - A private note of a user without `set_notes_private` comes out public. The role is asked before each note; where it cannot be
//!   had, nothing is sent; and a note that came out public all the same is hidden again and told.
//! - Two plain claims both succeed. The issue's `lock_version` makes a compare-and-swap; it stands only in the HTML page of the
//!   issue, which takes the API key. A stale one answers 422 `{"errors":[]}`.
//! - Redmine mails its own users and watchers only. A customer who is no user gets nothing: said with each reply.
//! - `updated_on` does not move for a relation, a watcher, an edited note or a deletion: the news miss those until everything is read
//!   again, every five minutes.
//! - A page has at most 100 issues; an unknown filter is ignored, so a misspelt one shows everything; without `status_id` closed issues
//!   are missing.
//! - Refusals speak the user's language: only their status and an empty list are judged, their words are passed on.
//! - Relations: `copied_to` may be made by hand (source, `IssueRelation::TYPES`), has a direction, and so stands for a split. A copy
//!   that was made in Redmine reads as a split too. Between projects an administrator may have forbidden relations: then notes on
//!   both sides hold the link.
//!
//! What a list guesses (it has no journals): `waiting_since`, `on_us`, `due_at`, `late` follow from `created_on` where nobody touched the
//! issue, from `updated_on` where a mail account or a customer did so last (one more question), and from the status `new` else; the
//! number of messages is 1 and `assigned_at` unknown. Once a thread was read its row is exact until the issue changes again. The order
//! of closed tickets is newest change first. Every answer is due within 24 hours; Redmine knows no deadline for answers.
//!
//! | trips | |
//! | --- | --- |
//! | main screen | 4 + one a project, one a role and one an agent (for the login), kept for ten minutes; ceil(N/100) for N open issues (at most 5,000), and 1 a hundred that a customer touched last; then 1 or 2 until everything is read again after five minutes |
//! | list, open tickets | as the main screen, without projects' members and roles; closed tickets, timeline 1, search 2 |
//! | thread | 1, and 1 for the login of a holder never seen before |
//! | claim | 4: the page with `lock_version`, the issue, the write, the issue again |
//! | steal, release, assign, status, requester | 3; labels 4; priority, subject, move 2 |
//! | reply | 3, and 1 a file; note 4, and 1 a file |
//! | split | 8, and 2 a file; 6 where internal notes are not allowed |
//! | new | 2, and 1 a file |
//! | news | 1 every 30 s, 2 when something changed |
//!
//! The first question of a process asks besides who we are, projects, statuses, priorities (4).

mod book;
mod claim;
mod land;
mod query;
mod rows;
mod split;
mod wire;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use self::book::{Book, Memory, PAGE};
use self::land::{Land, Logins, Names, Roster};
use self::rows::Facts;
use self::wire::{
    Errors, Issue, Memberships, Named, OneIssue, OneRole, OneUser, Priorities, Project, Projects, Role, Statuses,
};
use super::http::{Answer, Ask, Http};
use super::{Backend, Connection, DeskResult, Download, TimelineBy, UpdateStream, base64, download};
use crate::domain::id::AttachmentId;
use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Page, Query, Receipt, Requester, Support, Thread,
    TicketId, TicketRow, Verb,
};
use crate::text::Clean;

/// Asked for news so often.
pub(super) const POLL: Duration = Duration::from_secs(30);
/// Projects, statuses, priorities and members are asked for again after this long.
const KEEP: Duration = Duration::from_mins(10);
/// So many unknown users are asked for at once.
const STRANGERS: usize = 25;

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
    /// Only one of us reads everything; the others wait and have it.
    book: Arc<tokio::sync::Mutex<Option<Book>>>,
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
                Some(account) if !key => (
                    header::AUTHORIZATION,
                    format!("Basic {}", base64::encode(format!("{account}:{secret}").as_bytes())),
                ),
                _ => (API_KEY, secret.to_owned()),
            };
            let mut value = HeaderValue::from_str(&value).map_err(|_| DeskError::Unauthenticated {
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

    /// Who asks, and what there is. Kept for a while.
    async fn land(&self) -> DeskResult<Arc<Land>> {
        let mut held = self.lands.lock().await;
        if let Some((at, land)) = &*held
            && at.elapsed() < KEEP
        {
            return Ok(Arc::clone(land));
        }
        let me = Ask::get(["users", "current.json"]).param("include", Some("memberships"));
        let statuses = Ask::get(["issue_statuses.json"]);
        let priorities = Ask::get(["enumerations", "issue_priorities.json"]);
        // Alone: whoever is not let in is told so by one answer.
        let me: OneUser = self.get(&me).await.map_err(switched_off)?;
        let (projects, statuses, priorities): (_, Statuses, Priorities) =
            futures_util::try_join!(self.projects(), self.get(&statuses), self.get(&priorities),)?;
        let land = Arc::new(Land {
            me: me.user,
            projects,
            statuses: statuses.issue_statuses,
            priorities: priorities.issue_priorities,
            names: self.names.clone(),
            logins: self.logins.clone(),
        });
        land.logins.learn(land.me.id, &land.me.login);
        *held = Some((Instant::now(), Arc::clone(&land)));
        Ok(land)
    }

    async fn projects(&self) -> DeskResult<Vec<Project>> {
        let mut projects = Vec::new();
        loop {
            let offset = projects.len();
            let ask = Ask::get(["projects.json"])
                .param("include", Some("issue_custom_fields"))
                .param("limit", Some(PAGE))
                .param("offset", (offset > 0).then_some(offset));
            let page: Projects = self.get(&ask).await?;
            let end = page.projects.is_empty();
            projects.extend(page.projects);
            if end || projects.len() >= page.total_count as usize {
                projects.retain(|p| p.status == 1);
                return Ok(projects);
            }
        }
    }

    /// The roster as it was last known; empty when it never was asked for.
    fn known_roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who works where. Kept for a while. A project whose members are not shown to us has none.
    async fn roster(&self, land: &Land) -> DeskResult<Arc<Roster>> {
        let mut held = self.rosters.lock().await;
        if let Some((at, roster)) = &*held
            && at.elapsed() < KEEP
        {
            return Ok(Arc::clone(roster));
        }
        let projects: Vec<i64> = land.projects.iter().map(|p| p.id).collect();
        let lists: Vec<(i64, Memberships)> = stream::iter(projects)
            .map(|project| async move { Ok::<_, DeskError>((project, self.members(project).await?)) })
            .buffered(4)
            .try_collect()
            .await?;
        let mut ids: Vec<i64> =
            lists.iter().flat_map(|(_, l)| &l.memberships).flat_map(|m| &m.roles).map(|r| r.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let roles: HashMap<i64, Role> = stream::iter(ids)
            .map(|id| async move { Ok::<_, DeskError>((id, self.role(id).await?)) })
            .buffered(4)
            .filter_map(|got| async {
                match got {
                    Ok((id, role)) => role.map(|role| Ok((id, role))),
                    Err(error) => Some(Err(error)),
                }
            })
            .try_collect()
            .await?;
        let mut roster = Roster::default();
        for (project, list) in lists {
            // Without them everybody would look like a stranger.
            if !list.memberships.is_empty() {
                let ids = list.memberships.iter().filter_map(|m| m.user.as_ref()).map(|u| u.id);
                roster.members.insert(project, ids.collect());
            }
            for member in list.memberships {
                let assignable = member.roles.iter().any(|r| roles.get(&r.id).is_none_or(|role| role.assignable));
                if let Some(user) = member.user.filter(|u| assignable && !land.names.is_gateway(&u.name))
                    && !roster.agents.iter().any(|a| a.id == user.id)
                {
                    roster.agents.push(user);
                }
            }
        }
        roster.agents.sort_by_key(|a| a.id);
        self.sign_ins(&roster.agents).await?;
        let roster = Arc::new(roster);
        *held = Some((Instant::now(), Arc::clone(&roster)));
        *self.roster.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&roster);
        Ok(roster)
    }

    async fn members(&self, project: i64) -> DeskResult<Memberships> {
        let path = ["projects".to_owned(), project.to_string(), "memberships.json".to_owned()];
        let mut all = Memberships { memberships: Vec::new(), total_count: 0 };
        loop {
            let offset = all.memberships.len();
            let ask = Ask::get(path.clone()).param("limit", Some(PAGE)).param("offset", (offset > 0).then_some(offset));
            let page: Memberships = match self.get(&ask).await {
                Ok(page) => page,
                Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => return Ok(all),
                Err(error) => return Err(error),
            };
            let end = page.memberships.is_empty();
            all.total_count = page.total_count;
            all.memberships.extend(page.memberships);
            if end || all.memberships.len() >= all.total_count as usize {
                return Ok(all);
            }
        }
    }

    /// What a role may; nothing where the server does not say.
    async fn role(&self, id: i64) -> DeskResult<Option<Role>> {
        match self.get::<OneRole>(&Ask::get(["roles".to_owned(), format!("{id}.json")])).await {
            Ok(one) => Ok(Some(one.role)),
            Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for the names to sign in with of users that are not known yet. One who is not shown to us, and a group, goes by the name.
    async fn sign_ins(&self, users: &[Named]) -> DeskResult<()> {
        let unknown: Vec<Named> =
            users.iter().filter(|u| self.logins.of(u.id).is_none()).take(STRANGERS).cloned().collect();
        let asked = stream::iter(unknown).map(|user| async move {
            let ask = Ask::get(["users".to_owned(), format!("{}.json", user.id)]);
            match self.get::<OneUser>(&ask).await {
                Ok(one) if !one.user.login.is_empty() => self.logins.learn(user.id, &one.user.login),
                Ok(_) | Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => {
                    self.logins.learn(user.id, &user.name);
                }
                Err(error) => return Err(error),
            }
            Ok(())
        });
        asked.buffered(4).try_collect().await
    }

    /// Whether the user may do something in a project, as it is now; nothing where the server does not say.
    async fn may(&self, land: &Land, project: i64, what: &[&str]) -> DeskResult<Option<bool>> {
        if land.me.admin {
            return Ok(Some(true));
        }
        let roles = land.my_roles(project);
        let mut known = !roles.is_empty();
        for id in roles {
            match self.role(id).await? {
                Some(role) if what.iter().any(|w| role.permissions.iter().any(|p| p == w)) => return Ok(Some(true)),
                Some(_) => {}
                None => known = false,
            }
        }
        Ok(known.then_some(false))
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
        Ok(one.issue)
    }

    /// An issue that was just read, as a row; what its history tells is remembered.
    async fn take(&self, land: &Land, issue: &Issue) -> DeskResult<(TicketRow, Vec<crate::domain::Message>)> {
        self.sign_ins(issue.assigned_to.as_slice()).await?;
        let messages = rows::messages(land, &self.known_roster(), issue);
        self.memory().learn(issue, Facts::read(issue, &messages));
        self.enter(issue).await;
        Ok((self.row(land, issue, false), messages))
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
        Verb::Note => emulated("a private note, sent only where your role is known to be allowed to make one"),
        Verb::New | Verb::Attach | Verb::Search => Support::Native,
        Verb::Label => emulated("the values of a list field; Redmine takes no value that is not in its list"),
        Verb::Requester => emulated("the address in a custom field; a name is not kept"),
        Verb::Split => emulated(
            "the chosen text is copied into a new issue, with its files and a relation; the source keeps everything, because \
             Redmine moves no notes",
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
        let (row, messages) = self.take(&land, &issue).await?;
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

//! The open issues of a server, as far as this process knows them. Redmine counts nothing and orders by nothing that says who has to
//! wait, so all open issues are read (100 a request) and counted here. After that only what changed since is asked for
//! (`updated_on`), and everything again every few minutes: a deleted issue, one that left our sight, a new relation and an edited
//! note do not move `updated_on`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::header;
use tokio::time::Instant;

use super::land::{Land, Roster, has_customer, is_ours};
use super::rows::{Facts, REPLY_WITHIN, row};
use super::wire::{Issue, Issues, Named};
use super::{Redmine, refusal};
use crate::backend::DeskResult;
use crate::backend::http::{Answer, Ask};
use crate::backend::version::{Before, version};
use crate::domain::order::{matches, place};
use crate::domain::people::Load;
use crate::domain::people::Role;
use crate::domain::{
    Agent, AgentId, AgentRef, AssigneeFilter, Counts, Cursor, DeskView, Page, Presence, Query, Queue, Status, TicketRow,
};
use crate::text::{Clean, fold};

/// The largest page that Redmine gives, whatever is asked.
pub const PAGE: u32 = 100;
/// Pages that are read at most: the newest issues of a larger server.
const PAGES: u32 = 50;
/// Pages asked for at the same time.
const ABREAST: usize = 4;
/// How often all pages are read when issues leave them meanwhile.
const TRIES: u32 = 3;
/// So many users are asked about with one question: a server takes no longer addresses than about 8 kB.
const USERS: usize = 100;
/// Everything is read again after this long.
const FRESH: Duration = Duration::from_mins(5);
/// A change that was stamped before and seen after our last question is still found.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// A second, and what a server may be late with it.
const SECOND: Duration = Duration::from_secs(2);
/// What changed less than this before it was asked for may change again within the second of its time.
const YOUNG: SignedDuration = SignedDuration::from_secs(3);
/// More changes than this are read like a new book.
const MANY: u32 = 300;

/// What is remembered of the open issues.
#[derive(Debug)]
pub struct Book {
    issues: HashMap<i64, Issue>,
    /// The issues whose last touch was the customer's side's.
    spoke: HashMap<i64, bool>,
    /// The newest `updated_on` that a list brought.
    newest: Timestamp,
    read_at: Instant,
}

/// Where the book lies. It is locked for a look or a word, never while the server is asked.
#[derive(Debug, Default)]
pub struct Shelf {
    book: Option<Book>,
    /// Issues that were read alone while a list is on its way.
    entered: HashMap<i64, Issue>,
}

/// What is remembered of single issues, whether open or not.
#[derive(Debug, Default)]
pub struct Memory {
    facts: HashMap<i64, Learnt>,
    versions: HashMap<i64, (u64, u64)>,
    rows: HashMap<i64, TicketRow>,
    young: HashMap<i64, Young>,
    /// By how much the server's clock is ahead of ours.
    ahead: SignedDuration,
}

/// What a thread told, when it was read, and the issue's time then.
#[derive(Debug)]
struct Learnt {
    of: Timestamp,
    at: Instant,
    /// The customer may have written within that second after it was read.
    doubted: bool,
    facts: Facts,
}

/// An issue that we wrote to, or saw within the second of its last change: what somebody else does within the same second has the
/// same time.
#[derive(Debug)]
struct Young {
    of: Timestamp,
    /// Since when; nothing once it was asked who touched it last.
    since: Option<Instant>,
}

/// So many issues are remembered at most.
const REMEMBERED: usize = 20_000;

impl Memory {
    /// What a thread told, as long as nothing changed since.
    pub fn facts(&self, issue: &Issue) -> Option<Facts> {
        self.facts.get(&issue.id).filter(|learnt| learnt.of == issue.updated_on).map(|learnt| learnt.facts.clone())
    }

    /// Keeps what a thread told that was read then.
    pub fn learn(&mut self, issue: &Issue, facts: Facts, at: Instant) {
        if self.facts.len() > REMEMBERED {
            self.facts.clear();
        }
        self.facts.insert(issue.id, Learnt { of: issue.updated_on, at, doubted: false, facts });
    }

    /// We wrote to an issue and read it back.
    pub fn wrote(&mut self, issue: &Issue) {
        self.young.insert(issue.id, Young { of: issue.updated_on, since: Some(Instant::now()) });
    }

    /// When the server was asked, by its own clock where an answer tells it.
    fn asked(&mut self, date: Option<Timestamp>, asked: Instant) -> Timestamp {
        let now = Timestamp::now();
        if let Some(date) = date {
            self.ahead = date.duration_since(now);
        }
        let took = SignedDuration::try_from(asked.elapsed()).unwrap_or_default();
        now.saturating_add(self.ahead).and_then(|now| now.saturating_sub(took)).unwrap_or(now)
    }

    /// An issue was asked for alone.
    pub fn read(&mut self, issue: &Issue, asked: Instant) {
        let then = self.asked(None, asked);
        self.saw(issue, then);
    }

    /// An issue was seen as it was then; perhaps within the second of its last change.
    fn saw(&mut self, issue: &Issue, then: Timestamp) {
        let young = then.duration_since(issue.updated_on) < YOUNG;
        if young && self.young.get(&issue.id).is_none_or(|y| y.of != issue.updated_on) {
            self.wrote(issue);
        }
    }

    /// The young issues whose second is over: nothing more can come with the same time.
    fn over(&self) -> HashMap<i64, Timestamp> {
        let over = |y: &Young| y.since.is_some_and(|at| at.elapsed() > SECOND);
        self.young.iter().filter(|(_, y)| over(y)).map(|(id, y)| (*id, y.of)).collect()
    }

    /// It is known who touched such issues last: of these the customer's side. Where it did, what a thread told within that second may
    /// lack it.
    fn settle_all(&mut self, over: HashMap<i64, Timestamp>, spoke: &HashMap<i64, bool>, then: Timestamp) {
        for (id, of) in over {
            // One that changed while this was asked is still to be asked about.
            let Some(young) = self.young.get_mut(&id).filter(|y| y.of == of) else { continue };
            let since = young.since.take();
            let spoke = spoke.get(&id).copied().unwrap_or(false);
            let Some(learnt) = self.facts.get_mut(&id).filter(|l| spoke && l.of == of) else { continue };
            if since.is_some_and(|at| learnt.at < at + SECOND) {
                learnt.facts.waiting_since.get_or_insert(of);
                learnt.doubted = true;
            }
        }
        // A server whose clock is ahead calls them young for longer: they are asked about once all the same.
        self.young.retain(|_, y| y.since.is_some() || then.duration_since(y.of) < YOUNG);
    }

    /// The row as it was last known.
    pub fn known(&self, id: i64) -> Option<TicketRow> {
        self.rows.get(&id).cloned()
    }

    /// Gives a row its version: `updated_on` counts whole seconds and does not move for everything.
    pub fn number(&mut self, issue: &Issue, mut row: TicketRow) -> TicketRow {
        if self.versions.len() > REMEMBERED {
            self.versions.clear();
            self.rows.clear();
        }
        let mut hasher = DefaultHasher::new();
        let holder = row.assignee.as_ref().map(|a| &a.id);
        (&row.subject, &row.native_status, &row.queue_id, holder, &row.requester, &row.labels).hash(&mut hasher);
        (&row.category, &issue.relations, issue.priority.id, issue.updated_on, row.snoozed_until).hash(&mut hasher);
        // A customer's word within the second of another change shows in nothing else.
        (row.on_us, row.waiting_since, self.facts.get(&issue.id).is_some_and(|l| l.doubted)).hash(&mut hasher);
        let print = hasher.finish();
        let before = self.versions.get(&issue.id);
        let before = before.map(|(known, version)| Before { version: *version, same: *known == print });
        row.version = version(before, Some(issue.updated_on), Timestamp::now());
        self.versions.insert(issue.id, (print, row.version));
        self.rows.insert(issue.id, row.clone());
        row
    }
}

/// The parameters of a list of issues.
pub fn issues() -> Ask {
    Ask::get(["issues.json"]).param("include", Some("relations")).param("limit", Some(PAGE))
}

/// Time as Redmine's filters take it.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Redmine {
    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of all open issues as they are now. When the server does not answer, what is known of them stays known.
    pub async fn open_rows(&self, land: &Land) -> DeskResult<Vec<TicketRow>> {
        let reading = self.reading.lock().await;
        let known = {
            let mut shelf = self.shelf();
            shelf.entered.clear();
            shelf.book.as_ref().filter(|book| book.read_at.elapsed() < FRESH).map(|book| book.newest)
        };
        let news = match known {
            Some(newest) => self.news(land, newest).await?,
            None => None,
        };
        match news {
            Some(news) => self.shelf().add(news),
            None => {
                let over = self.memory().over();
                let (book, then) = self.read_all(land).await?;
                self.memory().settle_all(over, &book.spoke, then);
                self.shelf().replace(book);
            }
        }
        drop(reading);
        let mut holders: Vec<Named> = self.shelf().issues().filter_map(|i| i.assigned_to.clone()).collect();
        holders.sort_by_key(|h| h.id);
        holders.dedup();
        self.sign_ins(&holders).await?;
        let shelf = self.shelf();
        Ok(shelf.issues().map(|issue| self.row(land, issue, shelf.spoke(issue.id))).collect())
    }

    /// A row with all that is known of it.
    pub fn row(&self, land: &Land, issue: &Issue, spoke: bool) -> TicketRow {
        let mut memory = self.memory();
        let facts = memory.facts(issue).unwrap_or_else(|| Facts::guess(land, issue, spoke));
        let row = row(land, issue, &facts, Timestamp::now());
        memory.number(issue, row)
    }

    /// The row of an issue that some other list brought.
    pub fn row_as_known(&self, land: &Land, issue: &Issue) -> TicketRow {
        let spoke = {
            let shelf = self.shelf();
            let same = shelf.book.as_ref().and_then(|book| book.issues.get(&issue.id)).map(|known| known.updated_on);
            same == Some(issue.updated_on) && shelf.spoke(issue.id)
        };
        self.row(land, issue, spoke)
    }

    /// Puts an issue that was just read into the book, so that the next list knows it.
    pub fn enter(&self, issue: &Issue) {
        self.shelf().enter(slim(issue.clone()));
    }

    /// A book, and when its first page was made.
    async fn read_all(&self, land: &Land) -> DeskResult<(Book, Timestamp)> {
        let (mut pages, mut begun, mut then) = self.pages().await?;
        for _ in 1..TRIES {
            // An issue that is closed meanwhile moves those after it one up, and the first of a page to where it is not read.
            if pages.is_sorted_by_key(|page| page.total_count) {
                break;
            }
            (pages, begun, then) = self.pages().await?;
        }
        let mut book = Book {
            issues: HashMap::new(),
            spoke: HashMap::new(),
            newest: Timestamp::UNIX_EPOCH,
            read_at: Instant::now(),
        };
        for issue in pages.into_iter().flat_map(|page| page.issues) {
            book.newest = book.newest.max(issue.updated_on);
            self.memory().saw(&issue, then);
            book.put(slim(issue), false);
        }
        book.newest = begun.map_or(book.newest, |begun| book.newest.min(begun));
        let spoke = self.spoken(land, book.issues.values(), None).await?;
        for (id, spoke) in spoke {
            book.spoke.insert(id, spoke);
        }
        Ok((book, then))
    }

    /// The pages of all open issues, when the first was made as the server told, and when at the earliest.
    async fn pages(&self) -> DeskResult<(Vec<Issues>, Option<Timestamp>, Timestamp)> {
        // Ordered by what never changes, so that a page does not shift under us when somebody writes.
        let page = |offset: u32| {
            issues()
                .param("status_id", Some("open"))
                .param("sort", Some("id:desc"))
                .param("offset", (offset > 0).then_some(offset))
        };
        // What changes from now on, while the other pages come, is news.
        let (first, begun, then) = self.dated(&page(0)).await?;
        let total = first.total_count.min(PAGE * PAGES);
        let mut pages = vec![first];
        let rest: Vec<Issues> = stream::iter((1..total.div_ceil(PAGE)).map(|n| page(n * PAGE)))
            .map(|ask| async move { self.get::<Issues>(&ask).await })
            .buffered(ABREAST)
            .try_collect()
            .await?;
        pages.extend(rest);
        Ok((pages, begun, then))
    }

    /// A page of a list, when it was made as the server told, and when at the earliest.
    async fn dated(&self, ask: &Ask) -> DeskResult<(Issues, Option<Timestamp>, Timestamp)> {
        let asked = Instant::now();
        let answer = self.http.send(ask).await?;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        let made = date(&answer);
        let then = self.memory().asked(made, asked);
        Ok((answer.json()?, made, then))
    }

    /// What changed since the newest change that is known; nothing when so much did that it is cheaper to read everything anew.
    async fn news(&self, land: &Land, newest: Timestamp) -> DeskResult<Option<News>> {
        let over = self.memory().over();
        let since = over.values().copied().fold(newest, Timestamp::min);
        let since = since.checked_sub(OVERLAP).unwrap_or(since);
        let ask = issues()
            .param("status_id", Some("*"))
            .param("updated_on", Some(format!(">={}", stamp(since))))
            .param("sort", Some("updated_on:desc"));
        let (mut listed, _, then) = self.dated(&ask).await?;
        if listed.total_count > MANY {
            return Ok(None);
        }
        let mut offset = PAGE;
        while offset < listed.total_count {
            let more: Issues = self.get(&ask.clone().param("offset", Some(offset))).await?;
            listed.issues.extend(more.issues);
            offset += PAGE;
        }
        let newest = listed.issues.iter().map(|i| i.updated_on).fold(newest, Timestamp::max);
        let listed: Vec<Issue> = listed.issues.into_iter().map(slim).collect();
        let doubtful: Vec<&Issue> = {
            let (shelf, memory) = (self.shelf(), self.memory());
            // What reads otherwise has changed, and so may have what reads the same and was written to within its last second.
            let changed = |i: &Issue| shelf.changed(i) && memory.facts(i).is_none();
            let open = listed.iter().filter(|i| i.status.is_closed != Some(true));
            open.filter(|i| changed(i) || over.contains_key(&i.id)).collect()
        };
        let spoke = if doubtful.is_empty() {
            HashMap::new()
        } else {
            self.spoken(land, doubtful.into_iter(), Some(since)).await?
        };
        let mut memory = self.memory();
        memory.settle_all(over, &spoke, then);
        for issue in &listed {
            memory.saw(issue, then);
        }
        drop(memory);
        Ok(Some(News { listed, spoke, newest }))
    }

    /// Of these issues, those that the customer's side touched last. One question for a hundred such issues and for a hundred accounts,
    /// and none where no account is known that could have.
    async fn spoken<'a>(
        &self,
        land: &Land,
        among: impl Iterator<Item = &'a Issue>,
        since: Option<Timestamp>,
    ) -> DeskResult<HashMap<i64, bool>> {
        let among: Vec<&Issue> = among.collect();
        let roster = self.known_roster();
        // Who does agents' work is one of us; while that is not known, who holds any.
        let holders: Vec<i64> = among.iter().filter_map(|i| i.assigned_to.as_ref()).map(|a| a.id).collect();
        let ours = |issue: &Issue, author: &Named| {
            is_ours(land, &roster, author) || (!roster.knows(issue.project.id) && holders.contains(&author.id))
        };
        let mut users: Vec<i64> = Vec::new();
        for issue in among {
            let Some(author) = &issue.author else { continue };
            if land.names.is_gateway(&author.name) || (!has_customer(&land.names, issue) && !ours(issue, author)) {
                users.push(author.id);
            }
        }
        users.sort_unstable();
        users.dedup();
        let mut spoke = HashMap::new();
        for users in users.chunks(USERS) {
            let joined = users.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
            let ask = Ask::get(["issues.json"])
                .param("status_id", Some(if since.is_some() { "*" } else { "open" }))
                .param("last_updated_by", Some(joined))
                .param("updated_on", since.map(|at| format!(">={}", stamp(at))))
                .param("sort", Some("id:desc"))
                .param("limit", Some(PAGE));
            let mut offset = 0;
            loop {
                let page: Issues = self.get(&ask.clone().param("offset", (offset > 0).then_some(offset))).await?;
                spoke.extend(page.issues.iter().map(|issue| (issue.id, true)));
                offset += PAGE;
                if offset >= page.total_count.min(PAGE * PAGES) || page.issues.is_empty() {
                    break;
                }
            }
        }
        Ok(spoke)
    }

    /// The main screen: counts over all open issues, and the first page of the query.
    pub async fn view(&self, query: &Query) -> DeskResult<DeskView> {
        let land = self.land().await?;
        let roster = self.roster(&land).await?;
        let rows = self.open_rows(&land).await?;
        let me = AgentId::from(land.me.id);
        let mine = me_agent(&land, &roster);
        let page = if in_book(query) {
            self.page_of(&land, rows.clone(), query, None)
        } else {
            self.list_page(query, None).await?
        };
        let active: Vec<&TicketRow> = rows.iter().filter(|r| r.status.is_active()).collect();
        let mut labels: Vec<Clean> = rows.iter().flat_map(|r| r.labels.iter().cloned()).collect();
        labels.sort();
        labels.dedup();
        let queues = land
            .projects
            .iter()
            .map(|p| Queue {
                id: p.id.into(),
                name: Clean::line(&p.name),
                reply_within: u32::try_from(REPLY_WITHIN.as_secs()).ok(),
                counts: counts(rows.iter().filter(|r| r.queue_id.number() == Some(p.id)), &me),
            })
            .collect();
        let mut agents: Vec<Agent> = roster.agents.iter().map(|a| agent(&land, &land.agent(a))).collect();
        if !agents.iter().any(|a| a.id == me) {
            agents.push(mine);
        }
        // Holders that are in no project's list of members, such as administrators.
        for holder in active.iter().filter_map(|r| r.assignee.as_ref()) {
            if !agents.iter().any(|a| a.id == holder.id) {
                agents.push(agent(&land, holder));
            }
        }
        agents.sort_by_key(|a| a.id.number());
        for (rank, agent) in agents.iter_mut().enumerate() {
            agent.color = rank as u16;
            agent.load = load(&active, &agent.id);
        }
        let me = agents.iter().find(|a| a.id == me).cloned().unwrap_or_else(|| me_agent(&land, &roster));
        Ok(DeskView {
            totals: counts(rows.iter(), &me.id),
            me,
            queues,
            agents,
            tickets: page.rows,
            next: page.next,
            last_event: None,
            labels,
            preview: None,
        })
    }

    /// A page of open issues in the order of what needs a hand first.
    pub fn page_of(
        &self,
        land: &Land,
        mut rows: Vec<TicketRow>,
        query: &Query,
        after: Option<&Cursor>,
    ) -> Page<TicketRow> {
        let me = AgentId::from(land.me.id);
        let query = self.resolved(land, query);
        let (as_of, last) = after.and_then(read_cursor).unwrap_or((Timestamp::now(), None));
        for row in &mut rows {
            row.late = row.due_at.is_some_and(|due| due < as_of);
        }
        let mut placed: Vec<((i64, i64, i64), TicketRow)> = rows
            .into_iter()
            .filter(|row| matches(&query, row, Some(&me)))
            .map(|row| (place(&row, Some(&me)).numbers(), row))
            .filter(|(numbers, _)| last.is_none_or(|last| *numbers > last))
            .collect();
        placed.sort_by_key(|(numbers, _)| *numbers);
        let limit = query.limit.unwrap_or(PAGE).clamp(1, 200) as usize;
        let next = (placed.len() > limit).then(|| placed[limit - 1].0);
        Page {
            rows: placed.into_iter().take(limit).map(|(_, row)| row).collect(),
            next: next.map(|(class, time, id)| Cursor(format!("b.{}.{class}.{time}.{id}", as_of.as_second()))),
        }
    }

    /// A query with ids where a person typed names.
    pub fn resolved(&self, land: &Land, query: &Query) -> Query {
        let queue = query.queue.as_ref().map(|q| land.project(q).map_or_else(|| q.clone(), |p| p.id.into()));
        let assignee = match &query.assignee {
            AssigneeFilter::Agent(typed) => AssigneeFilter::Agent(self.agent_typed(land, typed)),
            other => other.clone(),
        };
        Query { queue, assignee, ..query.clone() }
    }

    /// An agent by what a person types: id, login or name.
    pub fn agent_typed(&self, land: &Land, typed: &AgentId) -> AgentId {
        let name = fold(typed.as_str());
        if typed.number().is_some() {
            return typed.clone();
        }
        if name == fold(&land.me.login) || name == "me" {
            return land.me.id.into();
        }
        let roster = self.known_roster();
        let signs_in = |a: &&Named| land.logins.of(a.id).is_some_and(|login| fold(&login) == name);
        if let Some(agent) = roster.agents.iter().find(signs_in) {
            return agent.id.into();
        }
        let known = roster.agents.iter().find(|a| fold(&a.name) == name);
        // A first name alone, where it is one agent's.
        let mut first = roster.agents.iter().filter(|a| a.name.split_whitespace().any(|part| fold(part) == name));
        let known = known.or_else(|| first.next().filter(|_| first.next().is_none()));
        known.map_or_else(|| typed.clone(), |a| a.id.into())
    }
}

/// What changed since the book was read.
struct News {
    listed: Vec<Issue>,
    /// The issues whose last touch was the customer's side's.
    spoke: HashMap<i64, bool>,
    newest: Timestamp,
}

impl Book {
    /// Takes an issue in, or out when it is closed.
    fn put(&mut self, issue: Issue, spoke: bool) {
        self.spoke.insert(issue.id, spoke);
        if issue.status.is_closed == Some(true) {
            self.issues.remove(&issue.id);
        } else {
            self.issues.insert(issue.id, issue);
        }
    }
}

impl Shelf {
    fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.book.iter().flat_map(|book| book.issues.values())
    }

    fn spoke(&self, id: i64) -> bool {
        self.book.as_ref().and_then(|book| book.spoke.get(&id)).copied().unwrap_or(false)
    }

    /// Whether an issue of a list differs from what is known of it. Its time alone does not tell: it has whole seconds.
    fn changed(&self, listed: &Issue) -> bool {
        self.book.as_ref().and_then(|book| book.issues.get(&listed.id)).is_none_or(|known| known != listed)
    }

    /// An issue that was read alone. It says nothing about others: what changed before it and was not listed yet is still news.
    fn enter(&mut self, issue: Issue) {
        if let Some(book) = &mut self.book {
            book.put(issue.clone(), false);
        }
        self.entered.insert(issue.id, issue);
    }

    fn add(&mut self, news: News) {
        let entered = std::mem::take(&mut self.entered);
        let changed: Vec<Issue> = news.listed.into_iter().filter(|listed| self.changed(listed)).collect();
        let Some(book) = &mut self.book else { return };
        book.newest = news.newest;
        for (id, spoke) in &news.spoke {
            book.spoke.insert(*id, *spoke);
        }
        for issue in changed {
            // One that was read alone while the list came is at least as new, unless its time says otherwise.
            if entered.get(&issue.id).is_none_or(|alone| alone.updated_on < issue.updated_on) {
                let spoke = news.spoke.get(&issue.id).copied().unwrap_or(false);
                book.put(issue, spoke);
            }
        }
    }

    fn replace(&mut self, mut book: Book) {
        for (id, alone) in std::mem::take(&mut self.entered) {
            if book.issues.get(&id).is_none_or(|listed| listed.updated_on <= alone.updated_on) {
                book.put(alone, false);
            }
        }
        self.book = Some(book);
    }
}

/// When an answer was made, by the server's clock.
fn date(answer: &Answer) -> Option<Timestamp> {
    let date = answer.headers.get(header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp())
}

/// What a row needs of an issue: not its text.
fn slim(issue: Issue) -> Issue {
    Issue {
        description: None,
        journals: Vec::new(),
        attachments: Vec::new(),
        allowed_statuses: None,
        watchers: None,
        ..issue
    }
}

/// Whether a query is about open issues only, which the book holds.
pub fn in_book(query: &Query) -> bool {
    let open = |s: &Status| s.is_active() || *s == Status::Snoozed;
    query.text.is_none() && query.requester.is_none() && query.status.iter().all(open)
}

type Last = Option<(i64, i64, i64)>;

fn read_cursor(cursor: &Cursor) -> Option<(Timestamp, Last)> {
    let mut parts = cursor.0.strip_prefix("b.")?.split('.');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let as_of = Timestamp::from_second(number()?).ok()?;
    Some((as_of, Some((number()?, number()?, number()?))))
}

fn counts<'a>(rows: impl Iterator<Item = &'a TicketRow>, me: &AgentId) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        if row.status == Status::Snoozed {
            counts.snoozed += 1;
        }
        if !row.status.is_active() {
            continue;
        }
        counts.open += 1;
        counts.late += u32::from(row.late);
        match &row.assignee {
            None => counts.unassigned += 1,
            Some(holder) if holder.id == *me => counts.mine += 1,
            Some(_) => {}
        }
    }
    counts
}

fn load(active: &[&TicketRow], agent: &AgentId) -> Load {
    let mut load = Load::default();
    for row in active.iter().filter(|r| r.assignee.as_ref().is_some_and(|a| a.id == *agent)) {
        if row.status == Status::Waiting {
            load.waiting += 1;
        } else {
            load.load += 1;
        }
        load.on_us += u32::from(row.on_us);
    }
    load
}

fn agent(land: &Land, holder: &AgentRef) -> Agent {
    let me = holder.id.number() == Some(land.me.id);
    Agent {
        id: holder.id.clone(),
        login: holder.login.clone(),
        name: holder.name.clone(),
        email: Clean::line(if me { &land.me.mail } else { "" }),
        color: 0,
        role: if me && land.me.admin { Role::Admin } else { Role::Agent },
        load: Load::default(),
        presence: Presence::default(),
    }
}

fn me_agent(land: &Land, roster: &Roster) -> Agent {
    let known = roster.agents.iter().find(|a| a.id == land.me.id).cloned();
    let named = known.unwrap_or_else(|| Named { id: land.me.id, name: land.my_name() });
    agent(land, &land.agent(&named))
}

//! Lists, the main screen, searches and timelines.

use futures_util::future::try_join;
use jiff::Timestamp;

use super::memory::{self, KnownQueue, Memory};
use super::rows::{self, Known};
use super::sql::{self, States, quoted};
use super::wire::{Group, Items, Named, Ticket, User};
use super::{Rt, get, line};
use crate::backend::http::Ask;
use crate::backend::{DeskResult, TimelineBy};
use crate::domain::people::Role;
use crate::domain::{
    Agent, AgentId, AgentRef, Cursor, DeskError, DeskView, Page, Query, Requester, Status, TicketId, TicketRow, order,
};
use crate::text::Clean;

/// RT gives no more rows in one answer.
pub const PER_PAGE: u32 = 100;
/// So many pages of active tickets are looked at; a desk with more is shown by its oldest and its newest.
const PAGES: u32 = 100;
/// Without a total, so many empty pages are taken for the end.
pub const EMPTY: u32 = 2;
/// So many pages are looked at for one page of rows that fit; then the agent is asked whether to go on, by a cursor.
const ROUNDS: u32 = 5;
/// The columns of a list.
const COLUMNS: &str =
    "Subject,Status,Owner,Queue,Requestor,Priority,Created,LastUpdated,LastUpdatedBy,Due,Told,Started,CustomFields";

/// A question for tickets with all columns.
pub fn tickets(question: &str) -> Ask {
    get(&["tickets"])
        .param("query", Some(question))
        .param("fields", Some(COLUMNS))
        .param("fields[Queue]", Some("Name,Lifecycle"))
        .param("fields[Owner]", Some("Name,RealName"))
        .param("fields[Requestor]", Some("Name,RealName,EmailAddress"))
}

/// The same for one ticket, with its links and who gets copies: for a hundred tickets that would take RT seconds.
fn one(id: &TicketId) -> Ask {
    get(&["tickets"])
        .param("query", Some(format!("id = {}", id.number().unwrap_or_default())))
        .param("fields", Some(format!("{COLUMNS},Cc,_hyperlinks")))
        .param("fields[Queue]", Some("Name,Lifecycle"))
        // The numbers tell whether it is the token's own agent, whose login would be another question.
        .param("fields[Owner]", Some("id,Name,RealName"))
        .param("fields[LastUpdatedBy]", Some("id,Name"))
        .param("fields[Requestor]", Some("Name,RealName,EmailAddress"))
        .param("fields[Cc]", Some("Name,RealName,EmailAddress"))
}

impl Rt {
    /// Who asks. Known after the first time.
    pub async fn me(&self) -> DeskResult<Agent> {
        if let (true, Some(me)) = {
            let memory = self.memory();
            (memory.met, memory.me.clone())
        } {
            return Ok(me);
        }
        let user: User = self.line.ask(&get(&["user", self.line.user()])).await?;
        let login =
            if user.name.is_empty() { self.line.login().unwrap_or_default().to_owned() } else { user.name.clone() };
        if login.is_empty() {
            let why =
                format!("{} does not say who this token belongs to: is that the address of an RT?", self.line.place());
            return Err(DeskError::Garbled { why: Clean::line(&why) });
        }
        let named = AgentRef {
            id: AgentId::new(&login),
            login: Clean::line(&login),
            name: Clean::line(if user.real_name.is_empty() { &login } else { &user.real_name }),
        };
        let me = Agent { email: Clean::line(&user.email_address), role: Role::Agent, ..memory::plain_agent(&named) };
        let mut memory = self.memory();
        memory.groups = user.memberships.iter().map(|g| g.id.clone()).collect();
        memory.me = Some(me.clone());
        memory.met = true;
        Ok(me)
    }

    /// Who asks, without asking where a password was just used for it: the main screen has its budget.
    async fn me_cheaply(&self) -> DeskResult<Agent> {
        match self.line.login() {
            Some(login) if self.line.signed_in().await && !self.memory().met => {
                let named = AgentRef { id: AgentId::new(login), login: Clean::line(login), name: Clean::line(login) };
                Ok(memory::plain_agent(&named))
            }
            _ => self.me().await,
        }
    }

    /// The agent's login, asked for only where a token hides it.
    pub async fn my_login(&self) -> DeskResult<AgentId> {
        match self.line.login() {
            Some(login) => Ok(AgentId::new(login)),
            None => self.me().await.map(|me| me.id),
        }
    }

    /// Asks for the first page of the queues that the agent may see, and for the others where there seem to be more. Queues come
    /// without a total, and those that may not be seen make pages short; so a page that is not nearly full is taken for all there is
    /// until a ticket, a name or the news ask for the [others](Self::queues_beyond).
    pub async fn queues(&self) -> DeskResult<()> {
        let first = self.queue_page(1).await?;
        let more = first.is_empty() || first.len() >= PER_PAGE as usize / 2;
        {
            let mut memory = self.memory();
            memory.queues = first;
            if more {
                memory.queues_beyond = None;
            }
        }
        if more { self.queues_beyond().await } else { Ok(()) }
    }

    /// Asks for the queues behind the first page, once.
    pub async fn queues_beyond(&self) -> DeskResult<()> {
        if self.memory().queues_beyond.is_some() {
            return Ok(());
        }
        let mut beyond = Vec::new();
        let mut empty = 0;
        for page in 2..=PAGES {
            let found = self.queue_page(page).await?;
            empty = if found.is_empty() { empty + 1 } else { 0 };
            beyond.extend(found);
            if empty == EMPTY {
                break;
            }
        }
        self.memory().queues_beyond = Some(beyond);
        Ok(())
    }

    async fn queue_page(&self, page: u32) -> DeskResult<Vec<KnownQueue>> {
        let ask = get(&["queues", "all"])
            .param("fields", Some("Name,Lifecycle"))
            .param("orderby", Some("id"))
            .param("per_page", Some(PER_PAGE));
        let found: Items<Named> = self.line.ask(&line::of_page(&ask, page)).await?;
        let known =
            |q: Named| KnownQueue { id: q.id.as_str().into(), name: Clean::line(&q.name), lifecycle: q.lifecycle };
        Ok(found.items.into_iter().map(known).collect())
    }

    /// The queue of an id or a name, among those that the agent may see: RT would take a ticket also where it is lost to sight.
    pub async fn queue(&self, typed: &str) -> DeskResult<KnownQueue> {
        let known = || self.memory().queue(typed).cloned();
        if let Some(queue) = known() {
            return Ok(queue);
        }
        self.queues().await?;
        if known().is_none() {
            self.queues_beyond().await?;
        }
        known().ok_or_else(|| DeskError::NotFound { what: Clean::line(&format!("the queue {typed}")) })
    }

    /// One page of tickets, and how many there are where RT says so.
    async fn page(&self, ask: Ask, per_page: u32, active: bool) -> DeskResult<(Vec<Known>, Option<u32>)> {
        let (items, at): (Items<Ticket>, _) = self.line.ask_at(&ask.param("per_page", Some(per_page))).await?;
        let total = items.total.map(|total| total as u32);
        Ok((self.take(items.items, at, active).await?, total))
    }

    /// Makes rows of tickets and remembers them. `active`: they were asked for as active ones.
    pub async fn take(&self, tickets: Vec<Ticket>, at: Option<Timestamp>, active: bool) -> DeskResult<Vec<Known>> {
        let now = Timestamp::now();
        let puzzles = {
            let mut memory = self.memory();
            let mut puzzles: Vec<(String, String)> = Vec::new();
            for ticket in &tickets {
                let lifecycle = ticket.queue.as_ref().map(|q| q.lifecycle.clone()).unwrap_or_default();
                if active {
                    memory.statuses.learn(&lifecycle, &ticket.status, true);
                } else {
                    memory.statuses.saw(&lifecycle, &ticket.status);
                }
                for link in ticket.links.iter().flatten().filter(|l| l.what == "lifecycle") {
                    memory.statuses.saw(&lifecycle, &link.from);
                    memory.statuses.saw(&lifecycle, &link.to);
                }
                let puzzle = (lifecycle, ticket.status.clone());
                if memory.statuses.is_puzzling(&puzzle.0, &puzzle.1) && !puzzles.contains(&puzzle) {
                    puzzles.push(puzzle);
                }
            }
            puzzles
        };
        for (lifecycle, name) in puzzles {
            let question =
                format!("Lifecycle = {} AND Status = {} AND {}", quoted(&lifecycle), quoted(&name), sql::ACTIVE);
            let ask = get(&["tickets"]).param("query", Some(question)).param("per_page", Some(1));
            let found: Items<Named> = self.line.ask(&ask).await?;
            self.memory().statuses.learn(&lifecycle, &name, !found.items.is_empty());
        }
        let mut memory = self.memory();
        Ok(tickets
            .into_iter()
            .map(|ticket| {
                let known = rows::known(ticket, &memory, at, now);
                memory.saw(&known);
                known
            })
            .collect())
    }

    /// All tickets of a question. Each page is asked for by the ids that are still between what was read, never by its number: what
    /// leaves the list meanwhile does not push another ticket out of sight. Where more than a page is left it is read from both ends
    /// at once. What comes meanwhile the news tell.
    async fn all(&self, question: &str, active: bool) -> DeskResult<Vec<Known>> {
        let mut found: Vec<Known> = Vec::new();
        let (mut low, mut high) = (None, None);
        let mut left = 0;
        let mut pages = 0;
        while pages < PAGES {
            let window = sql::between(question, low, high);
            let ask = |order| {
                let ask = tickets(&window).param("orderby", Some("id")).param("order", Some(order));
                self.page(ask, PER_PAGE, active)
            };
            let ((up, total), down) = if left > PER_PAGE {
                let (up, down) = try_join(ask("ASC"), ask("DESC")).await?;
                (up, down.0)
            } else {
                (ask("ASC").await?, Vec::new())
            };
            pages += if left > PER_PAGE { 2 } else { 1 };
            let ids = |rows: &[Known]| -> Vec<i64> { rows.iter().filter_map(|k| k.row.id.number()).collect() };
            let there = (up.len() + down.len()) as u32;
            low = ids(&up).into_iter().max().or(low);
            high = ids(&down).into_iter().min().or(high);
            // Without a total only an empty page is the end.
            left = total.map_or(u32::from(!up.is_empty()), |total| total.saturating_sub(there));
            let none = up.is_empty();
            found.extend(up.into_iter().chain(down));
            if none || left == 0 {
                break;
            }
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|k| seen.insert(k.row.id.clone()));
        Ok(found)
    }

    /// Reads every active ticket anew; those that are gone from the list are forgotten and answered.
    pub async fn snapshot(&self) -> DeskResult<Vec<TicketId>> {
        let before: Vec<TicketId> = self.memory().active().map(|r| r.id.clone()).collect();
        let begun = Timestamp::now();
        let found = self.all(sql::ACTIVE, true).await?;
        let there: std::collections::HashSet<TicketId> = found.into_iter().map(|k| k.row.id).collect();
        let mut memory = self.memory();
        let gone: Vec<TicketId> = before.into_iter().filter(|id| !there.contains(id)).collect();
        for id in &gone {
            memory.forget(id);
        }
        memory.complete = Some(begun);
        Ok(gone)
    }

    /// The main screen.
    pub async fn main_screen(&self, query: &Query) -> DeskResult<DeskView> {
        let (me, queues, gone) = futures_util::join!(self.me_cheaply(), self.queues(), self.snapshot());
        let (me, ..) = (me?, queues?, gone?);
        if self.memory().lacks_queues() {
            self.queues_beyond().await?;
        }
        let named = self.memory().team.get(me.login.as_str()).cloned();
        let me = match named {
            Some(known) if me.name == me.login => Agent { name: known.name, ..me },
            _ => me,
        };
        self.memory().me.get_or_insert_with(|| me.clone());
        let page = if memory::is_hand_list(query)
            && query.queue.as_ref().is_none_or(|q| self.memory().queue(q.as_str()).is_some())
        {
            let rows = self.memory().rows(query);
            self.first_page(query, rows)
        } else {
            self.list_rows(query, None).await?
        };
        let mut memory = self.memory();
        Ok(DeskView {
            me,
            queues: memory.queue_list(),
            agents: memory.agents(),
            totals: memory.totals(),
            tickets: page.rows,
            next: page.next,
            last_event: None,
            labels: memory.label_list(),
            preview: None,
        })
    }

    fn first_page(&self, query: &Query, rows: Vec<TicketRow>) -> Page<TicketRow> {
        let as_of = Timestamp::now().as_millisecond();
        let rows = self.memory().keep_list(query, as_of, rows);
        cut(&rows, 0, query, as_of)
    }

    /// A page of a list. Active tickets come in the order of what needs a hand, for which all of them are read; a list of others
    /// is read page by page, the newest ticket first.
    pub async fn list_rows(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let place = after.map(|c| Place::parse(&c.0).ok_or_else(|| bad_cursor(c))).transpose()?;
        if !query.status.is_empty() && query.status.iter().all(|s| *s == Status::Snoozed) {
            // RT knows none.
            return Ok(Page { rows: Vec::new(), next: None });
        }
        if !memory::is_hand_list(query) {
            let below = match place {
                None => None,
                Some(Place::Below(id)) => Some(id),
                Some(Place::Hand { .. }) => return Err(bad_cursor(after.unwrap_or(&Cursor(String::new())))),
            };
            return self.newest(&self.question(query), query, below).await;
        }
        let (offset, as_of, last) = match place {
            Some(Place::Below(_)) => return Err(bad_cursor(after.unwrap_or(&Cursor(String::new())))),
            Some(Place::Hand { as_of, offset, last }) => (offset, as_of, Some(last)),
            None => (0, Timestamp::now().as_millisecond(), None),
        };
        if last.is_some()
            && let Some(rows) = self.memory().list(query, as_of)
        {
            return Ok(cut(&rows, offset, query, as_of));
        }
        if matches!(query.assignee, crate::domain::AssigneeFilter::Me) && self.line.login().is_none() {
            self.me().await?;
        }
        let known = last.as_ref().and_then(|_| self.memory().rows_if_complete(query));
        let rows = match known {
            Some(rows) => rows,
            None => {
                let found = self.all(&self.question(query), true).await?;
                let me = match self.memory().me.as_ref().map(|me| me.id.clone()) {
                    Some(me) => Some(me),
                    None => self.line.probably().map(AgentId::new),
                };
                let rows = found.into_iter().map(|k| k.row).filter(|r| order::matches(query, r, me.as_ref())).collect();
                memory::sorted(rows, me.as_ref())
            }
        };
        // Another process began this list: it goes on behind the last row that was seen, wherever that stands now.
        let offset = last.and_then(|last| rows.iter().position(|r| r.id == last).map(|at| at + 1)).unwrap_or(offset);
        let rows = self.memory().keep_list(query, as_of, rows);
        Ok(cut(&rows, offset, query, as_of))
    }

    fn question(&self, query: &Query) -> String {
        let labels: Vec<String> = self.memory().labels.iter().cloned().collect();
        sql::question(query, &labels)
    }

    /// Tickets of any status, the newest first, below an id: nothing that happens meanwhile repeats or skips one. Where few of them
    /// fit, a page may have fewer rows than asked for, or none, and go on.
    async fn newest(&self, question: &str, query: &Query, below: Option<i64>) -> DeskResult<Page<TicketRow>> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).max(1) as usize;
        let fits = |row: &TicketRow| {
            (query.status.is_empty() || query.status.contains(&row.status))
                && query.labels.iter().all(|l| row.labels.iter().any(|r| r.as_str() == l))
                && (!query.late || row.late)
        };
        let next = |below: Option<i64>| below.map(|id| Cursor(format!("below:{id}")));
        let mut below = below;
        let mut rows: Vec<TicketRow> = Vec::new();
        for round in 0..ROUNDS {
            // What does not fit is not known before.
            let per_page = if round == 0 { PER_PAGE.min(limit as u32) } else { PER_PAGE };
            let ask =
                tickets(&sql::between(question, None, below)).param("orderby", Some("id")).param("order", Some("DESC"));
            let (found, total) = self.page(ask, per_page, sql::states(query) == States::Active).await?;
            let more = total.map_or(!found.is_empty(), |total| total > found.len() as u32);
            let count = found.len();
            for (at, known) in found.into_iter().enumerate() {
                below = known.row.id.number().or(below);
                if fits(&known.row) {
                    rows.push(known.row);
                }
                if rows.len() == limit {
                    let end = at + 1 == count && !more;
                    return Ok(Page { rows, next: next(below).filter(|_| !end) });
                }
            }
            if !more || count == 0 {
                return Ok(Page { rows, next: None });
            }
        }
        Ok(Page { rows, next: next(below) })
    }

    /// A customer's tickets, newest first.
    pub async fn timeline_rows(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let TimelineBy::Email(address) = by else {
            return Err(DeskError::NotPossible { why: Clean::line("RT knows customers by their mail address only") });
        };
        let below = match after.map(|c| Place::parse(&c.0)) {
            None => None,
            Some(Some(Place::Below(id))) => Some(id),
            Some(_) => return Err(bad_cursor(after.unwrap_or(&Cursor(String::new())))),
        };
        let query = Query { status: Status::ALL.to_vec(), ..Query::default() };
        self.newest(&format!("Requestor.EmailAddress = {}", quoted(address.trim())), &query, below).await
    }

    /// One ticket as it is now. A ticket that was merged answers with the one that it was merged into.
    pub async fn row(&self, id: &TicketId) -> DeskResult<Known> {
        self.row_if_there(id).await?.ok_or_else(|| no_ticket(id))
    }

    /// The same, where it may be gone.
    pub async fn row_if_there(&self, id: &TicketId) -> DeskResult<Option<Known>> {
        if id.number().is_none() {
            return Ok(None);
        }
        if let Some(known) = self.listed(id).await? {
            return Ok(Some(known));
        }
        // Lists know no merged tickets; asked for by number, such a one answers as the one that it was merged into.
        match self.target(id).await? {
            Some(target) if target != *id => self.listed(&target).await,
            _ => Ok(None),
        }
    }

    /// A ticket as lists have it; nothing for one that was merged or deleted.
    pub async fn listed(&self, id: &TicketId) -> DeskResult<Option<Known>> {
        let (items, at): (Items<Ticket>, _) = self.line.ask_at(&one(id)).await?;
        Ok(self.take(items.items, at, false).await?.into_iter().next())
    }

    /// The number under which a ticket answers: another one where it was merged.
    async fn target(&self, id: &TicketId) -> DeskResult<Option<TicketId>> {
        let answer = self.line.send(&get(&["ticket", id.as_str()])).await?;
        match answer.status.as_u16() {
            404 => Ok(None),
            200 => Ok(Some(TicketId::new(&answer.json::<Named>()?.id))),
            _ => Err(line::refusal(&answer)),
        }
    }

    /// Customers and colleagues whose name or address holds some words.
    pub async fn people(&self, words: &str) -> DeskResult<Vec<Requester>> {
        let words = words.trim();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |field: &str| {
            let query = serde_json::json!([{ "field": field, "operator": "LIKE", "value": words }]);
            get(&["users"])
                .param("query", Some(query))
                .param("fields", Some("Name,RealName,EmailAddress"))
                .param("per_page", Some(50))
        };
        let mut found: Items<User> = self.line.ask(&ask("EmailAddress")).await?;
        if !words.contains('@') {
            let named: Items<User> = self.line.ask(&ask("RealName")).await?;
            found.items.extend(named.items);
        }
        let mut people: Vec<Requester> = Vec::new();
        for person in found.items.iter().map(rows::person).filter(|p| !p.email.is_empty()) {
            if !people.contains(&person) {
                people.push(person);
            }
        }
        Ok(people)
    }

    /// Looks up who is in my groups, once: to whom tickets can be handed.
    pub async fn meet_team(&self) -> DeskResult<()> {
        self.me().await?;
        loop {
            // A group is forgotten only when it was asked for: what fails is asked for again.
            let Some(group) = self.memory().groups.last().cloned() else { return Ok(()) };
            let members = match self.line.ask::<Group>(&get(&["group", &group])).await {
                Ok(found) => found.members,
                // It may be hidden.
                Err(DeskError::Denied { .. } | DeskError::NotFound { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            let mut memory = self.memory();
            memory.groups.retain(|g| *g != group);
            for login in members.into_iter().filter(|m| m.kind == "user").map(|m| m.id) {
                let plain =
                    AgentRef { id: AgentId::new(&login), login: Clean::line(&login), name: Clean::line(&login) };
                memory.team.entry(login).or_insert(plain);
            }
        }
    }
}

/// Without a limit a page has so many rows.
const DEFAULT_LIMIT: u32 = 50;

/// A part of a list in memory.
fn cut(rows: &[TicketRow], offset: usize, query: &Query, as_of: i64) -> Page<TicketRow> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).max(1) as usize;
    let end = rows.len().min(offset.saturating_add(limit));
    let page = rows.get(offset..end).unwrap_or_default().to_vec();
    let next = page.last().filter(|_| end < rows.len()).map(|last| Cursor(format!("hand:{as_of}:{end}:{}", last.id)));
    Page { rows: page, next }
}

/// Where a page starts.
enum Place {
    /// In a list by what needs a hand: of which moment, behind how many rows, and behind which.
    Hand { as_of: i64, offset: usize, last: TicketId },
    /// In a list by number.
    Below(i64),
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            ("below", id, None, None) => Some(Self::Below(id.parse().ok()?)),
            ("hand", as_of, Some(offset), Some(last)) => {
                Some(Self::Hand { as_of: as_of.parse().ok()?, offset: offset.parse().ok()?, last: TicketId::new(last) })
            }
            _ => None,
        }
    }
}

fn bad_cursor(cursor: &Cursor) -> DeskError {
    DeskError::Invalid {
        field: Some(Clean::line("cursor")),
        why: Clean::line(&format!("\"{}\" continues no list of this desk; begin again without it", cursor.0)),
    }
}

/// A ticket that is not there, or not for this agent: RT does not tell the two apart.
pub fn no_ticket(id: &TicketId) -> DeskError {
    DeskError::NotFound { what: Clean::line(&format!("ticket #{id}")) }
}

/// What the memory holds, for the other parts of the adapter.
impl Rt {
    /// The memory, for a moment.
    pub fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

//! Lists. The helpdesk filters by status alone and orders by number; the rest is done here, over whole lists, which are kept while
//! somebody pages through them.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use super::DjangoHelpdesk;
use super::roster::Roster;
use super::wire::{self, Ticket};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::people::Load;
use crate::domain::{
    AgentId, AssigneeFilter, Counts, Cursor, DeskError, DeskView, Page, Query, Status, TicketRow, order,
};
use crate::text::fold;

/// So many tickets are asked for at once: there is no upper limit, and each page costs the same there, however few it holds.
const PAGE: u32 = 500;
/// Tickets beyond these are not looked at.
const PAGES: u32 = 100;
/// So often a page is read again because tickets left the list meanwhile.
const BACK: u32 = 3;
/// Lists that are kept for paging.
const KEPT: usize = 4;
const LIMIT: u32 = 50;
const MOST: u32 = 200;

/// A list that somebody pages through.
pub struct Kept {
    name: String,
    rows: Arc<Vec<TicketRow>>,
}

impl DjangoHelpdesk {
    /// Every ticket in these statuses; in any, when none is named.
    async fn all(&self, statuses: &[i64]) -> DeskResult<Vec<Ticket>> {
        let named = statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let (mut tickets, mut seen) = (Vec::new(), HashSet::new());
        let (mut page, mut count, mut back) = (1, None, 0);
        while page <= PAGES {
            let ask = Ask::get(["api", "tickets", ""])
                .param("status", (!named.is_empty()).then_some(&named))
                .param("page_size", Some(PAGE))
                .param("page", (page > 1).then_some(page));
            // When tickets leave the list, those after them move up to the page before, and this one may be gone.
            let got = match self.ask::<wire::Page>(ask).await {
                Err(DeskError::NotFound { .. }) if page > 1 => None,
                got => Some(got?),
            };
            let now = got.as_ref().and_then(|got| got.count);
            let fewer = got.is_none() || now.is_some_and(|now| count.is_some_and(|before| now < before));
            let end = got.as_ref().is_none_or(|got| got.next.is_none());
            tickets.extend(got.into_iter().flat_map(|got| got.results).filter(|t| seen.insert(t.id)));
            count = now;
            if fewer && page > 1 && back < BACK {
                back += 1;
                page -= 1;
            } else if end {
                break;
            } else {
                page += 1;
            }
        }
        for ticket in &tickets {
            self.remember(ticket);
        }
        Ok(tickets)
    }

    pub async fn main_screen(&self, query: &Query) -> DeskResult<DeskView> {
        let roster = self.roster().await?;
        let me = self.me(&roster)?;
        let reader = self.reader(&roster);
        let tickets = self.all(&roster.active()).await?;
        let rows: Vec<TicketRow> = tickets.iter().map(|t| reader.row(t)).collect();
        let my_id: AgentId = me.to_string().as_str().into();

        let mut seen: Vec<i64> = tickets.iter().filter_map(|t| t.assigned_to).collect();
        seen.push(me);
        let mut agents = roster.agents(&seen);
        for agent in &mut agents {
            agent.load = load(&rows, &agent.id);
        }
        let mut queues = roster.all_queues();
        for queue in &mut queues {
            queue.counts = counts(rows.iter().filter(|r| r.queue_id == queue.id), &my_id);
        }
        let mine = agents.iter().find(|a| a.id == my_id).cloned();
        let me = mine.unwrap_or_else(|| {
            let mut alone = Roster::agents(&Roster { users: Vec::new(), ..(*roster).clone() }, &[me]);
            alone.remove(0)
        });
        let totals = counts(rows.iter(), &my_id);
        let mut labels: Vec<_> = rows.iter().flat_map(|r| r.labels.iter().cloned()).collect();
        labels.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        labels.dedup();

        let active = query.text.is_none() && query.status.iter().all(|s| s.is_active());
        let first = if active { self.first(query, rows, &my_id) } else { self.page(query, None).await? };
        Ok(DeskView {
            me,
            queues,
            agents,
            totals,
            tickets: first.rows,
            next: first.next,
            last_event: None,
            labels,
            preview: None,
        })
    }

    pub async fn page(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MOST) as usize;
        let name = format!("{query:?}");
        if let Some(page) = after.and_then(|after| self.kept(&name, after, limit)) {
            return Ok(page);
        }
        let roster = self.roster().await?;
        let me: AgentId = self.me(&roster)?.to_string().as_str().into();
        let reader = self.reader(&roster);
        let tickets = self.all(&native(query, &roster)).await?;
        let words: Vec<String> = query.text.iter().flat_map(|text| text.split_whitespace()).map(fold).collect();
        let found = tickets.iter().filter(|ticket| words.is_empty() || has(ticket, &reader.row(ticket), &words));
        let rows = found.map(|ticket| reader.row(ticket)).collect();
        let first = self.first(query, rows, &me);
        match after {
            // The list was forgotten: this one takes its place.
            Some(after) => Ok(self.kept(&name, after, limit).unwrap_or(Page { rows: Vec::new(), next: None })),
            None => Ok(first),
        }
    }

    /// A customer's tickets, newest first.
    pub async fn history(&self, email: &str, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let name = format!("history {email}");
        if let Some(page) = after.and_then(|after| self.kept(&name, after, LIMIT as usize)) {
            return Ok(page);
        }
        let roster = self.roster().await?;
        let reader = self.reader(&roster);
        let rows = self.all(&[]).await?;
        let of = |t: &&Ticket| t.submitter_email.as_ref().is_some_and(|e| e.eq_ignore_ascii_case(email));
        let mut rows: Vec<TicketRow> = rows.iter().filter(of).map(|t| reader.row(t)).collect();
        rows.sort_by_key(|r| (std::cmp::Reverse(r.created_at), std::cmp::Reverse(r.id.number())));
        self.keep(&name, rows);
        let start = Cursor("0".to_owned());
        let page = self.kept(&name, after.unwrap_or(&start), LIMIT as usize);
        Ok(page.unwrap_or(Page { rows: Vec::new(), next: None }))
    }

    /// Filters and orders rows, keeps them, and answers the first page.
    fn first(&self, query: &Query, rows: Vec<TicketRow>, me: &AgentId) -> Page<TicketRow> {
        let mut rows: Vec<TicketRow> = rows.into_iter().filter(|r| order::matches(query, r, Some(me))).collect();
        rows.sort_by_cached_key(|r| order::place(r, Some(me)));
        let name = format!("{query:?}");
        self.keep(&name, rows);
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MOST) as usize;
        self.kept(&name, &Cursor("0".to_owned()), limit).unwrap_or(Page { rows: Vec::new(), next: None })
    }

    fn keep(&self, name: &str, rows: Vec<TicketRow>) {
        let mut pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|kept| kept.name != name);
        pages.insert(0, Kept { name: name.to_owned(), rows: Arc::new(rows) });
        pages.truncate(KEPT);
    }

    /// A page of a list that is kept: a cursor says how many rows come before it.
    fn kept(&self, name: &str, after: &Cursor, limit: usize) -> Option<Page<TicketRow>> {
        let from: usize = after.0.parse().ok()?;
        let pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = Arc::clone(&pages.iter().find(|kept| kept.name == name)?.rows);
        drop(pages);
        let page: Vec<TicketRow> = rows.iter().skip(from).take(limit).cloned().collect();
        let end = from + page.len();
        Some(Page { rows: page, next: (end < rows.len()).then(|| Cursor(end.to_string())) })
    }
}

/// The numbers of the statuses that a query is about; none for all.
fn native(query: &Query, roster: &Roster) -> Vec<i64> {
    if query.status.is_empty() {
        return if query.text.is_some() { Vec::new() } else { roster.active() };
    }
    let mut numbers: Vec<i64> = Vec::new();
    for status in &query.status {
        match status {
            Status::New | Status::Open | Status::Waiting => numbers.extend(roster.active()),
            // None is; a list of duplicates is short.
            Status::Snoozed => numbers.push(wire::DUPLICATE),
            Status::Resolved => numbers.push(wire::RESOLVED),
            Status::Closed => numbers.extend([wire::CLOSED, wire::DUPLICATE]),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whether a ticket has all words, in its row or in what was said.
fn has(ticket: &Ticket, row: &TicketRow, words: &[String]) -> bool {
    let mut text = row.haystack();
    for entry in &ticket.followup_set {
        text.push('\n');
        text.push_str(&fold(entry.comment.as_deref().unwrap_or_default()));
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

fn load(rows: &[TicketRow], agent: &AgentId) -> Load {
    let mut load = Load::default();
    let held = Query { assignee: AssigneeFilter::Agent(agent.clone()), ..Query::default() };
    for row in rows.iter().filter(|r| order::matches(&held, r, None)) {
        if row.status == Status::Waiting {
            load.waiting += 1;
        } else {
            load.load += 1;
        }
        load.on_us += u32::from(row.on_us);
    }
    load
}

/// Counts what the list of the same queue shows, by the list's own rule.
fn counts<'a>(rows: impl Iterator<Item = &'a TicketRow>, me: &AgentId) -> Counts {
    let mut counts = Counts::default();
    let listed = Query::default();
    for row in rows.filter(|r| order::matches(&listed, r, Some(me))) {
        counts.open += 1;
        counts.late += u32::from(row.late);
        match &row.assignee {
            None => counts.unassigned += 1,
            Some(agent) => counts.mine += u32::from(agent.id == *me),
        }
    }
    counts
}

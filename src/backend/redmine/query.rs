//! Lists that the book does not hold (closed tickets, one customer's), search, and whom a customer could be.

use std::collections::HashMap;

use jiff::Timestamp;

use super::Redmine;
use super::book::{PAGE, in_book, issues, stamp};
use super::land::Land;
use super::wire::{Found, Issue, Issues};
use crate::backend::http::Ask;
use crate::backend::{DeskResult, TimelineBy};
use crate::domain::order::matches;
use crate::domain::{AgentId, AssigneeFilter, Cursor, DeskError, Page, Query, Requester, Status, TicketId, TicketRow};
use crate::text::{Clean, fold};

impl Redmine {
    /// A page of any list.
    pub(super) async fn list_page(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let land = self.land().await?;
        if in_book(query) {
            let rows = self.open_rows(&land).await?;
            return Ok(self.page_of(&land, rows, query, after));
        }
        match &query.text {
            Some(words) => self.search(&land, query, words, after).await,
            None => self.direct(&land, query, after).await,
        }
    }

    /// Asks the server for a page, newest change first. The cursor is the last row's time and how many rows of that second were given.
    async fn direct(&self, land: &Land, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let query = self.resolved(land, query);
        let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
        let last = after.and_then(|c| read(c, "d."));
        let status = match (query.status.is_empty(), query.requester.is_some()) {
            (true, true) => "*".to_owned(),
            (true, false) => "open".to_owned(),
            (false, _) if Status::ALL.iter().all(|s| query.status.contains(s)) => "*".to_owned(),
            (false, _) => {
                let natives = land.natives(&wanted(&query.status));
                if natives.is_empty() {
                    return Ok(Page { rows: Vec::new(), next: None });
                }
                natives.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
            }
        };
        let assignee = match &query.assignee {
            AssigneeFilter::Any => None,
            AssigneeFilter::Me => Some("me".to_owned()),
            AssigneeFilter::Nobody => Some("!*".to_owned()),
            AssigneeFilter::Agent(id) => Some(id.to_string()),
        };
        let mut ask = issues_of(limit)
            .param("status_id", Some(status))
            .param("project_id", query.queue.as_ref())
            .param("assigned_to_id", assignee)
            .param("sort", Some("updated_on:desc,id:desc"))
            .param("updated_on", last.map(|(at, _)| format!("<={}", stamp(at))))
            .param("offset", last.map(|(_, n)| n).filter(|n| *n > 0));
        if let Some(address) = &query.requester {
            match land.customer_id(None) {
                Some(id) => ask = ask.param(format!("cf_{id}"), Some(address)),
                None => return self.search(land, &query, address, after).await,
            }
        }
        let page: Issues = match self.get(&ask).await {
            Ok(page) => page,
            // A project that is not there, or not for us: it has no tickets that we know of.
            Err(DeskError::NotFound { .. } | DeskError::Denied { .. }) if query.queue.is_some() => {
                return Err(no_queue(query.queue.as_ref().map_or("", |q| q.as_str())));
            }
            Err(error) => return Err(error),
        };
        let given = page.issues.len() as u32;
        let skipped = last.map_or(0, |(_, n)| n);
        let next = page.issues.last().filter(|_| given + skipped < page.total_count).map(|end| {
            let same = page.issues.iter().rev().take_while(|i| i.updated_on == end.updated_on).count() as u32;
            let before = last.filter(|(at, _)| *at == end.updated_on && same == given).map_or(0, |(_, n)| n);
            Cursor(format!("d.{}.{}", end.updated_on.as_second(), same + before))
        });
        Ok(Page { rows: self.matching(land, &query, &page.issues), next })
    }

    /// The rows of issues that a query is about. What a filter cannot say is judged here, so a page may have fewer rows than its limit.
    fn matching(&self, land: &Land, query: &Query, issues: &[Issue]) -> Vec<TicketRow> {
        let me = AgentId::from(land.me.id);
        // An address may stand with a name in its field, and is compared by the server.
        let query = &Query { requester: None, ..query.clone() };
        let any = query.status.is_empty();
        let all = Query { status: Status::ALL.to_vec(), ..query.clone() };
        let query = if any { &all } else { query };
        issues.iter().map(|i| self.row_as_known(land, i)).filter(|row| matches(query, row, Some(&me))).collect()
    }

    /// Searches, then asks for the rows of what was found: a hit has neither status nor holder.
    async fn search(
        &self,
        land: &Land,
        query: &Query,
        words: &str,
        after: Option<&Cursor>,
    ) -> DeskResult<Page<TicketRow>> {
        let query = self.resolved(land, query);
        let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
        let offset = after.and_then(|c| c.0.strip_prefix("s.")?.parse::<u32>().ok()).unwrap_or(0);
        let path = match &query.queue {
            Some(queue) => vec!["projects".to_owned(), queue.to_string(), "search.json".to_owned()],
            None => vec!["search.json".to_owned()],
        };
        let ask = Ask::get(path)
            .param("q", Some(words.trim()))
            .param("issues", Some(1))
            .param("limit", Some(limit))
            .param("offset", (offset > 0).then_some(offset));
        let found: Found = self.get(&ask).await?;
        let mut ids: Vec<i64> = found.results.iter().map(|hit| hit.id).collect();
        let total = found.total_count.unwrap_or(0);
        // A number is asked for like a word, and is the ticket besides.
        if offset == 0
            && let Some(id) = words.trim().trim_start_matches('#').parse::<i64>().ok().filter(|n| *n > 0)
            && !ids.contains(&id)
        {
            ids.insert(0, id);
        }
        let rows = self.rows_of(land, &query, &ids).await?;
        let next = offset + found.results.len() as u32;
        let more = next < total && !found.results.is_empty();
        Ok(Page { rows, next: more.then(|| Cursor(format!("s.{next}"))) })
    }

    /// The rows of issues by number, in that order.
    async fn rows_of(&self, land: &Land, query: &Query, ids: &[i64]) -> DeskResult<Vec<TicketRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let listed = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let page: Issues = self.get(&issues().param("issue_id", Some(listed)).param("status_id", Some("*"))).await?;
        let rows: HashMap<TicketId, TicketRow> =
            self.matching(land, query, &page.issues).into_iter().map(|row| (row.id.clone(), row)).collect();
        Ok(ids.iter().filter_map(|id| rows.get(&TicketId::from(*id)).cloned()).collect())
    }

    /// A customer's tickets, newest first. The cursor is the last number.
    pub(super) async fn timeline_page(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let TimelineBy::Email(address) = by else {
            return Err(DeskError::NotPossible {
                why: Clean::line("Redmine knows customers by their mail address only"),
            });
        };
        let land = self.land().await?;
        let all = Query::default();
        let Some(field) = land.customer_id(None) else {
            return self.search(&land, &all, address, after).await;
        };
        let last = after.and_then(|c| c.0.strip_prefix("t.")?.parse::<i64>().ok());
        let ask = issues()
            .param("status_id", Some("*"))
            .param("sort", Some("id:desc"))
            .param("issue_id", last.map(|id| format!("<={}", id - 1)))
            // "~" finds the address also where a name stands with it; which rows are meant is judged below.
            .param(format!("cf_{field}"), Some(format!("~{address}")));
        let page: Issues = self.get(&ask).await?;
        let more = page.total_count as usize > page.issues.len();
        let next = page.issues.last().filter(|_| more).map(|end| Cursor(format!("t.{}", end.id)));
        let mut rows = self.matching(&land, &all, &page.issues);
        rows.retain(|row| fold(&row.requester.email) == fold(address));
        Ok(Page { rows, next })
    }

    /// Customers whose address holds some words.
    pub(super) async fn requesters(&self, words: &str) -> DeskResult<Vec<Requester>> {
        let land = self.land().await?;
        let (Some(field), false) = (land.customer_id(None), words.trim().is_empty()) else { return Ok(Vec::new()) };
        let ask = issues_of(50)
            .param("status_id", Some("*"))
            .param("sort", Some("id:desc"))
            .param(format!("cf_{field}"), Some(format!("~{}", words.trim())));
        let page: Issues = self.get(&ask).await?;
        let mut people: Vec<Requester> = Vec::new();
        for issue in &page.issues {
            let person = super::land::requester(&land.names, issue);
            if !people.contains(&person) {
                people.push(person);
            }
        }
        Ok(people)
    }
}

/// A list of so many issues.
fn issues_of(limit: u32) -> Ask {
    Ask::get(["issues.json"]).param("include", Some("relations")).param("limit", Some(limit))
}

/// The statuses to ask for: what is snoozed has an open status on the server.
fn wanted(ours: &[Status]) -> Vec<Status> {
    let mut wanted = ours.to_vec();
    if ours.contains(&Status::Snoozed) {
        wanted.extend([Status::New, Status::Open, Status::Waiting]);
    }
    wanted
}

fn read(cursor: &Cursor, prefix: &str) -> Option<(Timestamp, u32)> {
    let (at, n) = cursor.0.strip_prefix(prefix)?.split_once('.')?;
    Some((Timestamp::from_second(at.parse().ok()?).ok()?, n.parse().ok()?))
}

pub(super) fn no_queue(name: &str) -> DeskError {
    DeskError::NotFound { what: Clean::line(&format!("queue {name}")) }
}

//! What the main screen, lists, timelines and reports read.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::order::{self, Filter, Holder};
use super::people::{self, id_list, roster, visible};
use super::rec::{email_key, find_agent, loaded, name_key, select_ticket, tel_key};
use super::tally::{self, Cell};
use super::thread::{ends, thread_of};
use super::{SqliteStore, Step, invalid, not_found, search};
use crate::domain::{
    Agent, AgentId, AssigneeFilter, Counts, Cursor, DeskView, EventId, Page, Query, Queue, QueueId, Status, TicketRow,
    error::DeskError,
};
use crate::server::store::{Caller, TimelineBy};
use crate::text::Clean;
use crate::wire::{AgentStats, QueueStats, Stats};

/// Rows of a page when nobody says how many.
const LIMIT: u32 = 50;

/// What one caller may see.
struct Sight {
    me: i64,
    queues: Vec<(i64, String, i64)>,
}

impl Sight {
    async fn of(conn: &mut SqliteConnection, caller: &Caller) -> Step<Self> {
        let me = caller.agent.number().unwrap_or(0);
        Ok(Self { me, queues: visible(conn, me).await? })
    }

    fn ids(&self) -> Vec<i64> {
        self.queues.iter().map(|q| q.0).collect()
    }

    fn sees(&self, queue: i64) -> bool {
        self.queues.iter().any(|q| q.0 == queue)
    }

    /// A queue by id or name.
    fn find(&self, named: &str) -> Step<i64> {
        let id = named.trim().parse::<i64>().ok();
        let by_id = self.queues.iter().find(|q| Some(q.0) == id);
        by_id
            .or_else(|| self.queues.iter().find(|q| name_key(&q.1) == name_key(named)))
            .map(|q| q.0)
            .ok_or_else(|| not_found(format!("queue {}", named.trim())))
    }

    fn cells(&self, all: Vec<Cell>) -> Vec<Cell> {
        all.into_iter().filter(|c| self.sees(c.queue)).collect()
    }

    fn with_counts(&self, cells: &[Cell]) -> (Vec<Queue>, Counts) {
        let queues = self
            .queues
            .iter()
            .map(|(id, name, reply_within)| {
                let counts = tally::counts(cells.iter().filter(|c| c.queue == *id), self.me);
                people::queue(*id, name, *reply_within, counts)
            })
            .collect();
        (queues, tally::counts(cells.iter(), self.me))
    }
}

fn with_load(agents: Vec<(i64, Agent)>, cells: &[Cell]) -> Vec<Agent> {
    agents
        .into_iter()
        .map(|(id, mut agent)| {
            agent.load = tally::load(cells.iter(), id);
            agent
        })
        .collect()
}

/// The filter behind a query, names resolved.
async fn filter(conn: &mut SqliteConnection, sight: &Sight, query: &Query) -> Step<Filter> {
    let queues = match &query.queue {
        Some(named) => vec![sight.find(named.as_str())?],
        None => sight.ids(),
    };
    let holder = match &query.assignee {
        AssigneeFilter::Any => Holder::Any,
        AssigneeFilter::Me => Holder::Agent(sight.me),
        AssigneeFilter::Nobody => Holder::Nobody,
        AssigneeFilter::Agent(named) => Holder::Agent(
            find_agent(conn, named.as_str()).await?.ok_or_else(|| not_found(format!("agent {named}")))?.id,
        ),
    };
    let words = match &query.text {
        Some(text) if !text.trim().is_empty() => Some(
            search::phrase(text).ok_or_else(|| invalid("q", "nothing to look for in that: give at least one word"))?,
        ),
        _ => None,
    };
    let statuses = match (query.status.is_empty(), &words) {
        (false, _) => query.status.clone(),
        (true, Some(_)) => Status::ALL.to_vec(),
        (true, None) => Status::ALL.into_iter().filter(|s| s.is_active()).collect(),
    };
    Ok(Filter {
        me: sight.me,
        visible: sight.ids(),
        queues,
        holder,
        statuses,
        labels: query.labels.clone(),
        late: query.late,
        requester: query.requester.as_deref().map(email_key),
        words,
        windowed: false,
    })
}

pub(super) async fn main(store: &SqliteStore, caller: &Caller, query: &Query) -> Step<DeskView> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let cells = sight.cells(tally::cells(&mut tx).await?);
    let (queues, totals) = sight.with_counts(&cells);
    let agents = with_load(roster(&mut tx).await?, &cells);
    let me = agents
        .iter()
        .find(|a| a.id == caller.agent)
        .cloned()
        .ok_or_else(|| DeskError::Unauthenticated { why: Clean::line("the agent was removed") })?;
    let filter = filter(&mut tx, &sight, query).await?;
    let page = order::page(&mut tx, &filter, None, query.limit.unwrap_or(LIMIT)).await?;
    let (last, _) = ends(&mut *tx).await?;
    let labels = label_names(&mut tx, &sight).await?;
    let preview = match page.rows.first().and_then(|row| row.id.number()) {
        Some(first) => Some(Box::new(thread_of(&mut tx, caller, first).await?)),
        None => None,
    };
    Ok(DeskView {
        me,
        queues,
        agents,
        totals,
        tickets: page.rows,
        next: page.next,
        last_event: Some(EventId::from(last)),
        labels,
        preview,
    })
}

pub(super) async fn list(
    store: &SqliteStore,
    caller: &Caller,
    query: &Query,
    after: Option<&Cursor>,
) -> Step<Page<TicketRow>> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let filter = filter(&mut tx, &sight, query).await?;
    order::page(&mut tx, &filter, after, query.limit.unwrap_or(LIMIT)).await
}

pub(super) async fn queues(store: &SqliteStore, caller: &Caller) -> Step<(Vec<Queue>, Counts)> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let cells = sight.cells(tally::cells(&mut tx).await?);
    Ok(sight.with_counts(&cells))
}

pub(super) async fn agents(store: &SqliteStore, caller: &Caller) -> Step<Vec<Agent>> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let cells = sight.cells(tally::cells(&mut tx).await?);
    Ok(with_load(roster(&mut tx).await?, &cells))
}

pub(super) async fn labels(store: &SqliteStore, caller: &Caller) -> Step<Vec<Clean>> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    label_names(&mut tx, &sight).await
}

async fn label_names(conn: &mut SqliteConnection, sight: &Sight) -> Step<Vec<Clean>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT label FROM label_tally WHERE n > 0 AND queue IN (SELECT value FROM json_each($1)) ORDER BY label",
    )
    .bind(id_list(&sight.ids())?)
    .fetch_all(&mut *conn)
    .await?;
    Ok(names.iter().map(|l| Clean::line(l)).collect())
}

pub(super) async fn timeline(
    store: &SqliteStore,
    caller: &Caller,
    by: TimelineBy<'_>,
    after: Option<&Cursor>,
    limit: u32,
) -> Step<Page<TicketRow>> {
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let (at, id) = match after {
        None => (i64::MAX, i64::MAX),
        Some(cursor) => cursor
            .0
            .strip_prefix('t')
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)))
            .ok_or_else(|| invalid("cursor", "that is no cursor of a timeline: start again without one"))?,
    };
    let limit = i64::from(limit.clamp(1, 200));
    let (sql, value) = match by {
        TimelineBy::Email(email) => (
            select_ticket!(
                "WHERE t.email_key = $1 AND (t.created_at, t.id) < ($2, $3) AND t.merged_into IS NULL \
                 AND t.queue IN (SELECT value FROM json_each($4)) ORDER BY t.created_at DESC, t.id DESC LIMIT $5"
            ),
            email_key(email),
        ),
        TimelineBy::Tel(tel) => (
            select_ticket!(
                "WHERE t.tel_key = $1 AND (t.created_at, t.id) < ($2, $3) AND t.merged_into IS NULL \
                 AND t.queue IN (SELECT value FROM json_each($4)) ORDER BY t.created_at DESC, t.id DESC LIMIT $5"
            ),
            tel_key(tel),
        ),
        TimelineBy::Code(code) => (
            select_ticket!(
                "WHERE t.code_key = $1 AND t.code_key <> '' AND (t.created_at, t.id) < ($2, $3) AND t.merged_into IS NULL \
                 AND t.queue IN (SELECT value FROM json_each($4)) ORDER BY t.created_at DESC, t.id DESC LIMIT $5"
            ),
            name_key(code),
        ),
    };
    // Tickets without an address or number belong to nobody known.
    if value.is_empty() {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let found = sqlx::query(sql)
        .bind(value)
        .bind(at)
        .bind(id)
        .bind(id_list(&sight.ids())?)
        .bind(limit + 1)
        .fetch_all(&mut *tx)
        .await?;
    let mut tickets = found.iter().map(loaded).collect::<Result<Vec<_>, _>>()?;
    let more = tickets.len() as i64 > limit;
    tickets.truncate(limit as usize);
    let next = tickets.last().filter(|_| more).map(|t| Cursor(format!("t{}.{}", t.rec.created_at, t.rec.id)));
    Ok(Page { rows: tickets.iter().map(super::rec::Loaded::row).collect(), next })
}

/// Of each queue the tickets that began in a time, and those of them that are done. The pluses keep the planner on the time:
/// it would read every ticket of every queue.
pub(super) const BEGAN: &str = "SELECT +queue, count(*), CAST(sum(status IN ('resolved', 'closed')) AS BIGINT) FROM ticket \
                     WHERE created_at >= $1 AND created_at < $2 AND merged_into IS NULL \
                     AND +queue IN (SELECT value FROM json_each($3)) GROUP BY +queue";
/// Each agent's replies in a time, in some queues.
pub(super) const REPLIES: &str = "SELECT m.agent, count(*) FROM message m CROSS JOIN ticket t ON t.id = m.ticket \
                       WHERE m.kind = 'reply' AND m.at >= $1 AND m.at < $2 \
                       AND +t.queue IN (SELECT value FROM json_each($3)) GROUP BY m.agent";
/// The same in all queues; it is given these all the same.
pub(super) const ALL_REPLIES: &str = "SELECT agent, count(*) FROM message WHERE kind = 'reply' AND at >= $1 AND at < $2 AND $3 <> '' \
                           GROUP BY agent";

pub(super) async fn stats(store: &SqliteStore, caller: &Caller, since: Timestamp, until: Timestamp) -> Step<Stats> {
    let (since, until) = (since.as_millisecond(), until.as_millisecond());
    let mut tx = store.readers.begin().await?;
    let sight = Sight::of(&mut tx, caller).await?;
    let seen = id_list(&sight.ids())?;
    let began: Vec<(i64, i64, i64)> =
        sqlx::query_as(BEGAN).bind(since).bind(until).bind(&seen).fetch_all(&mut *tx).await?;
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM queue").fetch_one(&mut *tx).await?;
    // Who sees every queue need not look up each reply's.
    let sql = if all == sight.queues.len() as i64 { ALL_REPLIES } else { REPLIES };
    let rows = sqlx::query(sql).bind(since).bind(until).bind(&seen).fetch_all(&mut *tx).await?;
    let replies: Vec<(Option<i64>, i64)> =
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    let cells = sight.cells(tally::cells(&mut tx).await?);
    let agents = roster(&mut tx).await?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Stats {
        created: began.iter().map(|b| count(b.1)).sum(),
        resolved: began.iter().map(|b| count(b.2)).sum(),
        replies: replies.iter().map(|r| count(r.1)).sum(),
        by_queue: sight
            .queues
            .iter()
            .map(|(id, name, _)| {
                let (_, created, resolved) = began.iter().find(|b| b.0 == *id).copied().unwrap_or((*id, 0, 0));
                QueueStats {
                    queue: QueueId::from(*id),
                    name: Clean::line(name),
                    created: count(created),
                    resolved: count(resolved),
                }
            })
            .collect(),
        by_agent: agents
            .into_iter()
            .map(|(id, agent)| AgentStats {
                agent: AgentId::from(id),
                login: agent.login,
                replies: replies.iter().filter(|r| r.0 == Some(id)).map(|r| count(r.1)).sum(),
                on_us: u64::from(tally::load(cells.iter(), id).on_us),
            })
            .collect(),
    })
}

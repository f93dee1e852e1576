//! "What needs a hand first", a page at a time.
//!
//! Five classes, each read in order from an index and never sorted as a whole: 1 late by due, 2 unassigned and waiting on us by
//! age, 3 mine waiting on us, 4 others' waiting on us, 5 the rest by last change. Within a class the order is
//! (`sort_key`, id).
//!
//! A cursor carries the place of the last row and the newest event of the first page (`as_of`). What changed after that event
//! is put back to the place it had then, from the before-image its first later event kept: so paging neither repeats nor skips
//! while the desk moves on.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::people::id_list;
use super::rec::{
    RANK_ACTIVE, RANK_CLOSED, RANK_LATE, RANK_ON_US, RANK_POINTER, RANK_RESOLVED, RANK_SNOOZED, Rec, email_key, loaded,
    select_ticket,
};
use super::{Step, invalid, search};
use crate::domain::{Cursor, Page, Status, TicketRow};

/// Up to so many candidates are fetched and sorted; more are read from an index in order.
const FEW: i64 = 2_000;
/// A search with many hits is paged in windows of so many ids.
const WINDOW: i64 = 4_096;
/// The class of window 0, the last one; far above the five classes.
const FIRST_WINDOW: i64 = 1 << 50;
/// Up to so many index ranges are merged by one statement.
const LEGS: usize = 48;

/// Whose tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Any,
    Nobody,
    Agent(i64),
}

/// A list's filter, names resolved.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Who asks: class 3 is theirs.
    pub me: i64,
    /// The queues that the agent may see.
    pub visible: Vec<i64>,
    /// The queues to look in, all of them visible.
    pub queues: Vec<i64>,
    pub holder: Holder,
    pub statuses: Vec<Status>,
    pub labels: Vec<String>,
    pub late: bool,
    /// The requester's address, as compared.
    pub requester: Option<String>,
    /// A full-text query; the order is then by last change only.
    pub words: Option<String>,
    /// The words have many hits: the order is by last change within windows of ids, so that a page never sorts all of them.
    pub windowed: bool,
}

/// A ticket's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub class: i64,
    pub key: i64,
    pub id: i64,
}

impl Filter {
    /// Where a ticket stands in the list, if it is in it. Full text and nothing else is left out.
    fn place(&self, rec: &Rec) -> Option<Place> {
        let fits = rec.merged_into.is_none()
            && self.queues.contains(&rec.queue)
            && self.statuses.contains(&rec.status)
            && (!self.late || rec.late)
            && self.labels.iter().all(|l| rec.labels.contains(l))
            && self.requester.as_ref().is_none_or(|r| email_key(&rec.requester.email) == *r)
            && match self.holder {
                Holder::Any => true,
                Holder::Nobody => rec.assignee.is_none(),
                Holder::Agent(agent) => rec.assignee == Some(agent),
            };
        if !fits {
            return None;
        }
        Some(self.place_of(rec.id, rec.rank, rec.assignee, rec.sort_key, rec.updated_at))
    }

    /// The place of a ticket that is in the list.
    fn place_of(&self, id: i64, rank: i64, assignee: Option<i64>, sort_key: i64, updated_at: i64) -> Place {
        let (class, key) = if self.words.is_some() {
            (self.window(id), updated_at.saturating_neg())
        } else {
            let class = match (rank, assignee) {
                (RANK_LATE, _) => 1,
                (RANK_ON_US, None) => 2,
                (RANK_ON_US, Some(agent)) if agent == self.me => 3,
                (RANK_ON_US, Some(_)) => 4,
                _ => 5,
            };
            (class, sort_key)
        };
        Place { class, key, id }
    }

    /// The class of a hit: all hits are one class, or so many ids each, the newest first.
    const fn window(&self, id: i64) -> i64 {
        if self.windowed { FIRST_WINDOW - id / WINDOW } else { 5 }
    }

    /// The index ranges of one class.
    fn legs(&self, class: i64) -> Vec<Leg> {
        let at_work = self.statuses.iter().any(|s| matches!(s, Status::New | Status::Open));
        let ranks: Vec<i64> = match class {
            1 if at_work => vec![RANK_LATE],
            2..=4 if at_work && !self.late => vec![RANK_ON_US],
            5 if !self.late => {
                let mut ranks: Vec<i64> = self
                    .statuses
                    .iter()
                    .map(|s| match s {
                        Status::New | Status::Open | Status::Waiting => RANK_ACTIVE,
                        Status::Snoozed => RANK_SNOOZED,
                        Status::Resolved => RANK_RESOLVED,
                        Status::Closed => RANK_CLOSED,
                    })
                    .collect();
                ranks.sort_unstable();
                ranks.dedup();
                ranks
            }
            _ => Vec::new(),
        };
        // Which holders this class shows, within those asked for.
        let holder = match (class, self.holder) {
            (2, Holder::Any | Holder::Nobody) => Some(Held::No),
            (2, Holder::Agent(_)) => None,
            (3, Holder::Any) => Some(Held::By(self.me)),
            (3, Holder::Agent(a)) if a == self.me => Some(Held::By(a)),
            (4, Holder::Any) => Some(Held::ByOthers(self.me)),
            (4, Holder::Agent(a)) if a != self.me => Some(Held::By(a)),
            (3 | 4, _) => None,
            (_, Holder::Any) => Some(Held::Either),
            (_, Holder::Nobody) => Some(Held::No),
            (_, Holder::Agent(a)) => Some(Held::By(a)),
        };
        let Some(held) = holder else { return Vec::new() };
        let mut legs = Vec::new();
        for rank in ranks {
            match held {
                // An agent's tickets are one range for all queues.
                Held::By(_) => legs.push(Leg { queue: None, rank, held }),
                _ => legs.extend(self.queues.iter().map(|q| Leg { queue: Some(*q), rank, held })),
            }
        }
        legs
    }
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Either,
    No,
    By(i64),
    ByOthers(i64),
}

/// One range of one index.
#[derive(Clone, Copy, Debug)]
struct Leg {
    queue: Option<i64>,
    rank: i64,
    held: Held,
}

/// Where a page starts.
#[derive(Clone, Copy, Debug)]
struct Start {
    as_of: i64,
    after: Place,
}

impl Start {
    fn parse(cursor: &Cursor) -> Step<Self> {
        let numbers: Option<Vec<i64>> = cursor
            .0
            .strip_prefix('p')
            .map(|rest| rest.split('.').map_while(|n| n.parse().ok()).collect())
            .filter(|n: &Vec<i64>| n.len() == 4);
        match numbers.as_deref() {
            Some([as_of, class, key, id]) => {
                Ok(Self { as_of: *as_of, after: Place { class: *class, key: *key, id: *id } })
            }
            _ => Err(invalid("cursor", "that is no cursor of this list: start again without one")),
        }
    }

    fn cursor(self) -> Cursor {
        Cursor(format!("p{}.{}.{}.{}", self.as_of, self.after.class, self.after.key, self.after.id))
    }
}

/// One page of a list.
pub(super) async fn page(
    conn: &mut SqliteConnection,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: u32,
) -> Step<Page<TicketRow>> {
    let limit = limit.clamp(1, 200) as usize;
    let start = after.map(Start::parse).transpose()?;
    let as_of = match start {
        Some(start) => start.as_of,
        None => sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM event").fetch_one(&mut *conn).await?,
    };
    let want = limit + 1;
    let mut filter = filter.clone();
    let candidates = match start {
        // Pages of one search go on the way they began.
        Some(start) if start.after.class > 5 => Candidates::Hits(None),
        Some(_) if filter.words.is_some() => candidates(conn, &filter, i64::MAX - 1).await?,
        _ => candidates(conn, &filter, FEW).await?,
    };
    filter.windowed = matches!(candidates, Candidates::Hits(_));
    let filter = &filter;
    let mut places = match candidates {
        Candidates::Few(ids) => from_few(conn, filter, &ids, start, None).await?,
        Candidates::Hits(newest) => from_windows(conn, filter, start, want, newest).await?,
        Candidates::All => from_classes(conn, filter, start, want).await?,
    };
    if let Some(start) = start {
        places.extend(put_back(conn, filter, start).await?);
    }
    places.sort_unstable();
    places.truncate(want);
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).map(|last| Start { as_of, after: *last }.cursor());
    let ids: Vec<i64> = places.iter().map(|p| p.id).collect();
    Ok(Page { rows: rows(conn, filter, &ids).await?, next })
}

/// The rows of some tickets in this order; what the agent may not see any more is left out.
async fn rows(conn: &mut SqliteConnection, filter: &Filter, ids: &[i64]) -> Step<Vec<TicketRow>> {
    let found = sqlx::query(select_ticket!("WHERE t.id IN (SELECT value FROM json_each($1))"))
        .bind(id_list(ids)?)
        .fetch_all(&mut *conn)
        .await?;
    let mut by_id = std::collections::HashMap::with_capacity(found.len());
    for row in &found {
        let ticket = loaded(row)?;
        if filter.visible.contains(&ticket.rec.queue) {
            by_id.insert(ticket.rec.id, ticket.row());
        }
    }
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// Where the rows of a page can come from.
enum Candidates {
    /// From these, at most so many: one customer's, a rare label's, a rare word's.
    Few(Vec<i64>),
    /// From many hits of a search; the newest of them, when they were looked for already.
    Hits(Option<Vec<i64>>),
    /// From the classes of the whole list.
    All,
}

/// The candidates, counted up to `most`.
async fn candidates(conn: &mut SqliteConnection, filter: &Filter, most: i64) -> Step<Candidates> {
    let is_few = |ids: &Vec<i64>| ids.len() as i64 <= most;
    let mut ids: Option<Vec<i64>> = None;
    if let Some(requester) = &filter.requester {
        let found = sqlx::query_scalar("SELECT id FROM ticket WHERE email_key = $1 LIMIT $2")
            .bind(requester)
            .bind(most + 1)
            .fetch_all(&mut *conn)
            .await?;
        ids = Some(found).filter(is_few);
    }
    for label in &filter.labels {
        if ids.is_none() {
            let found = sqlx::query_scalar("SELECT ticket FROM ticket_label WHERE label = $1 LIMIT $2")
                .bind(label)
                .bind(most + 1)
                .fetch_all(&mut *conn)
                .await?;
            ids = Some(found).filter(is_few);
        }
    }
    Ok(match (&filter.words, ids) {
        (Some(words), Some(ids)) => Candidates::Few(search::among(conn, words, &ids).await?),
        (Some(words), None) => {
            let newest = search::hits(conn, words, i64::MAX, most.max(WINDOW) + 1).await?;
            if is_few(&newest) { Candidates::Few(newest) } else { Candidates::Hits(Some(newest)) }
        }
        (None, Some(ids)) => Candidates::Few(ids),
        (None, None) => Candidates::All,
    })
}

/// Places of some candidates: all of them, or the first ones of a window.
async fn from_few(
    conn: &mut SqliteConnection,
    filter: &Filter,
    ids: &[i64],
    start: Option<Start>,
    most: Option<usize>,
) -> Step<Vec<Place>> {
    let mut q =
        QueryBuilder::<Sqlite>::new("SELECT id, rank, assignee, sort_key, updated_at FROM ticket WHERE rank < ");
    q.push_bind(RANK_POINTER);
    q.push(" AND id IN (SELECT value FROM json_each(").push_bind(id_list(ids)?).push("))");
    q.push(" AND +queue IN (SELECT value FROM json_each(").push_bind(id_list(&filter.queues)?).push("))");
    match filter.holder {
        Holder::Any => {}
        Holder::Nobody => {
            q.push(" AND +held = 0");
        }
        Holder::Agent(agent) => {
            q.push(" AND +assignee = ").push_bind(agent);
        }
    }
    if filter.late {
        q.push(" AND late = 1");
    }
    residual(&mut q, filter, start)?;
    if let Some(most) = most {
        // One window: its best rows, after the cursor if that stands in it.
        if let Some(after) =
            start.map(|s| s.after).filter(|a| ids.first().is_some_and(|id| filter.window(*id) == a.class))
        {
            q.push(" AND (-updated_at, id) > (").push_bind(after.key).push(", ").push_bind(after.id).push(")");
        }
        q.push(" ORDER BY updated_at DESC, id LIMIT ").push_bind(most as i64);
    }
    let rows = q.build().fetch_all(&mut *conn).await?;
    let mut places = Vec::with_capacity(rows.len());
    for row in &rows {
        let place =
            filter.place_of(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        if start.is_none_or(|s| place > s.after) {
            places.push(place);
        }
    }
    Ok(places)
}

/// Places of a search with many hits, window by window, until there are enough. `newest`: the newest hits, one more than a window
/// holds if there are so many.
async fn from_windows(
    conn: &mut SqliteConnection,
    filter: &Filter,
    start: Option<Start>,
    want: usize,
    mut newest: Option<Vec<i64>>,
) -> Step<Vec<Place>> {
    let words = filter.words.as_deref().unwrap_or_default();
    let mut below = start.map_or(i64::MAX, |s| (FIRST_WINDOW - s.after.class + 1).saturating_mul(WINDOW));
    let mut places = Vec::new();
    loop {
        let batch = match newest.take() {
            Some(batch) => batch,
            None => search::hits(conn, words, below, WINDOW + 1).await?,
        };
        // A full batch reaches into a second window at least, of which the rest is still to come.
        let rest = if batch.len() as i64 > WINDOW { batch.last().map(|id| id / WINDOW) } else { None };
        for ids in batch.chunk_by(|a, b| a / WINDOW == b / WINDOW) {
            let Some(window) = ids.first().map(|id| id / WINDOW).filter(|w| Some(*w) != rest) else { break };
            places.extend(from_few(conn, filter, ids, start, Some(want)).await?);
            below = window * WINDOW;
            if places.len() >= want {
                return Ok(places);
            }
        }
        if rest.is_none() {
            return Ok(places);
        }
    }
}

/// Places from the classes, in order, until there are enough.
async fn from_classes(
    conn: &mut SqliteConnection,
    filter: &Filter,
    start: Option<Start>,
    want: usize,
) -> Step<Vec<Place>> {
    let first = start.map_or(1, |s| s.after.class);
    let mut places = Vec::new();
    for class in first..=5 {
        let missing = want - places.len().min(want);
        if missing == 0 {
            break;
        }
        let mut found = Vec::new();
        for legs in filter.legs(class).chunks(LEGS) {
            let mut q = class_query(filter, legs, class, start, missing)?;
            let rows = q.build().fetch_all(&mut *conn).await?;
            for row in &rows {
                found.push(Place { class, key: row.try_get(1)?, id: row.try_get(0)? });
            }
        }
        found.sort_unstable();
        found.truncate(missing);
        places.append(&mut found);
    }
    Ok(places)
}

/// One statement that merges some ranges in order.
fn class_query(
    filter: &Filter,
    legs: &[Leg],
    class: i64,
    start: Option<Start>,
    limit: usize,
) -> Step<QueryBuilder<Sqlite>> {
    let mut q = QueryBuilder::<Sqlite>::new("");
    for (i, leg) in legs.iter().enumerate() {
        q.push(if i == 0 {
            "SELECT id, sort_key FROM ticket WHERE rank = "
        } else {
            " UNION ALL SELECT id, sort_key FROM ticket WHERE rank = "
        });
        q.push_bind(leg.rank);
        match leg.queue {
            Some(queue) => {
                q.push(" AND queue = ").push_bind(queue);
            }
            None => {
                q.push(" AND +queue IN (SELECT value FROM json_each(").push_bind(id_list(&filter.queues)?).push("))");
            }
        }
        match leg.held {
            Held::Either => {}
            Held::No => {
                q.push(" AND held = 0");
            }
            Held::By(agent) => {
                q.push(" AND assignee = ").push_bind(agent);
            }
            Held::ByOthers(me) => {
                q.push(" AND held = 1 AND +assignee <> ").push_bind(me);
            }
        }
        if let Some(start) = start.filter(|s| s.after.class == class) {
            q.push(" AND (sort_key, id) > (").push_bind(start.after.key).push(", ").push_bind(start.after.id).push(")");
        }
        residual(&mut q, filter, start)?;
    }
    q.push(" ORDER BY 2, 1 LIMIT ").push_bind(limit as i64);
    Ok(q)
}

/// What an index range does not decide: status, labels, requester, and what changed since the first page.
fn residual(q: &mut QueryBuilder<Sqlite>, filter: &Filter, start: Option<Start>) -> Step<()> {
    let words: Vec<&str> = filter.statuses.iter().map(|s| s.word()).collect();
    if filter.statuses.len() < Status::ALL.len() {
        q.push(" AND status IN (SELECT value FROM json_each(").push_bind(super::rec::json(&words)?).push("))");
    }
    for label in &filter.labels {
        q.push(" AND EXISTS (SELECT 1 FROM ticket_label l WHERE l.ticket = ticket.id AND l.label = ");
        q.push_bind(label.clone()).push(")");
    }
    if let Some(requester) = &filter.requester {
        q.push(" AND email_key = ").push_bind(requester.clone());
    }
    if let Some(start) = start {
        q.push(" AND id NOT IN (SELECT ticket FROM event WHERE id > ").push_bind(start.as_of).push(")");
    }
    Ok(())
}

/// Of each ticket changed since, its first before-image. The plus: else the whole log is read in the order of its tickets.
pub(super) const PUT_BACK: &str = "SELECT before FROM event WHERE before IS NOT NULL AND id IN \
                        (SELECT min(id) FROM event WHERE id > $1 GROUP BY +ticket)";

/// What changed since the first page, at the place it had then.
async fn put_back(conn: &mut SqliteConnection, filter: &Filter, start: Start) -> Step<Vec<Place>> {
    let rows = sqlx::query(PUT_BACK).bind(start.as_of).fetch_all(&mut *conn).await?;
    let mut places = Vec::new();
    for row in &rows {
        let text: String = row.try_get(0)?;
        let Ok(rec) = serde_json::from_str::<Rec>(&text) else { continue };
        places.extend(filter.place(&rec).filter(|p| *p > start.after));
    }
    if let Some(words) = &filter.words {
        let ids: Vec<i64> = places.iter().map(|p| p.id).collect();
        let hits = search::among(conn, words, &ids).await?;
        places.retain(|p| hits.contains(&p.id));
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every statement a first or later page can need, as SQLite plans it.
    #[tokio::test]
    async fn no_class_is_sorted() {
        let (_dir, store) = super::super::tests::empty().await;
        let mut conn = store.readers.acquire().await.unwrap();
        let start = Start { as_of: 7, after: Place { class: 1, key: 5, id: 1001 } };
        for holder in [Holder::Any, Holder::Nobody, Holder::Agent(1001), Holder::Agent(1002)] {
            for queues in [vec![1001], vec![1001, 1002, 1003]] {
                for statuses in
                    [vec![Status::New, Status::Open, Status::Waiting], vec![Status::Resolved], Status::ALL.to_vec()]
                {
                    let filter = Filter {
                        me: 1001,
                        visible: queues.clone(),
                        queues: queues.clone(),
                        holder,
                        statuses,
                        labels: Vec::new(),
                        late: false,
                        requester: None,
                        words: None,
                        windowed: false,
                    };
                    for class in 1..=5 {
                        for start in [None, Some(Start { after: Place { class, ..start.after }, ..start })] {
                            let legs = filter.legs(class);
                            if legs.is_empty() {
                                continue;
                            }
                            let q = class_query(&filter, &legs, class, start, 50).unwrap();
                            let mut explain = QueryBuilder::<Sqlite>::new("EXPLAIN QUERY PLAN ");
                            explain.push(q.into_string());
                            let plan: Vec<String> = explain
                                .build()
                                .fetch_all(&mut *conn)
                                .await
                                .unwrap()
                                .iter()
                                .map(|r| r.get::<String, _>(3))
                                .collect();
                            let text = plan.join("\n");
                            assert!(!text.contains("TEMP B-TREE"), "{filter:?} class {class}:\n{text}");
                            assert!(!text.contains("SCAN ticket"), "{filter:?} class {class}:\n{text}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn cursors_survive_the_trip_and_garbage_is_refused() {
        let start = Start { as_of: 12, after: Place { class: 5, key: -1_700_000_000_000, id: 1042 } };
        let back = Start::parse(&start.cursor()).unwrap();
        assert_eq!((back.as_of, back.after), (start.as_of, start.after));
        for junk in ["", "p", "p1.2.3", "p1.2.3.x", "q1.2.3.4", "p1.2.3.4.5", "p99999999999999999999.1.1.1"] {
            assert!(Start::parse(&Cursor(junk.to_owned())).is_err(), "{junk}");
        }
    }
}

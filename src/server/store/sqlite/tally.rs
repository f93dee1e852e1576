//! Counts, kept and never counted. [`changed`] sees a ticket before and after each write; everything that shows a number
//! (queues, totals, load) reads the small table that it keeps.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};

use super::Step;
use super::rec::Rec;
use crate::domain::{Counts, Load, Status};

/// One cell of the tally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub queue: i64,
    /// 0 is nobody.
    pub assignee: i64,
    pub status: Status,
    pub on_us: bool,
    pub late: bool,
    pub n: i64,
}

/// The cell that a ticket counts in; pointers count nowhere.
fn cell(rec: &Rec) -> Option<Cell> {
    rec.merged_into.is_none().then(|| Cell {
        queue: rec.queue,
        assignee: rec.assignee.unwrap_or(0),
        status: rec.status,
        on_us: rec.on_us,
        late: rec.late,
        n: 1,
    })
}

/// Keeps tally and labels for one ticket's change.
pub(super) async fn changed(conn: &mut SqliteConnection, before: Option<&Rec>, after: Option<&Rec>) -> Step<()> {
    let (old, new) = (before.and_then(cell), after.and_then(cell));
    if old != new {
        for (cell, step) in [(old, -1_i64), (new, 1)] {
            let Some(cell) = cell else { continue };
            sqlx::query(
                "INSERT INTO tally (queue, assignee, status, on_us, late, n) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (queue, assignee, status, on_us, late) DO UPDATE SET n = n + excluded.n",
            )
            .bind(cell.queue)
            .bind(cell.assignee)
            .bind(cell.status.word())
            .bind(i64::from(cell.on_us))
            .bind(i64::from(cell.late))
            .bind(step)
            .execute(&mut *conn)
            .await?;
        }
    }
    labels(conn, before, after).await
}

/// The labels a ticket counts for, with its queue.
fn labelled(rec: Option<&Rec>) -> (i64, BTreeSet<&str>) {
    match rec {
        Some(rec) if rec.merged_into.is_none() => (rec.queue, rec.labels.iter().map(String::as_str).collect()),
        _ => (0, BTreeSet::new()),
    }
}

async fn labels(conn: &mut SqliteConnection, before: Option<&Rec>, after: Option<&Rec>) -> Step<()> {
    let Some(ticket) = after.or(before).map(|r| r.id) else { return Ok(()) };
    let (old, new) = (labelled(before), labelled(after));
    if old == new {
        return Ok(());
    }
    let moved = old.0 != new.0;
    for (queue, label, step) in old
        .1
        .iter()
        .filter(|l| moved || !new.1.contains(*l))
        .map(|l| (old.0, *l, -1_i64))
        .chain(new.1.iter().filter(|l| moved || !old.1.contains(*l)).map(|l| (new.0, *l, 1)))
    {
        sqlx::query(
            "INSERT INTO label_tally (queue, label, n) VALUES ($1, $2, $3) \
             ON CONFLICT (queue, label) DO UPDATE SET n = n + excluded.n",
        )
        .bind(queue)
        .bind(label)
        .bind(step)
        .execute(&mut *conn)
        .await?;
        let sql = if step > 0 {
            "INSERT INTO ticket_label (label, ticket) VALUES ($1, $2) ON CONFLICT (label, ticket) DO NOTHING"
        } else {
            "DELETE FROM ticket_label WHERE label = $1 AND ticket = $2"
        };
        sqlx::query(sql).bind(label).bind(ticket).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Every cell that counts something.
pub(super) async fn cells(conn: &mut SqliteConnection) -> Result<Vec<Cell>, sqlx::Error> {
    let rows = sqlx::query("SELECT queue, assignee, status, on_us, late, n FROM tally WHERE n <> 0")
        .fetch_all(&mut *conn)
        .await?;
    rows.iter()
        .map(|row| {
            let status: String = row.try_get(2)?;
            Ok(Cell {
                queue: row.try_get(0)?,
                assignee: row.try_get(1)?,
                status: Status::parse(&status).unwrap_or(Status::Open),
                on_us: row.try_get::<i64, _>(3)? != 0,
                late: row.try_get::<i64, _>(4)? != 0,
                n: row.try_get(5)?,
            })
        })
        .collect()
}

/// The counts of some cells, as one agent sees them.
pub(super) fn counts<'a>(cells: impl Iterator<Item = &'a Cell>, me: i64) -> Counts {
    let mut counts = Counts::default();
    for cell in cells {
        let n = u32::try_from(cell.n).unwrap_or(0);
        if cell.status.is_active() {
            counts.open += n;
            counts.unassigned += if cell.assignee == 0 { n } else { 0 };
            counts.mine += if cell.assignee == me { n } else { 0 };
            counts.late += if cell.late { n } else { 0 };
        } else if cell.status == Status::Snoozed {
            counts.snoozed += n;
        }
    }
    counts
}

/// One agent's load over some cells.
pub(super) fn load<'a>(cells: impl Iterator<Item = &'a Cell>, agent: i64) -> Load {
    let mut load = Load::default();
    for cell in cells.filter(|c| c.assignee == agent && c.status.is_active()) {
        let n = u32::try_from(cell.n).unwrap_or(0);
        if cell.status == Status::Waiting {
            load.waiting += n;
        } else {
            load.load += n;
        }
        load.on_us += if cell.on_us { n } else { 0 };
    }
    load
}

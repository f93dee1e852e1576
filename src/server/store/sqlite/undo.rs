//! Undo: the before-image of an event put back, as long as nobody has changed the same thing since. An undo is an event too, so
//! undoing it is redo.

use sqlx::Row;

use super::rec::{Event, Loaded, Moved, Rec, Tx};
use super::thread::{move_messages, numbers, set_numbers};
use super::write::{event_number, receipt};
use super::{Step, Stop, StoreError, not_found, not_possible, search};
use crate::domain::change::Receipt;
use crate::domain::{EventId, MessageId, Status, error::DeskError};
use crate::text::Clean;

/// What can be taken back field by field.
const REVERSIBLE: &str =
    r#"["claim","release","assign","steal","status","priority","label","move","subject","requester","split","merge"]"#;

/// The fields of a [`Rec`] that a verb changes.
fn fields(what: &str) -> &'static [&'static str] {
    match what {
        "claim" | "release" | "assign" | "steal" => &["assignee", "assigned_at"],
        "status" => &["status", "snoozed_until"],
        "priority" => &["priority"],
        "label" => &["labels"],
        "move" => &["queue", "assignee", "assigned_at"],
        "subject" => &["subject"],
        "requester" => &["requester"],
        _ => &[],
    }
}

/// An event as undo needs it.
struct Past {
    id: i64,
    ticket: i64,
    what: String,
    before: Option<Rec>,
    moved: Option<Moved>,
    undoes: Option<i64>,
    undone: bool,
}

async fn past(tx: &mut Tx<'_>, id: i64) -> Step<Option<Past>> {
    let row = sqlx::query("SELECT ticket, what, before, moved, undoes, undone FROM event WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *tx.conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Past {
        id,
        ticket: row.try_get(0)?,
        what: row.try_get(1)?,
        before: parsed(row.try_get(2)?)?,
        moved: parsed(row.try_get(3)?)?,
        undoes: row.try_get(4)?,
        undone: row.try_get::<i64, _>(5)? != 0,
    }))
}

fn parsed<T: serde::de::DeserializeOwned>(text: Option<String>) -> Step<Option<T>> {
    text.map(|t| serde_json::from_str(&t)).transpose().map_err(garbled)
}

fn garbled(e: serde_json::Error) -> Stop {
    Stop::Fault(StoreError::Database(format!("the event log is damaged: {e}")))
}

/// The verb at the root of a chain of undo and redo.
async fn verb(tx: &mut Tx<'_>, event: &Past) -> Step<String> {
    let (mut what, mut undoes) = (event.what.clone(), event.undoes);
    while let Some(id) = undoes {
        (what, undoes) =
            sqlx::query_as("SELECT what, undoes FROM event WHERE id = $1").bind(id).fetch_one(&mut *tx.conn).await?;
    }
    Ok(what)
}

pub(super) async fn undo(tx: &mut Tx<'_>, id: i64, event: Option<&EventId>) -> Step<Receipt> {
    let ticket = tx.load(id).await?;
    let event = match event {
        Some(named) => event_number(named)?,
        None => {
            newest(tx, id).await?.ok_or_else(|| not_possible("there is nothing of yours to undo on this ticket"))?
        }
    };
    let past = past(tx, event)
        .await?
        .filter(|p| p.ticket == id)
        .ok_or_else(|| not_found(format!("event {event} on ticket {id}")))?;
    if past.undone {
        return Err(not_possible(format!("that {} was undone already", past.what)));
    }
    if let Some(moved) = past.moved.clone() {
        return put_back(tx, &past, &moved).await;
    }
    if let Some(into) = ticket.rec.merged_into {
        return Err(not_possible(format!("ticket {id} was merged into {into}: undo the merge first")));
    }
    let what = verb(tx, &past).await?;
    match (fields(&what), &past.before) {
        ([], _) | (_, None) => Err(not_possible(match what.as_str() {
            "reply" => "a reply that was sent cannot be taken back".to_owned(),
            other => format!("a {other} cannot be undone"),
        })),
        (fields, Some(before)) => restore(tx, &ticket, &past, &what, before, fields).await,
    }
}

/// The caller's newest change on the ticket that can be undone and is not.
async fn newest(tx: &mut Tx<'_>, ticket: i64) -> Step<Option<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM event WHERE ticket = $1 AND actor = $2 AND undone = 0 \
         AND what IN (SELECT value FROM json_each($3)) ORDER BY id DESC LIMIT 1",
    )
    .bind(ticket)
    .bind(tx.actor)
    .bind(REVERSIBLE)
    .fetch_optional(&mut *tx.conn)
    .await?)
}

/// Puts the changed fields back, if they still are what the event made of them.
async fn restore(
    tx: &mut Tx<'_>,
    ticket: &Loaded,
    past: &Past,
    what: &str,
    before: &Rec,
    fields: &[&str],
) -> Step<Receipt> {
    let next: Option<String> = sqlx::query_scalar(
        "SELECT before FROM event WHERE ticket = $1 AND id > $2 AND before IS NOT NULL ORDER BY id LIMIT 1",
    )
    .bind(past.ticket)
    .bind(past.id)
    .fetch_optional(&mut *tx.conn)
    .await?;
    let made: Rec = parsed(next)?.unwrap_or_else(|| ticket.rec.clone());
    let value = |rec: &Rec| serde_json::to_value(rec).map_err(garbled);
    let (was, made, mut now) = (value(before)?, value(&made)?, value(&ticket.rec)?);
    for field in fields {
        if was[*field] == made[*field] {
            continue;
        }
        if now[*field] != made[*field] {
            return Err(changed_since(tx, ticket, past, fields).await?);
        }
        now[*field] = was[*field].clone();
    }
    let mut after: Rec = serde_json::from_value(now).map_err(garbled)?;
    let queue = tx.queue(&after.queue.to_string(), "queue").await?;
    if let Some(agent) = after.assignee.filter(|a| Some(*a) != ticket.rec.assignee) {
        let agent = tx
            .agent(&agent.to_string(), "assignee")
            .await
            .map_err(|_| not_possible("who held it then is no agent of this desk any more"))?;
        tx.need_in_queue(&agent, queue.id, &queue.name).await?;
    }
    after.updated_at = tx.now;
    let event = Event { what: "undo", to: Some(what.to_owned()), undoes: Some(past.id), ..Event::default() };
    let event = tx.record(Some(&ticket.rec), &after, event).await?;
    tx.save(&ticket.rec, &mut after, queue.reply_within).await?;
    mark(tx, past).await?;
    search::index(tx.conn, &after).await?;
    let mut receipt = receipt(tx.row(after.id).await?, Some(event), true);
    receipt.before = Some(Box::new(ticket.row()));
    Ok(receipt)
}

/// A conflict that names who changed the same thing.
async fn changed_since(tx: &mut Tx<'_>, ticket: &Loaded, past: &Past, mine: &[&str]) -> Step<Stop> {
    let later: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT e.what, a.name FROM event e LEFT JOIN agent a ON a.id = e.actor WHERE e.ticket = $1 AND e.id > $2 \
         ORDER BY e.id DESC",
    )
    .bind(past.ticket)
    .bind(past.id)
    .fetch_all(&mut *tx.conn)
    .await?;
    let who = later
        .into_iter()
        .find(|(what, _)| what == "undo" || fields(what).iter().any(|f| mine.contains(f)))
        .map_or_else(
            || "something".to_owned(),
            |(what, name)| match name {
                Some(name) => format!("{name} ({what})"),
                None => what,
            },
        );
    let why = format!("{who} changed it since: set it by hand if you still want to");
    Ok(DeskError::Conflict { ticket: Some(Box::new(ticket.row())), why: Clean::line(&why) }.into())
}

/// Takes back a split or merge, or takes that back.
async fn put_back(tx: &mut Tx<'_>, past: &Past, moved: &Moved) -> Step<Receipt> {
    let source = tx.load(moved.source).await?;
    let target = tx.load(moved.target).await?;
    for (ticket, version) in [(&source, moved.source_version), (&target, moved.target_version)] {
        if ticket.rec.version != version {
            let why =
                format!("ticket {} has changed since the {}: it cannot be undone any more", ticket.rec.id, past.what);
            return Err(DeskError::Conflict { ticket: Some(Box::new(ticket.row())), why: Clean::line(&why) }.into());
        }
    }
    let (source_past, target_past) = (
        self::past(tx, moved.source_event).await?.ok_or_else(|| not_found("the event"))?,
        self::past(tx, moved.target_event).await?.ok_or_else(|| not_found("the event"))?,
    );
    let mut before_numbers = numbers(tx.conn, moved.source).await?;
    before_numbers.extend(numbers(tx.conn, moved.target).await?);
    move_messages(tx.conn, &moved.messages, moved.source).await?;
    set_numbers(tx.conn, &moved.numbers).await?;
    let mut source_after = as_it_was(&source.rec, source_past.before.as_ref(), moved.target, tx.now);
    let mut target_after = as_it_was(&target.rec, target_past.before.as_ref(), moved.source, tx.now);
    let what = verb(tx, past).await?;
    let event = |undoes: i64| Event { what: "undo", to: Some(what.clone()), undoes: Some(undoes), ..Event::default() };
    let source_event = tx.record(Some(&source.rec), &source_after, event(source_past.id)).await?;
    let target_event = tx.record(Some(&target.rec), &target_after, event(target_past.id)).await?;
    let source_queue = tx.queue(&source_after.queue.to_string(), "queue").await?;
    let target_queue = tx.queue(&target_after.queue.to_string(), "queue").await?;
    tx.save(&source.rec, &mut source_after, source_queue.reply_within).await?;
    tx.save(&target.rec, &mut target_after, target_queue.reply_within).await?;
    // Taking this back moves the same messages the other way.
    tx.record_moved(&Moved {
        source: moved.target,
        target: moved.source,
        messages: moved.messages.clone(),
        numbers: before_numbers,
        source_version: target_after.version,
        target_version: source_after.version,
        source_event: target_event,
        target_event: source_event,
    })
    .await?;
    mark(tx, &source_past).await?;
    mark(tx, &target_past).await?;
    search::index(tx.conn, &source_after).await?;
    search::index(tx.conn, &target_after).await?;
    let on_source = past.ticket == moved.source;
    let (this, other) = if on_source { (&source, moved.target) } else { (&target, moved.source) };
    let mut receipt =
        receipt(tx.row(past.ticket).await?, Some(if on_source { source_event } else { target_event }), true);
    receipt.other = Some(tx.row(other).await?);
    receipt.before = Some(Box::new(this.row()));
    receipt.moved = moved.messages.iter().copied().map(MessageId::from).collect();
    Ok(receipt)
}

/// The ticket as it was before; one that did not exist becomes a pointer.
fn as_it_was(now: &Rec, before: Option<&Rec>, other: i64, at: i64) -> Rec {
    let mut rec = match before {
        Some(before) => before.clone(),
        None => {
            Rec { merged_into: Some(other), status: Status::Closed, messages: 0, waiting_since: None, ..now.clone() }
        }
    };
    rec.version = now.version;
    rec.touched |= now.touched;
    rec.updated_at = at;
    rec
}

/// Marks an event as undone; if it was an undo itself, what it undid holds again.
async fn mark(tx: &mut Tx<'_>, past: &Past) -> Step<()> {
    for (id, undone) in [(Some(past.id), 1_i64), (past.undoes, 0)] {
        let Some(id) = id else { continue };
        sqlx::query("UPDATE event SET undone = $1 WHERE id = $2").bind(undone).bind(id).execute(&mut *tx.conn).await?;
    }
    Ok(())
}

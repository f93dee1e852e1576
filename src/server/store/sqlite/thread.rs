//! Threads: messages, files and history, read and written.

use std::collections::HashMap;

use bytes::Bytes;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::people::{id_list, visible};
use super::rec::{Person, Rec, Tx, json, list, loaded, select_ticket};
use super::{SqliteStore, Step, invalid, not_found, time};
use crate::domain::{
    AgentId, AgentRef, Attachment, AttachmentId, Delivery, EventId, Excerpt, Kind, Message, MessageId, QueueId,
    Requester, Thread, TicketEvent, TicketId,
};
use crate::server::store::{Caller, LogEntry};
use crate::text::Clean;

/// Events further behind than this are not replayed: loading everything anew is cheaper.
const TOO_OLD: i64 = 10_000;

/// A message to write.
#[derive(Clone, Debug)]
pub(super) struct NewMessage {
    pub ticket: i64,
    pub kind: Kind,
    pub author: Person,
    pub agent: Option<i64>,
    pub at: i64,
    pub subject: Option<String>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub bcc: Vec<Person>,
    pub text: String,
    pub from_html: bool,
    pub excerpt_of: Option<Excerpt>,
    pub delivery: Option<Delivery>,
    pub broken: Option<String>,
}

impl NewMessage {
    /// A message with only text.
    pub fn plain(ticket: i64, kind: Kind, author: Person, agent: Option<i64>, at: i64, text: String) -> Self {
        Self {
            ticket,
            kind,
            author,
            agent,
            at,
            subject: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            text,
            from_html: false,
            excerpt_of: None,
            delivery: None,
            broken: None,
        }
    }
}

const fn delivery_word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::None => "none",
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Failed => "failed",
    }
}

fn delivery(word: &str) -> Option<Delivery> {
    [Delivery::None, Delivery::Queued, Delivery::Sent, Delivery::Failed].into_iter().find(|d| delivery_word(*d) == word)
}

/// Adds a message at the end of its thread; its id.
pub(super) async fn add_message(conn: &mut SqliteConnection, new: &NewMessage, now: i64) -> Step<i64> {
    let id = sqlx::query_scalar(
        "INSERT INTO message (ticket, number, kind, author_name, author_email, author_phone, agent, at, subject, to_list, \
         cc_list, bcc_list, from_html, excerpt_of, delivery, broken, created_at, text) \
         VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM message WHERE ticket = $1), $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id",
    )
    .bind(new.ticket)
    .bind(new.kind.word())
    .bind(&new.author.name)
    .bind(&new.author.email)
    .bind(&new.author.phone)
    .bind(new.agent)
    .bind(new.at)
    .bind(&new.subject)
    .bind(json(&new.to)?)
    .bind(json(&new.cc)?)
    .bind(json(&new.bcc)?)
    .bind(i64::from(new.from_html))
    .bind(new.excerpt_of.as_ref().map(json).transpose()?)
    .bind(new.delivery.map(delivery_word))
    .bind(&new.broken)
    .bind(now)
    .bind(&new.text)
    .fetch_one(&mut *conn)
    .await?;
    Ok(id)
}

/// A thread's messages with their numbers, in order.
pub(super) async fn numbers(conn: &mut SqliteConnection, ticket: i64) -> Step<Vec<(i64, i64)>> {
    Ok(sqlx::query_as("SELECT id, number FROM message WHERE ticket = $1 ORDER BY number, id")
        .bind(ticket)
        .fetch_all(&mut *conn)
        .await?)
}

/// Moves messages to another ticket; their numbers are the caller's care.
pub(super) async fn move_messages(conn: &mut SqliteConnection, ids: &[i64], to: i64) -> Step<()> {
    sqlx::query("UPDATE message SET ticket = $1 WHERE id IN (SELECT value FROM json_each($2))")
        .bind(to)
        .bind(id_list(ids)?)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Gives messages the numbers they had.
pub(super) async fn set_numbers(conn: &mut SqliteConnection, numbers: &[(i64, i64)]) -> Step<()> {
    for (id, number) in numbers {
        sqlx::query("UPDATE message SET number = $1 WHERE id = $2 AND number <> $1")
            .bind(number)
            .bind(id)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Numbers a thread from 1 in the order it has.
pub(super) async fn close_gaps(conn: &mut SqliteConnection, ticket: i64) -> Step<()> {
    let order = numbers(conn, ticket).await?;
    let anew: Vec<(i64, i64)> = order.iter().map(|n| n.0).zip(1..).collect();
    set_numbers(conn, &anew).await
}

/// Gives a thread's messages their numbers by time. Only merge and import do this.
pub(super) async fn renumber(conn: &mut SqliteConnection, ticket: i64) -> Step<()> {
    let order: Vec<i64> = sqlx::query_scalar("SELECT id FROM message WHERE ticket = $1 ORDER BY at, number, id")
        .bind(ticket)
        .fetch_all(&mut *conn)
        .await?;
    let anew: Vec<(i64, i64)> = order.into_iter().zip(1..).collect();
    set_numbers(conn, &anew).await
}

/// What follows from a ticket's messages: how many there are, and since when the customer waits.
pub(super) async fn recount(conn: &mut SqliteConnection, rec: &mut Rec, now: i64) -> Step<()> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM message WHERE ticket = $1), (SELECT min(at) FROM message WHERE ticket = $1 \
         AND kind = 'incoming' AND number > coalesce((SELECT max(number) FROM message WHERE ticket = $1 \
         AND kind IN ('reply', 'call')), 0))",
    )
    .bind(rec.id)
    .fetch_one(&mut *conn)
    .await?;
    rec.messages = row.try_get(0)?;
    // A mail that says it was sent tomorrow waits since now.
    rec.waiting_since = row.try_get::<Option<i64>, _>(1)?.map(|at| at.min(now));
    Ok(())
}

/// The columns of a message, followed by the rest of the statement.
macro_rules! select_message {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, kind, author_name, author_email, author_phone, agent, at, subject, to_list, cc_list, ",
            "from_html, excerpt_of, delivery, text FROM message ",
            $rest
        )
    };
}

/// Reads a row of `select_message!`.
fn message(row: &SqliteRow) -> Result<Message, sqlx::Error> {
    let kind: String = row.try_get(2)?;
    let author = Person { name: row.try_get(3)?, email: row.try_get(4)?, phone: row.try_get(5)?, code: None };
    let people = |column| -> Result<Vec<Requester>, sqlx::Error> {
        Ok(list::<Person>(row, column)?.iter().map(Person::requester).collect())
    };
    let excerpt: Option<String> = row.try_get(12)?;
    let delivered: Option<String> = row.try_get(13)?;
    let text: String = row.try_get(14)?;
    Ok(Message {
        id: MessageId::from(row.try_get::<i64, _>(0)?),
        number: u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0),
        kind: Kind::parse(&kind).unwrap_or(Kind::Note),
        author: author.requester(),
        agent: row.try_get::<Option<i64>, _>(6)?.map(AgentId::from),
        at: time(row.try_get(7)?),
        subject: row.try_get::<Option<String>, _>(8)?.map(|s| Clean::line(&s)),
        to: people(9)?,
        cc: people(10)?,
        text: Clean::text(&text),
        from_html: row.try_get::<i64, _>(11)? != 0,
        attachments: Vec::new(),
        excerpt_of: excerpt.and_then(|e| serde_json::from_str(&e).ok()),
        delivery: delivered.as_deref().and_then(delivery),
    })
}

/// Lays each message's files into it.
async fn with_files(conn: &mut SqliteConnection, mut messages: Vec<Message>) -> Step<Vec<Message>> {
    let ids: Vec<i64> = messages.iter().filter_map(|m| m.id.number()).collect();
    if ids.is_empty() {
        return Ok(messages);
    }
    let rows: Vec<(i64, i64, String, String, i64)> = sqlx::query_as(
        "SELECT message, id, name, media_type, size FROM attachment WHERE message IN (SELECT value FROM json_each($1)) ORDER BY id",
    )
    .bind(id_list(&ids)?)
    .fetch_all(&mut *conn)
    .await?;
    let mut files: HashMap<i64, Vec<Attachment>> = HashMap::new();
    for (message, id, name, media_type, size) in rows {
        files.entry(message).or_default().push(Attachment {
            id: AttachmentId::from(id),
            name: Clean::line(&name),
            media_type: Clean::line(&media_type),
            size: u64::try_from(size).unwrap_or(0),
        });
    }
    for message in &mut messages {
        message.attachments = message.id.number().and_then(|id| files.remove(&id)).unwrap_or_default();
    }
    Ok(messages)
}

/// A ticket's messages, oldest first.
pub(super) async fn messages(conn: &mut SqliteConnection, ticket: i64) -> Step<Vec<Message>> {
    let rows = sqlx::query(select_message!("WHERE ticket = $1 ORDER BY number, id"))
        .bind(ticket)
        .fetch_all(&mut *conn)
        .await?;
    let messages = rows.iter().map(message).collect::<Result<Vec<_>, _>>()?;
    with_files(conn, messages).await
}

/// Some messages, by id.
pub(super) async fn messages_by_id(conn: &mut SqliteConnection, ids: &[i64]) -> Step<Vec<Message>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(select_message!("WHERE id IN (SELECT value FROM json_each($1)) ORDER BY number, id"))
        .bind(id_list(ids)?)
        .fetch_all(&mut *conn)
        .await?;
    let messages = rows.iter().map(message).collect::<Result<Vec<_>, _>>()?;
    with_files(conn, messages).await
}

/// One message.
pub(super) async fn message_by_id(conn: &mut SqliteConnection, id: i64) -> Step<Message> {
    messages_by_id(conn, &[id]).await?.pop().ok_or_else(|| not_found(format!("message {id}")))
}

/// The columns of an event with its actor, followed by the rest of the statement.
macro_rules! select_event {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.ticket, e.at, e.what, e.from_text, e.to_text, e.message, e.undone, e.queue_before, ",
            "a.id, a.login, a.name FROM event e LEFT JOIN agent a ON a.id = e.actor ",
            $rest
        )
    };
}

/// Reads a row of `select_event!`.
fn event(row: &SqliteRow) -> Result<TicketEvent, sqlx::Error> {
    let actor: Option<i64> = row.try_get(9)?;
    let login: Option<String> = row.try_get(10)?;
    let name: Option<String> = row.try_get(11)?;
    let line = |text: Option<String>| text.map(|t| Clean::line(&t));
    let what: String = row.try_get(3)?;
    Ok(TicketEvent {
        id: EventId::from(row.try_get::<i64, _>(0)?),
        ticket: TicketId::from(row.try_get::<i64, _>(1)?),
        at: time(row.try_get(2)?),
        actor: actor.map(|id| AgentRef {
            id: AgentId::from(id),
            login: Clean::line(login.as_deref().unwrap_or_default()),
            name: Clean::line(name.as_deref().unwrap_or_default()),
        }),
        what: Clean::line(&what),
        from: line(row.try_get(4)?),
        to: line(row.try_get(5)?),
        message: row.try_get::<Option<i64>, _>(6)?.map(MessageId::from),
        undone: row.try_get::<i64, _>(7)? != 0,
    })
}

pub(super) async fn thread(store: &SqliteStore, caller: &Caller, ticket: &TicketId) -> Step<Thread> {
    let id = ticket_number(ticket)?;
    let mut db = store.readers.begin().await?;
    thread_of(&mut db, caller, id).await
}

/// A ticket with its thread, within a transaction.
pub(super) async fn thread_of(db: &mut SqliteConnection, caller: &Caller, id: i64) -> Step<Thread> {
    let ticket = Tx::of(db, caller, 0).load(id).await?;
    // A pointer shows where its messages went and nothing else.
    let messages = if ticket.rec.merged_into.is_some() { Vec::new() } else { messages(db, id).await? };
    let rows = sqlx::query(select_event!("WHERE e.ticket = $1 ORDER BY e.id")).bind(id).fetch_all(db).await?;
    let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    Ok(Thread { ticket: ticket.row(), messages, events })
}

/// A ticket's number. An id that is none belongs to no ticket.
pub(super) fn ticket_number(ticket: &TicketId) -> Step<i64> {
    ticket.number().filter(|n| *n > 0).ok_or_else(|| not_found(format!("ticket {ticket}")))
}

pub(super) async fn attachment(store: &SqliteStore, caller: &Caller, id: &AttachmentId) -> Step<(Clean, Clean, Bytes)> {
    let missing = || not_found(format!("attachment {id}"));
    let number = id.number().ok_or_else(missing)?;
    let mut db = store.readers.begin().await?;
    let row = sqlx::query(
        "SELECT f.name, f.media_type, f.bytes, coalesce(m.ticket, f.ticket) FROM attachment f \
         LEFT JOIN message m ON m.id = f.message WHERE f.id = $1",
    )
    .bind(number)
    .fetch_optional(&mut *db)
    .await?
    .ok_or_else(missing)?;
    let ticket: Option<i64> = row.try_get(3)?;
    // Whose ticket one may not see, whose files do not exist either.
    Tx::of(&mut db, caller, 0).load(ticket.unwrap_or(0)).await.map_err(|stop| match stop {
        super::Stop::Refused(_) => missing(),
        fault @ super::Stop::Fault(_) => fault,
    })?;
    let name: String = row.try_get(0)?;
    let media_type: String = row.try_get(1)?;
    Ok((Clean::line(&name), Clean::line(&media_type), Bytes::from(row.try_get::<Vec<u8>, _>(2)?)))
}

/// The log's end, and the place in it where agents, queues or members last changed.
pub(super) async fn ends<'e>(db: impl sqlx::SqliteExecutor<'e>) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as("SELECT max(roster, coalesce((SELECT max(id) FROM event), 0)), roster FROM desk").fetch_one(db).await
}

pub(super) async fn events(
    store: &SqliteStore,
    caller: &Caller,
    after: &EventId,
    limit: u32,
) -> Step<Option<Vec<LogEntry>>> {
    let after = after.number().filter(|n| *n >= 0).ok_or_else(|| invalid("Last-Event-ID", "that is no event"))?;
    let mut db = store.readers.begin().await?;
    let (last, roster) = ends(&mut *db).await?;
    if after > last || last - after > TOO_OLD || after < roster {
        return Ok(None);
    }
    let queues: Vec<i64> =
        visible(&mut db, caller.agent.number().unwrap_or(0)).await?.into_iter().map(|q| q.0).collect();
    let rows = sqlx::query(select_event!(
        "WHERE e.id > $1 AND (e.queue IN (SELECT value FROM json_each($2)) \
         OR e.queue_before IN (SELECT value FROM json_each($2))) ORDER BY e.id LIMIT $3"
    ))
    .bind(after)
    .bind(id_list(&queues)?)
    .bind(i64::from(limit))
    .fetch_all(&mut *db)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push((event(row)?, row.try_get::<Option<i64>, _>(8)?));
    }
    let ids: Vec<i64> = found.iter().filter_map(|(e, _)| e.ticket.number()).collect();
    let tickets = sqlx::query(select_ticket!("WHERE t.id IN (SELECT value FROM json_each($1))"))
        .bind(id_list(&ids)?)
        .fetch_all(&mut *db)
        .await?;
    let mut by_id = HashMap::new();
    for row in &tickets {
        let ticket = loaded(row)?;
        by_id.insert(ticket.rec.id, ticket);
    }
    let message_ids: Vec<i64> = found.iter().filter_map(|(e, _)| e.message.as_ref()?.number()).collect();
    let mut bodies: HashMap<MessageId, Message> =
        messages_by_id(&mut db, &message_ids).await?.into_iter().map(|m| (m.id.clone(), m)).collect();
    let mut entries = Vec::with_capacity(found.len());
    for (event, queue_before) in found {
        let Some(ticket) = event.ticket.number().and_then(|id| by_id.get(&id)) else { continue };
        let now_in = ticket.rec.queue;
        let in_sight = queues.contains(&now_in);
        let mut row = ticket.row();
        let mut queues_touched = vec![QueueId::from(now_in)];
        if !in_sight {
            // It left for a queue that the caller may not see: all that may be said is that it is gone.
            row.queue = Clean::default();
            row.queue_id = QueueId::new("");
            row.assignee = None;
            row.subject = Clean::default();
            row.requester = Requester::default();
            row.labels = Vec::new();
            queues_touched.clear();
        }
        queues_touched.extend(queue_before.filter(|q| *q != now_in && queues.contains(q)).map(QueueId::from));
        let message = event.message.as_ref().filter(|_| in_sight).and_then(|id| bodies.remove(id));
        let event = if in_sight { event } else { TicketEvent { from: None, to: None, message: None, ..event } };
        entries.push(LogEntry { event, queues: queues_touched, ticket: row, message });
    }
    Ok(Some(entries))
}

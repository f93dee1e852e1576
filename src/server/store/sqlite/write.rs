//! Every write: one transaction from the replay look-up to the stored answer, and the verbs that change one ticket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, Row, SqliteConnection};

use super::rec::{AgentRow, Event, Loaded, Person, Rec, Tx, blank, loaded, select_ticket};
use super::thread::{NewMessage, add_message, message_by_id, messages, recount, ticket_number};
use super::{SqliteStore, Step, Stop, hex, invalid, merge, not_found, not_possible, search, split, time, undo};
use crate::domain::change::{Receipt, Then, Uploaded};
use crate::domain::{
    AgentId, AttachmentId, Delivery, EventId, Kind, Message, MessageId, Priority, Status, error::DeskError,
};
use crate::server::store::{Answer, Caller, StoreError, WriteMeta, Written};
use crate::text::Clean;
use crate::wire::{AssignBody, NewTicketBody, NoteBody, PatchBody, ReplyBody, UploadBody, Write};

/// How long an answer is kept for replays.
const KEPT: i64 = 30 * 24 * 3600 * 1000;
/// How long an uploaded file waits for its message.
const UPLOAD_WAITS: i64 = 7 * 24 * 3600 * 1000;
/// How long a file waits for a ticket that does not exist yet.
const UNBOUND_WAITS: i64 = 24 * 3600 * 1000;
/// Waiting files that nobody came for, forgotten a few at a time.
const SWEEP: i64 = 20;
/// The longest subject, in characters; mail has no limit, a list has.
const SUBJECT: usize = 1_000;
/// The longest label, in characters.
const LABEL: usize = 100;
/// The longest text an agent can send, in bytes.
const TEXT: usize = 1_000_000;

/// An answer as the database keeps it.
#[derive(Serialize, Deserialize)]
enum Kept {
    Changed(Box<Receipt>),
    Uploaded(Uploaded),
    Refused(DeskError),
}

impl From<&Result<Written, DeskError>> for Kept {
    fn from(result: &Result<Written, DeskError>) -> Self {
        match result {
            Ok(Written::Changed(receipt)) => Self::Changed(receipt.clone()),
            Ok(Written::Uploaded(uploaded)) => Self::Uploaded(uploaded.clone()),
            Err(e) => Self::Refused(e.clone()),
        }
    }
}

impl From<Kept> for Result<Written, DeskError> {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Changed(receipt) => Ok(Written::Changed(receipt)),
            Kept::Uploaded(uploaded) => Ok(Written::Uploaded(uploaded)),
            Kept::Refused(e) => Err(e),
        }
    }
}

pub(super) async fn write(
    store: &SqliteStore,
    caller: &Caller,
    meta: &WriteMeta,
    write: Write,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    let now = now.as_millisecond();
    let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    if let Some(answer) = replay(&mut db, caller, meta).await? {
        return Ok(answer);
    }
    if let (Some(version), Some(ticket)) = (meta.if_match, target(&write)) {
        let found = Tx::of(&mut db, caller, now).load(ticket_number(ticket)?).await?;
        if u64::try_from(found.rec.version).ok() != Some(version) {
            return Err(StoreError::Stale(Box::new(found.row())));
        }
    }
    // Inside a savepoint: a refusal undoes what was written so far and is itself kept.
    let mut inner = db.begin().await?;
    let result = match apply(&mut Tx::of(&mut inner, caller, now), write).await {
        Ok(written) => {
            inner.commit().await?;
            Ok(written)
        }
        Err(Stop::Refused(e)) => {
            inner.rollback().await?;
            Err(*e)
        }
        Err(Stop::Fault(e)) => return Err(e),
    };
    keep(&mut db, caller, meta, &result, now).await?;
    db.commit().await?;
    Ok(Answer { result, replayed: false })
}

/// The answer that was given before for the same key.
async fn replay(conn: &mut SqliteConnection, caller: &Caller, meta: &WriteMeta) -> Result<Option<Answer>, StoreError> {
    let Some(key) = &meta.key else { return Ok(None) };
    let row = sqlx::query("SELECT body_hash, answer FROM idem WHERE token = $1 AND scope = $2 AND idem_key = $3")
        .bind(caller.token)
        .bind(&meta.scope)
        .bind(key)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let hash: Vec<u8> = row.try_get(0)?;
    if hash != meta.body_hash {
        return Err(StoreError::KeyReused);
    }
    let text: String = row.try_get(1)?;
    let kept: Kept = serde_json::from_str(&text).map_err(|e| StoreError::Database(e.to_string()))?;
    if let Kept::Uploaded(file) = &kept
        && !is_file(conn, &file.id).await?
    {
        // It waited too long and was swept: who asks again with its bytes gets a new one.
        sqlx::query("DELETE FROM idem WHERE token = $1 AND scope = $2 AND idem_key = $3")
            .bind(caller.token)
            .bind(&meta.scope)
            .bind(key)
            .execute(&mut *conn)
            .await?;
        return Ok(None);
    }
    Ok(Some(Answer { result: kept.into(), replayed: true }))
}

async fn is_file(conn: &mut SqliteConnection, id: &AttachmentId) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM attachment WHERE id = $1")
        .bind(id.number().unwrap_or(0))
        .fetch_optional(&mut *conn)
        .await?;
    Ok(found.is_some())
}

/// Keeps an answer for replays, and forgets a few that are too old.
async fn keep(
    conn: &mut SqliteConnection,
    caller: &Caller,
    meta: &WriteMeta,
    result: &Result<Written, DeskError>,
    now: i64,
) -> Result<(), StoreError> {
    let Some(key) = &meta.key else { return Ok(()) };
    let answer = serde_json::to_string(&Kept::from(result)).map_err(|e| StoreError::Database(e.to_string()))?;
    sqlx::query(
        "INSERT INTO idem (token, scope, idem_key, body_hash, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(caller.token)
    .bind(&meta.scope)
    .bind(key)
    .bind(meta.body_hash.as_slice())
    .bind(answer)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM idem WHERE (token, scope, idem_key) IN \
         (SELECT token, scope, idem_key FROM idem WHERE created_at < $1 LIMIT 20)",
    )
    .bind(now - KEPT)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// The ticket whose version `If-Match` speaks of.
const fn target(write: &Write) -> Option<&crate::domain::TicketId> {
    match write {
        Write::New(_) | Write::Upload(None, _) => None,
        Write::Patch(id, _)
        | Write::Claim(id)
        | Write::Release(id)
        | Write::Assign(id, _)
        | Write::Steal(id)
        | Write::Reply(id, _)
        | Write::Note(id, _)
        | Write::Split(id, _)
        | Write::Merge(id, _)
        | Write::Undo(id, _)
        | Write::Upload(Some(id), _) => Some(id),
    }
}

async fn apply(tx: &mut Tx<'_>, write: Write) -> Step<Written> {
    let receipt = match write {
        Write::New(body) => new_ticket(tx, body).await?,
        Write::Patch(id, body) => patch(tx, ticket_number(&id)?, body).await?,
        Write::Claim(id) => claim(tx, ticket_number(&id)?).await?,
        Write::Release(id) => release(tx, ticket_number(&id)?).await?,
        Write::Assign(id, body) => assign(tx, ticket_number(&id)?, body).await?,
        Write::Steal(id) => steal(tx, ticket_number(&id)?).await?,
        Write::Reply(id, body) => reply(tx, ticket_number(&id)?, body).await?,
        Write::Note(id, body) => note(tx, ticket_number(&id)?, body).await?,
        Write::Split(id, body) => split::split(tx, ticket_number(&id)?, body).await?,
        Write::Merge(id, body) => merge::merge(tx, ticket_number(&id)?, ticket_number(&body.into)?).await?,
        Write::Undo(id, body) => undo::undo(tx, ticket_number(&id)?, body.event.as_ref()).await?,
        Write::Upload(id, body) => return upload(tx, id.as_ref().map(ticket_number).transpose()?, body).await,
    };
    Ok(Written::Changed(Box::new(receipt)))
}

/// An answer without trimmings.
pub(super) fn receipt(ticket: crate::domain::TicketRow, event: Option<i64>, undoable: bool) -> Receipt {
    Receipt { event: event.map(EventId::from), undoable: undoable && event.is_some(), ..Receipt::of(ticket) }
}

/// Records one event, saves, and answers with the row before and after.
async fn finish(tx: &mut Tx<'_>, before: &Loaded, mut after: Rec, event: Event<'_>) -> Step<Receipt> {
    after.updated_at = tx.now;
    let id = tx.record(Some(&before.rec), &after, event).await?;
    tx.save(&before.rec, &mut after, before.reply_within).await?;
    let mut receipt = receipt(tx.row(after.id).await?, Some(id), true);
    receipt.before = Some(Box::new(before.row()));
    Ok(receipt)
}

/// Who holds the ticket, as a refusal.
fn held(ticket: &Loaded, me: Option<i64>) -> Option<Stop> {
    let by = ticket.holder_ref()?;
    let mine = ticket.rec.assignee == me;
    Some(DeskError::Held { by, since: ticket.rec.assigned_at.map(time), mine }.into())
}

fn nobody() -> String {
    "nobody".to_owned()
}

async fn claim(tx: &mut Tx<'_>, id: i64) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    if let Some(refusal) = held(&ticket, tx.actor) {
        return Err(refusal);
    }
    if ticket.rec.status.is_done() {
        return Err(not_possible(format!("ticket {id} is {}: reopen it first", ticket.rec.status.word())));
    }
    let me = tx.me().await?;
    hand_to(tx, &ticket, &me, "claim").await
}

async fn hand_to(tx: &mut Tx<'_>, ticket: &Loaded, to: &AgentRow, what: &str) -> Step<Receipt> {
    let mut after = ticket.rec.clone();
    after.assignee = Some(to.id);
    after.assigned_at = Some(tx.now);
    let from = ticket.holder.as_ref().map_or_else(nobody, |h| h.1.clone());
    let event = Event { what, from: Some(from), to: Some(to.name.clone()), ..Event::default() };
    finish(tx, ticket, after, event).await
}

async fn release(tx: &mut Tx<'_>, id: i64) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    if ticket.rec.assignee.is_none() {
        return Err(not_possible(format!("nobody holds ticket {id}")));
    }
    if ticket.rec.assignee != tx.actor {
        return Err(held(&ticket, tx.actor).unwrap_or_else(|| not_possible("somebody else holds it")));
    }
    let mut after = ticket.rec.clone();
    after.assignee = None;
    after.assigned_at = None;
    let from = ticket.holder.as_ref().map(|h| h.1.clone());
    finish(tx, &ticket, after, Event { what: "release", from, to: Some(nobody()), ..Event::default() }).await
}

async fn assign(tx: &mut Tx<'_>, id: i64, body: AssignBody) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    let to = tx.agent(&body.to, "to").await?;
    tx.need_in_queue(&to, ticket.rec.queue, &ticket.queue_name).await?;
    if ticket.rec.assignee == Some(to.id) {
        let mut unchanged = receipt(ticket.row(), None, false);
        unchanged.remark = Some(Clean::line(&format!("{} holds it already", to.name)));
        return Ok(unchanged);
    }
    hand_to(tx, &ticket, &to, "assign").await
}

async fn steal(tx: &mut Tx<'_>, id: i64) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    if ticket.rec.assignee.is_none() {
        return Err(not_possible(format!("nobody holds ticket {id}: claim it")));
    }
    if ticket.rec.assignee == tx.actor {
        return Err(held(&ticket, tx.actor).unwrap_or_else(|| not_possible("you hold it")));
    }
    let me = tx.me().await?;
    hand_to(tx, &ticket, &me, "steal").await
}

/// A subject as it is kept: one line, not endless.
pub(super) fn subject(raw: &str) -> Step<String> {
    if raw.chars().count() > SUBJECT {
        return Err(invalid("subject", format!("a subject has at most {SUBJECT} characters")));
    }
    Ok(raw.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Labels as they are kept: trimmed, sorted, each once.
pub(super) fn labels(raw: &[String], field: &str) -> Step<Vec<String>> {
    let mut labels = Vec::with_capacity(raw.len());
    for label in raw {
        let label = Clean::line(label.trim()).to_string();
        if label.is_empty() || label.chars().count() > LABEL || label.contains(',') {
            return Err(invalid(field, format!("a label has 1 to {LABEL} characters and no comma")));
        }
        labels.push(label);
    }
    labels.sort();
    labels.dedup();
    Ok(labels)
}

/// A requester as kept; somebody must be reachable or at least have a name.
fn person(body: &crate::wire::RequesterBody, field: &str) -> Step<Person> {
    let trim = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    let person = Person {
        name: trim(&body.name),
        email: trim(&body.email),
        phone: body.phone.as_deref().map(trim).filter(|p| !p.is_empty()),
        // An empty one is kept until it is clear whether it takes one away.
        code: body.code.as_deref().map(trim),
    };
    if person.name.is_empty() && person.email.is_empty() && person.phone.is_none() {
        return Err(invalid(field, "give a name, a mail address or a phone number"));
    }
    if !person.email.is_empty() && (!person.email.contains('@') || person.email.contains(' ')) {
        return Err(invalid(field, format!("{} is no mail address", person.email)));
    }
    if person.name.chars().count().max(person.email.chars().count()) > SUBJECT {
        return Err(invalid(field, "that name or address is too long"));
    }
    Ok(person)
}

fn people(bodies: &[crate::wire::RequesterBody], field: &str) -> Step<Vec<Person>> {
    bodies.iter().map(|b| person(b, field)).collect()
}

async fn patch(tx: &mut Tx<'_>, id: i64, body: PatchBody) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    let mut after = ticket.rec.clone();
    let mut reply_within = ticket.reply_within;
    let mut last = None;
    let mut remark = None;
    after.updated_at = tx.now;

    if let Some(to) = body.queue {
        let queue = tx.queue(&to, "queue").await?;
        if queue.id != after.queue {
            let before = after.clone();
            after.queue = queue.id;
            reply_within = queue.reply_within;
            // Whoever is not in the new queue could not even see the ticket.
            if let (Some(agent), Some((login, _))) = (after.assignee, &ticket.holder)
                && !tx.in_queue(agent, queue.id).await?
            {
                after.assignee = None;
                after.assigned_at = None;
                remark = Some(Clean::line(&format!("{login} is not in {}: nobody holds it now", queue.name)));
            }
            let event =
                Event { what: "move", from: Some(ticket.queue_name.clone()), to: Some(queue.name), ..Event::default() };
            last = Some(tx.record(Some(&before), &after, event).await?);
        }
    }
    if let Some(to) = body.status {
        if to == Status::Snoozed {
            return Err(invalid("status", "a ticket is snoozed until a time: that has its own verb"));
        }
        if to != after.status {
            last = Some(set_status(tx, &mut after, to).await?);
        }
    }
    if let Some(to) = body.priority.filter(|p| *p != after.priority) {
        let before = after.clone();
        after.priority = to;
        let word = |p: Priority| Some(p.word().to_owned());
        let event = Event { what: "priority", from: word(before.priority), to: word(to), ..Event::default() };
        last = Some(tx.record(Some(&before), &after, event).await?);
    }
    let (add, remove) = (labels(&body.add_labels, "add_labels")?, labels(&body.remove_labels, "remove_labels")?);
    let mut wanted: Vec<String> = after.labels.iter().filter(|l| !remove.contains(l)).cloned().chain(add).collect();
    wanted.sort();
    wanted.dedup();
    if wanted.len() > 50 {
        return Err(invalid("add_labels", "a ticket has at most 50 labels"));
    }
    if wanted != after.labels {
        let before = after.clone();
        after.labels = wanted;
        let event = Event {
            what: "label",
            from: Some(before.labels.join(", ")),
            to: Some(after.labels.join(", ")),
            ..Event::default()
        };
        last = Some(tx.record(Some(&before), &after, event).await?);
    }
    let mut words_changed = after.labels != ticket.rec.labels;
    if let Some(to) = body.subject {
        let to = subject(&to)?;
        if to != after.subject {
            let before = after.clone();
            after.subject = to;
            let event = Event {
                what: "subject",
                from: Some(before.subject.clone()),
                to: Some(after.subject.clone()),
                ..Event::default()
            };
            last = Some(tx.record(Some(&before), &after, event).await?);
            words_changed = true;
        }
    }
    if let Some(to) = body.requester {
        let mut to = person(&to, "requester")?;
        if to.code.is_none() && to.email_key() == after.requester.email_key() {
            to.code.clone_from(&after.requester.code);
        }
        to.code = to.code.filter(|c| !c.is_empty());
        if to != after.requester {
            let before = after.clone();
            after.requester = to;
            let event = Event {
                what: "requester",
                from: Some(before.requester.named()),
                to: Some(after.requester.named()),
                ..Event::default()
            };
            last = Some(tx.record(Some(&before), &after, event).await?);
            words_changed = true;
        }
    }
    let Some(event) = last else {
        let mut unchanged = receipt(ticket.row(), None, false);
        unchanged.remark = Some(Clean::line("nothing to change: it is so already"));
        return Ok(unchanged);
    };
    tx.save(&ticket.rec, &mut after, reply_within).await?;
    if words_changed {
        search::index(tx.conn, &after).await?;
    }
    let mut receipt = receipt(tx.row(id).await?, Some(event), true);
    receipt.before = Some(Box::new(ticket.row()));
    receipt.remark = remark;
    Ok(receipt)
}

/// Sets a status and records it; the caller saves.
pub(super) async fn set_status(tx: &mut Tx<'_>, rec: &mut Rec, to: Status) -> Step<i64> {
    let before = rec.clone();
    rec.status = to;
    if to != Status::Snoozed {
        rec.snoozed_until = None;
    }
    let word = |s: Status| Some(s.word().to_owned());
    let event = Event { what: "status", from: word(before.status), to: word(to), ..Event::default() };
    tx.record(Some(&before), rec, event).await
}

async fn new_ticket(tx: &mut Tx<'_>, body: NewTicketBody) -> Step<Receipt> {
    let queue = tx.queue(&body.queue, "queue").await?;
    let requester = person(&body.requester, "requester")?;
    let mut rec = blank(queue.id, requester.clone(), subject(&body.subject)?, tx.now);
    rec.channel = body.channel;
    rec.priority = body.priority;
    rec.labels = labels(&body.labels, "labels")?;
    rec.touched = true;
    need_text(&body.text)?;
    tx.insert(&mut rec, queue.reply_within).await?;
    let before = rec.clone();
    let mut first = None;
    if !body.text.trim().is_empty() || !body.attachments.is_empty() {
        let mut message = NewMessage::plain(rec.id, Kind::Incoming, requester, None, tx.now, body.text);
        message.subject = Some(rec.subject.clone());
        let id = add_message(tx.conn, &message, tx.now).await?;
        take_files(tx, &body.attachments, id).await?;
        first = Some(id);
    }
    recount(tx.conn, &mut rec, tx.now).await?;
    let to = Some(rec.subject.clone());
    let event = tx.record(None, &rec, Event { what: "new", to, message: first, ..Event::default() }).await?;
    tx.save(&before, &mut rec, queue.reply_within).await?;
    search::index(tx.conn, &rec).await?;
    let mut receipt = receipt(tx.row(rec.id).await?, Some(event), false);
    receipt.message = match first {
        Some(id) => Some(message_by_id(tx.conn, id).await?),
        None => None,
    };
    Ok(receipt)
}

fn need_text(text: &str) -> Step<()> {
    if text.len() > TEXT {
        return Err(DeskError::TooLarge {
            why: Clean::line("a text has at most 1,000,000 bytes: attach it as a file"),
        }
        .into());
    }
    Ok(())
}

/// Ties uploaded files to the message they were uploaded for.
async fn take_files(tx: &mut Tx<'_>, files: &[AttachmentId], message: i64) -> Step<()> {
    for file in files {
        let done = sqlx::query(
            "UPDATE attachment SET message = $1, ticket = NULL, expires_at = NULL \
             WHERE id = $2 AND message IS NULL AND agent = $3",
        )
        .bind(message)
        .bind(file.number().unwrap_or(0))
        .bind(tx.actor)
        .execute(&mut *tx.conn)
        .await?;
        if done.rows_affected() != 1 {
            return Err(invalid("attachments", format!("there is no waiting file {file}: upload it again")));
        }
    }
    Ok(())
}

/// What came since the author of a reply last looked: messages of the customer and replies of others.
async fn news(tx: &mut Tx<'_>, id: i64, seen: &MessageId) -> Step<Vec<Message>> {
    let thread = messages(tx.conn, id).await?;
    let me = tx.actor;
    let speaks = |m: &Message| {
        m.kind == Kind::Incoming || (m.kind == Kind::Reply && m.agent.as_ref().and_then(AgentId::number) != me)
    };
    if let Some(at) = thread.iter().position(|m| m.id == *seen) {
        return Ok(thread.into_iter().skip(at + 1).filter(speaks).collect());
    }
    // The message moved away in a split meanwhile: what is later than it is news.
    let row: Option<(i64,)> = sqlx::query_as("SELECT at FROM message WHERE id = $1")
        .bind(seen.number().unwrap_or(0))
        .fetch_optional(&mut *tx.conn)
        .await?;
    let Some((at,)) = row else { return Err(invalid("seen", format!("there is no message {seen}"))) };
    Ok(thread.into_iter().filter(|m| m.at > time(at)).filter(speaks).collect())
}

async fn reply(tx: &mut Tx<'_>, id: i64, body: ReplyBody) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    if body.text.trim().is_empty() && body.attachments.is_empty() {
        return Err(invalid("text", "the reply is empty"));
    }
    need_text(&body.text)?;
    if let (Some(seen), false) = (&body.seen, body.force) {
        let messages = news(tx, id, seen).await?;
        if !messages.is_empty() {
            return Err(DeskError::MovedOn { messages }.into());
        }
    }
    let me = tx.me().await?;
    let author = Person { name: me.name.clone(), email: me.email.clone(), ..Person::default() };
    let to = match people(&body.to, "to")? {
        to if to.is_empty() => vec![ticket.rec.requester.clone()],
        to => to,
    };
    let message = NewMessage {
        subject: Some(match body.subject {
            Some(own) => subject(&own)?,
            None => ticket.rec.subject.clone(),
        }),
        to,
        cc: people(&body.cc, "cc")?,
        bcc: people(&body.bcc, "bcc")?,
        delivery: Some(Delivery::None),
        ..NewMessage::plain(id, Kind::Reply, author, Some(me.id), tx.now, body.text)
    };
    let mut receipt = say(tx, &ticket, message, &body.attachments, &body.then, "reply").await?;
    receipt.delivery = Some(Delivery::None);
    Ok(receipt)
}

async fn note(tx: &mut Tx<'_>, id: i64, body: NoteBody) -> Step<Receipt> {
    let ticket = tx.load_live(id).await?;
    if body.text.trim().is_empty() && body.attachments.is_empty() {
        return Err(invalid("text", "the note is empty"));
    }
    need_text(&body.text)?;
    let me = tx.me().await?;
    let author = Person { name: me.name.clone(), email: me.email.clone(), ..Person::default() };
    let message = NewMessage::plain(id, Kind::Note, author, Some(me.id), tx.now, body.text);
    say(tx, &ticket, message, &body.attachments, &body.then, "note").await
}

/// Adds an agent's message and does what was asked for in the same step.
async fn say(
    tx: &mut Tx<'_>,
    ticket: &Loaded,
    message: NewMessage,
    files: &[AttachmentId],
    then: &Then,
    what: &str,
) -> Step<Receipt> {
    let is_reply = message.kind == Kind::Reply;
    let author = message.author.name.clone();
    let message_id = add_message(tx.conn, &message, tx.now).await?;
    take_files(tx, files, message_id).await?;
    if is_reply {
        // Later mail of the customer names it, and so finds this ticket.
        sqlx::query("INSERT INTO mail_ref (mail_id, message, bears) VALUES ($1, $2, 1)")
            .bind(own_mail_id()?)
            .bind(message_id)
            .execute(&mut *tx.conn)
            .await?;
    }
    let mut after = ticket.rec.clone();
    after.updated_at = tx.now;
    recount(tx.conn, &mut after, tx.now).await?;
    let event = Event { what, to: Some(author), message: Some(message_id), ..Event::default() };
    let event = tx.record(Some(&ticket.rec), &after, event).await?;
    match then.status {
        Some(Status::Snoozed) => {
            return Err(invalid("then", "a ticket is snoozed until a time: that has its own verb"));
        }
        Some(to) if to != after.status => {
            set_status(tx, &mut after, to).await?;
        }
        // The first answer.
        None if is_reply && after.status == Status::New => after.status = Status::Open,
        _ => {}
    }
    if let Some(to) = &then.assignee {
        let to = tx.agent(to.as_str(), "then").await?;
        tx.need_in_queue(&to, after.queue, &ticket.queue_name).await?;
        if after.assignee != Some(to.id) {
            let before = after.clone();
            after.assignee = Some(to.id);
            after.assigned_at = Some(tx.now);
            let from = Some(ticket.holder.as_ref().map_or_else(nobody, |h| h.1.clone()));
            tx.record(Some(&before), &after, Event { what: "assign", from, to: Some(to.name), ..Event::default() })
                .await?;
        }
    }
    tx.save(&ticket.rec, &mut after, ticket.reply_within).await?;
    search::index(tx.conn, &after).await?;
    let mut receipt = receipt(tx.row(after.id).await?, Some(event), false);
    receipt.message = Some(message_by_id(tx.conn, message_id).await?);
    receipt.before = Some(Box::new(ticket.row()));
    Ok(receipt)
}

/// A `Message-ID` that nobody else makes.
fn own_mail_id() -> Step<String> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|e| Stop::Fault(StoreError::Database(format!("no random numbers: {e}"))))?;
    Ok(format!("{}@ticketty.invalid", hex(&random)))
}

/// Takes a file in that waits for a message of a ticket, or for a ticket still to come.
async fn upload(tx: &mut Tx<'_>, id: Option<i64>, body: UploadBody) -> Step<Written> {
    if let Some(id) = id {
        tx.load_live(id).await?;
    }
    // A name without any folder: it will be written to somebody's disk.
    let name = body.name.rsplit(['/', '\\']).next().unwrap_or_default().trim().trim_start_matches('.');
    let name = if name.is_empty() { "file" } else { name };
    if name.chars().count() > 255 {
        return Err(invalid("name", "a file's name has at most 255 characters"));
    }
    let expires_at = tx.now + if id.is_some() { UPLOAD_WAITS } else { UNBOUND_WAITS };
    sweep(tx.conn, tx.now).await?;
    let file: i64 = sqlx::query_scalar(
        "INSERT INTO attachment (ticket, agent, name, media_type, size, inline, created_at, expires_at, bytes) \
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) RETURNING id",
    )
    .bind(id)
    .bind(tx.actor)
    .bind(name)
    .bind(&body.media_type)
    .bind(body.bytes.len() as i64)
    .bind(tx.now)
    .bind(expires_at)
    .bind(body.bytes.as_ref())
    .fetch_one(&mut *tx.conn)
    .await?;
    Ok(Written::Uploaded(Uploaded {
        id: AttachmentId::from(file),
        name: Clean::line(name),
        size: body.bytes.len() as u64,
        expires_at: Some(time(expires_at)),
    }))
}

/// Forgets some files whose message never came; how many.
async fn sweep(conn: &mut SqliteConnection, now: i64) -> Step<u64> {
    let done = sqlx::query(
        "DELETE FROM attachment WHERE id IN \
         (SELECT id FROM attachment WHERE message IS NULL AND expires_at < $1 LIMIT $2)",
    )
    .bind(now)
    .bind(SWEEP)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets every file whose message never came. Writes only when there is one.
pub(super) async fn sweep_files(store: &SqliteStore, now: Timestamp) -> Step<u64> {
    let now = now.as_millisecond();
    let mut swept = 0;
    loop {
        let waits: Option<i64> =
            sqlx::query_scalar("SELECT id FROM attachment WHERE message IS NULL AND expires_at < $1 LIMIT 1")
                .bind(now)
                .fetch_optional(&store.readers)
                .await?;
        if waits.is_none() {
            return Ok(swept);
        }
        let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
        swept += sweep(&mut db, now).await?;
        db.commit().await?;
    }
}

/// When the next ticket turns late.
pub(super) const NEXT: &str = "SELECT min(due_at) FROM ticket WHERE on_us = 1 AND late = 0";
/// Tickets that turn late in one transaction.
const LATE_AT_ONCE: u32 = 200;

pub(super) async fn turn_late(store: &SqliteStore, now: Timestamp, most: u32) -> Step<Option<Timestamp>> {
    let now = now.as_millisecond();
    let next: Option<i64> = sqlx::query_scalar(NEXT).fetch_one(&store.readers).await?;
    let Some(due) = next.filter(|due| *due <= now) else { return Ok(next.map(time)) };
    tracing::debug!(due, "tickets turn late");
    let mut left = most;
    loop {
        let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(select_ticket!(
            "WHERE t.on_us = 1 AND t.late = 0 AND t.due_at <= $1 ORDER BY t.due_at LIMIT $2"
        ))
        .bind(now)
        .bind(left.min(LATE_AT_ONCE))
        .fetch_all(&mut *db)
        .await?;
        if rows.is_empty() {
            let next: Option<i64> = sqlx::query_scalar(NEXT).fetch_one(&mut *db).await?;
            return Ok(next.map(time));
        }
        let mut tx = Tx { conn: &mut db, actor: None, now };
        for row in &rows {
            let ticket = loaded(row)?;
            let mut after = ticket.rec.clone();
            tx.record(Some(&ticket.rec), &after, Event { what: "late", ..Event::default() }).await?;
            tx.save(&ticket.rec, &mut after, ticket.reply_within).await?;
        }
        left = left.saturating_sub(rows.len() as u32);
        db.commit().await?;
    }
}

/// A message of the ticket, or `invalid`.
pub(super) async fn message_of(tx: &mut Tx<'_>, ticket: i64, id: &MessageId, field: &str) -> Step<i64> {
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM message WHERE id = $1 AND ticket = $2")
        .bind(id.number().unwrap_or(0))
        .bind(ticket)
        .fetch_optional(&mut *tx.conn)
        .await?;
    found.ok_or_else(|| invalid(field, format!("ticket {ticket} has no message {id}")))
}

/// An event, or `not-found`.
pub(super) fn event_number(event: &EventId) -> Step<i64> {
    event.number().ok_or_else(|| not_found(format!("event {event}")))
}

//! Mail comes in: known mail is not taken twice, threads stay together whatever the order of arrival, nothing is lost.
//!
//! A ticket owns every id that its mails bear or cite. A mail that touches several tickets joins them into one, as long as all of
//! them were made by import and no agent has worked on them; else it joins the one it answers directly.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};

use super::rec::{Event, Loaded, Person, Rec, Tx, blank, email_key, json};
use super::thread::{NewMessage, add_message, recount, renumber};
use super::{SqliteStore, Step, Stop, hex, merge, search};
use crate::domain::{Kind, Status, TicketId};
use crate::mail::parse::ParsedMail;
use crate::server::store::Caller;
use crate::text::Clean;
use crate::wire::{ImportOutcome, Imported};

/// A mail that says it comes from further in the future than this (clocks are wrong, forgers lie) is dated now.
const FUTURE: i64 = 24 * 3600 * 1000;

pub(super) async fn import(
    store: &SqliteStore,
    caller: &Caller,
    queue: &str,
    mail: &ParsedMail,
    raw: &[u8],
    now: Timestamp,
) -> Step<Imported> {
    let now = now.as_millisecond();
    let sha: [u8; 32] = Sha256::digest(raw).into();
    let own = mail.message_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    let identity = match own {
        Some(id) => format!("id:{id}"),
        None => format!("sha:{}", hex(&sha)),
    };
    let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let queue = Tx::of(&mut db, caller, now).queue(queue, "queue").await?;
    if let Some(ticket) = known(&mut db, &identity, &sha, raw).await? {
        db.commit().await?;
        return Ok(Imported {
            outcome: ImportOutcome::Already,
            ticket: TicketId::from(ticket),
            new_ticket: false,
            joined: Vec::new(),
            why: None,
        });
    }

    let author = mail.from.first().map(Person::from).unwrap_or_default();
    let agent = agent_of(&mut db, &author.email).await?;
    let kind = if agent.is_some() { Kind::Reply } else { Kind::Incoming };
    let home = home(&mut Tx::of(&mut db, caller, now), own, mail).await?;
    // From here on the desk itself acts: a mail that arrives is nobody's change.
    let mut tx = Tx { conn: &mut db, actor: None, now };
    let mut joined = Vec::new();
    let home = match home {
        Home::New => None,
        Home::Join(ids) => {
            let home = join(&mut tx, &ids).await?;
            joined.extend(ids.into_iter().filter(|id| *id != home.rec.id).map(TicketId::from));
            Some(home)
        }
        Home::Only(id) => Some(tx.load(id).await?),
    };
    let at = mail.date.map_or(now, Timestamp::as_millisecond);
    let mut message = NewMessage {
        subject: Some(mail.subject.to_string()),
        to: mail.to.iter().map(Person::from).collect(),
        cc: mail.cc.iter().map(Person::from).collect(),
        from_html: mail.from_html,
        broken: mail.broken.clone(),
        ..NewMessage::plain(
            0,
            kind,
            author.clone(),
            agent,
            if at > now + FUTURE { now } else { at },
            mail.text.to_string(),
        )
    };
    // Closed is done for good: the customer starts anew, with a link to what was.
    let closed = home.as_ref().filter(|h| kind == Kind::Incoming && h.rec.status == Status::Closed).cloned();
    let (before, mut rec, reply_within) = match home.filter(|_| closed.is_none()) {
        Some(home) => (Some(home.rec.clone()), home.rec, home.reply_within),
        None => {
            let mut rec = blank(queue.id, first_person(&message), mail.subject.to_string(), now);
            rec.created_at = message.at;
            rec.imported = true;
            tx.insert(&mut rec, queue.reply_within).await?;
            (None, rec, queue.reply_within)
        }
    };
    let loaded = rec.clone();
    message.ticket = rec.id;
    let id = add_message(tx.conn, &message, now).await?;
    keep(tx.conn, id, &identity, own, mail, raw, &sha, now).await?;

    if rec.imported && !rec.touched {
        renumber(tx.conn, rec.id).await?;
        rebase(tx.conn, &mut rec, now).await?;
    } else {
        rec.updated_at = now;
        rec.status = match (kind, rec.status) {
            (Kind::Incoming, Status::Waiting | Status::Snoozed | Status::Resolved) => Status::Open,
            (Kind::Reply, Status::New) => Status::Open,
            (_, as_it_is) => as_it_is,
        };
        if rec.status != Status::Snoozed {
            rec.snoozed_until = None;
        }
    }
    recount(tx.conn, &mut rec, now).await?;
    let from = Some(author.requester().to_string());
    tx.record(before.as_ref(), &rec, Event { what: "message", from, message: Some(id), ..Event::default() }).await?;
    tx.save(&loaded, &mut rec, reply_within).await?;
    if let Some(old) = closed {
        link(&mut tx, &old, &rec).await?;
    }
    search::index(tx.conn, &rec).await?;
    db.commit().await?;
    Ok(Imported {
        outcome: if mail.broken.is_some() { ImportOutcome::Broken } else { ImportOutcome::New },
        ticket: TicketId::from(rec.id),
        new_ticket: before.is_none(),
        joined,
        why: mail.broken.as_deref().map(Clean::line),
    })
}

/// The ticket of a mail that the desk has; other bytes under the same id are kept beside the first.
async fn known(conn: &mut SqliteConnection, identity: &str, sha: &[u8; 32], raw: &[u8]) -> Step<Option<i64>> {
    let found: Option<(i64, i64)> =
        sqlx::query_as("SELECT m.id, m.ticket FROM mail i JOIN message m ON m.id = i.message WHERE i.identity = $1")
            .bind(identity)
            .fetch_optional(&mut *conn)
            .await?;
    let Some((message, ticket)) = found else { return Ok(None) };
    keep_raw(conn, message, sha, raw).await?;
    Ok(Some(ticket))
}

async fn keep_raw(conn: &mut SqliteConnection, message: i64, sha: &[u8; 32], raw: &[u8]) -> Step<()> {
    sqlx::query("INSERT INTO raw (message, sha, bytes) VALUES ($1, $2, $3) ON CONFLICT (message, sha) DO NOTHING")
        .bind(message)
        .bind(sha.as_slice())
        .bind(raw)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// The agent who has this address, also one who left.
async fn agent_of(conn: &mut SqliteConnection, email: &str) -> Step<Option<i64>> {
    let key = email_key(email);
    if key.is_empty() {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT id FROM agent WHERE email_key = $1 ORDER BY removed_at IS NOT NULL, id LIMIT 1")
        .bind(key)
        .fetch_optional(&mut *conn)
        .await?)
}

/// Where a mail belongs.
enum Home {
    New,
    /// These become one; it may be only one.
    Join(Vec<i64>),
    /// This one as it is.
    Only(i64),
}

async fn home(tx: &mut Tx<'_>, own: Option<&str>, mail: &ParsedMail) -> Step<Home> {
    // What it answers: In-Reply-To before References, the newest reference first.
    let answers: Vec<&str> = mail
        .in_reply_to
        .iter()
        .chain(mail.references.iter().rev())
        .map(|id| id.trim())
        .filter(|id| !id.is_empty())
        .collect();
    let mut direct = None;
    for id in &answers {
        let ticket: Option<i64> = sqlx::query_scalar(
            "SELECT m.ticket FROM mail_ref r JOIN message m ON m.id = r.message WHERE r.mail_id = $1 AND r.bears = 1 \
             ORDER BY m.id DESC LIMIT 1",
        )
        .bind(id)
        .fetch_optional(&mut *tx.conn)
        .await?;
        if let Some(ticket) = ticket
            && seen(tx, ticket).await?.is_some()
        {
            direct = Some(ticket);
            break;
        }
    }
    let ids: Vec<&str> = answers.iter().copied().chain(own).collect();
    let touching: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT m.ticket FROM mail_ref r JOIN message m ON m.id = r.message \
         WHERE r.mail_id IN (SELECT value FROM json_each($1)) ORDER BY m.ticket",
    )
    .bind(json(&ids)?)
    .fetch_all(&mut *tx.conn)
    .await?;
    let mut untouched = Vec::new();
    let mut worked_on = Vec::new();
    for id in touching {
        match seen(tx, id).await? {
            Some(ticket) if ticket.rec.imported && !ticket.rec.touched => untouched.push(id),
            Some(_) => worked_on.push(id),
            None => {}
        }
    }
    Ok(match direct {
        Some(id) if !untouched.contains(&id) => Home::Only(id),
        _ if !untouched.is_empty() => Home::Join(untouched),
        _ => worked_on.first().map_or(Home::New, |id| Home::Only(*id)),
    })
}

/// A ticket that the importer may see and that is not a pointer.
async fn seen(tx: &mut Tx<'_>, id: i64) -> Step<Option<Loaded>> {
    match tx.load(id).await {
        Ok(ticket) => Ok(Some(ticket).filter(|t| t.rec.merged_into.is_none())),
        Err(Stop::Refused(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Folds tickets into the oldest of them.
async fn join(tx: &mut Tx<'_>, ids: &[i64]) -> Step<Loaded> {
    let oldest = ids.iter().copied().min().unwrap_or(0);
    for id in ids.iter().filter(|id| **id != oldest) {
        let (source, target) = (tx.load(*id).await?, tx.load(oldest).await?);
        merge::fold(tx, &source, &target).await?;
    }
    tx.load(oldest).await
}

/// The customer of a thread that starts with this message.
fn first_person(message: &NewMessage) -> Person {
    match message.kind {
        Kind::Incoming => message.author.clone(),
        _ => message.to.first().cloned().unwrap_or_default(),
    }
}

/// Makes an imported ticket what its mails say: it began with the first, is of the first customer, and is open once answered.
async fn rebase(conn: &mut SqliteConnection, rec: &mut Rec, now: i64) -> Step<()> {
    let rows = sqlx::query(
        "SELECT kind, at, subject, author_name, author_email, to_list FROM message WHERE ticket = $1 ORDER BY number",
    )
    .bind(rec.id)
    .fetch_all(&mut *conn)
    .await?;
    let mut customer = None;
    let mut answered = false;
    for (i, row) in rows.iter().enumerate() {
        let kind: String = row.try_get(0)?;
        let at: i64 = row.try_get(1)?;
        if i == 0 {
            rec.created_at = at;
            rec.updated_at = at;
            rec.subject = row.try_get::<Option<String>, _>(2)?.unwrap_or_default();
        }
        rec.updated_at = rec.updated_at.max(at).min(now);
        answered |= kind == Kind::Reply.word();
        if kind == Kind::Incoming.word() && customer.is_none() {
            customer = Some(Person { name: row.try_get(3)?, email: row.try_get(4)?, ..Person::default() });
        }
    }
    if let Some(first) = rows.first().filter(|_| customer.is_none()) {
        customer = super::rec::list::<Person>(first, 5)?.into_iter().next();
    }
    if let Some(customer) = customer {
        rec.requester = customer;
    }
    rec.status = if answered { Status::Open } else { Status::New };
    Ok(())
}

/// Keeps what the message was made from: raw mail, HTML, files, and the ids it bears and cites.
#[allow(clippy::too_many_arguments)] // one mail's parts, named by their types
async fn keep(
    conn: &mut SqliteConnection,
    message: i64,
    identity: &str,
    own: Option<&str>,
    mail: &ParsedMail,
    raw: &[u8],
    sha: &[u8; 32],
    now: i64,
) -> Step<()> {
    sqlx::query("INSERT INTO mail (identity, message) VALUES ($1, $2)")
        .bind(identity)
        .bind(message)
        .execute(&mut *conn)
        .await?;
    keep_raw(conn, message, sha, raw).await?;
    if let Some(html) = &mail.html {
        sqlx::query("INSERT INTO html (message, body) VALUES ($1, $2)")
            .bind(message)
            .bind(html)
            .execute(&mut *conn)
            .await?;
    }
    let cited = mail.in_reply_to.iter().chain(&mail.references).map(|id| (id.trim(), 0_i64));
    for (id, bears) in own.map(|id| (id, 1)).into_iter().chain(cited).filter(|(id, _)| !id.is_empty()) {
        sqlx::query("INSERT INTO mail_ref (mail_id, message, bears) VALUES ($1, $2, $3) ON CONFLICT (mail_id, message) DO NOTHING")
            .bind(id)
            .bind(message)
            .bind(bears)
            .execute(&mut *conn)
            .await?;
    }
    for file in &mail.attachments {
        sqlx::query(
            "INSERT INTO attachment (message, name, media_type, size, inline, created_at, bytes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(message)
        .bind(file.name.as_str())
        .bind(&file.kind)
        .bind(file.bytes.len() as i64)
        .bind(i64::from(file.inline))
        .bind(now)
        .bind(&file.bytes)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Links a new ticket to the closed one that its mail answers, in the history of both.
async fn link(tx: &mut Tx<'_>, old: &Loaded, new: &Rec) -> Step<()> {
    let from = Some(format!("#{}", old.rec.id));
    tx.record(Some(new), new, Event { what: "link", from, ..Event::default() }).await?;
    let to = Some(format!("#{}", new.id));
    tx.record(Some(&old.rec), &old.rec, Event { what: "link", to, ..Event::default() }).await?;
    Ok(())
}

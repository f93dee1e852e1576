//! Agents, queues, members and tokens: what `admin` keeps, and who stands behind a token.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::rec::{Event, Tx, email_key, find_agent, json, loaded, name_key, select_ticket};
use super::{SqliteStore, Step, invalid, not_found, not_possible, tally, time};
use crate::domain::people::Role;
use crate::domain::{Agent, AgentId, Counts, Load, Presence, Queue, QueueId, error::DeskError};
use crate::server::store::{Caller, NewAgent, StoreError, TokenInfo};
use crate::text::Clean;

/// Seconds until a customer's message should be answered, unless the queue says otherwise.
const REPLY_WITHIN: i64 = 24 * 3600;

/// How exactly a token's last use is remembered: a write per request would cost more than the request.
const USED_AT_STEP: i64 = 10 * 60 * 1000;

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Agent => "agent",
        Role::Admin => "admin",
    }
}

fn role(word: &str) -> Role {
    if word == "admin" { Role::Admin } else { Role::Agent }
}

pub(super) async fn caller(store: &SqliteStore, hash: &[u8; 32], now: Timestamp) -> Result<Option<Caller>, StoreError> {
    let now = now.as_millisecond();
    let row = sqlx::query(
        "SELECT t.id, t.used_at, t.expires_at, a.id, a.role FROM token t JOIN agent a ON a.id = t.agent \
         WHERE t.hash = $1 AND a.removed_at IS NULL",
    )
    .bind(hash.as_slice())
    .fetch_optional(&store.readers)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let token: i64 = row.try_get(0)?;
    let used_at: Option<i64> = row.try_get(1)?;
    let expires_at: Option<i64> = row.try_get(2)?;
    if expires_at.is_some_and(|t| t <= now) {
        return Ok(None);
    }
    if used_at.is_none_or(|t| now - t > USED_AT_STEP) {
        // Beside the request, which does not wait for the disk; and a full or read-only one must not lock everybody out.
        let writer = store.writer.clone();
        tokio::spawn(async move {
            let used = sqlx::query("UPDATE token SET used_at = $1 WHERE id = $2").bind(now).bind(token);
            let _ = used.execute(&writer).await;
        });
    }
    let agent: i64 = row.try_get(3)?;
    let word: String = row.try_get(4)?;
    Ok(Some(Caller { agent: AgentId::from(agent), role: role(&word), token }))
}

/// Takes a number of the event log for a change of agents, queues or members: streams that stand before it load all again.
async fn changed(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'event'").execute(&mut *conn).await?;
    sqlx::query("UPDATE desk SET roster = (SELECT seq FROM sqlite_sequence WHERE name = 'event')")
        .execute(conn)
        .await?;
    Ok(())
}

/// Every agent of the desk, oldest first, without load.
pub(super) async fn roster(conn: &mut SqliteConnection) -> Result<Vec<(i64, Agent)>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT id, login, name, email, color, role FROM agent WHERE removed_at IS NULL ORDER BY id")
            .fetch_all(&mut *conn)
            .await?;
    rows.iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            let word: String = row.try_get(5)?;
            let agent = Agent {
                id: AgentId::from(id),
                login: Clean::line(row.try_get(1)?),
                name: Clean::line(row.try_get(2)?),
                email: Clean::line(row.try_get(3)?),
                color: u16::try_from(row.try_get::<i64, _>(4)?).unwrap_or(0),
                role: role(&word),
                load: Load::default(),
                presence: Presence::default(),
            };
            Ok((id, agent))
        })
        .collect()
}

pub(super) async fn all_agents(store: &SqliteStore) -> Step<Vec<Agent>> {
    let mut tx = store.readers.begin().await?;
    let cells = tally::cells(&mut tx).await?;
    let agents = roster(&mut tx).await?;
    Ok(agents
        .into_iter()
        .map(|(id, mut agent)| {
            agent.load = tally::load(cells.iter(), id);
            agent
        })
        .collect())
}

pub(super) async fn add_agent(store: &SqliteStore, new: &NewAgent, now: Timestamp) -> Step<Agent> {
    let login = new.login.trim();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if login.is_empty() || login.len() > 64 || !login.chars().all(fits) || login.chars().all(|c| c.is_ascii_digit()) {
        return Err(invalid("login", "a login is lower-case letters, digits, `.`, `_` and `-`, and not only digits"));
    }
    if matches!(login, "me" | "none" | "any") {
        return Err(invalid("login", format!("{login} is a word of the filters: take another login")));
    }
    let name = if new.name.trim().is_empty() { login } else { new.name.trim() };
    let mut tx = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let agents = roster(&mut tx).await?;
    if agents.iter().any(|(_, a)| a.login.as_str() == login) {
        return Err(DeskError::Conflict { ticket: None, why: Clean::line(&format!("agent {login} exists")) }.into());
    }
    let color = (0..=u16::MAX).find(|slot| agents.iter().all(|(_, a)| a.color != *slot)).unwrap_or(0);
    sqlx::query(
        "INSERT INTO agent (login, name, email, email_key, color, role, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(login)
    .bind(name)
    .bind(new.email.trim())
    .bind(email_key(&new.email))
    .bind(i64::from(color))
    .bind(role_word(new.role))
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    changed(&mut tx).await?;
    let made = roster(&mut tx).await?.into_iter().find(|(_, a)| a.login.as_str() == login);
    tx.commit().await?;
    made.map(|(_, agent)| agent).ok_or_else(|| not_found(format!("agent {login}")))
}

pub(super) async fn remove_agent(store: &SqliteStore, login: &str, give_to: Option<&str>, now: Timestamp) -> Step<u64> {
    let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let leaver = find_agent(&mut db, login).await?.ok_or_else(|| not_found(format!("agent {login}")))?;
    let heir = match give_to {
        None => None,
        Some(other) => Some(
            find_agent(&mut db, other)
                .await?
                .ok_or_else(|| invalid("give_to", format!("there is no agent {other}")))?,
        ),
    };
    if heir.as_ref().is_some_and(|h| h.id == leaver.id) {
        return Err(invalid("give_to", "that is the agent to remove"));
    }
    // A queue that loses its last member would be open to everybody.
    let alone: Vec<(i64, String)> = sqlx::query_as(
        "SELECT q.id, q.name FROM member m JOIN queue q ON q.id = m.queue WHERE m.agent = $1 \
         AND NOT EXISTS (SELECT 1 FROM member o WHERE o.queue = m.queue AND o.agent <> $1)",
    )
    .bind(leaver.id)
    .fetch_all(&mut *db)
    .await?;
    for (queue, name) in alone {
        let Some(heir) = &heir else {
            return Err(not_possible(format!(
                "{} is the last member of queue {name}, which would be open to all: add another member first, or name who gets the tickets",
                leaver.login
            )));
        };
        sqlx::query("INSERT INTO member (queue, agent) VALUES ($1, $2)")
            .bind(queue)
            .bind(heir.id)
            .execute(&mut *db)
            .await?;
    }
    let held = sqlx::query(select_ticket!("WHERE t.assignee = $1 AND t.rank < 5 ORDER BY t.id"))
        .bind(leaver.id)
        .fetch_all(&mut *db)
        .await?;
    let mut tx = Tx { conn: &mut db, actor: None, now: now.as_millisecond() };
    for row in &held {
        let ticket = loaded(row)?;
        // Somebody outside the queue cannot hold its ticket: it goes back to the pile.
        let to = match &heir {
            Some(heir) if tx.in_queue(heir.id, ticket.rec.queue).await? => Some(heir),
            _ => None,
        };
        let mut after = ticket.rec.clone();
        after.assignee = to.map(|a| a.id);
        after.assigned_at = to.map(|_| tx.now);
        after.updated_at = tx.now;
        let event = Event {
            what: if to.is_some() { "assign" } else { "release" },
            from: Some(leaver.name.clone()),
            to: to.map(|a| a.name.clone()),
            ..Event::default()
        };
        tx.record(Some(&ticket.rec), &after, event).await?;
        tx.save(&ticket.rec, &mut after, ticket.reply_within).await?;
    }
    sqlx::query("DELETE FROM token WHERE agent = $1").bind(leaver.id).execute(&mut *db).await?;
    sqlx::query("DELETE FROM member WHERE agent = $1").bind(leaver.id).execute(&mut *db).await?;
    sqlx::query("UPDATE agent SET removed_at = $1 WHERE id = $2")
        .bind(now.as_millisecond())
        .bind(leaver.id)
        .execute(&mut *db)
        .await?;
    changed(&mut db).await?;
    db.commit().await?;
    Ok(held.len() as u64)
}

pub(super) async fn add_queue(
    store: &SqliteStore,
    name: &str,
    reply_within: Option<u32>,
    now: Timestamp,
) -> Step<Queue> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(invalid("name", "a queue's name has 1 to 100 characters on one line"));
    }
    let reply_within = reply_within.map_or(REPLY_WITHIN, i64::from);
    let mut tx = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let taken: i64 = sqlx::query_scalar("SELECT count(*) FROM queue WHERE name_key = $1")
        .bind(name_key(name))
        .fetch_one(&mut *tx)
        .await?;
    if taken > 0 {
        return Err(DeskError::Conflict { ticket: None, why: Clean::line(&format!("queue {name} exists")) }.into());
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO queue (name, name_key, reply_within, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
    )
    .bind(name)
    .bind(name_key(name))
    .bind(reply_within)
    .bind(now.as_millisecond())
    .fetch_one(&mut *tx)
    .await?;
    changed(&mut tx).await?;
    tx.commit().await?;
    Ok(queue(id, name, reply_within, Counts::default()))
}

/// A queue as the desk shows it.
pub(super) fn queue(id: i64, name: &str, reply_within: i64, counts: Counts) -> Queue {
    Queue { id: QueueId::from(id), name: Clean::line(name), reply_within: u32::try_from(reply_within).ok(), counts }
}

pub(super) async fn all_queues(store: &SqliteStore) -> Step<Vec<(Queue, Vec<Clean>)>> {
    let mut tx = store.readers.begin().await?;
    let cells = tally::cells(&mut tx).await?;
    let members: Vec<(i64, String)> = sqlx::query_as(
        "SELECT m.queue, a.login FROM member m JOIN agent a ON a.id = m.agent ORDER BY m.queue, a.login",
    )
    .fetch_all(&mut *tx)
    .await?;
    let rows: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT id, name, reply_within FROM queue ORDER BY id").fetch_all(&mut *tx).await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, reply_within)| {
            let counts = tally::counts(cells.iter().filter(|c| c.queue == id), 0);
            let logins = members.iter().filter(|(q, _)| *q == id).map(|(_, login)| Clean::line(login)).collect();
            // Nobody asks, so nothing is mine.
            (queue(id, &name, reply_within, Counts { mine: 0, ..counts }), logins)
        })
        .collect())
}

pub(super) async fn set_member(store: &SqliteStore, queue: &str, login: &str, member: bool) -> Step<()> {
    let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let agent = find_agent(&mut db, login).await?.ok_or_else(|| not_found(format!("agent {login}")))?;
    let queue = Tx { conn: &mut db, actor: None, now: 0 }.queue(queue, "queue").await?;
    let sql = if member {
        "INSERT INTO member (queue, agent) VALUES ($1, $2) ON CONFLICT (queue, agent) DO NOTHING"
    } else {
        "DELETE FROM member WHERE queue = $1 AND agent = $2"
    };
    sqlx::query(sql).bind(queue.id).bind(agent.id).execute(&mut *db).await?;
    changed(&mut db).await?;
    db.commit().await?;
    Ok(())
}

pub(super) async fn add_token(
    store: &SqliteStore,
    login: &str,
    name: &str,
    hash: &[u8; 32],
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Step<i64> {
    let mut tx = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let agent = find_agent(&mut tx, login).await?.ok_or_else(|| not_found(format!("agent {login}")))?;
    let id = sqlx::query_scalar(
        "INSERT INTO token (agent, name, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(agent.id)
    .bind(name)
    .bind(hash.as_slice())
    .bind(now.as_millisecond())
    .bind(expires_at.map(Timestamp::as_millisecond))
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

pub(super) async fn tokens(store: &SqliteStore) -> Step<Vec<TokenInfo>> {
    let rows = sqlx::query(
        "SELECT t.id, a.login, t.name, t.created_at, t.used_at, t.expires_at FROM token t JOIN agent a ON a.id = t.agent \
         ORDER BY t.id",
    )
    .fetch_all(&store.readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(TokenInfo {
                id: row.try_get(0)?,
                login: Clean::line(row.try_get(1)?),
                name: Clean::line(row.try_get(2)?),
                created_at: time(row.try_get(3)?),
                used_at: row.try_get::<Option<i64>, _>(4)?.map(time),
                expires_at: row.try_get::<Option<i64>, _>(5)?.map(time),
            })
        })
        .collect()
}

pub(super) async fn revoke_token(store: &SqliteStore, id: i64) -> Step<()> {
    let done = sqlx::query("DELETE FROM token WHERE id = $1").bind(id).execute(&store.writer).await?;
    if done.rows_affected() == 0 { Err(not_found(format!("token {id}"))) } else { Ok(()) }
}

/// The queues an agent may see: member of, or without members. Id, name, seconds to reply; in the desk's order.
pub(super) async fn visible(conn: &mut SqliteConnection, agent: i64) -> Result<Vec<(i64, String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT q.id, q.name, q.reply_within FROM queue q \
         WHERE NOT EXISTS (SELECT 1 FROM member WHERE queue = q.id) \
         OR EXISTS (SELECT 1 FROM member WHERE queue = q.id AND agent = $1) ORDER BY q.id",
    )
    .bind(agent)
    .fetch_all(&mut *conn)
    .await
}

/// Ids as one bound value, for `IN (SELECT value FROM json_each(…))`.
pub(super) fn id_list(ids: &[i64]) -> Step<String> {
    json(ids)
}

//! A ticket as the database keeps it, and the one way to change it: load, change the record, `record` the event, `save`.
//!
//! [`Tx::save`] works out every column that follows from others (waiting, due, late, place in the list), bumps the version
//! and keeps tally and labels right, so no verb can forget one of them.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Step, Stop, invalid, not_found, tally, time};
use crate::domain::{
    AgentId, AgentRef, Channel, Priority, QueueId, Requester, Status, TicketId, TicketRow, error::DeskError,
};
use crate::server::store::Caller;
use crate::text::Clean;

/// The ranks of `ticket.rank`; see the schema.
pub(super) const RANK_LATE: i64 = 1;
pub(super) const RANK_ON_US: i64 = 2;
pub(super) const RANK_ACTIVE: i64 = 3;
pub(super) const RANK_SNOOZED: i64 = 4;
pub(super) const RANK_RESOLVED: i64 = 5;
pub(super) const RANK_CLOSED: i64 = 6;
pub(super) const RANK_POINTER: i64 = 7;

/// One row of `ticket`; in an event, the ticket as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rec {
    pub id: i64,
    pub version: i64,
    pub subject: String,
    pub status: Status,
    pub priority: Priority,
    pub queue: i64,
    pub assignee: Option<i64>,
    pub assigned_at: Option<i64>,
    pub requester: Person,
    pub labels: Vec<String>,
    pub category: Option<String>,
    pub channel: Channel,
    pub created_at: i64,
    pub updated_at: i64,
    pub snoozed_until: Option<i64>,
    pub waiting_since: Option<i64>,
    pub due_at: Option<i64>,
    pub on_us: bool,
    pub late: bool,
    pub messages: i64,
    pub split_from: Option<i64>,
    pub split_into: Vec<i64>,
    pub merged_into: Option<i64>,
    pub imported: bool,
    pub touched: bool,
    pub rank: i64,
    pub sort_key: i64,
}

/// A person as stored: raw text, sanitised when it becomes a domain type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Person {
    pub fn requester(&self) -> Requester {
        Requester {
            name: Clean::line(&self.name),
            email: Clean::line(&self.email),
            phone: self.phone.as_deref().map(Clean::line),
            code: self.code.as_deref().map(Clean::line),
        }
    }

    /// The person in one line of history.
    pub fn named(&self) -> String {
        let who = self.requester().to_string();
        self.code.as_ref().map_or_else(|| who.clone(), |code| format!("{who} [{code}]"))
    }

    /// What finds the person by mail address.
    pub fn email_key(&self) -> String {
        email_key(&self.email)
    }

    /// What finds the person by customer code.
    fn code_key(&self) -> String {
        self.code.as_deref().map(name_key).unwrap_or_default()
    }

    fn tel_key(&self) -> String {
        self.phone.as_deref().map(tel_key).unwrap_or_default()
    }
}

impl From<&Requester> for Person {
    fn from(r: &Requester) -> Self {
        Self {
            name: r.name.to_string(),
            email: r.email.to_string(),
            phone: r.phone.as_ref().map(ToString::to_string),
            code: r.code.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&crate::mail::parse::Address> for Person {
    fn from(a: &crate::mail::parse::Address) -> Self {
        Self { name: a.name.to_string(), email: a.email.to_string(), ..Self::default() }
    }
}

impl From<&crate::wire::RequesterBody> for Person {
    fn from(r: &crate::wire::RequesterBody) -> Self {
        Self { name: r.name.clone(), email: r.email.clone(), phone: r.phone.clone(), code: r.code.clone() }
    }
}

/// A mail address as it is compared.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A phone number as it is compared: its digits.
pub(super) fn tel_key(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

impl Rec {
    /// Works out the columns that follow from the others.
    pub fn derive(&mut self, reply_within: i64, now: i64) {
        let at_work = matches!(self.status, Status::New | Status::Open) && self.merged_into.is_none();
        let waiting = self.waiting_since.filter(|_| at_work);
        self.on_us = waiting.is_some();
        self.due_at = waiting.map(|since| since.saturating_add(reply_within.saturating_mul(1000)));
        self.late = self.due_at.is_some_and(|due| due <= now);
        (self.rank, self.sort_key) = match (waiting, self.due_at) {
            (Some(_), Some(due)) if self.late => (RANK_LATE, due),
            (Some(since), _) => (RANK_ON_US, since),
            (None, _) => {
                let rank = match self.status {
                    _ if self.merged_into.is_some() => RANK_POINTER,
                    Status::New | Status::Open | Status::Waiting => RANK_ACTIVE,
                    Status::Snoozed => RANK_SNOOZED,
                    Status::Resolved => RANK_RESOLVED,
                    Status::Closed => RANK_CLOSED,
                };
                (rank, self.updated_at.saturating_neg())
            }
        };
    }
}

/// A ticket with the names that its row shows.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub rec: Rec,
    pub queue_name: String,
    pub reply_within: i64,
    pub holder: Option<(String, String)>,
}

impl Loaded {
    pub fn holder_ref(&self) -> Option<AgentRef> {
        let (login, name) = self.holder.as_ref()?;
        Some(AgentRef { id: AgentId::from(self.rec.assignee?), login: Clean::line(login), name: Clean::line(name) })
    }

    /// The row as the desk shows it.
    pub fn row(&self) -> TicketRow {
        let rec = &self.rec;
        TicketRow {
            id: TicketId::from(rec.id),
            subject: Clean::line(&rec.subject),
            status: rec.status,
            native_status: Clean::line(rec.status.word()),
            priority: rec.priority,
            queue: Clean::line(&self.queue_name),
            queue_id: QueueId::from(rec.queue),
            assignee: self.holder_ref(),
            assigned_at: rec.assignee.and(rec.assigned_at).map(time),
            requester: rec.requester.requester(),
            labels: rec.labels.iter().map(|l| Clean::line(l)).collect(),
            category: rec.category.as_deref().map(Clean::line),
            channel: rec.channel,
            created_at: time(rec.created_at),
            updated_at: time(rec.updated_at),
            on_us: rec.on_us,
            waiting_since: rec.waiting_since.map(time),
            due_at: rec.due_at.map(time),
            late: rec.late,
            snoozed_until: rec.snoozed_until.map(time),
            messages: u32::try_from(rec.messages).unwrap_or(u32::MAX),
            split_from: rec.split_from.map(TicketId::from),
            split_into: rec.split_into.iter().copied().map(TicketId::from).collect(),
            merged_into: rec.merged_into.map(TicketId::from),
            reading: Vec::new(),
            writing: Vec::new(),
            version: u64::try_from(rec.version).unwrap_or(0),
        }
    }
}

/// The columns of a ticket with its names, followed by the rest of the statement.
macro_rules! select_ticket {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.version, t.subject, t.status, t.priority, t.queue, t.assignee, t.assigned_at, ",
            "t.requester_name, t.requester_email, t.requester_phone, t.labels, t.category, t.channel, t.created_at, ",
            "t.updated_at, t.snoozed_until, t.waiting_since, t.due_at, t.on_us, t.late, t.messages, t.split_from, ",
            "t.split_into, t.merged_into, t.imported, t.touched, t.rank, t.sort_key, ",
            "q.name, q.reply_within, a.login, a.name, t.requester_code ",
            "FROM ticket t JOIN queue q ON q.id = t.queue LEFT JOIN agent a ON a.id = t.assignee ",
            $rest
        )
    };
}
pub(super) use select_ticket;

/// Reads a row of [`select_ticket!`].
pub(super) fn loaded(row: &SqliteRow) -> Result<Loaded, sqlx::Error> {
    let status: String = row.try_get(3)?;
    let priority: String = row.try_get(4)?;
    let channel: String = row.try_get(13)?;
    let rec = Rec {
        id: row.try_get(0)?,
        version: row.try_get(1)?,
        subject: row.try_get(2)?,
        status: Status::parse(&status).unwrap_or(Status::Open),
        priority: Priority::parse(&priority).unwrap_or_default(),
        queue: row.try_get(5)?,
        assignee: row.try_get(6)?,
        assigned_at: row.try_get(7)?,
        requester: Person {
            name: row.try_get(8)?,
            email: row.try_get(9)?,
            phone: row.try_get(10)?,
            code: row.try_get(33)?,
        },
        labels: list(row, 11)?,
        category: row.try_get(12)?,
        channel: Channel::parse(&channel).unwrap_or_default(),
        created_at: row.try_get(14)?,
        updated_at: row.try_get(15)?,
        snoozed_until: row.try_get(16)?,
        waiting_since: row.try_get(17)?,
        due_at: row.try_get(18)?,
        on_us: row.try_get::<i64, _>(19)? != 0,
        late: row.try_get::<i64, _>(20)? != 0,
        messages: row.try_get(21)?,
        split_from: row.try_get(22)?,
        split_into: list(row, 23)?,
        merged_into: row.try_get(24)?,
        imported: row.try_get::<i64, _>(25)? != 0,
        touched: row.try_get::<i64, _>(26)? != 0,
        rank: row.try_get(27)?,
        sort_key: row.try_get(28)?,
    };
    let login: Option<String> = row.try_get(31)?;
    let name: Option<String> = row.try_get(32)?;
    Ok(Loaded { rec, queue_name: row.try_get(29)?, reply_within: row.try_get(30)?, holder: login.zip(name) })
}

/// A JSON list in a text column.
pub(super) fn list<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: usize) -> Result<Vec<T>, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// JSON for a text column. Our own types always have a JSON form.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Stop> {
    serde_json::to_string(value).map_err(|e| Stop::Fault(super::StoreError::Database(e.to_string())))
}

/// A queue as verbs need it.
#[derive(Clone, Debug)]
pub(super) struct QueueRef {
    pub id: i64,
    pub name: String,
    pub reply_within: i64,
}

/// An agent as verbs need it.
#[derive(Clone, Debug)]
pub(super) struct AgentRow {
    pub id: i64,
    pub login: String,
    pub name: String,
    pub email: String,
}

/// An event to write.
#[derive(Clone, Debug, Default)]
pub(super) struct Event<'a> {
    pub what: &'a str,
    pub from: Option<String>,
    pub to: Option<String>,
    pub message: Option<i64>,
    pub undoes: Option<i64>,
}

/// What a split or merge moved, for undo: `messages` went from `source` to `target`; undo holds only while both tickets still
/// have these versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moved {
    pub source: i64,
    pub target: i64,
    pub messages: Vec<i64>,
    /// Every message of both tickets with its number before.
    pub numbers: Vec<(i64, i64)>,
    pub source_version: i64,
    pub target_version: i64,
    /// The event of the same step on the source, and on the target.
    #[serde(default)]
    pub source_event: i64,
    #[serde(default)]
    pub target_event: i64,
}

/// One write's transaction: who does it and when.
pub(super) struct Tx<'c> {
    pub conn: &'c mut SqliteConnection,
    /// The agent; nobody is the desk itself, which sees everything.
    pub actor: Option<i64>,
    pub now: i64,
}

impl<'c> Tx<'c> {
    pub fn of(conn: &'c mut SqliteConnection, caller: &Caller, now: i64) -> Self {
        Self { conn, actor: caller.agent.number(), now }
    }

    /// A ticket that the actor may see, pointers included.
    pub async fn load(&mut self, id: i64) -> Step<Loaded> {
        let row = sqlx::query(select_ticket!(
            "WHERE t.id = $1 AND ($2 IS NULL OR NOT EXISTS (SELECT 1 FROM member WHERE queue = t.queue) \
             OR EXISTS (SELECT 1 FROM member WHERE queue = t.queue AND agent = $2))"
        ))
        .bind(id)
        .bind(self.actor)
        .fetch_optional(&mut *self.conn)
        .await?;
        match row {
            Some(row) => Ok(loaded(&row)?),
            None => Err(not_found(format!("ticket {id}"))),
        }
    }

    /// A ticket to change: one that the actor may see and that is not a pointer.
    pub async fn load_live(&mut self, id: i64) -> Step<Loaded> {
        let loaded = self.load(id).await?;
        match loaded.rec.merged_into {
            None => Ok(loaded),
            Some(into) => Err(super::not_possible(format!("ticket {id} was merged into {into}: work there"))),
        }
    }

    /// A queue that the actor may see, by id or name.
    pub async fn queue(&mut self, named: &str, field: &str) -> Step<QueueRef> {
        let row = sqlx::query(
            "SELECT id, name, reply_within FROM queue q WHERE (id = $1 OR name_key = $2) \
             AND ($3 IS NULL OR NOT EXISTS (SELECT 1 FROM member WHERE queue = q.id) \
             OR EXISTS (SELECT 1 FROM member WHERE queue = q.id AND agent = $3)) \
             ORDER BY id = $1 DESC LIMIT 1",
        )
        .bind(named.trim().parse::<i64>().unwrap_or(0))
        .bind(name_key(named))
        .bind(self.actor)
        .fetch_optional(&mut *self.conn)
        .await?;
        match row {
            Some(row) => Ok(QueueRef { id: row.try_get(0)?, name: row.try_get(1)?, reply_within: row.try_get(2)? }),
            None => Err(invalid(field, format!("there is no queue {}", named.trim()))),
        }
    }

    /// An agent by id or login.
    pub async fn agent(&mut self, named: &str, field: &str) -> Step<AgentRow> {
        find_agent(self.conn, named).await?.ok_or_else(|| invalid(field, format!("there is no agent {}", named.trim())))
    }

    /// The actor as an agent.
    pub async fn me(&mut self) -> Step<AgentRow> {
        let me = self.actor.map(|id| id.to_string()).unwrap_or_default();
        find_agent(self.conn, &me)
            .await?
            .ok_or_else(|| DeskError::Unauthenticated { why: Clean::line("the agent was removed") }.into())
    }

    /// Whether an agent works in a queue.
    pub async fn in_queue(&mut self, agent: i64, queue: i64) -> Step<bool> {
        let yes: i64 = sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT 1 FROM member WHERE queue = $1) \
             OR EXISTS (SELECT 1 FROM member WHERE queue = $1 AND agent = $2)",
        )
        .bind(queue)
        .bind(agent)
        .fetch_one(&mut *self.conn)
        .await?;
        Ok(yes != 0)
    }

    /// Refuses an agent who is not in the queue, naming who is.
    pub async fn need_in_queue(&mut self, agent: &AgentRow, queue: i64, queue_name: &str) -> Step<()> {
        if self.in_queue(agent.id, queue).await? {
            return Ok(());
        }
        let who: Vec<String> = sqlx::query_scalar(
            "SELECT a.login FROM member m JOIN agent a ON a.id = m.agent WHERE m.queue = $1 AND a.removed_at IS NULL \
             ORDER BY a.login",
        )
        .bind(queue)
        .fetch_all(&mut *self.conn)
        .await?;
        Err(super::not_possible(format!("{} is not in queue {queue_name}; in it are {}", agent.login, who.join(", "))))
    }

    /// Writes an event with the ticket as it was before it.
    pub async fn record(&mut self, before: Option<&Rec>, after: &Rec, event: Event<'_>) -> Step<i64> {
        let before_json = before.map(json).transpose()?;
        let queue_before = before.map(|b| b.queue).filter(|q| *q != after.queue);
        let id = sqlx::query_scalar(
            "INSERT INTO event (ticket, at, actor, what, from_text, to_text, message, queue, queue_before, undoes, before) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(after.id)
        .bind(self.now)
        .bind(self.actor)
        .bind(event.what)
        .bind(event.from)
        .bind(event.to)
        .bind(event.message)
        .bind(after.queue)
        .bind(queue_before)
        .bind(event.undoes)
        .bind(before_json)
        .fetch_one(&mut *self.conn)
        .await?;
        Ok(id)
    }

    /// Keeps with two events what their step moved.
    pub async fn record_moved(&mut self, moved: &Moved) -> Step<()> {
        sqlx::query("UPDATE event SET moved = $1 WHERE id IN ($2, $3)")
            .bind(json(moved)?)
            .bind(moved.source_event)
            .bind(moved.target_event)
            .execute(&mut *self.conn)
            .await?;
        Ok(())
    }

    /// Writes a changed ticket: one compare-and-set on version and holder. `touched` follows the actor.
    pub async fn save(&mut self, before: &Rec, after: &mut Rec, reply_within: i64) -> Step<()> {
        after.version = before.version + 1;
        after.touched |= self.actor.is_some();
        after.derive(reply_within, self.now);
        let done = sqlx::query(
            "UPDATE ticket SET version = $1, subject = $2, status = $3, priority = $4, queue = $5, assignee = $6, \
             assigned_at = $7, requester_name = $8, requester_email = $9, requester_phone = $10, email_key = $11, \
             tel_key = $12, labels = $13, category = $14, channel = $15, created_at = $16, updated_at = $17, \
             snoozed_until = $18, waiting_since = $19, due_at = $20, on_us = $21, late = $22, messages = $23, \
             split_from = $24, split_into = $25, merged_into = $26, imported = $27, touched = $28, held = $29, \
             rank = $30, sort_key = $31, requester_code = $32, code_key = $33 \
             WHERE id = $34 AND version = $35 AND assignee IS NOT DISTINCT FROM $36",
        )
        .bind(after.version)
        .bind(&after.subject)
        .bind(after.status.word())
        .bind(after.priority.word())
        .bind(after.queue)
        .bind(after.assignee)
        .bind(after.assigned_at)
        .bind(&after.requester.name)
        .bind(&after.requester.email)
        .bind(&after.requester.phone)
        .bind(after.requester.email_key())
        .bind(after.requester.tel_key())
        .bind(json(&after.labels)?)
        .bind(&after.category)
        .bind(after.channel.word())
        .bind(after.created_at)
        .bind(after.updated_at)
        .bind(after.snoozed_until)
        .bind(after.waiting_since)
        .bind(after.due_at)
        .bind(i64::from(after.on_us))
        .bind(i64::from(after.late))
        .bind(after.messages)
        .bind(after.split_from)
        .bind(json(&after.split_into)?)
        .bind(after.merged_into)
        .bind(i64::from(after.imported))
        .bind(i64::from(after.touched))
        .bind(i64::from(after.assignee.is_some()))
        .bind(after.rank)
        .bind(after.sort_key)
        .bind(&after.requester.code)
        .bind(after.requester.code_key())
        .bind(after.id)
        .bind(before.version)
        .bind(before.assignee)
        .execute(&mut *self.conn)
        .await?;
        if done.rows_affected() != 1 {
            // Not reachable while writes hold the write lock from the read on; kept so that no claim can ever win twice.
            return Err(DeskError::Conflict { ticket: None, why: Clean::line("the ticket changed meanwhile") }.into());
        }
        tally::changed(self.conn, Some(before), Some(after)).await
    }

    /// Writes a new ticket; its id is set here. A customer whose code is known bears it from the start.
    pub async fn insert(&mut self, rec: &mut Rec, reply_within: i64) -> Step<()> {
        if rec.requester.code.is_none() && !rec.requester.email.is_empty() {
            rec.requester.code = sqlx::query_scalar(
                "SELECT requester_code FROM ticket WHERE email_key = $1 AND code_key <> '' ORDER BY id DESC LIMIT 1",
            )
            .bind(rec.requester.email_key())
            .fetch_optional(&mut *self.conn)
            .await?;
        }
        rec.requester.code = rec.requester.code.take().filter(|c| !c.is_empty());
        rec.version = 1;
        rec.derive(reply_within, self.now);
        rec.id = sqlx::query_scalar(
            "INSERT INTO ticket (version, subject, status, priority, queue, assignee, assigned_at, requester_name, \
             requester_email, requester_phone, email_key, tel_key, labels, category, channel, created_at, updated_at, \
             snoozed_until, waiting_since, due_at, on_us, late, messages, split_from, split_into, merged_into, imported, \
             touched, held, rank, sort_key, requester_code, code_key) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
             $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33) RETURNING id",
        )
        .bind(rec.version)
        .bind(&rec.subject)
        .bind(rec.status.word())
        .bind(rec.priority.word())
        .bind(rec.queue)
        .bind(rec.assignee)
        .bind(rec.assigned_at)
        .bind(&rec.requester.name)
        .bind(&rec.requester.email)
        .bind(&rec.requester.phone)
        .bind(rec.requester.email_key())
        .bind(rec.requester.tel_key())
        .bind(json(&rec.labels)?)
        .bind(&rec.category)
        .bind(rec.channel.word())
        .bind(rec.created_at)
        .bind(rec.updated_at)
        .bind(rec.snoozed_until)
        .bind(rec.waiting_since)
        .bind(rec.due_at)
        .bind(i64::from(rec.on_us))
        .bind(i64::from(rec.late))
        .bind(rec.messages)
        .bind(rec.split_from)
        .bind(json(&rec.split_into)?)
        .bind(rec.merged_into)
        .bind(i64::from(rec.imported))
        .bind(i64::from(rec.touched))
        .bind(i64::from(rec.assignee.is_some()))
        .bind(rec.rank)
        .bind(rec.sort_key)
        .bind(&rec.requester.code)
        .bind(rec.requester.code_key())
        .fetch_one(&mut *self.conn)
        .await?;
        tally::changed(self.conn, None, Some(rec)).await
    }

    /// The row as it is now, for the answer.
    pub async fn row(&mut self, id: i64) -> Step<TicketRow> {
        let row = sqlx::query(select_ticket!("WHERE t.id = $1")).bind(id).fetch_one(&mut *self.conn).await?;
        Ok(loaded(&row)?.row())
    }
}

/// A fresh ticket with nothing in it; [`Tx::insert`] gives it an id.
pub(super) fn blank(queue: i64, requester: Person, subject: String, now: i64) -> Rec {
    Rec {
        id: 0,
        version: 1,
        subject,
        status: Status::New,
        priority: Priority::Normal,
        queue,
        assignee: None,
        assigned_at: None,
        requester,
        labels: Vec::new(),
        category: None,
        channel: Channel::Mail,
        created_at: now,
        updated_at: now,
        snoozed_until: None,
        waiting_since: None,
        due_at: None,
        on_us: false,
        late: false,
        messages: 0,
        split_from: None,
        split_into: Vec::new(),
        merged_into: None,
        imported: false,
        touched: false,
        rank: RANK_ACTIVE,
        sort_key: 0,
    }
}

/// A name as it is compared.
pub(super) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// An agent by id or login, removed ones left out.
pub(super) async fn find_agent(conn: &mut SqliteConnection, named: &str) -> Step<Option<AgentRow>> {
    let row = sqlx::query(
        "SELECT id, login, name, email FROM agent WHERE removed_at IS NULL AND (id = $1 OR login = $2) \
         ORDER BY id = $1 DESC LIMIT 1",
    )
    .bind(named.trim().parse::<i64>().unwrap_or(0))
    .bind(name_key(named))
    .fetch_optional(&mut *conn)
    .await?;
    match row {
        Some(row) => Ok(Some(AgentRow {
            id: row.try_get(0)?,
            login: row.try_get(1)?,
            name: row.try_get(2)?,
            email: row.try_get(3)?,
        })),
        None => Ok(None),
    }
}

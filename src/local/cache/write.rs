//! What the desk says is kept: whole answers, and news laid over what is there. Many at once are one transaction.

use std::collections::HashSet;
use std::time::Instant;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, QueryBuilder, Row, Sqlite};

use super::{BOOKMARKS, Cache, Line};
use crate::domain::{AgentId, Bookmark, DeskError, UpdateKind, order};
use crate::domain::{
    Attachment, Cursor, DeskView, Message, Page, Query, Thread, TicketEvent, TicketId, TicketRow, Update,
};
use crate::text::fold;

/// Something the desk said.
#[derive(Clone, Debug)]
pub enum Keep {
    /// The main screen.
    View(Query, Box<DeskView>),
    /// A page of a list, and where it starts.
    Page(Query, Option<Cursor>, Page<TicketRow>),
    /// A thread.
    Thread(Box<Thread>),
    /// News.
    Update(Box<Update>),
    /// What one process heard from a desk that sends no news, for the others.
    Heard(Heard),
    /// An attachment somebody opened.
    File(Attachment, Vec<u8>),
    /// How far the agent has read a ticket: this the desk did not say.
    Read(TicketId, Bookmark),
}

/// What one process heard for all.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// The desk answers.
    Connected,
    /// It does not.
    Lost(DeskError),
    /// News.
    Update(Box<Update>),
}

/// In milliseconds.
const DAY: i64 = 24 * 3600 * 1000;
/// So much of what was heard is there for the others.
const HEARD: i64 = 2000;

/// A file larger than this is not kept: it would push everything else out.
pub const LARGEST_FILE: usize = 16 << 20;

impl Cache {
    /// Keeps what the desk said, in this order. What cannot be kept is said in the log and otherwise not missed.
    pub async fn keep(&self, said: Vec<Keep>) {
        let mut line = self.inner.writer.lock().await;
        let Some(db) = self.connection(&mut line).await else { return };
        match self.keep_all(db, &said).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(%error, "what the desk said was not kept");
                *line = Line::Broken(Instant::now());
            }
        }
    }

    async fn keep_all(&self, db: &mut SqliteConnection, said: &[Keep]) -> Result<(), sqlx::Error> {
        let now = Timestamp::now();
        if self.me().is_none() {
            let view = sqlx::query("SELECT view FROM desk").fetch_optional(&mut *db).await?;
            let view = view.and_then(|row| serde_json::from_str::<DeskView>(row.get(0)).ok());
            if let Some(view) = view {
                self.set_me(&view.me.id);
            }
        }
        let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
        let mut grown = false;
        for said in said {
            match said {
                Keep::View(query, view) => {
                    self.set_me(&view.me.id);
                    self.keep_view(&mut tx, view, now).await?;
                    let page = Page { rows: view.tickets.clone(), next: view.next.clone() };
                    self.keep_page(&mut tx, query, None, &page, now).await?;
                    if let Some(thread) = &view.preview {
                        self.keep_thread(&mut tx, thread, now).await?;
                    }
                }
                Keep::Page(query, after, page) => self.keep_page(&mut tx, query, after.as_ref(), page, now).await?,
                Keep::Thread(thread) => {
                    self.keep_row(&mut tx, &thread.ticket, now).await?;
                    self.keep_thread(&mut tx, thread, now).await?;
                    grown = true;
                }
                Keep::Update(update) => self.keep_update(&mut tx, update, now).await?,
                Keep::Heard(heard) => {
                    if let Heard::Update(update) = heard {
                        self.keep_update(&mut tx, update, now).await?;
                    }
                    let sql = "INSERT INTO news (heard) VALUES ($1)";
                    let seq = sqlx::query(sql).bind(json(heard)?).execute(&mut *tx).await?.last_insert_rowid();
                    sqlx::query("DELETE FROM news WHERE seq <= $1").bind(seq - HEARD).execute(&mut *tx).await?;
                }
                Keep::File(file, bytes) => {
                    keep_file(&mut tx, file, bytes, now).await?;
                    grown = true;
                }
                Keep::Read(ticket, bookmark) => keep_bookmark(&mut tx, ticket, bookmark).await?,
            }
        }
        if grown {
            self.make_room(&mut tx).await?;
        }
        tx.commit().await
    }

    async fn keep_view(&self, db: &mut SqliteConnection, view: &DeskView, now: Timestamp) -> Result<(), sqlx::Error> {
        let head = DeskView { tickets: Vec::new(), preview: None, ..view.clone() };
        sqlx::query("INSERT OR REPLACE INTO desk (one, view, as_of) VALUES (1, $1, $2)")
            .bind(json(&head)?)
            .bind(now.as_millisecond())
            .execute(db)
            .await?;
        Ok(())
    }

    /// A page, and what it says about rows that are not on it: they are not in that list any more.
    async fn keep_page(
        &self,
        db: &mut SqliteConnection,
        query: &Query,
        after: Option<&Cursor>,
        page: &Page<TicketRow>,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        // A page without rows that goes on says nothing of any row.
        let says = !page.rows.is_empty() || page.next.is_none();
        if says && after.is_none() && query.text.is_none() && query.requester.is_none() {
            let me = self.me();
            let last = page.rows.last().filter(|_| page.next.is_some()).map(|r| order::place(r, me.as_ref()).numbers());
            let (class, time, number) = last.unwrap_or((i64::MAX, i64::MAX, i64::MAX));
            let mut sql = QueryBuilder::<Sqlite>::new("SELECT id, ticket FROM ticket WHERE (class, time, number) <= (");
            let mut place = sql.separated(", ");
            place.push_bind(class).push_bind(time).push_bind(number);
            sql.push(")");
            super::read::restrict(&mut sql, query, me.as_ref().map(AgentId::as_str));
            let listed: HashSet<&str> = page.rows.iter().map(|r| r.id.as_str()).collect();
            for known in sql.build().fetch_all(&mut *db).await? {
                let id: &str = known.get(0);
                let fits = |r: TicketRow| order::matches(query, &r, me.as_ref());
                if !listed.contains(id) && serde_json::from_str(known.get(1)).map_or(true, fits) {
                    sqlx::query("DELETE FROM ticket WHERE id = $1").bind(id).execute(&mut *db).await?;
                }
            }
        }
        for row in &page.rows {
            self.keep_row(db, row, now).await?;
        }
        if after.is_none() {
            sqlx::query("INSERT OR REPLACE INTO asked (query, rows, next, as_of) VALUES ($1, $2, $3, $4)")
                .bind(json(query)?)
                .bind(page.rows.len() as i64)
                .bind(page.next.as_ref().map(|c| c.0.clone()))
                .bind(now.as_millisecond())
                .execute(&mut *db)
                .await?;
            // Searches are many and soon old.
            sqlx::query("DELETE FROM asked WHERE as_of < $1")
                .bind(now.as_millisecond() - DAY)
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }

    async fn keep_row(&self, db: &mut SqliteConnection, row: &TicketRow, now: Timestamp) -> Result<(), sqlx::Error> {
        let me = self.me();
        let (class, time, number) = order::place(row, me.as_ref()).numbers();
        // Who reads and writes is true for the moment only.
        let plain = TicketRow { reading: Vec::new(), writing: Vec::new(), ..row.clone() };
        sqlx::query(
            "INSERT OR REPLACE INTO ticket
             (id, ticket, version, queue, holder, status, late, requester, class, time, number, words, as_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(row.id.as_str())
        .bind(json(&plain)?)
        .bind(row.version as i64)
        .bind(row.queue_id.as_str())
        .bind(row.assignee.as_ref().map(|a| a.id.as_str().to_owned()))
        .bind(row.status.word())
        .bind(i64::from(row.late))
        .bind(row.requester.email.as_str())
        .bind(class)
        .bind(time)
        .bind(number)
        .bind(row.haystack())
        .bind(now.as_millisecond())
        .execute(db)
        .await?;
        Ok(())
    }

    async fn keep_thread(&self, db: &mut SqliteConnection, thread: &Thread, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT OR REPLACE INTO thread (id, thread, version, words, as_of, used_at) VALUES ($1, $2, $3, $4, $5, $5)",
        )
        .bind(thread.ticket.id.as_str())
        .bind(json(thread)?)
        .bind(thread.ticket.version as i64)
        .bind(words(thread))
        .bind(now.as_millisecond())
        .execute(db)
        .await?;
        Ok(())
    }

    async fn keep_update(&self, db: &mut SqliteConnection, update: &Update, now: Timestamp) -> Result<(), sqlx::Error> {
        if update.kind == UpdateKind::Presence || update.kind == UpdateKind::Resync {
            return Ok(());
        }
        self.keep_head(db, update, now).await?;
        match (&update.ticket, &update.event) {
            (Some(row), event) => {
                self.keep_row(db, row, now).await?;
                let told = !update.id.as_str().is_empty();
                self.grow(db, row, update.message.as_ref(), event.as_ref(), told, now).await
            }
            // It went where we may not look.
            (None, Some(event)) => forget(db, &event.ticket).await,
            (None, None) => Ok(()),
        }
    }

    /// Counts, queues and agents that the news bring.
    async fn keep_head(&self, db: &mut SqliteConnection, update: &Update, now: Timestamp) -> Result<(), sqlx::Error> {
        let Some(row) = sqlx::query("SELECT view FROM desk").fetch_optional(&mut *db).await? else { return Ok(()) };
        let Ok(mut view) = serde_json::from_str::<DeskView>(row.get(0)) else { return Ok(()) };
        if let Some(totals) = update.totals {
            view.totals = totals;
        }
        for queue in &update.queues {
            match view.queues.iter_mut().find(|q| q.id == queue.id) {
                Some(known) => *known = queue.clone(),
                None => view.queues.push(queue.clone()),
            }
        }
        for agent in &update.agents {
            match view.agents.iter_mut().find(|a| a.id == agent.id) {
                Some(known) => *known = agent.clone(),
                None => view.agents.push(agent.clone()),
            }
        }
        if !update.id.as_str().is_empty() {
            view.last_event = Some(update.id.clone());
        }
        self.keep_view(db, &view, now).await
    }

    /// What happened is added to the thread, where it is here. Splits and merges move messages: such threads are asked for again.
    async fn grow(
        &self,
        db: &mut SqliteConnection,
        row: &TicketRow,
        message: Option<&Message>,
        event: Option<&TicketEvent>,
        told: bool,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let known = sqlx::query("SELECT thread FROM thread WHERE id = $1").bind(row.id.as_str());
        let Some(known) = known.fetch_optional(&mut *db).await? else { return Ok(()) };
        let Ok(mut thread) = serde_json::from_str::<Thread>(known.get(0)) else { return Ok(()) };
        if let Some(event) = event
            && !thread.events.iter().any(|e| e.id == event.id)
        {
            thread.events.push(event.clone());
        }
        if let Some(message) = message
            && !thread.messages.iter().any(|m| m.id == message.id)
        {
            thread.messages.push(message.clone());
        }
        // As many as the desk counts, or its version stays the old one and it is asked for again; as it is on a desk whose news do not
        // tell what happened.
        if told && thread.messages.len() == row.messages as usize {
            thread.ticket = row.clone();
        }
        self.keep_thread(db, &thread, now).await
    }

    /// The oldest goes when there is too much.
    async fn make_room(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for (sizes, drop, most) in [
            (
                "SELECT rowid, length(thread) + length(words) FROM thread ORDER BY used_at DESC",
                "DELETE FROM thread WHERE rowid = $1",
                self.inner.room.threads,
            ),
            (
                "SELECT rowid, length(bytes) FROM file ORDER BY used_at DESC",
                "DELETE FROM file WHERE rowid = $1",
                self.inner.room.files,
            ),
        ] {
            let mut sum = 0_u64;
            for row in sqlx::query(sizes).fetch_all(&mut *db).await? {
                sum += row.get::<i64, _>(1).unsigned_abs();
                if sum > most {
                    sqlx::query(drop).bind(row.get::<i64, _>(0)).execute(&mut *db).await?;
                }
            }
        }
        Ok(())
    }

    /// Remembers that a thread or a file was used, so that it goes last.
    pub(super) async fn used(&self, table: Used, id: &str) {
        let mut line = self.inner.writer.lock().await;
        let Some(db) = self.connection(&mut line).await else { return };
        let sql = match table {
            Used::Thread => "UPDATE thread SET used_at = $2 WHERE id = $1",
            Used::File => "UPDATE file SET used_at = $2 WHERE id = $1",
        };
        let done = sqlx::query(sql).bind(id).bind(Timestamp::now().as_millisecond()).execute(db).await;
        if let Err(error) = done {
            tracing::debug!(%error, "the order of use was not kept");
        }
    }
}

/// What was used.
#[derive(Clone, Copy)]
pub(super) enum Used {
    Thread,
    File,
}

async fn forget(db: &mut SqliteConnection, ticket: &TicketId) -> Result<(), sqlx::Error> {
    for sql in ["DELETE FROM ticket WHERE id = $1", "DELETE FROM thread WHERE id = $1"] {
        sqlx::query(sql).bind(ticket.as_str()).execute(&mut *db).await?;
    }
    Ok(())
}

async fn keep_bookmark(db: &mut SqliteConnection, ticket: &TicketId, at: &Bookmark) -> Result<(), sqlx::Error> {
    let kept = sqlx::query("INSERT OR REPLACE INTO bookmark (ticket, message, messages, at) VALUES ($1, $2, $3, $4)")
        .bind(ticket.as_str())
        .bind(at.message.as_str())
        .bind(i64::from(at.messages))
        .bind(at.at.as_millisecond())
        .execute(&mut *db)
        .await?;
    let oldest = kept.last_insert_rowid() - BOOKMARKS;
    sqlx::query("DELETE FROM bookmark WHERE seq <= $1").bind(oldest).execute(&mut *db).await?;
    Ok(())
}

async fn keep_file(
    db: &mut SqliteConnection,
    file: &Attachment,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if bytes.len() > LARGEST_FILE {
        return Ok(());
    }
    sqlx::query("INSERT OR REPLACE INTO file (id, name, type, bytes, used_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(file.id.as_str())
        .bind(file.name.as_str())
        .bind(file.media_type.as_str())
        .bind(bytes)
        .bind(now.as_millisecond())
        .execute(db)
        .await?;
    Ok(())
}

/// All that a search in a thread looks at.
fn words(thread: &Thread) -> String {
    let mut words = String::new();
    for message in &thread.messages {
        for part in [&message.author.name, &message.author.email, &message.text] {
            words.push_str(&fold(part));
            words.push('\n');
        }
    }
    words
}

fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}

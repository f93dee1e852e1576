//! What is remembered, as the desk would answer.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::write::{Heard, Used};
use super::{BOOKMARKS, Cache, Kept};
use crate::domain::{
    AssigneeFilter, AttachmentId, Bookmark, Cursor, DeskView, MessageId, Page, Query, Status, Thread, TicketId,
    TicketRow, order,
};
use crate::text::{Clean, fold};

/// How many rows a page has when the query does not say.
const ROWS: u32 = 100;

impl Cache {
    /// The main screen with the first page of a list.
    pub async fn view(&self, query: &Query) -> Option<Kept<DeskView>> {
        let mut view = self.head().await?;
        let page = self.page(query, None).await?;
        view.what.tickets = page.what.rows;
        view.what.next = page.what.next;
        if let Some(first) = view.what.tickets.first() {
            view.what.preview = self.thread(&first.id).await.map(|kept| Box::new(kept.what));
        }
        Some(view)
    }

    /// Who and what there is, without rows. Presence is for the moment only: nobody is there.
    async fn head(&self) -> Option<Kept<DeskView>> {
        let mut line = self.inner.reader.lock().await;
        let db = self.connection(&mut line).await?;
        let row = told(sqlx::query("SELECT view, as_of FROM desk").fetch_optional(db).await)?;
        let mut view: DeskView = serde_json::from_str(row.get(0)).ok()?;
        self.set_me(&view.me.id);
        for agent in view.agents.iter_mut().chain([&mut view.me]) {
            agent.presence = crate::domain::Presence::default();
        }
        Some(Kept { what: view, at: time(&row, 1) })
    }

    /// A page of a list, made from the rows that are here. `after` is a cursor of an earlier page of this kind. The age is that
    /// of the oldest row on it.
    pub async fn page(&self, query: &Query, after: Option<&Cursor>) -> Option<Kept<Page<TicketRow>>> {
        let skip: u32 = match after {
            None => 0,
            Some(cursor) => cursor.kept_rows()?,
        };
        if self.me().is_none() {
            self.head().await?;
        }
        let me = self.me();
        let limit = query.limit.unwrap_or(ROWS).clamp(1, 200);
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT ticket, as_of FROM ticket WHERE 1");
        restrict(&mut sql, query, me.as_ref().map(crate::domain::AgentId::as_str));
        sql.push(if query.requester.is_some() || query.text.is_some() {
            " ORDER BY as_of DESC, number DESC"
        } else {
            " ORDER BY class, time, number, id"
        });
        sql.push(" LIMIT ").push_bind(i64::from(limit) + 1).push(" OFFSET ").push_bind(i64::from(skip));
        let found = {
            let mut line = self.inner.reader.lock().await;
            let db = self.connection(&mut line).await?;
            told(sql.build().fetch_all(db).await.map(Some))?
        };
        let next = (found.len() > limit as usize).then(|| Cursor::kept(skip + limit));
        let at = found.iter().map(|row| time(row, 1)).min()?;
        let rows = found.iter().take(limit as usize).filter_map(|row| serde_json::from_str(row.get(0)).ok());
        // What SQL does not know (labels, merged ones) is judged by the one rule that lists go by.
        let rows = rows.filter(|row: &TicketRow| order::matches(query, row, me.as_ref())).collect();
        Some(Kept { what: Page { rows, next }, at })
    }

    /// A thread.
    pub async fn thread(&self, ticket: &TicketId) -> Option<Kept<Thread>> {
        let kept = {
            let mut line = self.inner.reader.lock().await;
            let db = self.connection(&mut line).await?;
            let sql = "SELECT thread, as_of FROM thread WHERE id = $1";
            let row = told(sqlx::query(sql).bind(ticket.as_str()).fetch_optional(db).await)?;
            Kept { what: serde_json::from_str(row.get(0)).ok()?, at: time(&row, 1) }
        };
        Some(kept)
    }

    /// Who we are on the desk, when that is known.
    pub async fn who(&self) -> Option<crate::domain::AgentId> {
        if self.me().is_none() {
            self.head().await?;
        }
        self.me()
    }

    /// What the desk last answered for a list's first page, whichever process asked, and when.
    pub async fn asked(&self, query: &Query) -> Option<Asked> {
        let json = serde_json::to_string(query).ok()?;
        let mut line = self.inner.reader.lock().await;
        let db = self.connection(&mut line).await?;
        let sql = "SELECT rows, next, as_of FROM asked WHERE query = $1";
        let row = told(sqlx::query(sql).bind(json).fetch_optional(db).await)?;
        let next = row.get::<Option<String>, _>(1).map(Cursor);
        Some(Asked { rows: row.get::<i64, _>(0) as u32, next, at: time(&row, 2) })
    }

    /// What was heard after a place, and the place of the last of it.
    pub async fn heard(&self, after: Option<i64>) -> (Option<i64>, Vec<Heard>) {
        let mut line = self.inner.reader.lock().await;
        let Some(db) = self.connection(&mut line).await else { return (after, Vec::new()) };
        let Some(place) = after else {
            let last = sqlx::query("SELECT coalesce(max(seq), 0) FROM news").fetch_optional(db).await;
            return (told(last).map(|row| row.get(0)), Vec::new());
        };
        let rows =
            sqlx::query("SELECT seq, heard FROM news WHERE seq > $1 ORDER BY seq").bind(place).fetch_all(db).await;
        let rows = told(rows.map(Some)).unwrap_or_default();
        let last = rows.last().map_or(place, |row| row.get(0));
        (Some(last), rows.iter().filter_map(|row| serde_json::from_str(row.get(1)).ok()).collect())
    }

    /// Whether the thread that is here is as new as the ticket's row.
    pub async fn is_current(&self, ticket: &TicketId) -> bool {
        let mut line = self.inner.reader.lock().await;
        let Some(db) = self.connection(&mut line).await else { return false };
        let sql = "SELECT 1 FROM thread JOIN ticket USING (id) WHERE id = $1 AND thread.version = ticket.version";
        told(sqlx::query(sql).bind(ticket.as_str()).fetch_optional(db).await).is_some()
    }

    /// Remembers that a thread was looked at: those that nobody looks at go first.
    pub async fn looked_at(&self, ticket: &TicketId) {
        self.used(Used::Thread, ticket.as_str()).await;
    }

    /// How far the agent has read, of the tickets read last.
    pub async fn bookmarks(&self) -> Vec<(TicketId, Bookmark)> {
        let mut line = self.inner.reader.lock().await;
        let Some(db) = self.connection(&mut line).await else { return Vec::new() };
        let sql = "SELECT ticket, message, messages, at FROM bookmark ORDER BY seq DESC LIMIT $1";
        let rows = told(sqlx::query(sql).bind(BOOKMARKS).fetch_all(db).await.map(Some)).unwrap_or_default();
        let read = |row: &SqliteRow| {
            let message = MessageId::new(row.get::<&str, _>(1));
            let messages = u32::try_from(row.get::<i64, _>(2)).unwrap_or_default();
            (TicketId::new(row.get::<&str, _>(0)), Bookmark { message, messages, at: time(row, 3) })
        };
        rows.iter().map(read).collect()
    }

    /// An attachment: its name, media type and bytes.
    pub async fn file(&self, id: &AttachmentId) -> Option<(Clean, Clean, Vec<u8>)> {
        let found = {
            let mut line = self.inner.reader.lock().await;
            let db = self.connection(&mut line).await?;
            let sql = "SELECT name, type, bytes FROM file WHERE id = $1";
            let row = told(sqlx::query(sql).bind(id.as_str()).fetch_optional(db).await)?;
            (Clean::line(row.get(0)), Clean::line(row.get(1)), row.get(2))
        };
        self.used(Used::File, id.as_str()).await;
        Some(found)
    }
}

/// A list's first page as the desk last gave it; its rows are kept one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How many rows it had.
    pub rows: u32,
    /// Where the desk says that the next page begins.
    pub next: Option<Cursor>,
    /// When it was given.
    pub at: jiff::Timestamp,
}

/// The part of `order::matches` that SQL can do; and a search, which is the desk's elsewhere.
pub(super) fn restrict(sql: &mut QueryBuilder<Sqlite>, query: &Query, me: Option<&str>) {
    let searched = query.text.is_some();
    let status: Vec<Status> = match (query.status.is_empty(), searched) {
        (false, _) => query.status.clone(),
        (true, true) => Status::ALL.to_vec(),
        (true, false) => Status::ALL.into_iter().filter(|s| s.is_active()).collect(),
    };
    sql.push(" AND status IN (");
    let mut among = sql.separated(", ");
    for status in status {
        among.push_bind(status.word());
    }
    sql.push(")");
    if let Some(queue) = &query.queue {
        sql.push(" AND queue = ").push_bind(queue.as_str().to_owned());
    }
    match &query.assignee {
        AssigneeFilter::Any => {}
        AssigneeFilter::Me => {
            sql.push(" AND holder = ").push_bind(me.unwrap_or_default().to_owned());
        }
        AssigneeFilter::Nobody => {
            sql.push(" AND holder IS NULL");
        }
        AssigneeFilter::Agent(id) => {
            sql.push(" AND holder = ").push_bind(id.as_str().to_owned());
        }
    }
    if query.late {
        sql.push(" AND late = 1");
    }
    if let Some(requester) = &query.requester {
        sql.push(" AND requester = ").push_bind(requester.clone());
    }
    for word in query.text.as_deref().unwrap_or_default().split_whitespace() {
        let like = format!("%{}%", fold(word).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        sql.push(" AND (words LIKE ")
            .push_bind(like.clone())
            .push(" ESCAPE '\\' OR id IN (SELECT id FROM thread WHERE words LIKE ");
        sql.push_bind(like).push(" ESCAPE '\\'))");
    }
}

/// The row, or a line in the log.
fn told<T>(result: Result<Option<T>, sqlx::Error>) -> Option<T> {
    result.unwrap_or_else(|error| {
        tracing::warn!(%error, "what is remembered of the desk cannot be read");
        None
    })
}

fn time(row: &SqliteRow, column: usize) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(row.get(column)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

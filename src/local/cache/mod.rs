//! What this machine remembers of a desk, so that the first frame waits for nobody and the seat goes on when the desk is away:
//! who and what there is, ticket rows, threads, and the attachments that were opened.
//!
//! A file of its own beside the outbox, because it may be lost: whatever is wrong with it, it is made anew, and a caller is only
//! told that nothing is known. One connection reads and one writes, so that a frame never waits for a page that is being kept.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as Quick, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnection, SqliteSynchronous};
use tokio::sync::Mutex;

use super::schema::{open_file, version};
use super::{Local, LocalError};
use crate::domain::AgentId;

pub use read::Asked;
pub use write::{Heard, Keep, LARGEST_FILE};

/// The schema's number; a file with another one is thrown away.
const SCHEMA: i64 = 2;

const TABLES: &str = "
CREATE TABLE desk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    view TEXT NOT NULL,                    -- a DeskView without rows
    as_of INTEGER NOT NULL                 -- times are unix milliseconds
);
CREATE TABLE ticket (
    id TEXT NOT NULL PRIMARY KEY,
    ticket TEXT NOT NULL,                  -- a TicketRow
    version INTEGER NOT NULL,
    queue TEXT NOT NULL,
    holder TEXT,
    status TEXT NOT NULL,
    late INTEGER NOT NULL,
    requester TEXT NOT NULL COLLATE NOCASE,
    class INTEGER NOT NULL,                -- what needs a hand first: class, time, number
    time INTEGER NOT NULL,
    number INTEGER NOT NULL,
    words TEXT NOT NULL,                   -- to be searched, folded
    as_of INTEGER NOT NULL
);
CREATE INDEX ticket_place ON ticket (class, time, number, id);
CREATE INDEX ticket_queue ON ticket (queue, class, time, number, id);
CREATE INDEX ticket_holder ON ticket (holder, class, time, number, id);
CREATE TABLE thread (
    id TEXT NOT NULL PRIMARY KEY,
    thread TEXT NOT NULL,                  -- a Thread
    version INTEGER NOT NULL,
    words TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    used_at INTEGER NOT NULL
);
CREATE INDEX thread_used ON thread (used_at);
CREATE TABLE file (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    used_at INTEGER NOT NULL
);
CREATE INDEX file_used ON file (used_at);
CREATE TABLE asked (
    query TEXT NOT NULL PRIMARY KEY,       -- a Query
    rows INTEGER NOT NULL,                 -- of its first page
    next TEXT,                             -- where the desk says that the next begins
    as_of INTEGER NOT NULL
);
CREATE TABLE news (                        -- of a desk that one process asks for all
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    heard TEXT NOT NULL                    -- a Heard
);
CREATE TABLE bookmark (                    -- how far the agent has read
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the newest last
    ticket TEXT NOT NULL UNIQUE,
    message TEXT NOT NULL,
    messages INTEGER NOT NULL,
    at INTEGER NOT NULL
);
";

/// A disk that is full or failing is not tried with every answer, and tried again for whoever made room.
const AGAIN: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 30 });

/// So many bookmarks are kept, of the tickets read last: all are read before the first frame.
const BOOKMARKS: i64 = 1000;

/// Something remembered, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept<T> {
    /// What the desk said.
    pub what: T,
    /// When it said so.
    pub at: Timestamp,
}

/// How much is remembered, in bytes of text and of files. The oldest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// For threads.
    pub threads: u64,
    /// For attachments.
    pub files: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { threads: 128 << 20, files: 256 << 20 }
    }
}

/// One account's memory of a desk. Cheap to clone; opens with the first use.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    room: Room,
    network: bool,
    reader: Mutex<Line>,
    writer: Mutex<Line>,
    /// Who we are there: mine comes before others'.
    me: Quick<Option<AgentId>>,
}

/// A connection that is opened with its first use; when that failed, not again at once.
#[derive(Default)]
enum Line {
    #[default]
    Closed,
    Open(Box<SqliteConnection>),
    /// It could not be used since then; the log says why.
    Broken(Instant),
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Local {
    /// What is remembered of this account's desk, in a file beside the outbox.
    pub fn cache(&self, room: Room) -> Cache {
        let path = self.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("desk.db");
        let path = path.with_file_name(format!("cache-{}", name.trim_start_matches("desk-")));
        Cache::at(path, room, self.is_on_network())
    }
}

impl Cache {
    fn at(path: PathBuf, room: Room, network: bool) -> Self {
        let inner =
            Inner { path, room, network, reader: Mutex::default(), writer: Mutex::default(), me: Quick::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn me(&self) -> Option<AgentId> {
        self.inner.me.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_me(&self, me: &AgentId) {
        *self.inner.me.lock().unwrap_or_else(PoisonError::into_inner) = Some(me.clone());
    }

    /// The connection of a line, opened when this is its first use; nothing when it cannot be.
    async fn connection<'a>(&self, line: &'a mut Line) -> Option<&'a mut SqliteConnection> {
        if matches!(line, Line::Broken(since) if since.elapsed() >= AGAIN) {
            *line = Line::Closed;
        }
        if matches!(line, Line::Closed) {
            *line = match self.connect().await {
                Ok(connection) => Line::Open(Box::new(connection)),
                Err(error) => {
                    tracing::warn!(%error, "nothing is remembered of the desk");
                    Line::Broken(Instant::now())
                }
            };
        }
        match line {
            Line::Open(connection) => Some(connection),
            Line::Closed | Line::Broken(_) => None,
        }
    }

    async fn connect(&self) -> Result<SqliteConnection, LocalError> {
        match self.try_connect().await {
            Err(LocalError::Damaged { .. } | LocalError::TooNew { .. }) => {}
            opened => return opened,
        }
        // It can be lost, and a cache that nobody can read helps nobody.
        for end in ["", "-wal", "-shm"] {
            let mut name = self.inner.path.clone().into_os_string();
            name.push(end);
            // What is not there need not be removed; what cannot be is told by the next attempt.
            let _ = fs::remove_file(name);
        }
        self.try_connect().await
    }

    async fn try_connect(&self) -> Result<SqliteConnection, LocalError> {
        let path = &self.inner.path;
        let fail = |e: sqlx::Error| LocalError::from_sqlx(path, &e);
        // A power cut may lose the last pages; the desk has them.
        let (mut connection, found) =
            open_file(path, self.inner.network, SqliteSynchronous::Normal, Duration::from_secs(2)).await?;
        if found == 0 {
            make(&mut connection).await.map_err(fail)?;
        } else if found != SCHEMA {
            return Err(LocalError::TooNew { path: path.clone(), found, known: SCHEMA });
        }
        Ok(connection)
    }
}

async fn make(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have been faster while this one waited for the lock.
    if version(&mut tx).await? == 0 {
        sqlx::raw_sql(TABLES).execute(&mut *tx).await?;
        const { assert!(SCHEMA == 2) };
        sqlx::raw_sql("PRAGMA user_version = 2").execute(&mut *tx).await?;
    }
    tx.commit().await
}

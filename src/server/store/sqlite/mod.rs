//! The store over SQLite: one file, one writer, four readers.
//!
//! Every write runs in one `BEGIN IMMEDIATE` transaction on the only writing connection; several processes over one file wait
//! for each other there. Reads that need more than one statement run in a transaction of their own and see one moment.

mod bulk;
mod import;
mod merge;
mod open;
mod order;
mod people;
mod read;
mod rec;
mod search;
mod split;
mod tally;
#[cfg(test)]
mod tests;
mod thread;
mod undo;
mod write;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use sqlx::SqlitePool;

use super::{Answer, Caller, LogEntry, NewAgent, Store, StoreError, TimelineBy, TokenInfo, WriteMeta};
use crate::domain::{
    Agent, Counts, Cursor, DeskView, EventId, Page, Query, Queue, Thread, TicketRow,
    error::DeskError,
    id::{AttachmentId, TicketId},
};
use crate::mail::parse::ParsedMail;
use crate::text::Clean;
use crate::wire::{Imported, Stats, Write};

pub use open::{SCHEMA, on_network_fs};

/// The desk in one SQLite file.
pub struct SqliteStore {
    readers: SqlitePool,
    writer: SqlitePool,
    /// Held as long as the store is open: a program that wants to migrate waits for it.
    _lock: std::fs::File,
}

/// Why a step inside a transaction stops: the desk refuses, or the database fails.
#[derive(Debug)]
enum Stop {
    Refused(Box<DeskError>),
    Fault(StoreError),
}

type Step<T> = Result<T, Stop>;

impl From<sqlx::Error> for Stop {
    fn from(e: sqlx::Error) -> Self {
        Self::Fault(e.into())
    }
}

impl From<DeskError> for Stop {
    fn from(e: DeskError) -> Self {
        Self::Refused(Box::new(e))
    }
}

impl From<StoreError> for Stop {
    fn from(e: StoreError) -> Self {
        Self::Fault(e)
    }
}

impl From<Stop> for StoreError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(e) => Self::Refused(*e),
            Stop::Fault(e) => e,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        let code = e.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|c| c.parse::<u32>().ok());
        // FULL; IOERR_WRITE, IOERR_SHMSIZE: a file could not grow, which SQLite only calls an I/O error.
        if matches!(code, Some(13 | 778 | 4874)) {
            return Self::Database(format!("the disk is full or broken ({e})"));
        }
        Self::Database(e.to_string())
    }
}

fn not_possible(why: impl AsRef<str>) -> Stop {
    DeskError::NotPossible { why: Clean::line(why.as_ref()) }.into()
}

fn not_found(what: impl AsRef<str>) -> Stop {
    DeskError::NotFound { what: Clean::line(what.as_ref()) }.into()
}

fn invalid(field: &str, why: impl AsRef<str>) -> Stop {
    DeskError::Invalid { field: Some(Clean::line(field)), why: Clean::line(why.as_ref()) }.into()
}

/// A stored time. Times come from [`Timestamp`]s, so the range always holds; a damaged file shows 1970 rather than a panic.
fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

#[async_trait]
impl Store for SqliteStore {
    async fn caller(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Caller>, StoreError> {
        people::caller(self, token_hash, now).await
    }

    async fn main(&self, caller: &Caller, query: &Query, now: Timestamp) -> Result<DeskView, StoreError> {
        let _ = now; // lateness is a column; `turn_late` keeps it
        Ok(read::main(self, caller, query).await?)
    }

    async fn list(
        &self,
        caller: &Caller,
        query: &Query,
        after: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Page<TicketRow>, StoreError> {
        let _ = now;
        Ok(read::list(self, caller, query, after).await?)
    }

    async fn queues(&self, caller: &Caller, now: Timestamp) -> Result<(Vec<Queue>, Counts), StoreError> {
        let _ = now;
        Ok(read::queues(self, caller).await?)
    }

    async fn agents(&self, caller: &Caller) -> Result<Vec<Agent>, StoreError> {
        Ok(read::agents(self, caller).await?)
    }

    async fn labels(&self, caller: &Caller) -> Result<Vec<Clean>, StoreError> {
        Ok(read::labels(self, caller).await?)
    }

    async fn thread(&self, caller: &Caller, ticket: &TicketId) -> Result<Thread, StoreError> {
        Ok(thread::thread(self, caller, ticket).await?)
    }

    async fn timeline(
        &self,
        caller: &Caller,
        by: TimelineBy<'_>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<TicketRow>, StoreError> {
        Ok(read::timeline(self, caller, by, after, limit).await?)
    }

    async fn attachment(&self, caller: &Caller, id: &AttachmentId) -> Result<(Clean, Clean, Bytes), StoreError> {
        Ok(thread::attachment(self, caller, id).await?)
    }

    async fn stats(&self, caller: &Caller, since: Timestamp, until: Timestamp) -> Result<Stats, StoreError> {
        Ok(read::stats(self, caller, since, until).await?)
    }

    async fn write(
        &self,
        caller: &Caller,
        meta: &WriteMeta,
        write: Write,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        write::write(self, caller, meta, write, now).await
    }

    async fn import(
        &self,
        caller: &Caller,
        queue: &str,
        mail: &ParsedMail,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        Ok(import::import(self, caller, queue, mail, raw, now).await?)
    }

    async fn events(&self, caller: &Caller, after: &EventId, limit: u32) -> Result<Option<Vec<LogEntry>>, StoreError> {
        Ok(thread::events(self, caller, after, limit).await?)
    }

    async fn last_event(&self) -> Result<i64, StoreError> {
        Ok(thread::ends(&self.readers).await?.0)
    }

    async fn turn_late(&self, now: Timestamp, most: u32) -> Result<Option<Timestamp>, StoreError> {
        Ok(write::turn_late(self, now, most).await?)
    }

    async fn sweep_files(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(write::sweep_files(self, now).await?)
    }

    async fn add_agent(&self, agent: &NewAgent, now: Timestamp) -> Result<Agent, StoreError> {
        Ok(people::add_agent(self, agent, now).await?)
    }

    async fn remove_agent(&self, login: &str, give_to: Option<&str>, now: Timestamp) -> Result<u64, StoreError> {
        Ok(people::remove_agent(self, login, give_to, now).await?)
    }

    async fn all_agents(&self) -> Result<Vec<Agent>, StoreError> {
        Ok(people::all_agents(self).await?)
    }

    async fn add_queue(&self, name: &str, reply_within: Option<u32>, now: Timestamp) -> Result<Queue, StoreError> {
        Ok(people::add_queue(self, name, reply_within, now).await?)
    }

    async fn all_queues(&self) -> Result<Vec<(Queue, Vec<Clean>)>, StoreError> {
        Ok(people::all_queues(self).await?)
    }

    async fn set_member(&self, queue: &str, login: &str, member: bool) -> Result<(), StoreError> {
        Ok(people::set_member(self, queue, login, member).await?)
    }

    async fn add_token(
        &self,
        login: &str,
        name: &str,
        token_hash: &[u8; 32],
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        Ok(people::add_token(self, login, name, token_hash, expires_at, now).await?)
    }

    async fn tokens(&self) -> Result<Vec<TokenInfo>, StoreError> {
        Ok(people::tokens(self).await?)
    }

    async fn revoke_token(&self, id: i64) -> Result<(), StoreError> {
        Ok(people::revoke_token(self, id).await?)
    }

    async fn backup(&self, to: &std::path::Path) -> Result<(), StoreError> {
        open::backup(self, to).await
    }
}

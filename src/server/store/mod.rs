//! Where the desk's tickets live. One trait; SQLite now, PostgreSQL as a twin when outgrown.
//!
//! A write is one transaction from the idempotency look-up to the stored answer: [`Store::write`]. Routes decode and encode;
//! what is atomic is decided here.

mod sqlite;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::{
    Agent, Counts, Cursor, DeskView, EventId, Message, Page, Query, Queue, Receipt, Thread, TicketEvent, TicketRow,
    change::Uploaded,
    error::DeskError,
    id::{AgentId, AttachmentId, QueueId, TicketId},
    people::Role,
};
use crate::mail::parse::ParsedMail;
use crate::text::Clean;
use crate::wire::{Imported, Stats, Write};

pub use sqlite::{SCHEMA, SqliteStore, on_network_fs};

/// Who calls, as the token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The agent.
    pub agent: AgentId,
    /// What the agent may do.
    pub role: Role,
    /// The token's own id: the scope of its idempotency keys and rate limits.
    pub token: i64,
}

/// What travels with a write besides its body.
#[derive(Clone, Debug, Default)]
pub struct WriteMeta {
    /// The caller's `Idempotency-Key`.
    pub key: Option<String>,
    /// Method and path, the key's scope beside the token.
    pub scope: String,
    /// SHA-256 of the request's body: the same key with another body is refused.
    pub body_hash: [u8; 32],
    /// `If-Match`: the version the caller believes in.
    pub if_match: Option<u64>,
}

/// What a write answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A change to a ticket.
    Changed(Box<Receipt>),
    /// A file that waits for its message.
    Uploaded(Uploaded),
}

/// The answer to a write, and whether it is a replay of an earlier one. A refusal that the desk decided (`held`, `moved-on`,
/// `not-possible`, …) is stored and replayed like any other answer; hence it stands inside.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub result: Result<Written, DeskError>,
    /// It was given before, for the same key.
    pub replayed: bool,
}

/// Why the store could not do its work at all. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key was used for another body.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// The ticket's version is another one than `If-Match` says.
    #[error("the ticket has changed since")]
    Stale(Box<TicketRow>),
    /// A read was refused (`not-found`, `invalid`, …).
    #[error(transparent)]
    Refused(#[from] DeskError),
    /// The database cannot be used: full or read-only disk, locked for too long, damaged.
    #[error("the database cannot be used: {0}")]
    Database(String),
    /// The database was made by a newer ticketty.
    #[error("the database has schema {found}, this program knows {known}: use a newer ticketty")]
    TooNew {
        /// The schema's number in the file.
        found: i64,
        /// The newest one this program knows.
        known: i64,
    },
}

/// One line of the desk's event log, with all that a stream of news needs.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// The event.
    pub event: TicketEvent,
    /// The queue its ticket is in now; and was in before, when it moved.
    pub queues: Vec<QueueId>,
    /// The ticket's row as it is now.
    pub ticket: TicketRow,
    /// The message that came with it.
    pub message: Option<Message>,
}

/// An agent to make.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// The login: lower-case letters, digits, `.`, `_`, `-`.
    pub login: String,
    /// The name to read.
    pub name: String,
    /// The agent's own address.
    pub email: String,
    /// What the agent may do.
    pub role: Role,
}

/// A token as a list shows it; the token itself is known only when it is made.
#[derive(Clone, Debug)]
pub struct TokenInfo {
    /// The token's id.
    pub id: i64,
    /// Whose it is.
    pub login: Clean,
    /// What it is for.
    pub name: Clean,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// The desk's database. Every method answers for one caller and hides what that caller may not see.
#[async_trait]
pub trait Store: Send + Sync {
    /// The caller behind a token's SHA-256; `None` when unknown, expired or revoked. Remembers that it was used.
    async fn caller(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Caller>, StoreError>;

    /// All the main screen needs, in as few statements as it takes. `query` says which rows; presence fields stay empty (the
    /// server lays presence over them).
    async fn main(&self, caller: &Caller, query: &Query, now: Timestamp) -> Result<DeskView, StoreError>;

    /// A page of rows, what needs a hand first (or by time, newest first, when the query has words). Names inside `query`
    /// (queue, assignee) may be ids or names.
    async fn list(
        &self,
        caller: &Caller,
        query: &Query,
        after: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Page<TicketRow>, StoreError>;

    /// The caller's queues with counts, and the totals over them.
    async fn queues(&self, caller: &Caller, now: Timestamp) -> Result<(Vec<Queue>, Counts), StoreError>;

    /// The desk's agents with load.
    async fn agents(&self, caller: &Caller) -> Result<Vec<Agent>, StoreError>;

    /// Every label in use in the caller's queues.
    async fn labels(&self, caller: &Caller) -> Result<Vec<Clean>, StoreError>;

    /// A ticket with its thread. A merged ticket's id answers the pointer's own row with `merged_into` and no messages.
    async fn thread(&self, caller: &Caller, ticket: &TicketId) -> Result<Thread, StoreError>;

    /// A requester's tickets, newest first.
    async fn timeline(
        &self,
        caller: &Caller,
        by: TimelineBy<'_>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<TicketRow>, StoreError>;

    /// An attachment's description and bytes.
    async fn attachment(&self, caller: &Caller, id: &AttachmentId) -> Result<(Clean, Clean, Bytes), StoreError>;

    /// Numbers since a moment.
    async fn stats(&self, caller: &Caller, since: Timestamp, until: Timestamp) -> Result<Stats, StoreError>;

    /// One write, in one transaction: replay look-up, `If-Match`, the change, its event, the stored answer.
    async fn write(
        &self,
        caller: &Caller,
        meta: &WriteMeta,
        write: Write,
        now: Timestamp,
    ) -> Result<Answer, StoreError>;

    /// Takes one mail in, in one transaction. `raw` is kept.
    async fn import(
        &self,
        caller: &Caller,
        queue: &str,
        mail: &ParsedMail,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<Imported, StoreError>;

    /// The events after one, oldest first, that the caller may see. `None` in the answer: `after` is too old or unknown,
    /// load everything again.
    async fn events(&self, caller: &Caller, after: &EventId, limit: u32) -> Result<Option<Vec<LogEntry>>, StoreError>;

    /// The newest event's number, 0 when there is none. Cheap: streams poll it to see what other processes wrote.
    async fn last_event(&self) -> Result<i64, StoreError>;

    /// Marks tickets whose time has come as late, with an event each, at most about so many; answers when the next one turns
    /// late, which lies in the past when some are left.
    async fn turn_late(&self, now: Timestamp, most: u32) -> Result<Option<Timestamp>, StoreError>;

    /// Forgets uploaded files whose message never came; how many.
    async fn sweep_files(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Makes an agent in the lowest free colour slot.
    async fn add_agent(&self, agent: &NewAgent, now: Timestamp) -> Result<Agent, StoreError>;
    /// Removes an agent, giving its tickets to another or to nobody.
    async fn remove_agent(&self, login: &str, give_to: Option<&str>, now: Timestamp) -> Result<u64, StoreError>;
    /// Every agent, for the administrator.
    async fn all_agents(&self) -> Result<Vec<Agent>, StoreError>;
    /// Makes a queue.
    async fn add_queue(&self, name: &str, reply_within: Option<u32>, now: Timestamp) -> Result<Queue, StoreError>;
    /// Every queue with its members' logins, for the administrator.
    async fn all_queues(&self) -> Result<Vec<(Queue, Vec<Clean>)>, StoreError>;
    /// Puts an agent into a queue, or takes one out. A queue without members is open to all.
    async fn set_member(&self, queue: &str, login: &str, member: bool) -> Result<(), StoreError>;
    /// Keeps a token's hash for an agent.
    async fn add_token(
        &self,
        login: &str,
        name: &str,
        token_hash: &[u8; 32],
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<i64, StoreError>;
    /// Every token.
    async fn tokens(&self) -> Result<Vec<TokenInfo>, StoreError>;
    /// Makes a token worthless.
    async fn revoke_token(&self, id: i64) -> Result<(), StoreError>;
    /// Writes a consistent copy of the database to a new file.
    async fn backup(&self, to: &std::path::Path) -> Result<(), StoreError>;
}

/// How a timeline names its customer.
#[derive(Clone, Copy, Debug)]
pub enum TimelineBy<'a> {
    /// By mail address.
    Email(&'a str),
    /// By phone number; only digits count.
    Tel(&'a str),
    /// By the customer code.
    Code(&'a str),
}

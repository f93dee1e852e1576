//! The outside helpdesks behind one small trait. One file each; what is odd about one stands in its header with a source.

pub mod backoff;
pub mod http;
pub mod late;
pub mod poll;
mod sse;
#[cfg(test)]
pub mod testserver;
mod ticketty;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Page, Query, Receipt, Requester, Support, Thread,
    TicketId, TicketRow, Update, Verb, id::AttachmentId,
};
use crate::text::Clean;

/// What every adapter answers with.
pub type DeskResult<T> = Result<T, DeskError>;

/// News as they come: updates, and the state of the line.
pub type UpdateStream = BoxStream<'static, Watched>;

/// One item of an [`UpdateStream`].
#[derive(Clone, Debug)]
pub enum Watched {
    /// The stream stands; `stream` names it for presence, where the desk knows presence.
    Connected {
        /// The stream's id on the desk.
        stream: Option<String>,
    },
    /// Something happened.
    Update(Box<Update>),
    /// The stream broke; it is tried again by itself.
    Lost(DeskError),
}

/// An attachment's bytes as they come.
pub struct Download {
    /// Its name.
    pub name: Clean,
    /// Its media type.
    pub media_type: Clean,
    /// Its size in bytes, when the desk says.
    pub size: Option<u64>,
    /// The bytes.
    pub bytes: BoxStream<'static, DeskResult<Bytes>>,
}

/// How a timeline names its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineBy {
    /// By mail address.
    Email(String),
    /// By phone number.
    Tel(String),
    /// By the customer code.
    Code(String),
}

/// A helpdesk. Used from the client's side now and from the server's side later (a relay), so it keeps nothing of a screen.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The adapter's kind (`ticketty`, `rt`, …).
    fn kind(&self) -> &'static str;

    /// Whether and how the desk does a verb. Constant for one connection.
    fn support(&self, verb: Verb) -> Support;

    /// Who I am, queues, counts, agents, and the first page of `query`: the fewest trips the API allows.
    async fn open(&self, query: &Query) -> DeskResult<DeskView>;

    /// A page of a list.
    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>>;

    /// A ticket with its thread. `stream` marks it as being read, where the desk knows presence.
    async fn thread(&self, ticket: &TicketId, stream: Option<&str>) -> DeskResult<Thread>;

    /// A requester's tickets, newest first.
    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>>;

    /// An attachment.
    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download>;

    /// The one way to write. `key` makes it safe to repeat where the desk allows that.
    async fn apply(&self, change: &Change, key: &ChangeId) -> DeskResult<Receipt>;

    /// News since an event: pushed where native, polled inside where not. Reconnects by itself with backoff and jitter.
    fn watch(&self, since: Option<EventId>) -> UpdateStream;

    /// Tells the others that the agent writes on a ticket, or stopped. Does nothing where the desk knows no presence.
    async fn presence(&self, ticket: &TicketId, writing: bool) -> DeskResult<()>;

    /// Takes one raw mail in (`ticketty import`), where the desk can.
    async fn import(&self, queue: &str, raw: Bytes) -> DeskResult<Imported>;

    /// Whether `apply` may be repeated under the same key without the desk doing it twice. Where not, a change whose answer was
    /// lost is not sent again before somebody looked.
    fn repeats_safely(&self) -> bool {
        false
    }

    /// How often the desk is asked for news where it sends none; nothing where news are pushed. All clients of one account on one
    /// machine share these questions.
    fn poll_every(&self) -> Option<Duration> {
        None
    }

    /// Round trips made since the start: what the benches count.
    fn round_trips(&self) -> u64;

    /// Looks up a requester for completion; an empty list where the desk cannot.
    async fn find_requester(&self, words: &str) -> DeskResult<Vec<Requester>>;
}

/// Where a desk is and who we are there: enough to construct an adapter. Secrets come resolved.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The adapter's kind.
    pub kind: String,
    /// The base address; `http://unix` with `socket` set for the embedded desk.
    pub url: url::Url,
    /// A Unix socket to speak over instead of TCP.
    pub socket: Option<PathBuf>,
    /// The token or password.
    pub secret: Option<secrecy::SecretString>,
    /// The account, where the kind needs one besides the secret.
    pub account: Option<String>,
    /// A certificate authority of the house, PEM.
    pub ca_file: Option<PathBuf>,
    /// Ask for news so often, instead of following a stream or at the adapter's own pace.
    pub poll: Option<Duration>,
    /// A command that nobody watches: a short silence that the desk asks for is slept through. A screen counts it down instead.
    pub patient: bool,
}

/// A shared adapter.
pub type Shared = Arc<dyn Backend>;

/// The helpdesks that have an adapter.
pub const KINDS: [&str; 1] = ["ticketty"];

/// The adapter for a connection. Touches neither the network nor, for a socket or plain HTTP, the disk.
pub fn connect(connection: &Connection) -> DeskResult<Shared> {
    match connection.kind.as_str() {
        "ticketty" => Ok(Arc::new(ticketty::Ticketty::new(connection)?)),
        other => Err(DeskError::NotPossible {
            why: Clean::line(&format!(
                "the helpdesk kind `{other}` is not supported yet; supported: {}",
                KINDS.join(", ")
            )),
        }),
    }
}

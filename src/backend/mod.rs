//! The outside helpdesks behind one small trait. One file each; what is odd about one stands in its header with a source.

pub mod backoff;
pub mod base64;
mod django_helpdesk;
mod download;
pub mod http;
pub mod late;
pub mod poll;
mod redmine;
mod rt;
mod sse;
#[cfg(test)]
pub mod testserver;
mod ticketty;
mod upload;
mod version;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::config::desk::Tls;
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
    /// Where a session may be kept for the next process, where the kind signs in with a password.
    pub session: Option<PathBuf>,
    /// Whom to trust, and what to show.
    pub tls: Tls,
    /// Ask for news so often, instead of following a stream or at the adapter's own pace.
    pub poll: Option<Duration>,
    /// A file by which the account's processes tell each other that the desk wants to be left alone.
    pub silence: Option<PathBuf>,
    /// A command that nobody watches: a short silence that the desk asks for is slept through. A screen counts it down instead.
    pub patient: bool,
    /// What only this kind of helpdesk asks for, by name.
    pub options: BTreeMap<String, String>,
}

impl Connection {
    /// A connection to an address, and nothing else said.
    pub fn new(kind: &str, url: url::Url) -> Self {
        Self {
            kind: kind.to_owned(),
            url,
            socket: None,
            secret: None,
            account: None,
            session: None,
            tls: Tls::default(),
            poll: None,
            silence: None,
            patient: false,
            options: BTreeMap::new(),
        }
    }
}

/// A shared adapter.
pub type Shared = Arc<dyn Backend>;

/// What is known of a kind of helpdesk before any desk of it was asked: what a first frame shows.
#[derive(Debug)]
pub struct Adapter {
    /// Its name in the configuration.
    pub kind: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Whether and how such a desk does a verb, as far as that does not depend on the desk.
    pub support: fn(Verb) -> Support,
    /// [`Backend::repeats_safely`].
    pub repeats_safely: bool,
    /// Whose a secret is has to be said: the desk does not tell it.
    pub needs_account: bool,
    /// [`Backend::poll_every`], where nothing is set.
    pub poll: Option<Duration>,
    /// Makes the adapter. Touches neither the network nor, for a socket or plain HTTP, the disk.
    connect: fn(&Connection) -> DeskResult<Shared>,
}

/// The helpdesks that have an adapter.
pub static ADAPTERS: &[Adapter] = &[
    Adapter {
        kind: "ticketty",
        name: "ticketty",
        support: ticketty::support,
        repeats_safely: true,
        needs_account: false,
        poll: None,
        connect: |c| Ok(Arc::new(ticketty::Ticketty::new(c)?)),
    },
    Adapter {
        kind: "rt",
        name: "Request Tracker",
        support: rt::support,
        repeats_safely: false,
        needs_account: false,
        poll: Some(rt::POLL),
        connect: |c| Ok(Arc::new(rt::Rt::new(c)?)),
    },
    Adapter {
        kind: "django-helpdesk",
        name: "django-helpdesk",
        support: django_helpdesk::support,
        repeats_safely: false,
        needs_account: true,
        poll: Some(django_helpdesk::POLL),
        connect: |c| Ok(Arc::new(django_helpdesk::DjangoHelpdesk::new(c)?)),
    },
    Adapter {
        kind: "redmine",
        name: "Redmine",
        support: redmine::support,
        repeats_safely: false,
        needs_account: false,
        poll: Some(redmine::POLL),
        connect: |c| Ok(Arc::new(redmine::Redmine::new(c)?)),
    },
];

/// The adapter of a kind.
pub fn adapter(kind: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|a| a.kind == kind)
}

/// The kinds there are, for people: `ticketty, rt`.
pub fn kinds() -> String {
    ADAPTERS.iter().map(|a| a.kind).collect::<Vec<_>>().join(", ")
}

/// The adapter for a connection. Touches neither the network nor, for a socket or plain HTTP, the disk.
pub fn connect(connection: &Connection) -> DeskResult<Shared> {
    let Some(adapter) = adapter(&connection.kind) else {
        let why = format!("the helpdesk kind `{}` is not supported yet; supported: {}", connection.kind, kinds());
        return Err(DeskError::NotPossible { why: Clean::line(&why) });
    };
    (adapter.connect)(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_kind_is_what_its_desk_says() {
        for adapter in ADAPTERS {
            let url = "http://desk.example/".parse().unwrap();
            let connection = Connection {
                secret: Some("s3cret".into()),
                account: Some("mika".to_owned()),
                ..Connection::new(adapter.kind, url)
            };
            let desk = connect(&connection).unwrap();
            assert_eq!(desk.kind(), adapter.kind);
            assert_eq!(desk.repeats_safely(), adapter.repeats_safely, "{}", adapter.kind);
            assert_eq!(desk.poll_every(), adapter.poll, "{}", adapter.kind);
            for verb in Verb::ALL {
                assert_eq!(desk.support(verb), (adapter.support)(verb), "{}: {}", adapter.kind, verb.word());
            }
        }
    }
}

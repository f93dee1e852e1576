//! What the outside tells the app. Every effect that asks ends in exactly one of these.

use std::path::PathBuf;

use jiff::Timestamp;

use super::effect::Timer;
use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, Draft, DraftRow, Hold, Page, Query, Receipt, Requester, Thread,
    TicketId, TicketRow, Update, change::Upload,
};
use crate::text::Clean;

/// One piece of news.
#[derive(Clone, Debug)]
pub enum Event {
    /// The main screen was loaded.
    Opened {
        /// What was asked.
        query: Query,
        /// Since when this machine remembers it; nothing for the desk's own answer.
        kept: Option<Timestamp>,
        /// The answer.
        result: Result<Box<DeskView>, DeskError>,
    },
    /// A page was loaded.
    Loaded {
        /// What was asked.
        query: Query,
        /// Where the page starts.
        after: Option<Cursor>,
        /// Since when this machine remembers it; nothing for the desk's own answer.
        kept: Option<Timestamp>,
        /// The answer.
        result: Result<Page<TicketRow>, DeskError>,
    },
    /// A thread was loaded.
    Thread {
        /// Which.
        ticket: TicketId,
        /// Since when this machine remembers it; nothing for the desk's own answer, and for what is as new as that.
        kept: Option<Timestamp>,
        /// The answer.
        result: Result<Box<Thread>, DeskError>,
    },
    /// A requester's history was loaded.
    Timeline {
        /// Whose.
        email: String,
        /// The answer.
        result: Result<Page<TicketRow>, DeskError>,
    },
    /// A change is safe in the outbox, and its draft is gone from the disk.
    Accepted(ChangeId),
    /// The outbox could not take a change (full or read-only disk): nothing was sent.
    NotAccepted {
        /// Which.
        id: ChangeId,
        /// The change, to give its text back.
        change: Box<Change>,
        /// Why.
        why: Clean,
    },
    /// The desk confirmed a change.
    Applied {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// The desk's answer.
        receipt: Box<Receipt>,
    },
    /// The desk refused a change.
    Refused {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// Why.
        error: DeskError,
    },
    /// A change waits: the desk cannot be reached, or its outcome is not known yet.
    Waiting {
        /// Which.
        id: ChangeId,
        /// Why.
        error: DeskError,
    },
    /// A change was taken back before it left.
    Unsent {
        /// Which.
        id: ChangeId,
        /// The change with its text; `None`: it had left already.
        change: Option<Box<Change>>,
    },
    /// The outbox as it is.
    Outbox(Vec<OutboxRow>),
    /// The steps that the outbox remembers, oldest first.
    Steps(Vec<StepRow>),
    /// The drafts on disk.
    Drafts(Vec<DraftRow>),
    /// Who has a draft, and how it is on disk.
    DraftHeld {
        /// Which.
        id: String,
        /// Who.
        hold: Hold,
        /// What could not be written because it is not ours any more.
        unsaved: Option<Box<Draft>>,
    },
    /// A draft is on disk.
    DraftSaved {
        /// Which.
        id: String,
        /// Since when.
        at: Timestamp,
    },
    /// A draft could not be written: said at once, while there is a screen to say it on.
    DraftFailed {
        /// Which.
        id: String,
        /// Why.
        why: Clean,
    },
    /// The desk's news.
    Arrived(Box<Update>),
    /// Another desk is there, and did not take the place of this one because the agent types here.
    DeskReady(Clean),
    /// The news stream stands.
    Live,
    /// The machine slept: what the desk said meanwhile did not reach us, and its line may be dead without a sign.
    Woke,
    /// The news stream broke; it is tried again by itself.
    Lost(DeskError),
    /// Something was yanked, or why not.
    Yanked(Result<Clean, Clean>),
    /// An address could not be opened here and was yanked instead, or it was opened.
    UrlOpened(Result<(), Clean>),
    /// An attachment was saved.
    Saved(Result<PathBuf, Clean>),
    /// A file to send was read.
    Attached {
        /// The draft it belongs to.
        draft: String,
        /// The file, or why not.
        result: Result<Upload, Clean>,
    },
    /// `$EDITOR` was closed.
    Edited {
        /// The draft it belongs to.
        draft: String,
        /// The text, or why not.
        result: Result<String, Clean>,
    },
    /// An import goes on.
    Importing {
        /// Mails read so far.
        done: u64,
    },
    /// An import ended.
    ImportDone(Result<ImportReport, Clean>),
    /// Requesters that fit.
    Requesters(Vec<Requester>),
    /// The configured desks.
    Desks(Vec<DeskRow>),
    /// What I hold on each of the configured desks, as [`super::Effect::AllWork`] asked.
    AllWork(Vec<WorkOf>),
    /// Another desk than the one on the screen refused a change.
    RefusedElsewhere {
        /// The desk.
        desk: Clean,
        /// The change.
        change: Box<Change>,
        /// Why.
        error: DeskError,
    },
    /// A timer rang.
    Rang(Timer),
    /// The process was told to end (SIGTERM, SIGHUP): write what is unsaved.
    Terminate,
    /// A background task failed; the log has more.
    Failed(Clean),
}

/// A configured desk, as the picker shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskRow {
    /// Its name.
    pub name: Clean,
    /// Its kind and its host.
    pub about: Clean,
    /// How many changes have not left.
    pub waiting: usize,
    /// How many drafts there are.
    pub drafts: usize,
}

/// What I hold on one of the configured desks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkOf {
    /// The desk's name.
    pub desk: Clean,
    /// The tickets.
    pub rows: Vec<TicketRow>,
    /// It could not be asked: why, and of when these rows are, where any are kept.
    pub stale: Option<(Clean, Option<Timestamp>)>,
}

/// How an import ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// New messages.
    pub messages: u64,
    /// New tickets.
    pub tickets: u64,
    /// Mails that the desk had.
    pub already: u64,
    /// Mails that could be read only in part.
    pub broken: Vec<BrokenMail>,
}

/// One broken mail of an import.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BrokenMail {
    /// The file, and the place in it.
    pub file: Clean,
    /// What could not be read.
    pub why: Clean,
    /// The ticket that holds what could be read; `None` when the desk did not take it.
    pub ticket: Option<TicketId>,
}

pub use crate::domain::outbox::{OutboxRow, OutboxState, StepRow};

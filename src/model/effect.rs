//! Wishes to the outside. `App::update` returns them, the runtime performs them, each ends in one [`super::Event`].

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::outbox::StepMark;
use crate::domain::{AttachmentId, Bookmark, Change, ChangeId, Cursor, Draft, Query, TicketId};
use crate::text::Clean;

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Load the main screen: me, queues, agents, first page. Only the newest counts.
    Open(Query),
    /// Load a page of a list. Only the newest of a query counts.
    Load {
        /// The list.
        query: Query,
        /// Where the page starts.
        after: Option<Cursor>,
        /// Nothing of the list is on the screen: what this machine remembers of it comes first.
        blank: bool,
    },
    /// Bring these threads to this machine, as far as they are not here: somebody may look at them next.
    Preload(Vec<TicketId>),
    /// Load a thread. `reading` marks it as read by me; a preview does not.
    Thread {
        /// The ticket.
        ticket: TicketId,
        /// Somebody opened it, the cursor did not only rest on it.
        reading: bool,
    },
    /// Remember how far the agent has read a ticket.
    Read(TicketId, Bookmark),
    /// Load a requester's history by mail address.
    Timeline(String),
    /// Accept the changes that one key caused: all or none into the outbox first, then to the desk, not before `hold` has
    /// passed (the undo window).
    Submit {
        /// The changes, with ids made by the app.
        changes: Vec<(ChangeId, Change)>,
        /// How long they can be unsent.
        hold: Duration,
        /// The step they are part of.
        mark: StepMark,
        /// The draft that they were written in: it goes when the outbox has them.
        draft: Option<String>,
    },
    /// Read the steps again that the outbox remembers.
    Steps,
    /// Take a change back that is still in its undo window.
    Unsend(ChangeId),
    /// Send it now, the window is over.
    SendNow(ChangeId),
    /// List the outbox.
    Outbox,
    /// Try a failed change again.
    OutboxRetry(ChangeId),
    /// Forget a change that has not left.
    OutboxDrop(ChangeId),
    /// Write a draft to disk.
    SaveDraft(Box<Draft>),
    /// Remove a draft from disk: it was sent or thrown away.
    DropDraft(String),
    /// Make a draft this process's own and read how it is on disk.
    OpenDraft {
        /// Which.
        id: String,
        /// Also when another process has it open.
        take: bool,
    },
    /// Ask who has a draft: another process may have taken it over.
    WatchDraft(String),
    /// Nobody writes it here any more: another process may.
    ReleaseDraft(String),
    /// List the drafts on disk.
    Drafts,
    /// Tell the others that I write, or stopped.
    Writing {
        /// On which ticket.
        ticket: TicketId,
        /// I write; else I stopped.
        on: bool,
    },
    /// Put text into the terminal's clipboard (OSC 52).
    Yank {
        /// What it is, for the notice.
        what: Clean,
        /// The text.
        text: Clean,
    },
    /// Open an address: `$BROWSER`, else show and yank it.
    OpenUrl(String),
    /// Save an attachment into a folder.
    SaveAttachment {
        /// Which.
        id: AttachmentId,
        /// Under which name.
        name: Clean,
        /// Where; the download folder when not given.
        dir: Option<PathBuf>,
        /// Open it afterwards.
        open: bool,
    },
    /// Read a local file to send it with a message.
    Attach {
        /// The draft it belongs to.
        draft: String,
        /// The file.
        path: PathBuf,
    },
    /// Hand a text to `$EDITOR`.
    Edit {
        /// The draft it belongs to.
        draft: String,
        /// The text.
        text: String,
    },
    /// Import mail files into a queue.
    Import {
        /// Files and folders.
        paths: Vec<PathBuf>,
        /// The queue's name.
        queue: String,
    },
    /// Ask for the requesters that fit these words.
    FindRequester(String),
    /// Wake the app after a time.
    After(Duration, Timer),
    /// Write the chosen keymap into the configuration.
    KeepKeymap(&'static str),
    /// List the configured desks, with what waits on each.
    Desks,
    /// Ask all configured desks for the tickets that I hold.
    AllWork,
    /// Change to another configured desk, and open a ticket there.
    ChangeDesk {
        /// The desk's name.
        name: String,
        /// The ticket.
        open: Option<TicketId>,
    },
    /// Draw everything anew (`C-l`).
    Redraw,
    /// Give the terminal back and stop (`C-z`); on return draw anew.
    Suspend,
    /// Leave.
    Quit,
}

/// Why the app wants to be woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The cursor rested on a row: preview it. The number names the rest; an old one is ignored.
    Preview(u64),
    /// A draft must be on disk now.
    DraftDue(String),
    /// Is the open draft still ours?
    DraftWatch,
    /// A countdown shows another second.
    Countdown,
    /// A half-typed sequence shows its hints. The number names it.
    WhichKey(u64),
}

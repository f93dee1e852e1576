//! The one vocabulary behind keys, the `:` line, the palette and the CLI. An action is what the agent asked for; it holds no
//! ids and does no I/O. [`catalogue`] has one row for each; help, palette and keymaps are made from it.

pub mod targets;

pub mod catalogue;
pub mod context;
pub mod parse;

use crate::domain::{Priority, Status, Verb};

pub use catalogue::{Argument, CATALOGUE, Entry, Family};
pub use context::Context;
pub use parse::{Candidate, Completion, Lookup, Mistake, complete, near, parse, parse_line};

/// What the agent asked for. Outside its name is kebab-case (`next-unassigned`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    // moving, with counts
    /// Down a row or line.
    Down,
    /// Up a row or line.
    Up,
    /// To the first row, or the one the count names.
    Top,
    /// To the last row; in a thread with a count, to that message.
    Bottom,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// The line of the cursor to the middle.
    ScrollMiddle,
    /// The line of the cursor to the top.
    ScrollTop,
    /// The line of the cursor to the bottom.
    ScrollBottom,
    /// To the next message.
    NextMessage,
    /// To the message before.
    PrevMessage,
    /// To the next unassigned ticket.
    NextUnassigned,
    /// To the unassigned ticket before.
    PrevUnassigned,
    // panes
    /// To the next pane.
    PaneNext,
    /// To the pane before.
    PanePrev,
    /// To the pane on the left.
    PaneLeft,
    /// To the pane below.
    PaneDown,
    /// To the pane above.
    PaneUp,
    /// To the pane on the right.
    PaneRight,
    /// Open what the cursor is on.
    Open,
    /// Back to where one came from.
    Back,
    /// To the ticket before, or the other half of a split.
    Alternate,
    // lists
    /// Queue number n (by count or argument).
    Queue(u32),
    /// The next queue.
    QueueNext,
    /// The queue before.
    QueuePrev,
    /// All active tickets.
    ViewAll,
    /// My tickets.
    ViewMine,
    /// Unassigned tickets.
    ViewUnassigned,
    /// Late tickets.
    ViewLate,
    /// Snoozed tickets.
    ViewSnoozed,
    /// My drafts.
    ViewDrafts,
    /// The outbox.
    ViewOutbox,
    /// Load again from the desk.
    Reload,
    /// Search in the list or thread; without words it asks.
    Search(Option<String>),
    /// The next hit.
    SearchNext,
    /// The hit before.
    SearchPrev,
    /// Search the whole desk; without words it asks.
    SearchDesk(Option<String>),
    /// Narrow the list; without words it asks; empty clears.
    Filter(Option<String>),
    /// All tickets of this requester.
    ByRequester,
    /// The requester's timeline.
    Timeline,
    // selection
    /// Select lines (thread) or tickets (list).
    SelectLines,
    /// Select messages (thread) or tickets (list).
    Select,
    /// Toggle one.
    Toggle,
    /// Drop the selection, a half-typed sequence, a hint.
    Cancel,
    // verbs
    /// Take unassigned tickets.
    Claim,
    /// Give them back.
    Release,
    /// Hand them to someone; without a name it asks.
    Assign(Option<String>),
    /// Take from the holder; asks.
    Steal,
    /// Answer the requester.
    Reply,
    /// Answer everybody on the message.
    ReplyAll,
    /// Leave an internal note.
    Note,
    /// Open a new ticket.
    New,
    /// Set the status; without a word it asks.
    Status(Option<Status>),
    /// Resolved.
    Done,
    /// Closed.
    Close,
    /// Set the priority; without a word it asks.
    Priority(Option<Priority>),
    /// `+a -b`; without words it asks.
    Label(Option<String>),
    /// Move to another queue; without a name it asks.
    MoveTo(Option<String>),
    /// Edit the subject; without words it asks.
    Subject(Option<String>),
    /// Edit the requester; without words it asks.
    Requester(Option<String>),
    /// Split: what is selected, or asks.
    Split,
    /// Merge into a ticket; without an id it asks.
    Merge(Option<String>),
    /// Undo the last reversible change.
    Undo,
    /// Redo what was undone.
    Redo,
    /// Repeat the last change.
    Repeat,
    /// Take back a reply in its undo window.
    Unsend,
    // things in a ticket
    /// Yank the id.
    YankId,
    /// Yank the ticket's address.
    YankLink,
    /// Yank the message's text.
    YankMessage,
    /// Open link n.
    OpenLink(Option<u32>),
    /// Open attachment n.
    OpenAttachment(Option<u32>),
    /// Save attachment n, or all; to a folder when named.
    SaveAttachment(Option<String>),
    /// Fold or unfold the quote under the cursor.
    FoldToggle,
    /// Unfold all.
    FoldNone,
    /// Fold all.
    FoldAll,
    // composer and split
    /// Open the send card.
    SendCard,
    /// Send without the card.
    Send,
    /// Write the draft to disk.
    Write,
    /// Leave the composer and keep the draft.
    LeaveKeep,
    /// Throw the draft away; asks.
    Discard,
    /// Edit the text in `$EDITOR`.
    Editor,
    /// Attach a file; without a path it asks.
    Attach(Option<String>),
    /// Read the thread beside the composer.
    ReadThread,
    /// Confirm the split that is shown.
    Confirm,
    // program
    /// Import mail files: paths; without any it asks.
    Import(Option<String>),
    /// The `:` line.
    CommandLine,
    /// The palette.
    Palette,
    /// Help from the live keymap.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Change to another configured desk; without a name it asks.
    Desk(Option<String>),
    /// The tickets that I hold on all desks.
    AllWork,
    /// Show the log file's place.
    Log,
    /// Give the terminal back and stop.
    Suspend,
    /// Leave; asks while something waits.
    Quit,
    /// Nothing: what a keymap file says to unbind a key.
    Nothing,
}

impl Action {
    /// What the desk has to be able to do for it; nothing for what happens on this machine alone.
    pub const fn verb(&self) -> Option<Verb> {
        Some(match self {
            Self::Claim => Verb::Claim,
            Self::Release => Verb::Release,
            Self::Assign(_) => Verb::Assign,
            Self::Steal => Verb::Steal,
            Self::Reply | Self::ReplyAll => Verb::Reply,
            Self::Note => Verb::Note,
            Self::New => Verb::New,
            Self::Status(_) | Self::Done | Self::Close => Verb::Status,
            Self::Priority(_) => Verb::Priority,
            Self::Label(_) => Verb::Label,
            Self::MoveTo(_) => Verb::Move,
            Self::Subject(_) => Verb::Subject,
            Self::Requester(_) => Verb::Requester,
            Self::Split => Verb::Split,
            Self::Merge(_) => Verb::Merge,
            Self::Undo | Self::Redo => Verb::Undo,
            Self::SearchDesk(_) => Verb::Search,
            Self::Timeline => Verb::Timeline,
            Self::Attach(_) => Verb::Attach,
            _ => return None,
        })
    }
}

//! One pane, one file: what it remembers, what it does (`act`), how it looks (`draw`). A pane does no I/O and asks no clock:
//! it reads a [`Ctx`] and returns wishes.

pub mod composer;
#[cfg(test)]
pub(crate) mod desk_for_tests;
pub mod frame;
pub mod queues;
#[cfg(test)]
mod screen_tests;
pub mod split;
pub mod team;
pub mod thread;
pub mod tickets;
pub mod timeline;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::action::Action;
use crate::domain::{Change, DraftKind, TicketId};
use crate::i18n::Words;
use crate::keymap::Keymap;
use crate::model::{Effect, Notice, World};
use crate::text::Clean;
use crate::theme::Theme;

/// What every pane may read while it acts and draws.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The desk as we know it.
    pub world: &'a World,
    /// The program's words.
    pub words: &'a Words,
    /// Colours and glyphs.
    pub theme: &'a Theme,
    /// The live keymap, for hints.
    pub keys: &'a Keymap,
    /// The moment of this frame or message.
    pub now: Timestamp,
    /// The agent's time zone.
    pub tz: &'a TimeZone,
}

/// What an action came to.
#[derive(Debug, Default)]
pub enum Act {
    /// Not this pane's business: the app goes on looking.
    #[default]
    Ignored,
    /// Done, with wishes; maybe none.
    Done(Vec<Effect>),
    /// Done, with something to say.
    Say(Notice),
    /// A question has to be answered first.
    Ask(Question),
    /// The app has to do something that is wider than one pane.
    Wide(Wide),
}

/// What a pane asks the app to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Wide {
    /// Open a ticket's thread.
    OpenTicket(TicketId),
    /// Show a list.
    Show(crate::model::View),
    /// Submit changes.
    Submit(Vec<Change>),
    /// Begin a reply, note or new ticket.
    Compose(DraftKind),
    /// Leave this pane.
    Back,
}

/// A question for an overlay.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Choose from a list.
    Pick(Pick),
    /// Choose by one key; input typed before it was drawn is dropped.
    Card(Card),
    /// The `:` line, with this text in it.
    Command(String),
    /// A one-line prompt.
    Prompt(Prompt),
}

/// A list to choose from. It does not move under the agent while it is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// What is asked.
    pub title: Clean,
    /// What can be chosen.
    pub items: Vec<PickItem>,
    /// Several may be chosen (`Space`).
    pub many: bool,
    /// A typed text that fits no item is an answer too (a new label, a ticket's id).
    pub free: bool,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// One row of a [`Pick`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PickItem {
    /// The answer.
    pub value: String,
    /// What is read and searched.
    pub label: Clean,
    /// What stands dimmed behind it (load, presence, key).
    pub detail: Clean,
    /// The agent whose colour it bears.
    pub agent: Option<crate::domain::AgentId>,
    /// Chosen from the start.
    pub chosen: bool,
}

/// A one-line question.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// What stands before the text (`/`, `g/`, `subject:`).
    pub lead: Clean,
    /// The text at the start.
    pub text: String,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// What an answer is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// Becomes the argument of this action: its name, then a space and the answer, as on the `:` line.
    Argument(&'static str),
    /// Filter as one types.
    Filter,
    /// Search in the pane.
    Search,
    /// A file to attach to the open draft.
    Attach,
    /// Which draft to open.
    Draft,
    /// Which outbox row to act on.
    Outbox,
}

/// A card: one question, answers by one key each. The default never harms.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What is asked.
    pub title: Clean,
    /// What should be known before.
    pub lines: Vec<Clean>,
    /// The answers, the first is the default (`Enter`); `Esc` and `q` always mean no.
    pub choices: Vec<Choice>,
}

/// One answer of a [`Card`].
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its key.
    pub key: char,
    /// What it does, in a word or two.
    pub label: Clean,
    /// What follows.
    pub then: Followup,
}

/// What follows an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Followup {
    /// Nothing.
    Nothing,
    /// These changes are submitted.
    Submit(Vec<Change>),
    /// These wishes go out.
    Effects(Vec<Effect>),
    /// These actions run, one after the other.
    Actions(Vec<Action>),
    /// The composer sends, with this status set in the same step.
    Send(Option<crate::domain::Status>),
    /// The composer sends although the thread moved on.
    SendAnyway,
    /// The composer's text becomes a note.
    KeepAsNote,
    /// The draft is thrown away.
    Discard,
    /// The last step is undone although it is old.
    Undo,
    /// A failed change's text goes back into the composer.
    Edit(crate::domain::ChangeId),
    /// This keymap from now on.
    Keymap(&'static str),
    /// A draft is opened here, and is read-only where it was.
    TakeOver(String),
    /// A draft begins beside the one there is. `true`: to everybody on the thread.
    BeginDraft(DraftKind, bool),
    /// Leave the program.
    Quit,
}

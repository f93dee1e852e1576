//! What lies over the panes and is asked first: the `:` line, palette, pickers, cards, prompts, help; and the box of keys that
//! can come next ([`which_key`]). An overlay does no I/O and changes nothing but itself: it answers with an [`Outcome`].

pub mod card;
pub mod cmdline;
mod frame;
mod fuzzy;
pub mod help;
pub mod input;
pub mod palette;
pub mod picker;
pub mod prompt;
#[cfg(test)]
mod tests;
pub mod which_key;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use card::CardBox;
pub use cmdline::CommandLine;
pub use help::Help;
pub use input::edit_key;
pub use palette::Palette;
pub use picker::Picker;
pub use prompt::PromptLine;

use crate::action::Context;
use crate::keymap::Chord;
use crate::pane::{Ctx, Followup, Purpose, Question};

/// One overlay.
#[derive(Debug)]
pub enum Overlay {
    /// The `:` line.
    CommandLine(CommandLine),
    /// Find an action by words.
    Palette(Palette),
    /// Choose from a list.
    Picker(Picker),
    /// Choose by one key.
    Card(CardBox),
    /// Type one line.
    Prompt(PromptLine),
    /// Every key there is.
    Help(Help),
}

/// What a key came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The overlay stays.
    Stay,
    /// It closes, nothing was chosen. A live filter or search goes back to what it was.
    Close,
    /// It closes; this text is run as on the `:` line (`action::parse_line`).
    Run(String),
    /// It closes; the `:` line opens with this text in it.
    Command(String),
    /// It closes with an answer.
    Picked {
        /// What was asked for.
        purpose: Purpose,
        /// The chosen values.
        values: Vec<String>,
        /// What was typed, where that is an answer.
        typed: Option<String>,
    },
    /// It closes, and this follows.
    Followup(Followup),
    /// It stays; the text changed, for those who filter or search as one types.
    Changed(String),
}

impl Overlay {
    /// The overlay for a question. `context` is where the focus was; `history` is of the `:` line, oldest first.
    pub fn ask(question: Question, context: Context, history: &[String]) -> Self {
        match question {
            Question::Pick(pick) => Self::Picker(Picker::new(pick)),
            Question::Card(card) => Self::Card(CardBox::new(card)),
            Question::Command(text) => Self::CommandLine(CommandLine::new(&text, context, history)),
            Question::Prompt(prompt) => Self::Prompt(PromptLine::new(prompt)),
        }
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Outcome {
        match self {
            Self::CommandLine(it) => it.key(chord, ctx),
            Self::Palette(it) => it.key(chord, ctx),
            Self::Picker(it) => it.key(chord, ctx),
            Self::Card(it) => it.key(chord),
            Self::Prompt(it) => it.key(chord),
            Self::Help(it) => it.key(chord, ctx),
        }
    }

    /// Takes a paste. Where no text is typed it is ignored: pasted letters never answer a question.
    pub fn paste(&mut self, text: &str) -> Outcome {
        match self {
            Self::CommandLine(it) => it.paste(text),
            Self::Palette(it) => it.paste(text),
            Self::Picker(it) => it.paste(text),
            Self::Prompt(it) => it.paste(text),
            Self::Card(_) | Self::Help(_) => Outcome::Stay,
        }
    }

    /// Draws over what is there and answers the caret's cell. `area` is the whole screen.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        match self {
            Self::CommandLine(it) => it.draw(area, buf, ctx),
            Self::Palette(it) => it.draw(area, buf, ctx),
            Self::Picker(it) => it.draw(area, buf, ctx),
            Self::Card(it) => {
                it.draw(area, buf, ctx);
                None
            }
            Self::Prompt(it) => it.draw(area, buf, ctx),
            Self::Help(it) => it.draw(area, buf, ctx),
        }
    }
}

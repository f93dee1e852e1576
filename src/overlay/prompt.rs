//! A prompt: one line to type, at the foot of the screen. A filter or a search is told every letter.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::input::{draw_line, edit};
use crate::editor::LineEdit;
use crate::keymap::{Chord, Key};
use crate::pane::{Ctx, Prompt, Purpose};
use crate::text::Clean;

/// A prompt on the screen.
#[derive(Debug)]
pub struct PromptLine {
    lead: Clean,
    purpose: Purpose,
    editor: LineEdit,
}

impl PromptLine {
    /// A prompt with its text.
    pub fn new(prompt: Prompt) -> Self {
        Self { lead: prompt.lead, purpose: prompt.purpose, editor: LineEdit::new(&prompt.text) }
    }

    /// What the answer is for.
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord) -> Outcome {
        match chord.key {
            Key::Esc => Outcome::Close,
            Key::Char('c' | 'g') if chord.ctrl => Outcome::Close,
            Key::Enter => self.answer(),
            // One more Backspace in an empty line leaves it, as in vim.
            Key::Backspace if self.editor.is_empty() => Outcome::Close,
            _ if edit(&mut self.editor, chord) => self.changed(),
            _ => Outcome::Stay,
        }
    }

    /// Takes a paste.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.editor.paste(text);
        self.changed()
    }

    fn changed(&self) -> Outcome {
        match self.purpose {
            Purpose::Filter | Purpose::Search => Outcome::Changed(self.editor.text().to_owned()),
            _ => Outcome::Stay,
        }
    }

    fn answer(&self) -> Outcome {
        let text = self.editor.text().trim().to_owned();
        match &self.purpose {
            Purpose::Argument(_) if text.is_empty() => Outcome::Close,
            Purpose::Argument(name) => Outcome::Run(format!("{name} {text}")),
            purpose => Outcome::Picked { purpose: purpose.clone(), values: Vec::new(), typed: Some(text) },
        }
    }

    /// Draws it into the last row.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        let row = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let lead =
            if self.lead.ends_with(['/', ' ']) { self.lead.clone() } else { Clean::line(&format!("{} ", self.lead)) };
        draw_line(&self.editor, &lead, row, buf, ctx.theme, ctx.theme.key)
    }
}

//! Text being typed: the composer's [`Editor`], one text with a caret in the ways of vim, of emacs, or plain, and
//! [`LineEdit`], the one-line input everywhere else. They know no terminal (keys are [`EditKey`]s, drawing goes to a cell
//! buffer), no clock, no disk.
//!
//! [`buffer`] owns the text and its undo; `motion`, `object` and `command` are pure (where a motion leads, what an object
//! spans, what typed letters mean); `typing`, `vim` (with `target`, `change`) and `modeless` change the text; `wrap`, `draw` show it. A caret is
//! always between two grapheme clusters.

mod buffer;
mod change;
mod command;
mod draw;
mod grapheme;
mod line;
mod modeless;
mod motion;
mod object;
mod reflow;
mod target;
#[cfg(test)]
mod tests;
mod typing;
mod vim;
mod wrap;

use std::collections::BTreeMap;

use buffer::{Buffer, Pos};
use change::Register;
pub use draw::Look;
use draw::View;
pub use line::LineEdit;
use motion::Find;
use vim::{Change, Session, Typed};

/// What a key means now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EditMode {
    /// Letters become text. The only mode of [`EditStyle::Emacs`] and [`EditStyle::Plain`].
    Insert,
    /// Letters are vim commands.
    Normal,
    /// `v`: letters are selected.
    Visual,
    /// `V`: lines are selected.
    VisualLine,
}

/// Whose ways the keys follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EditStyle {
    /// vim's modes.
    Vim,
    /// `C-a C-e C-k C-y` and kin, as in a shell's line.
    Emacs,
    /// Arrows, `C-z`, `C-y`.
    Plain,
}

/// One key press, whatever terminal it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the keys")]
pub enum EditKey {
    Char(char),
    /// A letter with Control, lower case: `Ctrl('w')`.
    Ctrl(char),
    Enter,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    /// A word to the left (`C-Left`).
    WordLeft,
    /// A word to the right (`C-Right`).
    WordRight,
    Home,
    End,
    PageUp,
    PageDown,
    Esc,
}

/// What became of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditOutcome {
    /// The editor took it.
    Handled,
    /// The editor has no use for it; the app may.
    Ignored,
    /// Typed through an input method where letters are commands: nothing was done, say so.
    Ime,
    /// `:` in normal mode: the app opens its command line.
    OpenCommandLine,
    /// `ZZ`: the app opens the send card.
    SendCard,
    /// A key that stands for a command line (`ZQ` is `q!`).
    Command(String),
}

/// What became of a paste.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pasted {
    /// Bytes that went into the text.
    pub kept: usize,
    /// Bytes beyond the cap, left out; the agent has to be told.
    pub dropped: usize,
}

/// Bytes one paste may bring, unless told otherwise.
pub const PASTE_CAP: usize = 1_000_000;

/// One text with a caret.
#[derive(Debug)]
pub struct Editor {
    buffer: Buffer,
    caret: Pos,
    /// The cell that `j`, `k` and the arrows aim for, and whether it counts in the row of the screen or in the line.
    aim: Option<(bool, usize)>,
    style: EditStyle,
    mode: EditMode,
    paste_cap: usize,
    /// The fixed end of the selection.
    anchor: Pos,
    /// The selection before this one: mode, fixed end, caret.
    last_selection: Option<(EditMode, Pos, Pos)>,
    /// Letters of a command that is not complete.
    pending: Vec<char>,
    registers: BTreeMap<char, Register>,
    last_find: Option<Find>,
    /// What `.` repeats.
    last_change: Option<Change>,
    /// The insert session under way, in the style of vim.
    session: Option<Session>,
    /// Letters typed since the undo step began.
    typed: usize,
    /// `.` or a count types: one undo step, however long.
    replaying: bool,
    view: View,
}

impl Editor {
    /// An editor of many lines in the style of vim, in insert mode, the caret at the start.
    pub fn new(text: &str) -> Self {
        Self {
            buffer: Buffer::new(&typing::tidy(text, false, 0)),
            caret: Pos::default(),
            aim: None,
            style: EditStyle::Vim,
            mode: EditMode::Insert,
            paste_cap: PASTE_CAP,
            anchor: Pos::default(),
            last_selection: None,
            pending: Vec::new(),
            registers: BTreeMap::new(),
            last_find: None,
            last_change: None,
            session: None,
            typed: 0,
            replaying: false,
            view: View::default(),
        }
    }

    /// The same editor with another style of keys.
    #[must_use]
    pub fn with_style(mut self, style: EditStyle) -> Self {
        self.set_style(style);
        self
    }

    /// The same editor with another cap on one paste, in bytes.
    #[must_use]
    pub fn with_paste_cap(mut self, bytes: usize) -> Self {
        self.paste_cap = bytes;
        self
    }

    /// Changes the style of keys; insert mode begins.
    pub fn set_style(&mut self, style: EditStyle) {
        self.style = style;
        self.to_insert_mode();
    }

    /// The text; lines are joined by `\n`.
    pub fn text(&self) -> String {
        self.buffer.text()
    }

    /// Replaces the whole text, as one undo step. The caret stays where it was, as far as that place exists.
    pub fn set_text(&mut self, text: &str) {
        let text = typing::tidy(text, false, 0);
        self.end_group();
        self.buffer.begin(self.caret);
        self.buffer.replace(Pos::default(), self.buffer.end(), &text);
        self.buffer.commit();
        self.settle();
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.buffer.end() == Pos::default()
    }

    /// Bytes of text.
    pub fn len(&self) -> usize {
        self.buffer.lines().iter().map(|l| l.len() + 1).sum::<usize>() - 1
    }

    /// What a key means now.
    pub fn mode(&self) -> EditMode {
        self.mode
    }

    /// Starts insert mode at the caret, as when a field is entered.
    pub fn to_insert_mode(&mut self) {
        self.end_group();
        self.session = None;
        self.pending.clear();
        self.mode = EditMode::Insert;
    }

    /// The caret: line and grapheme cluster in it, both from 0.
    pub fn caret(&self) -> (usize, usize) {
        (self.caret.row, grapheme::count(&self.buffer.line(self.caret.row)[..self.caret.byte]))
    }

    /// Puts the caret at a line and a cluster in it, or the nearest place there is.
    pub fn set_caret(&mut self, row: usize, cluster: usize) {
        self.end_group();
        self.session = None;
        let row = row.min(self.buffer.last_row());
        self.caret = Pos::new(row, grapheme::nth(self.buffer.line(row), cluster));
        self.settle();
    }

    /// Puts the caret behind the last letter.
    pub fn caret_to_end(&mut self) {
        self.end_group();
        self.session = None;
        self.caret = self.buffer.end();
        self.settle();
    }

    /// A number that grows with every change of the text.
    pub fn revision(&self) -> u64 {
        self.buffer.revision()
    }

    /// Whether the text changed since [`Editor::revision`] was `rev`.
    pub fn modified_since(&self, rev: u64) -> bool {
        self.buffer.revision() != rev
    }

    /// The letters of a command that is not complete yet (`2d`), for the status line.
    pub fn pending(&self) -> String {
        self.pending.iter().collect()
    }

    /// The selected text, if visual mode is on.
    pub fn selected_text(&self) -> Option<String> {
        let (from, to, lines) = self.selection()?;
        let (from, to) = if lines {
            (Pos::new(from.row, 0), Pos::new(to.row, self.buffer.line(to.row).len()))
        } else {
            (from, Pos::new(to.row, grapheme::next(self.buffer.line(to.row), to.byte)))
        };
        Some(self.buffer.slice(from, to))
    }

    /// Takes a key press.
    pub fn key(&mut self, key: EditKey) -> EditOutcome {
        match (self.style, self.mode) {
            (EditStyle::Vim, EditMode::Insert) => self.insert_key(key),
            (EditStyle::Vim, _) => self.vim_key(key),
            _ => self.modeless_key(key),
        }
    }

    /// Takes a paste: never as commands, whatever the mode; one undo step; capped. A selection is replaced.
    pub fn paste(&mut self, text: &str) -> Pasted {
        let mut cut = text.len().min(self.paste_cap);
        if cut < text.len() {
            while !grapheme::is_boundary(text, cut) {
                cut -= 1;
            }
        }
        let before = self.len();
        let selection = self.selected_span();
        self.end_group();
        self.pending.clear();
        self.buffer.begin(self.caret);
        if let Some(span) = selection {
            self.leave_visual();
            self.take_out(span);
        }
        let without = self.len().min(before);
        self.put_in(&text[..cut]);
        self.buffer.commit();
        self.record(Typed::Text(text[..cut].to_owned()));
        self.settle();
        Pasted { kept: self.len() - without, dropped: text.len() - cut }
    }

    /// Inserts a text at the caret (a template, a macro): one undo step, the caret behind it.
    pub fn insert_at_caret(&mut self, text: &str) {
        self.end_group();
        self.buffer.begin(self.caret);
        self.put_in(text);
        self.buffer.commit();
        self.settle();
    }

    /// Takes back one step. False when there is none.
    pub fn undo(&mut self) -> bool {
        self.jump_to(Buffer::undo)
    }

    /// Does again what was taken back. False when there is nothing.
    pub fn redo(&mut self) -> bool {
        self.jump_to(Buffer::redo)
    }

    fn jump_to(&mut self, step: impl Fn(&mut Buffer) -> Option<Pos>) -> bool {
        self.end_group();
        let Some(caret) = step(&mut self.buffer) else { return false };
        self.caret = caret;
        self.settle();
        true
    }

    /// Brings the caret to a place that exists, and forgets the column it aimed for.
    fn settle(&mut self) {
        self.aim = None;
        self.clamp();
    }

    /// Brings the caret to a place that exists: on a boundary, and outside insert mode on a letter.
    fn clamp(&mut self) {
        self.caret = self.buffer.snap(self.caret);
        if self.mode != EditMode::Insert {
            self.caret.byte = self.caret.byte.min(grapheme::last(self.buffer.line(self.caret.row)));
            self.anchor = self.buffer.snap(self.anchor);
        }
    }
}

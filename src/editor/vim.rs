//! vim's normal and visual mode: runs what `command` read, and remembers for `.`, registers and `gv`.

use super::buffer::Pos;
use super::change::{change_case, rows_of};
use super::command::{Act, Command, Entry, Op, Stop, parse};
use super::motion::{self, partner};
use super::object::Span;
use super::target::Extent;
use super::{EditKey, EditMode, EditOutcome, Editor, grapheme};

/// Letters of an incomplete command kept at most.
const PENDING: usize = 32;
/// Keys of one insert session kept for `.`, and keys a count may replay.
const REPLAY: usize = 20_000;

/// One thing typed in an insert session.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    Key(EditKey),
    Text(String),
}

/// A change as `.` repeats it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    command: Command,
    extent: Option<Extent>,
    typed: Vec<Typed>,
}

/// Insert mode as entered from normal mode.
#[derive(Clone, Debug)]
pub(super) struct Session {
    change: Change,
    /// How often the typed text comes, for `3ix`.
    repeat: usize,
}

impl Session {
    fn here() -> Self {
        let command = Command { count: None, register: None, act: Act::Insert(Entry::Here) };
        Self { change: Change { command, extent: None, typed: Vec::new() }, repeat: 1 }
    }
}

impl Editor {
    // ---- keys

    /// A key in insert mode.
    pub(super) fn insert_key(&mut self, key: EditKey) -> EditOutcome {
        let key = match key {
            EditKey::Esc | EditKey::Ctrl('c' | '[') => {
                self.leave_insert();
                return EditOutcome::Handled;
            }
            EditKey::Ctrl('j' | 'm') => EditKey::Enter,
            key => key,
        };
        if !self.type_key(key) {
            return EditOutcome::Ignored;
        }
        self.record(Typed::Key(key));
        EditOutcome::Handled
    }

    /// Keeps what was typed for `.`. A move of the caret begins anew, as in vim.
    pub(super) fn record(&mut self, typed: Typed) {
        if self.mode != EditMode::Insert {
            return;
        }
        let erases = [EditKey::Backspace, EditKey::Delete, EditKey::Enter, EditKey::Tab];
        let session = self.session.get_or_insert_with(Session::here);
        match typed {
            Typed::Key(k) if !matches!(k, EditKey::Char(_) | EditKey::Ctrl(_)) && !erases.contains(&k) => {
                *session = Session::here();
            }
            typed if session.change.typed.len() < REPLAY => session.change.typed.push(typed),
            _ => {}
        }
    }

    fn leave_insert(&mut self) {
        let session = self.session.take().unwrap_or_else(Session::here);
        let Session { change, repeat } = session;
        let times = (REPLAY / change.typed.len().max(1)).min(repeat.saturating_sub(1));
        for _ in 0..times {
            if matches!(change.command.act, Act::Insert(Entry::LineBelow | Entry::LineAbove)) {
                self.open_line(true);
            }
            self.replay(&change.typed);
        }
        self.end_group();
        if !change.typed.is_empty() || !matches!(change.command.act, Act::Insert(_)) {
            self.last_change = Some(change);
        }
        self.mode = EditMode::Normal;
        self.caret.byte = grapheme::prev(self.buffer.line(self.caret.row), self.caret.byte);
        self.settle();
    }

    fn replay(&mut self, typed: &[Typed]) {
        self.replaying = true;
        for one in typed {
            match one {
                Typed::Key(key) => {
                    self.type_key(*key);
                }
                Typed::Text(text) => self.put_in(text),
            }
        }
        self.replaying = false;
    }

    /// A key in normal or visual mode.
    pub(super) fn vim_key(&mut self, key: EditKey) -> EditOutcome {
        let literal = matches!(self.parsed(), Err(Stop::More { literal: true }));
        let c = match key {
            EditKey::Char(c) if c.is_control() => return EditOutcome::Handled,
            EditKey::Char(c) if literal || c.is_ascii() => c,
            EditKey::Char(c) => match from_input_method(c, !self.pending.is_empty()) {
                Some(c) => c,
                None => {
                    self.pending.clear();
                    return EditOutcome::Ime;
                }
            },
            EditKey::Esc | EditKey::Ctrl('c' | '[') => return self.escape(),
            EditKey::Enter => '\n',
            _ if literal => {
                self.pending.clear();
                return EditOutcome::Handled;
            }
            EditKey::Ctrl(c) => return self.vim_ctrl(c),
            EditKey::Left | EditKey::Backspace => 'h',
            EditKey::Right => 'l',
            EditKey::Up => 'k',
            EditKey::Down => 'j',
            EditKey::WordLeft => 'b',
            EditKey::WordRight => 'w',
            EditKey::Home => '0',
            EditKey::End => '$',
            EditKey::Delete => '\u{7f}',
            EditKey::PageUp => return self.vim_ctrl('b'),
            EditKey::PageDown => return self.vim_ctrl('f'),
            EditKey::Tab | EditKey::BackTab => return EditOutcome::Ignored,
        };
        self.pending.push(c);
        match self.parsed() {
            Ok(command) => {
                self.pending.clear();
                self.run(command)
            }
            Err(Stop::More { .. }) if self.pending.len() < PENDING => EditOutcome::Handled,
            Err(_) => {
                self.pending.clear();
                EditOutcome::Handled
            }
        }
    }

    fn parsed(&self) -> Result<Command, Stop> {
        parse(&self.pending, self.mode != EditMode::Normal)
    }

    fn escape(&mut self) -> EditOutcome {
        let idle = self.pending.is_empty() && self.mode == EditMode::Normal;
        self.pending.clear();
        self.leave_visual();
        if idle { EditOutcome::Ignored } else { EditOutcome::Handled }
    }

    fn vim_ctrl(&mut self, c: char) -> EditOutcome {
        let count = self.pending.drain(..).collect::<String>().parse().ok();
        let half = (self.view.height() / 2).max(1);
        let (down, rows) = match c {
            'r' if self.mode == EditMode::Normal => {
                for _ in 0..count.unwrap_or(1) {
                    if !self.redo() {
                        break;
                    }
                }
                return EditOutcome::Handled;
            }
            'd' => (true, count.unwrap_or(half)),
            'u' => (false, count.unwrap_or(half)),
            'f' => (true, self.page().saturating_mul(count.unwrap_or(1))),
            'b' => (false, self.page().saturating_mul(count.unwrap_or(1))),
            _ => return EditOutcome::Ignored,
        };
        if let Some(to) = self.screen_rows_away(down, rows) {
            self.caret = to;
            self.clamp();
        }
        EditOutcome::Handled
    }

    // ---- commands

    fn run(&mut self, command: Command) -> EditOutcome {
        let count = command.count.unwrap_or(1);
        match command.act {
            Act::Move(motion) => {
                if let Some(to) = self.target(motion, command.count, false) {
                    self.caret = to;
                    self.clamp();
                }
            }
            Act::Undo => {
                for _ in 0..count {
                    if !self.undo() {
                        break;
                    }
                }
            }
            Act::Repeat => self.repeat(command.count),
            Act::Place(place) => self.view.want(place),
            Act::Visual { lines } => self.visual(lines),
            Act::SwapEnds => (self.caret, self.anchor) = (self.anchor, self.caret),
            Act::Select { object, around } => {
                let extends = self.anchor < self.caret;
                let lines = self.buffer.lines();
                let at = if extends { motion::forward(lines, self.caret).unwrap_or(self.caret) } else { self.caret };
                if let Some(span) = object.span(lines, at, around, count) {
                    self.select(self.snap_span(span), extends);
                }
            }
            Act::Reselect => {
                if let Some((mode, anchor, caret)) = self.last_selection {
                    (self.mode, self.anchor, self.caret) = (mode, anchor, caret);
                    self.settle();
                }
            }
            Act::CommandLine => return EditOutcome::OpenCommandLine,
            Act::Send => return EditOutcome::SendCard,
            Act::Quit => return EditOutcome::Command("q!".to_owned()),
            Act::Operate(..)
            | Act::Insert(_)
            | Act::Put { .. }
            | Act::Replace(_)
            | Act::Join { .. }
            | Act::ToggleCase => self.change(command, None),
        }
        EditOutcome::Handled
    }

    /// Runs a command that changes the text, as one undo step that `.` can repeat. `extent` stands for the selection
    /// when a visual command is repeated.
    fn change(&mut self, command: Command, extent: Option<Extent>) {
        let selection = match extent {
            Some(e) => Some(self.span_of_extent(e)),
            None => self.selected_span(),
        };
        let extent = extent.or_else(|| selection.map(|s| self.extent_of(s)));
        self.leave_visual();
        self.end_group();
        self.buffer.begin(self.caret);
        if let Some(span) = selection {
            self.caret = span.start();
        }
        let acted = self.apply(command, selection);
        if self.mode == EditMode::Insert {
            // A count of an operator was its own; that of `i`, `o` and kin repeats the text.
            let repeat = if matches!(command.act, Act::Insert(_)) { command.count.unwrap_or(1) } else { 1 };
            self.session = Some(Session { change: Change { command, extent, typed: Vec::new() }, repeat });
            return;
        }
        self.buffer.commit();
        self.clamp();
        if acted {
            self.last_change = Some(Change { command, extent, typed: Vec::new() });
        }
    }

    /// Changes the text. False when there was nothing to work on, or nothing but a yank was done.
    fn apply(&mut self, command: Command, selection: Option<Span>) -> bool {
        let count = command.count.unwrap_or(1);
        match command.act {
            Act::Operate(op, target) => {
                let times = if selection.is_some() { count } else { 1 };
                let found = self.span_of_target(op, target, command.count, selection);
                let Some((span, start)) = found else { return false };
                self.operate(op, span, start, command.register, times);
                return op != Op::Yank;
            }
            Act::Insert(entry) => self.enter_insert(entry),
            Act::Put { before } => self.put(before, count, command.register, selection),
            Act::Replace(c) => return self.replace_letters(c, count, selection),
            Act::Join { spaces } => {
                let (from, to) = match selection {
                    Some(span) => rows_of(span),
                    None => (self.caret.row, self.caret.row + count.max(2) - 1),
                };
                self.join_lines(from, to.max(from + 1), spaces);
            }
            Act::ToggleCase => {
                let line = self.buffer.line(self.caret.row);
                let to = Pos::new(self.caret.row, self.steps_right(count));
                let text = change_case(&line[self.caret.byte..to.byte], Op::Toggle);
                self.caret = self.buffer.replace(self.caret, to, &text);
                self.aim = None;
            }
            _ => return false,
        }
        true
    }

    fn repeat(&mut self, count: Option<usize>) {
        let Some(mut change) = self.last_change.clone() else { return };
        change.command.count = count.or(change.command.count);
        self.change(change.command, change.extent);
        if self.mode == EditMode::Insert {
            self.replay(&change.typed);
            if let Some(session) = &mut self.session {
                session.change.typed = change.typed;
            }
            self.leave_insert();
        }
    }

    fn enter_insert(&mut self, entry: Entry) {
        let Pos { row, byte } = self.caret;
        let line = self.buffer.line(row);
        let byte = match entry {
            Entry::Here => byte,
            Entry::After => grapheme::next(line, byte),
            Entry::FirstLetter => motion::first_letter(line),
            Entry::LineEnd => line.len(),
            Entry::LineBelow | Entry::LineAbove => {
                self.open_line(entry == Entry::LineBelow);
                self.caret.byte
            }
        };
        self.caret.byte = byte;
        self.aim = None;
        self.mode = EditMode::Insert;
    }

    /// A new line below or above.
    fn open_line(&mut self, below: bool) {
        let row = self.caret.row;
        if below {
            let end = Pos::new(row, self.buffer.line(row).len());
            self.caret = self.buffer.replace(end, end, "\n");
        } else {
            let start = Pos::new(row, 0);
            self.buffer.replace(start, start, "\n");
            self.caret = start;
        }
    }
}

/// A full-width letter, digit or mark as the key it stands for; a Japanese bracket as itself where an object may be
/// named (`di「`). All else from an input method is no command.
fn from_input_method(c: char, pending: bool) -> Option<char> {
    if pending && partner(c).is_some() {
        return Some(c);
    }
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
        _ => None,
    }
}

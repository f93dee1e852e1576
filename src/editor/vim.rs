//! vim's normal and visual mode: runs what `command` read, and remembers for `.`, registers and `gv`.

use super::buffer::Pos;
use super::command::{Act, Command, Entry, Op, Stop, Target, parse};
use super::motion::{self, Motion, Reach, partner};
use super::object::Span;
use super::{EditKey, EditMode, EditOutcome, Editor, PASTE_CAP, grapheme, reflow};

/// Cells `gq` fills to.
const FILL: usize = 72;
/// Blanks `>` puts before a line.
const SHIFT: usize = 4;
/// Letters of an incomplete command kept at most.
const PENDING: usize = 32;
/// Keys of one insert session kept for `.`, and keys a count may replay.
const REPLAY: usize = 20_000;

/// What was yanked or deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    pub text: String,
    /// Whole lines: put as lines.
    pub lines: bool,
}

/// One thing typed in an insert session.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    Key(EditKey),
    Text(String),
}

/// How much was selected, so that `.` can take as much again.
#[derive(Clone, Copy, Debug)]
struct Extent {
    lines: bool,
    rows: usize,
    /// Clusters: in all on one line, else those on the last one.
    letters: usize,
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
        let before = self.buffer.revision();
        let selection = match extent {
            Some(e) => Some(self.span_of_extent(e)),
            None => self.selected_span(),
        };
        let extent = extent.or_else(|| selection.map(|s| self.extent_of(s)));
        self.leave_visual();
        self.end_group();
        self.buffer.begin(self.caret);
        self.apply(command, selection);
        if self.mode == EditMode::Insert {
            // A count of an operator was its own; that of `i`, `o` and kin repeats the text.
            let repeat = if matches!(command.act, Act::Insert(_)) { command.count.unwrap_or(1) } else { 1 };
            self.session = Some(Session { change: Change { command, extent, typed: Vec::new() }, repeat });
            return;
        }
        self.buffer.commit();
        self.clamp();
        if self.buffer.revision() != before {
            self.last_change = Some(Change { command, extent, typed: Vec::new() });
        }
    }

    fn apply(&mut self, command: Command, selection: Option<Span>) {
        let count = command.count.unwrap_or(1);
        match command.act {
            Act::Operate(op, target) => {
                let span = match target {
                    Target::Selection => selection,
                    Target::Rows => {
                        let last = (self.caret.row + count - 1).min(self.buffer.last_row());
                        Some(Span::Lines(self.caret.row, last))
                    }
                    Target::Object { object, around } => {
                        object.span(self.buffer.lines(), self.caret, around, count).map(|s| self.snap_span(s))
                    }
                    Target::Motion(motion) => self.span_of(op, motion, command.count),
                };
                let times = if selection.is_some() { count } else { 1 };
                if let Some(span) = span {
                    self.operate(op, span, command.register, times);
                }
            }
            Act::Insert(entry) => self.enter_insert(entry),
            Act::Put { before } => self.put(before, count, command.register, selection),
            Act::Replace(c) => self.replace_letters(c, count, selection),
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
            _ => {}
        }
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

    /// A new line below or above; an editor of one line has none to give.
    fn open_line(&mut self, below: bool) {
        let row = self.caret.row;
        if self.single {
            return;
        }
        if below {
            let end = Pos::new(row, self.buffer.line(row).len());
            self.caret = self.buffer.replace(end, end, "\n");
        } else {
            let start = Pos::new(row, 0);
            self.buffer.replace(start, start, "\n");
            self.caret = start;
        }
    }

    // ---- where to

    fn steps(&self, n: usize, step: impl Fn(&[String], Pos) -> Option<Pos>) -> Option<Pos> {
        let lines = self.buffer.lines();
        let to = (0..n).try_fold(self.caret, |p, _| step(lines, p).ok_or(p)).unwrap_or_else(|p| p);
        (to != self.caret).then_some(to)
    }

    fn steps_right(&self, n: usize) -> usize {
        let line = self.buffer.line(self.caret.row);
        (0..n.min(line.len())).fold(self.caret.byte, |at, _| grapheme::next(line, at))
    }

    /// Where a motion leads; `op` when an operator asks, which may go behind the last letter.
    fn target(&mut self, motion: Motion, count: Option<usize>, op: bool) -> Option<Pos> {
        let n = count.unwrap_or(1);
        match motion {
            Motion::Up | Motion::Down => return self.lines_away(motion == Motion::Down, n),
            Motion::ScreenUp | Motion::ScreenDown => return self.screen_rows_away(motion == Motion::ScreenDown, n),
            _ => self.aim = None,
        }
        let Pos { row, byte } = self.caret;
        let line = self.buffer.line(row);
        let last = self.buffer.last_row();
        let first_letter_of = |row: usize| Some(Pos::new(row, motion::first_letter(self.buffer.line(row))));
        match motion {
            Motion::Left => {
                let to = (0..n.min(line.len())).fold(byte, |at, _| grapheme::prev(line, at));
                (to != byte).then_some(Pos::new(row, to))
            }
            Motion::Right => {
                let to = self.steps_right(n);
                let to = if op || self.mode != EditMode::Normal { to } else { to.min(grapheme::last(line)) };
                (to > byte).then_some(Pos::new(row, to))
            }
            Motion::WordForward { big } => self.steps(n, |l, p| motion::word_forward(l, p, big)),
            Motion::WordBack { big } => self.steps(n, |l, p| motion::word_back(l, p, big)),
            Motion::WordEnd { big } => self.steps(n, |l, p| motion::word_end(l, p, big)),
            Motion::WordEndBack { big } => self.steps(n, |l, p| motion::word_end_back(l, p, big)),
            Motion::ParagraphForward => self.steps(n, motion::paragraph_forward),
            Motion::ParagraphBack => self.steps(n, motion::paragraph_back),
            Motion::LineStart => Some(Pos::new(row, 0)),
            Motion::FirstLetter => first_letter_of(row),
            Motion::LineEnd => {
                let row = (row + n - 1).min(last);
                self.aim = Some((false, usize::MAX));
                Some(Pos::new(row, self.buffer.line(row).len()))
            }
            Motion::LastLetter => {
                let row = (row + n - 1).min(last);
                let line = self.buffer.line(row);
                Some(Pos::new(row, grapheme::prev(line, grapheme::snap(line, line.trim_end().len()))))
            }
            Motion::NextLine => (row < last).then(|| first_letter_of((row + n).min(last)))?,
            Motion::PrevLine => (row > 0).then(|| first_letter_of(row.saturating_sub(n)))?,
            Motion::First => first_letter_of(n.saturating_sub(1).min(last)),
            Motion::Last => first_letter_of(count.map_or(last, |n| n.saturating_sub(1).min(last))),
            Motion::Match => motion::matching(self.buffer.lines(), self.caret).map(|p| self.buffer.snap(p)),
            Motion::Find(what) => {
                let to = motion::find(line, byte, what, n, false);
                self.last_find = Some(what);
                to.map(|to| Pos::new(row, to))
            }
            Motion::Again { back } => {
                let mut what = self.last_find?;
                what.back ^= back;
                motion::find(line, byte, what, n, true).map(|to| Pos::new(row, to))
            }
            // Answered above.
            Motion::Up | Motion::Down | Motion::ScreenUp | Motion::ScreenDown => None,
        }
    }

    /// What an operator takes on the way of a motion, with vim's exceptions.
    fn span_of(&mut self, op: Op, motion: Motion, count: Option<usize>) -> Option<Span> {
        let from = self.caret;
        let n = count.unwrap_or(1);
        if let Motion::WordForward { big } = motion {
            return self.span_of_words(op == Op::Change, big, n);
        }
        let to = self.target(motion, count, true)?;
        let (a, mut b) = (from.min(to), from.max(to));
        let reach = match motion {
            Motion::Again { back } if !(self.last_find?.back ^ back) => Reach::Inclusive,
            _ => motion.reach(),
        };
        match reach {
            Reach::Lines => return Some(Span::Lines(a.row, b.row)),
            Reach::Inclusive => b.byte = grapheme::next(self.buffer.line(b.row), b.byte),
            // A motion that ends before a line's first letter stops at the end of the line before; and takes whole
            // lines when nothing but blanks stands before its start (`d}`).
            Reach::Exclusive if b.byte == 0 && b.row > a.row => {
                if a.byte <= motion::first_letter(self.buffer.line(a.row)) {
                    return Some(Span::Lines(a.row, b.row - 1));
                }
                b = Pos::new(b.row - 1, self.buffer.line(b.row - 1).len());
            }
            Reach::Exclusive => {}
        }
        Some(Span::Letters(a, b))
    }

    /// `w` behind an operator: never takes the line end behind the last word; `cw` on a word leaves the blanks too.
    fn span_of_words(&mut self, change: bool, big: bool, n: usize) -> Option<Span> {
        self.aim = None;
        let lines = self.buffer.lines();
        let from = self.caret;
        let kind = |p: Pos| grapheme::kind(grapheme::cluster(&lines[p.row], p.byte), big);
        if change && kind(from) != grapheme::Kind::Blank {
            // Like `e`, but a word of one letter is a word.
            let mut end = from;
            loop {
                let next = Pos::new(end.row, grapheme::next(&lines[end.row], end.byte));
                if next.byte >= lines[next.row].len() || kind(next) != kind(from) {
                    break;
                }
                end = next;
            }
            for _ in 1..n {
                end = motion::word_end(lines, end, big).unwrap_or(end);
            }
            return Some(Span::Letters(from, Pos::new(end.row, grapheme::next(&lines[end.row], end.byte))));
        }
        let before = self.steps(n - 1, |l, p| motion::word_forward(l, p, big)).unwrap_or(from);
        let mut to = motion::word_forward(lines, before, big)?;
        if to.row > before.row {
            to = Pos::new(before.row, lines[before.row].len());
        }
        (from != to).then_some(Span::Letters(from, to))
    }

    fn snap_span(&self, span: Span) -> Span {
        match span {
            Span::Letters(a, b) => Span::Letters(self.buffer.snap(a), self.buffer.snap(b)),
            lines @ Span::Lines(..) => lines,
        }
    }

    // ---- selection

    /// First and last selected place, and whether whole lines are selected.
    pub(super) fn selection(&self) -> Option<(Pos, Pos, bool)> {
        let lines = match self.mode {
            EditMode::Visual => false,
            EditMode::VisualLine => true,
            EditMode::Insert | EditMode::Normal => return None,
        };
        Some((self.anchor.min(self.caret), self.anchor.max(self.caret), lines))
    }

    pub(super) fn selected_span(&self) -> Option<Span> {
        let (from, to, lines) = self.selection()?;
        if lines {
            return Some(Span::Lines(from.row, to.row));
        }
        // On an empty line the line end is what is selected.
        let end = if self.buffer.line(to.row).is_empty() {
            motion::forward(self.buffer.lines(), to).unwrap_or(to)
        } else {
            Pos::new(to.row, grapheme::next(self.buffer.line(to.row), to.byte))
        };
        Some(Span::Letters(from, end))
    }

    pub(super) fn leave_visual(&mut self) {
        if matches!(self.mode, EditMode::Visual | EditMode::VisualLine) {
            self.last_selection = Some((self.mode, self.anchor, self.caret));
            self.mode = EditMode::Normal;
        }
    }

    fn visual(&mut self, lines: bool) {
        let mode = if lines { EditMode::VisualLine } else { EditMode::Visual };
        if self.mode == mode {
            return self.leave_visual();
        }
        if self.mode == EditMode::Normal {
            self.anchor = self.caret;
        }
        self.mode = mode;
    }

    fn select(&mut self, span: Span, extends: bool) {
        match span {
            Span::Letters(a, b) if a < b => {
                self.anchor = if extends { self.anchor } else { a };
                self.caret = motion::back(self.buffer.lines(), b).unwrap_or(a);
            }
            Span::Letters(..) => {}
            Span::Lines(a, b) => {
                self.mode = EditMode::VisualLine;
                self.anchor = if extends { self.anchor } else { Pos::new(a, 0) };
                self.caret = Pos::new(b, 0);
            }
        }
        self.settle();
    }

    fn extent_of(&self, span: Span) -> Extent {
        match span {
            Span::Lines(a, b) => Extent { lines: true, rows: b - a, letters: 0 },
            Span::Letters(a, b) => {
                let from = if a.row == b.row { a.byte } else { 0 };
                let letters = grapheme::count(&self.buffer.line(b.row)[from..b.byte]);
                Extent { lines: false, rows: b.row - a.row, letters }
            }
        }
    }

    fn span_of_extent(&self, extent: Extent) -> Span {
        let row = (self.caret.row + extent.rows).min(self.buffer.last_row());
        if extent.lines {
            return Span::Lines(self.caret.row, row);
        }
        let from = if row == self.caret.row { self.caret.byte } else { 0 };
        let line = &self.buffer.line(row)[from..];
        Span::Letters(self.caret, Pos::new(row, from + grapheme::nth(line, extent.letters)))
    }

    // ---- changes

    fn operate(&mut self, op: Op, span: Span, register: Option<char>, times: usize) {
        match op {
            Op::Delete | Op::Change | Op::Yank => {
                self.store(register, self.copy(span), op == Op::Yank);
                match (op, span) {
                    (Op::Yank, Span::Letters(from, _)) => self.caret = from,
                    (Op::Yank, Span::Lines(from, _)) => self.caret.row = self.caret.row.min(from),
                    (Op::Change, _) => {
                        self.take_out(span);
                        self.mode = EditMode::Insert;
                    }
                    (_, Span::Lines(a, b)) => self.delete_lines(a, b),
                    _ => self.take_out(span),
                }
            }
            Op::Indent | Op::Outdent => {
                let (a, b) = rows_of(span);
                self.shift(a, b, op == Op::Indent, times);
            }
            Op::Reflow => {
                let (a, b) = rows_of(span);
                let filled = reflow::reflow(&self.buffer.lines()[a..=b], FILL);
                if filled != self.buffer.lines()[a..=b] {
                    let (from, to) = (Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len()));
                    self.caret = self.buffer.replace(from, to, &filled.join("\n"));
                } else {
                    self.caret = Pos::new(b, 0);
                }
                self.caret.byte = motion::first_letter(self.buffer.line(self.caret.row));
            }
            Op::Toggle | Op::Lower | Op::Upper => {
                let (from, to) = match span {
                    Span::Letters(from, to) => (from, to),
                    Span::Lines(a, b) => (Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len())),
                };
                let text = change_case(&self.buffer.slice(from, to), op);
                self.buffer.replace(from, to, &text);
                self.caret = span.start().min(self.caret);
            }
        }
        self.aim = None;
        self.caret = self.buffer.snap(self.caret);
    }

    fn copy(&self, span: Span) -> Register {
        match span {
            Span::Letters(from, to) => Register { text: self.buffer.slice(from, to), lines: false },
            Span::Lines(a, b) => Register { text: self.buffer.lines()[a..=b].join("\n"), lines: true },
        }
    }

    /// Fills a register: the unnamed one, and the named one too (a capital appends). `"_` keeps nothing, `"0` is the last
    /// yank.
    pub(super) fn store(&mut self, name: Option<char>, register: Register, yank: bool) {
        match name {
            Some('_') => return,
            Some(c) if c.is_ascii_uppercase() => {
                let old = self.registers.entry(c.to_ascii_lowercase()).or_default();
                let lines = old.lines || register.lines;
                if lines && !old.text.is_empty() {
                    old.text.push('\n');
                }
                old.text.push_str(&register.text);
                old.lines = lines;
            }
            Some(c) => {
                self.registers.insert(c, register.clone());
            }
            None if yank => {
                self.registers.insert('0', register.clone());
            }
            None => {}
        }
        self.registers.insert('"', register);
    }

    pub(super) fn register(&self, name: Option<char>) -> Option<&Register> {
        self.registers.get(&name.unwrap_or('"').to_ascii_lowercase())
    }

    fn delete_lines(&mut self, a: usize, b: usize) {
        let last = self.buffer.last_row();
        let (from, to) = match (a, b == last) {
            (0, true) => (Pos::default(), self.buffer.end()),
            (_, true) => (Pos::new(a - 1, self.buffer.line(a - 1).len()), self.buffer.end()),
            _ => (Pos::new(a, 0), Pos::new(b + 1, 0)),
        };
        self.buffer.replace(from, to, "");
        let row = a.min(self.buffer.last_row());
        self.caret = Pos::new(row, motion::first_letter(self.buffer.line(row)));
    }

    fn shift(&mut self, a: usize, b: usize, right: bool, times: usize) {
        let blanks = " ".repeat(SHIFT * times.min(10));
        for row in a..=b {
            let start = Pos::new(row, 0);
            let line = self.buffer.line(row);
            if right && !line.is_empty() {
                self.buffer.replace(start, start, &blanks);
            } else if !right {
                let gone = line.bytes().take(blanks.len()).take_while(|c| *c == b' ').count();
                // A mark that joins the blank before it goes with it.
                let gone = grapheme::snap(line, gone);
                self.buffer.replace(start, Pos::new(row, gone), "");
            }
        }
        self.caret = Pos::new(a, motion::first_letter(self.buffer.line(a)));
    }

    fn put(&mut self, before: bool, count: usize, name: Option<char>, selection: Option<Span>) {
        let Some(register) = self.register(name).cloned().filter(|r| !r.text.is_empty() || r.lines) else { return };
        let Register { text, mut lines } = register;
        lines &= !self.single;
        let text = if self.single { text.replace('\n', " ") } else { text };
        let count = count.min(PASTE_CAP / text.len().max(1)).max(1);
        if let Some(span) = selection {
            let gone = self.copy(span);
            self.take_out(span);
            self.store(None, gone, false);
            let text = match (lines, span) {
                (true, Span::Letters(..)) => format!("\n{text}\n"),
                _ => text,
            };
            let end =
                self.buffer.replace(self.caret, self.caret, &vec![text; count].join(if lines { "\n" } else { "" }));
            self.caret = if lines { span.start() } else { motion::back(self.buffer.lines(), end).unwrap_or(end) };
        } else if lines {
            let text = vec![text; count].join("\n");
            let Pos { row, .. } = self.caret;
            let row = if before {
                self.buffer.replace(Pos::new(row, 0), Pos::new(row, 0), &(text + "\n"));
                row
            } else {
                let end = Pos::new(row, self.buffer.line(row).len());
                self.buffer.replace(end, end, &format!("\n{text}"));
                row + 1
            };
            self.caret = Pos::new(row, motion::first_letter(self.buffer.line(row)));
        } else {
            let mut at = self.caret;
            if !before {
                at.byte = grapheme::next(self.buffer.line(at.row), at.byte);
            }
            let several = text.contains('\n');
            let end = self.buffer.replace(at, at, &text.repeat(count));
            // On the last letter put, or on the first when several lines came.
            self.caret = if several { at } else { Pos::new(end.row, end.byte) };
            if !several {
                let line = self.buffer.line(end.row);
                self.caret.byte = grapheme::prev(line, grapheme::snap(line, end.byte));
            }
        }
        self.aim = None;
        self.caret = self.buffer.snap(self.caret);
    }

    fn replace_letters(&mut self, c: char, count: usize, selection: Option<Span>) {
        let with = if self.single && c == '\n' { ' ' } else { c };
        if let Some(span) = selection {
            let (from, to) = match span {
                Span::Letters(from, to) => (from, to),
                Span::Lines(a, b) => (Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len())),
            };
            let old = self.buffer.slice(from, to);
            let new: Vec<String> = old.split('\n').map(|l| with.to_string().repeat(grapheme::count(l))).collect();
            self.buffer.replace(from, to, &new.join("\n"));
            self.caret = self.buffer.snap(from);
            return;
        }
        let Pos { row, byte } = self.caret;
        let line = self.buffer.line(row);
        let to = self.steps_right(count);
        if count > line.len() || grapheme::count(&line[byte..to]) < count {
            return;
        }
        // `r` and Enter: one line end, however many letters go.
        let text = if with == '\n' { "\n".to_owned() } else { with.to_string().repeat(count) };
        let end = self.buffer.replace(self.caret, Pos::new(row, to), &text);
        self.caret = if with == '\n' { end } else { Pos::new(row, end.byte - with.len_utf8()) };
        self.caret = self.buffer.snap(self.caret);
        self.aim = None;
    }

    /// `J`: lines `a..=b` as one. With `spaces` as words are joined, and the quote marks of the later lines go.
    fn join_lines(&mut self, a: usize, b: usize, spaces: bool) {
        let b = b.min(self.buffer.last_row());
        if b <= a {
            return;
        }
        let mut joined = self.buffer.line(a).to_owned();
        let quoted = !reflow::split_quote(&joined).0.is_empty();
        let mut caret = joined.len();
        for row in a + 1..=b {
            let line = self.buffer.line(row);
            caret = joined.len();
            if spaces {
                let tail = if quoted { reflow::split_quote(line).1 } else { line };
                reflow::join(&mut joined, tail);
                caret = caret.min(joined.len());
            } else {
                joined.push_str(line);
            }
        }
        self.buffer.replace(Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len()), &joined);
        self.caret = self.buffer.snap(Pos::new(a, caret));
        self.aim = None;
    }
}

/// The lines a span touches.
fn rows_of(span: Span) -> (usize, usize) {
    match span {
        Span::Lines(a, b) => (a, b),
        Span::Letters(a, b) if b.byte == 0 && b.row > a.row => (a.row, b.row - 1),
        Span::Letters(a, b) => (a.row, b.row),
    }
}

fn change_case(text: &str, op: Op) -> String {
    let one = |c: char, up: bool| if up { c.to_uppercase().to_string() } else { c.to_lowercase().to_string() };
    text.chars()
        .map(|c| match op {
            Op::Upper => one(c, true),
            Op::Toggle if c.is_lowercase() => one(c, true),
            Op::Lower | Op::Toggle => one(c, false),
            _ => c.to_string(),
        })
        .collect()
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

//! What a vim command works on: where motions lead with their counts, what operators take, what is selected.

use super::buffer::Pos;
use super::command::{Op, Target};
use super::motion::{self, Motion, Reach};
use super::object::Span;
use super::{EditMode, Editor, grapheme};

/// How much was selected, so that `.` can take as much again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    lines: bool,
    rows: usize,
    /// Clusters: in all on one line, else those on the last one.
    letters: usize,
}

impl Editor {
    fn steps(&self, n: usize, step: impl Fn(&[String], Pos) -> Option<Pos>) -> Option<Pos> {
        let lines = self.buffer.lines();
        let to = (0..n).try_fold(self.caret, |p, _| step(lines, p).ok_or(p)).unwrap_or_else(|p| p);
        (to != self.caret).then_some(to)
    }

    pub(super) fn steps_right(&self, n: usize) -> usize {
        let line = self.buffer.line(self.caret.row);
        (0..n.min(line.len())).fold(self.caret.byte, |at, _| grapheme::next(line, at))
    }

    /// Where a motion leads; `op` when an operator asks, which may go behind the last letter.
    pub(super) fn target(&mut self, motion: Motion, count: Option<usize>, op: bool) -> Option<Pos> {
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
                // `s` on an empty line is a change, if of nothing.
                (op || to > byte).then_some(Pos::new(row, to))
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

    /// What an operator works on, and where it leaves the caret if it takes nothing away.
    pub(super) fn span_of_target(
        &mut self,
        op: Op,
        target: Target,
        count: Option<usize>,
        selection: Option<Span>,
    ) -> Option<(Span, Pos)> {
        let n = count.unwrap_or(1);
        let Pos { row, byte } = self.caret;
        let span = match target {
            Target::Selection => selection?,
            Target::Rows => {
                let last = (row + n - 1).min(self.buffer.last_row());
                let first_letter = motion::first_letter(self.buffer.line(row));
                let column = if op == Op::Yank { byte } else { byte.min(first_letter) };
                return Some((Span::Lines(row, last), Pos::new(row, column)));
            }
            Target::Object { object, around } => {
                self.snap_span(object.span(self.buffer.lines(), self.caret, around, n)?)
            }
            Target::Motion(Motion::WordForward { big }) => self.span_of_words(op == Op::Change, big, n)?,
            Target::Motion(motion) => {
                let (span, start) = self.span_of_motion(motion, count)?;
                return Some((self.whole_lines(op, span), start));
            }
        };
        let whole = if target == Target::Selection { span } else { self.whole_lines(op, span) };
        Some((whole, span.start()))
    }

    /// `d` over several lines with nothing but blanks around takes the lines whole.
    fn whole_lines(&self, op: Op, span: Span) -> Span {
        match span {
            Span::Letters(a, b)
                if op == Op::Delete
                    && a.row < b.row
                    && a.byte <= motion::first_letter(self.buffer.line(a.row))
                    && self.buffer.line(b.row)[b.byte..].trim_start().is_empty() =>
            {
                Span::Lines(a.row, b.row)
            }
            span => span,
        }
    }

    /// What lies on the way of a motion, and its earlier end.
    fn span_of_motion(&mut self, motion: Motion, count: Option<usize>) -> Option<(Span, Pos)> {
        let from = self.caret;
        let to = self.target(motion, count, true)?;
        let (a, mut b) = (from.min(to), from.max(to));
        let reach = match motion {
            Motion::Again { back } if !(self.last_find?.back ^ back) => Reach::Inclusive,
            _ => motion.reach(),
        };
        match reach {
            Reach::Lines => return Some((Span::Lines(a.row, b.row), a)),
            Reach::Inclusive => b.byte = grapheme::next(self.buffer.line(b.row), b.byte),
            // A motion that ends before a line's first letter stops at the end of the line before; and takes whole
            // lines when nothing but blanks stands before its start (`d}`).
            Reach::Exclusive if b.byte == 0 && b.row > a.row => {
                if a.byte <= motion::first_letter(self.buffer.line(a.row)) {
                    return Some((Span::Lines(a.row, b.row - 1), a));
                }
                b = Pos::new(b.row - 1, self.buffer.line(b.row - 1).len());
            }
            Reach::Exclusive => {}
        }
        Some((Span::Letters(a, b), a))
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
        let mut to = motion::word_forward(lines, before, big).unwrap_or(before);
        if to.row > before.row {
            if before == from && lines[from.row].is_empty() {
                return Some(Span::Lines(from.row, from.row));
            }
            to = Pos::new(before.row, lines[before.row].len());
        }
        (from != to).then_some(Span::Letters(from, to))
    }

    pub(super) fn snap_span(&self, span: Span) -> Span {
        match span {
            Span::Letters(a, b) => Span::Letters(self.buffer.snap(a), self.buffer.snap(b)),
            lines @ Span::Lines(..) => lines,
        }
    }

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
        // On an empty line, and behind `$`, the line end is selected too.
        let line_end = to == self.caret && self.aim == Some((false, usize::MAX));
        let end = if line_end {
            let end = Pos::new(to.row, self.buffer.line(to.row).len());
            motion::forward(self.buffer.lines(), end).unwrap_or(end)
        } else if self.buffer.line(to.row).is_empty() {
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

    pub(super) fn visual(&mut self, lines: bool) {
        let mode = if lines { EditMode::VisualLine } else { EditMode::Visual };
        if self.mode == mode {
            return self.leave_visual();
        }
        if self.mode == EditMode::Normal {
            self.anchor = self.caret;
        }
        self.mode = mode;
    }

    pub(super) fn select(&mut self, span: Span, extends: bool) {
        match span {
            Span::Letters(a, b) if a < b => {
                self.mode = EditMode::Visual;
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

    pub(super) fn extent_of(&self, span: Span) -> Extent {
        match span {
            Span::Lines(a, b) => Extent { lines: true, rows: b - a, letters: 0 },
            Span::Letters(a, b) => {
                let from = if a.row == b.row { a.byte } else { 0 };
                let letters = grapheme::count(&self.buffer.line(b.row)[from..b.byte]);
                Extent { lines: false, rows: b.row - a.row, letters }
            }
        }
    }

    pub(super) fn span_of_extent(&self, extent: Extent) -> Span {
        let row = (self.caret.row + extent.rows).min(self.buffer.last_row());
        if extent.lines {
            return Span::Lines(self.caret.row, row);
        }
        let from = if row == self.caret.row { self.caret.byte } else { 0 };
        let line = &self.buffer.line(row)[from..];
        Span::Letters(self.caret, Pos::new(row, from + grapheme::nth(line, extent.letters)))
    }
}

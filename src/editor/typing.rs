//! Typing: what every style does with letters, Backspace and arrows, and how typed letters group into undo steps.

use super::buffer::Pos;
use super::motion;
use super::object::Span;
use super::{EditKey, Editor, grapheme, wrap};

/// Letters one undo step takes back at most.
const GROUP: usize = 200;
/// Columns between two tab stops, as in `text::Clean`.
const TAB: usize = 8;

/// What may enter a text: line ends become `\n` (a blank in one line), tabs become blanks up to the next stop, other
/// control characters are dropped. `column` is the cell where the text starts.
pub(super) fn tidy(text: &str, one_line: bool, column: usize) -> String {
    let text = if one_line { text.trim_end_matches(['\r', '\n']) } else { text };
    let mut out = String::with_capacity(text.len());
    // The cell where the piece of line that starts at `line` in `out` stands.
    let (mut line, mut start) = (0, column);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => {
                if c == '\r' {
                    chars.next_if_eq(&'\n');
                }
                out.push(if one_line { ' ' } else { '\n' });
                if !one_line {
                    (line, start) = (out.len(), 0);
                }
            }
            '\t' => {
                start += wrap::width(&out[line..]);
                let stop = TAB - start % TAB;
                out.extend(std::iter::repeat_n(' ', stop));
                (line, start) = (out.len(), start + stop);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

impl Editor {
    /// Ends the undo step of what was typed.
    pub(super) fn end_group(&mut self) {
        self.buffer.commit();
        self.typed = 0;
    }

    /// Makes room in the undo step for one more letter.
    fn grow_group(&mut self) {
        if self.typed >= GROUP && !self.replaying {
            self.end_group();
        }
        self.typed += 1;
        self.buffer.begin(self.caret);
    }

    /// Puts a text at the caret, tidied.
    pub(super) fn put_in(&mut self, text: &str) {
        let column =
            if text.contains('\t') { wrap::width(&self.buffer.line(self.caret.row)[..self.caret.byte]) } else { 0 };
        let text = tidy(text, false, column);
        self.put_raw(&text);
    }

    fn put_raw(&mut self, text: &str) {
        let end = self.buffer.replace(self.caret, self.caret, text);
        // A mark that joins the letter behind the caret makes one cluster of both.
        self.caret = self.buffer.snap(end);
        self.aim = None;
    }

    /// Takes a span out of the text; the caret goes where it was.
    pub(super) fn take_out(&mut self, span: Span) {
        let (from, to) = match span {
            Span::Letters(from, to) => (from, to),
            Span::Lines(a, b) => (Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len())),
        };
        self.buffer.replace(from, to, "");
        self.caret = self.buffer.snap(from);
        self.aim = None;
    }

    fn erase(&mut self, from: Pos, to: Pos) {
        if from != to {
            self.grow_group();
            self.take_out(Span::Letters(from, to));
        }
    }

    /// What every style does with a key while letters become text. False when it is none of these.
    pub(super) fn type_key(&mut self, key: EditKey) -> bool {
        let line_len = self.buffer.line(self.caret.row).len();
        match key {
            EditKey::Char(c) if c.is_control() => {}
            EditKey::Char(c) => {
                self.grow_group();
                self.put_raw(c.encode_utf8(&mut [0; 4]));
            }
            EditKey::Enter => {
                self.grow_group();
                self.put_raw("\n");
            }
            EditKey::Tab => {
                self.grow_group();
                self.put_in("\t");
            }
            EditKey::Backspace | EditKey::Ctrl('h') => {
                if let Some(before) = motion::back(self.buffer.lines(), self.caret) {
                    self.erase(before, self.caret);
                }
            }
            EditKey::Delete => {
                if let Some(after) = motion::forward(self.buffer.lines(), self.caret) {
                    self.erase(self.caret, after);
                }
            }
            EditKey::Ctrl('w') => self.erase(self.word_before(), self.caret),
            EditKey::Ctrl('u') => self.erase(Pos::new(self.caret.row, 0), self.caret),
            EditKey::Left => self.go(motion::back(self.buffer.lines(), self.caret)),
            EditKey::Right => self.go(motion::forward(self.buffer.lines(), self.caret)),
            EditKey::WordLeft => self.go(motion::word_back(self.buffer.lines(), self.caret, false)),
            EditKey::WordRight => self.go(motion::word_forward(self.buffer.lines(), self.caret, false)),
            EditKey::Home => self.go(Some(Pos::new(self.caret.row, 0))),
            EditKey::End => self.go(Some(Pos::new(self.caret.row, line_len))),
            EditKey::Up | EditKey::Down => self.go_screen(key == EditKey::Down, 1),
            EditKey::PageUp | EditKey::PageDown => {
                self.go_screen(key == EditKey::PageDown, self.page());
            }
            _ => return false,
        }
        true
    }

    /// Rows a page moves.
    pub(super) fn page(&self) -> usize {
        self.view.height().saturating_sub(2).max(1)
    }

    /// A move of the caret ends the undo step.
    pub(super) fn go(&mut self, to: Option<Pos>) {
        self.end_group();
        if let Some(to) = to {
            self.caret = to;
            self.aim = None;
        }
    }

    fn go_screen(&mut self, down: bool, rows: usize) {
        self.end_group();
        if let Some(to) = self.screen_rows_away(down, rows) {
            self.caret = to;
        }
    }

    /// Where the word before the caret starts, in its line; at a line's start, the end of the line before.
    pub(super) fn word_before(&self) -> Pos {
        let lines = self.buffer.lines();
        match self.caret.byte {
            0 => motion::back(lines, self.caret).unwrap_or(self.caret),
            _ => motion::word_back(lines, self.caret, false)
                .filter(|p| p.row == self.caret.row)
                .unwrap_or(Pos::new(self.caret.row, 0)),
        }
    }

    /// The place some rows of the screen away, in the column the caret aims for. Before the first drawing the rows of
    /// the screen are the lines.
    pub(super) fn screen_rows_away(&mut self, down: bool, rows: usize) -> Option<Pos> {
        let width = self.view.width();
        if width == 0 {
            return self.lines_away(down, rows);
        }
        let lines = self.buffer.lines();
        let here = wrap::row_of(lines, self.caret, width);
        let x = match self.aim {
            Some((true, x)) => x,
            _ => wrap::width(&lines[here.line][here.from..self.caret.byte]),
        };
        let row = if down {
            (0..rows).try_fold(here, |row, _| wrap::row_below(lines, row, width).ok_or(row)).unwrap_or_else(|last| last)
        } else {
            wrap::rows_above(lines, here, rows, width)
        };
        if row == here {
            return None;
        }
        let line = &lines[row.line];
        let mut byte = row.from + wrap::at_cell(&line[row.from..row.to], x);
        if byte == row.to && row.to < line.len() {
            byte = grapheme::prev(line, byte);
        }
        self.aim = Some((true, x));
        Some(Pos::new(row.line, byte))
    }

    /// The place some lines away, in the column the caret aims for.
    pub(super) fn lines_away(&mut self, down: bool, count: usize) -> Option<Pos> {
        let row = if down {
            (self.caret.row + count).min(self.buffer.last_row())
        } else {
            self.caret.row.saturating_sub(count)
        };
        if row == self.caret.row {
            return None;
        }
        let x = match self.aim {
            Some((false, x)) => x,
            _ => wrap::width(&self.buffer.line(self.caret.row)[..self.caret.byte]),
        };
        self.aim = Some((false, x));
        Some(Pos::new(row, wrap::at_cell(self.buffer.line(row), x)))
    }
}

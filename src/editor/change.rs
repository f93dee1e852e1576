//! The changes behind vim's commands: operators, registers, put, replace, join.

use super::buffer::Pos;
use super::command::Op;
use super::motion;
use super::object::Span;
use super::{EditMode, Editor, PASTE_CAP, grapheme, reflow};

/// Cells `gq` fills to.
const FILL: usize = 72;
/// Blanks `>` puts before a line.
const SHIFT: usize = 4;

/// What was yanked or deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    pub text: String,
    /// Whole lines: put as lines.
    pub lines: bool,
}

impl Editor {
    pub(super) fn operate(&mut self, op: Op, span: Span, start: Pos, register: Option<char>, times: usize) {
        match op {
            Op::Delete | Op::Change | Op::Yank => {
                self.store(register, self.copy(span), op == Op::Yank);
                match (op, span) {
                    (Op::Yank, _) => self.caret = start,
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
                self.caret = start;
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
        if register.text.is_empty() && !register.lines {
            return;
        }
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

    pub(super) fn put(&mut self, before: bool, count: usize, name: Option<char>, selection: Option<Span>) {
        let Some(register) = self.register(name).cloned().filter(|r| !r.text.is_empty() || r.lines) else { return };
        let Register { text, lines } = register;
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
            let whole = lines || matches!(span, Span::Lines(..));
            self.caret = if whole { span.start() } else { motion::back(self.buffer.lines(), end).unwrap_or(end) };
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

    /// `r`: not at all where fewer letters stand than asked for.
    pub(super) fn replace_letters(&mut self, c: char, count: usize, selection: Option<Span>) -> bool {
        if let Some(span) = selection {
            let (from, to) = match span {
                Span::Letters(from, to) => (from, to),
                Span::Lines(a, b) => (Pos::new(a, 0), Pos::new(b, self.buffer.line(b).len())),
            };
            let old = self.buffer.slice(from, to);
            let new: Vec<String> = old.split('\n').map(|l| c.to_string().repeat(grapheme::count(l))).collect();
            self.buffer.replace(from, to, &new.join("\n"));
            self.caret = self.buffer.snap(from);
            return true;
        }
        let Pos { row, byte } = self.caret;
        let line = self.buffer.line(row);
        let to = self.steps_right(count);
        if count > line.len() || grapheme::count(&line[byte..to]) < count {
            return false;
        }
        // `r` and Enter: one line end, however many letters go.
        let text = if c == '\n' { "\n".to_owned() } else { c.to_string().repeat(count) };
        let end = self.buffer.replace(self.caret, Pos::new(row, to), &text);
        self.caret = if c == '\n' { end } else { Pos::new(row, end.byte - c.len_utf8()) };
        self.caret = self.buffer.snap(self.caret);
        self.aim = None;
        true
    }

    /// `J`: lines `a..=b` as one. With `spaces` as words are joined, and the quote marks of the later lines go.
    pub(super) fn join_lines(&mut self, a: usize, b: usize, spaces: bool) {
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
pub(super) fn rows_of(span: Span) -> (usize, usize) {
    match span {
        Span::Lines(a, b) => (a, b),
        Span::Letters(a, b) if b.byte == 0 && b.row > a.row => (a.row, b.row - 1),
        Span::Letters(a, b) => (a.row, b.row),
    }
}

pub(super) fn change_case(text: &str, op: Op) -> String {
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

//! The one owner of the text: lines, a single primitive that changes them, and undo in steps.
//!
//! The one-line inputs are `tui-textarea` widgets ([`super::line`]); a mail's text is not. The widget keeps its caret in code points, reaches no column above 65,535, undoes
//! letter by letter, and rebuilds a map of every line of the text after each key, which alone breaks our bound for a
//! text of 1 MB.

use std::collections::VecDeque;

use super::grapheme;

/// A place in the text: a line, and a byte offset in it that is a cluster boundary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Pos {
    pub row: usize,
    pub byte: usize,
}

impl Pos {
    pub fn new(row: usize, byte: usize) -> Self {
        Self { row, byte }
    }
}

/// One replacement: at `at`, `removed` went and `inserted` came.
#[derive(Debug)]
struct Splice {
    at: Pos,
    end: Pos,
    removed: String,
    inserted: String,
}

/// What one `u` takes back.
#[derive(Debug)]
struct Step {
    splices: Vec<Splice>,
    caret: Pos,
}

impl Step {
    fn bytes(&self) -> usize {
        self.splices.iter().map(|s| s.removed.len() + s.inserted.len() + size_of::<Splice>()).sum()
    }
}

/// Steps kept at most; the oldest are forgotten first.
const STEPS: usize = 10_000;
/// Bytes of text kept for undo at most; the newest step is always kept.
const UNDO_BYTES: usize = 8 << 20;

/// The text and its past.
#[derive(Debug)]
pub(super) struct Buffer {
    lines: Vec<String>,
    undo: VecDeque<Step>,
    redo: Vec<Step>,
    /// Bytes held by `undo`.
    held: usize,
    /// The step under way, if one is.
    open: Option<Step>,
    revision: u64,
}

impl Buffer {
    pub fn new(text: &str) -> Self {
        let lines = text.split('\n').map(str::to_owned).collect();
        Self { lines, undo: VecDeque::new(), redo: Vec::new(), held: 0, open: None, revision: 0 }
    }

    /// The lines; there is always at least one.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub fn line(&self, row: usize) -> &str {
        &self.lines[row]
    }

    pub fn last_row(&self) -> usize {
        self.lines.len() - 1
    }

    pub fn end(&self) -> Pos {
        Pos::new(self.last_row(), self.line(self.last_row()).len())
    }

    /// Grows with every change, undo and redo included.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The nearest place that exists, on a cluster boundary.
    pub fn snap(&self, pos: Pos) -> Pos {
        let row = pos.row.min(self.last_row());
        Pos::new(row, grapheme::snap(self.line(row), if row == pos.row { pos.byte } else { usize::MAX }))
    }

    /// The text between two places, `from` first.
    pub fn slice(&self, from: Pos, to: Pos) -> String {
        if from.row == to.row {
            return self.line(from.row)[from.byte..to.byte].to_owned();
        }
        let mut out = self.line(from.row)[from.byte..].to_owned();
        for line in &self.lines[from.row + 1..to.row] {
            out.push('\n');
            out.push_str(line);
        }
        out.push('\n');
        out.push_str(&self.line(to.row)[..to.byte]);
        out
    }

    /// Replaces what lies between two places and answers where the new text ends. Belongs to the open step; without one
    /// it is a step by itself.
    pub fn replace(&mut self, from: Pos, to: Pos, text: &str) -> Pos {
        if from == to && text.is_empty() {
            return from;
        }
        let removed = self.slice(from, to);
        let end = self.splice(from, to, text);
        self.redo.clear();
        let alone = self.open.is_none();
        let step = self.open.get_or_insert_with(|| Step { splices: Vec::new(), caret: from });
        match step.splices.last_mut() {
            // A typed letter joins the letters before it.
            Some(last) if removed.is_empty() && last.end == from => {
                last.inserted.push_str(text);
                last.end = end;
            }
            _ => step.splices.push(Splice { at: from, end, removed, inserted: text.to_owned() }),
        }
        if alone {
            self.commit();
        }
        end
    }

    /// Opens a step if none is open; `caret` is where undo will put the caret.
    pub fn begin(&mut self, caret: Pos) {
        self.open.get_or_insert_with(|| Step { splices: Vec::new(), caret });
    }

    /// Ends the open step. A step that changed nothing is dropped.
    pub fn commit(&mut self) {
        let Some(step) = self.open.take().filter(|s| !s.splices.is_empty()) else { return };
        self.held += step.bytes();
        self.undo.push_back(step);
        while self.undo.len() > 1 && (self.undo.len() > STEPS || self.held > UNDO_BYTES) {
            self.held -= self.undo.pop_front().map_or(0, |s| s.bytes());
        }
    }

    /// Takes back the last step; answers where the caret belongs.
    pub fn undo(&mut self) -> Option<Pos> {
        self.commit();
        let step = self.undo.pop_back()?;
        self.held -= step.bytes();
        for s in step.splices.iter().rev() {
            self.splice(s.at, s.end, &s.removed);
        }
        let caret = step.caret;
        self.redo.push(step);
        Some(self.snap(caret))
    }

    /// Does again what was taken back; answers where it begins.
    pub fn redo(&mut self) -> Option<Pos> {
        self.commit();
        let step = self.redo.pop()?;
        for s in &step.splices {
            // `end` is where the old text ends in the state before the splice, so it is measured, not stored.
            let to = end_of(s.at, &s.removed);
            self.splice(s.at, to, &s.inserted);
        }
        let caret = step.splices.first().map_or(step.caret, |s| s.at);
        self.held += step.bytes();
        self.undo.push_back(step);
        Some(self.snap(caret))
    }

    /// Changes the lines, and nothing but the lines.
    fn splice(&mut self, from: Pos, to: Pos, text: &str) -> Pos {
        self.revision += 1;
        let end = end_of(from, text);
        if from.row == to.row && end.row == from.row {
            self.lines[from.row].replace_range(from.byte..to.byte, text);
            return end;
        }
        let tail = self.lines[to.row].split_off(to.byte);
        let mut new = text.split('\n');
        let first = &mut self.lines[from.row];
        first.truncate(from.byte);
        first.push_str(new.next().unwrap_or_default());
        self.lines.splice(from.row + 1..=to.row, new.map(str::to_owned));
        self.lines[end.row].push_str(&tail);
        end
    }
}

/// Where a text that starts at `at` ends.
fn end_of(at: Pos, text: &str) -> Pos {
    match text.rfind('\n') {
        None => Pos::new(at.row, at.byte + text.len()),
        Some(nl) => Pos::new(at.row + text.bytes().filter(|b| *b == b'\n').count(), text.len() - nl - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_within_and_across_lines_and_back() {
        let cases = [
            ("abc", (0, 1), (0, 2), "X", "aXc"),
            ("abc", (0, 1), (0, 2), "X\nY", "aX\nYc"),
            ("ab\ncd\nef", (0, 1), (2, 1), "", "af"),
            ("ab\ncd\nef", (0, 1), (2, 1), "1\n2\n3\n4", "a1\n2\n3\n4f"),
            ("ab\ncd", (0, 2), (1, 0), "", "abcd"),
            ("", (0, 0), (0, 0), "\n", "\n"),
        ];
        for (start, from, to, with, want) in cases {
            let mut b = Buffer::new(start);
            let end = b.replace(Pos::new(from.0, from.1), Pos::new(to.0, to.1), with);
            assert_eq!(b.text(), want);
            assert_eq!(end, b.snap(end));
            b.undo();
            assert_eq!(b.text(), start);
            b.redo();
            assert_eq!(b.text(), want);
        }
    }

    #[test]
    fn forgets_the_oldest_steps_but_never_the_newest() {
        let mut b = Buffer::new("");
        for _ in 0..STEPS + 5 {
            b.replace(Pos::default(), Pos::default(), "x");
        }
        let mut steps = 0;
        while b.undo().is_some() {
            steps += 1;
        }
        assert_eq!((steps, b.text().len()), (STEPS, 5));
        b.replace(Pos::default(), Pos::default(), &"y".repeat(UNDO_BYTES + 1));
        assert!(b.undo().is_some());
        assert_eq!(b.text().len(), 5);
    }
}

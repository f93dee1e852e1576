//! The one-line input: the `:` line, search and filter, pickers, palette, help, prompts, and the composer's header fields.
//! The text, its undo and what was killed live in a `tui-textarea` widget, with a shell's keys on top.
//!
//! The widget counts in code points and draws its own caret; this type lets the caret stand between grapheme clusters only,
//! keeps line ends and control characters out, and draws the line itself: one way for wide characters, and the terminal's
//! own cursor where input methods look for it.

use std::cell::Cell;
use std::ops::Range;

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use tui_textarea::{CursorMove, TextArea};

use super::buffer::Pos;
use super::draw::{Look, draw_clusters};
use super::{EditKey, EditOutcome, Pasted, grapheme, motion, typing, wrap};

/// Code points one line holds at most: the widget can put its cursor no further.
const MOST: usize = u16::MAX as usize;
/// Steps of the widget that can be taken back.
const STEPS: usize = 1_000;
/// Letters one undo step takes back at most.
const GROUP: usize = 200;

/// One line of text with a caret.
#[derive(Debug)]
pub struct LineEdit {
    area: TextArea<'static>,
    /// How many steps of the widget each of ours has: those done, and those taken back.
    done: Vec<usize>,
    undone: Vec<usize>,
    /// The last step was typing; the next letter joins it.
    typing: bool,
    revision: u64,
    /// The byte shown first at the last drawing, so that the text stands still while the caret moves in it.
    left: Cell<usize>,
}

/// How a change counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Letter by letter: joins the step before.
    Typed,
    /// What goes can come back by `C-y`.
    Killed,
    /// A step by itself.
    Whole,
}

impl Default for LineEdit {
    fn default() -> Self {
        Self::new("")
    }
}

impl LineEdit {
    /// A line with a text in it, the caret at its end. Line ends become blanks.
    pub fn new(text: &str) -> Self {
        let text = typing::tidy(text, true, 0);
        let mut area = TextArea::new(vec![text[..fitting(&text, MOST)].to_owned()]);
        area.set_max_histories(STEPS);
        area.move_cursor(CursorMove::End);
        Self { area, done: Vec::new(), undone: Vec::new(), typing: false, revision: 0, left: Cell::new(0) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Replaces the whole text, as one undo step; the caret goes to its end.
    pub fn set_text(&mut self, text: &str) {
        let text = typing::tidy(text, true, 0);
        self.change(0..self.text().len(), &text, How::Whole);
        self.go(self.text().len());
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// A number that grows with every change of the text.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes a key press.
    pub fn key(&mut self, key: EditKey) -> EditOutcome {
        let (here, end) = (self.caret(), self.text().len());
        match key {
            EditKey::Char(c) if c.is_control() => {}
            EditKey::Char(c) => {
                self.change(here..here, c.encode_utf8(&mut [0; 4]), How::Typed);
            }
            EditKey::Backspace | EditKey::Ctrl('h') => {
                self.change(grapheme::prev(self.text(), here)..here, "", How::Typed);
            }
            EditKey::Delete | EditKey::Ctrl('d') => {
                self.change(here..grapheme::next(self.text(), here), "", How::Typed);
            }
            EditKey::Ctrl('k') => self.kill(here..end),
            EditKey::Ctrl('u') => self.kill(0..here),
            EditKey::Ctrl('w') => self.kill(self.word_before()..here),
            EditKey::Ctrl('y') => {
                let killed = self.area.yank_text();
                self.change(here..here, &killed, How::Whole);
            }
            EditKey::Left | EditKey::Ctrl('b') => self.go(grapheme::prev(self.text(), here)),
            EditKey::Right | EditKey::Ctrl('f') => self.go(grapheme::next(self.text(), here)),
            EditKey::WordLeft => self.go(self.word_before()),
            EditKey::WordRight => {
                let to = motion::word_forward(self.area.lines(), Pos::new(0, here), false);
                self.go(to.map_or(end, |p| p.byte));
            }
            EditKey::Home | EditKey::Ctrl('a') => self.go(0),
            EditKey::End | EditKey::Ctrl('e') => self.go(end),
            EditKey::Ctrl('_' | '/' | '7') => self.undo(),
            EditKey::Ctrl('r') => self.redo(),
            _ => return EditOutcome::Ignored,
        }
        EditOutcome::Handled
    }

    /// Takes a paste: line ends become blanks, other control characters go; one undo step; as much as the line can hold.
    pub fn paste(&mut self, text: &str) -> Pasted {
        let here = self.caret();
        let text = typing::tidy(text, true, wrap::width(&self.text()[..here]));
        let kept = self.change(here..here, &text, How::Whole);
        Pasted { kept, dropped: text.len() - kept }
    }

    /// Draws the line into the first row and answers the cell of the caret. All that reaches `buf` went through
    /// [`crate::text::Clean`].
    pub fn draw(&self, area: Rect, buf: &mut Cells, look: &Look) -> Option<Position> {
        let area = area.intersection(*buf.area());
        if area.is_empty() {
            return None;
        }
        let area = Rect { height: 1, ..area };
        buf.set_style(area, look.text);
        let (line, caret) = (self.text(), self.caret());
        let mut left = grapheme::snap(line, self.left.get()).min(caret);
        // The furthest left that still shows the caret; one column stays free for it behind the text.
        let (mut room, mut first) = (usize::from(area.width).saturating_sub(1).max(1), caret);
        while first > 0 {
            let before = grapheme::prev(line, first);
            let Some(rest) = room.checked_sub(wrap::cells(&line[before..first])) else { break };
            (room, first) = (rest, before);
        }
        left = left.max(first);
        // No need to scroll when all fits; and walking left keeps some letters in sight.
        if first == 0 && caret == line.len() || left == caret {
            left = first;
        }
        self.left.set(left);
        draw_clusters(&line[left..], area, buf, |_| look.text);
        let x = wrap::width(&line[left..caret]);
        Some(Position::new(area.x + x.min(usize::from(area.width) - 1) as u16, area.y))
    }

    /// The caret as a byte of the text.
    fn caret(&self) -> usize {
        byte_of(self.text(), self.area.cursor().1)
    }

    fn word_before(&self) -> usize {
        motion::word_back(self.area.lines(), Pos::new(0, self.caret()), false).map_or(0, |p| p.byte)
    }

    /// Brings the caret to a cluster boundary; the next letter begins an undo step.
    fn go(&mut self, byte: usize) {
        self.typing = false;
        self.put_caret(byte);
    }

    fn put_caret(&mut self, byte: usize) {
        let col = self.text()[..byte].chars().count();
        self.area.move_cursor(CursorMove::Jump(0, col as u16));
    }

    /// A mark that joins the letter behind the caret makes one cluster of both.
    fn snap(&mut self) {
        let here = self.caret();
        let snapped = grapheme::snap(self.text(), here);
        if snapped != here {
            self.put_caret(snapped);
        }
    }

    fn kill(&mut self, span: Range<usize>) {
        self.change(span, "", How::Killed);
    }

    /// The one way to change the text. Answers how many bytes came in.
    fn change(&mut self, span: Range<usize>, text: &str, how: How) -> usize {
        let mut steps = 0;
        if !span.is_empty() {
            self.put_caret(span.start);
            self.area.start_selection();
            self.put_caret(span.end);
            // Both take out what is selected; only the first keeps it for `C-y`.
            if how == How::Killed {
                self.area.cut()
            } else {
                self.area.delete_char()
            };
            steps += 1;
        }
        let kept = fitting(text, MOST.saturating_sub(self.text().chars().count()));
        if kept > 0 {
            self.area.insert_str(&text[..kept]);
            steps += 1;
        }
        if steps > 0 {
            self.snap();
            match self.done.last_mut() {
                Some(last) if self.typing && how == How::Typed && *last < GROUP => *last += steps,
                _ => self.done.push(steps),
            }
            self.undone.clear();
            self.typing = how == How::Typed;
            self.revision += 1;
        }
        kept
    }

    fn undo(&mut self) {
        let Some(steps) = self.done.pop() else { return };
        // The widget forgets the oldest steps; what it still knows is taken back.
        let back = (0..steps).take_while(|_| self.area.undo()).count();
        self.undone.push(back);
        self.stepped();
    }

    fn redo(&mut self) {
        let Some(steps) = self.undone.pop() else { return };
        let again = (0..steps).take_while(|_| self.area.redo()).count();
        self.done.push(again);
        self.stepped();
    }

    fn stepped(&mut self) {
        self.typing = false;
        self.revision += 1;
        self.snap();
    }
}

/// The byte before which `n` code points stand, or the text's length.
fn byte_of(text: &str, n: usize) -> usize {
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

/// How many bytes of a text are whole clusters within `room` code points.
fn fitting(text: &str, room: usize) -> usize {
    let mut cut = byte_of(text, room);
    while cut < text.len() && !grapheme::is_boundary(text, cut) {
        cut -= 1;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::tests::{any_key, any_text, keys};
    use proptest::prelude::*;

    fn press(line: &mut LineEdit, text: &str) -> EditOutcome {
        keys(text).into_iter().map(|k| line.key(k)).last().unwrap_or(EditOutcome::Handled)
    }

    /// The text with `|` at the caret.
    fn shown(line: &LineEdit) -> String {
        let (before, behind) = line.text().split_at(line.caret());
        format!("{before}|{behind}")
    }

    fn check(cases: &[(&str, &str, &str)]) {
        for (start, typed, end) in cases {
            let mut line = LineEdit::new(start);
            press(&mut line, typed);
            assert_eq!(shown(&line), *end, "{start:?} {typed}");
        }
    }

    fn draw(line: &LineEdit, width: u16) -> (String, Option<Position>) {
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Cells::empty(area);
        let caret = line.draw(area, &mut buf, &Look::default());
        let (mut x, mut out) = (0, String::new());
        while x < width {
            let symbol = buf[(x, 0)].symbol();
            out.push_str(symbol);
            x += (wrap::width(symbol) as u16).max(1);
        }
        (out.trim_end().to_owned(), caret)
    }

    #[test]
    fn a_shell_s_keys() {
        check(&[
            ("one two", "<C-w>x<C-a>y<C-e>z", "yone xz|"),
            ("one two", "<C-a><C-f><C-f><C-k>", "on|"),
            ("one two", "<C-b><C-b><C-u>", "|wo"),
            ("one two", "<C-a><C-d><Del>", "|e two"),
            ("one two", "<C-h><BS>", "one t|"),
            ("one two", "<C-u><C-y><C-y>", "one twoone two|"),
            ("one two", "<C-w><BS><C-y>", "onetwo|"),
            ("返品の件", "<C-w>", "返品の|"),
            ("返品の件", "<C-w><C-w>", "返品|"),
            ("one, two", "<C-Left>", "one, |two"),
            ("one, two", "<C-a><C-Right><C-Right>", "one, |two"),
            ("one", "<C-Right><C-Right>", "one|"),
            ("one", "<Home><Left><BS>", "|one"),
            ("one", "<Right><Del>", "one|"),
        ]);
        let mut line = LineEdit::new("x");
        for key in ["<Esc>", "<CR>", "<Tab>", "<Up>", "<Down>", "<C-x>", "<C-m>", "<C-n>"] {
            assert_eq!(press(&mut line, key), EditOutcome::Ignored, "{key}");
        }
        assert_eq!((line.text(), line.revision()), ("x", 0));
    }

    #[test]
    fn undo_goes_by_what_was_done_and_not_by_letters() {
        let mut line = LineEdit::new("one two");
        press(&mut line, "<C-w>three");
        line.paste(" four\nfive");
        assert_eq!(line.text(), "one three four five");
        let mut seen = vec![line.text().to_owned()];
        for _ in 0..4 {
            press(&mut line, "<C-_>");
            seen.push(line.text().to_owned());
        }
        assert_eq!(seen, ["one three four five", "one three", "one ", "one two", "one two"]);
        press(&mut line, "<C-r><C-r><C-r><C-r>");
        assert_eq!(line.text(), "one three four five");
        press(&mut line, "<C-_>x<C-r>");
        assert_eq!(line.text(), "one threex", "what was taken back is gone once something else is typed");
        line.set_text("new");
        press(&mut line, "<C-_>");
        assert_eq!(line.text(), "one threex");
        let mut line = LineEdit::default();
        press(&mut line, &"x".repeat(450));
        press(&mut line, "<C-_>");
        assert_eq!(line.text().len(), 400);
        press(&mut line, &"x".repeat(3_000));
        press(&mut line, &"<C-_>".repeat(50));
        assert!(line.text().len() < 3_000, "{}", line.text().len());
        press(&mut line, &"<C-r>".repeat(50));
        assert_eq!(line.text().len(), 3_400);
    }

    #[test]
    fn a_cluster_is_one_letter() {
        for letter in ["👨\u{200d}👩\u{200d}👧\u{200d}👦", "🇯🇵", "e\u{301}", "ｶﾞ", "か\u{3099}", "👍🏽"]
        {
            check(&[
                (&format!("a{letter}"), "<BS>", "a|"),
                (&format!("a{letter}"), "<Left>", &format!("a|{letter}")),
                (&format!("a{letter}"), "<C-a><Right><Del>", "a|"),
                (&format!("{letter}b"), "<C-a><Right>", &format!("{letter}|b")),
            ]);
        }
        check(&[("b", "<C-a>e\u{301}", "e\u{301}|b"), ("b", "<C-a>e\u{301}<BS>", "|b")]);
    }

    #[test]
    fn one_line_stays_one_line_and_clean() {
        let mut line = LineEdit::new("a\nb\r\n");
        assert_eq!(line.text(), "a b");
        assert_eq!(line.paste("x\r\ny\u{2028}z\t!\u{7}\u{1b}[31m\n"), Pasted { kept: 18, dropped: 0 });
        assert_eq!(line.text(), "a bx y z        ![31m");
        press(&mut line, "\u{7}\r");
        assert_eq!(line.text(), "a bx y z        ![31m");
        line.set_text("c\nd");
        assert_eq!(shown(&line), "c d|");
    }

    #[test]
    fn a_line_has_an_end() {
        let mut line = LineEdit::new("a");
        let flags = "🇯🇵".repeat(40_000);
        let pasted = line.paste(&flags);
        assert_eq!((pasted.kept + pasted.dropped, pasted.kept % "🇯🇵".len()), (flags.len(), 0));
        assert_eq!(line.text().chars().count(), MOST);
        assert_eq!(line.caret(), line.text().len());
        press(&mut line, "x");
        assert_eq!(line.text().chars().count(), MOST, "full");
        press(&mut line, "<BS>x");
        assert!(line.text().ends_with("🇯🇵x"));
    }

    #[test]
    fn draws_sideways_with_the_caret_where_input_methods_look() {
        let mut line = LineEdit::new("0123456789");
        assert_eq!(draw(&line, 6), ("56789".into(), Some(Position::new(5, 0))));
        press(&mut line, "<C-a>");
        assert_eq!(draw(&line, 6), ("012345".into(), Some(Position::new(0, 0))));
        assert_eq!(draw(&line, 0).1, None);
        assert_eq!(draw(&line, 1).1, Some(Position::new(0, 0)));
        let mut line = LineEdit::new("返品と請求書");
        assert_eq!(draw(&line, 20), ("返品と請求書".into(), Some(Position::new(12, 0))));
        press(&mut line, "<Left>");
        assert_eq!(draw(&line, 20).1, Some(Position::new(10, 0)));
        assert_eq!(draw(&LineEdit::new("ｶﾞx"), 9), ("ｶﾞx".into(), Some(Position::new(3, 0))));
        let line = LineEdit::new("a\u{202e}b\u{200b}c\u{e0041}");
        let (row, _) = draw(&line, 60);
        assert!(!row.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{e0041}')), "{row}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_key_breaks_it(start in any_text(), typed in prop::collection::vec(any_key(), 0..60), paste in any_text()) {
            let mut line = LineEdit::new(&start);
            let first = line.text().to_owned();
            for (i, key) in typed.into_iter().enumerate() {
                if i % 17 == 16 {
                    line.paste(&paste);
                }
                line.key(key);
                prop_assert!(grapheme::is_boundary(line.text(), line.caret()), "{key:?}: {}", shown(&line));
                prop_assert!(line.area.lines().len() == 1 && !line.area.is_selecting());
                prop_assert!(draw(&line, 7).1.is_some());
            }
            while !line.undone.is_empty() { line.redo(); }
            let last = line.text().to_owned();
            while !line.done.is_empty() { line.undo(); }
            prop_assert_eq!(line.text(), first);
            while !line.undone.is_empty() { line.redo(); }
            prop_assert_eq!(line.text(), last);
        }
    }
}

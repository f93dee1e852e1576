//! Soft wrap: which part of a line stands in which row of the screen, worked out only around the place asked for. Words
//! stay whole where they fit, Japanese breaks between letters but never before `、` or behind `「`, blanks at the end of a
//! row hang over its edge.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::buffer::Pos;
use super::grapheme;
use crate::text::Clean;
use crate::text::wrap::may_break;

/// A line longer than this is laid out in blocks of this many bytes, each starting a row of its own, so that a single
/// line of 1 MB costs no more than a long paragraph.
const BLOCK: usize = 16 << 10;

/// A cluster as it is drawn. One that would take no cell is shown by its number, as vim does, so that the caret never
/// stands on nothing.
pub(super) fn shown(cluster: &str) -> Cow<'_, str> {
    if is_plain(cluster) {
        return Cow::Borrowed(cluster);
    }
    let clean = Clean::line(cluster);
    if clean.as_str().cell_width() > 0 {
        return Cow::Owned(clean.as_str().to_owned());
    }
    let numbers: Vec<String> = cluster.chars().map(|c| format!("<{:04x}>", c as u32)).collect();
    Cow::Owned(numbers.concat())
}

/// The cells a cluster takes on the screen.
pub(super) fn cells(cluster: &str) -> usize {
    if is_plain(cluster) { 1 } else { usize::from(shown(cluster).cell_width()) }
}

/// The cells a text takes on one row.
pub(super) fn width(text: &str) -> usize {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.len();
    }
    text.graphemes(true).map(cells).sum()
}

fn is_plain(cluster: &str) -> bool {
    matches!(cluster.as_bytes(), [b' '..=b'~'])
}

/// The place in a row that is at or before cell `x`: never behind the row's end.
pub(super) fn at_cell(row: &str, x: usize) -> usize {
    let mut left = x;
    for (at, c) in row.grapheme_indices(true) {
        let w = cells(c);
        if w > left {
            return at;
        }
        left -= w;
    }
    row.len()
}

/// Where the first row of a text ends when it is broken at `width` cells. A word too long for a row is cut when `cut`
/// is set, else it sticks out.
fn first_break(text: &str, width: usize, cut: bool) -> usize {
    let (mut x, mut before) = (0, '\n');
    // The last place that allows a break.
    let mut chance: Option<usize> = None;
    for (at, cluster) in text.grapheme_indices(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        let blank = matches!(first, ' ' | '\u{3000}');
        if at > 0 && !blank && may_break(before, first) {
            chance = Some(at);
        }
        x += cells(cluster);
        if x > width
            && !blank
            && at > 0
            && let Some(end) = chance.or_else(|| cut.then_some(at))
        {
            return end;
        }
        before = first;
    }
    text.len()
}

/// Where the rows of a text start; the first at 0.
pub(super) fn breaks(text: &str, width: usize, cut: bool) -> Vec<usize> {
    let mut starts = vec![0];
    let mut start = 0;
    loop {
        start += first_break(&text[start..], width, cut);
        if start >= text.len() {
            return starts;
        }
        starts.push(start);
    }
}

/// One row of the screen: a part of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub line: usize,
    pub from: usize,
    pub to: usize,
}

/// The rows of one block of a line, up to and with the one that holds `pos`.
struct Block {
    line: usize,
    start: usize,
    end: usize,
    rows: Vec<usize>,
}

impl Block {
    fn around(lines: &[String], pos: Pos, width: usize) -> (Self, usize) {
        let line = &lines[pos.row];
        // The line's end belongs to the row of its last letter.
        let inside = if pos.byte >= line.len() { grapheme::last(line) } else { pos.byte };
        let start = grapheme::snap(line, inside / BLOCK * BLOCK);
        let end = grapheme::snap(line, (inside / BLOCK + 1) * BLOCK);
        let rows = breaks(&line[start..end], width, true);
        let own = rows.partition_point(|s| start + s <= inside).saturating_sub(1);
        (Self { line: pos.row, start, end, rows }, own)
    }

    fn row(&self, i: usize) -> Row {
        let to = self.rows.get(i + 1).map_or(self.end, |s| self.start + s);
        Row { line: self.line, from: self.start + self.rows[i], to }
    }
}

/// The row of the screen that `pos` stands in.
pub(super) fn row_of(lines: &[String], pos: Pos, width: usize) -> Row {
    let (block, own) = Block::around(lines, pos, width);
    block.row(own)
}

/// The row below.
pub(super) fn row_below(lines: &[String], row: Row, width: usize) -> Option<Row> {
    let (line, from) = if row.to < lines[row.line].len() { (row.line, row.to) } else { (row.line + 1, 0) };
    let text = lines.get(line)?;
    let end = grapheme::snap(text, (from / BLOCK + 1) * BLOCK);
    Some(Row { line, from, to: from + first_break(&text[from..end], width, true) })
}

/// The row `n` rows above, or the first row of the text.
pub(super) fn rows_above(lines: &[String], row: Row, n: usize, width: usize) -> Row {
    let (mut row, mut left) = (row, n);
    while left > 0 {
        let before = match (row.from, row.line) {
            (0, 0) => break,
            (0, line) => Pos::new(line - 1, lines[line - 1].len()),
            (from, line) => Pos::new(line, grapheme::prev(&lines[line], from)),
        };
        let (block, own) = Block::around(lines, before, width);
        let more = own.min(left - 1);
        row = block.row(own - more);
        left -= more + 1;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<String> {
        let mut starts = breaks(text, width, true);
        starts.push(text.len());
        starts.windows(2).map(|w| text[w[0]..w[1]].to_owned()).collect()
    }

    #[test]
    fn words_stay_whole_and_blanks_hang() {
        assert_eq!(rows("one two three", 7), ["one two ", "three"]);
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("one    two", 4), ["one    ", "two"]);
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("日本", 1), ["日", "本"]);
    }

    #[test]
    fn japanese_breaks_between_letters_but_not_before_a_comma() {
        assert_eq!(rows("返品と請求書", 6), ["返品と", "請求書"]);
        assert_eq!(rows("返品は、请", 6), ["返品", "は、请"]);
        assert_eq!(rows("ああ「いう", 6), ["ああ", "「いう"]);
    }

    #[test]
    fn rows_lead_down_and_back_up() {
        let lines = vec!["one two three".to_owned(), String::new(), "x".repeat(3 * BLOCK)];
        let mut seen = vec![row_of(&lines, Pos::default(), 80)];
        while let Some(next) = row_below(&lines, seen[seen.len() - 1], 80) {
            seen.push(next);
        }
        let last = seen[seen.len() - 1];
        assert_eq!((last.line, last.to), (2, 3 * BLOCK));
        for (i, row) in seen.iter().enumerate().step_by(7) {
            assert_eq!(row_of(&lines, Pos::new(row.line, row.from), 80), *row);
            assert_eq!(rows_above(&lines, last, seen.len() - 1 - i, 80), *row);
        }
        assert_eq!(rows_above(&lines, last, 9999, 80), seen[0]);
    }

    #[test]
    fn nothing_is_shown_as_nothing() {
        assert_eq!(shown("a"), "a");
        assert!(cells("\u{200b}") > 0 && cells("\u{301}") > 0);
        assert_eq!(cells("日"), 2);
    }
}

//! Soft wrap: which part of a line stands in which row of the screen, worked out only around the place asked for. Words
//! stay whole where they fit, Japanese breaks between letters but never before `、` or behind `「`, blanks at the end of a
//! row hang over its edge.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::buffer::Pos;
use super::grapheme;
use crate::text::Clean;

/// A line longer than this is laid out in blocks of this many bytes, each starting a row of its own, so that a single
/// line of 1 MB costs no more than a short one.
const BLOCK: usize = 4096;

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
    Cow::Owned(cluster.chars().map(|c| format!("<{:04x}>", c as u32)).collect())
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

/// What may not begin a row.
const NO_START: &str =
    "、。，．・：；？！゛゜ヽヾゝゞ々ー」』）】〉》〕｝ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ…‥｡｣､･),.!?:;]}%";
/// What may not end a row.
const NO_END: &str = "「『（【〈《〔｛([{";

fn may_break(before: &str, after: &str) -> bool {
    let starts = |set: &str, s: &str| s.chars().next().is_some_and(|c| set.contains(c));
    let blank = |s: &str| s.starts_with(char::is_whitespace);
    match (blank(before), blank(after)) {
        (_, true) => false,
        (true, false) => true,
        (false, false) => {
            (cells(before) == 2 || cells(after) == 2) && !starts(NO_START, after) && !starts(NO_END, before)
        }
    }
}

/// Where the rows of a text start when it is broken at `width` cells. A word too long for a row is cut when `cut` is
/// set, else it sticks out.
pub(super) fn breaks(text: &str, width: usize, cut: bool) -> Vec<usize> {
    let mut starts = vec![0];
    let (mut start, mut x, mut before) = (0, 0, "");
    // The last place that allows a break, and its cell.
    let mut chance: Option<(usize, usize)> = None;
    for (at, cluster) in text.grapheme_indices(true) {
        let blank = cluster.starts_with(char::is_whitespace);
        if at > start && may_break(before, cluster) {
            chance = Some((at, x));
        }
        let w = cells(cluster);
        if x + w > width && !blank && at > start {
            let here = chance.take().or_else(|| cut.then_some((at, x)));
            if let Some((to, cell)) = here {
                starts.push(to);
                start = to;
                x -= cell;
            }
        }
        x += w;
        before = cluster;
    }
    starts
}

/// One row of the screen: a part of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub row: usize,
    pub from: usize,
    pub to: usize,
}

/// The row of the screen that `pos` stands in.
pub(super) fn row_of(lines: &[String], pos: Pos, width: usize) -> Row {
    let line = &lines[pos.row];
    // The line's end belongs to the row of its last letter.
    let inside = if pos.byte >= line.len() { grapheme::last(line) } else { pos.byte };
    let block = grapheme::snap(line, inside / BLOCK * BLOCK);
    let end = grapheme::snap(line, (inside / BLOCK + 1) * BLOCK);
    let starts = breaks(&line[block..end], width, true);
    let i = starts.partition_point(|s| block + s <= inside).saturating_sub(1);
    Row { row: pos.row, from: block + starts[i], to: starts.get(i + 1).map_or(end, |s| block + s) }
}

/// The row below.
pub(super) fn row_below(lines: &[String], row: Row, width: usize) -> Option<Row> {
    if row.to < lines[row.row].len() {
        return Some(row_of(lines, Pos::new(row.row, row.to), width));
    }
    (row.row + 1 < lines.len()).then(|| row_of(lines, Pos::new(row.row + 1, 0), width))
}

/// The row above.
pub(super) fn row_above(lines: &[String], row: Row, width: usize) -> Option<Row> {
    if row.from > 0 {
        let before = grapheme::prev(&lines[row.row], row.from);
        return Some(row_of(lines, Pos::new(row.row, before), width));
    }
    let above = row.row.checked_sub(1)?;
    Some(row_of(lines, Pos::new(above, lines[above].len()), width))
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
        let mut row = row_of(&lines, Pos::default(), 8);
        let mut seen = vec![row];
        while let Some(next) = row_below(&lines, row, 8) {
            assert!(next.row > row.row || next.from == row.to);
            row = next;
            seen.push(row);
        }
        assert_eq!(row.to, 3 * BLOCK);
        while let Some(before) = seen.pop() {
            assert_eq!(before, row);
            match row_above(&lines, row, 8) {
                Some(above) => row = above,
                None => break,
            }
        }
        assert!(seen.is_empty());
    }

    #[test]
    fn nothing_is_shown_as_nothing() {
        assert_eq!(shown("a"), "a");
        assert!(cells("\u{200b}") > 0 && cells("\u{301}") > 0);
        assert_eq!(cells("日"), 2);
    }
}

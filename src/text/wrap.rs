//! Breaks text into lines of a width: between words, between Japanese and Chinese characters with the plainest rules of
//! kinsoku (no line starts with 、or 」 or ends with 「), inside a word or address only when it is longer than a line.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::Clean;
use super::width::cluster_width;

/// Wraps a text of several lines. Each line of the text gives at least one; an empty text gives none.
pub fn wrap(text: &Clean, width: usize) -> Vec<Clean> {
    text.rows().flat_map(|row| wrap_row(&row, width)).collect()
}

/// Wraps one line into one or more.
pub fn wrap_row(row: &Clean, width: usize) -> Vec<Clean> {
    breaks(row, width).into_iter().map(|range| row.part(range)).collect()
}

/// Where the wrapped lines of one line lie in it, at least one. Spaces at a break belong to no line.
pub fn breaks(row: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(1);
    let mut lines = Vec::new();
    if row.len() <= width {
        lines.push(0..row.trim_end_matches(' ').len());
        return lines;
    }
    let mut push = |range: Range<usize>| {
        let kept = row[range.clone()].trim_end_matches(' ').len();
        lines.push(range.start..range.start + kept);
    };
    // The line being filled: where it starts and how wide it is; the last place where it may end, with the width up to it.
    let (mut start, mut column) = (0, 0);
    let mut chance: Option<(usize, usize)> = None;
    let mut last = '\n';
    let mut indent = true;
    for (at, cluster) in row.grapheme_indices(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        let cells = cluster_width(cluster);
        if cluster == " " {
            // Spaces hang over the edge, they never start a line.
            column += cells;
            last = first;
            continue;
        }
        if at > start && !indent && may_break(last, first) {
            chance = Some((at, column));
        }
        if column + cells > width && at > start {
            if let Some((end, before)) = chance.take() {
                push(start..end);
                start = end;
                column -= before;
            }
            if column + cells > width && at > start {
                push(start..at);
                start = at;
                column = 0;
            }
        }
        column += cells;
        indent = false;
        last = cluster.chars().next_back().unwrap_or(first);
        if !is_east_asian(last) && is_east_asian(first) {
            last = first; // a mark or selector behind an ideograph does not make it a letter
        }
    }
    push(start..row.len());
    lines
}

/// Whether a line may end between these two.
pub fn may_break(last: char, next: char) -> bool {
    if last == ' ' {
        return true;
    }
    (is_east_asian(last) || is_east_asian(next)) && !NOT_FIRST.contains(next) && !NOT_LAST.contains(last)
}

/// Scripts written without spaces. Korean has spaces.
fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{312F}' | '\u{3190}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF01}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFD}')
}

/// Characters that no line starts with.
const NOT_FIRST: &str = "、。，．・：；？！ー゛゜ヽヾゝゞ々〜～）］｝」』】〕〉》〟’”ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥\
                         ,.)]}:;?!%｡｣､･ｰﾞﾟｧｨｩｪｫｬｭｮｯ％";
/// Characters that no line ends with.
const NOT_LAST: &str = "（［｛「『【〔〈《〝‘“([{｢";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::width::width;

    fn lines(text: &str, cells: usize) -> Vec<String> {
        wrap(&Clean::text(text), cells).iter().map(|l| l.as_str().to_owned()).collect()
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(lines("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(lines("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(lines("", 10), Vec::<String>::new());
        assert_eq!(lines("  indented words here", 12), ["  indented", "words here"]);
        assert_eq!(lines("exactly ten", 7), ["exactly", "ten"]);
        assert_eq!(lines("ab    cd", 3), ["ab", "cd"]);
    }

    #[test]
    fn long_words_break_only_when_longer_than_a_line() {
        assert_eq!(lines("see https://example.net/a now", 22), ["see", "https://example.net/a", "now"]);
        assert_eq!(lines("see abcdefghijkl", 5), ["see", "abcde", "fghij", "kl"]);
        assert_eq!(lines("abc", 0), ["a", "b", "c"]);
    }

    #[test]
    fn japanese_wraps_by_character_with_kinsoku() {
        assert_eq!(lines("返品をお願いします", 8), ["返品をお", "願いしま", "す"]);
        assert_eq!(lines("返品です。はい", 8), ["返品で", "す。はい"]);
        assert_eq!(lines("これは「箱」", 8), ["これは", "「箱」"]);
        assert_eq!(lines("注文ABC123です", 10), ["注文ABC123", "です"]);
        assert_eq!(lines("。。。。。。", 4), ["。。", "。。", "。。"]);
        assert_eq!(lines("漢字", 1), ["漢", "字"]);
    }

    #[test]
    fn a_huge_line_takes_linear_time() {
        for part in ["x", "漢", "ab ", "。", "      "] {
            let text = Clean::line(&part.repeat(60_000));
            assert!(!wrap(&text, 80).is_empty());
        }
    }

    proptest! {
        #[test]
        fn lines_fit_and_nothing_but_spaces_is_lost(raw in "[a-z 漢、「」。ｶﾞ👨\u{301}\n]{0,80}", cells in 2usize..20) {
            let text = Clean::text(&raw);
            let wrapped = wrap(&text, cells);
            for line in &wrapped {
                prop_assert!(width(line) <= cells || line.graphemes(true).count() == 1, "{line:?}");
            }
            let squeeze = |s: &str| s.chars().filter(|c| !matches!(c, ' ' | '\n')).collect::<String>();
            let joined: String = wrapped.iter().map(Clean::as_str).collect();
            prop_assert_eq!(squeeze(&joined), squeeze(&text));
        }
    }
}

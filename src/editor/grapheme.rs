//! Steps over grapheme clusters, the letters as a reader sees them: a family emoji, a flag, `e` with an accent and
//! half-width `ｶﾞ` are one step each. Offsets are bytes into one line; what goes in is on a cluster boundary, so is what
//! comes out.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// How far back a boundary may depend on what stands before it. Only flags in a row and chains of joiners look back at
/// all; without an end, a line of a million flags would cost a million looks at each step.
const LOOK_BACK: usize = 1024;

/// The boundary after `at`, or the line's end.
pub(super) fn next(line: &str, at: usize) -> usize {
    let bytes = line.as_bytes();
    if bytes.get(at).is_none_or(u8::is_ascii) && bytes.get(at + 1).is_none_or(u8::is_ascii) {
        return line.len().min(at + 1);
    }
    // From one boundary to the next, nothing before counts.
    line[at..].graphemes(true).next().map_or(line.len(), |c| at + c.len())
}

/// The boundary before `at`, or 0.
pub(super) fn prev(line: &str, at: usize) -> usize {
    let bytes = line.as_bytes();
    if at < 2 || (bytes[at - 1].is_ascii() && bytes[at - 2].is_ascii()) {
        return at.saturating_sub(1);
    }
    let window = window(line, at);
    let last = line[window..at].graphemes(true).next_back().map_or(0, str::len);
    if last == at - window && window > 0 {
        // A cluster longer than the window: looked for from the start.
        return line[..at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i);
    }
    at - last
}

/// Whether `at` lies between two clusters.
pub(super) fn is_boundary(line: &str, at: usize) -> bool {
    if !line.is_char_boundary(at) {
        return false;
    }
    let window = window(line, at);
    let line = &line[window..];
    GraphemeCursor::new(at - window, line.len(), true).is_boundary(line, 0).unwrap_or(true)
}

fn window(line: &str, at: usize) -> usize {
    let mut start = at.saturating_sub(LOOK_BACK);
    while !line.is_char_boundary(start) {
        start -= 1;
    }
    start
}

/// `at` itself when it is a boundary within the line, else the next boundary.
pub(super) fn snap(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at += 1;
    }
    if is_boundary(line, at) {
        return at;
    }
    let window = window(line, at);
    GraphemeCursor::new(at - window, line.len() - window, true)
        .next_boundary(&line[window..], 0)
        .ok()
        .flatten()
        .map_or(line.len(), |end| window + end)
}

/// The start of the line's last cluster; 0 on an empty line.
pub(super) fn last(line: &str) -> usize {
    prev(line, line.len())
}

/// The cluster that starts at `at`; empty at the line's end.
pub(super) fn cluster(line: &str, at: usize) -> &str {
    &line[at..next(line, at)]
}

/// How many clusters a text has.
pub(super) fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).count() }
}

/// The byte offset of the `n`th cluster, or the line's end.
pub(super) fn nth(line: &str, n: usize) -> usize {
    line.grapheme_indices(true).nth(n).map_or(line.len(), |(at, _)| at)
}

/// What kind of letter a cluster is; a word is a run of one kind. Kana, kanji and hangul are kinds of their own, so `w`
/// stops where a Japanese word is likely to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Blank,
    Mark,
    Word,
    Hiragana,
    Katakana,
    Kanji,
    Hangul,
}

/// The kind of a cluster; with `big` (`W`, `B`, `E`) all that is not blank is one kind. The line's end counts as blank.
pub(super) fn kind(cluster: &str, big: bool) -> Kind {
    let Some(c) = cluster.chars().next() else { return Kind::Blank };
    if c.is_whitespace() {
        return Kind::Blank;
    }
    if big {
        return Kind::Word;
    }
    match c {
        '\u{3041}'..='\u{309f}' => Kind::Hiragana,
        '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => Kind::Katakana,
        '々' | '〆' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => Kind::Kanji,
        '\u{20000}'..='\u{3ffff}' => Kind::Kanji,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7ff}' => Kind::Hangul,
        _ if c.is_alphanumeric() || c == '_' => Kind::Word,
        _ => Kind::Mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_s_letter_is_one_step() {
        for letter in ["a", "👨\u{200d}👩\u{200d}👧\u{200d}👦", "🇯🇵", "e\u{301}", "ｶﾞ", "か\u{3099}", "ก็", "👍🏽"]
        {
            let line = format!("x{letter}y");
            assert_eq!(next(&line, 1), 1 + letter.len(), "{letter}");
            assert_eq!(prev(&line, 1 + letter.len()), 1, "{letter}");
            assert_eq!(count(&line), 3, "{letter}");
            for inside in 2..=letter.len() {
                assert_eq!(snap(&line, inside), 1 + letter.len(), "{letter}");
            }
        }
        assert_eq!((next("", 0), prev("", 0), last(""), snap("ab", 9)), (0, 0, 0, 2));
    }
}

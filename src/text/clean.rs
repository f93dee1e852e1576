//! [`Clean`]: text that cannot move a cursor, hide or fake anything. The sanitiser below is its only constructor, and the
//! screen, the clipboard, titles, logs and the CLI's output take nothing else.
//!
//! Four steps, each linear and total, most of them skipped for most text: take out control sequences and invisible
//! characters ([`strip`]), keep joiners only where a script or an emoji needs them ([`joiners`]), compose (NFC), cap what
//! may pile up on one cell and lay out tabs ([`settle`]). `clean(clean(x)) == clean(x)` always.

use std::fmt;
use std::ops::{Deref, Range};

use ratatui::buffer::CellWidth;
use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// How many combining marks one cluster keeps. Vietnamese needs 2, Hebrew with accents 3, a Sanskrit stack 4.
const MARKS: usize = 4;
/// Columns from one tab stop to the next.
const TAB: usize = 8;

/// Text that passed the sanitiser: no control byte except `\n`, no bidi override, no flood of marks.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Clean(String);

impl Clean {
    /// Sanitises text of several lines. Line ends become `\n`, tabs become spaces to the next stop of eight columns.
    pub fn text(raw: &str) -> Self {
        Self(clean(raw, false))
    }

    /// Sanitises text for one line: what [`Clean::text`] does, and each line end or tab becomes one space.
    pub fn line(raw: &str) -> Self {
        Self(clean(raw, true))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lines of a text, each clean by itself. An empty text has none.
    pub fn rows(&self) -> impl Iterator<Item = Clean> + '_ {
        self.0.lines().map(|l| Clean(l.to_owned()))
    }

    /// A part of this text, which is as clean as the whole as long as the ends stand between clusters.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        Self(self.0.get(range).unwrap_or_default().to_owned())
    }

    /// Clean texts put together in this room, whose seams are spaces, newlines or visible ASCII.
    pub(super) fn joined(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for Clean {
    /// The same as [`Clean::text`].
    fn from(raw: &str) -> Self {
        Self::text(raw)
    }
}

impl<'de> Deserialize<'de> for Clean {
    /// What comes from a wire or a file is sanitised where it enters.
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(|s| Self::text(&s))
    }
}

fn clean(raw: &str, one_line: bool) -> String {
    if raw.bytes().all(|b| matches!(b, b' '..=b'~') || (b == b'\n' && !one_line)) {
        return raw.to_owned();
    }
    let mut found = Found::default();
    let mut text = strip(raw, one_line, &mut found);
    // A cap can take away what a joiner or a tab leaned on, so a text that lost something is looked at again. Each round
    // only removes, and the second finds nothing in all text but the most twisted.
    for _ in 0..4 {
        if found.joiner {
            text = joiners(&text);
        }
        if found.high && is_nfc_quick(text.chars()) != IsNormalized::Yes {
            text = text.nfc().collect();
        }
        if !(found.pile || found.tab) {
            break;
        }
        let (settled, lost) = settle(&text);
        text = settled;
        if !lost {
            break;
        }
    }
    text
}

/// What [`strip`] met, so that plain text skips the later steps.
#[derive(Default)]
struct Found {
    /// A zero-width joiner, non-joiner or variation selector.
    joiner: bool,
    /// Something above U+02FF, so the text may not be composed yet.
    high: bool,
    /// Something that piles up on one cell.
    pile: bool,
    tab: bool,
}

/// Takes out control sequences, control characters and invisible ones, and makes bidi controls visible.
fn strip(raw: &str, one_line: bool, found: &mut Found) -> String {
    let newline = if one_line { ' ' } else { '\n' };
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = after;
        match c {
            ' '..='~' => out.push(c),
            '\t' if one_line => out.push(' '),
            '\t' => {
                found.tab = true;
                out.push('\t');
            }
            '\r' => {
                rest = after.strip_prefix('\n').unwrap_or(after);
                out.push(newline);
            }
            '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(newline),
            '\u{1B}' => rest = after_escape(after),
            '\u{9B}' => rest = after_csi(after).unwrap_or(after),
            '\u{90}' | '\u{98}' | '\u{9D}' | '\u{9E}' | '\u{9F}' => rest = after_string(after).unwrap_or(after),
            _ if is_bidi(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            _ if c.is_control() || is_invisible(c) => {}
            _ => {
                if c >= '\u{300}' {
                    found.high = true;
                    found.joiner |= is_joiner(c);
                    found.pile |= c == '\u{200D}' || piles_up(c) || c.width() == Some(0);
                }
                out.push(c);
            }
        }
    }
    out
}

/// The text behind an escape sequence whose ESC was just read. Of a sequence that does not end, only its first two
/// characters go, so that a mail's rest is never swallowed.
fn after_escape(text: &str) -> &str {
    let mut chars = text.chars();
    match chars.next() {
        Some('[') => after_csi(chars.as_str()).unwrap_or(chars.as_str()),
        Some(']' | 'P' | 'X' | '^' | '_') => after_string(chars.as_str()).unwrap_or(chars.as_str()),
        // ESC ( B, ESC $ B and their like: up to three bytes between.
        Some(' '..='/') => {
            let tail = text.trim_start_matches(|c| matches!(c, ' '..='/'));
            match tail.chars().next() {
                Some('0'..='~') if text.len() - tail.len() <= 3 => &tail[1..],
                _ => text,
            }
        }
        Some('0'..='~') => chars.as_str(),
        _ => text,
    }
}

/// The text behind `CSI parameters final`, or nothing if no final byte comes.
fn after_csi(text: &str) -> Option<&str> {
    let tail = text.trim_start_matches(|c| matches!(c, '0'..='?')).trim_start_matches(|c| matches!(c, ' '..='/'));
    tail.starts_with(|c| matches!(c, '@'..='~')).then(|| &tail[1..])
}

/// The text behind the end (BEL or ST) of an OSC, DCS, SOS, PM or APC string. One that meets a line end or another control
/// character before its own end is no string; looking no further also keeps this linear.
fn after_string(text: &str) -> Option<&str> {
    let at = text.find(|c: char| c.is_control() && c != '\t')?;
    let tail = &text[at..];
    tail.strip_prefix('\u{07}').or_else(|| tail.strip_prefix('\u{9C}')).or_else(|| tail.strip_prefix("\u{1B}\\"))
}

/// Characters that turn the direction of what follows.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{61C}')
}

/// Characters that nobody sees and that no text needs: fillers, zero-width spaces, tags, annotation marks, noncharacters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}' | '\u{200B}'
        | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Characters that [`joiners`] decides about by what stands beside them.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}') || is_selector(c)
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' | '\u{180F}')
}

/// Characters that take no cell of their own: marks, skin tones, and the vowels and finals of spelled-out Hangul.
fn piles_up(c: char) -> bool {
    matches!(c, '\u{1161}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}' | '\u{1F3FB}'..='\u{1F3FF}') || is_combining_mark(c)
}

/// Removes joiners and variation selectors but where they do their work: ZWJ inside an emoji, ZWJ and ZWNJ between letters
/// of scripts that join, one selector behind a character that has variants.
fn joiners(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Whether the last letter is of a joining script, and the character just before, whatever it is.
    let (mut joins, mut last) = (false, '\0');
    for (start, cluster) in text.grapheme_indices(true) {
        let behind = text[start + cluster.len()..].chars().next().unwrap_or('\0');
        let mut chars = cluster.chars().peekable();
        while let Some(c) = chars.next() {
            let inside = chars.peek().copied();
            let next = inside.unwrap_or(behind);
            let keep = match c {
                // A ZWJ with a non-mark behind it in the same cluster glues an emoji (UAX 29, GB11) or an Indic stack.
                '\u{200D}' if inside.is_some_and(|n| !piles_up(n) && !is_joiner(n)) => true,
                '\u{200C}' | '\u{200D}' => joins && !is_joiner(last) && is_joining_script(next),
                '\u{FE0E}' | '\u{FE0F}' => is_emoji_like(last) || (is_keycap(last) && next == '\u{20E3}'),
                '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => is_ideograph(last),
                '\u{180B}'..='\u{180D}' | '\u{180F}' => matches!(last, '\u{1820}'..='\u{18AA}'),
                _ if is_selector(c) => false,
                _ => true,
            };
            if keep {
                out.push(c);
                last = c;
                if !piles_up(c) && !is_joiner(c) {
                    joins = is_joining_script(c);
                }
            }
        }
    }
    out
}

/// Arabic, Syriac, N'Ko, the scripts of India, Burmese, Khmer, Mongolian and their neighbours.
fn is_joining_script(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17D3}'
        | '\u{1820}'..='\u{18AA}' | '\u{1B00}'..='\u{1CFF}' | '\u{FB50}'..='\u{FDCF}' | '\u{FE70}'..='\u{FEFC}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

/// Characters that a variation selector can turn into an emoji or back. None of them decomposes.
fn is_emoji_like(c: char) -> bool {
    matches!(c, '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
        | '\u{21A9}' | '\u{21AA}' | '\u{231A}'..='\u{2328}' | '\u{23CF}'..='\u{23FA}' | '\u{24C2}' | '\u{25AA}'..='\u{27BF}'
        | '\u{2934}' | '\u{2935}' | '\u{2B05}'..='\u{2B55}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1FAFF}')
        && !matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

fn is_keycap(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

/// Caps what piles up on one cluster and turns tabs into spaces by display column. The flag says whether a mark was taken.
fn settle(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let (mut column, mut lost) = (0usize, false);
    for cluster in text.graphemes(true) {
        if cluster == "\n" {
            out.push('\n');
            column = 0;
        } else if cluster == "\t" {
            let spaces = TAB - column % TAB;
            out.extend(std::iter::repeat_n(' ', spaces));
            column += spaces;
        } else if cluster.len() == 1 {
            out.push_str(cluster);
            column += 1;
        } else {
            let start = out.len();
            let (mut marks, mut glue) = (0, 0);
            for c in cluster.chars() {
                let (count, cap) = if c == '\u{200D}' { (&mut glue, MARKS) } else { (&mut marks, MARKS) };
                if c == '\u{200D}' || piles_up(c) {
                    *count += 1;
                    if *count > cap {
                        lost = true;
                        continue;
                    }
                }
                out.push(c);
            }
            let cells = usize::from(out[start..].cell_width());
            if cells == 0 {
                // A mark without a letter would stick to whatever the screen has to its left.
                out.truncate(start);
                lost = true;
            }
            column += cells;
        }
    }
    (out, lost)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(raw: &str) -> String {
        Clean::text(raw).as_str().to_owned()
    }

    #[test]
    fn control_sequences_go_whole() {
        for (raw, want) in [
            ("a\x1b[31mb\x1b[0mc", "abc"),
            ("a\u{9b}31mb", "ab"),
            ("a\x1b[?1049h\x1b[2J\x1b[10;10Hb", "ab"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]52;c;aGk=\x1b\\b", "ab"),
            ("a\u{9d}0;title\u{9c}b", "ab"),
            ("a\x1bPq#0;1\x1b\\b", "ab"),
            ("a\x1b_Gf=100;AAAA\x1b\\b", "ab"),
            ("a\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "alink"),
            ("a\x1bcb", "ab"),
            ("a\x1b(Bb\x1b$Bc", "abc"),
            ("a\0\x07\x08\x7f\u{80}\u{9f}b", "ab"),
        ] {
            assert_eq!(text(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_swallows_nothing() {
        assert_eq!(text("a\x1b]0;rest of\nthe mail\x07!"), "a0;rest of\nthe mail!");
        assert_eq!(text("a\x1b[12"), "a12");
        assert_eq!(text("a\x1b[12漢"), "a12漢");
        assert_eq!(text("a\x1bP stays"), "a stays");
        assert_eq!(text("a\x1b]x\x1b]y\x1b\\z"), "axz");
        assert_eq!(text("a\x1b"), "a");
        assert_eq!(text("a\x1b\u{e9}"), "a\u{e9}");
        assert_eq!(text(&format!("a\x1b{}x", "/".repeat(9))), format!("a{}x", "/".repeat(9)));
        // U+2733 holds the byte 0x9C, which is not an end of a string.
        assert_eq!(text("\u{2733}\x1b]0;\u{2733}b\x07c"), "\u{2733}c");
    }

    #[test]
    fn line_ends_are_one_kind() {
        assert_eq!(text("a\r\nb\rc\u{2028}d\u{2029}e\x0bf\x0cg\n"), "a\nb\nc\nd\ne\nf\ng\n");
        assert_eq!(Clean::line("a\r\n\tb\nc").as_str(), "a  b c");
    }

    #[test]
    fn tabs_follow_columns() {
        assert_eq!(text("a\tb"), "a       b");
        assert_eq!(text("漢字\tb"), "漢字    b");
        assert_eq!(text("12345678\tb\n\tc"), "12345678        b\n        c");
    }

    #[test]
    fn direction_marks_show_and_invisible_characters_go() {
        assert_eq!(text("a\u{202e}gpj.exe"), "a<U+202E>gpj.exe");
        assert_eq!(text("\u{2066}x\u{2069}\u{200f}\u{61c}"), "<U+2066>x<U+2069><U+200F><U+061C>");
        assert_eq!(text("\u{feff}pay\u{200b}pal\u{ad}\u{2060}\u{3164}\u{115f}\u{ffa0}\u{fff9}\u{e0041}."), "paypal.");
    }

    #[test]
    fn joiners_stay_where_they_work() {
        for kept in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏻",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "葛\u{e0100}城",
        ] {
            assert_eq!(text(kept), kept);
        }
        assert_eq!(text("a\u{200d}b\u{200c}c\u{fe0f}d"), "abcd");
        assert_eq!(text("👨\u{200d}x \u{200d}1\u{fe0f}2"), "👨x 12");
        assert_eq!(text("葛\u{e0100}\u{e0101}\u{e0102}"), "葛\u{e0100}");
    }

    #[test]
    fn marks_are_composed_and_capped() {
        assert_eq!(text("e\u{301}"), "\u{e9}");
        assert_eq!(text("か\u{3099}"), "が");
        assert_eq!(text(&format!("x{}y", "\u{301}".repeat(200))), format!("x{}y", "\u{301}".repeat(4)));
        assert_eq!(text(&format!("\u{1100}{}", "\u{1161}".repeat(200))).chars().count(), 5);
        assert_eq!(text("\u{301}\u{301}Ben\n\u{1161}x"), "Ben\nx");
        assert_eq!(text(&"👨\u{200d}".repeat(300)).matches('\u{200d}').count(), 4);
    }

    #[test]
    fn hostile_floods_take_linear_time() {
        let n = 60_000;
        for part in
            ["\x1b]", "\x1b[", "\x1b[1;", "\u{9d}0;", "\u{301}", "👨\u{200d}", "\u{200c}", "\t", "क\u{94d}", "\x1b/"]
        {
            let raw = part.repeat(n);
            let once = text(&raw);
            assert!(once.len() <= raw.len() * 8);
        }
    }

    #[test]
    fn the_wire_sanitises() {
        let c: Clean = serde_json::from_str(r#""a\u001b[31mb""#).unwrap();
        assert_eq!(c.as_str(), "ab");
        assert_eq!(serde_json::to_string(&c).unwrap(), r#""ab""#);
    }

    /// Text made of the characters that make trouble together.
    fn twisted() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(vec![
                "\x1b",
                "[",
                "]",
                "\x07",
                "\u{9b}",
                "\u{9c}",
                "\u{9d}",
                "\\",
                "\r",
                "\n",
                "\t",
                "a",
                "e",
                "1",
                "\u{301}",
                "\u{323}",
                "\u{327}",
                "\u{3099}",
                "か",
                "ｶ",
                "ﾞ",
                "漢",
                "\u{200d}",
                "\u{200c}",
                "\u{fe0f}",
                "\u{fe0e}",
                "\u{e0100}",
                "\u{20e3}",
                "👨",
                "❤",
                "🏽",
                "🇯",
                "🇵",
                "\u{202e}",
                "\u{200e}",
                "\u{200b}",
                "\u{feff}",
                "\u{1100}",
                "\u{1161}",
                "\u{11a8}",
                "가",
                "\u{915}",
                "\u{94d}",
                "\u{93c}",
                "\u{937}",
                "\u{627}",
                "\u{644}",
                "\u{64b}",
                "\u{600}",
                "\u{180b}",
                "\u{1820}",
                "\u{115f}",
                "\u{2126}",
                "\u{f900}",
                "\u{338}",
                "←",
                "=",
                "\u{1a20}",
                "\u{1b05}",
                "\u{1b35}",
                "\u{1f3fb}",
                "\u{9be}",
                "\u{9c7}",
                "\u{344}",
                "\u{958}",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(part, 0..40).prop_map(|v| v.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn what_comes_out_is_harmless_and_settled(raw in twisted()) {
            let once = text(&raw);
            prop_assert!(once.chars().all(|c| c == '\n' || !c.is_control()), "{once:?}");
            prop_assert!(!once.chars().any(|c| is_bidi(c) || is_invisible(c)), "{once:?}");
            prop_assert_eq!(&text(&once), &once, "not settled");
            for cluster in once.graphemes(true) {
                prop_assert!(cluster.chars().filter(|c| is_combining_mark(*c)).count() <= MARKS, "{cluster:?}");
                prop_assert!(cluster == "\n" || cluster.cell_width() > 0, "{cluster:?} has no width");
            }
            let line = Clean::line(&raw);
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(&Clean::line(&line), &line);
            for row in Clean::text(&raw).rows() {
                prop_assert_eq!(&Clean::text(&row), &row, "a row is clean by itself");
            }
        }
    }
}

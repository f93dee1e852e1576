//! Takes a body apart into what was written now, what is quoted, and signatures, so that the thread can fold and dim them.
//! Nothing is ever deleted: a block is a range of lines.

use std::ops::Range;

use super::Clean;

/// What a run of lines is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Written for this message.
    Text,
    /// Quoted from an earlier one; `depth` counts the `>`.
    Quote {
        /// How many times quoted, from 1.
        depth: u8,
    },
    /// The line that says who is quoted: `On … wrote:`, a header block, `-----Original Message-----`.
    Attribution,
    /// A signature or a list's footer.
    Signature,
}

/// A run of lines of one kind. The blocks of a text follow each other without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Its lines in the text, counted from 0 as [`Clean::rows`] yields them.
    pub lines: Range<usize>,
}

/// A signature's ruler has a signature behind it only if so few lines follow.
const SIGNATURE_LINES: usize = 14;

/// Splits a text into blocks.
pub fn blocks(text: &Clean) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut kinds = vec![Kind::Text; lines.len()];
    let quoted_from = mark_quotes(&lines, &mut kinds);
    mark_reply_heads(&lines, &mut kinds, quoted_from);
    mark_signatures(&lines, &mut kinds);

    let mut blocks: Vec<Block> = Vec::new();
    for (i, kind) in kinds.into_iter().enumerate() {
        match blocks.last_mut() {
            Some(last) if last.kind == kind => last.lines.end = i + 1,
            _ => blocks.push(Block { kind, lines: i..i + 1 }),
        }
    }
    blocks
}

/// Marks lines that start with `>`, empty lines between them, and everything below an unmarked quote's head
/// (`-----Original Message-----`, `From:` and `Sent:`). Gives the line where the latter starts.
fn mark_quotes(lines: &[&str], kinds: &mut [Kind]) -> usize {
    let mut quoted_from = lines.len();
    let mut i = 0;
    while i < lines.len() {
        if depth(lines[i]) == 0
            && let Some(body) = unmarked_quote(lines, i)
        {
            kinds[i..body].fill(Kind::Attribution);
            quoted_from = body;
            break;
        }
        i += 1;
    }
    let mut last_quoted: Option<usize> = None;
    for (i, line) in lines.iter().enumerate() {
        let below = u8::from(i >= quoted_from);
        let depth = depth(line).saturating_add(below);
        if depth > 0 {
            let kind = Kind::Quote { depth };
            kinds[i] = kind;
            if let Some(last) = last_quoted
                && kinds[last] == kind
                && lines[last + 1..i].iter().all(|l| l.trim().is_empty())
            {
                kinds[last + 1..i].fill(kind);
            }
            last_quoted = Some(i);
        } else if !line.trim().is_empty() {
            last_quoted = None;
        }
    }
    quoted_from
}

/// How many `>` a line starts with, spaces between them allowed. `>From` alone is an mbox's escape, not a quote.
fn depth(line: &str) -> u8 {
    if line.starts_with(">From ") {
        return 0;
    }
    let (mut depth, mut spaces) = (0u8, 0);
    for c in line.chars() {
        match c {
            '>' | '＞' => {
                depth = depth.saturating_add(1);
                spaces = 0;
            }
            ' ' if spaces < 3 => spaces += 1,
            _ => break,
        }
    }
    depth
}

/// Whether a quote without marks starts here, and where its body begins.
fn unmarked_quote(lines: &[&str], at: usize) -> Option<usize> {
    let line = lines[at].trim();
    if is_ruler(line) {
        // Outlook draws a line above the header block.
        return header_block(lines, at + 1);
    }
    if line.starts_with("--") && is_original_message(line) {
        return Some(header_block(lines, skip_blank(lines, at + 1)).unwrap_or(at + 1));
    }
    header_block(lines, at)
}

fn skip_blank(lines: &[&str], from: usize) -> usize {
    from + lines[from.min(lines.len())..].iter().take(2).take_while(|l| l.trim().is_empty()).count()
}

fn is_original_message(line: &str) -> bool {
    let words = line.trim_matches(|c: char| c == '-' || c == ' ').to_lowercase();
    [
        "original message",
        "original appointment",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "mensaje original",
        "messaggio originale",
        "oorspronkelijk bericht",
        "元のメッセージ",
        "元のメール",
        "原始邮件",
        "원본 메시지",
    ]
    .iter()
    .any(|w| words == *w)
}

/// A block of `From:`, `Sent:`, `To:`, `Subject:` in one of several languages: where it ends.
fn header_block(lines: &[&str], at: usize) -> Option<usize> {
    const FROM: [&str; 8] = ["from", "von", "de", "da", "van", "差出人", "送信者", "发件人"];
    const WHEN: [&str; 10] =
        ["sent", "date", "gesendet", "datum", "envoyé", "enviado", "送信日時", "日時", "日付", "发送时间"];
    const REST: [&str; 12] =
        ["to", "subject", "an", "betreff", "cc", "à", "objet", "para", "宛先", "件名", "收件人", "主题"];
    if !is_field(lines.get(at)?, &FROM) {
        return None;
    }
    let (mut end, mut when, mut rest) = (at + 1, false, false);
    for line in lines[at + 1..].iter().take(12) {
        if line.trim().is_empty() {
            break;
        }
        when |= is_field(line, &WHEN);
        rest |= is_field(line, &REST);
        end += 1;
        if is_field(line, &["subject", "betreff", "件名", "objet", "主题"]) {
            break;
        }
    }
    (when && rest).then_some(end)
}

fn is_field(line: &str, names: &[&str]) -> bool {
    let line = line.trim_start_matches(['*', ' ']);
    let Some(colon) = line.find([':', '：']).filter(|c| *c <= 30) else { return false };
    let name = line[..colon].trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase();
    names.contains(&name.as_str())
}

/// Marks what stands above a quote and says whose it is: one to three lines that end with a colon.
fn mark_reply_heads(lines: &[&str], kinds: &mut [Kind], quoted_from: usize) {
    for i in 1..lines.len().min(quoted_from) {
        let starts = matches!(kinds[i], Kind::Quote { .. }) && kinds[i - 1] == Kind::Text;
        if !starts {
            continue;
        }
        let mut end = i;
        if lines[end - 1].trim().is_empty() && end > 1 {
            end -= 1;
        }
        if kinds[end - 1] == Kind::Text
            && let Some(start) = reply_head(lines, kinds, end - 1)
        {
            kinds[start..i].fill(Kind::Attribution);
        }
    }
}

/// Where the head starts whose last line this is.
fn reply_head(lines: &[&str], kinds: &[Kind], last: usize) -> Option<usize> {
    let line = lines[last].trim();
    if !line.ends_with([':', '：']) || line.len() > 400 {
        return None;
    }
    let first = |i: usize| i < lines.len() && kinds[i] == Kind::Text && starts_reply_head(lines[i].trim());
    if first(last) {
        return Some(last);
    }
    let above = (1..=2).filter_map(|n| last.checked_sub(n));
    for i in above {
        if lines[i].trim().is_empty() || kinds[i] != Kind::Text {
            break;
        }
        if first(i) {
            return Some(i);
        }
    }
    // No known opening, but it names a writer or a time.
    let says_wrote = [
        "wrote:",
        "writes:",
        "said:",
        "schrieb:",
        "écrit :",
        "écrit:",
        "escribió:",
        "scritto:",
        "schreef:",
        "skrev:",
        "написал:",
        "書きました:",
        "書きました：",
        "書いた:",
        "のメール:",
        "のメッセージ:",
        "写道：",
        "写道:",
        "작성:",
    ]
    .iter()
    .any(|w| line.ends_with(w));
    (says_wrote || (line.contains('@') && line.bytes().any(|b| b.is_ascii_digit()))).then_some(last)
}

fn starts_reply_head(line: &str) -> bool {
    let openings = ["On ", "Am ", "Le ", "El ", "Il ", "Op ", "Den ", "At ", "Em ", "Quoting ", "Zitat von ", "* "];
    let digits = line.chars().take(12).filter(char::is_ascii_digit).count() >= 5
        || line.chars().take(5).all(|c| c.is_ascii_digit() || c == '年');
    let has_time_or_address = line.contains('@') || line.bytes().filter(u8::is_ascii_digit).count() >= 3;
    (openings.iter().any(|o| line.starts_with(o)) && (has_time_or_address || line.ends_with("wrote:")))
        || (digits && line.len() > 5)
}

/// Marks signatures: from `-- ` to the next quote or the end, and the boxed ones of Japanese mail.
fn mark_signatures(lines: &[&str], kinds: &mut [Kind]) {
    let mut i = 0;
    while i < lines.len() {
        if kinds[i] != Kind::Text {
            i += 1;
            continue;
        }
        let line = lines[i].trim_end();
        let end = i + kinds[i..].iter().take_while(|k| **k == Kind::Text).count();
        let signs = match line {
            "--" | "- --" | "－－" | "―" => end - i <= 4 * SIGNATURE_LINES,
            _ => is_ruler(line.trim()) && is_boxed_signature(&lines[i + 1..end]),
        };
        if signs {
            kinds[i..end].fill(Kind::Signature);
            i = end;
        } else {
            i += 1;
        }
    }
}

/// A line of nothing but `=`, `_`, `＿` and their like, at least eight of them (patterns such as `*-*-*-*` count).
fn is_ruler(line: &str) -> bool {
    let count = line.chars().count();
    (8..=200).contains(&count)
        && line.chars().all(|c| {
            matches!(
                c,
                '=' | '_'
                    | '-'
                    | '*'
                    | '+'
                    | '~'
                    | '#'
                    | '/'
                    | '.'
                    | '＿'
                    | '＝'
                    | '－'
                    | '―'
                    | '─'
                    | '━'
                    | '═'
                    | '＊'
                    | '☆'
                    | '★'
                    | '◆'
                    | '◇'
                    | '■'
                    | '□'
                    | '・'
                    | '･'
                    | '…'
                    | '┏'
                    | '┓'
                    | '┗'
                    | '┛'
                    | 'ー'
                    | '～'
                    | ' '
            )
        })
}

/// Whether what follows a ruler is a signature: short, and with a way to reach somebody in it.
fn is_boxed_signature(rest: &[&str]) -> bool {
    let lines = rest.iter().rev().skip_while(|l| l.trim().is_empty()).count();
    (1..=SIGNATURE_LINES).contains(&lines)
        && rest.iter().any(|l| {
            let lower = l.to_lowercase();
            lower.contains('@')
                || lower.contains("http")
                || lower.contains("www.")
                || lower.contains("tel")
                || lower.contains("fax")
                || l.contains('〒')
                || l.contains("電話")
                || l.contains("株式会社")
                || l.contains("ＴＥＬ")
                || lower.contains("mailing list")
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One letter per line: text, quote (its depth), attribution, signature.
    fn shape(text: &str) -> String {
        let text = Clean::text(text);
        let mut shape = String::new();
        for block in blocks(&text) {
            let letter = match block.kind {
                Kind::Text => 't'.to_string(),
                Kind::Quote { depth } => depth.to_string(),
                Kind::Attribution => 'a'.to_string(),
                Kind::Signature => 's'.to_string(),
            };
            shape.push_str(&letter.repeat(block.lines.len()));
        }
        shape
    }

    #[test]
    fn marked_quotes() {
        assert_eq!(
            shape("Hi\n\nOn Mon, Jan 5, 2026 Ben <b@example.net> wrote:\n> a\n>\n> > b\n\n> c\nbye"),
            "tta112t1t"
        );
        assert_eq!(shape("On Mon, 5 Jan 2026 at 14:02, Ben Ode\n<ben@example.net> wrote:\n\n> a"), "aaa1");
        assert_eq!(shape("Am 05.01.26 um 14:02 schrieb Ben:\n> a\n\n> b"), "a111");
        assert_eq!(shape("2026年1月5日(月) 14:02 田中 <t@example.jp>:\n> a"), "a1");
        assert_eq!(shape("田中さんは書きました:\n> a"), "a1");
        assert_eq!(shape("Steps:\n> a"), "t1");
        assert_eq!(shape(">From here it is text"), "t");
    }

    #[test]
    fn unmarked_quotes() {
        assert_eq!(
            shape("Hi\n-----Original Message-----\nFrom: a\nSent: b\nTo: c\nSubject: d\n\nold\n> older"),
            "taaaaa112"
        );
        assert_eq!(
            shape("Hi\n________________________________\nVon: a\nGesendet: b\nAn: c\nBetreff: d\nold"),
            "taaaaa1"
        );
        assert_eq!(shape("はい\n差出人: a\n送信日時: b\n宛先: c\n件名: d\n\n前"), "taaaa11");
        assert_eq!(shape("-----元のメッセージ-----\n前"), "a1");
        assert_eq!(shape("From: the shop\nwe wish you well"), "tt");
        assert_eq!(shape("---------- Forwarded message ---------\nFrom: a\nDate: b\nSubject: c\n\nx"), "taaa11");
    }

    #[test]
    fn signatures() {
        assert_eq!(shape("Hi\n-- \nBen\n+81 3"), "tsss");
        assert_eq!(shape("Hi\n--\nBen\n\nOn Mon 5 Jan 2026 B wrote:\n> a"), "tsssa1");
        assert_eq!(shape("お願いします\n==========\n株式会社 例\nTEL 03-0000-0000\n=========="), "tssss");
        assert_eq!(shape("Part one\n========\nPart two is long"), "ttt");
        assert_eq!(shape("> -- \n> Ben"), "11");
    }

    proptest! {
        #[test]
        fn blocks_cover_every_line(raw in "(>|> |-- |On 1 Jan 2026 x wrote:|From: a|Sent: b|To: c|=========|a@b|\n|x){0,40}") {
            let text = Clean::text(&raw);
            let mut next = 0;
            for block in blocks(&text) {
                prop_assert_eq!(block.lines.start, next);
                prop_assert!(block.lines.end > next);
                next = block.lines.end;
            }
            prop_assert_eq!(next, text.rows().count());
        }
    }
}

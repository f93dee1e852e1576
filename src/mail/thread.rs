//! What belongs together: the ids that a mail bears or cites, and its subject without `Re:`.

use unicode_normalization::UnicodeNormalization;

use super::ParsedMail;

/// The ids that a mail bears or cites: its own first, then what it answers, then its thread from the newest back. None twice.
pub fn ids(mail: &ParsedMail) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for id in mail.message_id.iter().chain(&mail.in_reply_to).chain(mail.references.iter().rev()) {
        if seen.insert(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// A subject to compare by: without reply and forward marks of several languages, in lower case, full-width letters as ASCII,
/// white space collapsed. A list's `[tag]` stays.
pub fn subject(subject: &str) -> String {
    let folded: String = subject.nfkc().flat_map(char::to_lowercase).collect();
    let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    let (tag, rest) = match folded.strip_prefix('[').and_then(|r| r.find(']')) {
        Some(end) if end <= 60 => folded.split_at(end + 2),
        _ => ("", folded.as_str()),
    };
    let rest = without_marks(rest.trim_start());
    if tag.is_empty() {
        // `Re: [tag] Re: x` has marks on both sides.
        if rest.starts_with('[') && rest.len() < folded.len() { self::subject(rest) } else { rest.to_owned() }
    } else {
        format!("{tag} {rest}").trim_end().to_owned()
    }
}

fn without_marks(mut text: &str) -> &str {
    const MARKS: [&str; 27] = [
        "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "vl", "antw", "antwort", "rif", "r", "i", "tr", "rv", "res",
        "enc", "odp", "ynt", "回复", "答复", "转发", "回覆", "返信", "転送", "回信",
    ];
    loop {
        let Some((mark, rest)) = text.split_once(':') else { return text };
        // `Re[2]:`, `Re^2:`, `Re(2):`
        let name =
            mark.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '^' | '(' | ')' | ' '));
        if !MARKS.contains(&name) {
            return text;
        }
        text = rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_lose_their_marks() {
        for raw in [
            "Refund",
            "Re: refund",
            "RE[2]: Fwd: AW: refund",
            "Ｒｅ：　Ｒｅｆｕｎｄ",
            "回复：refund",
            "返信: 転送: REFUND",
            "re:re:refund",
        ] {
            assert_eq!(subject(raw), "refund", "{raw}");
        }
        assert_eq!(subject("Re: [shop] Re: Box  7"), "[shop] box 7");
        assert_eq!(subject("[shop] Re: Box 7"), "[shop] box 7");
        assert_eq!(subject("Order: late"), "order: late");
        assert_eq!(subject("Re:"), "");
    }

    #[test]
    fn ids_come_once_own_first() {
        let mail = ParsedMail {
            message_id: Some("c".into()),
            in_reply_to: vec!["b".into()],
            references: vec!["a".into(), "b".into()],
            ..ParsedMail::default()
        };
        assert_eq!(ids(&mail), ["c", "b", "a"]);
    }
}

//! Finds the addresses in a text that may be opened: http, https and mailto, nothing else, each with the number that
//! `{n}gx` takes.

use std::collections::HashMap;
use std::ops::Range;

use url::Url;

use super::Clean;

/// The schemes that may be opened. Everything else (`javascript:`, `file:`, `data:` …) stays plain text.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];
/// Longer addresses are not opened: no customer needs one, and a window title or shell would choke on it.
const LONGEST: usize = 4096;

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number to open it by. One address has one number, however often it stands in the text.
    pub number: usize,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The address, normalised by the URL parser, so pure ASCII.
    pub target: String,
}

/// Finds all links. A footnote (`[3]: https://…`, as [`super::html`] writes it) keeps its number; the others count up beside.
pub fn find(text: &Clean) -> Vec<Link> {
    // ASCII lower case keeps every byte offset.
    let lower = text.to_ascii_lowercase();
    let mut found: Vec<(Range<usize>, String, Option<usize>)> = Vec::new();
    let mut from = 0;
    while let Some(at) = lower[from..].find([':']).map(|i| from + i) {
        from = at + 1;
        let Some((start, head)) = SCHEMES.iter().find_map(|s| {
            let name = s.find(':').unwrap_or(0);
            let start = at.checked_sub(name)?;
            lower.get(start..).is_some_and(|t| t.starts_with(s)).then_some((start, s.len()))
        }) else {
            continue;
        };
        // `xhttp://` is no link.
        if lower[..start].bytes().next_back().is_some_and(|b| b.is_ascii_alphanumeric()) {
            continue;
        }
        let end = end_of(text, start, head);
        let Some(target) = allowed(&text[start..end]) else { continue };
        found.push((start..end, target, footnote(text, start)));
        from = end.max(from);
    }
    number(found)
}

/// Whether an address may be opened, and how it is written in full.
pub fn allowed(address: &str) -> Option<String> {
    if address.len() > LONGEST {
        return None;
    }
    let url = Url::parse(address).ok()?;
    match url.scheme() {
        "http" | "https" => url.has_host().then(|| url.to_string()),
        "mailto" => url.path().contains('@').then(|| url.to_string()),
        _ => None,
    }
}

/// Where an address ends: at a space, a quote, a bracket that it did not open, or the first character beyond ASCII (Japanese
/// text follows addresses without a space). A full stop or comma behind it is the sentence's.
fn end_of(text: &str, start: usize, head: usize) -> usize {
    let bytes = &text.as_bytes()[start..];
    let (mut round, mut square) = (0usize, 0usize);
    let mut end = head;
    for &b in &bytes[head..] {
        match b {
            b'(' => round += 1,
            b'[' => square += 1,
            b')' if round == 0 => break,
            b']' if square == 0 => break,
            b')' => round -= 1,
            b']' => square -= 1,
            b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'\\' | b'^' => break,
            b if !b.is_ascii_graphic() => break,
            _ => {}
        }
        end += 1;
    }
    while end > head && matches!(bytes[end - 1], b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_') {
        end -= 1;
    }
    start + end
}

/// The number of a footnote whose address starts here.
fn footnote(text: &str, start: usize) -> Option<usize> {
    let before = &text[text[..start].rfind('\n').map_or(0, |i| i + 1)..start];
    let inside = before.trim().strip_suffix(':').unwrap_or(before.trim());
    inside.strip_prefix('[')?.strip_suffix(']')?.parse().ok().filter(|n| (1..10_000).contains(n))
}

fn number(found: Vec<(Range<usize>, String, Option<usize>)>) -> Vec<Link> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut taken = std::collections::HashSet::new();
    for (_, target, note) in &found {
        if let Some(n) = note
            && taken.insert(*n)
        {
            numbers.entry(target.clone()).or_insert(*n);
        }
    }
    let mut next = 1;
    found
        .into_iter()
        .map(|(range, target, _)| {
            let number = *numbers.entry(target.clone()).or_insert_with(|| {
                while !taken.insert(next) {
                    next += 1;
                }
                next
            });
            Link { number, range, target }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn targets(text: &str) -> Vec<(usize, String)> {
        find(&Clean::text(text)).into_iter().map(|l| (l.number, l.target)).collect()
    }

    #[test]
    fn finds_addresses_and_leaves_the_sentence() {
        assert_eq!(
            targets(
                "See https://example.net/a_(b)?q=1. (HTTP://EXAMPLE.org/x), <mailto:ben@example.net> 'http://a.example/'"
            ),
            [
                (1, "https://example.net/a_(b)?q=1".to_owned()),
                (2, "http://example.org/x".to_owned()),
                (3, "mailto:ben@example.net".to_owned()),
                (4, "http://a.example/".to_owned()),
            ]
        );
        assert_eq!(targets("詳細はhttps://example.jp/返品をご覧ください"), [(1, "https://example.jp/".to_owned())]);
    }

    #[test]
    fn other_schemes_are_not_links() {
        assert!(
            targets("javascript:alert(1) file:///etc/passwd data:text/html,x xhttp://a.example http:// mailto:x")
                .is_empty()
        );
    }

    #[test]
    fn footnotes_keep_their_numbers() {
        let text =
            "http://first.example/ [a][1] [b][2]\n\n[1]: http://a.example/\n[2]: http://b.example/\nhttp://a.example/";
        assert_eq!(targets(text).iter().map(|(n, _)| *n).collect::<Vec<_>>(), [3, 1, 2, 1]);
    }

    proptest! {
        #[test]
        fn ranges_lie_in_the_text(raw in "(https?://|mailto:|[a-z.()\\[\\]<>@ 漢:/\n]){0,30}") {
            let text = Clean::text(&raw);
            for link in find(&text) {
                prop_assert!(text.get(link.range.clone()).is_some());
                prop_assert!(link.target.is_ascii());
            }
        }
    }
}

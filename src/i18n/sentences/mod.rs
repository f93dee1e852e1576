//! Errors, in the agent's language. An error is made in English wherever it arises: in rooms that know no words, on the desk's
//! side of the line, in the operating system, in the parser of the command line; and English is what logs and `--json` hold.
//! The places that show one to a person ask [`told`] for its Japanese.
//!
//! A table row is an English sentence with `{}` where something stands in it, and the Japanese one with `{0}`, `{1}` for the
//! same. `tests/words.rs` reads the sources and fails on a sentence that no row knows.

mod cli;
mod desk;
mod django;
mod files;
mod redmine;
mod rt;

use std::borrow::Cow;

/// A sentence and its Japanese.
type Row = (&'static str, &'static str);

/// Rooms and their sentences.
const TABLES: [&[Row]; 6] = [cli::ROWS, desk::ROWS, django::ROWS, files::ROWS, redmine::ROWS, rt::ROWS];

/// What may stand between two sentences.
const JOINTS: [&str; 2] = ["; ", ". "];
/// How deep sentences stand in sentences; text from outside does not decide how long this takes.
const DEEPEST: u32 = 4;
/// How many joints of a text are looked at.
const JOINED: usize = 4;
/// A longer text is somebody's letter, not an error.
const LONGEST: usize = 2_000;

/// An English error text in Japanese, as far as it is known.
pub fn told(text: &str) -> Cow<'_, str> {
    japanese(text, DEEPEST).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether every part of a text is known.
fn japanese(text: &str, depth: u32) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST || depth == 0 {
        return None;
    }
    if let Some(whole) = whole(text, depth) {
        return Some(whole);
    }
    let mut part = None;
    for joint in JOINTS {
        for (at, _) in text.match_indices(joint).take(JOINED) {
            let (left, right) = (&text[..at], &text[at + joint.len()..]);
            match (whole(left, depth), japanese(right, depth - 1)) {
                (Some(left), Some(right)) => return Some(format!("{left}。{right}")),
                (None, Some(right)) if part.is_none() => part = Some(format!("{left}。{right}")),
                (Some(left), None) if part.is_none() => part = Some(format!("{left}。{right}")),
                _ => {}
            }
        }
    }
    // A place and what is wrong there: `file: why`.
    part.or_else(|| {
        text.match_indices(": ").take(JOINED).find_map(|(at, _)| {
            let (left, right) = (&text[..at], &text[at + 2..]);
            match (whole(left, depth), japanese(right, depth - 1)) {
                (None, None) => None,
                (left_told, right_told) => Some(format!(
                    "{}: {}",
                    left_told.as_deref().unwrap_or(left),
                    right_told.as_deref().unwrap_or(right)
                )),
            }
        })
    })
}

/// A text that is one sentence of the tables, with or without its full stop.
fn whole(text: &str, depth: u32) -> Option<String> {
    let find = |text: &str| {
        let fits = TABLES.iter().copied().flatten().filter_map(|(en, ja)| holes(en, text).map(|holes| (en, ja, holes)));
        let (_, ja, holes) = fits.max_by_key(|(en, _, holes)| en.len().saturating_sub(2 * holes.len()))?;
        Some(filled(ja, &holes, depth - 1))
    };
    find(text).or_else(|| find(text.strip_suffix('.')?))
}

/// A Japanese sentence with its holes filled; what stands in them may be sentences too.
fn filled(sentence: &str, holes: &[&str], depth: u32) -> String {
    let (mut said, mut rest) = (String::new(), sentence);
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let hole = after.split_once('}').and_then(|(n, tail)| Some((*holes.get(n.parse::<usize>().ok()?)?, tail)));
        rest = match hole {
            Some((hole, tail)) => {
                said.push_str(japanese(hole, depth).as_deref().unwrap_or(hole));
                tail
            }
            None => {
                said.push('{');
                after
            }
        };
    }
    said + rest
}

/// What stands in the holes of a sentence when a text is that sentence.
fn holes<'a>(sentence: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut literals = sentence.split("{}");
    let mut rest = text.strip_prefix(literals.next()?)?;
    let mut found = Vec::new();
    let mut literals = literals.peekable();
    while let Some(literal) = literals.next() {
        // The last piece ends the text; the others are found as early as they can be.
        let at = if literals.peek().is_some() {
            rest.find(literal)?
        } else {
            rest.ends_with(literal).then(|| rest.len() - literal.len())?
        };
        found.push(&rest[..at]);
        rest = &rest[at + literal.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holes_of_a_row_are_used_once_and_exist() {
        let mut seen = std::collections::HashSet::new();
        for (en, ja) in TABLES.iter().copied().flatten() {
            assert!(seen.insert(*en), "twice: {en}");
            let holes = en.matches("{}").count();
            for n in 0..10 {
                let used = ja.matches(&format!("{{{n}}}")).count();
                assert!(used <= usize::from(n < holes), "{en} -> {ja}");
            }
            assert!(!ja.contains("{}"), "{ja}");
            assert!(en.replace("{}", "").trim().len() >= 4, "too little to know it by: {en}");
            assert!(!en.ends_with('.') || en.ends_with(".."), "full stops are left out: {en}");
        }
    }

    #[test]
    fn sentences_are_told_with_what_stands_in_them() {
        assert_eq!(told("there is no queue Shop"), "キュー Shop はありません");
        assert_eq!(told("/a/b: Permission denied (os error 13)"), "/a/b: 権限がありません (os error 13)");
        assert_eq!(told("the ticket has changed since."), "その後チケットが変更されました");
        assert_eq!(
            told("try again; see what is wrong: ticketty desk check shop"),
            "もう一度試してください。状態を確認: ticketty desk check shop"
        );
        assert_eq!(told("something that nobody has said yet"), "something that nobody has said yet");
    }

    #[test]
    fn hostile_text_takes_no_time_and_no_place() {
        let long = "a; b. c: ".repeat(10_000);
        assert_eq!(told(&long), long.as_str());
        let many = "a; b. c: ".repeat(200);
        assert_eq!(told(&many), many.as_str());
        assert_eq!(told("there is no queue {0} {1}"), "キュー {0} {1} はありません");
    }
}

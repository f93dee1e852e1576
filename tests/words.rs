//! Everything the program says exists in Japanese. Words and help are kept complete by the compiler and by unit tests; errors
//! are English where they arise, so this test reads the sources for sentences that `i18n::sentences` does not know.

use std::path::{Path, PathBuf};

use ticketty::i18n::JA;

/// Rooms whose strings reach a person only as errors.
const ROOMS: [&str; 8] = ["cli", "config", "local", "sync", "server", "backend", "mail", "runtime"];
/// Files that hold no errors: sample work, documents for programs, what only tests use.
const APART: [&str; 8] = [
    "server/demo",
    "server/openapi.rs",
    "mail/fixture",
    "local/fixture.rs",
    "testserver.rs",
    "tests",
    "schema.rs",
    "cli/args.rs",
];
/// Strings that look like sentences and reach nobody as one.
const NO_ERRORS: [&str; 5] = [
    // What programs wait for.
    "listening on {}",
    // What others' errors are told apart by.
    "missing field ",
    "tunnel error",
    " does not exist",
    // A name.
    "embedded desk",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The string literals of a source, each with what stands before it on its line; comments and unit tests left out.
fn literals(source: &str) -> Vec<(String, String)> {
    // A test module with a file of its own may be named anywhere; one in the file stands at its end.
    let mut lines = source.lines().peekable();
    let mut plain = String::new();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let apart = lines.peek().is_some_and(|next| next.trim_end().ends_with(';'));
            if !apart {
                break;
            }
            lines.next();
            continue;
        }
        plain.push_str(line);
        plain.push('\n');
    }
    let source = plain.as_str();
    let chars: Vec<char> = source.chars().collect();
    let (mut found, mut line, mut at) = (Vec::new(), String::new(), 0);
    while at < chars.len() {
        match chars[at] {
            '\n' => line.clear(),
            '/' if chars.get(at + 1) == Some(&'/') => {
                while at + 1 < chars.len() && chars[at + 1] != '\n' {
                    at += 1;
                }
            }
            '\'' if chars.get(at + 1) == Some(&'\\') => at += 3,
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 2,
            '"' => {
                let mut text = String::new();
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    if chars[at] == '\\' {
                        at += 1;
                        match chars[at] {
                            // A line that goes on: its indent is no part of the text.
                            '\n' => {
                                while chars.get(at + 1).is_some_and(|c| c.is_whitespace()) {
                                    at += 1;
                                }
                            }
                            'n' => text.push('\n'),
                            c => text.push(c),
                        }
                    } else {
                        text.push(chars[at]);
                    }
                    at += 1;
                }
                found.push((line.clone(), text));
            }
            c => line.push(c),
        }
        at += 1;
    }
    found
}

/// Whether a literal is a sentence for a person: two words of small letters side by side, and nothing of a query, a pattern or
/// a log line.
fn is_sentence(before: &str, text: &str) -> bool {
    let small = |w: &str| w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase() || b"',;:.".contains(&b));
    let words: Vec<&str> = text.split(' ').collect();
    let query = [
        "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "CREATE ", " FROM ", "JOIN ", " AND ", "ORDER BY",
        ", t.", ", q.",
    ];
    let silent =
        ["tracing::", "reason = ", "expect(", "describe", "description", "concat!", "debug!", "warn!", "info!"];
    words.windows(2).any(|two| small(two[0]) && small(two[1]))
        && !query.iter().any(|q| text.contains(q))
        && !silent.iter().any(|s| before.contains(s))
}

/// A sentence with something in its holes.
fn filled(text: &str) -> String {
    let (mut said, mut depth) = (String::new(), 0);
    let text = text.replace("{{", "(").replace("}}", ")");
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                said.push('X');
            }
            c if depth == 0 => said.push(c),
            _ => {}
        }
    }
    said
}

#[test]
fn every_error_has_its_japanese() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = Vec::new();
    let mut known = 0;
    for room in ROOMS {
        let mut files = Vec::new();
        sources(&root.join(room), &mut files);
        for file in files {
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            if APART.iter().any(|apart| name.contains(apart)) {
                continue;
            }
            for (before, text) in literals(&std::fs::read_to_string(&file).unwrap()) {
                if !is_sentence(&before, &text) || NO_ERRORS.contains(&text.as_str()) {
                    continue;
                }
                let said = filled(text.trim());
                if JA.told(&said) == said.as_str() {
                    missing.push(format!("{name}: {text}"));
                } else {
                    known += 1;
                }
            }
        }
    }
    assert!(missing.is_empty(), "no Japanese in i18n::sentences for:\n{}", missing.join("\n"));
    assert!(known > 150, "the sources were not read: {known}");
}

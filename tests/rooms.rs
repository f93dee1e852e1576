//! The doors between rooms: who may import whom. Reads `use crate::…` and inline `crate::…` paths in `src/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may import. `runtime`, `cli` and `main.rs` may import everything, and nobody but `main.rs` (and `cli` for
/// `runtime`) imports them.
const DOORS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("domain", &["text"]),
    ("wire", &["domain", "text"]),
    ("action", &["domain", "text", "i18n"]),
    ("keymap", &["domain", "action", "i18n", "text"]),
    ("i18n", &["domain", "text"]),
    ("theme", &["domain", "text"]),
    ("widget", &["domain", "text", "theme"]),
    ("editor", &["domain", "text", "theme"]),
    ("model", &["domain", "action", "text"]),
    ("mail", &["domain", "text"]),
    ("pane", &["model", "action", "keymap", "domain", "widget", "editor", "theme", "text", "i18n"]),
    ("overlay", &["pane", "model", "action", "keymap", "domain", "widget", "editor", "theme", "text", "i18n"]),
    ("app", &["pane", "overlay", "model", "action", "keymap", "domain", "widget", "editor", "theme", "text", "i18n"]),
    ("backend", &["domain", "text", "config"]),
    ("local", &["domain", "text"]),
    ("config", &["domain", "text"]),
    ("sync", &["domain", "backend", "local", "text"]),
    ("server", &["domain", "wire", "text", "mail"]),
];

/// Single files with a door of their own, and why.
const SIDE_DOORS: &[(&str, &str)] = &[
    // The adapter for our own server speaks our own wire format.
    ("backend/ticketty.rs", "wire"),
    // An import reads mail files and reports to the screen as well as to the command line.
    ("sync/import.rs", "mail"),
    ("sync/import.rs", "model"),
];

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a file's code names, comments left out.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0_u32;
            let mut word = String::new();
            let mut fresh = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if fresh && (c.is_alphanumeric() || c == '_') => word.push(c),
                    c if !c.is_whitespace() && !word.is_empty() => {
                        rooms.insert(std::mem::take(&mut word));
                        fresh = false;
                    }
                    _ => {}
                }
            }
            if !word.is_empty() {
                rooms.insert(word);
            }
        } else {
            rooms.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
}

#[test]
fn the_doors_are_shut() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut broken = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let Some((room, _)) = name.split_once('/') else { continue };
        let Some((_, allowed)) = DOORS.iter().find(|(r, _)| *r == room) else { continue };
        for named in rooms_named(&fs::read_to_string(&file).unwrap()) {
            let known = DOORS.iter().any(|(r, _)| *r == named) || ["runtime", "cli"].contains(&named.as_str());
            let side = SIDE_DOORS.iter().any(|(f, r)| name.starts_with(f) && *r == named);
            if known && named != room && !allowed.contains(&named.as_str()) && !side {
                broken.push(format!("{name} imports {named}"));
            }
        }
    }
    assert!(broken.is_empty(), "shut doors were opened:\n{}", broken.join("\n"));
}

#[test]
fn a_planted_import_is_seen() {
    let rooms =
        rooms_named("use crate::{domain::Change, app::{App, layout}};\nfn f() { crate::runtime::run() } // crate::cli");
    assert_eq!(rooms.into_iter().collect::<Vec<_>>(), ["app", "domain", "runtime"]);
}

#[test]
fn every_test_file_is_listed() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = fs::read_to_string(dir.join("main.rs")).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let holds_code = path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").exists();
        if holds_code && stem != "main" {
            assert!(main.contains(&format!("mod {stem};")), "tests/main.rs does not list {stem}");
        }
    }
}

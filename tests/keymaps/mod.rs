//! Keymap files from outside: those that ship, those that are right, and those that are not, with every line that is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ticketty::action::{Action, CATALOGUE, Context};
use ticketty::i18n::{EN, JA};
use ticketty::keymap::{Chord, EMBEDDED, Found, Keymap, describe};

/// Actions without a key, on purpose: rare ones, and those that vim's users type as `:send`, `:q`, `:q!`.
const UNBOUND: &[(&str, &[&str])] = &[
    ("vim", &["send", "leave", "discard", "import", "log"]),
    ("emacs", &["import", "log"]),
    // Stopping the program is for those who know the shell; C-z means undo to everybody else.
    ("plain", &["send", "discard", "import", "log", "suspend"]),
];

fn all(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keymaps").join(folder);
    let mut files: Vec<(String, String)> = fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| (p.display().to_string(), fs::read_to_string(p).unwrap()))
        .collect();
    files.sort();
    files
}

fn told(text: &str) -> Vec<String> {
    let errors = Keymap::load("vim", Some(("keys.toml", text))).unwrap_err();
    for error in &errors {
        assert!(!error.say(&JA).is_empty());
    }
    errors.iter().map(|e| e.say(&EN)).collect()
}

#[test]
fn every_shipped_file_is_embedded_and_read() {
    let mut shipped: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("keymaps"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    shipped.sort();
    let mut embedded: Vec<String> = EMBEDDED.iter().map(|(name, ..)| format!("{name}.toml")).collect();
    embedded.sort();
    assert_eq!(shipped, embedded);
    for (name, ..) in EMBEDDED {
        let errors = Keymap::load(name, None).err().unwrap_or_default();
        assert!(errors.is_empty(), "{}", errors.iter().map(|e| e.say(&EN)).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn every_action_is_reachable_or_listed_as_unbound() {
    for (name, unbound) in UNBOUND {
        let keymap = Keymap::load(name, None).unwrap();
        let bound: BTreeSet<&str> = keymap.rows().iter().map(|r| r.action.name()).collect();
        for entry in CATALOGUE.iter().filter(|e| e.action != Action::Nothing) {
            let listed = unbound.contains(&entry.name);
            assert_eq!(!bound.contains(entry.name), listed, "{} in {name}: bound, or listed as unbound?", entry.name);
        }
        for row in keymap.rows() {
            assert_eq!(keymap.find(row.context, &row.keys), Found::Action(row.action.clone()), "{name}: {row:?}");
            assert!(row.action.entry().unwrap().places.has(row.context), "{name}: {row:?}");
        }
    }
    assert_eq!(UNBOUND.len(), EMBEDDED.len());
}

#[test]
fn arrows_pages_and_enter_work_in_every_keymap() {
    for (name, ..) in EMBEDDED {
        let keymap = Keymap::load(name, None).unwrap();
        for context in Context::ALL.into_iter().filter(|c| c.is_pane()).chain([Context::Picker]) {
            for (keys, action) in [
                ("<Down>", Action::Down),
                ("<Up>", Action::Up),
                ("<PgDn>", Action::PageDown),
                ("<PgUp>", Action::PageUp),
                ("<Home>", Action::Top),
                ("<End>", Action::Bottom),
                ("<CR>", Action::Open),
            ] {
                let keys = Chord::sequence(keys).unwrap();
                assert_eq!(keymap.find(context, &keys), Found::Action(action), "{name} {context:?} {keys:?}");
            }
        }
        let help = Chord::sequence("?").unwrap();
        assert_eq!(keymap.find(Context::Queues, &help), Found::Action(Action::Help), "{name}");
    }
}

#[test]
fn the_default_keys_are_those_of_the_design() {
    let keymap = Keymap::default_vim();
    for (keys, action) in [
        ("j", "down"),
        ("gg", "top"),
        ("G", "bottom"),
        ("<C-d>", "half-down"),
        ("<C-f>", "page-down"),
        ("<C-w>h", "pane-left"),
        ("<Tab>", "pane-next"),
        ("l", "open"),
        ("q", "back"),
        ("<C-o>", "back"),
        ("<C-^>", "alternate"),
        ("g9", "queue 9"),
        ("]q", "queue-next"),
        ("gm", "view-mine"),
        ("gu", "view-unassigned"),
        ("]u", "next-unassigned"),
        ("/", "search"),
        ("g/", "search-desk"),
        ("f", "filter"),
        ("*", "by-requester"),
        ("c", "claim"),
        ("C", "release"),
        ("a", "assign"),
        ("!", "steal"),
        ("s", "split"),
        ("r", "reply"),
        ("R", "reply-all"),
        ("i", "note"),
        ("o", "new"),
        ("L", "label"),
        ("Sw", "status waiting"),
        ("P", "priority"),
        ("dd", "done"),
        ("dc", "close"),
        ("M", "merge"),
        ("t", "timeline"),
        ("v", "select-lines"),
        ("V", "select"),
        ("<Space>", "toggle"),
        ("u", "undo"),
        ("<C-r>", "redo"),
        (".", "repeat"),
        ("U", "unsend"),
        ("yy", "yank-id"),
        ("yu", "yank-link"),
        ("ym", "yank-message"),
        ("gx", "open-link"),
        ("gf", "open-attachment"),
        (":", "command-line"),
        ("<C-p>", "palette"),
        ("zz", "scroll-middle"),
        ("?", "help"),
        ("<C-l>", "redraw"),
        ("<C-z>", "suspend"),
        ("ZZ", "quit"),
    ] {
        match keymap.find(Context::List, &Chord::sequence(keys).unwrap()) {
            Found::Action(found) => assert_eq!(found.text(), action, "{keys}"),
            other => panic!("{keys}: {other:?}"),
        }
    }
}

#[test]
fn what_is_right_is_taken() {
    for (path, text) in all("valid") {
        let loaded = Keymap::load("vim", Some((&path, &text)));
        if let Err(errors) = loaded {
            panic!("{}", errors.iter().map(|e| e.say(&EN)).collect::<Vec<_>>().join("\n"));
        }
    }
    // Each shipped keymap is a complete file of its own: laid over itself it changes nothing.
    for (name, _, text) in EMBEDDED {
        let twice = Keymap::load(name, Some(("keys.toml", text))).unwrap();
        assert_eq!(describe(&twice, &EN), describe(&Keymap::load(name, None).unwrap(), &EN));
    }
}

#[test]
fn what_is_wrong_is_told_line_by_line() {
    for (path, text) in all("invalid") {
        let expected = fs::read_to_string(Path::new(&path).with_extension("expected")).unwrap();
        let lines = told(&text);
        assert_eq!(lines.join("\n"), expected.trim_end(), "{path}");
    }
}

#[test]
fn no_text_makes_the_reader_fail_otherwise() {
    use proptest::prelude::*;
    proptest!(|(text in "(\\[|\\]|[a-zA-Z\"=<>{}\n -]|\\PC){0,60}")| {
        let _ = Keymap::load("vim", Some(("keys.toml", &text)));
    });
    proptest!(|(keys in "(<|>|[CSMA]-|[a-z]|\\PC){0,12}", run in "[a-z ]{0,12}")| {
        let text = format!("[list]\n'''{}''' = '''{run}'''\n", keys.replace('\'', ""));
        let _ = Keymap::load("vim", Some(("keys.toml", &text)));
        if let Ok(chords) = Chord::sequence(&keys) {
            prop_assert_eq!(Chord::sequence(&Chord::written(&chords)), Ok(chords));
        }
    });
}

//! Keys to actions. [`chord`] is one key press, [`trie`] a tree of sequences, [`sequence`] what has been typed so far,
//! [`mod@file`] the keymap files. Keymaps are data: `keymaps/*.toml`, embedded, and a file of the agent's own laid over.

pub mod chord;
pub mod file;
pub mod sequence;
pub mod terminal;
pub mod trie;

use std::fmt::Write as _;

pub use chord::{Chord, Key};
pub use file::{KeymapError, Row, Wrong};
pub use sequence::{Found, Sequence, Step};

use crate::action::{Action, Context, Family};
use crate::i18n::Words;
use file::Files;
use trie::Trie;

/// The keymaps that come with the program: name, file, text.
pub const EMBEDDED: &[(&str, &str, &str)] = &[
    ("vim", "keymaps/vim.toml", include_str!("../../keymaps/vim.toml")),
    ("emacs", "keymaps/emacs.toml", include_str!("../../keymaps/emacs.toml")),
    ("plain", "keymaps/plain.toml", include_str!("../../keymaps/plain.toml")),
];

/// A whole keymap.
#[derive(Clone, Debug)]
pub struct Keymap {
    name: String,
    rows: Vec<Row>,
    tries: Vec<Trie<usize>>,
}

/// One key that can come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key, or a range of digits: `1-9`.
    pub keys: String,
    /// What it does; with more keys behind it, what the first does and how many there are.
    pub help: String,
    /// How many bindings stand behind it; 0 when it fires.
    pub more: usize,
}

impl Keymap {
    /// A keymap by its name, with the agent's own file (path, text) laid over it; else every mistake in it.
    pub fn load(name: &str, user: Option<(&str, &str)>) -> Result<Self, Vec<KeymapError>> {
        let Some((name, file, text)) = EMBEDDED.iter().find(|(n, ..)| *n == name) else {
            let what = Wrong::UnknownKeymap(name.to_owned());
            return Err(vec![KeymapError { file: "config.toml".into(), line: 1, column: 1, what }]);
        };
        let mut files = vec![(*file, *text)];
        files.extend(user);
        Files::read(&files).map(|rows| Self::new(name, rows))
    }

    /// The default keymap, for use when nothing else can be.
    pub fn default_vim() -> Self {
        // A test reads every embedded file, so there is always something here.
        Self::load("vim", None).unwrap_or_else(|_| Self::new("vim", Vec::new()))
    }

    fn new(name: &str, rows: Vec<Row>) -> Self {
        let mut tries: Vec<Trie<usize>> = Context::ALL.iter().map(|_| Trie::default()).collect();
        for (i, row) in rows.iter().enumerate() {
            tries[row.context as usize].insert(&row.keys, i);
        }
        Self { name: name.to_owned(), rows, tries }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every binding, in the order of contexts and files.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What keys lead to: the focused context first, then global.
    pub fn find(&self, context: Context, keys: &[Chord]) -> Found {
        let mut branch = false;
        for (_, node) in self.nodes(context, keys) {
            match node.value().map(|i| &self.rows[*i].action) {
                Some(Action::Nothing) => return if branch { Found::Branch } else { Found::Nothing },
                Some(action) if !branch => return Found::Action(action.clone()),
                Some(_) => return Found::Branch,
                None => branch = true,
            }
        }
        if branch { Found::Branch } else { Found::Nothing }
    }

    /// What one key is bound to.
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        match self.find(context, &[chord]) {
            Found::Action(action) => Some(action),
            Found::Branch | Found::Nothing => None,
        }
    }

    fn nodes(&self, context: Context, keys: &[Chord]) -> impl Iterator<Item = (Context, &Trie<usize>)> {
        let global = (context.is_pane() && context != Context::Global).then_some(Context::Global);
        let places: Vec<Context> = [context].into_iter().chain(global).collect();
        let keys = keys.to_vec();
        places.into_iter().filter_map(move |c| Some((c, self.tries[c as usize].at(&keys)?)))
    }

    /// How to reach an action from a context, as hints show it: the agent's own keys first. Empty when it has none.
    pub fn keys_for(&self, action: &Action, context: Context) -> Vec<String> {
        let here = self.rows.iter().filter(|r| r.context == context);
        let global = self
            .rows
            .iter()
            .filter(|r| r.context == Context::Global && context != Context::Global && context.is_pane());
        here.chain(global)
            .filter(|r| r.action == *action && self.find(context, &r.keys) == Found::Action(action.clone()))
            .map(|r| Chord::shown(&r.keys))
            .collect()
    }

    /// The first of [`Self::keys_for`]; without one, the action's name as on the `:` line.
    pub fn hint_for(&self, action: &Action, context: Context) -> String {
        self.keys_for(action, context).into_iter().next().unwrap_or_else(|| format!(":{}", action.text()))
    }

    /// The keys that can follow those typed, for the which-key box. Digits that do the same with their number are one row.
    pub fn hints(&self, context: Context, typed: &[Chord], words: &Words) -> Vec<Hint> {
        let mut next: std::collections::BTreeMap<Chord, Vec<&Row>> = std::collections::BTreeMap::new();
        for (place, node) in self.nodes(context, typed) {
            for (chord, node) in node.next() {
                if place != context
                    && next.get(chord).is_some_and(|rows| rows.iter().any(|r| r.keys.len() == typed.len() + 1))
                {
                    continue; // hidden by the context's own binding
                }
                next.entry(*chord).or_default().extend(node.values().into_iter().map(|i| &self.rows[*i]));
            }
        }
        let mut hints: Vec<(Chord, &Row, usize)> = Vec::new();
        for (chord, rows) in next {
            let Some(first) = rows.first().filter(|r| r.action != Action::Nothing) else { continue };
            let fires = first.keys.len() == typed.len() + 1;
            hints.push((chord, first, if fires { 0 } else { rows.len() }));
        }
        let digits =
            |c: &Chord, r: &Row| c.text().is_some_and(|c| c.is_ascii_digit()) && matches!(r.action, Action::Queue(_));
        let numbered: Vec<String> =
            hints.iter().filter(|(c, r, _)| digits(c, r)).map(|(c, ..)| Chord::shown(&[*c])).collect();
        let mut out = Vec::new();
        for (chord, row, more) in hints {
            let mut keys = Chord::shown(&[chord]);
            if digits(&chord, row) && numbered.len() > 2 {
                if numbered.first() != Some(&keys) {
                    continue;
                }
                keys = format!("{keys}-{}", numbered[numbered.len() - 1]);
                out.push(Hint { keys, help: help(row, words, true), more });
            } else {
                out.push(Hint { keys, help: help(row, words, false), more });
            }
        }
        out
    }

    /// What a binding does: the file's own line, else the catalogue's.
    pub fn help_of(&self, row: &Row, words: &Words) -> String {
        help(row, words, false)
    }
}

fn help(row: &Row, words: &Words, any_number: bool) -> String {
    if let Some(help) = &row.help {
        return help.to_string();
    }
    let Some(entry) = row.action.entry() else { return String::new() };
    let text = entry.pattern(words);
    match &row.action {
        Action::Queue(n) if !any_number => text.replace("{n}", &n.to_string()),
        Action::Status(Some(to)) => format!("{} {}", text.trim_end_matches('…'), (words.common.status)(*to)),
        Action::Priority(Some(to)) => format!("{} {}", text.trim_end_matches('…'), (words.common.priority)(*to)),
        action => match action.text().strip_prefix(action.name()).map(str::trim) {
            Some(argument) if !argument.is_empty() && !matches!(action, Action::Queue(_)) => {
                format!("{} {argument}", text.trim_end_matches('…'))
            }
            _ => entry.help(words),
        },
    }
}

/// The table that `ticketty keys` prints: every binding by context, then the actions that have none.
pub fn describe(keymap: &Keymap, words: &Words) -> String {
    let mut out = String::new();
    for context in Context::ALL {
        let rows: Vec<&Row> =
            keymap.rows.iter().filter(|r| r.context == context && r.action != Action::Nothing).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{} [{}]", context.title(words), context.name());
        for family in Family::ALL {
            for row in rows.iter().filter(|r| r.action.entry().is_some_and(|e| e.family == family)) {
                let keys = Chord::written(&row.keys);
                let _ = writeln!(out, "  {keys:<14} {:<20} {}", row.action.text(), help(row, words, false));
            }
        }
        out.push('\n');
    }
    let unbound: Vec<_> = crate::action::CATALOGUE
        .iter()
        .filter(|e| e.action != Action::Nothing && !keymap.rows.iter().any(|r| r.action.name() == e.name))
        .collect();
    if !unbound.is_empty() {
        let _ = writeln!(out, "{} [:]", words.overlay.help_command_only);
        for entry in unbound {
            let _ = writeln!(out, "  {:<14} {:<20} {}", "", format!(":{}", entry.name), entry.help(words));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{EN, JA};

    fn user(text: &str) -> Result<Keymap, Vec<String>> {
        Keymap::load("vim", Some(("keys.toml", text))).map_err(|e| e.iter().map(|e| e.say(&EN)).collect())
    }

    fn find(keymap: &Keymap, context: Context, keys: &str) -> Found {
        keymap.find(context, &Chord::sequence(keys).unwrap())
    }

    #[test]
    fn every_embedded_keymap_is_read() {
        for (name, ..) in EMBEDDED {
            if let Err(errors) = Keymap::load(name, None) {
                let lines: Vec<String> = errors.iter().map(|e| e.say(&EN)).collect();
                panic!("{}", lines.join("\n"));
            }
        }
        assert!(!Keymap::default_vim().rows().is_empty());
        assert!(Keymap::load("vi", None).is_err());
    }

    #[test]
    fn the_agents_file_overrides_single_keys() {
        let map =
            user("[ticket]\n\"c\" = { run = \"assign me\", help = \"mine!\" }\n[list]\n\"x\" = \"claim\"\n").unwrap();
        assert_eq!(find(&map, Context::List, "c"), Found::Action(Action::Assign(Some("me".into()))));
        assert_eq!(find(&map, Context::List, "x"), Found::Action(Action::Claim));
        assert_eq!(find(&map, Context::Thread, "x"), Found::Nothing);
        assert_eq!(find(&map, Context::List, "r"), Found::Action(Action::Reply));
        assert_eq!(map.keys_for(&Action::Claim, Context::List), ["x"]);
        let row = map.rows().iter().find(|r| r.help.is_some()).unwrap();
        assert_eq!(map.help_of(row, &EN), "mine!");
    }

    #[test]
    fn none_unbinds_here_or_everywhere() {
        let map = user("[list]\n\"q\" = \"none\"\n[ticket]\n\"dd\" = \"none\"\n\"d\" = \"done\"\n\"dc\" = \"none\"\n")
            .unwrap();
        assert_eq!(find(&map, Context::List, "q"), Found::Nothing);
        assert_eq!(find(&map, Context::Thread, "q"), Found::Action(Action::Back));
        assert_eq!(find(&map, Context::List, "d"), Found::Action(Action::Done));
        assert!(map.keys_for(&Action::Back, Context::List).iter().all(|k| k != "q"));
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let errors = user(concat!(
            "[list]\n",
            "\"x\" = \"calim\"\n",
            "\"g\" = \"reload\"\n",
            "\"<C-i>\" = \"reload\"\n",
            "  \"5x\" = \"reload\"\n",
            "\"X\" = 3\n",
            "\"Y\" = { run = \"reload\", hepl = \"x\" }\n",
            "[lits]\n",
            "[insert]\n",
            "\"ZZ\" = \"send-card\"\n",
            "[queues]\n",
            "\"c\" = \"claim\"\n",
            "\"w\" = \"status done\"\n",
        ))
        .unwrap_err();
        let starts = [
            "keys.toml:2:7: there is no action `calim`. Did you mean `claim`?",
            "keys.toml:3:1: `g` would hide `g/` (search-desk +",
            "keys.toml:4:1: a terminal cannot send <C-i>; it arrives as <Tab>",
            "keys.toml:5:3: `5x` can never be reached: a digit begins a count",
            "keys.toml:6:7: `X` needs an action",
            "keys.toml:7:25: `hepl` is not known here",
            "keys.toml:8:2: there is no place `lits` for keys. Did you mean `list`?",
            "keys.toml:10:1: `ZZ` begins with a letter",
            "keys.toml:12:7: `claim` does nothing in `queues`",
            "keys.toml:13:7: `status done`: wanted one of new",
        ];
        for start in starts {
            assert!(errors.iter().any(|e| e.starts_with(start)), "{start}\nin\n{}", errors.join("\n"));
        }
        for (name, _, text) in EMBEDDED {
            assert!(Keymap::load(name, Some(("k", text))).is_ok(), "{name} over itself");
        }
    }

    #[test]
    fn a_broken_file_is_told_by_line() {
        let errors = user("[list]\n\"x\" = claim\n").unwrap_err();
        assert!(errors[0].starts_with("keys.toml:2:"), "{errors:?}");
        let errors = user("[list]\n\"x\" = \"claim\"\n\"x\" = \"reply\"\n").unwrap_err();
        assert!(errors[0].starts_with("keys.toml:3:"), "{errors:?}");
        let errors = user("[list]\n\"<CR>\" = \"open\"\n\"<Enter>\" = \"back\"\n").unwrap_err();
        assert_eq!(errors, ["keys.toml:3:1: `<CR>` is bound twice; the other one is in line 2"]);
        let errors = user("[list]\n\"<C-i>\" = \"nothing-such\"\n").unwrap_err();
        assert_eq!(errors.len(), 2, "{errors:?}");
    }

    #[test]
    fn keys_that_hide_each_other_are_refused_across_places() {
        let errors = user("[thread]\n\"z\" = \"reload\"\n").unwrap_err();
        assert!(errors.iter().any(|e| e.contains("would hide `zb`")), "{errors:?}");
        let errors = user("[global]\n\"qq\" = \"quit\"\n").unwrap_err();
        assert!(errors.iter().any(|e| e.contains("`qq` can never be reached: `q` (back)")), "{errors:?}");
        assert!(user("[global]\n\"q\" = \"none\"\n\"qq\" = \"quit\"\n").is_ok());
    }

    #[test]
    fn hints_list_what_comes_next_from_both_places() {
        let map = Keymap::default_vim();
        let hints = map.hints(Context::Thread, &Chord::sequence("g").unwrap(), &EN);
        let keys: Vec<&str> = hints.iter().map(|h| h.keys.as_str()).collect();
        assert!(keys.contains(&"1-9") && keys.contains(&"x") && keys.contains(&"g"), "{keys:?}");
        assert_eq!(hints.iter().find(|h| h.keys == "x").unwrap().help, "open link n");
        let hints = map.hints(Context::Queues, &Chord::sequence("g").unwrap(), &JA);
        assert!(hints.iter().all(|h| h.keys != "x"));
        let hints = map.hints(Context::List, &Chord::sequence("S").unwrap(), &EN);
        assert!(hints.iter().any(|h| h.keys == "r" && h.help == "status resolved"), "{hints:?}");
    }

    #[test]
    fn hints_name_the_key_or_the_command() {
        let map = Keymap::default_vim();
        assert_eq!(map.hint_for(&Action::Claim, Context::List), "c");
        assert_eq!(map.hint_for(&Action::Undo, Context::Thread), "u");
        assert_eq!(map.hint_for(&Action::ReadThread, Context::Composer), "C-w k");
        assert_eq!(map.hint_for(&Action::Log, Context::List), ":log");
        assert_eq!(map.hint_for(&Action::Claim, Context::Queues), ":claim");
    }

    #[test]
    fn the_table_names_every_action() {
        let table = describe(&Keymap::default_vim(), &EN);
        for entry in crate::action::CATALOGUE.iter().filter(|e| e.name != "none") {
            assert!(table.contains(entry.name), "{}", entry.name);
        }
        assert!(!describe(&Keymap::default_vim(), &JA).contains('\u{1b}'));
    }
}

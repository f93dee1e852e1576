//! Keymap files: TOML to bindings, with every mistake found at once, each with file, line and column.
//!
//! A table is a place (`[list]`), a row `"keys" = "action arguments"` or `"keys" = { run = "…", help = "…" }`; `"none"`
//! unbinds. Two tables stand for several places: `[ticket]` for every pane that shows tickets, `[insert]` for the composer
//! in either of its modes. A row of a place itself goes before a row of such a table, the user's file before the default.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::chord::{Chord, ChordMistake};
use crate::action::{self, Action, Context, Mistake};
use crate::i18n::Words;
use crate::text::Clean;

/// One binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it holds.
    pub context: Context,
    /// The keys.
    pub keys: Vec<Chord>,
    /// What they do; `Nothing` hides a binding of [`Context::Global`].
    pub action: Action,
    /// The file's own help line.
    pub help: Option<Clean>,
    /// The table and line it comes from, to keep the file's order.
    at: Place,
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: usize,
    offset: usize,
}

/// A mistake in a keymap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeymapError {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each becomes the sentence of the same name in `Words::mistakes`")]
pub enum Wrong {
    UnknownKeymap(String),
    Toml(String),
    UnknownContext(String, Option<&'static str>),
    NotATable(String),
    NotARow(String),
    UnknownField(String),
    Keys(ChordMistake),
    Action(Mistake),
    Hides { keys: String, longer: String, action: String },
    Hidden { keys: String, shorter: String, action: String },
    Twice { keys: String, line: usize },
    Digit(String),
    TextKey(String),
    NotThere { action: &'static str, place: &'static str },
}

impl Wrong {
    /// The sentence.
    pub fn say(&self, words: &Words) -> String {
        let m = &words.mistakes;
        match self {
            Self::UnknownKeymap(name) => (m.unknown_keymap)(name),
            Self::Toml(message) => message.clone(),
            Self::UnknownContext(name, near) => (m.unknown_context)(name, *near),
            Self::NotATable(name) => (m.not_a_table)(name),
            Self::NotARow(keys) => (m.not_a_row)(keys),
            Self::UnknownField(name) => (m.unknown_field)(name),
            Self::Keys(ChordMistake::Empty) => m.no_keys.to_owned(),
            Self::Keys(ChordMistake::Unknown(key)) => (m.unknown_key)(key),
            Self::Keys(ChordMistake::Unsendable(key, instead)) => (m.unsendable)(key, instead.as_deref()),
            Self::Action(mistake) => mistake.say(words),
            Self::Hides { keys, longer, action } => (m.hides)(keys, longer, action),
            Self::Hidden { keys, shorter, action } => (m.hidden)(keys, shorter, action),
            Self::Twice { keys, line } => (m.twice)(keys, &line.to_string()),
            Self::Digit(keys) => (m.digit)(keys),
            Self::TextKey(keys) => (m.text_key)(keys),
            Self::NotThere { action, place } => (m.not_there)(action, place),
        }
    }
}

impl KeymapError {
    /// `keys.toml:12:3: there is no action …`.
    pub fn say(&self, words: &Words) -> String {
        format!("{}:{}:{}: {}", self.file, self.line, self.column, self.what.say(words))
    }
}

/// The tables of a file: each place, and the two that stand for several.
const TICKET: &[Context] = &[Context::List, Context::Thread, Context::Timeline];
const INSERT: &[Context] = &[Context::Insert, Context::Composer];

fn table(name: &str) -> Option<Vec<Context>> {
    match name {
        "ticket" => Some(TICKET.to_vec()),
        "insert" => Some(INSERT.to_vec()),
        _ => Context::ALL.into_iter().find(|c| c.name() == name).map(|c| vec![c]),
    }
}

fn table_names() -> impl Iterator<Item = &'static str> {
    Context::ALL.into_iter().map(Context::name).chain(["ticket"])
}

/// A row with its rank: a higher one replaces a lower one of the same place and keys.
struct Ranked {
    row: Row,
    rank: usize,
}

/// The files that are laid over each other, first the default.
pub(super) struct Files<'a> {
    texts: Vec<(&'a str, &'a str)>,
    rows: BTreeMap<(Context, Vec<Chord>), Ranked>,
    errors: Vec<(Place, Wrong)>,
}

impl<'a> Files<'a> {
    /// Reads all of them; the rows in the order of the files, or every mistake.
    pub(super) fn read(files: &[(&'a str, &'a str)]) -> Result<Vec<Row>, Vec<KeymapError>> {
        let mut it = Self { texts: files.to_vec(), rows: BTreeMap::new(), errors: Vec::new() };
        for file in 0..files.len() {
            it.file(file);
        }
        it.drop_unbound();
        it.conflicts();
        if it.errors.is_empty() {
            let mut rows: Vec<Row> = it.rows.into_values().map(|r| r.row).collect();
            // What the agent bound comes first in hints.
            rows.sort_by_key(|r| (r.context, std::cmp::Reverse(r.at.file), r.at.offset));
            return Ok(rows);
        }
        it.errors.sort_by_key(|(at, _)| *at);
        it.errors.dedup();
        let errors = std::mem::take(&mut it.errors);
        Err(errors.into_iter().map(|(at, what)| it.error(at, what)).collect())
    }

    fn error(&self, at: Place, what: Wrong) -> KeymapError {
        let (name, text) = self.texts[at.file];
        let (line, column) = line_column(text, at.offset);
        KeymapError { file: name.to_owned(), line, column, what }
    }

    fn wrong(&mut self, file: usize, span: Range<usize>, what: Wrong) {
        self.errors.push((Place { file, offset: span.start }, what));
    }

    fn file(&mut self, file: usize) {
        let (root, errors) = DeTable::parse_recoverable(self.texts[file].1);
        if !errors.is_empty() {
            for e in errors {
                self.wrong(file, e.span().unwrap_or(0..0), Wrong::Toml(e.message().to_owned()));
            }
            return;
        }
        for (name, value) in root.get_ref() {
            let Some(contexts) = table(name.get_ref()) else {
                let near = action::near(name.get_ref(), table_names());
                self.wrong(file, name.span(), Wrong::UnknownContext(name.get_ref().to_string(), near));
                continue;
            };
            let Some(rows) = value.get_ref().as_table() else {
                self.wrong(file, name.span(), Wrong::NotATable(name.get_ref().to_string()));
                continue;
            };
            for (keys, value) in rows {
                self.row(file, &contexts, keys.get_ref(), keys.span(), value);
            }
        }
    }

    fn row(
        &mut self,
        file: usize,
        contexts: &[Context],
        notation: &str,
        span: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let keys = Chord::sequence(notation).map_err(|e| self.wrong(file, span.clone(), Wrong::Keys(e)));
        let action = self.action(file, contexts[0], notation, value);
        let (Ok(keys), Some((action, help))) = (keys, action) else { return };
        let at = Place { file, offset: span.start };
        if contexts[0].is_pane() && keys[0].text().is_some_and(|c| ('1'..='9').contains(&c)) {
            return self.wrong(file, span, Wrong::Digit(notation.to_owned()));
        }
        if contexts == INSERT && keys[0].text().is_some() {
            return self.wrong(file, span, Wrong::TextKey(notation.to_owned()));
        }
        let fits = |c: &Context| action.entry().is_some_and(|e| e.places.has(*c));
        if !contexts.iter().any(fits) {
            let place = contexts[0].name();
            return self.wrong(file, value.span(), Wrong::NotThere { action: action.name(), place });
        }
        let rank = file * 2 + usize::from(contexts.len() == 1);
        for context in contexts.iter().copied().filter(fits) {
            let row = Row { context, keys: keys.clone(), action: action.clone(), help: help.clone(), at };
            match self.rows.get(&(context, keys.clone())) {
                Some(known) if known.rank > rank => {}
                Some(known) if known.rank == rank => {
                    // The same keys in two spellings, or in a table and again in the same one.
                    let (first, second) = (known.row.at.min(at), known.row.at.max(at));
                    let line = line_column(self.texts[file].1, first.offset).0;
                    self.errors.push((second, Wrong::Twice { keys: Chord::written(&keys), line }));
                    return;
                }
                _ => {
                    self.rows.insert((context, keys.clone()), Ranked { row, rank });
                }
            }
        }
    }

    fn action(
        &mut self,
        file: usize,
        context: Context,
        keys: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<(Action, Option<Clean>)> {
        let mut help = None;
        let run = match value.get_ref() {
            DeValue::String(_) => value,
            DeValue::Table(fields) => {
                let mut run = None;
                for (name, field) in fields {
                    match (&**name.get_ref(), field.get_ref()) {
                        ("run", DeValue::String(_)) => run = Some(field),
                        ("help", DeValue::String(text)) => help = Some(Clean::line(text)),
                        ("run" | "help", _) => self.wrong(file, field.span(), Wrong::NotARow(keys.to_owned())),
                        (other, _) => self.wrong(file, name.span(), Wrong::UnknownField(other.to_owned())),
                    }
                }
                let Some(run) = run else {
                    self.wrong(file, value.span(), Wrong::NotARow(keys.to_owned()));
                    return None;
                };
                run
            }
            _ => {
                self.wrong(file, value.span(), Wrong::NotARow(keys.to_owned()));
                return None;
            }
        };
        match action::parse(run.get_ref().as_str().unwrap_or_default(), context) {
            Ok(action) => Some((action, help)),
            Err(mistake) => {
                self.wrong(file, run.span(), Wrong::Action(mistake));
                None
            }
        }
    }

    /// `"none"` removes a row; it stays only where it hides one of [`Context::Global`].
    fn drop_unbound(&mut self) {
        let global: Vec<Vec<Chord>> = self
            .rows
            .values()
            .filter(|r| r.row.context == Context::Global && r.row.action != Action::Nothing)
            .map(|r| r.row.keys.clone())
            .collect();
        self.rows.retain(|(context, keys), ranked| {
            ranked.row.action != Action::Nothing
                || (*context != Context::Global && context.is_pane() && global.contains(keys))
        });
    }

    /// Keys that are the beginning of other keys: whichever is found first, the other can never fire.
    fn conflicts(&mut self) {
        let mut found = Vec::new();
        for ranked in self.rows.values() {
            let long = &ranked.row;
            for n in 1..long.keys.len() {
                let beginning = long.keys[..n].to_vec();
                let mut places = vec![long.context];
                if long.context == Context::Global {
                    places.extend(Context::ALL.into_iter().filter(|c| *c != Context::Global && c.is_pane()));
                } else if long.context.is_pane() {
                    places.push(Context::Global);
                }
                for place in places {
                    let Some(short) = self.rows.get(&(place, beginning.clone())).map(|r| &r.row) else { continue };
                    let unbound = |keys: &[Chord], at: Context| {
                        at != Context::Global
                            && self.rows.get(&(at, keys.to_vec())).is_some_and(|r| r.row.action == Action::Nothing)
                    };
                    // Unbound in the narrower place, it cannot be in anybody's way there.
                    if [short, long].iter().any(|r| r.action == Action::Nothing)
                        || unbound(&short.keys, long.context)
                        || unbound(&long.keys, short.context)
                    {
                        continue;
                    }
                    found.push(clash(short, long));
                }
            }
        }
        // One key may hide many; one line says so.
        let mut hides: BTreeMap<Place, (Wrong, usize)> = BTreeMap::new();
        for (at, wrong) in found {
            match wrong {
                Wrong::Hides { .. } => hides.entry(at).or_insert((wrong, 0)).1 += 1,
                _ => self.errors.push((at, wrong)),
            }
        }
        for (at, (mut wrong, times)) in hides {
            if let Wrong::Hides { action, .. } = &mut wrong
                && times > 1
            {
                *action += &format!(" +{}", times - 1);
            }
            self.errors.push((at, wrong));
        }
    }
}

/// Two rows of which one is the other's beginning, told at the one that came later.
fn clash(short: &Row, long: &Row) -> (Place, Wrong) {
    let (shorter, longer) = (Chord::written(&short.keys), Chord::written(&long.keys));
    if short.at > long.at {
        (short.at, Wrong::Hides { keys: shorter, longer, action: long.action.text() })
    } else {
        (long.at, Wrong::Hidden { keys: longer, shorter, action: short.action.text() })
    }
}

/// Line and column, from 1, of a byte offset.
fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

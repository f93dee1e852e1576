//! `config.toml`: what the agent set. An error names file, line and column and what is allowed there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::desk::{Desk, check_name};
use super::{ConfigError, paths};

/// The longest undo window, in seconds.
pub const LONGEST_UNDO_WINDOW: u16 = 300;
/// How many agent colours there are to pin: eight hues, plain and marked.
pub const COLORS: u16 = 16;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where it was read from, whether it exists or not.
    pub file: PathBuf,
    /// The desk to take when several are configured and none is named.
    pub default_desk: Option<String>,
    /// The keymap: `vim`, `emacs` or `plain`. The agent's own keys stand in `keys.toml` beside this file.
    pub keymap: Option<String>,
    /// The language; the locale decides when not set.
    pub language: Option<Language>,
    /// Dark or light.
    pub theme: Theme,
    /// How many colours.
    pub color: Color,
    /// Which glyphs.
    pub glyphs: Glyphs,
    /// Cells that the terminal draws a character of ambiguous width in, 1 or 2; the locale decides when not set.
    pub ambiguous_width: Option<u16>,
    /// Asks the terminal to tell keys apart that look alike in the old protocol (kitty's first flag). Some clients break
    /// with it.
    pub kitty_keyboard: bool,
    /// Seconds in which a reply can be taken back before it leaves.
    pub undo_window: u16,
    /// Pinned agent colours: login (or id) to slot, from 0.
    pub agent_colors: BTreeMap<String, u16>,
    /// The configured desks by name.
    pub desks: BTreeMap<String, Desk>,
}

/// The language of what ticketty says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// Whether the terminal's background is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the terminal says, dark when it says nothing.
    #[default]
    Auto,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// As the environment says (`NO_COLOR`, `COLORTERM`, `TERM`).
    #[default]
    Auto,
    /// 24 bits.
    Truecolor,
    /// 256.
    #[serde(rename = "256")]
    C256,
    /// 16.
    #[serde(rename = "16")]
    C16,
    /// None.
    None,
}

/// Which glyphs the screen uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    /// As the locale says.
    #[default]
    Auto,
    /// Circles, blocks, bars.
    Rich,
    /// ASCII and what is narrow everywhere.
    Safe,
}

/// The file as it stands there, with the places that later checks point at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    default_desk: Option<Spanned<String>>,
    keymap: Option<String>,
    language: Option<Language>,
    theme: Theme,
    color: Color,
    glyphs: Glyphs,
    #[serde(deserialize_with = "ambiguous_width")]
    ambiguous_width: Option<u16>,
    kitty_keyboard: bool,
    #[serde(deserialize_with = "undo_window")]
    undo_window: Option<u16>,
    agent_colors: BTreeMap<String, Spanned<i64>>,
    desks: BTreeMap<Spanned<String>, Spanned<Desk>>,
}

fn ambiguous_width<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    match i64::deserialize(from)? {
        1 => Ok(Some(1)),
        2 => Ok(Some(2)),
        other => Err(serde::de::Error::custom(format!("ambiguous_width is {other}, allowed are 1 and 2"))),
    }
}

fn undo_window<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let seconds = i64::deserialize(from)?;
    match u16::try_from(seconds) {
        Ok(fits) if fits <= LONGEST_UNDO_WINDOW => Ok(Some(fits)),
        _ => Err(serde::de::Error::custom(format!(
            "undo_window is {seconds}, allowed are 0 to {LONGEST_UNDO_WINDOW} seconds"
        ))),
    }
}

impl Config {
    /// The settings of a missing file.
    pub fn empty(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            default_desk: None,
            keymap: None,
            language: None,
            theme: Theme::default(),
            color: Color::default(),
            glyphs: Glyphs::default(),
            ambiguous_width: None,
            kitty_keyboard: false,
            undo_window: 10,
            agent_colors: BTreeMap::new(),
            desks: BTreeMap::new(),
        }
    }

    /// Reads the file; a missing one is empty.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::parse(file, &read(file)?)
    }

    /// Reads the text of a file.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let raw: Raw =
            toml::from_str(text).map_err(|e| wrong(file, text, e.span().map_or(0, |s| s.start), e.message()))?;
        let mut config = Self::empty(file);
        for (name, desk) in raw.desks {
            check_name(name.get_ref())
                .map_err(|e| wrong(file, text, name.span().start, &format!("\"{}\": {}", name.get_ref(), e.why)))?;
            desk.get_ref().check().map_err(|why| {
                wrong(file, text, url_place(text, &desk.span()), &format!("desk {}: {why}", name.get_ref()))
            })?;
            let mut desk = desk.into_inner();
            for path in desk.files() {
                let beside = file.parent().unwrap_or(Path::new("."));
                *path = beside.join(paths::expand_home(path));
            }
            config.desks.insert(name.into_inner(), desk);
        }
        if let Some(name) = raw.default_desk {
            if !config.desks.contains_key(name.get_ref()) {
                let known = names(&config.desks);
                let why = format!("default_desk is \"{}\", configured are: {known}", name.get_ref());
                return Err(wrong(file, text, name.span().start, &why));
            }
            config.default_desk = Some(name.into_inner());
        }
        for (login, slot) in raw.agent_colors {
            let number = *slot.get_ref();
            let slot_number = u16::try_from(number).ok().filter(|n| (1..=COLORS).contains(n));
            let Some(number) = slot_number else {
                let why = format!("the colour of {login} is {number}, allowed are 1 to {COLORS}");
                return Err(wrong(file, text, slot.span().start, &why));
            };
            config.agent_colors.insert(login, number - 1);
        }
        config.keymap = raw.keymap;
        config.language = raw.language;
        config.theme = raw.theme;
        config.color = raw.color;
        config.glyphs = raw.glyphs;
        config.ambiguous_width = raw.ambiguous_width;
        config.kitty_keyboard = raw.kitty_keyboard;
        config.undo_window = raw.undo_window.unwrap_or(config.undo_window);
        Ok(config)
    }

    /// Adds a desk to the file, whose other lines stay as they are.
    pub fn add_desk(&mut self, name: &str, desk: &Desk) -> Result<(), ConfigError> {
        check_name(name)?;
        if self.desks.contains_key(name) {
            return Err(ConfigError::new(
                format!("desk {name} was not added"),
                "a desk of this name is configured already",
                format!("choose another name, or remove it first: ticketty desk remove {name}"),
            ));
        }
        let mut text = read(&self.file)?;
        if !text.is_empty() {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
        }
        text.push_str(&desk.to_toml(name));
        let mut wanted = self.clone();
        wanted.desks.insert(name.to_owned(), desk.clone());
        self.replace(&text, wanted)
    }

    /// Takes a desk out of the file, whose other lines stay as they are.
    pub fn remove_desk(&mut self, name: &str) -> Result<(), ConfigError> {
        if !self.desks.contains_key(name) {
            return Err(ConfigError::new(
                format!("desk {name} was not removed"),
                format!("no desk of this name is configured; configured are: {}", names(&self.desks)),
                "see them: ticketty desk list",
            ));
        }
        let was_default = self.default_desk.as_deref() == Some(name);
        let text = without_desk(&read(&self.file)?, name, was_default);
        let mut wanted = self.clone();
        wanted.desks.remove(name);
        if was_default {
            wanted.default_desk = None;
        }
        self.replace(&text, wanted)
    }

    /// Writes a text, after proof that it says what is wanted: people write TOML in ways that a line editor cannot follow.
    fn replace(&mut self, text: &str, wanted: Self) -> Result<(), ConfigError> {
        let file = self.file.clone();
        if Self::parse(&file, text).ok().as_ref() != Some(&wanted) {
            return Err(ConfigError::new(
                format!("{} was left as it is", file.display()),
                "its desks are written in a way that this command cannot edit safely",
                "edit the file by hand: each desk as a table [desks.NAME]",
            ));
        }
        paths::write_private(&file, text.as_bytes()).map_err(|e| cannot_write(&file, &e))?;
        *self = wanted;
        Ok(())
    }
}

/// The names of the desks as a person reads them.
pub fn names(desks: &BTreeMap<String, Desk>) -> String {
    if desks.is_empty() {
        return "none".to_owned();
    }
    desks.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn read(file: &Path) -> Result<String, ConfigError> {
    match std::fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|e| {
            let before = String::from_utf8_lossy(&e.as_bytes()[..e.utf8_error().valid_up_to()]).into_owned();
            wrong(file, &before, before.len(), "this is not UTF-8 text")
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(ConfigError::new(
            format!("{} cannot be read", file.display()),
            e.to_string(),
            "make the file readable for this user, or remove it",
        )),
    }
}

fn cannot_write(file: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::new(
        format!("{} cannot be written", file.display()),
        error.to_string(),
        "free some space or make the folder writable; the old file is unchanged",
    )
}

/// An error at a byte of the file, as `file:line:column`.
fn wrong(file: &Path, text: &str, at: usize, why: &str) -> ConfigError {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let mut place = String::new();
    // Writing into a String cannot fail.
    let _ = write!(place, "{}:{line}:{column}", file.display());
    ConfigError::new(place, why.trim().replace('\n', "; "), "correct this line of the file")
}

/// Where the address stands inside a desk's table, or the table's head.
fn url_place(text: &str, table: &std::ops::Range<usize>) -> usize {
    let mut at = table.start;
    for line in text[table.start..].split_inclusive('\n') {
        if line.trim_start().starts_with("url") {
            return at + (line.len() - line.trim_start().len());
        }
        if at > table.start && line.starts_with('[') {
            break;
        }
        at += line.len();
    }
    table.start
}

/// The text without the table of a desk, and without the line that makes it the default.
fn without_desk(text: &str, name: &str, was_default: bool) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') {
            let head = bare.split('#').next().unwrap_or_default();
            let key: String = head.chars().filter(|c| !c.is_whitespace() && !"[]\"'".contains(*c)).collect();
            inside = key == format!("desks.{name}") || key.starts_with(&format!("desks.{name}."));
        }
        let names_it = was_default && bare.starts_with("default_desk");
        if !inside && !names_it {
            kept.push_str(line);
        }
    }
    let mut kept = kept.trim_end().to_owned();
    if !kept.is_empty() {
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("/c/config.toml"), text)
    }

    #[test]
    fn a_full_file_is_read() {
        let config = parse(
            r#"
default_desk = "shop"
keymap = "emacs"
language = "ja"
theme = "light"
color = "256"
glyphs = "safe"
ambiguous_width = 2
kitty_keyboard = true
undo_window = 0

[agent_colors]
mika = 3

[desks.shop]
kind = "ticketty"
url = "https://desk.example"
token_command = "pass show desk"

[desks.rt]
kind = "rt"
url = "https://rt.example/rt"
account = "mika"
token_file = "rt.token"
"#,
        )
        .unwrap();
        assert_eq!(config.default_desk.as_deref(), Some("shop"));
        assert_eq!(config.language, Some(Language::Ja));
        assert_eq!((config.theme, config.color, config.glyphs), (Theme::Light, Color::C256, Glyphs::Safe));
        assert_eq!((config.ambiguous_width, config.kitty_keyboard), (Some(2), true));
        assert_eq!(config.undo_window, 0);
        assert_eq!(config.agent_colors["mika"], 2);
        assert_eq!(config.desks["rt"].token_file.as_deref(), Some(Path::new("/c/rt.token")));
        assert_eq!(config.desks["shop"].token_command.as_deref(), Some("pass show desk"));
    }

    #[test]
    fn an_empty_file_has_defaults() {
        assert_eq!(parse("").unwrap(), Config::empty(Path::new("/c/config.toml")));
        assert_eq!(parse("").unwrap().undo_window, 10);
    }

    #[test]
    fn errors_name_file_line_column_and_what_is_allowed() {
        for (text, place, why) in [
            ("keymp = \"vim\"", "/c/config.toml:1:1", "expected one of `default_desk`, `keymap`"),
            ("\ntheme = \"drak\"", "/c/config.toml:2:9", "expected one of `auto`, `dark`, `light`"),
            ("undo_window = 301", "/c/config.toml:1:15", "0 to 300 seconds"),
            ("ambiguous_width = 3", "/c/config.toml:1:19", "allowed are 1 and 2"),
            ("kitty_keyboard = 1", "/c/config.toml:1:18", "expected a boolean"),
            ("undo_window = -1", "/c/config.toml:1:15", "0 to 300 seconds"),
            ("default_desk = \"x\"\n[desks.a]\nurl = \"http://a\"", "/c/config.toml:1:16", "configured are: a"),
            ("[desks.a]\nurl = \"http://a\"\ntokn_env = \"X\"", "/c/config.toml:3:1", "`token_env`"),
            ("[desks.a]\nkind = \"rt\"", "/c/config.toml:1:1", "missing field `url`"),
            ("[desks.a]\nkind = \"rt\"\nurl = \"ftp://a\"", "/c/config.toml:3:1", "http:// or https://"),
            ("[desks.a]\nurl = \"nonsense\"", "/c/config.toml:2:7", "relative URL"),
            ("[desks.\"a b\"]\nurl = \"http://a\"", "/c/config.toml:1:8", "letters, digits"),
            ("[agent_colors]\nmika = 17", "/c/config.toml:2:8", "1 to 16"),
            ("日本 = ", "/c/config.toml:1:1", ""),
            ("theme = \"dark", "/c/config.toml:1:", ""),
        ] {
            let e = parse(text).unwrap_err();
            assert!(e.what.starts_with(place), "{text}: {e}");
            assert!(e.why.contains(why), "{text}: {e}");
            assert!(!e.next.is_empty());
        }
    }

    #[test]
    fn desks_come_and_go_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ticketty/config.toml");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        let before = "# mine\nkeymap = \"vim\" # as always\n\n[desks.one]\nurl = \"http://one.example/\"\n# a word\n";
        std::fs::write(&file, before).unwrap();
        let mut config = Config::load(&file).unwrap();
        let mut two = Desk::at("http://two.example/".parse().unwrap());
        two.options.insert("a".to_owned(), "b".to_owned());
        config.add_desk("two", &two).unwrap();
        assert_eq!(Config::load(&file).unwrap(), config);
        assert!(std::fs::read_to_string(&file).unwrap().starts_with(before));
        assert!(config.add_desk("two", &two).unwrap_err().why.contains("already"));
        config.remove_desk("two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
        config.remove_desk("one").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\nkeymap = \"vim\" # as always\n");
        assert!(config.remove_desk("one").unwrap_err().why.contains("none"));
    }

    #[test]
    fn the_default_goes_with_its_desk() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "default_desk = \"one\"\n[ desks . \"one\" ] # x\nurl = \"http://one.example/\"\n")
            .unwrap();
        let mut config = Config::load(&file).unwrap();
        config.remove_desk("one").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    }

    #[test]
    fn a_file_that_cannot_be_edited_safely_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        let text = "desks = { one = { url = \"http://one.example/\" } }\n";
        std::fs::write(&file, text).unwrap();
        let mut config = Config::load(&file).unwrap();
        assert!(config.remove_desk("one").unwrap_err().next.contains("by hand"));
        let two = Desk::at("http://two.example/".parse().unwrap());
        assert!(config.add_desk("two", &two).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }

    #[test]
    fn a_file_that_is_not_utf8_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, b"# ok\nkeymap = \"\xff\"").unwrap();
        let e = Config::load(&file).unwrap_err();
        assert!(e.what.ends_with("config.toml:2:11"), "{e}");
    }
}

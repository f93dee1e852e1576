//! One key press, normalised, and vim's way to write it: `g`, `<C-d>`, `<CR>`, `<S-Tab>`, `<lt>`.
//!
//! Alt is no modifier here: a terminal sends `Esc` and then the letter, and over a slow line the two cannot be told from an
//! agent who types both. So `<A-x>` is only another way to write the sequence `<Esc>x`.

use std::fmt;

/// A key without modifiers. A letter is as typed: `G` is no `g` with Shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after the keys")]
pub enum Key {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// With Control.
    pub ctrl: bool,
    /// With Shift; only where no other character comes of it (`S-Tab`).
    pub shift: bool,
}

/// Why a text names no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChordMistake {
    /// There is nothing.
    Empty,
    /// No key bears this name.
    Unknown(String),
    /// A terminal cannot send it; what arrives in its place.
    Unsendable(String, Option<String>),
}

const NAMES: [(&str, Key); 15] = [
    ("CR", Key::Enter),
    ("Esc", Key::Esc),
    ("Tab", Key::Tab),
    ("BS", Key::Backspace),
    ("Del", Key::Delete),
    ("Insert", Key::Insert),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("Home", Key::Home),
    ("End", Key::End),
    ("PgUp", Key::PageUp),
    ("PgDn", Key::PageDown),
    ("Space", Key::Char(' ')),
];

const OTHER_NAMES: [(&str, Key); 9] = [
    ("enter", Key::Enter),
    ("return", Key::Enter),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("ins", Key::Insert),
    ("pageup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("lt", Key::Char('<')),
    ("bar", Key::Char('|')),
];

impl Chord {
    /// A key without modifiers.
    pub const fn plain(key: Key) -> Self {
        Self { key, ctrl: false, shift: false }
    }

    /// A typed character.
    pub const fn char(c: char) -> Self {
        Self::plain(Key::Char(c))
    }

    /// A letter with Control.
    pub const fn ctrl(c: char) -> Self {
        Self { key: Key::Char(c), ctrl: true, shift: false }
    }

    /// The character it puts into a text field.
    pub const fn text(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl => Some(c),
            _ => None,
        }
    }

    /// The same press with full-width letters (`ｊ`, as an input method in its Latin mode sends them) as ASCII.
    pub fn narrow(self) -> Self {
        match self.key {
            Key::Char('\u{3000}') => Self { key: Key::Char(' '), ..self },
            // The full-width forms stand in ASCII's order, 0xFEE0 above it.
            Key::Char(c @ '\u{ff01}'..='\u{ff5e}') => {
                Self { key: Key::Char(char::from_u32(c as u32 - 0xfee0).unwrap_or(c)), ..self }
            }
            _ => self,
        }
    }

    /// Reads keys in vim's notation.
    pub fn sequence(text: &str) -> Result<Vec<Self>, ChordMistake> {
        let mut chords = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c == '<' {
                let Some(end) = rest[1..].find('>') else { return Err(ChordMistake::Unknown(rest.to_owned())) };
                let whole = &rest[..end + 2];
                named(&rest[1..=end], whole, &mut chords)?;
                rest = &rest[end + 2..];
            } else if c.is_ascii_graphic() {
                chords.push(Self::char(c));
                rest = &rest[1..];
            } else {
                // White space is written `<Space>`, and no keyboard layout is sure to have anything beyond ASCII.
                return Err(ChordMistake::Unknown(c.to_string()));
            }
        }
        if chords.is_empty() { Err(ChordMistake::Empty) } else { Ok(chords) }
    }

    /// How hints show keys: `gg`, `C-w k`, `Enter`, `M-x`.
    pub fn shown(chords: &[Self]) -> String {
        let mut out = String::new();
        let mut last_plain = true;
        let mut rest = chords;
        while let [chord, after @ ..] = rest {
            rest = after;
            let plain = chord.text().is_some_and(|c| c != ' ');
            if !(out.is_empty() || plain && last_plain) {
                out.push(' ');
            }
            last_plain = plain;
            // What one types as Alt and a key arrives as Esc and the key; emacs writes both so.
            if let (Key::Esc, [next, beyond @ ..]) = (chord.key, after)
                && next.key != Key::Esc
            {
                out.push_str("M-");
                out.push_str(&Self::shown(&[*next]));
                rest = beyond;
            } else if let Some(c) = chord.text().filter(|_| plain) {
                out.push(c);
            } else {
                let text = chord.to_string();
                let name = text.trim_start_matches('<').trim_end_matches('>');
                out.push_str(if name == "CR" { "Enter" } else { name });
            }
        }
        out
    }

    /// Keys in the notation that [`Chord::sequence`] reads.
    pub fn written(chords: &[Self]) -> String {
        chords.iter().map(ToString::to_string).collect()
    }
}

/// One `<…>`: `name` is what stands inside, `whole` all of it.
fn named(name: &str, whole: &str, chords: &mut Vec<Chord>) -> Result<(), ChordMistake> {
    let unknown = || ChordMistake::Unknown(whole.to_owned());
    let (mut ctrl, mut shift, mut alt) = (false, false, false);
    let mut rest = name;
    // `<C-->` is Control and minus, so a modifier needs something behind its dash.
    while let [letter, b'-', _, ..] = rest.as_bytes() {
        match letter.to_ascii_uppercase() {
            b'C' => ctrl = true,
            b'S' => shift = true,
            b'A' | b'M' => alt = true,
            _ => return Err(unknown()),
        }
        rest = &rest[2..];
    }
    let key = key_named(rest, ctrl || shift || alt).ok_or_else(unknown)?;
    if alt {
        chords.push(Chord::plain(Key::Esc));
    }
    chords.push(normalised(key, ctrl, shift, whole)?);
    Ok(())
}

fn key_named(name: &str, modified: bool) -> Option<Key> {
    let lower = name.to_ascii_lowercase();
    let known = NAMES.iter().map(|(n, k)| (n.to_ascii_lowercase(), *k));
    if let Some((_, key)) =
        known.chain(OTHER_NAMES.iter().map(|(n, k)| ((*n).to_owned(), *k))).find(|(n, _)| *n == lower)
    {
        return Some(key);
    }
    if let Some(n) = lower.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n)) {
        return Some(Key::F(n));
    }
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if modified && c.is_ascii_graphic() => Some(Key::Char(c)),
        _ => None,
    }
}

/// The chord that arrives when these are pressed together, or why nothing of the kind does.
fn normalised(key: Key, ctrl: bool, shift: bool, whole: &str) -> Result<Chord, ChordMistake> {
    let cannot = |instead: Option<&str>| Err(ChordMistake::Unsendable(whole.to_owned(), instead.map(str::to_owned)));
    match key {
        Key::Char(c) if c.is_ascii_alphabetic() && ctrl && shift => {
            cannot(Some(&format!("<C-{}>", c.to_ascii_lowercase())))
        }
        Key::Char(c) if ctrl => match c.to_ascii_lowercase() {
            'i' => cannot(Some("<Tab>")),
            'm' => cannot(Some("<CR>")),
            '[' => cannot(Some("<Esc>")),
            '/' => cannot(Some("<C-_>")),
            '@' => Ok(Chord::ctrl(' ')),
            '6' => Ok(Chord::ctrl('^')),
            c if (c.is_ascii_lowercase() || " \\]^_".contains(c)) && !shift => Ok(Chord::ctrl(c)),
            _ => cannot(None),
        },
        Key::Char(c) if shift && c.is_ascii_alphabetic() => Ok(Chord::char(c.to_ascii_uppercase())),
        Key::Char(_) if shift => cannot(None),
        Key::Tab if !ctrl => Ok(Chord { key, ctrl, shift }),
        Key::Enter | Key::Esc | Key::Tab | Key::Backspace if ctrl || shift => {
            let name = NAMES.iter().find(|(_, k)| *k == key).map_or("", |(n, _)| n);
            cannot(Some(&format!("<{name}>")))
        }
        _ => Ok(Chord { key, ctrl, shift }),
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.key {
            Key::Char(' ') => "Space".to_owned(),
            Key::Char('<') if !self.ctrl => return f.write_str("<lt>"),
            Key::Char(c) if !self.ctrl => return write!(f, "{c}"),
            Key::Char(c) => c.to_string(),
            Key::F(n) => format!("F{n}"),
            key => NAMES.iter().find(|(_, k)| *k == key).map_or_else(String::new, |(n, _)| (*n).to_owned()),
        };
        let ctrl = if self.ctrl { "C-" } else { "" };
        let shift = if self.shift { "S-" } else { "" };
        write!(f, "<{ctrl}{shift}{name}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(text: &str) -> Vec<Chord> {
        Chord::sequence(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "gg",
            "<C-d>",
            "<CR>",
            "<Esc>",
            "<Tab>",
            "<S-Tab>",
            "<Space>",
            "<lt>",
            "<PgUp>",
            "<F1>",
            "<F12>",
            "G",
            "]u",
            "<C-w>h",
            "<C-^>",
            "<C-Up>",
            "ZZ",
            "|",
            "<C-x><C-e>",
            "<C-Space>",
            "<C-_>",
            "<C-\\>",
            "<S-Up>",
        ] {
            assert_eq!(Chord::written(&seq(text)), text);
        }
    }

    #[test]
    fn other_spellings_mean_the_same_key() {
        for (other, text) in [
            ("<c-D>", "<C-d>"),
            ("<enter>", "<CR>"),
            ("<Return>", "<CR>"),
            ("<pageup>", "<PgUp>"),
            ("<S-g>", "G"),
            ("<C-6>", "<C-^>"),
            ("<C-@>", "<C-Space>"),
            ("<M-x>", "<Esc>x"),
            ("<A-CR>", "<Esc><CR>"),
            ("<Bar>", "|"),
            ("<space>", "<Space>"),
        ] {
            assert_eq!(seq(other), seq(text), "{other}");
        }
    }

    #[test]
    fn what_a_terminal_cannot_send_names_what_arrives() {
        for (text, instead) in [
            ("<C-i>", Some("<Tab>")),
            ("<C-m>", Some("<CR>")),
            ("<C-[>", Some("<Esc>")),
            ("<C-S-x>", Some("<C-x>")),
            ("<S-CR>", Some("<CR>")),
            ("<C-CR>", Some("<CR>")),
            ("<C-Tab>", Some("<Tab>")),
            ("<C-1>", None),
            ("<S-Space>", None),
        ] {
            assert_eq!(
                Chord::sequence(text),
                Err(ChordMistake::Unsendable(text.into(), instead.map(str::to_owned))),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_key_is_said() {
        assert_eq!(Chord::sequence(""), Err(ChordMistake::Empty));
        for text in ["<", "<C-d", "<Foo>", "<F13>", "<F0>", "<g>", "g g", "é", "<X-d>", "<>", "<C->", "日", "<C-日>"]
        {
            assert!(matches!(Chord::sequence(text), Err(ChordMistake::Unknown(_))), "{text}");
        }
    }

    #[test]
    fn hints_show_keys_as_people_write_them() {
        for (text, shown) in [
            ("gg", "gg"),
            ("<C-w>k", "C-w k"),
            ("<C-x><C-e>", "C-x C-e"),
            ("<CR>", "Enter"),
            ("<S-Tab>", "S-Tab"),
            ("<Space>", "Space"),
            ("<lt>", "<"),
            ("g<lt>", "g<"),
            ("<M-x>", "M-x"),
            ("<Esc><Esc>", "Esc Esc"),
            ("<M-s>n", "M-s n"),
            ("<Esc>", "Esc"),
        ] {
            assert_eq!(Chord::shown(&seq(text)), shown);
        }
    }

    #[test]
    fn full_width_letters_become_ascii_and_others_stay() {
        assert_eq!(Chord::char('ｊ').narrow(), Chord::char('j'));
        assert_eq!(Chord::char('／').narrow(), Chord::char('/'));
        assert_eq!(Chord::char('\u{3000}').narrow(), Chord::char(' '));
        assert_eq!(Chord::char('あ').narrow(), Chord::char('あ'));
    }
}

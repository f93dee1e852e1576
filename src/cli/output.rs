//! What a verb prints: one JSON document or text for people, never both on stdout. Everything that leaves here passed the
//! sanitiser; colour stands only on a terminal and not under `NO_COLOR`; a locale that is not UTF-8 gets ASCII; a reader
//! that went away ends the output quietly.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::exit::CliError;
use crate::i18n::{EN, Words};
use crate::text::Clean;
use crate::text::wrap::wrap_row;

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// One JSON document on stdout.
    pub json: bool,
    /// The words for people. What `--json` prints is in English, whatever they are.
    pub words: &'static Words,
    /// The locale can show more than ASCII.
    utf8: bool,
    /// Colour on stdout.
    color: bool,
    /// Columns of the terminal; `None` when stdout is none.
    width: Option<usize>,
}

/// How a piece of text looks. Colour never says anything that the words do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// A heading, or what needs a hand.
    Strong,
    /// Beside the point.
    Dim,
    /// Late or failed.
    Alarm,
}

impl Style {
    /// The terminal's code that begins the style.
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Alarm => "\x1b[31m",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: Clean,
    /// How it looks.
    pub style: Style,
}

impl Piece {
    /// Text as it is.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Style::Plain)
    }

    /// Text with a style.
    pub fn new(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: Clean::line(text.as_ref()), style }
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl Out {
    /// As the environment says. A locale that can show no more than ASCII gets English.
    pub fn discover(json: bool, words: &'static Words) -> Self {
        let terminal = io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|t| t == "dumb");
        let utf8 = is_utf8(|name| std::env::var(name).ok());
        Self {
            json,
            words: if utf8 { words } else { &EN },
            utf8,
            color: terminal && !no_color && !dumb,
            width: if terminal { crossterm::terminal::size().ok().map(|(w, _)| usize::from(w)) } else { None },
        }
    }

    /// Colour may stand on stdout.
    pub fn is_colored(&self) -> bool {
        self.color
    }

    /// The columns that a table may take.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Prints the one JSON document.
    pub fn document(&self, document: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(document).map_err(|e| {
            CliError::usage(
                "the answer cannot be printed",
                e.to_string(),
                "this is a bug of ticketty: please report it",
            )
        })?;
        let text = if self.utf8 { text } else { ascii_json(&text) };
        Self::write(format!("{text}\n").as_bytes()).map(drop)
    }

    /// Prints lines for people on stdout.
    pub fn lines(&self, lines: &[Vec<Piece>]) -> Result<(), CliError> {
        let mut text = String::new();
        for line in lines {
            let bare = line.iter().rposition(|p| !p.text.trim_end().is_empty()).map_or(0, |last| last + 1);
            for (at, piece) in line.iter().take(bare).enumerate() {
                let shown = if at + 1 == bare { piece.text.trim_end() } else { piece.text.as_str() };
                let styled = self.color && piece.style != Style::Plain && !shown.trim().is_empty();
                if styled {
                    text.push_str(piece.style.code());
                }
                text.push_str(shown);
                if styled {
                    text.push_str("\x1b[0m");
                }
            }
            text.push('\n');
        }
        Self::write(self.fit(&text).as_bytes()).map(drop)
    }

    /// Prints one line for people on stdout; nothing under `--json`.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), CliError> {
        if self.json { Ok(()) } else { self.lines(&[vec![Piece::plain(text)]]) }
    }

    /// Prints a paragraph for people, broken between words where a terminal shows it.
    pub fn paragraph(&self, indent: usize, text: &str) -> Result<(), CliError> {
        paragraph(text, indent, self.width).into_iter().try_for_each(|line| self.line(line))
    }

    /// Says something to people on stderr.
    pub fn say(&self, text: impl AsRef<str>) {
        let text = Clean::text(text.as_ref());
        // When nobody can read stderr, there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{}", self.fit(&text));
    }

    /// Says why a verb failed: people's text on stderr, and the document when one is asked for.
    pub fn fail(&self, error: &CliError) {
        self.explain(error);
        if self.json {
            // The failure is what counts; that it cannot be printed changes nothing.
            let _ = self.document(&json!({ "error": failure(error) }));
        }
    }

    /// Says why something failed on stderr only.
    pub fn explain(&self, error: &CliError) {
        let told = |text: &str| line(&self.words.told(text));
        let mut text = format!("ticketty: {}: {}", told(&error.what), told(&error.why));
        if !error.next.is_empty() {
            text.push_str(&format!("\n  {}", told(&error.next)));
        }
        self.say(text);
    }

    /// Prints text that was made here as it is, its style included. False: the reader went away.
    pub fn text(&self, text: &str) -> Result<bool, CliError> {
        Self::write(self.fit(text).as_bytes())
    }

    /// Prints bytes as they are (an attachment into a pipe, a generated page). False: the reader went away.
    pub fn raw(&self, bytes: &[u8]) -> Result<bool, CliError> {
        Self::write(bytes)
    }

    /// Text as the locale can show it.
    pub fn fit<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if self.utf8 || text.is_ascii() { text.into() } else { ascii(text).into() }
    }

    fn write(bytes: &[u8]) -> Result<bool, CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(e) => Err(CliError::usage(
                "the answer cannot be printed",
                e.to_string(),
                "what was asked may be done already: look before you repeat it",
            )),
        }
    }
}

/// A failure as JSON.
pub fn failure(error: &CliError) -> Value {
    json!({
        "kind": error.kind,
        "what": line(&error.what),
        "why": line(&error.why),
        "next": line(&error.next),
    })
}

/// A paragraph's lines; what goes on stands further in.
fn paragraph(text: &str, indent: usize, width: Option<usize>) -> Vec<String> {
    let deeper = indent + 2;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(deeper).max(20));
    let rows = wrap_row(&Clean::line(text), room).into_iter().enumerate();
    rows.map(|(n, row)| format!("{}{row}", " ".repeat(if n == 0 { indent } else { deeper }))).collect()
}

fn line(text: &str) -> Clean {
    Clean::line(text)
}

/// Whether the locale speaks UTF-8. One that is not set at all is taken as UTF-8: so are nearly all terminals, and a cron
/// job's mail should not lose its text.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
    locale.is_none_or(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}

/// Text for a locale that has only ASCII: `?` stands for what cannot be shown, one for each cell, so that columns hold.
fn ascii(text: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let mut shown = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        if cluster.is_ascii() {
            shown.push_str(cluster);
            continue;
        }
        match cluster {
            "…" => shown.push('~'),
            "–" | "—" | "─" => shown.push('-'),
            "│" => shown.push('|'),
            "‘" | "’" => shown.push('\''),
            "“" | "”" => shown.push('"'),
            _ => shown.push_str(&"?".repeat(crate::text::width::cluster_width(cluster).max(1))),
        }
    }
    shown
}

/// JSON in ASCII: what stands beyond it stands inside strings and can be escaped.
fn ascii_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let locale = |set: &'static [(&str, &str)]| {
            is_utf8(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert!(locale(&[]));
        assert!(locale(&[("LANG", "ja_JP.UTF-8")]));
        assert!(locale(&[("LANG", "C.utf8")]));
        assert!(!locale(&[("LANG", "ja_JP.eucJP")]));
        assert!(!locale(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(locale(&[("LC_ALL", ""), ("LC_CTYPE", "en_US.UTF-8"), ("LANG", "C")]));
    }

    #[test]
    fn a_paragraph_breaks_between_words_where_there_is_a_width() {
        let text = "does by itself: claim, release, assign";
        assert_eq!(paragraph(text, 2, None), ["  does by itself: claim, release, assign"]);
        assert_eq!(paragraph(text, 2, Some(30)), ["  does by itself: claim,", "    release, assign"]);
        assert_eq!(paragraph("a\u{1b}[31mb", 0, Some(3)), ["ab"], "never narrower than a word or two");
    }

    #[test]
    fn ascii_keeps_columns() {
        assert_eq!(ascii("返品 é …|"), "???? ? ~|");
        assert_eq!(ascii_json("\"返😀\""), "\"\\u8fd4\\ud83d\\ude00\"");
    }

    #[test]
    fn failures_hold_no_control_bytes() {
        let error = CliError::usage("a\x1b[31mb", "c\nd", "e\u{202e}");
        let text = failure(&error).to_string();
        assert!(!text.chars().any(char::is_control) && !text.contains('\u{202e}'), "{text}");
    }
}

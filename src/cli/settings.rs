//! What the settings and the environment say about language and keys, and `ticketty keys`.

use serde_json::{Value, json};

use super::exit::CliError;
use super::output::{Out, Piece, Style};
use super::table::Table;
use crate::action::Context;
use crate::config::{Config, Paths, file::Language};
use crate::i18n::{EN, JA, Words};
use crate::keymap::{Chord, Keymap};

/// The agent's own keys, laid over the keymap.
const OWN_KEYS: &str = "keys.toml";

/// The words of the language that the settings or the locale name.
pub fn words(config: &Config) -> &'static Words {
    match config.language {
        Some(Language::En) => &EN,
        Some(Language::Ja) => &JA,
        None => words_of_locale(),
    }
}

/// The words of the language that the locale names.
pub fn words_of_locale() -> &'static Words {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    Words::for_locale(&locale.unwrap_or_default())
}

/// The keymap that is named (else the settings' one, else vim), with the agent's own `keys.toml` laid over it.
pub fn keymap(paths: &Paths, config: &Config, named: Option<&str>, words: &Words) -> Result<Keymap, CliError> {
    let name = named.or(config.keymap.as_deref()).unwrap_or("vim");
    let path = paths.config.join(OWN_KEYS);
    let shown = path.display().to_string();
    let own = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => {
            return Err(CliError::usage(
                "the keys cannot be read",
                format!("{shown}: {e}"),
                "make the file readable UTF-8 text, or move it away",
            ));
        }
    };
    Keymap::load(name, own.as_deref().map(|text| (shown.as_str(), text))).map_err(|mistakes| {
        let all: Vec<String> = mistakes.iter().map(|m| m.say(words)).collect();
        CliError {
            kind: "configuration",
            ..CliError::usage("the keymap cannot be used", all.join("; "), "correct these lines, or move the file away")
        }
    })
}

/// `keys`: every binding of the live keymap.
pub fn keys(out: &Out, keymap: &Keymap) -> Result<u8, CliError> {
    let words = out.words;
    if out.json {
        let rows: Vec<Value> = keymap
            .rows()
            .iter()
            .map(|row| {
                json!({
                    "context": row.context.name(),
                    "keys": Chord::written(&row.keys),
                    "action": row.action.text(),
                    "help": keymap.help_of(row, words),
                })
            })
            .collect();
        out.document(&json!({ "keymap": keymap.name(), "keys": rows }))?;
        return Ok(0);
    }
    let mut lines = Vec::new();
    for context in Context::ALL {
        let heads = [words.keys.head_keys, words.keys.head_action, words.keys.head_help];
        let mut table = Table::new(b"<<~", &heads);
        for row in keymap.rows().iter().filter(|r| r.context == context) {
            table.row(vec![
                Piece::new(Chord::shown(&row.keys), Style::Strong),
                Piece::plain(row.action.text()),
                Piece::plain(keymap.help_of(row, words)),
            ]);
        }
        if !table.is_empty() {
            lines.push(vec![Piece::new(context.title(words), Style::Strong)]);
            lines.extend(table.lines(out.width()).into_iter().skip(1));
            lines.push(Vec::new());
        }
    }
    out.lines(&lines)?;
    Ok(0)
}

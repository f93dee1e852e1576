//! Help and mistakes of the command line in the agent's language. clap makes the texts; here they are translated: the
//! descriptions before it draws them, its own phrases after.

use std::ffi::OsString;

use clap::{Command, CommandFactory};

use super::args::Cli;
use crate::i18n::{Lang, Words, help, sentences};

/// The help or version that the arguments ask for, with its style.
pub fn asked(args: &[OsString], english: &clap::Error, words: &Words) -> String {
    if words.lang == Lang::En {
        return english.render().ansi().to_string();
    }
    // Asked again, of a program that speaks the language.
    let error = match japanese().try_get_matches_from(args) {
        Err(error) if !error.use_stderr() => error,
        _ => return english.render().ansi().to_string(),
    };
    help::PHRASES.iter().fold(error.render().ansi().to_string(), |text, (en, ja)| text.replace(en, ja))
}

/// Text without the codes of a terminal.
pub fn without_style(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// What clap says is wrong with the arguments, line by line.
pub fn mistake(text: &str, words: &Words) -> String {
    if words.lang == Lang::En {
        return text.to_owned();
    }
    let lines = text.lines().map(|line| {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        format!("{indent}{}", sentences::told(bare))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The whole command line with Japanese descriptions.
fn japanese() -> Command {
    let mut command = Cli::command();
    // What clap adds by itself (`help`, `--help`, `--version`) is there only now.
    command.build();
    translated(command.long_about(help::LONG), "")
}

fn translated(mut command: Command, path: &str) -> Command {
    if let Some(text) = help::about(path) {
        command = command.about(text);
    }
    if !path.is_empty() {
        command = command.long_about(None);
    }
    command = command.mut_args(|arg| match help::argument(path, arg.get_id().as_str()) {
        Some(text) => arg.help(text).long_help(None),
        None => arg,
    });
    command.mut_subcommands(|verb| {
        let path = match (path, verb.get_name()) {
            // It is the same wherever it stands.
            (_, "help") => "help".to_owned(),
            ("", name) => name.to_owned(),
            (path, name) => format!("{path} {name}"),
        };
        translated(verb, &path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{EN, JA};

    fn args(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn said(line: &str, words: &Words) -> String {
        let english = Cli::command().try_get_matches_from(args(line)).unwrap_err();
        if english.use_stderr() {
            mistake(&english.render().to_string(), words)
        } else {
            without_style(&asked(&args(line), &english, words))
        }
    }

    /// Every command and argument below one, as the tables name them.
    fn all(command: &Command, path: &str, found: &mut Vec<(String, Option<String>)>) {
        found.push((path.to_owned(), None));
        for arg in command.get_arguments() {
            found.push((path.to_owned(), Some(arg.get_id().to_string())));
        }
        for verb in command.get_subcommands().filter(|v| v.get_name() != "help") {
            let path = if path.is_empty() { verb.get_name().to_owned() } else { format!("{path} {}", verb.get_name()) };
            all(verb, &path, found);
        }
    }

    #[test]
    fn every_command_and_argument_has_japanese_help_and_none_is_left_over() {
        let mut command = Cli::command();
        command.build();
        let mut found = Vec::new();
        all(&command, "", &mut found);
        for (path, id) in &found {
            match id {
                None => assert!(help::about(path).is_some(), "no Japanese for the command `{path}`"),
                Some(id) => assert!(help::argument(path, id).is_some(), "no Japanese for `{id}` of `{path}`"),
            }
        }
        for (path, _) in help::ABOUT.iter().filter(|(path, _)| *path != "help") {
            assert!(found.iter().any(|(p, id)| p == path && id.is_none()), "no such command: {path}");
        }
        for (path, id, _) in help::ARGUMENTS {
            let known = |(p, i): &(String, Option<String>)| {
                (*path == help::EVERYWHERE || p == path) && i.as_deref() == Some(*id)
            };
            assert!(found.iter().any(known), "no such argument: {path} {id}");
        }
    }

    /// Three words of small letters in a row: what is left in English.
    fn english(text: &str) -> bool {
        let text = text.strip_prefix("使い方:").map_or(text, |_| "");
        let words: Vec<bool> =
            text.split(' ').map(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'.')).collect();
        words.windows(3).any(|three| three.iter().all(|w| *w))
    }

    #[test]
    fn help_is_in_the_language() {
        for verb in ["", "claim ", "list ", "reply ", "split ", "desk add ", "admin agent add ", "serve ", "new "] {
            for flag in ["-h", "--help"] {
                let line = format!("ticketty {verb}{flag}");
                let text = said(&line, &JA);
                assert!(text.contains("使い方:") && text.contains("オプション:"), "{line}: {text}");
                assert!(!text.lines().any(english), "{line}: {text}");
                assert!(!said(&line, &EN).contains('使'), "{line}");
            }
        }
        assert!(said("ticketty help claim", &JA).contains("未担当のチケットを担当する"));
        assert_eq!(said("ticketty --version", &JA), said("ticketty --version", &EN));
    }

    #[test]
    fn mistakes_are_in_the_language() {
        for line in [
            "ticketty claim",
            "ticketty claim 1 --fore",
            "ticketty clam 1",
            "ticketty reply 1 -m a --file b",
            "ticketty status 1 --to happy",
            "ticketty status 1 --to",
            "ticketty timeline 1 --by fax",
            "ticketty list --limit 0",
            "ticketty list --limit many",
            "ticketty claim 1 --wait 1 --wait 2",
            "ticketty queues 1",
            "ticketty serve --listen a --socket b",
            "ticketty admin queue add Shop --reply-within soon",
        ] {
            let text = said(line, &JA);
            assert!(text.starts_with("エラー: "), "{line}: {text}");
            assert!(!text.lines().any(english), "{line}: {text}");
            assert_eq!(said(line, &EN).split(' ').next(), Some("error:"), "{line}");
        }
    }
}

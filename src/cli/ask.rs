//! Questions on the terminal, for verbs that lack what they need. The questions go to stderr: stdout is the answer's alone. What
//! is secret is read without an echo, and the terminal is given back, unless the program is killed meanwhile.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use super::exit::CliError;
use super::output::Out;

/// The longest secret that somebody types.
const LONGEST: usize = 16 * 1024;

/// Whether somebody is there to be asked.
pub fn may_ask(out: &Out) -> bool {
    !out.json && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Nothing was answered.
fn given_up() -> CliError {
    CliError::usage(
        "nothing was changed",
        "the question was not answered",
        "run it again, or say it with flags: --help",
    )
}

fn broken(error: &io::Error) -> CliError {
    CliError::usage("nothing was changed", format!("the terminal cannot be read: {error}"), "say it with flags: --help")
}

/// Asks for one line; what stands there when nothing is typed is shown in brackets.
pub fn line(out: &Out, question: &str, default: &str) -> Result<String, CliError> {
    let brackets = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    lead(out, &format!("{question}{brackets}: "))?;
    let mut typed = String::new();
    if io::stdin().lock().read_line(&mut typed).map_err(|e| broken(&e))? == 0 {
        return Err(given_up());
    }
    let typed = typed.trim();
    Ok(if typed.is_empty() { default.to_owned() } else { typed.to_owned() })
}

/// Asks until the answer is right; `right` says what it comes to, or what is wrong with it.
pub fn until<T>(
    out: &Out,
    question: &str,
    default: &str,
    right: impl Fn(&str) -> Result<T, String>,
) -> Result<T, CliError> {
    loop {
        match right(&line(out, question, default)?) {
            Ok(answer) => return Ok(answer),
            Err(why) => out.say(format!("  {}", out.words.told(&why))),
        }
    }
}

/// Asks for one of several by its number or name, `Request Tracker (rt)` by either; the first stands there when nothing is typed.
pub fn choice(out: &Out, question: &str, choices: &[String]) -> Result<usize, CliError> {
    out.say(question);
    for (at, choice) in choices.iter().enumerate() {
        out.say(format!("  {} {choice}", at + 1));
    }
    let named = |choice: &str, typed: &str| {
        let (long, short) = choice.split_once(" (").unwrap_or((choice, ""));
        [choice, long, short.trim_end_matches(')')].iter().any(|name| name.eq_ignore_ascii_case(typed))
    };
    until(out, " ", "1", |typed| match typed.parse::<usize>() {
        Ok(n) if (1..=choices.len()).contains(&n) => Ok(n - 1),
        _ => (choices.iter().position(|choice| named(choice, typed)))
            .ok_or_else(|| format!("a number from 1 to {}", choices.len())),
    })
}

/// Asks for a secret; nothing of it is shown. Empty: there is none.
pub fn secret(out: &Out, question: &str) -> Result<Option<SecretString>, CliError> {
    let quiet = Quiet::begin().map_err(|e| broken(&e))?;
    lead(out, &format!("{question}: "))?;
    let typed = read_secret(&mut io::stdin().lock());
    drop(quiet);
    out.say("");
    match typed {
        Ok(Some(text)) if text.is_empty() => Ok(None),
        Ok(Some(text)) => Ok(Some(SecretString::from(text))),
        Ok(None) => Err(given_up()),
        Err(e) => Err(broken(&e)),
    }
}

fn lead(out: &Out, text: &str) -> Result<(), CliError> {
    let mut err = io::stderr().lock();
    err.write_all(out.fit(text).as_bytes()).and_then(|()| err.flush()).map_err(|e| broken(&e))
}

/// A line, key by key, as the terminal does it by itself otherwise. `None`: given up.
fn read_secret(keys: &mut impl Read) -> io::Result<Option<String>> {
    let mut typed: Vec<u8> = Vec::new();
    let mut key = [0];
    loop {
        if keys.read(&mut key)? == 0 {
            return Ok(None);
        }
        match key[0] {
            b'\r' | b'\n' => break,
            // C-c, and C-d on an empty line.
            3 => return Ok(None),
            4 if typed.is_empty() => return Ok(None),
            4 => {}
            0x7f | 8 => {
                // The whole character.
                while typed.pop().is_some_and(|b| b & 0xc0 == 0x80) {}
            }
            0x15 => typed.clear(),
            other if typed.len() < LONGEST => typed.push(other),
            _ => {}
        }
    }
    let text = String::from_utf8(typed).map_err(|_| io::Error::other("this is not UTF-8 text"))?;
    Ok(Some(text.trim().to_owned()))
}

/// The terminal without echo, until it is dropped. Keys that would kill us come as keys, so that it is always given back.
struct Quiet {
    before: Termios,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question was asked is on the screen, so it is no secret.
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_edited_as_a_line_is() {
        let typed = |keys: &str| read_secret(&mut keys.as_bytes()).unwrap();
        assert_eq!(typed("abc\r").as_deref(), Some("abc"));
        assert_eq!(typed("ab\u{7f}\u{7f}\u{7f}xé\u{7f}y \n").as_deref(), Some("xy"));
        assert_eq!(typed("wrong\u{15}right\r").as_deref(), Some("right"));
        assert_eq!(typed("\r").as_deref(), Some(""));
        for given_up in ["ab\u{3}", "\u{4}", "no end"] {
            assert_eq!(typed(given_up), None, "{given_up:?}");
        }
    }
}

//! Text to action: what the `:` line, a keymap file and a picker's answer say. `label +billing -vip`, `status open`, and
//! vim's own short names (`q`, `w`, `wq`). Also what can stand next on such a line.

use super::catalogue::{Argument, CATALOGUE, Entry, by_name};
use super::{Action, Context};
use crate::domain::{Priority, Status};
use crate::i18n::Words;

/// Short names, as vim's users type them, and old spellings.
const ALIASES: &[(&str, &str)] = &[
    ("e", "editor"),
    ("edit", "editor"),
    ("exit", "quit"),
    ("find", "search-desk"),
    ("h", "help"),
    ("mv", "move"),
    ("outbox", "outbox"),
    ("pri", "priority"),
    ("qa", "quit"),
    ("qall", "quit"),
    ("queues", "queue"),
    ("re", "reply"),
    ("red", "redo"),
    ("redraw!", "redraw"),
    ("resolve", "done"),
    ("save", "save-attachment"),
    ("st", "status"),
    ("stop", "suspend"),
    ("suspend", "suspend"),
    ("u", "undo"),
    ("w", "write"),
    ("write", "write"),
    ("wq", "send-card"),
    ("x", "send-card"),
];

/// Why a text is no action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is nothing.
    Empty,
    /// No action bears this name; the nearest one.
    Unknown(String, Option<&'static str>),
    /// The action needs an argument.
    Wants(&'static str, Argument),
    /// The action takes no argument.
    TakesNone(&'static str, String),
    /// The argument is not what the action takes.
    Wrong(&'static str, String, Argument),
}

impl Mistake {
    /// The sentence.
    pub fn say(&self, words: &Words) -> String {
        let m = &words.mistakes;
        match self {
            Self::Empty => m.empty_action.to_owned(),
            Self::Unknown(name, near) => (m.unknown_action)(name, *near),
            Self::Wants(name, argument) => (m.wants_argument)(name, argument.wanted(words)),
            Self::TakesNone(name, rest) => (m.takes_none)(name, rest),
            Self::Wrong(name, rest, argument) => (m.wrong_argument)(name, rest, argument.wanted(words)),
        }
    }
}

/// Reads an action. `context` decides what `q` means: in the composer it keeps the draft and leaves, elsewhere it quits.
pub fn parse(text: &str, context: Context) -> Result<Action, Mistake> {
    let text = text.trim().trim_start_matches(':').trim_start();
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    if name.is_empty() {
        return Err(Mistake::Empty);
    }
    let entry = resolve(name, context).ok_or_else(|| Mistake::Unknown(name.to_owned(), nearest(name)))?;
    build(entry, rest)
}

/// Reads a whole `:` line: an action, or as in vim a number, which goes to that row or message. Answers the count too.
pub fn parse_line(text: &str, context: Context) -> Result<(Action, Option<u32>), Mistake> {
    let text = text.trim().trim_start_matches(':').trim_start();
    match text.parse::<u32>() {
        Ok(row) => Ok((Action::Bottom, Some(row.max(1)))),
        Err(_) if text == "$" => Ok((Action::Bottom, None)),
        Err(_) => parse(text, context).map(|action| (action, None)),
    }
}

/// The row that a name or short name means.
fn resolve(name: &str, context: Context) -> Option<&'static Entry> {
    let writing = matches!(context, Context::Composer | Context::Insert);
    let name = match name {
        "q" | "quit" if writing => "leave",
        "q!" | "quit!" if writing => "discard",
        "q" | "q!" | "qa!" | "quit!" | "qall!" => "quit",
        "w" | "write" | "wa" if !writing => return None,
        other => ALIASES.iter().find(|(short, _)| *short == other).map_or(other, |(_, name)| name),
    };
    by_name(name)
}

fn build(entry: &'static Entry, rest: &str) -> Result<Action, Mistake> {
    let name = entry.name;
    if entry.argument == Argument::None {
        return if rest.is_empty() { Ok(entry.action.clone()) } else { Err(Mistake::TakesNone(name, rest.to_owned())) };
    }
    let wrong = || Mistake::Wrong(name, rest.to_owned(), entry.argument);
    if rest.is_empty() {
        return match entry.action {
            Action::Queue(_) => Err(Mistake::Wants(name, Argument::Number)),
            _ => Ok(entry.action.clone()),
        };
    }
    let words = Some(rest.to_owned());
    Ok(match entry.action {
        Action::Queue(_) => Action::Queue(rest.parse().map_err(|_| wrong())?),
        Action::OpenLink(_) => Action::OpenLink(Some(rest.parse().map_err(|_| wrong())?)),
        Action::OpenAttachment(_) => Action::OpenAttachment(Some(rest.parse().map_err(|_| wrong())?)),
        Action::Status(_) => Action::Status(Some(Status::parse(&rest.to_lowercase()).ok_or_else(wrong)?)),
        Action::Priority(_) => Action::Priority(Some(Priority::parse(&rest.to_lowercase()).ok_or_else(wrong)?)),
        Action::Label(_) => {
            if rest.split_whitespace().any(|l| l.trim_start_matches(['+', '-']).is_empty()) {
                return Err(wrong());
            }
            Action::Label(words)
        }
        Action::Search(_) => Action::Search(words),
        Action::SearchDesk(_) => Action::SearchDesk(words),
        Action::Filter(_) => Action::Filter(words),
        Action::Assign(_) => Action::Assign(Some(rest.trim_start_matches('@').to_owned())),
        Action::MoveTo(_) => Action::MoveTo(words),
        Action::Subject(_) => Action::Subject(words),
        Action::Requester(_) => Action::Requester(words),
        Action::Merge(_) => Action::Merge(Some(rest.trim_start_matches('#').to_owned())),
        Action::SaveAttachment(_) => Action::SaveAttachment(words),
        Action::Attach(_) => Action::Attach(words),
        Action::Import(_) => Action::Import(words),
        Action::Desk(_) => Action::Desk(words),
        _ => return Err(Mistake::TakesNone(name, rest.to_owned())),
    })
}

impl Action {
    /// The catalogue's row.
    pub fn entry(&self) -> Option<&'static Entry> {
        by_name(self.name())
    }

    /// The action as text that [`parse`] reads back: `status open`, `queue 3`.
    pub fn text(&self) -> String {
        let name = self.name();
        let argument = match self {
            Self::Queue(n) => Some(n.to_string()),
            Self::OpenLink(n) | Self::OpenAttachment(n) => n.map(|n| n.to_string()),
            Self::Status(to) => to.map(|s| s.word().to_owned()),
            Self::Priority(to) => to.map(|p| p.word().to_owned()),
            Self::Search(words)
            | Self::SearchDesk(words)
            | Self::Filter(words)
            | Self::Assign(words)
            | Self::Label(words)
            | Self::MoveTo(words)
            | Self::Subject(words)
            | Self::Requester(words)
            | Self::Merge(words)
            | Self::SaveAttachment(words)
            | Self::Attach(words)
            | Self::Import(words)
            | Self::Desk(words) => words.clone(),
            _ => None,
        };
        argument.map_or_else(|| name.to_owned(), |a| format!("{name} {a}"))
    }
}

/// The nearest of some names, when it is near enough to be meant.
pub fn near<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(40).flat_map(char::to_lowercase).collect();
    let most = 1 + word.len() / 4;
    names
        .filter_map(|name| {
            let chars: Vec<char> = name.chars().collect();
            let begins = word.len() >= 3 && chars.starts_with(&word);
            let far = if begins { 1 } else { distance(&word, &chars) };
            (far <= most).then_some((far, name))
        })
        .min()
        .map(|(_, name)| name)
}

fn nearest(word: &str) -> Option<&'static str> {
    near(word, CATALOGUE.iter().map(|e| e.name).filter(|n| *n != "none"))
}

/// How many letters have to be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// What the desk has, for completion.
pub trait Lookup {
    /// Labels in use.
    fn labels(&self) -> Vec<String>;
    /// Names of queues, in the desk's order.
    fn queues(&self) -> Vec<String>;
    /// Logins of agents, with their names.
    fn agents(&self) -> Vec<(String, String)>;
    /// Names of the configured desks.
    fn desks(&self) -> Vec<String>;
}

/// What can stand next on a `:` line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins that is completed, in bytes.
    pub start: usize,
    /// What can stand there, best first.
    pub candidates: Vec<Candidate>,
}

/// One thing that can stand next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text put in place of the word.
    pub text: String,
    /// What it means.
    pub help: String,
}

/// What can complete a `:` line whose caret stands at its end.
pub fn complete(line: &str, context: Context, words: &Words, desk: &dyn Lookup) -> Completion {
    let lead = line.len() - line.trim_start().len();
    let body = &line[lead..];
    let Some((name, rest)) = body.split_once(char::is_whitespace) else {
        let lower = body.to_lowercase();
        let fits = |e: &&Entry| e.name != "none" && e.name.contains(&lower) && e.places.has(context);
        let mut candidates: Vec<Candidate> =
            CATALOGUE.iter().filter(fits).map(|e| Candidate { text: e.name.to_owned(), help: e.help(words) }).collect();
        candidates.sort_by_key(|c| (!c.text.starts_with(&lower), c.text.clone()));
        return Completion { start: lead, candidates };
    };
    let Some(entry) = resolve(name, context) else { return Completion::default() };
    let many = entry.argument == Argument::Labels;
    let rest_start = lead + name.len() + rest_gap(body, name);
    let last_word = line.char_indices().rev().find(|(_, c)| c.is_whitespace()).map(|(i, c)| i + c.len_utf8());
    let start = if many { last_word.unwrap_or(rest_start) } else { rest_start };
    let word = &line[start..];
    let sign = if many { word.chars().next().filter(|c| matches!(c, '+' | '-')) } else { None };
    let typed = word.trim_start_matches(['+', '-', '@']).to_lowercase();
    let mut candidates: Vec<Candidate> = offers(entry.argument, rest, words, desk)
        .into_iter()
        .filter(|c| c.text.to_lowercase().contains(&typed) || c.help.to_lowercase().contains(&typed))
        .collect();
    candidates.sort_by_key(|c| !c.text.to_lowercase().starts_with(&typed));
    if many {
        for c in &mut candidates {
            c.text.insert(0, sign.unwrap_or('+'));
        }
    }
    Completion { start, candidates }
}

/// The bytes of white space behind the name.
fn rest_gap(body: &str, name: &str) -> usize {
    let after = &body[name.len()..];
    after.len() - after.trim_start().len()
}

fn offers(argument: Argument, rest: &str, words: &Words, desk: &dyn Lookup) -> Vec<Candidate> {
    let plain = |text: String| Candidate { text, help: String::new() };
    match argument {
        Argument::Status => Status::ALL
            .into_iter()
            .filter(|s| *s != Status::Snoozed)
            .map(|s| Candidate { text: s.word().to_owned(), help: differs((words.common.status)(s), s.word()) })
            .collect(),
        Argument::Priority => Priority::ALL
            .into_iter()
            .map(|p| Candidate { text: p.word().to_owned(), help: differs((words.common.priority)(p), p.word()) })
            .collect(),
        Argument::Labels => {
            let said: Vec<&str> = rest.split_whitespace().map(|l| l.trim_start_matches(['+', '-'])).collect();
            let last = if rest.ends_with(char::is_whitespace) { None } else { said.last().copied() };
            desk.labels()
                .into_iter()
                .filter(|l| Some(l.as_str()) == last || !said.contains(&l.as_str()))
                .map(plain)
                .collect()
        }
        Argument::Queue => desk.queues().into_iter().map(plain).collect(),
        Argument::Desk => desk.desks().into_iter().map(plain).collect(),
        Argument::Agent => desk.agents().into_iter().map(|(text, help)| Candidate { text, help }).collect(),
        Argument::None
        | Argument::Number
        | Argument::Words
        | Argument::Ticket
        | Argument::Path
        | Argument::Requester => Vec::new(),
    }
}

/// The translation, where it is one.
fn differs(translation: &str, word: &str) -> String {
    if translation == word { String::new() } else { translation.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{EN, JA};

    struct Desk;

    impl Lookup for Desk {
        fn desks(&self) -> Vec<String> {
            vec!["shop".into(), "rt".into()]
        }

        fn labels(&self) -> Vec<String> {
            vec!["billing".into(), "vip".into()]
        }

        fn queues(&self) -> Vec<String> {
            vec!["Shop".into(), "Shop-X".into(), "返品".into()]
        }

        fn agents(&self) -> Vec<(String, String)> {
            vec![("taro".into(), "佐藤 太郎".into()), ("mika".into(), "Mika Kato".into())]
        }
    }

    fn list(text: &str) -> Result<Action, Mistake> {
        parse(text, Context::List)
    }

    fn texts(line: &str) -> Vec<String> {
        complete(line, Context::List, &EN, &Desk).candidates.into_iter().map(|c| c.text).collect()
    }

    #[test]
    fn actions_with_their_arguments() {
        assert_eq!(list("label +billing -vip"), Ok(Action::Label(Some("+billing -vip".into()))));
        assert_eq!(list(":status  OPEN "), Ok(Action::Status(Some(Status::Open))));
        assert_eq!(list("status"), Ok(Action::Status(None)));
        assert_eq!(list("queue 3"), Ok(Action::Queue(3)));
        assert_eq!(list("assign @taro"), Ok(Action::Assign(Some("taro".into()))));
        assert_eq!(list("search foo bar"), Ok(Action::Search(Some("foo bar".into()))));
        assert_eq!(list("merge #1042"), Ok(Action::Merge(Some("1042".into()))));
        assert_eq!(list("import ~/mail"), Ok(Action::Import(Some("~/mail".into()))));
    }

    #[test]
    fn vims_short_names_mean_what_they_mean_there() {
        for (text, elsewhere, writing) in [
            ("q", Action::Quit, Action::LeaveKeep),
            ("q!", Action::Quit, Action::Discard),
            ("qa", Action::Quit, Action::Quit),
            ("x", Action::SendCard, Action::SendCard),
            ("wq", Action::SendCard, Action::SendCard),
        ] {
            assert_eq!(list(text), Ok(elsewhere), "{text}");
            assert_eq!(parse(text, Context::Composer), Ok(writing), "{text}");
        }
        assert_eq!(parse("w", Context::Insert), Ok(Action::Write));
        assert_eq!(parse("send", Context::Composer), Ok(Action::Send));
        assert!(matches!(list("w"), Err(Mistake::Unknown(..))));
    }

    #[test]
    fn a_number_goes_to_that_row() {
        assert_eq!(parse_line(":12", Context::List), Ok((Action::Bottom, Some(12))));
        assert_eq!(parse_line("0", Context::Thread), Ok((Action::Bottom, Some(1))));
        assert_eq!(parse_line("claim", Context::List), Ok((Action::Claim, None)));
        assert!(parse_line("1042x", Context::List).is_err());
    }

    #[test]
    fn every_alias_leads_somewhere() {
        for (short, name) in ALIASES {
            assert!(by_name(name).is_some(), "{short} -> {name}");
        }
    }

    #[test]
    fn a_mistake_names_what_was_meant() {
        assert_eq!(list("calim"), Err(Mistake::Unknown("calim".into(), Some("claim"))));
        assert_eq!(list("releas"), Err(Mistake::Unknown("releas".into(), Some("release"))));
        assert_eq!(list("xyzzy"), Err(Mistake::Unknown("xyzzy".into(), None)));
        assert_eq!(list(""), Err(Mistake::Empty));
        assert_eq!(list("claim now"), Err(Mistake::TakesNone("claim", "now".into())));
        assert_eq!(list("queue"), Err(Mistake::Wants("queue", Argument::Number)));
        assert!(matches!(list("status done"), Err(Mistake::Wrong("status", _, Argument::Status))));
        assert!(matches!(list("label + "), Err(Mistake::Wrong("label", _, Argument::Labels))));
        assert_eq!(
            Mistake::Unknown("calim".into(), Some("claim")).say(&EN),
            "there is no action `calim`. Did you mean `claim`?"
        );
        assert!(Mistake::Wants("queue", Argument::Number).say(&JA).contains("番号"));
    }

    #[test]
    fn every_action_is_read_back_from_its_text() {
        for entry in CATALOGUE {
            let action = match entry.action {
                Action::Queue(_) => Action::Queue(7),
                Action::OpenLink(_) => Action::OpenLink(Some(2)),
                Action::Status(_) => Action::Status(Some(Status::Open)),
                Action::Label(_) => Action::Label(Some("+a -b".into())),
                ref other => other.clone(),
            };
            let context = if entry.name == "write" { Context::Composer } else { Context::List };
            if entry.name == "quit" {
                continue; // covered above: what it means depends on the place
            }
            assert_eq!(parse(&action.text(), context), Ok(action), "{}", entry.name);
        }
    }

    #[test]
    fn completion_offers_names_then_arguments() {
        assert_eq!(texts("rel")[..2], ["release".to_owned(), "reload".to_owned()]);
        assert_eq!(texts("status re"), ["resolved"]);
        assert_eq!(texts("move sh"), ["Shop", "Shop-X"]);
        assert_eq!(texts("assign 太"), ["taro"]);
        assert_eq!(texts("label +billing -v"), ["-vip"]);
        assert_eq!(texts("label +billing "), ["+vip"]);
        assert!(texts("claim x").is_empty());
        assert!(texts("nosuch x").is_empty());
        let c = complete("  label +bil", Context::List, &EN, &Desk);
        assert_eq!((c.start, c.candidates[0].text.as_str()), (8, "+billing"));
    }

    #[test]
    fn completion_never_splits_a_letter() {
        for line in ["move 返", "　", "label 　+a", "move\u{3000}返", ":", "move  "] {
            let c = complete(line, Context::List, &JA, &Desk);
            assert!(line.is_char_boundary(c.start), "{line}");
        }
    }
}

//! The list's filter: words that narrow what is loaded, while one types. Total: what is no known word is searched as text.

use jiff::Timestamp;

use crate::domain::{AgentId, Status, TicketRow};
use crate::text::fold;

/// A parsed filter. The empty one fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<(bool, Word)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// `none`: nobody holds it.
    Nobody,
    /// `mine`, `@me`: I hold it.
    Mine,
    /// `late`.
    Late,
    /// `>1h`: waits longer.
    Older(i64),
    /// `<1h`: waits not so long.
    Younger(i64),
    /// `@taro`: held by somebody whose login or name begins so.
    Agent(String),
    /// `label:vip`.
    Label(String),
    /// `queue:shop`.
    Queue(String),
    /// A status' word.
    Status(Status),
    /// Anything else.
    Text(String),
}

impl Filter {
    /// Reads a line: words apart by spaces, all of which must fit; `-` before a word means that it must not.
    pub fn parse(line: &str) -> Self {
        let words = line.split_whitespace().map(|typed| match typed.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, Word::parse(rest)),
            _ => (false, Word::parse(typed)),
        });
        Self { words: words.collect() }
    }

    /// Whether it fits everything.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row fits.
    pub fn fits(&self, row: &TicketRow, me: Option<&AgentId>, now: Timestamp) -> bool {
        let text = self.words.iter().any(|(_, w)| matches!(w, Word::Text(_))).then(|| row.haystack());
        self.words.iter().all(|(not, word)| {
            let age = now.as_second() - age_of(row).as_second();
            let fits = match word {
                Word::Nobody => row.assignee.is_none(),
                Word::Mine => row.assignee.as_ref().is_some_and(|a| Some(&a.id) == me),
                Word::Late => row.late,
                Word::Older(seconds) => age > *seconds,
                Word::Younger(seconds) => age < *seconds,
                Word::Agent(begin) => row
                    .assignee
                    .as_ref()
                    .is_some_and(|a| fold(&a.login).starts_with(begin) || fold(&a.name).starts_with(begin)),
                Word::Label(label) => row.labels.iter().any(|l| fold(l) == *label),
                Word::Queue(begin) => fold(&row.queue).starts_with(begin),
                Word::Status(status) => row.status == *status,
                Word::Text(word) => text.as_ref().is_some_and(|t| t.contains(word)),
            };
            fits != *not
        })
    }
}

impl Word {
    fn parse(typed: &str) -> Self {
        let word = fold(typed);
        let after = |lead: &str| word.strip_prefix(lead).filter(|rest| !rest.is_empty());
        match word.as_str() {
            "none" => return Self::Nobody,
            "mine" | "@me" => return Self::Mine,
            "late" => return Self::Late,
            _ => {}
        }
        if let Some(seconds) = after(">").and_then(span) {
            return Self::Older(seconds);
        }
        if let Some(seconds) = after("<").and_then(span) {
            return Self::Younger(seconds);
        }
        if let Some(begin) = after("@") {
            return Self::Agent(begin.to_owned());
        }
        if let Some(label) = after("label:") {
            return Self::Label(label.to_owned());
        }
        if let Some(begin) = after("queue:") {
            return Self::Queue(begin.to_owned());
        }
        if let Some(status) = Status::parse(&word) {
            return Self::Status(status);
        }
        Self::Text(word)
    }
}

/// Reads `30m`, `2h`, `3d`, `1w` as seconds.
fn span(typed: &str) -> Option<i64> {
    let unit = typed.chars().last()?;
    let n: i64 = typed.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    n.checked_mul(seconds)
}

/// Since when a ticket stands as it does: since the customer waits, or else since it last changed.
pub fn age_of(row: &TicketRow) -> Timestamp {
    row.waiting_since.unwrap_or(row.updated_at)
}

//! RT's statuses, which every lifecycle names as it likes, and RT's priorities, which are numbers.
//!
//! RT tells no lifecycle's statuses (`/lifecycles` is 404). What a name means is taken from the stock names and from common
//! words; whether it is active is learned from lists asked for with `__Active__`; which names there are, from tickets, from the
//! moves that tickets offer, and from history.

use std::collections::{BTreeSet, HashMap};

use crate::domain::{Priority, Status};

/// Words in the names of statuses, and what they say. The first that fits decides; more exact ones stand first.
const WORDS: &[(&str, Status)] = &[
    ("reject", Status::Closed),
    ("cancel", Status::Closed),
    ("closed", Status::Closed),
    ("delet", Status::Closed),
    ("spam", Status::Closed),
    ("abandon", Status::Closed),
    ("却下", Status::Closed),
    ("取消", Status::Closed),
    ("キャンセル", Status::Closed),
    ("クローズ", Status::Closed),
    ("resolv", Status::Resolved),
    ("finish", Status::Resolved),
    ("complet", Status::Resolved),
    ("done", Status::Resolved),
    ("fixed", Status::Resolved),
    ("solved", Status::Resolved),
    ("解決", Status::Resolved),
    ("完了", Status::Resolved),
    ("終了", Status::Resolved),
    ("stall", Status::Waiting),
    ("wait", Status::Waiting),
    ("pending", Status::Waiting),
    ("hold", Status::Waiting),
    ("feedback", Status::Waiting),
    ("保留", Status::Waiting),
    ("待", Status::Waiting),
    ("open", Status::Open),
    ("progress", Status::Open),
    ("running", Status::Open),
    ("working", Status::Open),
    ("assigned", Status::Open),
    ("対応中", Status::Open),
    ("処理中", Status::Open),
    ("作業中", Status::Open),
    ("new", Status::New),
    ("asked", Status::New),
    ("received", Status::New),
    ("新規", Status::New),
    ("未対応", Status::New),
    ("受付", Status::New),
];

/// What is known of the desk's lifecycles.
#[derive(Debug, Default)]
pub struct Statuses {
    /// Whether tickets of a status are active, by lifecycle and name.
    active: HashMap<(String, String), bool>,
    /// The names seen, by lifecycle.
    names: HashMap<String, BTreeSet<String>>,
}

impl Statuses {
    /// A status was seen or offered in a lifecycle.
    pub fn saw(&mut self, lifecycle: &str, name: &str) {
        if name.is_empty() || name == "deleted" {
            return;
        }
        let names = self.names.entry(lifecycle.to_owned()).or_default();
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    /// A status is among the active ones, or among the others.
    pub fn learn(&mut self, lifecycle: &str, name: &str, active: bool) {
        self.saw(lifecycle, name);
        self.active.insert((lifecycle.to_owned(), name.to_owned()), active);
    }

    /// Neither its name nor what was learned says what it means.
    pub fn is_puzzling(&self, lifecycle: &str, name: &str) -> bool {
        by_name(name).is_none() && !self.active.contains_key(&(lifecycle.to_owned(), name.to_owned()))
    }

    /// What a status means. `started`: the ticket has left its first status.
    pub fn ours(&self, lifecycle: &str, name: &str, started: bool) -> Status {
        let active = self.active.get(&(lifecycle.to_owned(), name.to_owned())).copied();
        let working = if started { Status::Open } else { Status::New };
        match (by_name(name), active) {
            (Some(status), Some(true)) if status.is_done() => Status::Open,
            (Some(status), Some(false)) if !status.is_done() => Status::Resolved,
            (Some(status), _) => status,
            (None, Some(false)) => Status::Resolved,
            (None, _) => working,
        }
    }

    /// The names of a lifecycle that mean a status, the plainest first.
    pub fn natives(&self, lifecycle: &str, to: Status) -> Vec<String> {
        let stock = match to {
            Status::New => "new",
            Status::Open => "open",
            Status::Waiting => "stalled",
            Status::Resolved => "resolved",
            Status::Closed => "rejected",
            Status::Snoozed => return Vec::new(),
        };
        let mut names: Vec<String> = Vec::new();
        if lifecycle == "default" || lifecycle.is_empty() {
            names.push(stock.to_owned());
        }
        let known = self.names.get(lifecycle).into_iter().flatten();
        let mut rest: Vec<&String> = known.filter(|n| self.ours(lifecycle, n, true) == to && *n != stock).collect();
        // A name that says what it means goes before one that only is no other.
        rest.sort_by_key(|n| (by_name(n).is_none(), (*n).clone()));
        names.extend(rest.into_iter().cloned());
        names
    }

    /// Every name seen in a lifecycle, for people.
    pub fn known(&self, lifecycle: &str) -> String {
        self.names
            .get(lifecycle)
            .map(|n| n.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            .unwrap_or_default()
    }
}

fn by_name(name: &str) -> Option<Status> {
    let lower = name.to_lowercase();
    WORDS.iter().find(|(word, _)| lower.contains(word)).map(|(_, status)| *status)
}

/// RT's own scale calls 0 Low, 50 Medium and 100 High; what is far above is urgent.
pub fn priority(number: &str) -> Priority {
    match number.trim().parse::<i64>().unwrap_or(0) {
        ..50 => Priority::Low,
        50..100 => Priority::Normal,
        100..150 => Priority::High,
        _ => Priority::Urgent,
    }
}

/// The number that RT shows under the word.
pub const fn number(priority: Priority) -> u32 {
    match priority {
        Priority::Low => 0,
        Priority::Normal => 50,
        Priority::High => 100,
        Priority::Urgent => 200,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_statuses_are_known_without_asking() {
        let none = Statuses::default();
        for (name, status) in [
            ("new", Status::New),
            ("open", Status::Open),
            ("stalled", Status::Waiting),
            ("resolved", Status::Resolved),
            ("rejected", Status::Closed),
            ("deleted", Status::Closed),
        ] {
            assert_eq!(none.ours("default", name, true), status, "{name}");
            assert!(!none.is_puzzling("default", name));
            if name != "deleted" {
                assert_eq!(none.natives("default", status), [name]);
            }
        }
        assert!(none.natives("default", Status::Snoozed).is_empty());
    }

    #[test]
    fn a_lifecycle_of_the_house_is_learned() {
        let mut known = Statuses::default();
        known.learn("onboarding", "asked", true);
        known.learn("onboarding", "scheduled", true);
        for name in ["running", "waiting", "finished", "cancelled", "deleted"] {
            known.saw("onboarding", name);
        }
        assert_eq!(known.ours("onboarding", "asked", false), Status::New);
        assert_eq!(known.ours("onboarding", "scheduled", true), Status::Open);
        assert_eq!(known.natives("onboarding", Status::Open), ["running", "scheduled"]);
        assert_eq!(known.natives("onboarding", Status::Waiting), ["waiting"]);
        assert_eq!(known.natives("onboarding", Status::Resolved), ["finished"]);
        assert_eq!(known.natives("onboarding", Status::Closed), ["cancelled"]);
        assert!(known.is_puzzling("haus", "erledigt"));
        known.learn("haus", "erledigt", false);
        assert_eq!(known.ours("haus", "erledigt", true), Status::Resolved);
        // What the desk says is stronger than what a name seems to say.
        known.learn("haus", "closed for lunch", true);
        assert_eq!(known.ours("haus", "closed for lunch", true), Status::Open);
    }

    #[test]
    fn priorities_go_there_and_back() {
        for p in Priority::ALL {
            assert_eq!(priority(&number(p).to_string()), p);
        }
        assert_eq!((priority("60"), priority("")), (Priority::Normal, Priority::Low));
    }
}

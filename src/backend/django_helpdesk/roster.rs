//! Names for numbers. The API has neither queues nor users; its pages for people have forms with both, which a token may read.

use crate::domain::Queue;
use crate::domain::people::{Agent, AgentRef};
use crate::text::Clean;

/// More names than these are a house's customers, not its agents.
const MOST: usize = 40;

/// What the forms tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Number and name, in the form's order.
    pub queues: Vec<(i64, String)>,
    /// Every account that may hold a ticket, which customers may too.
    pub users: Vec<(i64, String)>,
    /// Statuses in the house's words.
    pub statuses: Vec<(i64, String)>,
}

impl Roster {
    /// Reads the forms of a page; nothing when it has none.
    pub fn read(html: &str) -> Option<Self> {
        let queues = options(html, "queue")?;
        let users = options(html, "assigned_to")?;
        Some(Self { queues, users, statuses: options(html, "status").unwrap_or_default() })
    }

    /// Reads `1=Shop, 2=Billing` of the configuration.
    pub fn pairs(text: &str) -> Vec<(i64, String)> {
        let pair = |part: &str| {
            let (number, name) = part.split_once('=')?;
            Some((number.trim().parse().ok()?, name.trim().to_owned()))
        };
        text.split(',').filter_map(pair).collect()
    }

    pub fn user(&self, id: i64) -> AgentRef {
        let name = self.users.iter().find(|u| u.0 == id).map_or_else(|| format!("user {id}"), |u| u.1.clone());
        AgentRef { id: id.to_string().as_str().into(), login: Clean::line(&name), name: Clean::line(&name) }
    }

    /// The number of an account, by its number or name.
    pub fn find_user(&self, said: &str) -> Option<i64> {
        self.users.iter().find(|u| u.0.to_string() == said || u.1 == said).map(|u| u.0)
    }

    pub fn queue(&self, id: i64) -> String {
        self.queues.iter().find(|q| q.0 == id).map_or_else(|| format!("queue {id}"), |q| q.1.clone())
    }

    pub fn find_queue(&self, said: &str) -> Option<i64> {
        self.queues.iter().find(|q| q.0.to_string() == said || q.1 == said).map(|q| q.0)
    }

    pub fn status(&self, number: i64) -> String {
        let known = ["open", "reopened", "resolved", "closed", "duplicate"];
        match self.statuses.iter().find(|s| s.0 == number) {
            Some((_, name)) => name.to_lowercase(),
            None => {
                let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
                at.and_then(|at| known.get(at)).map_or_else(|| format!("status {number}"), |s| (*s).to_owned())
            }
        }
    }

    /// The numbers of the statuses in which there is work.
    pub fn active(&self) -> Vec<i64> {
        use super::wire::{CLOSED, DUPLICATE, OPEN, REOPENED, RESOLVED};
        let own = self.statuses.iter().map(|s| s.0).filter(|n| ![RESOLVED, CLOSED, DUPLICATE].contains(n));
        let mut all: Vec<i64> = [OPEN, REOPENED].into_iter().chain(own).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The agents: everybody where they are few, else those who were seen at work.
    pub fn agents(&self, seen: &[i64]) -> Vec<Agent> {
        let mut ids: Vec<i64> = self.users.iter().map(|u| u.0).collect();
        if ids.len() > MOST || ids.is_empty() {
            ids = seen.to_vec();
        }
        ids.sort_unstable();
        ids.dedup();
        let agent = |(rank, id): (usize, &i64)| {
            let AgentRef { id, login, name } = self.user(*id);
            Agent {
                id,
                login,
                name,
                email: Clean::default(),
                color: rank as u16,
                role: crate::domain::people::Role::default(),
                load: crate::domain::people::Load::default(),
                presence: crate::domain::people::Presence::default(),
            }
        };
        ids.iter().enumerate().map(agent).collect()
    }

    /// The queues, without counts.
    pub fn all_queues(&self) -> Vec<Queue> {
        let queue = |(id, name): &(i64, String)| Queue {
            id: id.to_string().as_str().into(),
            name: Clean::line(name),
            reply_within: None,
            counts: crate::domain::Counts::default(),
        };
        self.queues.iter().map(queue).collect()
    }
}

/// The numbered options of the first `<select>` of a name.
fn options(html: &str, name: &str) -> Option<Vec<(i64, String)>> {
    let mark = format!("name=\"{name}\"");
    let begin = html.match_indices("<select").find_map(|(at, _)| {
        let tag = &html[at..at + html[at..].find('>')?];
        tag.contains(&mark).then_some(at + tag.len())
    })?;
    let end = begin + html[begin..].find("</select>")?;
    let mut found = Vec::new();
    for option in html[begin..end].split("<option").skip(1) {
        let Some((tag, rest)) = option.split_once('>') else { continue };
        let value = tag.split_once("value=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value);
        let name = rest.split('<').next().unwrap_or_default().trim();
        if let Some(number) = value.and_then(|v| v.parse().ok()) {
            found.push((number, plain(name)));
        }
    }
    Some(found)
}

/// The text of an option, as Django escapes it.
fn plain(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_tell_queues_and_people() {
        let html = r#"<select class="form-control" name="queue">
            <option value="4"  >Billing &amp; Tax</option><option value="6" >日本サポート</option></select>
            <select name="assigned_to"><option value="" selected>--------</option><option value="2">mika</option></select>
            <select name="status"><option value="1">Open</option><option value="9">In Review</option></select>"#;
        let roster = Roster::read(html).unwrap();
        assert_eq!(roster.queues, [(4, "Billing & Tax".to_owned()), (6, "日本サポート".to_owned())]);
        assert_eq!(roster.users, [(2, "mika".to_owned())]);
        assert_eq!((roster.status(9), roster.status(3)), ("in review".to_owned(), "resolved".to_owned()));
        assert_eq!(roster.active(), [1, 2, 9]);
        assert_eq!((roster.find_user("mika"), roster.find_user("2"), roster.find_user("3")), (Some(2), Some(2), None));
        assert_eq!(Roster::read("<html>nothing</html>"), None);
        assert_eq!(Roster::pairs("1=Shop, 2 = Billing, x"), [(1, "Shop".to_owned()), (2, "Billing".to_owned())]);
    }
}

//! From an action and the chosen tickets to exact changes, or a refusal with its reason. Pure: keys, `:` line and CLI share it.

use super::Action;
use crate::domain::{
    Agent, AgentId, Change, Priority, Queue, QueueId, Requester, Status, TicketId, TicketRow, change::Pick,
    change::Split,
};
use crate::text::Clean;

/// What names may mean.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The desk's agents.
    pub agents: &'a [Agent],
    /// My queues.
    pub queues: &'a [Queue],
    /// Me.
    pub me: Option<&'a AgentId>,
}

/// Why an action came to no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The action is no write, or lacks its argument.
    NotAWrite,
    /// No ticket is chosen.
    NoTicket,
    /// No agent is called so.
    NoAgent(String),
    /// No queue is called so.
    NoQueue(String),
    /// Several are called so.
    Ambiguous(String),
    /// Nothing would change.
    NothingToDo,
}

/// Finds an agent by login, id, full name, or a prefix of a login or name that fits one only.
pub fn find_agent<'a>(agents: &'a [Agent], typed: &str) -> Result<&'a Agent, Refusal> {
    let typed = typed.trim().trim_start_matches('@');
    let exact = agents.iter().find(|a| {
        a.login.eq_ignore_ascii_case(typed) || a.id.as_str() == typed || a.name.to_lowercase() == typed.to_lowercase()
    });
    if let Some(agent) = exact {
        return Ok(agent);
    }
    let low = typed.to_lowercase();
    let mut hits = agents.iter().filter(|a| {
        !low.is_empty()
            && (a.login.to_lowercase().starts_with(&low)
                || a.name.to_lowercase().split_whitespace().any(|w| w.starts_with(&low)))
    });
    match (hits.next(), hits.next()) {
        (Some(agent), None) => Ok(agent),
        (Some(_), Some(_)) => Err(Refusal::Ambiguous(typed.to_owned())),
        (None, _) => Err(Refusal::NoAgent(typed.to_owned())),
    }
}

/// Finds a queue by name, id, or a prefix of a name that fits one only.
pub fn find_queue<'a>(queues: &'a [Queue], typed: &str) -> Result<&'a Queue, Refusal> {
    let low = typed.trim().to_lowercase();
    if let Some(queue) = queues.iter().find(|q| q.name.to_lowercase() == low || q.id.as_str() == typed.trim()) {
        return Ok(queue);
    }
    let mut hits = queues.iter().filter(|q| !low.is_empty() && q.name.to_lowercase().starts_with(&low));
    match (hits.next(), hits.next()) {
        (Some(queue), None) => Ok(queue),
        (Some(_), Some(_)) => Err(Refusal::Ambiguous(typed.trim().to_owned())),
        (None, _) => Err(Refusal::NoQueue(typed.trim().to_owned())),
    }
}

/// Reads `+billing -vip` (a bare word counts as `+`): what to add, what to remove.
pub fn parse_labels(typed: &str) -> (Vec<Clean>, Vec<Clean>) {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for word in typed.split([' ', ',']).filter(|w| !w.is_empty()) {
        match word.strip_prefix('-') {
            Some(gone) if !gone.is_empty() => remove.push(Clean::line(gone)),
            _ => {
                let word = word.trim_start_matches('+');
                if !word.is_empty() {
                    add.push(Clean::line(word));
                }
            }
        }
    }
    (add, remove)
}

/// Stands for an agent's name where tickets are spread over several.
pub const SPREAD: &str = "*";

/// Hands the tickets, as they stand, to those of the agents who hold least, one after the other.
pub fn spread(rows: &[TicketRow], agents: &[&Agent]) -> Result<Vec<Change>, Refusal> {
    let mut loads: Vec<(u32, &Agent)> = agents.iter().map(|a| (a.load.load, *a)).collect();
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let holder = row.assignee.as_ref().map(|holder| &holder.id);
        // It is dealt anew: who has it holds one less until it comes back to him.
        if let Some((load, _)) = loads.iter_mut().find(|(_, agent)| Some(&agent.id) == holder) {
            *load = load.saturating_sub(1);
        }
        let least =
            loads.iter_mut().min_by_key(|(load, agent)| (*load, Some(&agent.id) != holder, agent.login.clone()));
        let (load, agent) = least.ok_or_else(|| Refusal::NoAgent(SPREAD.to_owned()))?;
        *load += 1;
        if Some(&agent.id) != holder {
            changes.push(Change::Assign { ticket: row.id.clone(), to: agent.id.clone() });
        }
    }
    match (rows.is_empty(), changes.is_empty()) {
        (true, _) => Err(Refusal::NoTicket),
        (false, true) => Err(Refusal::NothingToDo),
        (false, false) => Ok(changes),
    }
}

/// The changes an action means for the chosen tickets.
pub fn changes(action: &Action, rows: &[TicketRow], names: Names<'_>) -> Result<Vec<Change>, Refusal> {
    if rows.is_empty() {
        return Err(Refusal::NoTicket);
    }
    let each = |f: &dyn Fn(TicketId) -> Change| rows.iter().map(|r| f(r.id.clone())).collect::<Vec<_>>();
    let status = |to: Status| each(&|ticket| Change::Status { ticket, to });
    let done = match action {
        Action::Claim => each(&|ticket| Change::Claim { ticket }),
        Action::Release => each(&|ticket| Change::Release { ticket }),
        Action::Steal => each(&|ticket| Change::Steal { ticket }),
        Action::Assign(Some(who)) => {
            if who == "me" {
                let me = names.me.ok_or_else(|| Refusal::NoAgent(who.clone()))?;
                each(&|ticket| Change::Assign { ticket, to: me.clone() })
            } else {
                let agent = find_agent(names.agents, who)?;
                each(&|ticket| Change::Assign { ticket, to: agent.id.clone() })
            }
        }
        Action::Status(Some(to)) => status(*to),
        Action::Done => status(Status::Resolved),
        Action::Close => status(Status::Closed),
        Action::Priority(Some(to)) => priority(rows, *to),
        Action::Label(Some(typed)) => {
            let (add, remove) = parse_labels(typed);
            if add.is_empty() && remove.is_empty() {
                return Err(Refusal::NothingToDo);
            }
            each(&|ticket| Change::Label { ticket, add: add.clone(), remove: remove.clone() })
        }
        Action::MoveTo(Some(typed)) => {
            let queue: QueueId = find_queue(names.queues, typed)?.id.clone();
            each(&|ticket| Change::Move { ticket, to: queue.clone() })
        }
        Action::Subject(Some(typed)) => {
            let to = Clean::line(typed.trim());
            each(&|ticket| Change::Subject { ticket, to: to.clone() })
        }
        Action::Requester(Some(typed)) => {
            let to = Requester::parse(typed);
            each(&|ticket| Change::Requester { ticket, to: to.clone() })
        }
        Action::Merge(Some(typed)) => {
            let into = TicketId::parse(typed).ok_or(Refusal::NothingToDo)?;
            rows.iter()
                .filter(|r| r.id != into)
                .map(|r| Change::Merge { ticket: r.id.clone(), into: into.clone() })
                .collect()
        }
        _ => return Err(Refusal::NotAWrite),
    };
    if done.is_empty() { Err(Refusal::NothingToDo) } else { Ok(done) }
}

fn priority(rows: &[TicketRow], to: Priority) -> Vec<Change> {
    rows.iter().map(|r| Change::Priority { ticket: r.id.clone(), to }).collect()
}

/// The same change for another ticket, for `.`: `None` for what may not be repeated.
pub fn retarget(change: &Change, ticket: TicketId) -> Option<Change> {
    match change {
        Change::Claim { .. } => Some(Change::Claim { ticket }),
        Change::Release { .. } => Some(Change::Release { ticket }),
        Change::Assign { to, .. } => Some(Change::Assign { ticket, to: to.clone() }),
        Change::Status { to, .. } => Some(Change::Status { ticket, to: *to }),
        Change::Priority { to, .. } => Some(Change::Priority { ticket, to: *to }),
        Change::Label { add, remove, .. } => Some(Change::Label { ticket, add: add.clone(), remove: remove.clone() }),
        Change::Move { to, .. } => Some(Change::Move { ticket, to: to.clone() }),
        Change::Steal { .. }
        | Change::Reply { .. }
        | Change::Note { .. }
        | Change::New(_)
        | Change::Subject { .. }
        | Change::Requester { .. }
        | Change::Split(_)
        | Change::Merge { .. }
        | Change::Undo { .. } => None,
    }
}

/// A split of whole messages with everything else as the source has it.
pub fn split_messages(ticket: TicketId, messages: Vec<crate::domain::MessageId>) -> Split {
    Split { ticket, pick: Pick::Messages(messages), subject: None, queue: None, assignee: None, labels: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_with_signs() {
        let (add, remove) = parse_labels("+billing -vip, urgent -");
        assert_eq!(add.iter().map(Clean::as_str).collect::<Vec<_>>(), ["billing", "urgent", "-"]);
        assert_eq!(remove.iter().map(Clean::as_str).collect::<Vec<_>>(), ["vip"]);
    }

    #[test]
    fn what_speaks_to_a_customer_is_never_repeated() {
        let t = TicketId::from("1");
        let other = TicketId::from("2");
        let reply = Change::Reply { ticket: t.clone(), message: crate::domain::Outgoing::default() };
        assert_eq!(retarget(&reply, other.clone()), None);
        assert!(!reply.is_repeatable());
        let claim = Change::Claim { ticket: t };
        assert_eq!(retarget(&claim, other.clone()), Some(Change::Claim { ticket: other }));
    }

    #[test]
    fn what_is_spread_leaves_its_holders_first() {
        let agent = |id: &str, login: &str, load: u32| -> Agent {
            serde_json::from_value(serde_json::json!({
                "id": id, "login": login, "name": login, "role": "agent", "load": { "load": load, "waiting": 0, "on_us": 0 },
            }))
            .unwrap()
        };
        let held = |by: &Agent| TicketRow { assignee: Some(by.as_ref()), ..crate::domain::fixture::row("7") };
        let (alma, taro) = (agent("1", "alma", 2), agent("2", "taro", 1));
        let rows = [held(&alma), held(&alma), held(&taro)];
        assert_eq!(spread(&rows, &[&alma, &taro]), Err(Refusal::NothingToDo), "everyone keeps his own");
        let alma = agent("1", "alma", 4);
        let to = spread(&rows, &[&alma, &taro]).unwrap();
        let to_taro = || Change::Assign { ticket: "7".into(), to: "2".into() };
        assert_eq!(to, [to_taro()], "then Alma has three and Taro two");
        assert_eq!(spread(&[], &[&alma]), Err(Refusal::NoTicket));
        assert!(spread(&rows, &[]).is_err());
    }
}

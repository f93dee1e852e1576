//! A change whose answer was lost, on a desk that would do it twice: the ticket tells whether it was done, before it is sent again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::backend::Shared;
use crate::domain::{AgentId, Change, DeskError, Kind, Message, Receipt, Thread, TicketRow};

/// Clocks of two machines differ, and some desks keep whole minutes.
const CLOCKS: Duration = Duration::from_mins(3);

/// What the ticket tells.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// It was done.
    Done(Box<Receipt>),
    /// It was not.
    NotDone,
    /// It shows nothing: the agent has to look.
    Nothing,
}

/// Asks the desk for the ticket of a change and looks for what the change would have done. `me` may be unknown.
pub(super) async fn look(
    backend: &Shared,
    change: &Change,
    accepted_at: Timestamp,
    me: Option<&AgentId>,
) -> Result<Told, DeskError> {
    let Some(ticket) = change.ticket() else { return Ok(Told::Nothing) };
    let thread = match backend.thread(ticket, None).await {
        Ok(thread) => thread,
        Err(error) if error.is_retryable() => return Err(error),
        // What is gone may be gone because of this change, or not.
        Err(_) => return Ok(Told::Nothing),
    };
    let since = accepted_at.checked_sub(SignedDuration::try_from(CLOCKS).unwrap_or_default()).unwrap_or(accepted_at);
    Ok(tell(change, thread, since, me))
}

fn tell(change: &Change, thread: Thread, since: Timestamp, me: Option<&AgentId>) -> Told {
    let row = &thread.ticket;
    let holder = row.assignee.as_ref().map(|a| &a.id);
    let done = match change {
        Change::Reply { message, .. } => {
            return said(thread.messages.iter().find(|m| is(m, Kind::Reply, &message.text, since)), row);
        }
        Change::Note { message, .. } => {
            return said(thread.messages.iter().find(|m| is(m, Kind::Note, &message.text, since)), row);
        }
        // Somebody holds it, and without knowing who we are it cannot be told whether we do.
        Change::Claim { .. } | Change::Steal { .. } if holder.is_some() && me.is_none() => return Told::Nothing,
        Change::Claim { .. } | Change::Steal { .. } => holder.is_some() && holder == me,
        Change::Release { .. } => holder.is_none(),
        Change::Assign { to, .. } => holder == Some(to),
        Change::Status { to, .. } => row.status == *to,
        Change::Priority { to, .. } => row.priority == *to,
        Change::Label { add, remove, .. } => {
            add.iter().all(|l| row.labels.contains(l)) && !remove.iter().any(|l| row.labels.contains(l))
        }
        Change::Move { to, .. } => row.queue_id == *to,
        Change::Subject { to, .. } => row.subject == *to,
        Change::Requester { to, .. } => row.requester.email == to.email && row.requester.name == to.name,
        Change::Merge { into, .. } if row.merged_into.as_ref() == Some(into) => true,
        Change::Merge { .. } => row.merged_into.is_some(),
        // A split is made in steps where it is not made at once, and the first of them is the other ticket: it may be there although
        // nothing is gone from this one.
        Change::Split(_) | Change::New(_) | Change::Undo { .. } => return Told::Nothing,
    };
    if done { Told::Done(Box::new(receipt(row, None))) } else { Told::NotDone }
}

fn said(found: Option<&Message>, row: &TicketRow) -> Told {
    found.map_or(Told::NotDone, |message| Told::Done(Box::new(receipt(row, Some(message.clone())))))
}

/// Whether a message is what was sent: desks put signatures below and wrap lines anew.
fn is(message: &Message, kind: Kind, text: &str, since: Timestamp) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    message.kind == kind && message.at >= since && plain(&message.text).contains(&plain(text))
}

fn receipt(row: &TicketRow, message: Option<Message>) -> Receipt {
    Receipt { delivery: message.as_ref().and_then(|m| m.delivery), message, ..Receipt::of(row.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;
    use crate::domain::{AgentRef, Pick, Split, Status, TicketId};
    use crate::text::Clean;

    fn thread(row: TicketRow, texts: &[(Kind, &str, i64)]) -> Thread {
        let messages = texts.iter().map(|(kind, text, at)| {
            let at = Timestamp::from_second(*at).unwrap();
            serde_json::from_value(serde_json::json!({
                "id": "1", "number": 1, "kind": kind, "author": {}, "at": at, "text": text,
            }))
            .unwrap()
        });
        Thread { ticket: row, messages: messages.collect(), events: Vec::new() }
    }

    #[test]
    fn the_ticket_tells_what_was_done() {
        let row = fixture::row("7");
        let mika = AgentRef { id: "1".into(), login: Clean::line("mika"), name: Clean::line("Mika") };
        let held = TicketRow { assignee: Some(mika), ..row.clone() };
        let ticket = || TicketId::from("7");
        let me = AgentId::from("1");
        let since = Timestamp::from_second(100).unwrap();
        let tells = |change: &Change, thread: Thread, me: Option<&AgentId>| match tell(change, thread, since, me) {
            Told::Done(_) => "done",
            Told::NotDone => "not",
            Told::Nothing => "nothing",
        };
        let claim = Change::Claim { ticket: ticket() };
        assert_eq!(tells(&claim, thread(held.clone(), &[]), Some(&me)), "done");
        assert_eq!(tells(&claim, thread(held.clone(), &[]), Some(&"2".into())), "not");
        assert_eq!(tells(&claim, thread(held, &[]), None), "nothing");
        assert_eq!(tells(&claim, thread(row.clone(), &[]), None), "not");
        let status = Change::Status { ticket: ticket(), to: Status::Resolved };
        assert_eq!(tells(&status, thread(row.clone(), &[]), None), "not");
        let split = Change::Split(Split {
            ticket: ticket(),
            pick: Pick::Messages(vec!["1".into()]),
            subject: None,
            queue: None,
            assignee: None,
            labels: None,
        });
        assert_eq!(tells(&split, thread(row.clone(), &[]), Some(&me)), "nothing");
        let reply = fixture::reply("7", "We sent it\nagain.");
        for (texts, told) in [
            (&[(Kind::Reply, "We sent it again.\n-- \nShop", 101)][..], "done"),
            (&[(Kind::Note, "We sent it again.", 101)], "not"),
            (&[(Kind::Reply, "We sent it again.", 99)], "not"),
            (&[(Kind::Reply, "Something else", 101)], "not"),
        ] {
            assert_eq!(tells(&reply, thread(row.clone(), texts), None), told, "{texts:?}");
        }
    }
}

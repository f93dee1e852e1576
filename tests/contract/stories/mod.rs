//! What every helpdesk must do, or say that it cannot: one `async fn` for each, and what they share.

pub mod claims;
pub mod people;
pub mod words;

use ticketty::domain::{
    AgentId, Change, ChangeId, DeskError, DeskView, Outgoing, Query, QueueId, Receipt, Support, Thread, TicketId,
    TicketRow,
};

use super::site::{Arriving, Site, Who};

/// Fresh keys; desks that know no keys never see one.
fn key() -> ChangeId {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    ChangeId::new(format!("story-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Makes a change that must succeed.
#[track_caller]
fn done(result: Result<Receipt, DeskError>, change: &Change) -> Receipt {
    result.unwrap_or_else(|e| panic!("{change:?}: {e:?}"))
}

async fn apply(site: &dyn Site, who: Who, change: Change) -> Receipt {
    done(site.desk(who).apply(&change, &key()).await, &change)
}

async fn refused(site: &dyn Site, who: Who, change: Change) -> DeskError {
    match site.desk(who).apply(&change, &key()).await {
        Err(error) => error,
        Ok(receipt) => panic!("{change:?} was not refused: {receipt:?}"),
    }
}

/// Whether the desk does such a change at all. Where it does not, this holds it to saying so, with the reason it gave before,
/// without a single question to the desk, and so without changing anything.
async fn can(site: &dyn Site, change: Change) -> bool {
    let desk = site.desk(Who::Mika);
    let Support::Impossible { why } = desk.support(change.verb()) else { return true };
    assert!(!why.is_empty(), "{:?} is impossible without a reason", change.verb());
    let asked = desk.round_trips();
    let answer = desk.apply(&change, &key()).await;
    assert_eq!(answer.err(), Some(DeskError::NotPossible { why }), "{change:?}");
    assert_eq!(desk.round_trips(), asked, "{change:?}: asked the desk for what it cannot do");
    false
}

/// A mail of Lena's becomes a ticket of its own; its subject has a word of its own.
async fn ticket(site: &dyn Site) -> TicketId {
    let subject = format!("Parcel {}", site.word().await);
    site.arrives(&Arriving::new(&subject, "Where is my parcel?\nIt should be here.")).await
}

async fn thread(site: &dyn Site, ticket: &TicketId) -> Thread {
    let thread = site.desk(Who::Mika).thread(ticket, None).await.unwrap_or_else(|e| panic!("{ticket}: {e:?}"));
    assert_eq!(thread.ticket.id, *ticket);
    thread
}

async fn row(site: &dyn Site, ticket: &TicketId) -> TicketRow {
    thread(site, ticket).await.ticket
}

async fn view(site: &dyn Site, who: Who) -> DeskView {
    site.desk(who).open(&Query::default()).await.unwrap()
}

/// An agent's id on the desk.
async fn agent(site: &dyn Site, who: Who) -> AgentId {
    view(site, who).await.me.id
}

/// The id of one of the site's queues.
async fn queue(site: &dyn Site, n: usize) -> QueueId {
    let view = view(site, Who::Mika).await;
    let name = site.queues()[n];
    view.queues.iter().find(|q| q.name.as_str() == name).unwrap_or_else(|| panic!("no queue {name}")).id.clone()
}

fn says(text: &str) -> Outgoing {
    Outgoing { text: text.to_owned(), ..Outgoing::default() }
}

fn claim(ticket: &TicketId) -> Change {
    Change::Claim { ticket: ticket.clone() }
}

fn note(ticket: &TicketId, text: &str) -> Change {
    Change::Note { ticket: ticket.clone(), message: says(text) }
}

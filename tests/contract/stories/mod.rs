//! What every helpdesk must do, or say that it cannot: one `async fn` for each, and what they share.

pub mod changes;
pub mod claims;
pub mod find;
pub mod lists;
pub mod news;
pub mod people;
pub mod refusals;
pub mod splits;
pub mod threads;
pub mod words;

use std::time::Duration;

use ticketty::domain::{
    AgentId, Change, ChangeId, DeskError, DeskView, Kind, Message, Outgoing, Query, QueueId, Receipt, Status, Support,
    Thread, TicketId, TicketRow, Verb,
};

use super::site::{Arriving, LENA, Mailed, Site, Who};

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

/// All that was said, in one text.
fn texts(thread: &Thread) -> String {
    thread.messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("\n--\n")
}

/// Mails to customers that have left, once the desk had time to send what it will.
async fn mails_to_customers(site: &dyn Site) -> Vec<Mailed> {
    site.wait(Duration::from_secs(1)).await;
    let customer = |to: &String| to.ends_with("customer.example");
    site.mailed().await.into_iter().filter(|m| m.to.iter().any(customer)).collect()
}

/// What a refused change must leave as it was.
fn essence(thread: &Thread) -> (TicketRow, Vec<(Kind, String)>) {
    let messages = thread.messages.iter().map(|m| (m.kind, m.text.to_string())).collect();
    let still = TicketRow { reading: Vec::new(), writing: Vec::new(), version: 0, ..thread.ticket.clone() };
    (still, messages)
}

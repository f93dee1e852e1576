//! What others do is heard of, and what sleeps is in no list.

use futures_util::StreamExt as _;
use ticketty::backend::{UpdateStream, Watched};
use ticketty::domain::{AssigneeFilter, Update};

use super::*;

/// A pace that no desk is asked at by itself. A desk that is asked is asked only while somebody listens, so a recording has as many
/// questions as its replay.
const EVERY: Duration = Duration::from_millis(300);

/// The next news that fit.
async fn heard(news: &mut UpdateStream, what: &str, fits: impl Fn(&Update) -> bool) -> Update {
    let listen = async {
        loop {
            match news.next().await {
                Some(Watched::Update(update)) if fits(&update) => return *update,
                Some(Watched::Lost(error)) => panic!("{what}: {error:?}"),
                Some(_) => {}
                None => panic!("{what}: no more news"),
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), listen).await.unwrap_or_else(|_| panic!("{what} was not heard of"))
}

/// The row of a ticket, when it is like this.
fn of(id: &TicketId, like: impl Fn(&TicketRow) -> bool) -> impl Fn(&Update) -> bool {
    move |update| update.ticket.as_ref().is_some_and(|row| row.id == *id && like(row))
}

/// Another agent's claim, a customer's answer, a new ticket, and the end of one: each is heard of without a question of the story's.
pub async fn news(site: &dyn Site) {
    let id = ticket(site).await;
    let desk = site.watching(Who::Mika, EVERY);
    if let Support::Impossible { why } = desk.support(Verb::Watch) {
        assert!(!why.is_empty());
        return;
    }
    let mut news = desk.watch(None);
    let begun = tokio::time::timeout(Duration::from_mins(1), news.next()).await.expect("no line");
    assert!(matches!(begun, Some(Watched::Connected { .. })), "{begun:?}");

    let before = desk.thread(&id, None).await.unwrap().ticket.version;
    // Some clocks count seconds.
    site.wait(Duration::from_secs(1)).await;
    apply(site, Who::Ben, claim(&id)).await;
    let ben = site.login(Who::Ben).to_owned();
    let bens = |row: &TicketRow| row.assignee.as_ref().is_some_and(|a| a.login.as_str() == ben);
    let claimed = heard(&mut news, "a claim", of(&id, bens)).await.ticket.unwrap();
    // A screen takes no row in that is older than the one it has.
    assert!(claimed.version > before, "{before} {}", claimed.version);

    // Not within the second of the claim: a desk may tell of that only when it is asked again later (Redmine; its own tests hold it to
    // that), and a recording has no such later.
    site.wait(Duration::from_secs(1)).await;
    let messages = row(site, &id).await.messages;
    let subject = format!("Re: Parcel {}", site.word().await);
    let more = Arriving { answers: Some(id.clone()), ..Arriving::new(&subject, "It has come.") };
    assert_eq!(site.arrives(&more).await, id);
    heard(&mut news, "a customer's answer", of(&id, |row| row.messages > messages || row.on_us)).await;
    assert!(texts(&thread(site, &id).await).contains("It has come."));

    let new = ticket(site).await;
    let update = heard(&mut news, "a new ticket", of(&new, |_| true)).await;
    let heard_of = update.ticket.unwrap();
    assert_eq!((heard_of.requester.email.as_str(), heard_of.assignee), (LENA, None));

    let done = Change::Status { ticket: new.clone(), to: Status::Resolved };
    if can(site, done.clone()).await {
        apply(site, Who::Ben, done).await;
        heard(&mut news, "the end of a ticket", of(&new, |row| row.status == Status::Resolved)).await;
    }
}

/// A desk hides a ticket until a time, or it says that it does not and changes nothing. Either way its list of those that sleep is
/// as long as it is said to be.
pub async fn snooze(site: &dyn Site) {
    let id = ticket(site).await;
    let before = thread(site, &id).await;
    let change = Change::Status { ticket: id.clone(), to: Status::Snoozed };
    if !can(site, change.clone()).await {
        return;
    }
    let sleeps = match site.desk(Who::Mika).apply(&change, &key()).await {
        Ok(receipt) => {
            assert_eq!(receipt.ticket.status, Status::Snoozed);
            true
        }
        Err(error) => {
            let why = match &error {
                DeskError::NotPossible { why } | DeskError::Invalid { why, .. } => why,
                other => panic!("{other:?}"),
            };
            assert!(!why.is_empty());
            assert_eq!(essence(&thread(site, &id).await), essence(&before));
            false
        }
    };
    let view = view(site, Who::Mika).await;
    let list = async |status: Vec<Status>| {
        let query = Query { status, assignee: AssigneeFilter::Any, limit: Some(200), ..Query::default() };
        site.desk(Who::Mika).list(&query, None).await.unwrap().rows
    };
    let (asleep, awake) = (list(vec![Status::Snoozed]).await, list(Vec::new()).await);
    assert_eq!((asleep.iter().any(|r| r.id == id), awake.iter().any(|r| r.id == id)), (sleeps, !sleeps));
    assert!(asleep.iter().all(|r| r.status == Status::Snoozed) && awake.iter().all(|r| r.status.is_active()));
    assert_eq!((view.totals.snoozed as usize, view.totals.open as usize), (asleep.len(), awake.len()));
    for queue in &view.queues {
        let in_it = |rows: &[TicketRow]| rows.iter().filter(|r| r.queue_id == queue.id).count();
        let counted = (queue.counts.snoozed as usize, queue.counts.open as usize);
        assert_eq!(counted, (in_it(&asleep), in_it(&awake)), "{}", queue.name);
    }
}

//! News from a desk that sends none: its main screen is asked for again and again, at a pace that the desk bears, and what differs
//! is the news.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use super::backoff::{self, Backoff};
use super::{Backend, DeskResult, UpdateStream, Watched};
use crate::domain::{DeskError, EventId, Query, TicketId, TicketRow, Update, UpdateKind};

/// Rows that are looked at with one question.
const ROWS: u32 = 200;
/// Of the tickets that left the list, so many are asked for one by one.
const GONE: usize = 5;

/// What is asked again and again; each answer is what is new since the last.
#[async_trait]
pub trait Asks: Send {
    /// Asks once.
    async fn ask(&mut self) -> DeskResult<Vec<Update>>;
}

/// The news of a desk by its main screen, asked for every so often.
pub fn watch(desk: Arc<dyn Backend>, every: Duration) -> UpdateStream {
    asked(MainScreen { desk, known: None }, every)
}

/// The news by a question, asked every so often; less often while the desk does not answer.
pub fn asked(question: impl Asks + 'static, every: Duration) -> UpdateStream {
    let backoff = Backoff::new(every, every.saturating_mul(8));
    let poll = Poll { question, every, backoff, wait: Duration::ZERO, connected: false };
    stream::unfold(poll, |mut poll| async { Some((stream::iter(poll.next().await), poll)) }).flatten().boxed()
}

struct Poll<Q> {
    question: Q,
    every: Duration,
    backoff: Backoff,
    wait: Duration,
    connected: bool,
}

impl<Q: Asks> Poll<Q> {
    /// Waits, asks, and answers what is new; often nothing.
    async fn next(&mut self) -> Vec<Watched> {
        tokio::time::sleep(self.wait).await;
        match self.question.ask().await {
            Ok(news) => {
                self.backoff.reset();
                self.wait = self.every;
                let first = !std::mem::replace(&mut self.connected, true);
                let connected = first.then_some(Watched::Connected { stream: None });
                connected.into_iter().chain(news.into_iter().map(|n| Watched::Update(Box::new(n)))).collect()
            }
            Err(error) => {
                self.connected = false;
                self.wait = match &error {
                    DeskError::Limited { retry_after: Some(wait) } => backoff::spread(*wait),
                    _ => self.backoff.next_wait(),
                };
                vec![Watched::Lost(error)]
            }
        }
    }
}

struct MainScreen {
    desk: Arc<dyn Backend>,
    /// The versions seen with the last answer.
    known: Option<HashMap<TicketId, u64>>,
}

#[async_trait]
impl Asks for MainScreen {
    async fn ask(&mut self) -> DeskResult<Vec<Update>> {
        let view = self.desk.open(&Query { limit: Some(ROWS), ..Query::default() }).await?;
        let seen: HashMap<TicketId, u64> = view.tickets.iter().map(|r| (r.id.clone(), r.version)).collect();
        let Some(known) = self.known.replace(seen) else { return Ok(Vec::new()) };
        let listed: HashMap<&TicketId, &TicketRow> = view.tickets.iter().map(|r| (&r.id, r)).collect();
        let mut rows: Vec<TicketRow> =
            view.tickets.iter().filter(|r| known.get(&r.id) != Some(&r.version)).cloned().collect();
        for gone in known.keys().filter(|id| !listed.contains_key(id)).take(GONE) {
            match self.desk.thread(gone, None).await {
                Ok(thread) => rows.push(thread.ticket),
                Err(error) if error.is_retryable() => return Err(error),
                // It went where we may not look; the next look at its list says so.
                Err(_) => {}
            }
        }
        let counts =
            Update { queues: view.queues, totals: Some(view.totals), agents: view.agents, ..bare(UpdateKind::Queue) };
        Ok(std::iter::once(counts).chain(rows.into_iter().map(of_ticket)).collect())
    }
}

/// News of a ticket.
pub fn of_ticket(row: TicketRow) -> Update {
    Update { ticket: Some(row), ..bare(UpdateKind::Ticket) }
}

/// News that nothing is said in yet; a desk that is asked has no names for its events.
pub fn bare(kind: UpdateKind) -> Update {
    Update::bare(EventId::new(""), kind)
}

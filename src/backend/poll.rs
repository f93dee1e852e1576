//! News from a desk that sends none: its main screen is asked for again and again, at a pace that the desk bears, and what differs
//! is the news.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::backoff::{self, Backoff};
use super::{Backend, DeskResult, UpdateStream, Watched};
use crate::domain::{DeskError, DeskView, EventId, Query, TicketId, TicketRow, Update, UpdateKind};

/// Rows that are looked at with one question.
const ROWS: u32 = 200;
/// Of the tickets that left the list, so many are asked for one by one.
const GONE: usize = 5;

/// The news of a desk, asked for every so often.
pub fn watch(desk: Arc<dyn Backend>, every: Duration) -> UpdateStream {
    let poll = Poll {
        desk,
        every,
        backoff: Backoff::new(every, every.saturating_mul(8)),
        known: None,
        wait: Duration::ZERO,
        connected: false,
    };
    stream::unfold(poll, |mut poll| async { Some((stream::iter(poll.next().await), poll)) }).flatten().boxed()
}

struct Poll {
    desk: Arc<dyn Backend>,
    every: Duration,
    backoff: Backoff,
    /// The versions seen with the last answer.
    known: Option<HashMap<TicketId, u64>>,
    wait: Duration,
    connected: bool,
}

impl Poll {
    /// Waits, asks, and answers what is new; often nothing.
    async fn next(&mut self) -> Vec<Watched> {
        tokio::time::sleep(self.wait).await;
        match self.ask().await {
            Ok(mut news) => {
                self.backoff.reset();
                self.wait = self.every;
                if !std::mem::replace(&mut self.connected, true) {
                    news.insert(0, Watched::Connected { stream: None });
                }
                news
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

    async fn ask(&mut self) -> DeskResult<Vec<Watched>> {
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
        let mut news = vec![Watched::Update(Box::new(counts(&view)))];
        news.extend(
            rows.into_iter()
                .map(|row| Watched::Update(Box::new(Update { ticket: Some(row), ..bare(UpdateKind::Ticket) }))),
        );
        Ok(news)
    }
}

/// Queues, agents and counts as they are now.
fn counts(view: &DeskView) -> Update {
    Update {
        queues: view.queues.clone(),
        totals: Some(view.totals),
        agents: view.agents.clone(),
        ..bare(UpdateKind::Queue)
    }
}

fn bare(kind: UpdateKind) -> Update {
    Update::bare(EventId::new(""), kind)
}

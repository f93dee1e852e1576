//! News: RT sends none. One question, "what was updated since", brings every changed ticket with all its columns; most answers are
//! empty and cost RT little. What leaves without a trace (deleted, merged, moved out of sight) is found by reading all active
//! tickets anew, now and then.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Rt;
use super::line::of_page;
use super::read::{PER_PAGE, tickets};
use super::wire::{Items, Ticket};
use crate::backend::poll::{self, Asks};
use crate::backend::{DeskResult, UpdateStream};
use crate::domain::{TicketId, TicketRow, Update, UpdateKind};

/// All active tickets are read anew after so many questions.
const ANEW: u32 = 20;
/// Of the tickets that left without a trace, so many are asked for one by one.
const GONE: usize = 5;
/// The question reaches back this much further than the last answer: RT's clock counts seconds, and a write takes a while.
const OVERLAP: i64 = 15;
/// Pages of changes at most; after a longer silence all is read anew.
const PAGES: u32 = 5;

/// The news of an RT.
pub fn watch(desk: Rt, every: Duration) -> UpdateStream {
    poll::asked(Updated { desk, every, last: None, asked: 0, told: HashMap::new() }, every)
}

struct Updated {
    desk: Rt,
    every: Duration,
    /// When the last answer came, by our clock: only lengths of time are sent, so the desk's zone does not matter.
    last: Option<Timestamp>,
    asked: u32,
    /// What was told of each ticket.
    told: HashMap<TicketId, TicketRow>,
}

#[async_trait]
impl Asks for Updated {
    async fn ask(&mut self) -> DeskResult<Vec<Update>> {
        let now = Timestamp::now();
        let Some(last) = self.last else {
            self.begin().await?;
            self.last = Some(now);
            return Ok(Vec::new());
        };
        self.asked += 1;
        let before = self.desk.memory().totals();
        let (mut rows, whole) = self.changed(now.duration_since(last).as_secs().max(0) + OVERLAP).await?;
        if !whole || self.asked.is_multiple_of(ANEW) {
            for gone in self.desk.snapshot().await?.into_iter().take(GONE) {
                match self.desk.whole_thread(&gone).await {
                    Ok(thread) => rows.push(thread.ticket),
                    Err(error) if error.is_retryable() => return Err(error),
                    // It went where we may not look.
                    Err(_) => {}
                }
            }
            rows.extend(self.desk.memory().active().cloned());
        }
        self.last = Some(now);
        rows.retain(|row| self.told.get(&row.id) != Some(row));
        self.told.extend(rows.iter().map(|row| (row.id.clone(), row.clone())));
        let counts = {
            let mut memory = self.desk.memory();
            let totals = memory.totals();
            (totals != before || !rows.is_empty()).then(|| Update {
                queues: memory.queue_list(),
                totals: Some(totals),
                agents: memory.agents(),
                ..poll::bare(UpdateKind::Queue)
            })
        };
        Ok(counts.into_iter().chain(rows.into_iter().map(poll::of_ticket)).collect())
    }
}

impl Updated {
    /// What there is to compare with: what a main screen has just brought, or all active tickets.
    async fn begin(&mut self) -> DeskResult<()> {
        let fresh = |at: Timestamp| Timestamp::now().duration_since(at).unsigned_abs() < self.every.saturating_mul(2);
        let complete = self.desk.memory().complete;
        if !complete.is_some_and(fresh) {
            self.desk.queues().await?;
            self.desk.snapshot().await?;
        }
        self.desk.meet_team().await?;
        self.told = self.desk.memory().active().map(|row| (row.id.clone(), row.clone())).collect();
        Ok(())
    }

    /// The tickets of any status that were updated in the last so many seconds, and whether these are all.
    async fn changed(&self, seconds: i64) -> DeskResult<(Vec<TicketRow>, bool)> {
        let ask = tickets(&format!("LastUpdated > '-{seconds} seconds'"))
            .param("orderby", Some("id"))
            .param("per_page", Some(PER_PAGE));
        let mut rows = Vec::new();
        for page in 1..=PAGES {
            let (items, at): (Items<Ticket>, _) = self.desk.line.ask_at(&of_page(&ask, page)).await?;
            let total = items.total.unwrap_or_default() as u32;
            let found = self.desk.take(items.items, at, false).await?;
            rows.extend(found.into_iter().map(|k| k.row));
            if page * PER_PAGE >= total {
                return Ok((rows, true));
            }
        }
        Ok((rows, false))
    }
}

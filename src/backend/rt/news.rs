//! News: RT sends none. One question, "what was updated since", brings every changed ticket with all its columns; most answers are
//! empty and cost RT little. What leaves without a trace (deleted, merged, moved out of sight) is found by reading all active
//! tickets anew, now and then.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::read::{PER_PAGE, tickets};
use super::wire::{Items, Ticket};
use super::{Rt, sql};
use crate::backend::poll::{self, Asks};
use crate::backend::{DeskResult, UpdateStream};
use crate::domain::{Counts, TicketId, TicketRow, Update, UpdateKind};

/// All active tickets are read anew after so many questions.
const ANEW: u32 = 20;
/// Of the tickets that left without a trace, so many are asked for one by one with each question; the others with the next ones.
const GONE: usize = 5;
/// The question reaches back this much further than the last answer: RT's clock counts seconds, and a write takes a while.
const OVERLAP: i64 = 15;
/// Pages of changes at most; after a longer silence all is read anew.
const PAGES: u32 = 5;

/// The news of an RT.
pub fn watch(desk: Rt, every: Duration) -> UpdateStream {
    poll::asked(
        Updated { desk, every, last: None, asked: 0, told: HashMap::new(), gone: VecDeque::new(), found: Vec::new() },
        every,
    )
}

struct Updated {
    desk: Rt,
    every: Duration,
    /// When the last answer came, by our clock: only lengths of time are sent, so the desk's zone does not matter.
    last: Option<Timestamp>,
    asked: u32,
    /// What was told of each ticket.
    told: HashMap<TicketId, TicketRow>,
    /// What left without a trace and was not asked for yet.
    gone: VecDeque<TicketId>,
    /// What those became that were, and is not told yet.
    found: Vec<TicketRow>,
}

#[async_trait]
impl Asks for Updated {
    async fn ask(&mut self) -> DeskResult<Vec<Update>> {
        let now = Timestamp::now();
        let Some(last) = self.last else {
            self.last = Some(self.begin().await?);
            return Ok(Vec::new());
        };
        self.asked += 1;
        self.desk.see_off_the_left().await;
        let before = self.known();
        // Not at the start, when everything else is asked for.
        self.desk.queues_beyond().await?;
        let (mut rows, whole) = self.changed(now.duration_since(last).as_secs().max(0) + OVERLAP).await?;
        if !whole || self.asked.is_multiple_of(ANEW) {
            let gone = self.desk.snapshot().await?;
            self.gone.extend(gone);
            rows.extend(self.desk.memory().active().cloned());
        }
        if let Err(error) = self.ask_for_gone().await {
            // What was just read anew is not told yet.
            self.asked -= 1;
            return Err(error);
        }
        rows.append(&mut self.found);
        self.last = Some(now);
        rows.retain(|row| self.told.get(&row.id) != Some(row));
        self.told.extend(rows.iter().map(|row| (row.id.clone(), row.clone())));
        let counts = (self.known() != before || !rows.is_empty()).then(|| self.counts());
        Ok(counts.into_iter().chain(rows.into_iter().map(poll::of_ticket)).collect())
    }
}

impl Updated {
    /// What a look may change besides tickets.
    fn known(&self) -> (Counts, usize) {
        let memory = self.desk.memory();
        (memory.totals(), memory.queues().count())
    }

    /// Queues, totals and agents as they are now.
    fn counts(&self) -> Update {
        let mut memory = self.desk.memory();
        Update {
            queues: memory.queue_list(),
            totals: Some(memory.totals()),
            agents: memory.agents(),
            ..poll::bare(UpdateKind::Queue)
        }
    }

    /// What there is to compare with: what a main screen has just brought, or all active tickets. Answers of when that is.
    async fn begin(&mut self) -> DeskResult<Timestamp> {
        let fresh = |at: &Timestamp| Timestamp::now().duration_since(*at).unsigned_abs() < self.every.saturating_mul(2);
        let complete = self.desk.memory().complete;
        let since = match complete.filter(fresh) {
            Some(at) => at,
            None => {
                let now = Timestamp::now();
                self.desk.queues().await?;
                self.desk.snapshot().await?;
                now
            }
        };
        self.desk.meet_team().await?;
        self.told = self.desk.memory().active().map(|row| (row.id.clone(), row.clone())).collect();
        Ok(since)
    }

    /// Asks what became of tickets that left without a trace, of a few at a time.
    async fn ask_for_gone(&mut self) -> DeskResult<()> {
        for _ in 0..GONE {
            let Some(id) = self.gone.front().cloned() else { break };
            match self.desk.whole_thread(&id).await {
                Ok(thread) => self.found.push(thread.ticket),
                Err(error) if error.is_retryable() => return Err(error),
                // It went where we may not look.
                Err(_) => {}
            }
            self.gone.pop_front();
        }
        Ok(())
    }

    /// The tickets of any status that were updated in the last so many seconds, and whether these are all.
    async fn changed(&self, seconds: i64) -> DeskResult<(Vec<TicketRow>, bool)> {
        let question = format!("LastUpdated > '-{seconds} seconds'");
        let mut rows: Vec<TicketRow> = Vec::new();
        let mut low = None;
        for _ in 0..PAGES {
            // By id, for the oldest changes leave the answer while it is read.
            let ask = tickets(&sql::between(&question, low, None))
                .param("orderby", Some("id"))
                .param("per_page", Some(PER_PAGE));
            let (items, at): (Items<Ticket>, _) = self.desk.line.ask_at(&ask).await?;
            let total = items.total.map(|total| total as usize);
            let found = self.desk.take(items.items, at, false).await?;
            let count = found.len();
            low = found.iter().filter_map(|k| k.row.id.number()).max().or(low);
            rows.extend(found.into_iter().map(|k| k.row));
            if count == 0 || total.is_some_and(|total| total <= count) {
                return Ok((rows, true));
            }
        }
        Ok((rows, false))
    }
}

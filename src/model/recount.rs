//! Counts after an own change. The desk's own come with its news: at once where they are pushed, and on a desk that has to be asked
//! with the next question. Until then what I did is counted here, so that the header does not contradict the list.

use super::World;
use crate::domain::people::Load;
use crate::domain::{Counts, Status, TicketRow};

impl World {
    /// Takes in the row that the desk answered an own change with. `is_new`: it was not there before.
    pub fn take_changed(&mut self, row: TicketRow, is_new: bool) {
        let id = row.id.clone();
        let before = self.confirmed(&id).cloned();
        self.take_row(row);
        let after = self.confirmed(&id).cloned();
        // Of a ticket that was never seen it is not known how it was counted.
        if before.is_some() || is_new {
            self.count(before.as_ref(), |n| n.saturating_sub(1));
            self.count(after.as_ref(), |n| n.saturating_add(1));
        }
    }

    fn count(&mut self, row: Option<&TicketRow>, by: impl Fn(u32) -> u32) {
        let Some(row) = row.filter(|row| row.merged_into.is_none()) else { return };
        let is_mine = self.is_mine(row);
        let Some(queue) = self.queues.iter_mut().find(|queue| queue.id == row.queue_id) else { return };
        let active = row.status.is_active();
        for counts in [&mut queue.counts, &mut self.totals] {
            let Counts { unassigned, mine, open, late, snoozed } = counts;
            let counted = [
                (unassigned, active && row.assignee.is_none()),
                (mine, active && is_mine),
                (open, active),
                (late, row.late),
                (snoozed, row.status == Status::Snoozed),
            ];
            counted.into_iter().filter(|(_, counts)| *counts).for_each(|(n, _)| *n = by(*n));
        }
        let holder = row.assignee.as_ref().map(|holder| &holder.id);
        if let Some(agent) = self.agents.iter_mut().find(|agent| active && Some(&agent.id) == holder) {
            let Load { load, waiting, on_us } = &mut agent.load;
            let held = if row.status == Status::Waiting { waiting } else { load };
            *held = by(*held);
            if row.on_us {
                *on_us = by(*on_us);
            }
        }
    }
}

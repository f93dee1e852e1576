//! What takes a change back: the event that the desk keeps of it, or the opposite change.

use std::mem;

use super::change::{Change, Receipt};
use super::ticket::TicketRow;

/// The change that takes another one back, and what that one left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Back {
    /// It.
    pub change: Change,
    /// The ticket as the desk left it. Nothing where the desk looks itself whether the ticket changed since.
    left: Option<Box<TicketRow>>,
}

impl Back {
    /// What takes back a change that the desk confirmed; nothing where it cannot be.
    pub fn of(change: &Change, receipt: &Receipt) -> Option<Self> {
        match &receipt.event {
            Some(event) => {
                let undo = || Change::Undo { ticket: receipt.ticket.id.clone(), event: Some(event.clone()) };
                receipt.undoable.then(|| Self { change: undo(), left: None })
            }
            None => {
                let opposite = change.opposite(receipt.before.as_deref())?;
                Some(Self { change: opposite, left: Some(Box::new(receipt.ticket.clone())) })
            }
        }
    }

    /// Whether another change is about the same thing of a ticket: its holder, its status and so on.
    pub fn meets(&self, other: &Change) -> bool {
        let holds = |change: &Change| {
            matches!(
                change,
                Change::Claim { .. } | Change::Release { .. } | Change::Steal { .. } | Change::Assign { .. }
            )
        };
        holds(&self.change) && holds(other) || mem::discriminant(&self.change) == mem::discriminant(other)
    }

    /// Whether the ticket, as it is now, is in this regard still what was left: else it would take back what somebody else did.
    pub fn fits(&self, now: &TicketRow) -> bool {
        let Some(left) = &self.left else { return true };
        match &self.change {
            Change::Claim { .. } | Change::Release { .. } | Change::Steal { .. } | Change::Assign { .. } => {
                now.assignee.as_ref().map(|a| &a.id) == left.assignee.as_ref().map(|a| &a.id)
            }
            Change::Status { .. } => now.status == left.status,
            Change::Priority { .. } => now.priority == left.priority,
            Change::Label { add, remove, .. } => {
                let stands = |row: &TicketRow, label| row.labels.contains(label);
                add.iter().chain(remove).all(|label| stands(now, label) == stands(left, label))
            }
            Change::Move { .. } => now.queue_id == left.queue_id,
            Change::Subject { .. } => now.subject == left.subject,
            Change::Requester { .. } => {
                (&now.requester.name, &now.requester.email) == (&left.requester.name, &left.requester.email)
            }
            // None of them is an opposite.
            Change::Reply { .. }
            | Change::Note { .. }
            | Change::New(_)
            | Change::Split(_)
            | Change::Merge { .. }
            | Change::Undo { .. } => true,
        }
    }
}

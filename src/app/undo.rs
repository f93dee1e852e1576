//! What can be undone, redone, repeated. Steps hold the desk's event ids, so that undo restores what the desk kept, and not
//! what this screen believes.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::{Change, ChangeId, EventId, TicketId};
use crate::text::Clean;

/// How many steps are kept.
const STEPS: usize = 100;

/// One undoable step: all that one key did, maybe to many tickets.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The events to take back.
    pub events: Vec<(TicketId, EventId)>,
    /// What it was, for the status line.
    pub label: Clean,
    /// When it was done.
    pub at: Timestamp,
}

/// Why a change was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The agent did it.
    Done,
    /// It undoes a step.
    Undo,
    /// It redoes a step.
    Redo,
}

/// Done and undone steps, and the last repeatable changes.
#[derive(Debug, Default)]
pub struct Undo {
    done: Vec<Step>,
    undone: Vec<Step>,
    open: HashMap<ChangeId, (u64, Why)>,
    batches: HashMap<u64, Step>,
    next: u64,
    repeat: Option<Change>,
}

impl Undo {
    /// Remembers a batch of changes that one key caused.
    pub fn submitted(&mut self, ids: &[ChangeId], changes: &[Change], label: Clean, at: Timestamp) {
        if let Some(change) = changes.iter().find(|c| c.is_repeatable()) {
            self.repeat = Some(change.clone());
        }
        self.begin(ids, label, at, Why::Done);
    }

    fn begin(&mut self, ids: &[ChangeId], label: Clean, at: Timestamp, why: Why) {
        self.next += 1;
        let batch = self.next;
        self.batches.insert(batch, Step { events: Vec::new(), label, at });
        for id in ids {
            self.open.insert(id.clone(), (batch, why));
        }
    }

    /// The step that `u` would take back.
    pub fn last(&self) -> Option<&Step> {
        self.done.last()
    }

    /// Takes the last step for undoing: its events become `Undo` changes, whose ids are then given to [`Undo::undoing`].
    pub fn take(&mut self) -> Option<Step> {
        self.done.pop()
    }

    /// Takes the last undone step for redoing.
    pub fn take_undone(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    /// These changes undo a step.
    pub fn undoing(&mut self, ids: &[ChangeId], label: Clean, at: Timestamp) {
        self.begin(ids, label, at, Why::Undo);
    }

    /// These changes redo a step.
    pub fn redoing(&mut self, ids: &[ChangeId], label: Clean, at: Timestamp) {
        self.begin(ids, label, at, Why::Redo);
    }

    /// The desk confirmed a change; with its event when it can be undone.
    pub fn applied(&mut self, id: &ChangeId, event: Option<(TicketId, EventId)>) {
        let Some((batch, why)) = self.open.remove(id) else { return };
        if let (Some(event), Some(step)) = (event, self.batches.get_mut(&batch)) {
            step.events.push(event);
        }
        self.settle(batch, why);
    }

    /// The desk refused a change.
    pub fn refused(&mut self, id: &ChangeId) {
        if let Some((batch, why)) = self.open.remove(id) {
            self.settle(batch, why);
        }
    }

    /// When the last change of a batch has ended, the step is complete.
    fn settle(&mut self, batch: u64, why: Why) {
        if self.open.values().any(|(b, _)| *b == batch) {
            return;
        }
        let Some(step) = self.batches.remove(&batch) else { return };
        if step.events.is_empty() {
            return;
        }
        match why {
            Why::Done => {
                self.done.push(step);
                self.undone.clear();
            }
            Why::Undo => self.undone.push(step),
            Why::Redo => self.done.push(step),
        }
        if self.done.len() > STEPS {
            self.done.remove(0);
        }
    }

    /// What `.` repeats.
    pub fn repeat(&self) -> Option<&Change> {
        self.repeat.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: i64) -> ChangeId {
        ChangeId::from(n)
    }

    #[test]
    fn a_batch_is_one_step_and_can_be_redone() {
        let mut undo = Undo::default();
        let t = TicketId::from("7");
        let changes = vec![Change::Claim { ticket: t.clone() }, Change::Claim { ticket: t.clone() }];
        undo.submitted(&[id(1), id(2)], &changes, Clean::line("claim"), Timestamp::UNIX_EPOCH);
        undo.applied(&id(1), Some((t.clone(), EventId::from(11))));
        assert!(undo.last().is_none(), "a step is complete when its last change has ended");
        undo.refused(&id(2));
        let step = undo.take().expect("one step");
        assert_eq!(step.events.len(), 1);
        undo.undoing(&[id(3)], step.label, step.at);
        undo.applied(&id(3), Some((t.clone(), EventId::from(12))));
        let again = undo.take_undone().expect("one undone step");
        assert_eq!(again.events, vec![(t, EventId::from(12))]);
        assert_eq!(undo.repeat(), Some(&changes[0]));
    }
}

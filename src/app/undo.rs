//! What can be undone, redone, repeated. Steps hold what takes them back: the desk's event ids, so that undo restores what the desk
//! kept and not what this screen believes; on a desk that keeps none, the opposite changes. Every change carries its step into the outbox, from which the steps are read again at the start.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::outbox::{Did, StepMark, StepRow};
use crate::domain::{Back, Change, ChangeId, OutboxState};
use crate::text::Clean;

/// How many steps are kept.
const STEPS: usize = 100;

/// One undoable step: all that one key did, maybe to many tickets.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name in the outbox.
    pub id: String,
    /// What takes it back, in the order in which it was done.
    pub back: Vec<Back>,
    /// What it was, for the status line.
    pub label: Clean,
    /// When it was done.
    pub at: Timestamp,
}

/// Changes that one key caused and that have not all ended.
#[derive(Debug)]
struct Batch {
    step: Step,
    did: Did,
}

/// Done and undone steps, and the last repeatable changes.
#[derive(Debug, Default)]
pub struct Undo {
    done: Vec<Step>,
    undone: Vec<Step>,
    /// Which batch a change on its way belongs to.
    open: HashMap<ChangeId, String>,
    batches: HashMap<String, Batch>,
    repeat: Option<Change>,
}

impl Undo {
    /// Remembers changes that one key caused, under what the outbox keeps with them.
    pub fn submitted(&mut self, ids: &[ChangeId], changes: &[Change], mark: &StepMark, at: Timestamp) {
        if mark.did == Did::Done
            && let Some(change) = changes.iter().find(|c| c.is_repeatable())
        {
            self.repeat = Some(change.clone());
        }
        for id in ids {
            self.begin(id, mark, at);
        }
    }

    fn begin(&mut self, id: &ChangeId, mark: &StepMark, at: Timestamp) {
        let step = || Step { id: mark.step.clone(), back: Vec::new(), label: mark.label.clone(), at };
        self.batches.entry(mark.batch.clone()).or_insert_with(|| Batch { step: step(), did: mark.did });
        self.open.insert(id.clone(), mark.batch.clone());
    }

    /// Takes the steps in that the outbox remembers, oldest first: what was done before this program started.
    pub fn restore(&mut self, rows: Vec<StepRow>) {
        for row in &rows {
            self.begin(&row.id, &row.mark, row.at);
        }
        for row in rows {
            match (row.state, row.back) {
                (OutboxState::Sent, back) => self.applied(&row.id, back),
                (OutboxState::Failed, _) => self.refused(&row.id),
                (OutboxState::Waiting | OutboxState::Unknown, _) => {}
            }
        }
    }

    /// The step that `u` would take back.
    pub fn last(&self) -> Option<&Step> {
        self.done.last()
    }

    /// Takes the last step for undoing: what takes it back is submitted under the step's own name.
    pub fn take(&mut self) -> Option<Step> {
        self.done.pop()
    }

    /// Takes the last undone step for redoing.
    pub fn take_undone(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    /// The desk confirmed a change; with what takes it back, when it can be.
    pub fn applied(&mut self, id: &ChangeId, back: Option<Back>) {
        let Some(batch) = self.open.remove(id) else { return };
        if let (Some(back), Some(batch)) = (back, self.batches.get_mut(&batch)) {
            batch.step.back.push(back);
        }
        self.settle(&batch);
    }

    /// The desk refused a change.
    pub fn refused(&mut self, id: &ChangeId) {
        if let Some(batch) = self.open.remove(id) {
            self.settle(&batch);
        }
    }

    /// When the last change of a batch has ended, the step is complete.
    fn settle(&mut self, batch: &str) {
        if self.open.values().any(|b| b == batch) {
            return;
        }
        let Some(Batch { step, did }) = self.batches.remove(batch) else { return };
        // An undo of a step that was done before what is remembered finds nothing to take away.
        self.done.retain(|s| s.id != step.id);
        self.undone.retain(|s| s.id != step.id);
        if step.back.is_empty() {
            return;
        }
        match did {
            Did::Done => {
                self.done.push(step);
                self.undone.clear();
            }
            Did::Undo => self.undone.push(step),
            Did::Redo => self.done.push(step),
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
    use crate::domain::fixture;
    use crate::domain::{EventId, Receipt, TicketId};

    fn undo_of(event: i64) -> Back {
        let claim = Change::Claim { ticket: TicketId::from("7") };
        let receipt = Receipt { event: Some(EventId::from(event)), undoable: true, ..fixture::receipt("7") };
        Back::of(&claim, &receipt).unwrap()
    }

    fn id(n: i64) -> ChangeId {
        ChangeId::from(n)
    }

    fn mark(batch: &str, step: &str, did: Did) -> StepMark {
        StepMark { batch: batch.into(), step: step.into(), did, label: Clean::line("claim") }
    }

    #[test]
    fn a_batch_is_one_step_and_can_be_redone() {
        let mut undo = Undo::default();
        let (t, at) = (TicketId::from("7"), Timestamp::UNIX_EPOCH);
        let changes = vec![Change::Claim { ticket: t.clone() }, Change::Claim { ticket: t.clone() }];
        undo.submitted(&[id(1), id(2)], &changes, &mark("a", "a", Did::Done), at);
        undo.applied(&id(1), Some(undo_of(11)));
        assert!(undo.last().is_none(), "a step is complete when its last change has ended");
        undo.refused(&id(2));
        let step = undo.take().expect("one step");
        assert_eq!((step.id.as_str(), step.back.len()), ("a", 1));
        undo.submitted(&[id(3)], &[], &mark("b", "a", Did::Undo), at);
        undo.applied(&id(3), Some(undo_of(12)));
        let again = undo.take_undone().expect("one undone step");
        assert_eq!(again.back, [undo_of(12)]);
        assert_eq!(undo.repeat(), Some(&changes[0]));
    }

    #[test]
    fn steps_are_read_again_from_the_outbox() {
        let row = |n: i64, batch: &str, step: &str, did, state| StepRow {
            id: id(n),
            mark: mark(batch, step, did),
            state,
            back: Some(undo_of(10 + n)),
            at: Timestamp::UNIX_EPOCH,
        };
        let mut undo = Undo::default();
        undo.restore(vec![
            row(1, "a", "a", Did::Done, OutboxState::Sent),
            row(2, "b", "b", Did::Done, OutboxState::Sent),
            row(3, "b", "b", Did::Done, OutboxState::Failed),
            row(4, "c", "b", Did::Undo, OutboxState::Sent),
            row(5, "d", "d", Did::Redo, OutboxState::Waiting),
        ]);
        assert_eq!(undo.last().map(|s| s.id.as_str()), Some("a"));
        let redo = undo.take_undone().expect("b was undone");
        assert_eq!(redo.back, [undo_of(14)]);
        undo.applied(&id(5), Some(undo_of(20)));
        assert_eq!(undo.last().map(|s| s.id.as_str()), Some("d"), "what was on its way ends in this program");
    }
}

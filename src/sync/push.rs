//! Brings the outbox to the desk: in order per ticket, different tickets side by side, each change once.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::backend::Shared;
use crate::domain::{Change, ChangeId, DeskError, OutboxRow, Receipt};
use crate::local::{Local, LocalError};

/// What became of a change, as a screen wants to know it. Comes for every change that this process sends or waits for, also
/// for those that an earlier process left.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    /// The desk confirmed it.
    Applied {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// The desk's answer.
        receipt: Box<Receipt>,
    },
    /// The desk refused it, or it was held back because of a refusal before it. Its row stays, `failed`.
    Refused {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// Why.
        error: DeskError,
    },
    /// It goes on waiting and is tried again by itself, or its outcome is unknown.
    Waiting {
        /// Which.
        id: ChangeId,
        /// Why.
        error: DeskError,
    },
}

/// How a change of [`submit`] ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its id in the outbox.
    pub id: ChangeId,
    /// The change.
    pub change: Change,
    /// What became of it.
    pub end: End,
}

/// The ends of an [`Outcome`].
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The desk confirmed it.
    Applied(Box<Receipt>),
    /// The desk refused it.
    Refused(DeskError),
    /// It is safe in the outbox and not confirmed yet (exit code 6: "do not repeat this command").
    Queued(Option<DeskError>),
}

/// For the command line: accepts the changes with an undo window of 0, pushes, and waits until each has ended, at most `wait`.
/// Ends early when the desk cannot be reached at all. The outcomes stand in the order of the changes. A refused change without
/// text is forgotten, one with text stays in the outbox as `failed`.
///
/// # Errors
/// Nothing was sent: the outbox could not take the first change. Changes after one that could not be taken are reported the
/// same way only if none was accepted before.
pub async fn submit(
    local: &Local,
    backend: &Shared,
    changes: Vec<Change>,
    wait: Duration,
) -> Result<Vec<Outcome>, LocalError> {
    let _ = (local, backend, changes, wait);
    todo!("lands within the hour")
}

/// For the screen: the background task that pushes, and the handle to it. Dropping the last clone of the handle ends the task
/// after what is on the line has ended.
#[derive(Clone, Debug)]
pub struct Pusher {}

impl Pusher {
    /// Starts the task (inside a tokio runtime); picks up what earlier processes left. Sleeps without a timer while nothing waits.
    pub fn start(local: Local, backend: Shared, events: mpsc::Sender<Pushed>) -> Self {
        let _ = (local, backend, events);
        todo!("lands within the hour")
    }

    /// Takes a change in durably; it leaves when `hold` has passed. The caller says "accepted" when this returns.
    pub async fn submit(&self, id: &ChangeId, change: Change, hold: Duration) -> Result<OutboxRow, LocalError> {
        let _ = (id, change, hold);
        todo!("lands within the hour")
    }

    /// Takes a change back: the change with its text and files, or `None`: too late.
    pub async fn unsend(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        let _ = id;
        todo!("lands within the hour")
    }

    /// Ends the undo window. False when it is not waiting any more.
    pub async fn send_now(&self, id: &ChangeId) -> Result<bool, LocalError> {
        let _ = id;
        todo!("lands within the hour")
    }

    /// Tries a failed, unknown or left-over change again. False when there is nothing to try again.
    pub async fn retry(&self, id: &ChangeId) -> Result<bool, LocalError> {
        let _ = id;
        todo!("lands within the hour")
    }

    /// Forgets a change that has not been confirmed; answers it. `None`: it is on the line, confirmed or gone.
    pub async fn drop_change(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        let _ = id;
        todo!("lands within the hour")
    }

    /// What is not confirmed, oldest first.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, LocalError> {
        todo!("lands within the hour")
    }

    /// Before leaving: waits until nothing of this process waits any more, at most `wait`; answers how many changes still do.
    pub async fn settle(&self, wait: Duration) -> usize {
        let _ = wait;
        todo!("lands within the hour")
    }
}

//! Taking an account's local state off this machine, when its desk is removed.

use std::fs;
use std::io;
use std::path::Path;

use super::lock::OneOfUs;
use super::{Local, LocalError, Room};
use crate::domain::OutboxState;

/// What an account's file holds that is nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// Changes that the desk has not confirmed.
    pub changes: usize,
    /// Drafts.
    pub drafts: usize,
}

impl Unsent {
    /// Whether nothing would be lost.
    pub const fn is_nothing(self) -> bool {
        self.changes == 0 && self.drafts == 0
    }
}

/// Nobody else works with the account's files.
#[derive(Debug)]
pub struct Leave {
    _push: Option<OneOfUs>,
}

impl Local {
    /// What would be lost with this account's file. A file that is not there is not made.
    pub async fn unsent(&self) -> Result<Unsent, LocalError> {
        if !self.path().exists() {
            return Ok(Unsent::default());
        }
        let changes = self.outbox().await?.iter().filter(|row| row.state != OutboxState::Sent).count();
        Ok(Unsent { changes, drafts: self.drafts().await?.len() })
    }

    /// The right to take the account's files away, as long as it is held nobody sends; `None` while a screen is open on the
    /// account or somebody sends, who would go on writing into files that nobody finds again.
    pub fn try_leave(&self) -> Result<Option<Leave>, LocalError> {
        if !self.path().exists() {
            return Ok(Some(Leave { _push: None }));
        }
        let push = self.try_push_lock()?;
        Ok(if push.is_none() || self.is_sat_at() { None } else { Some(Leave { _push: push }) })
    }

    /// Removes what can be had again: what is remembered of the desk.
    pub fn remove_cache(&self, _: &Leave) -> Result<(), LocalError> {
        remove(self.cache(Room::default()).path())
    }

    /// Removes outbox, receipts and drafts too. Only where [`Local::unsent`] says that nothing is lost, or the agent wants it.
    pub fn remove_all(&self, leave: &Leave) -> Result<(), LocalError> {
        self.remove_cache(leave)?;
        for beside in ["push.lock", "poll.lock", "ask.lock", "quiet", "session"] {
            gone(&self.path().with_extension(beside))?;
        }
        remove(self.path())
    }
}

/// Removes a database with the files that SQLite keeps beside it.
fn remove(path: &Path) -> Result<(), LocalError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        gone(Path::new(&name))?;
    }
    Ok(())
}

fn gone(path: &Path) -> Result<(), LocalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(LocalError::from_io(path, &e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, TicketId};
    use crate::local::{Beside, new_change_id};
    use std::time::Duration;

    #[tokio::test]
    async fn what_is_unsent_is_counted_and_all_goes_when_it_shall() {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "a").unwrap();
        assert!(local.unsent().await.unwrap().is_nothing());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "asking makes nothing");
        let claim = Change::Claim { ticket: TicketId::new("1") };
        local.accept_all(vec![(new_change_id(), claim)], Duration::ZERO, Beside::default()).await.unwrap();
        assert_eq!(local.unsent().await.unwrap(), Unsent { changes: 1, drafts: 0 });
        fs::write(local.cache(Room::default()).path(), "x").unwrap();
        let leave = local.try_leave().unwrap().unwrap();
        local.remove_cache(&leave).unwrap();
        drop(leave);
        assert!(local.path().exists() && !local.cache(Room::default()).path().exists());
        let push = local.try_push_lock().unwrap();
        assert!(local.try_leave().unwrap().is_none(), "somebody sends");
        drop(push);
        for beside in ["seat-dead", "session"] {
            fs::write(local.path().with_extension(beside), "").unwrap();
        }
        let screen = Local::open(dir.path(), "a").unwrap();
        screen.sit("pts/3").unwrap();
        assert!(local.try_leave().unwrap().is_none(), "a screen is open");
        drop(screen);
        let leave = local.try_leave().unwrap().unwrap();
        local.remove_all(&leave).unwrap();
        local.remove_all(&leave).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

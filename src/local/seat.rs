//! Who sits where: every running screen holds a lock file beside the account's database, so that the others know that it lives.
//! The system lets the lock go when the process ends, however it ends.

use std::fs::{self, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Local, LocalError};

/// What stands between the database's name and a seat's id in the name of its lock file.
const MARK: &str = "seat-";
/// How often a new seat is tried when the file vanishes under it: the sweep of another process may be faster once.
const TRIES: u32 = 8;

/// This process's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    id: String,
    terminal: String,
    path: PathBuf,
    _lock: fs::File,
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A file that stays is removed by the next one who sits down.
        let _ = fs::remove_file(&self.path);
    }
}

impl Local {
    /// Takes a seat for this process, as long as any clone of this handle lives: what it saves is its own. `terminal` is what
    /// the others are told of where it is.
    pub fn sit(&self, terminal: &str) -> Result<(), LocalError> {
        if self.seat_cell().get().is_some() {
            return Ok(());
        }
        self.sweep_seats();
        for _ in 0..TRIES {
            let id = super::new_change_id().to_string();
            let path = self.seat_path(&id);
            let wrong = |e: &std::io::Error| LocalError::from_io(&path, e);
            let lock = open(&path, true).map_err(|e| wrong(&e))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(e)) => return Err(wrong(&e)),
            }
            // A sweep between the two calls before would leave a lock that nobody can find.
            let mine = lock.metadata().map_err(|e| wrong(&e))?.ino();
            if fs::metadata(&path).is_ok_and(|m| m.ino() == mine) {
                // Two tasks of one process may have come here together: one seat is enough.
                let _ = self.seat_cell().set(Seat { id, terminal: terminal.to_owned(), path, _lock: lock });
                return Ok(());
            }
        }
        Err(LocalError::Busy { path: self.path().to_owned() })
    }

    /// The id and the terminal of this process's seat; nothing where no screen runs.
    pub(super) fn seat(&self) -> (Option<&str>, Option<&str>) {
        let seat = self.seat_cell().get();
        (seat.map(|s| s.id.as_str()), seat.map(|s| s.terminal.as_str()))
    }

    /// Whether a seat is another process's, and that process lives.
    pub(super) fn is_another_living_seat(&self, id: &str) -> bool {
        self.seat().0 != Some(id) && lives(&self.seat_path(id))
    }

    /// Whether a screen is open on this account now.
    pub fn is_sat_at(&self) -> bool {
        self.sweep_seats();
        !self.seat_files().is_empty()
    }

    fn seat_path(&self, id: &str) -> PathBuf {
        self.path().with_extension(format!("{MARK}{id}"))
    }

    /// Removes the files of those that ended without doing it themselves.
    pub(super) fn sweep_seats(&self) {
        for path in self.seat_files() {
            // Removed under a shared lock: whoever sits down there meanwhile sees it and takes another one.
            if let Ok(file) = open(&path, false)
                && file.try_lock_shared().is_ok()
            {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn seat_files(&self) -> Vec<PathBuf> {
        let (Some(folder), Some(stem)) = (self.path().parent(), self.path().file_stem()) else { return Vec::new() };
        let begins = format!("{}.{MARK}", stem.to_string_lossy());
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|e| e.file_name().to_string_lossy().starts_with(&begins)).map(|e| e.path()).collect()
    }
}

fn open(path: &Path, create: bool) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().read(true).write(true).create(create).truncate(false).mode(0o600).open(path)
}

/// Whether somebody holds the lock. Asked with a shared lock, so that two who ask do not take each other for the holder.
fn lives(path: &Path) -> bool {
    open(path, false).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(dir: &Path) -> usize {
        let names = fs::read_dir(dir).unwrap().flatten();
        names.filter(|e| e.file_name().to_string_lossy().contains(MARK)).count()
    }

    #[test]
    fn a_seat_lives_as_long_as_its_process() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Local::open(dir.path(), "a").unwrap(), Local::open(dir.path(), "a").unwrap());
        one.sit("pts/3").unwrap();
        other.sit("pts/4").unwrap();
        let id = one.seat().0.unwrap().to_owned();
        assert!(other.is_another_living_seat(&id));
        assert!(!one.is_another_living_seat(&id), "my own");
        assert!(!other.is_another_living_seat("nobody"));
        drop(one);
        assert!(!other.is_another_living_seat(&id));
        assert_eq!(seats(dir.path()), 1);
    }

    #[test]
    fn what_a_killed_process_leaves_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let one = Local::open(dir.path(), "a").unwrap();
        fs::write(one.seat_path("dead"), "").unwrap();
        let other = Local::open(dir.path(), "a").unwrap();
        other.sit("pts/4").unwrap();
        one.sit("pts/3").unwrap();
        assert_eq!(seats(dir.path()), 2, "the living keep theirs");
        assert!(one.is_another_living_seat(other.seat().0.unwrap()));
    }
}

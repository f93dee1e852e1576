//! The silence that a desk asks for (429, `Retry-After`): kept by everything that asks it in this process, and through a small file
//! by the account's other processes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::backend::backoff;

/// The silence given to a desk that asks for one and does not say how long: at first, and at most.
pub(super) const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(1);
/// No desk asks for more; a file that says so was written under another clock.
const DAY: Duration = Duration::from_hours(24);

/// Closed while the desk wants to be left alone.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    /// Tells the other processes: the end of the silence in milliseconds of Unix time.
    file: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct State {
    /// Until then.
    until: Option<Instant>,
    /// How often in a row the desk asked for silence without saying for how long.
    unsaid: u32,
}

impl Gate {
    /// An open gate; `file` is shared with the account's other processes.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { state: Mutex::default(), file }
    }

    /// How long it stays closed.
    pub fn left(&self) -> Option<Duration> {
        let own = self.state().until.and_then(|until| until.checked_duration_since(Instant::now()));
        own.max(self.told()).filter(|left| !left.is_zero())
    }

    /// The desk spoke.
    pub fn spoke(&self) {
        self.state().unsaid = 0;
    }

    /// The desk asked for silence, for so long if it said how long; answers how long it lasts.
    pub fn close(&self, asked: Option<Duration>) -> Duration {
        let mut state = self.state();
        let wait = asked.unwrap_or_else(|| backoff::wait(FIRST, LONGEST, state.unsaid));
        state.unsaid = if asked.is_some() { 0 } else { state.unsaid.saturating_add(1) };
        state.until = state.until.max(Some(Instant::now() + wait));
        drop(state);
        let left = self.left().unwrap_or(wait);
        if self.told().is_none_or(|told| told < left) {
            self.tell(left);
        }
        left
    }

    /// What another process was told.
    fn told(&self) -> Option<Duration> {
        let until = fs::read_to_string(self.file.as_ref()?).ok()?.trim().parse().ok()?;
        let left =
            Duration::try_from(Timestamp::from_millisecond(until).ok()?.duration_since(Timestamp::now())).ok()?;
        (left <= DAY).then_some(left)
    }

    fn tell(&self, left: Duration) {
        let Some(file) = &self.file else { return };
        let until = Timestamp::now().as_millisecond().saturating_add(left.as_millis().min(DAY.as_millis()) as i64);
        // In one step, so that nobody reads half a number. Without it each process is told by the desk itself.
        let part = file.with_extension(format!("quiet.{}", std::process::id()));
        let written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
        let done = written.and_then(|mut f| write!(f, "{until}")).and_then(|()| fs::rename(&part, file));
        if let Err(error) = done {
            tracing::warn!(%error, "the others are not told that the desk wants to be left alone");
        }
    }

    #[cfg(test)]
    pub(super) fn open(&self) {
        self.state().until = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_processes_of_an_account_keep_the_silence_too() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("desk.quiet");
        let (one, other) = (Gate::new(Some(file.clone())), Gate::new(Some(file.clone())));
        assert_eq!((one.left(), other.left()), (None, None));
        one.close(Some(Duration::from_secs(500)));
        let left = other.left().unwrap();
        assert!((Duration::from_secs(490)..=Duration::from_secs(500)).contains(&left), "{left:?}");
        // A shorter silence does not end a longer one.
        other.close(Some(Duration::from_secs(5)));
        assert!(Gate::new(Some(file)).left().unwrap() > Duration::from_secs(400));
        assert_eq!(Gate::new(None).left(), None);
    }

    #[test]
    fn a_file_of_another_clock_or_without_sense_closes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("desk.quiet");
        for text in ["", "soon", "-5", "99999999999999999", "4102444800000"] {
            fs::write(&file, text).unwrap();
            assert_eq!(Gate::new(Some(file.clone())).left(), None, "{text}");
        }
    }
}

//! Notices that the machine slept: its steady clock stands still meanwhile, the one on the wall goes on (clock_gettime(2),
//! `CLOCK_MONOTONIC`). A clock that was put forward looks the same, and what follows from it does no harm.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A shorter sleep is none: a line bears it.
const NAP: Duration = Duration::from_secs(10);

/// What both clocks said last.
#[derive(Debug)]
pub struct Awake {
    steady: Instant,
    wall: Timestamp,
}

impl Awake {
    /// Awake at this moment.
    pub const fn new(steady: Instant, wall: Timestamp) -> Self {
        Self { steady, wall }
    }

    /// Whether the machine slept since the last time it was asked.
    pub fn slept(&mut self, steady: Instant, wall: Timestamp) -> bool {
        let passed = steady.saturating_duration_since(self.steady);
        let shown = Duration::try_from(wall.duration_since(self.wall)).unwrap_or_default();
        *self = Self::new(steady, wall);
        shown.saturating_sub(passed) >= NAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_went_on_alone_tells_of_sleep() {
        let (mut steady, mut wall) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut awake = Awake::new(steady, wall);
        let mut passes = |here: u64, there: i64| {
            steady += Duration::from_secs(here);
            wall += jiff::SignedDuration::from_secs(there);
            awake.slept(steady, wall)
        };
        assert!(!passes(3600, 3600), "nobody typed for an hour");
        assert!(passes(1, 3601), "asleep for an hour");
        assert!(!passes(1, 1), "and awake since");
        assert!(!passes(5, 9), "a nap");
        assert!(!passes(5, -3600), "a clock put back");
        assert!(!passes(5, 5));
    }
}

//! How fast frames may follow each other: no faster than a poor line carries them. What such a line cannot carry stands in its
//! buffers, where the program neither sees it nor can take it back, and every key is answered behind it. A frame that comes later
//! holds what several would have shown, so a held key never lags behind by more than the line itself.

use std::time::{Duration, Instant};

/// Bytes that a poor line carries in a second.
const LINE: f64 = 30_000.0;
/// So much may be ahead of the line: a screen painted anew and some scrolling. Half a second on such a line.
const AHEAD: f64 = 14_000.0;

/// What the line still has to carry.
#[derive(Debug)]
pub struct Pace {
    ahead: f64,
    at: Instant,
}

impl Pace {
    /// A line with nothing on it.
    pub const fn new(now: Instant) -> Self {
        Self { ahead: 0.0, at: now }
    }

    /// A frame of so many bytes was written.
    pub fn wrote(&mut self, bytes: usize, now: Instant) {
        self.ahead = self.left(now) + bytes as f64;
        self.at = now;
    }

    /// How long the next frame has to wait; mostly not at all.
    pub fn wait(&self, now: Instant) -> Duration {
        Duration::try_from_secs_f64((self.left(now) - AHEAD) / LINE).unwrap_or_default()
    }

    fn left(&self, now: Instant) -> f64 {
        (self.ahead - now.saturating_duration_since(self.at).as_secs_f64() * LINE).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_frames_never_wait_and_a_held_key_stays_near_the_line() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.wrote(12_000, start);
        assert_eq!(pace.wait(start), Duration::ZERO, "a screen painted anew and the next key");
        // A scroll of 1,500 bytes thirty times a second, for ten seconds: 45,000 bytes a second on a line of 30,000.
        let (mut now, mut frames) = (start + Duration::from_secs(5), 0_u32);
        let end = now + Duration::from_secs(10);
        while now < end {
            if pace.wait(now).is_zero() {
                pace.wrote(1_500, now);
                frames += 1;
            }
            assert!(pace.left(now) <= AHEAD + 1_500.0);
            now += Duration::from_millis(33);
        }
        assert!((190..=215).contains(&frames), "{frames}");
    }
}

//! How long to wait before the next try: doubling, capped, and spread by chance so that many clients do not come back at once.

use std::time::Duration;

/// A growing wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    tries: u32,
}

impl Backoff {
    /// Starts at `first` and never waits much longer than `cap`.
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, tries: 0 }
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let wait = wait(self.first, self.cap, self.tries);
        self.tries = self.tries.saturating_add(1);
        wait
    }

    /// It worked: begin at the first wait again.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

/// The wait after `tries` failures: `first` doubled that often, at most `cap`, times 0.5 to 1 by chance.
pub fn wait(first: Duration, cap: Duration, tries: u32) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(tries.min(20))).min(cap);
    full.mul_f64(0.5 + chance() / 2.0)
}

/// A wait that somebody asked for, and up to a tenth more, at most 2 s: never shorter, and not everybody at once.
pub fn spread(wait: Duration) -> Duration {
    wait + (wait / 10).min(Duration::from_secs(2)).mul_f64(chance())
}

/// From 0 to 1.
fn chance() -> f64 {
    let mut byte = [0_u8; 1];
    // Without random numbers a wait is still right, only not spread.
    if getrandom::fill(&mut byte).is_err() {
        byte = [127];
    }
    f64::from(byte[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_to_its_cap_and_is_spread() {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
        for step in 0..12_u32 {
            let full = Duration::from_millis(200 * 2_u64.pow(step)).min(Duration::from_secs(30));
            let wait = backoff.next_wait();
            assert!(wait >= full / 2 && wait <= full, "{step}: {wait:?}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= Duration::from_millis(200));
        assert!(wait(Duration::from_secs(1), Duration::from_mins(1), u32::MAX) <= Duration::from_mins(1));
        let asked = spread(Duration::from_secs(5));
        assert!((5.0..=5.5).contains(&asked.as_secs_f64()), "{asked:?}");
    }
}

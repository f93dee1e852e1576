//! How much one caller may ask: body sizes, and a bucket of requests that fills up again with time.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

/// A mail to import: more than the longest one that clients cut theirs to.
pub const MAIL: usize = 72 * 1024 * 1024;
/// A file to attach.
pub const FILE: usize = 25 * 1024 * 1024;
/// Every other body.
pub const BODY: usize = 1024 * 1024;

/// Requests a token may make at once, and each second after that.
const TOKEN: Rate = Rate { burst: 600.0, refill: 100.0 };
/// Failed sign-ins of all callers together, at once and each second after that.
const FAILURES: Rate = Rate { burst: 100.0, refill: 10.0 };
/// Buckets kept; full ones are dropped first.
const KEPT: usize = 4096;

#[derive(Clone, Copy)]
struct Rate {
    burst: f64,
    refill: f64,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { left: rate.burst, at: now }
    }

    /// Takes one, or tells how many seconds to wait.
    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), u64> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * rate.refill).min(rate.burst);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.left) / rate.refill).ceil().max(1.0) as u64)
    }
}

/// The buckets of one server process.
pub struct Limits {
    tokens: Mutex<HashMap<i64, Bucket>>,
    failures: Mutex<Bucket>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tokens: Mutex::default(), failures: Mutex::new(Bucket::full(FAILURES, Instant::now())) }
    }
}

impl Limits {
    /// Counts a request of a token; the error is the seconds to wait.
    pub fn request(&self, token: i64) -> Result<(), u64> {
        self.request_at(token, Instant::now())
    }

    fn request_at(&self, token: i64, now: Instant) -> Result<(), u64> {
        let mut tokens = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if tokens.len() >= KEPT {
            tokens
                .retain(|_, b| b.left + now.saturating_duration_since(b.at).as_secs_f64() * TOKEN.refill < TOKEN.burst);
        }
        tokens.entry(token).or_insert_with(|| Bucket::full(TOKEN, now)).take(TOKEN, now)
    }

    /// Counts a failed sign-in; the error is the seconds to wait.
    pub fn failure(&self) -> Result<(), u64> {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.take(FAILURES, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limits = Limits::default();
        let start = Instant::now();
        for _ in 0..600 {
            assert_eq!(limits.request_at(1, start), Ok(()));
        }
        assert_eq!(limits.request_at(1, start), Err(1));
        assert_eq!(limits.request_at(2, start), Ok(()), "another token has its own bucket");
        assert_eq!(limits.request_at(1, start + Duration::from_millis(20)), Ok(()));
    }
}

//! How long to wait before trying again: longer each time, and never all servers at once (rule S3).

use crate::time::micros;
use std::time::Duration;

/// Exponential backoff with full jitter: the n-th wait is drawn evenly from zero to `first` x
/// `factor`^n, at most `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first wait. 1 s.
    pub first: Duration,
    /// How much each further ceiling is larger. 2.
    pub factor: u32,
    /// The largest ceiling; must be at least `first`. 20 s.
    pub cap: Duration,
    /// How many retries a session start has; saves and renewals have no such limit. 5.
    pub retries: u32,
}

impl Backoff {
    /// The wait before retry `nth` (from 0). `random` is evenly drawn.
    pub(crate) fn delay(&self, nth: u32, random: u64) -> Duration {
        let ceiling = u128::from(micros(self.ceiling(nth)));
        let us = ((u128::from(random) * (ceiling + 1)) >> 64) as u64;
        Duration::from_micros(us)
    }

    /// The longest that the wait before retry `nth` can be.
    pub(crate) fn ceiling(&self, nth: u32) -> Duration {
        let factor = self.factor.checked_pow(nth).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(1),
        factor: 2,
        cap: Duration::from_secs(20),
        retries: 5,
    };

    #[test]
    fn ceilings_double_from_one_second_to_twenty() {
        let ceilings: Vec<u64> = (0..8).map(|nth| BACKOFF.ceiling(nth).as_secs()).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 20, 20, 20]);
        assert_eq!(BACKOFF.ceiling(u32::MAX).as_secs(), 20);
    }

    #[test]
    fn the_jitter_is_full_from_zero_to_the_ceiling() {
        assert_eq!(BACKOFF.delay(2, 0), Duration::ZERO);
        assert_eq!(BACKOFF.delay(2, u64::MAX), Duration::from_secs(4));
        assert_eq!(BACKOFF.delay(2, u64::MAX / 2).as_millis(), 2_000);
    }
}

//! A token bucket: what may be asked for at once, and what comes back with time.
//!
//! Think of a jar under a tap. Each request takes a coin out; the tap drops coins in at a steady
//! rate, and stops when the jar holds as much as it should. When the rate changes, what has dropped
//! so far is counted first.
//!
//! ```text
//!   tokens ^      .----- cap                 take: n tokens or nothing
//!          |    /                            ready: when n tokens will be there
//!          |  /   '--.   /
//!          |/         \/
//!          '-----------------> time
//! ```
//!
//! Laws: exact in whole numbers, however often it is looked at; the cap stops the tap, it takes
//! nothing away.

use crate::library::Tokens;
use crate::schedule::Moment;

/// A token, in parts: at one token a minute, one part drops in each microsecond.
const TOKEN: u64 = Tokens::ONE;

/// The bucket. It is brought up to date only when somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    parts: u64,
    /// When `parts` was counted.
    at: Moment,
    /// Tokens a minute.
    rate: u32,
    /// The tap stops when as many tokens are there as drop in so many minutes.
    cap_minutes: u32,
}

impl Budget {
    /// A bucket that holds so many tokens now, more than its cap perhaps. `rate` is in tokens a
    /// minute.
    pub(crate) fn new(now: Moment, tokens: u32, rate: u32, cap_minutes: u32) -> Budget {
        Budget { parts: u64::from(tokens) * TOKEN, at: now, rate, cap_minutes }
    }

    fn fill(&mut self, now: Moment) {
        let dropped = u64::from(self.rate).saturating_mul(now.since(self.at));
        let cap = (u64::from(self.rate) * TOKEN).saturating_mul(u64::from(self.cap_minutes));
        self.parts = self.parts.max(self.parts.saturating_add(dropped).min(cap));
        self.at = self.at.max(now);
    }

    /// Changes the rate from now on; nothing if it is the same.
    pub(crate) fn set_rate(&mut self, now: Moment, rate: u32) {
        if rate != self.rate {
            self.fill(now);
            self.rate = rate;
        }
    }

    /// Whether so many tokens are there.
    pub(crate) fn has(&mut self, now: Moment, tokens: u32) -> bool {
        // Mostly there are plenty, and time need not be looked at.
        let needed = u64::from(tokens) * TOKEN;
        self.parts >= needed || {
            self.fill(now);
            self.parts >= needed
        }
    }

    /// Takes so many tokens, or none. Says whether it did.
    pub(crate) fn take(&mut self, now: Moment, tokens: u32) -> bool {
        self.fill(now);
        let needed = u64::from(tokens) * TOKEN;
        let there = self.parts >= needed;
        if there {
            self.parts -= needed;
        }
        there
    }

    /// What is there now, and how it goes on.
    pub(crate) fn tokens(&self, now: Moment) -> Tokens {
        let mut this = *self;
        this.fill(now);
        let cap = (u64::from(self.rate) * TOKEN).saturating_mul(u64::from(self.cap_minutes));
        Tokens { parts: this.parts, cap, rate: self.rate }
    }

    /// The first moment at which so many tokens are there, if nobody takes any and the rate stays;
    /// [`Moment::NEVER`] if they never are.
    pub(crate) fn ready(&mut self, now: Moment, tokens: u32) -> Moment {
        self.fill(now);
        let needed = u64::from(tokens) * TOKEN;
        if self.parts >= needed {
            return self.at;
        }
        let cap = (u64::from(self.rate) * TOKEN).saturating_mul(u64::from(self.cap_minutes));
        if needed > cap {
            return Moment::NEVER;
        }
        self.at.after((needed - self.parts).div_ceil(u64::from(self.rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(us: u64) -> Moment {
        Moment::from_micros(us)
    }

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_minutes_worth_is_there_at_once_and_the_next_token_comes_exactly_when_it_should() {
        let mut budget = Budget::new(at(0), 240, 240, 1);
        for _ in 0..240 {
            assert!(budget.take(at(0), 1));
        }
        assert!(!budget.take(at(0), 1), "the 241st");
        assert_eq!(budget.ready(at(0), 1), at(250_000));
        assert!(!budget.take(at(249_999), 1));
        assert!(budget.take(at(250_000), 1));
    }

    #[test]
    fn when_the_rate_changes_what_has_dropped_so_far_is_kept() {
        // Half a token at 60 a minute, the other half at 120: 0.5 s and 0.25 s.
        let mut budget = Budget::new(at(0), 0, 60, 3);
        budget.set_rate(at(SECOND / 2), 120);
        assert_eq!(budget.ready(at(SECOND / 2), 1), at(3 * SECOND / 4));
        assert!(!budget.take(at(3 * SECOND / 4 - 1), 1));
        assert!(budget.take(at(3 * SECOND / 4), 1));
    }

    #[test]
    fn the_cap_stops_the_tap_and_takes_nothing_away() {
        let mut burst = Budget::new(at(0), 100, 10, 3);
        assert!(burst.has(at(600 * SECOND), 100));
        assert!(!burst.has(at(600 * SECOND), 101));
        assert!(burst.take(at(600 * SECOND), 100));
        assert!(burst.has(at(1_200 * SECOND), 30));
        assert!(!burst.has(at(1_200 * SECOND), 31));
        assert_eq!(burst.ready(at(1_200 * SECOND), 31), Moment::NEVER);
        assert_eq!(Budget::new(at(0), 0, 0, 3).ready(at(0), 1), Moment::NEVER);
    }

    proptest! {
        #[test]
        fn looking_more_often_changes_nothing(
            looks in prop::collection::vec((0u64..5_000_000, 0u32..4), 1..40),
            rate in 1u32..100_000,
        ) {
            let (mut often, mut seldom) =
                (Budget::new(at(0), 2, rate, 3), Budget::new(at(0), 2, rate, 3));
            let mut now = 0;
            for (gap, tokens) in looks {
                now += gap;
                for between in [now - gap / 2, now] {
                    often.ready(at(between), 1);
                }
                prop_assert_eq!(often.take(at(now), tokens), seldom.take(at(now), tokens));
            }
        }

        #[test]
        fn tokens_are_there_when_promised_and_not_a_microsecond_before(
            rate in 1u32..1_000_000, start in 0u32..3, wanted in 1u32..4,
        ) {
            let mut budget = Budget::new(at(7), start, rate.max(wanted), 1);
            let ready = budget.ready(at(7), wanted);
            if ready > at(7) {
                let mut early = budget;
                prop_assert!(!early.take(at(ready.as_micros() - 1), wanted));
            }
            prop_assert!(budget.take(ready, wanted));
        }
    }
}

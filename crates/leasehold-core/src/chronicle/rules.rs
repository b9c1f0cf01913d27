//! The protocol's numbers and switches, and the three ways in which they are usually set.
//!
//! Each field says its unit, its default and what must hold of it. [`Rules::check`] finds what does
//! not.

use crate::backoff::Backoff;
use crate::planted::{Planted, Plants};
use crate::time::{Instant, micros};
use std::fmt;
use std::time::Duration;

/// Everything that can be tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long a lease lasts after a write (rule [L1](super::protocol#L1)). 60 s. Documented as
    /// `LEASE_DURATION`.
    pub lease_duration: Duration,
    /// How long after the last successful write was sent the lease is renewed (rule
    /// [L2](super::protocol#L2)). 50 s; 10 s in `chronicle_eager`, the other reading of what is
    /// documented. Must be less than `lease_duration`.
    pub renew_after: Duration,
    /// Stop relying on a lease that may have run out, without being told (rule
    /// [L4](super::protocol#L4)). Off as documented; on in `chronicle_strict`.
    pub self_fence: bool,
    /// How long before the end of its lease a self-fencing owner stops. 3 s. Must be less than
    /// `lease_duration - renew_after`, or the fence falls before the renewal.
    pub clock_margin: Duration,
    /// How long after the end of a lease another server waits before it counts as expired (rule
    /// [C1](super::protocol#C1)). 0; 3 s in `chronicle_strict`.
    pub takeover_margin: Duration,
    /// Take the lease of an owner that does not answer (rule [C4](super::protocol#C4)). On as
    /// documented; off in `chronicle_strict` (rule [C7](super::protocol#C7)), which then polls.
    pub steal_on_silence: bool,
    /// What a challenge over messaging is worth (rules [C2](super::protocol#C2),
    /// [M3](super::protocol#M3)).
    pub messaging: Messaging,
    /// How long an owner has to answer, from the challenge being published (rule
    /// [C2](super::protocol#C2)). 2 s.
    pub challenge_timeout: Duration,
    /// How many different holders a start challenges before it gives up with `lease_held` (rule
    /// [C4](super::protocol#C4)). 3.
    pub conflict_rounds_max: u32,
    /// How often a start that may not steal looks again (rule [C7](super::protocol#C7)). 5 s.
    pub poll_every: Duration,
    /// How long a session start may take; looked at between calls, so a call under way is waited
    /// for (rule [C7](super::protocol#C7)). 90 s.
    pub start_timeout: Duration,
    /// How long a datastore call is waited for; afterwards its outcome is unknown (rule
    /// [S8](super::protocol#S8)). 30 s.
    pub call_timeout: Duration,
    /// The waits between tries (rule [S3](super::protocol#S3)).
    pub backoff: Backoff,
    /// How long after the last change a save is made (rule [W1](super::protocol#W1)). 2 s.
    /// Documented as `WRITE_COALESCE_WINDOW`.
    pub coalesce_window: Duration,
    /// How long after the first unsaved change a save is forced (rule [W1](super::protocol#W1)).
    /// 30 s. Must be at least `coalesce_window`. Documented as `MAX_WRITE_DELAY`.
    pub max_delay: Duration,
    /// Whether a session that is being released still answers challenges (rule
    /// [W6](super::protocol#W6)). On: a profile is documented to be marked inactive last.
    pub answer_while_releasing: bool,
    /// The circuit breaker (rules [B1](super::protocol#B1), [B2](super::protocol#B2)).
    pub breaker: BreakerRules,
    /// Simulation mode, because the game says so: documented as `SimulationMode` (rule
    /// [M1](super::protocol#M1)). Off. Whoever carries out the calls says what plays the datastore.
    pub simulation: bool,
    /// Fall back to simulation mode when there is no datastore at the start: nothing is saved then
    /// (rule [M2](super::protocol#M2)). On.
    pub auto_fallback: bool,
    /// A mistake on purpose.
    #[doc(hidden)]
    pub planted: Plants,
}

/// Weight of a challenge over messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messaging {
    /// Challenges are sent, and silence means something.
    Enabled,
    /// Messaging is off, and an owner is taken to be alive; also what [`Messaging::Enabled`] comes
    /// to in simulation mode, which has none: as if it had answered (rules
    /// [M3](super::protocol#M3), [C3](super::protocol#C3)).
    PresumeAlive,
    /// Messaging is off, and an owner is taken to be dead: as if it had been silent (rules
    /// [M3](super::protocol#M3), [C4](super::protocol#C4)).
    PresumeDead,
}

/// Rules of the circuit breaker: when it opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRules {
    /// Consecutive failures that open it (rule [B1](super::protocol#B1)). 5.
    pub failures_max: u32,
    /// Failed calls in a hundred, within `window`, that may not be exceeded (rule
    /// [B1](super::protocol#B1)). 50.
    pub error_percent_max: u32,
    /// How far back the error rate looks (rule [B1](super::protocol#B1)). 60 s.
    pub window: Duration,
    /// Samples in the window from which the error rate counts (rule [B1](super::protocol#B1)). 10.
    pub samples_min: u32,
    /// How long it stays open the first time (rule [B2](super::protocol#B2)). 30 s.
    pub open_for: Duration,
    /// How long it stays open at most; each failed probe doubles (rule [B2](super::protocol#B2)).
    /// 300 s. Must be at least `open_for`.
    pub open_max: Duration,
    /// A mistake on purpose.
    #[doc(hidden)]
    pub planted: Plants,
}

impl Rules {
    /// As documented.
    pub const CHRONICLE: Rules = Rules {
        lease_duration: Duration::from_secs(60),
        renew_after: Duration::from_secs(50),
        self_fence: false,
        clock_margin: Duration::from_secs(3),
        takeover_margin: Duration::ZERO,
        steal_on_silence: true,
        messaging: Messaging::Enabled,
        challenge_timeout: Duration::from_secs(2),
        conflict_rounds_max: 3,
        poll_every: Duration::from_secs(5),
        start_timeout: Duration::from_secs(90),
        call_timeout: Duration::from_secs(30),
        backoff: Backoff {
            first: Duration::from_secs(1),
            factor: 2,
            cap: Duration::from_secs(20),
            retries: 5,
        },
        coalesce_window: Duration::from_secs(2),
        max_delay: Duration::from_secs(30),
        answer_while_releasing: true,
        breaker: BreakerRules {
            failures_max: 5,
            error_percent_max: 50,
            window: Duration::from_secs(60),
            samples_min: 10,
            open_for: Duration::from_secs(30),
            open_max: Duration::from_secs(300),
            planted: Plants::NONE,
        },
        simulation: false,
        auto_fallback: true,
        planted: Plants::NONE,
    };

    /// The other reading of the documented renewal: whenever less than 50 s of 60 remain, which is
    /// every 10 s (rule [L2](super::protocol#L2)).
    pub const CHRONICLE_EAGER: Rules =
        Rules { renew_after: Duration::from_secs(10), ..Rules::CHRONICLE };

    /// Safe by construction inside [`Rules::promise`]: owners fence themselves, nobody takes the
    /// lease of a silent owner (rules [L4](super::protocol#L4), [C7](super::protocol#C7)).
    pub const CHRONICLE_STRICT: Rules = Rules {
        self_fence: true,
        takeover_margin: Duration::from_secs(3),
        steal_on_silence: false,
        ..Rules::CHRONICLE
    };

    /// When a call that is sent now is given up on (rule [S8](super::protocol#S8)).
    pub(super) fn gives_up(&self, now: Instant) -> Instant {
        if self.planted.has(Planted::NeverGivesUp) {
            Instant::from_micros(u64::MAX)
        } else {
            now + self.call_timeout
        }
    }

    /// The same with a mistake in the machines.
    #[cfg(feature = "planted")]
    #[doc(hidden)]
    #[must_use]
    pub const fn wrong(mut self, mistake: Planted) -> Rules {
        self.planted = Plants::one(mistake);
        self.breaker.planted = self.planted;
        self
    }

    /// What must hold between the fields, and does not. Empty if all is well.
    pub fn check(&self) -> Vec<RuleError> {
        let mut errors = Vec::new();
        let mut must = |holds: bool, field: &'static str, needs: &'static str| {
            if !holds {
                errors.push(RuleError { field, needs });
            }
        };
        let fence = if self.self_fence { self.clock_margin } else { Duration::ZERO };
        must(self.lease_duration >= Duration::from_secs(1), "lease_duration", "at least 1s");
        must(!self.renew_after.is_zero(), "renew_after", "more than 0s");
        must(self.renew_after < self.lease_duration, "renew_after", "less than lease_duration");
        must(
            self.renew_after.saturating_add(fence) < self.lease_duration || !self.self_fence,
            "clock_margin",
            "less than lease_duration - renew_after, so that the renewal comes before the fence",
        );
        must(!self.challenge_timeout.is_zero(), "challenge_timeout", "more than 0s");
        must(!self.poll_every.is_zero(), "poll_every", "more than 0s");
        must(!self.call_timeout.is_zero(), "call_timeout", "more than 0s");
        must(
            self.start_timeout >= self.challenge_timeout,
            "start_timeout",
            "at least challenge_timeout",
        );
        must(self.conflict_rounds_max >= 1, "conflict_rounds_max", "at least 1");
        must(!self.backoff.first.is_zero(), "backoff.first", "more than 0s");
        must(self.backoff.factor >= 1, "backoff.factor", "at least 1");
        must(self.backoff.cap >= self.backoff.first, "backoff.cap", "at least backoff.first");
        must(self.max_delay >= self.coalesce_window, "max_delay", "at least coalesce_window");
        must(self.breaker.failures_max >= 1, "breaker.failures_max", "at least 1");
        must(self.breaker.error_percent_max <= 100, "breaker.error_percent_max", "at most 100");
        must(!self.breaker.open_for.is_zero(), "breaker.open_for", "more than 0s");
        must(
            self.breaker.open_max >= self.breaker.open_for,
            "breaker.open_max",
            "at least breaker.open_for",
        );
        errors
    }

    /// Whether these rules rule out double ownership in a world whose clocks differ by at most
    /// `skew` and drift by at most `drift_ppm` millionths (rule [D3](super::protocol#D3)).
    /// `stamp_step` is the coarseness of a stamp: 1 s for whole seconds.
    pub fn promise(&self, skew: Duration, drift_ppm: u32, stamp_step: Duration) -> Promise {
        if !self.self_fence || self.steal_on_silence {
            return Promise::None;
        }
        let allowed = micros(self.clock_margin).saturating_add(micros(self.takeover_margin));
        let span = u128::from(micros(self.lease_duration)) + u128::from(allowed);
        // A fraction of a microsecond counts as a whole one: the promise is made on the safe side.
        let drift = (2 * u128::from(drift_ppm) * span).div_ceil(1_000_000);
        let needed = micros(skew)
            .saturating_add(micros(stamp_step))
            .saturating_add(u64::try_from(drift).unwrap_or(u64::MAX));
        let (needed, allowed) = (Duration::from_micros(needed), Duration::from_micros(allowed));
        if needed <= allowed {
            Promise::Kept { needed, allowed }
        } else {
            Promise::Outside { needed, allowed }
        }
    }
}

/// A field that does not hold what it must; it prints as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The field.
    pub field: &'static str,
    /// What is allowed.
    pub needs: &'static str,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field, self.needs)
    }
}

/// Promise of a configuration about double ownership (rule [D3](super::protocol#D3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Nothing: an owner may go on after its lease, or lose it before.
    None,
    /// Two sessions never consider themselves owner at once: the clocks' uncertainty fits into the
    /// margins.
    Kept {
        /// The uncertainty.
        needed: Duration,
        /// Both margins together.
        allowed: Duration,
    },
    /// Outside the promise: the clocks may differ by more than the margins cover.
    Outside {
        /// The uncertainty.
        needed: Duration,
        /// Both margins together.
        allowed: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_consistent() {
        for rules in [Rules::CHRONICLE, Rules::CHRONICLE_EAGER, Rules::CHRONICLE_STRICT] {
            assert_eq!(rules.check(), []);
        }
    }

    #[test]
    fn relations_between_fields_are_checked_and_named() {
        let lease = Rules { renew_after: Duration::from_secs(60), ..Rules::CHRONICLE };
        assert_eq!(lease.check()[0].to_string(), "renew_after must be less than lease_duration");
        let fence = Rules { clock_margin: Duration::from_secs(10), ..Rules::CHRONICLE_STRICT };
        assert_eq!(fence.check()[0].field, "clock_margin");
        let delay = Rules { max_delay: Duration::from_secs(1), ..Rules::CHRONICLE };
        assert_eq!(delay.check()[0].field, "max_delay");
    }

    #[test]
    fn d3_the_promise_of_strict_ends_exactly_where_the_clocks_use_up_both_margins() {
        let second = Duration::from_secs(1);
        let strict = Rules::CHRONICLE_STRICT;
        assert!(matches!(strict.promise(Duration::from_secs(5), 0, second), Promise::Kept { .. }));
        let past = Duration::from_micros(5_000_001);
        assert!(matches!(strict.promise(past, 0, second), Promise::Outside { .. }));
        // 2 x 1,000 ppm x 66 s = 132 ms.
        let skew = Duration::from_millis(5_000 - 132);
        assert!(matches!(strict.promise(skew, 1_000, second), Promise::Kept { .. }));
        let past = skew + Duration::from_micros(1);
        assert!(matches!(strict.promise(past, 1_000, second), Promise::Outside { .. }));
        // Half of it promises nothing.
        let fences = Rules { self_fence: true, ..Rules::CHRONICLE };
        let waits = Rules { steal_on_silence: false, ..Rules::CHRONICLE };
        for rules in [Rules::CHRONICLE, fences, waits] {
            assert_eq!(rules.promise(Duration::ZERO, 0, second), Promise::None);
        }
    }

    #[test]
    fn d3_a_fraction_of_a_microsecond_of_drift_is_rounded_to_the_safe_side() {
        // 2 x 1 ppm x 66.1 s = 132.2 us.
        let lease_duration = Duration::from_millis(60_100);
        let rules = Rules { lease_duration, ..Rules::CHRONICLE_STRICT };
        let skew = Duration::from_micros(5_000_000 - 133);
        assert!(matches!(rules.promise(skew, 1, Duration::from_secs(1)), Promise::Kept { .. }));
        let past = skew + Duration::from_micros(1);
        assert!(matches!(rules.promise(past, 1, Duration::from_secs(1)), Promise::Outside { .. }));
    }

    #[test]
    fn d3_absurd_margins_are_no_reason_to_panic() {
        let rules = Rules {
            clock_margin: Duration::MAX,
            takeover_margin: Duration::MAX,
            lease_duration: Duration::MAX,
            ..Rules::CHRONICLE_STRICT
        };
        let _ = rules.promise(Duration::MAX, u32::MAX, Duration::MAX);
        let _ = rules.check();
    }
}

//! The library's numbers: the settable constants under their own names, and the fixed ones.
//!
//! The library waits by looking at its clock once a frame. Here nobody looks: a wait is a
//! deadline, rounded up to the heartbeat on which the library would see that it is over.
//!
//! Sections are those of `docs/protocols/profile-store.md`, which the whole module follows.
//! Durations cannot be negative here, though the library would take such a constant; see
//! [`Rules::check`] for what else is refused.

use crate::backoff::Backoff;
use crate::time::Instant;
use std::fmt;
use std::time::Duration;

/// The settable constants (section [1.1](super::protocol#1.1)), and the length of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// One full round over all active profiles. 300 s, by the monotonic clock. Half of it is how
    /// long a profile counts as freshly loaded. Must be more than 0: the library would hang \[I\].
    pub auto_save_period: Duration,
    /// The wait between two conflict polls, from the second wait on. 10 s.
    pub load_repeat_period: Duration,
    /// The wait between the first and the second conflict poll. 5 s.
    pub first_load_repeat: Duration,
    /// Only counts, in units of `load_repeat_period`, the polls before a steal. 40 s.
    pub session_steal: Duration,
    /// A lock is taken at once if its last update is older than this, by the wall clock of whoever
    /// asks. 630 s: 630 waits, 631 takes.
    pub assume_dead: Duration,
    /// A start without a cancel condition gives up after this, looked at after a failed call only.
    /// 120 s.
    pub start_session_timeout: Duration,
    /// How many queued issues make the state critical. 5.
    pub critical_state_error_count: u32,
    /// The age at which an issue leaves the queue. 120 s; strictly older goes.
    pub critical_state_error_expire: Duration,
    /// How long after the queue was last full the critical state ends. 120 s; strictly later.
    pub critical_state_expire: Duration,
    /// How many messages a record keeps; the oldest are dropped. 1000.
    pub max_message_queue: u32,
    /// The time between two heartbeats. 1/60 s, a trifle less: so a wait of a whole number of
    /// frames ends on the frame after its end, as in the library it mostly does, whose clock is a
    /// float. Waits end on a heartbeat; with 0 they end when they are over.
    pub frame: Duration,
}

/// The gap that must lie between two messages that a session heeds; exactly this much is too little
/// (sections 1.2 and 3.5).
pub(super) const MESSAGE_GAP: Duration = Duration::from_secs(6);

/// The waits after failed calls (section 1.2).
pub(super) const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(1), factor: 2, cap: Duration::from_secs(20), retries: 0 };

/// The waits after failed final saves of a server that shuts down (section 1.2).
pub(super) const SHUTDOWN_BACKOFF: Backoff = Backoff { cap: Duration::from_secs(8), ..BACKOFF };

impl Rules {
    /// As released: every default of the library, at 60 frames a second.
    pub const PROFILE_STORE: Rules = Rules {
        auto_save_period: Duration::from_secs(300),
        load_repeat_period: Duration::from_secs(10),
        first_load_repeat: Duration::from_secs(5),
        session_steal: Duration::from_secs(40),
        assume_dead: Duration::from_secs(630),
        start_session_timeout: Duration::from_secs(120),
        critical_state_error_count: 5,
        critical_state_error_expire: Duration::from_secs(120),
        critical_state_expire: Duration::from_secs(120),
        max_message_queue: 1000,
        frame: Duration::from_nanos(16_666_666),
    };

    /// What makes no sense; empty if everything does. The library itself checks nothing: an
    /// auto-save period of 0 would hang it, and it would never steal with a `load_repeat_period` of
    /// 0.
    pub fn check(&self) -> Vec<RuleError> {
        let mut errors = Vec::new();
        let mut must = |holds: bool, field| {
            if !holds {
                errors.push(RuleError { field });
            }
        };
        must(!self.auto_save_period.is_zero(), "auto_save_period");
        must(!self.load_repeat_period.is_zero(), "load_repeat_period");
        must(self.critical_state_error_count > 0, "critical_state_error_count");
        errors
    }

    /// After how many further polls a start may steal: `SESSION_STEAL` by `LOAD_REPEAT_PERIOD`,
    /// rounded up (section [1.1](super::protocol#1.1)).
    pub fn steal_after(&self) -> u32 {
        let polls = self.session_steal.as_micros().div_ceil(self.load_repeat_period.as_micros());
        u32::try_from(polls).unwrap_or(u32::MAX)
    }

    /// The first heartbeat at or after this.
    pub(super) fn heartbeat(&self, at: Instant) -> Instant {
        let frame = self.frame.as_nanos();
        if frame == 0 {
            return at;
        }
        // Asked for with every input, so in short numbers as long as they are: for 500 years.
        if let (Ok(frame), Some(ns)) = (u64::try_from(frame), at.as_micros().checked_mul(1_000))
            && let Some(ns) = ns.checked_next_multiple_of(frame)
        {
            return Instant::from_micros(ns / 1_000).max(at);
        }
        let us = (u128::from(at.as_micros()) * 1_000).next_multiple_of(frame) / 1_000;
        Instant::from_micros(u64::try_from(us).unwrap_or(u64::MAX)).max(at)
    }

    /// The first heartbeat after this. Without frames, a microsecond later: every wait takes some
    /// time.
    pub(super) fn next_heartbeat(&self, after: Instant) -> Instant {
        self.heartbeat(after + Duration::from_micros(1))
    }

    /// The heartbeat on which what happens now is seen by whoever looks once a frame: the present
    /// one, if there is one.
    pub(super) fn seen(&self, now: Instant) -> Instant {
        if self.frame.is_zero() { self.next_heartbeat(now) } else { self.heartbeat(now) }
    }

    /// When a wait of this length ends: on a heartbeat, and not on the present one.
    pub(super) fn wait(&self, now: Instant, span: Duration) -> Instant {
        self.heartbeat(now + span.max(Duration::from_micros(1)))
    }
}

/// A field that must be more than zero; it prints as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The field.
    pub field: &'static str,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be more than 0", self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_defaults_are_consistent_and_steal_after_four_further_polls() {
        assert_eq!(Rules::PROFILE_STORE.check(), []);
        assert_eq!(Rules::PROFILE_STORE.steal_after(), 4);
        let odd = Rules { session_steal: Duration::from_secs(41), ..Rules::PROFILE_STORE };
        assert_eq!(odd.steal_after(), 5);
    }

    #[test]
    fn a_zero_that_would_hang_the_library_is_refused() {
        let rules = Rules { auto_save_period: Duration::ZERO, ..Rules::PROFILE_STORE };
        assert_eq!(rules.check()[0].to_string(), "auto_save_period must be more than 0");
    }

    #[test]
    fn the_sixtieth_heartbeat_is_just_before_one_second() {
        let rules = Rules::PROFILE_STORE;
        for (at, heartbeat) in [(0, 0), (1, 16_666), (16_666, 16_666), (16_667, 33_333)] {
            let found = rules.heartbeat(Instant::from_micros(at));
            assert_eq!(found, Instant::from_micros(heartbeat));
        }
        let second = Instant::from_micros(1_000_000 - 1);
        assert_eq!(rules.heartbeat(second), second);
    }

    proptest! {
        #[test]
        fn a_heartbeat_is_its_own_heartbeat_and_the_next_one_is_a_frame_away(
            at in 0u64..1 << 50, frame in prop::sample::select(vec![0u64, 1, 16_666_666, 1 << 30]),
        ) {
            let rules = Rules { frame: Duration::from_nanos(frame), ..Rules::PROFILE_STORE };
            let at = Instant::from_micros(at);
            let heartbeat = rules.heartbeat(at);
            prop_assert!(heartbeat >= at);
            prop_assert_eq!(rules.heartbeat(heartbeat), heartbeat);
            let next = rules.next_heartbeat(heartbeat);
            prop_assert!(next > heartbeat);
            prop_assert!(next.since(heartbeat).as_micros() <= u128::from(frame / 1_000 + 1));
        }
    }
}

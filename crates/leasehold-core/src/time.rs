//! The two clocks of a server, kept apart by the compiler.
//!
//! A server has a stopwatch and a wall clock. The stopwatch ([`Instant`]) measures waits on that
//! one server and means nothing on another. The wall clock ([`Stamp`]) may be written into a record
//! and read by another server, whose own clock may disagree. Comparing the stamps of two servers is
//! where leases go wrong, so it must be visible in the code.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::Add;
use std::time::Duration;

/// Microseconds of a [`Duration`], at most `u64::MAX` (584,000 years).
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// A reading of one server's monotonic clock: microseconds since an origin of its own. Kept as one
/// more than that, so that one that may be missing takes no more room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroU64);

impl Instant {
    /// The instant this many microseconds after the origin.
    pub const fn from_micros(us: u64) -> Instant {
        Instant(NonZeroU64::MIN.saturating_add(us))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> u64 {
        self.0.get() - 1
    }

    /// The time since `earlier`, or zero if that is later.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.get().saturating_sub(earlier.0.get()))
    }
}

impl Default for Instant {
    fn default() -> Instant {
        Instant::from_micros(0)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({})", self.as_micros())
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, span: Duration) -> Instant {
        Instant(self.0.saturating_add(micros(span)))
    }
}

/// A reading of a server's wall clock: microseconds since the Unix epoch, as far as that server
/// knows.
///
/// It may be compared with another server's stamp only where the difference of their clocks is
/// accounted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stamp(i64);

impl Stamp {
    /// The Unix epoch. A released lease carries it as its expiry (rule
    /// [R1](crate::chronicle::protocol#R1)).
    pub const EPOCH: Stamp = Stamp(0);

    /// The stamp this many microseconds after the epoch.
    pub const fn from_micros(us: i64) -> Stamp {
        Stamp(us)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The same stamp with the fraction of its second dropped, as `os.time` gives it.
    pub const fn floor_to_second(self) -> Stamp {
        Stamp(self.0.div_euclid(1_000_000) * 1_000_000)
    }
}

impl Stamp {
    /// The stamp this long before it.
    pub(crate) fn before(self, span: Duration) -> Stamp {
        Stamp(self.0.saturating_sub(i64::try_from(micros(span)).unwrap_or(i64::MAX)))
    }
}

impl Add<Duration> for Stamp {
    type Output = Stamp;
    fn add(self, span: Duration) -> Stamp {
        Stamp(self.0.saturating_add(i64::try_from(micros(span)).unwrap_or(i64::MAX)))
    }
}

/// Both clocks of the calling server at the moment of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock: for waits.
    pub mono: Instant,
    /// The wall clock: for what is written into a record.
    pub wall: Stamp,
}

/// When a machine next wants an `Input::Tick`, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// When. An earlier tick changes nothing.
    pub at: Instant,
    /// What is due then.
    pub why: Timer,
}

impl Deadline {
    /// The earlier of two deadlines; the first one if they are equal.
    pub(crate) fn soonest(a: Option<Deadline>, b: Option<Deadline>) -> Option<Deadline> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if b.at < a.at { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

/// What a deadline is for: it makes a busy loop legible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A datastore call has been waited for long enough (rule S8).
    CallTimeout,
    /// A failed call may be tried again (rule S3).
    Retry,
    /// A challenge has been waited for long enough (rule C2).
    Challenge,
    /// A held lease is worth another look (rule C7).
    Poll,
    /// A session start has taken too long (rule C7).
    StartTimeout,
    /// The lease wants renewing (rule L2).
    Renewal,
    /// The lease can no longer be trusted (rule L4).
    SelfFence,
    /// The lease has run out while its release kept failing (rule W6).
    LeaseEnd,
    /// Changes have waited long enough to be saved (rule W1).
    Save,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_second_stamps_round_down_on_both_sides_of_the_epoch() {
        for (us, floored) in [(1_999_999, 1_000_000), (2_000_000, 2_000_000), (-1, -1_000_000)] {
            assert_eq!(Stamp::from_micros(us).floor_to_second(), Stamp::from_micros(floored));
        }
    }

    #[test]
    fn the_soonest_of_two_deadlines_is_the_first_one_when_they_are_equal() {
        let at = |us, why| Some(Deadline { at: Instant::from_micros(us), why });
        let (renewal, save) = (at(5, Timer::Renewal), at(5, Timer::Save));
        assert_eq!(Deadline::soonest(renewal, save), renewal);
        assert_eq!(Deadline::soonest(renewal, at(4, Timer::Save)), at(4, Timer::Save));
        assert_eq!(Deadline::soonest(None, save), save);
    }
}

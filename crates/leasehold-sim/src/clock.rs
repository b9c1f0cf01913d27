//! The clocks of one server, as functions of the world's time.
//!
//! A server's crystal runs a little fast or slow (drift) and its wall clock was set a little wrong
//! (offset). It sees nothing else: the core is only ever given these two readings.

use crate::schedule::Moment;
use leasehold_core::{Instant, Now, Stamp};

/// When all runs begin, by a clock that is right: 2026-01-01 00:00:00 UTC.
const EPOCH_US: i64 = 1_767_225_600_000_000;

/// The backend's clock, which is right: milliseconds since the Unix epoch.
pub(crate) fn backend_ms(moment: Moment) -> i64 {
    EPOCH_US / 1_000 + (moment.as_micros() / 1_000) as i64
}

/// A server's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// How far the wall clock is ahead, in microseconds; negative if it is behind.
    pub offset_us: i64,
    /// How much too fast both clocks run, in millionths; negative if too slow. Between -1,000,000
    /// and 1,000,000.
    pub drift_ppm: i32,
    /// Whether the wall clock is read in whole seconds, as `os.time` is.
    pub whole_seconds: bool,
}

impl Clock {
    /// Both readings at a moment.
    pub fn now(&self, moment: Moment) -> Now {
        let mono = self.mono(moment);
        let wall = EPOCH_US + self.offset_us + mono.as_micros() as i64;
        let wall = Stamp::from_micros(wall);
        Now { mono, wall: if self.whole_seconds { wall.floor_to_second() } else { wall } }
    }

    fn mono(&self, moment: Moment) -> Instant {
        let us = moment.as_micros();
        if self.drift_ppm == 0 {
            return Instant::from_micros(us);
        }
        let rate = (1_000_000 + i64::from(self.drift_ppm)) as u128;
        Instant::from_micros((u128::from(us) * rate / 1_000_000) as u64)
    }

    /// The first moment at which the monotonic clock has reached a reading.
    pub fn reaches(&self, mono: Instant) -> Moment {
        let us = mono.as_micros();
        if self.drift_ppm == 0 {
            return Moment::from_micros(us);
        }
        let rate = (1_000_000 + i64::from(self.drift_ppm)) as u128;
        let moment = (u128::from(us) * 1_000_000).div_ceil(rate);
        Moment::from_micros(u64::try_from(moment).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_reading_is_reached_at_the_first_moment_at_which_it_has_passed(
            us in 0u64..1 << 47, drift_ppm in -900_000i32..900_000,
        ) {
            let clock = Clock { offset_us: 0, drift_ppm, whole_seconds: false };
            let reading = Instant::from_micros(us);
            let moment = clock.reaches(reading);
            prop_assert!(clock.now(moment).mono >= reading);
            if moment > Moment::ZERO {
                let before = Moment::from_micros(moment.as_micros() - 1);
                prop_assert!(clock.now(before).mono < reading);
            }
        }
    }

    #[test]
    fn the_offset_moves_the_wall_clock_only_and_whole_seconds_round_down() {
        let clock = Clock { offset_us: -1_500_000, drift_ppm: 0, whole_seconds: true };
        let now = clock.now(Moment::from_micros(2_000_000));
        assert_eq!(now.mono, Instant::from_micros(2_000_000));
        assert_eq!(now.wall, Stamp::from_micros(EPOCH_US));
    }
}

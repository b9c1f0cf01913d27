//! The clocks of one server, as functions of the world's time.
//!
//! A server's crystal runs a little fast or slow (drift), its wall clock was set a little wrong
//! (offset) and is set again while it runs (a step, as NTP makes them). A machine that is paused
//! finds its wall clock right when it goes on; its monotonic clock may have been paused. It sees
//! nothing else: the core is only ever given these two readings.
//!
//! ```text
//!   wall:  ......../      [step -3 s]  ....   /         mono:  ..../        [pause]  ..../
//!                 /                   /      /                    /____             /
//! ```

use crate::library::Ahead;
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
    /// How far the wall clock is ahead, in microseconds, its drift left out; negative if it is
    /// behind.
    offset_us: i64,
    /// How much too fast both clocks run, in millionths; negative if too slow. Between -1,000,000
    /// and 1,000,000.
    drift_ppm: i32,
    /// Whether the wall clock is read in whole seconds, as `os.time` is.
    whole_seconds: bool,
    /// For how long the monotonic clock was paused, in microseconds of its own, and until
    /// when.
    stood_us: u64,
    stood_until: Moment,
}

impl Clock {
    /// The clocks of a machine at the beginning of the world.
    pub fn new(offset_us: i64, drift_ppm: i32, whole_seconds: bool) -> Clock {
        Clock { offset_us, drift_ppm, whole_seconds, stood_us: 0, stood_until: Moment::ZERO }
    }

    /// Both readings at a moment, which is not before the end of the last pause.
    pub fn now(&self, moment: Moment) -> Now {
        let ran_us = self.ran_us(moment);
        let wall = EPOCH_US + self.offset_us + ran_us as i64;
        let wall = Stamp::from_micros(wall);
        Now {
            mono: Instant::from_micros(ran_us - self.stood_us),
            wall: if self.whole_seconds { wall.floor_to_second() } else { wall },
        }
    }

    /// What the library of its server is told that is left alone from now until another moment. A
    /// clock that drifts meets few readings exactly: nothing is foretold by it.
    pub(crate) fn ahead(&self, until: Moment) -> Option<Ahead> {
        let until = until.as_micros().checked_sub(self.stood_us)?;
        (self.drift_ppm == 0).then_some(Ahead {
            until: Instant::from_micros(until),
            wall_us: EPOCH_US + self.offset_us + self.stood_us as i64,
            whole_seconds: self.whole_seconds,
        })
    }

    /// How far the wall clock is ahead of true time at a moment, in microseconds; negative if it is
    /// behind. Reading it in whole seconds is no error of the clock.
    pub fn error_us(&self, moment: Moment) -> i64 {
        self.offset_us + self.ran_us(moment) as i64 - moment.as_micros() as i64
    }

    /// Sets the wall clock forward, or back: so many microseconds.
    pub fn step(&mut self, by_us: i64) {
        self.offset_us = self.offset_us.saturating_add(by_us);
    }

    /// The monotonic clock has been paused since a moment, until another.
    pub fn pause(&mut self, since: Moment, until: Moment) {
        self.stood_us += self.ran_us(until) - self.ran_us(since);
        self.stood_until = until;
    }

    /// What the crystal has counted.
    fn ran_us(&self, moment: Moment) -> u64 {
        let us = moment.as_micros();
        if self.drift_ppm == 0 {
            return us;
        }
        let rate = (1_000_000 + i64::from(self.drift_ppm)) as u128;
        (u128::from(us) * rate / 1_000_000) as u64
    }

    /// The first moment, from the end of the last pause on, at which the monotonic clock has
    /// reached a reading.
    pub fn reaches(&self, mono: Instant) -> Moment {
        let us = mono.as_micros().saturating_add(self.stood_us);
        let moment = if self.drift_ppm == 0 {
            us
        } else {
            let rate = (1_000_000 + i64::from(self.drift_ppm)) as u128;
            let moment = (u128::from(us) * 1_000_000).div_ceil(rate);
            u64::try_from(moment).unwrap_or(u64::MAX)
        };
        Moment::from_micros(moment).max(self.stood_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_reading_is_reached_at_the_first_moment_at_which_it_has_passed_pauses_or_not(
            us in 0u64..1 << 47, drift_ppm in -900_000i32..900_000,
            pauses in prop::collection::vec((0u64..1 << 40, 0u64..1 << 40), 0..4),
            step_us in -1i64 << 40..1 << 40,
        ) {
            let mut clock = Clock::new(0, drift_ppm, false);
            let mut until = Moment::ZERO;
            for (runs_us, stands_us) in pauses {
                let since = until.after(runs_us);
                until = since.after(stands_us);
                clock.pause(since, until);
            }
            clock.step(step_us);
            let reading = Instant::from_micros(us);
            let moment = clock.reaches(reading);
            prop_assert!(moment >= until);
            prop_assert!(clock.now(moment).mono >= reading);
            if moment > until {
                let before = Moment::from_micros(moment.as_micros() - 1);
                prop_assert!(clock.now(before).mono < reading);
            }
        }

        #[test]
        fn what_is_foretold_of_a_clock_is_what_it_shows_when_a_deadline_is_due(
            offset_us in -1i64 << 40..1 << 40, whole_seconds in any::<bool>(),
            since_us in 0u64..1 << 40, for_us in 0u64..1 << 40, us in 0u64..1 << 30,
            gap_us in -1i64 << 30..1 << 30,
        ) {
            let mut clock = Clock::new(offset_us, 0, whole_seconds);
            let now = Moment::from_micros(since_us).after(for_us);
            clock.pause(Moment::from_micros(since_us), now);
            let due = Instant::from_micros(since_us + us);
            let comes = clock.reaches(due);
            let until = Moment::from_micros(comes.as_micros().saturating_add_signed(gap_us));
            let ahead = clock.ahead(until.max(now)).expect("it does not drift");
            prop_assert_eq!(ahead.at(due), (comes < until.max(now)).then(|| clock.now(comes)));
        }

        #[test]
        fn a_pause_stops_the_monotonic_clock_for_as_long_as_it_lasts_and_the_wall_clock_never(
            since_us in 0u64..1 << 40, for_us in 0u64..1 << 40, after_us in 0u64..1 << 40,
        ) {
            let clock = Clock::new(7, 0, false);
            let (since, until) =
                (Moment::from_micros(since_us), Moment::from_micros(since_us + for_us));
            let mut paused = clock;
            paused.pause(since, until);
            let later = until.after(after_us);
            let (ran, stood) = (clock.now(later), paused.now(later));
            prop_assert_eq!(ran.wall, stood.wall);
            prop_assert_eq!(ran.mono.since(stood.mono).as_micros(), u128::from(for_us));
        }
    }

    #[test]
    fn the_offset_moves_the_wall_clock_only_and_whole_seconds_round_down() {
        let clock = Clock::new(-1_500_000, 0, true);
        let now = clock.now(Moment::from_micros(2_000_000));
        assert_eq!(now.mono, Instant::from_micros(2_000_000));
        assert_eq!(now.wall, Stamp::from_micros(EPOCH_US));
    }

    #[test]
    fn a_step_moves_the_wall_clock_only_and_is_part_of_its_error_as_drift_is() {
        let mut clock = Clock::new(1_000_000, 100, false);
        let moment = Moment::from_micros(10_000_000);
        let before = clock.now(moment);
        clock.step(-3_000_000);
        let after = clock.now(moment);
        assert_eq!(after.mono, before.mono);
        assert_eq!(after.wall.as_micros(), before.wall.as_micros() - 3_000_000);
        assert_eq!(clock.error_us(moment), 1_000_000 - 3_000_000 + 1_000);
    }
}

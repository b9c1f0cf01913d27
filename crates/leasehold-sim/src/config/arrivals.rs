//! How players' first arrivals lie in the time that they come in.

use super::players::Players;
use crate::schema::{Declared, Field, Shape, choices, declare};
use crate::units::Span;
use serde::{Deserialize, Serialize};

choices! {
    /// A process of arrivals.
    pub enum Process {
        /// Each player comes at any moment of it, all as likely: so many come, whatever is drawn.
        Even,
        /// From one arrival to the next it takes an exponential time, on the average the length of
        /// `arrive` for each of `count`: how many come in it is left to chance.
        Poisson,
    }
}

declare! {
    /// A daily curve.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Daily {
        /// How many come in each hour of a day of virtual time, from its first on, one beside the
        /// other.
        by_hour: Vec<u32>, shape(BY_HOUR), required(FLAT);
    }
}

/// Hours of a day.
const HOURS: usize = 24;
const BY_HOUR: Shape = Shape::List(&Shape::Count(0, 1_000_000), HOURS, HOURS);
const FLAT: &str =
    "[3, 2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 11, 13, 15, 17, 18, 16, 12, 8, 5]";

/// How first arrivals lie in the time that players come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arrivals {
    /// By a process, the same at all hours.
    Process(Process),
    /// By the hour.
    Daily(Daily),
}

impl Declared for Arrivals {
    const SHAPE: Shape = Shape::WordOr(Process::WORDS, ARRIVAL_TABLE);
}

const ARRIVAL_TABLE: &[Field] = Daily::FIELDS;

/// An hour in microseconds.
const HOUR_US: u64 = 3_600_000_000;

/// A part of the time that players come in, in which all moments are as likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// When it begins, in microseconds.
    pub(crate) from_us: u64,
    /// How much of all there is before it: microseconds times what their hour weighs.
    pub(crate) before: u128,
    /// What its hour weighs.
    pub(crate) weight: u32,
}

impl Daily {
    /// The stretches of a time that weigh something, in their order, and how much all weigh
    /// together.
    pub(crate) fn stretches(&self, from: Span, to: Span) -> (Vec<Stretch>, u128) {
        let (mut stretches, mut before, mut from_us) = (Vec::new(), 0, from.us());
        while from_us < to.us() {
            let hour = from_us / HOUR_US;
            let end_us = ((hour + 1) * HOUR_US).min(to.us());
            let weight = self.by_hour[hour as usize % HOURS];
            if weight > 0 {
                stretches.push(Stretch { from_us, before, weight });
            }
            before += u128::from(end_us - from_us) * u128::from(weight);
            from_us = end_us;
        }
        (stretches, before)
    }
}

impl Players {
    /// Whether a daily curve has nobody come in the time that they all come in.
    pub(crate) fn nobody_comes(&self) -> bool {
        let Arrivals::Daily(daily) = &self.arrivals else { return false };
        daily.stretches(self.arrive.from, self.arrive.to).1 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secs;

    #[test]
    fn a_curve_is_cut_at_each_hour_and_goes_round_after_a_day() {
        let by_hour: Vec<u32> = (0..24).map(|hour| hour % 3).collect();
        let (stretches, all) = Daily { by_hour }.stretches(secs(1_800), secs(26 * 3_600));
        assert_eq!(all, u128::from(HOUR_US) * (24 + 1));
        let first = Stretch { from_us: HOUR_US, before: 0, weight: 1 };
        let second = Stretch { from_us: 2 * HOUR_US, before: HOUR_US.into(), weight: 2 };
        assert_eq!(stretches[..2], [first, second]);
        let last = Stretch { from_us: 25 * HOUR_US, before: u128::from(HOUR_US) * 24, weight: 1 };
        assert_eq!(stretches.last(), Some(&last));
    }
}

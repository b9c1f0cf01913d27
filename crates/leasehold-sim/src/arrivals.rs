//! When players come first.
//!
//! Evenly, by a daily curve, or as a Poisson process. The first two are a function of the player
//! alone: a word picks a place among all that there is, and that is a moment.
//!
//! ```text
//!   weight   |       ____              a daily curve: a word picks as much of the area, from the
//!            |  ____|    |____         left; an even spread is a curve that is flat
//!            |_|_______________|___
//!              from            to
//! ```
//!
//! A Poisson process is drawn gap by gap: each player has the gap before them, so whoever is left
//! out moves nobody, as their gap is there all the same.

use crate::config::{Arrivals, Players as Plan, Process, Stretch};
use crate::draws::{ArrivalWord, DrawKey, Draws, of};
use crate::ids::PlayerId;
use crate::latency::unit_exponential;
use crate::schedule::Moment;
use crate::units::Spread;

/// When players come first, asked in the order of their numbers.
pub(crate) struct FirstArrivals<'a> {
    draws: &'a Draws,
    how: How,
}

enum How {
    Even(Spread),
    Daily {
        from_us: u64,
        stretches: Vec<Stretch>,
        all: u128,
    },
    Poisson {
        /// In which time so many come, on the average, in microseconds.
        span_us: u64,
        count: u32,
        /// The player whose gap is next.
        next: u32,
        /// When the last one came, in microseconds.
        at_us: u64,
    },
}

impl<'a> FirstArrivals<'a> {
    pub(crate) fn new(plan: &Plan, draws: &'a Draws) -> FirstArrivals<'a> {
        let Spread { from, to } = plan.arrive;
        let how = match &plan.arrivals {
            Arrivals::Process(Process::Even) => How::Even(plan.arrive),
            Arrivals::Process(Process::Poisson) => {
                let (span_us, count) = (to.us() - from.us(), plan.count);
                How::Poisson { span_us, count, next: 0, at_us: from.us() }
            }
            Arrivals::Daily(daily) => {
                let (stretches, all) = daily.stretches(from, to);
                How::Daily { from_us: from.us(), stretches, all }
            }
        };
        FirstArrivals { draws, how }
    }

    /// When a player comes: one with a higher number than whoever was asked about before.
    pub(crate) fn of(&mut self, player: PlayerId) -> Moment {
        let draws = self.draws;
        Moment::from_micros(match &mut self.how {
            How::Even(spread) => spread.pick(word(draws, player.number())),
            How::Daily { from_us, stretches, all } => {
                place(word(draws, player.number()), *from_us, stretches, *all)
            }
            How::Poisson { span_us, count, next, at_us } => {
                for nth in *next..=player.number() {
                    let gap = u128::from(*span_us) * u128::from(unit_exponential(word(draws, nth)));
                    *at_us = at_us.saturating_add(((gap / u128::from(*count)) >> 32) as u64);
                }
                *next = player.number() + 1;
                *at_us
            }
        })
    }
}

fn word(draws: &Draws, player: u32) -> u32 {
    let key = DrawKey { subject: player, ..DrawKey::default() };
    draws.draw(of::Arrival, key).word(ArrivalWord::WhenOrWhere)
}

/// The moment that a word picks of a daily curve, in microseconds.
fn place(word: u32, from_us: u64, stretches: &[Stretch], all: u128) -> u64 {
    let place = (u128::from(word) * all) >> 32;
    let nth = stretches.partition_point(|stretch| stretch.before <= place);
    match nth.checked_sub(1).map(|nth| stretches[nth]) {
        Some(Stretch { from_us, before, weight }) => {
            from_us + ((place - before) / u128::from(weight)) as u64
        }
        None => from_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Daily, secs};
    use crate::draws::Seed;

    const HOUR_US: u64 = 3_600_000_000;

    fn plan(arrivals: Arrivals, hours: (u64, u64), count: u32) -> Plan {
        let arrive = Spread { from: secs(hours.0 * 3_600), to: secs(hours.1 * 3_600) };
        Plan { arrive, arrivals, count, ..Plan::default() }
    }

    /// When each of these players comes, in microseconds.
    fn arrivals(plan: &Plan, who: impl Iterator<Item = u32>, seed: u64) -> Vec<u64> {
        let draws = Draws::new(&Seed::of(seed));
        let mut all = FirstArrivals::new(plan, &draws);
        who.map(|player| all.of(PlayerId::new(player)).as_micros()).collect()
    }

    const POISSON: Arrivals = Arrivals::Process(Process::Poisson);

    #[test]
    fn gaps_of_a_poisson_process_have_the_mean_and_the_variance_of_an_exponential() {
        let count = 20_000;
        let plan = plan(POISSON, (1, 6), count);
        let at = arrivals(&plan, 0..count, 1);
        assert!(at[0] >= HOUR_US && at.is_sorted());
        let mean = 5.0 * HOUR_US as f64 / f64::from(count);
        let gaps: Vec<f64> = at.windows(2).map(|two| (two[1] - two[0]) as f64 / mean).collect();
        let of =
            |power: i32| gaps.iter().map(|gap| gap.powi(power)).sum::<f64>() / gaps.len() as f64;
        // Of an exponential the moments are 1, 2 and 6.
        assert!((of(1) - 1.0).abs() < 0.02, "{}", of(1));
        assert!((of(2) - 2.0).abs() < 0.1, "{}", of(2));
        assert!((of(3) - 6.0).abs() < 0.6, "{}", of(3));
        // No gap knows of the one before it.
        let beside = gaps.windows(2).map(|two| (two[0] - 1.0) * (two[1] - 1.0)).sum::<f64>();
        assert!((beside / gaps.len() as f64).abs() < 0.03, "{beside}");
    }

    #[test]
    fn how_many_come_in_its_time_is_left_to_chance_and_has_a_poisson_variance() {
        let plan = plan(POISSON, (0, 1), 100);
        let half_an_hour = |seed| {
            let at = arrivals(&plan, 0..100, seed);
            at.iter().filter(|at| **at < HOUR_US / 2).count() as f64
        };
        let counts: Vec<f64> = (0..400).map(half_an_hour).collect();
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 399.0;
        assert!((mean - 50.0).abs() < 1.5 && (38.0..62.0).contains(&variance), "{mean} {variance}");
    }

    #[test]
    fn each_hour_has_its_share_and_one_that_weighs_nothing_has_nobody() {
        let by_hour: Vec<u32> = (0..24).map(|hour| [0, 1, 3][hour % 3]).collect();
        let plan = plan(Arrivals::Daily(Daily { by_hour: by_hour.clone() }), (3, 51), 40_000);
        let at = arrivals(&plan, 0..40_000, 3);
        let mut hours = [0_u32; 51];
        at.iter().for_each(|at| hours[(at / HOUR_US) as usize] += 1);
        for (hour, n) in hours.into_iter().enumerate().skip(3) {
            // 64 in all that weigh anything, over two days.
            let expected = f64::from(40_000 * by_hour[hour % 24]) / 64.0;
            let far = (f64::from(n) - expected).abs();
            assert!(far <= 5.0 * expected.sqrt(), "hour {hour}: {n}, not {expected}");
        }
        // Within an hour it is even.
        let early = at.iter().filter(|at| *at % HOUR_US < HOUR_US / 2).count();
        assert!((19_500..20_500).contains(&early), "{early}");
    }

    #[test]
    fn who_is_left_out_moves_nobody_whatever_the_process() {
        let flat = Arrivals::Daily(Daily { by_hour: vec![7; 24] });
        for how in [Arrivals::Process(Process::Even), POISSON, flat] {
            let plan = plan(how.clone(), (0, 2), 100);
            let all = arrivals(&plan, 0..100, 5);
            let some = [0, 3, 4, 40, 99];
            let expected = some.map(|player: u32| all[player as usize]);
            assert_eq!(arrivals(&plan, some.into_iter(), 5), expected, "{how:?}");
            assert_ne!(arrivals(&plan, 0..100, 6), all);
        }
    }

    #[test]
    fn a_curve_that_is_flat_is_an_even_spread() {
        let flat = Arrivals::Daily(Daily { by_hour: vec![7; 24] });
        let even = arrivals(&plan(Arrivals::Process(Process::Even), (0, 30), 500), 0..500, 2);
        let curve = arrivals(&plan(flat, (0, 30), 500), 0..500, 2);
        assert!(even.iter().zip(&curve).all(|(even, curve)| even.abs_diff(*curve) <= 1));
    }

    #[test]
    fn nobody_is_before_or_after_the_time_that_they_come_in_however_it_is_drawn() {
        let mut by_hour = vec![0; 24];
        by_hour[2] = 5;
        let daily = Daily { by_hour };
        let (stretches, all) = daily.stretches(secs(0), secs(9_000));
        let at = |word| place(word, 0, &stretches, all);
        assert_eq!((at(0), at(u32::MAX)), (2 * HOUR_US, 8_999_999_999));
        assert_eq!(place(9, 7, &[], 0), 7);
    }
}

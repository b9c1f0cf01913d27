//! How likely something is in one of many trials, such as an hour of a session or a hand-off.
//!
//! Trials of one seed are not independent: a crash that loses one player's data loses that of all
//! on the server. So the trials count for as many as their spread from seed to seed leaves of them,
//! and then the exact interval is taken (Korn and Graubard, 1998). Where nothing came, nothing
//! varies, and the interval is that of all trials.
//!
//! ```text
//!   trials 10,000, came 20 in one seed -->  as good as some hundred  -->  0.01 % to 5 %
//!   trials 10,000, came never          -->  10,000                   -->  0 % to 0.037 %
//! ```

use super::interval::{Ratio, Sums};
use super::student;
use leasehold_data::Estimate;

/// So many trials, and how they lie in seeds.
#[derive(Clone, Copy)]
pub(super) struct Trials<'s> {
    /// In units of which `unit` make up a trial.
    all: &'s Sums,
    unit: f64,
}

impl<'s> Trials<'s> {
    pub(super) fn new(all: &'s Sums, unit: f64) -> Trials<'s> {
        Trials { all, unit }
    }

    /// How many of something there are for a trial: a chance, as long as there are fewer of it than
    /// trials. Nothing if there was no whole trial.
    pub(super) fn rate(&self, came: &Ratio) -> Option<Estimate> {
        self.chance(came).or_else(|| {
            let whole = self.all.sum as f64 >= self.unit;
            came.of(self.all, self.unit).filter(|_| whole)
        })
    }

    fn chance(&self, came: &Ratio) -> Option<Estimate> {
        let trials = self.all.sum as f64 / self.unit;
        let share = came.sum as f64 / trials;
        if trials < 1.0 || share > 1.0 {
            return None;
        }
        let error = came.error(self.all).map(|error| error * self.unit);
        let independent = match error {
            Some(error) if error > 0.0 && share < 1.0 => share * (1.0 - share) / (error * error),
            _ => trials,
        };
        let counted = independent.clamp(1.0, trials);
        let (low, high) = student::exact_of(share * counted, counted);
        Some(Estimate { value: share, low: Some(low), high: Some(high) })
    }
}

/// How many trials without one are needed to bound a chance below this, at the upper end of a 95 %
/// interval.
pub(crate) fn trials_for(bound: f64) -> f64 {
    libm::log(0.025) / libm::log1p(-bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(seeds: &[(u64, u64)]) -> (Ratio, Sums) {
        let (mut came, mut all) = (Ratio::default(), Sums::new());
        for &(times, trials) in seeds {
            all.add(trials);
            if times > 0 {
                came.add(times, trials);
            }
        }
        (came, all)
    }

    #[test]
    fn what_never_came_has_the_bound_of_all_trials() {
        let (came, all) = trials(&[(0, 500); 20]);
        let chance = Trials::new(&all, 1.0).chance(&came).expect("trials");
        // 1 - 0.025^(1 / 10,000).
        assert!((chance.high.expect("an end") - 3.688_20e-4).abs() < 1e-8, "{chance:?}");
        assert_eq!((chance.value, chance.low), (0.0, Some(0.0)));
        let needed = trials_for(3.688_20e-4);
        assert!((needed - 10_000.0).abs() < 1.0, "{needed}");
    }

    #[test]
    fn what_comes_all_at_once_is_known_less_well_than_what_comes_everywhere() {
        let (even, all) = trials(&[(1, 100); 20]);
        let even = Trials::new(&all, 1.0).chance(&even).expect("trials");
        // 20 of 2,000, as they are.
        assert!((even.low.expect("an end") - 0.006_118).abs() < 1e-5, "{even:?}");
        let mut at_once = [(0, 100); 20];
        at_once[3].0 = 20;
        let (at_once, all) = trials(&at_once);
        let at_once = Trials::new(&all, 1.0).chance(&at_once).expect("trials");
        assert_eq!(at_once.value, even.value);
        assert!(at_once.high > even.high && at_once.low < even.low, "{at_once:?} {even:?}");
    }

    #[test]
    fn more_than_one_a_trial_is_a_rate_and_of_a_part_of_a_trial_there_is_none() {
        let (came, all) = trials(&[(30, 20), (30, 20)]);
        let rate = Trials::new(&all, 1.0).rate(&came).expect("a rate");
        assert_eq!((rate.value, rate.low), (1.5, Some(1.5)), "each seed has as many");
        let (came, all) = trials(&[(0, 20)]);
        assert_eq!(Trials::new(&all, 21.0).rate(&came), None);
    }
}

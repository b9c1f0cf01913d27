//! Where a number is with 95 % confidence. Floats begin here, and nothing is decided by them.

use super::student;
use leasehold_data::Estimate;

/// How the intervals of a sweep are made, in a sentence.
pub(super) const HOW: &str = "95 % intervals: of shares, the exact one of Clopper and Pearson; of \
    means, Student's, but never below 0; of violations per hour or per session, the ratio of the \
    two sums and 1.96 standard errors of it from seed to seed; of differences, Student's of the \
    difference in the same seed, significant if it is after Holm's correction for all of them.";

/// 97.5 % of a normal distribution is below this.
const Z: f64 = 1.959_963_984_540_054;

/// The sum of some whole numbers, and of their squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    /// How many there are.
    pub(super) n: u64,
    pub(super) sum: u128,
    pub(super) squares: u128,
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Sums {
    /// Larger numbers are not summed, so that the squares of 2^32 of them fit.
    pub(super) const NUMBER_MAX: u64 = (1 << 48) - 1;

    pub(super) fn new() -> Sums {
        Sums { n: 0, sum: 0, squares: 0, min: u64::MAX, max: 0 }
    }

    pub(super) fn add(&mut self, number: u64) {
        debug_assert!(number <= Sums::NUMBER_MAX, "rows have no larger ones");
        self.n += 1;
        self.sum += u128::from(number);
        self.squares += u128::from(number) * u128::from(number);
        self.min = self.min.min(number);
        self.max = self.max.max(number);
    }

    /// Their mean, with Student's interval. Nothing that is counted can be less than nothing, so
    /// neither can an end. One number has no spread, and none has no mean.
    pub(super) fn mean(&self) -> Option<Estimate> {
        let n = self.n;
        if n == 0 {
            return None;
        }
        let value = self.sum as f64 / n as f64;
        if n < 2 {
            return Some(Estimate { value, low: None, high: None });
        }
        let reach = student::reach((n - 1) as f64) * (self.variance() / n as f64).sqrt();
        let (low, high) = ((value - reach).max(0.0), value + reach);
        Some(Estimate { value, low: Some(low), high: Some(high) })
    }

    /// The variance of what they are a sample of; of fewer than two there is none.
    pub(super) fn variance(&self) -> f64 {
        let (n, whole) = (self.n, u128::from(self.n));
        if n < 2 {
            return 0.0;
        }
        // Squared distances from the mean's whole part are exact: no digits cancel each other.
        let (part, rest) = (self.sum / whole, self.sum % whole);
        let around = self.squares - part * self.sum - part * rest;
        let spread = around as f64 - rest as f64 * (rest as f64 / n as f64);
        spread.max(0.0) / (n - 1) as f64
    }
}

/// A share, with its exact interval.
pub(super) fn share(part: u64, whole: u64) -> Estimate {
    let (low, high) = student::exact(part, whole);
    Estimate { value: part as f64 / whole as f64, low: Some(low), high: Some(high) }
}

/// What comes of two things that are counted in the same seeds: so many of the first for one of
/// the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) sum: u128,
    pub(super) squares: u128,
    /// The sum of the products of both.
    pub(super) products: u128,
}

impl Ratio {
    /// Takes in a seed that has some of the first.
    pub(super) fn add(&mut self, first: u64, second: u64) {
        let (first, second) = (u128::from(first), u128::from(second));
        self.sum += first;
        self.squares += first * first;
        self.products += first * second;
    }

    /// The standard error of the first for one of the second, from seed to seed; nothing of fewer
    /// than two seeds.
    pub(super) fn error(&self, second: &Sums) -> Option<f64> {
        let (n, all) = (second.n as f64, second.sum as f64);
        if second.n < 2 || second.sum == 0 {
            return None;
        }
        let value = self.sum as f64 / all;
        let left = self.squares as f64 - 2.0 * value * self.products as f64
            + value * value * second.squares as f64;
        Some((left.max(0.0) * n / (n - 1.0)).sqrt() / all)
    }

    /// The first for `unit` of the second, with 1.96 standard errors either way: seeds are
    /// independent of each other, and what happens in one seed is not.
    pub(super) fn of(&self, second: &Sums, unit: f64) -> Option<Estimate> {
        if second.n == 0 || second.sum == 0 {
            return None;
        }
        let value = self.sum as f64 / second.sum as f64;
        if second.n < 2 {
            return Some(Estimate { value: value * unit, low: None, high: None });
        }
        let error = self.error(second)?;
        let (low, high) = ((value - Z * error).max(0.0), value + Z * error);
        Some(Estimate { value: value * unit, low: Some(low * unit), high: Some(high * unit) })
    }
}

/// The chance of something new, by Good and Turing: what came once, as a share of all. Its interval
/// is Esty's, which is normal; where nothing came once or twice it would have no width, and there
/// is none.
pub(super) fn unseen(once: u64, twice: u64, whole: u64) -> Estimate {
    let (one, two, n) = (once as f64, twice as f64, whole as f64);
    let value = (one / n).min(1.0);
    let error = (one * (1.0 - value) + 2.0 * two).sqrt() / n;
    if once + twice == 0 || error == 0.0 {
        return Estimate { value, low: None, high: None };
    }
    let (low, high) = ((value - Z * error).max(0.0), (value + Z * error).min(1.0));
    Estimate { value, low: Some(low), high: Some(high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(estimate: Estimate, expected: [f64; 3]) {
        let found = [estimate.value, estimate.low.unwrap_or(-1.0), estimate.high.unwrap_or(-1.0)];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{estimate:?} {expected:?}");
        }
    }

    #[test]
    fn shares_have_the_exact_interval() {
        near(share(10, 100), [0.1, 0.049, 0.17622]);
        near(share(0, 10), [0.0, 0.0, 0.3085]);
        near(share(10, 10), [1.0, 0.6915, 1.0]);
    }

    #[test]
    fn a_ratio_varies_from_seed_to_seed() {
        let (mut ratio, mut hours) = (Ratio::default(), Sums::new());
        for (found, played) in [(1, 10), (3, 10), (2, 20)] {
            ratio.add(found, played);
            hours.add(played);
        }
        // 6 in 40; residuals -0.5, 1.5 and -1: a standard error of 0.0573.
        near(ratio.of(&hours, 1.0).expect("a ratio"), [0.15, 0.03773, 0.26227]);
        assert_eq!(ratio.of(&Sums::new(), 1.0), None);
    }

    #[test]
    fn means_have_their_standard_error_even_far_from_nothing() {
        for base in [0, 1 << 47] {
            let mut sums = Sums::new();
            [2, 4, 4, 4, 5, 5, 7, 9].iter().for_each(|n| sums.add(base + n));
            // A variance of 32/7, a standard error of 0.7559, and 2.3646 of them.
            let mean = sums.mean().expect("there are some");
            let high = mean.high.expect("a spread") - mean.value;
            assert!((mean.value - base as f64 - 5.0).abs() < 0.1);
            assert!((high - 1.7874).abs() < 0.04, "{high}");
        }
        let mut one = Sums::new();
        one.add(7);
        assert_eq!(one.mean(), Some(Estimate { value: 7.0, low: None, high: None }));
        assert_eq!(Sums::new().mean(), None);
    }

    #[test]
    fn what_hardly_ever_comes_does_not_come_less_than_never() {
        let mut sums = Sums::new();
        (0..20).for_each(|nth| sums.add(u64::from(nth == 7)));
        near(sums.mean().expect("there are some"), [0.05, 0.0, 0.15465]);
    }

    #[test]
    fn the_largest_numbers_of_the_largest_sweep_fit() {
        let (count, max) = (u64::from(u32::MAX), u128::from(Sums::NUMBER_MAX));
        let (n, sum) = (count, u128::from(count) * max);
        let sums = Sums { n, sum, squares: sum * max, min: 0, max: Sums::NUMBER_MAX };
        let mean = sums.mean().expect("there are some");
        assert_eq!(mean.low, mean.high, "all are the same");
    }

    #[test]
    fn what_came_once_says_how_likely_something_new_is() {
        near(unseen(3, 2, 100), [0.03, 0.0, 0.08152]);
        assert_eq!(unseen(0, 0, 100), Estimate { value: 0.0, low: None, high: None });
        assert_eq!(unseen(9, 0, 1).value, 1.0, "a chance is never more than certain");
    }
}

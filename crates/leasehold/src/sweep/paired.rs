//! Two settings, seed by seed: how much a number differs where everything else is the same.
//!
//! A seed gives both settings the same players and troubles, so what differs between seeds cancels
//! out, and far fewer of them tell two settings apart.

use super::interval::Sums;
use super::student;
use leasehold_data::{Difference, Estimate};

/// Differences of one number, and what the two of it come to.
#[derive(Clone, Debug)]
pub(super) struct Paired {
    n: u64,
    sum: i128,
    squares: u128,
    first: Sums,
    second: Sums,
}

impl Paired {
    pub(super) fn new() -> Paired {
        Paired { n: 0, sum: 0, squares: 0, first: Sums::new(), second: Sums::new() }
    }

    /// Takes in a seed in which both have the number.
    pub(super) fn add(&mut self, first: u64, second: u64) {
        let difference = i128::from(second) - i128::from(first);
        self.n += 1;
        self.sum += difference;
        self.squares += difference.unsigned_abs() * difference.unsigned_abs();
        self.first.add(first);
        self.second.add(second);
    }

    /// Whether there is anything to tell: neither is nothing in every seed.
    pub(super) fn is_any(&self) -> bool {
        self.n > 0 && (self.first.max > 0 || self.second.max > 0)
    }

    /// The difference under this name; whether it is significant is for others to say.
    pub(super) fn difference(&self, name: String) -> Difference {
        let n = self.n as f64;
        let value = self.sum as f64 / n;
        let mut told = Difference {
            name,
            seeds: self.n,
            difference: Estimate { value, low: None, high: None },
            p: None,
            significant: false,
            variance_removed: None,
        };
        if self.n < 2 {
            return told;
        }
        let spread = self.variance();
        let error = (spread / n).sqrt();
        let reach = student::reach(n - 1.0) * error;
        told.difference = Estimate { value, low: Some(value - reach), high: Some(value + reach) };
        told.p = Some(match (error > 0.0, self.sum == 0) {
            (true, _) => student::two_sided(value / error, n - 1.0),
            (false, nothing) => f64::from(u8::from(nothing)),
        });
        let apart = self.first.variance() + self.second.variance();
        told.variance_removed = (apart > 0.0).then(|| 1.0 - spread / apart);
        told
    }

    fn variance(&self) -> f64 {
        // As for sums: what is taken away is exact.
        let n = i128::from(self.n);
        let (part, rest) = (self.sum.div_euclid(n), self.sum.rem_euclid(n));
        let squares = i128::try_from(self.squares).unwrap_or(i128::MAX);
        let around = squares - part * self.sum - part * rest;
        let spread = around as f64 - rest as f64 * (rest as f64 / n as f64);
        spread.max(0.0) / (n - 1) as f64
    }
}

/// Says which of these are significant at 5 % together, by Holm: the smallest p must be below 5 %
/// over their number, the next over one less, and so on until one is not.
pub(super) fn correct<'d>(differences: impl Iterator<Item = &'d mut Difference>) {
    let mut all: Vec<&mut Difference> = differences.filter(|one| one.p.is_some()).collect();
    let p = |one: &Difference| one.p.unwrap_or(1.0);
    all.sort_by(|a, b| p(a).total_cmp(&p(b)));
    let count = all.len();
    for (nth, one) in all.into_iter().enumerate() {
        if p(one) > 0.05 / (count - nth) as f64 {
            break;
        }
        one.significant = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(u64, u64)]) -> Difference {
        let mut paired = Paired::new();
        pairs.iter().for_each(|(first, second)| paired.add(*first, *second));
        paired.difference("number".to_owned())
    }

    #[test]
    fn a_difference_has_students_interval_and_what_is_common_cancels_out() {
        // Differences 1, 2, 3, 4: a mean of 2.5, a standard error of 0.6455, t of 3.873.
        let found = of(&[(10, 11), (200, 202), (7, 10), (0, 4)]);
        assert_eq!((found.seeds, found.difference.value), (4, 2.5));
        let (low, high) =
            (found.difference.low.expect("low"), found.difference.high.expect("high"));
        assert!((low - 0.4457).abs() < 1e-3 && (high - 4.5543).abs() < 1e-3, "{low} {high}");
        let p = found.p.expect("a test");
        assert!((p - 0.030_466).abs() < 1e-4, "{p}");
        assert!(found.variance_removed.expect("a spread") > 0.99);
        let less = of(&[(11, 10), (202, 200), (10, 7), (4, 0)]);
        assert_eq!((less.difference.value, less.p), (-2.5, found.p));
    }

    #[test]
    fn what_never_differs_or_always_by_as_much_needs_no_test() {
        assert_eq!(of(&[(3, 3), (4, 4)]).p, Some(1.0));
        assert_eq!(of(&[(3, 5), (4, 6)]).p, Some(0.0));
        assert_eq!(of(&[(3, 5)]).p, None);
    }

    #[test]
    fn several_are_significant_together_by_holm() {
        let ps = [0.04, 0.012, 0.03, 0.9, 0.001];
        let mut all: Vec<Difference> =
            ps.iter().map(|p| Difference { p: Some(*p), ..of(&[(1, 2), (1, 2)]) }).collect();
        correct(all.iter_mut());
        let found: Vec<bool> = all.iter().map(|one| one.significant).collect();
        // 0.001 <= 0.05 / 5 and 0.012 <= 0.05 / 4; 0.03 > 0.05 / 3 ends it.
        assert_eq!(found, [false, true, false, false, true]);
    }
}

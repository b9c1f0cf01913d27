//! How many seeds have how much of a number: in bounded memory, however many seeds there are.
//!
//! Different numbers are counted one by one, until there are too many of them. Then all of them are
//! known by one binary digit less, which makes one of those that are close, and again until they
//! fit. So what is kept depends on which numbers came, and not on their order: parts of a sweep
//! come to the same as the whole.
//!
//! ```text
//!   2,601  2,607  2,630    three of them
//!   2,600  2,600  2,624    by eight digits: each is 16 wide, and at most 0.4 % off in its middle
//! ```

use leasehold_data::Spread;
use std::collections::BTreeMap;

/// Numbers have no more binary digits than these: those of a row have 48, those of a class 64.
const DIGITS_MAX: u32 = 64;

/// The most different numbers that a sweep counts one by one, of one column of one cell. With many
/// cells there are fewer: up to 128 cells take some 30 MB at the most. But never so few that powers
/// of two would not fit.
pub(super) fn kept(cells: usize) -> usize {
    (8_192 / cells.max(1)).clamp(64, 1_024)
}

/// Numbers, and how often each of them came. Nothing is kept of zeros: there are so many seeds
/// less.
#[derive(Debug)]
pub(super) struct Counts {
    kept: usize,
    digits: u32,
    /// By the least number that is counted here.
    counts: BTreeMap<u64, u64>,
}

impl Counts {
    /// Of so many different numbers at the most.
    pub(super) fn new(kept: usize) -> Counts {
        Counts { kept, digits: DIGITS_MAX, counts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, number: u64) {
        if number == 0 {
            return;
        }
        *self.counts.entry(rounded(number, self.digits)).or_default() += 1;
        while self.counts.len() > self.kept {
            // As many digits as the largest has tell all of them apart.
            let largest = self.counts.keys().next_back().map_or(0, |largest| digits(*largest));
            self.digits = self.digits.min(largest) - 1;
            let mut fewer = BTreeMap::new();
            for (number, count) in &self.counts {
                *fewer.entry(rounded(*number, self.digits)).or_default() += count;
            }
            self.counts = fewer;
        }
    }

    /// Where they are, of so many seeds that have the number, between the least and the most of
    /// them. There is one.
    pub(super) fn spread(&self, seeds: u64, (min, max): (u64, u64)) -> Spread {
        let zeros = seeds - self.counts.values().sum::<u64>();
        let at = |percent: u64| {
            // The first that has so many seeds up to itself.
            let rank = (u128::from(seeds) * u128::from(percent)).div_ceil(100);
            let mut had = u128::from(zeros);
            if had >= rank {
                return 0;
            }
            let found = self.counts.iter().find(|(_, count)| {
                had += u128::from(**count);
                had >= rank
            });
            found.map_or(max, |(least, _)| self.middle(*least).clamp(min, max))
        };
        let [p05, p25, p50, p75, p95] = [5, 25, 50, 75, 95].map(at);
        let error = match self.digits {
            DIGITS_MAX => 0.0,
            digits => libm::exp2(-f64::from(digits)),
        };
        Spread { p05, p25, p50, p75, p95, error }
    }

    /// The middle of all numbers that are counted as this one.
    fn middle(&self, least: u64) -> u64 {
        let width = 1_u64 << lost(least, self.digits);
        least + (width - 1) / 2
    }
}

/// How many binary digits a number has.
fn digits(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// How many of its last binary digits a number loses if it may have so many.
fn lost(number: u64, most: u32) -> u32 {
    digits(number).saturating_sub(most)
}

/// The number by its first digits.
fn rounded(number: u64, most: u32) -> u64 {
    let lost = lost(number, most);
    (number >> lost) << lost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kept: usize, numbers: impl Iterator<Item = u64>) -> (Counts, Spread) {
        let mut counts = Counts::new(kept);
        let (mut seeds, mut min, mut max) = (0, u64::MAX, 0);
        for number in numbers {
            counts.add(number);
            (seeds, min, max) = (seeds + 1, min.min(number), max.max(number));
        }
        let spread = counts.spread(seeds, (min, max));
        (counts, spread)
    }

    #[test]
    fn of_few_different_numbers_everything_is_exact() {
        let (_, spread) = of(128, 1..=100);
        assert_eq!(
            [spread.p05, spread.p25, spread.p50, spread.p75, spread.p95],
            [5, 25, 50, 75, 95]
        );
        assert_eq!(spread.error, 0.0);
        let (_, few) = of(128, [0, 0, 0, 7].into_iter());
        assert_eq!([few.p05, few.p25, few.p50, few.p75, few.p95], [0, 0, 0, 0, 7]);
        let (_, one) = of(128, std::iter::once(9));
        assert_eq!([one.p05, one.p50, one.p95], [9, 9, 9]);
    }

    /// Numbers of all sizes, which look random.
    fn many(count: u64) -> Vec<u64> {
        let mixed = |nth: u64| nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        (1..=count).map(|nth| mixed(nth) >> (nth % 40)).collect()
    }

    #[test]
    fn of_many_different_numbers_few_are_kept_and_each_quantile_is_as_close_as_it_says() {
        for (kept, count) in [(128, 20_000), (1_024, 50_000)] {
            let mut numbers = many(count);
            let (counts, spread) = of(kept, numbers.iter().copied());
            assert!(counts.counts.len() <= kept, "{}", counts.counts.len());
            assert!(spread.error > 0.0 && spread.error <= 0.25, "{spread:?}");
            numbers.sort_unstable();
            let Spread { p05, p25, p50, p75, p95, error } = spread;
            for (percent, found) in [(5, p05), (25, p25), (50, p50), (75, p75), (95, p95)] {
                let exact = numbers[(count * percent / 100 - 1) as usize];
                let off = found.abs_diff(exact) as f64 / exact.max(1) as f64;
                assert!(off <= error, "{percent} %: {found} for {exact}, {off} of {error}");
            }
        }
    }

    #[test]
    fn what_is_kept_depends_on_no_order() {
        let numbers = many(5_000);
        let (forward, there) = of(128, numbers.iter().copied());
        let (back, here) = of(128, numbers.iter().rev().copied());
        assert_eq!((forward.digits, &forward.counts), (back.digits, &back.counts));
        assert_eq!(there, here);
    }

    #[test]
    fn numbers_that_are_close_are_told_apart_for_longer() {
        let (_, wide) = of(128, (1..=4_000).map(|nth| nth * nth * nth));
        let (_, narrow) = of(128, (0..4_000).map(|nth| 1_000_000 + nth * 10));
        assert!(narrow.error < 0.001 && narrow.error < wide.error, "{narrow:?} {wide:?}");
    }

    #[test]
    fn however_large_numbers_are_they_fit() {
        let (counts, spread) = of(64, (0..64).flat_map(|nth| [1 << nth, u64::MAX >> nth]));
        assert!(counts.counts.len() <= 64);
        assert!(spread.p05 > 0 && spread.error <= 0.5, "{spread:?}");
    }
}

//! How long things take, as tables of quantiles.
//!
//! A table holds a distribution's 65 quantiles from 0 to 1; a draw picks a place between two of
//! them. It costs two multiplications, and gives the same microseconds on every machine:
//! distributions that need logarithms are made into a table once, by a mathematics library whose
//! every bit is fixed; quantiles that somebody has measured are the table itself.

use std::sync::LazyLock;
use std::time::Duration;

/// Steps of a table: it has one quantile more.
pub(crate) const STEPS: usize = 64;

/// The standard normal distribution's quantiles at the steps of a table. They are the same for all
/// lognormals, and finding them takes longer than simulating a small world: so, once a process.
static NORMAL: LazyLock<[f64; STEPS + 1]> = LazyLock::new(|| {
    std::array::from_fn(|n| normal_quantile((n as f64 / STEPS as f64).clamp(0.001, 0.999)))
});

/// A distribution of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Microseconds at quantile n / 64.
    quantiles: [u64; STEPS + 1],
}

impl Latency {
    /// Always the same.
    pub fn constant(span: Duration) -> Latency {
        Latency { quantiles: [leasehold_core::micros(span); STEPS + 1] }
    }

    /// Anything between two durations, evenly.
    pub fn uniform(from: Duration, to: Duration) -> Latency {
        let (from, to) = (leasehold_core::micros(from), leasehold_core::micros(to));
        let width = to.saturating_sub(from);
        Latency {
            quantiles: std::array::from_fn(|n| {
                from + (u128::from(width) * n as u128 / STEPS as u128) as u64
            }),
        }
    }

    /// A distribution whose quantiles lie evenly from 0 to 1, in microseconds. Two to 65, none of
    /// them less than the one before; between two of them every duration is as likely.
    ///
    /// Numbers of quantiles that divide the table evenly (2, 3, 5, 9, 17, 33, 65) are kept exactly.
    pub fn from_quantiles(quantiles: &[u64]) -> Latency {
        Latency { quantiles: std::array::from_fn(|n| at_step(quantiles, n)) }
    }

    /// Lognormal, given its median and its 99th percentile. The last quantile, which would be
    /// infinite, is that of 99.9 %.
    pub fn lognormal(median: Duration, p99: Duration) -> Latency {
        let (median, p99) = (median.as_micros() as f64, p99.as_micros() as f64);
        let sigma = libm::log(p99 / median).max(0.0) / NORMAL_P99;
        Latency { quantiles: NORMAL.map(|normal| (median * libm::exp(sigma * normal)) as u64) }
    }

    /// Exponential with this mean: the time until something that happens at random. Its last
    /// quantile is that of 99.9 %.
    pub fn exponential(mean: Duration) -> Latency {
        let mean = mean.as_micros() as f64;
        let at = |q: f64| (-mean * libm::log1p(-q)) as u64;
        Latency { quantiles: std::array::from_fn(|n| at((n as f64 / STEPS as f64).min(0.999))) }
    }

    /// The duration, in microseconds, that an evenly drawn word picks.
    pub fn pick(&self, word: u32) -> u64 {
        let place = u64::from(word) * STEPS as u64;
        let (step, within) = ((place >> 32) as usize, place & 0xffff_ffff);
        let (low, high) = (self.quantiles[step], self.quantiles[step + 1]);
        low + ((u128::from(high - low) * u128::from(within)) >> 32) as u64
    }

    /// The mean, in microseconds, but for rounding.
    pub fn mean(&self) -> u64 {
        let pairs =
            self.quantiles.windows(2).map(|pair| (u128::from(pair[0]) + u128::from(pair[1])) / 2);
        (pairs.sum::<u128>() / STEPS as u128) as u64
    }

    /// The shortest that it can be, in microseconds.
    pub fn min(&self) -> u64 {
        self.quantiles[0]
    }

    /// The longest that it can be, in microseconds.
    pub fn max(&self) -> u64 {
        self.quantiles[STEPS]
    }
}

/// Where a step of a table falls among sorted values that lie evenly from 0 to 1.
pub(crate) fn at_step(sorted: &[u64], step: usize) -> u64 {
    let place = step * (sorted.len() - 1);
    let (nth, within) = (place / STEPS, (place % STEPS) as u128);
    let low = sorted[nth];
    let high = sorted[sorted.len().min(nth + 2) - 1];
    low + (u128::from(high - low) * within / STEPS as u128) as u64
}

/// Part of a natural logarithm, in parts of 2^32, for [`unit_exponential`].
static LOGARITHMS: LazyLock<[u64; STEPS + 1]> = LazyLock::new(|| {
    let part = |n: usize| -libm::log(0.5 + n as f64 / (2 * STEPS) as f64) * 4_294_967_296.0;
    std::array::from_fn(|n| part(n) as u64)
});

/// The exponential with mean 1 that an evenly drawn word picks, in parts of 2^32: its negative
/// logarithm as a fraction. A table as long as the others holds those from a half to 1; all
/// smaller ones are so many halvings away.
pub(crate) fn unit_exponential(word: u32) -> u64 {
    let fraction = u64::from(word).max(1);
    let halvings = u64::from(31 - fraction.ilog2());
    // The fraction times so many doublings: from a half to 1, as a place in the table.
    let place = ((fraction << halvings) - (1 << 31)) * 2 * STEPS as u64;
    let (step, within) = ((place >> 32) as usize, place & 0xffff_ffff);
    let (high, low) = (LOGARITHMS[step], LOGARITHMS[step + 1]);
    let halved = halvings * LOGARITHMS[0];
    halved + high - (((high - low) * within) >> 32)
}

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// The quantile function of the standard normal distribution, by bisecting its distribution
/// function: slow and exact enough, as it only fills tables.
fn normal_quantile(q: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(latency: &Latency, below_us: u64) -> f64 {
        let draws = 1 << 16;
        let hits = (0..draws).filter(|n| latency.pick(n << 16) < below_us).count();
        hits as f64 / f64::from(draws)
    }

    #[test]
    fn a_lognormal_table_has_the_median_and_the_99th_percentile_that_it_was_asked_for() {
        let latency = Latency::lognormal(Duration::from_millis(200), Duration::from_millis(1_500));
        assert!((share(&latency, 200_000) - 0.5).abs() < 0.001);
        assert!(
            (share(&latency, 1_500_000) - 0.99).abs() < 0.005,
            "{}",
            share(&latency, 1_500_000)
        );
    }

    #[test]
    fn an_exponential_table_has_the_mean_that_it_was_asked_for() {
        let latency = Latency::exponential(Duration::from_secs(60));
        let mean = (0..1u64 << 16).map(|n| latency.pick((n << 16) as u32)).sum::<u64>() >> 16;
        assert!((58_000_000..62_000_000).contains(&mean), "{mean}");
    }

    #[test]
    fn a_unit_exponential_is_the_negative_logarithm_of_its_word_and_never_rises() {
        let mut last = u64::MAX;
        for nth in 0..100_000_u32 {
            let word = (u64::from(nth) * 42_949 + 1) as u32;
            let exact = -(f64::from(word) / 4_294_967_296.0).ln();
            let found = unit_exponential(word);
            assert!((found as f64 / 4_294_967_296.0 - exact).abs() < 1e-4, "{word}: {exact}");
            assert!(found <= last, "{word}");
            last = found;
        }
        assert_eq!(unit_exponential(0), unit_exponential(1));
        assert!(unit_exponential(u32::MAX) < 16);
    }

    #[test]
    fn given_quantiles_are_met_exactly_and_drawn_evenly_in_between() {
        let three = Latency::from_quantiles(&[100, 200, 1_000]);
        assert_eq!(
            [0, 1 << 30, 1 << 31, 3 << 30].map(|word| three.pick(word)),
            [100, 150, 200, 600]
        );
        assert_eq!((three.pick(u32::MAX), three.max()), (999, 1_000));
        let all: Vec<u64> = (0..=64).map(|n| n * n).collect();
        assert_eq!(Latency::from_quantiles(&all).quantiles[..], all[..]);
        let two = Latency::from_quantiles(&[1_000_000, 2_000_000]);
        let same = Latency::uniform(Duration::from_secs(1), Duration::from_secs(2));
        assert_eq!(two, same);
    }

    #[test]
    fn uniform_and_constant_tables_reach_exactly_their_ends() {
        let latency = Latency::uniform(Duration::from_secs(1), Duration::from_secs(2));
        assert_eq!(latency.pick(0), 1_000_000);
        assert_eq!(latency.pick(1 << 31), 1_500_000);
        assert_eq!(latency.pick(u32::MAX), 1_999_999);
        assert_eq!(Latency::constant(Duration::from_secs(3)).pick(12_345), 3_000_000);
    }
}

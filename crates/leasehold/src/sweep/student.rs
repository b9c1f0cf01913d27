//! Two distributions that intervals are made of: the beta distribution, of an unknown share, and
//! Student's, of a mean whose spread is unknown too.
//!
//! Both come from the incomplete beta function, by its continued fraction (modified Lentz). It is
//! computed by `libm`, so that a number is the same on every machine.

/// The natural logarithm of the beta function.
fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The regularized incomplete beta function: the share of a beta distribution below `x`.
fn below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on the side of the mean where the smaller part is.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - below(1.0 - x, b, a);
    }
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - ln_beta(a, b)) / a;
    front * fraction(x, a, b)
}

/// How many terms of the fraction are computed at the most: enough for a billion of either.
const TERMS_MAX: u32 = 200_000;

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |number: f64| if number.abs() < TINY { TINY } else { number };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..=TERMS_MAX {
        let m = f64::from(term);
        for part in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / away(1.0 + part * d);
            c = away(1.0 + part / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// Where a rising function passes a value, between two ends, by halving.
fn passes(value: f64, low: f64, high: f64, rising: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..80 {
        let middle = low + (high - low) / 2.0;
        if rising(middle) < value { low = middle } else { high = middle }
    }
    low + (high - low) / 2.0
}

/// The exact interval of a share, with 95 % confidence (Clopper and Pearson): of `part` in `whole`,
/// the least and the largest share under which at least 2.5 % of samples are as far away.
pub(super) fn exact(part: u64, whole: u64) -> (f64, f64) {
    exact_of(part as f64, whole as f64)
}

/// The same of numbers that need not be whole.
pub(super) fn exact_of(k: f64, n: f64) -> (f64, f64) {
    let quantile = |q: f64, a: f64, b: f64| passes(q, 0.0, 1.0, |x| below(x, a, b));
    let low = if k <= 0.0 { 0.0 } else { quantile(0.025, k, n - k + 1.0) };
    let high = if k >= n { 1.0 } else { quantile(0.975, k + 1.0, n - k) };
    (low, high)
}

/// How likely it is that a sample is as far from nothing as `t` standard errors, either way.
pub(super) fn two_sided(t: f64, freedom: f64) -> f64 {
    below(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// How many standard errors either way have 95 % of samples between them.
pub(super) fn reach(freedom: f64) -> f64 {
    passes(0.95, 0.0, 1e3, |t| 1.0 - two_sided(t, freedom))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-6 * expected.max(1e-3), "{found} {expected}");
    }

    /// Values as printed in tables of the binomial distribution, and by other programs.
    #[test]
    fn shares_have_the_exact_interval() {
        for (part, whole, low, high) in [
            (0, 10, 0.0, 0.308_497_1),
            (1, 10, 0.002_528_579, 0.445_016_1),
            (10, 100, 0.049_004_69, 0.176_222_6),
            (10, 10, 0.691_502_9, 1.0),
            (50, 100, 0.398_321_1, 0.601_678_9),
        ] {
            let found = exact(part, whole);
            near(found.0, low);
            near(found.1, high);
        }
        // Nothing in n: what is left after n tries is 2.5 %.
        near(exact(0, 1_000_000).1, 3.688_872_7e-6);
        let (low, high) = exact(500_000_000, 1_000_000_000);
        near(low, 0.499_969);
        near(high, 0.500_031);
    }

    #[test]
    fn means_of_few_have_students_reach() {
        for (freedom, expected) in
            [(1.0, 12.706_204_7), (2.0, 4.302_652_7), (9.0, 2.262_157_2), (1e6, 1.959_966_4)]
        {
            near(reach(freedom), expected);
            near(two_sided(expected, freedom), 0.05);
        }
        assert_eq!((two_sided(0.0, 5.0), two_sided(f64::INFINITY, 5.0)), (1.0, 0.0));
    }
}

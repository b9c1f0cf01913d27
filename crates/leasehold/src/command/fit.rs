//! `leasehold fit FILE`: what a sample of latencies is like, which preset comes nearest to it, and
//! the line that puts it into a scenario.
//!
//! Two distributions are as far apart as their quantiles are: the largest ratio of any of the four
//! that are looked at, whichever is the longer.

use crate::args;
use crate::error::Error;
use crate::printable;
use crate::sample::{self, Measure};
use crate::stdout;
use leasehold_data::numbers::{count, number, time};
use leasehold_sim::Latency;
use leasehold_sim::scenario::{CALL_PRESETS, Distribution, Lognormal, MESSAGE_PRESETS, Span};
use std::fmt::Write;
use std::time::Duration;

/// The quantiles that are looked at: their names, and how many of a thousand are within them.
const LOOKED_AT: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// Quantiles, in the order of [`LOOKED_AT`], in microseconds.
type Looked = [u64; LOOKED_AT.len()];

/// Says it; nothing is run, and nothing written.
pub(crate) fn fit(args: &args::Fit) -> Result<(), Error> {
    let mut values = sample::read(&args.sample, Measure::Latency)?;
    let bad = |why: String| Error::Bad { path: args.sample.clone(), why };
    values.sort_unstable();
    // What is no sample for a scenario is none here.
    Distribution::measured(values.clone()).map_err(bad)?;
    let path = args.sample.display().to_string();
    stdout::put(&told(&path, &values))
}

/// What there is to say of sorted values.
fn told(path: &str, values: &[u64]) -> String {
    let sample = LOOKED_AT.map(|(_, permille)| of_sorted(values, permille));
    let mut text = format!("{}: {} values\n\n", printable::line(path), count(values.len() as u64));
    let quantiles =
        LOOKED_AT.iter().zip(sample).map(|((name, _), us)| format!("{name} {}", time(us)));
    let quantiles: Vec<String> = quantiles.collect();
    let (first, last) = (values[0], values[values.len() - 1]);
    let quantiles = quantiles.join(", ");
    let mut line = |label: &str, what: &str| {
        let _ = writeln!(text, "{label:10} {what}");
    };
    line("Quantiles", &format!("{quantiles}; shortest {}, longest {}", time(first), time(last)));
    line("Calls", &format!("the preset that is nearest is {}", nearest(&sample, CALL_PRESETS)));
    line(
        "Messages",
        &format!("the preset that is nearest is {}", nearest(&sample, MESSAGE_PRESETS)),
    );
    let fitted = lognormal(&sample);
    match &fitted {
        Some(fitted) => {
            let table = fitted.table().expect("its median is not nothing");
            let far = apart(&sample, &of_table(&table)).told("it");
            line("Lognormal", &format!("the one with this p50 and p99 {far}"));
        }
        None => line("Lognormal", "none: half of the values are 0"),
    }
    let _ = writeln!(text, "\nIn a scenario, one of:");
    if let Some(Distribution::Lognormal(Lognormal { p50, p99 })) = fitted {
        let _ = writeln!(text, "datastore.latency = {{ p50 = \"{p50}\", p99 = \"{p99}\" }}");
    }
    let quoted = serde_json::Value::from(path);
    let _ = writeln!(text, "datastore.latency = {{ from = {quoted} }}");
    text
}

/// The preset that is nearest, and how far off it is.
fn nearest(sample: &Looked, presets: &[&str]) -> String {
    let known = presets.iter().map(|name| {
        let table = Distribution::named(name).table().expect("a preset has a table");
        (name, apart(sample, &of_table(&table)))
    });
    let (name, apart) =
        known.min_by(|one, other| one.1.ratio.total_cmp(&other.1.ratio)).expect("some");
    format!("{name}, which {}", apart.told(name))
}

/// How far apart two distributions are, and where.
struct Apart {
    ratio: f64,
    nth: usize,
    /// What the other one's quantile is there, in microseconds.
    other_us: u64,
}

fn apart(sample: &Looked, other: &Looked) -> Apart {
    let ratio = |nth: usize| {
        let (one, other) = (sample[nth].max(1) as f64, other[nth].max(1) as f64);
        if one > other { one / other } else { other / one }
    };
    let nth = (0..sample.len()).max_by(|one, other| ratio(*one).total_cmp(&ratio(*other)));
    let nth = nth.expect("some are looked at");
    Apart { ratio: ratio(nth), nth, other_us: other[nth] }
}

impl Apart {
    /// In words, of something that is called so.
    fn told(&self, name: &str) -> String {
        let (at, is) = (LOOKED_AT[self.nth].0, time(self.other_us));
        match self.ratio {
            ratio if ratio < 1.05 => "has the same quantiles, within 5 %".to_owned(),
            ratio => {
                format!("is off by a factor of {} at most: {at} of {name} is {is}", number(ratio))
            }
        }
    }
}

/// The value within which so many of a thousand are.
fn of_sorted(values: &[u64], permille: u64) -> u64 {
    let rank = (values.len() as u64 * permille).div_ceil(1_000).max(1);
    values[rank as usize - 1]
}

/// The quantiles of a distribution as it is run.
fn of_table(table: &Latency) -> Looked {
    LOOKED_AT.map(|(_, permille)| table.pick(((permille << 32) / 1_000) as u32))
}

/// The lognormal with the median and the 99th percentile of a sample, each to three digits; nothing
/// if half of it are 0.
fn lognormal(sample: &Looked) -> Option<Distribution> {
    let span = |us: u64| Span(Duration::from_micros(three_digits(us)));
    let (p50, p99) = (span(sample[0]), span(sample[2]));
    (p50.us() > 0).then_some(Distribution::Lognormal(Lognormal { p50, p99 }))
}

fn three_digits(us: u64) -> u64 {
    let unit = 10_u64.pow(us.checked_ilog10().unwrap_or(0).saturating_sub(2));
    (us + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many values of a distribution, sorted.
    fn of(distribution: &Distribution, scale: f64) -> Vec<u64> {
        let table = distribution.table().expect("it has one");
        (0..10_000_u64)
            .map(|n| (table.pick(((n << 32) / 10_000) as u32) as f64 * scale) as u64)
            .collect()
    }

    #[test]
    fn a_sample_of_a_preset_is_nearest_to_it_and_as_far_off_as_it_was_stretched() {
        for name in CALL_PRESETS.iter().chain(MESSAGE_PRESETS) {
            let presets = if CALL_PRESETS.contains(name) { CALL_PRESETS } else { MESSAGE_PRESETS };
            let preset = Distribution::named(name);
            let same = LOOKED_AT.map(|(_, permille)| of_sorted(&of(&preset, 1.0), permille));
            assert_eq!(
                nearest(&same, presets),
                format!("{name}, which has the same quantiles, within 5 %")
            );
            let slower = LOOKED_AT.map(|(_, permille)| of_sorted(&of(&preset, 1.3), permille));
            let told = nearest(&slower, presets);
            assert!(
                told.starts_with(&format!("{name}, which is off by a factor of 1.3")),
                "{told}"
            );
        }
    }

    #[test]
    fn the_lognormal_has_the_samples_median_and_99th_percentile() {
        let preset = Distribution::named("slow_2020");
        let sample = LOOKED_AT.map(|(_, permille)| of_sorted(&of(&preset, 1.0), permille));
        let Some(Distribution::Lognormal(Lognormal { p50, p99 })) = lognormal(&sample) else {
            panic!("it has one");
        };
        assert_eq!(p50.us(), 1_200_000);
        // As it is run: between two of its 65 quantiles lies a straight line.
        assert!(p99.us().abs_diff(sample[2]) <= 5_000, "{p99}");
        assert_eq!(lognormal(&[0, 1, 2, 3]), None);
        assert_eq!([999, 1_234, 98_765, 0].map(three_digits), [999, 1_230, 98_800, 0]);
    }
}

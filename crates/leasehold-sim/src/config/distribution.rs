//! How long something takes, as people say it: a range, numbers, what somebody measured, or a
//! preset.
//!
//! ```text
//!   "1s..2s"          { p50 = .., p99 = .. }     { quantiles = [..] }        "healthy"
//!   evenly            lognormal                  interpolated                a preset of latencies
//!                                                       ^
//!   { from = "stays.csv" } --[read before the run, by whoever reads files]--'
//! ```
//!
//! All durations that are drawn take these forms; presets are for latencies alone. This crate reads
//! no files, so a sample that was measured is replaced by its quantiles before the run: the
//! scenario that a report keeps stands alone.

use crate::latency::{Latency, STEPS, at_step};
use crate::schema::{Declared, Field, Shape, ZERO, declare};
use crate::units::{Span, Spread};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How long something takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Distribution {
    /// Evenly between two durations, such as `"1s..2s"`; or always the same.
    Even(Spread),
    /// A preset of latencies, by its name.
    Preset(String),
    /// A lognormal distribution.
    Lognormal(Lognormal),
    /// By its quantiles.
    Quantiles(Quantiles),
    /// A sample that was measured and is yet to be read: see [`Distribution::measured`].
    Measured(Measured),
}

declare! {
    /// A lognormal distribution.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Lognormal {
        /// Half are faster.
        p50: Span, least(Duration::from_micros(1)), required("\"200ms\"");
        /// One in a hundred is slower.
        p99: Span, required("\"2s\"");
    }
}

declare! {
    /// A distribution by its quantiles.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Quantiles {
        /// Evenly from 0 to 1, none less than the one before.
        quantiles: Vec<Span>, within(2, QUANTILES_MAX as u64), required("[\"100ms\", \"2s\"]");
    }
}

declare! {
    /// A sample that was measured.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Measured {
        /// The file of the sample.
        from: String, required("\"latencies.csv\"");
    }
}

impl Declared for Distribution {
    const SHAPE: Shape = Shape::Drawn { from_min: ZERO, to_min: ZERO };
}

/// The tables that a distribution can be; the last, if it has a field of none.
pub(crate) const DISTRIBUTION_TABLES: [&[Field]; 3] =
    [Quantiles::FIELDS, Measured::FIELDS, Lognormal::FIELDS];

/// The latency presets of datastore calls.
pub const CALL_PRESETS: &[&str] = &["healthy", "slow_2020", "degraded", "outage"];

/// The latency presets of messages.
pub const MESSAGE_PRESETS: &[&str] = &["fast", "documented"];

/// Latency presets, with where each comes from. No official figure of a call exists.
const LATENCIES: [(&str, u64, u64, Form); 6] = [
    // An assumption between what practitioners report (more than 400 ms for most calls) and what
    // mocks of the datastore use (0.1 to 0.5 s).
    ("healthy", 200, 1_500, Form::Lognormal),
    // ProfileService's documentation of 2020: one UpdateAsync takes 1 to 2 s.
    ("slow_2020", 1_200, 4_000, Form::Lognormal),
    // An assumption: a datastore that still answers, long after players have lost their patience.
    ("degraded", 3_000, 30_000, Form::Lognormal),
    // An assumption: how long it takes until a datastore that is out says so, if it hangs until
    // somebody's time is up instead of refusing at once.
    ("outage", 10_000, 60_000, Form::Lognormal),
    // Messaging as it is mostly seen.
    ("fast", 120, 600, Form::Lognormal),
    // MessagingService's documentation since 2026-04: typically within 1 to 2 seconds.
    ("documented", 1_000, 2_000, Form::Uniform),
];

#[derive(Clone, Copy)]
enum Form {
    Lognormal,
    Uniform,
}

/// Whether this is the name of a preset, for whatever.
pub(crate) fn is_preset(name: &str) -> bool {
    LATENCIES.iter().any(|preset| preset.0 == name)
}

impl From<Spread> for Distribution {
    fn from(spread: Spread) -> Distribution {
        Distribution::Even(spread)
    }
}

/// As a file says it, for a sentence about it.
impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Even(spread) => spread.fmt(f),
            Distribution::Preset(name) => f.write_str(name),
            Distribution::Lognormal(Lognormal { p50, p99 }) => {
                write!(f, "{{ p50 = {p50}, p99 = {p99} }}")
            }
            Distribution::Quantiles(Quantiles { quantiles }) => {
                let spans: Vec<String> = quantiles.iter().map(Span::to_string).collect();
                write!(f, "{{ quantiles = [{}] }}", spans.join(", "))
            }
            Distribution::Measured(Measured { from }) => write!(f, "{{ from = {from:?} }}"),
        }
    }
}

impl Distribution {
    /// What a text says: a duration, a range of them, or the name of a preset.
    pub fn named(text: &str) -> Distribution {
        let spread = Spread::parse(text).map(Distribution::Even);
        spread.unwrap_or_else(|_| Distribution::Preset(text.to_owned()))
    }

    /// The table that it stands for.
    ///
    /// # Errors
    /// What is wrong, in a sentence. A sample that is yet to be read is an error.
    pub fn table(&self) -> Result<Latency, String> {
        match self {
            Distribution::Even(spread) => Ok(spread.latency()),
            Distribution::Preset(name) => {
                let known = LATENCIES.iter().find(|preset| preset.0 == name);
                let Some(&(_, low, high, form)) = known else {
                    return Err(format!("{name:?} is neither a preset nor a duration"));
                };
                let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
                Ok(match form {
                    Form::Lognormal => Latency::lognormal(low, high),
                    Form::Uniform => Latency::uniform(low, high),
                })
            }
            Distribution::Lognormal(Lognormal { p50, p99 }) if p50.us() > 0 && p99 >= p50 => {
                Ok(Latency::lognormal(p50.0, p99.0))
            }
            Distribution::Lognormal(Lognormal { p50, p99 }) => {
                Err(format!("p50 = {p50} must be more than 0s and at most p99 = {p99}"))
            }
            Distribution::Quantiles(Quantiles { quantiles }) => {
                if !(2..=QUANTILES_MAX).contains(&quantiles.len()) {
                    let n = quantiles.len();
                    return Err(format!("it has {n} quantiles; it must have 2 to {QUANTILES_MAX}"));
                }
                let falls = quantiles.windows(2).find(|pair| pair[1] < pair[0]);
                if let Some(pair) = falls {
                    return Err(format!(
                        "the quantile {} comes after {}; none may be less than the one before",
                        pair[1], pair[0]
                    ));
                }
                let us: Vec<u64> = quantiles.iter().map(|span| span.us()).collect();
                Ok(Latency::from_quantiles(&us))
            }
            Distribution::Measured(Measured { from }) => Err(unread(from)),
        }
    }

    /// The mean, in microseconds, but for rounding; 0 of what has no table.
    pub(crate) fn mean(&self) -> u64 {
        match self {
            Distribution::Even(spread) => spread.from.us().midpoint(spread.to.us()),
            other => other.table().map_or(0, |table| table.mean()),
        }
    }

    /// The 65 quantiles of a sample that was measured, in microseconds and in any order. What lies
    /// between two values of the sample is interpolated.
    ///
    /// # Errors
    /// Fewer than two values are no sample.
    pub fn measured(mut sample_us: Vec<u64>) -> Result<Distribution, String> {
        if sample_us.len() < 2 {
            let values = if sample_us.is_empty() { "no value" } else { "one value" };
            return Err(format!("it has {values}; a sample has at least 2"));
        }
        sample_us.sort_unstable();
        let span = |us: u64| Span(Duration::from_micros(us));
        let quantiles = (0..QUANTILES_MAX).map(|n| span(at_step(&sample_us, n))).collect();
        Ok(Distribution::Quantiles(Quantiles { quantiles }))
    }
}

/// What durations are drawn from. A spread is drawn from exactly, to both its ends.
#[derive(Clone, Debug)]
pub(crate) enum Sampler {
    Even(Spread),
    Table(Box<Latency>),
}

impl Sampler {
    /// Of a distribution that has a table: every sample has been read.
    pub(crate) fn new(distribution: &Distribution) -> Sampler {
        match distribution {
            Distribution::Even(spread) => Sampler::Even(*spread),
            other => Sampler::Table(Box::new(other.table().expect("checked"))),
        }
    }

    /// The duration, in microseconds, if it is always the same: nothing has to be drawn for it.
    #[inline]
    pub(crate) fn always(&self) -> Option<u64> {
        match self {
            Sampler::Even(spread) if spread.from == spread.to => Some(spread.from.us()),
            Sampler::Even(_) | Sampler::Table(_) => None,
        }
    }

    /// The shortest that it can be, in microseconds.
    pub(crate) fn min(&self) -> u64 {
        match self {
            Sampler::Even(spread) => spread.from.us(),
            Sampler::Table(table) => table.min(),
        }
    }

    /// The duration, in microseconds, that an evenly drawn word picks.
    #[inline]
    pub(crate) fn pick(&self, word: u32) -> u64 {
        match self {
            Sampler::Even(spread) => spread.pick(word),
            Sampler::Table(table) => table.pick(word),
        }
    }
}

/// What is wrong with a sample that has not been read.
pub(crate) fn unread(from: &str) -> String {
    format!("the sample {from:?} has not been read; its quantiles must be in its place")
}

/// The most quantiles that a distribution has.
pub(crate) const QUANTILES_MAX: usize = STEPS + 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn every_preset_of_calls_and_of_messages_has_a_table() {
        let names: Vec<&str> = LATENCIES.iter().map(|preset| preset.0).collect();
        assert_eq!(names, [CALL_PRESETS, MESSAGE_PRESETS].concat());
        for name in names {
            assert!(Distribution::Preset(name.to_owned()).table().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_sample_becomes_its_quantiles_in_whatever_order_it_was_measured() {
        let spans = |us: [u64; 3]| us.map(|us| Span(Duration::from_micros(us)));
        let sample = (0..=128).rev().map(|n| n * n).collect();
        let Ok(Distribution::Quantiles(Quantiles { quantiles })) = Distribution::measured(sample)
        else {
            panic!("129 values are a sample");
        };
        assert_eq!(quantiles.len(), 65);
        assert_eq!([quantiles[0], quantiles[32], quantiles[64]], spans([0, 64 * 64, 128 * 128]));
        // Of two values everything in between is made up, evenly.
        let Ok(two) = Distribution::measured(vec![200, 100]) else { panic!("a sample") };
        assert_eq!(two.table(), Ok(Latency::from_quantiles(&[100, 200])));
        assert!(Distribution::measured(vec![1]).is_err());
    }

    #[test]
    fn a_text_is_a_range_if_it_can_be_and_else_a_preset_and_is_printed_as_it_is_read() {
        for text in ["1m..5m", "3s", "healthy"] {
            let named = Distribution::named(text);
            assert_eq!(matches!(named, Distribution::Even(_)), text != "healthy");
            assert_eq!(toml::Value::try_from(&named), Ok(toml::Value::String(text.to_owned())));
            assert_eq!(toml::Value::String(text.to_owned()).try_into(), Ok(named));
        }
    }

    #[test]
    fn a_spread_is_drawn_to_both_its_ends_and_all_else_from_its_table() {
        let even = Sampler::new(&Distribution::named("1s..2s"));
        assert_eq!([even.pick(0), even.pick(u32::MAX)], [1_000_000, 2_000_000]);
        let (p50, p99) = (Span(Duration::from_secs(10)), Span(Duration::from_secs(90)));
        let lognormal = Distribution::Lognormal(Lognormal { p50, p99 });
        let table = lognormal.table().expect("it has one");
        assert_eq!(Sampler::new(&lognormal).pick(1 << 31), table.pick(1 << 31));
        assert!(table.pick(1 << 31).abs_diff(10_000_000) <= 1);
    }

    #[test]
    fn a_scenario_whose_sample_has_not_been_read_is_valid_as_a_file_and_cannot_be_run() {
        let text = "datastore.latency = { from = \"latencies.csv\" }";
        let mut scenario = Scenario::parse(text).expect("a valid file");
        let told = scenario.check();
        assert!(
            told.len() == 1 && told[0].contains("\"latencies.csv\" has not been read"),
            "{told:?}"
        );
        for (path, distribution) in scenario.distributions_mut() {
            if path == "datastore.latency" {
                *distribution = Distribution::measured(vec![100_000, 250_000]).expect("a sample");
            }
        }
        assert_eq!(scenario.check(), Vec::<String>::new());
        assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario));
    }
}

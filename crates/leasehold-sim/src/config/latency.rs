//! How long something takes, as people say it: a preset, numbers, or what somebody measured.
//!
//! ```text
//!   "healthy"              "1s..2s"            { p50 = .., p99 = .. }    { quantiles = [..] }
//!   a preset by name       evenly              lognormal                 interpolated
//!                                                                              ^
//!   { from = "latencies.csv" } --[read before the run, by whoever reads files]--'
//! ```
//!
//! This crate reads no files, so a sample that was measured is replaced by its quantiles before the
//! run: the scenario that a report keeps stands alone.

use crate::latency::{Latency, STEPS, at_step};
use crate::schema::{Declared, Field, Shape, declare};
use crate::units::{Span, Spread};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long something takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LatencySpec {
    /// A preset, or a spread such as `"1s..2s"`, drawn from evenly.
    Named(String),
    /// A lognormal distribution.
    Lognormal(Lognormal),
    /// A distribution by its quantiles.
    Quantiles(Quantiles),
    /// A sample that was measured and is yet to be read: see [`LatencySpec::measured`].
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

impl Declared for LatencySpec {
    const SHAPE: Shape = Shape::Latency(&[]);
}

/// The tables that a latency can be; the last, if it has a field of none.
pub(crate) const LATENCY_TABLES: [&[Field]; 3] =
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

impl LatencySpec {
    /// As a file says it, for a sentence about it.
    pub(crate) fn said(&self) -> String {
        match self {
            LatencySpec::Named(name) => name.clone(),
            LatencySpec::Lognormal(Lognormal { p50, p99 }) => {
                format!("{{ p50 = {p50}, p99 = {p99} }}")
            }
            LatencySpec::Quantiles(Quantiles { quantiles }) => {
                let spans: Vec<String> = quantiles.iter().map(Span::to_string).collect();
                format!("{{ quantiles = [{}] }}", spans.join(", "))
            }
            LatencySpec::Measured(Measured { from }) => format!("{{ from = {from:?} }}"),
        }
    }

    /// The table that it stands for.
    ///
    /// # Errors
    /// What is wrong, in a sentence. A sample that is yet to be read is an error.
    pub fn table(&self) -> Result<Latency, String> {
        match self {
            LatencySpec::Named(name) => match LATENCIES.iter().find(|preset| preset.0 == name) {
                Some(&(_, low, high, shape)) => {
                    let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
                    Ok(match shape {
                        Form::Lognormal => Latency::lognormal(low, high),
                        Form::Uniform => Latency::uniform(low, high),
                    })
                }
                None => Spread::parse(name)
                    .map(Spread::latency)
                    .map_err(|_| format!("{name:?} is neither a latency preset nor a duration")),
            },
            LatencySpec::Lognormal(Lognormal { p50, p99 }) if p50.us() > 0 && p99 >= p50 => {
                Ok(Latency::lognormal(p50.0, p99.0))
            }
            LatencySpec::Lognormal(Lognormal { p50, p99 }) => {
                Err(format!("p50 = {p50} must be more than 0s and at most p99 = {p99}"))
            }
            LatencySpec::Quantiles(Quantiles { quantiles }) => {
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
            LatencySpec::Measured(Measured { from }) => Err(unread(from)),
        }
    }

    /// The 65 quantiles of a sample that was measured, in microseconds and in any order. What lies
    /// between two values of the sample is interpolated.
    ///
    /// # Errors
    /// Fewer than two values are no sample.
    pub fn measured(mut sample_us: Vec<u64>) -> Result<LatencySpec, String> {
        if sample_us.len() < 2 {
            let values = if sample_us.is_empty() { "no value" } else { "one value" };
            return Err(format!("it has {values}; a sample has at least 2"));
        }
        sample_us.sort_unstable();
        let span = |us: u64| Span(Duration::from_micros(us));
        let quantiles = (0..QUANTILES_MAX).map(|n| span(at_step(&sample_us, n))).collect();
        Ok(LatencySpec::Quantiles(Quantiles { quantiles }))
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
            assert!(LatencySpec::Named(name.to_owned()).table().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_sample_becomes_its_quantiles_in_whatever_order_it_was_measured() {
        let spans = |us: [u64; 3]| us.map(|us| Span(Duration::from_micros(us)));
        let sample = (0..=128).rev().map(|n| n * n).collect();
        let Ok(LatencySpec::Quantiles(Quantiles { quantiles })) = LatencySpec::measured(sample)
        else {
            panic!("129 values are a sample");
        };
        assert_eq!(quantiles.len(), 65);
        assert_eq!([quantiles[0], quantiles[32], quantiles[64]], spans([0, 64 * 64, 128 * 128]));
        // Of two values everything in between is made up, evenly.
        let Ok(two) = LatencySpec::measured(vec![200, 100]) else { panic!("a sample") };
        assert_eq!(two.table(), Ok(Latency::from_quantiles(&[100, 200])));
        assert!(LatencySpec::measured(vec![1]).is_err());
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
        for (path, latency) in scenario.latencies_mut() {
            if path == "datastore.latency" {
                *latency = LatencySpec::measured(vec![100_000, 250_000]).expect("a sample");
            }
        }
        assert_eq!(scenario.check(), Vec::<String>::new());
        assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario));
    }
}

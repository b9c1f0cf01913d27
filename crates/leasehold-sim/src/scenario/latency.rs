//! How long something takes, as a scenario says it.

use super::schema::{ANY, Field, Shape};
use super::units::{SPAN_MAX, Span, Spread};
use crate::latency::Latency;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long something takes: a preset by name, or numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LatencySpec {
    /// A preset, or a spread such as `"1s..2s"`, drawn from evenly.
    Named(String),
    /// A lognormal distribution.
    Lognormal {
        /// Half are faster.
        p50: Span,
        /// One in a hundred is slower.
        p99: Span,
    },
}

/// The names of the latency presets.
pub fn latency_presets() -> [&'static str; 4] {
    LATENCIES.map(|preset| preset.0)
}

/// Latency presets, with where each comes from.
const LATENCIES: [(&str, u64, u64, Form); 4] = [
    // No official figure exists; practitioners report more than 400 ms for most calls, mocks use
    // 0.1 to 0.5 s.
    ("healthy", 200, 1_500, Form::Lognormal),
    // ProfileService's documentation of 2020: one UpdateAsync takes 1 to 2 s.
    ("slow_2020", 1_200, 4_000, Form::Lognormal),
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

impl LatencySpec {
    /// As a file says it, for a sentence about it.
    pub(super) fn said(&self) -> String {
        match self {
            LatencySpec::Named(name) => name.clone(),
            LatencySpec::Lognormal { p50, p99 } => format!("{{ p50 = {p50}, p99 = {p99} }}"),
        }
    }

    /// The table that it stands for.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
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
                None => Spread::parse(name).map(Spread::latency).map_err(|_| {
                    let names: Vec<&str> = LATENCIES.iter().map(|preset| preset.0).collect();
                    format!(
                        "{name:?} is neither a latency preset ({}) nor a duration",
                        names.join(", ")
                    )
                }),
            },
            LatencySpec::Lognormal { p50, p99 } if p50.us() > 0 && p99 >= p50 => {
                Ok(Latency::lognormal(p50.0, p99.0))
            }
            LatencySpec::Lognormal { p50, p99 } => {
                Err(format!("p50 = {p50} must be more than 0s and at most p99 = {p99}"))
            }
        }
    }
}

/// A lognormal distribution.
pub(super) const LOGNORMAL: &[Field] = &[
    Field::new("p50", Shape::Span(Duration::from_micros(1), SPAN_MAX), "Half are faster.")
        .required("\"200ms\""),
    Field::new("p99", ANY, "One in a hundred is slower.").required("\"2s\""),
];

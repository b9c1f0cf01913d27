//! What a file may say of how long something takes, where it says it as a table.

use crate::config::QUANTILES_MAX;
use crate::scenario::schema::{ANY, Field, Shape};
use crate::units::SPAN_MAX;
use std::time::Duration;

/// A lognormal distribution.
const LOGNORMAL: &[Field] = &[
    Field::new("p50", Shape::Span(Duration::from_micros(1), SPAN_MAX), "Half are faster.")
        .required("\"200ms\""),
    Field::new("p99", ANY, "One in a hundred is slower.").required("\"2s\""),
];

/// A distribution by its quantiles.
const QUANTILES: &[Field] = &[Field::new(
    "quantiles",
    Shape::List(&ANY, 2, QUANTILES_MAX),
    "Evenly from 0 to 1, none less than the one before.",
)
.required("[\"100ms\", \"2s\"]")];

/// A sample that was measured.
const MEASURED: &[Field] =
    &[Field::new("from", Shape::Text(500), "The file of the sample.")
        .required("\"latencies.csv\"")];

/// The fields of a latency that is a table, by one that it has.
pub(crate) fn fields(has: impl Fn(&str) -> bool) -> &'static [Field] {
    match () {
        () if has("quantiles") => QUANTILES,
        () if has("from") => MEASURED,
        () => LOGNORMAL,
    }
}

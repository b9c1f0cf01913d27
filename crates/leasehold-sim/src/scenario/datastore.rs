//! The datastore of a scenario: how long calls take, and how they fail.

use super::latency::LatencySpec;
use super::schema::{ANY, Field, Shape};
use super::units::{Chance, Span};
use serde::{Deserialize, Serialize};

/// The datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatastoreWorld {
    /// How long a call takes: a quarter of it to the read, the transform, the write and the answer
    /// each.
    pub latency: LatencySpec,
    /// How likely a call fails without having been applied.
    pub fail_before: Chance,
    /// How likely a call is applied, but answered with an error.
    pub fail_after: Chance,
    /// How likely a call is applied, but never answered.
    pub never_answers: Chance,
    /// How likely a write is damaged where it is stored.
    pub corrupt: Chance,
    /// Windows in which every call fails.
    pub outages: Vec<Window>,
    /// Whether servers find a datastore at all when they start (rule M2).
    pub available: bool,
}

impl Default for DatastoreWorld {
    fn default() -> DatastoreWorld {
        DatastoreWorld {
            latency: LatencySpec::Named("healthy".to_owned()),
            fail_before: Chance::NEVER,
            fail_after: Chance::NEVER,
            never_answers: Chance::NEVER,
            corrupt: Chance::NEVER,
            outages: Vec::new(),
            available: true,
        }
    }
}

/// A window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it begins.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
}

pub(super) const DATASTORE: &[Field] = &[
    Field::new("latency", Shape::Latency, "How long a call takes."),
    Field::new("fail_before", Shape::Chance, "How likely a call fails unapplied."),
    Field::new(
        "fail_after",
        Shape::Chance,
        "How likely a call is applied, but answered with an error.",
    ),
    Field::new("never_answers", Shape::Chance, "How likely a call is applied, but never answered."),
    Field::new("corrupt", Shape::Chance, "How likely a write is damaged where it is stored."),
    Field::new(
        "available",
        Shape::Flag,
        "Whether servers find a datastore at all when they start.",
    ),
    Field::new("outages", Shape::Tables(WINDOW, 10_000), "Windows in which every call fails."),
];

const WINDOW: &[Field] = &[
    Field::new("at", ANY, "When it begins.").required("\"2m\""),
    Field::new("lasts", ANY, "How long it lasts.").required("\"30s\""),
];

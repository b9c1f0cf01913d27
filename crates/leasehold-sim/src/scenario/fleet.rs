//! The fleet of a scenario: its servers and their clocks, and what happens to them, at random or at
//! a given time.

use super::schema::{ANY, ANY_SPREAD, Field, SECOND, Shape};
use super::units::{SPAN_MAX, Span, Spread};
use super::{secs, spread};
use serde::{Deserialize, Serialize};

/// The fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Servers {
    /// How many. 10.
    pub count: u32,
    /// The largest difference of two servers' wall clocks at the start. 0 s.
    pub skew: Span,
    /// The largest drift of a server's clocks, in millionths. 0.
    pub drift_ppm: u32,
    /// Whether wall clocks are read in whole seconds, as `os.time` is. Yes.
    pub whole_seconds: bool,
    /// How long a closing server may take before it is gone. 30 s.
    pub close_budget: Span,
}

impl Default for Servers {
    fn default() -> Servers {
        Servers {
            count: 10,
            skew: secs(0),
            drift_ppm: 0,
            whole_seconds: true,
            close_budget: secs(30),
        }
    }
}

/// What happens to servers, at random. A mean time between two of a kind, for each server on its
/// own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Mean time between crashes of a server. Never if absent.
    pub crash_every: Option<Span>,
    /// How long a crashed or closed server is gone. 10 to 60 s.
    pub down_for: Spread,
    /// Mean time between freezes of a server. Never if absent.
    pub freeze_every: Option<Span>,
    /// How long a frozen server stands still. 5 to 90 s.
    pub freeze_for: Spread,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            crash_every: None,
            down_for: spread(10, 60),
            freeze_every: None,
            freeze_for: spread(5, 90),
        }
    }
}

/// A single event, at a given time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub at: Span,
    /// To which server, from 0.
    pub server: u32,
    /// What.
    #[serde(rename = "do")]
    pub what: Deed,
    /// For how long: how long a frozen server stands still, or how long another one is gone. For
    /// good if absent.
    #[serde(rename = "for")]
    pub lasts: Option<Span>,
    /// Where the players of a server that is shut down all go, as long as that server is up.
    /// Anywhere if absent.
    pub to: Option<u32>,
}

/// What can be done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The process is gone at once.
    Crash,
    /// The process stands still, its clocks run on.
    Freeze,
    /// The process is asked to close, and is gone when it has, or when its time is up.
    Shutdown,
}

pub(super) const SERVERS: &[Field] = &[
    Field::new("count", Shape::Count(1, 100_000), "How many."),
    Field::new("skew", ANY, "The largest difference of two servers' wall clocks at the start."),
    Field::new(
        "drift_ppm",
        Shape::Count(0, 100_000),
        "The largest drift of a server's clocks, in millionths.",
    ),
    Field::new(
        "whole_seconds",
        Shape::Flag,
        "Whether wall clocks are read in whole seconds, as `os.time` is.",
    ),
    Field::new("close_budget", ANY, "How long a closing server may take before it is gone."),
];

pub(super) const FAULTS: &[Field] = &[
    Field::new(
        "crash_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between crashes of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("down_for", ANY_SPREAD, "How long a crashed or closed server is gone."),
    Field::new(
        "freeze_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between freezes of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("freeze_for", ANY_SPREAD, "How long a frozen server stands still."),
];

pub(super) const LINE: &[Field] = &[
    Field::new("at", ANY, "When.").required("\"3m\""),
    Field::new(
        "server",
        Shape::Count(0, 99_999),
        "To which server, from 0; less than `servers.count`.",
    )
    .required("0"),
    Field::new("do", Shape::Choice(&["crash", "freeze", "shutdown"]), "What.")
        .required("\"shutdown\""),
    Field::new(
        "for",
        ANY,
        "How long a frozen server stands still, or another one is gone. For good if absent.",
    )
    .example("\"20s\""),
    Field::new(
        "to",
        Shape::Count(0, 99_999),
        "Where the players of a server that is shut down go, as long as that one is up. Anywhere \
         if absent.",
    )
    .example("1"),
];

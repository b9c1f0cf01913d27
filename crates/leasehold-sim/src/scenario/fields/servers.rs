//! What a file may say of the servers: of servers, and of what happens to them.

use crate::scenario::schema::{ANY, ANY_SPREAD, Field, SECOND, Shape};
use crate::units::SPAN_MAX;

pub(super) const SERVERS: &[Field] = &[
    Field::new("count", Shape::Count(1, 100_000), "How many."),
    Field::new(
        "only",
        Shape::List(&Shape::Count(0, 99_999), 0, 10_000),
        "Those of them that ever start, by their numbers from 0, in order. All if empty.",
    )
    .example("[3, 7]"),
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
    Field::new(
        "close_order",
        Shape::Choice(&["close_first", "leave_first", "either"]),
        "What a closing server hears of first: that it closes, or that its players leave. Drawn for \
         each closing if either.",
    ),
    Field::new(
        "close_when_empty",
        Shape::Flag,
        "Whether a server closes when its last player has left. It comes back after \
         `faults.down_for`.",
    ),
    Field::new(
        "spare",
        Shape::Count(0, 99_999),
        "How many of the servers, the last ones, are down until the timeline boots them; less than \
         `count`.",
    ),
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
        "pause_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between pauses of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("pause_for", ANY_SPREAD, "How long a paused server is paused."),
    Field::new(
        "pause_stops_clock",
        Shape::Flag,
        "Whether a paused server's monotonic clock is paused too, as in a paused machine.",
    ),
    Field::new(
        "paused_inbound",
        Shape::Choice(&["buffered", "dropped"]),
        "What becomes of messages and answers that come in while a server is paused.",
    ),
    Field::new(
        "step_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between steps of a server's wall clock. Never if absent.",
    )
    .example("\"10m\""),
    Field::new(
        "step_by",
        ANY,
        "The largest step, either way. A clock stays within half of it from where it was at the \
         start.",
    ),
    Field::new(
        "oom_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between a server's running out of memory. Never if absent.",
    )
    .example("\"30m\""),
    Field::new(
        "oom_closes",
        Shape::Chance,
        "How likely a server without memory still closes in order; else it is gone at once.",
    ),
    Field::new(
        "partition_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between two of a server's being cut off from messages: inbound, outbound, or both. \
         Never if absent.",
    )
    .example("\"10m\""),
    Field::new("partition_for", ANY_SPREAD, "How long a server is cut off from messages."),
];

/// The names of events.
const DEEDS: &[&str] =
    &["crash", "pause", "shutdown", "restart", "boot", "out_of_memory", "step", "partition"];

pub(super) const LINE: &[Field] = &[
    Field::new("at", ANY, "When.").required("\"3m\""),
    Field::new(
        "server",
        Shape::Count(0, 99_999),
        "To which server, from 0; less than `servers.count`.",
    )
    .required("0"),
    Field::new(
        "do",
        Shape::Choice(DEEDS),
        "What. `restart` is an update: `to` boots, and takes over.",
    )
    .required("\"shutdown\""),
    Field::new(
        "for",
        ANY,
        "How long a paused server is paused, one is cut off, or another one is gone. For good \
         if absent.",
    )
    .example("\"20s\""),
    Field::new(
        "to",
        Shape::Count(0, 99_999),
        "Where the players of a server that is shut down or restarted go, as long as that one is \
         up. Anywhere if absent; a restart needs it.",
    )
    .example("1"),
    Field::new("by", Shape::Shift, "How far a clock is set forward, or back; only with `step`."),
    Field::new(
        "way",
        Shape::Choice(&["inbound", "outbound", "both"]),
        "Which messages get lost with do = \"partition\": those to the server, those from it, or \
         both. Both if absent.",
    )
    .example("\"inbound\""),
    Field::new(
        "closes",
        Shape::Flag,
        "Whether a server without memory closes in order; else it is gone at once. Only with do = \
         \"out_of_memory\". Drawn as `faults.oom_closes` says if absent.",
    ),
];

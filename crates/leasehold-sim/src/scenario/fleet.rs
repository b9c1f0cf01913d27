//! The fleet of a scenario: its servers and their clocks, and what happens to them, at random or at
//! a given time.

use super::schema::{ANY, ANY_SPREAD, Field, SECOND, Shape};
use super::{Scenario, secs, spread};
use crate::node::Trouble;
use crate::units::{Chance, SPAN_MAX, Shift, Span, Spread};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// The fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Servers {
    /// How many. 10.
    pub count: u32,
    /// Those of them that ever start, by their numbers, in order. All if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<u32>,
    /// The largest difference of two servers' wall clocks at the start. 0 s.
    pub skew: Span,
    /// The largest drift of a server's clocks, in millionths. 0.
    pub drift_ppm: u32,
    /// Whether wall clocks are read in whole seconds, as `os.time` is. Yes.
    pub whole_seconds: bool,
    /// How long a closing server may take before it is gone. 30 s (creator-docs: `BindToClose` of
    /// `classes/DataModel.yaml`).
    pub close_budget: Span,
    /// What a closing server hears of first. That it closes; no order is documented.
    pub close_order: CloseOrder,
    /// Whether a server closes when its last player has left. It comes back after
    /// [`Faults::down_for`]. No.
    pub close_when_empty: bool,
    /// How many of the servers, the last ones, are down until something boots them. 0.
    pub spare: u32,
}

/// What a closing server hears of first: that it closes, or that its players leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseOrder {
    /// That it closes: `BindToClose` runs, then `PlayerRemoving` fires for everybody.
    CloseFirst,
    /// That its players leave.
    LeaveFirst,
    /// Drawn for each closing.
    Either,
}

impl Default for Servers {
    fn default() -> Servers {
        Servers {
            count: 10,
            only: Vec::new(),
            skew: secs(0),
            drift_ppm: 0,
            whole_seconds: true,
            close_budget: secs(30),
            close_order: CloseOrder::CloseFirst,
            close_when_empty: false,
            spare: 0,
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
    /// Whether the monotonic clock of a frozen server stands still too, as when a virtual machine
    /// is paused; its wall clock is right when it goes on. No.
    pub freeze_stops_clock: bool,
    /// What becomes of what comes in while a server stands still. It is kept for later.
    pub frozen_inbound: Inbound,
    /// Mean time between steps of a server's wall clock. Never if absent.
    pub step_every: Option<Span>,
    /// The largest step, either way. A clock never gets further than half of it from where it was
    /// at the start, so it adds just this to how far two clocks may be apart. 1 s.
    pub step_by: Span,
    /// Mean time between a server's running out of memory. Never if absent.
    pub oom_every: Option<Span>,
    /// How likely such a server still closes in order. 50 %; an assumption: that it may is
    /// documented, that it will is not (creator-docs: `enums/CloseReason.yaml`).
    pub oom_closes: Chance,
    /// Mean time between two of a server's being cut off from messages: deaf, mute, or both. Never
    /// if absent.
    pub partition_every: Option<Span>,
    /// How long a server is cut off. 5 to 90 s.
    pub partition_for: Spread,
}

/// What becomes of messages and of answers to calls that come in while a server stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inbound {
    /// They are kept for later.
    Buffered,
    /// They are lost: a call is never answered.
    Dropped,
}

impl Faults {
    /// The mean time between two troubles of a kind, if there are any.
    pub(crate) fn every(&self, trouble: Trouble) -> Option<Span> {
        match trouble {
            Trouble::Crash => self.crash_every,
            Trouble::Freeze => self.freeze_every,
            Trouble::Step => self.step_every,
            Trouble::OutOfMemory => self.oom_every,
            Trouble::Partition => self.partition_every,
        }
    }
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            crash_every: None,
            down_for: spread(10, 60),
            freeze_every: None,
            freeze_for: spread(5, 90),
            freeze_stops_clock: false,
            frozen_inbound: Inbound::Buffered,
            step_every: None,
            step_by: secs(1),
            oom_every: None,
            oom_closes: Chance::percent(50),
            partition_every: None,
            partition_for: spread(5, 90),
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
    /// Where the players of a server that is shut down or restarted all go, as long as that server
    /// is up. Anywhere if absent.
    pub to: Option<u32>,
    /// How far a clock is set.
    pub by: Option<Shift>,
    /// Which messages of a server that is cut off get lost. Both if absent.
    pub way: Option<Way>,
    /// Whether a server without memory closes in order; else it is gone at once. Drawn as
    /// `faults.oom_closes` says if absent.
    pub closes: Option<bool>,
}

/// What can be done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The process is gone at once.
    Crash,
    /// The process stands still.
    Freeze,
    /// The process is asked to close, and is gone when it has, or when its time is up.
    Shutdown,
    /// An update: a server that is down boots, and all players of this one land on it; this one is
    /// shut down (creator-docs: `projects/update-games.md`).
    Restart,
    /// A server that is down boots.
    Boot,
    /// There is no memory left: the process closes if it still can, else it is gone.
    OutOfMemory,
    /// The wall clock is set, as NTP does it.
    Step,
    /// Its messages get lost; its datastore calls do not.
    Partition,
}

/// How much further apart steps may put the wall clocks of two servers.
///
/// A reading from before a step may be compared with one from after it, so it counts how far
/// forward the one clock has ever been, and how far back the other.
pub(super) fn steps_apart(scenario: &Scenario) -> Duration {
    let faults = &scenario.faults;
    let random = faults.step_every.map_or(Duration::ZERO, |_| faults.step_by.0);
    // A clock that is never set stands for the other one, if there is no better.
    let pairs = furthest(scenario, 1).into_iter().flat_map(|(forward, one)| {
        let others = furthest(scenario, -1).into_iter().filter(move |(_, other)| *other != one);
        others.map(move |(back, _)| forward.saturating_add(back))
    });
    random + Duration::from_micros(pairs.max().unwrap_or(0).unsigned_abs())
}

/// How far the timeline sets clocks in a direction, in microseconds: the two that get furthest,
/// with their servers, and one that is never set.
fn furthest(scenario: &Scenario, sign: i64) -> Vec<(i64, Option<u32>)> {
    let within = scenario.timeline.iter().filter(|line| line.at <= scenario.duration);
    let mut steps: Vec<(Span, i64, u32)> =
        within.filter_map(|line| Some((line.at, -sign * line.by?.us(), line.server))).collect();
    // Of steps at the same moment, any may be the first: that in this direction is.
    steps.sort_unstable();
    let mut clocks = BTreeMap::<u32, (i64, i64)>::new();
    for (_, back, server) in steps {
        let (now, most) = clocks.entry(server).or_default();
        *now = now.saturating_sub(back);
        *most = (*most).max(*now);
    }
    let mut clocks: Vec<_> =
        clocks.into_iter().map(|(server, (_, most))| (most, Some(server))).collect();
    clocks.sort_unstable_by_key(|clock| Reverse(*clock));
    clocks.truncate(2);
    clocks.push((0, None));
    clocks
}

/// Which messages of a server that is cut off get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Those to it.
    Deaf,
    /// Those from it.
    Mute,
    /// All.
    Both,
}

impl Way {
    pub(crate) const ALL: [Way; 3] = [Way::Deaf, Way::Mute, Way::Both];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Deaf => "deaf",
            Way::Mute => "mute",
            Way::Both => "both",
        }
    }
}

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
        "freeze_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between freezes of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("freeze_for", ANY_SPREAD, "How long a frozen server stands still."),
    Field::new(
        "freeze_stops_clock",
        Shape::Flag,
        "Whether a frozen server's monotonic clock stands still too, as in a paused machine.",
    ),
    Field::new(
        "frozen_inbound",
        Shape::Choice(&["buffered", "dropped"]),
        "What becomes of messages and answers that come in while a server stands still.",
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
        "Mean time between two of a server's being cut off from messages: deaf, mute, or both. \
         Never if absent.",
    )
    .example("\"10m\""),
    Field::new("partition_for", ANY_SPREAD, "How long a server is cut off from messages."),
];

/// The names of deeds.
const DEEDS: &[&str] =
    &["crash", "freeze", "shutdown", "restart", "boot", "out_of_memory", "step", "partition"];

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
        "How long a frozen server stands still, one is cut off, or another one is gone. For good \
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
        Shape::Choice(&["deaf", "mute", "both"]),
        "Which messages get lost with do = \"partition\": those to the server, those from it, or \
         both. Both if absent.",
    )
    .example("\"deaf\""),
    Field::new(
        "closes",
        Shape::Flag,
        "Whether a server without memory closes in order; else it is gone at once. Only with do = \
         \"out_of_memory\". Drawn as `faults.oom_closes` says if absent.",
    ),
];

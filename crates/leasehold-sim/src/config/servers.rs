//! The servers of a world, their clocks, and what happens to them, at random or at
//! a given time.

use super::{secs, spread};
use crate::units::{Chance, Shift, Span, Spread};
use serde::{Deserialize, Serialize};

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
    /// Mean time between pauses of a server. Never if absent.
    pub pause_every: Option<Span>,
    /// How long a paused server is paused. 5 to 90 s.
    pub pause_for: Spread,
    /// Whether the monotonic clock of a paused server is paused too, as when a virtual machine
    /// is paused; its wall clock is right when it goes on. No.
    pub pause_stops_clock: bool,
    /// What becomes of what comes in while a server is paused. It is kept for later.
    pub paused_inbound: Inbound,
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
    /// Mean time between two of a server's being cut off from messages: inbound, outbound, or both.
    /// Never if absent.
    pub partition_every: Option<Span>,
    /// How long a server is cut off. 5 to 90 s.
    pub partition_for: Spread,
}

/// What becomes of messages and of answers to calls that come in while a server is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inbound {
    /// They are kept for later.
    Buffered,
    /// They are lost: a call is never answered.
    Dropped,
}

impl Faults {
    /// The mean time between two random faults of a kind, if there are any.
    pub(crate) fn every(&self, random_fault: RandomFault) -> Option<Span> {
        match random_fault {
            RandomFault::Crash => self.crash_every,
            RandomFault::Pause => self.pause_every,
            RandomFault::Step => self.step_every,
            RandomFault::OutOfMemory => self.oom_every,
            RandomFault::Partition => self.partition_every,
        }
    }
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            crash_every: None,
            down_for: spread(10, 60),
            pause_every: None,
            pause_for: spread(5, 90),
            pause_stops_clock: false,
            paused_inbound: Inbound::Buffered,
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
pub struct TimelineEntry {
    /// When.
    pub at: Span,
    /// To which server, from 0.
    pub server: u32,
    /// What.
    #[serde(rename = "do")]
    pub what: FaultEvent,
    /// For how long: how long a paused server is paused, or how long another one is gone. For
    /// good if absent.
    #[serde(rename = "for")]
    pub lasts: Option<Span>,
    /// Where the players of a server that is shut down or restarted all go, as long as that server
    /// is up. Anywhere if absent.
    pub to: Option<u32>,
    /// How far a clock is set.
    pub by: Option<Shift>,
    /// Which messages of a server that is cut off get lost. Both if absent.
    pub way: Option<Direction>,
    /// Whether a server without memory closes in order; else it is gone at once. Drawn as
    /// `faults.oom_closes` says if absent.
    pub closes: Option<bool>,
}

/// What can be done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEvent {
    /// The process is gone at once.
    Crash,
    /// The process is paused.
    Pause,
    /// The process is asked to close, and is gone when it has, or when its time is up.
    Shutdown,
    /// An update: a server that is down boots, and all players of this one arrive on it; this one
    /// is shut down (creator-docs: `projects/update-games.md`).
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

/// Which messages of a server that is cut off get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Those to it.
    Inbound,
    /// Those from it.
    Outbound,
    /// All.
    Both,
}

impl Direction {
    pub(crate) const ALL: [Direction; 3] =
        [Direction::Inbound, Direction::Outbound, Direction::Both];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
            Direction::Both => "both",
        }
    }
}

/// What befalls a server at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RandomFault {
    Crash,
    Pause,
    /// Its wall clock is set.
    Step,
    OutOfMemory,
    /// It is cut off from messages.
    Partition,
}

impl RandomFault {
    pub(crate) const ALL: [RandomFault; 5] = [
        RandomFault::Crash,
        RandomFault::Pause,
        RandomFault::Step,
        RandomFault::OutOfMemory,
        RandomFault::Partition,
    ];
}

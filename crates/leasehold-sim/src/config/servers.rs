//! The servers of a world: its servers and their clocks, and what happens to them, at random or at
//! a given time.

use super::{Distribution, even, secs};
use crate::schema::{SECOND, Shape, choices, declare};
use crate::units::{Chance, Shift, Span};

declare! {
    /// The fleet.
    #[derive(Debug)]
    pub struct Servers {
        /// How many.
        count: u32 = 10, within(1, 100_000);
        /// Those of them that ever start, by their numbers from 0, in order. All if empty.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        only: Vec<u32> = Vec::new(), shape(SOME_SERVERS), example("[3, 7]");
        /// The largest difference of two servers' wall clocks at the start.
        skew: Span = secs(0);
        /// The largest drift of a server's clocks, in millionths.
        drift_ppm: u32 = 0, within(0, 100_000);
        /// Whether wall clocks are read in whole seconds, as `os.time` is.
        whole_seconds: bool = true;
        // creator-docs: `BindToClose` of `classes/DataModel.yaml`.
        /// How long a closing server may take before it is gone.
        close_budget: Span = secs(30);
        // No order is documented.
        /// What a closing server hears of first: that it closes, or that its players leave. Drawn
        /// for each closing if either.
        close_order: CloseOrder = CloseOrder::CloseFirst;
        /// Whether a server closes when its last player has left. It comes back after
        /// `faults.down_for`.
        close_when_empty: bool = false;
        /// How many of the servers, the last ones, are down until the timeline boots them; less
        /// than `count`.
        spare: u32 = 0, within(0, 99_999);
    }
}

/// A server, by its number.
pub(super) const SERVER: Shape = Shape::Count(0, 99_999);
const SOME_SERVERS: Shape = Shape::List(&SERVER, 0, 10_000);

choices! {
    /// What a closing server hears of first: that it closes, or that its players leave.
    pub enum CloseOrder {
        /// That it closes: `BindToClose` runs, then `PlayerRemoving` fires for everybody.
        CloseFirst,
        /// That its players leave.
        LeaveFirst,
        /// Drawn for each closing.
        Either,
    }
}

declare! {
    /// What happens to servers, at random. A mean time between two of a kind, for each server on
    /// its own.
    #[derive(Debug)]
    pub struct Faults {
        /// Mean time between crashes of a server. Never if absent.
        crash_every: Option<Span> = None, least(SECOND), example("\"10m\"");
        /// How long a crashed or closed server is gone.
        down_for: Distribution = even(10, 60);
        /// Mean time between pauses of a server. Never if absent.
        pause_every: Option<Span> = None, least(SECOND), example("\"10m\"");
        /// How long a paused server is paused.
        pause_for: Distribution = even(5, 90);
        /// Whether a paused server's monotonic clock is paused too, as in a paused machine.
        pause_stops_clock: bool = false;
        /// What becomes of messages and answers that come in while a server is paused.
        paused_inbound: Inbound = Inbound::Buffered;
        /// Mean time between steps of a server's wall clock. Never if absent.
        step_every: Option<Span> = None, least(SECOND), example("\"10m\"");
        // So it adds just this to how far two clocks may be apart.
        /// The largest step, either way. A clock stays within half of it from where it was at the
        /// start.
        step_by: Span = secs(1);
        /// Mean time between a server's running out of memory. Never if absent.
        oom_every: Option<Span> = None, least(SECOND), example("\"30m\"");
        // An assumption: that it may is documented, that it will is not (creator-docs:
        // `enums/CloseReason.yaml`).
        /// How likely a server without memory still closes in order; else it is gone at once.
        oom_closes: Chance = Chance::percent(50);
        /// Mean time between two of a server's being cut off from messages: inbound, outbound, or
        /// both. Never if absent.
        partition_every: Option<Span> = None, least(SECOND), example("\"10m\"");
        /// How long a server is cut off from messages.
        partition_for: Distribution = even(5, 90);
    }
}

choices! {
    /// What becomes of messages and of answers to calls that come in while a server is paused.
    pub enum Inbound {
        /// They are kept for later.
        Buffered,
        /// They are lost: a call is never answered.
        Dropped,
    }
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

declare! {
    /// A single event, at a given time.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct TimelineEntry {
        /// The moment at which it happens, from the start of the run.
        at: Span, required("\"3m\"");
        /// To which server, from 0; less than `servers.count`.
        server: u32, shape(SERVER), required("0");
        /// What. `restart` is an update: `to` boots, and takes over.
        what as "do": FaultEvent, required("\"shutdown\"");
        /// How long a paused server is paused, one is cut off, or another one is gone. For good
        /// if absent.
        lasts as "for": Option<Span>, example("\"20s\"");
        /// Where the players of a server that is shut down or restarted go, as long as that one is
        /// up. Anywhere if absent; a restart needs it.
        to: Option<u32>, shape(SERVER), example("1");
        /// How far a clock is set forward, or back; only with `step`.
        by: Option<Shift>;
        /// Which messages get lost with do = "partition": those to the server, those from it, or
        /// both. Both if absent.
        way: Option<Direction>, example("\"inbound\"");
        /// Whether a server without memory closes in order; else it is gone at once. Only with do =
        /// "out_of_memory". Drawn as `faults.oom_closes` says if absent.
        closes: Option<bool>;
    }
}

choices! {
    /// What can be done to a server.
    pub enum FaultEvent {
        /// The process is gone at once.
        Crash,
        /// The process is paused.
        Pause,
        /// The process is asked to close, and is gone when it has, or when its time is up.
        Shutdown,
        /// An update: a server that is down boots, and all players of this one arrive on it; this
        /// one is shut down (creator-docs: `projects/update-games.md`).
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
}

choices! {
    /// Which messages of a server that is cut off get lost.
    pub enum Direction {
        /// Those to it.
        Inbound,
        /// Those from it.
        Outbound,
        /// Messages in both directions.
        Both,
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

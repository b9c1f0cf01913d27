//! What a world is: plain typed fields with their defaults.
//!
//! The simulator is built from these, and from nothing else. They know no file: a program may fill
//! them in, and `scenario/` does so from what a file says.

mod arrivals;
mod datastore;
mod distribution;
mod incidents;
mod messaging;
mod operations;
mod players;
mod replay;
mod servers;
mod world;

pub(crate) use arrivals::Stretch;
pub use arrivals::{Arrivals, Daily, Process};
pub use datastore::{DatastoreWorld, Thrown};
pub use distribution::{
    CALL_PRESETS, Distribution, Lognormal, MESSAGE_PRESETS, Measured, Quantiles,
};
pub(crate) use distribution::{DISTRIBUTION_TABLES, Sampler, is_preset, unread};
pub use incidents::{Condition, Incident};
pub use messaging::MessagingWorld;
pub use operations::{Operation, OperationKind};
pub use players::{HopTo, Players, WhenLost};
pub(crate) use replay::Course;
pub use replay::{Log, Logged, LoggedEvent, LoggedRow};
pub(crate) use servers::RandomFault;
pub use servers::{CloseOrder, Direction, FaultEvent, Faults, Inbound, Servers, TimelineEntry};
pub(crate) use world::DURATION;
pub use world::World;

use crate::units::{Span, Spread};
use std::time::Duration;

pub(crate) const fn secs(secs: u64) -> Span {
    Span(Duration::from_secs(secs))
}

const fn even(from: u64, to: u64) -> Distribution {
    Distribution::Even(Spread { from: secs(from), to: secs(to) })
}

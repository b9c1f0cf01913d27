//! Limits: how much of the datastore and of messages a server, a key and the whole experience may
//! use.
//!
//! Here is state and arithmetic only, in virtual time and whole numbers; what a refusal means for
//! the rest of the world is in `world`. `formula` and `presets` are the figures with their sources,
//! `budget` counts requests, `throughput` kilobytes of a key, `queue` is where requests wait,
//! `quotas` puts them together for the datastore, and `usage` is how much of it is made use of.

mod budget;
mod formula;
mod presets;
mod queue;
mod quotas;
mod throughput;
mod usage;

pub(crate) use budget::Budget;
pub(crate) use formula::Formula;
pub(crate) use presets::MessageLimits;
pub use presets::{Budgeted, Era};
pub(crate) use quotas::{Admission, Layer, Quotas, updates_allowed, updates_per_player_hour};

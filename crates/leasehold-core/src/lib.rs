//! Session locks by lease, as pure state machines.
#![warn(missing_docs)]

pub mod backoff;
pub mod canonical;
pub mod chronicle;
pub mod deadlines;
mod document;
mod effects;
mod ids;
mod integrity;
pub mod record;
pub mod template;
mod time;
mod value;

pub use document::{Document, NotCanonical};
pub use effects::Effects;
pub use ids::{Commit, Generation, JobId, Key, OpId, OpIds, Owner, Seat, SessionId};
pub use integrity::Hash;
pub use time::{Deadline, Instant, Now, Stamp, Timer, micros};
pub use value::{Value, ValueEdit};

//! How long session starts took, as curves: one for each way in which a start can end.

use serde::{Deserialize, Serialize};

/// Starts of one outcome, and how long they took to come to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartTimes {
    /// `granted`, or the protocol's own reason for refusing.
    pub outcome: String,
    /// Starts that ended so.
    pub count: u64,
    /// The curve: a couple of hundred points at most, both coordinates ascending. The last point
    /// has all starts. Empty if there was none.
    pub points: Vec<Reached>,
}

/// A point of a cumulative curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Microseconds since the start was asked for.
    pub within_us: u64,
    /// Starts that had ended by then.
    pub starts: u64,
}

/// The outcome of a start that was not refused.
pub const GRANTED: &str = "granted";

//! How long players take into the game, as curves: one for each way in which that can end.

use serde::{Deserialize, Serialize};

/// Joins that ended in one way, and how long they took to come to it. A join is a player's way into
/// the game, from the first time they asked: a start that is rejected on the way does not end it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinTimes {
    /// How they ended.
    pub end: JoinEnd,
    /// Joins that ended so.
    pub count: u64,
    /// Of those, how many had a start rejected on the way.
    pub rejected: u64,
    /// The curve: a couple of hundred points at most, both coordinates ascending. The last point
    /// has all joins. Empty if there was none.
    pub points: Vec<Reached>,
}

/// How a join ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinEnd {
    /// The player was in the game.
    Playing,
    /// The player gave up, and no start had been rejected: it took too long.
    OutOfPatience,
    /// The player gave up after a rejection, for this reason of the library's.
    Rejected(String),
    /// Neither: the run was over.
    Waiting,
}

/// A point of a cumulative curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Microseconds since the player first asked.
    pub within_us: u64,
    /// Joins that had ended by then.
    pub joins: u64,
}

//! What became of items and purchases.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Trades between players, and the items that they were about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trades {
    /// Items that came into the world.
    pub minted: u64,
    /// Trades made.
    pub made: u64,
    /// Items that are stored twice or not at all while a session can still mend it, at the end.
    pub exposed: u64,
    /// The most that there were at once.
    pub exposed_max: u64,
    /// Items that are stored twice for good, by what ended the session that owed the other half.
    pub duplicated: BTreeMap<String, u64>,
    /// Items that are stored nowhere for good, in the same way.
    pub lost: BTreeMap<String, u64>,
}

/// Counts of purchases, by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Purchases {
    /// Purchases that were made.
    pub bought: u64,
    /// Put into a player's data; more than `bought` if some were put there again.
    pub received: u64,
    /// Told to the platform as granted.
    pub granted: u64,
    /// Of those, not noted by the platform, which will ask again.
    pub unnoted: u64,
    /// Receipts that were stored twice.
    pub twice: u64,
    /// Receipts that were granted and are stored nowhere.
    pub lost: u64,
}

/// Exposed items over time: equal bins of virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The width of a bin, in microseconds.
    pub bin_us: u64,
    /// The bins; the run may end before the last one does.
    pub bins: Vec<ExposureBin>,
}

/// Exposed items in a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureBin {
    /// The most that there were at once.
    pub most: u64,
    /// How many there were when it ended.
    pub last: u64,
    /// Items that turned out to be duplicated.
    pub duplicated: u64,
    /// Items that turned out to be lost.
    pub lost: u64,
}

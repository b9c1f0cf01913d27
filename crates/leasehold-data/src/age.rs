//! How old unsaved changes had become when they were saved.

use serde::{Deserialize, Serialize};

/// Ages of the oldest unsaved change at each save, in equal bins of virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ages {
    /// The age at which the protocol promises to send a save, in microseconds (`max_delay`).
    pub promised_us: u64,
    /// What the call itself may take on top of that, in microseconds (`call_timeout`).
    pub call_us: u64,
    /// The width of a bin, in microseconds.
    pub bin_us: u64,
    /// One row per bin, from the beginning of the run; a few hundred at most.
    pub bins: Vec<AgeBin>,
    /// Sessions that still had an unsaved change when the run ended.
    pub unsaved: u64,
    /// The oldest change of those, in microseconds.
    pub unsaved_max_us: u64,
}

/// The saves that were acknowledged in one bin, by the age of the oldest change that each wrote;
/// and what was left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBin {
    /// Saves that wrote a change. Without any, the ages are 0.
    pub saves: u64,
    /// Median age, in microseconds.
    pub p50_us: u64,
    /// 99th percentile, in microseconds.
    pub p99_us: u64,
    /// Largest age, in microseconds.
    pub max_us: u64,
    /// Age of the oldest change that was still unsaved when the bin ended, in microseconds; 0 if
    /// there was none. Only sessions that went on count.
    pub unsaved_us: u64,
}

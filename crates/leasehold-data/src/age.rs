//! How old unsaved changes became.

use serde::{Deserialize, Serialize};

/// Ages of unsaved changes, in equal bins of virtual time. The oldest of all bins is the summary's
/// `dirty_age_max_us`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ages {
    /// The age at which the protocol promises to send a save, in microseconds (`max_delay`); 0 if
    /// it promises nothing.
    pub promised_us: u64,
    /// What the call itself may take on top of that, in microseconds (`call_timeout`).
    pub call_us: u64,
    /// The width of a bin, in microseconds.
    pub bin_us: u64,
    /// One row per bin, from the beginning of the run; a few hundred at most.
    pub bins: Vec<AgeBin>,
    /// What befell the session of the oldest while it waited.
    pub oldest: Waited,
    /// Sessions that still had an unsaved change when the run ended.
    pub unsaved: u64,
    /// The oldest change of those, in microseconds.
    pub unsaved_max_us: u64,
}

/// A bin: how old the oldest unsaved change became in it, and the saves that were acknowledged in
/// it, by the age of the oldest change that each wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBin {
    /// The oldest that a change was in this bin when it was saved, when its session ended without
    /// saving it, or when the bin did, in microseconds; 0 if there was none.
    pub oldest_us: u64,
    /// Saves that wrote a change. Without any, the ages below are 0.
    pub saves: u64,
    /// Median age, in microseconds.
    pub p50_us: u64,
    /// 99th percentile, in microseconds.
    pub p99_us: u64,
}

/// What befell a session while a change of it was unsaved. It may have had nothing to do with that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// Its server was paused.
    pub paused: bool,
    /// A call of it failed.
    pub failed: bool,
    /// A call of it was stopped by a circuit breaker.
    pub stopped: bool,
}

//! When the datastore was not as usual.

use crate::Interval;
use serde::{Deserialize, Serialize};

/// The name of an incident in which every call fails.
pub const OUTAGE: &str = "outage";

/// A stretch of time in which the datastore was not as usual. Two of them may overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What it was: [`OUTAGE`], another condition by its name, or the fields of the scenario that
    /// it changed, as in `throttle, latency`.
    pub what: String,
    /// The servers whose calls it was about; all of them if there are none here.
    pub servers: Vec<u32>,
    /// From when to when.
    pub during: Interval,
}

//! What each server's circuit breaker did.

use crate::Interval;
use serde::{Deserialize, Serialize};

/// Circuit breakers over time. A server whose breaker never opened has no row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breakers {
    /// Servers whose breaker opened, in the order in which they first did; some dozens at most.
    pub servers: Vec<BreakerRow>,
    /// Further servers whose breaker opened and that have no row.
    pub others: u64,
}

/// The breaker of one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakerRow {
    /// Which server: its number.
    pub server: u32,
    /// How often it opened, over the whole run.
    pub openings: u64,
    /// What it had seen each time, in order; the first ones, if there were very many.
    pub opened: Vec<BreakerOpening>,
    /// What it did, in order. In between it was closed.
    pub spans: Vec<BreakerSpan>,
    /// Spans that came later and are not listed, because there were too many.
    pub later: u64,
}

/// An opening of a breaker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakerOpening {
    /// When, in microseconds.
    pub at_us: u64,
    /// The reason, in the library's own word.
    pub reason: String,
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// Failed calls of those that it looks at.
    pub failed: u32,
    /// All of those.
    pub samples: u32,
    /// The share of those that failed, from 0 to 1.
    pub error_rate: f64,
}

/// A span of time in which a breaker was in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerSpan {
    /// From when to when.
    pub during: Interval,
    /// State of the breaker in this span.
    pub state: BreakerState,
}

/// State of a breaker that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// It lets no call through, until a caller comes after its timeout.
    Open {
        /// The timeout, in microseconds.
        timeout_us: u64,
    },
    /// It has let one call through and waits for what becomes of it.
    HalfOpen,
    /// Its server is gone.
    Down,
}

//! What a library promises: observers hold it to this, and to nothing more.
//!
//! Some promises make sense for every library: two sessions never consider themselves owner at
//! once, what was acknowledged survives. Others are one library's own: a circuit breaker, a
//! coalesced write. What is absent here was never promised, and is not held against anybody; but a
//! bound in time that a library does not give has a finite default, and whoever reads a verdict is
//! told of it.

use leasehold_core::chronicle::BreakerRules;
pub use leasehold_core::chronicle::Promise;
use std::time::Duration;

/// A library's promises. [`Contract::default`] promises nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contract {
    /// Records name their holder and count its generations: what commits can be told to be a
    /// holder's or not. An acquiring write adds one to the generation, or none; no other adds any.
    pub fenced: bool,
    /// Records count their saves: a saving or releasing write adds one to the commit index, or none
    /// if it changes no data; an acquiring or renewing one adds none.
    pub counted: bool,
    /// A call that has nothing to change writes back what it found, instead of being cancelled.
    pub echoes: bool,
    /// A server has one call under way for a key at a time.
    pub calls_are_exclusive: bool,
    /// How long after the first unsaved change a save is sent.
    pub saved_within: Option<Duration>,
    /// How long after a write the lease is renewed, at the earliest.
    pub renewed_after: Option<Duration>,
    /// The circuit breaker.
    pub breaker: Option<BreakerRules>,
    /// How long a start may take, its last call included; [`Contract::STARTED_WITHIN`] if it is not
    /// said.
    pub started_within: Option<Duration>,
    /// After which a call is given up; later answers count for nothing.
    pub call_timeout: Option<Duration>,
}

/// A bound in time that a library is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The bound.
    pub within: Duration,
    /// Whether the library has given it; else it is the default.
    pub given: bool,
}

impl Contract {
    /// How long a start may take where the library does not say: a player who has looked at a
    /// loading screen for a quarter of an hour has been given no answer, whatever was promised.
    pub const STARTED_WITHIN: Duration = Duration::from_secs(15 * 60);

    /// How long a start may take, given or by default.
    pub fn starts(&self) -> Bound {
        let given = self.started_within;
        Bound { within: given.unwrap_or(Self::STARTED_WITHIN), given: given.is_some() }
    }
}

/// Bounds on how far the clocks of a world may be apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Two servers' wall clocks, at any moment.
    pub skew: Duration,
    /// A server's stopwatch from true time, in parts per million.
    pub drift_ppm: u32,
    /// The steps in which a wall clock is read.
    pub step: Duration,
}

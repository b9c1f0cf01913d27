//! What a library says of itself, as numbers that an observer can hold it to.
//!
//! Some promises make sense for every library: two sessions never believe at once, what was
//! acknowledged survives. Others are one library's own: a circuit breaker, a coalesced write. What
//! is absent here was never promised, and is not held against anybody.

use leasehold_core::chronicle::{BreakerRules, Rules};
use std::time::Duration;

/// A library's promises.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contract {
    /// Records name their holder and count its generations: what lands can be told to be a
    /// holder's or not.
    pub fenced: bool,
    /// Records count their saves, by one each.
    pub counted: bool,
    /// A call that has nothing to change writes back what it found, instead of being cancelled.
    pub echoes: bool,
    /// A server has one call under way for a key at a time.
    pub calls_take_turns: bool,
    /// How long after the first unsaved change a save is sent.
    pub saved_within: Option<Duration>,
    /// How long after a write the lease is renewed, at the earliest.
    pub renewed_after: Option<Duration>,
    /// The circuit breaker.
    pub breaker: Option<BreakerRules>,
    /// How long a start may take, its last call included.
    pub started_within: Option<Duration>,
    /// After which a call is given up; later answers count for nothing.
    pub call_timeout: Option<Duration>,
}

impl Contract {
    /// ChronicleStore's, under these rules.
    pub fn chronicle(rules: &Rules) -> Contract {
        Contract {
            fenced: true,
            counted: true,
            echoes: false,
            calls_take_turns: false,
            saved_within: Some(rules.max_delay),
            renewed_after: Some(rules.renew_after),
            breaker: Some(rules.breaker),
            started_within: Some(rules.start_timeout + rules.call_timeout),
            call_timeout: Some(rules.call_timeout),
        }
    }

    /// What people write first promises nothing at all.
    pub const NAIVE: Contract = Contract {
        fenced: false,
        counted: false,
        echoes: false,
        calls_take_turns: false,
        saved_within: None,
        renewed_after: None,
        breaker: None,
        started_within: None,
        call_timeout: None,
    };

    /// ProfileStore counts its sessions, and promises nothing about time: starts may wait for ever,
    /// and so may calls.
    pub const PROFILE_STORE: Contract =
        Contract { fenced: true, echoes: true, calls_take_turns: true, ..Contract::NAIVE };
}

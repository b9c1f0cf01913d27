//! A session's lane to the datastore, with one call in it at most (rule W4).
//!
//! ```text
//!   Idle --[a call is made]--> Calling --[answered]--> Idle
//!    ^                            '------[failed, no answer, breaker]--> Backoff
//!    '--------[time, or somebody calls Save or Release]-------------------'
//! ```
//!
//! Each state carries how many calls have failed just before the next one. Laws: an answer to any
//! other call than the one under way finds nothing; whoever waits for a call leaves the lane with
//! it. Not here: what is owed and sent next (`session`).

use super::notice::CallKind;
use crate::ids::OpId;
use crate::time::{Deadline, Instant, Timer};

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Nothing is under way.
    Idle {
        /// Failures in a row.
        attempt: u32,
    },
    /// A call is under way.
    Calling(Calling),
    /// A call has failed: the lane is shut for a while.
    Backoff {
        /// Failures in a row.
        attempt: u32,
        /// When it opens again.
        until: Instant,
    },
}

/// A call under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calling {
    /// Its name.
    pub op: OpId,
    /// What it is for.
    pub errand: Errand,
    /// Failures in a row just before it.
    pub attempt: u32,
    /// When it was sent.
    pub sent: Instant,
    /// When it is given up on.
    pub until: Instant,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// To write data.
    Save {
        /// The callers of `Save()` who wait for it.
        callers: u32,
    },
    /// To keep the lease.
    Renew,
    /// To give the lease back, with the last unsaved data if there is any.
    Release,
}

impl Errand {
    /// As which kind it is reported.
    pub(super) fn kind(self) -> CallKind {
        match self {
            Errand::Save { .. } => CallKind::Save,
            Errand::Renew => CallKind::Renew,
            Errand::Release => CallKind::Release,
        }
    }

    /// How many callers of `Save()` wait for it.
    pub(super) fn callers(self) -> u32 {
        match self {
            Errand::Save { callers } => callers,
            Errand::Renew | Errand::Release => 0,
        }
    }
}

impl Lane {
    /// Takes the call of this name out of the lane, which is idle then. None if another call is
    /// under way, or none.
    pub(super) fn take(&mut self, op: OpId) -> Option<Calling> {
        match *self {
            Lane::Calling(call) if call.op == op => {
                *self = Lane::Idle { attempt: 0 };
                Some(call)
            }
            Lane::Idle { .. } | Lane::Calling(_) | Lane::Backoff { .. } => None,
        }
    }

    /// Somebody is waiting: do not sit out the rest of a backoff.
    pub(super) fn hurry(&mut self) {
        if let Lane::Backoff { attempt, .. } = *self {
            *self = Lane::Idle { attempt };
        }
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match *self {
            Lane::Idle { .. } => None,
            Lane::Calling(call) => Some(Deadline { at: call.until, why: Timer::CallTimeout }),
            Lane::Backoff { until, .. } => Some(Deadline { at: until, why: Timer::Retry }),
        }
    }

    /// The call under way.
    pub(super) fn calling(&self) -> Option<Calling> {
        match *self {
            Lane::Calling(call) => Some(call),
            Lane::Idle { .. } | Lane::Backoff { .. } => None,
        }
    }
}

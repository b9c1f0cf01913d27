//! A session's lane to the datastore, with one call in it at most (rule W4).
//!
//! ```text
//!   Idle --[a call is made]--> Calling --[answered]--> Idle
//!    ^                            '------[failed, no answer, breaker]--> Backoff
//!    '--------[time, or somebody calls Save or Release]-------------------'
//! ```
//!
//! Each state carries which calls have failed just before the next one. All of them make the wait
//! longer; but a call repeats only what was for the same: the release after a failed save is a
//! first
//! try. Laws: an answer to any other call than the one under way finds nothing; whoever waits for a
//! call leaves the lane with it. Not here: what is owed and sent next (`session`).

use super::notice::CallKind;
use crate::ids::OpId;
use crate::time::{Deadline, Instant, Timer};

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Nothing is under way.
    Idle {
        /// Failures just before the next call.
        failures: Failures,
    },
    /// A call is under way.
    Calling(Calling),
    /// A call has failed: the lane is shut for a while.
    Backoff {
        /// Failures just before the next call.
        failures: Failures,
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
    /// Failures just before it.
    pub failures: Failures,
    /// When it was sent.
    pub sent: Instant,
    /// When it is given up on.
    pub until: Instant,
}

/// Calls that have failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many.
    pub count: u32,
    /// What the last ones of them were for, and how many these are.
    last: Option<(CallKind, u32)>,
}

impl Failures {
    /// These, and one more of this kind.
    pub(super) fn and(self, kind: CallKind) -> Failures {
        Failures {
            count: self.count.saturating_add(1),
            last: Some((kind, self.attempt(kind).saturating_add(1))),
        }
    }

    /// How many calls of this kind a next one repeats.
    pub(super) fn attempt(self, kind: CallKind) -> u32 {
        self.last.filter(|(last, _)| *last == kind).map_or(0, |(_, count)| count)
    }
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
    /// To give the lease back.
    Release {
        /// And to write data: there were unsaved changes, or callers of `Save()` wait.
        saves: bool,
    },
}

impl Errand {
    /// As which kind it is reported.
    pub(super) fn kind(self) -> CallKind {
        match self {
            Errand::Save { .. } => CallKind::Save,
            Errand::Renew => CallKind::Renew,
            Errand::Release { .. } => CallKind::Release,
        }
    }

    /// Whether it brings data.
    pub(super) fn saves(self) -> bool {
        matches!(self, Errand::Save { .. } | Errand::Release { saves: true })
    }

    /// How many callers of `Save()` wait for it.
    pub(super) fn callers(self) -> u32 {
        match self {
            Errand::Save { callers } => callers,
            Errand::Renew | Errand::Release { .. } => 0,
        }
    }
}

impl Lane {
    /// Takes the call of this name out of the lane, which is idle then. None if another call is
    /// under way, or none.
    pub(super) fn take(&mut self, op: OpId) -> Option<Calling> {
        match *self {
            Lane::Calling(call) if call.op == op => {
                *self = Lane::Idle { failures: Failures::default() };
                Some(call)
            }
            Lane::Idle { .. } | Lane::Calling(_) | Lane::Backoff { .. } => None,
        }
    }

    /// Somebody is waiting: do not sit out the rest of a backoff.
    pub(super) fn hurry(&mut self) {
        if let Lane::Backoff { failures, .. } = *self {
            *self = Lane::Idle { failures };
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

//! What a store tells its user: the library's documented hooks, and the results of its methods.

use super::breaker::Opening;
use super::update::{Loss, Taken};
use crate::ids::{Commit, Generation};
use crate::record::Corruption;
use std::fmt;
use std::time::Duration;

/// Something that the user of a store is told about one seat, or about the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `OnLoad`: the session is active (rule [S5](super::protocol#S5)).
    Loaded(Load),
    /// The session start has failed (rule [S5](super::protocol#S5)). `Ended` follows.
    StartFailed(StartError),
    /// `OnLeaseConflict` (rule [C5](super::protocol#C5)).
    LeaseConflict(Resolution),
    /// `OnSave`: a write that brought data is confirmed, whether a save or a release (rule
    /// [W2](super::protocol#W2)).
    Saved(Saved),
    /// What `Save()` returns, for as many callers as waited for the same write (rule
    /// [W2](super::protocol#W2)).
    SaveReturned {
        /// How many calls return.
        callers: u32,
        /// What they return.
        result: Result<(), SaveError>,
    },
    /// A change was refused: the profile is not active (rules [W1](super::protocol#W1),
    /// [W6](super::protocol#W6)).
    EditRefused,
    /// `OnCorruption` (rule [R3](super::protocol#R3)).
    Corrupted(Corruption),
    /// `OnCircuitOpen` (rule [B4](super::protocol#B4)). Concerns the store, not the seat.
    CircuitOpened(Opening),
    /// The breaker has closed again. Concerns the store, not the seat.
    CircuitClosed,
    /// The session is over because its lease is (rules [L3](super::protocol#L3),
    /// [L4](super::protocol#L4), [W2](super::protocol#W2)). `Ended` follows.
    LeaseLost {
        /// How the lease was lost.
        loss: Loss,
        /// Whether changes were not known to be saved.
        unsaved: bool,
    },
    /// The lease is given back (rule [W6](super::protocol#W6)). `Ended` follows.
    Released {
        /// Whether all changes are saved.
        saved: bool,
    },
    /// The release kept failing until the lease had run out (rule [W6](super::protocol#W6)).
    /// `Ended` follows.
    ReleaseAbandoned {
        /// Whether changes were not known to be saved.
        unsaved: bool,
    },
    /// The seat is free again.
    Ended,
    /// There is no datastore: from now on nothing is saved (rule [M2](super::protocol#M2)).
    /// Concerns the store, not the seat.
    FellBack,
}

/// Figures of a successful session start: the stats of `OnLoad` (rule [S5](super::protocol#S5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Whose lease it was.
    pub how: Taken,
    /// The session's generation.
    pub generation: Generation,
    /// From the start to now.
    pub latency: Duration,
    /// Datastore calls that it took.
    pub calls: u32,
    /// How many of them repeated a failed one.
    pub retries: u32,
}

/// Figures of a confirmed save: the stats of `OnSave` (rule [W2](super::protocol#W2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The stored commit index.
    pub commit: Commit,
    /// From sending the first call that brought data to the answer.
    pub latency: Duration,
    /// Calls that brought data since it was last known to be stored.
    pub calls: u32,
    /// How many of them repeated a failed one.
    pub retries: u32,
}

/// Resolution of a conflict: exactly the three documented names (rule [C5](super::protocol#C5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolution {
    /// The lease had expired and was taken (rule [C1](super::protocol#C1)).
    ExpiredLeaseSteal,
    /// The owner answered, and the start failed (rule [C3](super::protocol#C3)).
    ActiveOwnerConfirmed,
    /// The owner was silent and lost its lease (rule [C4](super::protocol#C4)).
    MessagingTimeoutSteal,
}

impl Resolution {
    /// Its name, as the hook gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Resolution::ExpiredLeaseSteal => "expired_lease_steal",
            Resolution::ActiveOwnerConfirmed => "active_owner_confirmed",
            Resolution::MessagingTimeoutSteal => "messaging_timeout_steal",
        }
    }
}

/// Reason for which a session start failed (rule [S5](super::protocol#S5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartError {
    /// Somebody else holds the lease.
    LeaseHeld,
    /// The circuit breaker is open for longer than the start may take.
    CircuitOpen,
    /// What is stored cannot be trusted.
    Corrupted,
    /// The caller did not want it any more.
    Cancelled,
    /// The datastore kept failing, or there is none; or there is no such seat.
    Unavailable,
    /// The server is closing.
    ShuttingDown,
    /// The key has a session on this server, or a start under way; or the seat is taken.
    AlreadyActive,
    /// It took too long.
    Timeout,
}

impl StartError {
    /// Its name, as rule [S5](super::protocol#S5) spells it.
    pub const fn name(self) -> &'static str {
        match self {
            StartError::LeaseHeld => "lease_held",
            StartError::CircuitOpen => "circuit_open",
            StartError::Corrupted => "corrupted",
            StartError::Cancelled => "cancelled",
            StartError::Unavailable => "unavailable",
            StartError::ShuttingDown => "shutting_down",
            StartError::AlreadyActive => "already_active",
            StartError::Timeout => "timeout",
        }
    }
}

/// Reason for which `Save()` returned false (rule [W2](super::protocol#W2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SaveError {
    /// The profile is not active.
    Inactive,
    /// The lease is not ours any more.
    LeaseLost,
    /// The datastore said that it is too much.
    Throttled,
    /// The circuit breaker is open.
    CircuitOpen,
    /// The call failed; whether it was applied is unknown.
    Failed,
}

impl SaveError {
    /// Its name, as rule [W2](super::protocol#W2) spells it.
    pub const fn name(self) -> &'static str {
        match self {
            SaveError::Inactive => "inactive",
            SaveError::LeaseLost => "lease_lost",
            SaveError::Throttled => "throttled",
            SaveError::CircuitOpen => "circuit_open",
            SaveError::Failed => "failed",
        }
    }
}

/// A datastore call that was not answered as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The request was dropped before it did anything.
    Throttled,
    /// The call failed; it may have been applied, or be applied later.
    Failed,
}

/// Purpose of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// To take a lease.
    Acquire,
    /// To write data.
    Save,
    /// To keep a lease.
    Renew,
    /// To give a lease back.
    Release,
}

impl CallKind {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            CallKind::Acquire => "acquire",
            CallKind::Save => "save",
            CallKind::Renew => "renew",
            CallKind::Release => "release",
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

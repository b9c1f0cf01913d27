//! What a store tells its user: signals, what methods return, and what they complain about.

use super::update::SaveKind;
use crate::document::Document;
use crate::ids::Key;
use crate::time::Stamp;

/// Something that the user is told about one seat, or about the module.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice<D: Document> {
    /// `StartSessionAsync` returns a profile, which is active.
    Loaded(Load),
    /// `StartSessionAsync` returns nil, or raises. [`Notice::Ended`] follows.
    Refused(Refusal),
    /// A signal of the profile is fired.
    Fired(Signal),
    /// The signal that tells why: `OnLastSave(reason)`.
    LastSave(Reason),
    /// A handler is called with a message.
    Delivered {
        /// Which handler, from 0 in the order of registration.
        handler: u32,
        /// The message's index.
        index: u64,
        /// What it says.
        payload: D::Edit,
    },
    /// `MessageAsync` returns this.
    MessageReturned(bool),
    /// `GetAsync` or `NextAsync` returns a view (true) or nil; in that case [`Notice::Ended`]
    /// follows.
    Got(bool),
    /// `SetAsync` returns; it does not say what has become of it.
    SetReturned,
    /// `RemoveAsync` returns this.
    Removed(bool),
    /// A method complains.
    Complaint(Complaint),
    /// `OnError`: a call failed. Concerns the module, not the seat.
    Error {
        /// Of which key.
        key: Key,
        /// The error that it ended with.
        error: StoreError,
    },
    /// `OnOverwrite`: a malformed value was replaced. Concerns the module, not the seat.
    Overwritten(Key),
    /// `OnCriticalToggle`. Concerns the module, not the seat.
    Critical(bool),
    /// The auto-save's heartbeat handler has raised an error: the rest of its frame is skipped
    /// (hazard [H-A3](super::protocol#H-A3)). Concerns the module, not the seat.
    HeartbeatRaised,
    /// The shutdown handler returns. Concerns the module, not the seat.
    Closed,
    /// The seat is free again.
    Ended,
}

/// A started session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Its load count.
    pub loads: u64,
    /// `FirstSessionTime`.
    pub first_session: Stamp,
    /// How many calls the start has made; none if it has used another's.
    pub calls: u32,
}

/// Reason for which there is no session (section [3.6](super::protocol#3.6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The server is closing.
    Closing,
    /// The cancel condition has become true.
    Cancelled,
    /// Another start on this server has taken over the load.
    LoadStolen,
    /// Another server's request, or none, stands where ours was.
    Interrupted,
    /// The record names no session that could be waited for.
    NoSession,
    /// The datastore has failed for too long.
    Timeout,
    /// Raised: this server has an active session of the key; or the seat is taken.
    AlreadyActive,
}

impl Refusal {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::Closing => "closing",
            Refusal::Cancelled => "cancelled",
            Refusal::LoadStolen => "load_stolen",
            Refusal::Interrupted => "interrupted",
            Refusal::NoSession => "no_session",
            Refusal::Timeout => "timeout",
            Refusal::AlreadyActive => "already_active",
        }
    }
}

/// The signals of a profile that carry nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// `OnSave`: before each save.
    OnSave,
    /// `OnLastSave`: before a final one. As a notice it is [`Notice::LastSave`].
    OnLastSave,
    /// `OnSessionEnd`.
    OnSessionEnd,
    /// `OnAfterSave`: after an answer, which may have shown that the lock is lost.
    OnAfterSave,
}

/// Reason for which a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The user ended it.
    Manual,
    /// Another server asked for it.
    External,
    /// The server is closing.
    Shutdown,
}

impl Reason {
    /// Its name, as `OnLastSave` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Manual => "Manual",
            Reason::External => "External",
            Reason::Shutdown => "Shutdown",
        }
    }
}

/// Complaint of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// Raised: `Profile.Data` is not a table. Nothing was saved.
    NotATable(SaveKind),
    /// Warned: the profile is not active. Nothing was saved.
    NotActive,
    /// Raised: the method is not for views, or for views only.
    WrongKind,
    /// Raised by `GetAsync`, or by a `NextAsync` that reads its version itself: the record's
    /// `ActiveSession` is a number or `true`. There is no view; [`Notice::Ended`] follows.
    OddSession,
}

/// A datastore call that was not answered as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreError {
    /// The request was dropped before it did anything.
    Throttled,
    /// The call failed; it may have been applied, or be applied later.
    Failed,
    /// The transform raised an error.
    Threw,
    /// The probe's error text contains `ConnectFail`.
    ConnectFail,
    /// The probe's error text contains `403`, or says that the place must be published.
    Forbidden,
}

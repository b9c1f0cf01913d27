//! What a library asks of a datastore, and what it gets: words, no behaviour of their own.
//!
//! The world follows a request; the library runs the transform and keeps what it needs. A call is
//! named by its [`Op`]; the value of a `SetAsync` is fetched when it is sent, and what a
//! `GetAsync`, `GetVersionAsync` or `RemoveAsync` found is handed over just before its answer. So
//! no value travels through inputs and effects, and both stay small.

use leasehold_core::chronicle;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A datastore call, named by the library that makes it; the name is free again once the call is
/// over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op(pub u32);

/// Which version of a key's value: each write has the next number. 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

/// What is asked of the datastore, for the key of the seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `UpdateAsync`: read, transform, and write if nobody has written in between; else again.
    Update,
    /// `GetAsync`.
    Get {
        /// Whether what this server has read or written in the last 4 s will do.
        use_cache: bool,
    },
    /// `SetAsync`: write, whatever is there.
    Set,
    /// `RemoveAsync`: leave a tombstone and return what was there.
    Remove,
    /// `ListVersionsAsync`.
    ListVersions,
    /// `GetVersionAsync`.
    GetVersion(Version),
}

/// What a call returned, if not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A value: it did what was asked.
    Value,
    /// nil: a transform cancelled, or threw; or there is nothing to return.
    Nil,
}

/// What a transform decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<S> {
    /// Write this.
    Write(Write<S>),
    /// nil: the call ends, and nothing is written.
    Cancel,
    /// An error inside the transform: the call ends, and nothing is written.
    Throw,
}

/// What a transform returns, or a `SetAsync` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write<S> {
    /// The value.
    pub value: S,
    /// What is stored beside it. What was there before is wiped if it is not brought again.
    pub labels: Labels,
}

impl<S> Write<S> {
    /// A value with nothing beside it.
    pub fn plain(value: S) -> Write<S> {
        Write { value, labels: None }
    }
}

/// The user ids and metadata beside a value; shared, and nothing if there are none.
pub type Labels = Option<Arc<KeyLabels>>;

/// What is stored beside a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLabels {
    /// Whom the value is about.
    pub users: Vec<u64>,
    /// The metadata.
    pub metadata: BTreeMap<String, String>,
}

/// What is known of a stored value: `DataStoreKeyInfo`. Its times are the backend's, so they can be
/// compared whichever server wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its version.
    pub version: Version,
    /// When the key was made, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When it was last written, in milliseconds since the Unix epoch.
    pub updated_ms: i64,
    /// What is stored beside the value.
    pub labels: Labels,
}

/// What was found under a key.
#[derive(Debug)]
pub struct Found<'a, S> {
    /// The value.
    pub value: &'a S,
    /// What is known of it.
    pub info: &'a KeyInfo,
}

impl<S> Clone for Found<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Found<'_, S> {}

/// A row of `ListVersionsAsync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Which.
    pub version: Version,
    /// When it was written, in milliseconds since the Unix epoch, by the backend's clock.
    pub created_ms: i64,
    /// Whether it is a tombstone: the key was removed.
    pub removed: bool,
}

/// What a call is for. The order is part of what a seed means: kinds are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// To take a lease or a lock.
    Acquire,
    /// To write data.
    Save,
    /// To keep a lease.
    Renew,
    /// To give a lease or a lock back.
    Release,
    /// To look, without owning.
    Read,
    /// To leave something for whoever owns the key.
    Message,
    /// To write without owning.
    Overwrite,
    /// To remove a key.
    Remove,
    /// To look at old versions.
    Versions,
}

impl CallKind {
    /// All kinds, in the order in which they are reported.
    pub const ALL: [CallKind; 9] = [
        CallKind::Acquire,
        CallKind::Save,
        CallKind::Renew,
        CallKind::Release,
        CallKind::Read,
        CallKind::Message,
        CallKind::Overwrite,
        CallKind::Remove,
        CallKind::Versions,
    ];

    /// Its name on tapes and in reports.
    pub fn name(self) -> &'static str {
        match self {
            CallKind::Acquire => "acquire",
            CallKind::Save => "save",
            CallKind::Renew => "renew",
            CallKind::Release => "release",
            CallKind::Read => "read",
            CallKind::Message => "message",
            CallKind::Overwrite => "overwrite",
            CallKind::Remove => "remove",
            CallKind::Versions => "versions",
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<chronicle::CallKind> for CallKind {
    fn from(kind: chronicle::CallKind) -> CallKind {
        match kind {
            chronicle::CallKind::Acquire => CallKind::Acquire,
            chronicle::CallKind::Save => CallKind::Save,
            chronicle::CallKind::Renew => CallKind::Renew,
            chronicle::CallKind::Release => CallKind::Release,
        }
    }
}

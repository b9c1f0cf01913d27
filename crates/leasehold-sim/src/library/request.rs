//! What a library asks of a datastore, and what it gets: plain data, no behaviour of its own.
//!
//! The world follows a request; the library runs the transform and keeps what it needs. A call is
//! named by its [`Op`]; the value of a `SetAsync` is fetched when it is sent, and what a
//! `GetAsync`, `GetVersionAsync` or `RemoveAsync` found is handed over just before its answer. So
//! no value travels through inputs and effects, and both stay small.

use crate::cause::{Cause, Class};
use crate::slab::Name;
use leasehold_core::{Key, Seat, chronicle};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A datastore call, named by the library that makes it; the name is free again once the call is
/// over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Op(pub u32);

impl Name for Op {
    fn of(number: u32) -> Op {
        Op(number)
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// Number of a version of a key's value: each write has the next number. 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

/// Place in the datastore that a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A player's record, in the store and the scope that the game keeps players in.
    Player(Key),
    /// Anything else: such calls are made, counted and limited as any other, and what they write
    /// is held against nobody.
    Other(Arc<PlaceName>),
}

impl Place {
    /// A value by the names of its store, its scope and its key.
    pub fn named(store: &str, scope: &str, key: &str) -> Place {
        let [store, scope, key] = [store, scope, key].map(str::to_owned);
        Place::Other(Arc::new(PlaceName { store, scope, key }))
    }
}

/// Name of a place that is no player's record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceName {
    /// The store's name.
    pub store: String,
    /// The scope's name.
    pub scope: String,
    /// The key's name.
    pub key: String,
}

impl PlaceName {
    /// The record of somebody who is no player of this world.
    pub(crate) fn of_player(key: Key) -> PlaceName {
        let [store, scope] = ["players", "global"].map(str::to_owned);
        PlaceName { store, scope, key: key.to_string() }
    }
}

/// Request to the datastore.
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

/// Reply to a call, if it is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A value, and what is known of it: of a write, of the version that it has made.
    Value(KeyInfo),
    /// nil: a transform cancelled, or threw; or there is nothing to return.
    Nil,
}

/// Decision of a transform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<S> {
    /// Write this.
    Write(Write<S>),
    /// nil: the call ends, and nothing is written.
    Cancel,
    /// An error inside the transform: the call ends, and nothing is written.
    Throw,
}

/// Value with its labels that a transform returns, or a `SetAsync` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write<S> {
    /// The value.
    pub value: S,
    /// What is stored beside it. What was there before is wiped if it is not brought again.
    pub labels: Labels,
    /// What the write turns out to be for, if that was not known when its call was sent.
    pub kind: Option<CallKind>,
    /// On whose behalf it turns out to be, if that was not known either: the write is then that of
    /// whoever sits in this seat now, if they have the same key, whatever becomes of the seat until
    /// it commits. Its call stays with whom it was sent for.
    pub seat: Option<Seat>,
}

impl<S> Write<S> {
    /// A value with nothing beside it, for what its call was sent for.
    pub fn plain(value: S) -> Write<S> {
        Write { value, labels: None, kind: None, seat: None }
    }

    /// The same write, which turns out to be for this.
    #[must_use]
    pub fn to(self, kind: CallKind) -> Write<S> {
        Write { kind: Some(kind), ..self }
    }
}

/// The user ids and metadata beside a value; shared, and nothing if there are none.
pub type Labels = Option<Arc<KeyLabels>>;

/// Labels that are stored beside a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLabels {
    /// Whom the value is about.
    pub users: Vec<u64>,
    /// The metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Metadata of a stored value: `DataStoreKeyInfo`. Its times are the backend's, so they can be
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

/// A value that was found under a key, with its metadata.
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
    /// The version that it is about.
    pub version: Version,
    /// When it was written, in milliseconds since the Unix epoch, by the backend's clock.
    pub created_ms: i64,
    /// Whether it is a tombstone: the key was removed.
    pub removed: bool,
}

macro_rules! call_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// Purpose of a call. The order is part of what a digest means: kinds are added at the
        /// end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum CallKind { $($(#[$doc])* #[serde(rename = $name)] $kind),* }

        impl CallKind {
            /// All kinds, in the order in which they are reported.
            pub const ALL: &'static [CallKind] = &[$(CallKind::$kind),*];
            /// How many there are.
            pub(crate) const COUNT: usize = CallKind::ALL.len();

            /// A call of this kind, as the cause of what comes of it.
            pub fn cause(self) -> &'static Cause {
                match self {
                    $(CallKind::$kind => {
                        static CAUSE: Cause = Cause::new($name, Class::Call, concat!("a ", $name));
                        &CAUSE
                    })*
                }
            }
        }
    };
}

call_kinds! {
    /// To take a lease or a lock.
    Acquire = "acquire";
    /// To write data.
    Save = "save";
    /// To keep a lease.
    Renew = "renew";
    /// To give a lease or a lock back.
    Release = "release";
    /// To look, without owning.
    Read = "read";
    /// To leave something for whoever owns the key.
    Message = "message";
    /// To write without owning.
    Overwrite = "overwrite";
    /// To remove a key.
    Remove = "remove";
    /// To look at old versions.
    Versions = "versions";
}

impl CallKind {
    /// Its name on tapes and in reports.
    pub fn name(self) -> &'static str {
        self.cause().name
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

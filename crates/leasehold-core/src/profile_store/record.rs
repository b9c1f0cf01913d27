//! What is stored under a key: well-formed, half-formed, or something else altogether (section 2).
//!
//! The library writes well-formed records only, but reads whatever others left there; so every
//! field of a [`Record`] may be missing, and what follows from that is the transforms' concern
//! ([`update`](super::update)).

use crate::document::Document;
use crate::ids::JobId;
use crate::time::Stamp;
use crate::value::Value;
use std::fmt;

/// A server, as records name it: its place and its `JobId`. Two servers of the same name are the
/// same server to the library: in Studio every `JobId` is the empty string (hazard
/// [H-S2](super::protocol#H-S2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// Its place.
    pub place: u32,
    /// Its `JobId`.
    pub job: JobId,
}

/// The GUID that a start draws for each of its attempts, and with it the name of a topic,
/// `PS_<GUID>`. Unique, since `job` is one life of a server and never comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionGuid {
    /// The life of the server that drew it.
    pub job: JobId,
    /// Which one, from 1.
    pub nth: u32,
}

impl fmt::Display for SessionGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PS_{}.{}", self.job, self.nth)
    }
}

/// Whatever may be found under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored<D: Document> {
    /// A table, perhaps without the fields of a record.
    Record(Record<D>),
    /// A string, a number, a boolean.
    NotATable,
}

/// A table with the fields that the library knows. A field that is not there is not a table, or
/// nil.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<D: Document> {
    /// `Data`.
    pub data: Option<D>,
    /// `MetaData`.
    pub meta: Option<Meta>,
    /// `GlobalUpdates`.
    pub updates: Option<Updates<D>>,
    /// `RobloxMetaData`: absent until the first save.
    pub metadata: Option<Value>,
    /// `UserIds`: absent until the first save.
    pub user_ids: Option<Vec<i64>>,
    /// `WasOverwritten`: absent until a transform has found a well-formed record.
    pub overwritten: Option<bool>,
}

/// `MetaData`: who owns the record, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// `ProfileCreateTime`, in whole seconds of the creator's wall clock.
    pub created: Option<Stamp>,
    /// `SessionLoadCount`: grows by one with each acquisition. A fence.
    pub loads: Option<u64>,
    /// `ActiveSession`.
    pub active: Active,
    /// `ForceLoadSession`: a server that wants the lock. It stays when that server gives up.
    pub force: Option<Server>,
    /// `LastUpdate`, in whole seconds of the writer's wall clock: the last acquisition or owned
    /// save.
    pub updated: Option<Stamp>,
}

/// `ActiveSession`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Active {
    /// Nobody holds the session lock.
    Nobody,
    /// A session.
    Session {
        /// The server that holds the session lock.
        server: Server,
        /// The topic on which it listens, or says that it does. Older libraries have none.
        topic: Option<SessionGuid>,
    },
    /// A string: it can be indexed, and has nothing in it (section [5.4](super::protocol#5.4)).
    Text,
    /// A number, or `true`: indexing it throws (section [5.4](super::protocol#5.4)).
    Scalar,
}

impl Active {
    /// Whether it is a session of this server.
    pub(super) fn is(&self, me: Server) -> bool {
        matches!(self, Active::Session { server, .. } if *server == me)
    }

    /// The topic of the session, if it has one.
    pub fn topic(&self) -> Option<SessionGuid> {
        match self {
            Active::Session { topic, .. } => *topic,
            Active::Nobody | Active::Text | Active::Scalar => None,
        }
    }
}

/// `GlobalUpdates`: the messages that wait for the owner.
#[derive(Clone, Debug, PartialEq)]
pub struct Updates<D: Document> {
    /// The index of the last message that was sent.
    pub last: u64,
    /// The messages. Absent, the record can be loaded but a session never ends (hazard
    /// [H-F6](super::protocol#H-F6)).
    pub list: Option<Vec<Message<D>>>,
}

/// A stored message. Its payload is a change of the data: that is what games send.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<D: Document> {
    /// Its index.
    pub index: u64,
    /// What it says.
    pub payload: D::Edit,
}

impl<D: Document> Updates<D> {
    /// None yet.
    pub fn none() -> Updates<D> {
        Updates { last: 0, list: Some(Vec::new()) }
    }

    /// The messages, oldest first.
    pub fn messages(&self) -> &[Message<D>] {
        self.list.as_deref().unwrap_or_default()
    }
}

impl<D: Document> Record<D> {
    /// A table with none of the fields.
    pub fn empty() -> Record<D> {
        Record {
            data: None,
            meta: None,
            updates: None,
            metadata: None,
            user_ids: None,
            overwritten: None,
        }
    }

    /// A session's claim on the record: [`Active::Nobody`] if there is no `MetaData`.
    pub fn active(&self) -> Active {
        self.meta.map_or(Active::Nobody, |meta| meta.active)
    }
}

//! What is said to a store and what it says: words, no behaviour of their own.

use super::notice::{CallKind, Notice, StoreError};
use super::update::{Outcome, Update};
use crate::document::Document;
use crate::ids::{Commit, Generation, JobId, Key, OpId, Owner, Seat, SessionId};
use crate::record::Claim;
use crate::time::Stamp;

/// An input: what happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<D: Document> {
    /// The server is up; the first input of all. Whether there is a datastore is known by now (rule
    /// [M2](super::protocol#M2)).
    Open {
        /// There is.
        datastore: bool,
    },
    /// The user calls `StartSessionAsync(key)`. The caller names a free seat for the session.
    Start {
        /// The seat that the session will have.
        seat: Seat,
        /// For which key.
        key: Key,
    },
    /// The cancel condition of a start has become true (rule [S4](super::protocol#S4)).
    Cancel {
        /// Seat of the session.
        seat: Seat,
    },
    /// The user changes the data.
    Edit {
        /// Seat of the session.
        seat: Seat,
        /// The change to the data.
        edit: D::Edit,
    },
    /// The user calls `Save()`.
    Save {
        /// Seat of the session.
        seat: Seat,
    },
    /// The user calls `Release()`.
    Release {
        /// Seat of the session.
        seat: Seat,
    },
    /// A call was answered.
    Replied {
        /// Name of the call that was answered.
        op: OpId,
        /// What it came to: an answer, or an error.
        result: Result<Outcome<D>, StoreError>,
        /// An evenly drawn random number, for the backoff.
        random: u64,
    },
    /// A message came in on our topic.
    Heard(Message),
    /// The server is closing (`BindToClose`): everything is saved and released (rule
    /// [W8](super::protocol#W8)).
    Close,
    /// Time has passed.
    Tick,
}

/// An effect: what is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<D> {
    /// Call `UpdateAsync` with this transform.
    Call(Call<D>),
    /// Listen to the topic of this name.
    Subscribe(JobId),
    /// Publish a message to the topic of this name.
    Publish {
        /// The server's topic.
        to: JobId,
        /// The message.
        message: Message,
    },
    /// Tell the user something about a seat; about the store, seat 0 is named.
    Tell {
        /// The seat.
        seat: Seat,
        /// What the game is told.
        notice: Notice,
    },
    /// The breaker stopped a call.
    ShortCircuited {
        /// Seat of the session.
        seat: Seat,
        /// What it was for.
        kind: CallKind,
    },
}

/// One `UpdateAsync`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<D> {
    /// Its name: the answer must carry it.
    pub op: OpId,
    /// The key.
    pub key: Key,
    /// What it is for.
    pub kind: CallKind,
    /// How many calls for the same failed just before it: 0 for a first try.
    pub attempt: u32,
    /// Whether it goes to the datastore, or to what simulation mode has instead (rule
    /// [M2](super::protocol#M2)).
    pub mode: Mode,
    /// The transform.
    pub update: Update<D>,
}

/// Place where data goes (rule [M2](super::protocol#M2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To the datastore.
    Production,
    /// Nowhere: session starts fail.
    Unavailable,
    /// To what simulation mode has instead: this server's own memory, which is gone with the
    /// server; or a datastore for tests.
    Simulation,
}

/// Status, as `GetStatus()` returns it (rule [M2](super::protocol#M2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether sessions can be started; also what `IsDataStoreAvailable()` returns.
    pub enabled: bool,
    /// Where data goes.
    pub mode: Mode,
}

/// What a session knows of its stored record: the document's `Profile.Metadata` (rule
/// [R1](super::protocol#R1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileMetadata {
    /// The key.
    pub key: Key,
    /// The session that has it: this one.
    pub session: SessionId,
    /// Its generation.
    pub generation: Generation,
    /// The last commit index known to be stored.
    pub commit: Commit,
    /// When the record was made, by the clock of the server that made it.
    pub created: Stamp,
    /// When this session last wrote it, as far as it knows, by its own wall clock.
    pub updated: Stamp,
}

impl Mode {
    /// Its name, as `GetStatus()` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Production => "production",
            Mode::Unavailable => "unavailable",
            Mode::Simulation => "simulation",
        }
    }
}

/// A message from one server to another (rules [C2](super::protocol#C2), [C6](super::protocol#C6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// "Are you alive, and is this lease yours?"
    Challenge {
        /// The key.
        key: Key,
        /// The lease.
        claim: Claim,
        /// Who asks; the answer goes to its server's topic.
        from: Owner,
    },
    /// "I am, and it is."
    Answer {
        /// The key.
        key: Key,
        /// The lease.
        claim: Claim,
        /// Who asked.
        to: Owner,
    },
}

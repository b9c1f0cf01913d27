//! The library under test, behind one trait.
//!
//! The world knows nothing of leases. It knows that each server runs a library which is asked to
//! start and end sessions, which calls a datastore and publishes to topics, and which has to run a
//! transform whenever the datastore says so: once, again, late, or never. A native state machine is
//! one such library; a module in a scripting VM could be another.

mod bag;
mod chronicle;
mod contract;
mod error;
mod goods;
mod json;
mod mail;
mod naive;
mod profile_store;
mod request;
mod save;
#[cfg(test)]
pub(crate) mod script;

pub use bag::GameBag;
pub use chronicle::{Chronicle, GameDocument};
pub use contract::Contract;
pub use error::{Applied, Error};
pub use goods::{Change, Holdings, Item, Receipt};
pub use mail::{MailKind, Topic};
pub(crate) use mail::{TOPIC_MAX, topic_fits};
pub use naive::{Naive, Silence};
pub use profile_store::{Letter, ProfileStore, Settings};
pub use request::{CallKind, Found, KeyInfo, KeyLabels, Labels, Op, Reply, Request};
pub use request::{Verdict, Version, VersionInfo, Write};
pub use save::GameSave;

use leasehold_core::{Instant, JobId, Key, Now, Seat};
use std::fmt;

/// A library as one server runs it.
pub trait Library: Sized {
    /// What all servers' libraries have in common.
    type Config: Clone;
    /// What it keeps under a key.
    type Stored: Clone;
    /// What its servers say to each other.
    type Mail: Copy;

    /// Whether it ever asks for a `GetAsync` that the cache may answer. If not, none is kept.
    const CACHED_READS: bool = true;

    /// The library of a new server process.
    fn new(config: &Self::Config, job: JobId) -> Self;
    /// Handles an input.
    fn on(&mut self, now: Now, input: Input<Self::Mail>, out: &mut Vec<Effect<Self::Mail>>);
    /// Runs the transform of an [`Request::Update`] on what is stored: perhaps again, perhaps late.
    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Self::Stored>>,
    ) -> Verdict<Self::Stored>;
    /// What a [`Request::Set`] writes. Asked once, when it is sent.
    fn value(&mut self, op: Op, now: Now) -> Write<Self::Stored>;
    /// What a [`Request::Get`], [`Request::GetVersion`] or [`Request::Remove`] found. Its answer
    /// follows at once.
    fn read(&mut self, op: Op, now: Now, found: Option<Found<'_, Self::Stored>>);
    /// What a [`Request::ListVersions`] found, the latest first. Its answer follows at once.
    fn versions(&mut self, op: Op, now: Now, versions: &[VersionInfo]);
    /// A call will never be answered: it may be forgotten.
    fn forget(&mut self, op: Op);
    /// When it wants a tick.
    fn deadline(&self) -> Option<Instant>;
    /// Whether the session in a seat believes that it owns its key (rule D1). Pure.
    fn believes(&self, seat: Seat, now: Now) -> bool;

    /// What an observer can see of a stored value, if it makes any sense.
    fn view(stored: &Self::Stored) -> Option<View>;
    /// How long a stored value is as JSON, in bytes.
    fn size(stored: &Self::Stored) -> u64;
    /// What a stored value holds, in order: added to `out`.
    fn holdings(_stored: &Self::Stored, _out: &mut Holdings) {}
    /// What the data of a seat holds as the game sees it, in order: added to `out`.
    fn profile(&self, _seat: Seat, _out: &mut Holdings) {}
    /// Damages a stored value, in one of several ways.
    fn damage(stored: &mut Self::Stored, word: u32);
    /// What a message is, and which key it is about.
    fn mail(mail: &Self::Mail) -> (MailKind, Key);
    /// How long a message is, in bytes.
    fn mail_size(mail: &Self::Mail) -> u32;
}

/// What happened to a library.
#[derive(Clone, Copy, Debug)]
pub enum Input<M> {
    /// Its server is up; whether there is a datastore is known.
    Open {
        /// There is.
        datastore: bool,
    },
    /// A player is here: start a session.
    Join {
        /// The seat that it will have.
        seat: Seat,
        /// For which key.
        key: Key,
    },
    /// The player of a start does not want it any more.
    Cancel {
        /// Whose.
        seat: Seat,
    },
    /// A player's data changes.
    Edit {
        /// Whose.
        seat: Seat,
        /// How.
        change: Change,
    },
    /// The game saves a player's data.
    Save {
        /// Whose.
        seat: Seat,
    },
    /// A player has left: end the session.
    Leave {
        /// Whose.
        seat: Seat,
    },
    /// A call was answered. If it was not an error, the last run of the transform is what counts.
    Replied {
        /// Which.
        op: Op,
        /// How.
        result: Result<Reply, Error>,
        /// An evenly drawn random number.
        luck: u64,
    },
    /// A topic that was to be listened to is, or never will be. If it hangs, nothing is said.
    Subscribed {
        /// Which.
        topic: Topic,
        /// Whether it is listened to.
        ok: bool,
    },
    /// A message came.
    Heard(M),
    /// The server is asked to close.
    Close,
    /// Time has passed.
    Tick,
}

/// What a library wants.
#[derive(Clone, Copy, Debug)]
pub enum Effect<M> {
    /// Call the datastore.
    Call {
        /// The call's name.
        op: Op,
        /// On whose behalf; its key is the one that is called for.
        seat: Seat,
        /// What is asked.
        request: Request,
        /// What for.
        kind: CallKind,
        /// How many calls failed just before it.
        attempt: u32,
    },
    /// A call was stopped by the library itself before it was made.
    FailedFast {
        /// On whose behalf.
        seat: Seat,
        /// What for.
        kind: CallKind,
    },
    /// Listen to a topic. That takes a while, and may come to nothing.
    Subscribe(Topic),
    /// Do not listen to a topic any more.
    Unsubscribe(Topic),
    /// Publish to a topic.
    Publish {
        /// Which.
        topic: Topic,
        /// What.
        mail: M,
    },
    /// Tell the game.
    Tell {
        /// About whom.
        seat: Seat,
        /// What.
        notice: Notice,
    },
}

/// What a library tells the game. Names are the library's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The session is active.
    Loaded {
        /// Whose record it was: `new`, `free`, ...
        how: &'static str,
        /// Changes that the loaded data had seen.
        edits: u64,
        /// Calls that it took.
        calls: u32,
        /// How many of them repeated a failed one.
        retries: u32,
    },
    /// The start failed.
    Refused {
        /// The library's reason.
        reason: &'static str,
    },
    /// A conflict was resolved.
    Conflict {
        /// How.
        resolution: &'static str,
    },
    /// A save is confirmed.
    Saved,
    /// Calls of `Save()` return: the oldest ones that have not.
    SaveReturned {
        /// How many.
        callers: u32,
        /// What they return: true, or false for this reason.
        result: Result<(), &'static str>,
    },
    /// A change was refused.
    EditRefused,
    /// A stored value is corrupt.
    Corrupted {
        /// How.
        kind: &'static str,
    },
    /// The circuit breaker opened.
    CircuitOpened {
        /// Why.
        reason: &'static str,
        /// For how long, in microseconds.
        timeout_us: u64,
    },
    /// The circuit breaker closed.
    CircuitClosed,
    /// The session is over, against the player's will.
    Lost {
        /// Why.
        reason: &'static str,
    },
    /// The session is over as it should.
    Released {
        /// Whether the library says that all changes are stored.
        saved: bool,
    },
    /// The session is over, but nobody else was told.
    Abandoned,
    /// The seat is free.
    Ended,
    /// There is no datastore: nothing will be saved.
    FellBack,
    /// Something that only this library knows has come up. No game is told; about the whole server,
    /// any seat is named.
    Remark {
        /// What: one of [`MARKS`](crate::observe::MARKS).
        mark: &'static str,
    },
}

/// What an observer can see of a stored record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The server process that holds it, and which of its sessions.
    pub owner: (u32, u32),
    /// How often it has passed to another session.
    pub generation: u64,
    /// How many saves it has seen.
    pub commit: u64,
    /// Whether it was given back.
    pub released: bool,
    /// How many changes its data has seen.
    pub edits: u64,
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let View { owner: (job, session), generation, commit, released, .. } = self;
        let by = if *released { "released" } else { "held" };
        write!(f, "generation {generation}, commit {commit}, {by} by session {session} of j{job}")
    }
}

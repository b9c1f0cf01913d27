//! The library under test, behind one trait.
//!
//! The world knows nothing of leases. It knows that each server runs a library which is asked to
//! start and end sessions, which calls a datastore and publishes to topics, and which has to run a
//! transform whenever the datastore says so: once, again, late, or never. A native state machine is
//! one such library; a module in a scripting VM could be another.
//!
//! ```text
//!   world --Input--> Library --Effect--> world         joins, replies, messages, ticks; calls, notices
//!         --found--> transform --Decision-->           when the datastore runs an update's transform
//! ```
//!
//! A lease by compare-and-swap takes [`new`](Library::new), [`on`](Library::on),
//! [`transform`](Library::transform), [`deadline`](Library::deadline), [`owns`](Library::owns),
//! [`view`](Library::view): `examples/my_lease.rs` is one. All else has a default.
//!
//! # What is told in which order
//!
//! For each seat, from [`Input::Join`] on:
//!
//! ```text
//!   Join --.-- Granted --[Saved, SaveReturned, EditRefused]*-- Lost | Released | Abandoned --.-- Ended
//!          '-- Rejected --[Lost | Released | Abandoned]---------------------------------------'
//! ```
//!
//! [`Notice::Ended`] frees the seat and comes last, once for each join, whatever came before it;
//! a session may end without any word but that; of a start that was rejected, the library may
//! still say what became of the lease that it had got. Calls of `Save()` return at most once
//! each. `Conflict`, `Corrupted`, `Unheard` and `Remark` may come at any time before the end,
//! `Complaint` and `Said` at any time at all. A library that keeps another order is told so by the
//! invariant `notices_in_order`, with a sentence.

mod ahead;
mod allowance;
mod causes;
mod chronicle;
mod contract;
mod error;
mod foretold;
mod json;
mod message;
mod naive;
mod profile_store;
mod request;
mod save;
#[cfg(test)]
pub(crate) mod script;
mod tables;
mod trade;

pub use ahead::Ahead;
pub(crate) use allowance::Tokens;
pub use allowance::{Allowance, RequestType};
pub use chronicle::{Chronicle, GameDocument};
pub use contract::{Bound, Bounds, Clocks, Contract, Obligation, Promise, SetBy};
pub use error::{Applied, Error};
pub use foretold::{Foretold, Hazards};
pub use message::{Message, MessageKind, Topic};
pub(crate) use message::{TOPIC_MAX, topic_fits};
pub use naive::Naive;
pub use profile_store::{ProfileStore, ProfileStoreMessage, Settings};
pub use request::{CallKind, Decision, Found, KeyInfo, KeyLabels, Labels, Op, Place, PlaceName};
pub use request::{Reply, Request, Version, VersionInfo, Write};
pub use save::GameSave;
pub use trade::{Change, Grant, Holdings, Item, Receipt};

use crate::cause::Cause;
pub use leasehold_core::{Instant, JobId, Key, Now, Seat, Stamp};
use serde::{Serialize, Serializer};
use std::fmt;

/// A library as one server runs it.
///
/// Everything that it does follows from its inputs, or a seed means nothing: no clock of the
/// process, no randomness of its own, no iteration over a hash map. [`Run::twice`] finds what
/// breaks that.
///
/// [`Run::twice`]: crate::Run::twice
pub trait Library: Sized + 'static {
    /// What all servers' libraries have in common: its constants.
    type Config: Clone + Send + Sync;
    /// What it keeps under a key.
    type Stored: Clone;
    /// What its servers say to each other; `()` if nothing.
    type Message: Message;

    /// What it is called in what a run leaves behind.
    const NAME: &'static str;
    /// Its name as its own documentation writes it: what it says of itself in a run's
    /// [history](crate::Run::history) stands after this, in brackets.
    const TITLE: &'static str = Self::NAME;
    /// Whether it ever asks for a [`Request::Get`] that the cache may answer. If not, none is kept.
    const CACHED_READS: bool = true;
    /// Whether it has methods for records that it has no session of: see [`Input::Outside`]. If
    /// not, what a scenario does on its servers is done straight in the datastore.
    const OPERATES: bool = false;
    /// Whether it makes use of being [left alone](Library::left_alone). If not, nobody finds out
    /// for how long it is.
    const RUNS_AHEAD: bool = false;
    /// Whether it wants to know its [allowance](Library::allowed). If not, nobody works it out.
    const ASKS_ALLOWANCE: bool = false;
    /// What it may [remark](Notice::Remark), in words.
    const MARKS: &'static [&'static str] = &[];

    /// The library of a new server process.
    fn new(config: &Self::Config, job: JobId) -> Self;

    /// What it promises. Nothing more is held against it than this, the bounds that a contract has
    /// by default, and what every library is held to.
    fn contract(_config: &Self::Config) -> Contract {
        Contract::default()
    }

    /// What its configuration promises about double ownership, given how far clocks may be apart.
    fn promise(_config: &Self::Config, _clocks: Clocks) -> Promise {
        Promise::None
    }

    /// What its configuration foretells of double ownership in a world.
    fn foretold(config: &Self::Config, _hazards: Hazards, clocks: Clocks) -> Foretold {
        Foretold::by_promise(Self::promise(config, clocks))
    }

    /// Handles an input. What it wants is added to `out`.
    fn on(&mut self, now: Now, input: Input<Self::Message>, out: &mut Vec<Effect<Self::Message>>);

    /// Runs the transform of an [`Request::Update`] on what is stored: perhaps again, perhaps late.
    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Self::Stored>>,
    ) -> Decision<Self::Stored>;

    /// What a [`Request::Set`] writes. Asked once, when it is sent.
    ///
    /// # Panics
    /// Unless it is implemented: whoever sends such a request says what it writes.
    fn value(&mut self, _op: Op, _now: Now) -> Write<Self::Stored> {
        panic!("{} sends Request::Set, so it must implement Library::value", Self::NAME)
    }

    /// What a [`Request::Get`], [`Request::GetVersion`] or [`Request::Remove`] found. Its answer
    /// follows at once.
    fn read(&mut self, _op: Op, _now: Now, _found: Option<Found<'_, Self::Stored>>) {}

    /// What a [`Request::ListVersions`] found, the latest first. Its answer follows at once.
    fn versions(&mut self, _op: Op, _now: Now, _versions: &[VersionInfo]) {}

    /// A call will never be answered: it may be forgotten. Whoever has to do something about it
    /// wants a tick.
    fn forget(&mut self, _op: Op) {}

    /// When it wants a tick, on its server's stopwatch. The tick moves it later, or takes it away:
    /// a run of a library that wants a thousand ticks at one moment ends with a panic.
    fn deadline(&self) -> Option<Instant>;

    /// Said before each input and each transform: what its server may still ask of the datastore,
    /// if that is limited.
    fn allowed(&mut self, _allowance: Allowance) {}

    /// Said before some ticks: for how long nothing but ticks is told to it, and nothing asked of
    /// it. So what it will do on the ticks until then follows from what it is now, and it may do it
    /// with this one. What it then wants must come with the tick that it would have come with: its
    /// [`deadline`](Library::deadline) says when that is.
    fn left_alone(&mut self, _ahead: Ahead) {}

    /// Whether the session in a seat considers itself the owner of its key. Pure. Looked at after
    /// each word to or about the seat, after each answer to its calls, on [`Effect::Look`], and
    /// before another session of its key becomes an owner. So an ownership that ends by the clock
    /// is never counted beyond its end as a double one; that a double one has ended by the clock is
    /// known at the next look, and exactly if there is a deadline and its tick answers with a
    /// `Look`.
    fn owns(&self, seat: Seat, now: Now) -> bool;

    /// What can be seen of a stored value, if it makes any sense.
    fn view(stored: &Self::Stored) -> Option<View>;

    /// How long a stored value is as JSON, in bytes: limits of the datastore are in these.
    fn size(_stored: &Self::Stored) -> u64 {
        0
    }

    /// What a stored value holds, in order: added to `out`.
    fn holdings(_stored: &Self::Stored, _out: &mut Holdings) {}

    /// What the data of a seat holds as the game sees it, in order: added to `out`.
    fn profile(&self, _seat: Seat, _out: &mut Holdings) {}

    /// What it says of where its data goes, in its own word: `production`, `simulation`,
    /// `unavailable`. Asked once a process, as soon as it is open. Nothing, if it says nothing.
    fn status(&self) -> Option<&'static str> {
        None
    }

    /// Whether it still does something that a server which closes waits for, though all its seats
    /// are free.
    fn lingers(&self) -> bool {
        false
    }

    /// The seat that a tick will be about first, as far as that is known.
    #[doc(hidden)]
    fn due(&self) -> Option<Seat> {
        None
    }

    /// Something will soon be said to it: asks for what will be looked at then, whomever it is
    /// about. Changes nothing, and may turn out wrong.
    #[doc(hidden)]
    fn warm(&self) {}

    /// The same of a seat.
    #[doc(hidden)]
    fn warm_seat(&self, _seat: Seat) {}

    /// The same, after that, of what is kept for whoever sits there.
    #[doc(hidden)]
    fn warm_session(&self, _seat: Seat) {}

    /// The same of a call.
    #[doc(hidden)]
    fn warm_call(&self, _op: Op) {}

    /// Damages a stored value, in one of several ways that an evenly drawn word tells apart.
    fn damage(_stored: &mut Self::Stored, _word: u32) {}
}

/// An input of a library: what happened to it.
#[derive(Clone, Debug)]
pub enum Input<M> {
    /// Its server is up: the first input of all.
    Open {
        /// Whether there is a datastore.
        datastore: bool,
        /// An evenly drawn random number: for names, and for whatever else differs from one
        /// process to the next.
        random: u64,
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
        /// Seat of the session.
        seat: Seat,
    },
    /// A player's data changes.
    Edit {
        /// Seat of the session.
        seat: Seat,
        /// The change.
        change: Change,
    },
    /// The game saves a player's data.
    Save {
        /// Seat of the session.
        seat: Seat,
    },
    /// A player has left: end the session.
    Leave {
        /// Seat of the session.
        seat: Seat,
    },
    /// A call was answered. If it was not an error, the last run of the transform is what counts.
    Replied {
        /// Name of the call that was answered.
        op: Op,
        /// What it came to: an answer, or an error.
        result: Result<Reply, Error>,
        /// An evenly drawn random number.
        random: u64,
    },
    /// A topic that was to be listened to is, or never will be. If it hangs, nothing is said.
    Subscribed {
        /// The topic that was subscribed to.
        topic: Topic,
        /// Whether it is listened to.
        ok: bool,
    },
    /// A message whose answer was awaited was published, or was not.
    Published {
        /// To which topic.
        topic: Topic,
        /// Whether the service took it. Who hears it is another matter.
        ok: bool,
    },
    /// A message came.
    Heard(M),
    /// Something is done to a record from outside its session, in a seat of its own, which
    /// [`Notice::Ended`] frees. Only if the library [operates](Library::OPERATES).
    Outside {
        /// The seat that the operation has.
        seat: Seat,
        /// To whose record.
        key: Key,
        /// What. An overwrite comes after a read in the same seat: it writes what that has found.
        what: Outside,
        /// Nothing more comes in this seat.
        last: bool,
    },
    /// The server is asked to close.
    Close,
    /// Time has passed.
    Tick,
}

/// An operation on a record that is made without a session of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Look at it.
    Read,
    /// Write what was read, whoever has the key.
    Overwrite,
    /// Remove it.
    Remove,
    /// Leave a message for whoever has the session, or will have.
    Message,
}

impl<M> Input<M> {
    /// The seat that it is about, if it is about one.
    pub fn seat(&self) -> Option<Seat> {
        match self {
            Input::Join { seat, .. }
            | Input::Cancel { seat }
            | Input::Edit { seat, .. }
            | Input::Save { seat }
            | Input::Leave { seat } => Some(*seat),
            Input::Open { .. }
            | Input::Replied { .. }
            | Input::Subscribed { .. }
            | Input::Published { .. }
            | Input::Heard(_)
            | Input::Outside { .. }
            | Input::Close
            | Input::Tick => None,
        }
    }
}

/// An effect of a library: what it wants.
#[derive(Clone, Debug)]
pub enum Effect<M> {
    /// Call the datastore.
    Call {
        /// The call's name: the answer carries it.
        op: Op,
        /// What is called for.
        place: Place,
        /// On whose behalf, if on anybody's. Of a seat in which nobody sits any more, and of one
        /// whose own record is somewhere else, the call is the server's own.
        seat: Option<Seat>,
        /// What is asked.
        request: Request,
        /// What for, as far as that is known. Nothing is drawn by it; a transform that knows better
        /// says so in what it writes.
        kind: CallKind,
        /// How many calls for the same failed just before it.
        attempt: u32,
    },
    /// A call was stopped by the library itself before it was made.
    ShortCircuited {
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
        /// The topic that is published to.
        topic: Topic,
        /// The message that is published.
        message: M,
        /// Whether [`Input::Published`] is to say what became of it.
        awaited: bool,
    },
    /// Look whether the session in a seat still considers itself the owner: it has changed its
    /// mind without a word.
    Look {
        /// Seat of the session.
        seat: Seat,
    },
    /// Tell the game.
    Tell {
        /// About whom.
        seat: Seat,
        /// What the game is told.
        notice: Notice,
    },
}

/// A notice of a library to the game. Causes are the library's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The session is active.
    Granted {
        /// How it came by its key.
        how: &'static Cause,
        /// Changes that the loaded data had seen.
        edits: u64,
        /// Calls that it took.
        calls: u32,
        /// How many of them repeated a failed one.
        retries: u32,
    },
    /// The start failed.
    Rejected {
        /// The reason, in the library's own word.
        reason: &'static Cause,
    },
    /// A conflict was resolved.
    Conflict {
        /// How it was resolved, in the library's own word.
        resolution: &'static Cause,
    },
    /// A save is confirmed.
    Saved,
    /// Calls of `Save()` return: the oldest ones that have not.
    SaveReturned {
        /// How many.
        callers: u32,
        /// What they return: true, or false for this reason.
        result: Result<(), &'static Cause>,
    },
    /// A change was refused.
    EditRefused,
    /// A stored value is corrupt.
    Corrupted {
        /// In which way.
        kind: &'static Cause,
    },
    /// The circuit breaker opened; about the whole server, any seat is named.
    CircuitOpened {
        /// The reason, in the library's own word.
        reason: &'static Cause,
        /// For how long, in microseconds.
        timeout_us: u64,
        /// What it had seen.
        stats: CircuitStats,
    },
    /// The circuit breaker closed; about the whole server, any seat is named.
    CircuitClosed,
    /// The session is over, against the player's will.
    Lost {
        /// The reason, in the library's own word.
        reason: &'static Cause,
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
    /// There is no datastore: nothing will be saved; about the whole server, any seat is named.
    FellBack,
    /// The session listens where nobody will speak to it. No game is told.
    Unheard {
        /// How that came about, in the library's own word.
        why: &'static Cause,
    },
    /// Something that only this library knows has come up. No game is told; about the whole server,
    /// any seat is named.
    Remark {
        /// What: one of [`Library::MARKS`].
        mark: &'static str,
    },
    /// Something is wrong with the library itself, whatever the world did: its code has failed, or
    /// wants what is not there. About the seat's session if somebody sits there, else about the
    /// whole server. No game is told.
    Complaint {
        /// What kind of trouble it is.
        kind: &'static Cause,
        /// What happened, and where in its code.
        words: &'static str,
    },
    /// It has printed something, for whoever reads a history; about as much as a complaint is.
    Said {
        /// What.
        words: &'static str,
    },
}

/// What a circuit breaker has seen when it opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CircuitStats {
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// Failed calls of those that it looks at.
    pub failed: u32,
    /// All of those.
    pub samples: u32,
}

impl CircuitStats {
    /// The share of those that failed, from 0 to 1. For people: no float decides.
    pub fn error_rate(self) -> f64 {
        f64::from(self.failed) / f64::from(self.samples.max(1))
    }
}

/// A stored record, as far as it can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// Who holds it: a server process, and which of its sessions. Nobody, if it names nobody.
    #[serde(serialize_with = "owner")]
    pub owner: Option<(JobId, u32)>,
    /// How often it has passed to another session; nothing if the record does not count that.
    pub generation: Option<u64>,
    /// How many saves it has seen; nothing if the record does not count that.
    pub commit: Option<u64>,
    /// Whether it was given back.
    pub released: bool,
    /// How many changes its data has seen.
    pub edits: u64,
}

/// The owner of a record by the names of its two parts.
fn owner<S: Serializer>(owner: &Option<(JobId, u32)>, out: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Owner {
        job: String,
        session: u32,
    }
    owner.map(|(job, session)| Owner { job: job.to_string(), session }).serialize(out)
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let View { owner, generation, commit, released, .. } = self;
        if let Some(generation) = generation {
            write!(f, "generation {generation}, ")?;
        }
        if let Some(commit) = commit {
            write!(f, "commit {commit}, ")?;
        }
        match owner {
            Some((job, session)) => {
                let by = if *released { "released" } else { "held" };
                write!(f, "{by} by session {session} of {job}")
            }
            None => f.write_str("held by nobody"),
        }
    }
}

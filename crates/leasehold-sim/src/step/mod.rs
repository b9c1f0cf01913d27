//! The history of a run: one [`Step`] for each thing that happens, in order.
//!
//! The world makes steps, and everything that looks at a run reads nothing else: the digest, the
//! trace of a watched run, the models, the observers, the measures. What is in no step has not
//! happened.
//!
//! ```text
//!   world --Step--> sinks: digest, trace, models --> observers, measures
//! ```
//!
//! A step says where (server, visit, key) and what ([`Fact`]). Which call or message a step belongs
//! to is the world's own business, and told to the trace alone. For whoever reads a history from
//! outside, an [`Entry`] adds who says so.

mod entry;
mod text;

pub use entry::{Entry, Source};

use crate::cause::Cause;
use crate::config::Direction;
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, CircuitStats, Error, Item, MessageKind, Receipt, View};
use crate::schedule::Moment;
use leasehold_core::Key;
use serde::Serialize;
use strum::{EnumCount, EnumDiscriminants, EnumString, IntoStaticStr, VariantNames};

/// Something happened.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// When, by true time.
    pub at: Moment,
    /// On which server, if on any.
    pub server: Option<ServerId>,
    /// In whose visit, if in any. The number of a visit that is over is used again.
    pub visit: Option<VisitId>,
    /// To which player's key, if to any.
    pub key: Option<Key>,
    /// What happened.
    pub fact: Fact,
}

/// The session that a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The server that it runs on.
    pub server: ServerId,
    /// Its visit.
    pub visit: VisitId,
    /// Its player's key.
    pub key: Key,
}

impl Step {
    /// The session that it belongs to, if to any: whatever happens in a visit has one.
    #[inline]
    pub fn session(&self) -> Option<Session> {
        Some(Session { server: self.server?, visit: self.visit?, key: self.key? })
    }
}

/// A fact: what happened. The kinds of facts, without what they carry, are [`FactKind`].
///
/// As JSON, as [`Entry`] has it, it is its kind's name, `fact`, and its fields by their names;
/// those that are times end in `_us`.
#[derive(Clone, Copy, Debug, PartialEq, EnumDiscriminants, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
#[strum_discriminants(name(FactKind), derive(EnumCount, PartialOrd, Ord, Hash))]
#[strum_discriminants(derive(EnumString, IntoStaticStr, VariantNames))]
#[strum_discriminants(strum(serialize_all = "snake_case"))]
#[strum_discriminants(doc = "The kind of a [`Fact`]: its name, without what it carries.")]
#[strum_discriminants(allow(missing_docs, reason = "each is documented where its fact is"))]
pub enum Fact {
    /// A visit begins: its server is asked for a session.
    Asked,
    /// The session is active.
    Loaded {
        /// How it came by its key.
        how: &'static Cause,
        /// Changes that the loaded data had seen.
        edits: u64,
        /// Since it was asked for, in microseconds.
        latency_us: u64,
        /// Calls that it took.
        calls: u32,
        /// How many of them repeated a failed one.
        retries: u32,
    },
    /// There will be no session.
    Rejected {
        /// The reason, in the library's own word.
        reason: &'static Cause,
    },
    /// The session considers itself owner of its key, from now on.
    Owns {
        /// How it came by its key.
        how: &'static Cause,
    },
    /// It does not any more.
    OwnsNoMore,
    /// Its server is paused: it owns nothing, and will again.
    OwnerPaused,
    /// The player changed something, and the library accepted it.
    Edited,
    /// The player tried to.
    EditRefused,
    /// The library is asked to end the session, as its player has left or does not want it any
    /// more. Like the other words of a game to its library, it is not hashed: it follows from who
    /// plays and from what the library said before.
    EndAsked,
    /// The player has their data, and is in the game; it is not hashed, as it follows from the
    /// rest.
    Playing,
    /// The player is in the game no more, whether their server knows it or not; it is not hashed,
    /// as it follows from the rest.
    Left,
    /// The player was not let in, and does not try again for now; it is not hashed, as it follows
    /// from the rest.
    GaveUp,
    /// The game calls `Save()`; it is not hashed, as it follows from who plays.
    SaveCalled,
    /// Calls of `Save()` return, the oldest ones that have not; it is not hashed, as it follows
    /// from the calls' answers.
    SaveReturned {
        /// How many.
        callers: u32,
        /// Why they return false; nothing if they return true.
        why: Option<&'static Cause>,
    },
    /// The player has left, and the game forgot to release the session.
    Leaked,
    /// The account has logged in elsewhere: the server goes on acting for a player who is gone.
    SecondDevice,
    /// A new item came into the player's data.
    Minted {
        /// The item.
        item: Item,
    },
    /// An item went from this visit's data into another's.
    Traded {
        /// The item.
        item: Item,
        /// Into whose visit's.
        to: VisitId,
        /// The key of that visit's player.
        #[serde(serialize_with = "entry::printed")]
        to_key: Key,
    },
    /// The player bought something.
    Bought {
        /// Its receipt.
        receipt: Receipt,
    },
    /// A purchase came into the player's data.
    Received {
        /// Its receipt.
        receipt: Receipt,
    },
    /// The platform was told that a purchase is granted.
    Granted {
        /// Its receipt.
        receipt: Receipt,
        /// Whether the platform noted it.
        noted: bool,
    },
    /// The session ended.
    Ended {
        /// What ended it.
        how: &'static Cause,
        /// The library's word that all changes are stored; it is not hashed, as it follows from
        /// the rest.
        saved: bool,
    },
    /// The library is done with the session: its seat is free. It is not hashed, as it follows
    /// from the rest.
    SeatFreed {
        /// The process is gone, and nobody was done with anything.
        gone: bool,
    },
    /// The visit is over, and nothing of it can commit any more.
    Over,
    /// A call was sent.
    Sent {
        /// What for, as far as its library knew then.
        kind: CallKind,
        /// How many calls for the same failed just before it.
        attempt: u32,
    },
    /// A call was stopped before it was sent.
    ShortCircuited {
        /// What for.
        kind: CallKind,
    },
    /// A call came to an end.
    Answered {
        /// What it was for.
        kind: CallKind,
        /// How it ended.
        #[serde(flatten)]
        end: CallEnd,
        /// When it was sent.
        #[serde(rename = "sent_us")]
        sent: Moment,
    },
    /// A read has taken a value along.
    Got {
        /// Changes that the value has seen.
        edits: u64,
        /// Whether there is something newer.
        stale: bool,
        /// How many writes ago that was stored; it is not hashed, as it follows from the rest.
        behind: u32,
    },
    /// A key was removed.
    Removed {
        /// By what call.
        kind: CallKind,
        /// What was there, if it made any sense.
        before: Option<View>,
    },
    /// A write has committed.
    Committed {
        /// What it was for: by what it wrote, if its library says that.
        kind: CallKind,
        /// What was there, if it made any sense.
        before: Option<View>,
        /// What is there now, if it makes any sense.
        after: Option<View>,
        /// How far the wall clock by which it was made was ahead of true time, in microseconds, or
        /// behind if negative; it is not hashed, as it follows from the rest.
        clock_us: i64,
    },
    /// A stored value was damaged.
    Damaged,
    /// A transform runs again, as somebody has written since its call read.
    RanAgain {
        /// What its call is for.
        kind: CallKind,
    },
    /// A write has committed in another scope than the one that is meant: nobody will look for it
    /// there.
    WrongScope {
        /// What it was for.
        kind: CallKind,
        /// What was there, if it made any sense.
        before: Option<View>,
        /// What is there now, if it makes any sense.
        after: Option<View>,
    },
    /// What comes next comes of a wrong read: a write, or the answer of a call.
    BadRead {
        /// In which way it was wrong.
        how: BadRead,
    },
    /// The library acknowledged a save.
    Saved,
    /// A lease conflict was resolved.
    Conflict {
        /// How it was resolved, in the library's own word.
        resolution: &'static Cause,
    },
    /// A breaker opened.
    CircuitOpened {
        /// The reason, in the library's own word.
        reason: &'static Cause,
        /// For how long, in microseconds.
        timeout_us: u64,
        /// What it had seen.
        stats: CircuitStats,
    },
    /// A breaker closed.
    CircuitClosed,
    /// A library found a damaged record.
    Corrupted {
        /// In which way it is damaged.
        kind: &'static Cause,
    },
    /// A server runs without a datastore.
    FellBack,
    /// A message was published.
    Published {
        /// What it is.
        kind: MessageKind,
    },
    /// A message was lost on its way to a server.
    MessageLost {
        /// What it is.
        kind: MessageKind,
        /// To which server.
        to: ServerId,
    },
    /// A message will come twice.
    MessageDuplicated,
    /// A message was handed over.
    Delivered {
        /// What it is.
        kind: MessageKind,
    },
    /// Nobody listens to a message, or nobody does any more.
    NoSubscriber,
    /// A call waits in its server's queue: there is no budget for it.
    Queued {
        /// What for.
        kind: CallKind,
    },
    /// A call has left its server's queue; it is not hashed, as it follows from the rest.
    Dequeued {
        /// How long it waited there, in microseconds.
        waited_us: u64,
    },
    /// A call found its server's queue full. It is answered with the error, and not applied.
    Dropped {
        /// What for.
        kind: CallKind,
        /// What it is answered with.
        error: Error,
    },
    /// A message's sender may not publish it: nothing of it is on its way.
    MessageRejected {
        /// What it is.
        kind: MessageKind,
        /// By which limit.
        why: &'static Cause,
    },
    /// A message arrived, and its receiver may not hear it.
    MessageDropped {
        /// What it is.
        kind: MessageKind,
        /// By which limit.
        why: &'static Cause,
    },
    /// A server asks to listen to a topic; it is not hashed, as what comes of it is.
    Subscribing,
    /// A server was told whether it listens to a topic that it asked for; it is not hashed, as
    /// what is heard there is.
    Subscribed {
        /// Whether it does.
        ok: bool,
    },
    /// A server asked to listen to a topic and never will.
    NotSubscribed {
        /// The reason.
        why: &'static Cause,
    },
    /// A session listens where nobody speaks to it, though nothing has failed: what the record says
    /// of it is not what it has subscribed to. Its library knows.
    Unheard {
        /// How that came about.
        why: &'static Cause,
    },
    /// A server is cut off from messages.
    CutOff {
        /// In which direction.
        way: Direction,
        /// Until when.
        #[serde(rename = "until_us")]
        until: Moment,
    },
    /// A server is up.
    Booted,
    /// A server's process is gone at once.
    Crashed,
    /// A server's process is paused.
    Paused,
    /// A server's process goes on.
    Resumed,
    /// A server's wall clock is set.
    Stepped {
        /// By how much, in microseconds.
        by_us: i64,
    },
    /// A server has run out of memory.
    OutOfMemory {
        /// Whether it may close in order.
        closes: bool,
    },
    /// A server's last player has left: it will close.
    Emptied,
    /// A server is asked to close.
    Closing,
    /// A closing server is gone.
    Stopped {
        /// Whether it was done.
        done: bool,
    },
    /// The datastore is not as usual from now on.
    IncidentBegins {
        /// Which of the scenario's incidents it is.
        nth: u32,
        /// Whether every call fails.
        outage: bool,
    },
    /// An incident of the datastore is over.
    IncidentEnds {
        /// Which of the scenario's incidents it is.
        nth: u32,
        /// Whether every call failed.
        outage: bool,
    },
    /// All faults end.
    Healed,
    /// Something came up that no other fact shows: a mark, and nothing else. It is not hashed, and
    /// no verdict hangs on it.
    Remarked {
        /// Which mark.
        mark: &'static str,
    },
    /// A library told its game something in an order that its trait does not allow.
    Misspoke {
        /// What was told, and why it could not be.
        slip: Slip,
    },
    /// Something is wrong with the library itself. Which kind of trouble is hashed, its words are
    /// not.
    Complained {
        /// What kind of trouble it is.
        kind: &'static Cause,
        /// What happened, and where in its code.
        words: &'static str,
    },
    /// The library has printed something; it is not hashed, as it is a word and nothing else.
    Said {
        /// What.
        words: &'static str,
    },
}

impl Fact {
    /// Whether it follows from other steps and is hashed nowhere, so that saying more of a run
    /// changes no digest: how long a call waited, what a game says to its library, a mark.
    #[inline]
    pub fn is_told_only(&self) -> bool {
        matches!(
            self,
            Fact::Dequeued { .. }
                | Fact::Remarked { .. }
                | Fact::Said { .. }
                | Fact::Unheard { .. }
                | Fact::EndAsked
                | Fact::SeatFreed { .. }
                | Fact::Playing
                | Fact::Left
                | Fact::GaveUp
                | Fact::SaveCalled
                | Fact::SaveReturned { .. }
                | Fact::Subscribing
                | Fact::Subscribed { .. }
        )
    }
}

impl FactKind {
    /// The names of all kinds, in their order.
    pub const NAMES: &'static [&'static str] = <FactKind as VariantNames>::VARIANTS;

    /// Its name, as a history has it; it can be parsed.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// End of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "end", content = "error", rename_all = "snake_case")]
pub enum CallEnd {
    /// As it should.
    Done,
    /// Its own transform cancelled it.
    Refused,
    /// With an error.
    Failed(Error),
    /// It will never be answered.
    Silent,
}

/// Kind of read that is not what is there. The numbers are part of what a digest means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BadRead {
    /// An older version was read.
    Stale = 0,
    /// Nothing was read, though the key is there.
    Nil = 1,
    /// The call went to another scope.
    WrongScope = 2,
}

impl BadRead {
    /// The same, as the cause of what comes of it.
    pub fn cause(self) -> &'static Cause {
        match self {
            BadRead::Stale => &crate::cause::STALE_READ,
            BadRead::Nil => &crate::cause::FALSE_NIL,
            BadRead::WrongScope => &crate::cause::WRONG_SCOPE,
        }
    }
}

/// A notice that came out of order: see [`Notice`](crate::library::Notice) for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// About a seat in which nobody sits.
    NobodyThere,
    /// A second answer to one start.
    AnsweredTwice,
    /// The end of a session, before its start was answered.
    EndedUnanswered,
    /// A word about a session whose start was not answered.
    Early,
    /// A word about a session that was over.
    AfterTheEnd,
    /// More calls of `Save()` returned than were made.
    ReturnedTooMany,
    /// A remark that is none of the library's marks.
    UnknownMark,
}

/// A set of kinds of facts: what an observer wants to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(u128);

impl Facts {
    /// No fact of any kind.
    pub const NONE: Facts = Facts(0);
    /// The facts of every kind.
    pub const ALL: Facts = Facts(u128::MAX);

    /// The facts of these kinds.
    pub const fn of(kinds: &[FactKind]) -> Facts {
        let (mut bits, mut nth) = (0, 0);
        while nth < kinds.len() {
            bits |= 1 << kinds[nth] as u32;
            nth += 1;
        }
        Facts(bits)
    }

    /// Those of this fact's kind alone.
    #[inline]
    pub fn like(fact: &Fact) -> Facts {
        Facts(1 << FactKind::from(fact) as u32)
    }

    /// Whether the nth kind is one of them.
    pub(crate) const fn has_nth(self, nth: usize) -> bool {
        self.0 >> nth & 1 == 1
    }

    /// Whether any of those is one of these.
    #[inline]
    pub const fn have(self, others: Facts) -> bool {
        self.0 & others.0 != 0
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Facts) -> Facts {
        Facts(self.0 | other.0)
    }
}

const _: () = assert!(FactKind::COUNT <= 128, "a set of facts has a bit for each kind");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_kinds_that_were_put_into_it_whatever_their_facts_carry() {
        let set = Facts::of(&[FactKind::Saved, FactKind::Stepped]);
        let has = |set: Facts, fact: Fact| set.have(Facts::like(&fact));
        assert!(has(set, Fact::Saved) && has(set, Fact::Stepped { by_us: -3 }));
        assert!(!has(set, Fact::Healed) && has(Facts::ALL, Fact::Healed));
        assert!(has(set.and(Facts::of(&[FactKind::Healed])), Fact::Healed));
        assert!(!has(Facts::NONE, Fact::Saved));
    }

    #[test]
    fn a_step_of_no_visit_has_no_session() {
        let at = Moment::ZERO;
        let (server, key) = (Some(ServerId::new(1)), Some(Key(2)));
        let step = Step { at, server, visit: None, key, fact: Fact::EditRefused };
        assert_eq!(step.session(), None);
        let step = Step { visit: Some(VisitId::new(3)), ..step };
        let session = Session { server: ServerId::new(1), visit: VisitId::new(3), key: Key(2) };
        assert_eq!(step.session(), Some(session));
    }
}

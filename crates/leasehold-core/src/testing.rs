//! What the tests share: a tiny document, shorthands for time, and a [`Hand`] that plays the
//! outside world by script.

mod hand;
mod log;

pub(crate) use hand::{Hand, check};
pub(crate) use log::{Log, POISON};

use crate::chronicle::{Payload, Template};
use crate::ids::{Commit, Generation, JobId, Key, Owner, SessionId};
use crate::integrity::Hash;
use crate::record::{Claim, Holding, Metadata, Record, SCHEMA};
use crate::time::{Instant, Now, Stamp};
use std::time::Duration;

/// The key that most stories are about.
pub(crate) const KEY: Key = Key(0);

/// This many microseconds on the monotonic clock.
pub(crate) fn us(us: u64) -> Instant {
    Instant::from_micros(us)
}

/// This many seconds on the monotonic clock.
pub(crate) fn sec(sec: u64) -> Instant {
    Instant::from_micros(sec * 1_000_000)
}

/// This many seconds on the wall clock.
pub(crate) fn stamp(sec: i64) -> Stamp {
    Stamp::from_micros(sec * 1_000_000)
}

/// Both clocks, showing the same.
pub(crate) fn both(mono: Instant) -> Now {
    Now { mono, wall: Stamp::from_micros(mono.as_micros() as i64) }
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn owner(job: u32, session: u32) -> Owner {
    Owner { job: JobId(job), session: SessionId(session) }
}

pub(crate) fn claim(job: u32, session: u32, generation: u64) -> Claim {
    Claim { owner: owner(job, session), generation: Generation(generation) }
}

pub(crate) fn template() -> Template<Log> {
    Template::new(Log::default()).expect("an empty log can be stored")
}

/// A sound record that this claim holds until 60 s, with five saves behind it, none of this
/// session.
pub(crate) fn record(claim: Claim) -> Record<Log> {
    let data = Log(vec![1]);
    Record {
        schema: SCHEMA,
        integrity: Hash::of(&data).ok(),
        data,
        metadata: Metadata {
            key: KEY,
            session: claim.owner.session,
            generation: claim.generation,
            commit: Commit(5),
            payload: 0,
            created: stamp(0),
            updated: stamp(0),
        },
        lease: Holding {
            owner: claim.owner,
            expires_at: stamp(60),
            generation: claim.generation,
            released: false,
        },
    }
}

pub(crate) fn payload(nth: u32, after: u64, unsettled: u32, log: &[u32]) -> Payload<Log> {
    let data = Log(log.to_vec());
    let hash = Hash::of(&data).expect("no poison in it");
    Payload { nth, after: Commit(after), unsettled, data, hash }
}

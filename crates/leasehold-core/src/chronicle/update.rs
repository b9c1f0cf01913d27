//! What a session asks of its record, as data: the transform that `UpdateAsync` runs.
//!
//! The datastore reads the record, runs the transform on the calling server, and writes the result
//! if nobody wrote in between; else it runs the transform again. So an [`Update`] is a plain value
//! and [`Update::apply`] a pure function of it, the stored value and the caller's wall clock:
//! running it twice, late, or never is always safe.
//!
//! Laws: nothing is written over another owner's lease except by a legal acquire; a commit index
//! grows by exactly one per payload, however often that payload is sent; a payload never replaces a
//! newer one of its own session.

use crate::document::{Document, NotCanonical};
use crate::ids::{Commit, Generation, Key, Owner};
use crate::integrity::Hash;
use crate::planted::{Planted, Plants};
use crate::record::{Claim, Corruption, Holding, Metadata, Record, SCHEMA, Stored};
use crate::time::Stamp;
use std::sync::Arc;
use std::time::Duration;

/// One `UpdateAsync`, as data.
#[derive(Clone, Debug, PartialEq)]
pub enum Update<D> {
    /// Take the lease and read the data (rule [S1](super::protocol#S1)).
    Acquire(Acquire<D>),
    /// Write the data and renew the lease (rule [W2](super::protocol#W2)).
    Save(Write, Payload<D>),
    /// Renew the lease (rule [L3](super::protocol#L3)).
    Renew(Write),
    /// Give the lease back, with the last unsaved data if there is any (rule
    /// [W6](super::protocol#W6)).
    Release(Write, Option<Payload<D>>),
}

/// Arguments of an acquiring call.
#[derive(Clone, Debug, PartialEq)]
pub struct Acquire<D> {
    /// The key.
    pub key: Key,
    /// Who wants it. Fixed before the first try, so that a retry recognises its own lease (rule
    /// [S7](super::protocol#S7)).
    pub owner: Owner,
    /// What a new record holds.
    pub template: Template<D>,
    /// How long the lease shall last.
    pub duration: Duration,
    /// How long after its end another's lease counts as expired (rule [C1](super::protocol#C1)).
    pub margin: Duration,
    /// A holder that did not answer its challenge: its lease may be taken although it is fresh
    /// (rule [C4](super::protocol#C4)).
    pub silent: Option<Claim>,
    /// A mistake on purpose.
    #[doc(hidden)]
    pub planted: Plants,
}

/// Arguments of every call of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The lease that the session holds, as far as it knows.
    pub claim: Claim,
    /// How long the lease shall last from now.
    pub duration: Duration,
    /// A mistake on purpose.
    #[doc(hidden)]
    pub planted: Plants,
}

/// The data that a save brings, and which stored data it may replace (rule
/// [W5](super::protocol#W5)).
#[derive(Clone, Debug, PartialEq)]
pub struct Payload<D> {
    /// Which of its session's payloads this is, from 1. Sent again, it has the same number and the
    /// same bytes.
    pub nth: u32,
    /// The last commit index known to be stored.
    pub after: Commit,
    /// How many earlier payloads may or may not have committed on top of that.
    pub unsettled: u32,
    /// The data.
    pub data: D,
    /// Its hash.
    pub hash: Hash,
}

/// Data of a new record, with its hash. Shared, since every start brings it.
#[derive(Clone, Debug, PartialEq)]
pub struct Template<D> {
    data: Arc<D>,
    hash: Hash,
}

impl<D: Document> Template<D> {
    /// A template of this data.
    ///
    /// # Errors
    /// [`NotCanonical`] if such data cannot be stored.
    pub fn new(data: D) -> Result<Template<D>, NotCanonical> {
        let hash = Hash::of(&data)?;
        Ok(Template { data: Arc::new(data), hash })
    }

    /// The data.
    pub(super) fn data(&self) -> &D {
        &self.data
    }
}

/// Result of a transform.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformed<D> {
    /// What to store; `None` cancels the call and leaves everything as it was.
    pub write: Option<Record<D>>,
    /// What the caller will be told, should this be the run of the transform that counts.
    pub outcome: Outcome<D>,
}

/// Outcome of an answered call, as its session is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<D> {
    /// To an [`Update::Acquire`].
    Acquire(AcquireOutcome<D>),
    /// To any other.
    Write(WriteOutcome),
}

/// Outcome of an acquiring call.
#[derive(Clone, Debug, PartialEq)]
pub enum AcquireOutcome<D> {
    /// The lease is ours.
    Won(Grant<D>),
    /// Somebody else holds it, and it is fresh.
    Held(Claim),
    /// This session has released it already, or a later one of our own server has or had it: this
    /// call came too late to matter.
    Superseded,
    /// What is stored cannot be trusted (rule [R3](super::protocol#R3)).
    Corrupt(Corruption),
}

/// A lease that was granted, with the data that came with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant<D> {
    /// The stored data, or the template's.
    pub data: D,
    /// Our generation.
    pub generation: Generation,
    /// The stored commit index.
    pub commit: Commit,
    /// When the record was made, by the clock of the server that made it.
    pub created: Stamp,
    /// Until when, by our own wall clock.
    pub expires_at: Stamp,
    /// Whose lease it was.
    pub how: Taken,
}

/// Former holder of a lease that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nobody's: the key was absent.
    New,
    /// Nobody's: the last owner had released it.
    Free,
    /// Our own, from an earlier try whose answer we did not get (rule [S7](super::protocol#S7)).
    Own,
    /// That of a session of our own server's that nobody remembers (rule [S7](super::protocol#S7)).
    Orphan,
    /// Another's that had expired by our wall clock: `ours` was past `expires_at` (rule
    /// [C1](super::protocol#C1)).
    Expired {
        /// The holder's stamp.
        expires_at: Stamp,
        /// Our wall clock.
        ours: Stamp,
    },
    /// Another's that was fresh, but silent (rule [C4](super::protocol#C4)).
    Silent,
}

/// Outcome of a renewing, saving or releasing call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// Written, or found written already; the lease lasts until `expires_at`.
    Kept {
        /// The stored commit index.
        commit: Commit,
        /// Until when, by our own wall clock.
        expires_at: Stamp,
    },
    /// The lease is given back. `saved` is false if data was brought but could not be written any
    /// more.
    Released {
        /// Whether the data that was brought is stored.
        saved: bool,
        /// The commit index, if we still owned the record.
        commit: Option<Commit>,
    },
    /// The lease is not ours any more (rules [L3](super::protocol#L3), [W2](super::protocol#W2)).
    Lost(Loss),
    /// A newer payload of this session is stored already (rule [W5](super::protocol#W5)).
    Superseded,
    /// What is stored cannot be trusted; it was left alone (rule [R3](super::protocol#R3)).
    Corrupt(Corruption),
}

/// Reason for which a lease is not ours any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Another session holds it, or held it since.
    Taken,
    /// It was released.
    Released,
    /// It has run out by our own wall clock.
    Expired,
    /// The record is gone.
    Removed,
    /// The record is corrupt, so that nobody can be shown to own it.
    Corrupt,
    /// What is stored is neither what we wrote nor what we found: somebody else has written under
    /// our lease (rule [W5](super::protocol#W5)).
    Superseded,
    /// We stopped trusting it ourselves, before it ran out (rule [L4](super::protocol#L4)).
    Fenced,
}

impl<D: Document> Update<D> {
    /// Runs the transform on what is stored, by the calling server's wall clock. Pure.
    pub fn apply(&self, stored: Option<&Stored<D>>, wall: Stamp) -> Transformed<D> {
        match self {
            Update::Acquire(acquire) => acquire.apply(stored, wall),
            Update::Save(write, payload) => write.keep(stored, Some(payload), wall),
            Update::Renew(write) => write.keep(stored, None, wall),
            Update::Release(write, payload) => write.release(stored, payload.as_ref(), wall),
        }
    }
}

impl<D: Document> Acquire<D> {
    fn apply(&self, stored: Option<&Stored<D>>, wall: Stamp) -> Transformed<D> {
        let refuse = |outcome| Transformed { write: None, outcome: Outcome::Acquire(outcome) };
        let Some(stored) = stored else { return self.create(wall) };
        let record = match trusted(stored, self.planted) {
            Ok(record) => record,
            Err(corruption) => return refuse(AcquireOutcome::Corrupt(corruption)),
        };
        let lease = record.lease;
        let later = lease.owner.job == self.owner.job && lease.owner.session > self.owner.session;
        let how = if later || lease.released && lease.owner == self.owner {
            // Our own server has gone on without this call: its session is over, and released or
            // not, nobody would hold what it takes now.
            return refuse(AcquireOutcome::Superseded);
        } else if lease.released {
            Taken::Free
        } else if lease.owner == self.owner {
            Taken::Own
        } else if lease.owner.job == self.owner.job {
            Taken::Orphan
        } else if wall > lease.expires_at + self.margin || self.takes_early(wall, lease.expires_at)
        {
            Taken::Expired { expires_at: lease.expires_at, ours: wall }
        } else if self.silent.is_some_and(|claim| lease.is(claim)) {
            Taken::Silent
        } else {
            let claim = Claim { owner: lease.owner, generation: lease.generation };
            return refuse(AcquireOutcome::Held(claim));
        };
        self.take(record, how, wall)
    }

    /// Whether a lease is taken that must not be: by a mistake on purpose.
    fn takes_early(&self, wall: Stamp, expires_at: Stamp) -> bool {
        self.planted.has(Planted::TakenEarly) && wall + Duration::from_secs(10) > expires_at
            || self.planted.has(Planted::MarginIgnored) && wall > expires_at
    }

    fn create(&self, wall: Stamp) -> Transformed<D> {
        let generation = Generation(1);
        let expires_at = wall + self.duration;
        let record = Record {
            schema: SCHEMA,
            data: D::clone(&self.template.data),
            metadata: Metadata {
                key: self.key,
                session: self.owner.session,
                generation,
                commit: Commit(0),
                payload: 0,
                created: wall,
                updated: wall,
            },
            lease: Holding { owner: self.owner, expires_at, generation, released: false },
            integrity: Some(self.template.hash),
        };
        granted(record, Taken::New)
    }

    /// Takes the lease of a record that may be taken. Its data stays as it is: reconciling is the
    /// session's (rule S2).
    fn take(&self, record: &Record<D>, how: Taken, wall: Stamp) -> Transformed<D> {
        let mut record = record.clone();
        if self.planted.has(Planted::DataReset) {
            record.data = D::clone(&self.template.data);
            record.integrity = Some(self.template.hash);
        }
        if how != Taken::Own && !self.planted.has(Planted::GenerationKept) {
            let generation = Generation(record.lease.generation.0.saturating_add(1));
            record.lease.generation = generation;
            record.metadata.session = self.owner.session;
            record.metadata.generation = generation;
            record.metadata.payload = 0;
        }
        record.lease.owner = self.owner;
        record.lease.expires_at = wall + self.duration;
        record.lease.released = false;
        record.metadata.updated = wall;
        granted(record, how)
    }
}

fn granted<D: Document>(record: Record<D>, how: Taken) -> Transformed<D> {
    let grant = Grant {
        data: record.data.clone(),
        generation: record.lease.generation,
        commit: record.metadata.commit,
        created: record.metadata.created,
        expires_at: record.lease.expires_at,
        how,
    };
    Transformed { write: Some(record), outcome: Outcome::Acquire(AcquireOutcome::Won(grant)) }
}

impl Write {
    /// Saves, or only renews: both check the same things and both renew (rules L3, W2).
    fn keep<D: Document>(
        &self,
        stored: Option<&Stored<D>>,
        payload: Option<&Payload<D>>,
        wall: Stamp,
    ) -> Transformed<D> {
        let mut record = match self.owned(stored, wall) {
            Ok(record) => record.clone(),
            Err(outcome) => return refuse(outcome),
        };
        if let Some(payload) = payload
            && !payload.commit(&mut record, self.planted)
        {
            return refuse(WriteOutcome::Superseded);
        }
        record.lease.expires_at = wall + self.duration;
        record.metadata.updated = wall;
        let kept = WriteOutcome::Kept {
            commit: record.metadata.commit,
            expires_at: record.lease.expires_at,
        };
        Transformed { write: Some(record), outcome: Outcome::Write(kept) }
    }

    fn release<D: Document>(
        &self,
        stored: Option<&Stored<D>>,
        payload: Option<&Payload<D>>,
        wall: Stamp,
    ) -> Transformed<D> {
        let mut record = match self.owned(stored, wall) {
            Ok(record) => record.clone(),
            Err(outcome) => return refuse(self.released_already(stored, payload, outcome)),
        };
        if let Some(payload) = payload
            && !payload.commit(&mut record, self.planted)
        {
            return refuse(WriteOutcome::Superseded);
        }
        if !self.planted.has(Planted::ReleaseKeepsLease) {
            record.lease.expires_at = Stamp::EPOCH;
            record.lease.released = true;
        }
        record.metadata.updated = wall;
        let released = WriteOutcome::Released { saved: true, commit: Some(record.metadata.commit) };
        Transformed { write: Some(record), outcome: Outcome::Write(released) }
    }

    /// A release that finds the lease gone is done (rule W5). It may be our own earlier try that
    /// released it.
    fn released_already<D: Document>(
        &self,
        stored: Option<&Stored<D>>,
        payload: Option<&Payload<D>>,
        refusal: WriteOutcome,
    ) -> WriteOutcome {
        let done = |saved, commit| WriteOutcome::Released { saved, commit };
        match (refusal, stored) {
            (WriteOutcome::Lost(Loss::Released), Some(Stored::Record(record))) => {
                let committed =
                    payload.is_none_or(|payload| payload.nth <= record.metadata.payload);
                done(committed, Some(record.metadata.commit))
            }
            (WriteOutcome::Corrupt(_), _) => refusal,
            _ => done(payload.is_none(), None),
        }
    }

    /// The record, if its lease is still the one that we claim (rules L3, W2).
    fn owned<'a, D: Document>(
        &self,
        stored: Option<&'a Stored<D>>,
        wall: Stamp,
    ) -> Result<&'a Record<D>, WriteOutcome> {
        let stored = stored.ok_or(WriteOutcome::Lost(Loss::Removed))?;
        let record = trusted(stored, self.planted).map_err(WriteOutcome::Corrupt)?;
        if self.planted.has(Planted::LeaseNotChecked) {
            return Ok(record);
        }
        let loss = if !record.lease.is(self.claim) {
            Loss::Taken
        } else if record.lease.released {
            Loss::Released
        } else if wall > record.lease.expires_at {
            Loss::Expired
        } else {
            return Ok(record);
        };
        Err(WriteOutcome::Lost(loss))
    }
}

/// The record, if it may be trusted (rule R3).
fn trusted<D: Document>(stored: &Stored<D>, planted: Plants) -> Result<&Record<D>, Corruption> {
    match stored {
        Stored::Record(record) if planted.has(Planted::HashNotChecked) => Ok(record),
        _ => stored.verified(),
    }
}

fn refuse<D>(outcome: WriteOutcome) -> Transformed<D> {
    Transformed { write: None, outcome: Outcome::Write(outcome) }
}

impl<D: Document> Payload<D> {
    /// Puts the data into a record of its own session. A payload that is there already changes
    /// nothing. False, and nothing changed, if a newer one is there or the commit index is none
    /// that this payload may follow (rule W5).
    fn commit(&self, record: &mut Record<D>, planted: Plants) -> bool {
        let stored = record.metadata.commit;
        if planted.has(Planted::OlderPayloadReplaces) && record.metadata.payload != self.nth {
            return self.put(record, planted);
        }
        if record.metadata.payload >= self.nth {
            return record.metadata.payload == self.nth;
        }
        if stored < self.after || stored.0 > self.after.0.saturating_add(u64::from(self.unsettled))
        {
            return false;
        }
        self.put(record, planted)
    }

    /// Puts the data into a record that it may replace.
    fn put(&self, record: &mut Record<D>, planted: Plants) -> bool {
        let more = match planted {
            _ if planted.has(Planted::CommitSkips) => 2,
            _ if planted.has(Planted::CommitKept) => 0,
            _ => 1,
        };
        record.data = self.data.clone();
        record.integrity = Some(self.hash);
        record.metadata.commit = Commit(record.metadata.commit.0.saturating_add(more));
        record.metadata.payload = self.nth;
        true
    }
}

#[cfg(test)]
mod tests;

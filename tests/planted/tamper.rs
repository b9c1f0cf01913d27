//! What a wrong library can do to what it stores and says: one trait for each, and all of the
//! shipped libraries' records and messages have them.

use leasehold_core::chronicle;
use leasehold_core::profile_store::{Active, Stored as Profile};
use leasehold_core::record::Stored;
use leasehold_core::{JobId, Stamp};
use leasehold_sim::library::{GameDocument, GameSave};
use leasehold_sim::library::{Message, ProfileStoreMessage, Topic};

/// A record that can be told lies about. What a record cannot lie about is left as it is.
pub trait Tamper: Clone {
    /// Nobody holds it.
    fn free(&mut self) {}
    /// Another server's session holds it.
    fn give(&mut self, _job: JobId) {}
    /// Whoever holds it holds it for ever.
    fn never_ends(&mut self) {}
    /// It has this record's data, under its own numbers.
    fn bring(&mut self, earlier: &Self);
}

impl<D: GameDocument> Tamper for Stored<D> {
    fn free(&mut self) {
        if let Stored::Record(record) = self {
            record.lease.released = true;
        }
    }

    fn give(&mut self, job: JobId) {
        if let Stored::Record(record) = self {
            record.lease.owner.job = job;
        }
    }

    fn never_ends(&mut self) {
        if let Stored::Record(record) = self {
            record.lease.expires_at = Stamp::from_micros(i64::MAX / 2);
        }
    }

    fn bring(&mut self, earlier: &Self) {
        if let (Stored::Record(record), Stored::Record(earlier)) = (self, earlier) {
            record.data = earlier.data.clone();
            record.integrity = earlier.integrity;
        }
    }
}

impl<D: GameDocument> Tamper for Profile<D> {
    fn free(&mut self) {
        if let Profile::Record(record) = self
            && let Some(meta) = &mut record.meta
        {
            meta.active = Active::Nobody;
        }
    }

    fn give(&mut self, job: JobId) {
        if let Profile::Record(record) = self
            && let Some(meta) = &mut record.meta
            && let Active::Session { server, .. } = &mut meta.active
        {
            server.job = job;
        }
    }

    fn bring(&mut self, earlier: &Self) {
        if let (Profile::Record(record), Profile::Record(earlier)) = (self, earlier) {
            record.data.clone_from(&earlier.data);
        }
    }
}

impl Tamper for GameSave {
    fn bring(&mut self, earlier: &Self) {
        self.clone_from(earlier);
    }
}

/// A message that can be answered by somebody who should not.
pub trait Forge: Message {
    /// The answer, and where it is awaited; nothing if nobody waits for one.
    fn answer(&self) -> Option<(Topic, Self)> {
        None
    }
}

impl Forge for () {}
impl Forge for ProfileStoreMessage {}

impl Forge for chronicle::Message {
    fn answer(&self) -> Option<(Topic, Self)> {
        let &chronicle::Message::Challenge { key, claim, from } = self else { return None };
        let answer = chronicle::Message::Answer { key, claim, to: from };
        Some((Topic(u64::from(from.job.0)), answer))
    }
}

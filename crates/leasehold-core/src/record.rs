//! What the datastore holds under a key: the player's data, who holds it, and a hash to tell
//! accidents by (rule R1).

use crate::document::Document;
use crate::ids::{Commit, Generation, Key, Owner, SessionId};
use crate::integrity::Hash;
use crate::time::Stamp;

/// The layout of a record. A record with another number is not read (rule
/// [R3](crate::chronicle::protocol#R3)).
pub const SCHEMA: u32 = 1;

/// A well-formed record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<D> {
    /// Its layout: [`SCHEMA`].
    pub schema: u32,
    /// The player's data.
    pub data: D,
    /// What is known of the data.
    pub metadata: Metadata,
    /// Who may write it.
    pub lease: Holding,
    /// The hash of `data`. A record without one is corrupt (rule
    /// [R3](crate::chronicle::protocol#R3)).
    pub integrity: Option<Hash>,
}

/// Metadata of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The key that it was written under.
    pub key: Key,
    /// The session that last took the record or saved it.
    pub session: SessionId,
    /// That session's generation.
    pub generation: Generation,
    /// How many saves it has seen.
    pub commit: Commit,
    /// Which of that session's payloads `data` is; 0 before its first save. It tells a save that
    /// committed late from one that never did (rule [W5](crate::chronicle::protocol#W5)).
    pub payload: u32,
    /// When the record was made, by the clock of the server that made it.
    pub created: Stamp,
    /// When it was last written, by the clock of the server that wrote it.
    pub updated: Stamp,
}

/// A lease, as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who holds it.
    pub owner: Owner,
    /// Until when, by the holder's wall clock as it wrote this; [`Stamp::EPOCH`] once released.
    pub expires_at: Stamp,
    /// How often it has passed to another session.
    pub generation: Generation,
    /// Given back: free for anybody, without a conflict (rule [R1](crate::chronicle::protocol#R1)).
    pub released: bool,
}

impl Holding {
    /// Whether this is exactly the lease that `claim` speaks of.
    pub(crate) fn is(&self, claim: Claim) -> bool {
        self.owner == claim.owner && self.generation == claim.generation
    }
}

/// A lease as somebody remembers it: a session, and the generation with which it holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The session.
    pub owner: Owner,
    /// Its generation.
    pub generation: Generation,
}

/// Whatever may be found under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored<D> {
    /// A record, perhaps a damaged one.
    Record(Record<D>),
    /// Something else altogether.
    NotARecord,
}

/// Kind of damage to a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    /// The data is not what was hashed.
    HashMismatch {
        /// The hash that the record carries.
        expected: Hash,
        /// The hash of the data that it carries.
        actual: Hash,
    },
    /// The record carries no hash; its data has this one.
    MissingHash {
        /// The hash of the data that it carries.
        actual: Hash,
    },
    /// The record has a layout that we do not know.
    UnknownSchema(u32),
    /// The value is not a record.
    NotARecord,
    /// The data holds a number that cannot be stored.
    NotCanonical,
}

impl Corruption {
    /// Its name, as the `OnCorruption` hook gives it.
    pub fn name(&self) -> &'static str {
        match self {
            Corruption::HashMismatch { .. } => "hash_mismatch",
            Corruption::MissingHash { .. } => "missing_hash",
            Corruption::UnknownSchema(_) => "unknown_schema",
            Corruption::NotARecord => "not_a_record",
            Corruption::NotCanonical => "not_canonical",
        }
    }
}

impl<D: Document> Stored<D> {
    /// The record, if it is one that may be trusted (rule [R3](crate::chronicle::protocol#R3)).
    ///
    /// # Errors
    /// How it is broken.
    pub fn verified(&self) -> Result<&Record<D>, Corruption> {
        let Stored::Record(record) = self else { return Err(Corruption::NotARecord) };
        if record.schema != SCHEMA {
            return Err(Corruption::UnknownSchema(record.schema));
        }
        let actual = Hash::of(&record.data).map_err(|_| Corruption::NotCanonical)?;
        match record.integrity {
            Some(expected) if expected == actual => Ok(record),
            Some(expected) => Err(Corruption::HashMismatch { expected, actual }),
            None => Err(Corruption::MissingHash { actual }),
        }
    }
}

//! Who owned a key, three times over: who considered itself owner, whom the store named, and whose
//! writes committed.
//!
//! That these three agree is what a session lock is for. They are kept for one key only, the most
//! contested one of the run.

use crate::Interval;
use serde::{Deserialize, Serialize};

/// The ownership of one key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ownership {
    /// The key, as `k17`.
    pub key: String,
    /// Its lease conflicts, over the whole run.
    pub conflicts: u64,
    /// How often two of its sessions considered themselves owner at once, over the whole run: no
    /// key had more. Of keys with as many, it is one with the most lease conflicts, then the
    /// lowest.
    pub overlaps: u64,
    /// Keys that had a lease conflict or a double ownership, this one among them.
    pub contested: u64,
    /// From when to when the lists below are complete. It ends when the run does; it begins when
    /// the key's rivals were left behind, or when the oldest entries were dropped.
    pub recorded: Interval,
    /// When a session considered itself owner of the key. In order of beginning.
    pub owned: Vec<Held>,
    /// When the server of a session that had been owner was paused. In order of beginning.
    pub paused: Vec<Held>,
    /// Whom the stored record named as its owner. In order, and apart from each other.
    pub named: Vec<Held>,
    /// Of that, when the lease of whom it named had run out: its last write was longer ago than a
    /// lease lasts. Nobody may have found out yet. In order; empty if leases do not end.
    pub expired: Vec<Held>,
    /// Writes that committed. In order.
    pub committed: Vec<CommittedWrite>,
    /// Lease conflicts. In order.
    pub conflicted: Vec<Conflict>,
}

/// A server held something for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which server: its number.
    pub server: u32,
    /// From when to when.
    pub during: Interval,
}

/// A write that committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedWrite {
    /// Which server had sent it: its number.
    pub server: u32,
    /// When, in microseconds.
    pub at_us: u64,
}

/// A lease conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Which server wanted the key: its number.
    pub server: u32,
    /// When it was resolved, in microseconds.
    pub at_us: u64,
    /// How it was resolved.
    pub resolution: String,
}

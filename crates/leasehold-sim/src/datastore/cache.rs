//! What a server's data-store object remembers: `GetAsync` is answered from it for 4 s.
//!
//! The 4 s run from the read that asked the backend, and a read that is answered from here does not
//! begin them anew. A write through the same object is remembered at once and does; that a removal
//! is one too is an assumption. `UseCache = false` looks here for nothing and leaves nothing. Each
//! server has its own (a server's library has one object), so two servers may disagree; it goes
//! with its process.
//!
//! Source: creator-docs, `cloud-services/data-stores/versioning-listing-and-caching.md`.

use crate::ids::CellId;
use crate::library::KeyInfo;
use leasehold_core::{Instant, JobId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an entry serves. When it is as old as this it does not any more.
const LIVES: Duration = Duration::from_secs(4);

/// Entries beyond which those that serve no more are thrown away.
const SWEEP: usize = 64;

/// The cache of one server's process, by key.
#[derive(Debug)]
pub(super) struct Cache<S> {
    job: JobId,
    entries: BTreeMap<CellId, Entry<S>>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Entry<S> {
    since: Instant,
    value: Option<S>,
    info: KeyInfo,
}

impl<S> Default for Cache<S> {
    fn default() -> Cache<S> {
        Cache { job: JobId(u32::MAX), entries: BTreeMap::new(), sweep_at: SWEEP }
    }
}

impl<S> Cache<S> {
    /// What this process remembers of a key, on its own stopwatch.
    pub(super) fn get(
        &self,
        job: JobId,
        key: CellId,
        now: Instant,
    ) -> Option<(&Option<S>, &KeyInfo)> {
        let entry = self.entries.get(&key).filter(|_| self.job == job)?;
        (now.since(entry.since) < LIVES).then_some((&entry.value, &entry.info))
    }

    /// Remembers what was read or written.
    pub(super) fn put(
        &mut self,
        job: JobId,
        key: CellId,
        now: Instant,
        value: Option<S>,
        info: KeyInfo,
    ) {
        if self.job != job {
            *self = Cache { job, ..Cache::default() };
        }
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, entry| now.since(entry.since) < LIVES);
            self.sweep_at = SWEEP.max(2 * self.entries.len());
        }
        self.entries.insert(key, Entry { since: now, value, info });
    }
}

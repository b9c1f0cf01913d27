//! The datastore: a value and a version per key, and requests on their way through three phases.
//!
//! ```text
//!   server --- Read ---> backend --- Transform ---> server --- Write ---> backend --- Answer ---> server
//!      t0      reads the value at t1     runs at t2     compares the version at t3      hears at t4
//!                                          ^                     |
//!                                          '--[version changed]--'
//! ```
//!
//! Each leg takes a quarter of the call's latency. The transform runs on the calling server, with
//! its clocks: it waits while the server stands still and never happens once it is dead. A write
//! that has left its server needs it no more: it may land after the server is gone, and after
//! somebody else has taken the lease.
//!
//! What is only read goes from `Read` to `Answer`, and what is written blindly from `Write` to
//! `Answer`: one round trip, half the time of an update.
//!
//! This file keeps the state; what each phase means for the rest of the world is in `world`.

mod cache;
mod history;
mod limits;

use crate::config::DatastoreWorld;
use crate::fault::Misled;
use crate::library::{self, CallKind, Error, Found, KeyInfo, Library, Op, Reply};
use crate::library::{Version, VersionInfo, Write};
use crate::luck::Block;
use crate::schedule::Moment;
use crate::slab::Slab;
use cache::Cache;
use history::History;
use leasehold_core::{Instant, JobId};
use std::collections::BTreeMap;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Request<S> {
    pub(crate) server: u32,
    pub(crate) job: JobId,
    pub(crate) op: Op,
    pub(crate) visit: u32,
    pub(crate) key: u32,
    /// What is asked.
    pub(crate) asks: library::Request,
    /// Which of the key's sessions, and which of its calls of this kind: the names of its
    /// occasions.
    pub(crate) session: u32,
    pub(crate) kind: CallKind,
    pub(crate) nth: u32,
    /// How often it has been read again.
    pub(crate) again: u8,
    pub(crate) sent: Moment,
    /// How long one leg takes, in microseconds.
    pub(crate) leg_us: u64,
    pub(crate) luck: Block,
    pub(crate) phase: Phase,
    /// What was read, until its transform has run; then what is to be written; after a removal
    /// what was there.
    pub(crate) value: Option<S>,
    /// What is known of what was read; its labels are those to be written once a transform has
    /// run.
    pub(crate) info: KeyInfo,
    /// How long the value is that is to be written, in bytes of JSON.
    pub(crate) bytes: u64,
    /// What was read came from the server's own cache.
    pub(crate) cached: bool,
    /// It is in another scope than the one that is meant.
    pub(crate) astray: bool,
    /// How what it has read is not what is there.
    pub(crate) misled: Option<Misled>,
    /// What a list found.
    pub(crate) versions: Vec<VersionInfo>,
    /// How far the wall clock by which its value was made was ahead of true time, in microseconds.
    pub(crate) clock_us: i64,
}

impl<S> Request<S> {
    /// What it carries, as a library sees it.
    pub(crate) fn found(&self) -> Option<Found<'_, S>> {
        self.value.as_ref().map(|value| Found { value, info: &self.info })
    }

    /// What it returns, if it returns what it carries.
    pub(crate) fn reply(&self) -> Reply {
        let lists = self.asks == library::Request::ListVersions;
        if lists || self.value.is_some() { Reply::Value } else { Reply::Nil }
    }

    /// Takes what is to be written, if it may be.
    pub(crate) fn take<L: Library<Stored = S>>(&mut self, write: Write<S>) -> Result<(), Error> {
        self.bytes = L::size(&write.value);
        limits::value(self.bytes, &write.labels)?;
        self.value = Some(write.value);
        self.info.labels = write.labels;
        Ok(())
    }
}

/// What happens to a request next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Read,
    Transform,
    Write,
    Answer(Result<Reply, Error>),
}

/// The datastore.
#[derive(Debug)]
pub(crate) struct Datastore<S> {
    cells: Vec<Cell<S>>,
    /// Old versions, if they are kept.
    history: Option<History<S>>,
    /// By server; none if nobody would look.
    caches: Vec<Cache<S>>,
    /// How long the names of all keys are before their number, in characters.
    prefix_chars: usize,
    /// Another scope, empty at first, that requests go to by mistake.
    elsewhere: BTreeMap<u32, Cell<S>>,
    /// What each key was before its last write or removal, if anybody may read it.
    previous: Option<BTreeMap<u32, Cell<S>>>,
    pub(crate) requests: Slab<Request<S>>,
}

/// A key. Without a value there is none, or it was removed; its versions are counted on.
#[derive(Clone, Debug)]
struct Cell<S> {
    value: Option<S>,
    info: KeyInfo,
}

impl<S> Cell<S> {
    fn empty() -> Cell<S> {
        Cell { value: None, info: KeyInfo::default() }
    }
}

/// A key's cell in the scope that is meant, or in the other one.
fn cell<'a, S: Clone>(
    cells: &'a mut [Cell<S>],
    elsewhere: &'a mut BTreeMap<u32, Cell<S>>,
    key: u32,
    astray: bool,
) -> &'a mut Cell<S> {
    match astray {
        true => elsewhere.entry(key).or_insert_with(Cell::empty),
        false => &mut cells[key as usize],
    }
}

/// A write that has landed: what was there before, and what is there now.
pub(crate) struct Landing<'a, S> {
    pub(crate) before: Option<S>,
    pub(crate) after: &'a mut S,
}

impl<S: Clone> Datastore<S> {
    /// A datastore of so many keys, with a cache for each of so many servers. Somebody may read
    /// what a key was before, or nobody.
    pub(crate) fn new(
        world: &DatastoreWorld,
        keys: usize,
        caches: usize,
        reads_stale: bool,
    ) -> Datastore<S> {
        Datastore {
            cells: vec![Cell::empty(); keys],
            elsewhere: BTreeMap::new(),
            previous: reads_stale.then(BTreeMap::new),
            history: world.versions.then(|| History::new(keys)),
            caches: (0..caches).map(|_| Cache::default()).collect(),
            prefix_chars: world.key_prefix.chars().count(),
            requests: Slab::new(),
        }
    }

    /// What is stored under a key.
    #[cfg(test)]
    pub(crate) fn stored(&self, key: u32) -> Option<&S> {
        self.cells[key as usize].value.as_ref()
    }

    /// Whether a key was something else before.
    pub(crate) fn has_previous(&self, key: u32) -> bool {
        self.previous.as_ref().is_some_and(|previous| previous.contains_key(&key))
    }

    /// A request takes along what its key was before.
    pub(crate) fn read_previous(&mut self, request: u32) {
        let request = self.requests.of_mut(request);
        if let Some(cell) = self.previous.iter().find_map(|previous| previous.get(&request.key)) {
            request.value.clone_from(&cell.value);
            request.info.clone_from(&cell.info);
        }
    }

    /// Whether a key's name may be as long as it is.
    pub(crate) fn key_fits(&self, key: u32) -> Result<(), Error> {
        let digits = key.checked_ilog10().unwrap_or(0) as usize + 1;
        limits::key(self.prefix_chars + digits)
    }

    /// What the sender of a request remembers, on its stopwatch, is taken along. False if it
    /// remembers nothing.
    pub(crate) fn recall(&mut self, request: u32, now: Instant) -> bool {
        let request = self.requests.of_mut(request);
        let Some(cache) = self.caches.get(request.server as usize) else { return false };
        let Some((value, info)) = cache.get(request.job, request.key, now) else { return false };
        request.value.clone_from(value);
        request.info.clone_from(info);
        request.cached = true;
        true
    }

    /// Whether something newer is stored than what a request has read.
    pub(crate) fn has_newer(&self, request: u32) -> bool {
        let request = self.requests.of(request);
        self.cells[request.key as usize].info.version != request.info.version
    }

    /// The sender of a request remembers what it has read or written, from now on by its stopwatch.
    pub(crate) fn remember(&mut self, request: u32, now: Instant) {
        let Request { server, job, key, cached, asks, .. } = *self.requests.of(request);
        let Some(cache) = self.caches.get_mut(server as usize) else { return };
        let known = cache.get(job, key, now).map(|(_, info)| info.version);
        let request = self.requests.of(request);
        let worth = match asks {
            library::Request::Update | library::Request::Set | library::Request::Remove => {
                known.is_none_or(|known| known <= request.info.version)
            }
            library::Request::Get { use_cache } => use_cache && !cached && known.is_none(),
            library::Request::ListVersions | library::Request::GetVersion(_) => false,
        };
        if worth {
            let removed = asks == library::Request::Remove;
            let value = if removed { None } else { request.value.clone() };
            cache.put(job, key, now, value, request.info.clone());
        }
    }

    /// The first phase, at so many milliseconds of the backend's clock: the request takes along
    /// what it asks for.
    pub(crate) fn read(&mut self, request: u32, now_ms: i64) {
        let request = self.requests.of_mut(request);
        let key = request.key;
        let cell = cell(&mut self.cells, &mut self.elsewhere, key, request.astray);
        request.cached = false;
        match request.asks {
            library::Request::GetVersion(version) if version != cell.info.version => {
                let old = self.history.as_ref().and_then(|all| all.find(key, version, now_ms));
                if let Some((value, info)) = old {
                    request.value.clone_from(value);
                    request.info.clone_from(info);
                }
            }
            library::Request::ListVersions => {
                if cell.info.version != Version(0) {
                    request.versions.push(history::row(&cell.info, cell.value.is_none()));
                }
                if let Some(history) = &self.history {
                    request.versions.extend(history.list(key, now_ms));
                }
            }
            _ => {
                request.value.clone_from(&cell.value);
                request.info.clone_from(&cell.info);
            }
        }
    }

    /// The third phase, at so many milliseconds of the backend's clock: what the request carries is
    /// written. Nothing happens if it is an update and somebody has written since it read.
    pub(crate) fn write(&mut self, request: u32, now_ms: i64) -> Option<Landing<'_, S>> {
        let request = self.requests.of_mut(request);
        let cell = cell(&mut self.cells, &mut self.elsewhere, request.key, request.astray);
        let update = request.asks == library::Request::Update;
        if update && cell.info.version != request.info.version {
            return None;
        }
        if let Some(history) = &mut self.history
            && !request.astray
        {
            history.replaced(request.key, cell, now_ms, false);
        }
        let created_ms = if cell.value.is_some() { cell.info.created_ms } else { now_ms };
        let version = Version(cell.info.version.0 + 1);
        if let Some(previous) = &mut self.previous
            && !request.astray
        {
            previous.insert(request.key, cell.clone());
        }
        let labels = request.info.labels.take();
        cell.info = KeyInfo { version, created_ms, updated_ms: now_ms, labels };
        let before = std::mem::replace(&mut cell.value, request.value.take());
        if !self.caches.is_empty() {
            request.value.clone_from(&cell.value);
            request.info.clone_from(&cell.info);
        }
        let after = cell.value.as_mut().expect("a write brings a value");
        Some(Landing { before, after })
    }

    /// Removes a key, if there is one; what was there goes along with the request.
    pub(crate) fn remove(&mut self, request: u32, now_ms: i64) {
        let request = self.requests.of_mut(request);
        let cell = cell(&mut self.cells, &mut self.elsewhere, request.key, request.astray);
        if cell.value.is_none() {
            return;
        }
        if let Some(history) = &mut self.history
            && !request.astray
        {
            history.replaced(request.key, cell, now_ms, true);
        }
        if let Some(previous) = &mut self.previous
            && !request.astray
        {
            previous.insert(request.key, cell.clone());
        }
        request.value = cell.value.take();
        let version = Version(cell.info.version.0 + 1);
        let tombstone = KeyInfo { version, created_ms: 0, updated_ms: now_ms, labels: None };
        request.info = std::mem::replace(&mut cell.info, tombstone);
    }

    /// Damages what is stored under a key, if anything is. Nobody's version: whoever has read it
    /// may still write over it.
    pub(crate) fn damage(&mut self, key: u32, damage: impl FnOnce(&mut S)) {
        if let Some(value) = &mut self.cells[key as usize].value {
            damage(value);
        }
    }
}

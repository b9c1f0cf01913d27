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
//! its clocks: it waits while the server is paused and never happens once it is dead. A write
//! that has left its server needs it no more: it may commit after the server is gone, and after
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
use crate::draws::{CallWord, Draw};
use crate::fault::Occasion;
use crate::ids::{CellId, RequestId, ServerId, VisitId};
use crate::library::{self, CallKind, Error, Found, KeyInfo, Library, Op, Place, PlaceName, Reply};
use crate::library::{Version, VersionInfo, Write};
use crate::schedule::Moment;
use crate::slab::Slab;
use crate::step::BadRead;
use cache::Cache;
use history::History;
use leasehold_core::{Instant, JobId, Key, Seat, warm};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The key by which something is drawn for a call: whose it is, and which of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKey {
    /// A session's, for its own record: which of the session's calls, from 1.
    Session { cell: CellId, session: u32, nth: u32 },
    /// A server's own, for whatever place: which of the server's, from 1, in all its processes.
    Own { server: ServerId, nth: u32 },
}

/// A request on its way. In an order of our own: whatever each phase looks at comes first, so that
/// the beginning of a row tells what else will be looked at.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct InFlight<S> {
    /// What was read came from the server's own cache.
    pub(crate) cached: bool,
    /// It is in another scope than the one that is meant.
    pub(crate) wrong_scope: bool,
    /// How often it has been read again.
    pub(crate) again: u8,
    pub(crate) kind: CallKind,
    pub(crate) server: ServerId,
    pub(crate) job: JobId,
    pub(crate) op: Op,
    /// What it is for.
    pub(crate) cell: CellId,
    /// Whose session makes it, if it is not the server's own.
    pub(crate) visit: Option<VisitId>,
    /// Whose session has turned out to make its write, if that is another one. It is not over
    /// before this has come to its end.
    pub(crate) writer: Option<VisitId>,
    /// The player's key that it is for, if it is for one.
    pub(crate) key: Option<Key>,
    /// What is asked.
    pub(crate) asks: library::Request,
    pub(crate) phase: Phase,
    /// What its draws are asked by.
    pub(crate) drawn_by: CallKey,
    pub(crate) sent: Moment,
    /// How long one leg takes, in microseconds.
    pub(crate) leg_us: u64,
    /// How far the wall clock by which its value was made was ahead of true time, in microseconds.
    pub(crate) clock_us: i64,
    /// How long the value is that is to be written, in bytes of JSON.
    pub(crate) bytes: u64,
    /// What was read, until its transform has run; then what is to be written; after a removal
    /// what was there.
    pub(crate) value: Option<S>,
    /// What is known of what was read; its labels are those to be written once a transform has
    /// run.
    pub(crate) info: KeyInfo,
    pub(crate) draw: Draw<CallWord>,
    /// How what it has read is not what is there.
    pub(crate) bad_read: Option<BadRead>,
    /// By which its faults are known.
    pub(crate) occasion: Occasion,
    /// What a list found.
    pub(crate) versions: Vec<VersionInfo>,
}

impl<S> InFlight<S> {
    /// What it carries, as a library sees it.
    pub(crate) fn found(&self) -> Option<Found<'_, S>> {
        self.value.as_ref().map(|value| Found { value, info: &self.info })
    }

    /// What it returns, if it returns what it carries.
    pub(crate) fn reply(&self) -> Reply {
        let lists = self.asks == library::Request::ListVersions;
        if lists || self.value.is_some() { Reply::Value(self.info.clone()) } else { Reply::Nil }
    }

    /// Takes what is to be written, if it may be: in which seat whoever sits there turns out to
    /// write it.
    pub(crate) fn take<L: Library<Stored = S>>(
        &mut self,
        write: Write<S>,
    ) -> Result<Option<Seat>, Error> {
        self.bytes = L::size(&write.value);
        limits::value(self.bytes, &write.labels)?;
        self.value = Some(write.value);
        self.info.labels = write.labels;
        self.kind = write.kind.unwrap_or(self.kind);
        Ok(write.seat)
    }
}

/// What happens to a request next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Read,
    Transform,
    Write,
    Answer(Result<Reply, Error>),
    /// Its transform has cancelled it, which takes until now to be told.
    Cancelled,
}

/// The datastore.
#[derive(Debug)]
pub(crate) struct Datastore<S> {
    /// The players' records, then whatever else was called for.
    cells: Vec<Cell<S>>,
    /// How many players there are.
    players: u32,
    /// What is no player's record, and how long the names of these keys are, in characters.
    others: BTreeMap<Arc<PlaceName>, CellId>,
    other_chars: Vec<usize>,
    /// Old versions, if they are kept.
    history: Option<History<S>>,
    /// By server; none if nobody would look.
    caches: Vec<Cache<S>>,
    /// How long the names of all keys are before their number, in characters.
    prefix_chars: usize,
    /// Another scope, empty at first, that requests go to by mistake.
    elsewhere: BTreeMap<CellId, Cell<S>>,
    /// What each key was before its last write or removal, if anybody may read it.
    previous: Option<BTreeMap<CellId, Cell<S>>>,
    pub(crate) requests: Slab<RequestId, InFlight<S>>,
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

/// A cell in the scope that is meant, or in the other one.
fn cell<'a, S: Clone>(
    cells: &'a mut [Cell<S>],
    elsewhere: &'a mut BTreeMap<CellId, Cell<S>>,
    cell: CellId,
    wrong_scope: bool,
) -> &'a mut Cell<S> {
    if wrong_scope {
        elsewhere.entry(cell).or_insert_with(Cell::empty)
    } else {
        &mut cells[cell.index()]
    }
}

/// A write that has committed: what was there before, and what is there now.
pub(crate) struct Commit<'a, S> {
    pub(crate) before: Option<S>,
    pub(crate) after: &'a mut S,
}

impl<S: Clone> Datastore<S> {
    /// A datastore of so many players' records, with a cache for each of so many servers. Somebody
    /// may read what a key was before, or nobody.
    pub(crate) fn new(
        world: &DatastoreWorld,
        players: u32,
        caches: u32,
        reads_stale: bool,
    ) -> Datastore<S> {
        Datastore {
            cells: vec![Cell::empty(); players as usize],
            players,
            others: BTreeMap::new(),
            other_chars: Vec::new(),
            elsewhere: BTreeMap::new(),
            previous: reads_stale.then(BTreeMap::new),
            history: world.versions.then(History::new),
            caches: (0..caches).map(|_| Cache::default()).collect(),
            prefix_chars: world.key_prefix.chars().count(),
            requests: Slab::new(),
        }
    }

    /// The cell of a place, and the player's key that it is, if it is one. What is called for the
    /// first time gets a cell, which it keeps: a datastore is as large as what is put into it.
    pub(crate) fn cell_of(&mut self, place: &Place) -> (CellId, Option<Key>) {
        match place {
            Place::Player(key) if key.0 < self.players => (CellId::new(key.0), Some(*key)),
            Place::Player(key) => self.other(&Arc::new(PlaceName::of_player(*key))),
            Place::Other(name) => self.other(name),
        }
    }

    fn other(&mut self, name: &Arc<PlaceName>) -> (CellId, Option<Key>) {
        if let Some(cell) = self.others.get(name) {
            return (*cell, None);
        }
        let cell = CellId::new(self.cells.len() as u32);
        self.cells.push(Cell::empty());
        self.other_chars.push(name.key.chars().count());
        self.others.insert(name.clone(), cell);
        (cell, None)
    }

    /// What is stored under a player's key.
    #[cfg(test)]
    pub(crate) fn stored(&self, key: u32) -> Option<&S> {
        self.cells[key as usize].value.as_ref()
    }

    /// Whether a key was something else before.
    pub(crate) fn has_previous(&self, cell: CellId) -> bool {
        self.previous.as_ref().is_some_and(|previous| previous.contains_key(&cell))
    }

    /// A request takes along what its key was before.
    pub(crate) fn read_previous(&mut self, request: RequestId) {
        let request = self.requests.of_mut(request);
        if let Some(cell) = self.previous.iter().find_map(|previous| previous.get(&request.cell)) {
            request.value.clone_from(&cell.value);
            request.info.clone_from(&cell.info);
        }
    }

    /// A cell will soon be read or written.
    pub(crate) fn warm(&self, cell: CellId) {
        warm::row(&self.cells, cell.index());
        if let Some(cell) = self.cells.get(cell.index()) {
            warm::value(&cell.info);
        }
    }

    /// Whether the name of a cell's key may be as long as it is.
    pub(crate) fn key_fits(&self, cell: CellId) -> Result<(), Error> {
        if cell.number() < self.players {
            let digits = cell.number().checked_ilog10().unwrap_or(0) as usize + 1;
            return limits::key(self.prefix_chars + digits);
        }
        limits::key(self.other_chars[(cell.number() - self.players) as usize])
    }

    /// What the sender of a request remembers, on its stopwatch, is taken along. False if it
    /// remembers nothing.
    pub(crate) fn recall(&mut self, request: RequestId, now: Instant) -> bool {
        let request = self.requests.of_mut(request);
        let Some(cache) = self.caches.get(request.server.index()) else { return false };
        let Some((value, info)) = cache.get(request.job, request.cell, now) else { return false };
        request.value.clone_from(value);
        request.info.clone_from(info);
        request.cached = true;
        true
    }

    /// How many writes ago what a request has read was stored; in another scope it never was.
    pub(crate) fn behind(&self, request: RequestId) -> u32 {
        let request = self.requests.of(request);
        let (now, read) = (self.cells[request.cell.index()].info.version, request.info.version);
        if request.wrong_scope { u32::MAX } else { now.0 - read.0 }
    }

    /// The sender of a request remembers what it has read or written, from now on by its stopwatch.
    pub(crate) fn remember(&mut self, request: RequestId, now: Instant) {
        let InFlight { server, job, cell, cached, asks, .. } = *self.requests.of(request);
        let Some(cache) = self.caches.get_mut(server.index()) else { return };
        let known = cache.get(job, cell, now).map(|(_, info)| info.version);
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
            cache.put(job, cell, now, value, request.info.clone());
        }
    }

    /// The first phase, at so many milliseconds of the backend's clock: the request takes along
    /// what it asks for.
    pub(crate) fn read(&mut self, request: RequestId, now_ms: i64) {
        let request = self.requests.of_mut(request);
        let key = request.cell;
        let cell = cell(&mut self.cells, &mut self.elsewhere, key, request.wrong_scope);
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
    pub(crate) fn write(&mut self, request: RequestId, now_ms: i64) -> Option<Commit<'_, S>> {
        let request = self.requests.of_mut(request);
        let cell = cell(&mut self.cells, &mut self.elsewhere, request.cell, request.wrong_scope);
        let update = request.asks == library::Request::Update;
        if update && cell.info.version != request.info.version {
            return None;
        }
        if let Some(history) = &mut self.history
            && !request.wrong_scope
        {
            history.replaced(request.cell, cell, now_ms, false);
        }
        let created_ms = if cell.value.is_some() { cell.info.created_ms } else { now_ms };
        let version = Version(cell.info.version.0 + 1);
        if let Some(previous) = &mut self.previous
            && !request.wrong_scope
        {
            previous.insert(request.cell, cell.clone());
        }
        let labels = request.info.labels.take();
        cell.info = KeyInfo { version, created_ms, updated_ms: now_ms, labels };
        let before = std::mem::replace(&mut cell.value, request.value.take());
        request.info.clone_from(&cell.info);
        if !self.caches.is_empty() {
            request.value.clone_from(&cell.value);
        }
        let after = cell.value.as_mut().expect("a write brings a value");
        Some(Commit { before, after })
    }

    /// An update of a world that compares nothing has read what is there by now: a mistake on
    /// purpose.
    pub(crate) fn forget_compare(&mut self, request: RequestId) {
        let request = self.requests.of_mut(request);
        request.info.version = self.cells[request.cell.index()].info.version;
    }

    /// Removes a key, if there is one; what was there goes along with the request.
    pub(crate) fn remove(&mut self, request: RequestId, now_ms: i64) {
        let request = self.requests.of_mut(request);
        let cell = cell(&mut self.cells, &mut self.elsewhere, request.cell, request.wrong_scope);
        if cell.value.is_none() {
            return;
        }
        if let Some(history) = &mut self.history
            && !request.wrong_scope
        {
            history.replaced(request.cell, cell, now_ms, true);
        }
        if let Some(previous) = &mut self.previous
            && !request.wrong_scope
        {
            previous.insert(request.cell, cell.clone());
        }
        request.value = cell.value.take();
        let version = Version(cell.info.version.0 + 1);
        let tombstone = KeyInfo { version, created_ms: 0, updated_ms: now_ms, labels: None };
        request.info = std::mem::replace(&mut cell.info, tombstone);
    }

    /// What is stored in a cell, for somebody who asks without a request.
    pub(crate) fn peek(&self, cell: CellId) -> Option<&S> {
        self.cells[cell.index()].value.as_ref()
    }

    /// Writes without a request, whatever is there.
    pub(crate) fn put(&mut self, cell: CellId, value: S, now_ms: i64) -> Commit<'_, S> {
        self.keeps_old(cell, now_ms, false);
        let cell = &mut self.cells[cell.index()];
        let created_ms = if cell.value.is_some() { cell.info.created_ms } else { now_ms };
        let version = Version(cell.info.version.0 + 1);
        cell.info = KeyInfo { version, created_ms, updated_ms: now_ms, labels: None };
        let before = cell.value.replace(value);
        let after = cell.value.as_mut().expect("it was just written");
        Commit { before, after }
    }

    /// Removes a key without a request, if there is one.
    pub(crate) fn take_away(&mut self, cell: CellId, now_ms: i64) -> Option<S> {
        self.cells[cell.index()].value.as_ref()?;
        self.keeps_old(cell, now_ms, true);
        let cell = &mut self.cells[cell.index()];
        let version = Version(cell.info.version.0 + 1);
        cell.info = KeyInfo { version, created_ms: 0, updated_ms: now_ms, labels: None };
        cell.value.take()
    }

    /// Whoever remembers what a key was before does so, as it changes.
    fn keeps_old(&mut self, cell: CellId, now_ms: i64, removed: bool) {
        let old = &self.cells[cell.index()];
        if let Some(history) = &mut self.history {
            history.replaced(cell, old, now_ms, removed);
        }
        if let Some(previous) = &mut self.previous {
            previous.insert(cell, old.clone());
        }
    }

    /// Damages what is stored under a key, if anything is. Nobody's version: whoever has read it
    /// may still write over it.
    pub(crate) fn damage(&mut self, cell: CellId, damage: impl FnOnce(&mut S)) {
        if let Some(value) = &mut self.cells[cell.index()].value {
            damage(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_called_for_has_a_cell_of_its_own_and_only_a_players_has_a_key() {
        let world = DatastoreWorld { key_prefix: "player_".to_owned(), ..Default::default() };
        let mut datastore = Datastore::<()>::new(&world, 3, 0, false);
        let shared = Place::named("index", "global", "all");
        let elsewhere = Place::named("index", "eu", "all");
        let stranger = Place::Player(Key(3));
        let long = Place::named("index", "global", &"k".repeat(51));
        let mut cell = |place: &Place| {
            let (cell, key) = datastore.cell_of(place);
            assert_eq!(key.is_some(), cell.number() < 3, "{place:?}");
            cell.number()
        };
        assert_eq!([0, 2].map(|key| cell(&Place::Player(Key(key)))), [0, 2]);
        assert_eq!([&shared, &elsewhere, &stranger, &long].map(&mut cell), [3, 4, 5, 6]);
        assert_eq!([&stranger, &shared].map(&mut cell), [5, 3], "the same one again");
        let fits = |cell| datastore.key_fits(CellId::new(cell));
        assert_eq!([0, 3, 5].map(fits), [Ok(()); 3]);
        assert_eq!(fits(6), Err(Error::KeyNameLimit));
    }
}

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

mod error;

pub use error::{Applied, Error};

use crate::library::{self, CallKind, Found, KeyInfo, Op, Reply, Version, VersionInfo};
use crate::luck::Block;
use crate::schedule::Moment;
use crate::slab::Slab;
use leasehold_core::JobId;

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
    pub(crate) requests: Slab<Request<S>>,
}

/// A key. Without a value there is none, or it was removed; its versions are counted on.
#[derive(Clone, Debug)]
struct Cell<S> {
    value: Option<S>,
    info: KeyInfo,
}

/// A write that has landed: what was there before, and what is there now.
pub(crate) struct Landing<'a, S> {
    pub(crate) before: Option<S>,
    pub(crate) after: &'a mut S,
}

impl<S: Clone> Datastore<S> {
    pub(crate) fn new(keys: usize) -> Datastore<S> {
        let cell = Cell { value: None, info: KeyInfo::default() };
        Datastore { cells: vec![cell; keys], requests: Slab::new() }
    }

    /// The first phase: the request takes the present value along.
    pub(crate) fn read(&mut self, request: u32) {
        let request = self.requests.of_mut(request);
        let cell = &self.cells[request.key as usize];
        request.value.clone_from(&cell.value);
        request.info.clone_from(&cell.info);
    }

    /// The third phase, at so many milliseconds of the backend's clock: what the request carries is
    /// written. Nothing happens if it is an update and somebody has written since it read.
    pub(crate) fn write(&mut self, request: u32, now_ms: i64) -> Option<Landing<'_, S>> {
        let request = self.requests.of_mut(request);
        let cell = &mut self.cells[request.key as usize];
        let update = request.asks == library::Request::Update;
        if update && cell.info.version != request.info.version {
            return None;
        }
        let created_ms = if cell.value.is_some() { cell.info.created_ms } else { now_ms };
        let version = Version(cell.info.version.0 + 1);
        let labels = request.info.labels.take();
        cell.info = KeyInfo { version, created_ms, updated_ms: now_ms, labels };
        let before = std::mem::replace(&mut cell.value, request.value.take());
        let after = cell.value.as_mut().expect("a write brings a value");
        Some(Landing { before, after })
    }

    /// Removes a key; what was there goes along with the request.
    pub(crate) fn remove(&mut self, request: u32, now_ms: i64) {
        let request = self.requests.of_mut(request);
        let cell = &mut self.cells[request.key as usize];
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

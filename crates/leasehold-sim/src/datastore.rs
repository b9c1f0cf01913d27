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
//! This file keeps the state; what each phase means for the rest of the world is in `world`.

use crate::library::Op;
use crate::luck::Block;
use crate::schedule::Moment;
use crate::slab::Slab;
use leasehold_core::JobId;
use leasehold_core::chronicle::CallKind;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Request<S> {
    pub(crate) server: u32,
    pub(crate) job: JobId,
    pub(crate) op: Op,
    pub(crate) visit: u32,
    pub(crate) key: u32,
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
    /// What was read, until its transform has run; then what is to be written.
    pub(crate) value: Option<S>,
    /// The version that was read.
    pub(crate) version: u32,
}

/// What happens to a request next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Read,
    Transform,
    Write,
    Answer { failed: bool },
}

/// The datastore.
#[derive(Debug)]
pub(crate) struct Datastore<S> {
    cells: Vec<Cell<S>>,
    pub(crate) requests: Slab<Request<S>>,
    /// Outages that have begun and not ended.
    outages: u32,
}

#[derive(Clone, Debug)]
struct Cell<S> {
    version: u32,
    value: Option<S>,
}

impl<S: Clone> Datastore<S> {
    pub(crate) fn new(keys: usize) -> Datastore<S> {
        let cell = Cell { version: 0, value: None };
        Datastore { cells: vec![cell; keys], requests: Slab::new(), outages: 0 }
    }

    pub(crate) fn begin_outage(&mut self) {
        self.outages += 1;
    }

    pub(crate) fn end_outage(&mut self) {
        self.outages = self.outages.saturating_sub(1);
    }

    pub(crate) fn is_out(&self) -> bool {
        self.outages > 0
    }

    /// The first phase: the request takes the present value along.
    pub(crate) fn read(&mut self, request: u32) {
        let request = self.requests.of_mut(request);
        let cell = &self.cells[request.key as usize];
        request.value.clone_from(&cell.value);
        request.version = cell.version;
    }

    /// The third phase: the value that was replaced and the one that replaced it; or nothing, if
    /// somebody has written since the request read.
    pub(crate) fn compare_and_swap(&mut self, request: u32) -> Option<(Option<S>, &mut S)> {
        let request = self.requests.of_mut(request);
        let cell = &mut self.cells[request.key as usize];
        if cell.version != request.version {
            return None;
        }
        cell.version += 1;
        let before = std::mem::replace(&mut cell.value, request.value.take());
        Some((before, cell.value.as_mut().expect("a request writes what its transform returned")))
    }

    /// Damages what is stored under a key, if anything is. Nobody's version: whoever has read it
    /// may still write over it.
    pub(crate) fn damage(&mut self, key: u32, damage: impl FnOnce(&mut S)) {
        if let Some(value) = &mut self.cells[key as usize].value {
            damage(value);
        }
    }
}

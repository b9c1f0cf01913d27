//! What those who check remember of each visit and of each key: one row for all of them.
//!
//! An event is about a visit and a key, and nearly everybody remembers something of both. With rows
//! of their own each would wait for lines of memory of its own, in a world that outgrows the cache.
//! So their rows lie side by side, and whoever looks ahead asks for them at once.
//!
//! ```text
//!   visit v7    progress | stored | owed | cost | dirty | harm | lease | owner
//!   key k3      record | lease | order | holding | taken_by | accepted | lock | damage
//! ```
//!
//! Law: a part belongs to one observer, which alone reads and writes it; what several need to know
//! is a model. Numbers of visits are used again, so each resets its part when a visit begins.

use super::{Known, corruption, cost, dirty, double_ownership, foreign_writes, harm, obligations};
use super::{order, progress, stored};
use crate::ids::VisitId;
use crate::rows::Rows;
use leasehold_core::{Key, warm};

/// The rows of a run.
pub(crate) struct Memory {
    pub(super) visits: Rows<OfVisit>,
    pub(super) keys: Keys,
}

/// What is remembered of a visit. In an order of our own: what most steps look at comes first.
#[derive(Clone, Default)]
#[repr(C, align(64))]
pub(crate) struct OfVisit {
    pub(super) progress: progress::Visit,
    pub(super) stored: stored::Visit,
    pub(super) cost: cost::Visit,
    pub(super) dirty: dirty::Visit,
    pub(super) owed: obligations::Visit,
    pub(super) harm: harm::Visit,
    pub(super) lease: Option<foreign_writes::Lease>,
    pub(super) owner: double_ownership::Visit,
}

/// What is remembered of a key.
#[derive(Clone)]
#[repr(align(64))]
pub(crate) struct OfKey {
    pub(super) record: progress::Record,
    pub(super) lease: double_ownership::Lease,
    pub(super) order: Option<order::Counts>,
    pub(super) holding: obligations::Holding,
    pub(super) taken_by: Option<foreign_writes::Taken>,
    /// How many changes its data can have seen: see `changes`.
    pub(super) accepted: u64,
    pub(super) lock: harm::Lock,
    pub(super) damage: corruption::Damage,
}

/// What will soon come of a visit and its key, as far as that tells what is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Coming {
    Change,
    Call,
    Write,
    Answer,
}

/// The rows of all keys.
pub(crate) struct Keys(Vec<OfKey>);

impl Keys {
    pub(super) fn of(&mut self, key: Key) -> &mut OfKey {
        &mut self.0[key.0 as usize]
    }

    pub(super) fn at(&self, key: Key) -> &OfKey {
        &self.0[key.0 as usize]
    }
}

impl Memory {
    pub(super) fn new(known: &Known) -> Memory {
        let new = OfKey {
            record: progress::Record::new(known.reads_old),
            lease: double_ownership::Lease::default(),
            order: Some(order::Counts::default()),
            holding: obligations::Holding::NEW,
            taken_by: None,
            accepted: 0,
            lock: None,
            damage: corruption::Damage::default(),
        };
        Memory { visits: Rows::default(), keys: Keys(vec![new; known.players as usize]) }
    }

    /// There will soon be a step of a visit.
    pub(super) fn warm_visit(&self, visit: VisitId, coming: Coming) {
        let Some(row) = self.visits.get(visit) else { return };
        let OfVisit { progress, stored, owed, cost, dirty, harm, lease, .. } = row;
        warm::value(progress);
        warm::value(stored);
        match coming {
            Coming::Change => warm::value(cost),
            Coming::Call | Coming::Answer => {
                warm::value(cost);
                warm::value(dirty);
                warm::value(owed);
            }
            Coming::Write => {
                warm::value(owed);
                warm::value(harm);
                warm::value(lease);
            }
        }
    }

    /// There will soon be a step of a key.
    pub(super) fn warm_key(&self, key: Key, coming: Coming) {
        let OfKey { record, lease, order, holding, taken_by, accepted, lock, .. } =
            self.keys.at(key);
        match coming {
            Coming::Change => return warm::value(accepted),
            Coming::Call => return,
            Coming::Answer => return record.warm(),
            Coming::Write => record.warm(),
        }
        warm::value(lease);
        warm::value(order);
        warm::value(holding);
        warm::value(taken_by);
        warm::value(accepted);
        warm::value(lock);
    }
}

//! A stored item is in one stored record, unless a session still owes half of a trade.
//!
//! A trade is two saves: one takes the item out of a record, the other puts it into another. In
//! between, the item is stored twice or not at all: *exposed*. That is no violation as long as a
//! visit can still save what is missing. It becomes one once nobody can:
//!
//! ```text
//!   stored once --[a half commits]--> exposed --[the other half commits]--> stored once
//!                                      '--[who owes it is over]--> duplicated, or lost
//! ```
//!
//! The model is, for each item, which stored records hold it, and which visits have it in their
//! data. What a key can come to hold is what one of its living visits has, or what is stored if it
//! has none. So late saves, rollbacks and damage are judged like trades: by what is stored, and by
//! whether anybody can mend it. An item that was duplicated counts as two from then on, so that no
//! incident counts twice.

use super::debt::{End, written_by};
use super::memory::Memory;
use super::{Checker, Detail, Findings, Invariant, Known, Location, OwedBy, Subject, WrittenBy};
use crate::cause::{self, Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{Holdings, Item};
use crate::model::Models;
use crate::rows::Rows;
use crate::step::{Fact, Session, Step};
use leasehold_core::Key;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Two complaints, and so two properties: a copy too many is not mended as a missing one is.
pub(super) static DUPLICATED: Invariant = Invariant::safety(
    "items_are_not_duplicated",
    "a stored item is in one stored record at most, unless a session still owes half of a trade",
);

pub(super) static LOST: Invariant = Invariant::safety(
    "items_are_not_lost",
    "a stored item is in one stored record at least, unless a session still owes half of a trade",
);

static TWO_VERSIONS: Cause =
    Cause::new("two versions", Class::Harm, "two versions of the data were stored");

pub(crate) struct Items {
    keys: Vec<Record>,
    visits: Rows<Option<Box<Live>>>,
    items: Vec<ItemState>,
    /// How many items are exposed now, and how many were at the most.
    pub(crate) exposed: u64,
    pub(crate) exposed_max: u64,
    pub(crate) minted: u64,
    pub(crate) trades: u64,
    /// Incidents, by what ended the session that owed something.
    pub(crate) duplicated: BTreeMap<&'static str, u64>,
    pub(crate) lost: BTreeMap<&'static str, u64>,
    /// What the present step has shown: whether an item is lost, or else duplicated.
    shown: SmallVec<[bool; 2]>,
}

/// What is stored under a key, and whose visits may write there.
#[derive(Clone, Default)]
struct Record {
    stored: SmallVec<[Item; 4]>,
    live: SmallVec<[VisitId; 2]>,
}

/// A visit that has its data.
#[derive(Clone)]
struct Live {
    key: Key,
    server: ServerId,
    items: Vec<Item>,
    end: End,
}

#[derive(Clone, Default)]
struct ItemState {
    /// Keys whose stored record holds it, and visits whose data does; twice if they do twice.
    holders: SmallVec<[Key; 2]>,
    bearers: SmallVec<[VisitId; 2]>,
    /// How many of it there are; 0 before it is stored, and once it is lost.
    level: usize,
    stored_once: bool,
    exposed: bool,
    /// The write that last put it into a stored record, or took it out.
    committed: Option<WrittenBy>,
    /// The visit that is over and has not saved what it had.
    owed: Option<OwedBy>,
}

impl Items {
    /// For worlds with trades or purchases.
    pub(super) fn new(known: &Known) -> Option<Items> {
        known.trades.then(|| Items {
            keys: vec![Record::default(); known.players as usize],
            visits: Rows::default(),
            items: Vec::new(),
            exposed: 0,
            exposed_max: 0,
            minted: 0,
            trades: 0,
            duplicated: BTreeMap::new(),
            lost: BTreeMap::new(),
            shown: SmallVec::new(),
        })
    }

    /// What the present step has shown: for each item, whether it is lost, or else duplicated.
    pub(crate) fn shown(&self) -> &[bool] {
        &self.shown
    }

    fn record(&mut self, key: Key) -> &mut Record {
        &mut self.keys[key.0 as usize]
    }

    fn state(&mut self, item: Item) -> &mut ItemState {
        let nth = item.0 as usize;
        if nth >= self.items.len() {
            self.items.resize(nth + 1, ItemState::default());
        }
        &mut self.items[nth]
    }

    /// A visit has its data now.
    fn loaded(&mut self, step: &Step, held: &[Item], out: &mut Findings) {
        let Some(Session { visit, key, server }) = step.session() else { return };
        let live = Live { key, server, items: held.to_vec(), end: End::default() };
        *self.visits.of(visit) = Some(Box::new(live));
        self.record(key).live.push(visit);
        for item in held {
            self.state(*item).bearers.push(visit);
        }
        for item in held {
            self.settle(*item, step, out);
        }
    }

    fn gains(&mut self, visit: VisitId, item: Item) {
        if let Some(live) = self.visits.of(visit) {
            live.items.push(item);
            self.state(item).bearers.push(visit);
        }
    }

    fn loses(&mut self, visit: VisitId, item: Item) {
        if let Some(live) = self.visits.of(visit)
            && let Some(place) = live.items.iter().position(|known| *known == item)
        {
            live.items.swap_remove(place);
            remove(&mut self.state(item).bearers, visit);
        }
    }

    /// What is stored under a key is this now.
    fn stored(&mut self, step: &Step, held: &[Item], out: &mut Findings) {
        let Some(key) = step.key else { return };
        let record = self.record(key);
        if record.stored.as_slice() == held {
            return;
        }
        let before = std::mem::replace(&mut record.stored, SmallVec::from_slice(held));
        let committed = |put| Some(written_by(step, put));
        for item in missing(&before, held) {
            let state = self.state(item);
            remove(&mut state.holders, key);
            state.committed = committed(false);
        }
        for item in missing(held, &before) {
            let state = self.state(item);
            state.holders.push(key);
            state.committed = committed(true);
            if !std::mem::replace(&mut state.stored_once, true) {
                state.level = 1;
            }
        }
        for item in missing(&before, held).into_iter().chain(missing(held, &before)) {
            self.settle(item, step, out);
        }
    }

    /// Nothing of a visit can commit any more.
    fn over(&mut self, step: &Step, out: &mut Findings) {
        let Some(visit) = step.visit else { return };
        let Some(live) = self.visits.of(visit).take() else { return };
        let Live { key, server, mut items, end } = *live;
        let record = self.record(key);
        remove(&mut record.live, visit);
        items.sort_unstable();
        let stored = record.stored.clone();
        for item in &items {
            remove(&mut self.state(*item).bearers, visit);
        }
        let how = end.how();
        let place = Location { at: step.at, server: Some(server), key: Some(key) };
        let owed = |put| Some(OwedBy { place, put, how });
        let (untaken, unput) = (missing(&stored, &items), missing(&items, &stored));
        untaken.iter().for_each(|item| self.state(*item).owed = owed(false));
        unput.iter().for_each(|item| self.state(*item).owed = owed(true));
        for item in untaken.into_iter().chain(unput) {
            self.settle(item, step, out);
        }
    }

    /// The fewest and the most records that can come to hold an item.
    fn reachable(&mut self, item: Item) -> (usize, usize) {
        let state = std::mem::take(self.state(item));
        let mut keys: SmallVec<[Key; 4]> = state.holders.iter().copied().collect();
        let of = |visit: &VisitId| self.visits.get(*visit)?.as_ref().map(|live| live.key);
        keys.extend(state.bearers.iter().filter_map(of));
        keys.sort_unstable();
        keys.dedup();
        let (mut fewest, mut most) = (0, 0);
        for key in keys {
            let live = self.keys[key.0 as usize].live.iter();
            let counts = live.map(|visit| count(&state.bearers, *visit));
            let stored = count(&state.holders, key);
            fewest += counts.clone().min().unwrap_or(stored);
            most += counts.max().unwrap_or(stored);
        }
        *self.state(item) = state;
        (fewest, most)
    }

    /// Judges an item of which something has changed.
    fn settle(&mut self, item: Item, step: &Step, out: &mut Findings) {
        let (fewest, most) = self.reachable(item);
        let state = self.state(item);
        if !state.stored_once {
            return;
        }
        let (stored, level) = (state.holders.len(), state.level);
        if stored > level && fewest > level {
            state.level = stored.min(fewest);
        } else if stored < level && most < level {
            state.level = stored.max(most);
        }
        let (now, was) = (state.level, level);
        if now == stored && fewest == now && most == now && now == was {
            state.owed = None;
        }
        let exposed = now != stored;
        let newly = exposed && !state.exposed;
        let (exposed_before, this) =
            (std::mem::replace(&mut state.exposed, exposed), state.clone());
        self.exposed = self.exposed + u64::from(exposed) - u64::from(exposed_before);
        self.exposed_max = self.exposed_max.max(self.exposed);
        if newly {
            out.reached("half of a trade was saved");
        }
        let (duplicated, lost) = (now > was && now > 1, now < was && now == 0);
        if duplicated || lost {
            self.incident(item, &this, step, out);
        }
    }

    fn incident(&mut self, item: Item, state: &ItemState, step: &Step, out: &mut Findings) {
        let lost = state.level == 0;
        let cause = match (state.owed, &step.fact) {
            (Some(owed), _) => owed.how,
            (None, Fact::Damaged) => &cause::DAMAGE,
            (None, _) => &TWO_VERSIONS,
        };
        let cause = out.bad_read().unwrap_or(cause);
        let counts = if lost { &mut self.lost } else { &mut self.duplicated };
        *counts.entry(cause.name).or_default() += 1;
        self.shown.push(lost);
        out.reached(if lost { "an item was lost" } else { "an item was duplicated" });
        let owed = state.owed.map(|owed| Location { at: step.at, ..owed.place });
        let place = owed.unwrap_or(Location::from(step));
        let invariant = if lost { &LOST } else { &DUPLICATED };
        out.violated(invariant, place, cause, || {
            let written = state.committed.map(|by| by.to_string()).unwrap_or_default();
            let owed = state.owed.map(|by| by.to_string()).unwrap_or_default();
            Detail {
                sentence: told(item, &state.holders) + &written + &owed,
                subject: Some(Subject::Item(item)),
                written: state.committed,
                owed: state.owed,
            }
        });
    }
}

fn told(item: Item, holders: &[Key]) -> String {
    let keys: Vec<String> = holders.iter().map(ToString::to_string).collect();
    match &keys[..] {
        [] => format!("item {} is lost", item.0),
        keys => format!("item {} is stored under {}", item.0, keys.join(" and ")),
    }
}

/// What the first list has that the second has not. Both are in order.
fn missing(these: &[Item], those: &[Item]) -> SmallVec<[Item; 4]> {
    let mut those = those.iter().peekable();
    let mut found = SmallVec::new();
    for item in these {
        while those.next_if(|other| *other < item).is_some() {}
        if those.next_if(|other| *other == item).is_none() {
            found.push(*item);
        }
    }
    found
}

fn count<T: PartialEq>(list: &[T], one: T) -> usize {
    list.iter().filter(|other| **other == one).count()
}

fn remove<T: PartialEq>(list: &mut SmallVec<[T; 2]>, who: T) {
    if let Some(place) = list.iter().position(|one| *one == who) {
        list.swap_remove(place);
    }
}

impl Checker for Items {
    fn invariant(&self) -> &'static Invariant {
        &DUPLICATED
    }

    fn invariants(&self) -> Vec<&'static Invariant> {
        vec![&DUPLICATED, &LOST]
    }

    fn on_step(&mut self, step: &Step, _rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        self.shown.clear();
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::Asked => *self.visits.of(visit) = None,
            Fact::Minted { item } => {
                self.minted += 1;
                self.gains(visit, item);
            }
            Fact::Traded { item, to, .. } => {
                self.trades += 1;
                self.loses(visit, item);
                self.gains(to, item);
                self.settle(item, step, out);
            }
            Fact::OwnerPaused | Fact::Saved | Fact::Ended { .. } => {
                if let Some(live) = self.visits.of(visit) {
                    live.end.on(&step.fact, out);
                }
            }
            Fact::Over => self.over(step, out),
            _ => {}
        }
    }

    fn on_holdings(&mut self, step: &Step, held: &Holdings, out: &mut Findings) {
        self.shown.clear();
        match step.fact {
            Fact::Loaded { .. } => self.loaded(step, &held.items, out),
            _ => self.stored(step, &held.items, out),
        }
    }
}

#[cfg(test)]
mod tests;

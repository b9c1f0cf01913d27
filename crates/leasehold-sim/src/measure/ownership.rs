//! Who owns the most contested key: who believes it, whom the store names, whose writes land.
//!
//! Which key that will be is known only at the end, and the history of all of them would grow
//! without bound. So belief overlaps and conflicts are counted for every key, but stories are
//! written for 256 keys at a time: at first for the lowest, and whenever another key overtakes the
//! least contested of those, it takes its place. More contested is who had more overlaps, and of
//! those with as many, more conflicts: the first is a lock that failed, the second one that worked.
//! The key that ends first has then been written about since it overtook somebody; in a world of
//! few players, since the beginning. A story that gets too long loses its oldest entries, and knows
//! since when it is complete.

use super::Rows;
use crate::library::{CallKind, View};
use crate::observe::Step;
use leasehold_data::{Conflict, Held, Interval, Landing, Ownership};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::VecDeque;

/// Keys whose story is written at a time.
const STORIES: usize = 256;

/// Entries of one sort in a story.
const ENTRIES: usize = 512;

/// Nobody.
const NONE: u32 = u32::MAX;

pub(crate) struct Contests {
    /// Which server each job ran on: jobs are numbered in the order in which servers boot.
    jobs: Vec<u32>,
    counts: Vec<Count>,
    /// Whether each visit believes now.
    believing: Rows<bool>,
    /// Who holds each key now, to begin a story with.
    holders: Vec<Holder>,
    /// A bit for each key: whether its story is written. Writes land all the time, this is small.
    written: Vec<u64>,
    stories: Vec<Story>,
    /// How contested the least contested key in the stories is.
    least: (u32, u32),
    contested: u64,
}

/// How contested a key is.
#[derive(Clone, Copy, Default)]
struct Count {
    overlaps: u32,
    conflicts: u32,
    /// Sessions that believe in it now.
    believers: u16,
}

impl Count {
    fn rank(&self) -> (u32, u32) {
        (self.overlaps, self.conflicts)
    }
}

/// The last session that believed in a key, and the last that the store named.
#[derive(Clone, Copy)]
struct Holder {
    visit: u32,
    server: u32,
    frozen: bool,
    since: u64,
    named: u32,
    named_since: u64,
}

struct Story {
    key: u32,
    /// Since when it is complete.
    from_us: u64,
    open: SmallVec<[Open; 2]>,
    named: Option<Open>,
    believed: Entries<Held>,
    frozen: Entries<Held>,
    owned: Entries<Held>,
    landed: Entries<Landing>,
    conflicted: Entries<(Landing, &'static str)>,
}

/// What a session holds now. The store's owner is told apart by its server only: a server that
/// takes over from itself goes on.
#[derive(Clone, Copy, PartialEq)]
struct Open {
    visit: u32,
    server: u32,
    since: u64,
    frozen: bool,
}

/// The latest entries, and until when older ones were dropped.
struct Entries<T> {
    kept: VecDeque<T>,
}

impl<T> Default for Entries<T> {
    fn default() -> Entries<T> {
        Entries { kept: VecDeque::new() }
    }
}

impl<T> Entries<T> {
    /// Adds an entry; says which one had to go for it.
    fn push(&mut self, entry: T) -> Option<T> {
        let dropped = if self.kept.len() == ENTRIES { self.kept.pop_front() } else { None };
        self.kept.push_back(entry);
        dropped
    }
}

impl Contests {
    pub(crate) fn new(keys: usize) -> Contests {
        let nobody = Holder {
            visit: NONE,
            server: NONE,
            frozen: false,
            since: 0,
            named: NONE,
            named_since: 0,
        };
        let written = 0..keys.min(STORIES) as u32;
        let mut contests = Contests {
            jobs: Vec::new(),
            counts: vec![Count::default(); keys],
            believing: Rows::default(),
            holders: vec![nobody; keys],
            written: vec![0; keys.div_ceil(64)],
            stories: written.clone().map(|key| Story::new(key, 0, &nobody)).collect(),
            least: (0, 0),
            contested: 0,
        };
        written.for_each(|key| contests.mark(key, true));
        contests
    }

    fn mark(&mut self, key: u32, written: bool) {
        let (word, bit) = (&mut self.written[key as usize / 64], 1 << (key % 64));
        if written { *word |= bit } else { *word &= !bit }
    }

    fn is_written(&self, key: u32) -> bool {
        self.written[key as usize / 64] & 1 << (key % 64) != 0
    }

    fn story(&mut self, key: u32) -> Option<&mut Story> {
        if !self.is_written(key) {
            return None;
        }
        self.stories.iter_mut().find(|story| story.key == key)
    }

    pub(crate) fn booted(&mut self, step: &Step) {
        self.jobs.push(step.server);
    }

    pub(crate) fn believes(&mut self, step: &Step) {
        let (at, key) = (step.at.as_micros(), step.key);
        if !std::mem::replace(self.believing.of(step.visit), true) {
            let count = &mut self.counts[key as usize];
            let others = count.believers;
            count.believers += 1;
            if others > 0 {
                self.contested += u64::from(count.rank() == (0, 0));
                count.overlaps = count.overlaps.saturating_add(others.into());
                // Before the holder changes, so that the story begins with both.
                self.follow(key, at);
            }
        }
        let holder = &mut self.holders[key as usize];
        (holder.visit, holder.server, holder.frozen) = (step.visit, step.server, false);
        holder.since = at;
        if let Some(story) = self.story(key) {
            story.holds_no_more(step.visit, at);
            let (visit, server) = (step.visit, step.server);
            story.open.push(Open { visit, server, since: at, frozen: false });
        }
    }

    /// A session believes no more, or is over.
    pub(crate) fn ceases(&mut self, step: &Step) {
        self.parts(step);
        let holder = &mut self.holders[step.key as usize];
        if holder.visit == step.visit {
            (holder.visit, holder.server) = (NONE, NONE);
        }
        if let Some(story) = self.story(step.key) {
            story.holds_no_more(step.visit, step.at.as_micros());
        }
    }

    /// A believer less. One that leaves at the moment another comes has not overlapped with it.
    fn parts(&mut self, step: &Step) {
        if !std::mem::take(self.believing.of(step.visit)) {
            return;
        }
        let (count, holder) =
            (&mut self.counts[step.key as usize], &self.holders[step.key as usize]);
        count.believers -= 1;
        let came_now = holder.visit != NONE && holder.since == step.at.as_micros();
        if count.believers > 0 && came_now && !holder.frozen {
            let met = if holder.visit == step.visit { count.believers } else { 1 };
            count.overlaps = count.overlaps.saturating_sub(met.into());
            self.contested -= u64::from(count.rank() == (0, 0));
        }
    }

    pub(crate) fn freezes(&mut self, step: &Step) {
        let (at, key) = (step.at.as_micros(), step.key);
        self.parts(step);
        let holder = &mut self.holders[key as usize];
        if holder.visit == step.visit {
            (holder.frozen, holder.since) = (true, at);
        }
        if let Some(story) = self.story(key) {
            story.holds_no_more(step.visit, at);
            let (visit, server) = (step.visit, step.server);
            story.open.push(Open { visit, server, since: at, frozen: true });
        }
    }

    pub(crate) fn landed(&mut self, step: &Step, kind: CallKind, after: &View) {
        // Only these two pass a lease on; for all other writes a look at one bit is enough.
        let passes_on = matches!(kind, CallKind::Acquire | CallKind::Release);
        let written = self.is_written(step.key);
        if !passes_on && !written {
            return;
        }
        let at = step.at.as_micros();
        let owner = if after.released { NONE } else { self.jobs[after.owner.0 as usize] };
        let holder = &mut self.holders[step.key as usize];
        if holder.named != owner {
            (holder.named, holder.named_since) = (owner, at);
        }
        if let Some(story) = self.story(step.key) {
            let dropped = story.landed.push(Landing { server: step.server, at_us: at });
            story.forget(dropped.map(|landing| landing.at_us));
            story.names(owner, at);
        }
    }

    pub(crate) fn conflict(&mut self, step: &Step, resolution: &'static str) {
        let (at, key) = (step.at.as_micros(), step.key);
        let count = &mut self.counts[key as usize];
        self.contested += u64::from(count.rank() == (0, 0));
        count.conflicts = count.conflicts.saturating_add(1);
        self.follow(key, at);
        if let Some(story) = self.story(key) {
            let entry = (Landing { server: step.server, at_us: at }, resolution);
            let dropped = story.conflicted.push(entry);
            story.forget(dropped.map(|(conflict, _)| conflict.at_us));
        }
    }

    /// Begins the story of a key in place of the least contested one's, if that is less contested.
    fn follow(&mut self, key: u32, at: u64) {
        let rank = self.counts[key as usize].rank();
        if rank <= self.least || self.is_written(key) {
            return;
        }
        let places = 0..self.stories.len();
        let Some(place) = places.min_by_key(|place| self.rank(*place)) else { return };
        let rival = self.stories[place].key;
        self.least = self.counts[rival as usize].rank();
        if rank > self.least {
            self.mark(rival, false);
            self.mark(key, true);
            self.stories[place] = Story::new(key, at, &self.holders[key as usize]);
        }
    }

    /// How contested the key of a story is; of equals, the lowest is the most.
    fn rank(&self, place: usize) -> ((u32, u32), Reverse<u32>) {
        let key = self.stories[place].key;
        (self.counts[key as usize].rank(), Reverse(key))
    }

    /// The story of the most contested key, if any was.
    pub(crate) fn row(&mut self, end_us: u64) -> Option<Ownership> {
        for story in &mut self.stories {
            while let Some(open) = story.open.first().copied() {
                story.holds_no_more(open.visit, end_us);
            }
            story.names(NONE, end_us);
        }
        let place = (0..self.stories.len()).max_by_key(|place| self.rank(*place))?;
        let story = self.stories.swap_remove(place);
        let count = self.counts[story.key as usize];
        (count.rank() > (0, 0)).then(|| story.row(count, self.contested, end_us))
    }
}

impl Story {
    fn new(key: u32, from_us: u64, holder: &Holder) -> Story {
        let Holder { visit, server, since, frozen, named, named_since } = *holder;
        let mut open = SmallVec::new();
        if visit != NONE {
            open.push(Open { visit, server, since, frozen });
        }
        let owner = Open { visit: NONE, server: named, since: named_since, frozen: false };
        Story {
            key,
            from_us,
            open,
            named: (named != NONE).then_some(owner),
            believed: Entries::default(),
            frozen: Entries::default(),
            owned: Entries::default(),
            landed: Entries::default(),
            conflicted: Entries::default(),
        }
    }

    /// What was dropped is not complete any more.
    fn forget(&mut self, dropped_us: Option<u64>) {
        self.from_us = self.from_us.max(dropped_us.unwrap_or(0));
    }

    /// Whatever a visit holds ends now.
    fn holds_no_more(&mut self, visit: u32, at: u64) {
        let Some(place) = self.open.iter().position(|open| open.visit == visit) else { return };
        let open = self.open.remove(place);
        let held =
            Held { server: open.server, during: Interval { from_us: open.since, to_us: at } };
        let entries = if open.frozen { &mut self.frozen } else { &mut self.believed };
        let dropped = entries.push(held);
        self.forget(dropped.map(|held| held.during.to_us));
    }

    /// The store names this server from now on.
    fn names(&mut self, server: u32, at: u64) {
        if let Some(open) = self.named {
            if open.server == server {
                return;
            }
            let during = Interval { from_us: open.since, to_us: at };
            let dropped = self.owned.push(Held { server: open.server, during });
            self.forget(dropped.map(|held| held.during.to_us));
        }
        let owner = Open { visit: NONE, server, since: at, frozen: false };
        self.named = (server != NONE).then_some(owner);
    }

    fn row(self, count: Count, contested: u64, end_us: u64) -> Ownership {
        let by_beginning = |entries: Entries<Held>| {
            let mut held: Vec<Held> = entries.kept.into();
            held.sort_by_key(|held| (held.during.from_us, held.server));
            held
        };
        let conflict = |(Landing { server, at_us }, resolution): (Landing, &str)| Conflict {
            server,
            at_us,
            resolution: resolution.to_owned(),
        };
        Ownership {
            key: format!("k{}", self.key),
            conflicts: count.conflicts.into(),
            overlaps: count.overlaps.into(),
            contested,
            recorded: Interval { from_us: self.from_us, to_us: end_us },
            believed: by_beginning(self.believed),
            frozen: by_beginning(self.frozen),
            named: by_beginning(self.owned),
            landed: self.landed.kept.into(),
            conflicted: self.conflicted.kept.into_iter().map(conflict).collect(),
        }
    }
}

#[cfg(test)]
mod tests;

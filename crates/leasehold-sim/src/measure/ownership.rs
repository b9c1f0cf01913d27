//! Who owns the most contested key: who considers itself owner, whom the store names, whose writes
//! commit.
//!
//! Which key that will be is known only at the end, and the history of all of them would grow
//! without bound. So double ownership and conflicts are counted for every key, but stories are
//! written for 256 keys at a time: at first for the lowest, and whenever another key overtakes the
//! least contested of those, it takes its place. More contested is who had more overlaps, and of
//! those with as many, more conflicts: the first is a lock that failed, the second one that worked.
//! The key that ends first has then been written about since it overtook somebody; in a world of
//! few players, since the beginning. A story that gets too long loses its oldest entries, and knows
//! since when it is complete.

use crate::cause::Cause;
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, View};
use crate::model::{Models, Owner, Owners};
use crate::step::{Fact, Session, Step};
use leasehold_core::{Key, micros};
use leasehold_data::{CommittedWrite, Conflict, Held, Interval, Ownership};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::num::NonZeroU16;
use std::time::Duration;

/// Keys whose story is written at a time.
const STORIES: usize = 256;

/// Entries of one sort in a story.
const ENTRIES: usize = 512;

#[derive(Default)]
pub(crate) struct OwnershipStats {
    /// How long a lease lasts from its holder's last write on, in microseconds.
    lease_us: u64,
    /// Which server each job ran on: jobs are numbered in the order in which servers boot.
    jobs: Vec<ServerId>,
    counts: Vec<Count>,
    /// Whom the store names as the owner of each key, and since when, to begin a story with.
    named: Vec<(Option<ServerId>, u64)>,
    /// The place of each key among the stories, from 1, if its story is written.
    places: Vec<Option<NonZeroU16>>,
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
}

impl Count {
    fn rank(&self) -> (u32, u32) {
        (self.overlaps, self.conflicts)
    }
}

struct Story {
    key: Key,
    /// Since when it is complete.
    from_us: u64,
    open: SmallVec<[Open; 2]>,
    /// Whom the store names now, told apart by the server only: a server that takes over from
    /// itself goes on.
    named: Option<(ServerId, u64)>,
    /// Until when the lease of that server lasts.
    lease_until_us: u64,
    owned: Entries<Held>,
    paused: Entries<Held>,
    named_spans: Entries<Held>,
    expired: Entries<Held>,
    committed: Entries<CommittedWrite>,
    conflicted: Entries<(CommittedWrite, &'static Cause)>,
}

/// What a session holds now.
#[derive(Clone, Copy, PartialEq)]
struct Open {
    visit: VisitId,
    server: ServerId,
    since: u64,
    paused: bool,
}

impl From<&Owner> for Open {
    fn from(owner: &Owner) -> Open {
        let Owner { visit, server, since, paused, .. } = *owner;
        Open { visit, server, since: since.as_micros(), paused }
    }
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

impl OwnershipStats {
    pub(crate) fn new(keys: u32, lease: Option<Duration>) -> OwnershipStats {
        let stories = (0..keys.min(STORIES as u32)).map(|key| Story::new(Key(key), 0));
        let mut ownership_stats = OwnershipStats {
            lease_us: lease.map_or(u64::MAX, micros),
            jobs: Vec::new(),
            counts: vec![Count::default(); keys as usize],
            named: vec![(None, 0); keys as usize],
            places: vec![None; keys as usize],
            stories: stories.collect(),
            least: (0, 0),
            contested: 0,
        };
        (0..ownership_stats.stories.len()).for_each(|place| ownership_stats.takes(place));
        ownership_stats
    }

    /// The story at a place is of another key than before.
    fn takes(&mut self, place: usize) {
        let key = self.stories[place].key.0 as usize;
        self.places[key] = NonZeroU16::new(place as u16 + 1);
    }

    fn is_written(&self, key: Key) -> bool {
        self.places[key.0 as usize].is_some()
    }

    fn story(&mut self, key: Key) -> Option<&mut Story> {
        let place = usize::from(self.places[key.0 as usize]?.get());
        Some(&mut self.stories[place - 1])
    }

    pub(crate) fn on_step(&mut self, step: &Step, seen: &Models) {
        if let (Fact::Booted, Some(server)) = (step.fact, step.server) {
            self.jobs.push(server);
        }
        let Some(session) = step.session() else { return };
        let at = step.at.as_micros();
        match step.fact {
            Fact::Owns { .. } => self.begins(at, session, &seen.owners),
            Fact::OwnsNoMore | Fact::Ended { .. } => self.ends(at, session, &seen.owners),
            Fact::OwnerPaused => {
                self.ends(at, session, &seen.owners);
                let Session { server, visit, key } = session;
                if let Some(story) = self.story(key) {
                    story.open.push(Open { visit, server, since: at, paused: true });
                }
            }
            Fact::Committed { kind, after: Some(after), .. } => {
                self.committed(at, session, kind, &after);
            }
            Fact::Conflict { resolution } => self.conflict(at, session, resolution, &seen.owners),
            _ => {}
        }
    }

    fn begins(&mut self, at: u64, session: Session, owners: &Owners) {
        let Session { server, visit, key } = session;
        let others = owners.live(key).filter(|owner| owner.visit != visit).count() as u32;
        if others > 0 {
            let count = &mut self.counts[key.0 as usize];
            self.contested += u64::from(count.rank() == (0, 0));
            count.overlaps = count.overlaps.saturating_add(others);
            let before = owners.of(key).iter().filter(|owner| owner.visit != visit);
            self.follow(key, at, before.map(Open::from).collect());
        }
        if let Some(story) = self.story(key) {
            story.holds_no_more(visit, at);
            story.open.push(Open { visit, server, since: at, paused: false });
        }
    }

    /// A session considers itself owner no more, or is over. One that leaves at the moment another
    /// comes has not overlapped with it.
    fn ends(&mut self, at: u64, session: Session, owners: &Owners) {
        if owners.ended().is_some_and(|owner| !owner.paused) {
            let missed = owners.live(session.key).count() - owners.overlaps().len();
            if missed > 0 {
                let count = &mut self.counts[session.key.0 as usize];
                count.overlaps = count.overlaps.saturating_sub(missed as u32);
                self.contested -= u64::from(count.rank() == (0, 0));
            }
        }
        if let Some(story) = self.story(session.key) {
            story.holds_no_more(session.visit, at);
        }
    }

    fn committed(&mut self, at: u64, session: Session, kind: CallKind, after: &View) {
        // Only these two pass a lease on; for all other writes a look at one number is enough.
        let passes_on = matches!(kind, CallKind::Acquire | CallKind::Release);
        let written = self.is_written(session.key);
        if !passes_on && !written {
            return;
        }
        let job = after.owner.filter(|_| !after.released).map(|(job, _)| job.0 as usize);
        let owner = job.and_then(|job| self.jobs.get(job).copied());
        let named = &mut self.named[session.key.0 as usize];
        if named.0 != owner {
            *named = (owner, at);
        }
        let lease_until_us = at.saturating_add(self.lease_us);
        if let Some(story) = self.story(session.key) {
            let landing = CommittedWrite { server: session.server.number(), at_us: at };
            let dropped = story.committed.push(landing);
            story.forget(dropped.map(|landing| landing.at_us));
            story.names(owner, at);
            if owner == Some(session.server) {
                story.expires(at);
                story.lease_until_us = lease_until_us;
            }
        }
    }

    fn conflict(&mut self, at: u64, session: Session, how: &'static Cause, owners: &Owners) {
        let key = session.key;
        let count = &mut self.counts[key.0 as usize];
        self.contested += u64::from(count.rank() == (0, 0));
        count.conflicts = count.conflicts.saturating_add(1);
        self.follow(key, at, owners.of(key).iter().map(Open::from).collect());
        if let Some(story) = self.story(key) {
            let entry = (CommittedWrite { server: session.server.number(), at_us: at }, how);
            let dropped = story.conflicted.push(entry);
            story.forget(dropped.map(|(conflict, _)| conflict.at_us));
        }
    }

    /// Begins the story of a key in place of the least contested one's, if that is less contested.
    fn follow(&mut self, key: Key, at: u64, open: SmallVec<[Open; 2]>) {
        let rank = self.counts[key.0 as usize].rank();
        if rank <= self.least || self.is_written(key) {
            return;
        }
        let places = 0..self.stories.len();
        let Some(place) = places.min_by_key(|place| self.rank(*place)) else { return };
        let rival = self.stories[place].key;
        self.least = self.counts[rival.0 as usize].rank();
        if rank > self.least {
            self.places[rival.0 as usize] = None;
            let (named, since) = self.named[key.0 as usize];
            let named = named.map(|server| (server, since));
            self.stories[place] = Story { open, named, ..Story::new(key, at) };
            self.takes(place);
        }
    }

    /// How contested the key of a story is; of equals, the lowest is the most.
    fn rank(&self, place: usize) -> ((u32, u32), Reverse<Key>) {
        let key = self.stories[place].key;
        (self.counts[key.0 as usize].rank(), Reverse(key))
    }

    /// The story of the most contested key, if any was.
    pub(crate) fn row(&mut self, end_us: u64) -> Option<Ownership> {
        for story in &mut self.stories {
            while let Some(open) = story.open.first().copied() {
                story.holds_no_more(open.visit, end_us);
            }
            story.names(None, end_us);
        }
        let place = (0..self.stories.len()).max_by_key(|place| self.rank(*place))?;
        let key = self.stories[place].key;
        let story = std::mem::replace(&mut self.stories[place], Story::new(key, end_us));
        let count = self.counts[story.key.0 as usize];
        (count.rank() > (0, 0)).then(|| story.row(count, self.contested, end_us))
    }
}

impl Story {
    fn new(key: Key, from_us: u64) -> Story {
        Story {
            key,
            from_us,
            open: SmallVec::new(),
            named: None,
            owned: Entries::default(),
            paused: Entries::default(),
            lease_until_us: u64::MAX,
            named_spans: Entries::default(),
            expired: Entries::default(),
            committed: Entries::default(),
            conflicted: Entries::default(),
        }
    }

    /// What was dropped is not complete any more.
    fn forget(&mut self, dropped_us: Option<u64>) {
        self.from_us = self.from_us.max(dropped_us.unwrap_or(0));
    }

    /// Whatever a visit holds ends now.
    fn holds_no_more(&mut self, visit: VisitId, at: u64) {
        let Some(place) = self.open.iter().position(|open| open.visit == visit) else { return };
        let open = self.open.remove(place);
        let during = Interval { from_us: open.since, to_us: at };
        let held = Held { server: open.server.number(), during };
        let entries = if open.paused { &mut self.paused } else { &mut self.owned };
        let dropped = entries.push(held);
        self.forget(dropped.map(|held| held.during.to_us));
    }

    /// The store names this server from now on, or nobody.
    fn names(&mut self, server: Option<ServerId>, at: u64) {
        if let Some((named, since)) = self.named {
            if Some(named) == server {
                return;
            }
            self.expires(at);
            let during = Interval { from_us: since, to_us: at };
            let dropped = self.named_spans.push(Held { server: named.number(), during });
            self.forget(dropped.map(|held| held.during.to_us));
        }
        self.named = server.map(|server| (server, at));
    }

    /// The lease of whom the store names goes no further than this: it may have run out before.
    fn expires(&mut self, at: u64) {
        let Some((named, since)) = self.named else { return };
        let from_us = std::mem::replace(&mut self.lease_until_us, u64::MAX).max(since);
        if from_us < at {
            let during = Interval { from_us, to_us: at };
            let dropped = self.expired.push(Held { server: named.number(), during });
            self.forget(dropped.map(|held| held.during.to_us));
        }
    }

    fn row(self, count: Count, contested: u64, end_us: u64) -> Ownership {
        let by_beginning = |entries: Entries<Held>| {
            let mut held: Vec<Held> = entries.kept.into();
            held.sort_by_key(|held| (held.during.from_us, held.server));
            held
        };
        let conflict = |(CommittedWrite { server, at_us }, how): (CommittedWrite, &Cause)| {
            Conflict { server, at_us, resolution: how.name.to_owned() }
        };
        Ownership {
            key: self.key.to_string(),
            conflicts: count.conflicts.into(),
            overlaps: count.overlaps.into(),
            contested,
            recorded: Interval { from_us: self.from_us, to_us: end_us },
            owned: by_beginning(self.owned),
            paused: by_beginning(self.paused),
            named: by_beginning(self.named_spans),
            expired: by_beginning(self.expired),
            committed: self.committed.kept.into(),
            conflicted: self.conflicted.kept.into_iter().map(conflict).collect(),
        }
    }
}

#[cfg(test)]
mod tests;

//! Where the changes of a key's record come from: which of them a write leaves out.
//!
//! Think of photocopies: whoever copies a page and writes on the copy makes a branch of it. Each
//! session is a branch: it begins with a version that was stored, and its own changes follow in
//! order. So a version is a place on a branch, and its changes are those of the way from there down
//! to the beginning. A write that comes after another one leaves out what is on the other's way and
//! not on its own: beyond the place where the two ways meet.
//!
//! ```text
//!   nothing --1-2-3--.--4-5-6       what s1 stored: 6 changes
//!                    '--4'          what s2 stores over it, on what it read at 3: 4-5-6 are gone
//! ```
//!
//! Laws: what a write leaves out and brings back is exact, as if each change had a name and each
//! version were the set of its changes. Branches are forgotten when no session, no version that can
//! still be read, and no other branch needs them, so there are a few for each session that lives,
//! however long the run is.

use leasehold_core::warm;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// A place on a branch: after how many changes, those before the branch included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) branch: Branch,
    pub(super) changes: u64,
}

/// Name of a branch: one more than its place, so that there may be none in the same four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch(NonZeroU32);

impl Branch {
    fn of(place: usize) -> Branch {
        let name = u32::try_from(place + 1).ok().and_then(NonZeroU32::new);
        Branch(name.expect("a key has a few branches"))
    }

    fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Versions before the present one that can be read by whoever reads what is old. A server
/// remembers what it has read for 4 s, in which no key is written more often.
const PAST: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Line {
    /// The branch that it began on; none if it began with nothing, or with what is not known.
    parent: Option<Branch>,
    /// After how many changes it began.
    begins: u64,
    /// As far as this it was stored at some time.
    stored: u64,
    /// As far as this it was acknowledged. If that is beyond its beginning, its parent was
    /// acknowledged as far as there.
    acknowledged: u64,
    /// Sessions and versions that need it.
    holders: u32,
    /// Branches that began on it.
    children: u32,
}

/// What a write has done to what was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Changes that were there and are not any more.
    pub(super) left_out: u64,
    /// How many of these had been acknowledged.
    pub(super) acknowledged: u64,
    /// Changes that had been left out or damaged before and are there again.
    pub(super) back: u64,
    /// How many of these had been damaged.
    pub(super) undamaged: u64,
}

/// The history of one key's record.
#[derive(Clone, Debug)]
pub(super) struct Lineage {
    lines: SmallVec<[Option<Line>; 2]>,
    /// What is stored; nothing if nothing is.
    now: Option<Version>,
    /// What was stored before, the latest first, if anybody may read it.
    past: Option<VecDeque<Option<Version>>>,
    /// What was stored before it was damaged, until the next write.
    undamaged: Option<Version>,
    /// Changes that were left out, and that were damaged, and are not there.
    gone: u64,
    lost: u64,
}

impl Lineage {
    /// Of a record that is not there. `reads_old`: somebody may read what was written over.
    pub(super) fn new(reads_old: bool) -> Lineage {
        let past = reads_old.then(VecDeque::new);
        Lineage { lines: SmallVec::new(), now: None, past, undamaged: None, gone: 0, lost: 0 }
    }

    /// It will soon be looked at.
    pub(super) fn warm(&self) {
        let Lineage { lines, now, past, gone, .. } = self;
        warm::value(lines);
        warm::value(now);
        warm::value(past);
        warm::value(gone);
    }

    /// What is stored, if anything is.
    pub(super) fn now(&self) -> Option<Version> {
        self.now
    }

    /// How many changes are stored, those included that were damaged.
    pub(super) fn changes(&self) -> u64 {
        self.now.map_or(0, |now| now.changes)
    }

    /// What was stored so many writes ago, if that is still known.
    pub(super) fn before(&self, writes: u32) -> Option<Version> {
        match writes.checked_sub(1) {
            None => self.now,
            Some(nth) => self.past.as_ref()?.get(nth as usize).copied().flatten(),
        }
    }

    /// A session begins with a version, or with nothing. Whoever begins must [end](Self::ends).
    pub(super) fn begins(&mut self, from: Option<Version>) -> Branch {
        let (parent, begins) = (from.map(|from| from.branch), from.map_or(0, |from| from.changes));
        if let Some(parent) = parent {
            self.line(parent).children += 1;
        }
        self.add(parent, begins)
    }

    /// A session begins with data of so many changes that are not known here.
    pub(super) fn begins_elsewhere(&mut self, changes: u64) -> Branch {
        self.add(None, changes)
    }

    /// A session has ended.
    pub(super) fn ends(&mut self, branch: Branch) {
        self.let_go(Some(branch));
    }

    /// The version that a branch had after so many changes, which may be before its beginning.
    pub(super) fn at(&self, mut branch: Branch, changes: u64) -> Option<Version> {
        while let Some(line) = self.lines[branch.place()]
            && changes <= line.begins
        {
            match line.parent {
                Some(parent) => branch = parent,
                None if changes < line.begins || changes == 0 => return None,
                None => break,
            }
        }
        Some(Version { branch, changes })
    }

    /// What is stored is written again by somebody who brings no data, or the beginning of it; or
    /// more, of which nothing is known.
    pub(super) fn carried(&mut self, changes: u64) -> Written {
        if changes <= self.changes() {
            let to = self.now.and_then(|now| self.at(now.branch, changes));
            return self.written(to);
        }
        let branch = self.begins(self.now);
        let written = self.written(Some(Version { branch, changes }));
        self.ends(branch);
        written
    }

    /// A version is stored, or nothing is any more.
    pub(super) fn written(&mut self, to: Option<Version>) -> Written {
        self.hold(to);
        let from = self.undamaged.or(self.now);
        let mut written = if from == to { Written::default() } else { self.compare(from, to) };
        if let Some(damaged) = self.undamaged.take() {
            written.undamaged = self.size(damaged) - written.left_out;
            (written.left_out, written.acknowledged) = (0, 0);
            self.let_go(Some(damaged.branch));
        }
        // What is there again had been left out; only what is more than that had been damaged.
        let left_out = written.back.min(self.gone);
        written.back += written.undamaged;
        written.undamaged = written.back - left_out;
        self.gone = self.gone + written.left_out - left_out;
        self.lost -= written.undamaged;
        if let Some(Version { branch, changes }) = to {
            let line = self.line(branch);
            line.stored = line.stored.max(changes);
        }
        let was = std::mem::replace(&mut self.now, to);
        let oldest = match &mut self.past {
            None => was,
            Some(past) => {
                let oldest = if past.len() == PAST { past.pop_back().flatten() } else { None };
                past.push_front(was);
                oldest
            }
        };
        self.let_go(oldest.map(|version| version.branch));
        written
    }

    /// What is stored is damaged: how many changes are gone with it.
    pub(super) fn damaged(&mut self) -> u64 {
        let Some(now) = self.now else { return 0 };
        let gone = self.size(now);
        self.lost += gone;
        let branch = self.begins_elsewhere(now.changes);
        self.now = Some(Version { branch, changes: now.changes });
        match self.undamaged {
            None => self.undamaged = Some(now),
            Some(_) => self.let_go(Some(now.branch)),
        }
        gone
    }

    /// A version was acknowledged, and so was all that is in it.
    pub(super) fn acknowledged(&mut self, version: Version) {
        let mut next = Some(version);
        while let Some(Version { branch, changes }) = next {
            let line = self.line(branch);
            if line.acknowledged >= changes && line.acknowledged > line.begins {
                return;
            }
            line.acknowledged = line.acknowledged.max(changes);
            next = line.parent.map(|branch| Version { branch, changes: line.begins });
        }
    }

    /// The way from a version down to the beginning: branches, and which part of each.
    fn way(&self, from: Option<Version>) -> SmallVec<[(Branch, u64, u64); 8]> {
        let mut way = SmallVec::new();
        let mut next = from;
        while let Some(Version { branch, changes }) = next {
            let Some(line) = self.lines[branch.place()] else { break };
            way.push((branch, line.begins.min(changes), changes));
            next = line.parent.map(|branch| Version { branch, changes: line.begins });
        }
        way
    }

    /// How many changes are on the way of a version.
    fn size(&self, version: Version) -> u64 {
        self.way(Some(version)).iter().map(|(_, begins, end)| end - begins).sum()
    }

    /// What is on the way of one version and not of another.
    fn compare(&self, from: Option<Version>, to: Option<Version>) -> Written {
        if let (Some(from), Some(to)) = (from, to)
            && from.branch == to.branch
            && from.changes <= to.changes
        {
            let stored = self.lines[to.branch.place()].map_or(0, |line| line.stored);
            let back = to.changes.min(stored).saturating_sub(from.changes);
            return Written { back, ..Written::default() };
        }
        let (old, new) = (self.way(from), self.way(to));
        // As far as this a branch is on the other way too; a branch that is not, as far as its
        // beginning.
        let shared = |way: &[(Branch, u64, u64)], (branch, begins, end): (Branch, u64, u64)| {
            let other = way.iter().find(|(other, ..)| *other == branch);
            other.map_or(begins, |(_, _, other)| end.min(*other))
        };
        let mut written = Written::default();
        for &(branch, begins, end) in &old {
            let Some(line) = self.lines[branch.place()] else { continue };
            let kept = shared(&new, (branch, begins, end));
            written.left_out += end - kept;
            written.acknowledged += end.min(line.acknowledged).saturating_sub(kept);
        }
        for &(branch, begins, end) in &new {
            let Some(line) = self.lines[branch.place()] else { continue };
            let kept = shared(&old, (branch, begins, end));
            written.back += end.min(line.stored).saturating_sub(kept);
        }
        written
    }

    fn line(&mut self, branch: Branch) -> &mut Line {
        // In a history that is not whole, somebody may need what was let go: it begins anew.
        let (stored, acknowledged) = (0, 0);
        let fresh = Line { parent: None, begins: 0, stored, acknowledged, holders: 1, children: 0 };
        self.lines[branch.place()].get_or_insert(fresh)
    }

    fn add(&mut self, parent: Option<Branch>, begins: u64) -> Branch {
        let line =
            Line { parent, begins, stored: begins, acknowledged: begins, holders: 1, children: 0 };
        let free = self.lines.iter().position(Option::is_none);
        let nth = free.unwrap_or(self.lines.len());
        match free {
            Some(nth) => self.lines[nth] = Some(line),
            None => self.lines.push(Some(line)),
        }
        Branch::of(nth)
    }

    fn hold(&mut self, version: Option<Version>) {
        if let Some(version) = version {
            self.line(version.branch).holders += 1;
        }
    }

    /// Somebody does not need a branch any more: it is forgotten, or becomes the beginning of the
    /// one that began on it.
    fn let_go(&mut self, branch: Option<Branch>) {
        let Some(branch) = branch else { return };
        let line = self.line(branch);
        line.holders = line.holders.saturating_sub(1);
        let mut next = Some(branch);
        while let Some(branch) = next.take() {
            let line = *self.line(branch);
            match (line.holders, line.children) {
                (0, 0) => {
                    self.lines[branch.place()] = None;
                    if let Some(parent) = line.parent {
                        let above = self.line(parent);
                        above.children = above.children.saturating_sub(1);
                        next = Some(parent);
                    }
                }
                (0, 1) => self.join(branch, line),
                _ => {}
            }
        }
    }

    /// The only branch that began on one which nobody needs takes its place.
    fn join(&mut self, branch: Branch, line: Line) {
        let child = self.lines.iter_mut().flatten().find(|child| child.parent == Some(branch));
        let child = child.expect("one began on it");
        let began = child.begins;
        let known = |own: u64, inherited: u64| if own > began { own } else { inherited.min(began) };
        child.stored = known(child.stored, line.stored);
        child.acknowledged = known(child.acknowledged, line.acknowledged);
        (child.parent, child.begins) = (line.parent, line.begins);
        self.lines[branch.place()] = None;
    }
}

#[cfg(test)]
mod tests;

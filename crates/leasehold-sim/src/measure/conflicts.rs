//! Lease conflicts by how they were resolved, in the library's own words; and how many of each let
//! a session in while another one still considered itself owner.
//!
//! An overlap is of two owners. A session that meets three has three overlaps, and was let in by
//! one conflict all the same; so it is counted with the first of its overlaps that ends.

use super::Grid;
use crate::cause::{Cause, Class};
use crate::model::Overlap;
use crate::rows::Rows;
use crate::schedule::Moment;
use leasehold_data::{Resolution, track};
use std::collections::BTreeMap;

pub(crate) struct Conflicts {
    bins: usize,
    /// The library knows a handful of ways, so they are searched, not looked up.
    ways: Vec<Way>,
    /// Since when a visit has been an owner that was counted last as another's rival.
    counted: Rows<Option<Moment>>,
}

struct Way {
    how: &'static Cause,
    by_bin: Vec<u64>,
    from_live_owners: u64,
}

impl Way {
    fn count(&self) -> u64 {
        self.by_bin.iter().sum()
    }
}

impl Conflicts {
    pub(crate) fn new(grid: Grid) -> Conflicts {
        Conflicts { bins: grid.bins, ways: Vec::new(), counted: Rows::default() }
    }

    /// A conflict was resolved in this bin.
    pub(crate) fn resolved(&mut self, how: &'static Cause, bin: usize) {
        let place = self.ways.iter().position(|way| way.how == how);
        let place = place.unwrap_or_else(|| {
            self.ways.push(Way { how, by_bin: vec![0; self.bins], from_live_owners: 0 });
            self.ways.len() - 1
        });
        self.ways[place].by_bin[bin] += 1;
    }

    /// Two were owners at once, and it is over.
    pub(crate) fn overlapped(&mut self, Overlap { late, .. }: &Overlap) {
        if self.counted.of(late.visit).replace(late.since) == Some(late.since) {
            return;
        }
        if let Some(way) = self.ways.iter_mut().find(|way| way.how == late.how) {
            way.from_live_owners += 1;
        }
    }

    /// Counts by name.
    pub(crate) fn by_name(&self) -> BTreeMap<String, u64> {
        self.ways.iter().map(|way| (way.how.name.to_owned(), way.count())).collect()
    }

    /// Counts by what they come down to.
    pub(crate) fn by_class(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for way in &self.ways {
            *counts.entry(Class::name(way.how.class).to_owned()).or_default() += way.count();
        }
        counts
    }

    /// The ways in which conflicts were resolved, by name.
    pub(crate) fn rows(&self) -> Vec<Resolution> {
        let row = |way: &Way| Resolution {
            name: way.how.name.to_owned(),
            class: way.how.class.name().to_owned(),
            words: way.how.words.to_owned(),
            conflicts: way.count(),
            from_live_owners: way.from_live_owners,
        };
        let mut rows: Vec<Resolution> = self.ways.iter().map(row).collect();
        rows.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        rows
    }

    /// Their counts over time, as tracks of a series.
    pub(crate) fn tracks(&self) -> impl Iterator<Item = (String, Vec<u64>)> + '_ {
        self.ways.iter().map(|way| (track::conflict(way.how.name), way.by_bin.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ServerId, VisitId};
    use crate::model::Owner;
    use leasehold_core::Key;

    static STOLEN: Cause = Cause::new("stolen", Class::Silence, "nobody answered");
    static RAN_OUT: Cause = Cause::new("ran_out", Class::Expiry, "its time was up");
    static FREE: Cause = Cause::new("free", Class::Unowned, "nobody had it");

    fn owner(visit: u32, since_us: u64, how: &'static Cause) -> Owner {
        let (server, visit) = (ServerId::new(visit), VisitId::new(visit));
        Owner { visit, server, since: Moment::from_micros(since_us), paused: false, how }
    }

    fn overlap(early: Owner, late: Owner) -> Overlap {
        Overlap { key: Key(0), early, late, until: Moment::from_micros(99) }
    }

    #[test]
    fn a_conflict_that_let_a_third_owner_in_is_one_and_one_that_let_in_a_lone_one_is_none() {
        let mut conflicts = Conflicts::new(Grid { bin_us: 10, bins: 3 });
        conflicts.resolved(&STOLEN, 0);
        conflicts.resolved(&STOLEN, 2);
        conflicts.resolved(&RAN_OUT, 2);
        let (one, two) = (owner(1, 1, &FREE), owner(2, 2, &STOLEN));
        let three = owner(3, 3, &STOLEN);
        conflicts.overlapped(&overlap(one, three));
        conflicts.overlapped(&overlap(one, two));
        conflicts.overlapped(&overlap(two, three));
        conflicts.overlapped(&overlap(three, owner(4, 4, &FREE)));
        let rows = conflicts.rows();
        let told = rows.iter().map(|row| (row.name.as_str(), row.conflicts, row.from_live_owners));
        assert_eq!(told.collect::<Vec<_>>(), [("ran_out", 1, 0), ("stolen", 2, 2)]);
        let tracks: BTreeMap<String, Vec<u64>> = conflicts.tracks().collect();
        assert_eq!(tracks["conflict.stolen"], [1, 0, 1]);
        assert_eq!(conflicts.by_class(), [("expiry".into(), 1), ("silence".into(), 2)].into());
    }
}

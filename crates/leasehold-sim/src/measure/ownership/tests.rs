//! Stories of keys that several servers want.

use super::*;
use crate::cause::{self, Class};
use crate::schedule::Moment;
use leasehold_core::JobId;

/// A story on its way, with what the models make of it.
struct Told {
    ownership_stats: OwnershipStats,
    models: Models,
}

static STEAL: Cause = Cause::new("nobody_answered", Class::Silence, "");
const TAKES: Fact = Fact::Owns { how: &cause::STARTED };
const CONFLICT: Fact = Fact::Conflict { resolution: &STEAL };

/// Two servers and so many keys; the jobs of a server that came back are 2 and up.
fn ownership_stats(keys: usize) -> Told {
    leased(keys, None)
}

/// The same, with leases that last so long.
fn leased(keys: usize, lease: Option<Duration>) -> Told {
    let (ownership_stats, models) =
        (OwnershipStats::new(keys as u32, lease), Models::new(keys as u32, 2));
    let mut told = Told { ownership_stats, models };
    [0, 1, 1].into_iter().for_each(|server| told.at(0, server, 0, Fact::Booted));
    told
}

impl Told {
    /// A step of server `server`, whose visit has the same number.
    fn at(&mut self, us: u64, server: u32, key: u32, fact: Fact) {
        let (server, visit) = (Some(ServerId::new(server)), Some(VisitId::new(server)));
        let step = Step { at: Moment::from_micros(us), server, visit, key: Some(Key(key)), fact };
        self.models.on_step(&step);
        self.ownership_stats.on_step(&step, &self.models);
    }

    fn commits(
        &mut self,
        us: u64,
        server: u32,
        key: u32,
        kind: CallKind,
        (job, released): (u32, bool),
    ) {
        let (owner, generation) = (Some((JobId(job), 1)), Some(1));
        let after = Some(View { owner, generation, commit: None, released, edits: 0 });
        self.at(us, server, key, Fact::Committed { kind, before: None, after, clock_us: 0 });
    }

    fn row(&mut self, end_us: u64) -> Option<Ownership> {
        self.ownership_stats.row(end_us)
    }
}

fn told(held: &[Held]) -> Vec<(u32, u64, u64)> {
    held.iter().map(|held| (held.server, held.during.from_us, held.during.to_us)).collect()
}

#[test]
fn a_lease_has_run_out_if_its_holder_has_not_written_for_as_long_as_it_lasts() {
    let mut told_of = leased(1, Some(Duration::from_micros(10)));
    told_of.commits(5, 0, 0, CallKind::Acquire, (0, false));
    told_of.commits(12, 0, 0, CallKind::Save, (0, false));
    told_of.commits(30, 0, 0, CallKind::Save, (0, false));
    told_of.at(50, 1, 0, CONFLICT);
    // Somebody else's write that leaves the holder as it is renews nothing.
    told_of.commits(55, 1, 0, CallKind::Save, (0, false));
    told_of.commits(60, 1, 0, CallKind::Acquire, (1, false));
    let row = told_of.row(65).unwrap();
    assert_eq!(told(&row.named), [(0, 5, 60), (1, 60, 65)]);
    assert_eq!(told(&row.expired), [(0, 22, 30), (0, 40, 60)]);
}

#[test]
fn an_owner_whose_lease_is_taken_is_told_three_times_over() {
    let mut ownership_stats = ownership_stats(1);
    ownership_stats.commits(5, 0, 0, CallKind::Acquire, (0, false));
    ownership_stats.at(6, 0, 0, TAKES);
    ownership_stats.commits(10, 0, 0, CallKind::Save, (0, false));
    ownership_stats.at(20, 1, 0, CONFLICT);
    ownership_stats.commits(21, 1, 0, CallKind::Acquire, (2, false));
    ownership_stats.at(22, 1, 0, TAKES);
    ownership_stats.at(30, 0, 0, Fact::OwnsNoMore);
    ownership_stats.commits(40, 1, 0, CallKind::Release, (2, true));
    ownership_stats.at(41, 1, 0, Fact::OwnsNoMore);
    let row = ownership_stats.row(100).unwrap();
    assert_eq!((row.key.as_str(), row.conflicts, row.overlaps, row.contested), ("k0", 1, 1, 1));
    assert_eq!(told(&row.owned), [(0, 6, 30), (1, 22, 41)]);
    assert_eq!(told(&row.named), [(0, 5, 21), (1, 21, 40)]);
    let committed: Vec<_> = row.committed.iter().map(|write| (write.server, write.at_us)).collect();
    assert_eq!(committed, [(0, 5), (0, 10), (1, 21), (1, 40)]);
    let conflict = &row.conflicted[0];
    assert_eq!(
        (conflict.server, conflict.at_us, conflict.resolution.as_str()),
        (1, 20, STEAL.name)
    );
    assert_eq!(row.recorded, Interval { from_us: 0, to_us: 100 });
}

#[test]
fn a_paused_owner_owns_nothing_until_it_wakes_and_overlaps_nobody() {
    let mut ownership_stats = ownership_stats(1);
    ownership_stats.at(1, 0, 0, TAKES);
    ownership_stats.at(10, 0, 0, Fact::OwnerPaused);
    ownership_stats.at(15, 1, 0, CONFLICT);
    ownership_stats.at(20, 1, 0, TAKES);
    ownership_stats.at(30, 0, 0, Fact::OwnsNoMore);
    let row = ownership_stats.row(50).unwrap();
    assert_eq!(told(&row.owned), [(0, 1, 10), (1, 20, 50)]);
    assert_eq!((told(&row.paused), row.overlaps), (vec![(0, 10, 30)], 0));
}

#[test]
fn the_key_with_the_most_overlaps_is_told_then_the_one_with_more_conflicts_then_the_lowest() {
    let mut ownership_stats = ownership_stats(9);
    assert_eq!(ownership_stats.row(10), None);
    for key in [7, 4, 8] {
        ownership_stats.at(1, 0, key, CONFLICT);
    }
    assert_eq!(ownership_stats.row(10).unwrap().key, "k4");
    let mut ownership_stats = self::ownership_stats(9);
    for key in [7, 4, 8] {
        ownership_stats.at(1, 0, key, CONFLICT);
    }
    ownership_stats.at(2, 0, 8, TAKES);
    ownership_stats.at(3, 1, 8, TAKES);
    assert_eq!(ownership_stats.row(10).unwrap().key, "k8");
    let mut ownership_stats = self::ownership_stats(9);
    for key in [8, 4, 8, 7, 4, 4] {
        ownership_stats.at(1, 0, key, CONFLICT);
    }
    let row = ownership_stats.row(10).unwrap();
    assert_eq!((row.key.as_str(), row.conflicts, row.contested), ("k4", 3, 3));
}

#[test]
fn a_key_that_overtakes_the_least_contested_one_is_written_about_from_then_on() {
    let keys = STORIES + 50;
    let late = keys as u32 - 1;
    let mut ownership_stats = ownership_stats(keys);
    ownership_stats.commits(2, 0, late, CallKind::Acquire, (0, false));
    ownership_stats.at(3, 0, late, TAKES);
    ownership_stats.commits(4, 0, late, CallKind::Save, (0, false));
    for key in 0..keys as u32 {
        ownership_stats.at(5, 1, key, CONFLICT);
    }
    assert!(
        !ownership_stats.ownership_stats.is_written(Key(late)),
        "it has no more conflicts than the others yet"
    );
    ownership_stats.at(7, 1, late, CONFLICT);
    ownership_stats.commits(8, 0, late, CallKind::Save, (0, false));
    let row = ownership_stats.row(50).unwrap();
    assert_eq!((row.conflicts, row.contested), (2, keys as u64));
    assert_eq!((row.key, row.recorded.from_us), (format!("k{late}"), 7));
    assert_eq!((told(&row.owned), told(&row.named)), (vec![(0, 3, 50)], vec![(0, 2, 50)]));
    assert_eq!(row.committed, [CommittedWrite { server: 0, at_us: 8 }]);
}

#[test]
fn a_key_in_which_two_own_without_any_conflict_is_told_from_then_on() {
    let late = STORIES as u32 + 9;
    let mut ownership_stats = ownership_stats(STORIES + 10);
    (0..99).for_each(|key| ownership_stats.at(1, 0, key, CONFLICT));
    ownership_stats.at(3, 0, late, TAKES);
    ownership_stats.at(8, 1, late, TAKES);
    ownership_stats.at(12, 0, late, Fact::OwnsNoMore);
    ownership_stats.at(13, 0, late, Fact::OwnsNoMore);
    let row = ownership_stats.row(20).unwrap();
    assert_eq!((row.key, row.overlaps, row.conflicts), (format!("k{late}"), 1, 0));
    assert_eq!((told(&row.owned), row.contested), (vec![(0, 3, 12), (1, 8, 20)], 100));
}

#[test]
fn a_hand_over_within_a_moment_is_no_overlap() {
    let mut ownership_stats = ownership_stats(1);
    ownership_stats.at(3, 0, 0, TAKES);
    ownership_stats.at(8, 1, 0, TAKES);
    ownership_stats.at(8, 0, 0, Fact::OwnsNoMore);
    assert_eq!(ownership_stats.row(20), None);
}

#[test]
fn a_story_that_gets_too_long_says_since_when_it_is_complete() {
    let mut ownership_stats = ownership_stats(1);
    ownership_stats.at(0, 1, 0, CONFLICT);
    for us in 0..ENTRIES as u64 + 10 {
        ownership_stats.commits(us, 0, 0, CallKind::Save, (0, false));
    }
    let row = ownership_stats.row(9_999).unwrap();
    assert_eq!(
        (row.committed.len(), row.committed[0].at_us, row.recorded.from_us),
        (ENTRIES, 10, 9)
    );
}

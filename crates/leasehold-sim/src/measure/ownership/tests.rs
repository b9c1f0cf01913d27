//! Stories of keys that several servers want.

use super::*;
use crate::observe::Fact;
use crate::schedule::Moment;

/// A step of server `server`, whose visit has the same number.
fn at(us: u64, server: u32, key: u32) -> Step {
    Step { at: Moment::from_micros(us), server, visit: server, key, fact: Fact::Ceases }
}

fn view(job: u32, released: bool) -> View {
    View { owner: (job, 1), generation: 1, commit: 0, released, edits: 0 }
}

fn told(held: &[Held]) -> Vec<(u32, u64, u64)> {
    held.iter().map(|held| (held.server, held.during.from_us, held.during.to_us)).collect()
}

/// Two servers and so many keys; the jobs of a server that came back are 2 and up.
fn contests(keys: usize) -> Contests {
    let mut contests = Contests::new(keys);
    [0, 1, 1].into_iter().for_each(|server| contests.booted(&at(0, server, 0)));
    contests
}

const STEAL: &str = "messaging_timeout_steal";

#[test]
fn a_robbed_owner_is_told_three_times_over() {
    let mut contests = contests(1);
    contests.landed(&at(5, 0, 0), CallKind::Acquire, &view(0, false));
    contests.believes(&at(6, 0, 0));
    contests.landed(&at(10, 0, 0), CallKind::Save, &view(0, false));
    contests.conflict(&at(20, 1, 0), STEAL);
    contests.landed(&at(21, 1, 0), CallKind::Acquire, &view(2, false));
    contests.believes(&at(22, 1, 0));
    contests.ceases(&at(30, 0, 0));
    contests.landed(&at(40, 1, 0), CallKind::Release, &view(2, true));
    contests.ceases(&at(41, 1, 0));
    let row = contests.row(100).unwrap();
    assert_eq!((row.key.as_str(), row.conflicts, row.overlaps, row.contested), ("k0", 1, 1, 1));
    assert_eq!(told(&row.believed), [(0, 6, 30), (1, 22, 41)]);
    assert_eq!(told(&row.named), [(0, 5, 21), (1, 21, 40)]);
    let landed: Vec<_> = row.landed.iter().map(|write| (write.server, write.at_us)).collect();
    assert_eq!(landed, [(0, 5), (0, 10), (1, 21), (1, 40)]);
    let conflict = &row.conflicted[0];
    assert_eq!((conflict.server, conflict.at_us, conflict.resolution.as_str()), (1, 20, STEAL));
    assert_eq!(row.recorded, Interval { from_us: 0, to_us: 100 });
}

#[test]
fn a_frozen_owner_believes_nothing_until_it_wakes_and_overlaps_nobody() {
    let mut contests = contests(1);
    contests.believes(&at(1, 0, 0));
    contests.freezes(&at(10, 0, 0));
    contests.conflict(&at(15, 1, 0), STEAL);
    contests.believes(&at(20, 1, 0));
    contests.ceases(&at(30, 0, 0));
    let row = contests.row(50).unwrap();
    assert_eq!(told(&row.believed), [(0, 1, 10), (1, 20, 50)]);
    assert_eq!((told(&row.frozen), row.overlaps), (vec![(0, 10, 30)], 0));
}

#[test]
fn the_key_with_the_most_overlaps_is_told_then_the_one_with_more_conflicts_then_the_lowest() {
    let mut contests = contests(9);
    assert_eq!(contests.row(10), None);
    for key in [7, 4, 8] {
        contests.conflict(&at(1, 0, key), STEAL);
    }
    assert_eq!(contests.row(10).unwrap().key, "k4");
    let mut contests = self::contests(9);
    for key in [7, 4, 8] {
        contests.conflict(&at(1, 0, key), STEAL);
    }
    contests.believes(&at(2, 0, 8));
    contests.believes(&at(3, 1, 8));
    assert_eq!(contests.row(10).unwrap().key, "k8");
    let mut contests = self::contests(9);
    for key in [8, 4, 8, 7, 4, 4] {
        contests.conflict(&at(1, 0, key), STEAL);
    }
    let row = contests.row(10).unwrap();
    assert_eq!((row.key.as_str(), row.conflicts, row.contested), ("k4", 3, 3));
}

#[test]
fn a_key_that_overtakes_the_least_contested_one_is_written_about_from_then_on() {
    let keys = STORIES + 50;
    let late = keys as u32 - 1;
    let mut contests = contests(keys);
    contests.landed(&at(2, 0, late), CallKind::Acquire, &view(0, false));
    contests.believes(&at(3, 0, late));
    contests.landed(&at(4, 0, late), CallKind::Save, &view(0, false));
    for key in 0..keys as u32 {
        contests.conflict(&at(5, 1, key), STEAL);
    }
    assert!(!contests.is_written(late), "it has no more conflicts than the others yet");
    contests.conflict(&at(7, 1, late), STEAL);
    contests.landed(&at(8, 0, late), CallKind::Save, &view(0, false));
    let row = contests.row(50).unwrap();
    assert_eq!((row.conflicts, row.contested), (2, keys as u64));
    assert_eq!((row.key, row.recorded.from_us), (format!("k{late}"), 7));
    assert_eq!((told(&row.believed), told(&row.named)), (vec![(0, 3, 50)], vec![(0, 2, 50)]));
    assert_eq!(row.landed, [Landing { server: 0, at_us: 8 }]);
}

#[test]
fn a_key_in_which_two_believe_without_any_conflict_is_told_from_then_on() {
    let late = STORIES as u32 + 9;
    let mut contests = contests(STORIES + 10);
    (0..99).for_each(|key| contests.conflict(&at(1, 0, key), STEAL));
    contests.believes(&at(3, 0, late));
    contests.believes(&at(8, 1, late));
    contests.ceases(&at(12, 0, late));
    contests.ceases(&at(13, 0, late));
    let row = contests.row(20).unwrap();
    assert_eq!((row.key, row.overlaps, row.conflicts), (format!("k{late}"), 1, 0));
    assert_eq!((told(&row.believed), row.contested), (vec![(0, 3, 12), (1, 8, 20)], 100));
}

#[test]
fn a_hand_over_within_a_moment_is_no_overlap() {
    let mut contests = contests(1);
    contests.believes(&at(3, 0, 0));
    contests.believes(&at(8, 1, 0));
    contests.ceases(&at(8, 0, 0));
    assert_eq!(contests.row(20), None);
}

#[test]
fn a_story_that_gets_too_long_says_since_when_it_is_complete() {
    let mut contests = contests(1);
    contests.conflict(&at(0, 1, 0), STEAL);
    for us in 0..ENTRIES as u64 + 10 {
        contests.landed(&at(us, 0, 0), CallKind::Save, &view(0, false));
    }
    let row = contests.row(9_999).unwrap();
    assert_eq!((row.landed.len(), row.landed[0].at_us, row.recorded.from_us), (ENTRIES, 10, 9));
}

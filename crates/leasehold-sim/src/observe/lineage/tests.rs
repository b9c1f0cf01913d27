//! Whole histories of a key, against the names of all its changes.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A change by name: whose, and which of theirs.
type Change = (u32, u64);
type Set = BTreeSet<Change>;

/// What can happen to a record: by which of four seats, how.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A new session sits down, with what was stored so many writes ago, or with nothing.
    Begins(usize, Option<u32>),
    Edits(usize, u64),
    /// It stores what it had so many changes ago.
    Writes(usize, u64),
    /// What it last stored is acknowledged.
    Acknowledged(usize),
    Ends(usize),
    Damaged,
    Removed,
}

fn happens() -> impl Strategy<Value = Happens> {
    let seat = 0usize..4;
    prop_oneof![
        3 => (seat.clone(), prop::option::of(0u32..3)).prop_map(|(s, n)| Happens::Begins(s, n)),
        4 => (seat.clone(), 1u64..4).prop_map(|(s, n)| Happens::Edits(s, n)),
        6 => (seat.clone(), prop_oneof![3 => Just(0), 1 => 0u64..6])
            .prop_map(|(s, n)| Happens::Writes(s, n)),
        3 => seat.clone().prop_map(Happens::Acknowledged),
        2 => seat.prop_map(Happens::Ends),
        1 => Just(Happens::Damaged),
        1 => Just(Happens::Removed),
    ]
}

/// The same by brute force: each change has a name, and a version is the list of its changes.
#[derive(Default)]
struct Oracle {
    now: Vec<Change>,
    past: Vec<Vec<Change>>,
    /// What a record that was damaged has had, until the next write.
    undamaged: Option<Set>,
    stored: Set,
    acknowledged: Set,
}

impl Oracle {
    fn written(&mut self, to: &[Change]) -> Written {
        let set = |list: &[Change]| list.iter().copied().collect::<Set>();
        let (from, new) = (set(&self.now), set(to));
        let damaged = self.undamaged.take();
        let gone: Set = if damaged.is_some() { Set::new() } else { &from - &new };
        let there = damaged.as_ref().map_or(from, |_| Set::new());
        let back = new.iter().filter(|one| !there.contains(one) && self.stored.contains(one));
        let written = Written {
            left_out: gone.len() as u64,
            acknowledged: gone.intersection(&self.acknowledged).count() as u64,
            back: back.count() as u64,
            undamaged: 0,
        };
        self.stored.extend(&new);
        self.past.insert(0, std::mem::replace(&mut self.now, to.to_vec()));
        written
    }

    fn before(&self, writes: u32) -> Vec<Change> {
        match writes {
            0 => self.now.clone(),
            _ => self.past.get(writes as usize - 1).cloned().unwrap_or_default(),
        }
    }
}

/// What names tell of a write: not by what those that are back had gone.
fn named(written: Written) -> Written {
    Written { undamaged: 0, ..written }
}

struct Sits {
    branch: Branch,
    /// Changes that it counts beyond those that have names: what it has read was damaged.
    nameless: u64,
    has: Vec<Change>,
    name: u32,
    edits: u64,
    last: Option<Vec<Change>>,
}

/// What a write has done to what is gone and to what is lost.
fn count(written: Written, gone: &mut i64, lost: &mut i64) {
    *gone += written.left_out as i64 - (written.back - written.undamaged) as i64;
    *lost -= written.undamaged as i64;
}

/// Somebody sits down with a version, or with what is not known to be any.
fn sits(lineage: &mut Lineage, oracle: &Oracle, from: Option<u32>, name: u32) -> Sits {
    // What is damaged is not known to be anything.
    let known = from.filter(|from| *from == 0 || oracle.undamaged.is_none());
    let version = known.and_then(|from| lineage.before(from));
    let has = known.map(|from| oracle.before(from)).unwrap_or_default();
    let nameless = version.map_or(0, |version| version.changes) - has.len() as u64;
    let branch = lineage.begins(version);
    Sits { branch, nameless, has, name, edits: 0, last: None }
}

proptest! {
    #[test]
    fn what_a_write_leaves_out_is_what_the_names_of_all_changes_say(
        story in prop::collection::vec(happens(), 0..80),
    ) {
        let (mut lineage, mut oracle) = (Lineage::new(true), Oracle::default());
        let mut seats: [Option<Sits>; 4] = Default::default();
        let (mut names, mut stored, mut gone, mut lost) = (0, 0u64, 0i64, 0i64);
        for one in story {
            match one {
                Happens::Begins(seat, from) => {
                    if let Some(old) = seats[seat].take() {
                        lineage.ends(old.branch);
                    }
                    names += 1;
                    seats[seat] = Some(sits(&mut lineage, &oracle, from, names));
                }
                Happens::Edits(seat, n) => if let Some(sits) = &mut seats[seat] {
                    for _ in 0..n {
                        sits.has.push((sits.name, sits.edits));
                        sits.edits += 1;
                    }
                },
                Happens::Writes(seat, ago) => if let Some(sits) = &mut seats[seat] {
                    let keep = sits.has.len() - (ago.min(sits.edits) as usize);
                    let payload = sits.has[..keep].to_vec();
                    let to = lineage.at(sits.branch, sits.nameless + payload.len() as u64);
                    let written = lineage.written(to);
                    prop_assert_eq!(named(written), oracle.written(&payload));
                    count(written, &mut gone, &mut lost);
                    sits.last = Some(payload);
                },
                Happens::Acknowledged(seat) => if let Some(sits) = &seats[seat]
                    && let Some(last) = &sits.last
                {
                    oracle.acknowledged.extend(last);
                    let changes = sits.nameless + last.len() as u64;
                    if let Some(version) = lineage.at(sits.branch, changes) {
                        lineage.acknowledged(version);
                    }
                },
                Happens::Ends(seat) => if let Some(old) = seats[seat].take() {
                    lineage.ends(old.branch);
                },
                Happens::Damaged => {
                    let size = lineage.damaged();
                    if oracle.undamaged.is_none() {
                        let set: Set = oracle.now.iter().copied().collect();
                        prop_assert_eq!(size, set.len() as u64);
                        oracle.undamaged = Some(set);
                    }
                    lost += size as i64;
                    oracle.now.clear();
                }
                Happens::Removed => {
                    let written = lineage.written(None);
                    prop_assert_eq!(named(written), oracle.written(&[]));
                    count(written, &mut gone, &mut lost);
                }
            }
            stored = stored.max(oracle.stored.len() as u64);
            let there = oracle.now.len() as i64;
            prop_assert_eq!(stored as i64, there + gone + lost, "none is counted twice");
            prop_assert!(gone >= 0 && lost >= 0);
            let lines = lineage.lines.iter().flatten().count();
            prop_assert!(lines <= 2 * (4 + PAST + 2), "{lines} branches");
        }
    }
}

#[test]
fn branches_are_forgotten_however_many_sessions_follow_each_other() {
    let mut lineage = Lineage::new(true);
    for changes in 1..=1_000 {
        let branch = lineage.begins(lineage.now());
        let version = lineage.at(branch, changes);
        assert_eq!(lineage.written(version), Written::default());
        lineage.ends(branch);
    }
    assert!(lineage.lines.len() <= PAST + 2, "{} branches", lineage.lines.len());
}

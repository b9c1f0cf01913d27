//! Swarms: each seed is a world of its own, which runs alone as well; and under the strict rules
//! none of them has two sessions that consider themselves owner at once.

use leasehold_sim::scenario::{Chance, Scenario};
use leasehold_sim::{Outcome, Promise, Seed, Verdict};
use leasehold_tests::{run, scenario, simulate};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=200;

fn world(seed: u64) -> Scenario {
    scenario("swarm").drawn(&Seed::of(seed)).expect("every seed has a world").scenario
}

#[test]
fn two_hundred_drawn_worlds_are_inside_the_promise_and_two_sessions_never_own_at_once() {
    let outcomes: Vec<Outcome> =
        SEEDS.into_par_iter().map(|seed| simulate("swarm", seed)).collect();
    let mut reached = BTreeMap::<&str, u32>::new();
    for outcome in &outcomes {
        let seed = outcome.dataset.manifest.seed;
        assert!(matches!(outcome.promise, Promise::Kept { .. }), "seed {seed}");
        assert_eq!(
            outcome.dataset.summary.overlaps.double_ownership,
            BTreeMap::new(),
            "seed {seed}"
        );
        assert_eq!(outcome.verdict, Verdict::Holds, "seed {seed}: {:?}", outcome.missing);
        for mark in outcome.dataset.marks.keys() {
            *reached.entry(mark).or_default() += 1;
        }
    }
    // It is worth something only if the worlds go where it hurts.
    for mark in [
        "a challenge to a live owner was lost",
        "a paused owner was overtaken",
        "a breaker opened",
        "a call was never answered",
        "a transform ran again",
    ] {
        let worlds = reached.get(mark).copied().unwrap_or_default();
        assert!(worlds >= 10, "{mark:?} was reached in {worlds} of 200 worlds only: {reached:?}");
    }
}

#[test]
fn different_seeds_draw_different_worlds_and_each_kind_of_trouble_is_missing_in_some() {
    let worlds: Vec<Scenario> = SEEDS.map(world).collect();
    let different: BTreeSet<String> = worlds.iter().map(Scenario::print).collect();
    assert_eq!(different.len(), worlds.len());
    type IsOff = fn(&Scenario) -> bool;
    let off: [(&str, IsOff); 5] = [
        ("failing calls", |world| world.datastore.fail_before == Some(Chance::NEVER)),
        ("calls without an answer", |world| world.datastore.never_answers == Chance::NEVER),
        ("lost messages", |world| world.messaging.loss == Chance::NEVER),
        ("crashes", |world| world.faults.crash_every.is_none()),
        ("pauses", |world| world.faults.pause_every.is_none()),
    ];
    for (what, is_off) in off {
        let worlds = worlds.iter().filter(|world| is_off(world)).count();
        assert!((30..=90).contains(&worlds), "no {what}: in {worlds} of 200 worlds, not 60");
    }
}

#[test]
fn the_plain_file_of_a_drawn_world_is_the_same_run_with_the_same_seed() {
    for seed in [1, 2, 77] {
        let drawn = simulate("swarm", seed).dataset.manifest.digest;
        let file = world(seed).print();
        assert!(!file.contains("[swarm"), "{file}");
        let plain = Scenario::parse(&file).unwrap_or_else(|why| panic!("{file}\n{why}"));
        assert_eq!(plain, world(seed));
        let digest = |seed| run("plain", &plain, Seed::of(seed), None).dataset.manifest.digest;
        assert_eq!(digest(seed), drawn, "seed {seed}");
        assert_ne!(digest(seed + 1), drawn, "another seed is another run of the same world");
    }
}

//! Golden digests: a shipped scenario does the same thing in every run, on every machine, with any
//! number of threads.
//!
//! A digest that moves is either a mistake or a change of meaning. In the second case run the tests
//! once with `LEASEHOLD_BLESS=1`, and say in the commit why they moved.

use leasehold_sim::{Scenario, Seed};
use leasehold_tests::{known, project, run, scenario, shipped};
use rayon::prelude::*;
use std::fmt::Write;

const SEEDS: [u64; 2] = [1, 2];

/// A scenario by its label, and a seed to run it on.
pub(crate) type Job = (String, Scenario, u64);

/// Every shipped scenario with its variants, on each of the seeds.
pub(crate) fn jobs() -> Vec<Job> {
    let mut runs = Vec::new();
    for name in shipped() {
        let worlds = SEEDS.map(|seed| {
            let drawn = scenario(&name).drawn(&Seed::of(seed));
            (drawn.expect("a shipped scenario can be drawn").scenario, seed)
        });
        runs.extend(worlds.iter().map(|(world, seed)| (name.clone(), world.clone(), *seed)));
        for (nth, variant) in worlds[0].0.compare.iter().enumerate() {
            let label = format!("{name}/{}", variant.name);
            runs.extend(
                worlds.iter().map(|(world, seed)| {
                    (label.clone(), world.variant(&world.compare[nth]), *seed)
                }),
            );
        }
    }
    runs
}

/// Name, seed and digest of each of them, a line each.
fn measured() -> String {
    let jobs = jobs();
    let digest =
        |(_, scenario, seed): &Job| known(scenario, &Seed::of(*seed)).dataset.manifest.digest;
    let digests: Vec<String> = jobs.par_iter().map(digest).collect();
    let mut text = String::new();
    for ((label, _, seed), digest) in jobs.iter().zip(digests) {
        writeln!(text, "{label} {seed} {digest}").expect("writing to a string does not fail");
    }
    text
}

#[test]
fn every_shipped_scenario_has_the_digest_that_was_committed() {
    let path = project("tests/golden/digests.txt");
    let measured = measured();
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        std::fs::write(&path, &measured).expect("the golden digests can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden digests are committed");
    assert_eq!(measured, golden, "digests moved; see the head of this file");
}

/// Runs that others share are made on whatever thread asks first; these are made here, one by one.
/// Shipped scenarios themselves are run again when their tapes are replayed.
#[test]
fn two_runs_of_a_variant_have_the_same_digest_on_one_thread_and_on_many() {
    let plain = shipped();
    let variants = jobs().into_iter().filter(|(label, ..)| !plain.contains(label));
    for (label, scenario, seed) in variants.filter(|(.., seed)| *seed == SEEDS[0]) {
        let alone = run(&label, &scenario, Seed::of(seed), None);
        assert_eq!(alone.digest(), known(&scenario, &Seed::of(seed)).digest(), "{label}");
    }
}

#[test]
fn the_digest_depends_on_the_seed_and_on_the_rules() {
    let text = measured();
    let mut digests: Vec<&str> = text.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    // An idle session draws nothing but its latencies; all runs differ all the same.
    assert_eq!(digests.len(), all, "{text}");
}

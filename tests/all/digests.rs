//! Golden digests: a shipped scenario does the same thing in every run, on every machine, with any
//! number of threads.
//!
//! A digest that moves is either a mistake or a change of meaning. In the second case run the tests
//! once with `LEASEHOLD_BLESS=1`, and say in the commit why they moved.

use leasehold_sim::Luck;
use leasehold_tests::{project, run, scenario, shipped};
use rayon::prelude::*;
use std::fmt::Write;

const SEEDS: [u64; 2] = [1, 2];

/// Every shipped scenario with its variants: name, seed and digest, a line each.
fn measured() -> String {
    let mut runs = Vec::new();
    for name in shipped() {
        let worlds = SEEDS.map(|seed| {
            let drawn = scenario(&name).drawn(&Luck::of(seed));
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
    let digests: Vec<String> = runs
        .par_iter()
        .map(|(label, scenario, seed)| {
            let outcome = run(label, scenario, Luck::of(*seed), None);
            outcome.dataset.manifest.digest
        })
        .collect();
    let mut text = String::new();
    for ((label, _, seed), digest) in runs.iter().zip(digests) {
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

#[test]
fn two_runs_of_a_scenario_have_the_same_digest_with_one_thread_and_with_many() {
    let serial = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    assert_eq!(serial.install(measured), measured());
}

#[test]
fn the_digest_depends_on_the_seed_and_on_the_rules() {
    let text = measured();
    let mut digests: Vec<&str> = text.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    // An idle session meets no luck but its latencies; all runs differ all the same.
    assert_eq!(digests.len(), all, "{text}");
}

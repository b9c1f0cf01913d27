//! Who checks the checkers: each mistake that is made on purpose is found by the checker that is
//! there for it, and where none is made nothing is found.

use leasehold_sim::library::Chronicle;
use leasehold_sim::scenario::Protocol;
use leasehold_sim::{Fact, shipped};
use leasehold_sim::{Seed, Simulation};
use leasehold_tests::planted::{Faulty, Mistake, TABLE, kills, page, release_ignored, run_clean};
use leasehold_tests::{project, scenario};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Assertions of a wrong library's own are findings here, and no news.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = work();
    std::panic::set_hook(hook);
    done
}

#[test]
fn every_mistake_is_found_by_its_checker_and_the_page_says_so() {
    let kills = quietly(kills);
    let missed: Vec<String> = TABLE
        .iter()
        .zip(&kills)
        .filter(|(fault, kill)| fault.by.is_some() && !kill.meets(fault))
        .map(|(fault, kill)| format!("{fault:?}: {:?}", kill.found))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let path = project("docs/kill-matrix.md");
    let page = page(&kills);
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, page, "docs/kill-matrix.md is old; LEASEHOLD_BLESS=1 writes it");
}

/// Whether a player who has left comes back in a shipped scenario.
fn has_a_player_who_comes_back(name: &str) -> bool {
    let simulation = shipped(name, &scenario(name)).expect("it is sound");
    let (mut left, mut back) = (BTreeSet::new(), false);
    _ = simulation.seed(1).history(&mut |entry| {
        let Some(key) = entry.step.key else { return };
        match entry.step.fact {
            Fact::EndAsked => _ = left.insert(key),
            Fact::Asked => back |= left.contains(&key),
            _ => {}
        }
    });
    back
}

#[test]
fn a_core_that_ignores_every_release_is_found_wherever_a_player_comes_back() {
    let chronicle = |name: &String| {
        let protocol = scenario(name).protocol;
        !matches!(protocol, Protocol::ProfileStore | Protocol::Naive)
    };
    let names: Vec<String> = leasehold_tests::shipped().into_iter().filter(chronicle).collect();
    let run = |name: &String| {
        has_a_player_who_comes_back(name).then(|| (name.clone(), release_ignored(name, 1)))
    };
    let found: Vec<_> = quietly(|| names.par_iter().filter_map(run).collect());
    assert!(found.len() >= 25, "{} of {} scenarios", found.len(), names.len());
    let missed = found.iter().filter(|(_, found)| !found.contains("sessions_are_released"));
    assert_eq!(missed.collect::<Vec<_>>(), [].iter().collect::<Vec<_>>());
}

#[test]
fn every_mistake_has_a_row_and_every_survivor_a_reason() {
    let rows: BTreeSet<String> = TABLE.iter().map(|fault| format!("{:?}", fault.made)).collect();
    let mistakes = Mistake::ALL.iter().filter(|mistake| **mistake != Mistake::None);
    let planted = leasehold_core::planted::Planted::ALL;
    let world = leasehold_sim::planted::WorldMistake::ALL;
    let all = mistakes
        .map(|mistake| format!("Library({mistake:?})"))
        .chain(planted.iter().map(|mistake| format!("Core({mistake:?})")))
        .chain(world.iter().map(|mistake| format!("World({mistake:?})")));
    let without: Vec<String> = all.filter(|made| !rows.contains(made)).collect();
    assert!(without.is_empty(), "{without:?}");
    for fault in TABLE {
        assert_eq!(fault.by.is_none(), !fault.why.is_empty(), "{fault:?}");
    }
}

#[test]
fn where_nothing_is_planted_nothing_is_found() {
    let worlds: BTreeSet<&str> = TABLE.iter().map(|fault| fault.world).collect();
    let seeds = |world: &str| if world == "swarm" { 20 } else { 1 };
    let runs: Vec<(&str, u64)> =
        worlds.iter().flat_map(|world| (1..=seeds(world)).map(|seed| (*world, seed))).collect();
    let found: Vec<_> = runs
        .par_iter()
        .map(|(world, seed)| (*world, *seed, run_clean(world, *seed)))
        .filter(|(.., found)| !found.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_wrapper_without_a_mistake_is_the_library_within() {
    let scenario = scenario("swarm").drawn(&Seed::of(3)).expect("it can be drawn").scenario;
    let rules = scenario.rules();
    let plain = Simulation::<Chronicle>::new(&scenario, rules).expect("sound");
    let wrapped = Simulation::<Faulty<Chronicle>>::new(&scenario, (rules.into(), Mistake::None));
    let digest = wrapped.expect("sound").seed(3).run().digest().to_owned();
    assert_eq!(digest, plain.seed(3).run().digest());
}

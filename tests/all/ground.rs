//! A used ground gives what a bare one gives, to the last digit: whatever ran on it before, and
//! however that ended.

use super::headline::any_world;
use leasehold_sim::scenario::{Chance, DocumentKind, Era, Protocol};
use leasehold_sim::{Ground, Luck, Outcome, Scenario, Tape, run};
use leasehold_tests::{scenario, shipped};
use proptest::prelude::*;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Everything that a run leaves behind.
fn told(outcome: &Outcome) -> String {
    format!("{outcome:#?}")
}

/// The first line in which two outcomes differ, if they do.
fn difference(one: &str, other: &str) -> Option<String> {
    let mut lines = one.lines().zip(other.lines());
    let differs = lines.find(|(one, other)| one != other);
    differs
        .map(|(one, other)| format!("{one} is {other}"))
        .or_else(|| (one.len() != other.len()).then(|| "one ends before the other".to_owned()))
}

/// All that is shipped, each variant included: what runs, and what it leaves on a bare ground.
fn everything() -> Vec<(String, Scenario, String)> {
    let worlds = shipped().into_iter().flat_map(|name| {
        let world = scenario(&name).drawn(&Luck::of(1)).expect("it can be drawn").scenario;
        let variants = world
            .compare
            .iter()
            .map(|variant| (format!("{name}/{}", variant.name), world.variant(variant)));
        let variants: Vec<_> = variants.collect();
        [(name, world)].into_iter().chain(variants)
    });
    let worlds: Vec<_> = worlds.collect();
    let worlds = worlds.into_par_iter().map(|(name, world)| {
        let left = told(&run(&name, &world, Luck::of(1), None, &mut |_| {}));
        (name, world, left)
    });
    worlds.collect()
}

#[test]
fn everything_that_is_shipped_leaves_the_same_on_one_ground_in_order_and_against_it() {
    let worlds = everything();
    let on_one = |worlds: &mut dyn Iterator<Item = &(String, Scenario, String)>| {
        let (mut ground, mut before) = (Ground::new(), "nothing");
        for (name, world, bare) in worlds {
            let used = told(&ground.run(name, world, Luck::of(1), None, &mut |_| {}));
            let differs = difference(bare, &used);
            assert_eq!(differs, None, "{name} after {before}");
            before = name;
        }
    };
    rayon::join(|| on_one(&mut worlds.iter()), || on_one(&mut worlds.iter().rev()));
}

/// What runs on the ground before: stopped half-way, or not survived by its observer.
#[test]
fn a_run_that_was_stopped_or_has_panicked_leaves_nothing_behind() {
    let large = scenario("server-hop");
    let small = scenario("rejoin");
    let bare = told(&run("small", &small, Luck::of(7), None, &mut |_| {}));
    let mut ground = Ground::new();
    for panics in [false, true, false] {
        let small_again = told(&ground.run("small", &small, Luck::of(7), None, &mut |_| {}));
        assert_eq!(difference(&bare, &small_again), None);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            ground.run_until("large", &large, Luck::of(1), None, &mut |_| {
                assert!(!panics, "on purpose");
                ControlFlow::Break(())
            })
        }));
        assert!(matches!((ended, panics), (Ok(None), false) | (Err(_), true)));
    }
    let small_again = told(&ground.run("small", &small, Luck::of(7), None, &mut |_| {}));
    assert_eq!(difference(&bare, &small_again), None);
}

#[test]
#[should_panic(expected = "the scenario contradicts itself")]
fn a_scenario_that_contradicts_itself_is_refused_right_after_one_that_does_not() {
    let mut ground = Ground::new();
    let mut world = scenario("rejoin");
    ground.run("sound", &world, Luck::of(1), None, &mut |_| {});
    world.servers.count = 0;
    ground.run("unsound", &world, Luck::of(1), None, &mut |_| {});
}

/// A small world of any library and any sort of data, with goods or without.
fn any_scenario() -> impl Strategy<Value = Scenario> {
    let data = prop::sample::select(vec!["numbers", "tables", "goods"]);
    let era = prop::sample::select(vec![Era::Roblox2026, Era::Roblox2023, Era::None]);
    let protocol = prop::sample::select(Protocol::ALL.to_vec());
    let reads = (any::<bool>(), any::<bool>(), 0u32..10);
    (any_world(), protocol, data, era, reads).prop_map(|(text, protocol, data, era, reads)| {
        let mut world = Scenario { protocol, ..Scenario::parse(&text).expect("a world") };
        let (versions, cached, wrong) = reads;
        world.datastore.limits = era;
        world.messaging.limits = era;
        world.datastore.versions = versions;
        world.datastore.first_transform_reads_cache = cached;
        world.datastore.stale_read = Chance::percent(wrong);
        world.datastore.wrong_scope = Chance::percent(wrong / 2);
        match data {
            "tables" => world.document = DocumentKind::Value,
            "goods" => {
                world.players.trade = Chance::percent(30);
                world.players.purchase = Chance::percent(5);
            }
            _ => {}
        }
        world
    })
}

/// Either a world of its own, or what a seed draws from the shipped swarm.
fn any_run() -> impl Strategy<Value = (Scenario, u64)> {
    prop_oneof![
        4 => (any_scenario(), 0u64..1_000),
        1 => (1u64..100_000).prop_map(|seed| (scenario("swarm"), seed)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases.min(40),
        ..ProptestConfig::default()
    })]

    #[test]
    fn small_worlds_of_any_kind_leave_the_same_one_after_another_and_so_do_their_tapes(
        runs in prop::collection::vec(any_run(), 2..6),
    ) {
        let mut ground = Ground::new();
        let sound = |(world, _): &&(Scenario, u64)| world.check().is_empty();
        for (world, seed) in runs.iter().filter(sound) {
            let mut on_both = |tape: Option<&Tape>| -> Result<Outcome, TestCaseError> {
                let luck = || Luck::of(*seed);
                let bare = run("world", world, luck(), tape, &mut |_| {});
                let used = ground.run("world", world, luck(), tape, &mut |_| {});
                prop_assert_eq!(difference(&told(&bare), &told(&used)), None);
                Ok(bare)
            };
            let recorded = on_both(None)?.tape.expect("few faults");
            on_both(Some(&recorded))?;
        }
    }
}

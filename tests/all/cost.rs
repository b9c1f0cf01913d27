//! What a run costs is foretold: about, and never in vain.

use leasehold_sim::scenario::{Cost, Span};
use leasehold_sim::{Scenario, Seed};
use leasehold_tests::{known, scenario, shipped};
use proptest::prelude::*;
use std::time::Duration;

/// How far the number of events may be from what was foretold.
const FACTOR: u64 = 5;

/// What is wrong with what is foretold of a scenario. A world of a few events is of no cost at all.
fn wrong(name: &str, scenario: &Scenario, seed: u64) -> Option<String> {
    let foretold = scenario.cost().events;
    let events = known(scenario, &Seed::of(seed)).dataset.manifest.events;
    let few = events.max(foretold) < 2_000;
    let near = events <= foretold * FACTOR && foretold <= events * FACTOR;
    (!few && !near).then(|| format!("{name}: {foretold} events foretold, and there are {events}"))
}

#[test]
fn what_every_shipped_scenario_costs_is_foretold_and_none_takes_hours() {
    let mut all = Vec::new();
    for name in shipped() {
        let file = scenario(&name);
        let (_, warnings) = Scenario::read(&file.print()).expect("it is a scenario");
        all.extend(
            warnings
                .0
                .iter()
                .filter(|told| told.found.contains("events"))
                .map(|told| format!("{name}: {told}")),
        );
        let drawn = file.drawn(&Seed::of(1)).expect("it can be drawn").scenario;
        all.extend(wrong(&name, &drawn, 1));
        let longer = Scenario { duration: Span(drawn.duration.0 * 3), ..drawn };
        all.extend(wrong(&format!("{name}, for longer"), &longer, 2));
    }
    assert!(all.is_empty(), "{all:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(256)
    })]
    #[test]
    fn no_world_at_random_costs_far_more_than_is_foretold(
        world in any::<Scenario>(),
        seed in 0..1_000_u64,
    ) {
        let events = known(&world, &Seed::of(seed)).dataset.manifest.events;
        prop_assert!(events <= world.cost().events * FACTOR + 2_000, "{events}: {:?}", world.cost());
    }
}

#[test]
fn extreme_worlds_cost_what_is_foretold_and_are_told_by_the_field_that_makes_them_so() {
    // A short run of each, to be held against; and how long one is of which people are told.
    for (world, most, short, long) in [
        (
            "servers = { count = 1000 }\nfaults = { crash_every = \"1s\" }\nplayers.count = 10",
            "faults.crash_every",
            "5m",
            "8784h",
        ),
        (
            "servers = { count = 100000 }\nfaults = { crash_every = \"1s\" }",
            "faults.crash_every",
            "1s",
            "24h",
        ),
        (
            "players = { count = 20, patience = \"1ms\", retry_after = \"1ms\", retry = 1.0 }",
            "players.patience",
            "1m",
            "100h",
        ),
        ("players = { count = 20, edit_every = \"1ms\" }", "players.edit_every", "2m", "300h"),
        (
            "players = { count = 20, edit_every = \"5ms\", purchase = 1.0 }",
            "players.edit_every",
            "2m",
            "1000h",
        ),
        (
            "players = { count = 20, burst = 1.0, burst_size = 1000, burst_every = \"1ms\" }",
            "players.burst_every",
            "5m",
            "8000h",
        ),
    ] {
        let read = |duration: &str| {
            let text = format!("duration = \"{duration}\"\n{world}");
            Scenario::read(&text).unwrap_or_else(|why| panic!("{text}: {why}"))
        };
        let (scenario, warnings) = read(short);
        assert_eq!(warnings.0, [], "{world}");
        assert_eq!(wrong(world, &scenario, 1), None);
        let (scenario, warnings) = read(long);
        let Cost { time, most: field, .. } = scenario.cost();
        assert!(time > Duration::from_secs(3_600), "{world}: {time:?}");
        assert_eq!(field, most, "{world}");
        let [warning] = &warnings.0[..] else { panic!("{world}: {warnings}") };
        assert_eq!(warning.path, most, "{world}");
        let (about, from) = (format!("duration = {long} is about "), format!("come from {most}"));
        assert!(warning.found.starts_with(&about) && warning.found.ends_with(&from), "{warning}");
    }
}

#[test]
fn what_frames_of_a_module_cost_is_foretold_by_how_many_there_are() {
    let costs = |more: &str| {
        let text = format!(
            "duration = '1000h'\nprotocol = 'module'\nmodule.adapter = 'lapis'\n\
             servers.count = 100\nplayers.count = 10\n{more}"
        );
        let (scenario, warnings) = Scenario::read(&text).unwrap_or_else(|why| panic!("{why}"));
        let told = warnings.0.iter().any(|told| told.path == "module.heartbeats");
        (scenario.cost(), told)
    };
    let (exact, told) = costs("");
    // 360 million seconds of servers, with 60 frames each.
    let frames = 100 * 1_000 * 3_600 * 60;
    assert!(exact.events >= frames && exact.events < frames * 6 / 5, "{exact:?}");
    assert!(told && exact.most == "module.heartbeats", "{exact:?}");
    let (half, _) = costs("module.frames_per_second = 30");
    assert!(exact.events - half.events == frames / 2, "{half:?}");
    let (far, told) = costs("module.heartbeats = '10s'");
    assert!(far.time < exact.time / 2 && !told, "{far:?}");
}

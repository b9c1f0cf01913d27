//! From any violating seed of a shipped scenario to the few things that matter.

use leasehold_sim::{
    Class, Edge, Fault, Interval, Moved, Scenario, Seed, Shrunk, Stage, Tape, shipped,
};
use leasehold_tests::{run, scenario};
use std::ops::ControlFlow;

fn shrunk(name: &str, scenario: Scenario, seed: u64) -> Shrunk {
    let simulation = shipped(name, &scenario).expect("it is sound");
    let go_on = &mut |_: &Stage| ControlFlow::Continue(());
    simulation.seed(seed).shrink_until(None, 2_000, go_on).expect("the seed violates")
}

/// What a run of the shrunk scenario breaks, with these faults.
fn broken(shrunk: &Shrunk, tape: &Tape) -> Vec<Class> {
    let scenario =
        Scenario::parse(&shrunk.bug.scenario_text()).expect("what is printed can be read");
    let seed = Seed::of(shrunk.bug.tape.origin.seed);
    let outcome = run("shrunk", &scenario, seed, Some(tape));
    Class::all(&outcome.dataset.invariants)
}

#[test]
fn every_violating_seed_of_lossy_messaging_shrinks_to_three_faults_and_two_servers_at_most() {
    for seed in 1..=10 {
        let shrunk = shrunk("lossy-messaging", scenario("lossy-messaging"), seed);
        let why = format!("seed {seed}: {}", shrunk.sentence());
        assert!(shrunk.after.faults <= 3 && shrunk.after.servers <= 2, "{why}");
        assert_eq!(
            (shrunk.after.players, shrunk.whole, shrunk.exhausted),
            (1, true, false),
            "{why}"
        );
        assert_eq!(
            broken(&shrunk, &shrunk.bug.tape),
            std::slice::from_ref(&shrunk.bug.class),
            "{why}"
        );
        for fault in &shrunk.bug.tape.faults {
            let mut without = shrunk.bug.tape.clone();
            without.faults.retain(|known| known != fault);
            assert_eq!(broken(&shrunk, &without), [], "{why}, and without {fault}");
        }
    }
}

#[test]
fn a_swarms_seed_is_shrunk_from_what_it_draws() {
    let swarm = scenario("swarm");
    let weak = |seed: &u64| {
        let drawn = swarm.drawn(&Seed::of(*seed)).expect("it has a world").scenario;
        let weak = drawn.under(leasehold_sim::scenario::Protocol::Chronicle);
        let outcome = run("weak", &weak, Seed::of(*seed), None);
        !Class::all(&outcome.dataset.invariants).is_empty()
    };
    let seed = (1..50).find(weak).expect("the documented rules fail in some world");
    let weak = swarm.under(leasehold_sim::scenario::Protocol::Chronicle);
    let shrunk = shrunk("swarm", weak, seed);
    assert!(shrunk.bug.scenario.swarm.draw.is_empty());
    assert_eq!(broken(&shrunk, &shrunk.bug.tape), std::slice::from_ref(&shrunk.bug.class));
}

/// `sims/pause.toml`, but that the server which wakes notices late that its players are gone.
#[test]
fn a_pause_of_the_timeline_is_told_with_how_long_it_may_last() {
    let mut world = scenario("pause");
    world.players.noticed_after = leasehold_sim::scenario::Distribution::named("60s..5m");
    let shrunk = shrunk("pause", world, 1);
    let why = shrunk.sentence();
    assert_eq!(shrunk.bug.class.cause, "resumed", "{why}");
    assert!(shrunk.after.servers <= 2 && shrunk.after.players == 1, "{why}");
    // The first line of the timeline only sees to it that all players are on one server.
    let pause: Fault = "timeline 2".parse().expect("a fault");
    let of_pause = |one: &&Interval| one.fault == pause && one.moved == Moved::Length;
    let length = shrunk.intervals.iter().find(of_pause).expect("it has a length");
    assert!(length.least.0 < length.is_us && length.least.1 == Edge::Passes, "{why}");
    assert!(why.contains(&format!("is paused for {}", length.range())), "{why}");
}

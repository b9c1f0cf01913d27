//! A violating world shrinks to the few things that matter.

use super::*;
use crate::run::run;

const LOSSY: &str = r#"
    duration = "10m"
    servers.count = 6
    messaging.loss = "20%"

    [players]
    count = 60
    stay = "1m..2m"
    hop = "80%"
    hop_delay = "1s..5s"
    noticed_after = "0s..20s"
"#;

fn case(seed: u64) -> Case {
    let scenario = Scenario::parse(LOSSY).expect("it is right");
    Case { name: "lossy".to_owned(), scenario, luck: Luck::of(seed), tape: None }
}

fn shrunk(case: &Case, budget: u64) -> Shrunk {
    let found = shrink(case, None, budget, &mut |_| ControlFlow::Continue(()));
    found.expect("the world violates")
}

#[test]
fn a_world_of_lost_messages_shrinks_to_one_player_on_two_servers_and_each_fault_is_needed() {
    for seed in 1..4 {
        let shrunk = shrunk(&case(seed), 2_000);
        let why = format!("seed {seed}: {shrunk:#?}");
        assert_eq!(shrunk.class.cause, "messaging_timeout_steal", "{why}");
        assert_eq!((shrunk.after.players, shrunk.after.servers), (1, 2), "{why}");
        assert!((1..=3).contains(&shrunk.after.faults), "{why}");
        assert_eq!(shrunk.needed, shrunk.tape.faults, "{why}");
        assert!(!shrunk.exhausted && shrunk.after.duration < shrunk.before.duration, "{why}");
    }
}

#[test]
fn what_was_written_down_fails_in_the_same_way_and_gives_the_same_digest() {
    let shrunk = shrunk(&case(1), 2_000);
    let scenario = Scenario::parse(&shrunk.scenario_text()).expect("what is printed can be read");
    let again = run("lossy", &scenario, Luck::of(1), Some(&shrunk.tape), &mut |_| {});
    assert_eq!(again.dataset.manifest.digest, shrunk.tape.origin.digest);
    assert!(shrunk.class.is_in(&again.dataset.invariants));
}

#[test]
fn a_budget_is_kept_and_its_end_is_said() {
    let shrunk = shrunk(&case(1), 5);
    assert!(shrunk.exhausted);
    // The search keeps to it; showing which faults are needed is owed all the same.
    assert!(shrunk.runs <= 5 + 1 + shrunk.tape.faults.len() as u64, "{}", shrunk.runs);
}

#[test]
fn a_world_that_violates_nothing_or_something_else_is_not_shrunk() {
    let mut healthy = case(1);
    healthy.scenario.messaging.loss = crate::scenario::Chance::NEVER;
    let go_on = &mut |_: &Stage| ControlFlow::Continue(());
    assert_eq!(shrink(&healthy, None, 9, go_on).err(), Some(Trouble::DoesNotFail(Vec::new())));
    let wanted: Wanted = "no_effect_overlap:save".parse().expect("it is one");
    let there = Class {
        invariant: "no_belief_overlap".to_owned(),
        cause: "messaging_timeout_steal".to_owned(),
    };
    let other = shrink(&case(1), Some(&wanted), 9, go_on).err();
    assert_eq!(other, Some(Trouble::DoesNotFail(vec![there])));
}

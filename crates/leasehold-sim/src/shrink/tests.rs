//! A violating world shrinks to the few things that matter.

use super::*;
use crate::run::run;
use std::time::Duration;

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

/// Servers stand still at random; their players go on elsewhere, which is noticed late.
const FREEZES: &str = r#"
    duration = "10m"
    servers.count = 4
    players = { count = 30, stay = "1m..6m", hop = "80%", timeout = "10s", noticed_after = "0s..40s" }
    faults = { freeze_every = "4m", freeze_for = "20s..2m" }
"#;

#[test]
fn a_random_freeze_becomes_a_line_of_the_timeline_and_its_times_are_pulled_apart() {
    let scenario = Scenario::parse(FREEZES).expect("it is right");
    let case = Case { name: "freezes".to_owned(), scenario, luck: Luck::of(1), tape: None };
    let shrunk = shrunk(&case, 2_000);
    let why = format!("{shrunk:#?}");
    assert_eq!(shrunk.class.cause, "thaw", "{why}");
    let fault: Fault = "timeline 1".parse().expect("a fault");
    assert_eq!((&shrunk.tape.faults, &shrunk.needed), (&vec![fault], &vec![fault]), "{why}");
    assert_eq!(shrunk.scenario.timeline.len(), 1, "{why}");
    assert_eq!(shrunk.scenario.faults, crate::scenario::Faults::default(), "{why}");
    let of = |moved| shrunk.intervals.iter().find(|one| one.moved == moved).expect("an interval");
    let (start, length) = (of(Moved::Start), of(Moved::Length));
    assert!(start.most.0 > start.least.0, "{why}");
    assert_eq!((length.least.1, length.most.1), (Edge::Passes, Edge::Passes), "{why}");
    assert!(shrunk.sentence().starts_with("Fails if s"), "{}", shrunk.sentence());
    // The ends fail, and 0.1 s further they do not: in a run as long as the one that was shrunk.
    let fails = |us: i64| {
        let mut scenario = shrunk.scenario.clone();
        scenario.duration = shrunk.before.duration;
        scenario.timeline[0].lasts = Some(Span(Duration::from_micros(us.unsigned_abs())));
        let outcome = run("freezes", &scenario, Luck::of(1), Some(&shrunk.tape), &mut |_| {});
        shrunk.class.is_in(&outcome.dataset.invariants)
    };
    let step = times::STEP_US;
    assert!(fails(length.least.0) && fails(length.most.0), "{why}");
    assert!(!fails(length.least.0 - step) && !fails(length.most.0 + step), "{why}");
}

#[test]
fn an_incident_is_told_by_what_it_is() {
    let scenario = Scenario::parse(
        r#"
        duration = "8m"
        servers.count = 2
        players = { count = 4, stay = "1m..2m" }
        datastore.incidents = [{ at = "1m", lasts = "2m", wrong_scope = "100%" }]
    "#,
    );
    let scenario = scenario.expect("it is right");
    let case = Case { name: "astray".to_owned(), scenario, luck: Luck::of(1), tape: None };
    let shrunk = shrunk(&case, 2_000);
    let sentence = shrunk.sentence();
    assert!(sentence.starts_with("Fails if incident 1 (wrong_scope) is on for "), "{sentence}");
}

#[test]
fn a_sentence_claims_no_more_than_was_tried() {
    let shrunk = shrunk(&case(1), 2_000);
    let fault = shrunk.tape.faults[0];
    let (runs, one) = (shrunk.runs, shrunk.clause(fault));
    assert_eq!(
        shrunk.sentence(),
        format!("Fails if and only if {one}, as far as {runs} runs with seed 1 tell")
    );
    let unsure = Shrunk { needed: Vec::new(), whole: false, exhausted: true, ..shrunk.clone() };
    let sentence = unsure.sentence();
    assert!(!sentence.contains("only if"), "{sentence}");
    assert!(sentence.contains("none was shown to be needed"), "{sentence}");
    assert!(sentence.contains("the budget ran out"), "{sentence}");
    assert_eq!(unsure.note(fault), "not shown to be needed");
    let mut two = shrunk.clone();
    two.tape.faults.push("s3 freeze 1".parse().expect("a fault"));
    assert!(two.sentence().starts_with(&format!("Fails if and only if both {one} and s3 ")));
    two.whole = false;
    assert!(two.sentence().contains("1 of 2 were each shown to be needed"), "{}", two.sentence());
}

#[test]
fn a_class_is_wanted_by_its_name() {
    let wanted: Wanted = "no_belief_overlap".parse().expect("an invariant");
    let class =
        |cause: &str| Class { invariant: wanted.invariant.clone(), cause: cause.to_owned() };
    assert!(wanted.is(&class("clock")) && wanted.is(&class("thaw")));
    let exact: Wanted = class("clock").name().parse().expect("a class");
    assert!(exact.is(&class("clock")) && !exact.is(&class("thaw")));
    for text in ["", "no_overlap", "no_belief_overlap:"] {
        assert!(text.parse::<Wanted>().is_err(), "{text}");
    }
}

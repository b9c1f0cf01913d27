//! A violating world shrinks to the few things that matter.

use super::*;
use crate::draws::Seed;
use crate::run::Simulate;
use crate::simulation::run;
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

fn lossy() -> Scenario {
    Scenario::parse(LOSSY).expect("it is right")
}

fn simulation(scenario: &Scenario) -> Box<dyn Simulate> {
    crate::shipped("shrunk", scenario).expect("it is right")
}

fn shrunk(scenario: &Scenario, seed: u64, budget: u64) -> Shrunk {
    let simulation = simulation(scenario);
    let go_on = &mut |_: &Stage| ControlFlow::Continue(());
    simulation.seed(seed).shrink_until(None, budget, go_on).expect("the world violates")
}

#[test]
fn a_world_of_lost_messages_shrinks_to_one_player_on_two_servers_and_each_fault_is_needed() {
    for seed in 1..4 {
        let shrunk = shrunk(&lossy(), seed, 2_000);
        let why = format!("seed {seed}: {shrunk:#?}");
        assert_eq!(shrunk.bug.class.cause, "messaging_timeout_steal", "{why}");
        assert_eq!((shrunk.after.players, shrunk.after.servers), (1, 2), "{why}");
        assert!((1..=3).contains(&shrunk.after.faults), "{why}");
        assert_eq!(shrunk.needed, shrunk.bug.tape.faults, "{why}");
        assert!(!shrunk.exhausted && shrunk.after.duration < shrunk.before.duration, "{why}");
    }
}

#[test]
fn what_was_written_down_fails_in_the_same_way_and_gives_the_same_digest() {
    let shrunk = shrunk(&lossy(), 1, 2_000);
    let scenario =
        Scenario::parse(&shrunk.bug.scenario_text()).expect("what is printed can be read");
    let again = run("lossy", &scenario, Seed::of(1), Some(&shrunk.bug.tape), &mut |_| {});
    assert_eq!(again.dataset.manifest.digest, shrunk.bug.tape.origin.digest);
    assert!(shrunk.bug.class.is_in(&again.dataset));
}

#[test]
fn a_budget_is_kept_and_its_end_is_said() {
    let shrunk = shrunk(&lossy(), 1, 5);
    assert!(shrunk.exhausted);
    // The search keeps to it; showing which faults are needed is owed all the same.
    assert!(shrunk.runs <= 5 + 1 + shrunk.bug.tape.faults.len() as u64, "{}", shrunk.runs);
}

#[test]
fn a_world_that_violates_nothing_or_something_else_is_not_shrunk() {
    let mut healthy = lossy();
    healthy.messaging.loss = crate::units::Chance::NEVER;
    let go_on = &mut |_: &Stage| ControlFlow::Continue(());
    healthy.players.noticed_after = crate::config::Distribution::named("0s");
    let healthy = simulation(&healthy).seed(1).shrink_until(None, 9, go_on);
    assert_eq!(healthy.err(), Some(ShrinkError::DoesNotFail(Vec::new())));
    let wanted: Wanted = "no_write_without_ownership:save".parse().expect("it is one");
    let there = Class {
        invariant: "no_double_ownership".to_owned(),
        cause: "messaging_timeout_steal".to_owned(),
    };
    let other = simulation(&lossy()).seed(1).shrink_until(Some(&wanted), 9, go_on).err();
    let Some(ShrinkError::DoesNotFail(shown)) = other else { panic!("{other:?}") };
    assert!(shown.contains(&there), "{shown:?}");
}

/// Servers be paused at random; their players go on elsewhere, which is noticed late.
const FREEZES: &str = r#"
    duration = "10m"
    servers.count = 4
    players = { count = 30, stay = "1m..6m", hop = "80%", timeout = "10s", noticed_after = "0s..40s" }
    faults = { pause_every = "4m", pause_for = "20s..2m" }
"#;

#[test]
fn a_random_pause_becomes_a_line_of_the_timeline_and_its_times_are_pulled_apart() {
    let scenario = Scenario::parse(FREEZES).expect("it is right");
    let shrunk = shrunk(&scenario, 1, 2_000);
    let why = format!("{shrunk:#?}");
    assert_eq!(shrunk.bug.class.cause, "resumed", "{why}");
    let fault: Fault = "timeline 1".parse().expect("a fault");
    assert_eq!((&shrunk.bug.tape.faults, &shrunk.needed), (&vec![fault], &vec![fault]), "{why}");
    assert_eq!(shrunk.bug.scenario.timeline.len(), 1, "{why}");
    assert_eq!(shrunk.bug.scenario.faults, crate::scenario::Faults::default(), "{why}");
    let of = |moved| shrunk.intervals.iter().find(|one| one.moved == moved).expect("an interval");
    let (start, length) = (of(Moved::Start), of(Moved::Length));
    assert!(start.most.0 > start.least.0, "{why}");
    assert_eq!((length.least.1, length.most.1), (Edge::Passes, Edge::Passes), "{why}");
    assert!(shrunk.sentence().starts_with("Fails in this class if s"), "{}", shrunk.sentence());
    // After a longer pause its cause is another one.
    let causes: Vec<&str> = shrunk.others.iter().map(|one| one.cause.as_str()).collect();
    assert!(causes.contains(&"messaging_timeout_steal"), "{why}");
    // The ends fail, and 0.1 s further they do not: in a run as long as the one that was shrunk.
    let fails = |us: i64| {
        let mut scenario = shrunk.bug.scenario.clone();
        scenario.duration = shrunk.before.duration;
        scenario.timeline[0].lasts = Some(Span(Duration::from_micros(us.unsigned_abs())));
        let outcome = run("pauses", &scenario, Seed::of(1), Some(&shrunk.bug.tape), &mut |_| {});
        shrunk.bug.class.is_in(&outcome.dataset)
    };
    let step = times::STEP_US;
    assert!(fails(length.least.0) && fails(length.most.0), "{why}");
    assert!(!fails(length.least.0 - step) && !fails(length.most.0 + step), "{why}");
}

/// A server that is shut down while calls are slow: in runs long enough, what it breaks comes about
/// without it too.
const SLOW: &str = r#"
    protocol = "naive"
    duration = "30m"
    servers.count = 2
    datastore.latency = "4s..16s"
    timeline = [{ at = "60s", server = 0, do = "shutdown", for = "10s" }]

    [players]
    count = 1
    arrive = "0s..2s"
    stay = "4m..6m"
    hop = "100%"
    hop_delay = "0s..1s"
    edit_every = "1s..3s"
"#;

#[test]
fn times_are_pulled_apart_only_in_runs_that_need_their_fault() {
    let scenario = Scenario::parse(SLOW).expect("it is right");
    let mut longer = 0;
    for seed in 1..=8 {
        let shrunk = shrunk(&scenario, seed, 2_000);
        let why = format!("seed {seed}: {shrunk:#?}");
        let fails_without = |duration| {
            let scenario = Scenario { duration, ..shrunk.bug.scenario.clone() };
            let none = reducer::tape(&[]);
            let outcome = run("slow", &scenario, Seed::of(seed), Some(&none), &mut |_| {});
            shrunk.bug.class.is_in(&outcome.dataset)
        };
        if shrunk.needed.is_empty() || !fails_without(shrunk.before.duration) {
            continue;
        }
        longer += 1;
        assert!(!fails_without(shrunk.after.duration), "{why}");
        let limit = shrunk.after.duration.us() as i64;
        assert!(!shrunk.intervals.is_empty(), "{why}");
        assert!(shrunk.intervals.iter().all(|one| one.most.0 <= limit), "{why}");
    }
    assert!(longer > 0, "no run fails without its fault if it goes on for long enough");
}

#[test]
fn a_time_that_no_scenario_can_have_ends_an_interval_and_every_point_is_a_run_of_its_own() {
    // Whoever is sent to s1 finds it fresh only once it was down, after 50 s.
    let restart = "timeline = [{ at = '50s', server = 1, do = 'crash' }, \
                   { at = '60s', server = 0, do = 'restart', to = 1 }]";
    let mut scenario = Scenario::parse(&SLOW.replace("timeline", "#")).expect("it is right");
    scenario.timeline = Scenario::parse(&format!("{restart}\nservers.count = 2")).unwrap().timeline;
    for (seed, edge) in [(4, Edge::Invalid), (8, Edge::Passes)] {
        let mut runs = std::collections::BTreeSet::new();
        let simulation = simulation(&scenario);
        let shrunk = simulation.seed(seed).shrink_until(None, 2_000, &mut |stage| {
            if stage.what == "pulling times apart" {
                runs.insert(stage.runs);
            }
            ControlFlow::Continue(())
        });
        let shrunk = shrunk.expect("it violates");
        let why = format!("seed {seed}: {shrunk:#?}");
        let restart: Fault = "timeline 2".parse().expect("a fault");
        let of_restart = |one: &&Interval| one.fault == restart && one.moved == Moved::Start;
        let interval = shrunk.intervals.iter().find(of_restart).expect("it has a time");
        assert_eq!(interval.least.1, edge, "{why}");
        if edge == Edge::Invalid {
            assert_eq!(interval.least.0, 50_000_000 + times::STEP_US, "{why}");
            assert!(interval.range().starts_with("50.1s to "), "{}", interval.range());
        }
        let points: u32 = shrunk.intervals.iter().map(|one| one.points).sum();
        assert_eq!(points as usize, runs.len(), "{why}");
    }
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
    let shrunk = shrunk(&scenario, 1, 2_000);
    let sentence = shrunk.sentence();
    assert!(sentence.starts_with("Fails if incident 1 (wrong_scope) is on for "), "{sentence}");
}

#[test]
fn a_sentence_claims_no_more_than_was_tried() {
    let shrunk = shrunk(&lossy(), 1, 2_000);
    let fault = shrunk.bug.tape.faults[0];
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
    two.bug.tape.faults.push("s3 pause 1".parse().expect("a fault"));
    assert!(two.sentence().starts_with(&format!("Fails if and only if both {one} and s3 ")));
    two.whole = false;
    assert!(two.sentence().contains("1 of 2 were each shown to be needed"), "{}", two.sentence());
}

#[test]
fn a_class_is_wanted_by_its_name() {
    let wanted: Wanted = "no_double_ownership".parse().expect("an invariant");
    let class =
        |cause: &str| Class { invariant: wanted.invariant.clone(), cause: cause.to_owned() };
    assert!(wanted.is(&class("clock")) && wanted.is(&class("resumed")));
    let exact: Wanted = class("clock").name().parse().expect("a class");
    assert!(exact.is(&class("clock")) && !exact.is(&class("resumed")));
    for text in ["", "no_overlap", "no_double_ownership:"] {
        assert!(text.parse::<Wanted>().is_err(), "{text}");
    }
}

#[test]
fn players_of_a_log_are_left_out_as_others_are_and_those_who_are_left_do_what_they_did() {
    let hops = |nth: u64| {
        let row = |hop: u64| format!("h{}@{}", 40 + nth + hop * 30, (nth + hop) % 3);
        let rows: Vec<String> = (0..15).map(row).collect();
        format!("j{}@{} {} l580", nth, (nth + 2) % 3, rows.join(" "))
    };
    let rows: Vec<String> = (0..12).map(hops).collect();
    let text = format!(
        "duration = \"10m\"\nservers.count = 3\nmessaging.loss = \"40%\"\n[players]\ncount = 12\n\
         noticed_after = \"0s..20s\"\nhop_delay = \"1s..3s\"\ntrace = {{ players = {rows:?} }}"
    );
    let scenario = Scenario::parse(&text).expect("it is right");
    let shrunk = shrunk(&scenario, 1, 2_000);
    let why = format!("{shrunk:#?}");
    assert_eq!(shrunk.bug.class.cause, "messaging_timeout_steal", "{why}");
    assert_eq!((shrunk.after.players, shrunk.after.servers), (1, 2), "{why}");
    assert!(shrunk.after.duration < shrunk.before.duration, "{why}");
    assert_eq!(shrunk.bug.scenario.players.trace, scenario.players.trace);
    let text = shrunk.bug.scenario_text();
    let again = run(
        "log",
        &Scenario::parse(&text).expect("what is printed can be read"),
        Seed::of(1),
        Some(&shrunk.bug.tape),
        &mut |_| {},
    );
    assert!(shrunk.bug.class.is_in(&again.dataset));
}

//! The shipped scenarios show what they say they show.

use leasehold_data::Dataset;
use leasehold_sim::scenario::{Distribution, Players, Protocol, Scenario, Span, WhenLost};
use leasehold_sim::{Outcome, Promise, Seed, Verdict, shipped as simulation};
use leasehold_tests::{project, run, scenario, shipped, simulate, starts, variant};
use rayon::prelude::*;

fn overlaps(dataset: &Dataset) -> u64 {
    dataset.summary.overlaps.double_ownership.values().sum()
}

#[test]
fn every_shipped_scenario_begins_with_what_to_look_for_has_a_title_and_is_as_expected() {
    for name in shipped() {
        let path = project("sims").join(format!("{name}.toml"));
        let text = std::fs::read_to_string(path).expect("it is there");
        assert!(
            text.lines().take(3).all(|line| line.starts_with("# ")),
            "{name}: three lines first"
        );
        assert!(text.contains("Look "), "{name} says what to look for");
        let outcome = simulate(&name, 1);
        assert_eq!(outcome.verdict, Verdict::Holds, "{name}: {:?}", outcome.missing);
        assert!(!outcome.dataset.manifest.title.is_empty(), "{name} has a title");
    }
}

#[test]
fn lossy_messaging_robs_live_owners_always_by_silence_and_never_commits_twice() {
    for seed in 1..6 {
        let summary = simulate("lossy-messaging", seed).dataset.summary;
        let causes: Vec<&String> = summary.overlaps.double_ownership.keys().collect();
        assert_eq!(causes, ["messaging_timeout_steal"], "seed {seed}");
        assert_eq!(summary.overlaps.write_without_ownership, 0, "seed {seed}");
        let faults: Vec<&String> = summary.faults.keys().collect();
        assert_eq!(faults, ["is lost"], "nothing but messages fails: seed {seed}");
    }
}

#[test]
fn strict_lossy_meets_lost_challenges_to_live_owners_and_never_lets_two_own() {
    let outcomes: Vec<Outcome> =
        (1..=200u64).into_par_iter().map(|seed| simulate("strict-lossy", seed)).collect();
    let mark = "a challenge to a live owner was lost";
    let reached = outcomes.iter().filter(|one| one.dataset.marks.contains_key(mark)).count();
    assert!(reached >= 100, "{mark}: in {reached} of 200 seeds");
    for outcome in &outcomes {
        assert_eq!(overlaps(&outcome.dataset), 0, "seed {}", outcome.dataset.manifest.seed);
        assert!(matches!(outcome.promise, Promise::Kept { .. }));
    }
}

#[test]
fn strict_lossy_is_the_world_of_lossy_messaging_on_the_same_seed() {
    let (lossy, strict) = (scenario("lossy-messaging"), scenario("strict-lossy"));
    let same = Scenario {
        title: lossy.title.clone(),
        protocol: Protocol::Chronicle,
        expect: lossy.expect.clone(),
        ..strict
    };
    assert_eq!(same, lossy);
}

#[test]
fn f1_an_idle_session_of_three_hours_and_a_second_costs_216_renewals_and_no_save() {
    let sent = |outcome: &Outcome| {
        let calls = &outcome.dataset.summary.calls;
        ["acquire", "renew", "save", "release"].map(|kind| calls[kind].sent)
    };
    for seed in 1..6 {
        assert_eq!(sent(&simulate("idle", seed)), [1, 216, 0, 1]);
        assert_eq!(sent(&variant("idle", "eager", seed)), [1, 1_080, 0, 1]);
    }
}

#[test]
fn c8_with_the_documented_latency_live_owners_are_taken_without_any_fault() {
    for seed in 1..6 {
        let dataset = simulate("documented-latency", seed).dataset;
        assert!(dataset.summary.faults.is_empty());
        assert!(overlaps(&dataset) > 100, "seed {seed}: {}", overlaps(&dataset));
        let conflicts = &dataset.summary.conflicts;
        let (taken, confirmed) = (
            conflicts["messaging_timeout_steal"],
            conflicts.get("active_owner_confirmed").copied().unwrap_or(0),
        );
        assert!(taken > 10 * confirmed, "seed {seed}: {taken} taken, {confirmed} confirmed");
    }
}

#[test]
fn w6_a_server_that_answers_while_releasing_turns_players_away_and_one_that_is_silent_does_not() {
    for seed in 1..6 {
        let answering = simulate("server-hop", seed).dataset.summary;
        let silent = variant("server-hop", "silent-while-releasing", seed).dataset.summary;
        assert!(answering.starts.failed["lease_held"] > 50, "seed {seed}");
        assert!(!silent.starts.failed.contains_key("lease_held"), "seed {seed}");
        assert!(starts(&silent).p99_us > starts(&answering).p99_us, "seed {seed}");
    }
}

/// Owners that do nothing but renew, calls that fail often, silent messaging and players who
/// reappear at once: whoever is ahead of the owner's clock takes the lease as early as it can.
fn at_the_edge_of_the_promise(skew: &str) -> Scenario {
    let text = format!(
        r#"
        duration = "20m"
        protocol = "chronicle_strict"
        servers = {{ count = 6, skew = "{skew}", whole_seconds = true }}
        [players]
        count = 60
        stay = "30s..2m"
        hop = "100%"
        hop_delay = "0s..2s"
        noticed_after = "60s..5m"
        edit_every = "1h"
        retry = "100%"
        retry_after = "1s..3s"
        [datastore]
        latency = "50ms..90ms"
        fail_before = "35%"
        [messaging]
        loss = "100%"
        [rules]
        breaker_failures_max = 1000
        breaker_error_percent_max = 100
        backoff_cap = "5s"
        retries = 50
        "#
    );
    Scenario::parse(&text).expect("valid")
}

#[test]
fn d3_inside_the_promise_never_and_well_outside_it_sometimes_two_sessions_own() {
    let found = |skew: &str| {
        let scenario = at_the_edge_of_the_promise(skew);
        let seeds = (1..=40u64).into_par_iter();
        let outcomes = seeds.map(|seed| run("edge", &scenario, Seed::of(seed), None));
        let found = outcomes.map(|outcome| u64::from(overlaps(&outcome.dataset) > 0)).sum::<u64>();
        (simulation("promise", &scenario).expect("sound").promise(), found)
    };
    let (promise, inside) = found("5s");
    assert!(matches!(promise, Promise::Kept { .. }), "{promise:?}");
    assert_eq!(inside, 0, "inside the promise");
    let (promise, outside) = found("14s");
    assert!(matches!(promise, Promise::Outside { .. }), "{promise:?}");
    assert!(outside > 0, "outside the promise");
    assert!(matches!(found("5001ms").0, Promise::Outside { .. }));
}

#[test]
fn w10_a_player_whose_session_is_lost_is_thrown_out_or_plays_on_unsaved() {
    let mut scenario = scenario("lossy-messaging");
    scenario.players.noticed_after = Distribution::named("30s..60s");
    // Paused for longer than a lease: whoever is still there afterwards has lost their session.
    scenario.players.timeout = Span::parse("10m").expect("a span");
    scenario.faults.pause_every = Some(Span::parse("3m").expect("a span"));
    scenario.faults.pause_for = Distribution::named("65s..90s");
    scenario.protocol = Protocol::ChronicleStrict;
    let refused = |when_lost| {
        let players = Players { when_lost, ..scenario.players.clone() };
        let scenario = Scenario { players, ..scenario.clone() };
        let outcome = run("w10", &scenario, Seed::of(1), None);
        outcome.dataset.summary.progress.refused
    };
    assert_eq!(refused(WhenLost::Kick), 0);
    assert!(refused(WhenLost::PlayOn) > 100);
}

/// The old names of `docs/convert-old-names.sed` that are plain text.
fn old_names() -> Vec<String> {
    let rules = read("docs/convert-old-names.sed");
    let rules = rules.lines().filter_map(|line| line.strip_prefix("s/")?.strip_suffix("/g"));
    let old = rules.map(|rule| rule.split_once('/').expect("old and new").0.replace("\\b", ""));
    old.filter(|old| !old.contains('\\')).collect()
}

#[test]
fn no_shipped_scenario_is_in_the_words_that_the_converter_replaces() {
    let old = old_names();
    assert!(old.len() > 10, "{old:?}");
    for name in shipped() {
        let text = read(&format!("sims/{name}.toml"));
        let found: Vec<&String> = old.iter().filter(|old| text.contains(*old)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

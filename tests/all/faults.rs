//! What the datastore can do to a call: each of it in a small world, and what comes of it.

use leasehold_data::Dataset;
use leasehold_sim::scenario::Scenario;
use leasehold_sim::{Outcome, Seed, Tape};
use leasehold_tests::run;
use std::collections::BTreeSet;

/// A world in which nothing goes wrong but what these lines of `[datastore]` say.
fn world(datastore: &str) -> Scenario {
    let text = format!(
        "duration = \"10m\"\nservers.count = 3\n\
         [players]\ncount = 40\narrive = \"0s..20s\"\nstay = \"30s..2m\"\nhop = \"90%\"\n\
         edit_every = \"2s..6s\"\n[datastore]\nlatency = \"200ms..600ms\"\n{datastore}\n"
    );
    Scenario::parse(&text).unwrap_or_else(|why| panic!("{datastore}: {why}"))
}

fn simulate(scenario: &Scenario, tape: Option<&Tape>) -> Outcome {
    run("faults", scenario, Seed::of(1), tape)
}

fn dataset(datastore: &str) -> Dataset {
    simulate(&world(datastore), None).dataset
}

/// The invariants that are broken, and what they are broken by.
fn broken(dataset: &Dataset) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let broken = || dataset.invariants.iter().filter(|invariant| invariant.violations > 0);
    let causes = broken().flat_map(|invariant| invariant.causes.keys());
    (
        broken().map(|invariant| invariant.name.as_str()).collect(),
        causes.map(String::as_str).collect(),
    )
}

fn nothing_broken(dataset: &Dataset) {
    assert!(broken(dataset).0.is_empty(), "{:?}", broken(dataset));
}

fn fired(dataset: &Dataset, site: &str) -> u64 {
    dataset.summary.faults.get(site).copied().unwrap_or(0)
}

fn marked(dataset: &Dataset, mark: &str) -> bool {
    dataset.marks.contains_key(mark)
}

fn sent_and_failed(dataset: &Dataset) -> (u64, u64) {
    let calls = dataset.summary.calls.values();
    calls.fold((0, 0), |(sent, failed), calls| (sent + calls.sent, failed + calls.failed))
}

#[test]
fn in_a_throttle_storm_every_call_is_rejected_none_is_applied_and_nothing_breaks() {
    let storm = "incidents = [{ at = '4m', lasts = '20s', throttle = '100%' }]";
    let dataset = dataset(storm);
    let throttled = fired(&dataset, "is throttled");
    assert!(throttled > 10, "{throttled}");
    assert_eq!(sent_and_failed(&dataset).1, throttled);
    let errors = &dataset.summary.errors;
    assert!(errors.keys().eq(["DatastoreThrottled", "KeyThrottled"]), "{errors:?}");
    nothing_broken(&dataset);
}

#[test]
fn a_stale_first_read_is_caught_when_it_would_write_and_ends_a_session_when_it_cancels() {
    let dataset = dataset("stale_read = '50%'");
    assert!(fired(&dataset, "reads stale") > 100, "{:?}", dataset.summary.faults);
    assert!(marked(&dataset, "a transform ran again"));
    assert!(marked(&dataset, "a wrong read ended a session"));
    assert!(dataset.summary.progress.lost.contains_key("stale read"));
    nothing_broken(&dataset);
}

#[test]
fn a_false_nil_that_the_compare_step_catches_costs_sessions_and_overwrites_nothing() {
    let dataset = dataset("incidents = [{ at = '3m', lasts = '2m', false_nil = '100%' }]");
    assert!(fired(&dataset, "reads nil") > 10, "{:?}", dataset.summary.faults);
    assert!(marked(&dataset, "a wrong read ended a session"));
    assert!(dataset.summary.progress.lost.contains_key("false nil"));
    assert!(!marked(&dataset, "a false nil overwrote a record"));
    nothing_broken(&dataset);
}

#[test]
fn a_false_nil_that_the_compare_step_trusts_overwrites_players_and_is_named_as_the_cause() {
    let trusted = "incidents = [{ at = '3m', lasts = '2m', false_nil = '100%' }]\n\
                   false_nil_trusted = true";
    let dataset = dataset(trusted);
    assert!(marked(&dataset, "a false nil overwrote a record"));
    let (rules, causes) = broken(&dataset);
    let expected =
        ["acknowledged_saves_survive", "generations_in_order", "no_write_without_ownership"];
    assert!(rules.is_superset(&BTreeSet::from(expected)), "{rules:?}");
    assert_eq!(causes, BTreeSet::from(["false nil"]), "{rules:?}");
    assert!(dataset.summary.progress.rolled_back > 100, "{:?}", dataset.summary.progress);
}

#[test]
fn writes_to_the_wrong_scope_succeed_and_vanish_and_that_is_the_cause() {
    let wrong = "incidents = [{ at = '3m', lasts = '2m', wrong_scope = '100%', servers = [0] }]";
    let outcome = simulate(&world(wrong), None);
    let dataset = &outcome.dataset;
    assert!(marked(dataset, "a write had the wrong scope"));
    assert_eq!(dataset.summary.faults.get("incident"), Some(&1), "it is one fault as a whole");
    let (rules, causes) = broken(dataset);
    assert!(rules.contains("acknowledged_saves_are_stored"), "{rules:?}");
    // One key in two scopes is two records: nobody writes over anybody.
    assert!(
        !rules.contains("generations_in_order") && !rules.contains("no_write_without_ownership")
    );
    assert_eq!(causes, BTreeSet::from(["wrong scope"]), "{rules:?}");
    let lost = &dataset.summary.progress.lost;
    assert!(lost.keys().eq(["wrong scope"]), "{lost:?}");
    // Without the incident on it, a tape is the same world without any of this.
    let mut tape = outcome.tape.expect("a tape");
    tape.faults.clear();
    let healthy = simulate(&world(wrong), Some(&tape)).dataset;
    nothing_broken(&healthy);
    assert!(healthy.summary.progress.lost.is_empty());
}

#[test]
fn a_call_that_has_the_wrong_scope_by_itself_is_named_on_the_tape_and_replayed_from_it() {
    let scenario =
        world("wrong_scope = '2%'\nthrottle = '2%'\nstale_read = '2%'\nfalse_nil = '2%'");
    let first = simulate(&scenario, None);
    let tape = first.tape.as_ref().expect("a tape").print();
    for site in ["has wrong scope", "is throttled", "reads stale", "reads nil"] {
        assert!(tape.contains(site), "{site}");
    }
    let again = simulate(&scenario, Some(&Tape::parse(&tape).expect("it is read back")));
    assert_eq!(first.dataset.manifest.digest, again.dataset.manifest.digest);
}

#[test]
fn a_degraded_datastore_fails_one_call_in_five_and_has_applied_half_of_those() {
    // The naive library's calls are plain reads and writes.
    let patient = "[rules]\nbreaker_failures_max = 1000\nbreaker_error_percent_max = 100";
    for (protocol, more) in [("chronicle", patient), ("naive", "")] {
        let text = format!(
            "protocol = \"{protocol}\"\nduration = \"40m\"\n\
             servers.count = 20\nplayers.count = 200\n\
             [datastore]\ncondition = \"degraded\"\nlatency = \"200ms\"\n{more}"
        );
        let dataset = simulate(&Scenario::parse(&text).expect("valid"), None).dataset;
        for calls in dataset.summary.calls.values().filter(|calls| calls.sent > 500) {
            let share = calls.failed as f64 / calls.sent as f64;
            assert!((0.14..0.26).contains(&share), "{protocol}: {calls:?}");
        }
        let (sent, failed) = sent_and_failed(&dataset);
        let share = failed as f64 / sent as f64;
        assert!(sent > 3_000 && (0.18..0.22).contains(&share), "{protocol}: {failed} of {sent}");
        let of = |site| fired(&dataset, site);
        let (before, after) = (of("fails unapplied"), of("fails applied"));
        let applied = after as f64 / (before + after) as f64;
        assert!((0.45..0.55).contains(&applied), "{protocol}: {before} {after}");
    }
}

#[test]
fn a_plain_read_may_never_be_answered() {
    let text = "protocol = \"naive\"\nduration = \"10m\"\nservers.count = 2\n\
                players.count = 20\ndatastore.never_answers = \"100%\"";
    let dataset = simulate(&Scenario::parse(text).expect("valid"), None).dataset;
    let reads = &dataset.summary.calls["read"];
    assert!(reads.sent >= 20, "{reads:?}");
    assert_eq!(dataset.summary.starts.granted, 0, "{:?}", dataset.summary.starts);
}

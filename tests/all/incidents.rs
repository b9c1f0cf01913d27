//! Shipped scenarios of what has happened in public, and of what people complain about: they show
//! what they say they show, with every seed that is tried.

use leasehold_data::Dataset;
use leasehold_sim::scenario::Scenario;
use leasehold_sim::{Outcome, Verdict};
use leasehold_tests::{scenario, simulate, starts, variant};

const SECOND: u64 = 1_000_000;

fn holds(outcome: Outcome) -> Dataset {
    let Outcome { verdict, missing, dataset, .. } = outcome;
    let at = (&dataset.manifest.scenario, dataset.manifest.seed);
    assert_eq!(verdict, Verdict::Holds, "{at:?}: {missing:?}");
    dataset
}

fn marked(dataset: &Dataset, mark: &str) -> u64 {
    dataset.marks.get(mark).copied().unwrap_or(0)
}

fn lost_by(dataset: &Dataset, cause: &str) -> u64 {
    dataset.summary.progress.lost.get(cause).copied().unwrap_or(0)
}

fn lost(dataset: &Dataset) -> u64 {
    dataset.summary.progress.lost.values().sum()
}

fn overlaps(dataset: &Dataset) -> u64 {
    dataset.summary.overlaps.double_ownership.values().sum()
}

/// An invariant's violations, and their causes.
fn broken<'a>(dataset: &'a Dataset, name: &str) -> (u64, Vec<&'a str>) {
    let found = dataset.invariants.iter().find(|known| known.name == name).expect(name);
    (found.violations, found.causes.keys().map(String::as_str).collect())
}

#[test]
fn in_a_long_outage_whoever_owns_on_loses_whole_visits_and_who_fences_itself_a_minute() {
    for seed in 1..4 {
        let documented = holds(simulate("long-outage", seed));
        let progress = &documented.summary.progress;
        assert!(lost(&documented) > progress.edits / 2, "seed {seed}: {progress:?}");
        assert!(progress.dirty_age_max_us > Some(73 * 60 * SECOND), "seed {seed}: {progress:?}");
        // Whoever takes a lease waits for nobody, and finds nobody: all of them have run out.
        let conflicts = &documented.summary.conflicts;
        assert!(conflicts["expired_lease_steal"] > 150, "seed {seed}: {conflicts:?}");
        assert!(!conflicts.contains_key("messaging_timeout_steal"), "seed {seed}: {conflicts:?}");
        let strict = holds(variant("long-outage", "strict", seed));
        assert!(lost(&strict) * 20 < lost(&documented), "seed {seed}: {}", lost(&strict));
        assert!(strict.summary.progress.dirty_age_max_us < Some(60 * SECOND), "seed {seed}");
        assert_eq!((overlaps(&documented), overlaps(&strict)), (0, 0), "seed {seed}");
    }
}

#[test]
fn in_the_wrong_scope_all_calls_succeed_what_is_saved_is_lost_and_two_servers_own_a_player() {
    for seed in 1..4 {
        for dataset in
            [simulate("wrong-scope", seed), variant("wrong-scope", "strict", seed)].map(holds)
        {
            let summary = &dataset.summary;
            assert!(summary.calls.values().all(|calls| calls.failed == 0), "seed {seed}");
            assert!(summary.progress.lost.keys().eq(["wrong scope"]), "seed {seed}");
            assert!(lost(&dataset) > 4_000, "seed {seed}: {}", lost(&dataset));
            for rule in ["no_double_ownership", "acknowledged_saves_are_stored"] {
                let (violations, causes) = broken(&dataset, rule);
                assert!(violations > 20 && causes == ["wrong scope"], "seed {seed}: {causes:?}");
            }
        }
    }
}

#[test]
fn a_false_nil_throws_players_out_if_writes_are_compared_and_overwrites_them_if_not() {
    for seed in 1..4 {
        let compared = holds(simulate("false-nil", seed));
        assert!(marked(&compared, "a wrong read ended a session") > 100, "seed {seed}");
        assert_eq!(compared.summary.progress.rolled_back, 0, "seed {seed}");
        let blind = holds(variant("false-nil", "naive", seed));
        assert!(lost_by(&compared, "false nil") > 0, "seed {seed}");
        assert!(blind.summary.progress.rolled_back > 50, "seed {seed}");
        let (_, causes) = broken(&blind, "acknowledged_saves_survive");
        assert_eq!(causes, ["false nil"], "seed {seed}");
    }
}

#[test]
fn a_compare_step_that_trusts_a_false_nil_lets_starts_overwrite_players() {
    for seed in 1..4 {
        let dataset = holds(simulate("false-nil-trusted", seed));
        let overwritten = marked(&dataset, "a false nil overwrote a record");
        assert!(overwritten > 5, "seed {seed}: {overwritten}");
        for rule in ["no_write_without_ownership", "generations_in_order"] {
            let found = broken(&dataset, rule);
            assert_eq!(found, (overwritten, vec!["false nil"]), "seed {seed}: {rule}");
        }
    }
    let (caught, trusted) = (scenario("false-nil"), scenario("false-nil-trusted"));
    let mut same = trusted.clone();
    same.datastore.false_nil_trusted = false;
    let (title, expect, compare) = (caught.title.clone(), caught.expect.clone(), vec![]);
    let caught = Scenario { compare: vec![], ..caught };
    assert_eq!(Scenario { title, expect, compare, ..same }, caught, "nothing else differs");
}

#[test]
fn after_a_crash_players_wait_for_silence_for_the_lease_or_for_half_an_hour() {
    for seed in 1..4 {
        let longest = |dataset: &Dataset| starts(&dataset.summary).max_us;
        let documented = holds(simulate("crash-then-rejoin", seed));
        assert_eq!(longest(&documented), 2_600_000, "seed {seed}");
        assert!(documented.summary.starts.failed.is_empty(), "seed {seed}");
        let strict = holds(variant("crash-then-rejoin", "strict", seed));
        assert!((50 * SECOND..70 * SECOND).contains(&longest(&strict)), "seed {seed}");
        assert!(strict.summary.starts.failed.is_empty(), "seed {seed}");
        let long = holds(variant("crash-then-rejoin", "lease-of-30m", seed));
        // Each of those whose server crashed asks for half an hour, 90 s and a while at a time.
        let (failed, met) =
            (&long.summary.starts.failed, strict.summary.conflicts["expired_lease_steal"]);
        assert!(failed.keys().eq(["timeout"]), "seed {seed}: {failed:?}");
        assert!(failed["timeout"] > 15 * met, "seed {seed}: {failed:?} of {met}");
    }
}

#[test]
fn whoever_is_closed_in_an_outage_loses_and_who_stays_open_loses_more_to_the_breaker() {
    for seed in 1..4 {
        let documented = holds(simulate("shutdown-in-outage", seed));
        let closed = lost_by(&documented, "shutdown") + lost_by(&documented, "release abandoned");
        let open = lost_by(&documented, "expired");
        assert!(closed > 200 && open > closed, "seed {seed}: {closed} closed, {open} open");
        assert_eq!(closed + open, lost(&documented), "seed {seed}");
        let tries = holds(variant("shutdown-in-outage", "without-breaker", seed));
        assert!(lost(&tries) * 5 < lost(&documented), "seed {seed}: {}", lost(&tries));
        let long = holds(variant("shutdown-in-outage", "lease-of-3m", seed));
        let causes: Vec<&String> = long.summary.progress.lost.keys().collect();
        assert_eq!(causes, ["shutdown"], "seed {seed}: those who stay open lose nothing");
        assert!(lost(&long) > closed / 2, "seed {seed}: those who are closed do");
    }
}

#[test]
fn a_launch_waits_a_moment_under_the_limits_of_2026_and_half_a_minute_under_those_of_2023() {
    for seed in 1..4 {
        let now = holds(simulate("launch", seed));
        assert_eq!(marked(&now, "a call was dropped by a full queue"), 0, "seed {seed}");
        assert!(starts(&now.summary).p99_us < 5 * SECOND, "seed {seed}");
        let then = holds(simulate("launch-2023", seed));
        assert!(marked(&then, "a call was dropped by a full queue") > 10, "seed {seed}");
        assert!(starts(&then.summary).p99_us > 30 * SECOND, "seed {seed}");
        let tries = holds(variant("launch-2023", "without-breaker", seed));
        assert!(starts(&tries.summary).p99_us < 5 * SECOND, "seed {seed}");
        let dropped = marked(&tries, "a call was dropped by a full queue");
        assert!(dropped > marked(&then, "a call was dropped by a full queue"), "seed {seed}");
    }
    let (now, then) = (scenario("launch"), scenario("launch-2023"));
    let datastore = now.datastore.clone();
    let (title, expect, compare) = (now.title.clone(), now.expect.clone(), vec![]);
    let same = Scenario { title, expect, compare, datastore, ..then };
    assert_eq!(same, now, "nothing else differs");
}

#[test]
fn in_a_throttle_storm_breakers_lose_what_retries_would_have_saved() {
    for seed in 1..4 {
        let dataset = holds(simulate("throttle-storm", seed));
        assert!(dataset.summary.faults.keys().eq(["is throttled"]), "seed {seed}");
        let tries = holds(variant("throttle-storm", "without-breaker", seed));
        assert!(lost(&dataset) > 1_000, "seed {seed}: {}", lost(&dataset));
        assert!(lost(&tries) * 5 < lost(&dataset), "seed {seed}: {}", lost(&tries));
        assert_eq!((overlaps(&dataset), overlaps(&tries)), (0, 0), "seed {seed}");
    }
}

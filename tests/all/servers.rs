//! Shipped scenarios of servers and clocks; and both sides of the promise that clocks decide.

use leasehold_data::Dataset;
use leasehold_sim::scenario::Scenario;
use leasehold_sim::{Promise, Seed, shipped};
use leasehold_tests::{run, simulate, variant};
use rayon::prelude::*;

fn overlaps(dataset: &Dataset) -> u64 {
    dataset.summary.overlaps.double_ownership.values().sum()
}

fn marked(dataset: &Dataset, mark: &str) -> u64 {
    dataset.marks.get(mark).copied().unwrap_or(0)
}

#[test]
fn c1_a_reader_15_s_ahead_takes_leases_from_live_owners_and_the_run_names_both_clocks() {
    for seed in 1..6 {
        let dataset = simulate("skew", seed).dataset;
        let summary = &dataset.summary;
        assert!(
            summary.overlaps.double_ownership.keys().eq(["expired_lease_steal"]),
            "seed {seed}"
        );
        assert_eq!(marked(&dataset, "a skewed clock overtook an owner"), overlaps(&dataset));
        assert_eq!(summary.overlaps.clocks_apart_max_us, Some(15_000_000), "seed {seed}");
        // Between 45 s and 50 s after a write, when the owner renews and learns of it.
        let longest_us = summary.overlaps.double_ownership_max_us;
        assert!(longest_us < Some(5_500_000), "seed {seed}: {summary:?}");
        let rules = dataset.invariants.iter().filter(|rule| rule.name == "no_double_ownership");
        for violation in rules.flat_map(|rule| &rule.first) {
            let words = "got kN by expired_lease_steal: its wall clock was 15 s ahead of s0's, \
                         which had written the end of the lease";
            let words = words.replace("kN", &violation.key);
            assert!(violation.why.contains(&words), "seed {seed}: {}", violation.why);
        }
    }
}

#[test]
fn d3_strict_is_taken_by_15_s_less_often_and_not_at_all_if_its_margins_cover_them() {
    for seed in 1..6 {
        let documented = simulate("skew", seed);
        let (strict, wide) =
            (variant("skew", "strict", seed), variant("skew", "strict-wide-margins", seed));
        assert!(matches!(strict.promise, Promise::Outside { .. }), "{:?}", strict.promise);
        assert!(matches!(wide.promise, Promise::Kept { .. }), "{:?}", wide.promise);
        let found = [&documented, &strict, &wide].map(|outcome| overlaps(&outcome.dataset));
        assert!(found[0] > found[1] && found[1] > 0 && found[2] == 0, "seed {seed}: {found:?}");
    }
}

/// Strict rules that renew as late as they may, and a clock that is so far ahead.
fn ahead(by: &str) -> (Promise, usize) {
    let text = format!(
        r#"
        duration = "20m"
        protocol = "chronicle_strict"
        rules.renew_after = "56900ms"
        servers = {{ count = 2, whole_seconds = false }}
        timeline = [{{ at = "0s", server = 1, do = "step", by = "{by}" }}]
        datastore.latency = "20ms..60ms"
        [players]
        count = 100
        stay = "30s..90s"
        hop = "100%"
        noticed_after = "2m"
        edit_every = "1h"
        "#
    );
    let scenario = Scenario::parse(&text).expect("valid");
    let seeds = (1..=20u64).into_par_iter();
    let outcomes = seeds.map(|seed| run("ahead", &scenario, Seed::of(seed), None));
    let found = outcomes.filter(|outcome| overlaps(&outcome.dataset) > 0).count();
    (shipped("promise", &scenario).expect("sound").promise(), found)
}

#[test]
fn d3_a_clock_ahead_by_as_much_as_both_margins_never_robs_and_half_a_second_more_sometimes_does() {
    let (inside, found) = ahead("+6s");
    assert!(matches!(inside, Promise::Kept { .. }), "{inside:?}");
    assert_eq!(found, 0, "inside the promise");
    let (outside, found) = ahead("+6500ms");
    assert!(matches!(outside, Promise::Outside { .. }), "{outside:?}");
    assert!(found > 0, "outside the promise");
    assert!(matches!(ahead("+6000001us").0, Promise::Outside { .. }));
}

#[test]
fn an_update_hands_200_sessions_over_at_once_and_loses_nothing() {
    for seed in 1..4 {
        let dataset = simulate("restart-for-update", seed).dataset;
        let summary = &dataset.summary;
        assert_eq!(summary.calls["release"].sent, 200, "seed {seed}");
        assert_eq!(marked(&dataset, "a closing server was done in time"), 1, "seed {seed}");
        assert!(summary.starts.failed.get("lease_held") > Some(&20), "seed {seed}");
        assert!(summary.progress.lost.is_empty() && overlaps(&dataset) == 0, "seed {seed}");
        let silent = variant("restart-for-update", "silent-while-releasing", seed).dataset;
        assert!(silent.summary.starts.failed.is_empty(), "seed {seed}");
    }
}

#[test]
fn a_small_server_that_empties_loses_less_if_no_breaker_stands_between_it_and_its_retries() {
    let lost = |dataset: &Dataset| dataset.summary.progress.lost.values().sum::<u64>();
    for seed in 1..4 {
        let with = simulate("empty-server", seed).dataset;
        let without = variant("empty-server", "without-breaker", seed).dataset;
        assert!(marked(&with, "an empty server closed") > 50, "seed {seed}");
        assert!(lost(&without) < lost(&with), "seed {seed}");
    }
}

#[test]
fn what_servers_without_memory_lose_they_lose_to_that_alone() {
    for seed in 1..4 {
        let dataset = simulate("out-of-memory", seed).dataset;
        let lost = &dataset.summary.progress.lost;
        assert!(lost.keys().eq(["out of memory"]), "seed {seed}: {lost:?}");
        let closed = marked(&dataset, "a closing server was done in time");
        let all = marked(&dataset, "a server ran out of memory");
        assert!(closed > 5 && closed < all, "seed {seed}: {closed} of {all}");
    }
}

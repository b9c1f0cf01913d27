//! Shipped scenarios of datastores that fail and servers that close: breakers, shutdowns, restarts.

use leasehold_data::{BreakerState, Dataset};
use leasehold_sim::Verdict;
use leasehold_tests::{simulate, variant};

const SECOND: u64 = 1_000_000;

fn marked(dataset: &Dataset, mark: &str) -> u64 {
    dataset.marks.get(mark).copied().unwrap_or(0)
}

#[test]
fn f4_breakers_probe_after_30_60_120_240_300_and_300_s_if_somebody_always_waits() {
    for seed in 1..6 {
        let dataset = simulate("outage", seed).dataset;
        let breakers = dataset.breakers.as_ref().expect("it has breakers");
        assert_eq!(breakers.servers.len(), 3, "seed {seed}");
        for breaker in &breakers.servers {
            let open = breaker.spans.iter().filter_map(|span| match span.state {
                BreakerState::Open { timeout_us } => {
                    Some((span.during.to_us - span.during.from_us, timeout_us))
                }
                BreakerState::HalfOpen | BreakerState::Down => None,
            });
            let due = [30, 60, 120, 240, 300, 300].map(|s| (s * SECOND, s * SECOND));
            assert_eq!(open.collect::<Vec<_>>(), due, "seed {seed}, s{}", breaker.server);
        }
        let probes = [30, 60, 120, 240, 300]
            .map(|s| marked(&dataset, &format!("a probe {s} s after an opening")));
        assert_eq!(probes, [3, 3, 3, 3, 6], "seed {seed}");
    }
}

#[test]
fn b2_for_minutes_after_a_long_outage_nobody_calls_and_sessions_outlive_their_leases() {
    for seed in 1..6 {
        let outcome = simulate("outage", seed);
        assert_eq!(outcome.verdict, Verdict::Holds, "seed {seed}: {:?}", outcome.missing);
        let Dataset { breakers, incidents, summary, .. } = outcome.dataset;
        let breakers = breakers.expect("it has breakers");
        let back = incidents[0].during.to_us;
        for breaker in &breakers.servers {
            let blocked = breaker.spans.last().expect("it opened").during.to_us - back;
            assert!((200 * SECOND..230 * SECOND).contains(&blocked), "seed {seed}: {blocked}");
        }
        let refused: Vec<&String> = summary.starts.failed.keys().collect();
        assert_eq!(refused, ["circuit_open"], "seed {seed}");
        assert!(summary.progress.lost["expired"] > 1_000, "seed {seed}");
    }
}

#[test]
fn b6_a_short_outage_defeats_a_shutdown_as_the_breaker_is_open_for_all_of_its_budget() {
    for seed in 1..6 {
        let open_30s = simulate("breaker-vs-shutdown", seed).dataset;
        assert_eq!(marked(&open_30s, "a closing server ran out of time"), 4, "seed {seed}");
        let lost: Vec<&String> = open_30s.summary.progress.lost.keys().collect();
        assert_eq!(lost, ["shutdown"], "seed {seed}");
        let outage = open_30s.incidents[0].during;
        assert_eq!(outage.to_us - outage.from_us, 3 * SECOND);
        // Nobody released anything: every player finds a fresh lease whose owner is gone.
        let unreleased = open_30s.summary.conflicts["messaging_timeout_steal"];
        assert!(unreleased >= 40, "seed {seed}: {unreleased}");
        assert_eq!(marked(&open_30s, "a silent owner was gone"), unreleased, "seed {seed}");
        let open_5s = variant("breaker-vs-shutdown", "open-for-5s", seed).dataset;
        assert_eq!(marked(&open_5s, "a closing server was done in time"), 4, "seed {seed}");
        assert!(open_5s.summary.progress.lost.is_empty(), "seed {seed}");
    }
}

#[test]
fn w8_a_rolling_shutdown_with_a_healthy_datastore_loses_nothing() {
    for seed in 1..6 {
        let dataset = simulate("shutdown", seed).dataset;
        assert_eq!(marked(&dataset, "a closing server was done in time"), 10, "seed {seed}");
        assert_eq!(marked(&dataset, "a closing server ran out of time"), 0, "seed {seed}");
        let summary = dataset.summary;
        assert!(summary.progress.lost.is_empty(), "seed {seed}: {:?}", summary.progress.lost);
        assert!(
            summary.overlaps.double_ownership.is_empty(),
            "seed {seed}: {:?}",
            summary.overlaps
        );
        assert!(summary.starts.granted >= 300, "players go on elsewhere: {:?}", summary.starts);
        // Each call is the end of a session, and none had to be repeated.
        assert!(summary.calls["release"].sent >= 100 && summary.calls["release"].retries == 0);
    }
}

#[test]
fn a_restart_that_sends_all_players_to_one_server_has_many_refused_and_none_if_it_is_silent() {
    for seed in 1..6 {
        let outcome = simulate("restart", seed);
        assert_eq!(outcome.verdict, Verdict::Holds, "seed {seed}: {:?}", outcome.missing);
        let answering = outcome.dataset;
        let silent = variant("restart", "silent-while-releasing", seed).dataset;
        assert!(answering.summary.starts.failed["lease_held"] >= 15, "seed {seed}");
        assert!(silent.summary.starts.failed.is_empty(), "seed {seed}");
        for dataset in [answering, silent] {
            assert_eq!(marked(&dataset, "a closing server was done in time"), 2, "seed {seed}");
            assert!(dataset.summary.progress.lost.is_empty(), "seed {seed}");
            // What was being released is relied on no more, though its owner still answers.
            assert!(dataset.summary.overlaps.double_ownership.is_empty(), "seed {seed}");
        }
    }
}

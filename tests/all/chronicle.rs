//! What a whole run tells of ChronicleStore's own figures: the stats of its hooks and its status.

use leasehold_data::{BreakerOpening, Dataset, Summary};
use leasehold_sim::{Scenario, Seed};
use leasehold_tests::{run, simulate, variant};

fn dataset(world: &str) -> Dataset {
    let scenario = Scenario::parse(world).expect("the world is sound");
    run("world", &scenario, Seed::of(1), None).dataset
}

#[test]
fn w6_a_release_that_is_sent_once_is_no_retry_whatever_has_failed_before_it() {
    for name in ["outage", "breaker-vs-shutdown", "simulation-mode"] {
        let calls = &simulate(name, 1).dataset.summary.calls;
        for kind in ["save", "renew", "release"] {
            let calls = &calls[kind];
            assert!(calls.retries <= calls.failed, "{name}, {kind}: {calls:?}");
        }
    }
}

#[test]
fn w6_the_first_try_of_a_release_is_no_retry_of_the_save_that_failed_before_it() {
    let world = r#"
        duration = "2m"
        servers.count = 1
        players = { count = 1, arrive = "0s", stay = "30s", hop = "0%", away = "1h", edit_every = "3s" }
        datastore = { latency = "100ms", incidents = [{ at = "20s", lasts = "9900ms", condition = "outage" }] }
    "#;
    let calls = dataset(world).summary.calls;
    assert!(calls["save"].failed > 0, "{calls:?}");
    let release = &calls["release"];
    assert_eq!((release.sent, release.retries, release.failed), (1, 0, 0), "{calls:?}");
}

#[test]
fn m1_m2_a_run_says_where_its_servers_say_that_their_data_goes() {
    let status = |summary: Summary| summary.status.into_iter().collect::<Vec<_>>();
    let all = |status: &str| [(status.to_owned(), 5)];
    assert_eq!(status(simulate("simulation-mode", 1).dataset.summary), all("simulation"));
    assert_eq!(status(simulate("fallback", 1).dataset.summary), all("simulation"));
    let refused = variant("fallback", "without-fallback", 1).dataset.summary;
    assert_eq!(status(refused), all("unavailable"));
    let production = dataset("servers.count = 2\nduration = '1m'").summary;
    assert_eq!(status(production), [("production".to_owned(), 2)]);
}

#[test]
fn m3_simulation_mode_sends_no_message_and_nobody_listens() {
    for name in ["simulation-mode", "fallback"] {
        let messages = simulate(name, 1).dataset.summary.messages;
        assert_eq!((messages.sent, messages.no_subscriber), (0, 0), "{name}");
    }
}

#[test]
fn s5_a_run_adds_up_the_calls_of_its_starts_and_counts_those_with_retries() {
    let world = r#"
        duration = "1m"
        servers.count = 1
        players = { count = 1, arrive = "10s", stay = "1h" }
        datastore = { latency = "100ms", incidents = [{ at = "9s", lasts = "3s", condition = "outage" }] }
    "#;
    let Summary { start_calls, calls, .. } = dataset(world).summary;
    assert!(start_calls.retries > 0 && start_calls.retried == 1, "{start_calls:?}");
    assert_eq!(
        (start_calls.calls, start_calls.retries),
        (calls["acquire"].sent, calls["acquire"].retries)
    );
}

#[test]
fn b4_the_rows_of_breakers_say_what_each_of_them_had_seen() {
    for breaker in simulate("outage", 1).dataset.breakers.expect("it has breakers").servers {
        assert_eq!(breaker.opened.len() as u64, breaker.openings);
        for (nth, opening) in breaker.opened.iter().enumerate() {
            let BreakerOpening { reason, consecutive_failures, failed, samples, .. } = opening;
            let why = if nth == 0 { "consecutive_failures" } else { "probe_failed" };
            assert_eq!((reason.as_str(), *consecutive_failures), (why, 5 + nth as u32));
            assert_eq!(opening.error_rate, f64::from(*failed) / f64::from(*samples));
        }
    }
}

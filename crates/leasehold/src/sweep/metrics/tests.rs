//! Nothing that a run counts is kept from a sweep.

use super::*;
use leasehold_data::{
    Messages, Overlaps, Play, Progress, Quantiles, Saves, StartCalls, Starts, Waits, Whole,
};
use leasehold_sim::library::CallKind;
use serde_json::Value;
use std::collections::BTreeSet;

/// As many as were granted, and that is a column; and what the scenario says.
const KNOWN_OTHERWISE: [&str; 2] = ["start_latency.count", "whole.from_us"];

/// The classes of conflicts that have a column of their own.
const CLASSES: [&str; 6] =
    ["expiry", "assumed_dead", "silence", "owner_alive", "handed_over", "interrupted"];

/// The same of players on their way in.
fn play() -> Play {
    let some = Some(0);
    Play {
        in_game: 0,
        gave_up: 0,
        waiting: 0,
        p50_us: some,
        p90_us: some,
        p99_us: some,
        max_us: some,
    }
}

/// The same of messages.
fn messages() -> Messages {
    let one = |name: &str| BTreeMap::from([(name.to_owned(), 0)]);
    Messages {
        sent: 0,
        delivered: 0,
        lost: 0,
        duplicated: 0,
        no_subscriber: 0,
        under_way: 0,
        refused: one("reason"),
        dropped: one("reason"),
        not_subscribed: one("reason"),
    }
}

/// A summary of a run in which there was some of everything. It names every field, so that whoever
/// adds one has to come here.
fn full() -> Summary {
    let one = |name: &str| BTreeMap::from([(name.to_owned(), 0)]);
    let calls = Calls { per_player_hour: Some(0), ..Calls::default() };
    let calls = CallKind::ALL.iter().map(|kind| (kind.name().to_owned(), calls.clone()));
    Summary {
        starts: Starts { asked: 0, granted: 0, handed_off: 0, failed: one("reason"), pending: 0 },
        play: play(),
        sessions_lost: one("cause"),
        locks_orphaned: one("cause"),
        locks_orphaned_us: 0,
        start_latency: Some(Quantiles { count: 0, p50_us: 0, p90_us: 0, p99_us: 0, max_us: 0 }),
        start_calls: StartCalls { calls: 0, retries: 0, retried: 0 },
        status: one("status"),
        calls: calls.collect(),
        played_us: 0,
        whole: Some(Whole { from_us: 0, played_us: 0, handed_off: 0 }),
        calls_per_player_hour: Some(0),
        budget_used_ppm: Some(0),
        errors: one("error"),
        conflicts: one("resolution"),
        conflict_classes: CLASSES.iter().map(|name| ((*name).to_owned(), 0)).collect(),
        waits: Waits { queued: 0, longest_us: Some(0), dropped: one("error") },
        messages: messages(),
        breaker_openings: Some(0),
        progress: Progress {
            edits: 0,
            refused: 0,
            lost: one("cause"),
            rolled_back: 0,
            acknowledged: 0,
            dirty_age_max_us: Some(0),
        },
        saves: Saves { called: 0, returned_true: 0, returned_false: one("reason") },
        overlaps: Overlaps {
            double_ownership: one("cause"),
            double_ownership_classes: BTreeMap::new(),
            double_ownership_max_us: Some(0),
            double_ownership_us: 0,
            clocks_apart_max_us: Some(0),
            write_without_ownership: 0,
            paused_owner: 0,
        },
        leaks: 0,
        trades: Some(Trades {
            minted: 0,
            made: 0,
            exposed: 0,
            exposed_max: 0,
            duplicated: one("cause"),
            lost: one("cause"),
        }),
        purchases: Some(Purchases {
            bought: 0,
            received: 0,
            granted: 0,
            unnoted: 0,
            twice: 0,
            lost: 0,
        }),
        faults: one("site"),
    }
}

/// The ways to all numbers of a tree.
fn numbers(tree: &Value, way: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                way.push(name.clone());
                numbers(value, way, found);
                way.pop();
            }
        }
        Value::Number(_) => found.push(way.clone()),
        other => panic!("{way:?} is {other}: neither a number nor what holds some"),
    }
}

/// The columns that say something of a run that has 7 of this, and nothing else.
fn columns(way: &[String]) -> BTreeSet<&'static str> {
    let mut tree = serde_json::to_value(full()).expect("plain rows");
    let place = way.iter().fold(&mut tree, |place, name| &mut place[name.as_str()]);
    *place = 7.into();
    let summary: Summary = serde_json::from_value(tree).expect("the same rows");
    let said = METRICS.iter().zip(of(&summary)).filter(|(_, number)| *number == Some(7));
    said.map(|((name, _), _)| *name).collect()
}

#[test]
fn every_number_of_a_run_is_in_a_column_and_every_column_says_something_of_its_own() {
    let mut ways = Vec::new();
    numbers(&serde_json::to_value(full()).expect("plain rows"), &mut Vec::new(), &mut ways);
    let mut says: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for way in &ways {
        let (columns, way) = (columns(way), way.join("."));
        let known = KNOWN_OTHERWISE.contains(&way.as_str());
        assert!(known || !columns.is_empty(), "{way} is in no column");
        for column in columns {
            says.entry(column).or_default().push(way.clone());
        }
    }
    let distinct: BTreeSet<&Vec<String>> = says.values().collect();
    assert_eq!(says.len(), METRICS.len(), "every column says something");
    assert_eq!(distinct.len(), METRICS.len(), "no two columns say the same: {says:#?}");
}

#[test]
fn a_name_ends_in_its_unit() {
    for (name, _) in METRICS {
        let times = |way: &Vec<String>| way.last().is_some_and(|last| last.ends_with("_us"));
        let mut ways = Vec::new();
        numbers(&serde_json::to_value(full()).expect("plain rows"), &mut Vec::new(), &mut ways);
        ways.retain(|way| columns(way).contains(name));
        assert!(ways.iter().all(|way| times(way) == name.ends_with("_us")), "{name}: {ways:?}");
    }
}

#[test]
fn where_nothing_happened_counts_are_0_and_times_are_missing() {
    for ((name, read), number) in METRICS.iter().zip(of(&Summary::default())) {
        assert_eq!(number, matches!(read, Read::Count(_)).then_some(0), "{name}");
    }
    // A start that is granted at once takes no time, which is one.
    let latency = Some(Quantiles { count: 1, ..Quantiles::default() });
    let summary = Summary { start_latency: latency, ..Summary::default() };
    let place = METRICS.iter().position(|(name, _)| *name == "start_max_us");
    assert_eq!(place.and_then(|place| of(&summary).nth(place)), Some(Some(0)));
}

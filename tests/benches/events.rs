//! Nanoseconds per event of `server-hop` with a thousand servers and a hundred players on each.
//!
//! `cargo bench -p leasehold-tests` prints a line per repetition, and the median. The world is the
//! shipped scenario with more of everything and less time, so that most of a run is a hundred
//! thousand sessions at once.
#![allow(clippy::disallowed_types, reason = "a benchmark reads a real clock")]

use leasehold_sim::scenario::Span;
use leasehold_sim::{Scenario, Seed};
use leasehold_tests::{run, scenario};
use std::time::{Duration, Instant};

const REPETITIONS: usize = 5;

fn main() {
    let mut scenario: Scenario = scenario("server-hop");
    scenario.servers.count = 1_000;
    scenario.players.count = 100_000;
    scenario.duration = Span(Duration::from_secs(300));
    let mut costs: Vec<u128> = (1..=REPETITIONS as u64)
        .map(|seed| {
            let start = Instant::now();
            let outcome = run("server-hop", &scenario, Seed::of(seed), None);
            let (spent, events) = (start.elapsed(), outcome.dataset.manifest.events);
            let cost = spent.as_nanos() / u128::from(events);
            println!("seed {seed}: {events} events in {spent:.2?}: {cost} ns per event");
            cost
        })
        .collect();
    costs.sort_unstable();
    println!(
        "server-hop, 1,000 servers x 100 players: {} ns per event (median of {REPETITIONS})",
        costs[REPETITIONS / 2]
    );
}

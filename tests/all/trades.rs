//! Shipped scenarios of what players own: items that are traded, receipts of purchases; and of
//! players who are back too early, or twice.

use leasehold_core::Value;
use leasehold_data::{Dataset, Invariant, Trades};
use leasehold_sim::library::Chronicle;
use leasehold_sim::scenario::{Chance, Players, Scenario};
use leasehold_sim::{Seed, Simulation, Verdict};
use leasehold_tests::{run, scenario, simulate, variant};
use std::collections::BTreeMap;

const ITEMS: [&str; 2] = ["items_are_not_duplicated", "items_are_not_lost"];
const PURCHASES: &str = "purchases_are_granted_once";

fn invariant<'a>(dataset: &'a Dataset, name: &str) -> &'a Invariant {
    dataset.invariants.iter().find(|known| known.name == name).expect(name)
}

fn trades(dataset: &Dataset) -> &Trades {
    dataset.summary.trades.as_ref().expect("the scenario has trades")
}

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn world(scenario: &Scenario, seed: u64) -> Dataset {
    run("world", scenario, Seed::of(seed), None).dataset
}

#[test]
fn thousands_of_trades_in_a_healthy_world_duplicate_and_lose_nothing() {
    for seed in 1..6 {
        let outcome = simulate("trades", seed);
        assert_eq!(outcome.verdict, Verdict::Holds, "seed {seed}: {:?}", outcome.missing);
        let trades = trades(&outcome.dataset);
        assert!(trades.made > 3_000, "seed {seed}: {trades:?}");
        assert!(trades.exposed_max > 3, "seed {seed}: {trades:?}");
        assert!(outcome.dataset.summary.faults.is_empty());
    }
}

#[test]
fn a_crash_between_the_saves_of_a_trade_is_found_attributed_and_counted_once() {
    for seed in 1..6 {
        let dataset = simulate("trade-then-crash", seed).dataset;
        let trades = trades(&dataset);
        assert!(sum(&trades.duplicated) > 0 && sum(&trades.lost) > 0, "seed {seed}: {trades:?}");
        for counts in [&trades.duplicated, &trades.lost] {
            assert!(counts.keys().eq(["crash"]), "seed {seed}: {trades:?}");
        }
        let [duplicated, lost] = ITEMS.map(|name| invariant(&dataset, name));
        assert_eq!(duplicated.violations, sum(&trades.duplicated), "seed {seed}");
        assert_eq!(lost.violations, sum(&trades.lost), "seed {seed}");
        let bins = &dataset.exposure.as_ref().expect("there are trades").bins;
        let charted: u64 = bins.iter().map(|bin| bin.duplicated + bin.lost).sum();
        assert_eq!(charted, duplicated.violations + lost.violations, "seed {seed}");
        for found in duplicated.first.iter().chain(&lost.first) {
            let why = &found.why;
            assert!(why.contains("as commit") && why.contains("without saving it: crash"), "{why}");
        }
    }
}

#[test]
fn who_trades_and_is_taken_before_the_save_has_the_item_twice_and_under_strict_rules_never() {
    for seed in 1..6 {
        let dataset = simulate("trade-then-hop", seed).dataset;
        let found = trades(&dataset);
        assert!(found.duplicated.contains_key("taken"), "seed {seed}: {found:?}");
        assert!(!dataset.summary.faults.contains_key("crash"), "seed {seed}");
        let strict = variant("trade-then-hop", "strict", seed).dataset;
        let found = trades(&strict);
        assert_eq!(sum(&found.duplicated) + sum(&found.lost), 0, "seed {seed}: {found:?}");
        assert!(found.made > 1_000, "seed {seed}: {found:?}");
    }
}

#[test]
fn an_account_on_two_devices_is_acted_for_by_two_servers_and_duplicates_what_it_trades() {
    for seed in 1..6 {
        let dataset = simulate("second-device", seed).dataset;
        let found = trades(&dataset);
        assert!(sum(&found.duplicated) > 0, "seed {seed}: {found:?}");
        assert!(dataset.marks["a second device logged in"] > 100, "seed {seed}");
        let mut alone = scenario("second-device");
        alone.players.second_device = Chance::NEVER;
        let dataset = world(&alone, seed);
        let found = ITEMS.map(|name| invariant(&dataset, name).violations);
        assert_eq!(found, [0, 0], "seed {seed}: it is the device");
    }
}

#[test]
fn players_who_come_straight_back_wait_for_their_own_release_and_lose_nothing() {
    for seed in 1..6 {
        let dataset = simulate("rejoin", seed).dataset;
        let back = dataset.marks["a player was back before their release had ended"];
        assert!(back > 500, "seed {seed}: {back}");
        let summary = &dataset.summary;
        assert!(summary.starts.failed.is_empty(), "seed {seed}: {:?}", summary.starts);
        assert!(summary.progress.lost.is_empty(), "seed {seed}: {:?}", summary.progress);
        let found = ITEMS.map(|name| invariant(&dataset, name).violations);
        assert_eq!(found, [0, 0], "seed {seed}");
    }
}

#[test]
fn receipts_are_granted_once_if_the_game_looks_and_more_often_if_it_does_not() {
    for seed in 1..6 {
        let dataset = simulate("purchases", seed).dataset;
        let counts = dataset.summary.purchases.as_ref().expect("there are purchases");
        assert!(counts.bought > 1_000 && counts.unnoted > 100, "seed {seed}: {counts:?}");
        assert_eq!((counts.twice, counts.lost), (0, 0), "seed {seed}");
        assert!(counts.received > counts.bought / 2, "seed {seed}: {counts:?}");
        let mut blind = scenario("purchases");
        blind.players.check_receipts = false;
        let dataset = world(&blind, seed);
        let counts = dataset.summary.purchases.as_ref().expect("there are purchases");
        assert!(counts.twice > 50, "seed {seed}: {counts:?}");
        assert_eq!(invariant(&dataset, PURCHASES).violations, counts.twice + counts.lost);
    }
}

#[test]
fn a_receipt_that_the_game_has_forgotten_is_granted_again_and_that_is_found() {
    let mut short = scenario("purchases");
    short.players.receipts_kept = 1;
    let dataset = world(&short, 1);
    let counts = dataset.summary.purchases.as_ref().expect("there are purchases");
    let found = invariant(&dataset, PURCHASES);
    assert!(counts.twice > 20 && counts.lost == 0, "{counts:?}");
    assert_eq!(found.causes, [("granted again".to_owned(), counts.twice)].into());
}

#[test]
fn what_a_players_data_is_like_changes_nothing_about_what_they_own_and_who_owns_it() {
    let scenario = scenario("trade-then-crash");
    let players = Players { purchase: Chance::percent(5), ..scenario.players.clone() };
    let scenario = Scenario { players, ..scenario };
    let tables = Simulation::<Chronicle<Value>>::new(&scenario, scenario.rules()).expect("sound");
    let tables = tables.seed(3).run().dataset.manifest.digest;
    assert_eq!(world(&scenario, 3).manifest.digest, tables);
}

//! ProfileStore's defaults, in a world with real servers, players and messages. What needs no world
//! is in the conformance table.

use leasehold_data::Dataset;
use leasehold_sim::library::ProfileStore;
use leasehold_sim::model::Models;
use leasehold_sim::{
    Fact, FactKind, Facts, Findings, Invariant, Observer, Scenario, Seed, Simulation, Step,
};
use leasehold_tests::{run, starts};

/// A player who is on the first server for 20 s, and then on the other one; the first one does not
/// notice. Calls take 50 ms and messages 120 ms.
fn handoff(loss: &str) -> Dataset {
    let text = format!(
        r#"
        duration = "310s"
        protocol = "profile_store"
        servers.count = 2
        datastore.latency = "50ms"
        messaging = {{ latency = "120ms", loss = "{loss}" }}
        [players]
        count = 1
        arrive = "0s"
        stay = "20s"
        hop = "100%"
        hop_delay = "1s"
        noticed_after = "1h"
        retry = "0%"
        away = "1h"
        edit_every = "3s"
        [expect.invariants]
        no_double_ownership = "any"
        "#
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    run("handoff", &scenario, Seed::of(1), None).dataset
}

/// Seven frames: one for each wait, and one to spare.
const FRAMES_US: u64 = 7 * 16_667;

#[test]
fn with_messages_lost_the_next_server_owns_after_45_s_and_the_last_one_owns_for_minutes_more() {
    let Dataset { summary, marks, .. } = handoff("100%");
    let latest = 45_000_000 + 6 * 50_000;
    let start_us = starts(&summary).max_us;
    assert!((latest..=latest + FRAMES_US).contains(&start_us), "{start_us}");
    assert_eq!(summary.calls["acquire"].sent, 1 + 6, "one to begin with, and six updates");
    assert_eq!((summary.messages.sent, summary.messages.lost), (5, 5));
    assert_eq!(summary.conflicts["session_steal"], 1);
    // From 66 s, when the lock is stolen, to 300 s, when the first auto-save finds out.
    let overlap_s = summary.overlaps.double_ownership_max_us.map_or(0, |us| us / 1_000_000);
    assert_eq!(summary.overlaps.double_ownership["session_steal"], 1);
    assert!((233..=235).contains(&overlap_s), "{overlap_s}");
    assert!(summary.progress.lost["taken"] > 0, "{:?}", summary.progress.lost);
    assert_eq!(marks["a lock was stolen"], 1);
}

#[test]
fn with_messages_delivered_a_handoff_takes_5_s_and_two_round_trips_and_nothing_is_lost() {
    let Dataset { summary, marks, .. } = handoff("0%");
    let earliest = 5_000_000 + 2 * 50_000;
    let start_us = starts(&summary).max_us;
    assert!((earliest..=earliest + FRAMES_US).contains(&start_us), "{start_us}");
    assert_eq!(summary.conflicts["handed_over"], summary.conflicts.values().sum::<u64>());
    assert!(
        summary.overlaps.double_ownership.is_empty(),
        "{:?}",
        summary.overlaps.double_ownership
    );
    assert!(summary.progress.lost.is_empty(), "{:?}", summary.progress.lost);
    assert!(marks["an owner was asked to leave by message"] > 0);
}

#[test]
fn a_start_without_cancel_gives_up_after_11_calls_in_131_s_and_one_with_it_does_not() {
    let outage = "[datastore]\nlatency = \"0ms\"\n\
                  incidents = [{ at = \"0s\", lasts = \"300s\", condition = \"outage\" }]\n";
    let text = |cancel: bool| {
        format!(
            "duration = \"140s\"\nprotocol = \"profile_store\"\nprofile_store.cancel = {cancel}\n\
             servers.count = 1\nplayers = {{ count = 1, arrive = \"0s\", retry = \"0%\", \
             away = \"1h\", stay = \"1h\" }}\n{outage}"
        )
    };
    for (cancel, refused, calls) in [(false, 1, 11), (true, 0, 11)] {
        let scenario = Scenario::parse(&text(cancel)).expect("valid");
        let summary = run("outage", &scenario, Seed::of(1), None).dataset.summary;
        let timeout = summary.starts.failed.get("timeout").copied().unwrap_or(0);
        let sent = summary.calls["acquire"].sent;
        assert_eq!((timeout, sent), (refused, calls), "cancel = {cancel}");
    }
}

static SOMEBODY_ASKS_THEM: Invariant =
    Invariant::safety("somebody_asks_them", "a session listens where others speak to it");

struct SomebodyAsksThem;

impl Observer for SomebodyAsksThem {
    fn invariant(&self) -> &'static Invariant {
        &SOMEBODY_ASKS_THEM
    }

    fn wants(&self) -> Facts {
        Facts::of(&[FactKind::Unheard])
    }

    fn on_step(&mut self, step: &Step, _: &Models, out: &mut Findings) {
        if let Fact::Unheard { why } = step.fact {
            out.violated(&SOMEBODY_ASKS_THEM, step, why, || why.words);
        }
    }
}

/// Why sessions of a world are unheard, though nothing has failed (hazard H-M5).
fn unheard(text: &str) -> Vec<String> {
    let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let settings = scenario.profile_store.settings();
    let world = Simulation::<ProfileStore>::new(&scenario, settings)
        .unwrap_or_else(|why| panic!("{why}"))
        .observe(|| SomebodyAsksThem);
    let found = world.seed(1).run().dataset.invariants;
    let found = found.into_iter().filter(|it| it.name == SOMEBODY_ASKS_THEM.name);
    found.flat_map(|it| it.causes.into_keys()).collect()
}

#[test]
fn who_takes_a_lock_back_that_they_did_not_know_they_had_is_known_to_be_unheard() {
    let first_second = |fault: &str| {
        unheard(&format!(
            r#"
            duration = "4m"
            protocol = "profile_store"
            servers.count = 2
            [players]
            count = 1
            arrive = "0s"
            stay = "1m"
            hop = "100%"
            [datastore]
            latency = "200ms"
            incidents = [{{ at = "0s", lasts = "1s", {fault} = "100%" }}]
            "#
        ))
    };
    assert_eq!(first_second("fail_after"), ["taken_back"]);
    assert!(first_second("fail_before").is_empty());
}

#[test]
fn who_comes_back_before_their_last_save_is_through_is_known_to_be_unheard() {
    let why = unheard(include_str!("../../sims/profile-store/rejoin-in-the-gap.toml"));
    assert!(why.contains(&"reloaded".to_owned()), "{why:?}");
}

//! Tapes: a run can be repeated from the faults that it recorded.

use leasehold_sim::{Fault, Outcome, Scenario, Seed, Tape};
use leasehold_tests::{known, run, scenario, shipped};

/// A world in which every kind of fault fires.
const EVERYTHING: &str = r#"
    duration = "15m"
    heal = "14m"
    operations = [{ do = "overwrite", at = "6m" }, { do = "remove", at = "8m" }]
    timeline = [
        { at = "1m", server = 0, do = "shutdown", for = "20s" },
        { at = "2m", server = 1, do = "crash", for = "30s" },
        { at = "3m", server = 2, do = "pause", for = "80s" },
        { at = "4m", server = 3, do = "restart", to = 6 },
        { at = "5m", server = 4, do = "step", by = "-2s" },
        { at = "7m", server = 5, do = "out_of_memory", for = "30s" },
        { at = "9m", server = 3, do = "boot" },
        { at = "4m", server = 3, do = "partition", way = "outbound", for = "30s" },
    ]
    [servers]
    count = 7
    spare = 1
    skew = "4s"
    drift_ppm = 50
    close_order = "either"
    close_when_empty = true
    [players]
    count = 60
    stay = "20s..2m"
    hop = "90%"
    hop_delay = "0s..5s"
    noticed_after = "0s..15s"
    save = "5%"
    purchase = "5%"
    receipt_lost = "30%"
    patience = "40s"
    leak = "2%"
    [datastore]
    fail_before = "5%"
    fail_after = "5%"
    never_answers = "2%"
    never_arrives = "2%"
    corrupt = "0.1%"
    throttle = "2%"
    stale_read = "2%"
    false_nil = "0.5%"
    wrong_scope = "0.5%"
    incidents = [
        { at = "6m", lasts = "40s", condition = "outage" },
        { at = "13m30s", lasts = "5m", condition = "outage" },
    ]
    [messaging]
    loss = "20%"
    duplicate = "10%"
    subscribe_fails = "30%"
    subscribe_hangs = "30%"
    [faults]
    partition_every = "5m"
    crash_every = "5m"
    pause_every = "4m"
    pause_stops_clock = true
    paused_inbound = "dropped"
    step_every = "3m"
    step_by = "2s"
    oom_every = "8m"
"#;

fn simulate(scenario: &Scenario, seed: u64, tape: Option<&Tape>) -> Outcome {
    run("world", scenario, Seed::of(seed), tape)
}

fn fired(outcome: &Outcome) -> u64 {
    outcome.dataset.summary.faults.values().sum()
}

#[test]
fn replaying_the_tape_of_a_run_gives_the_same_digest_even_after_it_went_through_a_file() {
    let mut worlds = vec![("everything".to_owned(), Scenario::parse(EVERYTHING).expect("valid"))];
    worlds.extend(shipped().into_iter().map(|name| (name.clone(), scenario(&name))));
    for (name, scenario) in worlds {
        for seed in 1..4 {
            let first = known(&scenario, &Seed::of(seed));
            let tape = first.tape.as_ref().expect("a tape");
            let tape = Tape::parse(&tape.print()).expect("what is printed is read back");
            let again = simulate(&scenario, seed, Some(&tape));
            let digests = (&first.dataset.manifest.digest, &again.dataset.manifest.digest);
            assert_eq!(digests.0, digests.1, "{name}, seed {seed}");
            assert_eq!(again.unreached, [], "{name}, seed {seed}");
            assert_eq!(first.dataset.summary, again.dataset.summary, "{name}, seed {seed}");
        }
    }
}

#[test]
fn the_world_that_the_replay_is_tested_on_has_every_kind_of_fault() {
    let scenario = Scenario::parse(EVERYTHING).expect("valid");
    let faults = known(&scenario, &Seed::of(1)).dataset.summary.faults;
    for site in leasehold_sim::Site::ALL.iter().copied() {
        assert!(faults.contains_key(site.name()), "no {:?} in {faults:?}", site.name());
    }
}

#[test]
fn an_empty_tape_is_a_world_without_faults() {
    let scenario = Scenario::parse(EVERYTHING).expect("valid");
    let empty = Tape { origin: Default::default(), faults: Vec::new(), unknown: Vec::new() };
    let outcome = simulate(&scenario, 1, Some(&empty));
    assert_eq!(fired(&outcome), 0);
    assert_eq!(outcome.dataset.summary.calls["save"].failed, 0);
}

#[test]
fn a_fault_taken_off_the_tape_does_not_fire_and_one_that_names_nothing_is_told() {
    let scenario = Scenario::parse(EVERYTHING).expect("valid");
    let first = simulate(&scenario, 1, None);
    let mut tape = first.tape.clone().expect("a tape");
    let outage: Fault = "incident 1".parse().expect("a fault");
    tape.faults.retain(|fault| *fault != outage);
    let nothing: Fault = "k999.1 call 1 fails applied".parse().expect("a fault");
    tape.faults.push(nothing);
    let again = simulate(&scenario, 1, Some(&tape));
    assert_eq!(again.dataset.summary.faults.get("incident"), Some(&1), "the other one");
    assert!(again.unreached.contains(&nothing));
    assert_ne!(first.dataset.manifest.digest, again.dataset.manifest.digest);
}

#[test]
fn a_forked_run_is_repeated_from_its_tape_and_a_fork_after_the_end_is_none() {
    let scenario = Scenario::parse(EVERYTHING).expect("valid");
    let digest = |seed: Seed, tape: Option<&Tape>| {
        let outcome = run("world", &scenario, seed, tape);
        (outcome.dataset.manifest.digest, outcome.tape.expect("a tape"))
    };
    let forked = |text: &str| Seed { root: 1, forks: vec![text.parse().expect("a fork")] };
    let (straight, _) = digest(Seed::of(1), None);
    let (first, tape) = digest(forked("5m:7"), None);
    assert_ne!(first, straight);
    assert_ne!(first, digest(forked("5m:8"), None).0, "another salt, other draws");
    let tape = Tape::parse(&tape.print()).expect("what is printed is read back");
    let seed = Seed { root: tape.origin.seed, forks: tape.origin.forks.clone() };
    assert_eq!(seed, forked("5m:7"));
    assert_eq!(digest(seed, Some(&tape)).0, first);
    assert_eq!(digest(forked("20m:7"), None).0, straight);
}

#[test]
fn after_the_faults_are_healed_none_fires() {
    let scenario = Scenario::parse(EVERYTHING).expect("valid");
    let healed = Scenario { heal: Some(leasehold_sim::scenario::Span::default()), ..scenario };
    assert_eq!(fired(&simulate(&healed, 1, None)), 0);
}

#[test]
fn every_message_is_delivered_lost_unsubscribed_or_on_its_way_even_to_a_paused_server_that_dies() {
    let scenario = Scenario::parse(
        r#"
        duration = "20m"
        heal = "15m"
        servers = { count = 6 }
        [players]
        count = 120
        stay = "10s..40s"
        hop = "100%"
        hop_delay = "0s..3s"
        noticed_after = "5s..30s"
        [messaging]
        duplicate = "10%"
        loss = "10%"
        latency = "0s..2s"
        [faults]
        crash_every = "40s"
        pause_every = "40s"
        "#,
    );
    let messages = simulate(&scenario.expect("valid"), 1, None).dataset.summary.messages;
    let copies = messages.sent + messages.duplicated;
    let ended = messages.delivered + messages.lost + messages.no_subscriber;
    assert!(messages.no_subscriber > 100, "{messages:?}");
    assert!(copies - ended < 30, "{copies} copies, {ended} ended: {messages:?}");
}

//! A server that opens without a datastore, or closes while sessions are starting (rules M1 to M3,
//! W8).

use crate::chronicle::{AcquireOutcome, Effect, Input, Messaging, Mode, Notice, Outcome};
use crate::chronicle::{Resolution, Rules, StartError, Status, Store};
use crate::effects::Effects;
use crate::ids::{JobId, Seat};
use crate::testing::{KEY, Log, both, check, claim, sec, template};

const PLAIN: Rules = Rules::CHRONICLE;

fn opened(rules: Rules, datastore: bool) -> (Store<Log>, Vec<Effect<Log>>) {
    let mut store = Store::new(rules, template(), JobId(4));
    let mut out = Effects::new();
    store.on(both(sec(0)), Input::Open { datastore }, &mut out);
    (store, out.into_iter().collect())
}

#[test]
fn m2_a_store_without_a_datastore_falls_back_to_its_own_memory_and_says_so() {
    let (store, effects) = opened(PLAIN, false);
    assert_eq!(store.status(), Status { enabled: true, mode: Mode::Simulation });
    assert_eq!(store.status().mode.name(), "simulation");
    let fell_back = Effect::Tell { seat: Seat(0), notice: Notice::FellBack };
    // Nobody else can know what is in there, so nobody is listened to.
    assert_eq!(effects, [fell_back]);
}

#[test]
fn m1_simulation_mode_is_said_and_no_falling_back_whatever_there_is() {
    for datastore in [true, false] {
        let (store, effects) = opened(Rules { simulation: true, ..PLAIN }, datastore);
        assert_eq!(store.status(), Status { enabled: true, mode: Mode::Simulation });
        assert_eq!(effects, []);
    }
}

#[test]
fn m3_in_simulation_mode_nobody_is_asked_and_an_owner_is_presumed_alive_unless_told_dead() {
    let confirmed = "10 B conflict active_owner_confirmed
         10 B start failed lease_held
         10 B ended";
    let stolen = "10 B calls acquire
         10 B conflict messaging_timeout_steal
         10 B loaded silent g2";
    let cases = [
        (Messaging::Enabled, confirmed),
        (Messaging::PresumeAlive, confirmed),
        (Messaging::PresumeDead, stolen),
    ];
    for (messaging, then) in cases {
        let rules = Rules { simulation: true, messaging, ..PLAIN };
        let first = "0 A calls acquire
             0 A loaded new g1
             10 B calls acquire";
        check(rules, "0 A start\n 10 B start\n 20", &format!("{first}\n{then}"));
    }
}

#[test]
fn m3_a_fallen_back_store_publishes_nothing_whatever_is_in_its_memory() {
    let (mut store, _) = opened(PLAIN, false);
    let mut on = |input| {
        let mut out = Effects::new();
        store.on(both(sec(0)), input, &mut out);
        out.into_iter().collect::<Vec<_>>()
    };
    let calls = on(Input::Start { seat: Seat(0), key: KEY });
    let [Effect::Call(call)] = &calls[..] else { panic!("no call: {calls:?}") };
    let held = Outcome::Acquire(AcquireOutcome::Held(claim(2, 1, 1)));
    let told = on(Input::Replied { op: call.op, result: Ok(held), random: 0 });
    let conflict = Notice::LeaseConflict(Resolution::ActiveOwnerConfirmed);
    let failed = Notice::StartFailed(StartError::LeaseHeld);
    let expected = [conflict, failed, Notice::Ended];
    assert_eq!(told, expected.map(|notice| Effect::Tell { seat: Seat(0), notice }));
}

#[test]
fn m2_calls_say_whether_they_go_to_the_datastore_or_to_memory() {
    for (datastore, mode) in [(true, Mode::Production), (false, Mode::Simulation)] {
        let (mut store, _) = opened(PLAIN, datastore);
        let mut out = Effects::new();
        store.on(both(sec(0)), Input::Start { seat: Seat(0), key: KEY }, &mut out);
        let effects: Vec<_> = out.into_iter().collect();
        assert!(matches!(&effects[..], [Effect::Call(call)] if call.mode == mode));
    }
}

#[test]
fn m2_without_fallback_the_store_is_unavailable_and_every_start_fails_without_a_call() {
    let (mut store, effects) = opened(Rules { auto_fallback: false, ..PLAIN }, false);
    assert_eq!(store.status(), Status { enabled: false, mode: Mode::Unavailable });
    assert_eq!(store.status().mode.name(), "unavailable");
    assert_eq!(effects, []);
    let mut out = Effects::new();
    store.on(both(sec(0)), Input::Start { seat: Seat(0), key: KEY }, &mut out);
    let failed = Notice::StartFailed(StartError::Unavailable);
    let told: Vec<_> = out.into_iter().collect();
    assert_eq!(told, [failed, Notice::Ended].map(|notice| Effect::Tell { seat: Seat(0), notice }));
}

#[test]
fn m2_with_a_datastore_the_mode_is_production() {
    let (store, effects) = opened(PLAIN, true);
    assert_eq!(store.status(), Status { enabled: true, mode: Mode::Production });
    assert_eq!(store.status().mode.name(), "production");
    assert_eq!(effects, [Effect::Subscribe(JobId(4))]);
}

#[test]
fn w8_pending_starts_are_cancelled_when_the_server_closes() {
    // One waits for a call, one for its next try, one for an answer, one behind a release.
    check(
        PLAIN,
        "0 B start k1
           A start k2 seat2
           message drop
         10 A calls fail
            A start
            A calls ok
            A start k1 seat1
            A calls hold
            A release seat2
            A start k2 seat3
            A start k4 seat4
         10.5 A close
         11 A ok
         12 A fail
         40",
        "0 B calls acquire
         0 B loaded new g1
         0 A seat2 calls acquire
         0 A seat2 loaded new g1
         10 A calls acquire
         10 A seat1 calls acquire
         10 A asks B
         10 A seat2 calls release
         10 A seat4 calls acquire
         10.5 A start failed shutting_down
         10.5 A ended
         10.5 A seat1 start failed shutting_down
         10.5 A seat1 ended
         10.5 A seat3 start failed shutting_down
         10.5 A seat3 ended
         11 A seat2 released
         11 A seat2 ended
         12 A seat4 start failed shutting_down
         12 A seat4 ended",
    );
}

#[test]
fn w8_a_start_whose_call_is_under_way_when_the_server_closes_waits_for_nothing_after_it() {
    for how in ["fail", "ok"] {
        check(
            PLAIN,
            &format!(
                "0 B start
                 1 A calls hold
                   A start
                 2 A close
                 3 A {how}
                 4"
            ),
            "0 B calls acquire
             0 B loaded new g1
             1 A calls acquire
             3 A start failed shutting_down
             3 A ended",
        );
    }
}

#[test]
fn w8_a_closing_server_starts_nothing_new() {
    check(
        PLAIN,
        "0 A close
           A start",
        "0 A start failed shutting_down
         0 A ended",
    );
}

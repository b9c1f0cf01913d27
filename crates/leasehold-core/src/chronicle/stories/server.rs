//! A server that opens without a datastore, or closes while sessions are starting (rules M2, W8).

use crate::chronicle::{Effect, Input, Mode, Notice, Rules, StartError, Status, Store};
use crate::effects::Effects;
use crate::ids::{JobId, Seat};
use crate::testing::{KEY, Log, both, check, sec, template};

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
    assert_eq!(effects, [Effect::Subscribe(JobId(4)), fell_back]);
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
    assert_eq!(effects, [Effect::Subscribe(JobId(4))]);
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

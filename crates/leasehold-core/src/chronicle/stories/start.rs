//! Session starts (rules S1, S3 to S8, R3).

use crate::backoff::Backoff;
use crate::chronicle::update::Acquire;
use crate::chronicle::{
    BreakerRules, Effect, Input, Load, Notice, Rules, StartError, Taken, Update,
};
use crate::effects::Effects;
use crate::ids::{Generation, OpId, Seat};
use crate::integrity::Hash;
use crate::planted::Plants;
use crate::record::{Record, Stored};
use crate::testing::{Hand, KEY, both, check, claim, record, sec, template};
use std::time::Duration;

const PLAIN: Rules = Rules::CHRONICLE;

#[test]
fn s1_one_call_takes_the_lease_and_reads_the_data() {
    check(
        PLAIN,
        "0 A start
         5 record
           A show",
        "0 A calls acquire
         0 A loaded new g1
         5 record A/n1 g1 c0 60 []
         5 A is active",
    );
}

#[test]
fn s3_failed_calls_are_retried_after_1_2_4_8_16_s_and_then_the_datastore_is_unavailable() {
    // The greatest draw: each wait is at its ceiling. The fifth failure opens the breaker, so the
    // last retry is its probe.
    let patient = BreakerRules { failures_max: 10, samples_min: 20, ..PLAIN.breaker };
    check(
        Rules { breaker: patient, ..PLAIN },
        "0 A calls fail
           A start
         89",
        "0 A calls acquire
         1 A calls acquire again1
         3 A calls acquire again2
         7 A calls acquire again3
         15 A calls acquire again4
         31 A calls acquire again5
         31 A start failed unavailable
         31 A ended",
    );
}

#[test]
fn s3_b5_failing_fast_spends_no_retry() {
    // Two retries, and a breaker that one failure opens for 5 s: failing fast at 1 s and at 7 s is
    // neither of the two.
    let breaker =
        BreakerRules { failures_max: 1, open_for: Duration::from_secs(5), ..PLAIN.breaker };
    let backoff = Backoff { retries: 2, ..PLAIN.backoff };
    check(
        Rules { breaker, backoff, ..PLAIN },
        "0 A calls fail
           A start
         10 A calls ok
         20",
        "0 A calls acquire
         0 A circuit open consecutive_failures for 5s
         1 A fails fast acquire
         5 A calls acquire again1
         5 A circuit open probe_failed for 10s
         7 A fails fast acquire
         15 A calls acquire again2
         15 A circuit closed
         15 A loaded new g1",
    );
}

#[test]
fn s5_a_start_for_which_the_breaker_stays_open_too_long_names_the_circuit() {
    check(
        Rules { start_timeout: sec(29).since(sec(0)), ..PLAIN },
        "0 A calls fail
           A start k1 seat1
           A start k2 seat2
           A start k3 seat3
           A start k4 seat4
           A start k5 seat5
         0 A start k6 seat6",
        "0 A seat1 calls acquire
         0 A seat2 calls acquire
         0 A seat3 calls acquire
         0 A seat4 calls acquire
         0 A seat5 calls acquire
         0 A circuit open consecutive_failures for 30s
         0 A seat6 fails fast acquire
         0 A seat6 start failed circuit_open
         0 A seat6 ended",
    );
}

#[test]
fn s4_a_start_that_is_cancelled_before_its_next_call_makes_none() {
    check(
        PLAIN,
        "0 A calls fail
           A start
         0.5 A cancel
         10 record",
        "0 A calls acquire
         1 A start failed cancelled
         1 A ended
         10 record none",
    );
}

#[test]
fn s4_a_lease_that_is_won_after_cancelling_is_released_again_and_the_result_is_cancelled() {
    for how in ["cancel", "release"] {
        check(
            PLAIN,
            &format!(
                "0 A calls hold
                   A start
                 1 A {how}
                   A calls ok
                 2 A ok
                   A show
                   record"
            ),
            "0 A calls acquire
             2 A start failed cancelled
             2 A calls release
             2 A released
             2 A ended
             2 A is not active
             2 record A/n1 g1 c0 free []",
        );
    }
}

#[test]
fn s5_the_stats_of_a_load_count_latency_calls_and_retries() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A calls hold\nA start\n0.25 A fail\n1.25");
    let mut store = hand.store("A").clone();
    let op = OpId { seat: Seat(0), nth: 2 };
    let granted = Update::Acquire(Acquire {
        key: KEY,
        owner: claim(0, 1, 1).owner,
        template: template(),
        duration: PLAIN.lease_duration,
        margin: PLAIN.takeover_margin,
        silent: None,
        planted: Plants::NONE,
    })
    .apply(None, both(sec(2)).wall);
    let mut out = Effects::new();
    store.on(both(sec(2)), Input::Replied { op, result: Ok(granted.outcome), random: 0 }, &mut out);
    let load = Load {
        how: Taken::New,
        generation: Generation(1),
        latency: sec(2).since(sec(0)),
        calls: 2,
        retries: 1,
    };
    let told: Vec<_> = out.into_iter().collect();
    assert_eq!(told, [Effect::Tell { seat: Seat(0), notice: Notice::Loaded(load) }]);
}

#[test]
fn s5_every_reason_has_the_name_that_the_rule_gives_it() {
    let names = [
        (StartError::LeaseHeld, "lease_held"),
        (StartError::CircuitOpen, "circuit_open"),
        (StartError::Corrupted, "corrupted"),
        (StartError::Cancelled, "cancelled"),
        (StartError::Unavailable, "unavailable"),
        (StartError::ShuttingDown, "shutting_down"),
        (StartError::AlreadyActive, "already_active"),
        (StartError::Timeout, "timeout"),
    ];
    for (why, name) in names {
        assert_eq!(why.name(), name);
    }
}

#[test]
fn s6_a_second_start_for_an_active_or_starting_key_is_refused_without_a_call() {
    check(
        PLAIN,
        "0 A calls hold
           A start
           A start seat1
         1 A ok
           A start seat1
           A start k9",
        "0 A calls acquire
         0 A seat1 start failed already_active
         0 A seat1 ended
         1 A loaded new g1
         1 A seat1 start failed already_active
         1 A seat1 ended
         1 A start failed already_active",
    );
}

#[test]
fn s6_a_start_waits_behind_its_own_servers_release_and_a_third_is_refused() {
    check(
        PLAIN,
        "0 A start
           A calls hold
         1 A edit 7
           A release
         2 A start seat1
           A start seat2
         3 A calls ok
           A ok
           record",
        "0 A calls acquire
         0 A loaded new g1
         1 A calls release
         2 A seat2 start failed already_active
         2 A seat2 ended
         3 A saved c1
         3 A released
         3 A ended
         3 A seat1 calls acquire
         3 A seat1 loaded free g2
         3 record A/n2 g2 c1 63 [7]",
    );
}

#[test]
fn s6_a_start_that_waits_behind_a_release_can_be_cancelled_and_leaves_the_place_to_another() {
    check(
        PLAIN,
        "0 A start
           A calls hold
         1 A release
           A start seat1
         2 A cancel seat1
           A start seat2
         3 A calls ok
           A ok",
        "0 A calls acquire
         0 A loaded new g1
         1 A calls release
         2 A seat1 start failed cancelled
         2 A seat1 ended
         3 A released
         3 A ended
         3 A seat2 calls acquire
         3 A seat2 loaded free g2",
    );
}

#[test]
fn s7_a_retry_after_an_ambiguous_acquire_recognises_its_own_lease() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         0 A applied
         10 A ok
           record",
        "0 A calls acquire
         1 A calls acquire again1
         10 A loaded own g1
         10 record A/n1 g1 c0 70 []",
    );
}

#[test]
fn s7_an_acquire_that_commits_late_extends_its_own_session_and_forgets_nothing() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         0 A fail
         1 A calls ok
           A ok
         2 A edit 7
           A save
         10 A late 1
           record
           A show",
        "0 A calls acquire
         1 A calls acquire again1
         1 A loaded new g1
         2 A calls save
         2 A saved c1
         2 A save x1 true
         10 record A/n1 g1 c1 70 [7]
         10 A is active",
    );
}

#[test]
fn s7_an_acquire_that_commits_after_its_own_session_was_released_does_not_take_the_key_again() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         0 A fail
         1 A calls ok
           A ok
         5 A release
         10 A late 1
           record",
        "0 A calls acquire
         1 A calls acquire again1
         1 A loaded new g1
         5 A calls release
         5 A released
         5 A ended
         10 record A/n1 g1 c0 free []",
    );
}

#[test]
fn s7_an_acquire_that_commits_over_a_newer_session_of_its_own_server_is_superseded() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         0 A fail
           A cancel
         1 A calls ok
           A start
         10 A late 1
           record
           A show
         11 A edit 7
           A save",
        "0 A calls acquire
         1 A start failed cancelled
         1 A ended
         1 A calls acquire
         1 A loaded new g1
         10 record A/n2 g1 c0 61 []
         10 A is active
         11 A calls save
         11 A saved c1
         11 A save x1 true",
    );
}

#[test]
fn s7_a_lease_that_our_own_server_has_forgotten_is_taken_without_conflict() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         0 A applied
           A cancel
         1 A calls ok
           A start",
        "0 A calls acquire
         1 A start failed cancelled
         1 A ended
         1 A calls acquire
         1 A loaded orphan g2",
    );
}

#[test]
fn s8_a_call_that_is_not_answered_within_30_s_is_given_up_and_its_late_reply_is_inert() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         29.999999 A calls ok
         30
         30.5 A late 1
           A show
         31
           A show",
        "0 A calls acquire
         30.5 A is not active
         31 A calls acquire again1
         31 A loaded own g1
         31 A is active",
    );
}

#[test]
fn s8_a_reply_a_microsecond_before_the_time_is_up_counts() {
    check(
        PLAIN,
        "0 A calls hold
           A start
         29.999999 A ok",
        "0 A calls acquire
         29.999999 A loaded new g1",
    );
}

#[test]
fn s8_nothing_waits_for_ever_on_calls_that_never_answer() {
    check(
        PLAIN,
        "0 A calls lost
           A start
         1000",
        "0 A calls acquire
         31 A calls acquire again1
         63 A calls acquire again2
         93 A start failed timeout
         93 A ended",
    );
}

#[test]
fn r3_a_start_that_finds_a_corrupt_record_fails_and_leaves_it_alone() {
    for (stored, name) in [
        (Stored::NotARecord, "not_a_record"),
        (Stored::Record(Record { schema: 9, ..record(claim(5, 1, 1)) }), "unknown_schema"),
        (Stored::Record(Record { integrity: None, ..record(claim(5, 1, 1)) }), "missing_hash"),
        (
            Stored::Record(Record { integrity: Some(Hash(1)), ..record(claim(5, 1, 1)) }),
            "hash_mismatch",
        ),
    ] {
        let mut hand = Hand::new(PLAIN);
        hand.stored.insert(KEY, stored.clone());
        hand.play("0 A start\n100");
        let corrupted = format!("0 A corrupted {name}");
        let told = ["0 A calls acquire", &corrupted, "0 A start failed corrupted", "0 A ended"];
        assert_eq!(hand.lines, told);
        assert_eq!(hand.stored[&KEY], stored);
    }
}

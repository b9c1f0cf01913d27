//! The breaker of a whole server (rules B1 to B6, S8).

use crate::chronicle::breaker::BreakerPhase;
use crate::chronicle::{BreakerRules, Rules};
use crate::testing::{Hand, check, sec};

const PLAIN: Rules = Rules::CHRONICLE;

/// One failure opens it.
const NERVOUS: Rules =
    Rules { breaker: BreakerRules { failures_max: 1, ..PLAIN.breaker }, ..PLAIN };

#[test]
fn b1_b2_failures_of_all_seats_count_together_and_open_it_for_all() {
    check(
        PLAIN,
        "0 A start
         1 A calls fail
           A start k1 seat1
           A start k2 seat2
           A start k3 seat3
           A start k4 seat4
           A save
           A save",
        "0 A calls acquire
         0 A loaded new g1
         1 A seat1 calls acquire
         1 A seat2 calls acquire
         1 A seat3 calls acquire
         1 A seat4 calls acquire
         1 A calls save
         1 A circuit open consecutive_failures for 30s
         1 A save x1 failed
         1 A fails fast save
         1 A save x1 circuit_open",
    );
}

#[test]
fn b2_exactly_one_seat_probes_and_the_others_ask_again_each_second() {
    check(
        NERVOUS,
        "0 A start
           A start k1 seat1
         1 A calls fail
           A save
           A save seat1
           A calls hold
         33.5 A calls ok
            A ok
         34",
        "0 A calls acquire
         0 A loaded new g1
         0 A seat1 calls acquire
         0 A seat1 loaded new g1
         1 A calls save
         1 A circuit open consecutive_failures for 30s
         1 A save x1 failed
         1 A seat1 fails fast save
         1 A seat1 save x1 circuit_open
         2 A fails fast save
         31 A calls save again1
         31 A seat1 fails fast save
         32 A seat1 fails fast save
         33 A seat1 fails fast save
         33.5 A circuit closed
         33.5 A saved c1
         34 A seat1 calls save
         34 A seat1 saved c1",
    );
}

#[test]
fn b2_s8_a_probe_that_never_answers_fails_after_30_s() {
    check(
        NERVOUS,
        "0 A start
         1 A calls fail
           A save
           A calls lost
         10 A release
         61",
        "0 A calls acquire
         0 A loaded new g1
         1 A calls save
         1 A circuit open consecutive_failures for 30s
         1 A save x1 failed
         2 A fails fast save
         10 A fails fast release
         31 A calls release
         61 A circuit open probe_failed for 60s
         61 A release abandoned
         61 A ended",
    );
}

#[test]
fn b2_s8_a_probe_of_a_session_that_fences_itself_meanwhile_still_ends() {
    let strict = Rules { breaker: NERVOUS.breaker, ..Rules::CHRONICLE_STRICT };
    let script = "0 A start
         20 A calls fail
            A save
            A calls hold
         50.5";
    let script = script.to_owned() + "\n 60 A show";
    let before = "0 A calls acquire
         0 A loaded new g1
         20 A calls save
         20 A circuit open consecutive_failures for 30s
         20 A save x1 failed
         21 A fails fast save
         50 A calls save again1
         57 A lease lost fenced
         57 A ended
         60 A is not active\n";
    // It is never answered.
    check(
        strict,
        &format!("{script}\n 79.999999\n 80\n 81 A start k1 seat1"),
        &format!(
            "{before}
             80 A circuit open probe_failed for 60s
             81 A seat1 fails fast acquire"
        ),
    );
    // It is answered late, but in time; the lease that it renewed is an orphan.
    check(
        strict,
        &format!("{script}\n 79 A calls ok\n A ok\n A start k1 seat1"),
        &format!(
            "{before}
             79 A circuit closed
             79 A seat1 calls acquire
             79 A seat1 loaded new g1"
        ),
    );
}

#[test]
fn b3_s8_a_reply_after_the_timeout_does_not_close_it() {
    let mut hand = Hand::new(NERVOUS);
    hand.play("0 A calls hold\n A start\n 30.5 A late 1");
    assert_eq!(hand.store("A").breaker(), BreakerPhase::Open);
    assert_eq!(hand.count("circuit open"), 1);
    assert_eq!(hand.count("circuit closed"), 0);
}

#[test]
fn b3_calls_under_way_when_it_opens_are_no_probes_when_they_answer() {
    check(
        NERVOUS,
        "0 A start
           A start k1 seat1
         1 A calls hold
           A save
           A save seat1
         2 A fail
         3 A ok",
        "0 A calls acquire
         0 A loaded new g1
         0 A seat1 calls acquire
         0 A seat1 loaded new g1
         1 A calls save
         1 A seat1 calls save
         2 A circuit open consecutive_failures for 30s
         2 A save x1 failed
         3 A fails fast save
         3 A seat1 saved c1
         3 A seat1 save x1 true",
    );
}

#[test]
fn b6_one_short_outage_before_a_renewal_costs_the_lease() {
    // The outage is over at 46 s, but the breaker stays open past the end of the lease.
    check(
        NERVOUS,
        "0 A start
         45 A calls fail
            A start k1 seat1
            A cancel seat1
         46 A calls ok
         80",
        "0 A calls acquire
         0 A loaded new g1
         45 A seat1 calls acquire
         45 A circuit open consecutive_failures for 30s
         46 A seat1 start failed cancelled
         46 A seat1 ended
         50 A fails fast renew
         75 A calls renew
         75 A circuit closed
         75 A lease lost expired
         75 A ended",
    );
}

#[test]
fn f4_a_dead_datastore_and_a_caller_at_each_instant_is_probed_after_30_60_120_240_300_300_s() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start\n A calls fail");
    let (mut probes, mut second) = (Vec::new(), 0);
    while probes.len() < 7 {
        second += 1;
        hand.advance(sec(second), true);
        hand.play(&format!("{second} A save"));
        if hand.count("circuit open") > probes.len() {
            probes.push(second);
        }
    }
    let waits: Vec<u64> = probes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
    assert_eq!(hand.count("calls save"), 5 + 6);
}

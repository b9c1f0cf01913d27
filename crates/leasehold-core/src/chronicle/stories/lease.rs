//! Renewing, losing and fencing a lease (rules L2 to L4, W3, W7, D1).

use crate::chronicle::Rules;
use crate::testing::{Hand, KEY, check, sec};

const PLAIN: Rules = Rules::CHRONICLE;
const STRICT: Rules = Rules::CHRONICLE_STRICT;

#[test]
fn l2_an_idle_session_renews_every_50_s_counted_from_sending() {
    check(
        PLAIN,
        "0 A start
           A calls hold
         55 A ok
         100 A ok
         100 record",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         100 A calls renew
         100 record A/n1 g1 c0 160 []",
    );
}

#[test]
fn w3_a_session_that_saves_at_least_every_50_s_makes_no_renewal_call() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start");
    for save in 1..=40 {
        hand.advance(sec(50 * save), false);
        hand.play(&format!("<{} A save", 50 * save));
    }
    assert_eq!((hand.count("calls save"), hand.count("calls renew")), (40, 0));
}

#[test]
fn w3_a_session_that_saves_a_microsecond_later_than_that_renews() {
    check(
        PLAIN,
        "0 A start
         50.000001 A save",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         50.000001 A calls save
         50.000001 A saved c1
         50.000001 A save x1 true",
    );
}

#[test]
fn l3_a_renewal_that_fails_is_tried_again_while_the_lease_lasts() {
    check(
        PLAIN,
        "0 A start
           A calls fail
         54 A calls ok
         58 A show
            record",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         51 A calls renew again1
         53 A calls renew again2
         57 A calls renew again3
         58 A is active
         58 record A/n1 g1 c0 117 []",
    );
}

#[test]
fn l3_a_renewal_that_finds_another_owner_ends_the_session_at_once() {
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         49 A show
         51 A show
            record",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2
         49 A is active
         50 A calls renew
         50 A lease lost taken
         50 A ended
         51 A is not active
         51 record B/n1 g2 c0 72 []",
    );
}

#[test]
fn l3_w2_a_lease_that_has_run_out_is_lost_although_nobody_took_it() {
    check(
        PLAIN,
        "0 A start
         10 A edit 7
         10 A pause
         60.000001 A resume
         61 record",
        "0 A calls acquire
         0 A loaded new g1
         60.000001 A calls save
         60.000001 A lease lost expired unsaved
         60.000001 A ended
         61 record A/n1 g1 c0 60 []",
    );
}

#[test]
fn l3_a_removed_record_is_not_written_again() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start");
    hand.stored.remove(&KEY);
    hand.play("10 A save\n record");
    assert_eq!(
        hand.lines[2..],
        [
            "10 A calls save",
            "10 A save x1 lease_lost",
            "10 A lease lost removed",
            "10 A ended",
            "10 record none"
        ],
    );
}

#[test]
fn l4_plain_owns_for_as_long_as_no_call_says_otherwise() {
    check(
        PLAIN,
        "0 A start
           A calls lost
         79 A show",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         79 A is active",
    );
}

#[test]
fn l4_d1_a_paused_strict_owner_is_inactive_when_it_resumes_and_its_edits_are_refused() {
    check(
        STRICT,
        "0 A start
         10 A pause
         <57 A show
             A edit 7
             A save
             A resume",
        "0 A calls acquire
         0 A loaded new g1
         57 A is not active
         57 A edit refused
         57 A save x1 inactive
         57 A lease lost fenced
         57 A ended",
    );
}

#[test]
fn l4_a_wall_clock_that_jumps_ahead_fences_a_strict_owner_without_any_tick() {
    check(
        STRICT,
        "0 A start
         10 A wall 46
            A show
            A wall 47
            A show
            A edit 7",
        "0 A calls acquire
         0 A loaded new g1
         10 A is active
         10 A is not active
         10 A edit refused",
    );
}

#[test]
fn l4_a_strict_owner_whose_wall_clock_goes_back_and_forth_never_stalls() {
    let mut hand = Hand::new(STRICT);
    hand.play("0 A start\n 40 A wall 20\n A wall 9\n 45 A save\n A wall 0\n 120 A show");
    assert_eq!(hand.lines.last().map(String::as_str), Some("120 A is active"));
}

#[test]
fn w7_a_session_is_active_from_its_successful_start_to_its_release() {
    check(
        PLAIN,
        "0 A calls hold
           A start
           A show
         1 A ok
           A show
         2 A release
           A show
         3 A ok
           A show",
        "0 A calls acquire
         0 A is not active
         1 A loaded new g1
         1 A is active
         2 A calls release
         2 A is not active
         3 A released
         3 A ended
         3 A is not active",
    );
}

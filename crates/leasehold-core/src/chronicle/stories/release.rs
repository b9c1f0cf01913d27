//! Giving a key back, and closing a server (rules W6, W8, W9).

use crate::chronicle::Rules;
use crate::testing::{Hand, check};

const PLAIN: Rules = Rules::CHRONICLE;

const STARTED: &str = "0 A calls acquire
    0 A loaded new g1\n";

#[track_caller]
fn after_start(script: &str, expect: &str) {
    check(PLAIN, &format!("0 A start\n{script}"), &format!("{STARTED}{expect}"));
}

#[test]
fn w6_the_last_change_is_saved_and_the_lease_released_in_one_call() {
    after_start(
        "10 A edit 7
            A release
         100 record",
        "10 A calls release
         10 A saved c1
         10 A released
         10 A ended
         100 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w6_ownership_ends_when_release_is_called_and_a_second_release_does_nothing() {
    after_start(
        "9 A edit 1
         10 A calls hold
            A release
            A show
            A edit 7
            A save
            A release
         11 A ok
            A release
            record",
        "10 A calls release
         10 A is not active
         10 A edit refused
         10 A save x1 inactive
         11 A saved c1
         11 A released
         11 A ended
         11 record A/n1 g1 c1 free [1]",
    );
}

#[test]
fn w6_a_release_cancels_renewal_and_coalesced_write() {
    after_start(
        "49 A calls hold
            A edit 7
            A release
         78.999999",
        "49 A calls release",
    );
}

#[test]
fn w6_a_release_waits_for_the_save_in_flight_and_brings_only_what_that_did_not() {
    after_start(
        "10 A calls hold
            A edit 7
            A save
            A release
         11 A ok
            A ok
            record",
        "10 A calls save
         11 A saved c1
         11 A save x1 true
         11 A calls release
         11 A released
         11 A ended
         11 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w2_w6_a_save_that_a_release_overtakes_is_true_if_the_release_has_stored_everything() {
    after_start(
        "10 A calls hold
            A edit 7
            A save
            A edit 8
            A save
            A release
         11 A ok
         12 A ok
            record",
        "10 A calls save
         11 A saved c1
         11 A save x1 true
         11 A calls release
         12 A saved c2
         12 A save x1 true
         12 A released
         12 A ended
         12 record A/n1 g1 c2 free [7, 8]",
    );
}

#[test]
fn w6_a_release_that_keeps_failing_is_retried_until_the_lease_has_run_out() {
    after_start(
        "44 A calls fail
            A edit 7
            A release
         59.999999 A show
         60 record",
        "44 A calls release
         45 A calls release again1
         47 A calls release again2
         51 A calls release again3
         59 A calls release again4
         59 A circuit open consecutive_failures for 30s
         59.999999 A is not active
         60 A release abandoned unsaved
         60 A ended
         60 record A/n1 g1 c0 60 []",
    );
}

#[test]
fn w6_a_release_after_the_lease_has_run_out_is_tried_once() {
    after_start(
        "40 A calls lost
         79 A calls fail
         80 A release
         81",
        "50 A calls renew
         80 A calls release
         80 A release abandoned
         80 A ended",
    );
}

#[test]
fn w6_a_first_release_repeats_nothing_whatever_has_failed_before_it() {
    after_start(
        "10 A calls fail
            A edit 7
            A save
         10.5 A release
         12 A calls ok
         13",
        "10 A calls save
         10 A save x1 failed
         10.5 A calls release
         12.5 A calls release again1
         12.5 A saved c1
         12.5 A released
         12.5 A ended",
    );
}

#[test]
fn w2_w6_the_final_save_of_a_release_is_told_as_any_other_and_a_release_without_data_is_none() {
    after_start(
        "10 A calls hold
            A edit 7
            A release
         11 A ok
         12 A calls ok
            A start
         13 A release",
        "10 A calls release
         11 A saved c1
         11 A released
         11 A ended
         12 A calls acquire
         12 A loaded free g2
         13 A calls release
         13 A released
         13 A ended",
    );
}

#[test]
fn w2_w6_a_save_of_a_clean_profile_that_a_release_overtakes_is_made_by_the_release() {
    after_start(
        "49 A calls hold
         50 A save
            A release
         51 A ok
            A ok
            record",
        "50 A calls renew
         51 A calls release
         51 A saved c1
         51 A save x1 true
         51 A released
         51 A ended
         51 record A/n1 g1 c1 free []",
    );
}

#[test]
fn w6_a_session_that_is_being_released_answers_challenges_if_the_rules_say_so() {
    let script = "0 A start
        10 A calls hold
           A release
           B start
        11 A ok
        13";
    let released = "0 A calls acquire
        0 A loaded new g1
        10 A calls release
        10 B calls acquire
        10 B asks A\n";
    check(
        PLAIN,
        script,
        &format!(
            "{released}
             10 A answers B
             10 B conflict active_owner_confirmed
             10 B start failed lease_held
             10 B ended
             11 A released
             11 A ended"
        ),
    );
    check(
        Rules { answer_while_releasing: false, ..PLAIN },
        script,
        &format!(
            "{released}
             11 A released
             11 A ended
             12 B calls acquire
             12 B loaded free g2"
        ),
    );
}

#[test]
fn w8_a_closing_server_saves_and_releases_every_profile() {
    check(
        PLAIN,
        "0 A start
           A start k1 seat1
         10 A edit 7
            A close
            A close
            record",
        "0 A calls acquire
         0 A loaded new g1
         0 A seat1 calls acquire
         0 A seat1 loaded new g1
         10 A calls release
         10 A seat1 calls release
         10 A saved c1
         10 A released
         10 A ended
         10 A seat1 released
         10 A seat1 ended
         10 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w9_an_unreleased_profile_blocks_its_key_for_as_long_as_its_server_lives() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start");
    for hour in 1..=3 {
        hand.play(&format!("{} B start", 3_600 * hour));
    }
    assert_eq!(hand.count("B start failed lease_held"), 3);
    assert_eq!(hand.store("A").seats_taken(), 1);
    hand.play("10801 A release");
    assert_eq!(hand.store("A").seats_taken(), 0);
}

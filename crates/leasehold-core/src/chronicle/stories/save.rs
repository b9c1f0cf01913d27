//! Changes and saves (rules W1, W2, W4, R2, R3).

use crate::chronicle::{Rules, SaveError};
use crate::record::{Record, Stored};
use crate::testing::{Hand, KEY, check, claim, record};

const PLAIN: Rules = Rules::CHRONICLE;

const STARTED: &str = "0 A calls acquire
    0 A loaded new g1\n";

#[track_caller]
fn after_start(script: &str, expect: &str) {
    check(PLAIN, &format!("0 A start\n{script}"), &format!("{STARTED}{expect}"));
}

#[test]
fn w1_a_change_is_saved_2_s_later() {
    after_start(
        "10 A edit 7
         11.999999 record
         12 record",
        "11.999999 record A/n1 g1 c0 60 []
         12 A calls save
         12 A saved c1
         12 record A/n1 g1 c1 72 [7]",
    );
}

#[test]
fn w1_f2_four_changes_within_2_s_are_one_write() {
    after_start(
        "10 A edit 1
         10.5 A edit 2
         11 A edit 3
         11.9 A edit 4
         20 record",
        "13.9 A calls save
         13.9 A saved c1
         20 record A/n1 g1 c1 73.9 [1, 2, 3, 4]",
    );
}

#[test]
fn w1_a_failed_coalesced_save_stays_dirty_and_is_tried_again_with_backoff() {
    after_start(
        "10 A edit 7
            A calls fail
         14 A calls ok
         20 record",
        "12 A calls save
         13 A calls save again1
         15 A calls save again2
         15 A saved c1
         20 record A/n1 g1 c1 75 [7]",
    );
}

#[test]
fn w1_s2_an_inactive_profile_refuses_changes_and_a_clean_one_saves_nothing_by_itself() {
    after_start(
        "A edit 7 seat3
         40 A release
            A edit 8
         50 record",
        "0 A seat3 edit refused
         40 A calls release
         40 A released
         40 A ended
         40 A edit refused
         50 record A/n1 g1 c0 free []",
    );
}

#[test]
fn w2_save_returns_true_when_it_is_confirmed_and_cancels_the_coalesced_write() {
    after_start(
        "10 A edit 7
         11 A calls hold
            A save
         11.5 A ok
         45 record",
        "11 A calls save
         11.5 A saved c1
         11.5 A save x1 true
         45 record A/n1 g1 c1 71.5 [7]",
    );
}

#[test]
fn w2_a_clean_profile_is_written_too() {
    after_start(
        "10 A save
            record",
        "10 A calls save
         10 A saved c1
         10 A save x1 true
         10 record A/n1 g1 c1 70 []",
    );
}

#[test]
fn w2_save_names_why_it_returns_false() {
    after_start(
        "1 A calls hold
           A save seat1
           A save
         2 A throttled
           A save
         3 A fail
         4 A calls ok
           A release
           A save",
        "1 A seat1 save x1 inactive
         1 A calls save
         2 A save x1 throttled
         2 A calls save again1
         3 A save x1 failed
         4 A calls release
         4 A released
         4 A ended
         4 A save x1 inactive",
    );
    let names = [
        (SaveError::Inactive, "inactive"),
        (SaveError::LeaseLost, "lease_lost"),
        (SaveError::Throttled, "throttled"),
        (SaveError::CircuitOpen, "circuit_open"),
        (SaveError::Failed, "failed"),
    ];
    for (why, name) in names {
        assert_eq!(why.name(), name);
    }
}

#[test]
fn w2_save_while_the_breaker_is_open_returns_circuit_open_and_the_data_is_saved_later() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start\n A calls fail");
    hand.play("1 A start k1 seat1\n A start k2 seat2\n A start k3 seat3\n A start k4 seat4");
    hand.play("1 A start k5 seat5");
    for seat in 1..=5 {
        hand.play(&format!("1 A cancel seat{seat}"));
    }
    hand.lines.clear();
    hand.play("1.5 A edit 7\n A save\n A calls ok\n 31 record");
    let own: Vec<&str> =
        hand.lines.iter().map(String::as_str).filter(|line| !line.contains("seat")).collect();
    assert_eq!(
        own,
        [
            "1.5 A fails fast save",
            "1.5 A save x1 circuit_open",
            "31 A calls save",
            "31 A circuit closed",
            "31 A saved c1",
            "31 record A/n1 g1 c1 91 [7]"
        ],
    );
}

#[test]
fn w2_two_callers_of_save_during_one_write_share_the_next_one() {
    after_start(
        "1 A calls hold
           A edit 7
           A save
         2 A save
           A edit 8
           A save
         3 A ok
         4 A ok
           record",
        "1 A calls save
         3 A saved c1
         3 A save x1 true
         3 A calls save
         4 A saved c2
         4 A save x2 true
         4 record A/n1 g1 c2 64 [7, 8]",
    );
}

#[test]
fn w4_a_change_made_while_a_save_is_in_flight_waits_for_the_next_one() {
    after_start(
        "10 A edit 1
            A calls hold
         12.5 A edit 2
         13 A ok
            record
         14.499999 A calls ok
         14.5 record",
        "12 A calls save
         13 A saved c1
         13 record A/n1 g1 c1 73 [1]
         14.5 A calls save
         14.5 A saved c2
         14.5 record A/n1 g1 c2 74.5 [1, 2]",
    );
}

#[test]
fn w4_at_most_one_write_of_a_key_is_awaited() {
    // The window of the second change closes at 15 s and the renewal is due at 50 s, but the lane
    // is taken.
    after_start(
        "10 A edit 1
            A calls hold
         13 A edit 2
         30 A calls ok
            A ok
            record",
        "12 A calls save
         30 A saved c1
         30 A calls save
         30 A saved c2
         30 record A/n1 g1 c2 90 [1, 2]",
    );
}

#[test]
fn w4_a_save_and_a_renewal_that_are_both_due_are_one_call() {
    after_start(
        "48 A edit 7
         60",
        "50 A calls save
         50 A saved c1",
    );
}

#[test]
fn r3_a_save_that_finds_a_corrupt_record_cancels_and_reports() {
    let mut hand = Hand::new(PLAIN);
    hand.play("0 A start\n 10 A edit 7");
    let corrupt = Stored::Record(Record { integrity: None, ..record(claim(0, 1, 1)) });
    hand.stored.insert(KEY, corrupt.clone());
    hand.play("12");
    assert_eq!(
        hand.lines[2..],
        [
            "12 A calls save",
            "12 A corrupted missing_hash",
            "12 A lease lost corrupt unsaved",
            "12 A ended"
        ],
    );
    assert_eq!(hand.stored[&KEY], corrupt);
}

#[test]
fn r2_data_that_cannot_be_stored_is_refused_told_and_mended_by_a_later_change() {
    after_start(
        "10 A edit 666
            A save
         20 A edit 777
         30 record",
        "10 A corrupted not_canonical
         10 A save x1 failed
         22 A calls save
         22 A saved c1
         30 record A/n1 g1 c1 82 [777]",
    );
}

#[test]
fn l3_data_that_cannot_be_stored_does_not_cost_the_lease() {
    after_start(
        "47 A edit 666
         75 A show",
        "49 A corrupted not_canonical
         50 A calls renew
         75 A is active",
    );
}

#[test]
fn w6_data_that_cannot_be_stored_is_not_released_as_saved() {
    after_start(
        "10 A edit 7
         12
         20 A edit 666
            A release
         21 record",
        "12 A calls save
         12 A saved c1
         20 A corrupted not_canonical
         20 A calls release
         20 A released unsaved
         20 A ended
         21 record A/n1 g1 c1 free [7]",
    );
}

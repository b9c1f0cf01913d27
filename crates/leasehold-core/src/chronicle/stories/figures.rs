//! Worked figures (rules F1 and F2; F3 is among the conflicts, F4 at the breaker).

use crate::chronicle::Rules;
use crate::testing::{Hand, check};

/// How many renewals, acquires, releases and saves an idle session of 3 h and 1 s takes.
fn idle(rules: Rules) -> [usize; 4] {
    let mut hand = Hand::new(rules);
    hand.play("0 A start\n 10801 A release");
    ["calls renew", "calls acquire", "calls release", "calls save"].map(|what| hand.count(what))
}

#[test]
fn f1_an_idle_session_of_3_h_and_1_s_is_216_renewals_1_acquire_1_release_and_no_save() {
    assert_eq!(idle(Rules::CHRONICLE), [216, 1, 1, 0]);
    assert_eq!(idle(Rules::CHRONICLE_STRICT), [216, 1, 1, 0]);
    assert_eq!(idle(Rules::CHRONICLE_EAGER), [1_080, 1, 1, 0]);
}

fn every_second(change_goes_first: bool) -> String {
    let first = if change_goes_first { "<" } else { "" };
    (0..60).map(|second| format!("{first}{second} A edit {second}\n")).collect()
}

#[test]
fn f2_changes_every_second_are_written_at_30_and_60_s_if_the_timer_goes_first() {
    check(
        Rules::CHRONICLE,
        &format!("0 A start\n {} 70", every_second(false)),
        "0 A calls acquire
         0 A loaded new g1
         30 A calls save
         30 A saved c1
         60 A calls save
         60 A saved c2",
    );
}

#[test]
fn f2_changes_every_second_are_written_at_30_and_61_s_if_the_change_goes_first() {
    check(
        Rules::CHRONICLE,
        &format!("0 A start\n {} 70", every_second(true)),
        "0 A calls acquire
         0 A loaded new g1
         30 A calls save
         30 A saved c1
         61 A calls save
         61 A saved c2",
    );
}

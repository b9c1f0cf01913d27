//! When the breaker opens, probes and closes (rules B1 to B5, F4), and the machine's laws.

use super::{Breaker, BreakerPhase, Effect, Epoch, Input, Opening, OpeningReason};
use crate::chronicle::rules::{BreakerRules, Rules};
use crate::effects::Effects;
use crate::testing::{sec, us};
use crate::time::Instant;
use proptest::prelude::*;
use std::time::Duration;

const RULES: BreakerRules = Rules::CHRONICLE.breaker;

fn on(breaker: &mut Breaker, now: Instant, input: Input) -> Vec<Effect> {
    let mut out = Effects::new();
    breaker.on(now, input, &mut out);
    out.into_iter().collect()
}

/// Asks; the epoch of the call, or when to ask again.
fn ask(breaker: &mut Breaker, now: Instant) -> Result<Epoch, Instant> {
    match on(breaker, now, Input::Ask)[..] {
        [Effect::Pass(epoch)] => Ok(epoch),
        [Effect::FailFast { retry_at }] => Err(retry_at),
        ref other => panic!("asked, and heard {other:?}"),
    }
}

fn answer(breaker: &mut Breaker, now: Instant, epoch: Epoch, failed: bool) -> Vec<Effect> {
    on(breaker, now, Input::Answered { epoch, failed })
}

/// A call that is let through and answered at once.
fn call(breaker: &mut Breaker, now: Instant, failed: bool) -> Vec<Effect> {
    let epoch = ask(breaker, now).expect("it passes");
    answer(breaker, now, epoch, failed)
}

/// What made it open, if it did.
fn opened(effects: &[Effect]) -> Option<(OpeningReason, u32, u32, u32, Duration)> {
    match effects {
        [] => None,
        [Effect::Opened(it)] => {
            Some((it.reason, it.consecutive_failures, it.failed, it.samples, it.timeout))
        }
        other => panic!("not an opening: {other:?}"),
    }
}

/// One that five failures have opened at this instant.
fn open(now: Instant) -> Breaker {
    let mut breaker = Breaker::new(RULES);
    for _ in 0..5 {
        call(&mut breaker, now, true);
    }
    assert_eq!(breaker.phase(), BreakerPhase::Open);
    breaker
}

#[test]
fn b1_the_fifth_failure_in_a_row_opens_it_and_the_fourth_does_not() {
    let mut breaker = Breaker::new(RULES);
    for _ in 0..4 {
        assert_eq!(call(&mut breaker, sec(1), true), []);
    }
    let fifth = opened(&call(&mut breaker, sec(1), true));
    let timeout = Duration::from_secs(30);
    assert_eq!(fifth, Some((OpeningReason::ConsecutiveFailures, 5, 5, 5, timeout)));
}

#[test]
fn b1_a_success_in_between_starts_the_count_again() {
    let mut breaker = Breaker::new(RULES);
    for failed in [true, true, true, true, false, true, true, true, true] {
        assert_eq!(call(&mut breaker, sec(1), failed), []);
    }
    assert_eq!(breaker.phase(), BreakerPhase::Closed);
}

/// Answers in this pattern, `x` for a failure; how it opens at the last one.
fn pattern(pattern: &str) -> Option<OpeningReason> {
    let mut breaker = Breaker::new(RULES);
    let mut last = None;
    for (nth, answer) in pattern.chars().enumerate() {
        assert_eq!(last, None, "{pattern} opened it before answer {nth}");
        last = opened(&call(&mut breaker, sec(1), answer == 'x')).map(|opening| opening.0);
    }
    last
}

#[test]
fn b1_the_rate_must_exceed_50_percent_and_counts_from_10_samples_on() {
    assert_eq!(pattern("xxx.xxx.x"), None, "7 of 9, but only 9");
    assert_eq!(pattern("xxx.xxx.xx"), Some(OpeningReason::ErrorRate), "8 of 10");
    assert_eq!(pattern("xx..xx..x."), None, "5 of 10 is not above one half");
    assert_eq!(pattern("xx..xx..xx"), Some(OpeningReason::ErrorRate), "6 of 10");
    assert_eq!(pattern("x.x.x.x.x.x"), Some(OpeningReason::ErrorRate), "6 of 11");
}

#[test]
fn b4_an_opening_by_the_rate_carries_its_figures() {
    let mut breaker = Breaker::new(RULES);
    let mut last = None;
    for failed in [true, true, false, false, true, true, false, false, true, true] {
        last = opened(&call(&mut breaker, sec(1), failed));
    }
    assert_eq!(last, Some((OpeningReason::ErrorRate, 2, 6, 10, Duration::from_secs(30))));
}

#[test]
fn b1_failures_that_are_older_than_the_window_are_forgotten_with_their_calls() {
    let mut breaker = Breaker::new(RULES);
    for failed in [true, true, true, true, false] {
        assert_eq!(call(&mut breaker, sec(1), failed), []);
    }
    // Half of ten is not more than half, unless one of the four before counts still.
    for failed in [false, true, false, true, false, true, false, true, false, true] {
        assert_eq!(call(&mut breaker, sec(70), failed), []);
    }
}

#[test]
fn b4_the_error_rate_is_the_share_of_failures() {
    let timeout = Duration::from_secs(30);
    let reason = OpeningReason::ErrorRate;
    let rate = |failed, samples| {
        Opening { reason, consecutive_failures: 1, failed, samples, timeout }.error_rate()
    };
    assert_eq!([rate(6, 10), rate(5, 5), rate(0, 8), rate(0, 0)], [0.6, 1.0, 0.0, 0.0]);
}

#[test]
fn b1_a_sample_that_is_exactly_60_s_old_counts_no_more() {
    // Six failures, never five in a row, then four successes: 6 of 10 if the first still counts,
    // else 5 of 9.
    for (last_at, opens) in [(us(60_999_999), true), (sec(61), false)] {
        let mut breaker = Breaker::new(RULES);
        call(&mut breaker, sec(1), true);
        for failed in [true, true, false, true, true, false, false, false] {
            assert_eq!(call(&mut breaker, sec(30), failed), []);
        }
        assert_eq!(opened(&call(&mut breaker, last_at, true)).is_some(), opens);
    }
}

#[test]
fn b2_it_stays_open_for_30_s_and_then_lets_exactly_one_call_through() {
    let mut breaker = open(sec(0));
    assert_eq!(ask(&mut breaker, sec(0)), Err(sec(30)));
    assert_eq!(ask(&mut breaker, us(29_999_999)), Err(sec(30)));
    assert_eq!(breaker.phase(), BreakerPhase::Open);
    assert!(ask(&mut breaker, sec(30)).is_ok());
    assert_eq!(breaker.phase(), BreakerPhase::HalfOpen);
    assert_eq!(ask(&mut breaker, sec(30)), Err(sec(31)));
    assert_eq!(ask(&mut breaker, sec(40)), Err(sec(41)));
}

#[test]
fn b2_a_probe_that_succeeds_closes_it_and_all_is_forgotten() {
    let mut breaker = open(sec(0));
    assert_eq!(call(&mut breaker, sec(30), false), [Effect::Closed]);
    // Neither the count of five nor the window with its five failures is left.
    for _ in 0..4 {
        assert_eq!(call(&mut breaker, sec(31), true), []);
    }
    let again = opened(&call(&mut breaker, sec(31), true));
    let timeout = Duration::from_secs(30);
    assert_eq!(
        again,
        Some((OpeningReason::ConsecutiveFailures, 5, 5, 5, timeout)),
        "30 s again, not 60"
    );
}

#[test]
fn f4_b2_a_dead_datastore_is_probed_after_30_60_120_240_300_300_s() {
    let (mut breaker, mut now, mut waits) = (open(sec(0)), 0, Vec::new());
    let mut last = 0;
    while waits.len() < 6 {
        now += 1;
        if let Ok(probe) = ask(&mut breaker, sec(now)) {
            waits.push(now - last);
            last = now;
            let (reason, consecutive, ..) =
                opened(&answer(&mut breaker, sec(now), probe, true)).expect("it opens again");
            assert_eq!((reason, consecutive), (OpeningReason::ProbeFailed, 5 + waits.len() as u32));
        }
    }
    assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
}

#[test]
fn b3_a_late_answer_of_a_call_sent_before_it_opened_does_not_close_it() {
    let mut breaker = Breaker::new(RULES);
    let early = ask(&mut breaker, sec(0)).expect("it passes");
    for _ in 0..5 {
        call(&mut breaker, sec(1), true);
    }
    for failed in [false, true] {
        assert_eq!(answer(&mut breaker, sec(2), early, failed), []);
        assert_eq!(breaker.phase(), BreakerPhase::Open);
    }
    // Nor while the probe is under way, nor does it count once it has closed.
    let probe = ask(&mut breaker, sec(31)).expect("the probe passes");
    assert_eq!(answer(&mut breaker, sec(32), early, false), []);
    assert_eq!(breaker.phase(), BreakerPhase::HalfOpen);
    assert_eq!(answer(&mut breaker, sec(33), probe, false), [Effect::Closed]);
    let fresh = breaker.clone();
    assert_eq!(answer(&mut breaker, sec(34), early, true), []);
    assert_eq!(breaker, fresh);
}

#[test]
fn b3_a_failed_probe_is_counted_once() {
    let mut breaker = open(sec(0));
    let probe = ask(&mut breaker, sec(30)).expect("the probe passes");
    answer(&mut breaker, sec(31), probe, true);
    let reopened = breaker.clone();
    assert_eq!(answer(&mut breaker, sec(32), probe, true), []);
    assert_eq!(answer(&mut breaker, sec(32), probe, false), []);
    assert_eq!(breaker, reopened);
}

#[test]
fn b5_failing_fast_is_neither_a_sample_nor_a_failure() {
    let mut breaker = open(sec(0));
    let before = breaker.clone();
    for second in 1..30 {
        assert_eq!(ask(&mut breaker, sec(second)), Err(sec(30)));
    }
    assert_eq!(breaker, before);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    /// Answers the call of this number, counted from the latest, perhaps for the second time.
    Answer(usize, bool),
}

proptest! {
    #[test]
    fn law_one_probe_at_most_is_under_way_and_one_is_let_through_in_time(
        steps in prop::collection::vec(
            (0u64..40_000_000, prop_oneof![
                Just(Step::Ask),
                (0usize..4, prop::bool::weighted(0.7))
                    .prop_map(|(nth, failed)| Step::Answer(nth, failed)),
            ]),
            1..80,
        ),
    ) {
        let (mut breaker, mut now) = (Breaker::new(RULES), 0);
        let mut calls: Vec<Epoch> = Vec::new();
        let mut opened_at = None;
        for (step, what) in steps {
            now += step;
            let input = match what {
                Step::Ask => Input::Ask,
                Step::Answer(nth, failed) => {
                    let epoch = calls.iter().rev().nth(nth).copied().unwrap_or_default();
                    Input::Answered { epoch, failed }
                }
            };
            let (before, mut twin) = (breaker.phase(), breaker.clone());
            let effects = on(&mut breaker, us(now), input);
            prop_assert_eq!(&effects, &on(&mut twin, us(now), input));
            prop_assert_eq!(&breaker, &twin);
            prop_assert!(effects.len() <= 1);
            match effects.first() {
                Some(Effect::Pass(epoch)) => {
                    prop_assert!(before != BreakerPhase::HalfOpen, "a second probe");
                    calls.push(*epoch);
                }
                Some(Effect::FailFast { retry_at }) => {
                    prop_assert!(*retry_at > us(now));
                    prop_assert!(before != BreakerPhase::Closed);
                    if let (BreakerPhase::Open, Some(opened_at)) = (before, opened_at) {
                        prop_assert!(us(now).since(opened_at) < RULES.open_max);
                    }
                }
                Some(Effect::Opened(opening)) => {
                    prop_assert_eq!(breaker.phase(), BreakerPhase::Open);
                    prop_assert!(opening.timeout <= RULES.open_max);
                    opened_at = Some(us(now));
                }
                Some(Effect::Closed) => prop_assert_eq!(breaker.phase(), BreakerPhase::Closed),
                None => {}
            }
        }
    }
}

//! When a save is due (rules W1, W2, F2), and the machine's laws.

use super::{Coalescer, Input};
use crate::chronicle::rules::Rules;
use crate::testing::{sec, us};
use crate::time::{Instant, Timer};
use proptest::prelude::*;

const RULES: Rules = Rules::CHRONICLE;

/// One that was changed at these instants.
fn edited(edits: &[Instant]) -> Coalescer {
    let mut coalescer = Coalescer::Clean;
    for edit in edits {
        coalescer.on(&RULES, *edit, Input::Edited);
        assert!(matches!(coalescer, Coalescer::Waiting { .. }));
    }
    coalescer
}

fn due(coalescer: &Coalescer) -> Option<Instant> {
    coalescer.deadline().map(|deadline| {
        assert_eq!(deadline.why, Timer::Save);
        deadline.at
    })
}

#[test]
fn w1_a_save_is_due_2_s_after_the_change_and_not_a_microsecond_sooner() {
    let mut coalescer = edited(&[sec(10)]);
    assert_eq!(due(&coalescer), Some(sec(12)));
    coalescer.on(&RULES, us(11_999_999), Input::Tick);
    assert_eq!(due(&coalescer), Some(sec(12)));
    coalescer.on(&RULES, sec(12), Input::Tick);
    assert_eq!((coalescer, due(&coalescer)), (Coalescer::Due, None));
}

#[test]
fn w1_each_further_change_restarts_the_window() {
    assert_eq!(due(&edited(&[sec(0), us(1_999_999)])), Some(us(3_999_999)));
}

#[test]
fn w1_30_s_after_the_first_unsaved_change_the_save_is_forced() {
    let every_second: Vec<Instant> = (0..=28).map(sec).collect();
    assert_eq!(due(&edited(&every_second)), Some(sec(30)), "both at once");
    let every_second: Vec<Instant> = (0..=29).map(sec).collect();
    let mut coalescer = edited(&every_second);
    assert_eq!(due(&coalescer), Some(sec(30)), "forced");
    coalescer.on(&RULES, us(29_999_999), Input::Tick);
    assert_ne!(coalescer, Coalescer::Due);
    coalescer.on(&RULES, sec(30), Input::Tick);
    assert_eq!(coalescer, Coalescer::Due);
}

#[test]
fn w2_a_save_cancels_the_pending_write_and_the_next_change_waits_its_own_time() {
    let mut coalescer = edited(&[sec(0)]);
    coalescer.on(&RULES, sec(1), Input::Saving);
    assert_eq!((coalescer, due(&coalescer)), (Coalescer::Clean, None));
    coalescer.on(&RULES, sec(5), Input::Edited);
    assert_eq!(due(&coalescer), Some(sec(7)));
    for second in 6..35 {
        coalescer.on(&RULES, sec(second), Input::Edited);
    }
    assert_eq!(due(&coalescer), Some(sec(35)), "30 s after the change at 5 s, not that at 0 s");
}

#[test]
fn w1_a_failed_save_is_due_again_at_once_and_takes_later_changes_along() {
    let mut coalescer = edited(&[sec(0)]);
    coalescer.on(&RULES, sec(2), Input::Saving);
    coalescer.on(&RULES, sec(3), Input::Edited);
    coalescer.on(&RULES, sec(4), Input::Failed);
    assert_eq!(coalescer, Coalescer::Due);
    coalescer.on(&RULES, sec(4), Input::Edited);
    assert_eq!(coalescer, Coalescer::Due);
    coalescer.on(&RULES, sec(5), Input::Saving);
    assert_eq!(coalescer, Coalescer::Clean);
}

/// The instants of the writes that changes at 0, 1, ..., 59 s cause.
fn writes(timer_goes_first: bool) -> Vec<u64> {
    let (mut coalescer, mut writes) = (Coalescer::Clean, Vec::new());
    for second in 0..70 {
        let now = sec(second);
        let steps = if timer_goes_first {
            [Input::Tick, Input::Edited]
        } else {
            [Input::Edited, Input::Tick]
        };
        for input in steps.into_iter().filter(|input| second < 60 || *input == Input::Tick) {
            coalescer.on(&RULES, now, input);
            if coalescer == Coalescer::Due {
                coalescer.on(&RULES, now, Input::Saving);
                writes.push(second);
            }
        }
    }
    writes
}

#[test]
fn f2_changes_every_second_are_written_at_30_and_60_s_if_the_timer_goes_first() {
    assert_eq!(writes(true), [30, 60]);
}

#[test]
fn f2_changes_every_second_are_written_at_30_and_61_s_if_the_change_goes_first() {
    assert_eq!(writes(false), [30, 61]);
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => Just(Input::Edited),
        4 => Just(Input::Tick),
        1 => Just(Input::Saving),
        1 => Just(Input::Failed),
    ]
}

proptest! {
    #[test]
    fn law_ticks_do_nothing_before_the_deadline_and_end_it_at_the_deadline(
        steps in prop::collection::vec((0u64..3_000_000, any_input()), 1..60),
    ) {
        let (mut coalescer, mut now) = (Coalescer::Clean, 0);
        for (step, input) in steps {
            now += step;
            let before = coalescer;
            let mut twin = coalescer;
            coalescer.on(&RULES, us(now), input);
            twin.on(&RULES, us(now), input);
            prop_assert_eq!(coalescer, twin);
            if input == Input::Tick {
                let overdue = due(&before).is_some_and(|at| at <= us(now));
                prop_assert_eq!(coalescer, if overdue { Coalescer::Due } else { before });
            }
        }
    }

    #[test]
    fn law_a_save_is_due_at_most_max_delay_after_the_first_change_that_it_covers(
        steps in prop::collection::vec((0u64..3_000_000, any_input()), 1..60),
    ) {
        let (mut coalescer, mut now, mut first) = (Coalescer::Clean, 0, None);
        for (step, input) in steps {
            now += step;
            coalescer.on(&RULES, us(now), input);
            match input {
                Input::Edited => first = first.or(Some(us(now))),
                Input::Saving => first = None,
                Input::Failed | Input::Tick => {}
            }
            match (coalescer, first) {
                (Coalescer::Clean, first) => prop_assert_eq!(first, None),
                (Coalescer::Waiting { .. }, Some(first)) => {
                    let at = due(&coalescer).expect("it waits");
                    prop_assert!(at <= first + RULES.max_delay);
                    prop_assert!(at <= us(now) + RULES.coalesce_window);
                }
                (Coalescer::Waiting { .. }, None) => prop_assert!(false, "it waits for nothing"),
                (Coalescer::Due, _) => {}
            }
        }
    }
}

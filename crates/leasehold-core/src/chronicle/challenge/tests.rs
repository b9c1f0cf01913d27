//! Asking a holder, and what silence means (rules C2 to C4, C7, M3), and the machine's laws.

use super::{Challenge, Effect, Input};
use crate::chronicle::rules::{Messaging, Rules};
use crate::effects::Effects;
use crate::record::Claim;
use crate::testing::{claim, sec, us};
use crate::time::{Deadline, Instant, Timer};
use proptest::prelude::*;

const PLAIN: Rules = Rules::CHRONICLE;
const STRICT: Rules = Rules::CHRONICLE_STRICT;

fn on(challenge: &mut Challenge, rules: &Rules, now: Instant, input: Input) -> Vec<Effect> {
    let mut out = Effects::new();
    challenge.on(rules, now, input, &mut out);
    out.into_iter().collect()
}

/// The holder of the nth lease of a key.
fn holder(nth: u32) -> Claim {
    claim(nth, 1, u64::from(nth))
}

/// One that has asked the first holder at 10 s.
fn asked(rules: &Rules) -> Challenge {
    let mut challenge = Challenge::default();
    let effects = on(&mut challenge, rules, sec(10), Input::Held(holder(1)));
    assert_eq!(effects, [Effect::Publish(holder(1))]);
    challenge
}

#[test]
fn c2_silence_is_two_seconds_from_publishing_and_not_a_microsecond_less() {
    let mut challenge = asked(&PLAIN);
    let deadline = Deadline { at: sec(12), why: Timer::Challenge };
    assert_eq!(challenge.deadline(), Some(deadline));
    assert_eq!(on(&mut challenge, &PLAIN, us(11_999_999), Input::Tick), []);
    let read = Effect::Read { silent: Some(holder(1)) };
    assert_eq!(on(&mut challenge, &PLAIN, sec(12), Input::Tick), [read]);
    assert_eq!(challenge.deadline(), None);
}

#[test]
fn c3_an_answer_in_time_confirms_the_owner() {
    let mut challenge = asked(&PLAIN);
    let answered = Input::Answered(holder(1));
    assert_eq!(on(&mut challenge, &PLAIN, us(11_999_999), answered), [Effect::Confirmed]);
    assert_eq!(on(&mut challenge, &PLAIN, sec(12), Input::Tick), []);
}

#[test]
fn c3_an_answer_for_another_lease_or_after_the_wait_counts_for_nothing() {
    let mut challenge = asked(&PLAIN);
    for other in [claim(1, 2, 1), claim(1, 1, 2), claim(2, 1, 1)] {
        assert_eq!(on(&mut challenge, &PLAIN, sec(11), Input::Answered(other)), []);
    }
    on(&mut challenge, &PLAIN, sec(12), Input::Tick);
    assert_eq!(on(&mut challenge, &PLAIN, sec(12), Input::Answered(holder(1))), []);
}

#[test]
fn c4_at_most_three_holders_are_challenged() {
    let mut challenge = Challenge::default();
    for nth in 1..=3 {
        let now = sec(10 * u64::from(nth));
        let effects = on(&mut challenge, &PLAIN, now, Input::Held(holder(nth)));
        assert_eq!(effects, [Effect::Publish(holder(nth))]);
        on(&mut challenge, &PLAIN, now + PLAIN.challenge_timeout, Input::Tick);
    }
    let fourth = on(&mut challenge, &PLAIN, sec(40), Input::Held(holder(4)));
    assert_eq!(fourth, [Effect::Exhausted]);
}

#[test]
fn c7_strict_robs_nobody_and_looks_again_every_5_s() {
    let mut challenge = asked(&STRICT);
    let look = Effect::Read { silent: None };
    assert_eq!(on(&mut challenge, &STRICT, sec(12), Input::Tick), [look]);
    for round in 0..5 {
        let now = sec(12 + 5 * round);
        assert_eq!(on(&mut challenge, &STRICT, now, Input::Held(holder(1))), []);
        let next = now + STRICT.poll_every;
        assert_eq!(challenge.deadline(), Some(Deadline { at: next, why: Timer::Poll }));
        let before = us(next.as_micros() - 1);
        assert_eq!(on(&mut challenge, &STRICT, before, Input::Tick), []);
        assert_eq!(on(&mut challenge, &STRICT, next, Input::Tick), [look]);
    }
    // Somebody else has it now: that is a new round.
    let other = on(&mut challenge, &STRICT, sec(40), Input::Held(holder(2)));
    assert_eq!(other, [Effect::Publish(holder(2))]);
}

#[test]
fn m3_without_messaging_an_owner_is_presumed_alive_or_dead_as_the_rules_say() {
    let with = |rules: Rules, messaging| {
        let rules = Rules { messaging, ..rules };
        on(&mut Challenge::default(), &rules, sec(10), Input::Held(holder(1)))
    };
    assert_eq!(with(PLAIN, Messaging::PresumeAlive), [Effect::Confirmed]);
    let steal = Effect::Read { silent: Some(holder(1)) };
    assert_eq!(with(PLAIN, Messaging::PresumeDead), [steal]);
    let look = Effect::Read { silent: None };
    assert_eq!(
        with(STRICT, Messaging::PresumeDead),
        [look],
        "strict takes nothing from a live owner all the same"
    );
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        2 => (1u32..4).prop_map(|nth| Input::Held(holder(nth))),
        1 => (1u32..4).prop_map(|nth| Input::Answered(holder(nth))),
        3 => Just(Input::Tick),
    ]
}

proptest! {
    #[test]
    fn law_ticks_wait_for_the_deadline_and_answers_count_only_while_waited_for(
        steps in prop::collection::vec((0u64..3_000_000, any_input()), 1..40),
        strict in any::<bool>(),
    ) {
        let rules = if strict { STRICT } else { PLAIN };
        let (mut challenge, mut now, mut published) = (Challenge::default(), 0, 0);
        for (step, input) in steps {
            now += step;
            let (before, mut twin) = (challenge, challenge);
            let effects = on(&mut challenge, &rules, us(now), input);
            prop_assert_eq!(&effects, &on(&mut twin, &rules, us(now), input));
            prop_assert_eq!(challenge, twin);
            prop_assert!(effects.len() <= 1);
            published += effects.iter().filter(|it| matches!(it, Effect::Publish(_))).count();
            prop_assert!(published <= 3);
            let overdue = before.deadline().filter(|deadline| deadline.at <= us(now));
            match (input, overdue) {
                (Input::Tick, None) => prop_assert_eq!((challenge, effects.len()), (before, 0)),
                (Input::Tick, Some(due)) => {
                    prop_assert!(challenge.deadline().is_none_or(|after| after.at > due.at));
                }
                (Input::Answered(_), _) if effects.is_empty() => prop_assert_eq!(challenge, before),
                (Input::Answered(_) | Input::Held(_), _) => {}
            }
            if rules.steal_on_silence {
                continue;
            }
            let steal = effects.iter().any(|it| matches!(it, Effect::Read { silent: Some(_) }));
            prop_assert!(!steal, "strict takes nothing from a live owner");
        }
    }
}

//! The laws of a session start; its stories are told with whole servers.

use super::{Effect, Input, Start};
use crate::chronicle::notice::{Notice, StartError, StoreError};
use crate::chronicle::rules::Rules;
use crate::chronicle::update::{AcquireOutcome, Grant, Loss, Outcome, Taken, WriteOutcome};
use crate::effects::Effects;
use crate::ids::{Commit, Generation, OpId, OpIds, Seat};
use crate::record::Corruption;
use crate::testing::{KEY, Log, claim, owner, sec, stamp, template, us};
use crate::time::{Now, Stamp};
use proptest::prelude::*;

fn start(rules: &Rules) -> Start {
    Start::new(rules, sec(0), KEY, owner(1, 1), OpIds::new(Seat(0)))
}

fn on(start: &mut Start, rules: &Rules, now: Now, input: Input<Log>) -> Vec<Effect<Log>> {
    let (template, mut out) = (template(), Effects::new());
    start.on((rules, &template), now, input, &mut out);
    out.into_iter().collect()
}

#[test]
fn s6_a_start_calls_nobody_before_its_way_is_free() {
    let rules = Rules::CHRONICLE;
    let mut start = start(&rules);
    let now = |at| Now { mono: at, wall: stamp(0) };
    assert_eq!(on(&mut start, &rules, now(us(89_999_999)), Input::Tick), []);
    let timeout = Notice::StartFailed(StartError::Timeout);
    let ended = on(&mut start, &rules, now(sec(90)), Input::Tick);
    assert_eq!(ended, [Effect::Tell(timeout), Effect::Ended]);
    assert_eq!(on(&mut start, &rules, now(sec(90)), Input::Begin), []);
}

#[test]
fn b5_what_the_breaker_has_not_let_through_is_no_call_of_a_start() {
    let rules = Rules::CHRONICLE;
    let mut start = start(&rules);
    let now = |at| Now { mono: at, wall: stamp(0) };
    on(&mut start, &rules, now(sec(0)), Input::Begin);
    let shut = Input::ShortCircuited { retry_at: sec(30) };
    assert_eq!(on(&mut start, &rules, now(sec(0)), shut), []);
    let called = on(&mut start, &rules, now(sec(30)), Input::Tick);
    let [Effect::Call { op, attempt: 0, .. }] = called[..] else { panic!("{called:?}") };
    let grant = Grant {
        data: Log(vec![9]),
        generation: Generation(7),
        commit: Commit(0),
        created: stamp(0),
        expires_at: stamp(60),
        how: Taken::Free,
    };
    let won = Ok(Outcome::Acquire(AcquireOutcome::Won(grant)));
    let effects =
        on(&mut start, &rules, now(sec(31)), Input::Replied { op, result: won, random: 0 });
    let [Effect::Won(won)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((won.load.calls, won.load.retries), (1, 0));
}

#[test]
fn s5_a_start_waits_for_the_breaker_as_long_as_it_has_time() {
    let rules = Rules::CHRONICLE;
    let now = |at| Now { mono: at, wall: stamp(0) };
    let failed = Effect::Tell(Notice::StartFailed(StartError::CircuitOpen));
    for (retry_at, at_once) in [(sec(90), false), (us(90_000_001), true)] {
        let mut start = start(&rules);
        on(&mut start, &rules, now(sec(0)), Input::Begin);
        let effects = on(&mut start, &rules, now(sec(0)), Input::ShortCircuited { retry_at });
        assert_eq!(effects.first() == Some(&failed), at_once);
        let later = on(&mut start, &rules, now(sec(90)), Input::Tick);
        assert_eq!(later.first() == Some(&failed), !at_once);
    }
}

fn any_outcome() -> impl Strategy<Value = Result<Outcome<Log>, StoreError>> {
    let acquire = |outcome| Ok(Outcome::Acquire(outcome));
    let granted = || Grant {
        data: Log(vec![9]),
        generation: Generation(7),
        commit: Commit(0),
        created: stamp(0),
        expires_at: stamp(60),
        how: Taken::Silent,
    };
    prop_oneof![
        1 => Just(acquire(AcquireOutcome::Won(granted()))),
        6 => (2u32..4).prop_map(move |job| acquire(AcquireOutcome::Held(claim(job, 1, 1)))),
        1 => Just(acquire(AcquireOutcome::Superseded)),
        1 => Just(acquire(AcquireOutcome::Corrupt(Corruption::NotARecord))),
        5 => Just(Err(StoreError::Failed)),
        2 => Just(Err(StoreError::Throttled)),
        1 => Just(Ok(Outcome::Write(WriteOutcome::Lost(Loss::Taken)))),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Of(Input<Log>),
    Answer(Result<Outcome<Log>, StoreError>),
    /// A tick exactly at the deadline.
    Due,
    /// A tick a microsecond before the deadline.
    Early,
}

fn any_step() -> impl Strategy<Value = Step> {
    let why = prop::sample::select(vec![StartError::Cancelled, StartError::ShuttingDown]);
    prop_oneof![
        4 => Just(Step::Of(Input::Begin)),
        1 => why.prop_map(|why| Step::Of(Input::Cancel(why))),
        2 => (2u32..4).prop_map(|job| Step::Of(Input::Answered(claim(job, 1, 1)))),
        1 => (0u64..200).prop_map(|at| Step::Of(Input::ShortCircuited { retry_at: sec(at) })),
        1 => any_outcome().prop_map(|result| {
            let op = OpId { seat: Seat(0), nth: 1_000 };
            Step::Of(Input::Replied { op, result, random: 0 })
        }),
        9 => any_outcome().prop_map(Step::Answer),
        9 => Just(Step::Due),
        4 => Just(Step::Early),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn law_total_bounded_equal_and_over_in_time_under_any_input(
        steps in prop::collection::vec((0u64..9_000_000, any::<i64>(), any_step()), 1..60),
        strict in any::<bool>(),
    ) {
        let rules = if strict { Rules::CHRONICLE_STRICT } else { Rules::CHRONICLE };
        let limit = sec(0) + rules.start_timeout + rules.call_timeout;
        let (mut start, mut mono) = (start(&rules), 0);
        for (step, wall, what) in steps {
            let due = start.deadline().map(|deadline| deadline.at.as_micros());
            prop_assert!(due.is_none_or(|due| due <= limit.as_micros()), "waits for too long");
            mono = match what {
                Step::Due => due.unwrap_or(mono).max(mono),
                Step::Early => due.map_or(mono, |due| due.max(1) - 1).max(mono),
                // Nothing is handled before what is overdue.
                Step::Of(_) | Step::Answer(_) => {
                    (mono + step).min(due.unwrap_or(u64::MAX)).max(mono)
                }
            };
            let input = match what {
                Step::Of(Input::ShortCircuited { retry_at }) => {
                    Input::ShortCircuited { retry_at: retry_at.max(us(mono + 1)) }
                }
                Step::Of(input) => input,
                Step::Due | Step::Early => Input::Tick,
                Step::Answer(result) => {
                    let Some(op) = start.awaits() else { continue };
                    Input::Replied { op, result, random: mono.wrapping_mul(0x9e37_79b9_7f4a_7c15) }
                }
            };
            let now = Now { mono: us(mono), wall: Stamp::from_micros(wall) };
            let (before, mut twin) = (start.clone(), start.clone());
            let effects = on(&mut start, &rules, now, input.clone());
            prop_assert_eq!(&effects, &on(&mut twin, &rules, now, input.clone()));
            prop_assert_eq!(&start, &twin);
            prop_assert!(effects.len() <= 3, "{} effects: {effects:?}", effects.len());
            match input {
                Input::Tick if due.is_none_or(|due| mono < due) => {
                    prop_assert_eq!((&start, effects.len()), (&before, 0), "an early tick");
                }
                Input::Tick => {
                    let after = start.deadline().map(|deadline| deadline.at.as_micros());
                    prop_assert!(after.is_none() || after > due, "{due:?} stays at {after:?}");
                }
                Input::Replied { op, .. } if before.awaits() != Some(op) => {
                    prop_assert_eq!((&start, effects.len()), (&before, 0), "a stray reply");
                }
                _ => {}
            }
            if effects.iter().any(|it| matches!(it, Effect::Ended | Effect::Won(_))) {
                let ended = start.clone();
                for input in [Input::Begin, Input::Tick, Input::Cancel(StartError::Cancelled)] {
                    prop_assert_eq!(on(&mut start, &rules, now, input), []);
                }
                prop_assert_eq!(&start, &ended);
                prop_assert_eq!(start.deadline(), None);
            }
        }
    }
}

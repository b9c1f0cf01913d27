//! The laws of a whole store; its stories are told elsewhere.

use super::{Call, Effect, Input, Message, Store};
use crate::chronicle::notice::{Notice, SaveError, StartError, StoreError};
use crate::chronicle::rules::{BreakerRules, Rules};
use crate::chronicle::update::{Loss, Outcome, WriteOutcome};
use crate::effects::Effects;
use crate::ids::{JobId, Key, OpId, SEATS_MAX, Seat};
use crate::record::{Claim, Stored};
use crate::testing::{Log, POISON, claim, owner, template, us};
use crate::time::{Now, Stamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SEATS: usize = 4;

fn on(store: &mut Store<Log>, now: Now, input: Input<Log>) -> Vec<Effect<Log>> {
    let mut out = Effects::new();
    store.on(now, input, &mut out);
    out.into_iter().collect()
}

#[test]
#[should_panic(expected = "the rules contradict each other")]
fn rules_that_contradict_each_other_are_refused_at_once() {
    let rules = Rules { renew_after: Rules::CHRONICLE.lease_duration, ..Rules::CHRONICLE };
    let _ = Store::new(rules, template(), JobId(0));
}

#[test]
fn a_seat_beyond_the_last_is_refused_costs_nothing_and_is_inert() {
    let now = Now { mono: us(0), wall: Stamp::from_micros(0) };
    let mut store = Store::new(Rules::CHRONICLE, template(), JobId(0));
    on(&mut store, now, Input::Open { datastore: true });
    let before = store.clone();
    let tell = |seat, notice| Effect::Tell { seat, notice };
    for seat in [Seat(SEATS_MAX), Seat(u32::MAX)] {
        let refused = Notice::StartFailed(StartError::Unavailable);
        let effects = on(&mut store, now, Input::Start { seat, key: Key(1) });
        assert_eq!(effects, [tell(seat, refused), tell(seat, Notice::Ended)]);
        // As where there is no session.
        let effects = on(&mut store, now, Input::Edit { seat, edit: 7 });
        assert_eq!(effects, [tell(seat, Notice::EditRefused)]);
        let unsaved = Notice::SaveReturned { callers: 1, result: Err(SaveError::Inactive) };
        assert_eq!(on(&mut store, now, Input::Save { seat }), [tell(seat, unsaved)]);
        let op = OpId { seat, nth: 1 };
        let reply = Input::Replied { op, result: Err(StoreError::Failed), random: 0 };
        for inert in [Input::Release { seat }, Input::Cancel { seat }, reply] {
            assert_eq!(on(&mut store, now, inert), []);
        }
        assert!(!store.is_active(seat, now));
    }
    assert_eq!(store, before, "not even a place was made");
    let last = Seat(SEATS_MAX - 1);
    on(&mut store, now, Input::Start { seat: last, key: Key(1) });
    assert_eq!(store.seats_taken(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Of(Input<Log>),
    /// One of the calls, counted from the latest, is applied and answered, perhaps again.
    Answer(usize),
    /// One of the calls is answered like this, perhaps again.
    Err(usize, StoreError),
    Wrong(usize),
    /// A tick exactly at the deadline, or as long before it.
    Tick(u64),
    /// A foreign session appears under a key.
    Foreign(Key, u32),
    /// What is stored is damaged.
    Corrupt(Key),
}

fn any_claim() -> impl Strategy<Value = Claim> {
    (0u32..3, 1u32..4, 1u64..4).prop_map(|(job, session, nth)| claim(job, session, nth))
}

fn any_input() -> impl Strategy<Value = Input<Log>> {
    let seat = || (0..SEATS as u32).prop_map(Seat);
    let odd_seat =
        || prop_oneof![9 => (0..SEATS as u32).prop_map(Seat), 1 => any::<u32>().prop_map(Seat)];
    let key = || (0u32..3).prop_map(Key);
    let edit = prop_oneof![9 => 0u32..9, 1 => Just(POISON), 1 => Just(777)];
    prop_oneof![
        6 => (seat(), key()).prop_map(|(seat, key)| Input::Start { seat, key }),
        1 => (SEATS_MAX.., key()).prop_map(|(seat, key)| Input::Start { seat: Seat(seat), key }),
        1 => odd_seat().prop_map(|seat| Input::Cancel { seat }),
        4 => (odd_seat(), edit).prop_map(|(seat, edit)| Input::Edit { seat, edit }),
        2 => odd_seat().prop_map(|seat| Input::Save { seat }),
        2 => odd_seat().prop_map(|seat| Input::Release { seat }),
        2 => (key(), any_claim(), any_claim()).prop_map(|(key, claim, asks)| {
            Input::Heard(Message::Challenge { key, claim, from: asks.owner })
        }),
        2 => (key(), any_claim(), 1u32..4).prop_map(|(key, claim, asks)| {
            Input::Heard(Message::Answer { key, claim, to: owner(1, asks) })
        }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let error = prop::sample::select(vec![StoreError::Failed, StoreError::Throttled]);
    prop_oneof![
        12 => any_input().prop_map(Step::Of),
        1 => prop::bool::weighted(0.2).prop_map(|closes| {
            if closes { Step::Of(Input::Close) } else { Step::Tick(0) }
        }),
        10 => (0usize..5).prop_map(Step::Answer),
        6 => (0usize..5, error).prop_map(|(nth, error)| Step::Err(nth, error)),
        1 => (0usize..5).prop_map(Step::Wrong),
        10 => prop_oneof![4 => Just(0), 1 => 1u64..3_000_000].prop_map(Step::Tick),
        1 => ((0u32..3).prop_map(Key), 2u32..4).prop_map(|(key, job)| Step::Foreign(key, job)),
        1 => (0u32..3).prop_map(|key| Step::Corrupt(Key(key))),
    ]
}

/// One store, its calls and a datastore.
struct World {
    store: Store<Log>,
    stored: BTreeMap<Key, Stored<Log>>,
    calls: Vec<Call<Log>>,
    now: Now,
}

impl World {
    /// The input that a step means, if it means one.
    fn input(&mut self, step: Step) -> Option<Input<Log>> {
        let recent = |nth: usize| self.calls.len().checked_sub(1 + nth).map(|nth| &self.calls[nth]);
        let random = self.now.mono.as_micros().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match step {
            Step::Of(input) => Some(input),
            Step::Tick(_) => Some(Input::Tick),
            Step::Answer(nth) => {
                let call = recent(nth)?;
                let transformed = call.update.apply(self.stored.get(&call.key), self.now.wall);
                let (op, key) = (call.op, call.key);
                if let Some(record) = transformed.write {
                    self.stored.insert(key, Stored::Record(record));
                }
                Some(Input::Replied { op, result: Ok(transformed.outcome), random })
            }
            Step::Err(nth, error) => {
                Some(Input::Replied { op: recent(nth)?.op, result: Err(error), random })
            }
            Step::Wrong(nth) => {
                let outcome = Outcome::Write(WriteOutcome::Lost(Loss::Removed));
                Some(Input::Replied { op: recent(nth)?.op, result: Ok(outcome), random })
            }
            Step::Foreign(key, job) => {
                let mut foreign = crate::testing::record(claim(job, 1, 9));
                foreign.lease.expires_at = self.now.wall + Rules::CHRONICLE.lease_duration;
                self.stored.insert(key, Stored::Record(foreign));
                None
            }
            Step::Corrupt(key) => {
                self.stored.insert(key, Stored::NotARecord);
                None
            }
        }
    }

    fn due(&self) -> Option<u64> {
        self.store.deadline().map(|at| at.as_micros())
    }
}

/// How many effects one input may have. Most concern one seat; closing and ticking concern all of
/// them, and a seat that becomes free lets another one in.
fn bound(input: &Input<Log>) -> usize {
    match input {
        Input::Close | Input::Tick => 12 * SEATS,
        _ => 10,
    }
}

fn rules() -> impl Strategy<Value = Rules> {
    let nervous = BreakerRules { failures_max: 2, ..Rules::CHRONICLE.breaker };
    prop::sample::select(vec![
        Rules::CHRONICLE,
        Rules::CHRONICLE_STRICT,
        Rules { breaker: nervous, ..Rules::CHRONICLE },
        Rules { breaker: nervous, ..Rules::CHRONICLE_STRICT },
    ])
}

fn play(
    rules: Rules,
    steps: Vec<(u64, i64, Step)>,
    wall: fn(u64, i64) -> i64,
) -> Result<(), TestCaseError> {
    let mut world = World {
        store: Store::new(rules, template(), JobId(1)),
        stored: BTreeMap::new(),
        calls: Vec::new(),
        now: Now::default(),
    };
    on(&mut world.store, world.now, Input::Open { datastore: true });
    for (pause, jump, step) in steps {
        let (due, mono) = (world.due(), world.now.mono.as_micros());
        let mono = match (&step, due) {
            (Step::Tick(early), Some(due)) => due.saturating_sub(*early).max(mono),
            // Nothing is handled before what is overdue.
            (_, Some(due)) => (mono + pause).min(due).max(mono),
            (_, None) => mono + pause,
        };
        world.now = Now { mono: us(mono), wall: Stamp::from_micros(wall(mono, jump)) };
        let Some(input) = world.input(step) else { continue };
        let (before, mut twin) = (world.store.clone(), world.store.clone());
        let effects = on(&mut world.store, world.now, input.clone());
        prop_assert_eq!(&effects, &on(&mut twin, world.now, input.clone()), "equal effects");
        prop_assert_eq!(&world.store, &twin);
        prop_assert!(effects.len() <= bound(&input), "{} of {input:?}", effects.len());
        if input == Input::Tick {
            match due.filter(|due| *due <= mono) {
                Some(_) => prop_assert!(world.due().is_none_or(|after| after > mono)),
                None => prop_assert_eq!((&world.store, effects.len()), (&before, 0), "early tick"),
            }
        }
        for effect in effects {
            if let Effect::Call(call) = effect {
                prop_assert!(world.calls.iter().all(|old| old.op != call.op), "an id twice");
                world.calls.push(call);
            }
        }
        let unknown = OpId { seat: Seat(0), nth: 1_000_000 };
        for op in [unknown, OpId { seat: Seat(u32::MAX), ..unknown }] {
            let (result, before) = (Err(StoreError::Failed), world.store.clone());
            let stray = Input::Replied { op, result, random: 0 };
            prop_assert_eq!(on(&mut world.store, world.now, stray), []);
            prop_assert_eq!(&world.store, &before, "an unknown reply");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn law_total_bounded_equal_and_inert_to_strays_while_both_clocks_run_alike(
        steps in prop::collection::vec((0u64..9_000_000, Just(0), any_step()), 1..80),
        rules in rules(),
    ) {
        play(rules, steps, |mono, _| mono as i64)?;
    }

    #[test]
    fn law_total_bounded_equal_and_inert_to_strays_whatever_the_wall_clock_says(
        steps in prop::collection::vec(
            (0u64..9_000_000, -90_000_000i64..90_000_000, any_step()), 1..80,
        ),
        nervous in any::<bool>(),
    ) {
        // Without self-fencing the wall clock decides nothing before a deadline.
        let failures_max = if nervous { 2 } else { 5 };
        let breaker = BreakerRules { failures_max, ..Rules::CHRONICLE.breaker };
        play(Rules { breaker, ..Rules::CHRONICLE }, steps, |mono, jump| mono as i64 + jump)?;
    }

    #[test]
    fn law_no_clock_however_mad_makes_a_strict_store_panic_or_stall(
        steps in prop::collection::vec((0u64..40_000_000, any::<i64>(), any_step()), 1..80),
    ) {
        let mut world = World {
            store: Store::new(Rules::CHRONICLE_STRICT, template(), JobId(1)),
            stored: BTreeMap::new(),
            calls: Vec::new(),
            now: Now::default(),
        };
        on(&mut world.store, world.now, Input::Open { datastore: true });
        for (pause, wall, step) in steps {
            let mono = us(world.now.mono.as_micros() + pause);
            world.now = Now { mono, wall: Stamp::from_micros(wall) };
            let Some(input) = world.input(step) else { continue };
            for input in [input, Input::Tick] {
                for effect in on(&mut world.store, world.now, input) {
                    if let Effect::Call(call) = effect {
                        world.calls.push(call);
                    }
                }
            }
            prop_assert!(world.store.deadline().is_none_or(|after| after > mono));
        }
    }

    #[test]
    fn s6_w4_a_key_has_at_most_one_awaited_call_and_one_session_on_a_server(
        steps in prop::collection::vec((0u64..9_000_000, any_step()), 1..80),
    ) {
        let mut world = World {
            store: Store::new(Rules::CHRONICLE, template(), JobId(1)),
            stored: BTreeMap::new(),
            calls: Vec::new(),
            now: Now::default(),
        };
        on(&mut world.store, world.now, Input::Open { datastore: true });
        for (pause, step) in steps {
            let mono = us(world.now.mono.as_micros() + pause);
            world.now = Now { mono, wall: Stamp::from_micros(mono.as_micros() as i64) };
            let Some(input) = world.input(step) else { continue };
            for effect in on(&mut world.store, world.now, input) {
                if let Effect::Call(call) = effect {
                    world.calls.push(call);
                }
            }
            let awaited = |key| {
                let slots = world.store.slots.iter().filter(move |slot| slot.key == key);
                slots.filter(|slot| slot.machine.awaits().is_some()).count()
            };
            let active = |key| {
                let seats = (0..SEATS as u32).map(Seat);
                let ours = seats.filter(|seat| world.store.is_active(*seat, world.now));
                ours.filter(|seat| world.store.slots[seat.0 as usize].key == key).count()
            };
            for key in (0..3).map(Key) {
                prop_assert!(awaited(key) <= 1 && active(key) <= 1, "{key}");
            }
        }
    }
}

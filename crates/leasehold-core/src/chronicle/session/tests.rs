//! A session by itself: what it begins with (rule S2), its laws, and rule W5 against one record and
//! a bad network.

use super::{Effect, Input, Session};
use crate::chronicle::api::ProfileMetadata;
use crate::chronicle::notice::{Load, Notice, Saved, StoreError};
use crate::chronicle::rules::Rules;
use crate::chronicle::start::Won;
use crate::chronicle::update::{
    AcquireOutcome, Grant, Loss, Outcome, Taken, Template, Update, WriteOutcome,
};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Commit, Generation, OpId, OpIds, Seat, SessionId};
use crate::record::{Corruption, Record, Stored};
use crate::testing::{KEY, Log, POISON, both, claim, owner, record, sec, stamp, template, us};
use crate::time::{Now, Stamp};
use crate::value::{Value, ValueEdit};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PLAIN: Rules = Rules::CHRONICLE;

/// Won at 0 s by a call that was answered at once: session 1 of server 1, generation 1, five saves
/// behind it.
fn granted<D: Document>(rules: &Rules, template: &Template<D>, data: D) -> Session<D> {
    let (generation, how) = (Generation(1), Taken::Free);
    let (commit, created, expires_at) = (Commit(5), stamp(-9), stamp(60));
    let grant = Grant { data, generation, commit, created, expires_at, how };
    let load = Load { how, generation, latency: sec(0).since(sec(0)), calls: 1, retries: 0 };
    let ops = OpIds::new(Seat(0));
    let granted = Won { grant, sent: sec(0), load, unwanted: None, ops };
    Session::new(rules, template, both(sec(0)), owner(1, 1), granted)
}

fn session(rules: &Rules) -> Session<Log> {
    granted(rules, &template(), Log(vec![1]))
}

fn on<D: Document>(
    session: &mut Session<D>,
    rules: &Rules,
    now: Now,
    input: Input<D>,
) -> Vec<Effect<D>> {
    let mut out = Effects::new();
    session.on(rules, now, input, &mut out);
    out.into_iter().collect()
}

#[test]
fn s2_reconciling_adds_what_is_missing_and_makes_nothing_dirty() {
    let stored = Value::map([("Coins", 9.0.into())]);
    let grown = Value::map([("Coins", 0.0.into()), ("Level", 1.0.into())]);
    let template = Template::new(grown).expect("it can be stored");
    let mut session = granted(&PLAIN, &template, stored);
    let reconciled = Value::map([("Coins", 9.0.into()), ("Level", 1.0.into())]);
    assert_eq!(session.data(), &reconciled);
    assert!(!session.is_dirty());
    assert_eq!(on(&mut session, &PLAIN, both(sec(49)), Input::Tick), []);
    // The first change takes the new field along.
    on(&mut session, &PLAIN, both(sec(49)), Input::Edit(ValueEdit::Add(vec!["Coins".into()], 1.0)));
    let effects = on(&mut session, &PLAIN, both(sec(49)), Input::Save);
    let [Effect::Call { update: Update::Save(_, payload), .. }] = &effects[..] else {
        panic!("no save: {effects:?}");
    };
    assert_eq!(payload.data.at(&["Level"]), Some(&Value::Number(1.0)));
}

#[test]
fn w2_the_stats_of_a_save_count_from_sending_to_the_answer() {
    let mut session = session(&PLAIN);
    on(&mut session, &PLAIN, both(sec(10)), Input::Save);
    let op = session.awaits().expect("a save is under way");
    let kept = WriteOutcome::Kept { commit: Commit(6), expires_at: stamp(70) };
    let answer = Input::Replied { op, result: Ok(Outcome::Write(kept)), random: 0 };
    let effects = on(&mut session, &PLAIN, both(sec(12)), answer);
    let (commit, latency) = (Commit(6), sec(12).since(sec(10)));
    assert_eq!(effects[0], told_saved(Saved { commit, latency, calls: 1, retries: 0 }));
}

fn told_saved(saved: Saved) -> Effect<Log> {
    Effect::Tell(Notice::Saved(saved))
}

/// Answers the call under way.
fn answer(
    session: &mut Session<Log>,
    at: u64,
    result: Result<WriteOutcome, StoreError>,
) -> Vec<Effect<Log>> {
    let op = session.awaits().expect("a call is under way");
    let result = result.map(Outcome::Write);
    on(session, &PLAIN, both(sec(at)), Input::Replied { op, result, random: 0 })
}

#[test]
fn w2_the_stats_of_a_save_count_all_calls_that_brought_data_since_it_was_last_stored() {
    let mut session = session(&PLAIN);
    on(&mut session, &PLAIN, both(sec(10)), Input::Edit(2));
    on(&mut session, &PLAIN, both(sec(10)), Input::Save);
    answer(&mut session, 11, Err(StoreError::Failed));
    // A breaker's refusal is no call.
    on(&mut session, &PLAIN, both(sec(12)), Input::Save);
    on(&mut session, &PLAIN, both(sec(12)), Input::ShortCircuited { retry_at: sec(13) });
    on(&mut session, &PLAIN, both(sec(14)), Input::Release);
    let released = WriteOutcome::Released { saved: true, commit: Some(Commit(6)) };
    let effects = answer(&mut session, 15, Ok(released));
    let (commit, latency) = (Commit(6), sec(15).since(sec(10)));
    let saved = told_saved(Saved { commit, latency, calls: 2, retries: 1 });
    let ended = Effect::Tell(Notice::Released { saved: true });
    assert_eq!(effects, [saved, ended, Effect::Ended]);
}

#[test]
fn r1_a_profile_knows_the_metadata_of_what_is_stored() {
    let mut session = session(&PLAIN);
    let metadata = ProfileMetadata {
        key: KEY,
        session: SessionId(1),
        generation: Generation(1),
        commit: Commit(5),
        created: stamp(-9),
        updated: stamp(0),
    };
    assert_eq!(session.metadata(KEY), metadata);
    on(&mut session, &PLAIN, both(sec(10)), Input::Edit(2));
    on(&mut session, &PLAIN, both(sec(10)), Input::Save);
    assert_eq!(session.metadata(KEY), metadata, "nothing is known to be stored");
    let kept = WriteOutcome::Kept { commit: Commit(6), expires_at: stamp(71) };
    answer(&mut session, 12, Ok(kept));
    let saved = ProfileMetadata { commit: Commit(6), updated: stamp(11), ..metadata };
    assert_eq!(session.metadata(KEY), saved);
}

#[test]
fn b5_a_save_that_the_breaker_has_not_let_through_begins_when_it_is_sent() {
    let mut session = session(&PLAIN);
    on(&mut session, &PLAIN, both(sec(10)), Input::Save);
    on(&mut session, &PLAIN, both(sec(10)), Input::ShortCircuited { retry_at: sec(12) });
    on(&mut session, &PLAIN, both(sec(20)), Input::Save);
    let kept = WriteOutcome::Kept { commit: Commit(6), expires_at: stamp(80) };
    let effects = answer(&mut session, 21, Ok(kept));
    let (commit, latency) = (Commit(6), sec(21).since(sec(20)));
    assert_eq!(effects[0], told_saved(Saved { commit, latency, calls: 1, retries: 0 }));
}

#[test]
fn w5_a_payload_keeps_its_number_until_the_data_changes() {
    let mut session = session(&PLAIN);
    let (mut sent, mut now) = (Vec::new(), 10);
    for edit in [Some(2), None, Some(3), None, None] {
        if let Some(edit) = edit {
            on(&mut session, &PLAIN, both(sec(now)), Input::Edit(edit));
        }
        let effects = on(&mut session, &PLAIN, both(sec(now)), Input::Save);
        let [Effect::Call { op, update: Update::Save(_, payload), .. }] = &effects[..] else {
            panic!("no save: {effects:?}");
        };
        sent.push((payload.nth, payload.after, payload.unsettled, payload.data.0.clone()));
        let failed = Input::Replied { op: *op, result: Err(StoreError::Failed), random: 0 };
        on(&mut session, &PLAIN, both(sec(now)), failed);
        now += 1;
    }
    let (first, second) = (vec![1, 2], vec![1, 2, 3]);
    let expected = [
        (1, Commit(5), 0, first.clone()),
        (1, Commit(5), 0, first),
        (2, Commit(5), 1, second.clone()),
        (2, Commit(5), 1, second.clone()),
        (2, Commit(5), 1, second),
    ];
    assert_eq!(sent, expected);
}

fn any_outcome() -> impl Strategy<Value = Result<Outcome<Log>, StoreError>> {
    let write = |outcome| Ok(Outcome::Write(outcome));
    let grant = || Grant {
        data: Log(vec![9]),
        generation: Generation(7),
        commit: Commit(u64::MAX),
        created: stamp(0),
        expires_at: stamp(60),
        how: Taken::Own,
    };
    prop_oneof![
        6 => (0u64..9, 0i64..200).prop_map(move |(commit, expires)| {
            write(WriteOutcome::Kept { commit: Commit(commit), expires_at: stamp(expires) })
        }),
        4 => Just(Err(StoreError::Failed)),
        2 => Just(Err(StoreError::Throttled)),
        1 => any::<bool>().prop_map(move |saved| {
            write(WriteOutcome::Released { saved, commit: None })
        }),
        1 => Just(write(WriteOutcome::Lost(Loss::Taken))),
        1 => Just(write(WriteOutcome::Superseded)),
        1 => Just(write(WriteOutcome::Corrupt(Corruption::NotARecord))),
        1 => Just(Ok(Outcome::Acquire(AcquireOutcome::Won(grant())))),
        1 => Just(Ok(Outcome::Acquire(AcquireOutcome::Held(claim(2, 1, 1))))),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Of(Input<Log>),
    /// An answer to the awaited call.
    Answer(Result<Outcome<Log>, StoreError>),
    /// A tick exactly at the deadline.
    Due,
    /// A tick a microsecond before the deadline.
    Early,
}

fn any_step() -> impl Strategy<Value = Step> {
    let stray = (0u32..9, 0u32..9, any_outcome(), any::<u64>());
    prop_oneof![
        4 => prop_oneof![0u32..9, Just(POISON), Just(777)]
            .prop_map(|edit| Step::Of(Input::Edit(edit))),
        2 => Just(Step::Of(Input::Save)),
        1 => prop::bool::weighted(0.3).prop_map(|releases| {
            Step::Of(if releases { Input::Release } else { Input::Tick })
        }),
        1 => stray.prop_map(|(seat, nth, result, random)| {
            let op = OpId { seat: Seat(seat), nth: nth + 1_000 };
            Step::Of(Input::Replied { op, result, random })
        }),
        1 => (1u64..90).prop_map(|wait| Step::Of(Input::ShortCircuited { retry_at: sec(wait) })),
        5 => any_outcome().prop_map(Step::Answer),
        4 => Just(Step::Due),
        4 => Just(Step::Early),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    prop::sample::select(vec![PLAIN, Rules::CHRONICLE_EAGER, Rules::CHRONICLE_STRICT])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn law_total_bounded_and_equal_under_any_input_and_any_wall_clock(
        steps in prop::collection::vec((0u64..9_000_000, any::<i64>(), any_step()), 1..60),
        rules in rules(),
    ) {
        let (mut session, mut mono) = (session(&rules), 0);
        for (step, wall, what) in steps {
            let due = session.deadline().map(|deadline| deadline.at.as_micros());
            mono = match what {
                Step::Due | Step::Early => due.unwrap_or(mono).max(mono),
                _ => mono + step,
            };
            let now = Now { mono: us(mono), wall: Stamp::from_micros(wall) };
            let input = match what {
                Step::Of(input) => input,
                Step::Due | Step::Early => Input::Tick,
                Step::Answer(result) => {
                    let Some(op) = session.awaits() else { continue };
                    Input::Replied { op, result, random: mono }
                }
            };
            // The store says that a call short-circuited only when one has just been made.
            let input = match input {
                Input::ShortCircuited { .. } if session.awaits().is_none() => Input::Tick,
                Input::ShortCircuited { retry_at } => {
                    let soon = us(mono + 1);
                    Input::ShortCircuited { retry_at: retry_at.max(soon) }
                }
                input => input,
            };
            let (before, mut twin) = (session.clone(), session.clone());
            let effects = on(&mut session, &rules, now, input.clone());
            prop_assert_eq!(&effects, &on(&mut twin, &rules, now, input.clone()));
            prop_assert_eq!(&session, &twin);
            prop_assert!(effects.len() <= 5, "{} effects: {effects:?}", effects.len());
            let calls = effects.iter().filter(|it| matches!(it, Effect::Call { .. })).count();
            let (old, new) = (before.awaits(), session.awaits());
            prop_assert!(calls == 0 || old.is_none() || old != new);
            match input {
                Input::Tick if due.is_some_and(|due| due <= mono) => {
                    let after = session.deadline().map(|deadline| deadline.at.as_micros());
                    prop_assert!(after.is_none() || after > due, "{due:?} stays at {after:?}");
                }
                Input::Replied { op, .. } if before.awaits() != Some(op) => {
                    prop_assert_eq!((&session, effects.len()), (&before, 0), "a stray reply");
                }
                _ => {}
            }
            if effects.contains(&Effect::Ended) {
                let ended = session.clone();
                for input in [Input::Tick, Input::Save, Input::Release, Input::Edit(3)] {
                    prop_assert_eq!(on(&mut session, &rules, now, input), []);
                }
                prop_assert_eq!(&session, &ended);
                prop_assert_eq!(session.deadline(), None);
                break;
            }
        }
    }

    #[test]
    fn law_a_tick_before_the_deadline_changes_nothing_while_both_clocks_run_alike(
        steps in prop::collection::vec((0u64..9_000_000, any_step()), 1..40),
        rules in rules(),
    ) {
        let (mut session, mut mono) = (session(&rules), 0);
        for (step, what) in steps {
            let Some(due) = session.deadline() else { break };
            let due = due.at.as_micros();
            let at = match what {
                Step::Due => due.max(mono),
                Step::Early => (due.max(1) - 1).max(mono),
                Step::Of(_) | Step::Answer(_) => mono + step,
            };
            // Nothing is handled before what is overdue.
            mono = at.min(due.max(mono));
            let early = mono < due;
            let input = match what {
                Step::Due | Step::Early => Input::Tick,
                _ if !early => Input::Tick,
                Step::Of(Input::ShortCircuited { .. }) => Input::Tick,
                Step::Of(input) => input,
                Step::Answer(Ok(Outcome::Write(WriteOutcome::Kept { commit, .. }))) => {
                    let Some(op) = session.awaits() else { continue };
                    let expires_at = both(us(mono)).wall + rules.lease_duration;
                    let kept = WriteOutcome::Kept { commit, expires_at };
                    Input::Replied { op, result: Ok(Outcome::Write(kept)), random: mono }
                }
                Step::Answer(result) => {
                    let Some(op) = session.awaits() else { continue };
                    Input::Replied { op, result, random: mono }
                }
            };
            let before = session.clone();
            let effects = on(&mut session, &rules, both(us(mono)), input.clone());
            if early && input == Input::Tick {
                prop_assert_eq!((&session, effects.len()), (&before, 0));
            }
        }
    }
}

/// One thing that the network, the datastore or the user does.
#[derive(Clone, Copy, Debug)]
enum Event {
    Edit,
    Save,
    Release,
    /// Lets this many milliseconds pass, at most until the next deadline.
    Pass(u64),
    /// One of the calls ever made is applied (again, or for the first time).
    Land(usize),
    /// The reply of the last landing of one of the calls is delivered (again, or for the first
    /// time).
    Reply(usize),
    /// The awaited call is reported as failed, whether it was applied or not.
    Fail,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Edit),
        2 => Just(Event::Save),
        1 => Just(Event::Release),
        5 => (0u64..4_000).prop_map(Event::Pass),
        6 => (0usize..6).prop_map(Event::Land),
        5 => (0usize..6).prop_map(Event::Reply),
        3 => Just(Event::Fail),
    ]
}

/// A call, and the outcome of its last landing.
#[derive(Clone)]
struct Sent {
    op: OpId,
    update: Update<Log>,
    outcome: Option<Outcome<Log>>,
}

/// A session, its record, and all calls that were ever made.
struct World {
    session: Session<Log>,
    stored: Record<Log>,
    calls: Vec<Sent>,
    mono: u64,
    edits: u32,
    /// What `OnSave` has acknowledged: the data of the awaited payload at that time.
    acknowledged: Log,
    /// How often each payload has changed the record.
    committed: BTreeMap<u32, u32>,
    /// How the session ended.
    last: Option<Notice>,
}

impl World {
    fn new() -> World {
        World {
            session: session(&PLAIN),
            stored: record(claim(1, 1, 1)),
            calls: Vec::new(),
            mono: 0,
            edits: 100,
            acknowledged: Log::default(),
            committed: BTreeMap::new(),
            last: None,
        }
    }

    fn put(&mut self, input: Input<Log>) {
        let carried = self.session.awaits().and_then(|op| self.call(op)).and_then(carried);
        // The wall clock does not move: this is about orders of writes, not about expiry.
        let now = Now { mono: us(self.mono), wall: stamp(10) };
        for effect in on(&mut self.session, &PLAIN, now, input) {
            if let Effect::Tell(notice) = effect {
                self.last = Some(notice);
            }
            match effect {
                Effect::Call { op, update, .. } => {
                    self.calls.push(Sent { op, update, outcome: None });
                }
                Effect::Tell(Notice::Saved(_) | Notice::Released { saved: true }) => {
                    self.acknowledged = carried.clone().unwrap_or(self.acknowledged.clone());
                }
                Effect::Tell(Notice::LeaseLost { loss, .. }) => panic!("lost its lease: {loss:?}"),
                Effect::Tell(_) | Effect::TimedOut | Effect::Ended => {}
            }
        }
    }

    fn call(&self, op: OpId) -> Option<&Update<Log>> {
        self.calls.iter().find(|call| call.op == op).map(|call| &call.update)
    }

    fn recent(&self, nth: usize) -> Option<usize> {
        self.calls.len().checked_sub(1 + nth)
    }

    /// Applies one of the calls, and checks what that does to the record.
    fn commit(&mut self, nth: usize) {
        let before = self.stored.clone();
        let transformed =
            self.calls[nth].update.apply(Some(&Stored::Record(before.clone())), stamp(10));
        self.calls[nth].outcome = Some(transformed.outcome);
        let Some(after) = transformed.write else { return };
        let grown = after.metadata.commit.0 - before.metadata.commit.0;
        assert!(after.data.0.starts_with(&before.data.0), "older data over newer");
        assert!(after.metadata.payload >= before.metadata.payload);
        assert_eq!(grown, u64::from(after.metadata.payload > before.metadata.payload));
        if grown > 0 {
            *self.committed.entry(after.metadata.payload).or_default() += 1;
        }
        self.stored = after;
    }

    fn play(&mut self, event: Event) {
        match event {
            Event::Edit => {
                self.edits += 1;
                self.put(Input::Edit(self.edits));
            }
            Event::Save => self.put(Input::Save),
            Event::Release => self.put(Input::Release),
            Event::Pass(ms) => {
                let to = self.mono + ms * 1_000;
                match self.session.deadline().map(|deadline| deadline.at.as_micros()) {
                    Some(due) if due <= to => {
                        self.mono = due.max(self.mono);
                        self.put(Input::Tick);
                    }
                    _ => self.mono = to,
                }
            }
            Event::Land(nth) => {
                if let Some(nth) = self.recent(nth) {
                    self.commit(nth);
                }
            }
            Event::Reply(nth) => {
                let Some(nth) = self.recent(nth) else { return };
                if let Sent { op, outcome: Some(outcome), .. } = self.calls[nth].clone() {
                    self.put(Input::Replied { op, result: Ok(outcome), random: 0 });
                }
            }
            Event::Fail => {
                if let Some(op) = self.session.awaits() {
                    self.put(Input::Replied { op, result: Err(StoreError::Failed), random: 0 });
                }
            }
        }
    }
}

fn carried(update: &Update<Log>) -> Option<Log> {
    match update {
        Update::Save(_, payload) | Update::Release(_, Some(payload)) => Some(payload.data.clone()),
        Update::Renew(_) | Update::Release(_, None) | Update::Acquire(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn w5_whatever_the_network_does_nothing_is_counted_twice_overwritten_or_lost(
        events in prop::collection::vec(any_event(), 1..80),
    ) {
        let mut world = World::new();
        for event in events {
            world.play(event);
            prop_assert!(world.stored.data.0.starts_with(&world.acknowledged.0), "lost a save");
        }
        // Everything that is still on its way commits after all, oldest last.
        for nth in (0..world.calls.len()).rev() {
            world.commit(nth);
        }
        prop_assert!(world.committed.values().all(|times| *times == 1));
        prop_assert_eq!(world.stored.metadata.commit.0, 5 + world.committed.len() as u64);
        prop_assert!(world.stored.data.0.starts_with(&world.acknowledged.0), "lost a save");
    }

    #[test]
    fn w5_once_the_network_is_well_again_a_release_stores_everything_and_says_so(
        events in prop::collection::vec(any_event(), 1..40),
    ) {
        let mut world = World::new();
        for event in events {
            world.play(event);
        }
        world.play(Event::Release);
        while world.session.awaits().is_some() {
            world.play(Event::Land(0));
            world.play(Event::Reply(0));
            world.play(Event::Pass(1));
        }
        while world.session.deadline().is_some() {
            world.play(Event::Pass(60_000));
            if world.session.awaits().is_some() {
                world.play(Event::Land(0));
                world.play(Event::Reply(0));
            }
        }
        match world.last {
            Some(Notice::Released { saved }) => {
                prop_assert!(saved && world.stored.lease.released);
                prop_assert_eq!(&world.stored.data, world.session.data());
            }
            // It had failed until the lease was over.
            Some(Notice::ReleaseAbandoned { .. }) => prop_assert!(world.mono >= 60_000_000),
            Some(Notice::EditRefused | Notice::SaveReturned { .. }) => {}
            ref other => prop_assert!(false, "it ended with {other:?}"),
        }
    }
}

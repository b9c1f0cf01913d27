//! The laws of a whole store; its stories are told by the conformance table.

use super::Store;
use crate::document::Document as _;
use crate::effects::Effects;
use crate::ids::{JobId, Key, OpId, SEATS_MAX, Seat};
use crate::profile_store::{
    Act, Active, Call, DataStoreState, Effect, EndRequest, Handler, Host, Input, Listener, Method,
    Notice, Params, Range, Record, Refusal, Response, Rules, Server, SessionGuid, Signal,
    StoreError, Stored, VersionId,
};
use crate::testing::{Log, both, us};
use crate::time::Now;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const SEATS: u32 = 5;
const ME: Server = Server { place: 1, job: JobId(1) };
const OTHER: Server = Server { place: 1, job: JobId(2) };

fn store(rules: Rules) -> Store<Log> {
    Store::new(rules, Log(vec![0]), Host { me: ME, life: JobId(1) })
}

fn on(store: &mut Store<Log>, now: Now, input: Input<Log>) -> Vec<Effect<Log>> {
    let mut out = Effects::new();
    store.on(now, input, &mut out);
    out.into_iter().collect()
}

#[test]
#[should_panic(expected = "the rules make no sense")]
fn rules_that_would_hang_the_library_are_refused_at_once() {
    let _ = store(Rules { auto_save_period: Duration::ZERO, ..Rules::PROFILE_STORE });
}

#[test]
fn a_seat_beyond_the_last_is_refused_costs_nothing_and_is_inert() {
    let (now, mut store) = (both(us(0)), store(Rules::PROFILE_STORE));
    on(&mut store, now, Input::Open { state: DataStoreState::Access });
    let before = store.clone();
    for seat in [Seat(SEATS_MAX), Seat(u32::MAX)] {
        let (key, mock) = (Key(1), false);
        for taken in [
            Input::Message { seat, key, payload: 1, mock },
            Input::Get { seat, key, version: None, mock },
            Input::Query { seat, key, range: Range::default(), mock },
            Input::Start { seat, key, params: Params::default() },
        ] {
            let notice = Notice::Refused(Refusal::AlreadyActive);
            assert_eq!(on(&mut store, now, taken), [Effect::Tell { seat, notice }]);
        }
        for inert in [
            Input::Save { seat },
            Input::EndSession { seat },
            Input::Edit { seat, edit: 1 },
            Input::Cancel { seat },
            Input::Kill { seat },
            Input::Forget { seat },
        ] {
            assert_eq!(on(&mut store, now, inert), []);
        }
    }
    assert_eq!(store, before, "not even a place was made");
}

#[derive(Clone, Debug)]
enum Step {
    Of(Input<Log>),
    /// One of the calls, counted from the latest, is applied and answered, perhaps again.
    Answer(usize),
    /// One of the calls is answered like this, applied or not, perhaps again.
    Err(usize, StoreError, bool),
    Wrong(usize),
    /// A subscription is in place, or failed.
    Subscribed(usize, bool),
    /// A message comes in on one of the topics.
    EndRequest(usize, EndRequest),
    /// A tick exactly at the deadline, or as long before it.
    Tick(u64),
    /// Somebody else writes under a key: a session, nonsense, nothing.
    Foreign(Key, u8),
}

fn any_input() -> impl Strategy<Value = Input<Log>> {
    let seat = || prop_oneof![19 => (0..SEATS).prop_map(Seat), 1 => any::<u32>().prop_map(Seat)];
    let key = || (0u32..3).prop_map(Key);
    let mock = || prop::bool::weighted(0.2);
    let flags = (prop::bool::weighted(0.2), any::<bool>(), mock(), 0u8..2);
    let params =
        flags.prop_map(|(steal, cancel, mock, object)| Params { steal, cancel, mock, object });
    let signal = prop::sample::select(vec![
        Signal::OnSave,
        Signal::OnLastSave,
        Signal::OnSessionEnd,
        Signal::OnAfterSave,
    ]);
    let act = prop_oneof![
        Just(Act::Save),
        Just(Act::EndSession),
        seat().prop_map(Act::EndSessionOf),
        (seat(), key()).prop_map(|(seat, key)| Act::Start { seat, key }),
    ];
    let listener =
        (signal, 1u32..3, act).prop_map(|(signal, times, act)| Listener { signal, times, act });
    let handler = prop::sample::select(vec![Handler::Apply, Handler::Ack, Handler::Watch]);
    let begin = prop_oneof![
        6 => (seat(), key(), params)
            .prop_map(|(seat, key, params)| Input::Start { seat, key, params }),
        2 => (seat(), key(), mock())
            .prop_map(|(seat, key, mock)| Input::Message { seat, key, payload: 3, mock }),
        1 => (seat(), key(), mock(), prop::option::weighted(0.3, Just(VersionId(1))))
            .prop_map(|(seat, key, mock, version)| Input::Get { seat, key, version, mock }),
        1 => (seat(), key(), mock())
            .prop_map(|(seat, key, mock)| Input::Remove { seat, key, mock }),
        1 => (seat(), key()).prop_map(|(seat, key)| Input::Query {
            seat, key, range: Range::default(), mock: false,
        }),
        2 => (seat(), seat()).prop_map(|(seat, view)| Input::Next { seat, view }),
    ];
    let change = prop_oneof![
        1 => seat().prop_map(|seat| Input::Cancel { seat }),
        3 => (seat(), 1u32..9).prop_map(|(seat, edit)| Input::Edit { seat, edit }),
        1 => seat().prop_map(|seat| Input::Spoil { seat }),
        1 => seat().prop_map(|seat| Input::Reconcile { seat }),
        1 => (seat(), -2i64..3).prop_map(|(seat, user)| Input::AddUserId { seat, user }),
        1 => (seat(), 0u64..4).prop_map(|(seat, index)| Input::Ack { seat, index }),
        2 => (seat(), handler).prop_map(|(seat, handler)| Input::Handle { seat, handler }),
        2 => (seat(), listener).prop_map(|(seat, listener)| Input::Listen { seat, listener }),
    ];
    let ask = prop_oneof![
        2 => seat().prop_map(|seat| Input::Save { seat }),
        3 => seat().prop_map(|seat| Input::EndSession { seat }),
        1 => seat().prop_map(|seat| Input::Set { seat }),
        1 => seat().prop_map(|seat| Input::Forget { seat }),
        1 => (seat(), prop::bool::weighted(0.2)).prop_map(|(seat, kills)| {
            if kills { Input::Kill { seat } } else { Input::Save { seat } }
        }),
    ];
    prop_oneof![3 => begin, 2 => change, 2 => ask]
}

fn any_step() -> impl Strategy<Value = Step> {
    let error = prop::sample::select(vec![StoreError::Failed, StoreError::Threw]);
    let end_request =
        (0u64..4, any::<bool>()).prop_map(|(loads, end_session)| EndRequest { loads, end_session });
    prop_oneof![
        12 => any_input().prop_map(Step::Of),
        1 => prop::bool::weighted(0.2).prop_map(|closes| {
            if closes { Step::Of(Input::Close) } else { Step::Tick(0) }
        }),
        12 => (0usize..5).prop_map(Step::Answer),
        5 => (0usize..5, error, any::<bool>())
            .prop_map(|(nth, error, done)| Step::Err(nth, error, done)),
        1 => (0usize..5).prop_map(Step::Wrong),
        3 => (0usize..3, prop::bool::weighted(0.8)).prop_map(|(nth, ok)| Step::Subscribed(nth, ok)),
        3 => (0usize..3, end_request).prop_map(|(nth, asked)| Step::EndRequest(nth, asked)),
        10 => prop_oneof![4 => Just(0), 1 => 1u64..3_000_000].prop_map(Step::Tick),
        1 => ((0u32..3).prop_map(Key), 0u8..4).prop_map(|(key, what)| Step::Foreign(key, what)),
    ]
}

/// One store, its calls and a datastore.
struct World {
    store: Store<Log>,
    stored: BTreeMap<Key, Stored<Log>>,
    calls: Vec<Call>,
    topics: Vec<SessionGuid>,
    now: Now,
}

impl World {
    fn new(rules: Rules, state: DataStoreState) -> World {
        let mut world = World {
            store: store(rules),
            stored: BTreeMap::new(),
            calls: Vec::new(),
            topics: Vec::new(),
            now: Now::default(),
        };
        let opened = on(&mut world.store, world.now, Input::Open { state });
        world.note(opened);
        world
    }

    fn note(&mut self, effects: Vec<Effect<Log>>) {
        for effect in effects {
            match effect {
                Effect::Call(call) => {
                    assert!(self.calls.iter().all(|old| old.op != call.op), "an id twice");
                    self.calls.push(call);
                }
                Effect::Subscribe { guid, .. } => {
                    assert!(!self.topics.contains(&guid), "a GUID twice");
                    self.topics.push(guid);
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, call: Call) -> Result<Response<Log>, StoreError> {
        let stored = self.stored.get(&call.key);
        match call.request {
            Method::Update(_) => {
                let update = self.store.update(call.op).ok_or(StoreError::Failed)?;
                let written = update.apply(stored, self.now.wall).map_err(|_| StoreError::Threw)?;
                self.stored.insert(call.key, Stored::Record(written.record.clone()));
                Ok(Response::Updated(Box::new(written.record)))
            }
            Method::Get | Method::GetVersion(_) => {
                Ok(Response::Got(stored.map(|stored| Box::new(stored.clone()))))
            }
            Method::ListVersions(_) | Method::NextPage => {
                let last = self.now.mono.as_micros().is_multiple_of(2);
                Ok(Response::Page { versions: vec![VersionId(1)], last })
            }
            Method::Remove => {
                self.stored.remove(&call.key);
                Ok(Response::Done)
            }
            Method::Probe => Ok(Response::Done),
        }
    }

    /// The input that a step means, if it means one.
    fn input(&mut self, step: Step) -> Option<Input<Log>> {
        let recent = |nth: usize| self.calls.len().checked_sub(1 + nth).map(|nth| self.calls[nth]);
        let topic = |nth: usize| self.topics.len().checked_sub(1 + nth).map(|nth| self.topics[nth]);
        match step {
            Step::Of(input) => Some(input),
            Step::Tick(_) => Some(Input::Tick),
            Step::Answer(nth) => {
                let call = recent(nth)?;
                let result = self.answer(call);
                Some(Input::Replied { op: call.op, result })
            }
            Step::Err(nth, error, applied) => {
                let call = recent(nth)?;
                if applied {
                    let _ = self.answer(call);
                }
                Some(Input::Replied { op: call.op, result: Err(error) })
            }
            Step::Wrong(nth) => {
                Some(Input::Replied { op: recent(nth)?.op, result: Ok(Response::Done) })
            }
            Step::Subscribed(nth, ok) => Some(Input::Subscribed { guid: topic(nth)?, ok }),
            Step::EndRequest(nth, end_request) => {
                Some(Input::Heard { guid: topic(nth)?, end_request })
            }
            Step::Foreign(key, what) => {
                self.foreign(key, what);
                None
            }
        }
    }

    fn foreign(&mut self, key: Key, what: u8) {
        match (what, self.stored.get_mut(&key)) {
            (0, Some(Stored::Record(Record { meta: Some(meta), .. }))) => {
                meta.active = Active::Session { server: OTHER, topic: None };
                meta.force = None;
            }
            (1, Some(Stored::Record(Record { meta: Some(meta), .. }))) => meta.force = Some(OTHER),
            (2, _) => {
                self.stored.insert(key, Stored::NotATable);
            }
            _ => {
                self.stored.remove(&key);
            }
        }
    }

    fn due(&self) -> Option<u64> {
        self.store.deadline().map(|at| at.as_micros())
    }
}

fn rules() -> impl Strategy<Value = Rules> {
    let quick = Rules { auto_save_period: Duration::from_secs(10), ..Rules::PROFILE_STORE };
    prop::sample::select(vec![
        Rules::PROFILE_STORE,
        quick,
        Rules { frame: Duration::ZERO, ..quick },
        Rules { frame: Duration::from_secs(1), first_load_repeat: Duration::ZERO, ..quick },
    ])
}

fn any_state() -> impl Strategy<Value = DataStoreState> {
    use DataStoreState::{Access, NoAccess, NotReady};
    prop_oneof![8 => Just(Access), 1 => Just(NoAccess), 1 => Just(NotReady)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn law_total_bounded_equal_and_inert_to_strays(
        steps in prop::collection::vec((0u64..9_000_000, any_step()), 1..120),
        rules in rules(), state in any_state(),
    ) {
        let mut world = World::new(rules, state);
        for (pause, step) in steps {
            let (due, mono) = (world.due(), world.now.mono.as_micros());
            let mono = match (&step, due) {
                (Step::Tick(early), Some(due)) => due.saturating_sub(*early).max(mono),
                // Nothing is handled before what is overdue.
                (_, Some(due)) => (mono + pause).min(due).max(mono),
                (_, None) => mono + pause,
            };
            world.now = both(us(mono));
            let Some(input) = world.input(step) else { continue };
            let (before, mut twin) = (world.store.clone(), world.store.clone());
            let effects = on(&mut world.store, world.now, input.clone());
            prop_assert_eq!(&effects, &on(&mut twin, world.now, input.clone()), "equal effects");
            prop_assert_eq!(&world.store, &twin);
            prop_assert!(effects.len() <= 40 * SEATS as usize, "{} of {input:?}", effects.len());
            if input == Input::Tick {
                match due.filter(|due| *due <= mono) {
                    Some(_) => prop_assert!(world.due().is_none_or(|after| after > mono)),
                    None => prop_assert_eq!((&world.store, effects.len()), (&before, 0), "early"),
                }
            }
            world.note(effects);
            for op in [OpId { seat: Seat(0), nth: 1_000_000 }, OpId { seat: Seat(9), nth: 1 }] {
                let before = world.store.clone();
                let stray = Input::Replied { op, result: Err(StoreError::Failed) };
                prop_assert_eq!(on(&mut world.store, world.now, stray), []);
                prop_assert_eq!(&world.store, &before, "an unknown reply");
            }
        }
    }

    #[test]
    fn v3_a_key_has_at_most_one_call_under_way_on_a_server(
        steps in prop::collection::vec((0u64..9_000_000, any_step()), 1..120), rules in rules(),
    ) {
        let mut world = World::new(rules, DataStoreState::Access);
        for (pause, step) in steps {
            world.now = both(us(world.now.mono.as_micros() + pause));
            let Some(input) = world.input(step) else { continue };
            for input in [input, Input::Tick] {
                let effects = on(&mut world.store, world.now, input);
                world.note(effects);
            }
            for (token, queue) in &world.store.queues {
                let flights = world.store.flights.iter().filter(|(_, it)| it.is_under_way(*token));
                let under_way: Vec<_> = flights.map(|(op, _)| op).collect();
                prop_assert!(under_way.iter().all(|op| queue.front() == Some(op)), "V3: {queue:?}");
            }
        }
    }
}

#[test]
fn edits_of_a_view_and_of_a_session_are_kept_apart() {
    let mut world = World::new(Rules::PROFILE_STORE, DataStoreState::Access);
    let (session, view, key) = (Seat(0), Seat(1), Key(0));
    for input in [
        Input::Start { seat: session, key, params: Params::default() },
        Input::Get { seat: view, key, version: None, mock: false },
        Input::Edit { seat: session, edit: 1 },
        Input::Edit { seat: view, edit: 2 },
        Input::Save { seat: view },
        Input::Set { seat: session },
    ] {
        let effects = on(&mut world.store, world.now, input);
        world.note(effects);
        while let Some(call) = world.calls.pop() {
            let result = world.answer(call);
            let effects = on(&mut world.store, world.now, Input::Replied { op: call.op, result });
            world.note(effects);
        }
    }
    let mut expected = Log(vec![0]);
    expected.apply(&1);
    assert_eq!(world.store.data(session), Some(&expected));
    assert_eq!(world.store.data(view), Some(&Log(vec![0, 2])));
    assert!(world.store.is_active(session) && !world.store.is_active(view));
}

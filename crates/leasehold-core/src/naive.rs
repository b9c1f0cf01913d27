//! What people write first: read the data when the player comes, keep it, write it back when they
//! leave. No lease, no lock, no question who else has it.
//!
//! It is here to be compared with. Think of two people who each take a photocopy of the same page,
//! write on it, and put it back on top of the other's: whoever is last wins, and nobody notices.
//!
//! ```text
//!   Empty --[start]--> Loading --[read]--> Active --[release, close]--> Leaving --[all answered]--> Empty
//!                         '---[failed, and nobody plays without their data]---> Empty
//! ```
//!
//! Laws: a write is blind, sent once and never again, whatever is answered; an active session is
//! always sure of itself; each `Save()` returns once, in the order of the calls, unless its write
//! is never answered. Not here: anything that would make it safe.

use crate::deadlines::Deadlines;
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{OpId, OpIds, SEATS_MAX, Seat};
use crate::time::{Instant, Now};
use crate::warm;
use std::collections::VecDeque;
use std::time::Duration;

/// Constants that a game chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// From one write of an active session to the next. 300 s: the loop that most first scripts
    /// have.
    pub autosave_every: Duration,
    /// Whether a player whose data could not be read plays on with the template, which is what
    /// they are saved with later. Yes: the first scripts warn and go on.
    pub play_on_failed_load: bool,
}

impl Rules {
    /// As it is mostly written.
    pub const NAIVE: Rules =
        Rules { autosave_every: Duration::from_secs(300), play_on_failed_load: true };
}

/// An input: what happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<D: Document> {
    /// A player is here. The caller names a free seat; one that is taken is left alone.
    Start {
        /// The seat that the session will have.
        seat: Seat,
    },
    /// The data changes.
    Edit {
        /// Seat of the session.
        seat: Seat,
        /// The change to the data.
        edit: D::Edit,
    },
    /// The game saves.
    Save {
        /// Seat of the session.
        seat: Seat,
    },
    /// The player has left, or does not want to wait for their data any more.
    Release {
        /// Seat of the session.
        seat: Seat,
    },
    /// A call was answered.
    Replied {
        /// Name of the call that was answered.
        op: OpId,
        /// What was read, or nothing for a write; or that it failed.
        result: Result<Option<D>, Failed>,
    },
    /// A call will never be answered: whoever waits for it waits for ever.
    Unanswered {
        /// Name of the call.
        op: OpId,
    },
    /// The server is closing.
    Close,
    /// Time has passed.
    Tick,
}

/// A call failed. It may have been applied; nobody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// An effect: what is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<D> {
    /// Call `GetAsync`.
    Get {
        /// The call's name.
        op: OpId,
    },
    /// Call `SetAsync`.
    Set {
        /// The call's name.
        op: OpId,
        /// What is written over whatever is there.
        data: D,
        /// Whether it is the session's last.
        last: bool,
    },
    /// Tell the game.
    Tell {
        /// About whom.
        seat: Seat,
        /// What the game is told.
        notice: Notice,
    },
}

/// A notice to the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The session is active.
    Loaded {
        /// How it came by its data.
        from: Source,
    },
    /// The data could not be read. `Ended` follows.
    Unavailable,
    /// The server is closing. `Ended` follows.
    ShuttingDown,
    /// A write was answered: what it held when it was sent is stored, until somebody writes over
    /// it.
    Saved,
    /// The oldest call of `Save()` that has not returned does.
    SaveReturned {
        /// Whether what it had to write is stored. A write that failed is not tried again.
        saved: bool,
    },
    /// A change was refused: the session is not active.
    EditRefused,
    /// The session's last write was answered. `Ended` follows, when each `Save()` has returned.
    Left {
        /// Whether it was stored.
        saved: bool,
    },
    /// The seat is free.
    Ended,
}

/// Source of a session's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was stored.
    Stored,
    /// Nothing was stored: a new player.
    Template,
    /// Nobody knows what is stored.
    Guess,
}

/// The store of one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Store<D: Document> {
    rules: Rules,
    template: D,
    closing: bool,
    slots: Vec<Slot<D>>,
    deadlines: Deadlines,
}

/// A seat. The ids outlive whoever sits there.
#[derive(Clone, Debug, PartialEq)]
struct Slot<D> {
    ops: OpIds,
    state: ProfileState<D>,
    /// Calls of `Save()` that have not returned, the oldest first, and whether they were stored.
    saves: VecDeque<(OpId, Option<bool>)>,
}

#[derive(Clone, Debug, PartialEq)]
enum ProfileState<D> {
    Empty,
    Loading {
        op: OpId,
    },
    Active {
        data: D,
    },
    /// It writes for the last time; or it has, and a `Save()` has not returned yet.
    Leaving {
        op: Option<OpId>,
    },
}

impl<D: Document> Store<D> {
    /// The store of one life of a server.
    ///
    /// # Panics
    /// If the rules save every 0 s, which would be all the time.
    pub fn new(rules: Rules, template: D) -> Store<D> {
        assert_ne!(rules.autosave_every, Duration::ZERO, "a period is longer than nothing");
        Store {
            rules,
            template,
            closing: false,
            slots: Vec::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// Handles an input.
    pub fn on(&mut self, now: Now, input: Input<D>, out: &mut Effects<Effect<D>>) {
        match input {
            Input::Start { seat } => self.start(seat, out),
            Input::Edit { seat, edit } => match self.state(seat) {
                Some(ProfileState::Active { data }) => data.apply(&edit),
                _ => out.push(Effect::Tell { seat, notice: Notice::EditRefused }),
            },
            Input::Save { seat } => self.save(seat, out),
            Input::Release { seat } => self.release(seat, out),
            Input::Replied { op, result } => self.replied(now, op, result, out),
            Input::Unanswered { op } => self.unanswered(op, out),
            Input::Close => {
                self.closing = true;
                for seat in 0..self.slots.len() as u32 {
                    self.release(Seat(seat), out);
                }
            }
            Input::Tick => self.tick(now, out),
        }
    }

    /// The seat that a tick will be about first, if there is one.
    #[doc(hidden)]
    pub fn due(&self) -> Option<Seat> {
        self.deadlines.first()
    }

    /// Something will soon be said to it: asks for what will be looked at, whomever it is about.
    #[doc(hidden)]
    pub fn warm(&self) {
        warm::value(&self.slots);
        warm::value(&self.deadlines);
    }

    /// The same of a seat.
    #[doc(hidden)]
    pub fn warm_seat(&self, seat: Seat) {
        warm::row(&self.slots, seat.0 as usize);
        self.deadlines.warm(seat);
    }

    /// The same, after that, of what is kept for whoever sits there.
    #[doc(hidden)]
    pub fn warm_session(&self, seat: Seat) {
        if let Some(slot) = self.slots.get(seat.0 as usize) {
            warm::value(&slot.state);
            warm::value(&slot.saves);
        }
    }

    /// When it wants a tick.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.earliest()
    }

    /// The data of an active session.
    pub fn data(&self, seat: Seat) -> Option<&D> {
        match &self.slots.get(seat.0 as usize)?.state {
            ProfileState::Active { data } => Some(data),
            ProfileState::Empty | ProfileState::Loading { .. } | ProfileState::Leaving { .. } => {
                None
            }
        }
    }

    fn state(&mut self, seat: Seat) -> Option<&mut ProfileState<D>> {
        self.slots.get_mut(seat.0 as usize).map(|slot| &mut slot.state)
    }

    fn start(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        if self.closing || seat.0 >= SEATS_MAX {
            let notice = if self.closing { Notice::ShuttingDown } else { Notice::Unavailable };
            out.push(Effect::Tell { seat, notice });
            return out.push(Effect::Tell { seat, notice: Notice::Ended });
        }
        for seat in self.slots.len() as u32..=seat.0 {
            let (ops, state) = (OpIds::new(Seat(seat)), ProfileState::Empty);
            self.slots.push(Slot { ops, state, saves: VecDeque::new() });
        }
        let slot = &mut self.slots[seat.0 as usize];
        if slot.state == ProfileState::Empty {
            let op = slot.ops.take();
            slot.state = ProfileState::Loading { op };
            out.push(Effect::Get { op });
        }
    }

    /// Writes an active session.
    fn write(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) -> Option<OpId> {
        let slot = self.slots.get_mut(seat.0 as usize)?;
        let ProfileState::Active { data } = &slot.state else { return None };
        let op = slot.ops.take();
        out.push(Effect::Set { op, data: data.clone(), last: false });
        Some(op)
    }

    /// The game saves: whoever has no data is told so at once.
    fn save(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let op = self.write(seat, out);
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return };
        match (op, &slot.state) {
            (Some(op), _) => slot.saves.push_back((op, None)),
            (None, ProfileState::Empty) => {}
            (None, _) => {
                out.push(Effect::Tell { seat, notice: Notice::SaveReturned { saved: false } });
            }
        }
    }

    fn release(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return };
        match std::mem::replace(&mut slot.state, ProfileState::Empty) {
            ProfileState::Active { data } => {
                let op = slot.ops.take();
                slot.state = ProfileState::Leaving { op: Some(op) };
                out.push(Effect::Set { op, data, last: true });
                self.deadlines.set(seat, None);
            }
            ProfileState::Loading { .. } => out.push(Effect::Tell { seat, notice: Notice::Ended }),
            other @ (ProfileState::Empty | ProfileState::Leaving { .. }) => slot.state = other,
        }
    }

    fn replied(
        &mut self,
        now: Now,
        op: OpId,
        result: Result<Option<D>, Failed>,
        out: &mut Effects<Effect<D>>,
    ) {
        let seat = op.seat;
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return };
        let saved = result.is_ok();
        match &slot.state {
            ProfileState::Loading { op: waits } if *waits == op => {
                return self.loaded(now, seat, result, out);
            }
            ProfileState::Leaving { op: Some(waits) } if *waits == op => {
                slot.state = ProfileState::Leaving { op: None };
                out.push(Effect::Tell { seat, notice: Notice::Left { saved } });
            }
            ProfileState::Active { .. } if saved => {
                out.push(Effect::Tell { seat, notice: Notice::Saved });
            }
            ProfileState::Empty
            | ProfileState::Loading { .. }
            | ProfileState::Active { .. }
            | ProfileState::Leaving { .. } => {}
        }
        if let Some((_, answer)) = slot.saves.iter_mut().find(|(save, _)| *save == op) {
            *answer = Some(saved);
        }
        self.returns(seat, out);
    }

    fn unanswered(&mut self, op: OpId, out: &mut Effects<Effect<D>>) {
        let Some(slot) = self.slots.get_mut(op.seat.0 as usize) else { return };
        slot.saves.retain(|(save, _)| *save != op);
        self.returns(op.seat, out);
    }

    /// Each `Save()` that was answered returns, in order; the seat is free after the last one.
    fn returns(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let slot = &mut self.slots[seat.0 as usize];
        while let Some((_, Some(saved))) = slot.saves.front().copied() {
            slot.saves.pop_front();
            out.push(Effect::Tell { seat, notice: Notice::SaveReturned { saved } });
        }
        if slot.saves.is_empty() && slot.state == (ProfileState::Leaving { op: None }) {
            slot.state = ProfileState::Empty;
            out.push(Effect::Tell { seat, notice: Notice::Ended });
        }
    }

    fn loaded(
        &mut self,
        now: Now,
        seat: Seat,
        result: Result<Option<D>, Failed>,
        out: &mut Effects<Effect<D>>,
    ) {
        let (data, from) = match result {
            Ok(Some(data)) => (data, Source::Stored),
            Ok(None) => (self.template.clone(), Source::Template),
            Err(Failed) if self.rules.play_on_failed_load => (self.template.clone(), Source::Guess),
            Err(Failed) => {
                self.slots[seat.0 as usize].state = ProfileState::Empty;
                out.push(Effect::Tell { seat, notice: Notice::Unavailable });
                return out.push(Effect::Tell { seat, notice: Notice::Ended });
            }
        };
        self.slots[seat.0 as usize].state = ProfileState::Active { data };
        self.deadlines.set(seat, Some(now.mono + self.rules.autosave_every));
        out.push(Effect::Tell { seat, notice: Notice::Loaded { from } });
    }

    fn tick(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        while let Some(seat) = self.deadlines.first()
            && self.deadlines.earliest().is_some_and(|at| at <= now.mono)
        {
            self.write(seat, out);
            self.deadlines.set(seat, Some(now.mono + self.rules.autosave_every));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Stamp;
    use crate::value::{Value, ValueEdit};
    use proptest::prelude::*;

    const SEAT: Seat = Seat(0);

    fn at(second: u64) -> Now {
        let mono = Instant::from_micros(second * 1_000_000);
        Now { mono, wall: Stamp::from_micros(second as i64 * 1_000_000) }
    }

    fn store(rules: Rules) -> Store<Value> {
        Store::new(rules, coins(0.0))
    }

    fn coins(coins: f64) -> Value {
        Value::map([("Coins", coins.into())])
    }

    fn earn() -> ValueEdit {
        ValueEdit::Add(vec!["Coins".to_owned()], 1.0)
    }

    fn on(store: &mut Store<Value>, second: u64, input: Input<Value>) -> Vec<Effect<Value>> {
        let mut out = Effects::new();
        store.on(at(second), input, &mut out);
        out.into_iter().collect()
    }

    /// An active session that found so much.
    fn active(rules: Rules, found: Option<Value>) -> Store<Value> {
        let mut store = store(rules);
        let asked = on(&mut store, 0, Input::Start { seat: SEAT });
        let [Effect::Get { op }] = asked[..] else { panic!("one read: {asked:?}") };
        let told = on(&mut store, 0, Input::Replied { op, result: Ok(found) });
        assert!(matches!(told[..], [Effect::Tell { notice: Notice::Loaded { .. }, .. }]));
        store
    }

    #[test]
    fn a_session_reads_keeps_and_writes_back_at_the_end_without_looking() {
        let mut store = active(Rules::NAIVE, Some(coins(7.0)));
        assert_eq!(on(&mut store, 1, Input::Edit { seat: SEAT, edit: earn() }), []);
        let wants = on(&mut store, 2, Input::Release { seat: SEAT });
        let [Effect::Set { op, data, last: true }] = &wants[..] else { panic!("{wants:?}") };
        assert_eq!(*data, coins(8.0));
        assert_eq!(store.data(SEAT), None, "it is over when it is released, stored or not");
        let told = on(&mut store, 3, Input::Replied { op: *op, result: Err(Failed) });
        let tell = |notice| Effect::Tell { seat: SEAT, notice };
        assert_eq!(
            told,
            [tell(Notice::Left { saved: false }), tell(Notice::Ended)],
            "and never tried again"
        );
    }

    #[test]
    fn a_player_whose_data_cannot_be_read_plays_on_with_the_template_or_not_at_all() {
        let careful = Rules { play_on_failed_load: false, ..Rules::NAIVE };
        let cases = [
            (Rules::NAIVE, Notice::Loaded { from: Source::Guess }, Some(coins(0.0))),
            (careful, Notice::Unavailable, None),
        ];
        for (rules, notice, data) in cases {
            let mut store = store(rules);
            let asked = on(&mut store, 0, Input::Start { seat: SEAT });
            let [Effect::Get { op }] = asked[..] else { panic!("one read: {asked:?}") };
            let told = on(&mut store, 1, Input::Replied { op, result: Err(Failed) });
            assert_eq!(told[0], Effect::Tell { seat: SEAT, notice });
            assert_eq!(store.data(SEAT), data.as_ref());
        }
    }

    #[test]
    fn an_active_session_is_written_every_five_minutes_and_on_demand() {
        let mut store = active(Rules::NAIVE, None);
        assert_eq!(store.deadline(), Some(at(300).mono));
        assert_eq!(on(&mut store, 299, Input::Tick), []);
        assert!(matches!(on(&mut store, 300, Input::Tick)[..], [Effect::Set { last: false, .. }]));
        assert_eq!(store.deadline(), Some(at(600).mono));
        let wants = on(&mut store, 301, Input::Save { seat: SEAT });
        assert!(matches!(wants[..], [Effect::Set { last: false, .. }]));
    }

    /// Two calls of `Save()` that are under way.
    fn saves_twice() -> (Store<Value>, [OpId; 2]) {
        let mut store = active(Rules::NAIVE, None);
        let mut save = || {
            let wants = on(&mut store, 1, Input::Save { seat: SEAT });
            let [Effect::Set { op, last: false, .. }] = wants[..] else { panic!("{wants:?}") };
            op
        };
        let ops = [save(), save()];
        (store, ops)
    }

    fn told(effects: Vec<Effect<Value>>) -> Vec<Notice> {
        let notice = |effect| match effect {
            Effect::Tell { seat: SEAT, notice } => notice,
            other => panic!("{other:?}"),
        };
        effects.into_iter().map(notice).collect()
    }

    fn stored(op: OpId) -> Input<Value> {
        Input::Replied { op, result: Ok(None) }
    }

    #[test]
    fn each_save_returns_once_in_order_and_says_whether_it_is_stored() {
        let (mut store, [first, second]) = saves_twice();
        let returned = |saved| Notice::SaveReturned { saved };
        assert_eq!(told(on(&mut store, 2, stored(second))), [Notice::Saved]);
        let failed = Input::Replied { op: first, result: Err(Failed) };
        assert_eq!(told(on(&mut store, 3, failed)), [returned(false), returned(true)]);
        let wants = on(&mut store, 300, Input::Tick);
        let [Effect::Set { op, .. }] = wants[..] else { panic!("{wants:?}") };
        let saved = told(on(&mut store, 301, stored(op)));
        assert_eq!(saved, [Notice::Saved], "nobody has called for an auto-save");
        on(&mut store, 302, Input::Release { seat: SEAT });
        let late = told(on(&mut store, 303, Input::Save { seat: SEAT }));
        assert_eq!(late, [returned(false)], "whoever has no data is told so at once");
    }

    #[test]
    fn a_seat_is_free_when_the_last_save_has_returned_or_never_will() {
        for answered in [true, false] {
            let (mut store, [first, second]) = saves_twice();
            assert_eq!(told(on(&mut store, 2, stored(first))).len(), 2);
            let wants = on(&mut store, 3, Input::Release { seat: SEAT });
            let [Effect::Set { op, last: true, .. }] = wants[..] else { panic!("{wants:?}") };
            assert_eq!(told(on(&mut store, 4, stored(op))), [Notice::Left { saved: true }]);
            let late = if answered { stored(second) } else { Input::Unanswered { op: second } };
            let last = told(on(&mut store, 5, late));
            let returned = [Notice::SaveReturned { saved: true }];
            assert_eq!(last[..last.len() - 1], returned[..usize::from(answered)]);
            assert_eq!(last.last(), Some(&Notice::Ended));
        }
    }

    #[test]
    fn a_closing_server_writes_every_session_once_and_lets_nobody_in() {
        let mut store = active(Rules::NAIVE, None);
        assert!(matches!(on(&mut store, 1, Input::Close)[..], [Effect::Set { last: true, .. }]));
        assert_eq!(on(&mut store, 1, Input::Close), []);
        assert_eq!(store.deadline(), None);
        let told = on(&mut store, 2, Input::Start { seat: Seat(1) });
        assert!(matches!(told[0], Effect::Tell { notice: Notice::ShuttingDown, .. }));
    }

    fn any_input() -> impl Strategy<Value = Input<Value>> {
        let seat = prop_oneof![Just(Seat(0)), Just(Seat(1)), Just(Seat(SEATS_MAX))];
        let op = (0u32..3, 0u32..6).prop_map(|(seat, nth)| OpId { seat: Seat(seat), nth });
        let result = prop_oneof![Just(Err(Failed)), Just(Ok(None)), Just(Ok(Some(coins(3.0))))];
        prop_oneof![
            seat.clone().prop_map(|seat| Input::Start { seat }),
            seat.clone().prop_map(|seat| Input::Edit { seat, edit: earn() }),
            seat.clone().prop_map(|seat| Input::Save { seat }),
            seat.prop_map(|seat| Input::Release { seat }),
            (op.clone(), result).prop_map(|(op, result)| Input::Replied { op, result }),
            op.prop_map(|op| Input::Unanswered { op }),
            Just(Input::Close),
            Just(Input::Tick),
        ]
    }

    proptest! {
        #[test]
        fn no_input_panics_and_a_tick_that_is_not_due_changes_nothing(
            inputs in prop::collection::vec((0u64..400, any_input()), 0..40),
        ) {
            let (mut store, mut second) = (store(Rules::NAIVE), 0);
            for (after, input) in inputs {
                second += after;
                let due = store.deadline().is_some_and(|deadline| deadline <= at(second).mono);
                if !due {
                    let before = store.clone();
                    prop_assert_eq!(on(&mut store, second, Input::Tick), []);
                    prop_assert_eq!(&store, &before);
                }
                prop_assert!(on(&mut store, second, input).len() <= 44);
            }
        }
    }
}

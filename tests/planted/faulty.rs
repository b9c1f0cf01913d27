//! A library that is right, behind one that is wrong.
//!
//! [`Faulty`] goes through the same door as any library: it is told what happened, passes it on to
//! the library within, and passes on what that wants; and in one place it makes one mistake. So a
//! mistake here is one that whoever writes a library could make, and it fits all of them.
//!
//! ```text
//!   world --Input--> Faulty --[dropped, twice, late, by a wrong clock]--> L
//!         <-Effect--        <-[dropped, early, twice, of its own]--------
//!         --found-->        --[hidden, changed]--> L --Decision--[changed, remembered]--> world
//! ```
//!
//! Laws: [`Mistake::None`] is the library within, step for step. Not here: mistakes that show in no
//! input and no effect (`leasehold_core::planted`).

use super::mistake::Mistake;
use super::tamper::{Forge, Tamper};
use leasehold_sim::cause::{Cause, Class};
use leasehold_sim::library::{
    CallKind, Clocks, Contract, Decision, Effect, Found, Holdings, Input, Instant, JobId, Key,
    Library, Message, MessageKind, Notice, Now, Op, Place, Promise, Request, Seat, Stamp,
    VersionInfo, View, Write,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

static REJECTED: Cause = Cause::new("rejected", Class::Held, "a mistake on purpose");
static GRANTED: Cause = Cause::new("granted", Class::Unowned, "a mistake on purpose");

/// Names of a wrong library's own calls begin here: far from those of the library within.
const OWN: u32 = 1 << 24;

fn tell<M>(out: &mut Vec<Effect<M>>, seat: Seat, notice: Notice) {
    out.push(Effect::Tell { seat, notice });
}

/// A library with a mistake.
pub struct Faulty<L: Library> {
    inner: L,
    mistake: Mistake,
    job: JobId,
    /// How many occasions for the mistake there have been.
    occasions: u32,
    calls: BTreeMap<Op, Call<L::Stored>>,
    seats: BTreeMap<Seat, Sitting<L::Stored>>,
    /// What it is to do later, by its own stopwatch; in order.
    later: VecDeque<(Instant, Later<L::Stored>)>,
    own_calls: u32,
    blind: BTreeMap<Op, L::Stored>,
    twins: BTreeMap<Op, Op>,
}

/// A call of the library within that is under way.
struct Call<S> {
    seat: Option<Seat>,
    kind: CallKind,
    place: Place,
    request: Request,
    attempt: u32,
    /// What its transform has decided first.
    first: Option<Write<S>>,
    twin: Option<Op>,
}

/// Who sits in a seat.
struct Sitting<S> {
    key: Key,
    granted: bool,
    /// Its loss was kept to itself.
    hidden: bool,
    /// What it has written, the latest last.
    written: Vec<S>,
}

enum Later<S> {
    Join { seat: Seat, key: Key },
    Set { key: Key, value: S },
}

impl<L> Library for Faulty<L>
where
    L: Library,
    L::Stored: Tamper,
    L::Message: Forge,
{
    type Config = (L::Config, Mistake);
    type Stored = L::Stored;
    type Message = L::Message;

    const NAME: &'static str = L::NAME;
    const CACHED_READS: bool = L::CACHED_READS;
    const MARKS: &'static [&'static str] = L::MARKS;

    fn new((config, mistake): &Self::Config, job: JobId) -> Faulty<L> {
        Faulty {
            inner: L::new(config, job),
            mistake: *mistake,
            job,
            occasions: 0,
            calls: BTreeMap::new(),
            seats: BTreeMap::new(),
            later: VecDeque::new(),
            own_calls: 0,
            blind: BTreeMap::new(),
            twins: BTreeMap::new(),
        }
    }

    fn contract(config: &Self::Config) -> Contract {
        L::contract(&config.0)
    }

    fn promise(config: &Self::Config, clocks: Clocks) -> Promise {
        L::promise(&config.0, clocks)
    }

    fn on(&mut self, now: Now, input: Input<L::Message>, out: &mut Vec<Effect<L::Message>>) {
        let seen = self.seen(now);
        let mut wanted = Vec::new();
        if let Some(input) = self.heard(now, input, out) {
            let again = matches!(input, Input::Edit { .. }) && self.every(5, Mistake::EditsTwice);
            if again {
                self.inner.on(seen, input.clone(), &mut wanted);
            }
            self.inner.on(seen, input, &mut wanted);
        }
        for effect in wanted {
            self.carry(now, effect, out);
        }
        self.catch_up(now, out);
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, L::Stored>>,
    ) -> Decision<L::Stored> {
        let op = self.twins.get(&op).copied().unwrap_or(op);
        let Some(call) = self.calls.get(&op) else { return Decision::Cancel };
        if self.mistake == Mistake::DecisionReused
            && let Some(first) = &call.first
        {
            return Decision::Write(first.clone());
        }
        let kind = call.kind;
        let mut seen = self.seen(now);
        if self.mistake == Mistake::HastyAcquire && kind == CallKind::Acquire {
            seen.wall = seen.wall + Duration::from_secs(90);
        }
        let freed = self.freed(kind, found);
        let shown = match (&freed, found) {
            (Some(value), Some(found)) => Some(Found { value, info: found.info }),
            _ if self.mistake == Mistake::FoundIgnored => None,
            _ => found,
        };
        match self.inner.transform(op, seen, shown) {
            Decision::Write(write) => self.writes(op, kind, write),
            decision => decision,
        }
    }

    fn value(&mut self, op: Op, now: Now) -> Write<L::Stored> {
        match self.blind.remove(&op) {
            Some(value) => Write::plain(value),
            None => {
                let seen = self.seen(now);
                let write = self.inner.value(op, seen);
                let kind = self.calls.get(&op).map_or(CallKind::Save, |call| call.kind);
                match self.writes(op, kind, write) {
                    Decision::Write(write) => write,
                    Decision::Cancel | Decision::Throw => unreachable!("a Set is never cancelled"),
                }
            }
        }
    }

    fn read(&mut self, op: Op, now: Now, found: Option<Found<'_, L::Stored>>) {
        let seen = self.seen(now);
        self.inner.read(op, seen, found);
    }

    fn versions(&mut self, op: Op, now: Now, versions: &[VersionInfo]) {
        let seen = self.seen(now);
        self.inner.versions(op, seen, versions);
    }

    fn forget(&mut self, op: Op) {
        if op.0 < OWN {
            self.end_call(op);
            self.inner.forget(op);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let late = if self.mistake == Mistake::TimersLate { 20 } else { 0 };
        let inner = self.inner.deadline().map(|at| at + Duration::from_secs(late));
        inner.into_iter().chain(self.later.front().map(|(at, _)| *at)).min()
    }

    fn owns(&self, seat: Seat, now: Now) -> bool {
        match self.mistake {
            Mistake::OwnsTooLong => self.seats.get(&seat).is_some_and(|seat| seat.granted),
            Mistake::OwnsNever => false,
            _ => self.inner.owns(seat, self.seen(now)),
        }
    }

    fn view(stored: &L::Stored) -> Option<View> {
        L::view(stored)
    }

    fn size(stored: &L::Stored) -> u64 {
        L::size(stored)
    }

    fn holdings(stored: &L::Stored, out: &mut Holdings) {
        L::holdings(stored, out);
    }

    fn profile(&self, seat: Seat, out: &mut Holdings) {
        self.inner.profile(seat, out);
    }

    fn damage(stored: &mut L::Stored, word: u32) {
        L::damage(stored, word);
    }
}

impl<L> Faulty<L>
where
    L: Library,
    L::Stored: Tamper,
    L::Message: Forge,
{
    /// Whether it is this mistake, and this is an occasion for it: every so manyth is.
    fn every(&mut self, nth: u32, mistake: Mistake) -> bool {
        if self.mistake != mistake {
            return false;
        }
        self.occasions += 1;
        self.occasions.is_multiple_of(nth)
    }

    /// What the library within takes the time to be.
    fn seen(&self, now: Now) -> Now {
        let other = self.job.0 % 2 == 1;
        let off_us = match self.mistake {
            Mistake::ClockAhead if other => 40_000_000,
            Mistake::ClockBehind if other => -40_000_000,
            _ => 0,
        };
        Now { wall: Stamp::from_micros(now.wall.as_micros() + off_us), ..now }
    }

    /// An input on its way in: what is left of it.
    fn heard(
        &mut self,
        now: Now,
        input: Input<L::Message>,
        out: &mut Vec<Effect<L::Message>>,
    ) -> Option<Input<L::Message>> {
        let drops = match &input {
            Input::Join { seat, key } => {
                let sitting =
                    Sitting { key: *key, granted: false, hidden: false, written: Vec::new() };
                self.seats.insert(*seat, sitting);
                return self.joins(now, *seat, *key, out).then_some(input);
            }
            Input::Leave { seat } => {
                if self.mistake == Mistake::ReleasedEarly && self.granted(*seat) {
                    tell(out, *seat, Notice::Released { saved: true });
                }
                self.mistake == Mistake::LeavesDropped || self.every(5, Mistake::SomeLeavesDropped)
            }
            Input::Cancel { .. } => self.mistake == Mistake::CancelsDropped,
            Input::Close => self.mistake == Mistake::CloseDropped,
            Input::Save { seat } => {
                let early = self.mistake == Mistake::ReturnsEarly;
                if early && self.granted(*seat) {
                    tell(out, *seat, Notice::SaveReturned { callers: 1, result: Ok(()) });
                }
                early || self.mistake == Mistake::SavesDropped
            }
            Input::Edit { seat, .. } => {
                if self.mistake == Mistake::SavedAlways && self.granted(*seat) {
                    tell(out, *seat, Notice::Saved);
                }
                self.every(5, Mistake::EditsDropped)
            }
            Input::Heard(message) => {
                if self.mistake == Mistake::AnswersForAnybody
                    && let Some((topic, message)) = message.answer()
                {
                    out.push(Effect::Publish { topic, message, awaited: false });
                }
                self.mistake == Mistake::MessagesDropped
                    || self.mistake == Mistake::AnswersDropped
                        && message.kind() == MessageKind::Answer
            }
            Input::Replied { op, result, .. } => {
                let failed = result.is_err();
                return self.replied(*op, failed, out).then_some(input);
            }
            Input::Tick
            | Input::Open { .. }
            | Input::Subscribed { .. }
            | Input::Published { .. }
            | Input::Outside { .. } => false,
        };
        (!drops).then_some(input)
    }

    fn is_hidden(&self, seat: Seat) -> bool {
        self.seats.get(&seat).is_some_and(|seat| seat.hidden)
    }

    fn granted(&self, seat: Seat) -> bool {
        self.seats.get(&seat).is_some_and(|seat| seat.granted)
    }

    /// Whether the library within is told of a start.
    fn joins(&mut self, now: Now, seat: Seat, key: Key, out: &mut Vec<Effect<L::Message>>) -> bool {
        let rejects = self.mistake == Mistake::RejectsAll || self.every(5, Mistake::RejectsSome);
        if rejects {
            for notice in [Notice::Rejected { reason: &REJECTED }, Notice::Ended] {
                out.push(Effect::Tell { seat, notice });
            }
            self.seats.remove(&seat);
            return false;
        }
        if self.mistake == Mistake::GrantsEarly {
            let granted = Notice::Granted { how: &GRANTED, edits: 0, calls: 0, retries: 0 };
            out.push(Effect::Tell { seat, notice: granted });
        }
        if self.mistake == Mistake::HoldsStarts {
            let at = now.mono + Duration::from_secs(240);
            self.later.push_back((at, Later::Join { seat, key }));
            return false;
        }
        true
    }

    /// Whether the library within is told of an answer.
    fn replied(&mut self, op: Op, failed: bool, out: &mut Vec<Effect<L::Message>>) -> bool {
        if op.0 >= OWN {
            return false;
        }
        if let Some(call) = self.calls.get_mut(&op)
            && self.mistake == Mistake::RetriesAtOnce
            && failed
            && call.attempt < 30
        {
            call.attempt += 1;
            let &mut Call { seat, kind, request, attempt, .. } = call;
            let place = call.place.clone();
            out.push(Effect::Call { op, place, seat, request, kind, attempt });
            return false;
        }
        self.end_call(op);
        true
    }

    fn end_call(&mut self, op: Op) {
        if let Some(Call { twin: Some(twin), .. }) = self.calls.remove(&op) {
            self.twins.remove(&twin);
        }
    }

    /// An effect on its way out.
    fn carry(&mut self, now: Now, effect: Effect<L::Message>, out: &mut Vec<Effect<L::Message>>) {
        match effect {
            Effect::Call { kind: CallKind::Save, .. } if self.mistake == Mistake::SavesUnsent => {}
            Effect::Call { op, place, seat, request, kind, attempt } => {
                let mut place = place;
                if let (Mistake::WrongKey, Place::Player(key)) = (self.mistake, &place) {
                    place = Place::Player(Key(key.0 ^ 1));
                }
                let twin = self.twin(op, kind);
                let call =
                    Call { seat, kind, place: place.clone(), request, attempt, first: None, twin };
                self.calls.insert(op, call);
                for op in [Some(op), twin].into_iter().flatten() {
                    let place = place.clone();
                    out.push(Effect::Call { op, place, seat, request, kind, attempt });
                }
                if let (Mistake::SavedEarly, CallKind::Save, Some(seat)) =
                    (self.mistake, kind, seat)
                {
                    out.push(Effect::Tell { seat, notice: Notice::Saved });
                }
            }
            Effect::Subscribe(_) if self.mistake == Mistake::NeverSubscribes => {}
            Effect::Tell { seat, notice } => self.tells(now, seat, notice, out),
            effect => out.push(effect),
        }
    }

    /// Another call of the same, if that is the mistake.
    fn twin(&mut self, op: Op, kind: CallKind) -> Option<Op> {
        if self.mistake != Mistake::CallsTwice || kind == CallKind::Acquire {
            return None;
        }
        let twin = self.own_call();
        self.twins.insert(twin, op);
        Some(twin)
    }

    fn own_call(&mut self) -> Op {
        self.own_calls += 1;
        Op(OWN + self.own_calls)
    }

    /// A notice on its way out.
    fn tells(&mut self, now: Now, seat: Seat, notice: Notice, out: &mut Vec<Effect<L::Message>>) {
        let mut times = 1;
        let mut notice = notice;
        match (self.mistake, &mut notice) {
            (Mistake::LossHidden, Notice::Ended) if self.is_hidden(seat) => times = 0,
            (Mistake::StartsUnanswered, Notice::Granted { .. } | Notice::Rejected { .. })
            | (Mistake::NeverEnds, Notice::Ended)
            | (Mistake::LossHidden, Notice::Lost { .. })
            | (Mistake::RefusalsSwallowed, Notice::EditRefused)
            | (Mistake::ReturnsSwallowed, Notice::SaveReturned { .. }) => times = 0,
            (Mistake::GrantsTwice, Notice::Granted { .. })
            | (Mistake::EndsTwice, Notice::Ended)
            | (Mistake::SavedTwice, Notice::Saved)
            | (Mistake::ReturnsTwice, Notice::SaveReturned { .. }) => times = 2,
            (Mistake::ReleasedUnsaved, Notice::Released { saved }) => *saved = true,
            _ => {}
        }
        if let (Notice::Granted { .. }, Some(sitting)) = (&notice, self.seats.get_mut(&seat)) {
            sitting.granted = true;
        }
        if let (Mistake::LossHidden, Notice::Lost { .. }, Some(sitting)) =
            (self.mistake, &notice, self.seats.get_mut(&seat))
        {
            sitting.hidden = true;
        }
        for _ in 0..times {
            out.push(Effect::Tell { seat, notice });
        }
        match notice {
            Notice::Saved if self.mistake == Mistake::SavesOften => {
                let mut more = Vec::new();
                self.inner.on(self.seen(now), Input::Save { seat }, &mut more);
                for effect in more {
                    if !matches!(effect, Effect::Tell { notice: Notice::SaveReturned { .. }, .. }) {
                        self.carry(now, effect, out);
                    }
                }
            }
            Notice::Ended => self.ended(now, seat),
            _ => {}
        }
    }

    /// A session has ended: what it wrote last may be written again.
    fn ended(&mut self, now: Now, seat: Seat) {
        let Some(Sitting { key, written, .. }) = self.seats.remove(&seat) else { return };
        let after = match self.mistake {
            Mistake::ReleasesTwice => 5,
            Mistake::WritesLate => 20,
            _ => return,
        };
        let value = match self.mistake {
            Mistake::ReleasesTwice => written.into_iter().next_back(),
            _ => written.into_iter().rev().nth(1),
        };
        if let Some(value) = value {
            let at = now.mono + Duration::from_secs(after);
            self.later.push_back((at, Later::Set { key, value }));
        }
    }

    /// What it has put off is due.
    fn catch_up(&mut self, now: Now, out: &mut Vec<Effect<L::Message>>) {
        while self.later.front().is_some_and(|(at, _)| *at <= now.mono) {
            let Some((_, what)) = self.later.pop_front() else { return };
            match what {
                Later::Join { seat, key } => {
                    let mut wanted = Vec::new();
                    self.inner.on(self.seen(now), Input::Join { seat, key }, &mut wanted);
                    for effect in wanted {
                        self.carry(now, effect, out);
                    }
                }
                Later::Set { key, value } => {
                    let (op, place) = (self.own_call(), Place::Player(key));
                    self.blind.insert(op, value);
                    let (request, kind) = (Request::Set, CallKind::Save);
                    out.push(Effect::Call { op, place, seat: None, request, kind, attempt: 0 });
                }
            }
        }
    }

    /// What is shown to a transform in the place of what it found, if it is something else.
    fn freed(&self, kind: CallKind, found: Option<Found<'_, L::Stored>>) -> Option<L::Stored> {
        if self.mistake != Mistake::LeaseIgnored || kind != CallKind::Acquire {
            return None;
        }
        let mut value = found?.value.clone();
        value.free();
        Some(value)
    }

    /// A write on its way out.
    fn writes(
        &mut self,
        op: Op,
        kind: CallKind,
        mut write: Write<L::Stored>,
    ) -> Decision<L::Stored> {
        let kind = write.kind.unwrap_or(kind);
        let saves = kind == CallKind::Save;
        if saves && self.every(10, Mistake::SavesCancelled) {
            return Decision::Cancel;
        }
        let replays = saves && self.every(5, Mistake::DataReplayed);
        let rewrites = saves && self.every(5, Mistake::RecordReplayed);
        let seat = self.calls.get(&op).and_then(|call| call.seat);
        if let Some(sitting) = seat.and_then(|seat| self.seats.get_mut(&seat)) {
            let earlier = sitting.written.iter().rev().nth(1);
            if let Some(earlier) = earlier.filter(|_| replays) {
                write.value.bring(earlier);
            } else if let Some(earlier) = earlier.filter(|_| rewrites) {
                write.value = earlier.clone();
            }
            sitting.written.push(write.value.clone());
            if sitting.written.len() > 4 {
                sitting.written.remove(0);
            }
        }
        match self.mistake {
            Mistake::SaveReleases if saves => write.value.free(),
            Mistake::OwnerForged if saves => write.value.give(JobId(self.job.0 + 1)),
            Mistake::LeaseEndless if kind != CallKind::Release => write.value.never_ends(),
            Mistake::HashWrong if saves => L::damage(&mut write.value, 0),
            _ => {}
        }
        if let Some(call) = self.calls.get_mut(&op) {
            call.first.get_or_insert_with(|| write.clone());
        }
        Decision::Write(write)
    }
}

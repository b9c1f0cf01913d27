//! The store of one server: its breaker, its session starts and its sessions.
//!
//! The store asks the breaker before each call, takes the answers back to whoever called, answers
//! other servers' challenges, and knows which seat is due next without looking at all of them. It
//! decides nothing else: the machines that it holds do.
//!
//! ```text
//!                      .----------------------- Store ------------------------.
//!   user -----input--> |  seat 0: Start --granted--> Session --.              | --Call-----> datastore
//!                      |  seat 1: Session                      +--> Breaker --+ --Publish--> messaging
//!   replies, messages->|  seat 2: ...                        --'  fails fast  | --Tell-----> user
//!                      '------------------------------------------------------'
//! ```
//!
//! Laws: a key has one session at a time on this server, its release included (rule S6); a reply
//! that nobody waits for is inert; no seat beyond [`SEATS_MAX`] is ever filled. Not here: which
//! datastore, what messaging, whose clock.

use super::api::{Call, Effect, Input, Message, Mode, ProfileMetadata, Status};
use super::breaker::{self, Breaker, BreakerPhase, Epoch};
use super::notice::{CallKind, Notice, SaveError, StartError, StoreError};
use super::rules::{Messaging, Rules};
use super::session::{self, Session};
use super::start::{self, Start};
use super::update::{Outcome, Template, Update};
use crate::deadlines::Deadlines;
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{JobId, Key, OpId, OpIds, Owner, SEATS_MAX, Seat, SessionId};
use crate::planted::Planted;
use crate::time::{Instant, Now};
use crate::warm;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Store<D: Document> {
    /// Shared by all servers of a world: looked at in every call, so it is better in one place.
    rules: Arc<Rules>,
    template: Template<D>,
    job: JobId,
    mode: Mode,
    closing: bool,
    breaker: Breaker,
    sessions: u32,
    slots: Vec<Slot<D>>,
    /// Who has a key: the session that is being released goes before the start that waits for it.
    keys: BTreeMap<Key, Seat>,
    deadlines: Deadlines,
    strays: Vec<Stray>,
}

/// A call that outlives its session. Only the breaker waits for it still: it may be the probe
/// (rules B2, S8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stray {
    op: OpId,
    epoch: Epoch,
    until: Instant,
}

/// A seat. The ids outlive whoever sits there.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(64))]
struct Slot<D> {
    ops: OpIds,
    epoch: Epoch,
    key: Key,
    /// The start that waits for this session's release.
    next: Option<Seat>,
    machine: Machine<D>,
}

#[derive(Clone, Debug, PartialEq)]
enum Machine<D> {
    Empty,
    Start(Start),
    Session(Session<D>),
}

impl<D: Document> Store<D> {
    /// The store of one life of a server. It does nothing until [`Input::Open`].
    ///
    /// # Panics
    /// If the rules contradict each other: see [`Rules::check`].
    pub fn new(rules: impl Into<Arc<Rules>>, template: Template<D>, job: JobId) -> Store<D> {
        let rules: Arc<Rules> = rules.into();
        let errors = rules.check();
        assert!(errors.is_empty(), "the rules contradict each other: {errors:?}");
        Store {
            breaker: Breaker::new(rules.breaker),
            rules,
            template,
            job,
            mode: Mode::Unavailable,
            closing: false,
            sessions: 0,
            slots: Vec::new(),
            keys: BTreeMap::new(),
            deadlines: Deadlines::default(),
            strays: Vec::new(),
        }
    }

    /// Handles an input.
    pub fn on(&mut self, now: Now, input: Input<D>, out: &mut Effects<Effect<D>>) {
        match input {
            Input::Open { datastore } => self.open(datastore, out),
            Input::Start { seat, key } => self.start(now, seat, key, out),
            Input::Cancel { seat } => {
                self.start_on(now, seat, start::Input::Cancel(StartError::Cancelled), out);
            }
            Input::Edit { seat, edit } => {
                if !self.session_on(now, seat, session::Input::Edit(edit), out) {
                    out.push(Effect::Tell { seat, notice: Notice::EditRefused });
                }
            }
            Input::Save { seat } => {
                if !self.session_on(now, seat, session::Input::Save, out) {
                    let result = Err(SaveError::Inactive);
                    let notice = Notice::SaveReturned { callers: 1, result };
                    out.push(Effect::Tell { seat, notice });
                }
            }
            Input::Release { seat } => {
                if !self.session_on(now, seat, session::Input::Release, out) {
                    // Released before it was granted: the caller does not want it any more.
                    self.start_on(now, seat, start::Input::Cancel(StartError::Cancelled), out);
                }
            }
            Input::Replied { op, result, random } => self.replied(now, op, result, random, out),
            Input::Heard(message) => self.heard(now, message, out),
            Input::Close => self.close(now, out),
            Input::Tick => self.tick(now, out),
        }
    }

    fn open(&mut self, datastore: bool, out: &mut Effects<Effect<D>>) {
        let Rules { simulation, auto_fallback, .. } = *self.rules;
        self.mode = match (datastore, auto_fallback) {
            _ if simulation => Mode::Simulation,
            (true, _) => Mode::Production,
            (false, true) => Mode::Simulation,
            (false, false) => Mode::Unavailable,
        };
        match self.mode {
            Mode::Production => out.push(Effect::Subscribe(self.job)),
            // Nobody can be asked, and silence means nothing (rule M3).
            Mode::Simulation if self.rules.messaging == Messaging::Enabled => {
                Arc::make_mut(&mut self.rules).messaging = Messaging::PresumeAlive;
            }
            Mode::Simulation | Mode::Unavailable => {}
        }
        if self.mode == Mode::Simulation && !simulation {
            out.push(Effect::Tell { seat: Seat(0), notice: Notice::FellBack });
        }
    }

    fn start(&mut self, now: Now, seat: Seat, key: Key, out: &mut Effects<Effect<D>>) {
        let refuse = |why, out: &mut Effects<Effect<D>>| {
            out.push(Effect::Tell { seat, notice: Notice::StartFailed(why) });
        };
        if seat.0 >= SEATS_MAX {
            // There is no such seat, so no session will ever be had there.
            refuse(StartError::Unavailable, out);
            out.push(Effect::Tell { seat, notice: Notice::Ended });
            return;
        }
        if !matches!(self.slot(seat).machine, Machine::Empty) {
            // Not `Ended`: the seat is still somebody's.
            return refuse(StartError::AlreadyActive, out);
        }
        let occupant = self.keys.get(&key).copied();
        let second = self.rules.planted.has(Planted::SecondSession);
        let behind = occupant.filter(|&seat| !second && self.is_releasing(seat));
        let blocked = match (occupant, behind) {
            _ if second => false,
            (None, _) => false,
            (Some(_), None) => true,
            (Some(_), Some(releasing)) => self.slot(releasing).next.is_some(),
        };
        let refusal = match (self.closing, self.mode) {
            (true, _) => Some(StartError::ShuttingDown),
            (false, Mode::Unavailable) => Some(StartError::Unavailable),
            (false, Mode::Production | Mode::Simulation) => {
                blocked.then_some(StartError::AlreadyActive)
            }
        };
        if let Some(why) = refusal {
            refuse(why, out);
            out.push(Effect::Tell { seat, notice: Notice::Ended });
            return;
        }
        self.sessions += 1;
        let owner = Owner { job: self.job, session: SessionId(self.sessions) };
        let slot = &mut self.slots[seat.0 as usize];
        slot.key = key;
        slot.machine = Machine::Start(Start::new(&self.rules, now.mono, key, owner, slot.ops));
        match behind {
            Some(releasing) => {
                self.slot(releasing).next = Some(seat);
                self.rearm(seat);
            }
            None => {
                self.keys.insert(key, seat);
                self.start_on(now, seat, start::Input::Begin, out);
            }
        }
    }

    fn replied(
        &mut self,
        now: Now,
        op: OpId,
        result: Result<Outcome<D>, StoreError>,
        random: u64,
        out: &mut Effects<Effect<D>>,
    ) {
        let seat = op.seat;
        let Some(slot) = self.slots.get(seat.0 as usize) else { return };
        if slot.machine.awaits() != Some(op) {
            // Late: it was given up on, which the breaker has counted already; or nobody but the
            // breaker cares.
            if let Some(nth) = self.strays.iter().position(|stray| stray.op == op) {
                let stray = self.strays.remove(nth);
                self.count(now, stray.epoch, result.is_err(), out);
            }
            return;
        }
        self.count(now, slot.epoch, result.is_err(), out);
        match self.slots[seat.0 as usize].machine {
            Machine::Empty => {}
            Machine::Start(_) => {
                self.start_on(now, seat, start::Input::Replied { op, result, random }, out);
            }
            Machine::Session(_) => {
                self.session_on(now, seat, session::Input::Replied { op, result, random }, out);
            }
        }
    }

    /// Tells the breaker how a call ended, and the user if that changes anything.
    fn count(&mut self, now: Now, epoch: Epoch, failed: bool, out: &mut Effects<Effect<D>>) {
        let mut decided = Effects::new();
        self.breaker.on(now.mono, breaker::Input::Answered { epoch, failed }, &mut decided);
        for effect in decided {
            let notice = match effect {
                breaker::Effect::Opened(opening) => Notice::CircuitOpened(opening),
                breaker::Effect::Closed => Notice::CircuitClosed,
                breaker::Effect::Pass(_) | breaker::Effect::FailFast { .. } => continue,
            };
            out.push(Effect::Tell { seat: Seat(0), notice });
        }
    }

    fn heard(&mut self, now: Now, message: Message, out: &mut Effects<Effect<D>>) {
        match message {
            Message::Challenge { key, claim, from } => {
                let Some(&seat) = self.keys.get(&key) else { return };
                let Some(session) = self.session(seat) else { return };
                if session.answers(&self.rules, now, claim) {
                    let message = Message::Answer { key, claim, to: from };
                    out.push(Effect::Publish { to: from.job, message });
                }
            }
            Message::Answer { key, claim, to } => {
                let Some(&seat) = self.keys.get(&key) else { return };
                let Machine::Start(start) = &self.slot(seat).machine else { return };
                if start.owner() == to {
                    self.start_on(now, seat, start::Input::Answered(claim), out);
                }
            }
        }
    }

    fn close(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        self.closing = true;
        for seat in (0..self.slots.len() as u32).map(Seat) {
            self.start_on(now, seat, start::Input::Cancel(StartError::ShuttingDown), out);
            self.session_on(now, seat, session::Input::Release, out);
        }
    }

    fn tick(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        while let Some(nth) = self.strays.iter().position(|stray| stray.until <= now.mono) {
            let stray = self.strays.remove(nth);
            self.count(now, stray.epoch, true, out);
        }
        while let Some(seat) = self.deadlines.first()
            && self.deadlines.earliest().is_some_and(|at| at <= now.mono)
        {
            let before = self.deadlines.earliest();
            if !self.session_on(now, seat, session::Input::Tick, out) {
                self.start_on(now, seat, start::Input::Tick, out);
            }
            let after = self.slots[seat.0 as usize].machine.deadline();
            assert!(after.is_none() || after > before, "{seat} does nothing with its tick");
        }
    }

    /// Hands an input to the start in a seat. False if there is none.
    fn start_on(
        &mut self,
        now: Now,
        seat: Seat,
        input: start::Input<D>,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        let mut wanted = Effects::new();
        let context = (&*self.rules, &self.template);
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return false };
        let Machine::Start(start) = &mut slot.machine else { return false };
        start.on(context, now, input, &mut wanted);
        let (ops, owner) = (start.ops(), start.owner());
        self.rearm(seat);
        for effect in wanted {
            match effect {
                start::Effect::Call { op, attempt, update } => {
                    let kind = CallKind::Acquire;
                    if let Err(retry_at) = self.call(now, op, kind, attempt, update, out) {
                        self.start_on(now, seat, start::Input::ShortCircuited { retry_at }, out);
                    }
                }
                start::Effect::TimedOut => {
                    let epoch = self.slot(seat).epoch;
                    self.count(now, epoch, true, out);
                }
                start::Effect::Publish(claim) => {
                    let message =
                        Message::Challenge { key: self.slot(seat).key, claim, from: owner };
                    out.push(Effect::Publish { to: claim.owner.job, message });
                }
                start::Effect::Tell(notice) => out.push(Effect::Tell { seat, notice }),
                start::Effect::Won(granted) => self.granted(now, seat, owner, granted, out),
                start::Effect::Ended => self.ended(now, seat, ops, out),
            }
        }
        true
    }

    /// A session begins in the seat of its start, or is given back at once if nobody wants it (rule
    /// S4).
    fn granted(
        &mut self,
        now: Now,
        seat: Seat,
        owner: Owner,
        granted: start::Won<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        let notice = match granted.unwanted {
            None => Notice::Loaded(granted.load),
            Some(why) => Notice::StartFailed(why),
        };
        let kept = self.rules.planted.has(Planted::UnwantedKept);
        let unwanted = granted.unwanted.is_some() && !kept;
        let session = Session::new(&self.rules, &self.template, now, owner, granted);
        self.slot(seat).machine = Machine::Session(session);
        self.rearm(seat);
        out.push(Effect::Tell { seat, notice });
        if unwanted {
            self.session_on(now, seat, session::Input::Release, out);
        }
    }

    /// Hands an input to the session in a seat. False if there is none.
    fn session_on(
        &mut self,
        now: Now,
        seat: Seat,
        input: session::Input<D>,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        let mut wanted = Effects::new();
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return false };
        let Machine::Session(session) = &mut slot.machine else { return false };
        session.on(&self.rules, now, input, &mut wanted);
        let (ops, epoch) = (session.ops(), slot.epoch);
        let stray = session.stray().map(|(op, until)| Stray { op, epoch, until });
        if !self.rules.planted.has(Planted::StraysForgotten) {
            self.strays.extend(stray);
        }
        self.rearm(seat);
        for effect in wanted {
            match effect {
                session::Effect::Call { op, kind, attempt, update } => {
                    if let Err(retry_at) = self.call(now, op, kind, attempt, update, out) {
                        self.session_on(
                            now,
                            seat,
                            session::Input::ShortCircuited { retry_at },
                            out,
                        );
                    }
                }
                session::Effect::TimedOut => {
                    let epoch = self.slot(seat).epoch;
                    self.count(now, epoch, true, out);
                }
                session::Effect::Tell(notice) => out.push(Effect::Tell { seat, notice }),
                session::Effect::Ended => self.ended(now, seat, ops, out),
            }
        }
        true
    }

    /// Makes a call if the breaker lets it through; else says when it is worth asking again.
    fn call(
        &mut self,
        now: Now,
        op: OpId,
        kind: CallKind,
        attempt: u32,
        update: Update<D>,
        out: &mut Effects<Effect<D>>,
    ) -> Result<(), Instant> {
        let (seat, mode) = (op.seat, self.mode);
        let mut decided = Effects::new();
        self.breaker.on(now.mono, breaker::Input::Ask, &mut decided);
        for effect in decided {
            match effect {
                breaker::Effect::Pass(epoch) => {
                    let slot = self.slot(seat);
                    slot.epoch = epoch;
                    let key = slot.key;
                    out.push(Effect::Call(Call { op, key, kind, attempt, mode, update }));
                    return Ok(());
                }
                breaker::Effect::FailFast { retry_at } => {
                    out.push(Effect::ShortCircuited { seat, kind });
                    return Err(retry_at);
                }
                breaker::Effect::Opened(_) | breaker::Effect::Closed => {}
            }
        }
        unreachable!("the breaker answers whoever asks");
    }

    /// Frees a seat, and lets in whoever waited for its key.
    fn ended(&mut self, now: Now, seat: Seat, ops: OpIds, out: &mut Effects<Effect<D>>) {
        let slot = self.slot(seat);
        slot.machine = Machine::Empty;
        slot.ops = ops;
        let (key, next) = (slot.key, slot.next.take());
        self.rearm(seat);
        out.push(Effect::Tell { seat, notice: Notice::Ended });
        if self.keys.get(&key) != Some(&seat) {
            // It was waiting itself: its predecessor forgets it.
            if let Some(&occupant) = self.keys.get(&key)
                && self.slot(occupant).next == Some(seat)
            {
                self.slot(occupant).next = None;
            }
            return;
        }
        self.keys.remove(&key);
        if let Some(next) = next {
            self.keys.insert(key, next);
            self.start_on(now, next, start::Input::Begin, out);
        }
    }

    /// A seat of which it is known that it exists: `start` has refused all others.
    fn slot(&mut self, seat: Seat) -> &mut Slot<D> {
        let nth = seat.0 as usize;
        while self.slots.len() <= nth {
            let seat = Seat(self.slots.len() as u32);
            self.slots.push(Slot {
                ops: OpIds::new(seat),
                epoch: Epoch::default(),
                key: Key(0),
                next: None,
                machine: Machine::Empty,
            });
        }
        &mut self.slots[nth]
    }

    fn machine(&self, seat: Seat) -> Option<&Machine<D>> {
        self.slots.get(seat.0 as usize).map(|slot| &slot.machine)
    }

    fn session(&self, seat: Seat) -> Option<&Session<D>> {
        match self.machine(seat) {
            Some(Machine::Session(session)) => Some(session),
            _ => None,
        }
    }

    fn is_releasing(&self, seat: Seat) -> bool {
        self.session(seat).is_some_and(Session::is_releasing)
    }

    fn rearm(&mut self, seat: Seat) {
        let at = self.machine(seat).and_then(Machine::deadline);
        self.deadlines.set(seat, at);
    }

    /// When this wants a tick: the earliest deadline of all seats, and of the rare call that
    /// outlives its session.
    pub fn deadline(&self) -> Option<Instant> {
        let stray = self.strays.iter().map(|stray| stray.until).min();
        self.deadlines.earliest().into_iter().chain(stray).min()
    }

    /// `IsActive()`: whether the session in a seat considers itself owner of its key (rules
    /// [D1](super::protocol#D1), [W7](super::protocol#W7)). Pure.
    pub fn is_active(&self, seat: Seat, now: Now) -> bool {
        self.session(seat).is_some_and(|session| session.is_active(now))
    }

    /// The data of the session in a seat.
    pub fn data(&self, seat: Seat) -> Option<&D> {
        self.session(seat).map(Session::data)
    }

    /// `Profile.Metadata` of the session in a seat.
    pub fn metadata(&self, seat: Seat) -> Option<ProfileMetadata> {
        let key = self.slots.get(seat.0 as usize)?.key;
        self.session(seat).map(|session| session.metadata(key))
    }

    /// The seat that a tick will be about first, if there is one.
    #[doc(hidden)]
    pub fn due(&self) -> Option<Seat> {
        self.deadlines.first()
    }

    /// Something will soon be said to it: asks for what will be looked at, whomever it is about.
    #[doc(hidden)]
    pub fn warm(&self) {
        warm::value(&self.breaker);
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
        match self.machine(seat) {
            Some(Machine::Session(session)) => session.warm(),
            Some(Machine::Start(start)) => warm::value(start),
            Some(Machine::Empty) | None => {}
        }
    }

    /// `GetStatus()` (rule [M2](super::protocol#M2)).
    pub fn status(&self) -> Status {
        Status { enabled: self.mode != Mode::Unavailable, mode: self.mode }
    }

    /// How the circuit breaker looks.
    pub fn breaker(&self) -> BreakerPhase {
        self.breaker.phase()
    }

    /// How many seats are taken, by starts or sessions (rule [W9](super::protocol#W9)).
    pub fn seats_taken(&self) -> usize {
        self.slots.iter().filter(|slot| !matches!(slot.machine, Machine::Empty)).count()
    }
}

impl<D: Document> Machine<D> {
    fn deadline(&self) -> Option<Instant> {
        let deadline = match self {
            Machine::Empty => None,
            Machine::Start(start) => start.deadline(),
            Machine::Session(session) => session.deadline(),
        };
        deadline.map(|deadline| deadline.at)
    }

    fn awaits(&self) -> Option<OpId> {
        match self {
            Machine::Empty => None,
            Machine::Start(start) => start.awaits(),
            Machine::Session(session) => session.awaits(),
        }
    }
}

#[cfg(test)]
mod tests;

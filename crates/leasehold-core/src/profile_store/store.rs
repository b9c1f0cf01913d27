//! The store of one server: its starts, its profiles, its callers, and what they share.
//!
//! They share a queue of calls for each key, a map of which profile of a key is the active one, the
//! auto-save's list, the issues that make the state critical, and the jobs of starts that load the
//! same key. The store carries calls out and answers back, and does what the library does in the
//! order in which it does it; what each part decides is in the part's own file.
//!
//! ```text
//!                          .--------------------------- Store ----------------------------.
//!   user ---------input--> |  seat 0: Start --granted--> Profile --.                      | --Call-----> datastore
//!   replies, end requests->|  seat 1: Caller --> view              +--> the key's queue --+ --Publish--> messaging
//!   heartbeats ----------> |  seat 2: Query                      --'    (or Mock)         | --Tell-----> user
//!                          |  AutoSave, Critical, load jobs, active sessions              |
//!                          '--------------------------------------------------------------'
//! ```
//!
//! Laws: a key has one call under way at a time (V3); a queue that waits for a call that hangs, or
//! for a thread that is dead, waits for ever (hazards H-G1, H-G2); a reply that nobody waits for is
//! inert; an input has a bounded number of effects, but for the tick after a stall, which brings
//! all saves that the auto-save owes (hazard H-A2). Not here: which datastore, what messaging,
//! whose clock.

mod calling;
mod looks;
mod methods;
mod querying;
mod saving;
mod starting;

use super::api::{Act, DataStoreState, Effect, Host, Input, Listener, Mode, Token};
use super::autosave::{AutoSave, Step};
use super::caller::Caller;
use super::critical::Critical;
use super::mock::Mock;
use super::notice::{Notice, Refusal, Signal};
use super::profile::Profile;
use super::record::SessionGuid;
use super::rules::Rules;
use super::start::{self, Context, Start};
use super::versions::{NextCall, Query};
use crate::deadlines::Deadlines;
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Key, OpId, OpIds, SEATS_MAX, Seat};
use crate::time::{Instant, Now};
use crate::warm;
use calling::Flight;
use starting::StartJob;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Store<D: Document> {
    rules: Rules,
    template: Arc<D>,
    host: Host,
    state: DataStoreState,
    studio: bool,
    /// The state is known and was seen: in Studio that is on the heartbeat after its answer.
    ready: bool,
    ready_at: Option<Instant>,
    /// Who waits for that.
    waiting: VecDeque<Seat>,
    /// A heartbeat is being handled. What happens meanwhile is seen on it by all who look once a
    /// frame: they look last.
    on_heartbeat: bool,
    closing: Closing,
    slots: Vec<Slot<D>>,
    deadlines: Deadlines,
    /// The active profile of a token.
    active: BTreeMap<Token, Seat>,
    autosave: AutoSave,
    critical: Critical,
    /// The last heartbeat on which either had something to do; the next one is a frame away.
    beat: Option<Instant>,
    /// The first of a queue has the key.
    queues: BTreeMap<Token, VecDeque<OpId>>,
    flights: BTreeMap<OpId, Flight>,
    jobs: BTreeMap<(u8, Token), StartJob<D>>,
    topics: BTreeMap<SessionGuid, Topic>,
    mock: Mock<D>,
    guids: u32,
    loads: u64,
    load_jobs: u32,
    save_jobs: u32,
    /// Saves of the shutdown that have raised: it waits for them for ever.
    raised: u32,
}

/// A seat. The ids outlive whoever sits there.
#[derive(Clone, Debug, PartialEq)]
struct Slot<D: Document> {
    ops: OpIds,
    token: Token,
    mock: bool,
    machine: Machine<D>,
    listeners: Vec<Listener<D>>,
    /// A session that nobody wants: what its start returns once it is saved.
    unwanted: Option<Refusal>,
}

#[derive(Clone, Debug, PartialEq)]
enum Machine<D: Document> {
    Empty,
    Start(Box<Start>),
    Profile(Box<Profile<D>>),
    Caller(Caller<D>),
    Query(Box<Query>),
    /// A call of `NextAsync` that waits.
    Next(Box<NextCall<D>>),
    /// Its thread was cancelled.
    Dead,
}

/// A topic that is subscribed to, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Topic {
    seat: Seat,
    connected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// The shutdown handler looks at the jobs on this heartbeat, if there is any use.
    Waits(Option<Instant>),
    Closed,
}

impl<D: Document> Store<D> {
    /// The store of one life of a server. It does nothing until [`Input::Open`].
    ///
    /// # Panics
    /// If the rules make no sense: see [`Rules::check`].
    pub fn new(rules: Rules, template: D, host: Host) -> Store<D> {
        let errors = rules.check();
        assert!(errors.is_empty(), "the rules make no sense: {errors:?}");
        Store {
            rules,
            template: Arc::new(template),
            host,
            state: DataStoreState::NotReady,
            studio: false,
            ready: false,
            ready_at: None,
            waiting: VecDeque::new(),
            on_heartbeat: false,
            closing: Closing::No,
            slots: Vec::new(),
            deadlines: Deadlines::default(),
            active: BTreeMap::new(),
            autosave: AutoSave::default(),
            critical: Critical::default(),
            beat: None,
            queues: BTreeMap::new(),
            flights: BTreeMap::new(),
            jobs: BTreeMap::new(),
            topics: BTreeMap::new(),
            mock: Mock::new(),
            guids: 0,
            loads: 0,
            load_jobs: 0,
            save_jobs: 0,
            raised: 0,
        }
    }

    /// Handles an input.
    pub fn on(&mut self, now: Now, input: Input<D>, out: &mut Effects<Effect<D>>) {
        match input {
            Input::Open { state } => self.open(state, out),
            Input::Start { seat, key, params } => self.start(now, seat, key, params, out),
            Input::Cancel { seat } => {
                self.start_on(now, seat, start::Input::Cancel, out);
            }
            Input::Edit { .. }
            | Input::Spoil { .. }
            | Input::Reconcile { .. }
            | Input::AddUserId { .. }
            | Input::RemoveUserId { .. }
            | Input::SetMetadata { .. }
            | Input::Ack { .. } => self.change(input),
            Input::Save { seat } => self.user_save(now, seat, out),
            Input::EndSession { seat } => self.end_session(now, seat, out),
            Input::Set { seat } => self.set(now, seat, out),
            Input::Handle { seat, handler } => self.handle(seat, handler, out),
            Input::Message { .. } | Input::Get { .. } | Input::Remove { .. } => {
                self.method(now, input, out);
            }
            Input::Query { seat, key, range, mock } => {
                self.new_query(seat, (key, mock), range, out);
            }
            Input::Next { seat, view } => self.next(now, seat, view, out),
            Input::Forget { seat } => self.forget(seat, out),
            Input::Listen { seat, listener } => {
                if let Some(slot) = self.slots.get_mut(seat.0 as usize)
                    && matches!(slot.machine, Machine::Profile(_))
                {
                    slot.listeners.push(listener);
                }
            }
            Input::Kill { seat } => self.kill(seat),
            Input::Replied { op, result } => self.replied(now, op, result, out),
            Input::Subscribed { guid, ok } => self.subscribed(guid, ok, out),
            Input::Heard { guid, end_request } => self.heard(now, guid, end_request, out),
            Input::Close => self.close(now, out),
            Input::Tick => self.tick(now, out),
        }
        if self.closing == Closing::Waits(None) && self.is_quiet() {
            self.closing = Closing::Waits(Some(self.seen_at(now)));
        }
    }

    /// The heartbeat on which those who look once a frame see what happens now.
    fn seen_at(&self, now: Now) -> Instant {
        if self.on_heartbeat { now.mono } else { self.rules.seen(now.mono) }
    }

    fn open(&mut self, state: DataStoreState, out: &mut Effects<Effect<D>>) {
        if self.state != DataStoreState::NotReady || self.studio {
            return;
        }
        match state {
            DataStoreState::NotReady => {
                self.studio = true;
                self.probe(out);
            }
            known => self.known(known, None),
        }
    }

    /// The heartbeat whose own work, the auto-save and the critical state, sees what happens now:
    /// it comes first.
    fn heard_at(&self, now: Now) -> Instant {
        if self.on_heartbeat {
            self.rules.next_heartbeat(now.mono)
        } else {
            self.rules.seen(now.mono)
        }
    }

    /// The datastore's state is known, and never changes again. The module's methods see it at
    /// once, or on a heartbeat.
    fn known(&mut self, state: DataStoreState, seen_at: Option<Instant>) {
        self.state = state;
        self.ready = seen_at.is_none();
        self.ready_at = seen_at;
    }

    fn tick(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        self.on_heartbeat = true;
        self.heartbeat(now, out);
        while let Some((op, result)) = self.mock.returned(now.mono) {
            self.replied(now, op, result, out);
        }
        if self.ready_at.is_some_and(|at| at <= now.mono) {
            (self.ready, self.ready_at) = (true, None);
            for seat in std::mem::take(&mut self.waiting) {
                self.enter(now, seat, out);
            }
        }
        while let Some(seat) = self.deadlines.first()
            && self.deadlines.earliest().is_some_and(|at| at <= now.mono)
        {
            let before = self.deadlines.earliest();
            self.seat_tick(now, seat, out);
            let after = self.machine(seat).and_then(Machine::deadline);
            assert!(after.is_none() || after > before, "{seat} does nothing with its tick");
        }
        self.on_heartbeat = false;
        let looks = match self.closing {
            Closing::Waits(at) => at.is_none_or(|at| at <= now.mono),
            Closing::No | Closing::Closed => false,
        };
        if looks {
            self.closing = Closing::Waits(None);
            if self.is_quiet() {
                self.closed(out);
            }
        }
    }

    /// What the library does on each heartbeat: the auto-save, then the critical state. An error in
    /// the first skips the second (hazard H-A3).
    fn heartbeat(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        if self.next_beat().is_none_or(|at| at > now.mono) {
            return;
        }
        self.beat = Some(now.mono);
        if let Some(round) = self.autosave.round(&self.rules) {
            loop {
                match self.autosave.step(&self.rules, now.mono, round) {
                    Step::Save(Some(seat)) => self.plain_save(now, seat, out),
                    Step::Save(None) => {}
                    Step::Raised => {
                        out.push(Effect::Tell { seat: Seat(0), notice: Notice::HeartbeatRaised });
                        return;
                    }
                    Step::Over => break,
                }
            }
        }
        if self.critical.deadline(&self.rules).is_some_and(|at| at <= now.mono)
            && let Some(up) = self.critical.frame(&self.rules, now.mono)
        {
            out.push(Effect::Tell { seat: Seat(0), notice: Notice::Critical(up) });
        }
    }

    /// The heartbeat on which the auto-save or the critical state has something to do.
    fn next_beat(&self) -> Option<Instant> {
        let (saves, critical) =
            (self.autosave.deadline(&self.rules), self.critical.deadline(&self.rules));
        let due = saves.into_iter().chain(critical).min()?;
        Some(self.beat.map_or(due, |beat| due.max(self.rules.next_heartbeat(beat))))
    }

    fn seat_tick(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        match self.machine(seat) {
            Some(Machine::Start(start)) if start.is_awake(now.mono) => {
                self.take_load(now, seat, out);
            }
            Some(Machine::Start(_)) => {
                self.start_on(now, seat, start::Input::Tick, out);
            }
            Some(Machine::Profile(_)) => self.retry_saves(now, seat, out),
            Some(Machine::Caller(_)) => self.call_again(now, seat, out),
            Some(Machine::Next(_)) => self.next_returns(seat, out),
            Some(Machine::Empty | Machine::Query(_) | Machine::Dead) | None => {}
        }
    }

    /// `BindToClose` (section 4.5). Its handler is registered once the datastore's state is known
    /// and seen.
    fn close(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        if self.closing != Closing::No || !self.ready {
            return;
        }
        self.closing = Closing::Waits(None);
        for seat in (0..self.slots.len() as u32).map(Seat) {
            self.start_on(now, seat, start::Input::Close, out);
        }
        if self.state != DataStoreState::Access {
            self.closing = Closing::Waits(Some(self.rules.next_heartbeat(now.mono)));
            return;
        }
        let listed: Vec<Seat> = self.autosave.seats().collect();
        for seat in listed {
            if self.is_active(seat) && !self.shutdown_save(now, seat, out) {
                self.raised += 1;
            }
        }
        if self.is_quiet() {
            self.closed(out);
        }
    }

    fn closed(&mut self, out: &mut Effects<Effect<D>>) {
        self.closing = Closing::Closed;
        out.push(Effect::Tell { seat: Seat(0), notice: Notice::Closed });
    }

    /// Whether the shutdown handler has nothing more to wait for. Without access it does not look.
    fn is_quiet(&self) -> bool {
        let jobs = self.load_jobs + self.save_jobs + self.raised;
        self.state != DataStoreState::Access || jobs == 0
    }

    /// Fires a signal: its listeners run newest first, each in the middle of what fired it (section
    /// 4.3).
    fn fire(&mut self, now: Now, seat: Seat, signal: Signal, out: &mut Effects<Effect<D>>) {
        let listeners = self.slots.get(seat.0 as usize).map_or(0, |slot| slot.listeners.len());
        for nth in (0..listeners).rev() {
            let listener = self.slots[seat.0 as usize].listeners.get_mut(nth);
            let heard = listener.filter(|it| it.signal == signal && it.times > 0);
            let Some(listener) = heard else { continue };
            listener.times -= 1;
            match listener.act.clone() {
                Act::Edit(edit) => self.change(Input::Edit { seat, edit }),
                Act::Save => self.user_save(now, seat, out),
                Act::EndSession => self.end_session(now, seat, out),
                Act::EndSessionOf(other) => self.end_session(now, other, out),
                Act::Start { seat, key } => {
                    self.start(now, seat, key, Default::default(), out);
                }
            }
        }
    }

    /// Whether a seat may be taken. Says no if it may not.
    fn is_vacant(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) -> bool {
        let vacant = seat.0 < SEATS_MAX && matches!(self.slot(seat).machine, Machine::Empty);
        if !vacant {
            // Not `Ended`: the seat is still somebody's, or nobody will ever have it.
            let notice = Notice::Refused(Refusal::AlreadyActive);
            out.push(Effect::Tell { seat, notice });
        }
        vacant
    }

    /// The token of a key, as things stand.
    fn token(&self, key: Key, mock: bool) -> Token {
        let mode = match (mock, self.state) {
            (true, _) => Mode::Mock,
            (false, DataStoreState::Access | DataStoreState::NotReady) => Mode::Live,
            (false, DataStoreState::NoAccess | DataStoreState::NoInternet) => Mode::NoAccess,
        };
        Token { mode, key }
    }

    fn context(&self) -> Context<'_> {
        Context { rules: &self.rules, me: self.host.me, closing: self.is_closing() }
    }

    /// A seat of which it is known that it exists.
    fn slot(&mut self, seat: Seat) -> &mut Slot<D> {
        let nth = seat.0 as usize;
        while self.slots.len() <= nth {
            self.slots.push(Slot {
                ops: OpIds::new(Seat(self.slots.len() as u32)),
                token: Token { mode: Mode::Live, key: Key(0) },
                mock: false,
                machine: Machine::Empty,
                listeners: Vec::new(),
                unwanted: None,
            });
        }
        &mut self.slots[nth]
    }

    /// Frees a seat.
    fn ended(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let slot = self.slot(seat);
        slot.machine = Machine::Empty;
        slot.listeners.clear();
        self.rearm(seat);
        out.push(Effect::Tell { seat, notice: Notice::Ended });
    }

    fn rearm(&mut self, seat: Seat) {
        let at = self.machine(seat).and_then(Machine::deadline);
        self.deadlines.set(seat, at);
    }

    /// The seat that a tick will be about first, if there is one.
    #[doc(hidden)]
    pub fn due(&self) -> Option<Seat> {
        self.deadlines.first()
    }

    /// Something will soon be said to it: asks for what will be looked at, whomever it is about.
    #[doc(hidden)]
    pub fn warm(&self) {
        warm::value(&self.rules);
        warm::value(&self.slots);
        warm::value(&self.deadlines);
        warm::value(&self.autosave);
        warm::value(&self.critical);
        warm::value(&self.closing);
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
            Some(Machine::Start(start)) => warm::value(&**start),
            Some(Machine::Profile(profile)) => profile.warm(),
            _ => {}
        }
    }

    /// When this wants a tick: on the heartbeat on which the first wait of any part ends.
    pub fn deadline(&self) -> Option<Instant> {
        let closing = match self.closing {
            Closing::Waits(at) => at,
            Closing::No | Closing::Closed => None,
        };
        let shared = [
            self.next_beat(),
            self.mock.deadline(),
            self.ready_at,
            self.deadlines.earliest(),
            closing,
        ];
        shared.into_iter().flatten().min()
    }
}

impl<D: Document> Machine<D> {
    fn deadline(&self) -> Option<Instant> {
        match self {
            Machine::Start(start) => start.deadline(),
            Machine::Profile(profile) => profile.deadline(),
            Machine::Caller(caller) => caller.deadline(),
            Machine::Next(call) => call.deadline(),
            Machine::Empty | Machine::Query(_) | Machine::Dead => None,
        }
    }
}

#[cfg(test)]
mod tests;

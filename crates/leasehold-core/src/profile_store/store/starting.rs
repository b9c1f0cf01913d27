//! Starts, and the jobs by which starts of one server share a call (sections 3.1 and 3.5).
//!
//! A job belongs to whoever wrote itself into it last. So of three starts of a key that are made at
//! once the last one gets the session, with the first one's call and its own topic (hazard H-M5).

use super::{Closing, Machine, Store, Topic};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Key, Seat};
use crate::profile_store::api::{Effect, Method, Mode, Params, Purpose, Token};
use crate::profile_store::notice::{Load, Notice, Reason, Refusal};
use crate::profile_store::profile::{Profile, ProfileKind};
use crate::profile_store::record::{Record, SessionGuid};
use crate::profile_store::start::{self, LoadId, Start};
use crate::profile_store::update::SaveKind;
use crate::time::Now;

/// A load that is under way, or whose result nobody has taken yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StartJob<D: Document> {
    /// Whose result it will be.
    load: LoadId,
    /// What it came to: a record, or a failed call.
    result: Option<Option<Box<Record<D>>>>,
    joiners: Vec<Seat>,
}

impl<D: Document> Store<D> {
    pub(super) fn start(
        &mut self,
        now: Now,
        seat: Seat,
        key: Key,
        params: Params,
        out: &mut Effects<Effect<D>>,
    ) {
        if !self.is_vacant(seat, out) {
            return;
        }
        // `.Mock` passes no parameters on.
        let (steal, cancel) = (params.steal && !params.mock, params.cancel && !params.mock);
        let params = Params { steal, cancel, ..params };
        let closing = self.closing != Closing::No;
        let slot = self.slot(seat);
        slot.token.key = key;
        slot.mock = params.mock;
        slot.machine = Machine::Start(Box::new(Start::new(params)));
        if closing {
            self.refused(seat, Refusal::Closing, out);
        } else if self.ready {
            self.enter(now, seat, out);
        } else {
            self.waiting.push_back(seat);
        }
    }

    /// The datastore's state is known: a start or a method goes on.
    pub(super) fn enter(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        let slot = self.slot(seat);
        let (key, mock) = (slot.token.key, slot.mock);
        let token = self.token(key, mock);
        let active = self.active.contains_key(&token);
        let slot = self.slot(seat);
        slot.token = token;
        match &slot.machine {
            Machine::Start(_) if active => {
                self.refused(seat, Refusal::AlreadyActive, out);
            }
            Machine::Start(_) => {
                self.load_jobs += 1;
                self.start_on(now, seat, start::Input::Enter, out);
            }
            Machine::Caller(_) => self.call_first(now, seat, out),
            Machine::Next(_) => self.next_first(now, seat, out),
            _ => {}
        }
    }

    /// Hands an input to the start in a seat. False if there is none.
    pub(super) fn start_on(
        &mut self,
        now: Now,
        seat: Seat,
        input: start::Input<D>,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        let context = start::Context {
            rules: &self.rules,
            me: self.host.me,
            closing: self.closing != Closing::No,
        };
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return false };
        let Machine::Start(start) = &mut slot.machine else { return false };
        let mut wanted = Effects::new();
        start.on(context, now.mono, input, &mut wanted);
        self.rearm(seat);
        for effect in wanted {
            match effect {
                start::Effect::Attempt => self.attempt(now, seat, out),
                start::Effect::Publish(guid, end_request) => {
                    out.push(Effect::Publish { seat, guid, end_request });
                }
                start::Effect::Won(record) => self.granted(now, seat, *record, out),
                start::Effect::Refused(why) => {
                    self.load_jobs -= 1;
                    self.refused(seat, why, out);
                }
            }
        }
        true
    }

    fn refused(&mut self, seat: Seat, why: Refusal, out: &mut Effects<Effect<D>>) {
        out.push(Effect::Tell { seat, notice: Notice::Refused(why) });
        self.ended(seat, out);
    }

    fn start_mut(&mut self, seat: Seat) -> Option<(Token, &mut Start)> {
        let slot = self.slots.get_mut(seat.0 as usize)?;
        match &mut slot.machine {
            Machine::Start(start) => Some((slot.token, start)),
            _ => None,
        }
    }

    /// Makes a call for a start, or lets it share the one that is under way.
    fn attempt(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        self.loads += 1;
        self.guids = self.guids.wrapping_add(1);
        let load = LoadId(self.loads);
        let guid = SessionGuid { job: self.host.life, nth: self.guids };
        let op = self.slot(seat).ops.take();
        let Some((token, start)) = self.start_mut(seat) else { return };
        let object = (start.params.object, token);
        let failures = start.failures();
        if let Some(job) = self.jobs.get_mut(&object) {
            job.load = load;
            job.joiners.push(seat);
            let done = job.result.is_some();
            if let Some((_, start)) = self.start_mut(seat) {
                start.join(load, guid);
            }
            if done {
                self.take_load(now, seat, out);
            }
            return;
        }
        self.jobs.insert(object, StartJob { load, result: None, joiners: Vec::new() });
        if let Some((_, start)) = self.start_mut(seat) {
            start.ask(load, guid, op);
        }
        self.enqueue(now, op, Method::Update(Purpose::Load), failures, out);
    }

    /// A start's own call is over. Another start may have taken it over meanwhile.
    pub(super) fn loaded(
        &mut self,
        now: Now,
        seat: Seat,
        record: Option<Box<Record<D>>>,
        out: &mut Effects<Effect<D>>,
    ) {
        let seen_at = self.seen_at(now);
        let Some((token, start)) = self.start_mut(seat) else { return };
        let (object, load) = ((start.params.object, token), start.load());
        let Some(job) = self.jobs.get_mut(&object) else { return };
        if job.load == load {
            self.jobs.remove(&object);
            self.start_on(now, seat, start::Input::Answered(record), out);
            return;
        }
        job.result = Some(record);
        for joiner in job.joiners.clone() {
            if let Some((_, start)) = self.start_mut(joiner) {
                start.wake(seen_at);
                self.rearm(joiner);
            }
        }
        self.start_on(now, seat, start::Input::Stolen, out);
    }

    /// A start that shares a call sees that it is over: it looks once a frame, after whoever
    /// called.
    pub(super) fn take_load(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some((token, start)) = self.start_mut(seat) else { return };
        let (object, load) = ((start.params.object, token), start.load());
        let mine = self.jobs.get(&object).is_some_and(|job| job.load == load);
        let result = if mine { self.jobs.remove(&object).and_then(|job| job.result) } else { None };
        let input = match result {
            Some(record) => start::Input::Answered(record),
            None => start::Input::Stolen,
        };
        self.start_on(now, seat, input, out);
    }

    /// A session begins in the seat of its start, or is given back at once if nobody wants it.
    fn granted(&mut self, now: Now, seat: Seat, record: Record<D>, out: &mut Effects<Effect<D>>) {
        let closing = self.is_closing();
        let Some((token, start)) = self.start_mut(seat) else { return };
        let (guid, calls, unwanted) = (start.guid(), start.calls(), start.unwanted(closing));
        let kind = ProfileKind::Session { guid, loaded_at: now.mono, heard_at: Default::default() };
        let profile = Profile::new(record, &self.template, kind);
        let load = Load { loads: profile.loads, first_session: profile.first_session, calls };
        let slot = self.slot(seat);
        slot.machine = Machine::Profile(Box::new(profile));
        slot.unwanted = unwanted;
        self.rearm(seat);
        self.autosave.add((now.mono, self.heard_at(now)), seat, now.mono);
        self.active.insert(token, seat);
        if token.mode == Mode::Live {
            self.topics.insert(guid, Topic { seat, connected: false });
            out.push(Effect::Subscribe { seat, guid });
        }
        if unwanted.is_some() {
            self.save(now, seat, SaveKind::Final, Reason::Manual, out);
        } else {
            self.load_jobs -= 1;
            out.push(Effect::Tell { seat, notice: Notice::Loaded(load) });
        }
    }

    /// What the start of an unwanted session returns, once that is saved.
    pub(super) fn given_back(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        if let Some(why) = self.slot(seat).unwanted.take() {
            self.load_jobs -= 1;
            out.push(Effect::Tell { seat, notice: Notice::Refused(why) });
        }
    }
}

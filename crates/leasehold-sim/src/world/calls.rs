//! A datastore request, from being sent to being answered, or not: see `datastore` for the picture.

use super::World;
use crate::clock;
use crate::conditions::Condition;
use crate::config::{Inbound, Thrown};
use crate::datastore::{CallKey, Commit, InFlight, Phase};
use crate::draws::{CallWord, Draw, DrawKey, of};
use crate::fault::{Occasion, Site};
use crate::ids::{CellId, RequestId, ServerId, VisitId};
use crate::library::{self, Applied, CallKind, Decision, Error, Input, KeyInfo, Library, Op};
use crate::library::{Place, Reply};
use crate::node::ProcessState;
use crate::planted::WorldMistake;
use crate::schedule::{Event, Tie};
use crate::sinks::Watch;
use crate::step::{CallEnd, Fact};
use crate::units::Chance;
use leasehold_core::{Key, Seat};

/// Whose call it is, and which of theirs.
struct Caller {
    visit: Option<crate::ids::VisitId>,
    /// The player's key that it is for, if it is for one.
    key: Option<Key>,
    drawn_by: CallKey,
    occasion: Occasion,
}

impl<L: Library> World<'_, L> {
    pub(super) fn send(
        &mut self,
        server: ServerId,
        op: Op,
        (place, seat): (&Place, Option<Seat>),
        asks: library::Request,
        (kind, attempt): (CallKind, u32),
    ) {
        let (cell, key) = self.datastore.cell_of(place);
        let Caller { visit, key, drawn_by, occasion } = self.caller(server, seat, (cell, key));
        self.step(Some(server), visit, key, Fact::Sent { kind, attempt });
        let draw = self.call_draw(drawn_by, 0);
        let leg_us = self.conditions.latency(server).pick(draw.word(CallWord::Latency)) / 4;
        let request = self.datastore.requests.add(InFlight {
            server,
            job: self.nodes[server.index()].job,
            op,
            visit,
            writer: None,
            key,
            cell,
            occasion,
            asks,
            drawn_by,
            kind,
            again: 0,
            sent: self.schedule.now(),
            leg_us,
            draw,
            phase: Phase::Read,
            value: None,
            info: KeyInfo::default(),
            bytes: 0,
            cached: false,
            wrong_scope: false,
            bad_read: None,
            versions: Vec::new(),
            clock_us: 0,
        });
        if let Watch::Trace(trace) = &mut self.sinks.watch {
            trace.sent(request, server);
        }
        self.admit(request);
    }

    /// Counts a call for whoever makes it: a session, if it is for its own record; else the server.
    fn caller(
        &mut self,
        server: ServerId,
        seat: Option<Seat>,
        (cell, key): (CellId, Option<Key>),
    ) -> Caller {
        let visit = seat.and_then(|seat| self.nodes[server.index()].visit(seat));
        let visit = visit.filter(|visit| Some(self.visits.of(*visit).player.key()) == key);
        let (Some(visit), Some(own)) = (visit, key) else {
            let node = self.node(server);
            node.own_calls += 1;
            let nth = node.own_calls;
            let occasion = Occasion::Own { server, nth };
            return Caller { visit: None, key, drawn_by: CallKey::Own { server, nth }, occasion };
        };
        let this = self.visits.of_mut(visit);
        this.calls += 1;
        this.under_way += 1;
        let (session, nth) = (this.nth, this.calls);
        let drawn_by = CallKey::Session { cell, session, nth };
        let occasion = Occasion::Call { key: own, session, nth };
        Caller { visit: Some(visit), key, drawn_by, occasion }
    }

    /// What happens to a request before it leaves its server: its arguments are looked at, and
    /// what the server remembers may do.
    fn admit(&mut self, name: RequestId) {
        if let Err(error) = self.arguments(name) {
            return self.proceed(name, Phase::Answer(Err(error)), 0);
        }
        if !self.recalls(name) {
            if self.may_leave(name) {
                self.depart(name);
            }
            return;
        }
        self.got(name);
        let request = self.datastore.requests.of(name);
        let then = match request.asks {
            library::Request::Update => Phase::Transform,
            _ => Phase::Answer(Ok(request.reply())),
        };
        self.proceed(name, then, 0);
    }

    /// Tells what a `GetAsync` takes along, at the moment from which on it does not change any
    /// more.
    fn got(&mut self, name: RequestId) {
        let request = self.datastore.requests.of(name);
        if !matches!(request.asks, library::Request::Get { .. }) {
            return;
        }
        let view = request.found().and_then(|found| L::view(found.value));
        let behind = self.datastore.behind(name);
        let stale = request.bad_read.is_some() || behind > 0;
        let InFlight { server, visit, key, .. } = *request;
        let edits = view.map_or(0, |view| view.edits);
        self.step(Some(server), visit, key, Fact::Got { edits, stale, behind });
    }

    /// Whether its server's cache has what a request is to read, and may be asked.
    fn recalls(&mut self, name: RequestId) -> bool {
        let request = self.datastore.requests.of(name);
        let looks = match request.asks {
            library::Request::Get { use_cache } => use_cache,
            library::Request::Update => self.config.datastore.first_transform_reads_cache,
            _ => false,
        };
        let clock = self.nodes[request.server.index()].clock;
        looks && self.datastore.recall(name, clock.now(self.schedule.now()).mono)
    }

    /// Whether what a request brings may be sent; what it writes is fetched.
    fn arguments(&mut self, name: RequestId) -> Result<(), Error> {
        self.datastore.key_fits(self.datastore.requests.of(name).cell)?;
        let request = self.datastore.requests.of_mut(name);
        if request.asks != library::Request::Set {
            return Ok(());
        }
        let node = &mut self.nodes[request.server.index()];
        request.clock_us = node.clock.error_us(self.schedule.now());
        let write = node.library.value(request.op, node.clock.now(self.schedule.now()));
        let seat = request.take::<L>(write)?;
        self.turns_out_to_be_of(name, seat);
        Ok(())
    }

    /// A request leaves its server: an update whose transform ran on what its server remembered has
    /// nothing to read any more.
    pub(super) fn depart(&mut self, name: RequestId) {
        let request = self.datastore.requests.of(name);
        let phase = match request.asks {
            library::Request::Set | library::Request::Remove => Phase::Write,
            library::Request::Update if request.cached => Phase::Write,
            library::Request::Update
            | library::Request::Get { .. }
            | library::Request::ListVersions
            | library::Request::GetVersion(_) => Phase::Read,
        };
        self.proceed(name, phase, request.leg_us);
    }

    /// What befalls a call on its way there for the nth time. What it is for does not count: that
    /// may turn out late, and a library that asks for the same in other words draws the same.
    fn call_draw(&self, drawn_by: CallKey, again: u8) -> Draw<CallWord> {
        let question = DrawKey { attempt: again, ..DrawKey::default() };
        match drawn_by {
            CallKey::Session { cell, session, nth } => {
                let subject = cell.number();
                self.draws.draw(of::Call, DrawKey { subject, session, nth, ..question })
            }
            CallKey::Own { server, nth } => {
                let subject = server.number();
                self.draws.draw(of::OwnCall, DrawKey { subject, nth, ..question })
            }
        }
    }

    /// Lets a request enter its next phase after so many microseconds.
    pub(super) fn proceed(&mut self, name: RequestId, phase: Phase, after_us: u64) {
        let request = self.datastore.requests.of_mut(name);
        request.phase = phase;
        let tie = match request.drawn_by {
            CallKey::Session { cell, session, nth } => Tie::Call { cell, session, nth },
            CallKey::Own { server, nth } => Tie::OwnCall(server, nth),
        };
        self.at(self.schedule.now().after(after_us), tie, Event::Request(name));
    }

    pub(super) fn request(&mut self, name: RequestId) {
        match self.datastore.requests.of(name).phase.clone() {
            Phase::Read => self.read(name),
            Phase::Transform => self.transform(name),
            Phase::Write => self.write(name),
            Phase::Answer(result) => self.answer(name, result),
            Phase::Cancelled => self.cancelled(name),
        }
    }

    pub(super) fn fault(
        &mut self,
        name: RequestId,
        site: Site,
        chance: Chance,
        word: CallWord,
    ) -> bool {
        if !self.gate.can(chance) {
            return false;
        }
        let request = self.datastore.requests.of(name);
        self.gate.fault(site, chance, request.draw.word(word), request.occasion)
    }

    /// Whether a request arrives at the backend, and does not fail there before anything was done.
    fn request_arrives(&mut self, name: RequestId) -> bool {
        let server = self.datastore.requests.of(name).server;
        let Condition { out, fail_before, never_arrives, .. } = *self.conditions.of(server);
        let leaks = out && self.planted.has(WorldMistake::OutageLeaks);
        let (out, fail_before) = if leaks { (false, Chance::NEVER) } else { (out, fail_before) };
        if !out && self.fault(name, Site::NeverArrives, never_arrives, CallWord::NeverArrives) {
            self.never_answered(name);
            return false;
        }
        let fails = out || self.fault(name, Site::FailsBefore, fail_before, CallWord::FailsBefore);
        let error = if fails { Some(self.backend_error(name)) } else { self.throttled(name) };
        if let Some(error) = error {
            self.fail(name, error);
        }
        error.is_none()
    }

    /// The error that a request meets which fails at the backend.
    fn backend_error(&self, name: RequestId) -> Error {
        let request = self.datastore.requests.of(name);
        let error = Error::of_the_backend(request.draw.word(CallWord::Error));
        debug_assert!(error.applied() == Applied::Maybe, "nobody can tell");
        error
    }

    /// A request has failed, and its server is told.
    pub(super) fn fail(&mut self, name: RequestId, error: Error) {
        let InFlight { leg_us, phase, asks, .. } = self.datastore.requests.of(name);
        // An update that fails where it was to be read has three of its four legs before it.
        let reads = *phase == Phase::Read && *asks == library::Request::Update;
        let legs = if reads && self.config.datastore.whole_latency { 3 } else { 1 };
        let after_us = leg_us * legs;
        self.proceed(name, Phase::Answer(Err(error)), after_us);
    }

    /// A transform has cancelled its update.
    fn cancelled(&mut self, name: RequestId) {
        match self.sender_runs(name) {
            Sender::Gone => self.end(name),
            Sender::Paused => {}
            Sender::Runs => {
                self.tell_bad_read(name);
                self.reply(name, Ok(Reply::Nil), CallEnd::Refused);
            }
        }
    }

    fn read(&mut self, name: RequestId) {
        if !self.request_arrives(name) {
            return;
        }
        if !self.key_can_be_read(name) {
            return self.throttle(name);
        }
        self.reads(name);
        let updates = self.datastore.requests.of(name).asks == library::Request::Update;
        if !updates && self.is_never_answered(name) {
            return;
        }
        self.read_badly(name);
        self.watch_read(name);
        self.got(name);
        let request = self.datastore.requests.of(name);
        let leg_us = request.leg_us;
        let next = if updates { Phase::Transform } else { Phase::Answer(Ok(request.reply())) };
        self.proceed(name, next, leg_us);
    }

    /// Whether the process that sent a request still executes. A paused one is given the event
    /// later, or never: what comes in may be lost.
    fn sender_runs(&mut self, name: RequestId) -> Sender {
        let request = self.datastore.requests.of(name);
        let node = &mut self.nodes[request.server.index()];
        if node.job != request.job || node.state == ProcessState::Down {
            Sender::Gone
        } else if node.is_paused() {
            match self.config.faults.paused_inbound {
                Inbound::Buffered => node.held.push(Event::Request(name)),
                Inbound::Dropped => self.never_answered(name),
            }
            Sender::Paused
        } else {
            Sender::Runs
        }
    }

    fn transform(&mut self, name: RequestId) {
        match self.sender_runs(name) {
            Sender::Gone => return self.end(name),
            Sender::Paused => return,
            Sender::Runs => {}
        }
        if L::ASKS_ALLOWANCE {
            self.tell_allowance(self.datastore.requests.of(name).server);
        }
        let request = self.datastore.requests.of_mut(name);
        let node = &mut self.nodes[request.server.index()];
        let now = node.clock.now(self.schedule.now());
        request.clock_us = node.clock.error_us(self.schedule.now());
        // A transform that ends its call ends it where it ran: nothing has to travel.
        let (whole, leg_us) = (self.config.datastore.whole_latency, request.leg_us);
        match node.library.transform(request.op, now, request.found()) {
            Decision::Write(write) => {
                let taken = request.take::<L>(write);
                let (cached, leg_us, server) = (request.cached, request.leg_us, request.server);
                match taken {
                    Ok(seat) => self.turns_out_to_be_of(name, seat),
                    Err(error) => return self.reply(name, Err(error), CallEnd::Failed(error)),
                }
                // Whoever does more in a transform than to decide says so by a deadline.
                self.rearm(server);
                // It has not left its server yet: only its read was saved.
                if !cached {
                    self.proceed(name, Phase::Write, leg_us);
                } else if self.may_leave(name) {
                    self.depart(name);
                }
            }
            Decision::Throw if self.config.datastore.thrown == Thrown::Error => {
                let error = Error::TransformThrew;
                if !whole {
                    return self.reply(name, Err(error), CallEnd::Failed(error));
                }
                self.proceed(name, Phase::Answer(Err(error)), 2 * leg_us);
            }
            Decision::Cancel | Decision::Throw if whole => {
                self.proceed(name, Phase::Cancelled, 2 * leg_us);
            }
            Decision::Cancel | Decision::Throw => {
                self.tell_bad_read(name);
                self.reply(name, Ok(Reply::Nil), CallEnd::Refused);
            }
        }
    }

    /// What a request writes is on behalf of whoever sits in a seat now, if they have its key; of
    /// its call's own session, if there is none. That is settled as its process decides: when the
    /// write commits, that seat may be somebody else's, or the process gone.
    fn turns_out_to_be_of(&mut self, name: RequestId, seat: Option<Seat>) {
        let InFlight { server, visit, writer: before, key, .. } = *self.datastore.requests.of(name);
        let writer = seat.and_then(|seat| self.nodes[server.index()].visit(seat));
        let writer = writer.filter(|writer| {
            visit != Some(*writer) && Some(self.visits.of(*writer).player.key()) == key
        });
        if writer == before {
            return;
        }
        self.datastore.requests.of_mut(name).writer = writer;
        if let Some(writer) = writer {
            self.visits.of_mut(writer).under_way += 1;
        }
        if let Some(before) = before {
            self.waits_no_more(before);
        }
    }

    /// A request that a visit would not be over without has come to its end, or is another's.
    fn waits_no_more(&mut self, visit: VisitId) {
        self.visits.of_mut(visit).under_way -= 1;
        self.over_if_done(visit);
    }

    fn write(&mut self, name: RequestId) {
        let InFlight { server, visit, writer, key, cell, kind, asks, cached, clock_us, .. } =
            *self.datastore.requests.of(name);
        let visit = writer.or(visit);
        // An update was here before, to read; unless its server remembered what is there.
        if asks != library::Request::Update || cached {
            if !self.request_arrives(name) {
                return;
            }
        } else if self.conditions.of(server).out && !self.planted.has(WorldMistake::OutageLeaks) {
            return self.fail(name, self.backend_error(name));
        }
        let Some(bytes) = self.key_can_be_written(name) else { return self.throttle(name) };
        let now_ms = clock::backend_ms(self.schedule.now());
        if asks == library::Request::Remove {
            self.datastore.remove(name, now_ms);
            let before = self.datastore.requests.of(name).value.as_ref().and_then(L::view);
            if !self.datastore.requests.of(name).wrong_scope {
                self.key_was_written(cell, bytes);
                if let Some(trades) = &mut self.trades {
                    trades.look_at_nothing();
                }
                self.holds((Some(server), visit, key), Fact::Removed { kind, before });
            }
            return self.committed(name);
        }
        if self.planted.has(WorldMistake::CompareSkipped) {
            self.datastore.forget_compare(name);
        }
        let Some(Commit { before, after }) = self.datastore.write(name, now_ms) else {
            return self.read_again(name);
        };
        let (before, view) = (before.as_ref().and_then(L::view), L::view(after));
        if let Some(trades) = &mut self.trades {
            trades.look::<L>(after);
        }
        if self.datastore.requests.of(name).wrong_scope {
            self.step(Some(server), visit, key, Fact::WrongScope { kind, before, after: view });
            return self.committed(name);
        }
        self.tell_bad_read(name);
        self.key_was_written(cell, bytes);
        let committed = Fact::Committed { kind, before, after: view, clock_us };
        self.holds((Some(server), visit, key), committed);
        let corrupt = self.conditions.of(server).corrupt;
        if self.fault(name, Site::Damaged, corrupt, CallWord::Damaged) {
            let word = self.datastore.requests.of(name).draw.word(CallWord::Damage);
            let trades = &mut self.trades;
            self.datastore.damage(cell, |stored| {
                L::damage(stored, word);
                if let Some(trades) = trades {
                    trades.look::<L>(stored);
                }
            });
            self.holds((Some(server), visit, key), Fact::Damaged);
        }
        self.committed(name);
    }

    /// A request is done at the backend: whether its server is not told so, but nothing, or of an
    /// error.
    fn is_never_answered(&mut self, name: RequestId) -> bool {
        let server = self.datastore.requests.of(name).server;
        let Condition { fail_after, never_answers: silent, .. } = *self.conditions.of(server);
        if self.fault(name, Site::NeverAnswers, silent, CallWord::NeverAnswers) {
            self.never_answered(name);
            return true;
        }
        let fails = self.fault(name, Site::FailsAfter, fail_after, CallWord::FailsAfter);
        if fails {
            self.fail(name, self.backend_error(name));
        }
        fails
    }

    /// A request has been applied: its server hears of it, or not.
    fn committed(&mut self, name: RequestId) {
        if self.is_never_answered(name) {
            return;
        }
        let leg_us = self.datastore.requests.of(name).leg_us;
        let request = self.datastore.requests.of(name);
        let reply = match request.asks {
            library::Request::Remove => request.reply(),
            _ => Reply::Value(request.info.clone()),
        };
        self.proceed(name, Phase::Answer(Ok(reply)), leg_us);
    }

    /// Somebody has written since the request read: it reads again where it is, which counts as any
    /// read of its key, and its transform runs again.
    fn read_again(&mut self, name: RequestId) {
        if !self.key_can_be_read(name) {
            return self.throttle(name);
        }
        let request = self.datastore.requests.of_mut(name);
        request.again = request.again.saturating_add(1);
        let InFlight { server, visit, key, drawn_by, kind, again, wrong_scope, .. } = *request;
        if !wrong_scope {
            request.bad_read = None;
        }
        let draw = self.call_draw(drawn_by, again);
        let leg_us = self.conditions.latency(server).pick(draw.word(CallWord::Latency)) / 4;
        self.datastore.requests.of_mut(name).leg_us = leg_us;
        self.step(Some(server), visit, key, Fact::RanAgain { kind });
        self.reads(name);
        self.watch_read(name);
        self.proceed(name, Phase::Transform, leg_us);
    }

    fn reads(&mut self, name: RequestId) {
        self.datastore.read(name, clock::backend_ms(self.schedule.now()));
    }

    /// Says what a request has read, which is not always what is there.
    fn watch_read(&mut self, name: RequestId) {
        if let Watch::Trace(trace) = &mut self.sinks.watch {
            let InFlight { key, bad_read, .. } = *self.datastore.requests.of(name);
            trace.read(name, key, bad_read);
        }
    }

    fn answer(&mut self, name: RequestId, result: Result<Reply, Error>) {
        match self.sender_runs(name) {
            Sender::Gone => return self.end(name),
            Sender::Paused => return,
            Sender::Runs => {}
        }
        if self.planted.every(20, WorldMistake::AnswerForgotten) {
            return self.end(name);
        }
        match result {
            Ok(_) => {
                self.hand_over(name);
                if self.datastore.requests.of(name).asks != library::Request::Update {
                    self.tell_bad_read(name);
                }
                self.reply(name, result, CallEnd::Done);
            }
            Err(error) => self.reply(name, result, CallEnd::Failed(error)),
        }
    }

    /// What a request has found is handed over before its answer is, and remembered.
    fn hand_over(&mut self, name: RequestId) {
        let request = self.datastore.requests.of(name);
        let node = &mut self.nodes[request.server.index()];
        let now = node.clock.now(self.schedule.now());
        match request.asks {
            library::Request::Update | library::Request::Set => {}
            library::Request::Get { .. }
            | library::Request::GetVersion(_)
            | library::Request::Remove => node.library.read(request.op, now, request.found()),
            library::Request::ListVersions => {
                node.library.versions(request.op, now, &request.versions);
            }
        }
        self.datastore.remember(name, now.mono);
    }

    fn reply(&mut self, name: RequestId, result: Result<Reply, Error>, end: CallEnd) {
        let InFlight { server, visit, key, kind, sent, op, draw, .. } =
            *self.datastore.requests.of(name);
        self.step(Some(server), visit, key, Fact::Answered { kind, end, sent });
        self.tell(server, Input::Replied { op, result, random: draw.wide(CallWord::Random) });
        if let Some(visit) = visit {
            self.refresh_visit(visit);
        }
        self.end(name);
    }

    /// Nothing more will be heard of a request where it was sent. A process that is gone waits for
    /// nothing, and the one after it has not asked.
    fn never_answered(&mut self, name: RequestId) {
        let InFlight { server, visit, key, kind, sent, op, .. } = *self.datastore.requests.of(name);
        if self.sender_lives(name) {
            self.step(
                Some(server),
                visit,
                key,
                Fact::Answered { kind, end: CallEnd::Silent, sent },
            );
            self.nodes[server.index()].library.forget(op);
            self.rearm(server);
        }
        self.end(name);
    }

    fn sender_lives(&self, name: RequestId) -> bool {
        let request = self.datastore.requests.of(name);
        let node = &self.nodes[request.server.index()];
        node.job == request.job && node.state != ProcessState::Down
    }

    /// A request has come to its end: nothing of it can commit any more.
    pub(super) fn end(&mut self, name: RequestId) {
        let InFlight { visit, writer, .. } = *self.datastore.requests.of(name);
        self.datastore.requests.remove(name);
        if let Some(visit) = visit {
            self.waits_no_more(visit);
        }
        if let Some(writer) = writer {
            self.waits_no_more(writer);
        }
    }
}

enum Sender {
    Runs,
    Paused,
    Gone,
}

#[cfg(test)]
mod tests;

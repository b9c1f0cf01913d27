//! A datastore request, from being sent to being answered, or not: see `datastore` for the picture.

use super::World;
use crate::datastore::{Phase, Request};
use crate::fault::{Occasion, Site};
use crate::library::{Input, Library, Op};
use crate::luck::{Block, Question, Stream};
use crate::node::State;
use crate::observe::{CallEnd, Fact};
use crate::scenario::Chance;
use crate::schedule::Event;
use leasehold_core::Seat;
use leasehold_core::chronicle::{CallKind, StoreError};

/// Which word of a call's block answers which question. They may be added to, never changed.
mod word {
    pub(super) const LATENCY: usize = 0;
    pub(super) const FAILS_BEFORE: usize = 1;
    pub(super) const FAILS_AFTER: usize = 2;
    pub(super) const NEVER_ANSWERS: usize = 3;
    pub(super) const DAMAGED: usize = 4;
    pub(super) const DAMAGE: usize = 5;
    pub(super) const LUCK: usize = 6;
}

impl<L: Library> World<'_, L> {
    pub(super) fn send(&mut self, server: u32, op: Op, seat: Seat, kind: CallKind, attempt: u32) {
        let node = &self.nodes[server as usize];
        let (visit, job) = (node.visit(seat), node.job);
        let this = self.visits.of_mut(visit);
        this.calls[kind as usize] += 1;
        this.under_way += 1;
        let (key, session, nth) = (this.player, this.nth, this.calls[kind as usize]);
        self.step(server, visit, key, Fact::Sent { kind, attempt });
        let luck = self.call_luck(key, session, kind, nth, 0);
        let leg_us = self.tables.call.pick(luck.word(word::LATENCY)) / 4;
        let sent = self.schedule.now();
        let request = self.datastore.requests.add(Request {
            server,
            job,
            op,
            visit,
            key,
            session,
            kind,
            nth,
            again: 0,
            sent,
            leg_us,
            luck,
            phase: Phase::Read,
            value: None,
            version: 0,
        });
        self.proceed(request, Phase::Read, leg_us);
    }

    fn call_luck(&self, key: u32, session: u32, kind: CallKind, nth: u32, again: u8) -> Block {
        let (stream, kind) = (Stream::Call, kind as u8);
        self.dice.ask(Question { stream, subject: key, session, kind, nth, attempt: again })
    }

    /// Lets a request enter its next phase after so many microseconds.
    fn proceed(&mut self, name: u32, phase: Phase, after_us: u64) {
        let request = self.datastore.requests.of_mut(name);
        request.phase = phase;
        let what = u64::from(request.key) << 32
            | u64::from(request.session) << 12
            | u64::from(request.nth) << 2
            | request.kind as u64;
        self.at(self.schedule.now().after(after_us), what, Event::Request(name));
    }

    pub(super) fn request(&mut self, name: u32) {
        match self.datastore.requests.of(name).phase {
            Phase::Read => self.read(name),
            Phase::Transform => self.transform(name),
            Phase::Write => self.write(name),
            Phase::Answer { failed } => self.answer(name, failed),
        }
    }

    fn fault(&mut self, name: u32, site: Site, chance: Chance, word: usize) -> bool {
        if !self.gate.can(chance) {
            return false;
        }
        let request = self.datastore.requests.of(name);
        let Request { key, session, kind, nth, .. } = *request;
        let occasion = Occasion::Call { key, session, kind, nth };
        self.gate.fault(site, chance, request.luck.word(word), occasion)
    }

    fn read(&mut self, name: u32) {
        let leg_us = self.datastore.requests.of(name).leg_us;
        let chance = self.scenario.datastore.fail_before;
        if self.datastore.is_out()
            || self.fault(name, Site::FailsBefore, chance, word::FAILS_BEFORE)
        {
            return self.proceed(name, Phase::Answer { failed: true }, leg_us);
        }
        self.datastore.read(name);
        self.proceed(name, Phase::Transform, leg_us);
    }

    /// Whether the process that sent a request still executes; a frozen one is given the event
    /// later.
    fn sender_runs(&mut self, name: u32) -> Sender {
        let request = self.datastore.requests.of(name);
        let node = &mut self.nodes[request.server as usize];
        if node.job != request.job || node.state == State::Down {
            Sender::Gone
        } else if node.is_frozen() {
            node.held.push(Event::Request(name));
            Sender::Frozen
        } else {
            Sender::Runs
        }
    }

    fn transform(&mut self, name: u32) {
        match self.sender_runs(name) {
            Sender::Gone => return self.end(name),
            Sender::Frozen => return,
            Sender::Runs => {}
        }
        let request = self.datastore.requests.of_mut(name);
        let node = &mut self.nodes[request.server as usize];
        let now = node.clock.now(self.schedule.now());
        request.value = node.library.transform(request.op, now, request.value.as_ref());
        let leg_us = request.leg_us;
        if request.value.is_some() {
            self.proceed(name, Phase::Write, leg_us);
        } else {
            // Cancelled where it ran: nothing has to travel.
            self.reply(name, Ok(()), CallEnd::Refused);
        }
    }

    fn write(&mut self, name: u32) {
        let Request { leg_us, server, visit, key, kind, .. } = *self.datastore.requests.of(name);
        if self.datastore.is_out() {
            return self.proceed(name, Phase::Answer { failed: true }, leg_us);
        }
        let Some((before, after)) = self.datastore.compare_and_swap(name) else {
            return self.read_again(name);
        };
        let before = before.as_ref().and_then(L::view);
        let view = L::view(after).expect("a library writes what it can read");
        self.step(server, visit, key, Fact::Landed { kind, before, after: view });
        let world = &self.scenario.datastore;
        let (corrupt, fail_after, silent) = (world.corrupt, world.fail_after, world.never_answers);
        if self.fault(name, Site::Damaged, corrupt, word::DAMAGED) {
            let word = self.datastore.requests.of(name).luck.word(word::DAMAGE);
            self.datastore.damage(key, |stored| L::damage(stored, word));
            self.step(server, visit, key, Fact::Damaged);
        }
        if self.fault(name, Site::NeverAnswers, silent, word::NEVER_ANSWERS) {
            let Request { sent, op, .. } = *self.datastore.requests.of(name);
            self.step(server, visit, key, Fact::Answered { kind, end: CallEnd::Silent, sent });
            if self.sender_lives(name) {
                self.nodes[server as usize].library.forget(op);
            }
            return self.end(name);
        }
        let failed = self.fault(name, Site::FailsAfter, fail_after, word::FAILS_AFTER);
        self.proceed(name, Phase::Answer { failed }, leg_us);
    }

    /// Somebody has written since the request read: it reads again where it is, and its transform
    /// runs again.
    fn read_again(&mut self, name: u32) {
        let request = self.datastore.requests.of_mut(name);
        request.again = request.again.saturating_add(1);
        let Request { key, session, kind, nth, again, .. } = *request;
        let luck = self.call_luck(key, session, kind, nth, again);
        let leg_us = self.tables.call.pick(luck.word(word::LATENCY)) / 4;
        self.datastore.requests.of_mut(name).leg_us = leg_us;
        self.observers.findings.reached("a transform ran again");
        self.datastore.read(name);
        self.proceed(name, Phase::Transform, leg_us);
    }

    fn answer(&mut self, name: u32, failed: bool) {
        match self.sender_runs(name) {
            Sender::Gone => return self.end(name),
            Sender::Frozen => return,
            Sender::Runs => {}
        }
        if failed {
            self.reply(name, Err(StoreError::Failed), CallEnd::Failed);
        } else {
            self.reply(name, Ok(()), CallEnd::Done);
        }
    }

    fn reply(&mut self, name: u32, result: Result<(), StoreError>, end: CallEnd) {
        let Request { server, visit, key, kind, sent, op, luck, .. } =
            *self.datastore.requests.of(name);
        self.step(server, visit, key, Fact::Answered { kind, end, sent });
        self.tell(server, Input::Replied { op, result, luck: luck.wide(word::LUCK) });
        self.end(name);
    }

    fn sender_lives(&self, name: u32) -> bool {
        let request = self.datastore.requests.of(name);
        let node = &self.nodes[request.server as usize];
        node.job == request.job && node.state != State::Down
    }

    /// A request has come to its end: nothing of it can land any more.
    fn end(&mut self, name: u32) {
        let visit = self.datastore.requests.take(name).visit;
        self.visits.of_mut(visit).under_way -= 1;
        self.over_if_done(visit);
    }
}

enum Sender {
    Runs,
    Frozen,
    Gone,
}

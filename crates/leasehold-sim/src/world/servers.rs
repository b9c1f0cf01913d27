//! Servers, as the world sees them: built, crashed, paused, resumed, set right, closed and started
//! again.
//!
//! ```text
//!   `plan`: random faults, and events of the timeline --> crash, pause, close, boot, set
//!   the last player has left ---------------------> close
//! ```
//!
//! A closing server runs what the game has bound to its close, all of it at once, for at most
//! `close_budget`; then it is gone, whatever still runs. The platform counts that time, not the
//! process: it goes on while the process is paused, and begins with the order even if the
//! process hears of it only when it goes on, or never.

use super::World;
use crate::cause::{self, Cause};
use crate::clock::Clock;
use crate::config::CloseOrder;
use crate::draws::{ClockWord, CloseWord, DrawKey, OpenWord, of};
use crate::ids::{PlanId, ServerId, VisitId};
use crate::library::{Input, Library};
use crate::node::{Closing, Node, ProcessState};
use crate::planted::WorldMistake;
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;
use crate::units::Chance;
use leasehold_core::JobId;

impl<L: Library> World<'_, L> {
    /// Ends all faults, in one place. A server that is down on purpose is no fault.
    pub(super) fn heal(&mut self) {
        self.gate.heal();
        self.conditions.heal();
        self.messaging.mend();
        self.step(None, None, None, Fact::Healed);
        for server in ServerId::first(self.nodes.len() as u32) {
            if let ProcessState::Paused { until, .. } = &mut self.nodes[server.index()].state {
                *until = self.schedule.now();
                self.resume(server);
            }
            if !self.nodes[server.index()].down_on_purpose {
                self.boot(server);
            }
        }
    }

    /// Sets up a server and starts it, unless it is spare.
    pub(super) fn build(&mut self, server: ServerId) {
        let servers = &self.config.servers;
        let block = self.draws.draw(of::Clock, occasion(server, 0));
        let skew_us = block.upto(ClockWord::Skew, servers.skew.us()) as i64;
        let drift = block.upto(ClockWord::Drift, 2 * u64::from(servers.drift_ppm)) as i64;
        let far = if self.planted.has(WorldMistake::ClocksApart) { 10 } else { 1 };
        let offset_us = far * (skew_us - (servers.skew.us() / 2) as i64);
        let drift_ppm = (drift - i64::from(servers.drift_ppm)) as i32;
        let clock = Clock::new(offset_us, drift_ppm, servers.whole_seconds);
        let spare = server.number() >= servers.count - servers.spare;
        if spare || self.never_starts(server) {
            // No job, as no process runs: a library that is never told anything.
            let nobody = JobId(u32::MAX);
            let mut node = Node::new(clock, nobody, &self.library);
            (node.state, node.down_on_purpose) = (ProcessState::Down, spare);
            return self.nodes.push(node);
        }
        let job = self.next_job();
        self.nodes.push(Node::new(clock, job, &self.library));
        self.open(server);
    }

    fn never_starts(&self, server: ServerId) -> bool {
        let only = &self.config.servers.only;
        !only.is_empty() && only.binary_search(&server.number()).is_err()
    }

    /// The next server process.
    fn next_job(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs - 1)
    }

    fn open(&mut self, server: ServerId) {
        self.messaging.opened(self.schedule.now(), server);
        if let Some(quotas) = &mut self.quotas {
            quotas.opened(self.schedule.now(), server);
        }
        self.step_on(server, Fact::Booted);
        let node = &mut self.nodes[server.index()];
        node.boots += 1;
        let block = self.draws.draw(of::Open, occasion(server, node.boots));
        let random = block.wide(OpenWord::Random);
        let datastore = self.config.datastore.available;
        self.tell(server, Input::Open { datastore, random });
        if let Some(status) = self.nodes[server.index()].library.status() {
            self.sinks.measure.opened(status);
        }
    }

    /// A server comes back if this is when it should.
    pub(super) fn boot_if_due(&mut self, server: ServerId) {
        if self.nodes[server.index()].boot_at == self.schedule.now() {
            self.boot(server);
        }
    }

    /// A server that is down comes back, as another job.
    pub(super) fn boot(&mut self, server: ServerId) {
        if self.nodes[server.index()].state != ProcessState::Down || self.never_starts(server) {
            return;
        }
        let job = self.next_job();
        let node = &mut self.nodes[server.index()];
        node.job = job;
        if !self.planted.has(WorldMistake::CrashKeepsMemory) {
            node.library = L::new(&self.library, job);
        }
        node.state = ProcessState::Up;
        node.boot_at = Moment::NEVER;
        node.down_on_purpose = false;
        self.open(server);
    }

    /// The process is gone at once: no callback runs, nothing is released.
    pub(super) fn crash(&mut self, server: ServerId, down_us: Option<u64>) {
        self.fall(server, &cause::CRASH, down_us);
    }

    /// A fault takes the process away. One that was closing comes back when the fault says, or else
    /// when it would have come back from the close; only one that was closed for good stays down.
    fn fall(&mut self, server: ServerId, how: &'static Cause, down_us: Option<u64>) {
        let node = &mut self.nodes[server.index()];
        let back_us = node.closing().and_then(|closing| closing.down_us);
        node.down_on_purpose &= back_us.is_none();
        self.step_on(server, Fact::Crashed);
        self.go_down(server, how, down_us.or(back_us));
    }

    /// There is no memory left. The platform may still let the game close in order, which is not
    /// promised (creator-docs: `enums/CloseReason.yaml` has such a reason); else it is a crash.
    pub(super) fn out_of_memory(&mut self, server: ServerId, closes: bool, down_us: Option<u64>) {
        let closes = closes && self.nodes[server.index()].state == ProcessState::Up;
        self.step_on(server, Fact::OutOfMemory { closes });
        if closes {
            self.close(server, &cause::OUT_OF_MEMORY, down_us, None);
        } else {
            self.fall(server, &cause::OUT_OF_MEMORY, down_us);
        }
    }

    /// The wall clock of a server jumps, and what depends on it is looked at again. The monotonic
    /// clock does not notice, and nor does a process that is paused.
    pub(super) fn set_clock(&mut self, server: ServerId, by_us: i64) {
        let node = &mut self.nodes[server.index()];
        node.clock.step(by_us);
        let runs = node.runs();
        self.step_on(server, Fact::Stepped { by_us });
        if !runs {
            return;
        }
        self.tell(server, Input::Tick);
        self.refresh_all(server);
    }

    fn refresh_all(&mut self, server: ServerId) {
        let seats: Vec<_> = self.nodes[server.index()].visits().collect();
        for (seat, ..) in seats {
            self.refresh(server, seat);
        }
    }

    fn go_down(&mut self, server: ServerId, how: &'static Cause, down_us: Option<u64>) {
        let node = &mut self.nodes[server.index()];
        let visits: Vec<_> = node.visits().collect();
        let held = std::mem::take(&mut node.held);
        node.clear();
        self.messaging.gone(self.schedule.now(), server);
        for (_, visit, taken) in visits {
            let player = self.visits.of(visit).player;
            if taken.owns {
                self.step_in(visit, Fact::OwnsNoMore);
            }
            self.step_in(visit, Fact::Ended { how, saved: false });
            self.turn_away(player, Some(visit));
            self.step_in(visit, Fact::SeatFreed { gone: true });
            self.visits.of_mut(visit).seated = false;
            self.sits(player, -1);
            self.closes(visit);
            self.over_if_done(visit);
        }
        self.forget_waiting(server);
        // What a paused process would have been given comes to nobody now, and ends.
        for event in held {
            self.happen(event);
        }
        if let Some(down_us) = down_us {
            let at = self.schedule.now().after(down_us);
            self.nodes[server.index()].boot_at = at;
            self.at(at, Tie::Boot(server), Event::Boot(server));
        }
    }

    /// The process is paused. None of its sessions is an owner until it goes on; its players wait
    /// for a while.
    pub(super) fn pause(&mut self, server: ServerId, until: Moment) {
        self.refresh_all(server);
        let since = self.schedule.now();
        let node = &mut self.nodes[server.index()];
        node.state = ProcessState::Paused { since, until, closing: node.closing() };
        self.step_on(server, Fact::Paused);
        let visits: Vec<_> = self.nodes[server.index()].visits().collect();
        let gives_up_at = since + self.config.players.timeout.0;
        for (seat, visit, taken) in visits {
            let player = self.visits.of(visit).player;
            if taken.owns {
                self.nodes[server.index()].seat(seat).owns = false;
                self.step_in(visit, Fact::OwnerPaused);
            }
            if gives_up_at < until && self.players[player.index()].visit == Some(visit) {
                self.act_at(player, gives_up_at);
            }
        }
        self.at(until, Tie::Resume(server), Event::Resume(server));
    }

    /// The process goes on: first what is overdue, then what came in meanwhile, then those whose
    /// leaving it would have noticed meanwhile.
    pub(super) fn resume(&mut self, server: ServerId) {
        let now = self.schedule.now();
        let node = &mut self.nodes[server.index()];
        let ProcessState::Paused { since, until, closing } = node.state else { return };
        if until != now {
            return;
        }
        let heard = closing.filter(|closing| closing.heard);
        node.state = heard.map_or(ProcessState::Up, ProcessState::Closing);
        if self.config.faults.pause_stops_clock {
            node.clock.pause(since, now);
        }
        let held = std::mem::take(&mut node.held);
        self.step_on(server, Fact::Resumed);
        self.tell(server, Input::Tick);
        let seats: Vec<_> = self.nodes[server.index()].visits().collect();
        for (seat, visit, _) in seats {
            self.refresh(server, seat);
            let owns = self.nodes[server.index()].seat(seat).owns;
            if self.visits.of(visit).loaded && !owns {
                self.step_in(visit, Fact::OwnsNoMore);
            }
        }
        for event in held {
            self.happen(event);
        }
        match closing {
            // It was told that everybody leaves.
            Some(closing) if closing.heard => self.stop_if_done(server),
            Some(closing) => {
                self.notices_leavers(server);
                self.hears_close(server, closing);
            }
            None => self.notices_leavers(server),
        }
    }

    /// A process that goes on notices who has left while it was paused.
    fn notices_leavers(&mut self, server: ServerId) {
        let now = self.schedule.now();
        let seats: Vec<_> = self.nodes[server.index()].visits().collect();
        for (seat, visit, _) in seats {
            let visit = self.visits.of(visit);
            let unnoticed = visit.noticed_at > now && visit.noticed_at != Moment::NEVER;
            if !visit.left || visit.leaked || unnoticed {
                continue;
            }
            let input = if visit.loaded { Input::Leave { seat } } else { Input::Cancel { seat } };
            self.tell(server, input);
            self.close_if_empty(server);
        }
    }

    /// The process is asked to close, which one that is paused does not hear; its time runs all
    /// the same.
    pub(super) fn close(
        &mut self,
        server: ServerId,
        why: &'static Cause,
        down_us: Option<u64>,
        to: Option<ServerId>,
    ) {
        let until = self.schedule.now() + self.config.servers.close_budget.0;
        let closing = Closing { why, down_us, until, to, heard: false };
        self.at(until, Tie::Kill(server), Event::Kill(server));
        let node = &mut self.nodes[server.index()];
        node.down_on_purpose = !why.class.is_sudden();
        match &mut node.state {
            ProcessState::Paused { closing: order, .. } => *order = Some(closing),
            _ => self.hears_close(server, closing),
        }
    }

    /// The process hears that it closes: its players are moved, all to one server or each to any;
    /// its sessions are saved and released (rule W8).
    ///
    /// The game hears that its players leave and that the server closes, and nothing is documented
    /// about which comes first.
    fn hears_close(&mut self, server: ServerId, closing: Closing) {
        let node = &mut self.nodes[server.index()];
        node.state = ProcessState::Closing(Closing { heard: true, ..closing });
        node.closings += 1;
        let nth = node.closings;
        self.step_on(server, Fact::Closing);
        let visits: Vec<_> = self.nodes[server.index()].visits().collect();
        for (_, visit, _) in visits {
            let player = self.visits.of(visit).player;
            if self.players[player.index()].visit == Some(visit) {
                self.player(player).bound = closing.to;
            }
            self.turn_away(player, Some(visit));
        }
        let close_first = match self.config.servers.close_order {
            CloseOrder::CloseFirst => true,
            CloseOrder::LeaveFirst => false,
            CloseOrder::Either => {
                let block = self.draws.draw(of::Close, occasion(server, nth));
                Chance::percent(50).hits(block.word(CloseWord::CloseFirst))
            }
        };
        if close_first {
            self.tell(server, Input::Close);
            self.all_leave(server, false);
        } else {
            self.all_leave(server, true);
            if self.is_closing(server) {
                self.tell(server, Input::Close);
            }
        }
        // Ownership ends when a release is called, not when it is answered (rule W6).
        self.refresh_all(server);
        self.stop_if_done(server);
    }

    /// A closing server is told of everybody who is still there that they leave. If it has been
    /// told to close before, nobody waits for a session any more.
    fn all_leave(&mut self, server: ServerId, some_wait: bool) {
        let visits: Vec<_> = self.nodes[server.index()].visits().collect();
        for (seat, visit, _) in visits {
            if self.nodes[server.index()].visit(seat) != Some(visit) {
                continue; // They were the last, or gone with the last.
            }
            let visit = self.visits.of(visit);
            if visit.loaded && !visit.leaked {
                self.tell(server, Input::Leave { seat });
            } else if !visit.loaded && some_wait {
                self.tell(server, Input::Cancel { seat });
            }
        }
    }

    fn is_closing(&self, server: ServerId) -> bool {
        matches!(self.nodes[server.index()].state, ProcessState::Closing(_))
    }

    /// A player has left, or was noticed to: a server without any closes, if servers do. In an
    /// event of its own, as this one is not over.
    pub(super) fn close_if_empty(&mut self, server: ServerId) {
        let node = &self.nodes[server.index()];
        if self.config.servers.close_when_empty
            && node.state == ProcessState::Up
            && node.players == 0
        {
            let name = PlanId::new(self.empties + server.number());
            self.at(self.schedule.now(), Tie::Plan(name), Event::Plan(name));
        }
    }

    /// The last player has left and the server knows it: it closes, and comes back after a while.
    pub(super) fn empty(&mut self, server: ServerId) {
        let (node, now) = (&self.nodes[server.index()], self.schedule.now());
        let unnoticed = |visit: VisitId| {
            let at = self.visits.of(visit).noticed_at;
            at > now && at != Moment::NEVER
        };
        let empty = node.state == ProcessState::Up
            && node.players == 0
            && !node.visits().any(|(_, visit, _)| unnoticed(visit));
        if empty {
            let nth = node.closings + 1;
            let block = self.draws.draw(of::Close, occasion(server, nth));
            let down_us = self.tables.down_for.pick(block.word(CloseWord::DownFor));
            self.step_on(server, Fact::Emptied);
            self.close(server, &cause::SERVER_EMPTY, Some(down_us), None);
        }
    }

    pub(super) fn stop_if_done(&mut self, server: ServerId) {
        let node = &self.nodes[server.index()];
        if let ProcessState::Closing(closing) = node.state
            && node.is_empty()
            && !node.library.lingers()
        {
            self.step_on(server, Fact::Stopped { done: true });
            self.go_down(server, closing.why, closing.down_us);
        }
    }

    /// The time of a closing server is up, whatever is still running, or is paused.
    pub(super) fn kill(&mut self, server: ServerId) {
        let now = self.schedule.now();
        if let Some(closing) = self.nodes[server.index()].closing()
            && closing.until == now
            && !self.planted.has(WorldMistake::CloseTimeIgnored)
        {
            self.step_on(server, Fact::Stopped { done: false });
            self.go_down(server, closing.why, closing.down_us);
        }
    }
}

/// Which of a server's occasions.
pub(super) fn occasion(server: ServerId, nth: u32) -> DrawKey {
    DrawKey { subject: server.number(), nth, ..DrawKey::default() }
}

#[cfg(test)]
mod tests;

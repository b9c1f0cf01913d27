//! Servers, as the world sees them: built, crashed, frozen, thawed, set right, closed and started
//! again.
//!
//! ```text
//!   `plan`: troubles, and deeds of the timeline --> crash, freeze, close, boot, set
//!   the last player has left ---------------------> close
//! ```
//!
//! A closing server runs what the game has bound to its close, all of it at once, for at most
//! `close_budget`; then it is gone, whatever still runs. The platform counts that time, not the
//! process: it goes on while the process stands still, and begins with the order even if the
//! process hears of it only when it goes on, or never.

use super::World;
use crate::clock::Clock;
use crate::config::CloseOrder;
use crate::library::{Input, Library};
use crate::luck::{Question, Stream};
use crate::node::{Closing, Node, State};
use crate::observe::Fact;
use crate::schedule::{Event, Moment};
use crate::slab::NONE;
use crate::units::Chance;
use leasehold_core::JobId;

impl<L: Library> World<'_, L> {
    /// Ends all faults, in one place. A server that is down on purpose is no fault.
    pub(super) fn heal(&mut self) {
        self.gate.heal();
        self.conditions.heal();
        self.messaging.mend();
        self.step(NONE, NONE, NONE, Fact::Healed);
        for server in 0..self.nodes.len() as u32 {
            if let State::Frozen { until, .. } = &mut self.nodes[server as usize].state {
                *until = self.schedule.now();
                self.thaw(server);
            }
            if !self.nodes[server as usize].down_on_purpose {
                self.boot(server);
            }
        }
    }

    /// Sets up a server and starts it, unless it is spare.
    pub(super) fn build(&mut self, server: u32) {
        let servers = &self.config.servers;
        let block = self.dice.ask(server_question(Stream::Clock, server, 0));
        let skew_us = block.upto(0, servers.skew.us()) as i64;
        let drift = block.upto(1, 2 * u64::from(servers.drift_ppm)) as i64;
        let offset_us = skew_us - (servers.skew.us() / 2) as i64;
        let drift_ppm = (drift - i64::from(servers.drift_ppm)) as i32;
        let clock = Clock::new(offset_us, drift_ppm, servers.whole_seconds);
        let spare = server >= servers.count - servers.spare;
        if spare || self.never_starts(server) {
            // No job, as no process runs: a library that is never told anything.
            let nobody = JobId(NONE);
            let mut node = Node::new(clock, nobody, &self.library);
            (node.state, node.down_on_purpose) = (State::Down, spare);
            return self.nodes.push(node);
        }
        let job = self.hire();
        self.nodes.push(Node::new(clock, job, &self.library));
        self.open(server);
    }

    fn never_starts(&self, server: u32) -> bool {
        let only = &self.config.servers.only;
        !only.is_empty() && only.binary_search(&server).is_err()
    }

    /// The next server process.
    fn hire(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs - 1)
    }

    fn open(&mut self, server: u32) {
        self.messaging.opened(self.schedule.now(), server);
        if let Some(quotas) = &mut self.quotas {
            quotas.opened(self.schedule.now(), server);
        }
        self.step(server, NONE, NONE, Fact::Booted);
        self.tell(server, Input::Open { datastore: self.config.datastore.available });
    }

    /// A server comes back if this is when it should.
    pub(super) fn boot_if_due(&mut self, server: u32) {
        if self.nodes[server as usize].boot_at == self.schedule.now() {
            self.boot(server);
        }
    }

    /// A server that is down comes back, as another job.
    pub(super) fn boot(&mut self, server: u32) {
        if self.nodes[server as usize].state != State::Down || self.never_starts(server) {
            return;
        }
        let job = self.hire();
        let node = &mut self.nodes[server as usize];
        node.job = job;
        node.library = L::new(&self.library, job);
        node.state = State::Up;
        node.boot_at = Moment::NEVER;
        node.down_on_purpose = false;
        self.open(server);
    }

    /// The process is gone at once: no callback runs, nothing is released.
    pub(super) fn crash(&mut self, server: u32, down_us: Option<u64>) {
        self.fall(server, "crash", down_us);
    }

    /// A fault takes the process away. One that was closing comes back when the fault says, or else
    /// when it would have come back from the close; only one that was closed for good stays down.
    fn fall(&mut self, server: u32, how: &'static str, down_us: Option<u64>) {
        let node = &mut self.nodes[server as usize];
        let back_us = node.closing().and_then(|closing| closing.down_us);
        node.down_on_purpose &= back_us.is_none();
        self.step(server, NONE, NONE, Fact::Crashed);
        self.go_down(server, how, down_us.or(back_us));
    }

    /// There is no memory left. The platform may still let the game close in order, which is not
    /// promised (creator-docs: `enums/CloseReason.yaml` has such a reason); else it is a crash.
    pub(super) fn out_of_memory(&mut self, server: u32, closes: bool, down_us: Option<u64>) {
        let closes = closes && self.nodes[server as usize].state == State::Up;
        self.step(server, NONE, NONE, Fact::OutOfMemory { closes });
        if closes {
            self.close(server, "out of memory", down_us, None);
        } else {
            self.fall(server, "out of memory", down_us);
        }
    }

    /// The wall clock of a server jumps, and what depends on it is looked at again. The monotonic
    /// clock does not notice, and nor does a process that stands still.
    pub(super) fn set_clock(&mut self, server: u32, by_us: i64) {
        let node = &mut self.nodes[server as usize];
        node.clock.step(by_us);
        let runs = node.runs();
        self.step(server, NONE, NONE, Fact::Stepped { by_us });
        if !runs {
            return;
        }
        self.tell(server, Input::Tick);
        self.refresh_all(server);
    }

    fn refresh_all(&mut self, server: u32) {
        let seats: Vec<_> = self.nodes[server as usize].visits().collect();
        for (seat, _) in seats {
            self.refresh(server, seat);
        }
    }

    fn go_down(&mut self, server: u32, how: &'static str, down_us: Option<u64>) {
        let node = &mut self.nodes[server as usize];
        let visits: Vec<_> = node.visits().collect();
        let held = std::mem::take(&mut node.held);
        node.clear();
        self.messaging.gone(self.schedule.now(), server);
        for (_, taken) in visits {
            let visit = taken.visit;
            let player = self.visits.of(visit).player;
            if taken.believes {
                self.step(server, visit, player, Fact::Ceases);
            }
            self.step(server, visit, player, Fact::Ended { how, saved: false });
            self.turn_away(player, Some(visit));
            self.visits.of_mut(visit).seated = false;
            self.closes(visit);
            self.over_if_done(visit);
        }
        self.forget_waiting(server);
        // What a frozen process would have been given comes to nobody now, and ends.
        for event in held {
            self.happen(event);
        }
        if let Some(down_us) = down_us {
            let at = self.schedule.now().after(down_us);
            self.nodes[server as usize].boot_at = at;
            self.at(at, u64::from(server) | 3 << 60, Event::Boot(server));
        }
    }

    /// The process stands still. Its sessions believe nothing until it goes on; its players wait
    /// for a while.
    pub(super) fn freeze(&mut self, server: u32, until: Moment) {
        let since = self.schedule.now();
        let node = &mut self.nodes[server as usize];
        node.state = State::Frozen { since, until, closing: node.closing() };
        self.step(server, NONE, NONE, Fact::Froze);
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        let gives_up_at = since + self.config.players.timeout.0;
        for (seat, taken) in visits {
            let player = self.visits.of(taken.visit).player;
            if taken.believes {
                self.nodes[server as usize].seat(seat).believes = false;
                self.step(server, taken.visit, player, Fact::Freezes);
            }
            if gives_up_at < until && self.players[player as usize].visit == taken.visit {
                self.act_at(player, gives_up_at);
            }
        }
        self.at(until, u64::from(server) | 4 << 60, Event::Thaw(server));
    }

    /// The process goes on: first what is overdue, then what came in meanwhile, then those whose
    /// leaving it would have noticed meanwhile.
    pub(super) fn thaw(&mut self, server: u32) {
        let now = self.schedule.now();
        let node = &mut self.nodes[server as usize];
        let State::Frozen { since, until, closing } = node.state else { return };
        if until != now {
            return;
        }
        let heard = closing.filter(|closing| closing.heard);
        node.state = heard.map_or(State::Up, State::Closing);
        if self.config.faults.freeze_stops_clock {
            node.clock.pause(since, now);
        }
        let held = std::mem::take(&mut node.held);
        self.step(server, NONE, NONE, Fact::Thawed);
        self.tell(server, Input::Tick);
        let seats: Vec<_> = self.nodes[server as usize].visits().collect();
        for (seat, taken) in seats {
            self.refresh(server, seat);
            let visit = self.visits.of(taken.visit);
            let (player, believes) =
                (visit.player, self.nodes[server as usize].seat(seat).believes);
            if visit.loaded && !believes {
                self.step(server, taken.visit, player, Fact::Ceases);
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

    /// A process that goes on notices who has left while it stood still.
    fn notices_leavers(&mut self, server: u32) {
        let now = self.schedule.now();
        let seats: Vec<_> = self.nodes[server as usize].visits().collect();
        for (seat, taken) in seats {
            let visit = self.visits.of(taken.visit);
            let unnoticed = visit.noticed_at > now && visit.noticed_at != Moment::NEVER;
            if !visit.left || visit.leaked || unnoticed {
                continue;
            }
            let input = if visit.loaded { Input::Leave { seat } } else { Input::Cancel { seat } };
            self.tell(server, input);
            self.close_if_empty(server);
        }
    }

    /// The process is asked to close, which one that stands still does not hear; its time runs all
    /// the same.
    pub(super) fn close(
        &mut self,
        server: u32,
        why: &'static str,
        down_us: Option<u64>,
        to: Option<u32>,
    ) {
        let until = self.schedule.now() + self.config.servers.close_budget.0;
        let closing = Closing { why, down_us, until, to, heard: false };
        self.at(until, u64::from(server) | 5 << 60, Event::Kill(server));
        let node = &mut self.nodes[server as usize];
        node.down_on_purpose = why != "out of memory";
        match &mut node.state {
            State::Frozen { closing: order, .. } => *order = Some(closing),
            _ => self.hears_close(server, closing),
        }
    }

    /// The process hears that it closes: its players are moved, all to one server or each to any;
    /// its sessions are saved and released (rule W8).
    ///
    /// The game hears that its players leave and that the server closes, and nothing is documented
    /// about which comes first.
    fn hears_close(&mut self, server: u32, closing: Closing) {
        let node = &mut self.nodes[server as usize];
        node.state = State::Closing(Closing { heard: true, ..closing });
        node.closings += 1;
        let nth = node.closings;
        self.step(server, NONE, NONE, Fact::Closing);
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        for (_, taken) in visits {
            let player = self.visits.of(taken.visit).player;
            if self.players[player as usize].visit == taken.visit {
                self.players[player as usize].bound = closing.to.unwrap_or(NONE);
            }
            self.turn_away(player, Some(taken.visit));
        }
        let close_first = match self.config.servers.close_order {
            CloseOrder::CloseFirst => true,
            CloseOrder::LeaveFirst => false,
            CloseOrder::Either => {
                let block = self.dice.ask(server_question(Stream::Close, server, nth));
                Chance::percent(50).hits(block.word(0))
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
        // Belief ends when a release is called, not when it is answered (rule W6).
        self.refresh_all(server);
        self.stop_if_done(server);
    }

    /// A closing server is told of everybody who is still there that they leave. If it has been
    /// told to close before, nobody waits for a session any more.
    fn all_leave(&mut self, server: u32, some_wait: bool) {
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        for (seat, taken) in visits {
            if self.nodes[server as usize].visit(seat) != taken.visit {
                continue; // They were the last, or gone with the last.
            }
            let visit = self.visits.of(taken.visit);
            if visit.loaded && !visit.leaked {
                self.tell(server, Input::Leave { seat });
            } else if !visit.loaded && some_wait {
                self.tell(server, Input::Cancel { seat });
            }
        }
    }

    fn is_closing(&self, server: u32) -> bool {
        matches!(self.nodes[server as usize].state, State::Closing(_))
    }

    /// A player has left, or was noticed to: a server without any closes, if servers do. In an
    /// event of its own, as this one is not over.
    pub(super) fn close_if_empty(&mut self, server: u32) {
        let node = &self.nodes[server as usize];
        if self.config.servers.close_when_empty && node.state == State::Up && node.players == 0 {
            let name = self.empties + server;
            self.at(self.schedule.now(), u64::from(name) | 2 << 60, Event::Plan(name));
        }
    }

    /// The last player has left and the server knows it: it closes, and comes back after a while.
    pub(super) fn empty(&mut self, server: u32) {
        let (node, now) = (&self.nodes[server as usize], self.schedule.now());
        let unnoticed = |visit: u32| {
            let at = self.visits.of(visit).noticed_at;
            at > now && at != Moment::NEVER
        };
        let empty = node.state == State::Up
            && node.players == 0
            && !node.visits().any(|(_, taken)| unnoticed(taken.visit));
        if empty {
            let nth = node.closings + 1;
            let block = self.dice.ask(server_question(Stream::Close, server, nth));
            let down_us = self.config.faults.down_for.pick(block.word(1));
            self.step(server, NONE, NONE, Fact::Emptied);
            self.close(server, "server empty", Some(down_us), None);
        }
    }

    pub(super) fn stop_if_done(&mut self, server: u32) {
        let node = &self.nodes[server as usize];
        if let State::Closing(closing) = node.state
            && node.is_empty()
        {
            self.step(server, NONE, NONE, Fact::Stopped { done: true });
            self.go_down(server, closing.why, closing.down_us);
        }
    }

    /// The time of a closing server is up, whatever is still running, or stands still.
    pub(super) fn kill(&mut self, server: u32) {
        let now = self.schedule.now();
        if let Some(closing) = self.nodes[server as usize].closing()
            && closing.until == now
        {
            self.step(server, NONE, NONE, Fact::Stopped { done: false });
            self.go_down(server, closing.why, closing.down_us);
        }
    }
}

pub(super) fn server_question(stream: Stream, server: u32, nth: u32) -> Question {
    Question { stream, subject: server, session: 0, kind: 0, nth, attempt: 0 }
}

#[cfg(test)]
mod tests;

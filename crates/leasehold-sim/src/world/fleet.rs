//! Servers, as the world sees them: built, crashed, frozen, thawed, set right, closed and started
//! again; and the plan of all that.
//!
//! ```text
//!   at random: a trouble of each kind, server by server --.
//!   the timeline: deeds ----------------------------------+--[gate]--> crash, freeze, close, boot, set
//!   the last player has left -------------------------------------------------> close
//! ```
//!
//! A closing server runs what the game has bound to its close, all of it at once, for at most
//! `close_budget`; then it is gone, whatever still runs.

use super::World;
use crate::clock::Clock;
use crate::fault::{Fault, Occasion, Site};
use crate::library::{Input, Library};
use crate::luck::{Question, Stream};
use crate::node::{Node, State, Trouble};
use crate::observe::{Fact, NONE};
use crate::scenario::{Chance, CloseOrder, Deed, Line, Shift, Span, Way};
use crate::schedule::{Event, Moment};
use leasehold_core::JobId;
use std::time::Duration;

/// A line of the fault plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// A server's next trouble of a kind.
    Trouble(Trouble, u32),
    /// A look whether a server is empty.
    Empty(u32),
    /// A line of the scenario's timeline.
    Timeline(u32),
    /// An incident of the datastore begins.
    IncidentBegins(u32),
    /// It ends.
    IncidentEnds(u32),
    /// All faults end.
    Heal,
}

impl<L: Library> World<'_, L> {
    /// Writes the fault plan down. Windows begin and end by themselves, whether or not anybody is
    /// there.
    pub(super) fn plan(&mut self) {
        for server in 0..self.nodes.len() as u32 {
            for trouble in Trouble::ALL {
                self.plan_next((trouble, server), None);
            }
        }
        let scenario = self.scenario;
        for (nth, line) in scenario.timeline.iter().enumerate() {
            self.plan_at(line.at.us(), Item::Timeline(nth as u32));
        }
        for (nth, incident) in scenario.datastore.incidents.iter().enumerate() {
            self.plan_at(incident.at.us(), Item::IncidentBegins(nth as u32));
        }
        if let Some(heal) = scenario.heal {
            self.plan_at(heal.us(), Item::Heal);
        }
        if scenario.servers.close_when_empty {
            self.empties = self.items.len() as u32;
            self.items.extend((0..scenario.servers.count).map(Item::Empty));
        }
    }

    fn plan_at(&mut self, at_us: u64, item: Item) {
        let name = self.items.len() as u32;
        self.items.push(item);
        self.at(Moment::from_micros(at_us), u64::from(name) | 2 << 60, Event::Plan(name));
    }

    /// Plans a server's next trouble, under the name of the one before it if there was one.
    fn plan_next(&mut self, (trouble, server): (Trouble, u32), name: Option<u32>) {
        let Some(table) = &self.tables.troubles[trouble as usize] else { return };
        let nth = 1 + self.nodes[server as usize].troubles[trouble as usize];
        let block = self.dice.ask(server_question(stream(trouble), server, nth));
        let after = table.pick(block.word(0)).max(1);
        let name = name.unwrap_or_else(|| {
            self.items.push(Item::Trouble(trouble, server));
            self.items.len() as u32 - 1
        });
        let at = self.schedule.now().after(after);
        if at <= self.end {
            self.at(at, u64::from(name) | 2 << 60, Event::Plan(name));
        }
    }

    pub(super) fn item(&mut self, name: u32) {
        match self.items[name as usize] {
            Item::Trouble(trouble, server) => {
                self.trouble(trouble, server);
                self.plan_next((trouble, server), Some(name));
            }
            Item::Empty(server) => self.empty(server),
            Item::Timeline(nth) => self.timeline(nth),
            Item::IncidentBegins(nth) => self.incident_begins(nth),
            Item::IncidentEnds(nth) => self.incident_ends(nth),
            Item::Heal => self.heal(),
        }
    }

    fn trouble(&mut self, trouble: Trouble, server: u32) {
        let node = &mut self.nodes[server as usize];
        node.troubles[trouble as usize] += 1;
        let nth = node.troubles[trouble as usize];
        let block = self.dice.ask(server_question(stream(trouble), server, nth));
        let (site, can) = match trouble {
            Trouble::Crash => (Site::Crash, node.state != State::Down),
            Trouble::Freeze => (Site::Freeze, node.state == State::Up),
            Trouble::Step => (Site::Step, true),
            Trouble::OutOfMemory => (Site::OutOfMemory, node.state != State::Down),
            Trouble::Partition => (Site::Partition, node.state != State::Down),
        };
        if !can || !self.server_fault(site, server, nth) {
            return;
        }
        let faults = &self.scenario.faults;
        let fault = Fault { occasion: Occasion::Server { server, nth }, site };
        match trouble {
            Trouble::Crash => {
                let down_us = faults.down_for.pick(block.word(1));
                self.write_down(fault, line(server, Deed::Crash, down_us));
                self.crash(server, Some(down_us));
            }
            Trouble::Freeze => {
                let for_us = faults.freeze_for.pick(block.word(1));
                self.write_down(fault, line(server, Deed::Freeze, for_us));
                self.freeze(server, self.schedule.now().after(for_us));
            }
            Trouble::Step => {
                // Somewhere around where it was at the start: so no step is too large, and clocks
                // do not wander off however many there are.
                let widest_us = faults.step_by.us();
                let to_us = block.upto(1, widest_us) as i64 - (widest_us / 2) as i64;
                let node = &mut self.nodes[server as usize];
                let by_us = to_us - std::mem::replace(&mut node.stepped_us, to_us);
                let by = Some(Shift::of_us(by_us));
                self.write_down(fault, Line { lasts: None, by, ..line(server, Deed::Step, 0) });
                self.set_clock(server, by_us);
            }
            Trouble::OutOfMemory => {
                let down_us = faults.down_for.pick(block.word(1));
                let closes = faults.oom_closes.hits(block.word(2));
                self.write_down(fault, line(server, Deed::OutOfMemory, down_us));
                self.out_of_memory(server, closes, Some(down_us));
            }
            Trouble::Partition => {
                let for_us = faults.partition_for.pick(block.word(1));
                let way = Way::ALL[block.upto(2, Way::ALL.len() as u64 - 1) as usize];
                let line = Line { way: Some(way), ..line(server, Deed::Partition, for_us) };
                self.write_down(fault, line);
                self.cut_off(server, way, self.schedule.now().after(for_us));
            }
        }
    }

    /// Keeps the line of a timeline that does what a random fault does now. Only where a tape is
    /// replayed: whoever takes a run apart replays it, and a long run need not remember them.
    fn write_down(&mut self, fault: Fault, line: Line) {
        if self.gate.replays() {
            let at = Span(Duration::from_micros(self.schedule.now().as_micros()));
            self.lines.push((fault, Line { at, ..line }));
        }
    }

    fn server_fault(&mut self, site: Site, server: u32, nth: u32) -> bool {
        self.gate.fault(site, Chance::ALWAYS, 0, Occasion::Server { server, nth })
    }

    fn timeline(&mut self, nth: u32) {
        let scenario = self.scenario;
        let Line { server, what, lasts, to, by, way, .. } = scenario.timeline[nth as usize];
        let occasion = Occasion::World { nth: nth + 1 };
        let state = self.nodes[server as usize].state;
        let can = match what {
            Deed::Crash | Deed::OutOfMemory | Deed::Partition => state != State::Down,
            Deed::Freeze | Deed::Shutdown | Deed::Restart => state == State::Up,
            Deed::Boot => state == State::Down,
            Deed::Step => true,
        };
        if !can || !self.gate.fault(Site::Timeline, Chance::ALWAYS, 0, occasion) {
            return;
        }
        let lasts_us = lasts.map(|span| span.us());
        match what {
            Deed::Crash => self.crash(server, lasts_us),
            Deed::Freeze => {
                let until = lasts_us.map_or(Moment::MAX, |us| self.schedule.now().after(us));
                self.freeze(server, until);
            }
            Deed::Shutdown => self.close(server, "shutdown", lasts_us, to),
            Deed::Restart => {
                self.boot(to.expect("checked"));
                self.nodes[server as usize].spare = true;
                self.close(server, "restart", lasts_us, to);
            }
            Deed::Boot => self.boot(server),
            Deed::OutOfMemory => {
                let block = self.dice.ask(server_question(Stream::Deed, server, nth + 1));
                let closes = scenario.faults.oom_closes.hits(block.word(0));
                self.out_of_memory(server, closes, lasts_us);
            }
            Deed::Step => self.set_clock(server, by.expect("checked").us()),
            Deed::Partition => {
                let until = lasts_us.map_or(Moment::MAX, |us| self.schedule.now().after(us));
                self.cut_off(server, way.unwrap_or(Way::Both), until);
            }
        }
    }

    /// What an incident is as a whole is one fault; its rates are asked for by each call.
    fn incident_begins(&mut self, nth: u32) {
        let occasion = Occasion::World { nth: nth + 1 };
        let happens = match self.conditions.is_state(nth) {
            true => self.gate.fault(Site::Incident, Chance::ALWAYS, 0, occasion),
            false => !self.gate.is_healed(),
        };
        if !happens {
            return;
        }
        self.conditions.begin(nth);
        let outage = self.conditions.is_outage(nth);
        let fact = if outage { Fact::OutageBegins } else { Fact::IncidentBegins { nth } };
        self.step(NONE, NONE, NONE, fact);
        let lasts = self.scenario.datastore.incidents[nth as usize].lasts;
        let end = self.schedule.now() + lasts.0;
        self.plan_at(end.as_micros(), Item::IncidentEnds(nth));
    }

    fn incident_ends(&mut self, nth: u32) {
        if self.conditions.end(nth) {
            let outage = self.conditions.is_outage(nth);
            let fact = if outage { Fact::OutageEnds } else { Fact::IncidentEnds { nth } };
            self.step(NONE, NONE, NONE, fact);
        }
    }

    /// Ends all faults, in one place.
    fn heal(&mut self) {
        self.gate.heal();
        self.conditions.heal();
        self.messaging.mend();
        self.step(NONE, NONE, NONE, Fact::Healed);
        for server in 0..self.nodes.len() as u32 {
            if let State::Frozen { since, .. } = self.nodes[server as usize].state {
                let until = self.schedule.now();
                self.nodes[server as usize].state = State::Frozen { since, until };
                self.thaw(server);
            }
            if !self.nodes[server as usize].spare {
                self.boot(server);
            }
        }
    }

    /// Sets up a server and starts it, unless it is spare.
    pub(super) fn build(&mut self, server: u32) {
        let servers = &self.scenario.servers;
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
            let mut node = Node::new(clock, nobody, L::new(&self.config, nobody));
            (node.state, node.spare) = (State::Down, spare);
            return self.nodes.push(node);
        }
        let job = self.hire();
        self.nodes.push(Node::new(clock, job, L::new(&self.config, job)));
        self.open(server);
    }

    fn never_starts(&self, server: u32) -> bool {
        let only = &self.scenario.servers.only;
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
        self.tell(server, Input::Open { datastore: self.scenario.datastore.available });
    }

    /// A server comes back if this is when it should.
    pub(super) fn boot_if_due(&mut self, server: u32) {
        if self.nodes[server as usize].boot_at == self.schedule.now() {
            self.boot(server);
        }
    }

    /// A server that is down comes back, as another job.
    fn boot(&mut self, server: u32) {
        if self.nodes[server as usize].state != State::Down || self.never_starts(server) {
            return;
        }
        let job = self.hire();
        let node = &mut self.nodes[server as usize];
        node.job = job;
        node.library = L::new(&self.config, job);
        node.state = State::Up;
        node.boot_at = Moment::NEVER;
        node.spare = false;
        self.open(server);
    }

    /// The process is gone at once: no callback runs, nothing is released.
    fn crash(&mut self, server: u32, down_us: Option<u64>) {
        self.step(server, NONE, NONE, Fact::Crashed);
        self.go_down(server, "crash", down_us);
    }

    /// There is no memory left. The platform may still let the game close in order, which is not
    /// promised (creator-docs: `enums/CloseReason.yaml` has such a reason); else it is a crash.
    fn out_of_memory(&mut self, server: u32, closes: bool, down_us: Option<u64>) {
        let closes = closes && self.nodes[server as usize].state == State::Up;
        self.step(server, NONE, NONE, Fact::OutOfMemory { closes });
        if closes {
            self.close(server, "out of memory", down_us, None);
        } else {
            self.step(server, NONE, NONE, Fact::Crashed);
            self.go_down(server, "out of memory", down_us);
        }
    }

    /// The wall clock of a server jumps, and what depends on it is looked at again. The monotonic
    /// clock does not notice, and nor does a process that stands still.
    fn set_clock(&mut self, server: u32, by_us: i64) {
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
    fn freeze(&mut self, server: u32, until: Moment) {
        let since = self.schedule.now();
        let node = &mut self.nodes[server as usize];
        node.state = State::Frozen { since, until };
        self.step(server, NONE, NONE, Fact::Froze);
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        let gives_up_at = since + self.scenario.players.timeout.0;
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
        let State::Frozen { since, until } = node.state else { return };
        if until != now {
            return;
        }
        node.state = State::Up;
        if self.scenario.faults.freeze_stops_clock {
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

    /// The process is asked to close: its players are moved, all to one server or each to any; its
    /// sessions are saved and released (rule W8).
    ///
    /// The game hears that its players leave and that the server closes, and nothing is documented
    /// about which comes first.
    fn close(&mut self, server: u32, why: &'static str, down_us: Option<u64>, to: Option<u32>) {
        let until = self.schedule.now() + self.scenario.servers.close_budget.0;
        let node = &mut self.nodes[server as usize];
        node.state = State::Closing { why, down_us, until };
        node.closings += 1;
        let nth = node.closings;
        self.step(server, NONE, NONE, Fact::Closing);
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        for (_, taken) in visits {
            let player = self.visits.of(taken.visit).player;
            if self.players[player as usize].visit == taken.visit {
                self.players[player as usize].bound = to.unwrap_or(NONE);
            }
            self.turn_away(player, Some(taken.visit));
        }
        self.at(until, u64::from(server) | 5 << 60, Event::Kill(server));
        let close_first = match self.scenario.servers.close_order {
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
        matches!(self.nodes[server as usize].state, State::Closing { .. })
    }

    /// A player has left, or was noticed to: a server without any closes, if servers do. In an
    /// event of its own, as this one is not over.
    pub(super) fn close_if_empty(&mut self, server: u32) {
        let node = &self.nodes[server as usize];
        if self.scenario.servers.close_when_empty && node.state == State::Up && node.players == 0 {
            let name = self.empties + server;
            self.at(self.schedule.now(), u64::from(name) | 2 << 60, Event::Plan(name));
        }
    }

    /// The last player has left and the server knows it: it closes, and comes back after a while.
    fn empty(&mut self, server: u32) {
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
            let down_us = self.scenario.faults.down_for.pick(block.word(1));
            self.step(server, NONE, NONE, Fact::Emptied);
            self.close(server, "server empty", Some(down_us), None);
        }
    }

    pub(super) fn stop_if_done(&mut self, server: u32) {
        let node = &self.nodes[server as usize];
        if let State::Closing { why, down_us, .. } = node.state
            && node.is_empty()
        {
            self.step(server, NONE, NONE, Fact::Stopped { done: true });
            self.go_down(server, why, down_us);
        }
    }

    /// The time of a closing server is up, whatever is still running.
    pub(super) fn kill(&mut self, server: u32) {
        let now = self.schedule.now();
        if let State::Closing { why, down_us, until } = self.nodes[server as usize].state
            && until == now
        {
            self.step(server, NONE, NONE, Fact::Stopped { done: false });
            self.go_down(server, why, down_us);
        }
    }
}

/// Which questions are about a trouble.
fn stream(trouble: Trouble) -> Stream {
    match trouble {
        Trouble::Crash => Stream::Crash,
        Trouble::Freeze => Stream::Freeze,
        Trouble::Step => Stream::Step,
        Trouble::OutOfMemory => Stream::OutOfMemory,
        Trouble::Partition => Stream::Partition,
    }
}

/// A line of a timeline for something that lasts so many microseconds; when is yet to be said.
fn line(server: u32, what: Deed, lasts_us: u64) -> Line {
    let lasts = Some(Span(Duration::from_micros(lasts_us)));
    Line { at: Span(Duration::ZERO), server, what, lasts, to: None, by: None, way: None }
}

fn server_question(stream: Stream, server: u32, nth: u32) -> Question {
    Question { stream, subject: server, session: 0, kind: 0, nth, attempt: 0 }
}

#[cfg(test)]
mod tests;

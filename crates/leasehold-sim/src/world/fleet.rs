//! Servers, as the world sees them: built, crashed, frozen, thawed, closed and started again; and
//! the plan of all that.

use super::World;
use crate::clock::Clock;
use crate::fault::{Occasion, Site};
use crate::library::{Input, Library};
use crate::luck::{Question, Stream};
use crate::node::{Node, State};
use crate::observe::{Fact, NONE};
use crate::scenario::{Chance, Deed, Line};
use crate::schedule::{Event, Moment};
use leasehold_core::JobId;

/// A line of the fault plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// A server's next crash.
    Crash(u32),
    /// A server's next freeze.
    Freeze(u32),
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
            self.plan_next(Item::Crash(server), None);
            self.plan_next(Item::Freeze(server), None);
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
    }

    fn plan_at(&mut self, at_us: u64, item: Item) {
        let name = self.items.len() as u32;
        self.items.push(item);
        self.at(Moment::from_micros(at_us), u64::from(name) | 2 << 60, Event::Plan(name));
    }

    /// Plans a server's next crash or freeze, under the name of the one before it if there was one.
    fn plan_next(&mut self, item: Item, name: Option<u32>) {
        let Some(after) = self.until_next(item) else { return };
        let name = name.unwrap_or_else(|| {
            self.items.push(item);
            self.items.len() as u32 - 1
        });
        let at = self.schedule.now().after(after);
        if at <= self.end {
            self.at(at, u64::from(name) | 2 << 60, Event::Plan(name));
        }
    }

    /// How long it is until a server's next crash or freeze, if it has any.
    fn until_next(&self, item: Item) -> Option<u64> {
        let (server, table, stream) = match item {
            Item::Crash(server) => (server, self.tables.crash.as_ref()?, Stream::Crash),
            Item::Freeze(server) => (server, self.tables.freeze.as_ref()?, Stream::Freeze),
            Item::Timeline(_) | Item::IncidentBegins(_) | Item::IncidentEnds(_) | Item::Heal => {
                return None;
            }
        };
        let node = &self.nodes[server as usize];
        let nth = 1 + if stream == Stream::Crash { node.crashes } else { node.freezes };
        let block = self.dice.ask(server_question(stream, server, nth));
        Some(table.pick(block.word(0)).max(1))
    }

    pub(super) fn item(&mut self, name: u32) {
        match self.items[name as usize] {
            item @ Item::Crash(server) => {
                let node = &mut self.nodes[server as usize];
                node.crashes += 1;
                let nth = node.crashes;
                let block = self.dice.ask(server_question(Stream::Crash, server, nth));
                if node.state != State::Down && self.server_fault(Site::Crash, server, nth) {
                    let down_us = self.scenario.faults.down_for.pick(block.word(1));
                    self.crash(server, Some(down_us));
                }
                self.plan_next(item, Some(name));
            }
            item @ Item::Freeze(server) => {
                let node = &mut self.nodes[server as usize];
                node.freezes += 1;
                let nth = node.freezes;
                let block = self.dice.ask(server_question(Stream::Freeze, server, nth));
                if node.state == State::Up && self.server_fault(Site::Freeze, server, nth) {
                    let for_us = self.scenario.faults.freeze_for.pick(block.word(1));
                    self.freeze(server, self.schedule.now().after(for_us));
                }
                self.plan_next(item, Some(name));
            }
            Item::Timeline(nth) => self.timeline(nth),
            Item::IncidentBegins(nth) => self.incident_begins(nth),
            Item::IncidentEnds(nth) => self.incident_ends(nth),
            Item::Heal => self.heal(),
        }
    }

    fn server_fault(&mut self, site: Site, server: u32, nth: u32) -> bool {
        self.gate.fault(site, Chance::ALWAYS, 0, Occasion::Server { server, nth })
    }

    fn timeline(&mut self, nth: u32) {
        let scenario = self.scenario;
        let Line { server, what, lasts, to, .. } = scenario.timeline[nth as usize];
        let occasion = Occasion::World { nth: nth + 1 };
        let state = self.nodes[server as usize].state;
        let can = match what {
            Deed::Crash => state != State::Down,
            Deed::Freeze | Deed::Shutdown => state == State::Up,
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
            Deed::Shutdown => self.close(server, lasts_us, to),
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
        self.step(NONE, NONE, NONE, Fact::Healed);
        for server in 0..self.nodes.len() as u32 {
            if let State::Frozen { since, .. } = self.nodes[server as usize].state {
                let until = self.schedule.now();
                self.nodes[server as usize].state = State::Frozen { since, until };
                self.thaw(server);
            }
            self.boot(server);
        }
    }

    /// Sets up a server and starts it.
    pub(super) fn build(&mut self, server: u32) {
        let servers = &self.scenario.servers;
        let block = self.dice.ask(server_question(Stream::Clock, server, 0));
        let skew_us = block.upto(0, servers.skew.us()) as i64;
        let drift = block.upto(1, 2 * u64::from(servers.drift_ppm)) as i64;
        let clock = Clock {
            offset_us: skew_us - (servers.skew.us() / 2) as i64,
            drift_ppm: (drift - i64::from(servers.drift_ppm)) as i32,
            whole_seconds: servers.whole_seconds,
        };
        let job = self.hire(server);
        self.nodes.push(Node::new(clock, job, L::new(&self.config, job)));
        self.open(server);
    }

    /// A new job for a server.
    fn hire(&mut self, server: u32) -> JobId {
        let job = JobId(self.jobs.len() as u32);
        self.jobs.push(server);
        self.listening.push(false);
        job
    }

    fn open(&mut self, server: u32) {
        self.step(server, NONE, NONE, Fact::Booted);
        self.tell(server, Input::Open { datastore: self.scenario.datastore.available });
    }

    /// A server that is down comes back, as another job.
    pub(super) fn boot(&mut self, server: u32) {
        if self.nodes[server as usize].state != State::Down {
            return;
        }
        let job = self.hire(server);
        let node = &mut self.nodes[server as usize];
        node.job = job;
        node.library = L::new(&self.config, job);
        node.state = State::Up;
        self.open(server);
    }

    /// The process is gone at once: no callback runs, nothing is released.
    fn crash(&mut self, server: u32, down_us: Option<u64>) {
        self.step(server, NONE, NONE, Fact::Crashed);
        self.go_down(server, "crash", down_us);
    }

    fn go_down(&mut self, server: u32, how: &'static str, down_us: Option<u64>) {
        let node = &mut self.nodes[server as usize];
        let visits: Vec<_> = node.visits().collect();
        let held = std::mem::take(&mut node.held);
        node.clear();
        for (_, taken) in visits {
            let visit = taken.visit;
            let player = self.visits.of(visit).player;
            if taken.believes {
                self.step(server, visit, player, Fact::Ceases);
            }
            self.step(server, visit, player, Fact::Ended { how, saved: false });
            self.turn_away(player, Some(visit));
            self.visits.of_mut(visit).seated = false;
            self.over_if_done(visit);
        }
        // What a frozen process would have been given comes to nobody now, and ends.
        for event in held {
            self.happen(event);
        }
        if let Some(down_us) = down_us {
            let at = self.schedule.now().after(down_us);
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
        if !matches!(node.state, State::Frozen { until, .. } if until == now) {
            return;
        }
        node.state = State::Up;
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
        }
    }

    /// The process is asked to close: its players are moved, all to one server or each to any; its
    /// sessions are saved and released (rule W8).
    fn close(&mut self, server: u32, down_us: Option<u64>, to: Option<u32>) {
        self.nodes[server as usize].state = State::Closing { down_us };
        self.step(server, NONE, NONE, Fact::Closing);
        let visits: Vec<_> = self.nodes[server as usize].visits().collect();
        for (_, taken) in visits {
            let player = self.visits.of(taken.visit).player;
            if self.players[player as usize].visit == taken.visit {
                self.players[player as usize].bound = to.unwrap_or(NONE);
            }
            self.turn_away(player, Some(taken.visit));
        }
        let at = self.schedule.now() + self.scenario.servers.close_budget.0;
        self.at(at, u64::from(server) | 5 << 60, Event::Kill(server));
        self.tell(server, Input::Close);
        // Belief ends when a release is called, not when it is answered (rule W6).
        let seats: Vec<_> = self.nodes[server as usize].visits().collect();
        for (seat, _) in seats {
            self.refresh(server, seat);
        }
        self.stop_if_done(server);
    }

    pub(super) fn stop_if_done(&mut self, server: u32) {
        let node = &self.nodes[server as usize];
        if let State::Closing { down_us } = node.state
            && node.is_empty()
        {
            self.step(server, NONE, NONE, Fact::Stopped { done: true });
            self.go_down(server, "shutdown", down_us);
        }
    }

    /// The time of a closing server is up, whatever is still running.
    pub(super) fn kill(&mut self, server: u32) {
        if let State::Closing { down_us } = self.nodes[server as usize].state {
            self.step(server, NONE, NONE, Fact::Stopped { done: false });
            self.go_down(server, "shutdown", down_us);
        }
    }
}

fn server_question(stream: Stream, server: u32, nth: u32) -> Question {
    Question { stream, subject: server, session: 0, kind: 0, nth, attempt: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Gate;
    use crate::library::{Chronicle, GameSave};
    use crate::luck::Luck;
    use crate::players::Doing;
    use crate::scenario::Scenario;

    /// Where the players of server 0 play once it was shut down, after 1 min, with this timeline.
    fn after_a_shutdown(timeline: &str) -> Vec<u32> {
        let text = format!(
            "duration = \"2m\"\nservers.count = 4\ntimeline = [{timeline}]\n\
             [players]\ncount = 80\narrive = \"0s..20s\"\nstay = \"1h\"\nretry = \"100%\""
        );
        let scenario = Scenario::parse(&text).unwrap();
        let (rules, gate) = (scenario.rules(), Gate::new(None));
        let mut world = World::<Chronicle<GameSave>>::new(&scenario, rules, Luck { seed: 1 }, gate);
        while world.now() < Moment::from_micros(59_000_000) && world.advance() {}
        let on_0 = |player: &crate::players::Player| player.server == 0;
        let moved: Vec<usize> = (0..80).filter(|&name| on_0(&world.players[name])).collect();
        while world.advance() {}
        let players = moved.iter().map(|&name| &world.players[name]);
        players.filter(|one| one.state == Doing::Playing).map(|one| one.server).collect()
    }

    #[test]
    fn players_of_a_closing_server_go_where_they_are_sent_or_anywhere_if_nowhere_is_named() {
        let anywhere = after_a_shutdown("{ at = '1m', server = 0, do = 'shutdown' }");
        assert!((1..4).all(|server| anywhere.contains(&server)), "{anywhere:?}");
        let sent = after_a_shutdown("{ at = '1m', server = 0, do = 'shutdown', to = 2 }");
        assert!(sent.len() > 10 && sent.iter().all(|&server| server == 2), "{sent:?}");
    }

    #[test]
    fn players_who_are_sent_to_a_server_that_is_down_go_to_the_next_that_is_up() {
        let crash = "{ at = '50s', server = 2, do = 'crash' }";
        let sent = after_a_shutdown(&format!(
            "{crash}, {{ at = '1m', server = 0, do = 'shutdown', to = 2 }}"
        ));
        assert!(sent.len() > 10 && sent.iter().all(|&server| server == 3), "{sent:?}");
    }
}

//! What befalls servers and the datastore, and when: the fault plan.
//!
//! ```text
//!   at random: a trouble of each kind, server by server --.
//!   the timeline: deeds ----------------------------------+--[gate]--> what `servers` does
//!   incidents of the datastore, and their ends -----------'
//! ```
//!
//! The next trouble of a server is drawn when the one before it is due, whether or not that one
//! could happen: so leaving one out moves no other. A trouble that happens where a tape is replayed
//! is written down as the line of a timeline that does the same, with everything it has drawn.

use super::World;
use super::servers::occasion;
use crate::cause;
use crate::config::Trouble;
use crate::config::{Deed, Direction, Line};
use crate::draws::{DeedWord, Draw, Draws, TroubleWord, of};
use crate::fault::{Fault, Occasion, Site};
use crate::ids::{PlanId, ServerId};
use crate::library::Library;
use crate::node::State;
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;
use crate::units::{Chance, Shift, Span};
use std::time::Duration;

/// A line of the fault plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// A server's next trouble of a kind.
    Trouble(Trouble, ServerId),
    /// A look whether a server is empty.
    Empty(ServerId),
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
        for server in ServerId::first(self.nodes.len() as u32) {
            for trouble in Trouble::ALL {
                self.plan_next((trouble, server), None);
            }
        }
        let config = self.config;
        for (nth, line) in config.timeline.iter().enumerate() {
            self.plan_at(line.at.us(), Item::Timeline(nth as u32));
        }
        for (nth, incident) in config.datastore.incidents.iter().enumerate() {
            self.plan_at(incident.at.us(), Item::IncidentBegins(nth as u32));
        }
        if let Some(heal) = config.heal {
            self.plan_at(heal.us(), Item::Heal);
        }
        if config.servers.close_when_empty {
            self.empties = self.items.len() as u32;
            self.items.extend(ServerId::first(config.servers.count).map(Item::Empty));
        }
    }

    fn plan_at(&mut self, at_us: u64, item: Item) {
        let name = PlanId::new(self.items.len() as u32);
        self.items.push(item);
        self.at(Moment::from_micros(at_us), Tie::Plan(name), Event::Plan(name));
    }

    /// Plans a server's next trouble, under the name of the one before it if there was one.
    fn plan_next(&mut self, (trouble, server): (Trouble, ServerId), name: Option<PlanId>) {
        let Some(table) = &self.tables.troubles[trouble as usize] else { return };
        let nth = 1 + self.nodes[server.index()].troubles[trouble as usize];
        let block = drawn(&self.draws, trouble, server, nth);
        let after = table.pick(block.word(TroubleWord::After)).max(1);
        let name = name.unwrap_or_else(|| {
            self.items.push(Item::Trouble(trouble, server));
            PlanId::new(self.items.len() as u32 - 1)
        });
        let at = self.schedule.now().after(after);
        if at <= self.end {
            self.at(at, Tie::Plan(name), Event::Plan(name));
        }
    }

    pub(super) fn item(&mut self, name: PlanId) {
        match self.items[name.index()] {
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

    fn trouble(&mut self, trouble: Trouble, server: ServerId) {
        let node = &mut self.nodes[server.index()];
        node.troubles[trouble as usize] += 1;
        let nth = node.troubles[trouble as usize];
        let block = drawn(&self.draws, trouble, server, nth);
        let (site, can) = match trouble {
            Trouble::Crash => (Site::Crash, node.state != State::Down),
            Trouble::Pause => (Site::Pause, node.runs()),
            Trouble::Step => (Site::Step, true),
            Trouble::OutOfMemory => (Site::OutOfMemory, node.state != State::Down),
            Trouble::Partition => (Site::Partition, node.state != State::Down),
        };
        if !can || !self.server_fault(site, server, nth) {
            return;
        }
        let faults = &self.config.faults;
        let fault = Fault { occasion: Occasion::Server { server, nth }, site };
        match trouble {
            Trouble::Crash => {
                let down_us = faults.down_for.pick(block.word(TroubleWord::Lasts));
                self.write_down(fault, line(server, Deed::Crash, down_us));
                self.crash(server, Some(down_us));
            }
            Trouble::Pause => {
                let for_us = faults.pause_for.pick(block.word(TroubleWord::Lasts));
                self.write_down(fault, line(server, Deed::Pause, for_us));
                self.pause(server, self.schedule.now().after(for_us));
            }
            Trouble::Step => {
                // Somewhere around where it was at the start: so no step is too large, and clocks
                // do not wander off however many there are.
                let widest_us = faults.step_by.us();
                let to_us =
                    block.upto(TroubleWord::Lasts, widest_us) as i64 - (widest_us / 2) as i64;
                let node = &mut self.nodes[server.index()];
                let by_us = to_us - std::mem::replace(&mut node.stepped_us, to_us);
                let by = Some(Shift::of_us(by_us));
                self.write_down(fault, Line { lasts: None, by, ..line(server, Deed::Step, 0) });
                self.set_clock(server, by_us);
            }
            Trouble::OutOfMemory => {
                let down_us = faults.down_for.pick(block.word(TroubleWord::Lasts));
                let closes = faults.oom_closes.hits(block.word(TroubleWord::How));
                let drawn =
                    Line { closes: Some(closes), ..line(server, Deed::OutOfMemory, down_us) };
                self.write_down(fault, drawn);
                self.out_of_memory(server, closes, Some(down_us));
            }
            Trouble::Partition => {
                let for_us = faults.partition_for.pick(block.word(TroubleWord::Lasts));
                let way = Direction::ALL
                    [block.upto(TroubleWord::How, Direction::ALL.len() as u64 - 1) as usize];
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

    fn server_fault(&mut self, site: Site, server: ServerId, nth: u32) -> bool {
        self.gate.fault(site, Chance::ALWAYS, 0, Occasion::Server { server, nth })
    }

    fn timeline(&mut self, nth: u32) {
        let config = self.config;
        let Line { server, what, lasts, to, by, way, closes, .. } = config.timeline[nth as usize];
        let (server, to) = (ServerId::new(server), to.map(ServerId::new));
        let fault = Occasion::World { nth: nth + 1 };
        let node = &self.nodes[server.index()];
        let can = match what {
            Deed::Crash | Deed::OutOfMemory | Deed::Partition => node.state != State::Down,
            Deed::Pause => node.runs(),
            Deed::Shutdown | Deed::Restart => node.state != State::Down && node.closing().is_none(),
            Deed::Boot => node.state == State::Down,
            Deed::Step => true,
        };
        if !can || !self.gate.fault(Site::Timeline, Chance::ALWAYS, 0, fault) {
            return;
        }
        let lasts_us = lasts.map(|span| span.us());
        match what {
            Deed::Crash => self.crash(server, lasts_us),
            Deed::Pause => {
                let until = lasts_us.map_or(Moment::MAX, |us| self.schedule.now().after(us));
                self.pause(server, until);
            }
            Deed::Shutdown => self.close(server, &cause::SHUTDOWN, lasts_us, to),
            Deed::Restart => {
                self.boot(to.expect("checked"));
                self.close(server, &cause::RESTART, lasts_us, to);
            }
            Deed::Boot => self.boot(server),
            Deed::OutOfMemory => {
                let closes = closes.unwrap_or_else(|| {
                    let block = self.draws.draw(of::Deed, occasion(server, nth + 1));
                    config.faults.oom_closes.hits(block.word(DeedWord::Closes))
                });
                self.out_of_memory(server, closes, lasts_us);
            }
            Deed::Step => self.set_clock(server, by.expect("checked").us()),
            Deed::Partition => {
                let until = lasts_us.map_or(Moment::MAX, |us| self.schedule.now().after(us));
                self.cut_off(server, way.unwrap_or(Direction::Both), until);
            }
        }
    }

    /// What an incident is as a whole is one fault; its rates are asked for by each call.
    fn incident_begins(&mut self, nth: u32) {
        let occasion = Occasion::World { nth: nth + 1 };
        let happens = if self.conditions.is_state(nth) {
            self.gate.fault(Site::Incident, Chance::ALWAYS, 0, occasion)
        } else {
            !self.gate.is_healed()
        };
        if !happens {
            return;
        }
        self.conditions.begin(nth);
        let outage = self.conditions.is_outage(nth);
        self.step(None, None, None, Fact::IncidentBegins { nth, outage });
        let lasts = self.config.datastore.incidents[nth as usize].lasts;
        let end = self.schedule.now() + lasts.0;
        self.plan_at(end.as_micros(), Item::IncidentEnds(nth));
    }

    fn incident_ends(&mut self, nth: u32) {
        if self.conditions.end(nth) {
            let outage = self.conditions.is_outage(nth);
            self.step(None, None, None, Fact::IncidentEnds { nth, outage });
        }
    }
}

/// What is drawn for a server's trouble.
fn drawn(draws: &Draws, trouble: Trouble, server: ServerId, nth: u32) -> Draw<TroubleWord> {
    let occasion = occasion(server, nth);
    match trouble {
        Trouble::Crash => draws.draw(of::Crash, occasion),
        Trouble::Pause => draws.draw(of::Pause, occasion),
        Trouble::Step => draws.draw(of::Step, occasion),
        Trouble::OutOfMemory => draws.draw(of::OutOfMemory, occasion),
        Trouble::Partition => draws.draw(of::Partition, occasion),
    }
}

/// A line of a timeline for something that lasts so many microseconds; when is yet to be said.
fn line(server: ServerId, what: Deed, lasts_us: u64) -> Line {
    let lasts = Some(Span(Duration::from_micros(lasts_us)));
    Line {
        at: Span(Duration::ZERO),
        server: server.number(),
        what,
        lasts,
        to: None,
        by: None,
        way: None,
        closes: None,
    }
}

//! What befalls servers and the datastore, and when: the fault plan.
//!
//! ```text
//!   at random: a random fault of each kind, server by server --.
//!   the timeline: events --------------------------------------+--[gate]--> what `servers` does
//!   incidents of the datastore, and their ends ----------------'
//! ```
//!
//! What a scenario says of a moment comes before anything else that happens then, in one order: the
//! ends of incidents and the healing, the beginnings of incidents, and the entries of the timeline
//! and the operations, each as they stand in the file. So an entry finds the datastore as the
//! incidents of its moment say, and so does each call that is sent then.
//!
//! The next random fault of a server is drawn when the one before it is due, whether or not that
//! one could happen: so leaving one out moves no other. A random fault that happens where a tape is
//! replayed is written down as the line of a timeline that does the same, with everything it has
//! drawn.

use super::World;
use super::servers::occasion;
use crate::cause;
use crate::config::RandomFault;
use crate::config::{Direction, FaultEvent, TimelineEntry};
use crate::draws::{Draw, Draws, RandomFaultWord, TimelineWord, of};
use crate::fault::{Fault, Occasion, Site};
use crate::ids::{PlanId, ServerId};
use crate::library::Library;
use crate::node::ProcessState;
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;
use crate::units::{Chance, Shift, Span};
use std::time::Duration;

/// Place of what a scenario says among what happens at one moment.
#[derive(Clone, Copy, Debug)]
enum Rank {
    Ends,
    Begins,
    Entry,
}

/// How many places are before all events whose order is drawn.
pub(super) const RANKS: u16 = 3;

/// A line of the fault plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlanEntry {
    /// A server's next random fault of a kind.
    Random(RandomFault, ServerId),
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
    /// The next operation of an entry is due.
    Operation(u32),
    /// An operation writes back what it has read.
    WriteBack(u32),
}

impl<L: Library> World<'_, L> {
    /// Writes the fault plan down. Windows begin and end by themselves, whether or not anybody is
    /// there.
    pub(super) fn plan(&mut self) {
        for server in ServerId::first(self.nodes.len() as u32) {
            for random_fault in RandomFault::ALL {
                self.plan_next((random_fault, server), None);
            }
        }
        let config = self.config;
        for (nth, line) in config.timeline.iter().enumerate() {
            self.plan_at(line.at.us(), Rank::Entry, PlanEntry::Timeline(nth as u32));
        }
        for (nth, incident) in config.datastore.incidents.iter().enumerate() {
            self.plan_at(incident.at.us(), Rank::Begins, PlanEntry::IncidentBegins(nth as u32));
        }
        self.plan_operations();
        if let Some(heal) = config.heal {
            self.plan_at(heal.us(), Rank::Ends, PlanEntry::Heal);
        }
        if config.servers.close_when_empty {
            self.empties = self.items.len() as u32;
            self.items.extend(ServerId::first(config.servers.count).map(PlanEntry::Empty));
        }
    }

    /// A line of the plan that is due whenever somebody says so.
    pub(super) fn entry(&mut self, item: PlanEntry) -> PlanId {
        self.items.push(item);
        PlanId::new(self.items.len() as u32 - 1)
    }

    /// An entry of the scenario that is due at a moment.
    pub(super) fn plan_entry(&mut self, at_us: u64, item: PlanEntry) {
        self.plan_at(at_us, Rank::Entry, item);
    }

    fn plan_at(&mut self, at_us: u64, rank: Rank, item: PlanEntry) {
        let name = self.entry(item);
        self.queue(Moment::from_micros(at_us), rank as u16, Event::Plan(name));
    }

    /// Plans a server's next random fault, under the name of the one before it if there was one.
    fn plan_next(&mut self, (random_fault, server): (RandomFault, ServerId), name: Option<PlanId>) {
        let Some(table) = &self.tables.random_faults[random_fault as usize] else { return };
        let nth = 1 + self.nodes[server.index()].random_faults[random_fault as usize];
        let block = drawn(&self.draws, random_fault, server, nth);
        let after = table.pick(block.word(RandomFaultWord::After)).max(1);
        let name = name.unwrap_or_else(|| {
            self.items.push(PlanEntry::Random(random_fault, server));
            PlanId::new(self.items.len() as u32 - 1)
        });
        let at = self.schedule.now().after(after);
        if at <= self.end {
            self.at(at, Tie::Plan(name), Event::Plan(name));
        }
    }

    pub(super) fn item(&mut self, name: PlanId) {
        match self.items[name.index()] {
            PlanEntry::Random(random_fault, server) => {
                self.random_fault(random_fault, server);
                self.plan_next((random_fault, server), Some(name));
            }
            PlanEntry::Empty(server) => self.empty(server),
            PlanEntry::Timeline(nth) => self.timeline(nth),
            PlanEntry::IncidentBegins(nth) => self.incident_begins(nth),
            PlanEntry::IncidentEnds(nth) => self.incident_ends(nth),
            PlanEntry::Heal => self.heal(),
            PlanEntry::Operation(nth) => self.operation(nth),
            PlanEntry::WriteBack(nth) => self.write_back(nth),
        }
    }

    fn random_fault(&mut self, random_fault: RandomFault, server: ServerId) {
        let node = &mut self.nodes[server.index()];
        node.random_faults[random_fault as usize] += 1;
        let nth = node.random_faults[random_fault as usize];
        let block = drawn(&self.draws, random_fault, server, nth);
        let (site, can) = match random_fault {
            RandomFault::Crash => (Site::Crash, node.state != ProcessState::Down),
            RandomFault::Pause => (Site::Pause, node.runs()),
            RandomFault::Step => (Site::Step, true),
            RandomFault::OutOfMemory => (Site::OutOfMemory, node.state != ProcessState::Down),
            RandomFault::Partition => (Site::Partition, node.state != ProcessState::Down),
        };
        if !can || !self.server_fault(site, server, nth) {
            return;
        }
        let faults = &self.config.faults;
        let fault = Fault { occasion: Occasion::Server { server, nth }, site };
        match random_fault {
            RandomFault::Crash => {
                let down_us = self.tables.down_for.pick(block.word(RandomFaultWord::Lasts));
                self.write_down(fault, line(server, FaultEvent::Crash, down_us));
                self.crash(server, Some(down_us));
            }
            RandomFault::Pause => {
                let for_us = self.tables.pause_for.pick(block.word(RandomFaultWord::Lasts));
                self.write_down(fault, line(server, FaultEvent::Pause, for_us));
                self.pause(server, self.schedule.now().after(for_us));
            }
            RandomFault::Step => {
                // Somewhere around where it was at the start: so no step is too large, and clocks
                // do not wander off however many there are.
                let widest_us = faults.step_by.us();
                let to_us =
                    block.upto(RandomFaultWord::Lasts, widest_us) as i64 - (widest_us / 2) as i64;
                let node = &mut self.nodes[server.index()];
                let by_us = to_us - std::mem::replace(&mut node.stepped_us, to_us);
                let by = Some(Shift::of_us(by_us));
                self.write_down(
                    fault,
                    TimelineEntry { lasts: None, by, ..line(server, FaultEvent::Step, 0) },
                );
                self.set_clock(server, by_us);
            }
            RandomFault::OutOfMemory => {
                let down_us = self.tables.down_for.pick(block.word(RandomFaultWord::Lasts));
                let closes = faults.oom_closes.hits(block.word(RandomFaultWord::How));
                let drawn = TimelineEntry {
                    closes: Some(closes),
                    ..line(server, FaultEvent::OutOfMemory, down_us)
                };
                self.write_down(fault, drawn);
                self.out_of_memory(server, closes, Some(down_us));
            }
            RandomFault::Partition => {
                let for_us = self.tables.partition_for.pick(block.word(RandomFaultWord::Lasts));
                let way = Direction::ALL
                    [block.upto(RandomFaultWord::How, Direction::ALL.len() as u64 - 1) as usize];
                let line =
                    TimelineEntry { way: Some(way), ..line(server, FaultEvent::Partition, for_us) };
                self.write_down(fault, line);
                self.cut_off(server, way, self.schedule.now().after(for_us));
            }
        }
    }

    /// Keeps the line of a timeline that does what a random fault does now. Only where a tape is
    /// replayed: whoever takes a run apart replays it, and a long run need not remember them.
    fn write_down(&mut self, fault: Fault, line: TimelineEntry) {
        if self.gate.replays() {
            let at = Span(Duration::from_micros(self.schedule.now().as_micros()));
            self.lines.push((fault, TimelineEntry { at, ..line }));
        }
    }

    fn server_fault(&mut self, site: Site, server: ServerId, nth: u32) -> bool {
        self.gate.fault(site, Chance::ALWAYS, 0, Occasion::Server { server, nth })
    }

    fn timeline(&mut self, nth: u32) {
        let config = self.config;
        let TimelineEntry { server, what, lasts, to, by, way, closes, .. } =
            config.timeline[nth as usize];
        let (server, to) = (ServerId::new(server), to.map(ServerId::new));
        let fault = Occasion::World { nth: nth + 1 };
        let node = &self.nodes[server.index()];
        let can = match what {
            FaultEvent::Crash | FaultEvent::OutOfMemory | FaultEvent::Partition => {
                node.state != ProcessState::Down
            }
            FaultEvent::Pause => node.runs(),
            FaultEvent::Shutdown | FaultEvent::Restart => {
                node.state != ProcessState::Down && node.closing().is_none()
            }
            FaultEvent::Boot => node.state == ProcessState::Down,
            FaultEvent::Step => true,
        };
        if !can || !self.gate.fault(Site::Timeline, Chance::ALWAYS, 0, fault) {
            return;
        }
        let lasts_us = lasts.map(|span| span.us());
        match what {
            FaultEvent::Crash => self.crash(server, lasts_us),
            FaultEvent::Pause => {
                let until = lasts_us.map_or(Moment::MAX, |us| self.schedule.now().after(us));
                self.pause(server, until);
            }
            FaultEvent::Shutdown => self.close(server, &cause::SHUTDOWN, lasts_us, to),
            FaultEvent::Restart => {
                self.boot(to.expect("checked"));
                self.close(server, &cause::RESTART, lasts_us, to);
            }
            FaultEvent::Boot => self.boot(server),
            FaultEvent::OutOfMemory => {
                let closes = closes.unwrap_or_else(|| {
                    let block = self.draws.draw(of::Timeline, occasion(server, nth + 1));
                    config.faults.oom_closes.hits(block.word(TimelineWord::Closes))
                });
                self.out_of_memory(server, closes, lasts_us);
            }
            FaultEvent::Step => self.set_clock(server, by.expect("checked").us()),
            FaultEvent::Partition => {
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
        self.plan_at(end.as_micros(), Rank::Ends, PlanEntry::IncidentEnds(nth));
    }

    fn incident_ends(&mut self, nth: u32) {
        if self.conditions.end(nth) {
            let outage = self.conditions.is_outage(nth);
            self.step(None, None, None, Fact::IncidentEnds { nth, outage });
        }
    }
}

/// What is drawn for a server's random fault.
fn drawn(
    draws: &Draws,
    random_fault: RandomFault,
    server: ServerId,
    nth: u32,
) -> Draw<RandomFaultWord> {
    let occasion = occasion(server, nth);
    match random_fault {
        RandomFault::Crash => draws.draw(of::Crash, occasion),
        RandomFault::Pause => draws.draw(of::Pause, occasion),
        RandomFault::Step => draws.draw(of::Step, occasion),
        RandomFault::OutOfMemory => draws.draw(of::OutOfMemory, occasion),
        RandomFault::Partition => draws.draw(of::Partition, occasion),
    }
}

/// A line of a timeline for something that lasts so many microseconds; when is yet to be said.
fn line(server: ServerId, what: FaultEvent, lasts_us: u64) -> TimelineEntry {
    let lasts = Some(Span(Duration::from_micros(lasts_us)));
    TimelineEntry {
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

//! What no world may do, whatever its library does: the laws of the simulated physics.
//!
//! Observers hold libraries to their promises, and trust the world. Here nobody is trusted: from
//! the steps alone, and the scenario, it is looked whether the world keeps to what it says of
//! itself. A law that breaks is a mistake of ours.
//!
//! ```text
//!   a paused process does nothing                 a record is what the last write has made of it
//!   a call is answered once, or its server gone   an outage answers nobody
//!   clocks are no farther apart than set          a closing server is gone when its time is up
//!   who is elsewhere has left, and is noticed to have
//! ```

use leasehold_sim::cause::{Cause, Class};
use leasehold_sim::library::Key;
use leasehold_sim::library::View;
use leasehold_sim::model::Models;
use leasehold_sim::scenario::Chance;
use leasehold_sim::{CallEnd, Fact, Findings, Invariant, Moment, Observer, Scenario, Step};
use leasehold_sim::{ServerId, VisitId};
use std::collections::BTreeMap;

/// The law.
pub static LAWS: Invariant =
    Invariant::safety("the_world_keeps_its_laws", "the world does what it says of itself");

static PHYSICS: Cause = Cause::new("physics", Class::Other, "a mistake of the simulator");

/// How long an answer may take that comes at all: longer than any latency and pause.
const ANSWERED_WITHIN_US: u64 = 180_000_000;

/// What is known of a world so far.
pub struct Laws {
    close_budget_us: u64,
    /// How far a clock may be off, in microseconds; nothing if clocks are set while the world runs.
    off_us: Option<u64>,
    drift_ppm: u64,
    servers: BTreeMap<ServerId, Server>,
    records: BTreeMap<Key, Option<View>>,
    outage_since: Option<Moment>,
    /// Until when a server notices that a player has left; nothing if it may never.
    noticed_us: Option<u64>,
    /// By player, the visits of which nobody was told that they are over.
    visits: BTreeMap<Key, Vec<Visit>>,
}

/// A player on a server.
struct Visit {
    name: VisitId,
    server: ServerId,
    /// By when the server must know that the player is elsewhere.
    noticed_by: Moment,
}

#[derive(Default)]
struct Server {
    paused: bool,
    /// Since when it has not been paused, and has had the same process.
    runs_since: Moment,
    closes_by: Option<Moment>,
    /// Calls under way, by when they were sent.
    calls: BTreeMap<Moment, u32>,
}

impl Laws {
    /// Those of a world with nothing left to draw.
    pub fn new(scenario: &Scenario) -> Laws {
        let steps = scenario.faults.step_every.is_some() || !scenario.timeline.is_empty();
        let servers = &scenario.servers;
        Laws {
            close_budget_us: servers.close_budget.us(),
            off_us: (!steps).then(|| servers.skew.us() / 2 + 1),
            drift_ppm: u64::from(servers.drift_ppm),
            servers: BTreeMap::new(),
            records: BTreeMap::new(),
            outage_since: None,
            noticed_us: noticed(scenario),
            visits: BTreeMap::new(),
        }
    }

    /// A player is asked for on one server, so they have left all others.
    fn asked(&mut self, step: &Step) {
        let (Some(noticed_us), Some(session)) = (self.noticed_us, step.session()) else { return };
        let visits = self.visits.entry(session.key).or_default();
        for visit in visits.iter_mut() {
            visit.noticed_by = visit.noticed_by.min(step.at.after(noticed_us));
        }
        let (name, server, noticed_by) = (session.visit, session.server, Moment::NEVER);
        visits.push(Visit { name, server, noticed_by });
    }

    /// The server knows that a visit is over.
    fn left(&mut self, step: &Step) {
        if let Some(session) = step.session()
            && let Some(visits) = self.visits.get_mut(&session.key)
        {
            visits.retain(|visit| visit.name != session.visit);
        }
    }

    /// Whether a server has not noticed that a player has left.
    fn unnoticed(&self, name: ServerId, server: &Server, end: Moment) -> bool {
        let here = self.visits.values().flatten().filter(|visit| visit.server == name);
        let since = |visit: &Visit| visit.noticed_by.max(server.runs_since.after(1));
        !server.paused && here.into_iter().any(|visit| since(visit) < end)
    }

    /// What a step says that cannot be.
    fn broken(&mut self, step: &Step) -> Option<&'static str> {
        let outage_since = self.outage_since;
        match step.fact {
            Fact::Asked => self.asked(step),
            Fact::EndAsked | Fact::Ended { .. } | Fact::Rejected { .. } | Fact::Over => {
                self.left(step);
            }
            Fact::IncidentBegins { outage: true, .. } => self.outage_since = Some(step.at),
            Fact::IncidentEnds { .. } | Fact::Healed => self.outage_since = None,
            Fact::Damaged | Fact::Removed { .. } => {
                self.records.remove(&step.key?);
            }
            Fact::Committed { before, after, clock_us, .. } => {
                let known = self.records.insert(step.key?, after);
                if known.is_some_and(|known| known != before) {
                    return Some("a write replaced what nobody had written");
                }
                let off_us = self.off_us? + step.at.as_micros() * self.drift_ppm / 1_000_000;
                if clock_us.unsigned_abs() > off_us {
                    return Some("a clock was farther off than is set");
                }
            }
            _ => {}
        }
        let server = self.servers.entry(step.server?).or_default();
        match step.fact {
            Fact::Booted => *server = Server { runs_since: step.at, ..Server::default() },
            Fact::Crashed | Fact::Stopped { .. } => *server = Server::default(),
            Fact::Paused => server.paused = true,
            Fact::Resumed => (server.paused, server.runs_since) = (false, step.at),
            Fact::Closing => server.closes_by = Some(step.at.after(self.close_budget_us)),
            Fact::Sent { .. } => *server.calls.entry(step.at).or_default() += 1,
            Fact::Answered { sent, end, .. } => {
                let Some(calls) = server.calls.get_mut(&sent) else {
                    return Some("a call was answered that was not under way");
                };
                *calls -= 1;
                if *calls == 0 {
                    server.calls.remove(&sent);
                }
                if end == CallEnd::Done && outage_since.is_some_and(|since| since < sent) {
                    return Some("a call was answered during an outage");
                }
            }
            _ => {}
        }
        let acts = matches!(
            step.fact,
            Fact::Sent { .. }
                | Fact::Published { .. }
                | Fact::Saved
                | Fact::Loaded { .. }
                | Fact::ShortCircuited { .. }
        );
        if acts && server.paused {
            return Some("a paused process did something");
        }
        server.late(step.at)
    }
}

/// Until when a server notices that a player has left; nothing if it may not.
fn noticed(scenario: &Scenario) -> Option<u64> {
    let players = &scenario.players;
    let sees = players.leak == Chance::NEVER && players.second_device == Chance::NEVER;
    sees.then(|| players.noticed_after.table().map_or(0, |table| table.max()))
}

impl Server {
    fn late(&self, now: Moment) -> Option<&'static str> {
        let closed = self.closes_by.is_some_and(|by| by < now);
        closed.then_some("a closing server was there when its time was up")
    }
}

impl Observer for Laws {
    fn invariant(&self) -> &'static Invariant {
        &LAWS
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        if let Some(broken) = self.broken(step) {
            out.violated(&LAWS, step, &PHYSICS, || broken);
        }
    }

    fn at_end(&mut self, end: Moment, _seen: &Models, out: &mut Findings) {
        for (name, server) in &self.servers {
            let waits = |sent: &Moment| {
                let since = server.runs_since.max(*sent);
                !server.paused && since.after(ANSWERED_WITHIN_US) < end
            };
            let unanswered = server.calls.keys().any(waits);
            let broken = server.late(end).or_else(|| {
                unanswered.then_some("a call was never answered, and nothing had befallen it")
            });
            let unnoticed = self.unnoticed(*name, server, end);
            let broken = broken
                .or_else(|| unnoticed.then_some("a player was elsewhere, and nobody noticed"));
            if let Some(broken) = broken {
                let place =
                    leasehold_sim::observe::Location { at: end, server: Some(*name), key: None };
                out.violated(&LAWS, place, &PHYSICS, || broken);
            }
        }
    }
}

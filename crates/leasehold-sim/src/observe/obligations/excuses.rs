//! Since when something is owed, and how much of that time does not count.

use crate::ids::ServerId;
use crate::schedule::Moment;
use crate::step::{Fact, Step};

/// Something that is owed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Debt {
    /// Since when.
    pub(super) since: Moment,
    /// How much had been excused on its server by then, in microseconds.
    excused_us: u64,
    /// For how long its server had been paused by then, in microseconds.
    paused_us: u64,
}

/// Time that does not count: that of a state which comes and goes.
#[derive(Clone, Copy, Debug, Default)]
struct Excused {
    /// All of it until the state last ended, in microseconds.
    us: u64,
    /// Since when it is in that state now.
    since: Option<Moment>,
}

impl Excused {
    fn begins(&mut self, at: Moment) {
        self.since.get_or_insert(at);
    }

    fn ends(&mut self, at: Moment) {
        *self = Excused { us: self.by(at), since: None };
    }

    fn by(&self, now: Moment) -> u64 {
        self.us + self.since.map_or(0, |since| now.since(since))
    }
}

/// What excuses a server: its pauses, and the outages of the datastore.
#[derive(Debug)]
pub(super) struct Excuses {
    heal: Moment,
    paused: Vec<Excused>,
    out: Excused,
}

impl Excuses {
    /// Of so many servers; before `heal` nothing counts.
    pub(super) fn new(servers: u32, heal: Option<Moment>) -> Excuses {
        let paused = vec![Excused::default(); servers as usize];
        Excuses { heal: heal.unwrap_or(Moment::ZERO), paused, out: Excused::default() }
    }

    pub(super) fn on_step(&mut self, step: &Step) {
        match (step.fact, step.server) {
            (Fact::Paused, Some(server)) => self.paused[server.index()].begins(step.at),
            (Fact::Resumed | Fact::Booted, Some(server)) => {
                self.paused[server.index()].ends(step.at);
            }
            (Fact::IncidentBegins { outage: true, .. }, _) => self.out.begins(step.at),
            (Fact::IncidentEnds { outage: true, .. } | Fact::Healed, _) => self.out.ends(step.at),
            _ => {}
        }
    }

    /// What is owed on a server from now on.
    pub(super) fn debt(&self, server: ServerId, now: Moment) -> Debt {
        let paused_us = self.paused[server.index()].by(now);
        Debt { since: now, excused_us: self.by(server, now), paused_us }
    }

    /// How long a debt on a server is owed, in microseconds that count.
    pub(super) fn owed_us(&self, server: ServerId, debt: Debt, now: Moment) -> u64 {
        let since = debt.since.max(self.heal);
        now.since(since.min(now))
            .saturating_sub(self.by(server, now).saturating_sub(debt.excused_us))
    }

    /// For how long a server has been able to do something about a debt, in microseconds: while the
    /// datastore is out it can try.
    pub(super) fn able_us(&self, server: ServerId, debt: Debt, now: Moment) -> u64 {
        let since = debt.since.max(self.heal);
        let paused_us = self.paused[server.index()].by(now).saturating_sub(debt.paused_us);
        now.since(since.min(now)).saturating_sub(paused_us)
    }

    /// Something that is owed since a moment at which nobody has looked: whatever was ever excused
    /// on its server is excused.
    pub(super) fn debt_since(&self, since: Moment) -> Debt {
        Debt { since, excused_us: 0, paused_us: 0 }
    }

    fn by(&self, server: ServerId, now: Moment) -> u64 {
        self.paused[server.index()].by(now) + self.out.by(now)
    }
}

//! For tests of observers: stories, told to the models and to one observer.

use super::memory::Memory;
use super::{Checker, Findings, Known};
use crate::ids::{ServerId, VisitId};
use crate::library::{Contract, Holdings};
use crate::model::Models;
use crate::schedule::Moment;
use crate::step::{Fact, Step};
use leasehold_core::Key;

/// A world of ten servers and ten players whose library promises this.
pub(super) fn known(contract: Contract) -> Known {
    Known { trades: true, receipts_kept: 2, players: 10, servers: 10, ..Known::plain(contract) }
}

/// A story on its way, with what was found in it.
pub(super) struct Told<O> {
    pub(super) observer: O,
    pub(super) out: Findings,
    rows: Memory,
    models: Models,
}

impl<O: Checker> Told<O> {
    pub(super) fn to(observer: O) -> Told<O> {
        let rows = Memory::new(&known(Contract::default()));
        Told { observer, out: Findings::default(), rows, models: Models::new(10, 10) }
    }

    pub(super) fn step(&mut self, step: Step) -> &mut Told<O> {
        self.models.on_step(&step);
        self.observer.on_step(&step, &mut self.rows, &self.models, &mut self.out);
        self
    }

    /// A step and what its record holds after it.
    pub(super) fn holding(&mut self, step: Step, held: &Holdings) -> &mut Told<O> {
        self.step(step);
        self.observer.on_holdings(&step, held, &mut self.out);
        self
    }

    pub(super) fn end(&mut self, us: u64) -> &mut Told<O> {
        let end = Moment::from_micros(us);
        self.models.at_end(end);
        self.observer.at_end(end, &mut self.rows, &self.models, &mut self.out);
        self
    }

    pub(super) fn count(&self) -> u64 {
        self.out.count(self.observer.invariant())
    }

    pub(super) fn causes(&self) -> Vec<&'static str> {
        let kept = self.out.kept(self.observer.invariant());
        kept.iter().map(|found| found.cause.name).collect()
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        let kept = self.out.kept(self.observer.invariant());
        kept.into_iter().map(|found| found.detail.sentence).collect()
    }
}

/// A step at so many microseconds, in a visit to k0 that is numbered as its server.
pub(super) fn step(us: u64, visit: u32, fact: Fact) -> Step {
    at_key(us, visit, visit, 0, fact)
}

/// A step at so many microseconds, on a server, in a visit to a key.
pub(super) fn at_key(us: u64, server: u32, visit: u32, key: u32, fact: Fact) -> Step {
    let (server, visit) = (Some(ServerId::new(server)), Some(VisitId::new(visit)));
    Step { at: Moment::from_micros(us), server, visit, key: Some(Key(key)), fact }
}

/// A step on a server that is about no key.
pub(super) fn on_server(us: u64, server: u32, fact: Fact) -> Step {
    let server = Some(ServerId::new(server));
    Step { at: Moment::from_micros(us), server, visit: None, key: None, fact }
}

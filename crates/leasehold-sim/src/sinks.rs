//! Where the steps of a run go: one list, in one order.
//!
//! ```text
//!   Step --> digest --> trace, if somebody watches --> models --> observers --> measures
//! ```
//!
//! Each of them reads what came before it and nobody writes into another: observers and measures
//! read the models, the measures read what observers of items know.

use crate::config;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::ids::{ServerId, VisitId};
use crate::library::Holdings;
use crate::measure::Measure;
use crate::model::Models;
use crate::observe::{Boxed, Coming, Findings, Known, Observers};
use crate::planted::{Looks, Plants};
use crate::schedule::Moment;
use crate::step::Step;
use crate::trace::Trace;
use leasehold_core::Key;
use std::collections::VecDeque;

/// Who watches a world's steps.
pub(crate) enum Watch {
    Nobody,
    /// Somebody takes them: those that were not yet taken, each with the digest after it.
    Steps(VecDeque<(Step, Digest)>),
    /// Somebody will ask why.
    Trace(Box<Trace>),
}

impl Watch {
    /// One that takes every step: see [`World::next_step`](crate::world::World::next_step).
    pub(crate) fn steps() -> Watch {
        Watch::Steps(VecDeque::new())
    }
}

/// Everything that looks at a run.
pub(crate) struct Sinks {
    pub(crate) digest: Digest,
    pub(crate) watch: Watch,
    pub(crate) models: Models,
    pub(crate) observers: Observers,
    pub(crate) measure: Measure,
    /// A mistake on purpose.
    pub(crate) planted: Plants,
}

impl Sinks {
    pub(crate) fn new(
        world: &config::World,
        known: &Known,
        seed: u64,
        own: Vec<Boxed>,
        only: Option<String>,
    ) -> Sinks {
        Sinks {
            digest: Digest::new(seed),
            watch: Watch::Nobody,
            models: Models::new(known.players, known.servers),
            observers: Observers::new(known, own, Findings::new(only)),
            measure: Measure::new(world, &known.contract),
            planted: Plants::default(),
        }
    }

    /// Takes a step in; `fired` are the faults of the run so far.
    pub(crate) fn step(&mut self, step: &Step, fired: &[Fault]) {
        for _ in 0..self.planted.times(Looks::Anybody, step) {
            self.show(step, fired);
        }
    }

    #[inline]
    fn show(&mut self, step: &Step, fired: &[Fault]) {
        self.digest.step(step);
        match &mut self.watch {
            Watch::Nobody => {}
            Watch::Steps(steps) => steps.push_back((*step, self.digest)),
            Watch::Trace(trace) => trace.step(step, fired),
        }
        self.measure.turn(step.at, &self.models);
        for _ in 0..self.planted.times(Looks::Models, step) {
            self.models.on_step(step);
        }
        for _ in 0..self.planted.times(Looks::Observers, step) {
            self.observers.on_step(step, &self.models);
        }
        for _ in 0..self.planted.times(Looks::Measures, step) {
            self.measure.on_step(step, &self.models);
        }
        self.found(step.at);
    }

    /// There will soon be steps of a visit.
    pub(crate) fn warm_visit(&self, visit: VisitId, coming: Coming) {
        if !matches!(coming, Coming::Write) {
            self.models.unsaved.warm(visit);
        }
        self.observers.warm_visit(visit, coming);
    }

    /// There will soon be a step of a key.
    pub(crate) fn warm_key(&self, key: Key, coming: Coming) {
        self.observers.warm_key(key, coming);
    }

    /// There will soon be a call of a server, or an answer.
    pub(crate) fn warm_server(&self, server: ServerId) {
        self.observers.warm_server(server);
    }

    /// The same, after that, of what was asked for then.
    pub(crate) fn warm_server_rest(&self, server: ServerId) {
        self.observers.warm_server_rest(server);
    }

    /// Takes in what a record or a session's data holds, as what the step before was about.
    pub(crate) fn holdings(&mut self, step: &Step, held: &Holdings) {
        self.digest.holdings(held);
        self.observers.on_holdings(step, held);
        self.found(step.at);
    }

    /// The run is over.
    pub(crate) fn at_end(&mut self, end: Moment) {
        self.models.at_end(end);
        self.observers.at_end(end, &self.models);
        self.measure.at_end(&self.models);
    }

    /// What observers have found is looked at.
    #[inline]
    fn found(&mut self, at: Moment) {
        if let Watch::Trace(trace) = &mut self.watch {
            trace.look(&self.observers.findings);
        }
        if let Some(items) = &self.observers.items {
            self.measure.on_items(at, items);
        }
    }
}

//! What can be run: a scenario with some library in it, whichever it is; and one run of it.

use super::{Outcome, Tell, Watched};
use crate::determinism::Difference;
use crate::draws::{Fork, Seed};
use crate::library::{Foretold, Promise};
use crate::observe::Invariant;
use crate::problem::Problems;
use crate::progress::Progress;
use crate::scenario::{Drawn, Scenario};
use crate::step::Entry;
use crate::tape::Tape;
use std::ops::ControlFlow;

/// A scenario with some library in it, whichever it is.
pub trait Simulate: Send + Sync {
    /// What it is called in what it leaves behind.
    fn name(&self) -> &str;

    /// The scenario.
    fn scenario(&self) -> &Scenario;

    /// What the library under test is held to, observers of one's own included. What a swarm has
    /// still to draw may decide otherwise.
    fn invariants(&self) -> Vec<&'static Invariant>;

    /// What the library's configuration promises about double ownership in this world.
    fn promise(&self) -> Promise;

    /// What the library's configuration foretells of double ownership in this world.
    fn foretold(&self) -> Foretold;

    /// The same library and observers in another world.
    ///
    /// # Errors
    /// What does not hold in the scenario and must.
    fn in_world(&self, scenario: Scenario) -> Result<Box<dyn Simulate>, Problems>;

    /// Drives a world with a scenario that has nothing left to draw and holds what it must.
    #[doc(hidden)]
    fn drive(&self, job: Sealed<'_>) -> Option<Result<Outcome, Difference>>;
}

/// What a run is asked for: nobody outside can make one, so nobody outside can be asked to.
#[doc(hidden)]
pub struct Sealed<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) seed: &'a Seed,
    pub(crate) tape: Option<&'a Tape>,
    pub(crate) only: Option<&'a str>,
    pub(crate) watched: Watched<'a>,
    pub(crate) progress: Tell<'a>,
}

/// One run of a simulation, before it is run.
#[derive(Clone)]
#[must_use = "nothing has been run yet"]
pub struct Run<'s> {
    pub(crate) sim: &'s dyn Simulate,
    pub(crate) seed: Seed,
    pub(crate) tape: Option<Tape>,
}

impl<'s> Run<'s> {
    pub(crate) fn of(sim: &'s dyn Simulate, seed: Seed) -> Run<'s> {
        Run { sim, seed, tape: None }
    }

    /// With exactly the faults of a tape, and no others.
    pub fn tape(mut self, tape: &Tape) -> Run<'s> {
        self.tape = Some(tape.clone());
        self
    }

    /// With another seed from a moment on.
    pub fn fork(mut self, fork: Fork) -> Run<'s> {
        self.seed.forks.push(fork);
        self
    }

    /// The scenario that it runs, and what its seed has drawn.
    ///
    /// # Errors
    /// If nothing that the seed draws goes together, see [`Scenario::drawn`].
    pub fn drawn(&self) -> Result<Drawn, Problems> {
        self.sim.scenario().drawn(&self.seed)
    }

    /// Runs it.
    ///
    /// # Panics
    /// If nothing that the seed draws goes together, or the seed is 2^63 or more; or if the library
    /// panics, or wants a thousand ticks at one moment.
    pub fn run(&self) -> Outcome {
        self.run_until(&mut |_| ControlFlow::Continue(())).expect("nothing stops it")
    }

    /// Runs it, unless `progress` says that it is enough: then there is no outcome, as half a run
    /// proves nothing. `progress` is called every 64 events.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn run_until(
        &self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Outcome> {
        self.watched(None, Watched::Not, progress)
    }

    /// Runs it and tells its history: each step as it comes, in the order in which they happen.
    /// Telling changes nothing of the run.
    ///
    /// ```
    /// use leasehold_sim::{FactKind, Scenario, shipped};
    ///
    /// let scenario = Scenario::parse("duration = \"1m\"\nplayers.count = 5").unwrap();
    /// let sim = shipped("example", &scenario).unwrap();
    /// let mut saves = 0;
    /// let outcome = sim.seed(1).history(&mut |entry| {
    ///     if FactKind::from(entry.step.fact) == FactKind::Saved {
    ///         assert!(entry.to_string().starts_with("[ChronicleStore] "));
    ///         saves += 1;
    ///     }
    /// });
    /// assert_eq!(saves, outcome.dataset.summary.progress.acknowledged);
    /// ```
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn history(&self, each: &mut dyn FnMut(&Entry<'_>)) -> Outcome {
        let mut each = |entry: &Entry<'_>| {
            each(entry);
            ControlFlow::Continue(())
        };
        let told = self.history_until(&mut each, &mut |_| ControlFlow::Continue(()));
        told.expect("nothing stops it")
    }

    /// Runs it and tells its history, as [`Run::history`] does, unless `each` or `progress` says
    /// that it is enough: then there is no outcome.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn history_until(
        &self,
        each: &mut dyn FnMut(&Entry<'_>) -> ControlFlow<()>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Outcome> {
        self.watched(None, Watched::Each(each), progress)
    }

    /// Runs it twice, side by side, and compares the runs step by step: the outcome if they are the
    /// same, and the first step that is not if they are not, which no run should ever show.
    ///
    /// # Errors
    /// The first step in which the runs differ.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn twice(&self) -> Result<Outcome, Difference> {
        self.twice_until(&mut |_| ControlFlow::Continue(())).expect("nothing stops it")
    }

    /// Runs it twice, as [`Run::twice`] does, unless `progress` says that it is enough.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn twice_until(
        &self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Result<Outcome, Difference>> {
        self.drive(None, Watched::Twice, progress)
    }

    /// Runs it with somebody who watches. Of violations, only those by `only` are kept, if it is
    /// given.
    pub(crate) fn watched(
        &self,
        only: Option<&str>,
        watched: Watched<'_>,
        progress: Tell<'_>,
    ) -> Option<Outcome> {
        self.drive(only, watched, progress).map(|outcome| outcome.expect("one run cannot differ"))
    }

    fn drive(
        &self,
        only: Option<&str>,
        watched: Watched<'_>,
        progress: Tell<'_>,
    ) -> Option<Result<Outcome, Difference>> {
        let drawn = self.drawn().unwrap_or_else(|why| panic!("{why}"));
        let (scenario, seed, tape) = (&drawn.scenario, &self.seed, self.tape.as_ref());
        let watched = watched.while_running();
        self.sim.drive(Sealed { scenario, seed, tape, only, watched, progress })
    }
}

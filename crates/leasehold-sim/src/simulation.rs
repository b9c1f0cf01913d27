//! A simulation: a scenario with a library in it, ready to be run on any seed.
//!
//! ```text
//!   scenario + library's constants --checked once--> Simulation<L> --seed--> Run --> Outcome, Bug, story
//! ```
//!
//! [`Simulation<L>`] is generic over the library, whoever wrote it; the shipped ones, which a
//! scenario's file names, come from [`shipped()`] and are the same thing behind [`Simulate`], one
//! dynamic call a run.

use crate::determinism::Difference;
use crate::draws::Seed;
use crate::explain::{Explained, Unexplained, explain, timeline};
use crate::library::ProfileStore;
use crate::library::{Chronicle, Foretold};
use crate::library::{Library, Naive, Promise};
use crate::observe::{self, Boxed, Invariant, Observer};
use crate::planted::Plants;
use crate::problem::Problems;
use crate::progress::Progress;
use crate::run::{Job, Outcome, Run, Sealed, Simulate, clocks, drive, hazards};
use crate::scenario::{Protocol, Scenario};
use crate::seeds::Seeds;
use crate::shrink::{Bug, ShrinkError, Shrunk, Stage, Wanted, shrink};
use leasehold_data::Timeline;
use serde::de::DeserializeOwned;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// How many runs a search for a smaller failure takes at most, if nobody says.
pub const BUDGET: u64 = 2_000;

/// Makes an observer for a run.
type Factory = Arc<dyn Fn() -> Boxed + Send + Sync>;

/// A scenario with a library of type `L` in it.
///
/// ```
/// use leasehold_sim::library::Chronicle;
/// use leasehold_sim::{Scenario, Simulation};
///
/// let scenario = Scenario::parse("duration = \"2m\"\nplayers.count = 10").unwrap();
/// let rules = scenario.rules();
/// let sim = Simulation::<Chronicle>::new(&scenario, rules).unwrap();
/// let outcome = sim.seed(7).run();
/// outcome.assert_holds();
/// assert_eq!(outcome.digest(), sim.seed(7).run().digest());
/// ```
pub struct Simulation<L: Library> {
    name: String,
    library: String,
    scenario: Arc<Scenario>,
    config: L::Config,
    observers: Vec<Factory>,
    planted: Plants,
}

impl<L: Library> Clone for Simulation<L> {
    fn clone(&self) -> Simulation<L> {
        Simulation {
            name: self.name.clone(),
            library: self.library.clone(),
            scenario: self.scenario.clone(),
            config: self.config.clone(),
            observers: self.observers.clone(),
            planted: self.planted,
        }
    }
}

impl<L: Library> Simulation<L> {
    /// A scenario with a library in it, set like this. What the file says of the shipped protocols
    /// is not asked.
    ///
    /// # Errors
    /// What does not hold in the scenario and must. Nothing that comes later can fail on it.
    pub fn new(
        scenario: &Scenario,
        config: impl Into<L::Config>,
    ) -> Result<Simulation<L>, Problems> {
        scenario.checked()?;
        if let Some(path) = scenario.swarm.draw.keys().find(|path| is_shipped(path)) {
            let found = format!("swarm.draw.{path} draws a shipped protocol or its settings");
            let allowed = "what the world is; another library has settings of its own";
            return Err(Problems::one(found, allowed));
        }
        Ok(Simulation {
            name: "scenario".to_owned(),
            library: L::NAME.to_owned(),
            scenario: Arc::new(scenario.clone()),
            config: config.into(),
            observers: Vec::new(),
            planted: Plants::default(),
        })
    }

    /// A scenario with a library in it that is set as its `[library]` section says.
    ///
    /// # Errors
    /// As [`Simulation::new`]; and what in the section is no setting of the library.
    pub fn configured(scenario: &Scenario) -> Result<Simulation<L>, Problems>
    where
        L::Config: DeserializeOwned,
    {
        Simulation::new(scenario, scenario.library_config::<L::Config>()?)
    }

    /// The settings that the scenario compares its own with, by name: each is this simulation with
    /// what `[[compare]]` says of `[library]` and of what is expected.
    ///
    /// # Errors
    /// What in a section is no setting of the library.
    pub fn compared(&self) -> Result<Vec<(String, Simulation<L>)>, Problems>
    where
        L::Config: DeserializeOwned,
    {
        let variant = |variant: &crate::scenario::Variant| {
            let scenario = self.scenario.variant(variant);
            let config = scenario.library_config()?;
            let name = variant.name.clone();
            Ok((name, Simulation { scenario: Arc::new(scenario), config, ..self.clone() }))
        };
        self.scenario.compare.iter().map(variant).collect()
    }

    /// The same under another name: what it is called in what it leaves behind.
    #[must_use]
    pub fn named(mut self, name: &str) -> Simulation<L> {
        name.clone_into(&mut self.name);
        self
    }

    /// The same with another name for its library: what it is called in what is left behind.
    #[must_use]
    pub fn with_library_called(mut self, name: &str) -> Simulation<L> {
        name.clone_into(&mut self.library);
        self
    }

    /// The same in a world with a mistake.
    #[cfg(feature = "planted")]
    #[doc(hidden)]
    #[must_use]
    pub fn wrong(mut self, mistake: crate::planted::WorldMistake) -> Simulation<L> {
        self.planted = Plants::one(mistake);
        self
    }

    /// The same with one more observer: a fresh one for each run.
    #[must_use]
    pub fn observe<O: Observer + 'static>(
        mut self,
        make: impl Fn() -> O + Send + Sync + 'static,
    ) -> Simulation<L> {
        self.observers.push(Arc::new(move || Box::new(make())));
        self
    }

    /// A run of it on a seed, which is less than 2^63.
    pub fn seed(&self, seed: u64) -> Run<'_> {
        Run::of(self, Seed::of(seed))
    }

    /// Runs of it on many seeds.
    pub fn seeds(&self, seeds: Range<u64>) -> Seeds<'_> {
        Seeds::of(self, seeds)
    }

    /// Why a bug's violation came about. It was found by this simulation, or by one like it.
    ///
    /// # Errors
    /// If the bug does not show itself here.
    pub fn explain(&self, bug: &Bug) -> Result<Explained, Unexplained> {
        explain_bug(self, bug)
    }
}

/// Whether a path of a scenario is about a shipped protocol.
fn is_shipped(path: &str) -> bool {
    ["protocol", "rules", "naive", "profile_store", "module"]
        .iter()
        .any(|name| path.split('.').next() == Some(*name))
}

impl<L: Library> Simulate for Simulation<L> {
    fn name(&self) -> &str {
        &self.name
    }

    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn invariants(&self) -> Vec<&'static Invariant> {
        let trades = self.scenario.players.trade_or_buy();
        let own = self.observers.iter().map(|make| make().invariant());
        let mut held = observe::held_to(L::contract(&self.config), trades);
        held.extend(own);
        held
    }

    fn promise(&self) -> Promise {
        L::promise(&self.config, clocks(&self.scenario.world()))
    }

    fn foretold(&self) -> Foretold {
        let world = self.scenario.world();
        L::foretold(&self.config, hazards(&world), clocks(&world))
    }

    fn in_world(&self, scenario: Scenario) -> Result<Box<dyn Simulate>, Problems> {
        scenario.checked()?;
        Ok(Box::new(Simulation { scenario: Arc::new(scenario), ..self.clone() }))
    }

    fn drive(&self, job: Sealed<'_>) -> Option<Result<Outcome, Difference>> {
        let Sealed { scenario, seed, tape, only, watched, progress } = job;
        let (name, library) = (self.name.as_str(), self.library.as_str());
        let (watched, planted) = (watched.while_running(), self.planted);
        let job = Job { name, library, scenario, seed, tape, only, watched, planted };
        let own = || self.observers.iter().map(|make| make()).collect();
        drive::<L>(job, &self.config, &own, progress)
    }
}

/// A scenario with the shipped protocol in it that its file names, under a name of its own.
///
/// # Errors
/// What does not hold in the scenario and must.
pub fn shipped(name: &str, scenario: &Scenario) -> Result<Box<dyn Simulate>, Problems> {
    scenario.checked()?;
    let drawn = scenario.swarm.draw.get("protocol");
    if scenario.protocol == Protocol::Module || drawn.is_some_and(|draw| draw.may_be("module")) {
        let found = "protocol = \"module\" is a module in Luau";
        let allowed = "the name of one that is modelled here";
        return Err(Problems::one(found, allowed));
    }
    if !scenario.library.is_empty() {
        let found = "[library] holds the constants of a library of one's own";
        let allowed = "rules, naive, profile_store: the sections of what is shipped";
        return Err(Problems::one(found, allowed));
    }
    Ok(Box::new(Shipped { name: name.to_owned(), scenario: Arc::new(scenario.clone()) }))
}

/// A shipped protocol: which, the scenario says, once nothing is left to draw.
struct Shipped {
    name: String,
    scenario: Arc<Scenario>,
}

impl Shipped {
    /// The simulation that a scenario with nothing left to draw means.
    fn simulation(&self, scenario: &Scenario) -> Box<dyn Simulate> {
        match scenario.protocol {
            Protocol::Chronicle | Protocol::ChronicleEager | Protocol::ChronicleStrict => {
                self.with::<Chronicle>(scenario.protocol, scenario.rules().into())
            }
            Protocol::ProfileStore => {
                self.with::<ProfileStore>(scenario.protocol, scenario.profile_store.settings())
            }
            Protocol::Naive => self.with::<Naive>(scenario.protocol, scenario.naive.rules()),
            Protocol::Module => unreachable!("a scenario of a module is refused at the door"),
        }
    }

    fn with<L: Library>(&self, protocol: Protocol, config: L::Config) -> Box<dyn Simulate> {
        Box::new(Simulation::<L> {
            name: self.name.clone(),
            library: protocol.name().to_owned(),
            scenario: self.scenario.clone(),
            config,
            observers: Vec::new(),
            planted: Plants::default(),
        })
    }
}

impl Simulate for Shipped {
    fn name(&self) -> &str {
        &self.name
    }

    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn invariants(&self) -> Vec<&'static Invariant> {
        self.simulation(&self.scenario).invariants()
    }

    fn promise(&self) -> Promise {
        self.simulation(&self.scenario).promise()
    }

    fn foretold(&self) -> Foretold {
        self.simulation(&self.scenario).foretold()
    }

    fn in_world(&self, scenario: Scenario) -> Result<Box<dyn Simulate>, Problems> {
        shipped(&self.name, &scenario)
    }

    fn drive(&self, job: Sealed<'_>) -> Option<Result<Outcome, Difference>> {
        self.simulation(job.scenario).drive(job)
    }
}

impl dyn Simulate + '_ {
    /// A run of it on a seed, which is less than 2^63.
    pub fn seed(&self, seed: u64) -> Run<'_> {
        Run::of(self, Seed::of(seed))
    }

    /// A run of it on a seed and its forks.
    pub fn seeded(&self, seed: Seed) -> Run<'_> {
        Run::of(self, seed)
    }

    /// Runs of it on many seeds.
    pub fn seeds(&self, seeds: Range<u64>) -> Seeds<'_> {
        Seeds::of(self, seeds)
    }

    /// Why a bug's violation came about.
    ///
    /// # Errors
    /// If the bug does not show itself here.
    pub fn explain(&self, bug: &Bug) -> Result<Explained, Unexplained> {
        explain_bug(self, bug)
    }
}

fn explain_bug(sim: &dyn Simulate, bug: &Bug) -> Result<Explained, Unexplained> {
    let world = sim.in_world(bug.scenario.clone()).map_err(Unexplained::Invalid)?;
    let wanted = Wanted::from(&bug.class);
    let run = world.seeded(bug.seed.clone()).tape(&bug.tape);
    run.explain_until(Some(&wanted), &mut |_| ControlFlow::Continue(()))
}

/// What a failing run is good for.
impl Run<'_> {
    /// Searches for a smaller case with a violation of the class that is wanted.
    ///
    /// # Errors
    /// If there is nothing to shrink.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn shrink(&self, wanted: impl Into<Wanted>) -> Result<Bug, ShrinkError> {
        let shrunk =
            self.shrink_until(Some(&wanted.into()), BUDGET, &mut |_| ControlFlow::Continue(()));
        shrunk.map(|shrunk| shrunk.bug)
    }

    /// Searches for a smaller case with a violation of the same class: of the one that is wanted,
    /// or else of the first violation of the run. Takes at most `budget` runs (at least 2), and
    /// then a few that are owed: which of the faults are needed.
    ///
    /// # Errors
    /// If there is nothing to shrink, or `progress` says that it is enough.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn shrink_until(
        &self,
        wanted: Option<&Wanted>,
        budget: u64,
        progress: &mut dyn FnMut(&Stage) -> ControlFlow<()>,
    ) -> Result<Shrunk, ShrinkError> {
        shrink(self, wanted, budget, progress)
    }

    /// Explains the first violation of the run, expected or not.
    ///
    /// # Errors
    /// If there is nothing to explain.
    pub fn explain(&self) -> Result<Explained, Unexplained> {
        self.explain_until(None, &mut |_| ControlFlow::Continue(()))
    }

    /// Explains the first violation of the run, or the first of the class that is wanted, expected
    /// or not. Takes two runs, and up to two more if the class comes late or the key has traded.
    ///
    /// # Errors
    /// If there is nothing to explain, or `progress` says that it is enough.
    ///
    /// # Panics
    /// As [`Run::run`].
    pub fn explain_until(
        &self,
        wanted: Option<&Wanted>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Explained, Unexplained> {
        let outcome = self.run_until(progress).ok_or(Unexplained::Stopped)?;
        self.explain_outcome(outcome, wanted, progress)
    }

    /// The same of a run that has been run: takes a run less.
    ///
    /// # Errors
    /// As [`Run::explain_until`].
    ///
    /// # Panics
    /// As [`Run::run`]; or if this is not the outcome of this run.
    pub fn explain_outcome(
        &self,
        outcome: Outcome,
        wanted: Option<&Wanted>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Explained, Unexplained> {
        explain(self, outcome, wanted, progress)
    }

    /// The run step by step, given its outcome: every step, or of a run with more than `steps_max`
    /// those of whole keys, one key at least, and what came of what. Takes a run, or two. Nothing
    /// if `progress` says that it is enough.
    ///
    /// # Panics
    /// As [`Run::run`]; or if this is not the outcome of this run.
    pub fn timeline_until(
        &self,
        outcome: &Outcome,
        steps_max: usize,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Timeline> {
        timeline(self, outcome, steps_max, progress)
    }
}

/// Runs a scenario under the shipped protocol that it names, for tests of everything else.
#[cfg(test)]
pub(crate) fn run(
    name: &str,
    scenario: &Scenario,
    seed: Seed,
    tape: Option<&crate::Tape>,
    progress: &mut dyn FnMut(Progress),
) -> Outcome {
    let sim = shipped(name, scenario).unwrap_or_else(|why| panic!("{why}"));
    let run = sim.seeded(seed);
    let run = tape.map_or_else(|| run.clone(), |tape| run.clone().tape(tape));
    let outcome = run.run_until(&mut |done| {
        progress(done);
        ControlFlow::Continue(())
    });
    outcome.expect("nothing stops it")
}

//! From "it failed somewhere" to a few lines that fail.
//!
//! A failing run has hundreds of faults, players and settings, and most of them have nothing to do
//! with it. They are left out, group by group, as long as a violation of the *same class* stays:
//! the same invariant, broken by the same cause. Every try is a run of its own with a tape, so
//! nothing is guessed.
//!
//! ```text
//!   record --> end sooner --> fewer players --> fewer faults --> fewer servers --> plainer settings --.
//!                   ^                                                                                |
//!                   '------------------------------[ something went ]--------------------------------'
//!                                              [ nothing went ] --> without each fault once more
//! ```
//!
//! What is left is minimal one by one, not the smallest there is; the sentence at the end claims no
//! more than was tried, and says how much that was.

mod minimal;
mod settings;

use crate::fault::Fault;
use crate::luck::Luck;
use crate::run::{Outcome, run_until};
use crate::scenario::{Scenario, Span};
use crate::tape::Tape;
use leasehold_data::Invariant;
use minimal::minimal;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

/// More changes in a visit than this are not thought of.
const EDITS_MAX: u32 = 1 << 10;

/// What was broken, and what let it happen: violations of one class are one bug, as far as anybody
/// can tell from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// The invariant, by its name.
    pub invariant: String,
    /// The observer's word for what let it happen.
    pub cause: String,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.invariant, self.cause)
    }
}

impl Class {
    /// The classes of violations in these rows.
    pub fn all(invariants: &[Invariant]) -> Vec<Class> {
        let class = |row: &Invariant, cause: &String| Class {
            invariant: row.name.clone(),
            cause: cause.clone(),
        };
        let rows = invariants.iter();
        rows.flat_map(|row| row.causes.keys().map(move |cause| class(row, cause))).collect()
    }

    /// The class that a run is about: of its first violation that was not expected; or, if all
    /// were, of its first.
    fn first(invariants: &[Invariant]) -> Option<Class> {
        let firsts = invariants.iter().filter_map(|row| Some((row, row.first.first()?)));
        let first = firsts.min_by_key(|(row, first)| (row.expected != "holds", first.at_us));
        first.map(|(row, first)| Class { invariant: row.name.clone(), cause: first.cause.clone() })
    }

    fn is_in(&self, invariants: &[Invariant]) -> bool {
        let row = invariants.iter().find(|row| row.name == self.invariant);
        row.is_some_and(|row| row.causes.contains_key(&self.cause))
    }
}

/// A run that fails.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the scenario is called.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    /// The luck.
    pub luck: Luck,
    /// The faults, if they were recorded; else the scenario's rates decide.
    pub tape: Option<Tape>,
}

/// How large a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Players who come at all.
    pub players: u32,
    /// Servers that are there at all.
    pub servers: u32,
    /// Faults on the tape.
    pub faults: usize,
    /// Settings that are not the default.
    pub settings: usize,
    /// How long it runs.
    pub duration: Span,
}

/// How far the search has come.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What is being left out.
    pub what: &'static str,
    /// Runs so far.
    pub runs: u64,
    /// Runs that it may take.
    pub budget: u64,
    /// How large what still fails is.
    pub size: Size,
}

/// What is left.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The class of violation that it shows.
    pub class: Class,
    /// The scenario; it names what matters and leaves the rest at its default.
    pub scenario: Scenario,
    /// The faults, with the verdict and the digest that they reproduce.
    pub tape: Tape,
    /// The first violation, in the observer's words.
    pub why: String,
    /// How large it was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// Faults that were shown to be needed: the same run without this one alone has no violation of
    /// the class.
    pub needed: Vec<Fault>,
    /// Runs that it took.
    pub runs: u64,
    /// Whether the budget ran out: more could perhaps be left out.
    pub exhausted: bool,
}

impl Shrunk {
    /// The scenario as a file: what is the default is left out.
    pub fn scenario_text(&self) -> String {
        settings::short(&self.scenario)
    }
}

/// Why there is nothing to shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The run breaks no invariant; these classes were wanted and are there, if one was wanted.
    DoesNotFail(Vec<Class>),
    /// More faults fired than a run notes: see [`Outcome::tape`].
    TooManyFaults,
    /// It was told to stop.
    Stopped,
}

/// Searches for a smaller case with a violation of the same class: of `wanted`, or else of the
/// first violation of the run. Takes at most `budget` runs (at least 2), and about as long as so
/// many of them.
///
/// # Errors
/// If there is nothing to shrink, or `progress` says that it is enough.
///
/// # Panics
/// As [`crate::run()`] does.
pub fn shrink(
    case: &Case,
    wanted: Option<&Class>,
    budget: u64,
    progress: &mut dyn FnMut(&Stage) -> ControlFlow<()>,
) -> Result<Shrunk, Trouble> {
    let mut scenario = case.scenario.clone();
    scenario.compare.clear();
    let mut lab = Lab {
        name: &case.name,
        luck: case.luck.clone(),
        class: Class { invariant: String::new(), cause: String::new() },
        runs: 0,
        budget,
        stopped: false,
        stage: "recording",
        size: size(&scenario, 0),
        progress,
    };
    let outcome = lab.run(&scenario, case.tape.as_ref()).ok_or(Trouble::Stopped)?;
    let invariants = &outcome.dataset.invariants;
    lab.class = match wanted {
        Some(class) if class.is_in(invariants) => class.clone(),
        Some(_) => return Err(Trouble::DoesNotFail(Class::all(invariants))),
        None => Class::first(invariants).ok_or(Trouble::DoesNotFail(Vec::new()))?,
    };
    let faults = outcome.tape.ok_or(Trouble::TooManyFaults)?.faults;
    let before = size(&scenario, faults.len());
    lab.size = before;
    let mut found = Found { scenario, faults };
    loop {
        let last = size(&found.scenario, found.faults.len());
        lab.end_sooner(&mut found);
        lab.fewer_players(&mut found);
        lab.fewer_faults(&mut found);
        lab.fewer_servers(&mut found);
        lab.fewer_edits(&mut found);
        lab.plainer_settings(&mut found);
        if lab.is_over() || size(&found.scenario, found.faults.len()) == last {
            break;
        }
    }
    lab.report(found, before)
}

/// The smallest that still fails so far.
struct Found {
    scenario: Scenario,
    faults: Vec<Fault>,
}

/// Where tries are made and counted.
struct Lab<'a> {
    name: &'a str,
    luck: Luck,
    class: Class,
    runs: u64,
    budget: u64,
    stopped: bool,
    stage: &'static str,
    size: Size,
    progress: &'a mut dyn FnMut(&Stage) -> ControlFlow<()>,
}

impl Lab<'_> {
    fn is_over(&self) -> bool {
        self.stopped || self.runs >= self.budget
    }

    fn run(&mut self, scenario: &Scenario, tape: Option<&Tape>) -> Option<Outcome> {
        if self.is_over() || !scenario.check().is_empty() {
            return None;
        }
        self.runs += 1;
        let (what, runs, budget, size) = (self.stage, self.runs, self.budget, self.size);
        let stage = Stage { what, runs, budget, size };
        let mut go_on = |_| (self.progress)(&stage);
        let outcome = run_until(self.name, scenario, self.luck.clone(), tape, &mut go_on);
        self.stopped |= outcome.is_none();
        outcome
    }

    /// The faults that fired, if a run with these still fails in the same class.
    fn fails(&mut self, scenario: &Scenario, faults: &[Fault]) -> Option<Vec<Fault>> {
        let tape =
            Tape { origin: Default::default(), faults: faults.to_vec(), unknown: Vec::new() };
        let outcome = self.run(scenario, Some(&tape))?;
        let fired = outcome.tape.map_or_else(|| faults.to_vec(), |tape| tape.faults);
        self.class.is_in(&outcome.dataset.invariants).then_some(fired)
    }

    /// Takes a scenario over if it fails too.
    fn accept(&mut self, found: &mut Found, scenario: Scenario) -> bool {
        let Some(faults) = self.fails(&scenario, &found.faults) else { return false };
        *found = Found { scenario, faults };
        self.size = size(&found.scenario, found.faults.len());
        true
    }

    /// Ends the run soon after the first violation: in whole seconds, as short as bisecting finds.
    fn end_sooner(&mut self, found: &mut Found) {
        self.stage = "ending sooner";
        let (mut low, mut high) = (0, found.scenario.duration.0.as_secs());
        while low + 1 < high && !self.is_over() {
            let middle = low.midpoint(high);
            let mut scenario = found.scenario.clone();
            scenario.duration = Span(Duration::from_secs(middle));
            scenario.heal = scenario.heal.filter(|heal| *heal <= scenario.duration);
            if self.accept(found, scenario) { high = middle } else { low = middle }
        }
    }

    fn fewer_players(&mut self, found: &mut Found) {
        self.stage = "leaving out players";
        let all = present(&found.scenario.players.only, found.scenario.players.count);
        let kept = minimal(all, |only| {
            let mut scenario = found.scenario.clone();
            scenario.players.only = only.to_vec();
            (!only.is_empty() && self.accept(found, scenario)).then(|| only.to_vec())
        });
        found.scenario.players.only = kept;
    }

    fn fewer_servers(&mut self, found: &mut Found) {
        self.stage = "leaving out servers";
        let all = present(&found.scenario.servers.only, found.scenario.servers.count);
        let kept = minimal(all, |only| {
            let mut scenario = found.scenario.clone();
            scenario.servers.only = only.to_vec();
            (!only.is_empty() && self.accept(found, scenario)).then(|| only.to_vec())
        });
        found.scenario.servers.only = kept;
    }

    /// Lets players change less in a visit: nothing, or as little as bisecting finds.
    fn fewer_edits(&mut self, found: &mut Found) {
        self.stage = "leaving out changes";
        let mut high = found.scenario.players.edits_max.unwrap_or(EDITS_MAX);
        let mut try_at_most = |lab: &mut Self, edits: u32| {
            let mut scenario = found.scenario.clone();
            scenario.players.edits_max = Some(edits);
            lab.accept(found, scenario)
        };
        if high == 0 || try_at_most(self, 0) {
            return;
        }
        let mut low = 0;
        while low + 1 < high && !self.is_over() {
            let middle = low.midpoint(high);
            if try_at_most(self, middle) { high = middle } else { low = middle }
        }
    }

    fn fewer_faults(&mut self, found: &mut Found) {
        self.stage = "leaving out faults";
        let scenario = found.scenario.clone();
        let kept = minimal(found.faults.clone(), |faults| {
            let fired = self.fails(&scenario, faults)?;
            self.size = size(&scenario, fired.len());
            Some(fired)
        });
        found.faults = kept;
    }

    /// Sets whatever can be to its default.
    fn plainer_settings(&mut self, found: &mut Found) {
        self.stage = "leaving out settings";
        let (scenario, mut best) = (found.scenario.clone(), None);
        minimal(settings::changed(&scenario), |kept| {
            let tried = settings::only(&scenario, kept)?;
            let faults = self.fails(&tried, &found.faults)?;
            self.size = size(&tried, faults.len());
            best = Some(Found { scenario: tried, faults });
            Some(kept.to_vec())
        });
        if let Some(best) = best {
            *found = best;
        }
    }

    /// Shows that each fault is needed, and runs what is left once more for its own words.
    fn report(mut self, found: Found, before: Size) -> Result<Shrunk, Trouble> {
        self.stage = "trying without each fault";
        let exhausted = self.is_over();
        // What follows is owed even if the budget is used up.
        self.budget = u64::MAX;
        let mut needed = Vec::new();
        for (nth, fault) in found.faults.iter().enumerate() {
            let mut without = found.faults.clone();
            without.remove(nth);
            if self.fails(&found.scenario, &without).is_none() && !self.stopped {
                needed.push(*fault);
            }
        }
        let tape = Tape { origin: Default::default(), faults: found.faults, unknown: Vec::new() };
        let outcome = self.run(&found.scenario, Some(&tape)).ok_or(Trouble::Stopped)?;
        let row = outcome.dataset.invariants.iter().find(|row| row.name == self.class.invariant);
        let firsts = row.map(|row| row.first.as_slice()).unwrap_or_default();
        let first = firsts.iter().find(|one| one.cause == self.class.cause);
        let tape = outcome.tape.ok_or(Trouble::TooManyFaults)?;
        Ok(Shrunk {
            after: size(&found.scenario, tape.faults.len()),
            why: first.map(|one| one.why.clone()).unwrap_or_default(),
            class: self.class,
            scenario: found.scenario,
            tape,
            before,
            needed,
            runs: self.runs,
            exhausted,
        })
    }
}

/// Those who are there: all, or only these.
fn present(only: &[u32], count: u32) -> Vec<u32> {
    if only.is_empty() { (0..count).collect() } else { only.to_vec() }
}

fn size(scenario: &Scenario, faults: usize) -> Size {
    let many = |only: &[u32], count| if only.is_empty() { count } else { only.len() as u32 };
    Size {
        players: many(&scenario.players.only, scenario.players.count),
        servers: many(&scenario.servers.only, scenario.servers.count),
        faults,
        settings: settings::changed(scenario).len(),
        duration: scenario.duration,
    }
}

#[cfg(test)]
mod tests;

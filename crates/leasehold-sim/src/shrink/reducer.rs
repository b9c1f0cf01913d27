//! Where a smaller case is searched for: each try is a run, and every run is counted.
//!
//! A try changes one thing of what still fails: a group of players, faults, servers, lines or
//! settings is left out. If the same class of violation is there, the try takes its place.

use super::ddmin::ddmin;
use super::{Bug, Class, ShrinkError, Shrunk, Size, Stage, settings};
use crate::draws::Seed;
use crate::fault::{Fault, Occasion, Site};
use crate::run::Outcome;
use crate::run::{Run, Simulate};
use crate::scenario::Scenario;
use crate::tape::Tape;
use crate::units::{Chance, Span};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

/// More changes in a visit than this are not thought of.
const EDITS_MAX: u32 = 1 << 10;

/// Of so many faults at the most, every part is tried.
const PARTS_MAX: usize = 4;

/// Of more faults than this, none is left out alone to see whether it is needed: the budget ran out
/// long before.
const OWED_MAX: usize = 100;

/// The smallest that still fails so far.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) scenario: Scenario,
    pub(super) faults: Vec<Fault>,
}

/// Where tries are made and counted.
pub(super) struct Reducer<'a> {
    sim: &'a dyn Simulate,
    /// The world of the last try: a try that changes only faults has the same.
    last: Option<Box<dyn Simulate>>,
    seed: Seed,
    pub(super) class: Class,
    /// What tries have broken that did not show the class.
    others: BTreeSet<Class>,
    runs: u64,
    budget: u64,
    /// It was told to stop.
    stopped: bool,
    pub(super) stage: &'static str,
    size: Size,
    progress: &'a mut dyn FnMut(&Stage) -> ControlFlow<()>,
}

impl<'a> Reducer<'a> {
    pub(super) fn new(
        run: &'a Run<'a>,
        budget: u64,
        size: Size,
        progress: &'a mut dyn FnMut(&Stage) -> ControlFlow<()>,
    ) -> Reducer<'a> {
        Reducer {
            sim: run.sim,
            last: None,
            seed: run.seed.clone(),
            class: Class { invariant: String::new(), cause: String::new() },
            others: BTreeSet::new(),
            runs: 0,
            budget,
            stopped: false,
            stage: "recording",
            size,
            progress,
        }
    }

    /// Leaves out whatever can be, until nothing more can.
    pub(super) fn leave_out(&mut self, found: &mut Found) {
        loop {
            let last = size(&found.scenario, found.faults.len());
            self.end_sooner(found);
            self.fewer_players(found);
            self.fewer_faults(found);
            self.fewer_servers(found);
            self.fewer_lines(found);
            self.fewer_edits(found);
            self.plainer_settings(found);
            if self.is_over() || size(&found.scenario, found.faults.len()) == last {
                break;
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.stopped || self.runs >= self.budget
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn run(&mut self, scenario: &Scenario, tape: Option<&Tape>) -> Option<Outcome> {
        if self.is_over() || self.hops_back(scenario) {
            return None;
        }
        let last = self.last.take().filter(|last| last.scenario() == scenario);
        let world = last.or_else(|| self.sim.in_world(scenario.clone()).ok())?;
        self.runs += 1;
        let (what, runs, budget, size) = (self.stage, self.runs, self.budget, self.size);
        let stage = Stage { what, runs, budget, size };
        let mut go_on = |_| (self.progress)(&stage);
        let run = world.seeded(self.seed.clone());
        let run = tape.map_or_else(|| run.clone(), |tape| run.clone().tape(tape));
        let outcome = run.run_until(&mut go_on);
        self.last = Some(world);
        self.stopped |= outcome.is_none();
        outcome
    }

    /// Whether a try would make a hop lead back to the one server that is left: that is a rejoin,
    /// which is another story.
    fn hops_back(&self, scenario: &Scenario) -> bool {
        let servers = |scenario: &Scenario| size(scenario, 0).servers;
        let hops = scenario.players.hop > Chance::NEVER || scenario.players.hop_by_log();
        hops && servers(scenario) == 1 && servers(self.sim.scenario()) > 1
    }

    /// The faults that fired, if a run with these still fails in the same class.
    pub(super) fn fails(&mut self, scenario: &Scenario, faults: &[Fault]) -> Option<Vec<Fault>> {
        let tape = tape(faults);
        let outcome = self.run(scenario, Some(&tape))?;
        let fired = outcome.tape.map_or_else(|| faults.to_vec(), |tape| tape.faults);
        if self.class.is_in(&outcome.dataset) {
            return Some(fired);
        }
        self.others.extend(Class::all(&outcome.dataset.invariants));
        None
    }

    /// Takes a scenario over if it fails too.
    fn accept(&mut self, found: &mut Found, scenario: Scenario) -> bool {
        let faults = found.faults.clone();
        self.take(found, Found { scenario, faults })
    }

    /// Takes a scenario with its faults over if it fails too.
    pub(super) fn take(&mut self, found: &mut Found, tried: Found) -> bool {
        let Some(faults) = self.fails(&tried.scenario, &tried.faults) else { return false };
        *found = Found { scenario: tried.scenario, faults };
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
            scenario.warm_up = scenario.warm_up.filter(|end| *end < scenario.duration);
            if self.accept(found, scenario) { high = middle } else { low = middle }
        }
    }

    fn fewer_players(&mut self, found: &mut Found) {
        self.stage = "leaving out players";
        let all = present(&found.scenario.players.only, found.scenario.players.count);
        let kept = ddmin(all, |only| {
            let mut scenario = found.scenario.clone();
            scenario.players.only = only.to_vec();
            (!only.is_empty() && self.accept(found, scenario)).then(|| only.to_vec())
        });
        found.scenario.players.only = kept;
    }

    fn fewer_servers(&mut self, found: &mut Found) {
        self.stage = "leaving out servers";
        let all = present(&found.scenario.servers.only, found.scenario.servers.count);
        let kept = ddmin(all, |only| {
            let mut scenario = found.scenario.clone();
            scenario.servers.only = only.to_vec();
            if only.len() == 1 {
                // On one server a hop leads back: what is left must fail without one.
                scenario.players.hop = Chance::NEVER;
            }
            (!only.is_empty() && self.accept(found, scenario)).then(|| only.to_vec())
        });
        found.scenario.servers.only = kept;
    }

    /// Leaves out lines of the timeline, and incidents, of which nothing is on the tape.
    fn fewer_lines(&mut self, found: &mut Found) {
        self.stage = "leaving out lines";
        for site in [Site::Timeline, Site::Incident] {
            let count = match site {
                Site::Timeline => found.scenario.timeline.len(),
                _ => found.scenario.datastore.incidents.len(),
            };
            for place in (0..count).rev() {
                if let Some(tried) = without_line(found, site, place as u32) {
                    self.take(found, tried);
                }
            }
        }
    }

    /// Lets players change less in a visit: nothing, or as little as bisecting finds.
    fn fewer_edits(&mut self, found: &mut Found) {
        self.stage = "leaving out changes";
        let mut high = found.scenario.players.edits_max.unwrap_or(EDITS_MAX);
        let mut try_at_most = |reducer: &mut Self, edits: u32| {
            let mut scenario = found.scenario.clone();
            scenario.players.edits_max = Some(edits);
            reducer.accept(found, scenario)
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
        let kept = ddmin(found.faults.clone(), |faults| {
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
        ddmin(settings::changed(&scenario), |kept| {
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

    /// Shows what of the faults is needed, pulls their times apart, and runs what is left once more
    /// for its own words.
    pub(super) fn report(mut self, found: Found, before: Size) -> Result<Shrunk, ShrinkError> {
        let exhausted = self.is_over();
        self.others.clear();
        // Which faults are needed is owed even if the budget is used up.
        let budget = std::mem::replace(&mut self.budget, u64::MAX);
        let needed = self.needed(&found);
        let whole = needed.len() == found.faults.len() && self.no_part_fails(&found);
        self.budget = budget;
        let intervals = self.pull_apart(&found, &needed, before.duration);
        self.budget = u64::MAX;
        self.stage = "running it once more";
        let outcome = self.run(&found.scenario, Some(&tape(&found.faults)));
        let outcome = outcome.ok_or(ShrinkError::Stopped)?;
        let beside = Class::all(&outcome.dataset.invariants).into_iter();
        let beside = beside.filter(|class| *class != self.class);
        let row = outcome.dataset.findings().find(|row| row.name == self.class.invariant);
        let firsts = row.map(|row| row.first.as_slice()).unwrap_or_default();
        let first = firsts.iter().find(|one| one.cause == self.class.cause);
        let mut tape = outcome.tape.ok_or(ShrinkError::TooManyFaults)?;
        tape.origin.class = self.class.name();
        tape.origin.beside = beside.map(|class| class.name()).collect();
        Ok(Shrunk {
            after: size(&found.scenario, tape.faults.len()),
            why: first
                .map_or_else(|| format!("{} came up", self.class.cause), |one| one.why.clone()),
            bug: Bug { scenario: found.scenario, seed: self.seed, tape, class: self.class },
            before,
            needed,
            whole,
            others: self.others.into_iter().collect(),
            unreached: Vec::new(),
            unknown: Vec::new(),
            exhausted: exhausted || intervals.iter().any(super::Interval::is_cut_short),
            intervals,
            runs: self.runs,
        })
    }

    /// The faults without which, each alone, nothing fails.
    fn needed(&mut self, found: &Found) -> Vec<Fault> {
        self.stage = "trying without each fault";
        if found.faults.len() > OWED_MAX {
            return Vec::new();
        }
        let all = found.faults.iter().copied();
        all.filter(|fault| self.passes_without(found, *fault)).collect()
    }

    /// Whether a run without this fault alone was tried, and does not fail.
    pub(super) fn passes_without(&mut self, found: &Found, fault: Fault) -> bool {
        let mut without = found.faults.clone();
        without.retain(|other| *other != fault);
        !self.is_over() && self.fails(&found.scenario, &without).is_none() && !self.stopped
    }

    /// Whether every part of the faults was tried and passes, where none of them can be left out
    /// alone.
    fn no_part_fails(&mut self, found: &Found) -> bool {
        self.stage = "trying without several faults";
        let faults = &found.faults;
        if faults.len() > PARTS_MAX {
            return false;
        }
        for chosen in 0..1_u32 << faults.len() {
            let picked = |nth: usize| chosen & (1 << nth) != 0;
            let part: Vec<Fault> =
                (0..faults.len()).filter(|nth| picked(*nth)).map(|nth| faults[nth]).collect();
            // With all of them it fails, and without one it was tried.
            if part.len() + 1 < faults.len() && self.fails(&found.scenario, &part).is_some() {
                return false;
            }
        }
        !self.stopped
    }
}

/// A case without a line of the timeline, or without an incident, unless it is on the tape.
fn without_line(found: &Found, site: Site, place: u32) -> Option<Found> {
    let mut tried = found.clone();
    for fault in &mut tried.faults {
        if let Occasion::World { nth } = &mut fault.occasion
            && fault.site == site
        {
            if *nth == place + 1 {
                return None;
            }
            *nth -= u32::from(*nth > place + 1);
        }
    }
    match site {
        Site::Timeline => drop(tried.scenario.timeline.remove(place as usize)),
        _ => drop(tried.scenario.datastore.incidents.remove(place as usize)),
    }
    Some(tried)
}

/// A tape of these faults.
pub(super) fn tape(faults: &[Fault]) -> Tape {
    Tape { origin: Default::default(), faults: faults.to_vec(), unknown: Vec::new() }
}

/// Those who are there: all, or only these.
fn present(only: &[u32], count: u32) -> Vec<u32> {
    if only.is_empty() { (0..count).collect() } else { only.to_vec() }
}

pub(super) fn size(scenario: &Scenario, faults: usize) -> Size {
    let many = |only: &[u32], count| if only.is_empty() { count } else { only.len() as u32 };
    Size {
        players: many(&scenario.players.only, scenario.players.count),
        servers: many(&scenario.servers.only, scenario.servers.count),
        faults,
        settings: settings::changed(scenario).len(),
        duration: scenario.duration,
    }
}

//! One run: scenario, luck and tape in; dataset and tape out. The whole crate, as one function.

use crate::fault::{Fault, Gate};
use crate::library::{Chronicle, GameBag, GameDocument, GameSave, Library, Naive, ProfileStore};
use crate::luck::Luck;
use crate::observe::{Findings, INVARIANTS, Items, Rule, Violation};
use crate::progress::{PROGRESS_EVERY, Progress};
use crate::scenario::{DocumentKind, Expected, Line, Protocol, Scenario};
use crate::schedule::Moment;
use crate::tape::{Origin, TOOL, Tape};
use crate::trail::Trail;
use crate::twin::{self, Difference};
use crate::units::Chance;
use crate::verdict::{self, Seen, Verdict};
use crate::world::{Watch, World};
use leasehold_core::Value;
use leasehold_core::chronicle::Promise;
use leasehold_data::{Dataset, FORMAT, Invariant, Manifest, Overlaps, Summary, Trades};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What a run leaves behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it amounts to.
    pub verdict: Verdict,
    /// What was expected and did not come, in words.
    pub missing: Vec<String>,
    /// What the protocol promises in this world (rule D3).
    pub promise: Promise,
    /// Everything that was counted.
    pub dataset: Dataset,
    /// The faults that fired; or nothing, if they were too many to note.
    pub tape: Option<Tape>,
    /// Entries of the tape that was replayed which never came up.
    pub unreached: Vec<Fault>,
    /// Of a tape that was replayed: for each random fault of a server, a line of a timeline that
    /// does the same to it at the same moment.
    pub lines: Vec<(Fault, Line)>,
}

/// Runs a scenario to its end, or what the seed draws if it has a swarm. `name` is what the
/// scenario is called in what it leaves behind.
///
/// With a tape, exactly its faults happen, and no others. `progress` is called every 65,536 events.
///
/// # Panics
/// If the scenario does not hold what it must, see [`Scenario::check`]; if nothing that the seed
/// draws goes together, see [`Scenario::drawn`]; or if the seed is 2^63 or more.
pub fn run(
    name: &str,
    scenario: &Scenario,
    luck: Luck,
    tape: Option<&Tape>,
    progress: &mut dyn FnMut(Progress),
) -> Outcome {
    let mut go_on = |done: Progress| {
        progress(done);
        ControlFlow::Continue(())
    };
    run_until(name, scenario, luck, tape, &mut go_on).expect("nothing stops it")
}

/// Runs a scenario as [`run`] does, unless `progress` says that it is enough: then there is no
/// outcome, as half a run proves nothing.
///
/// # Panics
/// As [`run`] does.
pub fn run_until(
    name: &str,
    scenario: &Scenario,
    luck: Luck,
    tape: Option<&Tape>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Outcome> {
    let job = Job { name, scenario, luck: &luck, tape, only: None, watched: Watched::Not };
    job.start(progress).map(|outcome| outcome.expect(ONE))
}

/// Runs a scenario twice, side by side, and compares the runs step by step: the outcome if they
/// are the same, and the first step that is not if they are not, which no run should ever show.
///
/// # Errors
/// The first step in which the runs differ.
///
/// # Panics
/// As [`run`] does.
pub fn run_twice(
    name: &str,
    scenario: &Scenario,
    luck: Luck,
    tape: Option<&Tape>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Result<Outcome, Difference>> {
    let job = Job { name, scenario, luck: &luck, tape, only: None, watched: Watched::Twice };
    job.start(progress)
}

/// A run, as somebody has it who looks into it.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the scenario is called.
    pub name: String,
    /// The scenario. If it has a swarm, what the seed draws is looked into.
    pub scenario: Scenario,
    /// The luck.
    pub luck: Luck,
    /// The faults, if they were recorded; else the scenario's rates decide.
    pub tape: Option<Tape>,
}

impl Case {
    /// Runs it as [`run_until`] does. Of violations, only those by `only` are kept, if it is given.
    pub(crate) fn run(
        &self,
        only: Option<&str>,
        watched: Watched<'_>,
        progress: Tell<'_>,
    ) -> Option<Outcome> {
        let Case { name, scenario, luck, tape } = self;
        let job = Job { name, scenario, luck, tape: tape.as_ref(), only, watched };
        job.start(progress).map(|outcome| outcome.expect(ONE))
    }
}

/// Why there is no difference.
const ONE: &str = "one run cannot differ";

/// A scenario that holds what it must. It was checked once, however often it is run: a check reads
/// its whole text, which is a tenth of the time of a small world.
#[derive(Clone, Debug)]
pub struct CheckedScenario(Scenario);

impl CheckedScenario {
    /// Checks a scenario.
    ///
    /// # Errors
    /// What does not hold and must, see [`Scenario::check`].
    pub fn new(scenario: Scenario) -> Result<CheckedScenario, Vec<String>> {
        let errors = scenario.check();
        if errors.is_empty() { Ok(CheckedScenario(scenario)) } else { Err(errors) }
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.0
    }

    /// Runs it as [`run_until`] does.
    ///
    /// # Panics
    /// If nothing that the seed draws goes together, see [`Scenario::drawn`]; or if the seed is
    /// 2^63 or more.
    pub fn run_until(
        &self,
        name: &str,
        luck: Luck,
        tape: Option<&Tape>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Outcome> {
        let (scenario, luck, watched) = (&self.0, &luck, Watched::Not);
        let job = Job { name, scenario, luck, tape, only: None, watched };
        job.start_checked(progress).map(|outcome| outcome.expect(ONE))
    }
}

/// What is to be run.
struct Job<'a> {
    name: &'a str,
    scenario: &'a Scenario,
    luck: &'a Luck,
    tape: Option<&'a Tape>,
    /// The cause of the only violations that are kept, if not all are.
    only: Option<&'a str>,
    watched: Watched<'a>,
}

/// Who watches.
pub(crate) enum Watched<'a> {
    Not,
    /// It is run twice, side by side.
    Twice,
    /// Its steps are kept here.
    Trail(&'a mut Option<Box<Trail>>),
}

type Tell<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

impl Job<'_> {
    /// Checks its scenario and runs it.
    fn start(self, progress: Tell<'_>) -> Option<Result<Outcome, Difference>> {
        let errors = self.scenario.check();
        assert!(errors.is_empty(), "the scenario contradicts itself: {errors:?}");
        self.start_checked(progress)
    }

    /// Runs it. Its scenario holds what it must.
    fn start_checked(self, progress: Tell<'_>) -> Option<Result<Outcome, Difference>> {
        assert!(
            i64::try_from(self.luck.seed).is_ok(),
            "a seed is less than 2^63, so that a tape can hold it"
        );
        let drawn = self.scenario.drawn(self.luck).unwrap_or_else(|why| panic!("{why}"));
        let scenario = &drawn.scenario;
        let job = Job { scenario, ..self };
        match scenario.document {
            DocumentKind::Save if scenario.players.goods() => job.library::<GameBag>(progress),
            DocumentKind::Save => job.library::<GameSave>(progress),
            DocumentKind::Value => job.library::<Value>(progress),
        }
    }

    /// Runs the scenario's library with these documents.
    fn library<D: GameDocument>(self, progress: Tell<'_>) -> Option<Result<Outcome, Difference>> {
        let scenario = self.scenario;
        match scenario.protocol {
            Protocol::Chronicle | Protocol::ChronicleEager | Protocol::ChronicleStrict => {
                self.drive::<Chronicle<D>>(progress, scenario.rules())
            }
            Protocol::ProfileStore => {
                self.drive::<ProfileStore<D>>(progress, scenario.profile_store.settings())
            }
            Protocol::Naive => self.drive::<Naive<D>>(progress, scenario.naive.rules()),
        }
    }

    fn drive<L: Library>(
        self,
        progress: Tell<'_>,
        library: L::Config,
    ) -> Option<Result<Outcome, Difference>> {
        let Job { scenario, luck, .. } = self;
        let (config, contract) = (&scenario.world(), scenario.contract());
        let gate = || Gate::new(self.tape.map(|tape| tape.faults.as_slice()));
        let end_us = scenario.duration.us();
        let world = match self.watched {
            Watched::Not => {
                let mut world = World::new(config, contract, library, luck, gate());
                world.observers.findings.only = self.only.map(str::to_owned);
                alone(world, end_us, progress)?
            }
            Watched::Twice => {
                let world = |library| {
                    World::<L>::watched(config, contract, library, luck, gate(), twin::watch())
                };
                match twin::lockstep([world(library.clone()), world(library)], end_us, progress)? {
                    Ok(world) => world,
                    Err(difference) => return Some(Err(difference)),
                }
            }
            Watched::Trail(trail) => {
                let watch = Watch::Trail(trail.take().expect("somebody watches"));
                let mut world = World::<L>::watched(config, contract, library, luck, gate(), watch);
                world.observers.findings.only = self.only.map(str::to_owned);
                let mut world = alone(world, end_us, progress)?;
                if let Watch::Trail(kept) = std::mem::replace(&mut world.watch, Watch::Nobody) {
                    *trail = Some(kept);
                }
                world
            }
        };
        let _ = progress(Progress { now_us: end_us, end_us, events: world.events });
        Some(Ok(outcome(self.name, scenario, luck, world)))
    }
}

/// Runs a world to its end.
fn alone<'a, L: Library>(
    mut world: World<'a, L>,
    end_us: u64,
    progress: Tell<'_>,
) -> Option<World<'a, L>> {
    while world.advance() {
        if world.events.is_multiple_of(PROGRESS_EVERY) {
            let now_us = world.now().as_micros();
            if progress(Progress { now_us, end_us, events: world.events }).is_break() {
                return None;
            }
        }
    }
    world.finish();
    Some(world)
}

/// What a run leaves behind.
fn outcome<L: Library>(
    name: &str,
    scenario: &Scenario,
    luck: &Luck,
    mut world: World<'_, L>,
) -> Outcome {
    let findings = &mut world.observers.findings;
    let invariants = invariants(scenario, findings);
    let (verdict, missing) = judge(scenario, &invariants, findings);
    let digest = world.digest.print();
    let manifest = Manifest {
        format: FORMAT,
        tool: TOOL.to_owned(),
        scenario: name.to_owned(),
        title: scenario.title.clone(),
        protocol: scenario.protocol.name().to_owned(),
        seed: luck.seed,
        forks: luck.forks.iter().map(ToString::to_string).collect(),
        digest: digest.clone(),
        servers: scenario.servers.count,
        players: scenario.players.count,
        duration_us: scenario.duration.us(),
        heal_us: scenario.heal.map(|heal| heal.us()),
        events: world.events,
        command: String::new(),
        verdict: verdict.name().to_owned(),
    };
    let marks = named(&findings.marks);
    let summary = summary(&mut world);
    let measure = &mut world.measure;
    let dataset = Dataset {
        manifest,
        summary,
        series: measure.series(),
        start_times: measure.start_times(),
        ages: measure.ages(),
        breakers: measure.breakers(),
        incidents: measure.incidents(),
        ownership: measure.ownership(),
        exposure: (scenario.players.trade > Chance::NEVER).then(|| measure.exposures.rows()),
        invariants,
        marks,
    };
    let lines = std::mem::take(&mut world.lines);
    let (fired, unreached) = world.gate.into_parts();
    let origin = Origin {
        tool: TOOL.to_owned(),
        scenario: name.to_owned(),
        seed: luck.seed,
        forks: luck.forks.clone(),
        digest,
        verdict: verdict.name().to_owned(),
        class: String::new(),
        beside: Vec::new(),
    };
    let tape = fired.map(|faults| Tape { origin, faults, unknown: Vec::new() });
    let promise = scenario.promise();
    Outcome { verdict, missing, promise, dataset, tape, unreached, lines }
}

fn invariants(scenario: &Scenario, findings: &mut Findings) -> Vec<Invariant> {
    let (contract, goods) = (scenario.contract(), scenario.players.goods());
    let held = Rule::ALL.into_iter().filter(|rule| rule.applies(&contract, goods));
    let rows = held.map(|rule| (rule as usize, INVARIANTS[rule as usize]));
    let rows = rows.map(|(nth, (name, promise))| Invariant {
        name: (*name).to_owned(),
        promise: (*promise).to_owned(),
        violations: findings.count(nth),
        causes: named(findings.causes(nth)),
        expected: expected(scenario, name).name().to_owned(),
        first: findings.kept(nth).into_iter().map(row).collect(),
    });
    rows.collect()
}

/// Counts by name, as rows have them.
fn named(counts: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

fn row(violation: Violation) -> leasehold_data::Violation {
    let Violation { at, server, key, cause, why } = violation;
    let named = |letter: &str, nth: u32| {
        if nth == crate::slab::NONE { String::new() } else { format!("{letter}{nth}") }
    };
    leasehold_data::Violation {
        at_us: at.as_micros(),
        server: named("s", server),
        key: named("k", key),
        cause: cause.to_owned(),
        why,
    }
}

fn expected(scenario: &Scenario, name: &str) -> Expected {
    scenario.expect.invariants.get(name).copied().unwrap_or_default()
}

fn judge(
    scenario: &Scenario,
    invariants: &[Invariant],
    findings: &Findings,
) -> (Verdict, Vec<String>) {
    let broken = invariants.iter().filter(|invariant| invariant.violations > 0);
    let broken: BTreeMap<&str, Verdict> =
        broken.map(|row| (row.name.as_str(), Verdict::broken(&row.name))).collect();
    let held = |name: &str| expected(scenario, name) == Expected::Holds;
    let missing = verdict::missing(
        scenario,
        Seen::Run,
        |name| broken.contains_key(name),
        |mark| findings.marks.contains_key(mark),
    );
    let wrong = broken.iter().filter(|(name, _)| held(name)).map(|(_, verdict)| *verdict);
    let vacuous = missing.iter().map(|_| Verdict::Vacuous);
    (Verdict::worst(wrong.chain(vacuous)), missing)
}

fn summary<L: Library>(world: &mut World<'_, L>) -> Summary {
    let findings = &world.observers.findings;
    let measure = &world.measure;
    let mut progress = measure.progress.clone();
    progress.lost = named(&world.observers.progress.lost);
    progress.rolled_back = world.observers.progress.rolled_back;
    progress.dirty_age_max_us = findings.dirty_age_max_us;
    let plan = &world.config.players;
    let faults = world.gate.counts().filter(|(_, n)| *n > 0);
    Summary {
        starts: measure.starts(),
        start_latency: measure.latency(),
        calls: measure.calls(),
        errors: measure.errors(),
        conflicts: measure.conflicts(),
        messages: measure.messages(),
        waits: measure.waits(),
        breaker_openings: measure.breaker_openings,
        progress,
        overlaps: Overlaps {
            belief: named(findings.causes(Rule::Belief as usize)),
            belief_max_us: findings.overlap_max_us,
            clocks_apart_max_us: findings.clocks_apart_max_us,
            effect: findings.count(Rule::Effect as usize),
            latent: findings.latent,
        },
        leaks: measure.leaks(world.leaks_ended),
        trades: (plan.trade > Chance::NEVER).then(|| trades(&world.observers.items)),
        purchases: (plan.purchase > Chance::NEVER)
            .then(|| world.observers.purchases.counts.clone()),
        faults: faults.map(|(site, n)| (site.name().to_owned(), n)).collect(),
    }
}

fn trades(items: &Items) -> Trades {
    Trades {
        minted: items.minted,
        made: items.trades,
        exposed: items.exposed,
        exposed_max: items.exposed_max,
        duplicated: named(&items.duplicated),
        lost: named(&items.lost),
    }
}

/// The moment that a number of microseconds stands for, as reports print it.
pub fn moment(us: u64) -> String {
    Moment::from_micros(us).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict when these rules were broken, these marks reached and these lines expected.
    fn judged(broken: &[Rule], reached: &[&'static str], expect: &str) -> (Verdict, Vec<String>) {
        let scenario = Scenario::parse(&format!("[expect]\n{expect}")).expect(expect);
        let mut findings = Findings::default();
        for rule in broken {
            findings.violated(*rule, (Moment::from_micros(0), 0, 0), "test", String::new);
        }
        for mark in reached {
            findings.reached(mark);
        }
        let invariants = invariants(&scenario, &mut findings);
        judge(&scenario, &invariants, &findings)
    }

    fn unsound() -> Scenario {
        let mut scenario = Scenario::default();
        scenario.servers.count = 0;
        scenario
    }

    #[test]
    #[should_panic(expected = "the scenario contradicts itself")]
    fn a_scenario_that_contradicts_itself_is_not_run() {
        run("unsound", &unsound(), Luck::of(1), None, &mut |_| {});
    }

    #[test]
    fn a_scenario_that_contradicts_itself_cannot_be_a_checked_one() {
        assert!(CheckedScenario::new(unsound()).is_err());
        assert!(CheckedScenario::new(Scenario::default()).is_ok());
    }

    const MARK: &str = "marks = [\"a breaker opened\"]\n";
    const UNREACHED: &str = "the mark \"a breaker opened\" was not reached";
    const OPENED: [&str; 1] = ["a breaker opened"];

    #[test]
    fn violated_beats_stuck_and_stuck_beats_vacuous() {
        let cases: [(&[Rule], &[&'static str], Verdict); 6] = [
            (&[], &OPENED, Verdict::Holds),
            (&[], &[], Verdict::Vacuous),
            (&[Rule::Starts], &OPENED, Verdict::Stuck),
            (&[Rule::Starts], &[], Verdict::Stuck),
            (&[Rule::Starts, Rule::Leaks], &[], Verdict::Violated),
            (&[Rule::Belief], &[], Verdict::Violated),
        ];
        for (broken, reached, expected) in cases {
            let (verdict, missing) = judged(broken, reached, MARK);
            assert_eq!(verdict, expected, "{broken:?} {reached:?}");
            // What was not reached is said under every verdict.
            let unreached = if reached.is_empty() { vec![UNREACHED.to_owned()] } else { vec![] };
            assert_eq!(missing, unreached, "{broken:?} {reached:?}");
        }
    }

    #[test]
    fn an_expectation_turns_a_violation_into_what_was_wanted_or_into_nothing() {
        let belief = |expected: &str| format!("invariants.no_belief_overlap = {expected:?}\n");
        let starts = |expected: &str| format!("invariants.starts_are_answered = {expected:?}\n");
        let cases: [(&[Rule], String, Verdict); 10] = [
            (&[Rule::Belief], String::new(), Verdict::Violated),
            (&[Rule::Belief], belief("holds"), Verdict::Violated),
            (&[Rule::Belief], belief("violated"), Verdict::Holds),
            (&[Rule::Belief], belief("any"), Verdict::Holds),
            (&[], belief("violated"), Verdict::Vacuous),
            (&[], belief("any"), Verdict::Holds),
            (&[Rule::Starts], starts("violated"), Verdict::Holds),
            (&[Rule::Starts], starts("any"), Verdict::Holds),
            (&[Rule::Starts], belief("any"), Verdict::Stuck),
            // What was expected of one invariant excuses no other.
            (&[Rule::Belief, Rule::Effect], belief("violated"), Verdict::Violated),
        ];
        for (broken, expect, expected) in cases {
            assert_eq!(judged(broken, &[], &expect).0, expected, "{broken:?} {expect}");
        }
    }

    #[test]
    fn what_was_expected_to_be_violated_and_was_not_is_named() {
        let (verdict, missing) = judged(&[], &[], "invariants.no_belief_overlap = \"violated\"");
        assert_eq!(verdict, Verdict::Vacuous);
        assert_eq!(missing, ["no_belief_overlap was expected to be violated, and was not"]);
    }
}

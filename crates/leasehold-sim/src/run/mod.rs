//! One run: what it is given, and what it leaves behind.

mod drive;
mod history;
mod simulate;

pub(crate) use drive::{clocks, drive, hazards};
pub(crate) use simulate::Sealed;
pub use simulate::{Run, Simulate};

use crate::config::{self, TimelineEntry};
use crate::draws::Seed;
use crate::fault::{Fault, Gate};
use crate::ids::ServerId;
use crate::library::{Bounds, Library, Promise};
use crate::limits::{updates_allowed, updates_per_player_hour};
use crate::observe::{Findings, HARMS, Invariant, Items, LOST_SESSION, ORPHANED_LOCK};
use crate::observe::{Location, Property, Violation};
use crate::planted::{Plants, WorldMistake};
use crate::progress::Progress;
use crate::scenario::{Expected, Scenario};
use crate::schedule::Moment;
use crate::sinks::Sinks;
use crate::step::Entry;
use crate::tape::{Origin, TOOL, Tape};
use crate::trace::Trace;
use crate::units::Chance;
use crate::verdict::{self, Seen, Verdict};
use crate::world::World;
use leasehold_data::{Dataset, FORMAT, Manifest, Overlaps, Summary, Trades, numbers};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

/// Outcome of a run: all that it leaves behind. It prints as a line, and one more for each broken
/// invariant.
#[derive(Clone, Debug)]
#[must_use = "a run is made for what comes of it"]
pub struct Outcome {
    /// What it amounts to.
    pub verdict: Verdict,
    /// What was expected and did not come, in words.
    pub missing: Vec<String>,
    /// What the protocol promises about double ownership in this world (rule
    /// [D3](leasehold_core::chronicle::protocol#D3)).
    pub promise: Promise,
    /// Within which times what the library owes was to come, and who has set each.
    pub bounds: Bounds,
    /// Everything that was counted.
    pub dataset: Dataset,
    /// The violations that are kept, as data: of each invariant the oldest ten.
    pub violations: Vec<Violation>,
    /// Where each mark was reached first, of those that a step has shown.
    pub marked: BTreeMap<&'static str, Location>,
    /// The faults that fired; or nothing, if they were too many to note.
    pub tape: Option<Tape>,
    /// Entries of the tape that was replayed which never came up.
    pub unreached: Vec<Fault>,
    /// Of a tape that was replayed: for each random fault of a server, a line of a timeline that
    /// does the same to it at the same moment.
    pub lines: Vec<(Fault, TimelineEntry)>,
}

impl Outcome {
    /// Panics with what was found, unless everything is as expected.
    ///
    /// # Panics
    /// If the verdict is not [`Verdict::Holds`].
    #[track_caller]
    pub fn assert_holds(&self) {
        assert!(self.verdict == Verdict::Holds, "{self}");
    }

    /// The run's digest: equal runs have equal ones, on every machine.
    pub fn digest(&self) -> &str {
        &self.dataset.manifest.digest
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest { scenario, seed, protocol, digest, .. } = &self.dataset.manifest;
        let verdict = self.verdict.name();
        write!(f, "{scenario}, seed {seed}, {protocol}: {verdict} (digest {digest})")?;
        for row in self.dataset.invariants.iter().filter(|row| row.violations > 0) {
            let (name, times) = (&row.name, row.violations);
            let many = numbers::times(times);
            let causes: Vec<&str> = row.causes.keys().map(String::as_str).collect();
            write!(f, "\n  {name} is broken {many}, by {}", causes.join(", "))?;
            if let Some(first) = row.first.first() {
                let at = Moment::from_micros(first.at_us);
                write!(f, "; first at {at}: {}", first.why)?;
            }
        }
        for missing in &self.missing {
            write!(f, "\n  {missing}")?;
        }
        if let Some(defaults) = self.bounds.defaults() {
            write!(f, "\n  {defaults}")?;
        }
        Ok(())
    }
}

/// What is to be run: a scenario with nothing left to draw, that holds what it must.
pub(crate) struct Job<'a> {
    pub(crate) name: &'a str,
    /// What the library under test is called.
    pub(crate) library: &'a str,
    pub(crate) scenario: &'a Scenario,
    pub(crate) seed: &'a Seed,
    pub(crate) tape: Option<&'a Tape>,
    /// The cause of the only violations that are kept, if not all are.
    pub(crate) only: Option<&'a str>,
    pub(crate) watched: Watched<'a>,
    /// A mistake of the world, on purpose.
    pub(crate) planted: Plants,
}

/// Who watches.
pub(crate) enum Watched<'a> {
    Not,
    /// It is run twice, side by side.
    Twice,
    /// Each of its steps is told as it comes.
    Each(Each<'a>),
    /// Its steps are kept here.
    Trace(&'a mut Option<Box<Trace>>),
    /// Its steps are kept here until what is looked for has been found, if it ever is. Then there
    /// is no outcome. Nothing is kept if it was told to stop.
    ToFound(&'a mut Option<Box<Trace>>),
}

impl<'a> Watched<'a> {
    /// The same for a shorter time, which no compiler does by itself for what is called.
    pub(crate) fn while_running<'b>(self) -> Watched<'b>
    where
        'a: 'b,
    {
        match self {
            Watched::Not => Watched::Not,
            Watched::Twice => Watched::Twice,
            Watched::Each(each) => Watched::Each(each),
            Watched::Trace(trace) => Watched::Trace(trace),
            Watched::ToFound(trace) => Watched::ToFound(trace),
        }
    }
}

pub(crate) type Tell<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

pub(crate) type Each<'a> = &'a mut dyn FnMut(&Entry<'_>) -> ControlFlow<()>;

/// What a run leaves behind.
fn outcome<L: Library>(
    job: &Job<'_>,
    mut world: World<'_, L>,
    (promise, bounds): (Promise, Bounds),
) -> Outcome {
    let Job { name, scenario, seed, .. } = *job;
    let (under_way, budgets) = (world.messages_under_way(), world.budgets());
    let World { mut sinks, gate, events, lines, config, .. } = world;
    if sinks.planted.has(WorldMistake::FindingsLost) {
        sinks.observers.findings = Findings::default();
    }
    let held = sinks.observers.invariants();
    let mut summary = summary(&sinks, &gate, config);
    summary.messages.under_way = under_way;
    let findings = &sinks.observers.findings;
    let (verdict, missing) = judge(scenario, &held, findings, &summary);
    let invariants = held.iter().map(|one| row(scenario, findings, one)).collect();
    let harm = HARMS.into_iter().filter(|one| findings.count(one) > 0);
    let harm: Vec<_> = harm.map(|one| row(scenario, findings, one)).collect();
    let violations = held.iter().copied().chain(HARMS).flat_map(|one| findings.kept(one)).collect();
    let marks = named(findings.marks());
    let marked = findings.first_marks().clone();
    let digest = sinks.digest.print();
    let manifest = manifest(job, events, &digest, verdict);
    let Sinks { measure, models, .. } = &mut sinks;
    let dataset = Dataset {
        manifest,
        summary,
        series: measure.series(),
        join_times: measure.join_times(models),
        ages: measure.ages(models),
        breakers: measure.breakers(),
        resolutions: measure.resolutions(),
        incidents: measure.incidents(),
        budgets,
        ownership: measure.ownership(),
        exposure: (scenario.players.trade > Chance::NEVER).then(|| measure.exposures()),
        invariants,
        harm,
        marks,
    };
    let (fired, unreached) = gate.into_parts();
    let origin = Origin {
        tool: TOOL.to_owned(),
        scenario: name.to_owned(),
        seed: seed.root,
        forks: seed.forks.clone(),
        digest,
        verdict: verdict.name().to_owned(),
        class: String::new(),
        beside: Vec::new(),
    };
    let tape = fired.map(|faults| Tape { origin, faults, unknown: Vec::new() });
    Outcome {
        verdict,
        missing,
        promise,
        bounds,
        dataset,
        violations,
        marked,
        tape,
        unreached,
        lines,
    }
}

/// Which run it was.
fn manifest(job: &Job<'_>, events: u64, digest: &str, verdict: Verdict) -> Manifest {
    let Job { name, scenario, seed, .. } = *job;
    let (limits, budget) = (scenario.datastore.limits, scenario.datastore.budget);
    Manifest {
        format: FORMAT,
        tool: TOOL.to_owned(),
        scenario: name.to_owned(),
        title: scenario.title.clone(),
        protocol: job.library.to_owned(),
        seed: seed.root,
        forks: seed.forks.iter().map(ToString::to_string).collect(),
        digest: digest.to_owned(),
        servers: scenario.servers.count,
        players: scenario.players.count,
        updates_per_player_hour: updates_per_player_hour(limits, budget),
        duration_us: scenario.duration.us(),
        heal_us: scenario.heal.map(|heal| heal.us()),
        events,
        command: String::new(),
        verdict: verdict.name().to_owned(),
    }
}

/// What was found of an invariant, as a dataset has it.
fn row(scenario: &Scenario, found: &Findings, one: &Invariant) -> leasehold_data::Invariant {
    let first = found.kept(one).into_iter().map(|Violation { cause, place, detail, .. }| {
        leasehold_data::Violation {
            at_us: place.at.as_micros(),
            server: place.server.map(|server: ServerId| server.to_string()).unwrap_or_default(),
            key: place.key.map(|key| key.to_string()).unwrap_or_default(),
            cause: cause.name.to_owned(),
            why: detail.sentence,
        }
    });
    leasehold_data::Invariant {
        name: one.name.to_owned(),
        promise: one.promise.to_owned(),
        violations: found.count(one),
        causes: named(&found.causes(one)),
        expected: expected(scenario, one).name().to_owned(),
        first: first.collect(),
    }
}

/// Counts by name, as rows have them.
fn named(counts: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

/// What is expected of an invariant; of a kind of harm, nothing.
fn expected(scenario: &Scenario, one: &Invariant) -> Expected {
    let named = scenario.expect.invariants.get(one.name).copied();
    let otherwise = if one.kind == Property::Harm { Expected::Any } else { Expected::Holds };
    named.unwrap_or(otherwise)
}

fn judge(
    scenario: &Scenario,
    held: &[&'static Invariant],
    found: &Findings,
    summary: &Summary,
) -> (Verdict, Vec<String>) {
    let broken = |one: &Invariant| found.count(one) > 0;
    let mut missing = verdict::missing(
        scenario,
        held,
        Seen::Run,
        |name| held.iter().any(|one| one.name == name && broken(one)),
        |mark| found.marks().contains_key(mark),
    );
    let wrong = held.iter().filter(|one| broken(one));
    let harmed = HARMS.iter().filter(|one| broken(one));
    let wrong = wrong.chain(harmed).filter(|one| expected(scenario, one) == Expected::Holds);
    let wrong = wrong.map(|one| match one.kind {
        Property::Safety | Property::Harm => Verdict::Violated,
        Property::Liveness => Verdict::Stuck,
    });
    let vacuous = missing.iter().map(|_| Verdict::Vacuous);
    let mut verdict = Verdict::worst(wrong.chain(vacuous));
    for (worse, why) in verdict::unwanted(scenario, summary, found.marks()) {
        verdict = verdict.max(worse);
        missing.push(why);
    }
    (verdict, missing)
}

fn summary(sinks: &Sinks, gate: &Gate, config: &config::World) -> Summary {
    let plan = &config.players;
    let Sinks { observers, measure, models, .. } = sinks;
    let mut progress = measure.progress().clone();
    if let Some(observed) = &observers.progress {
        progress.lost = named(&observed.lost);
        progress.rolled_back = observed.rolled_back;
    }
    progress.dirty_age_max_us = measure.dirty_age_max_us(models);
    let mut overlaps = Overlaps::default();
    if let Some(ownership) = &observers.double_ownership {
        overlaps.double_ownership = named(&observers.findings.causes(observers.double_ownership()));
        overlaps.double_ownership_classes =
            named(&observers.findings.classes(observers.double_ownership()));
        overlaps.double_ownership_max_us = ownership.overlap_max_us;
        overlaps.double_ownership_us = ownership.overlaps_us;
        overlaps.clocks_apart_max_us = ownership.clocks_apart_max_us;
        overlaps.paused_owner = ownership.paused_owner;
    }
    overlaps.write_without_ownership = observers.findings.count(observers.foreign_writes());
    let trades = observers.items.as_ref().filter(|_| plan.trade > Chance::NEVER);
    let purchases = observers.purchases.as_ref().filter(|_| plan.purchase > Chance::NEVER);
    let faults = gate.counts().filter(|(_, n)| *n > 0);
    let (mut calls, played_us) = (measure.calls(), measure.played_us());
    for of_kind in calls.values_mut() {
        of_kind.per_player_hour = per_hour(of_kind.sent, played_us);
    }
    let sent = calls.values().map(|calls| calls.sent).sum();
    Summary {
        starts: measure.starts(),
        play: measure.play(models),
        sessions_lost: named(&observers.findings.causes(&LOST_SESSION)),
        locks_orphaned: named(&observers.findings.causes(&ORPHANED_LOCK)),
        locks_orphaned_us: observers.harm.as_ref().map_or(0, |harm| harm.orphaned_us),
        start_latency: measure.latency(),
        start_calls: measure.start_calls(),
        status: measure.status(),
        calls_per_player_hour: per_hour(sent, played_us),
        budget_used_ppm: budget_used_ppm(sent, played_us, config),
        calls,
        played_us,
        whole: measure.whole(),
        errors: measure.errors(),
        conflicts: measure.conflicts(),
        conflict_classes: measure.conflict_classes(),
        messages: measure.messages(),
        waits: measure.waits(),
        breaker_openings: measure.breaker_openings(),
        progress,
        saves: measure.saves(),
        overlaps,
        leaks: measure.leaks(),
        trades: trades.map(traded),
        purchases: purchases.map(|purchases| purchases.counts.clone()),
        faults: faults.map(|(site, n)| (site.name().to_owned(), n)).collect(),
    }
}

/// So many in so much time, as how many in an hour, rounded.
fn per_hour(n: u64, us: u64) -> Option<u64> {
    const HOUR_US: u128 = 3_600_000_000;
    let us = u128::from(us);
    let rate = (u128::from(n) * HOUR_US + us / 2).checked_div(us)?;
    u64::try_from(rate).ok()
}

/// So many calls as a share of what the servers of a world may make, in millionths.
fn budget_used_ppm(calls: u64, played_us: u64, config: &config::World) -> Option<u64> {
    let limits = (config.datastore.limits, config.datastore.budget);
    let counted_us = config.duration.us() - config.warm_up.map_or(0, |warm_up| warm_up.us());
    let server_us = u128::from(config.servers.count) * u128::from(counted_us);
    let allowed = updates_allowed(limits, server_us, played_us.into())?;
    u64::try_from((u128::from(calls) * 1_000_000).checked_div(allowed.into())?).ok()
}

fn traded(items: &Items) -> Trades {
    Trades {
        minted: items.minted,
        made: items.trades,
        exposed: items.exposed,
        exposed_max: items.exposed_max,
        duplicated: named(&items.duplicated),
        lost: named(&items.lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause;
    use crate::observe::INVARIANTS;

    fn named(name: &str) -> &'static Invariant {
        Invariant::named(name).expect("it is shipped")
    }

    /// The verdict when these invariants were broken, these marks reached and these lines expected.
    fn judged(
        broken: &[&'static Invariant],
        reached: &[&'static str],
        expect: &str,
    ) -> (Verdict, Vec<String>) {
        let scenario = Scenario::parse(&format!("[expect]\n{expect}")).expect(expect);
        let mut findings = Findings::default();
        for one in broken {
            let place = Location { at: Moment::ZERO, server: None, key: None };
            findings.violated(one, place, &cause::UNKNOWN, || "");
        }
        for mark in reached {
            findings.reached(mark);
        }
        judge(&scenario, &INVARIANTS, &findings, &Summary::default())
    }

    const MARK: &str = "marks = [\"a breaker opened\"]\n";
    const UNREACHED: &str = "the mark \"a breaker opened\" was not reached";
    const OPENED: [&str; 1] = ["a breaker opened"];

    #[test]
    fn a_rate_is_rounded_and_there_is_none_of_no_time() {
        let hour = 3_600_000_000;
        assert_eq!([per_hour(46_055, 58 * hour), per_hour(7, 0)], [Some(794), None]);
        assert_eq!([per_hour(0, hour), per_hour(3, 2 * hour)], [Some(0), Some(2)]);
        assert_eq!(per_hour(u64::MAX, 1), None);
    }

    #[test]
    fn violated_beats_stuck_and_stuck_beats_vacuous() {
        let double_ownership = named("no_double_ownership");
        let starts_owed = named("starts_are_answered");
        let cases: [(&[&'static Invariant], &[&'static str], Verdict); 6] = [
            (&[], &OPENED, Verdict::Holds),
            (&[], &[], Verdict::Vacuous),
            (&[starts_owed], &OPENED, Verdict::Stuck),
            (&[starts_owed], &[], Verdict::Stuck),
            (&[starts_owed, named("sessions_are_released")], &[], Verdict::Violated),
            (&[double_ownership], &[], Verdict::Violated),
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
        let double_ownership = named("no_double_ownership");
        let starts_owed = named("starts_are_answered");
        let expect = |expected: &str| format!("invariants.no_double_ownership = {expected:?}\n");
        let starts = |expected: &str| format!("invariants.starts_are_answered = {expected:?}\n");
        let cases: [(&[&'static Invariant], String, Verdict); 10] = [
            (&[double_ownership], String::new(), Verdict::Violated),
            (&[double_ownership], expect("holds"), Verdict::Violated),
            (&[double_ownership], expect("violated"), Verdict::Holds),
            (&[double_ownership], expect("any"), Verdict::Holds),
            (&[], expect("violated"), Verdict::Vacuous),
            (&[], expect("any"), Verdict::Holds),
            (&[starts_owed], starts("violated"), Verdict::Holds),
            (&[starts_owed], starts("any"), Verdict::Holds),
            (&[starts_owed], expect("any"), Verdict::Stuck),
            // What was expected of one invariant excuses no other.
            (
                &[double_ownership, named("no_write_without_ownership")],
                expect("violated"),
                Verdict::Violated,
            ),
        ];
        for (broken, expect, expected) in cases {
            assert_eq!(judged(broken, &[], &expect).0, expected, "{broken:?} {expect}");
        }
    }

    #[test]
    fn what_was_expected_to_be_violated_and_was_not_is_named() {
        let (verdict, missing) = judged(&[], &[], "invariants.no_double_ownership = \"violated\"");
        assert_eq!(verdict, Verdict::Vacuous);
        assert_eq!(missing, ["no_double_ownership was expected to be violated, and was not"]);
    }
}

//! What decided: the run once more without one fault.
//!
//! A graph says what came of what, and not what would have happened otherwise. The world can be
//! asked: the same seed and the same tape without one fault is a run, and it shows the violation or
//! not. Where it first goes another way is what came of the fault, whatever the graph knows.
//!
//! ```text
//!   the run            a - b - FAULT - c - d - e - violation
//!   without the fault  a - b ---------------------            needed: not without it
//!                                      ^ what it first changed
//! ```
//!
//! A small world, or one of few faults, is judged as [`shrink`](crate::shrink) does, by the class
//! of violation in the whole run. In a large one the next fault breaks the same again: there, it is
//! this key and not much later. A fault that is needed alone is one that decided; of two that would
//! each have done, none is.

use super::{Case, follow};
use crate::fault::Fault;
use crate::observe::KEPT;
use crate::run::{Outcome, Run, Simulate, Tell};
use crate::scenario::Scenario;
use crate::trace::{Trace, TraceRow};
use crate::units::Span;
use std::collections::BTreeMap;
use std::time::Duration;

/// So many faults are tried at the most, in runs of so many events in all; more of a small world.
const TRIES_MAX: u64 = 24;
const TRIES_MAX_SMALL: u64 = 400;
const EVENTS_MAX: u64 = 5_000_000;

/// A world of no more faults is judged as a small one.
const FEW: usize = 8;

/// How much later a violation is still the same one, in a world of many, in microseconds.
const LATER_US: u64 = 60_000_000;

/// What a run without a fault has shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    /// The row of the fault.
    pub(super) row: usize,
    /// Without it, the violation is not there.
    pub(super) needed: bool,
    /// The first of the rows that were looked for which is not there without it.
    pub(super) first: Option<usize>,
}

/// Tries a run without each of these faults, as many as may be, and looks there for these rows; or
/// nothing, if it was told to stop.
pub(super) fn without_each(
    run: &Run<'_>,
    (case, trace): (&Case, &Trace),
    plain: &Outcome,
    (faults, looked_for): (&[usize], &[usize]),
    progress: Tell<'_>,
) -> Option<Vec<Tried>> {
    let Some(tape) = &plain.tape else { return Some(Vec::new()) };
    let fault = |row: usize| trace.rows[row].fault.filter(|one| tape.faults.contains(one));
    let faults: Vec<(usize, Fault)> =
        faults.iter().filter_map(|row| Some((*row, fault(*row)?))).collect();
    if faults.is_empty() {
        return Some(Vec::new());
    }
    let by_class = case.whole || tape.faults.len() <= FEW || case.class().is_mark();
    let shorter = if by_class { None } else { shorter(run, case, trace) };
    let (mut world, mut events) = (run.sim, plain.dataset.manifest.events);
    if let Some(shorter) = &shorter {
        let again = Run::of(&**shorter, run.seed.clone()).tape(tape);
        let outcome =
            again.watched(Some(case.broken.cause.name), crate::run::Watched::Not, progress)?;
        // What was cut off may be needed for it.
        if case.is_in(&outcome, by_class) == Some(true) {
            (world, events) = (&**shorter, outcome.dataset.manifest.events);
        }
    }
    let most = if case.whole { TRIES_MAX_SMALL } else { TRIES_MAX };
    let tries = (EVENTS_MAX / events.max(1)).clamp(2, most);
    let mut tried = Vec::new();
    for (row, fault) in faults.into_iter().take(tries as usize) {
        let mut tape = tape.clone();
        tape.faults.retain(|one| *one != fault);
        let without = Run::of(world, run.seed.clone()).tape(&tape);
        let (outcome, other) = follow(&without, case, progress)?;
        let Some(there) = case.is_in(&outcome, by_class) else { continue };
        let first = looked_for.iter().copied().filter(|one| *one > row);
        let first = first_missing(first, trace, &other);
        tried.push(Tried { row, needed: !there, first });
    }
    Some(tried)
}

/// The same world, ending soon after the violation; nothing if it has to be run to its end.
fn shorter(run: &Run<'_>, case: &Case, trace: &Trace) -> Option<Box<dyn Simulate>> {
    trace.found?;
    let mut scenario: Scenario = run.drawn().ok()?.scenario;
    let until = Duration::from_micros(case.until_us());
    scenario.duration = Span(until.min(scenario.duration.0));
    scenario.heal = scenario.heal.filter(|heal| *heal <= scenario.duration);
    run.sim.in_world(scenario).ok()
}

impl Case {
    /// Until when a violation in a world of many is the same one.
    fn until_us(&self) -> u64 {
        self.broken.place.at.as_micros().saturating_add(LATER_US)
    }

    /// Whether a run shows the violation; nothing, if too much else came before to tell.
    fn is_in(&self, outcome: &Outcome, by_class: bool) -> Option<bool> {
        if by_class {
            return Some(self.class().is_in(&outcome.dataset));
        }
        let (broken, until_us) = (&self.broken, self.until_us());
        let class = outcome
            .violations
            .iter()
            .filter(|one| (one.invariant, one.cause) == (broken.invariant, broken.cause));
        let whose = |place: crate::observe::Location| match place.key {
            Some(_) => (None, place.key),
            None => (place.server, None),
        };
        let same = class.clone().any(|one| {
            whose(one.place) == whose(broken.place) && one.place.at.as_micros() <= until_us
        });
        let last = class.clone().map(|one| one.place.at).max();
        let all = class.count() < KEPT || last.is_some_and(|last| last >= broken.place.at);
        (same || all).then_some(same)
    }
}

/// The first of some rows that another run has not.
fn first_missing(
    mut looked_for: impl Iterator<Item = usize>,
    trace: &Trace,
    other: &Trace,
) -> Option<usize> {
    let mut there: BTreeMap<_, Vec<&TraceRow>> = BTreeMap::new();
    let place = |row: &TraceRow| (row.place.at, row.place.server, row.place.key);
    for row in &other.rows {
        there.entry(place(row)).or_default().push(row);
    }
    let missing = |row: &usize| {
        let row = &trace.rows[*row];
        let same = |one: &&TraceRow| (one.fact, one.fault) == (row.fact, row.fault);
        !there.get(&place(row)).is_some_and(|those| those.iter().any(same))
    };
    looked_for.find(missing)
}

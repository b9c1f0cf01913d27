//! Why did it happen? From a broken invariant back to the message, the clock or the late write that
//! it came of.
//!
//! A run says which invariant was broken first, and where. The same run once more, watched, keeps
//! the steps about that key; from these comes a graph of what came of what, and from that the part
//! that leads to the violation. Then the run without each fault of that part says which of them
//! decided, and from all this come the few steps that are worth telling.
//!
//! ```text
//!   run --violation--> watched run --rows--> graph --backwards--> slice --the few that tell--> story
//!                                                                   |  ^
//!                                         runs without one fault <--'  '-- what decided
//! ```
//!
//! Laws: a watched run is the plain one; causes come before effects; whatever is
//! told has a cause that is told, or is a beginning; a fault without which the violation is not
//! there is told; the violation is the last.

mod anchors;
mod graph;
mod links;
mod post;
mod sentences;
mod slow;
mod spans;
mod tell;
mod text;
mod timeline;
mod without;

use crate::observe::{Detail, Location, MARK, REACHED, Subject, Violation};
use crate::problem::Problems;
use crate::run::{Outcome, Run, Tell, Watched};
use crate::shrink::{Class, Wanted};
use crate::step::Fact;
use crate::trace::Trace;
use leasehold_core::Key;
use leasehold_data::Story;
use std::fmt;
use tell::Tale;
use without::without_each;

/// Worlds of no more players are kept whole: what touches a key may come by way of others.
const WHOLE_MAX: usize = 8;

/// So is a run with a tape of no more faults, in no more events: somebody has left only those that
/// are needed, and one may touch the key by way of its server.
const WHOLE_FAULTS_MAX: usize = 64;
const WHOLE_EVENTS_MAX: u64 = 200_000;

/// Of those whom a key traded with, so many are kept with it.
const PARTNERS_MAX: usize = 4;

/// A violation, explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The run.
    pub outcome: Outcome,
    /// Which class of violation it is.
    pub class: Class,
    /// The chain that led there.
    pub story: Story,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let manifest = &self.outcome.dataset.manifest;
        writeln!(f, "{}, seed {}: {}", manifest.scenario, manifest.seed, self.class)?;
        let broken = self.outcome.dataset.invariants.iter().any(|row| row.violations > 0);
        if self.class.is_harm() && !broken {
            writeln!(f, "No invariant was broken. This is harm: {}.", self.harm())?;
        }
        write!(f, "{}", text::Told(&self.story))
    }
}

impl Explained {
    /// What the harm is, and how much of it there was.
    fn harm(&self) -> String {
        let row = self.outcome.dataset.harm.iter().find(|row| row.name == self.class.invariant);
        row.map_or_else(String::new, |row| format!("{} ({})", row.promise, row.violations))
    }
}

/// Reason for which there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexplained {
    /// The run breaks no invariant; or not the one that was wanted, but these.
    DoesNotFail(Vec<Class>),
    /// The scenario does not hold what it must.
    Invalid(Problems),
    /// It was told to stop.
    Stopped,
}

impl fmt::Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unexplained::DoesNotFail(there) if there.is_empty() => f.write_str(
                "the run breaks no invariant and does no harm, so there is nothing to explain",
            ),
            Unexplained::DoesNotFail(there) => {
                let names: Vec<String> = there.iter().map(Class::name).collect();
                write!(f, "the run does not show that; it shows {}", names.join(", "))
            }
            Unexplained::Invalid(problems) => problems.fmt(f),
            Unexplained::Stopped => f.write_str("it was told to stop"),
        }
    }
}

impl std::error::Error for Unexplained {}

pub(crate) use timeline::timeline;

/// Explains a violation of a run that had this outcome: see [`Run::explain_outcome`].
pub(crate) fn explain(
    run: &Run<'_>,
    mut outcome: Outcome,
    wanted: Option<&Wanted>,
    progress: Tell<'_>,
) -> Result<Explained, Unexplained> {
    let classes = Class::all(outcome.dataset.findings());
    // Nothing was wanted and nothing is broken: the worst harm is what there is to tell.
    let worst = match wanted {
        None => Class::first(outcome.dataset.findings(), None),
        Some(_) => None,
    };
    let worst = worst.filter(Class::is_harm).map(|class| Wanted::from(&class));
    let wanted = wanted.or(worst.as_ref());
    let meant = |class: &Class| wanted.map_or(!class.is_harm(), |wanted| wanted.is(class));
    let mark = wanted.and_then(Wanted::mark);
    let reached = mark.as_ref().and_then(|mark| reached(&outcome, &mark.cause));
    if reached.is_none() && !classes.iter().any(meant) {
        return Err(Unexplained::DoesNotFail(classes));
    }
    let broken = match reached.or_else(|| first(&outcome, &meant)) {
        Some(broken) => broken,
        // Each invariant keeps its first ten: this class came later.
        None => {
            let only = wanted.and_then(|wanted| wanted.cause.as_deref());
            outcome = run.watched(only, Watched::Not, progress).ok_or(Unexplained::Stopped)?;
            first(&outcome, &meant).expect("the class is there, and is kept")
        }
    };
    let whole = is_kept_whole(run, &outcome);
    let keys = if whole { Vec::new() } else { named(&broken) };
    let mut case = Case { broken, keys, whole };
    let watched = |case: &Case, progress: Tell<'_>| -> Result<Box<Trace>, Unexplained> {
        let mut trace = case.trace();
        let watched = Watched::ToFound(&mut trace);
        // What comes afterwards has no part in it.
        let _ = run.watched(Some(case.broken.cause.name), watched, progress);
        trace.ok_or(Unexplained::Stopped)
    };
    let mut trace = watched(&case, progress)?;
    if let (Some(Subject::Item(_)), Some(key)) = (case.broken.detail.subject, case.broken.place.key)
        && !whole
    {
        case.keys.extend(partners(&trace, key));
        case.keys.sort_unstable();
        case.keys.dedup();
        trace = watched(&case, progress)?;
    }
    let world = run.drawn().map_err(Unexplained::Invalid)?.scenario.world();
    let incidents = &world.datastore.incidents;
    let mut tale = Tale::new(&case.broken, &trace, incidents);
    let (faults, slice) = (tale.faults(), tale.slice());
    let tried = without_each(run, (&case, &trace), &outcome, (&faults, &slice), progress);
    tale.decided(&tried.ok_or(Unexplained::Stopped)?, faults.len());
    let story = tale.story(outcome.dataset.manifest.duration_us);
    let class = case.class();
    Ok(Explained { outcome, class, story })
}

/// What is to be explained: a violation, and the keys whose steps are about it.
struct Case {
    broken: Violation,
    /// None in a small world, of which everything is kept.
    keys: Vec<Key>,
    whole: bool,
}

impl Case {
    /// Somebody to watch for it.
    fn trace(&self) -> Option<Box<Trace>> {
        Some(Box::new(Trace::new(self.broken.clone(), self.keys.clone())))
    }

    /// The class of the violation.
    fn class(&self) -> Class {
        if let Some(Subject::Mark(mark)) = self.broken.detail.subject {
            return Class::mark(mark);
        }
        let Violation { invariant, cause, .. } = &self.broken;
        Class { invariant: invariant.name.to_owned(), cause: cause.name.to_owned() }
    }
}

/// The same run once more, in which the steps about some keys are kept; nothing if it was told to
/// stop.
fn follow(run: &Run<'_>, case: &Case, progress: Tell<'_>) -> Option<(Outcome, Box<Trace>)> {
    let mut trace = case.trace();
    let outcome =
        run.watched(Some(case.broken.cause.name), Watched::Trace(&mut trace), progress)?;
    Some((outcome, trace.expect("it was watched")))
}

/// That a mark was reached, as if it were a violation.
fn reached(outcome: &Outcome, mark: &str) -> Option<Violation> {
    let (name, place) = outcome.marked.iter().find(|(name, _)| **name == mark)?;
    let sentence = format!("{name}: it came up");
    let detail = Detail { sentence, subject: Some(Subject::Mark(name)), ..Detail::default() };
    Some(Violation { invariant: &MARK, cause: &REACHED, place: *place, detail })
}

/// The first violation of the classes that are meant, of those that are kept.
fn first(outcome: &Outcome, meant: &dyn Fn(&Class) -> bool) -> Option<Violation> {
    let class = |one: &Violation| Class {
        invariant: one.invariant.name.to_owned(),
        cause: one.cause.name.to_owned(),
    };
    // Of those at the same moment, the first in the order of reports.
    let found = outcome.violations.iter().filter(|one| meant(&class(one)));
    found.min_by_key(|one| one.place.at).cloned()
}

/// Whether every step is kept, and not only those about the keys that a violation names.
fn is_kept_whole(run: &Run<'_>, outcome: &Outcome) -> bool {
    let players = &run.sim.scenario().players;
    let only = players.only.len();
    let players = if only == 0 { players.count as usize } else { only };
    let few = run.tape.as_ref().is_some_and(|tape| tape.faults.len() <= WHOLE_FAULTS_MAX);
    players <= WHOLE_MAX || few && outcome.dataset.manifest.events <= WHOLE_EVENTS_MAX
}

/// The keys that a violation names.
fn named(broken: &Violation) -> Vec<Key> {
    let detail = &broken.detail;
    let [written, owed] = [detail.written.map(|by| by.place), detail.owed.map(|by| by.place)];
    let places: [Option<Location>; 3] = [Some(broken.place), written, owed];
    let mut keys: Vec<Key> = places.into_iter().flatten().filter_map(|place| place.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Those whom a key has traded with last.
fn partners(trace: &Trace, key: Key) -> Vec<Key> {
    let mut partners = Vec::new();
    for row in trace.rows.iter().rev() {
        let (Some(Fact::Traded { to_key, .. }), Some(from)) = (row.fact, row.place.key) else {
            continue;
        };
        let other = if from == key { to_key } else { from };
        if other != key && !partners.contains(&other) && partners.len() < PARTNERS_MAX {
            partners.push(other);
        }
    }
    partners
}

#[cfg(test)]
mod tests;

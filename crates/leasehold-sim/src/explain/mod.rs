//! Why did it happen? From a broken invariant back to the message, the clock or the late write that
//! it came of.
//!
//! A run says which invariant was broken first, and where. The same run once more, watched, keeps
//! the steps about that key; from these comes a graph of what came of what, from that the part that
//! leads to the violation, and from that the few steps that are worth telling.
//!
//! ```text
//!   run --violation--> watched run --rows--> graph --backwards--> slice --the few that tell--> story
//! ```
//!
//! Laws: a watched run has the digest of the plain one; causes come before effects; whatever is
//! told has a cause that is told, or is a beginning; the violation is the last.

mod graph;
mod post;
mod sentences;
mod tell;
mod text;

use crate::observe::{Subject, Violation};
use crate::problem::Problems;
use crate::run::{Outcome, Run, Tell, Watched};
use crate::shrink::{Class, Wanted};
use crate::step::Fact;
use crate::trace::Trace;
use leasehold_core::Key;
use leasehold_data::Story;
use std::fmt;

/// Worlds of no more players are kept whole: what touches a key may come by way of others.
const WHOLE_MAX: usize = 8;

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
        write!(f, "{}", text::Told(&self.story))
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
            Unexplained::DoesNotFail(there) if there.is_empty() => {
                f.write_str("the run breaks no invariant, so there is nothing to explain")
            }
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

/// Explains a violation of a run: see [`Run::explain_until`].
pub(crate) fn explain(
    run: &Run<'_>,
    wanted: Option<&Wanted>,
    progress: Tell<'_>,
) -> Result<Explained, Unexplained> {
    let mut only = None;
    let plain = |only, progress: Tell<'_>| {
        run.watched(only, Watched::Not, progress).ok_or(Unexplained::Stopped)
    };
    let mut outcome = plain(only, progress)?;
    let classes = Class::all(outcome.dataset.findings());
    // Nothing was wanted and nothing is broken: the worst harm is what there is to tell.
    let worst = match wanted {
        None => Class::first(outcome.dataset.findings(), None),
        Some(_) => None,
    };
    let worst = worst.filter(Class::is_harm).map(|class| Wanted::from(&class));
    let wanted = wanted.or(worst.as_ref());
    let meant = |class: &Class| wanted.map_or(!class.is_harm(), |wanted| wanted.is(class));
    if !classes.iter().any(meant) {
        return Err(Unexplained::DoesNotFail(classes));
    }
    let broken = match first(&outcome, &meant) {
        Some(broken) => broken,
        // Each invariant keeps its first ten: this class came later.
        None => {
            only = wanted.and_then(|wanted| wanted.cause.as_deref());
            outcome = plain(only, progress)?;
            first(&outcome, &meant).expect("the class is there, and is kept")
        }
    };
    let mut keys = keys(run, broken.place.key);
    let mut trace = follow(run, only, (&broken, &keys), &outcome, progress)?;
    if let (Some(Subject::Item(_)), Some(key)) = (broken.detail.subject, broken.place.key)
        && !keys.is_empty()
    {
        keys.extend(partners(&trace, key));
        trace = follow(run, only, (&broken, &keys), &outcome, progress)?;
    }
    let end_us = outcome.dataset.manifest.duration_us;
    let story = tell::story(&broken, &trace, end_us);
    let (invariant, cause) = (broken.invariant.name.to_owned(), broken.cause.name.to_owned());
    Ok(Explained { outcome, class: Class { invariant, cause }, story })
}

/// The same run once more, in which the steps about some keys are kept.
fn follow(
    run: &Run<'_>,
    only: Option<&str>,
    (broken, keys): (&Violation, &[Key]),
    plain: &Outcome,
    progress: Tell<'_>,
) -> Result<Box<Trace>, Unexplained> {
    let mut trace = Some(Box::new(Trace::new(broken.clone(), keys.to_vec())));
    let watched = run.watched(only, Watched::Trace(&mut trace), progress);
    let watched = watched.ok_or(Unexplained::Stopped)?;
    assert_eq!(watched.digest(), plain.digest(), "to watch a run changes nothing of it");
    Ok(trace.expect("it was watched"))
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

/// The keys whose steps matter: all in a small world, where none are named; else that of the
/// violation.
fn keys(run: &Run<'_>, key: Option<Key>) -> Vec<Key> {
    let players = &run.sim.scenario().players;
    let count = if players.only.is_empty() { players.count as usize } else { players.only.len() };
    if count <= WHOLE_MAX { Vec::new() } else { key.into_iter().collect() }
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

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
mod tell;
mod words;

use crate::observe::{Fact, INVARIANTS, Rule};
use crate::progress::Progress;
use crate::run::{Case, Outcome, Watched};
use crate::schedule::Moment;
use crate::shrink::{Class, Wanted};
use crate::slab::NONE;
use crate::trail::{Broken, Place, Trail};
use leasehold_data::Story;
use std::ops::ControlFlow;

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

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexplained {
    /// The run breaks no invariant; or not the one that was wanted, but these.
    DoesNotFail(Vec<Class>),
    /// It was told to stop.
    Stopped,
}

type Tell<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Explains the first violation of a case, or the first of the class that is wanted, expected or
/// not. Takes two runs, and up to two more if the class comes late or the key has traded.
///
/// # Errors
/// If there is nothing to explain, or `progress` says that it is enough.
///
/// # Panics
/// As [`crate::run()`] does.
pub fn explain(
    case: &Case,
    wanted: Option<&Wanted>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Explained, Unexplained> {
    let drawn = case.scenario.drawn(&case.luck).unwrap_or_else(|why| panic!("{why}"));
    let mut case = Case { scenario: drawn.scenario, ..case.clone() };
    case.scenario.compare.clear();
    let mut only = None;
    let mut outcome = case.run(only, Watched::Not, progress).ok_or(Unexplained::Stopped)?;
    let classes = Class::all(&outcome.dataset.invariants);
    let meant = |class: &Class| wanted.is_none_or(|wanted| wanted.is(class));
    if !classes.iter().any(meant) {
        return Err(Unexplained::DoesNotFail(classes));
    }
    let broken = match first(&outcome, &meant) {
        Some(broken) => broken,
        // Each invariant keeps its first ten: this class came later.
        None => {
            only = wanted.and_then(|wanted| wanted.cause.as_deref());
            outcome = case.run(only, Watched::Not, progress).ok_or(Unexplained::Stopped)?;
            first(&outcome, &meant).expect("the class is there, and is kept")
        }
    };
    let mut keys = keys(&case, broken.place.key);
    let mut trail = follow(&case, only, (&broken, &keys), &outcome, progress)?;
    if !keys.is_empty() && broken.rule == Rule::Items as usize {
        keys.extend(partners(&trail, broken.place.key));
        trail = follow(&case, only, (&broken, &keys), &outcome, progress)?;
    }
    let story = tell::story(&broken, &trail, case.scenario.duration.us());
    let invariant = INVARIANTS[broken.rule].0.to_owned();
    let class = Class { invariant, cause: broken.cause };
    Ok(Explained { outcome, class, story })
}

/// The same run once more, in which the steps about some keys are kept.
fn follow(
    case: &Case,
    only: Option<&str>,
    (broken, keys): (&Broken, &[u32]),
    plain: &Outcome,
    progress: Tell<'_>,
) -> Result<Box<Trail>, Unexplained> {
    let mut trail = Some(Box::new(Trail::new(broken.clone(), keys.to_vec())));
    let watched = case.run(only, Watched::Trail(&mut trail), progress);
    let watched = watched.ok_or(Unexplained::Stopped)?;
    let digest = |outcome: &Outcome| outcome.dataset.manifest.digest.clone();
    assert_eq!(digest(&watched), digest(plain), "to watch a run changes nothing of it");
    Ok(trail.expect("it was watched"))
}

/// The first violation of the classes that are meant, of those that are kept.
fn first(outcome: &Outcome, meant: &dyn Fn(&Class) -> bool) -> Option<Broken> {
    let mut found = Vec::new();
    for row in &outcome.dataset.invariants {
        let rule = INVARIANTS.iter().position(|(name, _)| *name == row.name)?;
        for one in &row.first {
            let class = Class { invariant: row.name.clone(), cause: one.cause.clone() };
            if meant(&class) {
                found.push(broken(rule, one));
            }
        }
    }
    found.into_iter().min_by_key(|broken| (broken.place.at, broken.rule))
}

/// What a row of a dataset says, as the observers have it.
fn broken(rule: usize, row: &leasehold_data::Violation) -> Broken {
    let number = |text: &str| text.get(1..).and_then(|nth| nth.parse().ok()).unwrap_or(NONE);
    let (at, server) = (Moment::from_micros(row.at_us), number(&row.server));
    let place = Place { at, server, key: number(&row.key) };
    Broken { rule, place, cause: row.cause.clone(), why: row.why.clone() }
}

/// The keys whose steps matter: all in a small world, where none are named; else that of the
/// violation.
fn keys(case: &Case, key: u32) -> Vec<u32> {
    let players = &case.scenario.players;
    let count = if players.only.is_empty() { players.count as usize } else { players.only.len() };
    if count <= WHOLE_MAX || key == NONE { Vec::new() } else { vec![key] }
}

/// Those whom a key has traded with last.
fn partners(trail: &Trail, key: u32) -> Vec<u32> {
    let mut partners = Vec::new();
    for row in trail.rows.iter().rev() {
        let Some(Fact::Traded { to_key, .. }) = row.fact else { continue };
        let other = if row.place.key == key { to_key } else { row.place.key };
        if other != key && !partners.contains(&other) && partners.len() < PARTNERS_MAX {
            partners.push(other);
        }
    }
    partners
}

#[cfg(test)]
mod tests;

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
//!                   +--------------------------[ something went ]------------------------------------+
//!                   '--[ some became lines ]-- random troubles of servers as lines of the timeline <-'
//!                                                    | [ no more ]
//!                  the sentence <-- times apart <-- without each fault, and without several
//! ```
//!
//! What is left is minimal one by one, not the smallest there is; the sentence at the end claims no
//! more than was tried, and says how much that was. `lab` makes the tries, `minimal` says which
//! ones, `settings` knows the fields, `times` moves what has a time, `words` tells it.

mod lab;
mod minimal;
mod settings;
mod times;
mod words;

use crate::fault::Fault;
use crate::run::Case;
use crate::scenario::{Expectations, Scenario};
use crate::tape::Tape;
use crate::units::Span;
use lab::{Found, Lab};
use leasehold_data::Invariant;
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

pub use times::{Edge, Interval, Moved};

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

    /// Its name on a tape and on a command line: `INVARIANT:CAUSE`, see [`Wanted`].
    pub fn name(&self) -> String {
        format!("{}:{}", self.invariant, self.cause)
    }

    /// The class that a run is about: of its first violation that was not expected; or, if all
    /// were, of its first. If one is wanted, of the first of those.
    fn first(invariants: &[Invariant], wanted: Option<&Wanted>) -> Option<Class> {
        let mut firsts = Vec::new();
        for row in invariants {
            for cause in row.causes.keys() {
                let class = Class { invariant: row.name.clone(), cause: cause.clone() };
                // Not all are kept: of a cause that has none, it came after those that are.
                let at_us = row.first.iter().find(|one| one.cause == *cause).map(|one| one.at_us);
                let at_us = at_us.unwrap_or(u64::MAX);
                if wanted.is_none_or(|wanted| wanted.is(&class)) {
                    firsts.push((row.expected != "holds", at_us, class));
                }
            }
        }
        firsts.into_iter().min().map(|(_, _, class)| class)
    }

    /// Whether a run with these rows has a violation of this class.
    pub fn is_in(&self, invariants: &[Invariant]) -> bool {
        let row = invariants.iter().find(|row| row.name == self.invariant);
        row.is_some_and(|row| row.causes.contains_key(&self.cause))
    }
}

/// Which class somebody wants: `no_belief_overlap`, or `no_belief_overlap:messaging_timeout_steal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The invariant, by its name.
    pub invariant: String,
    /// The cause; whatever came first if absent.
    pub cause: Option<String>,
}

impl Wanted {
    /// Whether this is what is wanted.
    pub fn is(&self, class: &Class) -> bool {
        let cause = self.cause.as_ref();
        self.invariant == class.invariant && cause.is_none_or(|cause| *cause == class.cause)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{}:{cause}", self.invariant),
            None => f.write_str(&self.invariant),
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Wanted, String> {
        let (invariant, cause) = match text.split_once(':') {
            Some((invariant, cause)) => (invariant, Some(cause.to_owned())),
            None => (text, None),
        };
        if !crate::INVARIANTS.iter().any(|(name, _)| *name == invariant) {
            return Err("no invariant has this name; `leasehold list` names them all".to_owned());
        }
        if cause.as_deref() == Some("") {
            return Err("a cause stands after the colon".to_owned());
        }
        Ok(Wanted { invariant: invariant.to_owned(), cause })
    }
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
    /// The scenario; it names what matters and leaves the rest at its default. Nothing is expected
    /// of it, so its verdict is what it breaks.
    pub scenario: Scenario,
    /// The faults, with the class, the verdict and the digest that they reproduce.
    pub tape: Tape,
    /// The first violation of the class, in the observer's words.
    pub why: String,
    /// How large it was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// Faults that were shown to be needed: the same run without this one alone has no violation of
    /// the class.
    pub needed: Vec<Fault>,
    /// Every part of the faults was tried, and none but all of them together fails.
    pub whole: bool,
    /// What else was broken in tries that did not show the class, once nothing more could be left
    /// out.
    pub others: Vec<Class>,
    /// Faults on the tape that was to be shrunk which did not come up.
    pub unreached: Vec<Fault>,
    /// Lines on it that name no fault which this version knows.
    pub unknown: Vec<String>,
    /// The times and lengths of the needed faults that have any, each moved alone.
    pub intervals: Vec<Interval>,
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

    /// The fields that are not left at their default, by their paths.
    pub fn settings(&self) -> Vec<String> {
        settings::changed(&self.scenario).iter().map(|path| path.join(".")).collect()
    }
}

/// Why there is nothing to shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The run breaks no invariant; these classes were wanted and are there, if one was wanted.
    DoesNotFail(Vec<Class>),
    /// More faults fired than a run notes: see [`crate::Outcome::tape`].
    TooManyFaults,
    /// It was told to stop.
    Stopped,
}

/// Searches for a smaller case with a violation of the same class: of the one that is wanted, or
/// else of the first violation of the run. Takes at most `budget` runs (at least 2), and then a few
/// that are owed: which of the faults are needed.
///
/// # Errors
/// If there is nothing to shrink, or `progress` says that it is enough.
///
/// # Panics
/// As [`crate::run()`] does.
pub fn shrink(
    case: &Case,
    wanted: Option<&Wanted>,
    budget: u64,
    progress: &mut dyn FnMut(&Stage) -> ControlFlow<()>,
) -> Result<Shrunk, Trouble> {
    let drawn = case.scenario.drawn(&case.luck).unwrap_or_else(|why| panic!("{why}"));
    let mut scenario = drawn.scenario;
    scenario.compare.clear();
    let mut lab = Lab::new(case, budget, lab::size(&scenario, 0), progress);
    let outcome = lab.run(&scenario, case.tape.as_ref()).ok_or(Trouble::Stopped)?;
    let invariants = &outcome.dataset.invariants;
    lab.class = Class::first(invariants, wanted)
        .ok_or_else(|| Trouble::DoesNotFail(Class::all(invariants)))?;
    let faults = outcome.tape.ok_or(Trouble::TooManyFaults)?.faults;
    // What was expected of the whole says nothing about a part of it.
    scenario.expect = Expectations::default();
    let before = lab::size(&scenario, faults.len());
    let mut found = Found { scenario, faults };
    lab.leave_out(&mut found);
    if lab.give_times(&mut found) {
        lab.leave_out(&mut found);
    }
    lab.round_times(&mut found);
    let shrunk = lab.report(found, before)?;
    let unknown = case.tape.as_ref().map(|tape| tape.unknown.clone()).unwrap_or_default();
    Ok(Shrunk { unreached: outcome.unreached, unknown, ..shrunk })
}

#[cfg(test)]
mod tests;

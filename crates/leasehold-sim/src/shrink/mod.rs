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
//! more than was tried, and says how much that was. `reducer` makes the tries, `minimal` says which
//! ones, `settings` knows the fields, `times` moves what has a time, `words` tells it.

mod ddmin;
mod reducer;
mod sentence;
mod settings;
mod times;

use crate::draws::Seed;
use crate::fault::Fault;
use crate::observe::{HARMS, MARK};
use crate::problem::Problems;
use crate::run::Run;
use crate::scenario::{Expectations, Scenario};
use crate::tape::Tape;
use crate::units::Span;
use leasehold_data::{Dataset, Invariant};
use reducer::{Found, Reducer};
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

pub use times::{Edge, Interval, Moved};

/// Class of a finding, by what was broken, or which harm was done, and what let it happen: findings
/// of one class are one bug, as far as anybody can tell from outside.
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
    pub fn all<'a>(found: impl IntoIterator<Item = &'a Invariant>) -> Vec<Class> {
        let class = |row: &Invariant, cause: &String| Class {
            invariant: row.name.clone(),
            cause: cause.clone(),
        };
        let rows = found.into_iter();
        rows.flat_map(|row| row.causes.keys().map(move |cause| class(row, cause))).collect()
    }

    /// Whether it is harm: nobody has promised that it will not happen.
    pub fn is_harm(&self) -> bool {
        HARMS.iter().any(|harm| harm.name == self.invariant)
    }

    /// Its name on a tape and on a command line: `INVARIANT:CAUSE`, see [`Wanted`].
    pub fn name(&self) -> String {
        format!("{}:{}", self.invariant, self.cause)
    }

    /// The class that a run is about: of its first violation that was not expected; or, if all
    /// were, of its first; or, if there is none, of the first harm of the worst kind. If one is
    /// wanted, of the first of those.
    pub(crate) fn first<'a>(
        found: impl IntoIterator<Item = &'a Invariant>,
        wanted: Option<&Wanted>,
    ) -> Option<Class> {
        let mut firsts = Vec::new();
        for row in found {
            let harm = HARMS.iter().position(|harm| harm.name == row.name);
            let rank = harm.map_or(usize::from(row.expected != "holds"), |nth| 2 + nth);
            for cause in row.causes.keys() {
                let class = Class { invariant: row.name.clone(), cause: cause.clone() };
                // Not all are kept: of a cause that has none, it came after those that are.
                let at_us = row.first.iter().find(|one| one.cause == *cause).map(|one| one.at_us);
                let at_us = at_us.unwrap_or(u64::MAX);
                if wanted.is_none_or(|wanted| wanted.is(&class)) {
                    firsts.push((rank, at_us, class));
                }
            }
        }
        firsts.into_iter().min().map(|(_, _, class)| class)
    }

    /// The class of a run that reaches a mark.
    pub fn mark(name: &str) -> Class {
        Class { invariant: MARK.name.to_owned(), cause: name.to_owned() }
    }

    /// Whether it is that of a mark.
    pub fn is_mark(&self) -> bool {
        self.invariant == MARK.name
    }

    /// Whether a run with this dataset has a finding of this class, or reaches its mark.
    pub fn is_in(&self, dataset: &Dataset) -> bool {
        if self.is_mark() {
            return dataset.marks.contains_key(&self.cause);
        }
        let row = dataset.findings().find(|row| row.name == self.invariant);
        row.is_some_and(|row| row.causes.contains_key(&self.cause))
    }
}

/// Pattern of the classes that somebody wants: `no_double_ownership`, or
/// `no_double_ownership:messaging_timeout_steal`.
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

impl Wanted {
    /// The runs that reach a mark.
    pub fn of_mark(name: &str) -> Wanted {
        Wanted { invariant: MARK.name.to_owned(), cause: Some(name.to_owned()) }
    }

    /// The class of a mark, if one is wanted.
    pub(crate) fn mark(&self) -> Option<Class> {
        let cause = self.cause.as_ref().filter(|_| self.invariant == MARK.name)?;
        Some(Class::mark(cause))
    }
}

impl From<&Class> for Wanted {
    fn from(class: &Class) -> Wanted {
        Wanted { invariant: class.invariant.clone(), cause: Some(class.cause.clone()) }
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

impl From<&crate::observe::Invariant> for Wanted {
    fn from(invariant: &crate::observe::Invariant) -> Wanted {
        Wanted { invariant: invariant.name.to_owned(), cause: None }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Wanted, String> {
        let (invariant, cause) = match text.split_once(':') {
            Some((invariant, cause)) => (invariant, Some(cause.to_owned())),
            None => (text, None),
        };
        if invariant == MARK.name && cause.is_none() {
            return Err("the mark's name stands after a colon".to_owned());
        }
        if invariant != MARK.name && crate::observe::Invariant::named(invariant).is_none() {
            return Err(
                "no invariant and no kind of harm has this name; `leasehold list` names them all"
                    .to_owned(),
            );
        }
        if cause.as_deref() == Some("") {
            return Err("a cause stands after the colon".to_owned());
        }
        Ok(Wanted { invariant: invariant.to_owned(), cause })
    }
}

/// Size of a case.
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

/// Stage of the search.
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

/// A failure that can be repeated: everything that a run needs, and what it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Bug {
    /// The scenario; it names what matters and leaves the rest at its default. Nothing is expected
    /// of it, so its verdict is what it breaks.
    pub scenario: Scenario,
    /// The seed, and where it forks.
    pub seed: Seed,
    /// The faults, with the class, the verdict and the digest that they reproduce.
    pub tape: Tape,
    /// The class of violation that it shows.
    pub class: Class,
}

impl Bug {
    /// The scenario as a file: what is the default is left out.
    pub fn scenario_text(&self) -> String {
        self.scenario.to_string()
    }
}

/// Rest of a failure after its search, and what that has shown.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smaller failure.
    pub bug: Bug,
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
    /// The fields that are not left at their default, by their paths.
    pub fn settings(&self) -> Vec<String> {
        settings::changed(&self.bug.scenario).iter().map(|path| path.join(".")).collect()
    }
}

/// Reason for which there is nothing to shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShrinkError {
    /// The run breaks no invariant; these classes are there, if another one was wanted.
    DoesNotFail(Vec<Class>),
    /// More faults fired than a run notes: see [`crate::Outcome::tape`].
    TooManyFaults,
    /// It was told to stop.
    Stopped,
}

impl fmt::Display for ShrinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShrinkError::DoesNotFail(there) if there.is_empty() => f.write_str(
                "the run breaks no invariant and does no harm, so there is nothing to shrink",
            ),
            ShrinkError::DoesNotFail(there) => {
                let names: Vec<String> = there.iter().map(Class::name).collect();
                write!(f, "the run does not show that; it shows {}", names.join(", "))
            }
            ShrinkError::TooManyFaults => f.write_str("the run has too many faults for a tape"),
            ShrinkError::Stopped => f.write_str("it was told to stop"),
        }
    }
}

impl std::error::Error for ShrinkError {}

/// Searches for a smaller case: see [`Run::shrink_until`].
pub(crate) fn shrink(
    run: &Run<'_>,
    wanted: Option<&Wanted>,
    budget: u64,
    progress: &mut dyn FnMut(&Stage) -> ControlFlow<()>,
) -> Result<Shrunk, ShrinkError> {
    let mut scenario = run.drawn().unwrap_or_else(|why: Problems| panic!("{why}")).scenario;
    scenario.compare.clear();
    let mut reducer = Reducer::new(run, budget, reducer::size(&scenario, 0), progress);
    let outcome = reducer.run(&scenario, run.tape.as_ref()).ok_or(ShrinkError::Stopped)?;
    let found = || outcome.dataset.findings();
    let mark = wanted.and_then(Wanted::mark).filter(|mark| mark.is_in(&outcome.dataset));
    reducer.class = mark
        .or_else(|| Class::first(found(), wanted))
        .ok_or_else(|| ShrinkError::DoesNotFail(Class::all(found())))?;
    let faults = outcome.tape.ok_or(ShrinkError::TooManyFaults)?.faults;
    // What was expected of the whole says nothing about a part of it.
    scenario.expect = Expectations::default();
    let before = reducer::size(&scenario, faults.len());
    let mut found = Found { scenario, faults };
    reducer.leave_out(&mut found);
    if reducer.give_times(&mut found) {
        reducer.leave_out(&mut found);
    }
    reducer.round_times(&mut found);
    let shrunk = reducer.report(found, before)?;
    let unknown = run.tape.as_ref().map(|tape| tape.unknown.clone()).unwrap_or_default();
    Ok(Shrunk { unreached: outcome.unreached, unknown, ..shrunk })
}

#[cfg(test)]
mod tests;

//! Many seeds of a simulation, as a test runs them: in parallel, and with a story if one fails.
//!
//! ```text
//!   sim.seeds(0..200).assert_holds()
//!     all hold: nothing          one does not: the lowest is shrunk, explained, and told how to repeat
//! ```
//!
//! The number of seeds and a single seed can be set from outside, as property tests have it:
//! `LEASEHOLD_SEEDS=2000` runs as many from the first on, `LEASEHOLD_SEED=7` runs that one. This is
//! the only place in this crate that looks at the environment or has threads; a run has neither.

use crate::run::{Outcome, Simulate};
use crate::shrink::{Bug, Class, Wanted};
use crate::verdict::Verdict;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many seeds are run.
pub const SEEDS: &str = "LEASEHOLD_SEEDS";

/// Which seed is run, and no other.
pub const SEED: &str = "LEASEHOLD_SEED";

/// A seed that panicked, and what that left behind.
type Panicked = (u64, Box<dyn Any + Send>);

/// Runs on many seeds, before they are run.
#[must_use = "nothing has been run yet"]
pub struct Seeds<'s> {
    sim: &'s dyn Simulate,
    seeds: Range<u64>,
}

impl<'s> Seeds<'s> {
    pub(crate) fn of(sim: &'s dyn Simulate, seeds: Range<u64>) -> Seeds<'s> {
        Seeds { sim, seeds }
    }

    /// The seeds that are run: those that were named, unless the environment says otherwise.
    ///
    /// # Panics
    /// If the environment says something that is no number of seeds, or there is no seed at all.
    pub fn range(&self) -> Range<u64> {
        chosen(&self.seeds, &|name| std::env::var(name).ok())
    }

    /// Runs all of them, on as many threads as there are processors, and gives the outcomes that
    /// are not as expected, by seed. What is kept grows with what fails only.
    ///
    /// # Panics
    /// If a run does, as [`Run::run`](crate::Run::run): with the lowest seed that does so.
    #[track_caller]
    pub fn failures(&self) -> Vec<(u64, Outcome)> {
        let (failures, panicked) = self.all();
        let Some((seed, payload)) = panicked else { return failures };
        let what = payload.downcast_ref::<String>().map(String::as_str);
        let what = what.or_else(|| payload.downcast_ref::<&str>().copied());
        panic!("seed {seed} panics: {}\n{}", what.unwrap_or("without a word"), again(seed));
    }

    /// Runs seeds until one panics: what has failed, and the lowest that has panicked.
    fn all(&self) -> (Vec<(u64, Outcome)>, Option<Panicked>) {
        let seeds = self.range();
        let next = AtomicU64::new(seeds.start);
        let failures = Mutex::new(Vec::new());
        let panicked = Mutex::new(BTreeMap::new());
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if !seeds.contains(&seed) {
                            break;
                        }
                        // What is left of a run that panics is looked at by nobody.
                        let run = AssertUnwindSafe(|| self.sim.seed(seed).run());
                        let outcome = match catch_unwind(run) {
                            Ok(outcome) => outcome,
                            Err(payload) => {
                                panicked
                                    .lock()
                                    .expect("nobody panics with it")
                                    .insert(seed, payload);
                                // All lower seeds are over or under way.
                                break next.store(seeds.end, Ordering::Relaxed);
                            }
                        };
                        if outcome.verdict != Verdict::Holds {
                            let mut failures = failures.lock().expect("nobody panics with it");
                            failures.push((seed, outcome));
                        }
                    }
                });
            }
        });
        let mut failures = failures.into_inner().expect("nobody panics with it");
        failures.sort_by_key(|(seed, _)| *seed);
        (failures, panicked.into_inner().expect("nobody panics with it").pop_first())
    }

    /// Runs all of them, and panics if any is not as expected: with the first that is not, what is
    /// left of it once it is shrunk, why it happened, and how to run it again.
    ///
    /// # Panics
    /// If a run's verdict is not [`Verdict::Holds`].
    #[track_caller]
    pub fn assert_holds(&self) {
        let failures = self.failures();
        let Some((seed, outcome)) = failures.first() else { return };
        let seeds = self.range();
        let (failed, all) = (failures.len(), seeds.end - seeds.start);
        let mut text = format!("{failed} of {all} seeds are not as expected\n\n{outcome}\n");
        if let Some(bug) = self.first_bug(*seed, outcome) {
            let _ = write!(text, "\n{}", self.story(&bug));
        }
        panic!("{text}\n{}", again(*seed));
    }

    /// What is left of the first violation that was not expected.
    fn first_bug(&self, seed: u64, outcome: &Outcome) -> Option<Bug> {
        let rows = outcome.dataset.invariants.iter().filter(|row| row.expected == "holds");
        let rows: Vec<_> = rows.cloned().collect();
        let class = Class::all(&rows).into_iter().next()?;
        self.sim.seed(seed).shrink(Wanted::from(&class)).ok()
    }

    fn story(&self, bug: &Bug) -> String {
        let faults: Vec<String> = bug.tape.faults.iter().map(ToString::to_string).collect();
        let faults = if faults.is_empty() { "none".to_owned() } else { faults.join("; ") };
        let scenario = bug.scenario_text();
        let story = match self.sim.explain(bug) {
            Ok(explained) => explained.to_string(),
            Err(why) => format!("(no story: {why})\n"),
        };
        format!("what is left of it:\n\n{scenario}\nwith these faults: {faults}\n\n{story}")
    }
}

/// How a test is told to run one seed again.
fn again(seed: u64) -> String {
    let test = std::thread::current().name().map_or_else(String::new, |name| format!(" {name}"));
    format!("run it again: {SEED}={seed} cargo test{test}")
}

/// The seeds that are run, given what the environment says.
fn chosen(named: &Range<u64>, environment: &dyn Fn(&str) -> Option<String>) -> Range<u64> {
    let number = |name| {
        environment(name).map(|text| {
            let number: Result<u64, _> = text.trim().parse();
            number.unwrap_or_else(|_| panic!("{name} is {text:?}, and must be a whole number"))
        })
    };
    // A test that runs nothing would hold.
    assert!(number(SEEDS) != Some(0), "{SEEDS} is 0, and must be at least 1");
    assert!(!named.is_empty(), "no seed is in {named:?}");
    match (number(SEED), number(SEEDS)) {
        (Some(seed), _) => seed..seed.saturating_add(1),
        (None, Some(count)) => named.start..named.start.saturating_add(count),
        (None, None) => named.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_beats_a_number_of_seeds_and_both_beat_what_the_test_says() {
        let of = |seed: Option<&str>, seeds: Option<&str>| {
            let say = |name: &str| {
                let said = if name == SEED { seed } else { seeds };
                said.map(str::to_owned)
            };
            chosen(&(5..9), &say)
        };
        assert_eq!(of(None, None), 5..9);
        assert_eq!(of(None, Some("100")), 5..105);
        assert_eq!(of(Some("7"), Some("100")), 7..8);
        for (seed, seeds) in [(Some("x"), None), (None, Some("0")), (None, Some("-1"))] {
            assert!(catch_unwind(|| of(seed, seeds)).is_err(), "{seed:?} {seeds:?}");
        }
        assert!(catch_unwind(|| chosen(&(5..5), &|_| None)).is_err());
    }

    #[test]
    fn the_lowest_seed_that_fails_is_told_with_its_story_and_how_to_repeat_it() {
        let text = "duration = '3m'\nservers.count = 3\nmessaging.loss = '30%'\n\
            players = { count = 20, stay = '20s..40s', hop = '100%', noticed_after = '0s..20s' }";
        let scenario = crate::Scenario::parse(text).expect(text);
        let sim = crate::shipped("lossy", &scenario).expect("valid");
        let failures = sim.seeds(1..9).failures();
        assert!(!failures.is_empty() && failures.is_sorted_by_key(|(seed, _)| *seed));
        let panic = std::panic::catch_unwind(AssertUnwindSafe(|| sim.seeds(1..9).assert_holds()));
        let panic = panic.expect_err("some fail");
        let text = panic.downcast_ref::<String>().expect("a sentence");
        let again = format!("run it again: {SEED}={} cargo test", failures[0].0);
        for expected in ["of 8 seeds are not as expected", "with these faults", "is lost", &again] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
}

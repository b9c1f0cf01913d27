//! What a run, or many of them, amounts to; and what was expected and did not come.
//!
//! A sweep and a command with several runs are judged as a run is: by the worst of what they saw,
//! and by what was expected and came nowhere in them. The order is in one place, here.
//!
//! ```text
//!   holds  <  vacuous  <  stuck  <  violated
//! ```

use crate::observe::Invariant;
use crate::scenario::{Expected, NumberBound, Scenario};
use leasehold_data::Summary;
use std::collections::BTreeMap;

/// Verdict on a run, the mildest first: violated beats stuck beats vacuous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything is as expected.
    Holds,
    /// Something that the scenario is about never came up: it tested nothing.
    Vacuous,
    /// Something that was owed never came.
    Stuck,
    /// An invariant that was expected to hold was broken.
    Violated,
}

impl Verdict {
    /// All of them, the mildest first.
    pub const ALL: [Verdict; 4] =
        [Verdict::Holds, Verdict::Vacuous, Verdict::Stuck, Verdict::Violated];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Vacuous => "vacuous",
            Verdict::Stuck => "stuck",
            Verdict::Violated => "violated",
        }
    }

    /// The verdict on several: the worst of them. Where there is nothing, nothing is wrong.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().max().unwrap_or(Verdict::Holds)
    }
}

/// Places where what is expected was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// In one run.
    Run,
    /// In all seeds of a sweep: one of them is enough.
    Seeds,
}

/// What a scenario expects and what did not come, in words: invariants that should be violated, and
/// marks. `held` is what the library under test is held to; `broken` and `reached` say by name what
/// came.
///
/// An invariant that nothing in the scenario is held to cannot be violated, so expecting that is
/// never met. What a swarm still has to draw can decide about that; then it is not said.
pub fn missing(
    scenario: &Scenario,
    held: &[&'static Invariant],
    seen: Seen,
    broken: impl Fn(&str) -> bool,
    reached: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut missing = Vec::new();
    let expected = scenario.expect.invariants.iter();
    let violated = expected.filter(|(_, expected)| **expected == Expected::Violated);
    for (name, _) in violated.filter(|(name, _)| !broken(name)) {
        let instead = match seen {
            _ if !may_be_held_to(scenario, held, name) => "nothing in this scenario is held to it",
            Seen::Run => "was not",
            Seen::Seeds => "was in no seed",
        };
        missing.push(format!("{name} was expected to be violated, and {instead}"));
    }
    let known =
        |name: &str| Invariant::named(name).is_some() || held.iter().any(|one| one.name == name);
    for name in scenario.expect.invariants.keys().filter(|name| !known(name)) {
        missing.push(format!("{name} is expected, and no observer has an invariant of this name"));
    }
    for mark in scenario.expect.marks.iter().filter(|mark| !reached(mark)) {
        missing.push(match seen {
            Seen::Run => format!("the mark {mark:?} was not reached"),
            Seen::Seeds => format!("the mark {mark:?} was reached in no seed"),
        });
    }
    missing
}

/// What came and was not wanted, in words, with the verdict that it means: numbers beyond what the
/// scenario allows, and marks that it forbids. A number that the run does not have tests nothing.
pub(crate) fn unwanted(
    scenario: &Scenario,
    summary: &Summary,
    marks: &BTreeMap<&'static str, u64>,
) -> Vec<(Verdict, String)> {
    let bound = |bound: &NumberBound| {
        let verdict = match bound.holds(summary) {
            Some(true) => return None,
            Some(false) => Verdict::Violated,
            None => Verdict::Vacuous,
        };
        Some((verdict, format!("{bound} was expected, and {}", bound.told(summary))))
    };
    let forbidden = scenario.expect.forbidden_marks.iter();
    let reached = forbidden.filter(|mark| marks.contains_key(mark.as_str()));
    let reached =
        reached.map(|mark| (Verdict::Violated, format!("the mark {mark:?} was not to be reached")));
    scenario.expect.bounds.iter().filter_map(bound).chain(reached).collect()
}

/// Whether the library under test is held to an invariant, as far as that is known.
fn may_be_held_to(scenario: &Scenario, held: &[&'static Invariant], name: &str) -> bool {
    held.iter().any(|one| one.name == name) || !scenario.swarm.draw.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_counts_wherever_it_stands() {
        use Verdict::{Holds, Stuck, Vacuous, Violated};
        let cases: [(&[Verdict], Verdict); 7] = [
            (&[], Holds),
            (&[Holds, Holds], Holds),
            (&[Holds, Vacuous], Vacuous),
            (&[Vacuous, Stuck], Stuck),
            (&[Stuck, Violated], Violated),
            (&[Holds, Vacuous, Violated], Violated),
            (&[Vacuous, Holds, Stuck, Violated], Violated),
        ];
        for (verdicts, expected) in cases {
            assert_eq!(Verdict::worst(verdicts.iter().copied()), expected, "{verdicts:?}");
            let reversed = verdicts.iter().rev().copied();
            assert_eq!(Verdict::worst(reversed), expected, "{verdicts:?} reversed");
        }
    }

    #[test]
    fn a_violation_that_nothing_can_show_is_missing_from_a_run_and_from_a_sweep_alike() {
        let expect = "expect.invariants.no_write_without_ownership = \"violated\"\n";
        let draw = "swarm.draw.protocol = { any = [\"naive\", \"chronicle\"] }\n";
        let of = |text: &str, seen| {
            let scenario = Scenario::parse(&format!("{text}{expect}")).expect(text);
            let held = crate::shipped("world", &scenario).expect(text).invariants();
            missing(&scenario, &held, seen, |_| false, |_| false)
        };
        let is = |instead: &str| {
            vec![format!("no_write_without_ownership was expected to be violated, and {instead}")]
        };
        let naive = "protocol = \"naive\"\n";
        for seen in [Seen::Run, Seen::Seeds] {
            assert_eq!(of(naive, seen), is("nothing in this scenario is held to it"));
        }
        assert_eq!(of("", Seen::Run), is("was not"));
        assert_eq!(of(&format!("{naive}{draw}"), Seen::Seeds), is("was in no seed"));
    }
}

//! What to type next: the commands that have a run again, or go on with what it has found.
//!
//! Every command that has found something ends with these, so that nobody has to put together by
//! hand what names a run and a class: its file, its seed, its forks, its library and its tape.

use leasehold_data::numbers::some;
use leasehold_data::{Invariant, ViolationClass};
use leasehold_sim::scenario::Protocol;
use leasehold_sim::{Class, Fork, Seed};
use serde::Serialize;
use std::borrow::Borrow;
use std::path::Path;

/// A run as commands name it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) scenario: &'a Path,
    /// Nothing if the tape says it.
    pub(crate) seed: Option<u64>,
    pub(crate) forks: &'a [Fork],
    pub(crate) protocol: Option<Protocol>,
    pub(crate) tape: Option<&'a Path>,
}

impl<'a> Named<'a> {
    /// The run of a seed, without forks.
    pub(crate) fn seed(scenario: &'a Path, seed: u64) -> Named<'a> {
        Named { scenario, seed: Some(seed), forks: &[], protocol: None, tape: None }
    }

    /// A run that was asked for: what its tape says as well need not be said.
    pub(crate) fn asked(
        (scenario, protocol): (&'a Path, Option<Protocol>),
        (asked, forks): (Option<u64>, &'a [Fork]),
        tape: Option<&'a Path>,
        seed: &Seed,
    ) -> Named<'a> {
        let seed = asked.or(tape.is_none().then_some(seed.root));
        Named { scenario, seed, forks, protocol, tape }
    }

    /// The command that does something with it.
    pub(crate) fn command(&self, what: &str) -> String {
        let mut words = vec!["leasehold".to_owned(), what.to_owned(), word(self.scenario)];
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        if let Some(seed) = self.seed {
            say("--seed", seed.to_string());
        }
        if let Some(protocol) = self.protocol {
            say("--protocol", protocol.name().to_owned());
        }
        for fork in self.forks {
            say("--fork", fork.to_string());
        }
        if let Some(tape) = self.tape {
            say("--tape", word(tape));
        }
        words.join(" ")
    }

    /// The same, about one class of what it has found.
    pub(crate) fn about(&self, what: &str, class: &str) -> String {
        format!("{} --class {}", self.command(what), word(Path::new(class)))
    }

    /// How to go on with each class of what it has found: first what must not be.
    pub(crate) fn all<'f>(&self, found: impl IntoIterator<Item = &'f Invariant>) -> Vec<Next> {
        let of_row = |row: &'f Invariant| {
            let classes = Class::all([row]);
            classes.into_iter().map(move |class| self.next(&class, &row.expected))
        };
        sorted(found.into_iter().flat_map(of_row).collect())
    }

    /// How to go on with a class of what it has found.
    fn next(&self, class: &Class, expected: &str) -> Next {
        let class = class.name();
        let (explain, shrink) = (self.about("explain", &class), self.about("shrink", &class));
        Next { must_not_be: expected == "holds", class, explain, shrink }
    }
}

/// How to go on with a class of what was found.
#[derive(Debug, Serialize)]
pub(crate) struct Next {
    #[serde(skip)]
    must_not_be: bool,
    class: String,
    explain: String,
    shrink: String,
}

impl Next {
    pub(crate) fn class(&self) -> &str {
        &self.class
    }

    pub(crate) fn explain(&self) -> &str {
        &self.explain
    }

    pub(crate) fn shrink(&self) -> &str {
        &self.shrink
    }
}

/// How to go on with each class of what a sweep has found, in the first seed that has it: first
/// what must not be.
pub(crate) fn of_sweep(
    scenario: &Path,
    protocol: Option<Protocol>,
    found: &[ViolationClass],
) -> Vec<Next> {
    let next = |class: &ViolationClass| {
        let ViolationClass { invariant, cause, expected, first_seeds, .. } = class;
        let class = Class { invariant: invariant.clone(), cause: cause.clone() };
        first_seeds
            .first()
            .map(|seed| Named { protocol, ..Named::seed(scenario, *seed) }.next(&class, expected))
    };
    sorted(found.iter().filter_map(next).collect())
}

/// First what must not be, and else in the order in which it is reported.
fn sorted<N: Borrow<Next>>(mut next: Vec<N>) -> Vec<N> {
    next.sort_by_key(|next| !next.borrow().must_not_be);
    next
}

/// How many classes have their commands told.
const TOLD: usize = 3;

/// The commands for each class, a line each, beside labels of this width; nothing if none was
/// found.
pub(crate) fn text<'n>(next: impl IntoIterator<Item = &'n Next>, width: usize) -> String {
    let next: Vec<&Next> = sorted(next.into_iter().collect());
    let told = &next[..next.len().min(TOLD)];
    let mut text = String::new();
    let mut lines = |label: &str, command: fn(&Next) -> &String| {
        for (nth, one) in told.iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            text.push_str(&format!("{label:width$}{}\n", command(one)));
        }
    };
    lines("Why", |next| &next.explain);
    lines("Shrink", |next| &next.shrink);
    if let Some(more @ 1..) = next.len().checked_sub(TOLD) {
        let more = some(more as u64, "more class", "more classes");
        text.push_str(&format!("{:width$}and {more}\n", ""));
    }
    text
}

/// A path, or another word, as a shell reads it.
pub(crate) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !text.is_empty() && text.chars().all(harmless) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(cause: &str) -> Class {
        Class { invariant: "no_double_ownership".to_owned(), cause: cause.to_owned() }
    }

    #[test]
    fn a_run_is_named_by_what_its_tape_does_not_say_and_every_word_as_a_shell_reads_it() {
        let (file, tape) = (Path::new("my sims/a.toml"), Path::new("it's.toml"));
        let forks: [Fork; 1] = ["3m:7".parse().expect("a fork")];
        let named = Named { forks: &forks, tape: Some(tape), ..Named::seed(file, 7) };
        let expected = "leasehold shrink 'my sims/a.toml' --seed 7 --fork 3m:7 --tape \
                        'it'\\''s.toml' --class 'no_double_ownership:stale read'";
        assert_eq!(named.next(&class("stale read"), "any").shrink, expected);
        let seed = Seed::of(7);
        let named = |asked, tape| Named::asked((file, None), (asked, &[]), tape, &seed).seed;
        assert_eq!(named(None, None), Some(7));
        assert_eq!(named(None, Some(tape)), None);
        assert_eq!(named(Some(7), Some(tape)), Some(7));
    }

    #[test]
    fn a_handful_of_classes_is_told_and_how_many_more_there_are() {
        let named = Named::seed(Path::new("a.toml"), 1);
        let of = |count: usize| -> Vec<Next> {
            (0..count).map(|nth| named.next(&class(&nth.to_string()), "holds")).collect()
        };
        assert_eq!(text(&[], 9), "");
        let one = "Why      leasehold explain a.toml --seed 1 --class no_double_ownership:0\n\
                   Shrink   leasehold shrink a.toml --seed 1 --class no_double_ownership:0\n";
        assert_eq!(text(&of(1), 9), one);
        assert_eq!(text(&of(3), 9).lines().count(), 6);
        let four = text(&of(4), 9);
        assert!(four.ends_with("\n         and 1 more class\n"), "{four}");
        // Of whichever run, what must not be comes first.
        let both = [named.next(&class("may"), "any"), named.next(&class("must_not"), "holds")];
        let told = text(&both, 9);
        assert!(told.lines().next().is_some_and(|line| line.ends_with(":must_not")), "{told}");
    }
}

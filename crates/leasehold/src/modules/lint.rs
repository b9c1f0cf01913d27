//! A module in a world in which nothing goes wrong: what it, or its adapter, gets wrong there is
//! wrong before any fault is looked for.

use super::simulation;
use crate::error::Error;
use crate::printable;
use leasehold_data::numbers;
use leasehold_sim::scenario::{Expectations, Protocol};
use leasehold_sim::{Entry, Fact, Outcome, Scenario};
use std::path::Path;

/// Two servers and a few players who change servers, with exact clocks and nothing lost.
const QUIET: &str = "duration = \"8m\"\nservers.count = 2\n\
    players = { count = 4, arrive = \"0s..20s\", stay = \"40s..80s\", hop = \"60%\", \
    edit_every = \"4s..9s\" }\n";

/// More sentences than this nobody reads.
const MOST: usize = 12;

/// What there is to say, a sentence a line.
pub(crate) fn lint(path: &Path, scenario: &Scenario) -> Result<Vec<String>, Error> {
    let mut quiet = Scenario::parse(QUIET).expect("a valid scenario");
    quiet.protocol = Protocol::Module;
    quiet.module = scenario.module.clone();
    quiet.datastore.key_prefix = scenario.datastore.key_prefix.clone();
    quiet.expect = Expectations::default();
    let simulation = simulation(path, "check", &quiet)?;
    let mut seen = Seen::default();
    let outcome = simulation.seed(1).history(&mut |entry| seen.take(entry));
    let mut lines = found(&outcome);
    lines.extend(seen.missing(&outcome));
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if lines.is_empty() {
        let starts = outcome.dataset.summary.starts.granted;
        let starts = numbers::some(starts, "start", "starts");
        lines.push(format!("in a quiet world of 8 min nothing is wrong with it: {starts} granted"));
    }
    Ok(lines)
}

/// What is broken though nothing went wrong.
fn found(outcome: &Outcome) -> Vec<String> {
    let dataset = &outcome.dataset;
    let findings = dataset.invariants.iter().chain(&dataset.harm).filter(|row| row.violations > 0);
    let first = |row: &leasehold_data::Invariant| {
        let why = row.first.first().map_or("", |first| first.why.as_str());
        let times = numbers::times(row.violations);
        format!("in a quiet world, {} {times}: {}", row.name, printable::line(why))
    };
    findings.map(first).collect()
}

/// What an adapter has said by the end.
#[derive(Default)]
struct Seen {
    written: u64,
    described: u64,
    owned: u64,
    saved: u64,
}

impl Seen {
    fn take(&mut self, entry: &Entry<'_>) {
        match &entry.step.fact {
            Fact::Committed { after, .. } => {
                self.written += 1;
                self.described += u64::from(after.is_some());
                self.owned += u64::from(after.is_some_and(|view| view.owner.is_some()));
            }
            Fact::Saved => self.saved += 1,
            _ => {}
        }
    }

    fn missing(&self, outcome: &Outcome) -> Vec<String> {
        let mut lines = Vec::new();
        let granted = outcome.dataset.summary.starts.granted;
        let mut say = |is: bool, words: &str| {
            if is {
                lines.push(words.to_owned());
            }
        };
        say(granted == 0, "no start is granted: start() returns nothing for anybody");
        say(
            granted > 0 && self.written == 0,
            "nothing is written to a player's record: stop() and save() store nothing",
        );
        say(
            self.written > 0 && self.described == 0,
            "describe() makes nothing of what is stored: lost and overwritten changes are not seen",
        );
        say(
            self.described > 0 && self.owned == 0,
            "describe() names no owner: whose write it was that went over another's is not seen",
        );
        say(
            self.written > 0 && self.saved == 0,
            "seat:saved() is never called: that a confirmed save stays stored is not held to",
        );
        lines
    }
}

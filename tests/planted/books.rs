//! The numbers of a summary, counted again.
//!
//! Measures count in tables that are made for speed. Here the same steps are counted in the
//! plainest way there is, and both must come to the same; and what must add up, adds up. So a
//! measure that counts twice, or forgets, is found without anybody knowing the right number.

use leasehold_sim::model::Models;
use leasehold_sim::{CallEnd, Fact, Findings, Invariant, Observer, Outcome, Step, Verdict};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The law that an outcome's numbers are held to.
pub static BOOKS: Invariant =
    Invariant::safety("the_books_agree", "every number of a summary is what its steps add up to");

/// What was counted, by what the summary calls it.
type Counts = BTreeMap<String, u64>;

/// Counts what a run's steps tell. Clones count into the same books.
#[derive(Clone, Default)]
pub struct Books(Arc<Mutex<Counts>>);

impl Books {
    fn count(&self, name: impl Into<String>, more: u64) {
        *self.0.lock().expect("nobody panics with it").entry(name.into()).or_default() += more;
    }

    /// What does not agree with an outcome of the run that was counted: a sentence each.
    ///
    /// # Panics
    /// If somebody panicked while counting.
    pub fn wrong(&self, outcome: &Outcome) -> Vec<String> {
        let counted = self.0.lock().expect("nobody panics with it").clone();
        let told = told(outcome);
        let names: std::collections::BTreeSet<&String> =
            counted.keys().chain(told.keys()).collect();
        let of = |counts: &Counts, name: &String| counts.get(name).copied().unwrap_or(0);
        let differs = |name: &&&String| of(&counted, name) != of(&told, name);
        let mut wrong: Vec<String> = names
            .iter()
            .filter(differs)
            .map(|name| {
                let (steps, summary) = (of(&counted, name), of(&told, name));
                format!("{name}: {steps} in the steps, {summary} in the summary")
            })
            .collect();
        wrong.extend(contradictions(outcome));
        wrong
    }
}

/// What a summary says.
fn told(outcome: &Outcome) -> Counts {
    let summary = &outcome.dataset.summary;
    let (starts, messages, progress) = (&summary.starts, &summary.messages, &summary.progress);
    let mut told = Counts::new();
    let mut tell = |name: &str, n: u64| {
        if n > 0 {
            told.insert(name.to_owned(), n);
        }
    };
    tell("starts asked", starts.asked);
    tell("starts granted", starts.granted);
    for (reason, n) in &starts.failed {
        tell(&format!("starts failed: {reason}"), *n);
    }
    tell("slowest start", summary.start_latency.as_ref().map_or(0, |starts| starts.max_us));
    for (kind, calls) in &summary.calls {
        tell(&format!("{kind} sent"), calls.sent);
        tell(&format!("{kind} retries"), calls.retries);
        tell(&format!("{kind} failed"), calls.failed);
        tell(&format!("{kind} refused"), calls.refused);
        tell(&format!("{kind} short-circuited"), calls.short_circuited);
    }
    for (error, n) in &summary.errors {
        tell(&format!("error {error}"), *n);
    }
    for (resolution, n) in &summary.conflicts {
        tell(&format!("conflict {resolution}"), *n);
    }
    tell("messages sent", messages.sent);
    tell("messages delivered", messages.delivered);
    tell("messages lost", messages.lost);
    tell("messages duplicated", messages.duplicated);
    tell("messages without subscriber", messages.no_subscriber);
    tell("breakers opened", summary.breaker_openings.unwrap_or(0));
    tell("changes", progress.edits);
    tell("changes refused", progress.refused);
    tell("saves acknowledged", progress.acknowledged);
    told
}

/// What an outcome says that cannot be, whatever happened.
fn contradictions(outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let (dataset, summary) = (&outcome.dataset, &outcome.dataset.summary);
    let starts = &summary.starts;
    let ended = starts.granted + starts.failed.values().sum::<u64>() + starts.pending;
    must(starts.asked == ended, format!("{} starts were asked for, {ended} told", starts.asked));
    must(
        summary.start_latency.as_ref().map_or(0, |starts| starts.count) == starts.granted,
        "a start that was granted took no time".to_owned(),
    );
    let fired = |site: &str| summary.faults.get(site).copied().unwrap_or(0);
    must(
        fired("is lost") <= summary.messages.lost,
        format!("{} messages were to be lost, {} were", fired("is lost"), summary.messages.lost),
    );
    must(
        fired("comes twice") <= summary.messages.duplicated,
        "a duplicate was not counted".to_owned(),
    );
    let overlaps: u64 = summary.overlaps.double_ownership.values().sum();
    let found = |name: &str| {
        let row = dataset.invariants.iter().find(|row| row.name == name);
        row.map(|row| row.violations)
    };
    must(
        found("no_double_ownership").is_none_or(|found| found == overlaps),
        "double ownerships were found, and others counted".to_owned(),
    );
    let broken = dataset.invariants.iter().any(|row| row.violations > 0 && row.expected == "holds");
    let fails = matches!(outcome.verdict, Verdict::Violated | Verdict::Stuck);
    must(fails || !broken, "the verdict does not follow from what was found".to_owned());
    wrong
}

impl Observer for Books {
    fn invariant(&self) -> &'static Invariant {
        &BOOKS
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, _out: &mut Findings) {
        match step.fact {
            Fact::Asked => self.count("starts asked", 1),
            Fact::Loaded { latency_us, .. } => {
                self.count("starts granted", 1);
                let mut counts = self.0.lock().expect("nobody panics with it");
                let slowest = counts.entry("slowest start".to_owned()).or_default();
                *slowest = latency_us.max(*slowest);
            }
            Fact::Rejected { reason } => self.count(format!("starts failed: {}", reason.name), 1),
            Fact::Sent { kind, attempt } => {
                self.count(format!("{kind} sent"), 1);
                self.count(format!("{kind} retries"), u64::from(attempt > 0));
            }
            Fact::ShortCircuited { kind } => self.count(format!("{kind} short-circuited"), 1),
            Fact::Answered { kind, end, .. } => match end {
                CallEnd::Done => {}
                CallEnd::Refused => self.count(format!("{kind} refused"), 1),
                CallEnd::Silent => self.count(format!("{kind} failed"), 1),
                CallEnd::Failed(error) => {
                    self.count(format!("{kind} failed"), 1);
                    self.count(format!("error {error}"), 1);
                }
            },
            Fact::Conflict { resolution } => {
                self.count(format!("conflict {}", resolution.name), 1);
            }
            Fact::Published { .. } => self.count("messages sent", 1),
            Fact::Delivered { .. } => self.count("messages delivered", 1),
            Fact::MessageLost { .. } => self.count("messages lost", 1),
            Fact::MessageDuplicated => self.count("messages duplicated", 1),
            Fact::NoSubscriber => self.count("messages without subscriber", 1),
            Fact::CircuitOpened { .. } => self.count("breakers opened", 1),
            Fact::Edited => self.count("changes", 1),
            Fact::EditRefused => self.count("changes refused", 1),
            Fact::Saved => self.count("saves acknowledged", 1),
            _ => {}
        }
    }
}

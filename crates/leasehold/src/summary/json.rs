//! The summary of a command's runs as one JSON object: the same content as the text's.

use super::{About, micros};
use crate::command::Done;
use crate::next::Next;
use leasehold_data::{Invariant, Manifest, Summary};
use leasehold_sim::Promise;
use leasehold_sim::library::{Bound, Bounds};
use serde::Serialize;
use std::collections::BTreeMap;

/// The same content as one JSON object.
#[derive(Serialize)]
struct Object<'a> {
    manifest: &'a Manifest,
    verdict: &'static str,
    missing: &'a [String],
    promise: PromiseObject,
    bounds: BTreeMap<&'static str, BoundObject>,
    summary: &'a Summary,
    invariants: &'a [Invariant],
    harm: &'a [Invariant],
    marks: &'a BTreeMap<String, u64>,
    unreached: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unknown: &'a [String],
    folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogObject>,
    #[serde(skip_serializing_if = "<[Next]>::is_empty")]
    next: &'a [Next],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    drawn: BTreeMap<&'a str, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compare: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct PromiseObject {
    kind: &'static str,
    needed_us: u64,
    allowed_us: u64,
}

/// Where a run's log is, and how much of its history it has.
#[derive(Serialize)]
struct LogObject {
    file: String,
    lines: u64,
    steps: u64,
}

/// Within which time something that is owed was to come, and who has set that.
#[derive(Serialize)]
struct BoundObject {
    us: u64,
    set_by: &'static str,
}

/// The summary of a command's runs, as one JSON object.
pub(crate) fn json(runs: &[Done], about: About<'_>) -> String {
    let About { fields, tape, .. } = about;
    let unknown = tape.map_or(&[][..], |tape| &tape.unknown);
    let mut objects = runs.iter().map(|run| object(run, unknown));
    let mut first = objects.next().expect("a command has at least one run");
    first.compare = objects.collect();
    let plain = |value| serde_json::to_value(value).expect("a drawn value is plain");
    first.drawn = fields.iter().map(|(path, value)| (path.as_str(), plain(value))).collect();
    serde_json::to_string_pretty(&first).expect("a summary is plain rows")
}

fn bounds(bounds: &Bounds) -> BTreeMap<&'static str, BoundObject> {
    let object =
        |bound: Bound| BoundObject { us: micros(bound.within), set_by: bound.set_by.name() };
    bounds.iter().map(|(obligation, bound)| (obligation.name(), object(bound))).collect()
}

fn object<'a>(run: &'a Done, unknown: &'a [String]) -> Object<'a> {
    let outcome = &run.outcome;
    let (kind, needed, allowed) = match outcome.promise {
        Promise::None => ("none", Default::default(), Default::default()),
        Promise::Kept { needed, allowed } => ("kept", needed, allowed),
        Promise::Outside { needed, allowed } => ("outside", needed, allowed),
    };
    Object {
        manifest: &outcome.dataset.manifest,
        verdict: outcome.verdict.name(),
        missing: &outcome.missing,
        promise: PromiseObject { kind, needed_us: micros(needed), allowed_us: micros(allowed) },
        bounds: bounds(&outcome.bounds),
        summary: &outcome.dataset.summary,
        invariants: &outcome.dataset.invariants,
        harm: &outcome.dataset.harm,
        marks: &outcome.dataset.marks,
        unreached: outcome.unreached.iter().map(ToString::to_string).collect(),
        unknown,
        folder: run.folder.display().to_string(),
        log: run.log.as_ref().map(|log| LogObject {
            file: log.path.display().to_string(),
            lines: log.lines,
            steps: log.steps,
        }),
        next: &run.next,
        drawn: BTreeMap::new(),
        compare: Vec::new(),
    }
}

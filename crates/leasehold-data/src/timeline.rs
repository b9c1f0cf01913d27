//! A run step by step, for a picture that can be walked through: what happened where, and what came
//! of what.
//!
//! Columns, not rows: a run has tens of thousands of steps, and a page that holds them is sent to
//! somebody. Words are kept once, with gaps for the numbers in them; times and links are
//! differences.

use serde::{Deserialize, Serialize};

/// The steps of a run, or of what was found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// How long the run was, in microseconds.
    pub end_us: u64,
    /// Where things happen: the datastore, messages, and each server.
    pub lanes: Vec<Lane>,
    /// The names of keys.
    pub keys: Vec<String>,
    /// The names of kinds of steps.
    pub kinds: Vec<String>,
    /// What a step says, with `{}` where a number of it stands.
    pub templates: Vec<Template>,
    /// The ways in which a step comes of another.
    pub hows: Vec<String>,
    /// The steps, in their order.
    pub events: Events,
    /// What came of what.
    pub links: Links,
    /// When a session considered itself owner: key, lane, from and to, in microseconds.
    pub owned: Vec<(usize, usize, u64, u64)>,
    /// When a stored record named a server as its owner, likewise.
    pub stored: Vec<(usize, usize, u64, u64)>,
    /// When servers were down: lane, from and to.
    pub down: Vec<(usize, u64, u64)>,
    /// When servers were paused, likewise.
    pub paused: Vec<(usize, u64, u64)>,
    /// When the datastore was not as usual: what it was, from and to.
    pub trouble: Vec<(String, u64, u64)>,
    /// What was found, in the order of time.
    pub findings: Vec<TimelineFinding>,
    /// What is left out, in a sentence; nothing if nothing is.
    pub sampled: Option<String>,
}

/// A place where things happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its name: `s7`.
    pub name: String,
    /// `datastore`, `messaging` or `server`.
    pub kind: String,
}

/// A sentence with gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The sentence, with `{}` for each number.
    pub words: String,
    /// What kind of step says it, as an index.
    pub kind: usize,
}

/// The steps, column by column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// When, in microseconds after the step before.
    pub at: Vec<u64>,
    /// Where, as an index.
    pub lane: Vec<usize>,
    /// What it says, as an index.
    pub template: Vec<usize>,
    /// Which key it is about, as an index; -1 if none.
    pub key: Vec<i64>,
    /// The numbers of all templates, one after the other.
    pub numbers: Vec<u64>,
}

/// What came of what, column by column, in the order of what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Which step: so many after that of the link before.
    pub to: Vec<usize>,
    /// What it came of: so many steps before it.
    pub from: Vec<usize>,
    /// How, as an index.
    pub how: Vec<usize>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineFinding {
    /// The invariant or harm, a colon, and what let it happen.
    pub class: String,
    /// What was found, in words.
    pub why: String,
    /// When, in microseconds.
    pub at_us: u64,
    /// Which key it is about, as an index; -1 if none.
    pub key: i64,
    /// Where, as an index; -1 if nowhere.
    pub lane: i64,
    /// The last step until then that is about the key, as an index; -1 if there is none.
    pub event: i64,
}

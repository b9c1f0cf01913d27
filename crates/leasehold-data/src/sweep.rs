//! What a sweep leaves behind: which one it was, and its totals. Its rows are a CSV file.
//!
//! Every rate stands beside the number of seeds it was counted over, and every interval says how
//! it was made.

use serde::{Deserialize, Serialize};

/// The version of this layout: raised when a column comes, goes or changes meaning.
pub const SWEEP_FORMAT: u32 = 7;

/// Identity of a sweep: enough to go on with it, and to say what may be joined with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepManifest {
    /// The layout: [`SWEEP_FORMAT`].
    pub format: u32,
    /// The version of the tool that made it.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's own words on what to look for.
    pub title: String,
    /// The first seed.
    pub first_seed: u64,
    /// The last seed.
    pub last_seed: u64,
    /// The part of these seeds that this folder has: every `of`-th, beginning with the `nth`,
    /// counted from 1. A whole sweep is part 1 of 1.
    pub shard: Shard,
    /// The sweep ends with the first seed that violates, in the order of seeds.
    pub fail_fast: bool,
    /// The scenario, with every field.
    pub text: String,
}

/// A part of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub nth: u64,
    /// How many there are.
    pub of: u64,
}

/// A sweep in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepTotals {
    /// The layout: [`SWEEP_FORMAT`].
    pub format: u32,
    /// The version of the tool that made it.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's own words on what to look for.
    pub title: String,
    /// The protocol preset under test; nothing if it is drawn for each seed.
    pub protocol: Option<String>,
    /// The first seed.
    pub first_seed: u64,
    /// The last seed.
    pub last_seed: u64,
    /// The part of these seeds that this is about.
    pub shard: Shard,
    /// The sweep ends with the first seed that violates.
    pub fail_fast: bool,
    /// The seeds that were run; all rates are over these.
    pub seeds: u64,
    /// The seeds that were asked for. More than were run if the sweep ended with a violation.
    pub seeds_asked: u64,
    /// The verdict of the whole: `holds`, `violated`, `stuck` or `vacuous`.
    pub verdict: String,
    /// What was expected and came in no seed, in words.
    pub missing: Vec<String>,
    /// Seeds by the verdict of their run.
    pub verdicts: Vec<Count>,
    /// Per metric, in the order of the columns.
    pub metrics: Vec<Metric>,
    /// Violations by class, most seeds first.
    pub violations: Vec<ViolationClass>,
    /// Marks that were reached, by name.
    pub marks: Vec<Count>,
    /// How likely something new is.
    pub unseen: Unseen,
    /// How the intervals were made.
    pub intervals: String,
}

/// In how many seeds something was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Name of what is counted.
    pub name: String,
    /// In how many seeds.
    pub seeds: u64,
    /// As a share of all, with its interval.
    pub share: Estimate,
}

/// A number that was estimated, and where it is with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// From here; nothing if there is no saying.
    pub low: Option<f64>,
    /// To here.
    pub high: Option<f64>,
}

/// A count, or a time in microseconds, over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name: a column of the rows.
    pub name: String,
    /// The seeds that have it, which the rest is of: where there was nothing to measure, there is
    /// no longest and no median.
    pub seeds: u64,
    /// The mean per seed; nothing if no seed has it, and so are the others.
    pub mean: Option<Estimate>,
    /// The smallest of any seed.
    pub min: Option<u64>,
    /// The largest of any seed.
    pub max: Option<u64>,
}

/// Violations of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViolationClass {
    /// The invariant that they break. Each has one observer, so this says who found them as well.
    pub invariant: String,
    /// What let them happen.
    pub cause: String,
    /// What the scenario expects of the invariant: `holds`, `violated` or `any`.
    pub expected: String,
    /// How many there were.
    pub violations: u64,
    /// In how many seeds.
    pub seeds: u64,
    /// As a share of all, with its interval.
    pub share: Estimate,
    /// The first few of these seeds.
    pub first_seeds: Vec<u64>,
}

/// A Good-Turing estimate of the chance that the next seed shows something that no seed has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    /// What counts as something: classes of violations, and marks.
    pub classes: u64,
    /// Of those, seen in exactly one seed.
    pub in_one_seed: u64,
    /// Of those, seen in exactly two seeds.
    pub in_two_seeds: u64,
    /// The chance: `in_one_seed` as a share of all seeds.
    pub chance: Estimate,
    /// A single class that comes in at least this share of seeds would have been seen with 95 %
    /// confidence. What is rarer may well be there.
    pub would_have_been_seen: f64,
    /// What all this says and does not.
    pub note: String,
}

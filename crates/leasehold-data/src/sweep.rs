//! What a sweep leaves behind: which one it was, and its totals. Its rows are a CSV file.
//!
//! Every rate stands beside the number of seeds it was counted over, and every interval says how
//! it was made.

use serde::{Deserialize, Serialize};

/// The version of this layout: raised when a column comes, goes or changes meaning.
pub const SWEEP_FORMAT: u32 = 10;

/// Identity of a sweep: enough to go on with it, and to say what may be joined with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The settings that each seed is run under, by name: the scenario's own first, then those of
    /// `[[compare]]` and other libraries.
    pub settings: Vec<String>,
    /// The fields that are varied: each setting is run at each point of these. None in a sweep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// Settings at points that do not go together, and so are not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The fields that the seed draws: each is a column of the rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<String>,
    /// The scenario, with every field.
    pub text: String,
}

/// A field that is varied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The path of the field.
    pub path: String,
    /// What the library's own documentation calls it, if it has a name for it.
    pub constant: Option<String>,
    /// Its values, as they are shown; each is a value of a column of the rows.
    pub values: Vec<String>,
    /// The same as a scenario's file has them.
    pub written: Vec<String>,
}

/// A setting at a point at which it cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The setting's name.
    pub setting: String,
    /// The value of each axis.
    pub point: Vec<String>,
    /// What does not go together.
    pub why: String,
}

/// A part of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The verdict of the whole, which is the worst of all settings: `holds`, `violated`, `stuck`
    /// or `vacuous`.
    pub verdict: String,
    /// The fields that are varied; none in a sweep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// Settings at points that do not go together, and so were not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Per point and setting, the scenario's own first.
    pub settings: Vec<SettingTotals>,
    /// Each setting beside the first at the same point, if there are several.
    pub comparisons: Vec<Comparison>,
    /// All others beside each other, by what settings are judged by
    /// ([`metric::JUDGED_BY`](crate::metric::JUDGED_BY)): who is the best of them is a question of
    /// all pairs. None in a study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Comparison>,
    /// What each axis does to each metric of each setting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// How the intervals were made.
    pub intervals: String,
}

/// A setting in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingTotals {
    /// The setting's name.
    pub name: String,
    /// The value of each axis; none in a sweep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub point: Vec<String>,
    /// The protocol preset under test; nothing if it is drawn for each seed.
    pub protocol: Option<String>,
    /// What the library's rules foretell of double ownership; nothing if they say nothing, or each
    /// seed draws them.
    pub foretold: Option<Foretold>,
    /// The seeds that were run; all rates are over these.
    pub seeds: u64,
    /// The verdict of this setting.
    pub verdict: String,
    /// What was expected and came in no seed, in words.
    pub missing: Vec<String>,
    /// Seeds by the verdict of their run.
    pub verdicts: Vec<Count>,
    /// Per metric, in the order of the columns.
    pub metrics: Vec<Metric>,
    /// Violations by class, most seeds first.
    pub violations: Vec<ViolationClass>,
    /// How many hours players had a session, all seeds together.
    pub session_hours: f64,
    /// How many sessions were granted on another server than the key's last one, all together.
    pub hand_offs: u64,
    /// How likely each class is, and whatever came in no seed.
    pub rates: Vec<Rate>,
    /// How an estimate of what came in no seed became what it is. None in a study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<Checkpoint>,
    /// How often each kind of harm to data comes, of any cause.
    pub risks: Vec<Rate>,
    /// Marks that were reached, by name.
    pub marks: Vec<Count>,
    /// How likely something new is.
    pub unseen: Unseen,
}

/// How likely something is, where what happens in one seed is not independent: Clopper and
/// Pearson's interval for as many independent trials as the spread from seed to seed leaves of them
/// (Korn and Graubard). Of what came in no seed, the upper end is all there is to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// An invariant or a harm, a colon, and what let it happen; without that if it came in no seed.
    pub name: String,
    /// How often it came.
    pub times: u64,
    /// In how many seeds.
    pub seeds: u64,
    /// How many for each hour of a session: a chance, as long as there are fewer than hours.
    /// Nothing if there was no hour.
    pub per_session_hour: Option<Estimate>,
    /// How many for each hand-off.
    pub per_hand_off: Option<Estimate>,
    /// How the estimate for each hour of a session became what it is: of classes that came. None in
    /// a study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub converged: Vec<Checkpoint>,
}

/// What an estimate was after the first so many seeds, in their order: 1, 2, 5, 10, 20 and so on,
/// and all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// So many seeds.
    pub seeds: u64,
    /// How many for each hour of a session; nothing if there was no hour yet.
    pub per_session_hour: Option<Estimate>,
}

/// What a library's rules foretell of double ownership, before anything is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foretold {
    /// Whether there may be any.
    pub possible: bool,
    /// What lets it happen, or why it cannot.
    pub why: Vec<String>,
}

/// What a field does to a metric of a setting: a main effect, over all values of the other fields.
/// Only what was run at each value of the field counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The setting's name.
    pub setting: String,
    /// The path of the field.
    pub path: String,
    /// At each value of the field, in its order: the mean, and Student's interval of it.
    pub levels: Vec<Estimate>,
    /// At its last value, less that at its first, in the same seeds.
    pub change: Difference,
}

/// A setting beside the first one, seed by seed: the same players, troubles and random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The setting that is compared.
    pub name: String,
    /// The setting that it is compared with.
    pub baseline: String,
    /// The value of each axis; none in a sweep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub point: Vec<String>,
    /// Per metric, in the order of the columns; those that no seed of either has are not there.
    pub differences: Vec<Difference>,
}

/// A number of a setting less that of the baseline, in the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The metric: a column of the rows.
    pub name: String,
    /// The seeds in which both have it.
    pub seeds: u64,
    /// Mean of the difference, and Student's interval of it, not corrected for how many there are.
    pub difference: Estimate,
    /// How likely a difference as large is if there is none: a paired t-test, two-sided. Nothing
    /// where there is no saying.
    pub p: Option<f64>,
    /// Whether it is significant at 5 % after Holm's correction for all differences of the sweep.
    pub significant: bool,
    /// The share of the variance that common random numbers have removed: 1 less the variance of
    /// the differences over that of two runs with numbers of their own. Below 0 if they have added.
    pub variance_removed: Option<f64>,
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
    /// The seeds in which it is more than 0.
    pub seeds_any: u64,
    /// The mean per seed; nothing if no seed has it, and so are the others.
    pub mean: Option<Estimate>,
    /// The smallest of any seed.
    pub min: Option<u64>,
    /// The largest of any seed.
    pub max: Option<u64>,
    /// Where the others are between these.
    pub spread: Option<Spread>,
}

/// How many seeds have how much: of the seeds that have a number, at least so many in a hundred
/// have this much or less, and fewer have less.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Of 5 in a hundred.
    pub p05: u64,
    /// Of a quarter.
    pub p25: u64,
    /// Of a half.
    pub p50: u64,
    /// Of three quarters.
    pub p75: u64,
    /// Of 95 in a hundred.
    pub p95: u64,
    /// 0 if these are exact, which they are while there are few different numbers. Else numbers
    /// that are close were counted as one, and each of these is at most this share off.
    pub error: f64,
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
    /// The fewest in any seed.
    pub min: u64,
    /// The most in any seed.
    pub max: u64,
    /// Where all seeds are between these, also those with none.
    pub spread: Spread,
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

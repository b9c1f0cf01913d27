//! What a run leaves behind: plain rows and a versioned manifest, so that a chart can be drawn
//! again a year later without running anything.
//!
//! Nothing here computes. The simulator fills these rows, files carry them as JSON, and the report
//! draws them; so the three can change apart as long as [`FORMAT`] is honest. Times are
//! microseconds of virtual time since the run began. How they and all other numbers are written for
//! readers is here too, in [`numbers`], because everybody who writes any shares this crate.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `leasehold run scenario.toml --out run` has left.
//! let text = std::fs::read_to_string("run/dataset.json")?;
//! let dataset: leasehold_data::Dataset = serde_json::from_str(&text)?;
//! assert_eq!(dataset.manifest.format, leasehold_data::FORMAT);
//! println!("{} starts were granted", dataset.summary.starts.granted);
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod age;
mod breakers;
mod budget;
mod curve;
mod incidents;
pub mod metric;
pub mod numbers;
mod ownership;
mod story;
mod sweep;
mod timeline;
mod trade;

pub use age::{AgeBin, Ages, Waited};
pub use breakers::{BreakerOpening, BreakerRow, BreakerSpan, BreakerState, Breakers};
pub use budget::{BudgetBin, Budgets, QueueBin};
pub use curve::{JoinEnd, JoinTimes, Reached};
pub use incidents::{Incident, OUTAGE};
pub use ownership::{CommittedWrite, Conflict, Held, Ownership};
pub use story::{How, Story, StoryEvent, StoryLink, StorySpan};
pub use sweep::{
    Axis, Checkpoint, Comparison, Count, Difference, Effect, Estimate, Foretold, LeftOut, Metric,
    Rate, SWEEP_FORMAT, SettingTotals, Shard, Spread, SweepManifest, SweepTotals, Unseen,
    ViolationClass,
};
pub use timeline::{Events, Lane, Links, Template, Timeline, TimelineFinding};
pub use trade::{Exposure, ExposureBin, Purchases, Trades};

/// The version of this layout. A reader refuses a dataset with another one; it is raised when a row
/// changes meaning, or when there are rows that older datasets do not have.
pub const FORMAT: u32 = 12;

/// Everything one run leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// Which run this was.
    pub manifest: Manifest,
    /// The run in numbers.
    pub summary: Summary,
    /// What happened when.
    pub series: Series,
    /// How long players took into the game, by how that ended. An end that no join had is absent.
    pub join_times: Vec<JoinTimes>,
    /// How old unsaved changes became.
    pub ages: Ages,
    /// Circuit breakers over time; nothing if the library has none.
    pub breakers: Option<Breakers>,
    /// The ways in which lease conflicts were resolved, each with a track of its own in the series:
    /// see [`track::conflict`].
    pub resolutions: Vec<Resolution>,
    /// When the datastore was not as usual, in the order in which that began.
    pub incidents: Vec<Incident>,
    /// How much of their request budgets servers used; nothing if there are no budgets.
    pub budgets: Option<Budgets>,
    /// Who owned the most contested key; nothing if no key had a lease conflict or a
    /// double ownership.
    pub ownership: Option<Ownership>,
    /// Exposed items over time; nothing if there are no trades.
    pub exposure: Option<Exposure>,
    /// One verdict per invariant, in a fixed order.
    pub invariants: Vec<Invariant>,
    /// What players felt: one row for each kind of harm that was done, the worst kind first.
    pub harm: Vec<Invariant>,
    /// Interesting states that the run reached, with how often: a run that reached none of them
    /// proves little.
    pub marks: BTreeMap<String, u64>,
}

impl Dataset {
    /// What was found: broken invariants, then harm.
    pub fn findings(&self) -> impl Iterator<Item = &Invariant> + Clone {
        self.invariants.iter().chain(&self.harm)
    }
}

/// A stretch of virtual time, in microseconds. It may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct Interval {
    /// When it begins.
    pub from_us: u64,
    /// When it ends; not before it begins.
    pub to_us: u64,
}

/// An interval as a file has it.
#[derive(Deserialize)]
struct Ends {
    from_us: u64,
    to_us: u64,
}

impl TryFrom<Ends> for Interval {
    type Error = &'static str;
    fn try_from(Ends { from_us, to_us }: Ends) -> Result<Interval, &'static str> {
        let interval = Interval { from_us, to_us };
        if from_us <= to_us { Ok(interval) } else { Err("an interval ends before it begins") }
    }
}

/// Identity of a run: enough to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this dataset: [`FORMAT`].
    pub format: u32,
    /// The version of the tool that made it.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's own words on what to look for.
    pub title: String,
    /// The protocol preset under test.
    pub protocol: String,
    /// The seed.
    pub seed: u64,
    /// Where its seed was forked, as `3m:7`: a moment and a salt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<String>,
    /// The run's digest, 16 hexadecimal digits: equal digests, equal runs.
    pub digest: String,
    /// Servers that the scenario has.
    pub servers: u32,
    /// Players that the scenario has.
    pub players: u32,
    /// Updates an hour that each player adds to what the datastore's limits allow; nothing if it
    /// has none.
    pub updates_per_player_hour: Option<u64>,
    /// How long the run was, in virtual microseconds.
    pub duration_us: u64,
    /// When all faults were ended, if the scenario says so.
    pub heal_us: Option<u64>,
    /// Events that the simulator processed.
    pub events: u64,
    /// The command that repeats this run.
    pub command: String,
    /// The verdict of the whole run: `holds`, `violated`, `stuck` or `vacuous`.
    pub verdict: String,
}

/// How much of it there was in a whole run, its warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    /// When what is counted began, in virtual microseconds: how long the warm-up was.
    pub from_us: u64,
    /// How long players were in the game, all together, in microseconds.
    pub played_us: u64,
    /// Session starts that were granted on another server than the key's last session.
    pub handed_off: u64,
}

/// The run in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Session starts, by how they ended.
    pub starts: Starts,
    /// How players came into the game.
    pub play: Play,
    /// Sessions that ended while their player was there, by what ended them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions_lost: BTreeMap<String, u64>,
    /// Records that were left locked by a session that was over, by how that ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locks_orphaned: BTreeMap<String, u64>,
    /// For how long they were, until somebody took the key or the run ended, in microseconds: that
    /// of all records together.
    pub locks_orphaned_us: u64,
    /// Microseconds from asking for a session to having it, over the successful starts; nothing if
    /// there was none.
    pub start_latency: Option<Quantiles>,
    /// Calls that the successful starts took.
    pub start_calls: StartCalls,
    /// Server processes by what the library said of where their data goes once they were open:
    /// `production`, `simulation`, `unavailable`. Empty for a library that says nothing.
    pub status: BTreeMap<String, u64>,
    /// Datastore calls, by kind: `acquire`, `save`, `renew`, `release`; and others, if there were
    /// any.
    pub calls: BTreeMap<String, Calls>,
    /// How long players were in the game, all together, in microseconds: from having their data to
    /// leaving.
    pub played_us: u64,
    /// What findings are counted over, if the scenario has a warm-up: they are of the whole run,
    /// and the numbers here of what came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
    /// Calls that were sent of any kind, for each hour of a player in the game, rounded; nothing if
    /// nobody was in the game.
    pub calls_per_player_hour: Option<u64>,
    /// Calls of any kind as a share of the updates that servers may make all together, in
    /// millionths: their budgets over the whole run, with the players who were in the game. Nothing
    /// if there is no such limit.
    pub budget_used_ppm: Option<u64>,
    /// Errors that calls were answered with, by the name that the datastore's documentation gives
    /// them, with their number if they have one.
    pub errors: BTreeMap<String, u64>,
    /// Lease conflicts, by resolution.
    pub conflicts: BTreeMap<String, u64>,
    /// The same by what they come down to, whatever the library calls them: `silence`, `expiry`.
    pub conflict_classes: BTreeMap<String, u64>,
    /// Calls that waited for a budget; absent if none did.
    #[serde(default, skip_serializing_if = "Waits::is_none")]
    pub waits: Waits,
    /// What became of the messages between servers.
    pub messages: Messages,
    /// How often a circuit breaker opened, over all servers; nothing if the library has none.
    pub breaker_openings: Option<u64>,
    /// Players' changes and what became of them.
    pub progress: Progress,
    /// Calls of `Save()` by games, and how they returned.
    pub saves: Saves,
    /// Ownership overlaps.
    pub overlaps: Overlaps,
    /// Sessions whose player had left when the run ended, and that were never released.
    pub leaks: u64,
    /// Trades, if there are any.
    pub trades: Option<Trades>,
    /// Purchases, if there are any.
    pub purchases: Option<Purchases>,
    /// Faults that fired, by site.
    pub faults: BTreeMap<String, u64>,
}

/// Session starts, by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// Asked for.
    pub asked: u64,
    /// Starts that were granted.
    pub granted: u64,
    /// Of those, on another server than the key's last session: hand-offs.
    pub handed_off: u64,
    /// Refused, by the protocol's own reason.
    pub failed: BTreeMap<String, u64>,
    /// Neither: the server was gone first, or its session ended without an answer, or the run did.
    pub pending: u64,
}

/// Players on their way into the game: from the first attempt on, however many starts are rejected
/// before one is granted. Who gives up has waited longer than anybody who was let in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// How often a player came into the game.
    pub in_game: u64,
    /// How often a player gave up.
    pub gave_up: u64,
    /// Players who were neither when the run ended.
    pub waiting: u64,
    /// Within how many microseconds half of all were in the game; nothing if they never were. Who
    /// still waits counts for as long as they have waited.
    pub p50_us: Option<u64>,
    /// The same of nine in ten.
    pub p90_us: Option<u64>,
    /// The same of 99 in a hundred.
    pub p99_us: Option<u64>,
    /// The longest; nothing if somebody gave up, or still waits after longer than that.
    pub max_us: Option<u64>,
}

/// What the successful session starts took, over all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StartCalls {
    /// Datastore calls.
    pub calls: u64,
    /// How many of them repeated a failed one.
    pub retries: u64,
    /// Starts that needed a retry, or several.
    pub retried: u64,
}

/// A distribution in five numbers, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Number of samples; not 0.
    pub count: u64,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// 90th percentile.
    pub p90_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
    /// The largest sample, in microseconds.
    pub max_us: u64,
}

/// Datastore calls of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// Sent, retries included.
    pub sent: u64,
    /// Of those, sent again after a call for the same had failed: the first release after a failed
    /// save is none.
    pub retries: u64,
    /// Answered with an error, or given up on.
    pub failed: u64,
    /// Answered, but the protocol's own rules refused (held by another, lease lost).
    pub refused: u64,
    /// Stopped by the circuit breaker before they were sent; not in `sent`.
    pub short_circuited: u64,
    /// Sent for each hour of a player in the game, rounded; nothing if nobody was in the game.
    pub per_player_hour: Option<u64>,
}

/// Calls for which there was no budget when they were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waits {
    /// Waited in a queue.
    pub queued: u64,
    /// The longest time that one waited before it left, in microseconds; nothing if none did.
    pub longest_us: Option<u64>,
    /// Found the queue full and were dropped, by error.
    pub dropped: BTreeMap<String, u64>,
}

impl Waits {
    /// Whether every call left at once.
    pub fn is_none(&self) -> bool {
        self.queued == 0 && self.dropped.is_empty()
    }
}

/// Counts of the messages between servers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Messages {
    /// Messages that were published.
    pub sent: u64,
    /// Handed to a subscriber, duplicates included.
    pub delivered: u64,
    /// Lost on the way.
    pub lost: u64,
    /// Delivered a second time.
    pub duplicated: u64,
    /// Published to a topic nobody listened to, or to one nobody listened to any more when it came.
    pub no_subscriber: u64,
    /// Not accepted when they were published, by reason. All others that were sent were accepted,
    /// which says nothing about who heard them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, u64>,
    /// Arrived, and kept from their subscriber by a limit, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, u64>,
    /// On their way when the run ended, or kept for a server that was paused then. Where one
    /// subscriber listens to each topic, as in all shipped libraries, `sent` and `duplicated` are
    /// together as many as `delivered`, `lost`, `no_subscriber`, `refused`, `dropped` and these.
    pub under_way: u64,
    /// Subscriptions that were asked for and never came about, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_subscribed: BTreeMap<String, u64>,
}

/// Players' changes and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Changes that a session accepted.
    pub edits: u64,
    /// Changes refused because the session was no longer active.
    pub refused: u64,
    /// Accepted changes that never became durable, by cause.
    pub lost: BTreeMap<String, u64>,
    /// Durable changes that a later write wiped out, and that nobody has stored again.
    pub rolled_back: u64,
    /// Saves that the library acknowledged, and releases that have stored changes.
    pub acknowledged: u64,
    /// The longest time that a change waited to be saved, or until its session or the run was over,
    /// in microseconds; nothing if there was no change.
    pub dirty_age_max_us: Option<u64>,
}

/// Calls of `Save()`, by how they returned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Saves {
    /// Calls.
    pub called: u64,
    /// Of those, that returned true.
    pub returned_true: u64,
    /// That returned false, by the library's own reason. Others never returned: their session was
    /// over first, or the run was.
    pub returned_false: BTreeMap<String, u64>,
}

/// Ownership overlaps: intervals in which more than one session could think that it owns a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overlaps {
    /// Two sessions considered themselves owner at once, by what let the second one in.
    pub double_ownership: BTreeMap<String, u64>,
    /// The same by what that comes down to, whatever the library calls it: `silence`, `expiry`, ...
    pub double_ownership_classes: BTreeMap<String, u64>,
    /// The longest of those, in microseconds; nothing if there was none.
    pub double_ownership_max_us: Option<u64>,
    /// All of those together, in microseconds: a key with two owners for a second is a second.
    pub double_ownership_us: u64,
    /// The largest difference of the two wall clocks that were compared where one began, in
    /// microseconds; nothing if none began by comparing clocks.
    pub clocks_apart_max_us: Option<u64>,
    /// A write committed over another owner's record without a legal acquire.
    pub write_without_ownership: u64,
    /// A paused server still considered itself owner while another session owned the key.
    pub paused_owner: u64,
}

/// Counts over time: equal bins of virtual time, and a count per bin and track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The width of a bin, in microseconds.
    pub bin_us: u64,
    /// Counts per bin. All tracks are equally long. Names: see [`track`].
    pub tracks: BTreeMap<String, Vec<u64>>,
}

/// A way in which lease conflicts are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What the library calls it.
    pub name: String,
    /// What it comes down to, whatever the library calls it: `silence`, `expiry`, ...
    pub class: String,
    /// The same in words that complete a sentence: "the owner did not answer".
    pub words: String,
    /// Conflicts that were resolved so.
    pub conflicts: u64,
    /// Of those, how many let a session in while another one still considered itself owner.
    pub from_live_owners: u64,
}

/// The names of the tracks in a [`Series`].
pub mod track {
    /// Conflicts that were resolved in a way that has this name.
    pub fn conflict(resolution: &str) -> String {
        format!("conflict.{resolution}")
    }
    /// Double ownerships, counted in the bin where they began.
    pub const DOUBLE_OWNERSHIP: &str = "overlap.double_ownership";
    /// First tries of acquiring calls.
    pub const ACQUIRE: &str = "calls.acquire";
    /// First tries of saving calls.
    pub const SAVE: &str = "calls.save";
    /// First tries of renewing calls.
    pub const RENEW: &str = "calls.renew";
    /// First tries of releasing calls.
    pub const RELEASE: &str = "calls.release";
    /// First tries of calls for anything else.
    pub const OTHER: &str = "calls.other";
    /// Calls of any kind that repeat a failed one.
    pub const RETRY: &str = "calls.retry";
    /// Calls of any kind that ended in an error or were given up on, counted when that became
    /// known.
    pub const FAILED: &str = "calls.failed";
    /// Calls that the circuit breaker stopped.
    pub const SHORT_CIRCUITED: &str = "calls.short_circuited";
    /// Messages published, challenges and answers alike.
    pub const MESSAGES_SENT: &str = "messages.sent";
    /// Of those, challenges.
    pub const CHALLENGES: &str = "messages.challenges";
    /// Challenges whose answer was heard while the server that asked still waited for it.
    pub const CHALLENGES_ANSWERED: &str = "messages.challenges_answered";
    /// Messages handed to a subscriber, duplicates included, counted when they arrived.
    pub const MESSAGES_DELIVERED: &str = "messages.delivered";
    /// Messages lost on the way, counted when they were sent.
    pub const MESSAGES_LOST: &str = "messages.lost";
    /// Messages that will be delivered twice, counted when they were sent.
    pub const MESSAGES_DUPLICATED: &str = "messages.duplicated";
    /// Messages that were not accepted when they were published, or were kept from their subscriber
    /// when they arrived: by a limit, or as the service failed.
    pub const MESSAGES_STOPPED: &str = "messages.stopped";
    /// Messages that nobody listened to any more, counted when they arrived.
    pub const MESSAGES_NO_SUBSCRIBER: &str = "messages.no_subscriber";
}

/// The verdict of one invariant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Invariant {
    /// Its name, as `[expect]` spells it.
    pub name: String,
    /// What it promises, in a sentence.
    pub promise: String,
    /// How often it was broken.
    pub violations: u64,
    /// What the scenario expects: `holds`, `violated` or `any`.
    pub expected: String,
    /// How often, by cause: together they are all violations.
    pub causes: BTreeMap<String, u64>,
    /// The first few violations, oldest first.
    pub first: Vec<Violation>,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// When, in microseconds.
    pub at_us: u64,
    /// The server where it showed, as `s3`.
    pub server: String,
    /// The key, as `k17`; empty where none is concerned.
    pub key: String,
    /// What let it happen, in a word (`messaging_timeout_steal`).
    pub cause: String,
    /// What happened, in a sentence.
    pub why: String,
}

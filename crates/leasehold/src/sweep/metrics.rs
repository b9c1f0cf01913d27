//! What is counted of a run: a column of rows each, and a line of totals.
//!
//! Every number of a [`Summary`] is in some column, which a test sees to. What a summary counts by
//! a name that is not known beforehand (a reason, a cause, an error) is one column: the sum. What
//! it leaves out, as there is none of it in the scenario, is 0.
//!
//! A name that ends in `_us` is a time in microseconds, one that ends in `_ppm` a share in
//! millionths; all others are counts, or rates. A time is
//! the longest of some, or their median, or all of it together; where there were none, there is no
//! such time, which is not 0, and no rate of it. Of double ownership all together is 0 then.

use leasehold_data::{Calls, Purchases, Quantiles, Summary, Trades};
use std::collections::BTreeMap;

/// How a number is read.
pub(super) enum Read {
    /// There is always such a number.
    Count(fn(&Summary) -> u64),
    /// In microseconds.
    Time(fn(&Summary) -> Option<u64>),
    /// So many of something else, of which there may have been nothing.
    Rate(fn(&Summary) -> Option<u64>),
}

use Read::{Count, Rate, Time};

/// A name, and how the number is read.
pub(super) type Metric = (&'static str, Read);

/// In the order of columns, which is that of a run's summary.
pub(super) const METRICS: [Metric; 100] = [
    ("sessions_asked", Count(|s| s.starts.asked)),
    ("sessions_granted", Count(|s| s.starts.granted)),
    ("hand_offs", Count(|s| s.starts.handed_off)),
    ("sessions_refused", Count(|s| all(&s.starts.failed))),
    ("sessions_pending", Count(|s| s.starts.pending)),
    ("players_in", Count(|s| s.play.in_game)),
    ("players_given_up", Count(|s| s.play.gave_up)),
    ("players_waiting", Count(|s| s.play.waiting)),
    ("time_to_play_p50_us", Time(|s| s.play.p50_us)),
    ("time_to_play_p90_us", Time(|s| s.play.p90_us)),
    ("time_to_play_p99_us", Time(|s| s.play.p99_us)),
    ("time_to_play_max_us", Time(|s| s.play.max_us)),
    ("sessions_lost", Count(|s| all(&s.sessions_lost))),
    ("locks_orphaned", Count(|s| all(&s.locks_orphaned))),
    ("locks_orphaned_us", Count(|s| s.locks_orphaned_us)),
    ("start_p50_us", Time(|s| starts(s, |times| times.p50_us))),
    ("start_p90_us", Time(|s| starts(s, |times| times.p90_us))),
    ("start_p99_us", Time(|s| starts(s, |times| times.p99_us))),
    ("start_max_us", Time(|s| starts(s, |times| times.max_us))),
    ("starts_calls", Count(|s| s.start_calls.calls)),
    ("starts_retries", Count(|s| s.start_calls.retries)),
    ("starts_retried", Count(|s| s.start_calls.retried)),
    ("processes_opened", Count(|s| all(&s.status))),
    ("calls_acquire", Count(|s| of_kind(s, "acquire"))),
    ("calls_save", Count(|s| of_kind(s, "save"))),
    ("calls_renew", Count(|s| of_kind(s, "renew"))),
    ("calls_release", Count(|s| of_kind(s, "release"))),
    ("calls_read", Count(|s| of_kind(s, "read"))),
    ("calls_message", Count(|s| of_kind(s, "message"))),
    ("calls_overwrite", Count(|s| of_kind(s, "overwrite"))),
    ("calls_remove", Count(|s| of_kind(s, "remove"))),
    ("calls_versions", Count(|s| of_kind(s, "versions"))),
    ("calls_retried", Count(|s| of_all(s, |calls| calls.retries))),
    ("calls_failed", Count(|s| of_all(s, |calls| calls.failed))),
    ("calls_refused", Count(|s| of_all(s, |calls| calls.refused))),
    ("calls_short_circuited", Count(|s| of_all(s, |calls| calls.short_circuited))),
    ("played_us", Time(|s| Some(s.played_us).filter(|us| *us > 0))),
    ("played_whole_us", Time(|s| s.whole.as_ref().map(|whole| whole.played_us))),
    ("hand_offs_whole", Rate(|s| s.whole.as_ref().map(|whole| whole.handed_off))),
    ("calls_per_player_hour", Rate(|s| s.calls_per_player_hour)),
    ("calls_acquire_per_player_hour", Rate(|s| a_player_hour(s, "acquire"))),
    ("calls_save_per_player_hour", Rate(|s| a_player_hour(s, "save"))),
    ("calls_renew_per_player_hour", Rate(|s| a_player_hour(s, "renew"))),
    ("calls_release_per_player_hour", Rate(|s| a_player_hour(s, "release"))),
    ("calls_read_per_player_hour", Rate(|s| a_player_hour(s, "read"))),
    ("calls_message_per_player_hour", Rate(|s| a_player_hour(s, "message"))),
    ("calls_overwrite_per_player_hour", Rate(|s| a_player_hour(s, "overwrite"))),
    ("calls_remove_per_player_hour", Rate(|s| a_player_hour(s, "remove"))),
    ("calls_versions_per_player_hour", Rate(|s| a_player_hour(s, "versions"))),
    ("budget_used_ppm", Rate(|s| s.budget_used_ppm)),
    ("errors", Count(|s| all(&s.errors))),
    ("waits_queued", Count(|s| s.waits.queued)),
    ("waits_longest_us", Time(|s| s.waits.longest_us)),
    ("waits_dropped", Count(|s| all(&s.waits.dropped))),
    ("conflicts", Count(|s| all(&s.conflicts))),
    ("conflicts_expiry", Count(|s| named(&s.conflict_classes, "expiry"))),
    ("conflicts_assumed_dead", Count(|s| named(&s.conflict_classes, "assumed_dead"))),
    ("conflicts_silence", Count(|s| named(&s.conflict_classes, "silence"))),
    ("conflicts_owner_alive", Count(|s| named(&s.conflict_classes, "owner_alive"))),
    ("conflicts_handed_over", Count(|s| named(&s.conflict_classes, "handed_over"))),
    ("conflicts_interrupted", Count(|s| named(&s.conflict_classes, "interrupted"))),
    ("messages_sent", Count(|s| s.messages.sent)),
    ("messages_delivered", Count(|s| s.messages.delivered)),
    ("messages_lost", Count(|s| s.messages.lost)),
    ("messages_duplicated", Count(|s| s.messages.duplicated)),
    ("messages_no_subscriber", Count(|s| s.messages.no_subscriber)),
    ("messages_under_way", Count(|s| s.messages.under_way)),
    ("messages_refused", Count(|s| all(&s.messages.refused))),
    ("messages_dropped", Count(|s| all(&s.messages.dropped))),
    ("messages_not_subscribed", Count(|s| all(&s.messages.not_subscribed))),
    ("breaker_openings", Count(|s| s.breaker_openings.unwrap_or(0))),
    ("changes", Count(|s| s.progress.edits)),
    ("changes_refused", Count(|s| s.progress.refused)),
    ("changes_lost", Count(|s| all(&s.progress.lost))),
    ("changes_rolled_back", Count(|s| s.progress.rolled_back)),
    ("saves_acknowledged", Count(|s| s.progress.acknowledged)),
    ("save_called", Count(|s| s.saves.called)),
    ("save_returned_true", Count(|s| s.saves.returned_true)),
    ("save_returned_false", Count(|s| all(&s.saves.returned_false))),
    ("unsaved_max_us", Time(|s| s.progress.dirty_age_max_us)),
    ("double_ownership", Count(|s| all(&s.overlaps.double_ownership))),
    ("double_ownership_max_us", Time(|s| s.overlaps.double_ownership_max_us)),
    ("double_ownership_us", Count(|s| s.overlaps.double_ownership_us)),
    ("writes_without_ownership", Count(|s| s.overlaps.write_without_ownership)),
    ("paused_owners", Count(|s| s.overlaps.paused_owner)),
    ("clocks_apart_max_us", Time(|s| s.overlaps.clocks_apart_max_us)),
    ("leaks", Count(|s| s.leaks)),
    ("items_minted", Count(|s| trades(s, |trades| trades.minted))),
    ("items_exposed", Count(|s| trades(s, |trades| trades.exposed))),
    ("items_exposed_max", Count(|s| trades(s, |trades| trades.exposed_max))),
    ("items_duplicated", Count(|s| trades(s, |trades| all(&trades.duplicated)))),
    ("items_lost", Count(|s| trades(s, |trades| all(&trades.lost)))),
    ("trades_made", Count(|s| trades(s, |trades| trades.made))),
    ("purchases_bought", Count(|s| purchases(s, |purchases| purchases.bought))),
    ("purchases_received", Count(|s| purchases(s, |purchases| purchases.received))),
    ("purchases_granted", Count(|s| purchases(s, |purchases| purchases.granted))),
    ("purchases_unnoted", Count(|s| purchases(s, |purchases| purchases.unnoted))),
    ("purchases_twice", Count(|s| purchases(s, |purchases| purchases.twice))),
    ("purchases_lost", Count(|s| purchases(s, |purchases| purchases.lost))),
    ("faults", Count(|s| all(&s.faults))),
];

/// What each column is, in the order of [`METRICS`].
const ABOUT: [&str; METRICS.len()] = [
    "session starts that were asked for",
    "starts that were granted",
    "of those, on another server than the key's last session",
    "starts that were refused",
    "starts without an answer: the server was gone first, or the run ended",
    "times that a player came into the game",
    "times that a player gave up waiting",
    "players who were neither when the run ended",
    "within which half of the players were in the game, from their first attempt",
    "the same of nine in ten",
    "the same of 99 in a hundred",
    "the longest that anybody waited who came in",
    "sessions that their library ended against their player's will",
    "records left locked by a session that was over",
    "how long they were, all together",
    "within which half of the granted starts were granted",
    "the same of nine in ten",
    "the same of 99 in a hundred",
    "the longest granted start",
    "datastore calls that granted starts took",
    "of those, again after a failure",
    "granted starts that needed one again",
    "server processes that were started",
    "calls to get a key",
    "calls to store changes",
    "calls to renew a lease",
    "calls to give a key back",
    "calls that only read",
    "calls that leave a message in a record",
    "calls that overwrite a record from outside its session",
    "calls that remove a record",
    "calls for old versions",
    "calls that were sent again after a failure",
    "calls that were answered with an error, or given up on",
    "calls that the library's own rules refused",
    "calls that a circuit breaker stopped before they were sent",
    "how long players were in the game, all together",
    "the same with the warm-up; missing if there is none",
    "hand-offs with the warm-up; missing if there is none",
    "calls of any kind for each hour of a player in the game",
    "the same of calls to get a key",
    "the same of calls to store changes",
    "the same of renewals",
    "the same of calls to give a key back",
    "the same of calls that only read",
    "the same of messages in records",
    "the same of overwriting calls",
    "the same of removing calls",
    "the same of calls for old versions",
    "calls as a share of the updates that servers may make",
    "errors that calls were answered with",
    "calls that waited for a budget",
    "the longest such wait",
    "calls that were dropped for want of a budget",
    "starts that met somebody else's lock",
    "of those, settled as the lease had run out",
    "settled as the owner was taken for dead",
    "settled as the owner did not answer",
    "settled as the owner was alive",
    "settled as the owner gave the key up",
    "not settled: the start ended first",
    "messages between servers that were sent",
    "that were delivered",
    "that were lost",
    "that came twice",
    "that nobody had subscribed to",
    "that were under way when the run ended",
    "that were refused when they were sent",
    "that were dropped for want of a budget",
    "subscriptions that failed",
    "times that a circuit breaker opened",
    "changes that players made and a session accepted",
    "changes that no session accepted",
    "changes that were never stored, or not for good",
    "changes that were stored and overwritten by older data",
    "saves that were acknowledged",
    "calls of Save() by the game",
    "of those, that said that it is stored",
    "that said that it is not",
    "the longest that a change was not stored",
    "times that two sessions considered themselves owner at once",
    "the longest of these",
    "all of these together",
    "writes under another session's lease",
    "overlaps with an owner that was paused",
    "the most that clocks differed by in an overlap",
    "sessions that the game forgot to release",
    "items that came into the world",
    "items that a crash would duplicate or lose at the end",
    "the most of these at once",
    "items that came to be there twice",
    "items that are gone",
    "trades between players",
    "purchases that were paid",
    "receipts that the game was asked to grant",
    "receipts that it granted",
    "grants that the platform did not note",
    "purchases that were granted twice",
    "purchases that were paid, granted and lost",
    "faults that happened",
];

/// What a column is, and the unit of its numbers.
pub(super) fn describe(name: &str) -> Option<(&'static str, &'static str)> {
    let nth = METRICS.iter().position(|(known, _)| *known == name)?;
    let unit = match name {
        _ if name.ends_with("_us") => "microseconds",
        _ if name.ends_with("_ppm") => "millionths",
        _ if name.ends_with("_per_player_hour") => "per player-hour",
        _ => "count",
    };
    Some((ABOUT[nth], unit))
}

/// Whether a column may have nothing to say of a run: a time of which there was none, a rate of
/// nothing.
pub(super) fn may_be_missing(name: &str) -> bool {
    METRICS.iter().any(|(known, read)| *known == name && matches!(read, Time(_) | Rate(_)))
}

/// The numbers of a run, in the order of columns. A time of which there was nothing is missing.
pub(super) fn of(summary: &Summary) -> impl Iterator<Item = Option<u64>> {
    METRICS.iter().map(|(_, read)| match read {
        Count(count) => Some(count(summary)),
        Time(read) | Rate(read) => read(summary),
    })
}

fn starts(summary: &Summary, what: fn(&Quantiles) -> u64) -> Option<u64> {
    summary.start_latency.as_ref().map(what)
}

fn of_kind(summary: &Summary, kind: &str) -> u64 {
    summary.calls.get(kind).map_or(0, |calls| calls.sent)
}

/// So many calls of a kind for each hour of a player in the game.
fn a_player_hour(summary: &Summary, kind: &str) -> Option<u64> {
    summary
        .calls
        .get(kind)
        .map_or(Some(0).filter(|_| summary.played_us > 0), |calls| calls.per_player_hour)
}

fn of_all(summary: &Summary, what: fn(&Calls) -> u64) -> u64 {
    summary.calls.values().map(what).sum()
}

fn named(counts: &BTreeMap<String, u64>, name: &str) -> u64 {
    counts.get(name).copied().unwrap_or(0)
}

fn all(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn trades(summary: &Summary, what: fn(&Trades) -> u64) -> u64 {
    summary.trades.as_ref().map_or(0, what)
}

fn purchases(summary: &Summary, what: fn(&Purchases) -> u64) -> u64 {
    summary.purchases.as_ref().map_or(0, what)
}

#[cfg(test)]
mod tests;

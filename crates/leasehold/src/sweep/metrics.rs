//! What is counted of a run: a column of rows each, and a line of totals.
//!
//! Every number of a [`Summary`] is in some column, which a test sees to. What a summary counts by
//! a name that is not known beforehand (a reason, a cause, an error) is one column: the sum. What
//! it leaves out, as there is none of it in the scenario, is 0.
//!
//! A name that ends in `_us` is a time in microseconds; all others are counts, or rates. A time is
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
pub(super) const METRICS: [Metric; 88] = [
    ("sessions_asked", Count(|s| s.starts.asked)),
    ("sessions_granted", Count(|s| s.starts.granted)),
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
    ("sessions_granted_whole", Rate(|s| s.whole.as_ref().map(|whole| whole.granted))),
    ("calls_per_player_hour", Rate(|s| s.calls_per_player_hour)),
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

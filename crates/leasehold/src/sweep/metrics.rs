//! What is counted of a run: a column of rows each, and a line of totals.
//!
//! Every number of a [`Summary`] is in some column, which a test sees to. What a summary counts by
//! a name that is not known beforehand (a reason, a cause, an error) is one column: the sum. What
//! it leaves out, as there is none of it in the scenario, is 0.
//!
//! A name that ends in `_us` is a time in microseconds; all others are counts. A time is the
//! longest of some, or their median; where there were none, there is no such time, which is not 0.

use leasehold_data::{Calls, Purchases, Summary, Trades};
use std::collections::BTreeMap;

/// A name, and how the number is read.
pub(super) type Metric = (&'static str, fn(&Summary) -> u64);

/// In the order of columns, which is that of a run's summary.
pub(super) const METRICS: [Metric; 66] = [
    ("sessions_asked", |s| s.starts.asked),
    ("sessions_granted", |s| s.starts.granted),
    ("sessions_refused", |s| all(&s.starts.failed)),
    ("sessions_pending", |s| s.starts.pending),
    ("start_p50_us", |s| s.start_latency.p50_us),
    ("start_p90_us", |s| s.start_latency.p90_us),
    ("start_p99_us", |s| s.start_latency.p99_us),
    ("start_max_us", |s| s.start_latency.max_us),
    ("calls_acquire", |s| of_kind(s, "acquire")),
    ("calls_save", |s| of_kind(s, "save")),
    ("calls_renew", |s| of_kind(s, "renew")),
    ("calls_release", |s| of_kind(s, "release")),
    ("calls_read", |s| of_kind(s, "read")),
    ("calls_message", |s| of_kind(s, "message")),
    ("calls_overwrite", |s| of_kind(s, "overwrite")),
    ("calls_remove", |s| of_kind(s, "remove")),
    ("calls_versions", |s| of_kind(s, "versions")),
    ("calls_retried", |s| of_all(s, |calls| calls.retries)),
    ("calls_failed", |s| of_all(s, |calls| calls.failed)),
    ("calls_refused", |s| of_all(s, |calls| calls.refused)),
    ("calls_short_circuited", |s| of_all(s, |calls| calls.short_circuited)),
    ("errors", |s| all(&s.errors)),
    ("waits_queued", |s| s.waits.queued),
    ("waits_longest_us", |s| s.waits.longest_us),
    ("waits_dropped", |s| all(&s.waits.dropped)),
    ("conflicts", |s| all(&s.conflicts)),
    ("conflicts_expiry", |s| named(&s.conflict_classes, "expiry")),
    ("conflicts_assumed_dead", |s| named(&s.conflict_classes, "assumed_dead")),
    ("conflicts_silence", |s| named(&s.conflict_classes, "silence")),
    ("conflicts_owner_alive", |s| named(&s.conflict_classes, "owner_alive")),
    ("conflicts_handed_over", |s| named(&s.conflict_classes, "handed_over")),
    ("conflicts_interrupted", |s| named(&s.conflict_classes, "interrupted")),
    ("messages_sent", |s| s.messages.sent),
    ("messages_delivered", |s| s.messages.delivered),
    ("messages_lost", |s| s.messages.lost),
    ("messages_duplicated", |s| s.messages.duplicated),
    ("messages_no_subscriber", |s| s.messages.no_subscriber),
    ("messages_refused", |s| all(&s.messages.refused)),
    ("messages_dropped", |s| all(&s.messages.dropped)),
    ("messages_not_subscribed", |s| all(&s.messages.not_subscribed)),
    ("breaker_openings", |s| s.breaker_openings),
    ("changes", |s| s.progress.edits),
    ("changes_refused", |s| s.progress.refused),
    ("changes_lost", |s| all(&s.progress.lost)),
    ("changes_rolled_back", |s| s.progress.rolled_back),
    ("saves_acknowledged", |s| s.progress.acknowledged),
    ("unsaved_max_us", |s| s.progress.dirty_age_max_us),
    ("double_ownership", |s| all(&s.overlaps.double_ownership)),
    ("double_ownership_max_us", |s| s.overlaps.double_ownership_max_us),
    ("writes_without_ownership", |s| s.overlaps.write_without_ownership),
    ("paused_owners", |s| s.overlaps.paused_owner),
    ("clocks_apart_max_us", |s| s.overlaps.clocks_apart_max_us),
    ("leaks", |s| s.leaks),
    ("items_minted", |s| trades(s, |trades| trades.minted)),
    ("items_exposed", |s| trades(s, |trades| trades.exposed)),
    ("items_exposed_max", |s| trades(s, |trades| trades.exposed_max)),
    ("items_duplicated", |s| trades(s, |trades| all(&trades.duplicated))),
    ("items_lost", |s| trades(s, |trades| all(&trades.lost))),
    ("trades_made", |s| trades(s, |trades| trades.made)),
    ("purchases_bought", |s| purchases(s, |purchases| purchases.bought)),
    ("purchases_received", |s| purchases(s, |purchases| purchases.received)),
    ("purchases_granted", |s| purchases(s, |purchases| purchases.granted)),
    ("purchases_unnoted", |s| purchases(s, |purchases| purchases.unnoted)),
    ("purchases_twice", |s| purchases(s, |purchases| purchases.twice)),
    ("purchases_lost", |s| purchases(s, |purchases| purchases.lost)),
    ("faults", |s| all(&s.faults)),
];

/// What a time is measured over; nothing of what is there in every run.
pub(super) fn measured(name: &str) -> Option<fn(&Summary) -> u64> {
    let over: fn(&Summary) -> u64 = match name {
        "start_p50_us" | "start_p90_us" | "start_p99_us" | "start_max_us" => {
            |s| s.start_latency.count
        }
        "waits_longest_us" => |s| s.waits.queued,
        "unsaved_max_us" => |s| s.progress.edits,
        "double_ownership_max_us" | "clocks_apart_max_us" => |s| all(&s.overlaps.double_ownership),
        _ => return None,
    };
    Some(over)
}

/// The numbers of a run, in the order of columns. A time of which there was nothing is missing.
pub(super) fn of(summary: &Summary) -> impl Iterator<Item = Option<u64>> {
    METRICS.iter().map(|(name, read)| {
        let number = read(summary);
        let none = measured(name).is_some_and(|over| over(summary) == 0);
        (number > 0 || !none).then_some(number)
    })
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

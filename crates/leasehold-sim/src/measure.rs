//! Counts what happened, for people: totals, a distribution of start latencies, and series over time.
//!
//! Memory does not grow with the run: a series has at most [`BINS`] bins, chosen for the scenario's length.

use crate::observe::{CallEnd, Fact, Step};
use hdrhistogram::Histogram;
use leasehold_core::chronicle::CallKind;
use leasehold_data::{Calls, Messages, Progress, Quantiles, Series, Starts, track};
use std::collections::BTreeMap;

/// The largest number of bins in a series.
const BINS: u64 = 240;

/// Widths that a bin may have, in seconds: whole parts of a minute or an hour.
const WIDTHS: [u64; 14] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600];

pub(crate) struct Measure {
    bin_us: u64,
    bins: usize,
    pub(crate) starts: Starts,
    latency: Histogram<u64>,
    calls: [Calls; 4],
    pub(crate) conflicts: BTreeMap<String, u64>,
    pub(crate) messages: Messages,
    pub(crate) breaker_openings: u64,
    pub(crate) progress: Progress,
    leaks: u64,
    series: BTreeMap<&'static str, Vec<u64>>,
}

impl Measure {
    pub(crate) fn new(duration_us: u64) -> Measure {
        let seconds = duration_us.div_ceil(1_000_000);
        let hours = seconds.div_ceil(BINS).div_ceil(3_600).max(1) * 3_600;
        let width = WIDTHS.into_iter().find(|width| seconds <= width * BINS).unwrap_or(hours);
        Measure {
            bin_us: width * 1_000_000,
            bins: seconds.div_ceil(width).max(1) as usize,
            starts: Starts::default(),
            latency: Histogram::new_with_bounds(1, 1 << 40, 3).expect("the bounds are in order"),
            calls: Default::default(),
            conflicts: BTreeMap::new(),
            messages: Messages::default(),
            breaker_openings: 0,
            progress: Progress::default(),
            leaks: 0,
            series: BTreeMap::new(),
        }
    }

    /// Counts one in the bin of a moment.
    pub(crate) fn count(&mut self, track: &'static str, at_us: u64) {
        let bins = self.bins;
        let track = self.series.entry(track).or_insert_with(|| vec![0; bins]);
        track[((at_us / self.bin_us) as usize).min(bins - 1)] += 1;
    }

    pub(crate) fn on_step(&mut self, step: &Step) {
        let at = step.at.as_micros();
        match step.fact {
            Fact::Asked => self.starts.asked += 1,
            Fact::Loaded { latency_us, .. } => {
                self.starts.won += 1;
                self.latency.saturating_record(latency_us.max(1));
            }
            Fact::Refused { reason } => {
                *self.starts.failed.entry(reason.to_owned()).or_default() += 1;
            }
            Fact::Edited => self.progress.edits += 1,
            Fact::EditRefused => self.progress.refused += 1,
            Fact::Saved => self.progress.acknowledged += 1,
            Fact::Leaked => self.leaks += 1,
            Fact::Sent { kind, attempt } => self.sent(kind, attempt, at),
            Fact::FailedFast { kind } => {
                self.calls[kind as usize].failed_fast += 1;
                self.count(track::FAILED_FAST, at);
            }
            Fact::Answered { kind, end, .. } => match end {
                CallEnd::Done => {}
                CallEnd::Refused => self.calls[kind as usize].refused += 1,
                CallEnd::Failed | CallEnd::Silent => {
                    self.calls[kind as usize].failed += 1;
                    self.count(track::FAILED, at);
                }
            },
            Fact::Conflict { resolution } => {
                *self.conflicts.entry(resolution.to_owned()).or_default() += 1;
                self.count(conflict_track(resolution), at);
            }
            Fact::CircuitOpened { .. } => self.breaker_openings += 1,
            Fact::Published { .. } => self.messages.sent += 1,
            Fact::MailLost { .. } => self.messages.lost += 1,
            Fact::MailDoubled => self.messages.duplicated += 1,
            Fact::Delivered { .. } => self.messages.delivered += 1,
            Fact::Unheard => self.messages.unheard += 1,
            _ => {}
        }
    }

    fn sent(&mut self, kind: CallKind, attempt: u32, at: u64) {
        let calls = &mut self.calls[kind as usize];
        calls.sent += 1;
        calls.retries += u64::from(attempt > 0);
        let track = match kind {
            _ if attempt > 0 => track::RETRY,
            CallKind::Acquire => track::ACQUIRE,
            CallKind::Save => track::SAVE,
            CallKind::Renew => track::RENEW,
            CallKind::Release => track::RELEASE,
        };
        self.count(track, at);
    }

    pub(crate) fn latency(&self) -> Quantiles {
        Quantiles {
            count: self.latency.len(),
            p50_us: self.latency.value_at_quantile(0.5),
            p90_us: self.latency.value_at_quantile(0.9),
            p99_us: self.latency.value_at_quantile(0.99),
            max_us: self.latency.max(),
        }
    }

    pub(crate) fn calls(&self) -> BTreeMap<String, Calls> {
        let by_kind = CallKind::ALL
            .into_iter()
            .map(|kind| (kind.name().to_owned(), self.calls[kind as usize].clone()));
        by_kind.collect()
    }

    /// Sessions that the game forgot to release, less those that `ended` since.
    pub(crate) fn leaks(&self, ended: u64) -> u64 {
        self.leaks - ended
    }

    pub(crate) fn series(&mut self) -> Series {
        for name in ALWAYS {
            self.series.entry(name).or_insert_with(|| vec![0; self.bins]);
        }
        let tracks = self.series.iter().map(|(name, counts)| ((*name).to_owned(), counts.clone()));
        Series { bin_us: self.bin_us, tracks: tracks.collect() }
    }
}

/// Tracks that a dataset has even if nothing was counted.
const ALWAYS: [&str; 11] = [
    track::EXPIRED_LEASE_STEAL,
    track::ACTIVE_OWNER_CONFIRMED,
    track::MESSAGING_TIMEOUT_STEAL,
    track::BELIEF_OVERLAP,
    track::ACQUIRE,
    track::SAVE,
    track::RENEW,
    track::RELEASE,
    track::RETRY,
    track::FAILED,
    track::FAILED_FAST,
];

fn conflict_track(resolution: &str) -> &'static str {
    match resolution {
        "active_owner_confirmed" => track::ACTIVE_OWNER_CONFIRMED,
        "messaging_timeout_steal" => track::MESSAGING_TIMEOUT_STEAL,
        _ => track::EXPIRED_LEASE_STEAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_whole_seconds_and_at_most_240_whatever_the_length() {
        for (seconds, bin, bins) in
            [(1, 1, 1), (90, 1, 90), (600, 5, 120), (3_600, 15, 240), (10_801, 60, 181)]
        {
            let measure = Measure::new(seconds * 1_000_000);
            assert_eq!((measure.bin_us / 1_000_000, measure.bins), (bin, bins), "{seconds} s");
        }
        assert!(Measure::new(366 * 86_400_000_000).bins <= 240);
    }

    #[test]
    fn what_happens_at_the_very_end_is_in_the_last_bin() {
        let mut measure = Measure::new(10_000_000);
        measure.count(track::SAVE, 10_000_000);
        assert_eq!(measure.series().tracks[track::SAVE][9], 1);
    }
}

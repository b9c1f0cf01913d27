//! Made-up rows that are no series: starts, ages, breakers and the story of a key.

use leasehold_data::{AgeBin, Ages, BreakerRow, BreakerSpan, BreakerState, Breakers, Conflict};
use leasehold_data::{BudgetBin, Budgets, Exposure, ExposureBin, QueueBin, Trades, Waited};
use leasehold_data::{CommittedWrite, Held, Interval, JoinEnd, JoinTimes, Ownership, Reached};

/// Ages of so many bins, in seconds.
pub(crate) fn ages(bin_us: u64, rows: usize, seconds: impl Fn(usize) -> u64) -> Ages {
    let bin = |row| {
        let max_us = seconds(row).saturating_mul(1_000_000);
        let saves = seconds(row).min(9);
        AgeBin {
            oldest_us: max_us.saturating_add(4_000_000),
            saves,
            p50_us: max_us / 3,
            p99_us: max_us,
        }
    };
    Ages {
        promised_us: 30_000_000,
        call_us: 30_000_000,
        bin_us,
        bins: (0..rows).map(bin).collect(),
        oldest: Waited { failed: true, ..Waited::default() },
        unsaved: 3,
        unsaved_max_us: 12_300_000,
    }
}

/// Joins that led into the game, that did not, and that were given up for six reasons, for the
/// first of them at once.
pub(crate) fn join_times(busy: u64) -> Vec<JoinTimes> {
    let rejected = ["circuit_open", "lease_held", "already_active", "cancelled", "late", "odd"];
    let rejected = rejected.map(|reason| JoinEnd::Rejected(reason.to_owned()));
    let others = [JoinEnd::Playing, JoinEnd::OutOfPatience, JoinEnd::Waiting];
    let row = |(nth, end): (u64, JoinEnd)| {
        let times = (0..=40).map(|n| {
            let within_us = if nth == 3 { 1 } else { 20_000 << (n / 4 + nth % 3) };
            Reached { within_us: within_us + n, joins: (n + 1) * busy }
        });
        JoinTimes { end, count: 41 * busy, rejected: busy, points: times.collect() }
    };
    (0..).zip(others.into_iter().chain(rejected)).map(row).collect()
}

/// Budgets that servers use more and more of, until calls wait and are dropped.
pub(crate) fn budgets(duration_us: u64, bins: u64) -> Budgets {
    let used = |nth: u64| BudgetBin {
        busiest_ppm: nth * 1_300_000 / bins,
        median_ppm: nth * 400_000 / bins,
        experience_ppm: Some(nth * 900_000 / bins),
    };
    let queue = |nth: u64| QueueBin {
        waiting: (nth * 60 / bins).saturating_sub(40),
        dropped: (nth * 60 / bins).saturating_sub(55),
    };
    let bin_us = duration_us.div_ceil(bins);
    let (used, queue) = ((0..bins).map(used).collect(), (0..bins).map(queue).collect());
    Budgets { bin_us, used, queue_bin_us: bin_us, queue }
}

/// An outage in the middle, in which so many breakers open.
pub(crate) fn breakers(duration_us: u64, servers: u32) -> Breakers {
    let part = |n: u64| duration_us / 100 * n;
    let span = |from: u64, to: u64, state| {
        let during = Interval { from_us: part(from), to_us: part(to) };
        BreakerSpan { during, state }
    };
    let open = |timeout_s: u64| BreakerState::Open { timeout_us: timeout_s * 1_000_000 };
    let spans = vec![
        span(40, 44, open(30)),
        span(44, 45, BreakerState::HalfOpen),
        span(45, 60, open(60)),
        span(60, 60, BreakerState::HalfOpen),
        span(80, 84, BreakerState::Down),
    ];
    let row = |server| BreakerRow {
        server,
        openings: 2,
        opened: Vec::new(),
        spans: spans.clone(),
        later: 0,
    };
    Breakers { servers: (0..servers).map(row).collect(), others: 2 }
}

/// A key that so many servers pass on to each other, each a little before the one before lets go.
pub(crate) fn ownership(duration_us: u64, servers: u32) -> Ownership {
    let turn_us = duration_us / u64::from(servers + 1);
    let begin = |server: u32| u64::from(server) * turn_us;
    let held = |server: u32, more_us: u64| {
        let from_us = begin(server);
        Held { server, during: Interval { from_us, to_us: from_us + turn_us + more_us } }
    };
    let committed = |server: u32| {
        let at = move |n: u64| CommittedWrite { server, at_us: begin(server) + turn_us / 5 * n };
        (0..5).map(at)
    };
    let conflict = |server: u32| Conflict {
        server,
        at_us: begin(server),
        resolution: "messaging_timeout_steal".to_owned(),
    };
    Ownership {
        key: "k17".to_owned(),
        conflicts: servers.into(),
        overlaps: servers.into(),
        contested: 310,
        recorded: Interval { from_us: 0, to_us: duration_us },
        owned: (0..servers).map(|server| held(server, turn_us / 9)).collect(),
        paused: vec![held(0, turn_us)],
        named: (0..servers).map(|server| held(server, 0)).collect(),
        expired: vec![held(0, 0)],
        committed: (0..servers).flat_map(committed).collect(),
        conflicted: (1..servers).map(conflict).collect(),
    }
}

/// A gauge that moves all the time, and now and then an incident.
pub(crate) fn exposure(duration_us: u64, bins: usize, noise: impl Fn(usize) -> u64) -> Exposure {
    let bin = |nth: usize| {
        let noise = noise(nth);
        let rare = |of: u64| u64::from(noise.is_multiple_of(of)) * (1 + noise % 3);
        let (most, last) = (2 + noise % 9, noise % 3);
        ExposureBin { most, last, duplicated: rare(17), lost: rare(29) }
    };
    let bins: Vec<ExposureBin> = (0..bins).map(bin).collect();
    Exposure { bin_us: duration_us.div_ceil(bins.len().max(1) as u64), bins }
}

/// Trades that fit it.
pub(crate) fn trades(exposure: &Exposure) -> Trades {
    let sum = |count: fn(&ExposureBin) -> u64| exposure.bins.iter().map(count).sum();
    Trades {
        minted: 6_000,
        made: 4_711,
        exposed: exposure.bins.last().map_or(0, |bin| bin.last),
        exposed_max: exposure.bins.iter().map(|bin| bin.most).max().unwrap_or(0),
        duplicated: [("crash".to_owned(), sum(|bin| bin.duplicated))].into(),
        lost: [("crash".to_owned(), sum(|bin| bin.lost))].into(),
    }
}

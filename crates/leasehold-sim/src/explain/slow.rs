//! Calls that take much longer than others: a call that is merely slow fails nowhere, and may
//! decide all the same.

use crate::step::Fact;
use crate::trace::TraceRow;
use std::collections::BTreeMap;

/// A call is slow if it takes so many times as long as half of the others do, and longer than so
/// many microseconds.
const TIMES: u64 = 4;
const LEAST_US: u64 = 1_000_000;

/// How long a slow call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// So many microseconds.
    Us(u64),
    /// More than so many, which is all that the story sees of it.
    More(u64),
}

/// The slow calls, by their numbers.
pub(super) fn slow(rows: &[&TraceRow]) -> BTreeMap<u32, Takes> {
    let mut under_way = BTreeMap::new();
    let mut taken = Vec::new();
    for row in rows {
        let (Some(call), at) = (row.call(), row.place.at) else { continue };
        match row.fact {
            Some(Fact::Sent { .. }) => {
                under_way.insert(call, at);
            }
            Some(Fact::Answered { .. }) => {
                let sent = under_way.remove(&call);
                taken.extend(sent.map(|sent| (call, Takes::Us(at.since(sent)))));
            }
            _ => {}
        }
    }
    let last = rows.last().map(|row| row.place.at);
    let still = under_way.into_iter().zip(last.into_iter().cycle());
    taken.extend(still.map(|((call, sent), last)| (call, Takes::More(last.since(sent)))));
    let us = |takes: Takes| match takes {
        Takes::Us(us) | Takes::More(us) => us,
    };
    let mut times: Vec<u64> = taken.iter().map(|(_, takes)| us(*takes)).collect();
    times.sort_unstable();
    let half = times.get(times.len() / 2).copied().unwrap_or(0);
    let least = LEAST_US.max(half.saturating_mul(TIMES));
    taken.into_iter().filter(|(_, takes)| us(*takes) >= least).collect()
}

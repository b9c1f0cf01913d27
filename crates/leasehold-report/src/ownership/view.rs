//! Which part of a key's history is shown: when, and which servers.
//!
//! A lane chart of a whole hour shows hair. If the run is long, a window is chosen: around the
//! longest time in which two sessions considered themselves owner at once, or else where conflicts
//! are densest.

use crate::chart::Column;
use crate::scale::{self, Window};
use leasehold_data::{Held, Interval, Ownership};
use std::cmp::Reverse;

const MINUTE_US: u64 = 60_000_000;

/// A history up to this long is shown from beginning to end.
const WHOLE_US: u64 = 12 * MINUTE_US;

/// Otherwise, what is interesting has this share of the window at least, if the window's length
/// allows for it.
const SHARE: u64 = 8;
const SHORTEST_US: u64 = 4 * MINUTE_US;
const LONGEST_US: u64 = 12 * MINUTE_US;

/// What is shown.
pub(super) struct View {
    pub(super) window: Window,
    /// What the window is around; nothing if it is everything that is known.
    pub(super) why: Option<&'static str>,
    /// The lanes, from top to bottom.
    pub(super) servers: Vec<u32>,
    /// Servers that took part, too, and have no lane.
    pub(super) left_out: usize,
}

/// The times in which more than one session owned, in order and apart from each other.
pub(super) fn overlaps(owned: &[Held]) -> Vec<Interval> {
    let begin = |held: &Held| (held.during.from_us, 1);
    let end = |held: &Held| (held.during.to_us, -1);
    let lasting = owned.iter().filter(|held| held.during.from_us < held.during.to_us);
    let mut edges: Vec<(u64, i32)> = lasting.flat_map(|held| [begin(held), end(held)]).collect();
    // At the same moment ends come first: a hand-over is no overlap.
    edges.sort_unstable();
    let (mut overlaps, mut at_once, mut since) = (Vec::new(), 0, 0);
    for (at, step) in edges {
        if at_once == 1 && step == 1 {
            since = at;
        } else if at_once == 2 && step == -1 {
            overlaps.push(Interval { from_us: since, to_us: at });
        }
        at_once += step;
    }
    overlaps
}

impl View {
    /// Chooses what to show; at most so many lanes.
    pub(super) fn choose(
        ownership: &Ownership,
        overlaps: &[Interval],
        duration_us: u64,
        lanes: usize,
    ) -> View {
        let (window, why) = window(ownership, overlaps, duration_us.max(1));
        let mut servers = servers(ownership, overlaps, &window);
        let left_out = servers.len().saturating_sub(lanes);
        servers.truncate(lanes);
        servers.sort_unstable();
        View { window, why, servers, left_out }
    }

    /// The bars of a row, in the lanes of their servers.
    pub(super) fn bars(&self, held: &[Held], row: (f64, f64)) -> Vec<Column> {
        let lasting = held.iter().filter(|held| held.during.from_us < held.during.to_us);
        lasting.filter_map(|held| self.bar(held, row)).collect()
    }

    /// One bar; none if its lane or its time is not shown.
    pub(super) fn bar(&self, held: &Held, row: (f64, f64)) -> Option<Column> {
        let nth = self.servers.iter().position(|server| *server == held.server)?;
        let Interval { from_us, to_us } = held.during;
        let middle = scale::lane(nth, self.servers.len());
        self.window.meets(&held.during).then(|| Column {
            from: self.window.at(from_us),
            to: self.window.at(to_us),
            base: middle + row.0,
            top: middle + row.1,
        })
    }
}

fn window(
    ownership: &Ownership,
    overlaps: &[Interval],
    duration_us: u64,
) -> (Window, Option<&'static str>) {
    let from_us = ownership.recorded.from_us.min(duration_us);
    let known = Interval { from_us, to_us: duration_us };
    if duration_us - from_us <= WHOLE_US {
        let window = match from_us {
            0 => Window::whole(duration_us),
            _ => Window::part(from_us, duration_us),
        };
        return (window, None);
    }
    // Of equals the first: a picture must not depend on chance.
    let longest =
        overlaps.iter().max_by_key(|both| (both.to_us - both.from_us, Reverse(both.from_us)));
    let (what, why) = match longest {
        Some(both) => (*both, "the longest double ownership"),
        None => (densest(ownership), "the densest conflicts"),
    };
    let length = what.to_us.saturating_sub(what.from_us);
    let width = length.saturating_mul(SHARE).clamp(SHORTEST_US, LONGEST_US);
    let middle = what.from_us.saturating_add(length / 2);
    let latest = known.to_us.saturating_sub(width).max(known.from_us);
    let from_us = middle.saturating_sub(width / 2).clamp(known.from_us, latest);
    (Window::part(from_us, from_us.saturating_add(width).min(known.to_us)), Some(why))
}

/// The stretch of [`SHORTEST_US`] with the most conflicts, from the first of them to the last.
fn densest(ownership: &Ownership) -> Interval {
    let times: Vec<u64> = ownership.conflicted.iter().map(|conflict| conflict.at_us).collect();
    let mut best = (0, Interval::default());
    for (nth, &from_us) in times.iter().enumerate() {
        let near = times[nth..].iter().take_while(|at| **at - from_us <= SHORTEST_US * 3 / 4);
        let (count, to_us) = (near.clone().count(), near.last().copied().unwrap_or(from_us));
        if count > best.0 {
            best = (count, Interval { from_us, to_us });
        }
    }
    best.1
}

/// The servers that took part in the window: first those that were owner while another did, then by
/// how long they held the key in any way.
fn servers(ownership: &Ownership, overlaps: &[Interval], window: &Window) -> Vec<u32> {
    let shown = |during: &Interval| {
        let (from, to) = (during.from_us.max(window.from_us), during.to_us.min(window.to_us));
        to.saturating_sub(from)
    };
    let held = [&ownership.owned, &ownership.paused, &ownership.named];
    let held: Vec<&Held> =
        held.into_iter().flatten().filter(|held| window.meets(&held.during)).collect();
    let inside = |at_us| (window.from_us..=window.to_us).contains(&at_us);
    let committed = ownership.committed.iter().filter(|write| inside(write.at_us));
    let mut servers: Vec<u32> =
        held.iter().map(|held| held.server).chain(committed.map(|write| write.server)).collect();
    servers.sort_unstable();
    servers.dedup();
    let rank = |server: &u32| {
        let mine = |held: &&Held| held.server == *server;
        let time: u64 = held.iter().copied().filter(mine).map(|held| shown(&held.during)).sum();
        let meets = |held: &Held| {
            let overlap = |both: &Interval| {
                window.meets(both)
                    && held.during.from_us < both.to_us
                    && both.from_us < held.during.to_us
            };
            overlaps.iter().any(overlap)
        };
        let shared = ownership.owned.iter().any(|held| held.server == *server && meets(held));
        (Reverse(shared), Reverse(time), *server)
    };
    servers.sort_by_cached_key(rank);
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(server: u32, from_us: u64, to_us: u64) -> Held {
        Held { server, during: Interval { from_us, to_us } }
    }

    #[test]
    fn an_overlap_is_where_more_than_one_owns_and_a_hand_over_is_none() {
        let tell = |owned: &[Held]| {
            let overlaps = overlaps(owned);
            overlaps.iter().map(|both| (both.from_us, both.to_us)).collect::<Vec<_>>()
        };
        assert_eq!(tell(&[held(1, 0, 5), held(2, 5, 9), held(3, 7, 7)]), []);
        assert_eq!(tell(&[held(1, 0, 5), held(2, 3, 9)]), [(3, 5)]);
        assert_eq!(tell(&[held(1, 0, 9), held(2, 3, 7), held(3, 5, 8)]), [(3, 8)]);
        assert_eq!(tell(&[held(1, 0, 9), held(2, 1, 2), held(1, 4, 6)]), [(1, 2), (4, 6)]);
    }

    #[test]
    fn a_long_history_is_shown_around_its_longest_overlap() {
        let owned = vec![
            held(1, 0, 30 * MINUTE_US),
            held(2, 5 * MINUTE_US, 5 * MINUTE_US + 9),
            held(3, 20 * MINUTE_US, 21 * MINUTE_US),
        ];
        let recorded = Interval { from_us: 0, to_us: 60 * MINUTE_US };
        let ownership = Ownership { owned, recorded, ..Ownership::default() };
        let both = overlaps(&ownership.owned);
        let view = View::choose(&ownership, &both, 60 * MINUTE_US, 1);
        let shown = (view.window.from_us, view.window.to_us);
        let middle = 20 * MINUTE_US + MINUTE_US / 2;
        assert_eq!(shown, (middle - 4 * MINUTE_US, middle + 4 * MINUTE_US));
        assert_eq!((view.servers, view.left_out), (vec![1], 1));
        let view = View::choose(&ownership, &both, 10 * MINUTE_US, 12);
        assert_eq!((view.window.from_us, view.window.to_us), (0, 10 * MINUTE_US));
        assert_eq!(view.why, None);
    }
}

//! How a rate became what it is: what it was after the first so many seeds, in their order.
//!
//! The seeds 1, 2, 5, 10, 20 and so on are looked at, so a sweep of ten million has 22 of them.
//! What is kept there is the sums that a rate is made of; the rates themselves are made at the end.

use super::cell_totals::{HOUR_US, Seen};
use super::interval::{Ratio, Sums};
use super::rates::Trials;
use leasehold_data::Checkpoint;
use std::collections::BTreeMap;

/// The sums of a cell at some of its seeds.
#[derive(Debug, Default)]
pub(super) struct Path {
    stops: Vec<Stop>,
}

/// After so many seeds: what was played, and what came.
#[derive(Debug)]
struct Stop {
    seeds: u64,
    played: Sums,
    came: BTreeMap<String, Ratio>,
}

/// What a cell has come to: its seeds, what was played in them, and what came.
type Whole<'c> = (u64, &'c Sums, &'c BTreeMap<String, Seen>);

impl Path {
    /// Looks at what a cell has come to, if it has as many seeds as are looked at.
    pub(super) fn note(&mut self, seeds: u64, played: &Sums, classes: &BTreeMap<String, Seen>) {
        if !is_stop(seeds) {
            return;
        }
        let came = classes.iter().map(|(class, seen)| (class.clone(), seen.by[0]));
        self.stops.push(Stop { seeds, played: *played, came: came.collect() });
    }

    /// The rate of a class at each stop and after all seeds; of what never came without a class.
    pub(super) fn of(&self, whole: Whole<'_>, class: Option<&str>) -> Vec<Checkpoint> {
        let (seeds, played, classes) = whole;
        let rate = |seeds: u64, played: &Sums, came: Option<&Ratio>| {
            let came = came.copied().unwrap_or_default();
            let per_session_hour = Trials::new(played, HOUR_US).rate(&came);
            Checkpoint { seeds, per_session_hour }
        };
        let earlier = self.stops.iter().filter(|stop| stop.seeds < seeds);
        let earlier = earlier.map(|stop| {
            let came = class.and_then(|class| stop.came.get(class));
            rate(stop.seeds, &stop.played, came)
        });
        let last = class.and_then(|class| classes.get(class)).map(|seen| &seen.by[0]);
        earlier.chain(std::iter::once(rate(seeds, played, last))).collect()
    }
}

/// Whether this is 1, 2 or 5, times a power of ten.
fn is_stop(mut seeds: u64) -> bool {
    while seeds > 0 && seeds.is_multiple_of(10) {
        seeds /= 10;
    }
    matches!(seeds, 1 | 2 | 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ten_million_seeds_twenty_two_are_looked_at() {
        let stops: Vec<u64> = (1..=200).filter(|seeds| is_stop(*seeds)).collect();
        assert_eq!(stops, [1, 2, 5, 10, 20, 50, 100, 200]);
        let powers = (0..=7).map(|power| 10_u64.pow(power));
        let all = powers.flat_map(|power| [1, 2, 5].map(|first| first * power));
        assert_eq!(all.filter(|seeds| is_stop(*seeds) && *seeds <= 10_000_000).count(), 22);
        assert!(!is_stop(0) && !is_stop(15) && !is_stop(4));
    }
}

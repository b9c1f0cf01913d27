//! How old unsaved changes are when they are saved, bin by bin.
//!
//! For each visit it is known since when its oldest unsaved change waits, and what the save under
//! way covers: the same model as the observer of `max_delay` has, kept apart from it so that one
//! does not repeat the other's mistakes. One histogram is enough, because time only moves forward:
//! when a bin is over it is read and emptied.

use super::histogram::{Histogram, TWO_DIGITS};
use super::{Grid, Rows};
use crate::library::Contract;
use crate::observe::Step;
use leasehold_core::micros;
use leasehold_data::{AgeBin, Ages};

/// No change.
const NOTHING: u64 = u64::MAX;

pub(crate) struct DirtyAges {
    grid: Grid,
    promised_us: u64,
    call_us: u64,
    visits: Rows<Waits>,
    /// Those of the bin that is being filled, to two digits; its largest is exact.
    ages: Histogram<TWO_DIGITS>,
    bins: Vec<AgeBin>,
}

/// When the oldest change of each sort was made.
#[derive(Clone, Copy)]
struct Waits {
    /// Not taken along by any save.
    waiting: u64,
    /// Taken along by a save that has not been acknowledged.
    under_way: u64,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits { waiting: NOTHING, under_way: NOTHING }
    }
}

impl DirtyAges {
    pub(crate) fn new(grid: Grid, contract: &Contract) -> DirtyAges {
        DirtyAges {
            grid,
            promised_us: contract.saved_within.map_or(0, micros),
            call_us: contract.call_timeout.map_or(0, micros),
            visits: Rows::default(),
            ages: Histogram::default(),
            bins: Vec::with_capacity(grid.bins),
        }
    }

    /// A visit begins or ends: it has no unsaved change, or none that could still be saved.
    pub(crate) fn reset(&mut self, step: &Step) {
        *self.visits.of(step.visit) = Waits::default();
    }

    pub(crate) fn edited(&mut self, step: &Step) {
        let waits = self.visits.of(step.visit);
        waits.waiting = waits.waiting.min(step.at.as_micros());
    }

    /// A save is sent: it takes along whatever waits.
    pub(crate) fn sent(&mut self, step: &Step) {
        let waits = self.visits.of(step.visit);
        waits.under_way = waits.under_way.min(waits.waiting);
        waits.waiting = NOTHING;
    }

    pub(crate) fn saved(&mut self, step: &Step) {
        let since = std::mem::replace(&mut self.visits.of(step.visit).under_way, NOTHING);
        if since != NOTHING {
            self.ages.add(step.at.as_micros() - since);
        }
    }

    /// All bins before this one are over.
    pub(crate) fn turn(&mut self, bin: usize) {
        // One look at all visits for each bin is cheap: there are a few hundred bins.
        let oldest = self.unsaved().min().unwrap_or(NOTHING);
        while self.bins.len() < bin {
            let (p50_us, p99_us) = (self.ages.within(50), self.ages.within(99));
            let (saves, max_us) = (self.ages.count(), self.ages.longest_us());
            let end_us = (self.bins.len() as u64 + 1) * self.grid.bin_us;
            let unsaved_us = end_us.saturating_sub(oldest);
            self.bins.push(AgeBin { saves, p50_us, p99_us, max_us, unsaved_us });
            self.ages.clear();
        }
    }

    pub(crate) fn rows(&mut self, end_us: u64) -> Ages {
        self.turn(self.grid.bins);
        let unsaved = self.unsaved().count() as u64;
        let unsaved_max_us = self.unsaved().min().map_or(0, |since| end_us - since);
        // The run may end before its last bin does.
        if let Some(last) = self.bins.last_mut() {
            last.unsaved_us = unsaved_max_us;
        }
        Ages {
            promised_us: self.promised_us,
            call_us: self.call_us,
            bin_us: self.grid.bin_us,
            bins: std::mem::take(&mut self.bins),
            unsaved,
            unsaved_max_us,
        }
    }

    /// Since when each visit that has an unsaved change has it.
    fn unsaved(&self) -> impl Iterator<Item = u64> + '_ {
        let oldest = self.visits.iter().map(|waits| waits.waiting.min(waits.under_way));
        oldest.filter(|since| *since != NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Fact;
    use crate::schedule::Moment;
    use leasehold_core::chronicle::Rules;

    fn at(seconds: u64, visit: u32) -> Step {
        let at = Moment::from_micros(seconds * 1_000_000);
        Step { at, server: 0, visit, key: 0, fact: Fact::Edited }
    }

    fn ages() -> DirtyAges {
        DirtyAges::new(Grid::new(60_000_000), &Contract::chronicle(&Rules::CHRONICLE))
    }

    #[test]
    fn an_age_is_that_of_the_oldest_change_in_the_bin_in_which_it_is_saved() {
        let mut ages = ages();
        ages.edited(&at(1, 3));
        ages.edited(&at(5, 3));
        ages.sent(&at(9, 3));
        ages.edited(&at(10, 3));
        ages.turn(11);
        ages.saved(&at(11, 3));
        ages.turn(40);
        ages.sent(&at(40, 3));
        ages.saved(&at(40, 3));
        let rows = ages.rows(60_000_000);
        let saved: Vec<_> = rows.bins.iter().enumerate().filter(|(_, bin)| bin.saves > 0).collect();
        let told = saved.iter().map(|(nth, bin)| (*nth, bin.max_us / 1_000_000));
        assert_eq!(told.collect::<Vec<_>>(), [(11, 10), (40, 30)]);
        assert_eq!((rows.bins.len(), rows.unsaved), (60, 0));
    }

    #[test]
    fn a_save_that_failed_keeps_the_age_of_what_it_had_taken_along() {
        let mut ages = ages();
        ages.edited(&at(1, 0));
        ages.sent(&at(2, 0));
        ages.edited(&at(20, 0));
        ages.sent(&at(30, 0));
        ages.saved(&at(31, 0));
        assert_eq!(ages.rows(60_000_000).bins[0].max_us, 30_000_000);
    }

    #[test]
    fn what_is_not_saved_at_the_end_is_told_apart() {
        let mut ages = ages();
        ages.edited(&at(10, 0));
        ages.edited(&at(20, 1));
        ages.edited(&at(20, 2));
        ages.reset(&at(30, 2));
        let rows = ages.rows(60_000_000);
        assert_eq!((rows.unsaved, rows.unsaved_max_us), (2, 50_000_000));
        assert!(rows.bins.iter().all(|bin| bin.saves == 0));
        assert_eq!(rows.bins[59].unsaved_us, 50_000_000);
    }

    #[test]
    fn each_bin_knows_the_oldest_change_that_still_waits_when_it_ends() {
        let mut ages = ages();
        ages.edited(&at(1, 0));
        ages.turn(3);
        ages.edited(&at(3, 1));
        ages.sent(&at(3, 0));
        ages.turn(4);
        ages.saved(&at(4, 0));
        ages.turn(6);
        let unsaved = ages.bins.iter().map(|bin| bin.unsaved_us / 1_000_000);
        assert_eq!(unsaved.collect::<Vec<_>>(), [0, 1, 2, 3, 2, 3]);
    }
}

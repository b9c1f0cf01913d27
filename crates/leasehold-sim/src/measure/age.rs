//! How old unsaved changes are when they are saved, bin by bin.
//!
//! Since when the changes of each visit wait, the model of unsaved changes knows. One histogram is
//! enough, because time only moves forward: when a bin is over it is read and emptied.

use super::Grid;
use super::histogram::{Histogram, TWO_DIGITS};
use crate::library::Contract;
use crate::model::{Models, Unsaved};
use leasehold_core::micros;
use leasehold_data::{AgeBin, Ages};

pub(crate) struct DirtyAges {
    grid: Grid,
    promised_us: u64,
    call_us: u64,
    /// Those of the bin that is being filled, to two digits; its largest is exact.
    ages: Histogram<TWO_DIGITS>,
    bins: Vec<AgeBin>,
    /// The oldest that a change became, saved or not, in microseconds.
    longest_us: u64,
}

impl DirtyAges {
    pub(crate) fn new(grid: Grid, contract: &Contract) -> DirtyAges {
        DirtyAges {
            grid,
            promised_us: contract.saved_within.map_or(0, micros),
            call_us: contract.call_timeout.map_or(0, micros),
            ages: Histogram::default(),
            bins: Vec::with_capacity(grid.bins),
            longest_us: 0,
        }
    }

    /// A step has settled changes, or ended a session that still had some.
    pub(crate) fn on_step(&mut self, seen: &Models) {
        if let Some(us) = seen.unsaved.settled_us() {
            self.ages.add(us);
            self.longest_us = self.longest_us.max(us);
        }
        self.longest_us = self.longest_us.max(seen.unsaved.ended_us().unwrap_or(0));
    }

    /// The oldest that a change became by the end of the run, saved or not, in microseconds.
    pub(crate) fn longest_us(&self, end_us: u64, unsaved: &Unsaved) -> u64 {
        let waiting = oldest(unsaved).map_or(0, |since| end_us.saturating_sub(since));
        self.longest_us.max(waiting)
    }

    /// All bins before this one are over.
    pub(crate) fn turn(&mut self, bin: usize, unsaved: &Unsaved) {
        // One look at all visits for each bin is cheap: there are a few hundred bins.
        let oldest = oldest(unsaved).unwrap_or(u64::MAX);
        while self.bins.len() < bin {
            let (p50_us, p99_us) = (self.ages.within(50), self.ages.within(99));
            let (saves, max_us) = (self.ages.count(), self.ages.longest_us());
            let end_us = (self.bins.len() as u64 + 1) * self.grid.bin_us;
            let unsaved_us = end_us.saturating_sub(oldest);
            self.bins.push(AgeBin { saves, p50_us, p99_us, max_us, unsaved_us });
            self.ages.clear();
        }
    }

    pub(crate) fn rows(&mut self, end_us: u64, changes: &Unsaved) -> Ages {
        self.turn(self.grid.bins, changes);
        let unsaved =
            changes.iter().filter(|(_, changes)| changes.oldest().is_some()).count() as u64;
        let unsaved_max_us = oldest(changes).map_or(0, |since| end_us - since);
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
}

/// When the oldest change was made that is not known to be saved, in microseconds.
fn oldest(unsaved: &Unsaved) -> Option<u64> {
    let oldest = unsaved.iter().filter_map(|(_, changes)| changes.oldest());
    oldest.min().map(|since| since.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ServerId, VisitId};
    use crate::library::CallKind;
    use crate::schedule::Moment;
    use crate::step::{Fact, Step};
    use leasehold_core::Key;

    /// Ages on their way, with the model that they are read from.
    struct Told {
        ages: DirtyAges,
        models: Models,
    }

    impl Told {
        fn at(&mut self, seconds: u64, visit: u32, fact: Fact) {
            let at = Moment::from_micros(seconds * 1_000_000);
            let (server, visit) = (Some(ServerId::new(0)), Some(VisitId::new(visit)));
            self.models.on_step(&Step { at, server, visit, key: Some(Key(0)), fact });
            self.ages.on_step(&self.models);
        }

        fn turn(&mut self, bin: usize) {
            self.ages.turn(bin, &self.models.unsaved);
        }

        fn rows(&mut self) -> Ages {
            self.ages.rows(60_000_000, &self.models.unsaved)
        }
    }

    fn ages() -> Told {
        let ages = DirtyAges::new(Grid::new(60_000_000), &Contract::default());
        Told { ages, models: Models::new(1, 1) }
    }

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    #[test]
    fn an_age_is_that_of_the_oldest_change_in_the_bin_in_which_it_is_saved() {
        let mut ages = ages();
        ages.at(1, 3, Fact::Edited);
        ages.at(5, 3, Fact::Edited);
        ages.at(9, 3, SENT);
        ages.at(10, 3, Fact::Edited);
        ages.turn(11);
        ages.at(11, 3, Fact::Saved);
        ages.turn(40);
        ages.at(40, 3, SENT);
        ages.at(40, 3, Fact::Saved);
        let rows = ages.rows();
        let saved: Vec<_> = rows.bins.iter().enumerate().filter(|(_, bin)| bin.saves > 0).collect();
        let told = saved.iter().map(|(nth, bin)| (*nth, bin.max_us / 1_000_000));
        assert_eq!(told.collect::<Vec<_>>(), [(11, 10), (40, 30)]);
        assert_eq!((rows.bins.len(), rows.unsaved), (60, 0));
    }

    #[test]
    fn a_save_that_failed_keeps_the_age_of_what_it_had_taken_along() {
        let mut ages = ages();
        ages.at(1, 0, Fact::Edited);
        ages.at(2, 0, SENT);
        ages.at(20, 0, Fact::Edited);
        ages.at(30, 0, SENT);
        ages.at(31, 0, Fact::Saved);
        assert_eq!(ages.rows().bins[0].max_us, 30_000_000);
    }

    #[test]
    fn what_is_not_saved_at_the_end_is_told_apart() {
        let mut ages = ages();
        ages.at(10, 0, Fact::Edited);
        ages.at(20, 1, Fact::Edited);
        ages.at(20, 2, Fact::Edited);
        ages.at(30, 2, Fact::Asked);
        let rows = ages.rows();
        assert_eq!((rows.unsaved, rows.unsaved_max_us), (2, 50_000_000));
        assert!(rows.bins.iter().all(|bin| bin.saves == 0));
        assert_eq!(rows.bins[59].unsaved_us, 50_000_000);
    }

    #[test]
    fn each_bin_knows_the_oldest_change_that_still_waits_when_it_ends() {
        let mut ages = ages();
        ages.at(1, 0, Fact::Edited);
        ages.turn(3);
        ages.at(3, 1, Fact::Edited);
        ages.at(3, 0, SENT);
        ages.turn(4);
        ages.at(4, 0, Fact::Saved);
        ages.turn(6);
        let unsaved = ages.ages.bins.iter().map(|bin| bin.unsaved_us / 1_000_000);
        assert_eq!(unsaved.collect::<Vec<_>>(), [0, 1, 2, 3, 2, 3]);
    }

    #[test]
    fn the_longest_age_counts_what_was_never_saved_too() {
        let ended = Fact::Ended { how: &crate::cause::CRASH, saved: false };
        let mut ages = ages();
        ages.at(20, 0, Fact::Edited);
        ages.at(50, 0, ended);
        assert_eq!(ages.ages.longest_us(60_000_000, &ages.models.unsaved), 30_000_000);
        ages.at(55, 0, Fact::Edited);
        assert_eq!(ages.ages.longest_us(99_000_000, &ages.models.unsaved), 44_000_000);
    }
}

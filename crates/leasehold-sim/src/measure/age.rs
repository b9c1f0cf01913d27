//! How old unsaved changes become, bin by bin, and what befell the oldest of them.
//!
//! Since when the changes of each visit wait, the model of unsaved changes knows. One histogram is
//! enough, because time only moves forward: when a bin is over it is read and emptied. A pause, a
//! failed call and a stopped one are noted by when they came; so whether one came while a change
//! waited is asked only of a change that waits longer than all before it.

use super::Grid;
use super::histogram::{Histogram, TWO_DIGITS};
use crate::ids::VisitId;
use crate::library::Contract;
use crate::model::{Changes, Models, Unsaved};
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, Step};
use leasehold_core::micros;
use leasehold_data::{AgeBin, Ages, Waited};

pub(crate) struct DirtyAges {
    grid: Grid,
    end_us: u64,
    promised_us: u64,
    call_us: u64,
    /// Those of the bin that is being filled, to two digits.
    saved: Histogram<TWO_DIGITS>,
    /// The oldest of that bin so far, saved or not, in microseconds.
    oldest_us: u64,
    bins: Vec<AgeBin>,
    /// The oldest of all so far, in microseconds.
    longest_us: u64,
    /// What befell it.
    waited: Waited,
    /// When a visit was last in trouble.
    troubles: Rows<Troubles>,
}

/// When each of them last came to a visit.
#[derive(Clone, Copy, Default)]
struct Troubles {
    paused: Option<Moment>,
    failed: Option<Moment>,
    stopped: Option<Moment>,
}

impl Troubles {
    /// What came at that moment or later.
    fn since(&self, moment: Moment) -> Waited {
        let came = |at: Option<Moment>| at.is_some_and(|at| at >= moment);
        Waited { paused: came(self.paused), failed: came(self.failed), stopped: came(self.stopped) }
    }
}

impl DirtyAges {
    pub(crate) fn new(grid: Grid, end_us: u64, contract: &Contract) -> DirtyAges {
        DirtyAges {
            grid,
            end_us,
            promised_us: contract.saved_within.map_or(0, micros),
            call_us: contract.call_timeout.map_or(0, micros),
            saved: Histogram::default(),
            oldest_us: 0,
            bins: Vec::with_capacity(grid.bins),
            longest_us: 0,
            waited: Waited::default(),
            troubles: Rows::default(),
        }
    }

    /// A step has settled changes, or ended a session that still had some, or is trouble.
    pub(crate) fn on_step(&mut self, step: &Step, seen: &Models) {
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::OwnerPaused => self.troubles.of(visit).paused = Some(step.at),
            Fact::ShortCircuited { .. } => self.troubles.of(visit).stopped = Some(step.at),
            Fact::Answered { end: CallEnd::Failed(_) | CallEnd::Silent, .. } => {
                self.troubles.of(visit).failed = Some(step.at);
            }
            _ => {}
        }
        if let Some(us) = seen.unsaved.settled_us() {
            self.saved.add(us);
            self.is(us, visit, step.at);
        }
        if let Some(us) = seen.unsaved.ended_us() {
            self.is(us, visit, step.at);
        }
    }

    /// A change of a visit is so old.
    fn is(&mut self, us: u64, visit: VisitId, now: Moment) {
        self.oldest_us = self.oldest_us.max(us);
        if us > self.longest_us {
            self.longest_us = us;
            let since = Moment::from_micros(now.as_micros().saturating_sub(us));
            self.waited = self.troubles.of(visit).since(since);
        }
    }

    /// The oldest that a change became by the end of the run, saved or not, in microseconds.
    pub(crate) fn longest_us(&self, unsaved: &Unsaved) -> u64 {
        let waiting = oldest(unsaved).map_or(0, |(since, _)| self.age(since));
        self.longest_us.max(waiting)
    }

    /// How old a change is when the run ends that was made at that moment.
    fn age(&self, since: Moment) -> u64 {
        self.end_us.saturating_sub(since.as_micros())
    }

    /// All bins before this one are over.
    pub(crate) fn turn(&mut self, bin: usize, unsaved: &Unsaved) {
        // One look at all visits for each bin is cheap: there are a few hundred bins.
        let oldest = oldest(unsaved).map_or(u64::MAX, |(since, _)| since.as_micros());
        while self.bins.len() < bin {
            let (p50_us, p99_us) = (self.saved.within(50), self.saved.within(99));
            // The run may end before its last bin does.
            let over_us = ((self.bins.len() as u64 + 1) * self.grid.bin_us).min(self.end_us);
            let oldest_us = self.oldest_us.max(over_us.saturating_sub(oldest));
            self.bins.push(AgeBin { oldest_us, saves: self.saved.count(), p50_us, p99_us });
            self.saved.clear();
            self.oldest_us = 0;
        }
    }

    pub(crate) fn rows(&mut self, changes: &Unsaved) -> Ages {
        self.turn(self.grid.bins, changes);
        let waiting = |(_, changes): &(_, &Changes)| changes.oldest().is_some();
        let unsaved_max_us = oldest(changes).map_or(0, |(since, visit)| {
            let us = self.age(since);
            self.is(us, visit, Moment::from_micros(self.end_us));
            us
        });
        Ages {
            promised_us: self.promised_us,
            call_us: self.call_us,
            bin_us: self.grid.bin_us,
            bins: std::mem::take(&mut self.bins),
            oldest: self.waited,
            unsaved: changes.iter().filter(waiting).count() as u64,
            unsaved_max_us,
        }
    }
}

/// When the oldest change was made that is not known to be saved, and whose it is.
fn oldest(unsaved: &Unsaved) -> Option<(Moment, VisitId)> {
    let oldest = unsaved.iter().filter_map(|(visit, changes)| Some((changes.oldest()?, visit)));
    oldest.min_by_key(|(since, _)| *since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ServerId;
    use crate::library::CallKind;
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
            let step = Step { at, server, visit, key: Some(Key(0)), fact };
            self.models.on_step(&step);
            self.ages.on_step(&step, &self.models);
        }

        fn turn(&mut self, bin: usize) {
            self.ages.turn(bin, &self.models.unsaved);
        }

        fn rows(&mut self) -> Ages {
            self.ages.rows(&self.models.unsaved)
        }
    }

    fn ages() -> Told {
        let ages = DirtyAges::new(Grid::new(60_000_000), 60_000_000, &Contract::default());
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
        let seconds = |bin: &AgeBin| bin.oldest_us / 1_000_000;
        let saved: Vec<_> = rows.bins.iter().enumerate().filter(|(_, bin)| bin.saves > 0).collect();
        let told = saved.iter().map(|(nth, bin)| (*nth, seconds(bin)));
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
        assert_eq!(ages.rows().bins[0].oldest_us, 30_000_000);
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
        assert_eq!(rows.bins[59].oldest_us, 50_000_000);
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
        let oldest = ages.ages.bins.iter().map(|bin| bin.oldest_us / 1_000_000);
        assert_eq!(oldest.collect::<Vec<_>>(), [0, 1, 2, 3, 3, 3]);
    }

    #[test]
    fn the_longest_age_counts_what_was_never_saved_too_and_is_the_oldest_of_all_bins() {
        let ended = Fact::Ended { how: &crate::cause::CRASH, saved: false };
        let mut ages = ages();
        ages.at(20, 0, Fact::Edited);
        ages.turn(50);
        ages.at(50, 0, ended);
        assert_eq!(ages.ages.longest_us(&ages.models.unsaved), 30_000_000);
        ages.at(51, 0, Fact::Edited);
        assert_eq!(ages.ages.longest_us(&ages.models.unsaved), 30_000_000);
        ages.at(51, 1, Fact::Edited);
        let bins = ages.rows().bins;
        assert_eq!(bins.iter().map(|bin| bin.oldest_us).max(), Some(30_000_000));
        assert_eq!((bins[49].oldest_us, bins[59].oldest_us), (30_000_000, 9_000_000));
    }

    #[test]
    fn what_befell_the_oldest_is_what_came_to_its_session_while_it_waited() {
        let failed = CallEnd::Failed(crate::library::Error::KeyThrottled);
        let fails = |sent: u64| {
            let sent = Moment::from_micros(sent * 1_000_000);
            Fact::Answered { kind: CallKind::Save, end: failed, sent }
        };
        let befell = |troubles: &[(u64, u32, Fact)]| {
            let mut ages = ages();
            ages.at(1, 3, fails(0));
            ages.at(2, 3, Fact::Asked);
            ages.at(10, 3, Fact::Edited);
            ages.at(12, 3, SENT);
            troubles.iter().for_each(|(at, visit, fact)| ages.at(*at, *visit, *fact));
            ages.at(40, 3, Fact::Saved);
            ages.at(41, 3, Fact::ShortCircuited { kind: CallKind::Save });
            ages.at(50, 3, Fact::Edited);
            ages.rows().oldest
        };
        let stopped = Fact::ShortCircuited { kind: CallKind::Save };
        assert_eq!(befell(&[(20, 4, Fact::OwnerPaused)]), Waited::default());
        let paused = Waited { paused: true, ..Waited::default() };
        assert_eq!(befell(&[(20, 3, Fact::OwnerPaused)]), paused);
        let both = Waited { failed: true, stopped: true, paused: false };
        assert_eq!(befell(&[(20, 3, fails(12)), (30, 3, stopped)]), both);
    }
}

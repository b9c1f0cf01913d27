//! How much of its budgets somebody has used, against what came into them meanwhile; and bins of
//! time, for which that is told.
//!
//! ```text
//!   used of a kind      requests that were counted as it
//!   ----------------- = -------------------------------------------------------  of the kind with
//!   came in meanwhile   base x time + per player x time that players were there  the largest share
//! ```
//!
//! Counting is an addition for each request; all else is done when a bin of virtual time is over.
//! That is looked for only when something happens to a budget or a queue: nothing else changes what
//! there is to tell.

use super::formula::Formula;
use crate::library::RequestType;
use crate::schedule::Moment;
use leasehold_data::{BudgetBin, Budgets, QueueBin};

const KINDS: usize = RequestType::COUNT;

/// One minute, in microseconds, as limits are by the minute.
const MINUTE_US: u128 = 60_000_000;

/// What one budget's owner has used.
#[derive(Debug, Default)]
pub(crate) struct Used {
    counts: [u64; KINDS],
    /// For how long players were there since the last look, all together, until `at`.
    players_us: u128,
    at: Moment,
    /// Whether there was any time in which it could have been used.
    pub(crate) was_up: bool,
}

impl Used {
    /// A request is counted as this kind.
    #[inline]
    pub(crate) fn count(&mut self, kind: usize) {
        self.counts[kind] += 1;
    }

    /// So many players were there until now.
    pub(crate) fn players(&mut self, now: Moment, players: u32) {
        self.players_us += u128::from(players) * u128::from(now.since(self.at));
        self.at = now;
    }

    /// The largest share of any kind over so much time, in millionths; what was used is forgotten.
    pub(crate) fn take(&mut self, formulas: &[Formula; KINDS], us: u64) -> u64 {
        let share = |(used, Formula { base, per_unit }): (&u64, &Formula)| {
            let parts =
                u128::from(*base) * u128::from(us) + u128::from(*per_unit) * self.players_us;
            u128::from(*used) * 1_000_000 * MINUTE_US / parts.max(MINUTE_US)
        };
        let shares = self.counts.iter().zip(formulas).filter(|(used, _)| **used > 0).map(share);
        let most = shares.max().unwrap_or(0);
        (self.counts, self.players_us) = ([0; KINDS], 0);
        u64::try_from(most).unwrap_or(u64::MAX)
    }
}

/// What was told so far, bin by bin.
#[derive(Debug)]
pub(crate) struct History {
    /// The width of a bin, and how many of them make one in which use is told: a limit is so many a
    /// minute, and what is asked for within a shorter time says little about it.
    bin_us: u64,
    together: u64,
    end_us: u64,
    /// When the bin that is being filled is over, unless that is when the run is.
    due_us: u64,
    used: Vec<BudgetBin>,
    queue: Vec<QueueBin>,
}

impl History {
    /// Of a run that ends then, in bins of this width.
    pub(crate) fn new(bin_us: u64, end_us: u64) -> History {
        let together = u64::try_from(MINUTE_US).unwrap_or(u64::MAX).div_ceil(bin_us.max(1));
        let (used, queue) = (Vec::new(), Vec::new());
        let mut history = History { bin_us, together, end_us, due_us: 0, used, queue };
        history.due(bin_us);
        history
    }

    /// A bin is over then; the last one only with the run, since what happens at the very end is in
    /// it.
    fn due(&mut self, at_us: u64) {
        self.due_us = if at_us < self.end_us { at_us } else { u64::MAX };
    }

    /// The next moment by which a bin is over, if it is over by now.
    #[inline]
    pub(crate) fn is_over(&self, now: Moment) -> Option<Moment> {
        (self.due_us <= now.as_micros()).then(|| Moment::from_micros(self.due_us))
    }

    /// Whether use is told of the bin that is over at this moment.
    pub(crate) fn tells_use(&self, at: Moment) -> bool {
        let nth = self.queue.len() as u64 + 1;
        at.as_micros() >= self.end_us || nth.is_multiple_of(self.together)
    }

    /// A bin is over, at this moment.
    pub(crate) fn push(&mut self, at: Moment, queue: QueueBin, used: Option<BudgetBin>) {
        self.queue.push(queue);
        self.used.extend(used);
        self.due(at.as_micros().saturating_add(self.bin_us));
    }

    pub(crate) fn rows(self) -> Budgets {
        let History { bin_us, together, used, queue, .. } = self;
        Budgets { bin_us: bin_us * together, used, queue_bin_us: bin_us, queue }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_came_in_meanwhile_by_time_and_by_players_and_of_the_scarcest_kind() {
        let formulas = [Formula::new(60, 40); KINDS];
        let at = |seconds: u64| Moment::from_micros(seconds * 1_000_000);
        let mut used = Used::default();
        (0..50).for_each(|_| used.count(0));
        used.players(at(30), 0);
        used.players(at(60), 2);
        // 60 for the minute, and 40 for two players of half a minute.
        assert_eq!(used.take(&formulas, 60_000_000), 500_000);
        assert_eq!(used.take(&formulas, 60_000_000), 0, "it is forgotten");
        (0..9).for_each(|_| used.count(1));
        used.count(2);
        assert_eq!(used.take(&formulas, 10_000_000), 900_000);
    }

    #[test]
    fn where_nothing_comes_in_each_request_is_a_budget_of_its_own() {
        let mut used = Used::default();
        used.count(3);
        used.count(3);
        assert_eq!(used.take(&[Formula::new(0, 0); KINDS], 60_000_000), 2_000_000);
    }
}

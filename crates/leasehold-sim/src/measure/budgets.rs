//! How much of their request budgets servers use, bin by bin.
//!
//! Who may ask how much, the limits know; here is only when they are looked at: once for each bin.

use super::Grid;
use crate::limits::Usage;
use leasehold_data::{BudgetBin, Budgets};

/// Bins are no shorter: a limit is so many a minute, and what is asked for within a second says
/// little about it.
const BIN_US_MIN: u64 = 10_000_000;

pub(crate) struct BudgetStats {
    bin_us: u64,
    end_us: u64,
    /// When the bin that is being filled is over, unless that is when the run is.
    due_us: u64,
    bins: Vec<BudgetBin>,
}

impl BudgetStats {
    pub(crate) fn new(grid: Grid, end_us: u64, limited: bool) -> BudgetStats {
        let bin_us = grid.bin_us * BIN_US_MIN.div_ceil(grid.bin_us).max(1);
        let mut stats = BudgetStats { bin_us, end_us, due_us: u64::MAX, bins: Vec::new() };
        if limited {
            stats.due(bin_us);
        }
        stats
    }

    /// A bin is over then; the last one only with the run, since what happens at the very end is in
    /// it.
    fn due(&mut self, at_us: u64) {
        self.due_us = if at_us < self.end_us { at_us } else { u64::MAX };
    }

    /// When the limits are to be looked at next, before anything of that moment has happened.
    #[inline]
    pub(crate) fn due_us(&self) -> u64 {
        self.due_us
    }

    /// The bin that was being filled is over.
    pub(crate) fn over(&mut self, usage: Usage) {
        let Usage { busiest_ppm, median_ppm, experience_ppm, waiting, dropped } = usage;
        self.bins.push(BudgetBin { busiest_ppm, median_ppm, experience_ppm, waiting, dropped });
        self.due(self.due_us.saturating_add(self.bin_us));
    }

    /// The run is over; nothing if nobody had a budget.
    pub(crate) fn rows(&mut self) -> Option<Budgets> {
        let bins = std::mem::take(&mut self.bins);
        (!bins.is_empty()).then_some(Budgets { bin_us: self.bin_us, bins })
    }
}

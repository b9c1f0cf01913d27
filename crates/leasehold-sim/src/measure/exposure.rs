//! How many items are exposed, bin by bin, and which incidents came of it.

use super::Grid;
use leasehold_data::{Exposure, ExposureBin};

pub(crate) struct Exposures {
    grid: Grid,
    now: u64,
    bins: Vec<ExposureBin>,
}

impl Exposures {
    pub(crate) fn new(grid: Grid) -> Exposures {
        Exposures { grid, now: 0, bins: Vec::new() }
    }

    /// So many are exposed from this moment on.
    pub(crate) fn exposed(&mut self, at_us: u64, now: u64) {
        if now == self.now {
            return;
        }
        self.fill(self.grid.bin(at_us));
        self.now = now;
        if let Some(bin) = self.bins.last_mut() {
            bin.most = bin.most.max(now);
            bin.last = now;
        }
    }

    /// An item turned out to be lost, or else duplicated.
    pub(crate) fn incident(&mut self, at_us: u64, lost: bool) {
        let nth = self.grid.bin(at_us);
        self.fill(nth);
        if lost {
            self.bins[nth].lost += 1;
        } else {
            self.bins[nth].duplicated += 1;
        }
    }

    /// Bins in which nothing changes go on as they were.
    fn fill(&mut self, last: usize) {
        let same = ExposureBin { most: self.now, last: self.now, ..ExposureBin::default() };
        while self.bins.len() <= last {
            self.bins.push(same);
        }
    }

    pub(crate) fn rows(&mut self) -> Exposure {
        self.fill(self.grid.bins - 1);
        Exposure { bin_us: self.grid.bin_us, bins: std::mem::take(&mut self.bins) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_stays_where_it_is_until_it_moves_and_a_bin_keeps_its_highest() {
        let mut exposures = Exposures::new(Grid::new(5_000_000));
        for (at_us, now) in [(500_000, 1), (600_000, 3), (700_000, 2), (3_100_000, 0)] {
            exposures.exposed(at_us, now);
        }
        exposures.incident(3_100_000, true);
        exposures.incident(3_200_000, false);
        let bins = exposures.rows().bins;
        let told = bins.iter().map(|bin| (bin.most, bin.last, bin.duplicated, bin.lost));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [(3, 2, 0, 0), (2, 2, 0, 0), (2, 2, 0, 0), (2, 0, 1, 1), (0, 0, 0, 0)]
        );
    }
}

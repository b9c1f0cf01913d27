//! What a sweep has to run, and in which order: each seed under each of its cells, seed by seed.
//!
//! Each of those runs has a place: 0, 1, 2, ... All cells of a seed come before the next seed, so
//! however far a sweep has come, its settings and points have had the same seeds.

use super::cells::Cells;
use super::row::Row;
use super::seeds::{Range, Seeds};
use leasehold_data::SweepManifest;

/// The runs of one part of a sweep.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    seeds: Seeds,
    cells: Cells,
    /// How many values of fields a row has: of those that are varied, and of those that are drawn.
    pub(super) fields: [usize; 2],
}

impl Plan {
    pub(super) fn of(manifest: &SweepManifest) -> Plan {
        let range = Range { first: manifest.first_seed, last: manifest.last_seed };
        let fields = [manifest.axes.len(), manifest.drawn.len()];
        Plan { seeds: Seeds::new(range, manifest.shard), cells: Cells::of(manifest), fields }
    }

    /// How many runs there are.
    pub(super) fn count(&self) -> u64 {
        self.seeds.count() * self.cells()
    }

    /// How many seeds there are.
    pub(super) fn seeds(&self) -> u64 {
        self.seeds.count()
    }

    /// How many runs a seed has.
    pub(super) fn cells(&self) -> u64 {
        self.cells.count() as u64
    }

    /// The seed at a place, and which cell.
    pub(super) fn at(&self, place: u64) -> (u64, usize) {
        let nth = usize::try_from(place % self.cells()).expect("there are few cells");
        (self.seeds.at(place / self.cells()), nth)
    }

    /// The place of a row, if it is one of these runs.
    pub(super) fn place(&self, row: &Row) -> Option<u64> {
        let nth = self.cells.find(&row.setting, &row.point)?;
        Some(self.seeds.place(row.seed)? * self.cells() + nth as u64)
    }
}

//! What a sweep has to run, and in which order: each seed under each setting, seed by seed.
//!
//! Each of those runs has a place: 0, 1, 2, ... All settings of a seed come before the next seed,
//! so however far a sweep has come, its settings have had the same seeds.

use super::row::Row;
use super::seeds::{Range, Seeds};
use leasehold_data::SweepManifest;

/// The runs of one part of a sweep.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    seeds: Seeds,
    settings: Vec<String>,
}

impl Plan {
    pub(super) fn of(manifest: &SweepManifest) -> Plan {
        let range = Range { first: manifest.first_seed, last: manifest.last_seed };
        let settings = manifest.settings.clone();
        Plan { seeds: Seeds::new(range, manifest.shard), settings }
    }

    /// How many runs there are.
    pub(super) fn count(&self) -> u64 {
        self.seeds.count() * self.settings()
    }

    /// How many seeds there are.
    pub(super) fn seeds(&self) -> u64 {
        self.seeds.count()
    }

    fn settings(&self) -> u64 {
        self.settings.len() as u64
    }

    /// The seed at a place, and which setting.
    pub(super) fn at(&self, place: u64) -> (u64, usize) {
        let nth = usize::try_from(place % self.settings()).expect("there are few settings");
        (self.seeds.at(place / self.settings()), nth)
    }

    /// The place of a row, if it is one of these runs.
    pub(super) fn place(&self, row: &Row) -> Option<u64> {
        let nth = self.settings.iter().position(|name| *name == row.setting)?;
        Some(self.seeds.place(row.seed)? * self.settings() + nth as u64)
    }
}

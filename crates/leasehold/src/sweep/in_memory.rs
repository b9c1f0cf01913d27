//! A sweep whose rows are kept nowhere: for a few runs, of which only what they come to matters.

use super::cells::Cells;
use super::row::Row;
use super::settings::Settings;
use super::tally::Tally;
use super::workers::{self, Last, Work};
use crate::error::Error;
use crate::threads;
use leasehold_data::{SweepManifest, SweepTotals};
use rayon::prelude::*;

/// Runs every seed of a sweep under every setting at every point, and adds the rows up.
pub(crate) fn totals(
    work: &Work<'_>,
    manifest: &SweepManifest,
    settings: &Settings,
) -> Result<SweepTotals, Error> {
    let cells = Cells::of(manifest).count();
    let one = |seed: u64| -> Result<Vec<Row>, Error> {
        let rows = (0..cells).map(|nth| {
            let row = workers::row(work, &mut Last::None, (seed, nth), &|| true)?;
            row.ok_or(Error::Interrupted)
        });
        rows.collect()
    };
    let seeds = manifest.first_seed..manifest.last_seed + 1;
    let rows: Vec<Vec<Row>> = threads::anyhow(|many| match many {
        true => seeds.into_par_iter().map(one).collect::<Result<_, _>>(),
        false => seeds.map(one).collect(),
    })?;
    let mut tally = Tally::new(manifest);
    let count = rows.len() as u64;
    rows.into_iter().flatten().for_each(|row| tally.add(row));
    tally.totals(manifest, count, settings)
}

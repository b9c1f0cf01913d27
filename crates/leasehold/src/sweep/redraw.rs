//! A sweep added up and drawn again from its rows: nothing is run.

use super::folder::{self, Earlier};
use super::plan::Plan;
use super::settings::Settings;
use super::tally::Tally;
use crate::args::RowFormat;
use crate::error::Error;
use leasehold_data::SweepManifest;
use leasehold_data::numbers::plural;
use leasehold_sim::Scenario;
use std::fs;
use std::path::Path;

/// Which sweep a folder holds, all of whose rows are there, and what each seed was run under.
pub(super) fn over(folder: &Path) -> Result<(SweepManifest, Scenario, Settings), Error> {
    let bad = |why: String| Error::Bad { path: folder.to_owned(), why };
    let manifest = match folder::earlier(folder)? {
        Some(Earlier::Over(manifest)) => manifest,
        Some(Earlier::UnderWay(_)) => {
            return Err(bad("it holds a sweep that is not over: --resume ends it".to_owned()));
        }
        None => return Err(bad("there is neither a run nor a sweep in it".to_owned())),
    };
    let scenario = Scenario::parse(&manifest.text)
        .map_err(|why| bad(format!("its scenario cannot be read: {why}")))?;
    let settings = Settings::recorded(&scenario, &manifest).map_err(bad)?;
    Ok((manifest, scenario, settings))
}

/// Draws a sweep again, in its own place or elsewhere; says which one it is.
pub(crate) fn redraw(folder: &Path, out: &Path) -> Result<String, Error> {
    let (manifest, _, settings) = over(folder)?;
    let place = |path: &Path| fs::canonicalize(path).ok();
    let rows = || folder::rows(&folder::rows_of(folder), &manifest);
    if place(folder) == place(out) {
        let _lock = folder::take(folder)?;
        let mut tally = Tally::new(&manifest);
        for found in rows()? {
            let (_, row, _) = found?;
            tally.add(row);
        }
        let totals = tally.totals(&manifest, Plan::of(&manifest).seeds(), &settings)?;
        folder::show(folder, &manifest, &totals)?;
    } else {
        folder::check(out)?;
        let _lock = folder::take(out)?;
        folder::make_room(out)?;
        folder::begin(out, &manifest)?;
        folder::finish((out, RowFormat::Csv), &manifest, &settings, |put| {
            rows()?.try_for_each(|found| found.and_then(|(_, row, line)| put(&row, &line)))
        })?;
    }
    let SweepManifest { scenario, first_seed, last_seed, tool, .. } = &manifest;
    let settings = plural(settings.count() as u64, "setting");
    Ok(format!(
        "{scenario}, seeds {first_seed} to {last_seed}, {settings}, run by version {tool}\n"
    ))
}

//! A run's files: what was asked, what happened, the faults, and the charts.

use crate::command::Done;
use crate::error::Error;
use leasehold_report::{Chart, charts};
use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// Writes the files of a run into its folder. A file is complete or not there: it is written beside its place and moved.
pub(crate) fn write(run: &Done, with_charts: bool) -> Result<(), Error> {
    let folder = &run.folder;
    fs::create_dir_all(folder).map_err(|why| Error::io("make the folder", folder, why))?;
    let dataset = serde_json::to_string(&run.outcome.dataset).expect("a dataset is plain rows");
    put(&folder.join("dataset.json"), dataset.as_bytes())?;
    let scenario = run.scenario.print();
    put(&folder.join("scenario.toml"), scenario.as_bytes())?;
    if let Some(tape) = &run.outcome.tape {
        put(&folder.join("tape.toml"), tape.print().as_bytes())?;
    }
    if with_charts {
        let charts = charts(&run.outcome.dataset);
        charts.par_iter().try_for_each(|chart| draw(folder, chart))?;
    }
    Ok(())
}

fn draw(folder: &Path, chart: &Chart) -> Result<(), Error> {
    let broken = |why: leasehold_report::DrawError| Error::Chart {
        name: chart.slug.to_string(),
        why: why.to_string(),
    };
    let svg = chart.svg().map_err(broken)?;
    put(&folder.join(format!("{}.svg", chart.slug)), svg.as_bytes())?;
    let png = chart.png().map_err(broken)?;
    put(&folder.join(format!("{}.png", chart.slug)), &png)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_added_extension("part");
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|why| {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
        Error::io("write", path, why)
    })
}

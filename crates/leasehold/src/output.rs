//! A report on disk: what was asked, what happened, the faults, and the charts. As a whole, or not
//! at all.

use crate::command::Done;
use crate::error::Error;
use crate::interrupt;
use crate::whole::Whole;
use leasehold_report::{Chart, charts};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

/// A report that is being made. Dropped before it is finished, it is gone.
pub(crate) struct Report(Whole);

impl Report {
    /// Begins a report. Its place must be free, or hold an earlier report; and it must be possible
    /// to write there.
    pub(crate) fn begin(folder: &Path) -> Result<Report, Error> {
        Whole::begin(folder, replaceable).map(Report)
    }

    /// Writes the files of one run.
    pub(crate) fn write(&self, run: &Done, with_charts: bool) -> Result<(), Error> {
        let put = |name: &str, bytes: &[u8]| self.0.put(&run.inside.join(name), bytes);
        let dataset = serde_json::to_string(&run.outcome.dataset).expect("a dataset is plain rows");
        put(DATASET, dataset.as_bytes())?;
        put("scenario.toml", run.scenario.print().as_bytes())?;
        if let Some(tape) = &run.outcome.tape {
            put("tape.toml", tape.print().as_bytes())?;
        }
        if !with_charts {
            return Ok(());
        }
        charts(&run.outcome.dataset).par_iter().try_for_each(|chart| {
            let (svg, png) = draw(chart)?;
            put(&format!("{}.svg", chart.slug), svg.as_bytes())?;
            put(&format!("{}.png", chart.slug), &png)
        })
    }

    /// Moves the report to its place. An earlier one there is gone afterwards, as a whole.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.0.finish()
    }
}

/// The file by which a report is known.
const DATASET: &str = "dataset.json";

/// The ends of the names of the files that a report is made of.
const ENDS: [&str; 6] = ["json", "toml", "svg", "png", "csv", "html"];

/// Says why a folder cannot be replaced, if it holds anything but an earlier report.
fn replaceable(place: &Path) -> Result<(), String> {
    let unreadable = |why: io::Error| format!("it cannot be read ({why})");
    if !place.is_dir() {
        return Err("it is no folder".to_owned());
    }
    let entries = fs::read_dir(place).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(unreadable)?;
    if entries.is_empty() {
        return Ok(());
    }
    if !is_report(place) {
        return Err("it is not empty, and no earlier report".to_owned());
    }
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            replaceable(&path).map_err(|why| format!("in {}, {why}", name.display()))?;
        } else if !path.extension().is_some_and(|end| ENDS.iter().any(|known| end == *known)) {
            return Err(format!("beside an earlier report there is {}", name.display()));
        }
    }
    Ok(())
}

/// Whether a folder holds a dataset with our manifest.
fn is_report(place: &Path) -> bool {
    /// As much of a dataset as tells that it is one of ours.
    #[derive(Deserialize)]
    struct Known {
        manifest: BTreeMap<String, serde_json::Value>,
    }
    let Ok(file) = File::open(place.join(DATASET)) else { return false };
    let known = serde_json::from_reader::<_, Known>(BufReader::new(file));
    known.is_ok_and(|Known { manifest }| {
        ["format", "tool", "digest"].iter().all(|field| manifest.contains_key(*field))
    })
}

fn draw(chart: &Chart) -> Result<(String, Vec<u8>), Error> {
    let broken = |why: leasehold_report::DrawError| Error::Chart {
        name: chart.slug.to_string(),
        why: why.to_string(),
    };
    interrupt::check()?;
    Ok((chart.svg().map_err(broken)?, chart.png().map_err(broken)?))
}

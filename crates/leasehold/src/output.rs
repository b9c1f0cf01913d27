//! A report on disk: what was asked, what happened, the faults, and the charts.

use crate::atomic_dir::{AtomicDir, Kind};
use crate::command::Done;
use crate::error::Error;
use crate::{interrupt, source};
use leasehold_report::{Chart, charts};
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;

/// The file by which a report is known.
const DATASET: &str = "dataset.json";

/// A report: a run, and in folders the runs that it is compared with.
pub(crate) const KIND: Kind = Kind {
    name: "report",
    marker: DATASET,
    is_ours,
    files: &[
        DATASET,
        "scenario.toml",
        "tape.toml",
        "ages.svg",
        "ages.png",
        "breakers.svg",
        "breakers.png",
        "calls.svg",
        "calls.png",
        "conflicts.svg",
        "conflicts.png",
        "exposure.svg",
        "exposure.png",
        "messages.svg",
        "messages.png",
        "ownership.svg",
        "ownership.png",
        "starts.svg",
        "starts.png",
    ],
    unfinished: &[],
    nests: true,
};

/// Writes the files of one run.
pub(crate) fn write(report: &AtomicDir, run: &Done, with_charts: bool) -> Result<(), Error> {
    let put = |name: &str, bytes: &[u8]| report.put(&run.inside.join(name), bytes);
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

/// Whether a file is a dataset with our manifest.
fn is_ours(file: &Path) -> bool {
    /// As much of a dataset as tells that it is one of ours.
    #[derive(Deserialize)]
    struct Known {
        manifest: BTreeMap<String, IgnoredAny>,
    }
    source::json::<Known>(file).is_some_and(|Known { manifest }| {
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

//! A report on disk: what was asked, what happened, the faults, and the charts.
//!
//! The dataset has all that the charts are drawn from, so they can be drawn again from it alone, by
//! another version perhaps, which draws better.

use crate::atomic_dir::{AtomicDir, Purpose};
use crate::command::Done;
use crate::error::Error;
use crate::inventory::DirKind;
use crate::page::{self, Page};
use crate::{interrupt, modules, source, threads};
use leasehold_data::{Dataset, Manifest, numbers};
use leasehold_report::{Chart, charts};
use leasehold_sim::Run;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file by which a report is known.
const DATASET: &str = "dataset.json";
/// The file of what was run.
pub(crate) const SCENARIO: &str = "scenario.toml";
const TAPE: &str = "tape.toml";

/// Writes the files of one run.
pub(crate) fn write(report: &AtomicDir, run: &Done) -> Result<(), Error> {
    let put = |name: &str, bytes: &[u8]| report.put(&run.inside.join(name), bytes);
    let dataset = serde_json::to_string(&run.outcome.dataset).expect("a dataset is plain rows");
    put(DATASET, dataset.as_bytes())?;
    put(SCENARIO, modules::kept(&run.scenario, &run.folder).print().as_bytes())?;
    match &run.outcome.tape {
        Some(tape) => put(TAPE, tape.print().as_bytes()),
        None => Ok(()),
    }
}

/// Writes the files of one run, its page and its charts.
pub(crate) fn draw_run(report: &AtomicDir, done: &Done, run: &Run<'_>) -> Result<(), Error> {
    write(report, done)?;
    let Done { outcome, next, inside, .. } = done;
    let paged = || {
        let (story, timeline) = page::told(run, outcome, page::STEPS_MAX)?;
        let page = Page::of(outcome, next, story, timeline);
        report.put(&inside.join(page::JSON), page.print().as_bytes())?;
        let html =
            page.html(&outcome.dataset, &modules::kept(&done.scenario, &done.folder).print())?;
        report.put(&inside.join(page::HTML), html.as_bytes())
    };
    let (paged, drawn) = threads::both(paged, || draw_all(report, inside, &outcome.dataset));
    paged.and(drawn.map(|_| ()))
}

/// Draws all charts of a run into its part of a report; says how many there are.
fn draw_all(report: &AtomicDir, inside: &Path, dataset: &Dataset) -> Result<usize, Error> {
    let charts = charts(dataset);
    let put = |chart: &Chart| {
        let (svg, png) = draw(chart)?;
        report.put(&inside.join(format!("{}.svg", chart.slug)), svg.as_bytes())?;
        report.put(&inside.join(format!("{}.png", chart.slug)), &png)
    };
    threads::each(&charts, put)?;
    Ok(charts.len())
}

/// A run of a report as it was saved.
pub(crate) struct Saved {
    /// Where in the report it is.
    pub(crate) inside: PathBuf,
    pub(crate) dataset: Dataset,
    /// Its files that are no pictures, as they are.
    files: Vec<(&'static str, Vec<u8>)>,
    /// What its page has besides, if it has a page.
    page: Option<Page>,
    /// What was run, if that was kept.
    pub(crate) scenario: String,
}

/// Whether a folder has a report.
pub(crate) fn is_in(folder: &Path) -> bool {
    folder.join(DATASET).is_file()
}

/// Draws a report again from its datasets, and leaves it elsewhere or in its own place; says which
/// runs it has.
pub(crate) fn redraw(folder: &Path, out: &Path) -> Result<String, Error> {
    let runs = read(folder)?;
    let report = AtomicDir::begin(out, Purpose::again(DirKind::Report, folder))?;
    let mut text = String::new();
    for Saved { inside, dataset, files, page, scenario } in &runs {
        for (name, bytes) in files {
            report.put(&inside.join(name), bytes)?;
        }
        if let Some(page) = page {
            let html = page.html(dataset, scenario)?;
            report.put(&inside.join(page::HTML), html.as_bytes())?;
        }
        let charts = draw_all(&report, inside, dataset)?;
        let Manifest { scenario, seed, tool, .. } = &dataset.manifest;
        let charts = numbers::plural(charts as u64, "chart");
        text.push_str(&format!("{scenario}, seed {seed}, run by version {tool}: {charts}\n"));
    }
    report.finish()?;
    Ok(text)
}

/// Reads the runs of a report; there is one at least.
pub(crate) fn read(folder: &Path) -> Result<Vec<Saved>, Error> {
    let mut runs = Vec::new();
    saved(folder, PathBuf::new(), &mut runs)?;
    Ok(runs)
}

/// Reads the run in a folder, and those in the folders below it.
fn saved(folder: &Path, inside: PathBuf, runs: &mut Vec<Saved>) -> Result<(), Error> {
    let (text, dataset) = source::rows(&folder.join(DATASET))?;
    let mut files = vec![(DATASET, text.into_bytes())];
    for name in [SCENARIO, TAPE] {
        let path = folder.join(name);
        match source::regular(&path).and_then(|()| source::text(&path, source::TAPE_MAX)) {
            Ok(text) => files.push((name, text.into_bytes())),
            Err(Error::Io { why, .. }) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => return Err(why),
        }
    }
    let text = |wanted: &str| {
        let file = files.iter().find(|(name, _)| *name == wanted);
        file.map_or_else(String::new, |(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    };
    let scenario = text(SCENARIO);
    let page = match folder.join(page::JSON).exists() {
        true => {
            let (text, page) = source::rows(&folder.join(page::JSON))?;
            files.push((page::JSON, text.into_bytes()));
            Some(page)
        }
        false => None,
    };
    runs.push(Saved { inside: inside.clone(), dataset, files, page, scenario });
    let cannot = |why| Error::io("list", folder, why);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if is_in(&entry.path()) && entry.file_type().map_err(cannot)?.is_dir() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    names.iter().try_for_each(|name| saved(&folder.join(name), inside.join(name), runs))
}

/// A chart in both formats.
pub(crate) fn draw(chart: &Chart) -> Result<(String, Vec<u8>), Error> {
    let broken = |why: leasehold_report::DrawError| Error::Chart {
        name: chart.slug.to_string(),
        why: why.to_string(),
    };
    interrupt::check()?;
    Ok((chart.svg().map_err(broken)?, chart.png().map_err(broken)?))
}

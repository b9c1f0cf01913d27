//! A report on disk: what was asked, what happened, the faults, and the charts. As a whole, or not
//! at all.
//!
//! Everything is written into a folder beside the place where it belongs, and that folder is moved
//! there when it is complete. Whatever goes wrong before, a full disk or Ctrl-C, leaves an earlier
//! report as it was and nothing else.

use crate::command::Done;
use crate::error::Error;
use crate::interrupt;
use leasehold_report::{Chart, charts};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// A report that is being made. Dropped before it is finished, it is gone.
pub(crate) struct Report {
    /// Where it belongs.
    place: PathBuf,
    /// Where it is made.
    beside: PathBuf,
    /// Folders that had to be made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Report {
    /// Begins a report. Its place must be free, or hold an earlier report; and it must be possible
    /// to write there.
    pub(crate) fn begin(folder: &Path) -> Result<Report, Error> {
        let place = match fs::canonicalize(folder) {
            Ok(place) => {
                replaceable(&place)
                    .map_err(|why| Error::InTheWay { path: folder.to_owned(), why })?;
                place
            }
            Err(_) => folder.to_owned(),
        };
        let name = place.file_name().ok_or_else(|| {
            let why = "it has no name that could be given to a report".to_owned();
            Error::InTheWay { path: folder.to_owned(), why }
        })?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let made = missing(&parent);
        let report = Report { beside: parent.join(name), made, place };
        let cannot = |why| Error::io("make the folder", folder, why);
        fs::create_dir_all(&parent).map_err(cannot)?;
        fs::create_dir(&report.beside).map_err(cannot)?;
        // A folder can often be made where no byte can be written.
        let probe = report.beside.join("probe");
        fs::write(&probe, [0; 4096])
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|why| Error::io("write into the folder", folder, why))?;
        Ok(report)
    }

    /// Writes the files of one run.
    pub(crate) fn write(&self, run: &Done, with_charts: bool) -> Result<(), Error> {
        let folder = self.beside.join(&run.inside);
        let place = self.place.join(&run.inside);
        fs::create_dir_all(&folder).map_err(|why| Error::io("make the folder", &place, why))?;
        let put = |name: &str, bytes: &[u8]| {
            interrupt::check()?;
            fs::write(folder.join(name), bytes)
                .map_err(|why| Error::io("write", &place.join(name), why))
        };
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
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        interrupt::check()?;
        let cannot = |why| Error::io("write the folder", &self.place, why);
        let earlier = self.beside.with_extension("old");
        let replaces = self.place.exists();
        if replaces {
            fs::rename(&self.place, &earlier).map_err(cannot)?;
        }
        if let Err(why) = fs::rename(&self.beside, &self.place) {
            if replaces {
                // Better the earlier report than none.
                let _ = fs::rename(&earlier, &self.place);
            }
            return Err(cannot(why));
        }
        self.made.clear();
        if replaces {
            fs::remove_dir_all(&earlier)
                .map_err(|why| Error::io("remove the earlier report", &earlier, why))?;
        }
        Ok(())
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // What cannot be removed stays: there is nothing more to be done about it.
        let _ = fs::remove_dir_all(&self.beside);
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
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

/// The folders that would have to be made for this one to be there, the innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| **folder != *Path::new("") && !folder.exists();
    folder.ancestors().take_while(is_missing).map(Path::to_owned).collect()
}

fn draw(chart: &Chart) -> Result<(String, Vec<u8>), Error> {
    let broken = |why: leasehold_report::DrawError| Error::Chart {
        name: chart.slug.to_string(),
        why: why.to_string(),
    };
    interrupt::check()?;
    Ok((chart.svg().map_err(broken)?, chart.png().map_err(broken)?))
}

//! Reads the files that people hand over, none of them further than it makes sense.

use crate::error::{self, Error};
use crate::modules;
use crate::sample::{self, Measure};
use crate::snippet;
use leasehold_data::FORMAT;
use leasehold_sim::scenario::{Distribution, Drawn, LOG_MAX, Measured, Protocol, TEXT_MAX};
use leasehold_sim::{Scenario, Seed, Simulate, Tape, shipped};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest tape that is read, in bytes: one of a million faults fits.
pub(crate) const TAPE_MAX: usize = 64_000_000;

/// Reads a scenario, and says what in it does nothing.
pub(crate) fn scenario(path: &Path) -> Result<(Scenario, Option<Warnings>), Error> {
    let text = text(path, TEXT_MAX)?;
    let found = |mut scenario: Scenario| {
        modules::found(&mut scenario, |named| beside(path, named));
        scenario
    };
    match Scenario::read(&text) {
        Ok((scenario, problems)) if problems.0.is_empty() => Ok((found(scenario), None)),
        Ok((scenario, problems)) => Ok((found(scenario), Some(Warnings { text, problems }))),
        Err(problems) => Err(mistakes(path, text, problems)),
    }
}

/// What in a file does nothing.
pub(crate) struct Warnings {
    text: String,
    problems: leasehold_sim::Problems,
}

/// Reads a scenario and the samples that it names: with their quantiles in their place, it says
/// all that there is to say about a run. People are told what in it does nothing.
pub(crate) fn whole_scenario(path: &Path) -> Result<Scenario, Error> {
    let (mut scenario, warnings) = scenario(path)?;
    if let Some(Warnings { text, problems }) = warnings {
        error::complain(&snippet::drawn(path, &text, &problems));
    }
    read_samples(path, &mut scenario)?;
    Ok(scenario)
}

/// The same of a scenario that a program has written: nobody is told what in it does nothing.
pub(crate) fn recorded_scenario(path: &Path) -> Result<Scenario, Error> {
    let (mut scenario, _) = scenario(path)?;
    read_samples(path, &mut scenario)?;
    Ok(scenario)
}

/// What a seed makes of a scenario from this file, with the samples that were drawn.
pub(crate) fn drawn(path: &Path, scenario: &Scenario, seed: u64) -> Result<Drawn, Error> {
    let bad =
        |why: leasehold_sim::Problems| Error::Bad { path: path.to_owned(), why: why.to_string() };
    let mut drawn = scenario.drawn(&Seed::of(seed)).map_err(bad)?;
    read_samples(path, &mut drawn.scenario)?;
    Ok(drawn)
}

/// Reads the files that a scenario names, each of them once.
pub(crate) fn read_samples(path: &Path, scenario: &mut Scenario) -> Result<(), Error> {
    let mut had: BTreeMap<String, Distribution> = BTreeMap::new();
    for (field, distribution) in scenario.distributions_mut() {
        let Distribution::Measured(Measured { from }) = distribution else { continue };
        let from = from.clone();
        if from.is_empty() {
            let why = format!("{field}.from is empty; allowed: the path of a file");
            return Err(Error::Bad { path: path.to_owned(), why });
        }
        let sample = match had.get(&from) {
            Some(sample) => sample.clone(),
            None => sample::sample(&beside(path, &from), Measure::of(&field))
                .map_err(|why| of_field(path, &field, why))?,
        };
        *distribution = sample.clone();
        had.insert(from, sample);
    }
    read_log(path, scenario)
}

/// Reads what players do, if a scenario names a file of that.
fn read_log(path: &Path, scenario: &mut Scenario) -> Result<(), Error> {
    let Some(file) = scenario.unread_log().map(|named| beside(path, named)) else { return Ok(()) };
    let bad =
        |why: String| Error::Bad { path: path.to_owned(), why: format!("players.trace: {why}") };
    let text = regular(&file).and_then(|()| text(&file, LOG_MAX)).map_err(|why| match why {
        Error::Io { .. } | Error::Bad { .. } => bad(why.to_string()),
        other => other,
    })?;
    scenario.replay(&text).map_err(|why| bad(format!("{}: {why}", file.display())))
}

/// What is wrong with a file that a scenario names, with the field that names it.
fn of_field(scenario: &Path, field: &str, why: Error) -> Error {
    match why {
        Error::Io { .. } | Error::Bad { .. } => {
            Error::Bad { path: scenario.to_owned(), why: format!("{field}.from: {why}") }
        }
        other => other,
    }
}

/// Whether the scenario in a file, or what a seed draws in it, names other files.
pub(crate) fn names_samples(path: &Path, seed: u64) -> Result<bool, Error> {
    let (mut scenario, _) = scenario(path)?;
    let bad =
        |why: leasehold_sim::Problems| Error::Bad { path: path.to_owned(), why: why.to_string() };
    let mut drawn = scenario.drawn(&Seed::of(seed)).map_err(bad)?.scenario;
    if scenario.unread_log().is_some() {
        return Ok(true);
    }
    let mut all = scenario.distributions_mut().into_iter().chain(drawn.distributions_mut());
    Ok(all.any(|(_, known)| matches!(known, Distribution::Measured(_))))
}

/// Refuses what is no regular file where one is meant: a pipe would be waited for, and a device
/// has no end.
pub(crate) fn regular(path: &Path) -> Result<(), Error> {
    let is = fs::metadata(path).map_err(|why| Error::io("read", path, why))?;
    let what = match is.is_dir() {
        true => "it is a folder, not a file",
        false if !is.is_file() => "it is no regular file",
        false => return Ok(()),
    };
    Err(Error::Bad { path: path.to_owned(), why: what.to_owned() })
}

/// The same where there may be nothing yet.
pub(crate) fn regular_or_none(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() { Ok(()) } else { regular(path) }
}

/// A file that a scenario names: relative to the scenario's own folder. One that comes from a pipe
/// has none: relative to the current folder.
fn beside(scenario: &Path, named: &str) -> PathBuf {
    let pipe = ["/dev", "/proc"].iter().any(|folder| scenario.starts_with(folder));
    match scenario.parent().filter(|_| !pipe) {
        Some(folder) => folder.join(named),
        None => PathBuf::from(named),
    }
}

/// How a file is called in what is left behind: one name for `a/x.toml` and `./a/x.toml`, and two
/// for two files, whatever bytes are in their names.
pub(crate) fn spelled(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    let path: PathBuf = path.components().collect();
    path.to_str().map_or_else(|| format!("{path:?}"), str::to_owned)
}

/// Reads a tape.
pub(crate) fn tape(path: &Path) -> Result<Tape, Error> {
    let text = text(path, TAPE_MAX)?;
    Tape::parse(&text).map_err(|problems| mistakes(path, text, problems))
}

fn mistakes(path: &Path, text: String, problems: leasehold_sim::Problems) -> Error {
    Error::Mistakes { path: path.to_owned(), text, problems }
}

/// The longest file of rows that is read, in bytes. A run keeps a few million at the most.
const ROWS_MAX: usize = 256_000_000;

/// Reads rows that a run has left, and its text: of the one format that this version reads.
pub(crate) fn rows<T: DeserializeOwned>(path: &Path) -> Result<(String, T), Error> {
    /// As much of them as tells their format.
    #[derive(Deserialize)]
    struct Known {
        manifest: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        format: u64,
        tool: String,
    }
    regular(path)?;
    let text = text(path, ROWS_MAX)?;
    let bad = |why: String| Error::Bad { path: path.to_owned(), why };
    let broken = |why: serde_json::Error| bad(format!("it is broken: {why}"));
    let Version { format, tool } = serde_json::from_str::<Known>(&text).map_err(broken)?.manifest;
    if format != u64::from(FORMAT) {
        return Err(bad(format!(
            "version {tool} wrote it in format {format}; this version reads format {FORMAT}"
        )));
    }
    let rows = serde_json::from_str(&text).map_err(broken)?;
    Ok((text, rows))
}

/// A file's text, if it is no longer than `max` bytes. A longer one is not read to its end, which
/// it may not even have.
pub(crate) fn text(path: &Path, max: usize) -> Result<String, Error> {
    let cannot = |why| Error::io("read", path, why);
    let bad = |why: String| Error::Bad { path: path.to_owned(), why };
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.is_dir() {
        return Err(bad("it is a folder, not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > max {
        return Err(bad(format!("it has more than {max} bytes, which is the most that is read")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        bad(format!("it is not UTF-8 text: byte {} cannot be read", at + 1))
    })
}

/// What a scenario means: a simulation of the library that it names.
pub(crate) fn simulation(
    path: &Path,
    name: &str,
    scenario: &Scenario,
) -> Result<Box<dyn Simulate>, Error> {
    if scenario.protocol == Protocol::Module {
        return modules::simulation(path, name, scenario);
    }
    shipped(name, scenario)
        .map_err(|problems| Error::Bad { path: path.to_owned(), why: problems.to_string() })
}

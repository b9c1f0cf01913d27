//! `leasehold list`: what there is to run, here and in the program, and the names that a scenario
//! can use.

use crate::args;
use crate::catalog::{self, Shipped};
use crate::error::Error;
use crate::printable;
use crate::{source, stdout};
use leasehold_sim::scenario::NumberBound;
use leasehold_sim::scenario::{CALL_PRESETS, MARKS, MESSAGE_PRESETS, PROTOCOLS};
use leasehold_sim::{HARMS, INVARIANTS, Invariant};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The scenarios of a folder; then protocols, latencies, invariants and marks.
pub(crate) fn list(args: &args::List) -> Result<(), Error> {
    let own = Path::new(args::SIMS);
    // Where nobody keeps scenarios there is still something to list.
    let paths = match args.folder == own && !own.exists() {
        true => Vec::new(),
        false => scenarios(&args.folder)?,
    };
    let mut text = String::new();
    let (mut code, mut rows) = (0, Vec::<Row>::new());
    for path in &paths {
        let (protocol, title) = match source::scenario(path) {
            Ok((scenario, _)) => {
                (scenario.protocol.name(), printable::line(&scenario.title).into_owned())
            }
            // Bugs and reports have one beside their scenario.
            Err(_) if source::tape(path).is_ok() => continue,
            Err(error) => {
                code = if code == 2 { 2 } else { error.code() };
                ("-", format!("not valid: see `leasehold check {}`", path.display()))
            }
        };
        rows.push((name(&args.folder, path), protocol, title));
    }
    let shipped = if args.folder == own { others(&rows) } else { Vec::new() };
    if !rows.is_empty() || shipped.is_empty() {
        let _ = writeln!(text, "Scenarios in {}", args.folder.display());
        told(&mut text, &rows);
    }
    if !shipped.is_empty() {
        text.push_str("Shipped scenarios: `leasehold new --from NAME` writes a copy of one\n");
        told(&mut text, &shipped);
    }
    names_of(&mut text);
    stdout::put(&text)?;
    if code == 0 { Ok(()) } else { Err(Error::Told { code }) }
}

/// A scenario's name, its protocol and its title.
type Row = (String, &'static str, String);

fn told(text: &mut String, rows: &[Row]) {
    if rows.is_empty() {
        text.push_str("  none; `leasehold new NAME` writes one\n");
    }
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    for (name, protocol, title) in rows {
        let _ = writeln!(text, "  {name:width$}  {protocol:16}  {title}");
    }
}

/// What is shipped and is not among these.
fn others(rows: &[Row]) -> Vec<Row> {
    let is_there = |name: &str| rows.iter().any(|(there, ..)| there == name);
    let others = catalog::all().into_iter().filter(|one| !is_there(one.name));
    let row = |one: Shipped| {
        let scenario = one.scenario();
        (one.name.to_owned(), scenario.protocol.name(), scenario.title)
    };
    others.map(row).collect()
}

fn names_of(text: &mut String) {
    let _ = writeln!(text, "\nProtocols  {}", PROTOCOLS.join(", "));
    let (calls, messages) = (CALL_PRESETS.join(", "), MESSAGE_PRESETS.join(", "));
    let _ = writeln!(text, "Latencies  {calls} (datastore); {messages} (messaging)");
    text.push_str("\nInvariants\n");
    for Invariant { name, promise, .. } in INVARIANTS {
        let _ = writeln!(text, "  {name:28}  {promise}");
    }
    text.push_str("\nHarm\n");
    for Invariant { name, promise, .. } in HARMS {
        let _ = writeln!(text, "  {name:28}  {promise}");
    }
    let numbers: Vec<&str> = NumberBound::names().collect();
    let _ = writeln!(text, "\nNumbers that [expect] can bound\n  {}", numbers.join("\n  "));
    text.push_str("\nMarks\n");
    let mut marks = MARKS.to_vec();
    marks.sort_unstable();
    for mark in marks {
        let _ = writeln!(text, "  {mark}");
    }
}

/// A scenario's path in the folder, without its ending.
fn name(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    inside.with_extension("").to_string_lossy().into_owned()
}

/// The TOML files of a folder, in the order of their names; then those of its folders.
fn scenarios(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let cannot = |why| Error::io("list the scenarios of", folder, why);
    let (mut paths, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "toml") && path.is_file() {
            paths.push(path);
        } else if entry.file_type().map_err(cannot)?.is_dir() {
            // A folder that is a link may lead back here.
            folders.push(path);
        }
    }
    paths.sort();
    folders.sort();
    for folder in folders {
        paths.extend(scenarios(&folder)?);
    }
    Ok(paths)
}

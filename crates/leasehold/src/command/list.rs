//! `leasehold list`: what there is to run, and the names that a scenario can use.

use crate::args;
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
    let mut text = format!("Scenarios in {}\n", args.folder.display());
    if paths.is_empty() {
        text.push_str("  none; `leasehold new NAME` writes one\n");
    }
    let (mut code, mut rows) = (0, Vec::new());
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
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    for (name, protocol, title) in rows {
        let _ = writeln!(text, "  {name:width$}  {protocol:16}  {title}");
    }
    names_of(&mut text);
    stdout::put(&text)?;
    if code == 0 { Ok(()) } else { Err(Error::Told { code }) }
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

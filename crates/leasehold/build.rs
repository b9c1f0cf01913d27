//! Puts the shipped scenarios into the program, so that they are there wherever it is installed.
//!
//! Those of the project are in `sims` at its root; a packaged crate has a copy of its own, which a
//! link in the crate's folder makes. Where a link cannot be checked out, the root is looked at.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What runs modules that others have written and npm has: there is nothing of them in a program.
const MODULES: &str = "modules";

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let places = [here.join("sims"), here.join("../../sims")];
    let sims = places.iter().find(|place| place.is_dir()).ok_or("there is no folder sims")?;
    let sims = sims.canonicalize()?;
    println!("cargo::rerun-if-changed={}", sims.display());
    let mut files = Vec::new();
    gather(&sims, "", &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in files {
        writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("sims.rs"), list)?;
    Ok(())
}

/// The files of a folder and its folders, by their names from the root, with slashes.
fn gather(
    folder: &Path,
    inside: &str,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name is no text")?;
        let name = format!("{inside}{name}");
        if name == MODULES {
            continue;
        }
        if path.is_dir() {
            gather(&path, &format!("{name}/"), files)?;
        } else if [".toml", ".csv"].iter().any(|end| name.ends_with(end)) {
            files.push((name, path));
        }
    }
    Ok(())
}

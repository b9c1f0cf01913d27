//! The shipped scenarios, for the tests and the benchmark beside this file.

use leasehold_sim::{Luck, Outcome, Scenario, run};
use std::path::{Path, PathBuf};

/// A file or folder of the project, by its path from the root.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The names of all shipped scenarios, sorted.
///
/// # Panics
/// If the folder of scenarios cannot be read.
pub fn shipped() -> Vec<String> {
    let folder = std::fs::read_dir(project("sims")).expect("the project ships scenarios");
    let names = folder.filter_map(|entry| {
        let path = entry.expect("a folder that opens can be read").path();
        let is_scenario = path.extension().is_some_and(|end| end == "toml");
        is_scenario.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A shipped scenario.
///
/// # Panics
/// If it cannot be read: a shipped scenario is right.
pub fn scenario(name: &str) -> Scenario {
    let path = project("sims").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a shipped scenario can be read");
    Scenario::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A run of a shipped scenario.
pub fn simulate(name: &str, seed: u64) -> Outcome {
    run(name, &scenario(name), Luck::of(seed), None, &mut |_| {})
}

/// A run of a shipped scenario's variant.
///
/// # Panics
/// If it has none of this name.
pub fn variant(name: &str, variant: &str, seed: u64) -> Outcome {
    let scenario = scenario(name).drawn(&Luck::of(seed)).expect("it can be drawn").scenario;
    let named = scenario.compare.iter().find(|known| known.name == variant).expect(variant);
    run(variant, &scenario.variant(named), Luck::of(seed), None, &mut |_| {})
}

//! The shipped scenarios, for the tests and the benchmark beside this file.

#[cfg(unix)]
pub mod hostile;
pub mod planted;

use leasehold_data::{Quantiles, Summary};
use leasehold_sim::{Outcome, Scenario, Seed, Tape, shipped as simulation};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// A file or folder of the project, by its path from the root.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// All files below a folder of the project whose names end so, sorted.
///
/// # Panics
/// If the folder cannot be read.
pub fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the project can be read") {
            let path = entry.expect("a folder that opens can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                walk(&path, end, found);
            } else if path.extension().is_some_and(|its| its == end) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&project(folder), end, &mut found);
    found.sort();
    found
}

/// What the project says to people: the documents at its root, the manual, the gallery's page.
///
/// # Panics
/// If there is no manual.
pub fn documents() -> Vec<PathBuf> {
    let root = ["README", "ARCHITECTURE", "DESIGN", "CONTRIBUTING", "CHANGELOG", "reports/README"];
    let root = root.map(|name| project(&format!("{name}.md")));
    [root.to_vec(), files("docs", "md")].concat()
}

/// The names of all shipped scenarios, sorted: their paths in `sims`, without the ending.
///
/// # Panics
/// If the folder of scenarios cannot be read.
pub fn shipped() -> Vec<String> {
    let mut names = Vec::new();
    gather(&project("sims"), "", &mut names);
    names.sort();
    names
}

fn gather(folder: &Path, inside: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the project ships scenarios") {
        let path = entry.expect("a folder that opens can be read").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        // What needs modules that npm has is tested where they are.
        if stem == "modules" {
            continue;
        }
        if path.is_dir() {
            gather(&path, &format!("{inside}{stem}/"), names);
        } else if path.extension().is_some_and(|end| end == "toml") {
            names.push(format!("{inside}{stem}"));
        }
    }
}

/// A shipped scenario.
///
/// # Panics
/// If it cannot be read: a shipped scenario is right.
pub fn scenario(name: &str) -> Scenario {
    let path = project("sims").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a shipped scenario can be read");
    let mut scenario =
        Scenario::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    if let Some(log) = scenario.unread_log().map(|name| path.with_file_name(name)) {
        let rows = std::fs::read_to_string(&log).expect("a shipped log can be read");
        scenario.replay(&rows).unwrap_or_else(|why| panic!("{}: {why}", log.display()));
    }
    scenario
}

/// A run of a scenario, under the shipped protocol that it names.
///
/// # Panics
/// If the scenario does not hold what it must.
pub fn run(name: &str, scenario: &Scenario, seed: Seed, tape: Option<&Tape>) -> Outcome {
    let simulation = simulation(name, scenario).unwrap_or_else(|why| panic!("{name}: {why}"));
    let run = simulation.seeded(seed);
    match tape {
        Some(tape) => run.tape(tape).run(),
        None => run.run(),
    }
}

/// A run of a scenario that several tests look at: each is run once a process, whoever asks for it.
pub fn known(scenario: &Scenario, seed: &Seed) -> Outcome {
    type Runs = BTreeMap<(String, String), Arc<OnceLock<Outcome>>>;
    static RUNS: Mutex<Runs> = Mutex::new(BTreeMap::new());
    let asked = (scenario.print(), format!("{seed:?}"));
    let one = RUNS.lock().expect("nobody panics with it").entry(asked).or_default().clone();
    one.get_or_init(|| run("shipped", scenario, seed.clone(), None)).clone()
}

/// A run of a shipped scenario.
pub fn simulate(name: &str, seed: u64) -> Outcome {
    known(&scenario(name), &Seed::of(seed))
}

/// How long the granted starts of a run took.
///
/// # Panics
/// If none was granted.
pub fn starts(summary: &Summary) -> &Quantiles {
    summary.start_latency.as_ref().expect("some starts were granted")
}

/// A run of a shipped scenario's variant.
///
/// # Panics
/// If it has none of this name.
pub fn variant(name: &str, variant: &str, seed: u64) -> Outcome {
    let scenario = scenario(name).drawn(&Seed::of(seed)).expect("it can be drawn").scenario;
    let named = scenario.compare.iter().find(|known| known.name == variant).expect(variant);
    known(&scenario.variant(named), &Seed::of(seed))
}

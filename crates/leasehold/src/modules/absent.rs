//! Modules in a program that was built without what runs them: a sentence.

use crate::error::Error;
use leasehold_sim::{Scenario, Simulate};
use std::path::Path;

/// Nothing that could be told from what is recorded.
pub(crate) fn hash(scenario: &Scenario) -> String {
    scenario.module.hash.clone()
}

/// That there is no way to run it.
pub(crate) fn simulation(
    path: &Path,
    _name: &str,
    _scenario: &Scenario,
) -> Result<Box<dyn Simulate>, Error> {
    Err(Error::Bad { path: path.to_owned(), why: format!("protocol = \"module\" {TAKES}") })
}

/// The same.
pub(crate) fn perturbed(
    path: &Path,
    name: &str,
    scenario: &Scenario,
    _objects: u32,
) -> Result<Box<dyn Simulate>, Error> {
    simulation(path, name, scenario)
}

/// What it would take.
const TAKES: &str = "takes a program with the feature `luau`, and this one has none: cargo run \
                     --release --features luau -- ..., with a C++ compiler";

/// That there is none to begin with.
pub(crate) fn template() -> Result<&'static str, Error> {
    Err(Error::Bad { path: "--module".into(), why: format!("it {TAKES}") })
}

/// The same, of what was to be looked into.
pub(crate) fn lint(_path: &Path, _scenario: &Scenario) -> Result<Vec<String>, Error> {
    Ok(vec!["its module is not looked into: this program has no feature `luau`".to_owned()])
}

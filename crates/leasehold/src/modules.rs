//! Modules in Luau that a scenario names: where their files are, and a simulation of them.
//!
//! A scenario in memory names files as they are found from here, the current folder; one on disk
//! names them as they are found from its own folder. Whoever reads or writes one translates, so a
//! folder of results and its modules can be moved together.

use leasehold_sim::Scenario;
use std::path::{Component, Path, PathBuf};

/// The paths in a scenario that was read from a folder, as they are found from here.
pub(crate) fn found(scenario: &mut Scenario, from: impl Fn(&str) -> PathBuf) {
    for path in scenario.module_paths_mut() {
        *path = from(path).to_string_lossy().into_owned();
    }
}

/// The scenario as it is written into a folder: with paths as they are found from there, and with
/// what its module is at present.
pub(crate) fn kept(scenario: &Scenario, folder: &Path) -> Scenario {
    let mut kept = scenario.clone();
    for path in kept.module_paths_mut() {
        *path = from_folder(folder, path);
    }
    kept.module.hash = if kept.compare.is_empty() { hash(scenario) } else { String::new() };
    kept
}

/// How a path is found from a folder. An absolute one stays as it is.
fn from_folder(folder: &Path, path: &str) -> String {
    if Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let (Some(to), Some(from)) = (plain(Path::new(path)), plain(folder)) else {
        return path.to_owned();
    };
    let shared = to.iter().zip(&from).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    up.chain(to[shared..].iter().cloned()).collect::<Vec<_>>().join("/")
}

/// The names on the way from the root to a path, if they can be written down.
fn plain(path: &Path) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for component in std::path::absolute(path).ok()?.components() {
        match component {
            Component::ParentDir => drop(names.pop()),
            Component::Normal(name) => names.push(name.to_str()?.to_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(names)
}

#[cfg(not(feature = "luau"))]
mod absent;
#[cfg(feature = "luau")]
mod hosted;
#[cfg(feature = "luau")]
mod lint;

#[cfg(not(feature = "luau"))]
pub(crate) use absent::{hash, lint, perturbed, simulation, template};
#[cfg(feature = "luau")]
pub(crate) use hosted::{hash, perturbed, simulation, template};
#[cfg(feature = "luau")]
pub(crate) use lint::lint;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_file_from_another_folder() {
        for (folder, path, from_there) in [
            ("reports/a-1", "node_modules/x/init.luau", "../../node_modules/x/init.luau"),
            ("reports/a-1", "reports/a-1/x.luau", "x.luau"),
            ("bugs/a", "./sims/../x.luau", "../../x.luau"),
            ("../b", "x.luau", &format!("../{}/x.luau", here())),
            ("bugs/a", "/usr/x.luau", "/usr/x.luau"),
        ] {
            assert_eq!(from_folder(Path::new(folder), path), from_there, "{path} from {folder}");
        }
    }

    fn here() -> String {
        let here = std::env::current_dir().expect("there is a current folder");
        here.file_name().expect("it has a name").to_string_lossy().into_owned()
    }
}

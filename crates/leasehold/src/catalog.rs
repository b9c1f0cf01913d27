//! The scenarios that come with the program, wherever it is installed.

use crate::error::Error;
use leasehold_sim::Scenario;
use std::path::Path;

/// Every file of `sims`, by its name from there with slashes, and its text; in the order of names.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sims.rs"));

const END: &str = ".toml";

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shipped {
    /// Its path in `sims`, without the ending: `profile-store/crash`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All of them, in the order of their names; those of folders come last.
pub(crate) fn all() -> Vec<Shipped> {
    let named = |(name, text): &(&'static str, &'static str)| {
        name.strip_suffix(END).map(|name| Shipped { name, text })
    };
    let mut all: Vec<Shipped> = FILES.iter().filter_map(named).collect();
    all.sort_by_key(|one| (one.name.contains('/'), one.name));
    all
}

impl Shipped {
    /// The one of this name.
    pub(crate) fn named(name: &str) -> Result<Shipped, Error> {
        let name = name.strip_suffix(END).unwrap_or(name);
        let known = |one: &Shipped| one.name == name;
        let last = |one: &Shipped| one.last() == name;
        let all = all();
        let found = all.iter().find(|one| known(one)).or_else(|| all.iter().find(|one| last(one)));
        found.copied().ok_or_else(|| {
            let why = "no scenario of this name is shipped; `leasehold list` has all of them";
            Error::Bad { path: name.into(), why: why.to_owned() }
        })
    }

    /// Its name without its folder.
    pub(crate) fn last(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// The scenario, with the log of players that it names.
    ///
    /// # Panics
    /// If it is not valid: what is shipped is.
    pub(crate) fn scenario(&self) -> Scenario {
        let mut scenario = Scenario::parse(self.text).expect("a shipped scenario is valid");
        if let Some((_, rows)) = self.log() {
            scenario.replay(rows).expect("a shipped log is valid");
        }
        scenario
    }

    /// The name and the text of the log of players that it names, if it names one.
    pub(crate) fn log(&self) -> Option<(String, &'static str)> {
        let scenario = Scenario::parse(self.text).expect("a shipped scenario is valid");
        let named = scenario.unread_log()?;
        let path = Path::new(self.name).with_file_name(named);
        let known = |(name, _): &&(&str, &str)| Path::new(name) == path;
        let (_, text) = FILES.iter().find(known).expect("what is shipped names what is shipped");
        Some((named.to_owned(), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_sim::shipped as simulation;

    #[test]
    fn whatever_is_shipped_is_whole_and_can_be_run() {
        let all = all();
        assert!(all.len() > 40, "{}", all.len());
        for one in all {
            let made = simulation(one.name, &one.scenario());
            assert!(made.is_ok(), "{}: {:?}", one.name, made.err());
        }
    }

    #[test]
    fn they_are_found_by_their_whole_name_or_its_last_part() {
        let name = |asked: &str| Shipped::named(asked).map(|one| one.name).ok();
        assert_eq!(name("crashes"), Some("crashes"));
        assert_eq!(name("crashes.toml"), Some("crashes"));
        assert_eq!(name("profile-store/crash"), Some("profile-store/crash"));
        assert_eq!(name("crash"), Some("profile-store/crash"));
        assert_eq!(name("nothing"), None);
    }
}

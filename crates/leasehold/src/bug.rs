//! A bug on disk: a scenario and a tape of a few lines that fail in a known way, and what has
//! become of it since.
//!
//! ```text
//!   bugs/NAME/scenario.toml   the world, without whatever is the default anyway
//!   bugs/NAME/tape.toml       its faults; which class of violation they showed, and under which digest
//! ```

use crate::atomic_dir::AtomicDir;
use crate::error::Error;
use crate::{interrupt, modules, source};
use leasehold_sim::scenario::TEXT_MAX;
use leasehold_sim::{Class, Outcome, Scenario, Seed, Shrunk, Tape, Wanted};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The file of its world.
pub(crate) const SCENARIO: &str = "scenario.toml";
/// The file of its faults.
pub(crate) const TAPE: &str = "tape.toml";

/// How wide the comment at the top of a file is.
const WIDTH: usize = 90;

/// A bug that could be read.
pub(crate) struct Bug {
    /// The name of its folder.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) tape: Tape,
    /// The class that it is about; any if nobody has said.
    pub(crate) wanted: Option<Wanted>,
    /// Whether its scenario names samples, which are files of their own.
    pub(crate) names_samples: bool,
    /// Its files as they are: the scenario, the tape.
    pub(crate) texts: [String; 2],
}

/// What has become of a bug.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Now {
    /// It is there; and whether the run is the recorded one, to the last step.
    StillFails { class: String, same: bool },
    /// It is not, and something is broken that was not broken beside it.
    FailsOtherwise(Vec<Class>),
    /// All that the tape names came up, and nothing is broken but what was broken beside it.
    Passes,
    /// Its files cannot be understood, or what the tape names does not come up. Why.
    NoLongerApplies(String),
}

/// Writes the files of a bug, and moves them to their place, unless a bug of another class is
/// there: this search would not find that one again.
pub(crate) fn write(dir: AtomicDir, folder: &Path, shrunk: &Shrunk) -> Result<(), Error> {
    let class = shrunk.bug.class.name();
    let there = source::tape(&folder.join(TAPE)).map(|tape| tape.origin.class).unwrap_or_default();
    if !there.is_empty() && there != class {
        return Err(Error::InTheWay {
            path: folder.to_owned(),
            why: format!("it is a bug of another class, {there}; `--out` leads {class} elsewhere"),
        });
    }
    let (scenario, tape) = texts(shrunk, folder);
    dir.put(Path::new(SCENARIO), scenario.as_bytes())?;
    dir.put(Path::new(TAPE), tape.as_bytes())?;
    dir.finish()
}

fn texts(shrunk: &Shrunk, folder: &Path) -> (String, String) {
    let bug = &shrunk.bug;
    let scenario = modules::kept(&bug.scenario, folder);
    let head = comment(&format!("{}. {}.", bug.class, shrunk.sentence()));
    (head + &scenario.to_string(), bug.tape.print())
}

/// A text as a comment of a TOML file.
fn comment(text: &str) -> String {
    let (mut comment, mut line) = (String::new(), "#".to_owned());
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            comment.push_str(&line);
            comment.push('\n');
            line = "#".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    comment + &line + "\n"
}

/// The folders in a folder of bugs, in the order of their names; or a bug alone. Hidden ones are
/// none.
pub(crate) fn all(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if folder.join(TAPE).exists() {
        return Ok(vec![folder.to_owned()]);
    }
    let cannot = |why| Error::io("list the bugs of", folder, why);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads a bug.
pub(crate) fn read(folder: &Path) -> Result<Bug, Error> {
    let (path, tape_path) = (folder.join(SCENARIO), folder.join(TAPE));
    source::regular(&path)?;
    source::regular(&tape_path)?;
    let scenario = source::recorded_scenario(&path)?;
    let tape = source::tape(&tape_path)?;
    let texts = [source::text(&path, TEXT_MAX)?, source::text(&tape_path, source::TAPE_MAX)?];
    let names_samples = source::names_samples(&path, tape.origin.seed)?;
    let scenario = source::drawn(&path, &scenario, tape.origin.seed)?.scenario;
    let wanted = match tape.origin.class.as_str() {
        "" => None,
        class => Some(class.parse().map_err(|why: String| Error::Bad {
            path: tape_path.clone(),
            why: format!("its class is {class:?}, and {why}"),
        })?),
    };
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    Ok(Bug { name, scenario, tape, wanted, names_samples, texts })
}

impl Bug {
    /// The seed that it was recorded with.
    fn seed(&self) -> Seed {
        Seed { root: self.tape.origin.seed, forks: self.tape.origin.forks.clone() }
    }

    /// Runs it again; or nothing, if somebody wants an end.
    pub(crate) fn run(&self) -> Result<Now, Error> {
        let mut go_on = |_| match interrupt::asked() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let name = &self.tape.origin.scenario;
        let simulation = source::simulation(Path::new(&self.name), name, &self.scenario)?;
        let run = simulation.seeded(self.seed()).tape(&self.tape);
        let outcome = run.run_until(&mut go_on);
        Ok(self.judged(&outcome.ok_or(Error::Interrupted)?))
    }

    /// A bug is its class: what else its run has always broken is no sign of it.
    fn judged(&self, outcome: &Outcome) -> Now {
        let there = Class::all(&outcome.dataset.invariants);
        let all = Class::all(outcome.dataset.findings());
        let beside = |class: &Class| self.tape.origin.beside.contains(&class.name());
        let is_it = |class: &&Class| self.wanted.as_ref().is_none_or(|wanted| wanted.is(class));
        let same = outcome.dataset.manifest.digest == self.tape.origin.digest;
        let unreached = outcome.unreached.len() + self.tape.unknown.len();
        if let Some(class) = all.iter().find(is_it) {
            Now::StillFails { class: class.to_string(), same }
        } else if !there.iter().all(beside) {
            Now::FailsOtherwise(there.into_iter().filter(|class| !beside(class)).collect())
        } else if unreached > 0 {
            let first = outcome.unreached.first().map(ToString::to_string);
            let first = first.or_else(|| self.tape.unknown.first().cloned()).unwrap_or_default();
            let all = self.tape.faults.len() + self.tape.unknown.len();
            Now::NoLongerApplies(format!(
                "{unreached} of {all} faults on the tape did not come up, such as {first:?}"
            ))
        } else {
            Now::Passes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_has_short_lines_and_all_words() {
        let text = "word ".repeat(60);
        let comment = comment(&text);
        assert!(comment.lines().all(|line| line.starts_with("# ") && line.len() <= WIDTH));
        assert_eq!(comment.matches("word").count(), 60);
        assert!(comment.ends_with('\n'));
    }
}

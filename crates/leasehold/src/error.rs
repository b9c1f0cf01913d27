//! What can go wrong outside the simulation, and the exit code of each end.

use crate::{printable, snippet};
use leasehold_sim::{Difference, Problems, Verdict};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) enum Error {
    /// What was typed, or a file, is not what it should be.
    Bad { path: PathBuf, why: String },
    /// A file says things that it must not; it is drawn with the lines in question.
    Mistakes { path: PathBuf, text: String, problems: Problems },
    /// Several files were looked at, and what is wrong with them has been told.
    Told { code: u8 },
    /// A file could not be read or written.
    Io { what: &'static str, path: PathBuf, why: io::Error },
    /// Something is in the way of what would be written. It stays as it is.
    InTheWay { path: PathBuf, why: String },
    /// A chart could not be drawn.
    Chart { name: String, why: String },
    /// The system gives no more threads.
    Threads { jobs: usize, why: String },
    /// Two runs of the same world were not the same: the one promise that the tool itself makes.
    Differs { name: String, difference: Difference },
    /// A module's run hangs on where its objects are in memory: the first step that does.
    Perturbed { name: String, step: String },
    /// Somebody pressed Ctrl-C, or the system asked for an end.
    Interrupted,
    /// So they did, and what was done by then is kept.
    Paused { path: PathBuf },
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path, why: io::Error) -> Error {
        Error::Io { what, path: path.to_owned(), why }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Error::Bad { .. } | Error::Mistakes { .. } => 2,
            Error::Told { code } => *code,
            Error::Differs { .. } | Error::Perturbed { .. } => 1,
            Error::Io { .. }
            | Error::InTheWay { .. }
            | Error::Chart { .. }
            | Error::Threads { .. } => 5,
            Error::Interrupted | Error::Paused { .. } => 130,
        }
    }

    /// Tells people, on the standard error output.
    pub(crate) fn tell(&self) {
        match self {
            Error::Told { .. } => {}
            Error::Mistakes { path, text, problems } => {
                complain(&snippet::drawn(path, text, problems));
            }
            _ => complain(&printable::text(&format!("leasehold: {self}\n"))),
        }
    }
}

/// Where nobody reads what went wrong, there is nobody to tell that to either.
pub(crate) fn complain(text: &str) {
    use io::Write;
    let _ = io::stderr().write_all(text.as_bytes());
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Bad { path, why } => write!(f, "{}: {}", path.display(), why.trim_end()),
            Error::Mistakes { path, problems, .. } => write!(f, "{}: {problems}", path.display()),
            Error::Told { .. } => Ok(()),
            Error::Io { what, path, why } => write!(f, "cannot {what} {}: {why}", path.display()),
            Error::InTheWay { path, why } => {
                write!(f, "{} is left as it is: {why}", path.display())
            }
            Error::Chart { name, why } => write!(f, "cannot draw the chart {name}: {why}"),
            Error::Threads { jobs, why } => {
                write!(f, "cannot start {jobs} threads: {why}; `--jobs` says how many")
            }
            Error::Differs { name, difference } => write!(
                f,
                "{name} is not the same twice, so neither run proves anything; nothing was \
                 written: {difference}"
            ),
            Error::Perturbed { name, step } => write!(
                f,
                "{name} is another run once its objects have other addresses, so its module depends \
                 on the order of objects that are keys of a table; nothing was written; the first \
                 step that differs: {step}"
            ),
            Error::Interrupted => f.write_str("interrupted; nothing was written"),
            Error::Paused { path } => {
                let path = path.display();
                write!(f, "interrupted; the seeds that are done are in {path}: --resume goes on")
            }
        }
    }
}

/// The exit code of a run that came to its end.
pub(crate) fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Violated => 1,
        Verdict::Stuck => 3,
        Verdict::Vacuous => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_an_exit_code_of_its_own() {
        let verdicts = [Verdict::Holds, Verdict::Violated, Verdict::Stuck, Verdict::Vacuous];
        assert_eq!(verdicts.map(code), [0, 1, 3, 4]);
    }
}

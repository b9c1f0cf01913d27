//! What can go wrong outside the simulation, and the exit code of each end.

use leasehold_sim::Verdict;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command could not be carried out. It prints as one sentence.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file is not what it should be.
    Bad { path: PathBuf, why: String },
    /// A file could not be read or written.
    Io { what: &'static str, path: PathBuf, why: io::Error },
    /// A chart could not be drawn.
    Chart { name: String, why: String },
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path, why: io::Error) -> Error {
        Error::Io { what, path: path.to_owned(), why }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Error::Bad { .. } => 2,
            Error::Io { .. } | Error::Chart { .. } => 5,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Bad { path, why } => write!(f, "{}: {}", path.display(), why.trim_end()),
            Error::Io { what, path, why } => write!(f, "cannot {what} {}: {why}", path.display()),
            Error::Chart { name, why } => write!(f, "cannot draw the chart {name}: {why}"),
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

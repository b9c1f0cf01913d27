//! Hostile input: files that nobody would write, a signal at any moment, folders in which somebody
//! keeps what is theirs.
//!
//! ```text
//!   corpus, words, mutate   changed files, from those that are shipped or left by the program
//!        |
//!        +-- readers        through the library, by the million, in one process
//!        +-- commands       through the program: it ends soon, with a code that is documented
//!        '-- differential   through two builds of it: they do the same
//!   kills                   the program, stopped anywhere: nothing is half there, nothing is lost
//!   folders                 the program, where somebody keeps files: each stays as it is
//! ```
//!
//! A few trials of each are tests; `leasehold-hostile` makes as many as somebody wants. A trial is
//! known by a seed and a number, and is the same again from both. Only moments in time are not:
//! what is killed at some microsecond will be killed at another one.

#![allow(clippy::disallowed_types, reason = "programs are timed by a real clock")]

mod commands;
mod corpus;
mod dice;
mod differential;
mod folders;
mod kills;
mod mutate;
mod place;
mod program;
mod readers;
mod words;

pub use commands::{Commands, commands};
pub use differential::differential;
pub use folders::{Folders, folders};
pub use kills::{Kills, kills};
pub use program::Program;
pub use readers::{Readers, readers};

use std::path::{Path, PathBuf};
use std::{fmt, fs};

/// Which trials to make.
#[derive(Clone, Debug)]
pub struct Trials {
    /// Where their choices come from.
    pub seed: u64,
    /// The number of the first.
    pub from: u64,
    /// How many there are.
    pub count: u64,
}

/// A trial that found something wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The trial's number.
    pub nth: u64,
    /// What is wrong.
    pub why: String,
    /// The files that it was about.
    pub files: Vec<(String, Vec<u8>)>,
    /// The command, if there was one.
    pub args: Vec<String>,
}

/// The most memory that this process has had so far, in bytes; 0 where the system does not say.
#[must_use]
pub fn peak() -> u64 {
    program::peak_of(std::process::id())
}

impl Trials {
    /// The first so many trials of a seed.
    #[must_use]
    pub fn first(count: u64, seed: u64) -> Trials {
        Trials { seed, from: 0, count }
    }

    fn numbers(&self) -> std::ops::Range<u64> {
        self.from..self.from.saturating_add(self.count)
    }
}

impl Failure {
    /// Writes its files and its command into a folder, and says in a line what is wrong.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep(&self, folder: &Path) -> std::io::Result<String> {
        let folder: PathBuf = folder.join(self.nth.to_string());
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, bytes)?;
        }
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("why.txt"), format!("{self}\n"))?;
        Ok(format!("{}/{self}", folder.parent().unwrap_or(&folder).display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: leasehold {}: {}", self.nth, self.args.join(" "), self.why)
    }
}

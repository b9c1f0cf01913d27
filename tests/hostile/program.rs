//! The program that is tried, from outside: how it ends, when, and how much memory it took.

use super::place::Place;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing that is tried takes longer than this.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// The most memory that anything takes, in bytes.
pub(super) const MEMORY_MAX: u64 = 500_000_000;

/// How soon it ends once it is asked to.
const ASKED: Duration = Duration::from_secs(5);

/// What is no trial of time may take longer than one, on a machine that is busy.
const PREPARED: Duration = Duration::from_secs(120);

/// A build of `leasehold`.
#[derive(Clone, Debug)]
pub struct Program(PathBuf);

/// How a command ended.
#[derive(Debug)]
pub(super) struct End {
    /// Its exit code, if it had one.
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    pub(super) err: String,
    /// The most memory that it had, in bytes.
    pub(super) peak: u64,
    pub(super) took: Duration,
}

impl Program {
    /// The build with this path.
    #[must_use]
    pub fn at(path: &Path) -> Program {
        Program(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
    }

    /// Starts a command in a place. What it prints goes to two files.
    pub(super) fn start(&self, place: &Place, args: &[&str], out: &Path, err: &Path) -> Child {
        let file = |path: &Path| File::create(path).expect("there is room for a trial");
        let mut command = Command::new(&self.0);
        command.args(args).current_dir(place.path("")).stdin(Stdio::null());
        command.stdout(file(out)).stderr(file(err)).env("RUST_BACKTRACE", "0");
        command.spawn().unwrap_or_else(|why| panic!("{}: {why}", self.0.display()))
    }

    /// Runs a command in a place, for [`LONGEST`] at most: then it is asked to end, and if it does
    /// not it has no exit code.
    pub(super) fn run(&self, place: &Place, args: &[&str]) -> End {
        self.run_for(LONGEST, place, args)
    }

    /// Runs a command in a place, as long as it takes on a machine that is busy.
    pub(super) fn prepare(&self, place: &Place, args: &[&str]) -> End {
        self.run_for(PREPARED, place, args)
    }

    fn run_for(&self, longest: Duration, place: &Place, args: &[&str]) -> End {
        let said = Place::new();
        let (out, err) = (said.path("out"), said.path("err"));
        let from = Instant::now();
        let mut child = self.start(place, args, &out, &err);
        let pid = child.id();
        let (mut peak, mut asked) = (0, false);
        let code = loop {
            if let Some(ended) = child.try_wait().expect("a child can be waited for") {
                break ended.code();
            }
            peak = peak.max(peak_of(pid));
            let took = from.elapsed();
            if took > longest && !asked {
                asked = true;
                signal(pid, "INT");
            }
            if took > longest + ASKED {
                child.kill().expect("it is there");
                child.wait().expect("a child can be waited for");
                break None;
            }
            let pause = (took / 8).clamp(Duration::from_micros(300), Duration::from_millis(20));
            std::thread::sleep(pause);
        };
        let read = |path: &Path| fs::read(path).expect("it was made");
        let err = String::from_utf8_lossy(&read(&err)).into_owned();
        End { code, out: read(&out), err, peak, took: from.elapsed() }
    }
}

/// Sends a signal by its name.
pub(super) fn signal(pid: u32, name: &str) {
    let args = [format!("-{name}"), pid.to_string()];
    let sent = Command::new("kill").args(args).stderr(Stdio::null()).status();
    sent.expect("there is a kill");
}

/// The most memory that a process has had so far, in bytes; 0 where the system does not say.
pub(super) fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0u64) * 1_024
}

impl End {
    /// What is wrong with how it ended, whatever it was given: a panic, no exit code or one that
    /// is not documented, an output that a terminal obeys, too much memory.
    pub(super) fn wrong(&self) -> Option<String> {
        let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
        let first = self.err.lines().next().unwrap_or_default();
        match self.code {
            _ if self.err.contains("panicked") => Some(format!("a panic: {first}")),
            _ if self.err.contains(obeyed) => Some(format!("a terminal obeys {first:?}")),
            _ if self.peak > MEMORY_MAX => Some(format!("it took {} MB", self.peak / 1_000_000)),
            Some(0..=5) => None,
            Some(130) if self.is_slow() => None,
            None if self.is_slow() => Some("asked to end, it goes on".to_owned()),
            code => Some(format!("it ended with {code:?}: {first}")),
        }
    }

    /// Whether it had to be asked to end.
    pub(super) fn is_slow(&self) -> bool {
        self.took > LONGEST
    }
}

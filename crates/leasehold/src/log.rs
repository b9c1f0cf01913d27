//! The log of a run: its history, a line for each step, written while it runs.
//!
//! ```text
//!   Run::history --Entry--> [ keys, servers, kinds ] --line--> FILE.part --[ all is well ]--> FILE
//! ```
//!
//! Nothing is kept: a log of any length takes the memory of one line. It is moved to its place with
//! the report, and only then; a pipe or a device, which nothing can be moved to, is written
//! directly. Its reader may go when it has seen enough; any other trouble ends the run.

use crate::args::{self, LogFormat};
use crate::atomic_file::AtomicFile;
use crate::error::Error;
use crate::stdout;
use leasehold_sim::library::Key;
use leasehold_sim::{Entry, Fact, Facts, Scenario, ServerId, Step};
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What somebody wants to be logged, and where.
pub(crate) struct Plan<'a> {
    args: &'a args::Log,
    file: &'a Path,
    format: LogFormat,
}

impl<'a> Plan<'a> {
    /// The log that was asked for, if one was: of a run of this scenario, whose report goes into a
    /// folder.
    pub(crate) fn new(
        args: &'a args::Log,
        scenario: &Scenario,
        report: &Path,
    ) -> Result<Option<Plan<'a>>, Error> {
        let Some(file) = args.file.as_deref() else { return Ok(None) };
        let bad = |why: String| Error::Bad { path: file.to_owned(), why };
        let format = match (args.format, file.extension().and_then(|end| end.to_str())) {
            (Some(format), _) => format,
            (None, Some("jsonl")) => LogFormat::Json,
            (None, Some("log")) => LogFormat::Text,
            (None, _) if is_stdout(file) => LogFormat::Text,
            (None, _) => {
                let why = "a log ends in .log, for words, or in .jsonl, for JSON; or --log-format \
                           says which it is";
                return Err(bad(why.to_owned()));
            }
        };
        let plan = Plan { args, file, format };
        plan.is_of(scenario).map_err(bad)?;
        if !plan.is_placed() && !scenario.compare.is_empty() {
            let why = "the scenario compares settings, and each has a log of its own: that takes a \
                       file with a name";
            return Err(bad(why.to_owned()));
        }
        let folder =
            |path: &Path| fs::canonicalize(if path == Path::new("") { ".".as_ref() } else { path });
        let within = file.parent().and_then(|parent| folder(parent).ok()).zip(folder(report).ok());
        if plan.is_placed() && within.is_some_and(|(parent, report)| parent.starts_with(report)) {
            let report = report.display();
            return Err(bad(format!("{report} is replaced as a whole: a log stays outside of it")));
        }
        Ok(Some(plan))
    }

    /// Whether the keys and servers that are asked for exist.
    fn is_of(&self, scenario: &Scenario) -> Result<(), String> {
        let (players, servers) = (scenario.players.count, scenario.servers.count);
        if let Some(key) = self.args.keys.iter().find(|key| key.0 >= players) {
            let last = Key(players.saturating_sub(1));
            return Err(format!("there is no {key} to log: keys are k0 to {last}"));
        }
        if let Some(server) = self.args.servers.iter().find(|server| server.number() >= servers) {
            let last = ServerId::new(servers.saturating_sub(1));
            return Err(format!("there is no {server} to log: servers are s0 to {last}"));
        }
        Ok(())
    }

    /// Whether it is a file that can be moved to its place.
    fn is_placed(&self) -> bool {
        !is_stdout(self.file)
            && fs::metadata(self.file).map_or(true, |there| there.is_file() || there.is_dir())
    }

    /// Whether the standard output is taken.
    pub(crate) fn takes_stdout(&self) -> bool {
        is_stdout(self.file)
    }

    /// Begins the log of the scenario's own run, or of the setting of this name.
    pub(crate) fn begin(&self, setting: Option<&str>) -> Result<Log, Error> {
        let path = match setting {
            Some(setting) => beside(self.file, setting),
            None => self.file.to_owned(),
        };
        let out = if is_stdout(&path) {
            Out::Open(Box::new(BufWriter::new(io::stdout())))
        } else if !self.is_placed() {
            let open = File::options().write(true).open(&path);
            Out::Open(Box::new(BufWriter::new(open.map_err(|why| Error::io("write", &path, why))?)))
        } else {
            may_be_replaced(&path)?;
            Out::Placed(AtomicFile::begin(&path)?)
        };
        let args::Log { keys, servers, kinds, .. } = self.args;
        let kinds = if kinds.is_empty() { Facts::ALL } else { Facts::of(kinds) };
        let filter = Filter { keys: keys.clone(), servers: servers.clone(), kinds };
        let (format, lines, steps) = (self.format, 0, 0);
        Ok(Log { path, out, format, filter, lines, steps, trouble: None })
    }
}

/// Which steps are logged: those that pass each part that is given.
struct Filter {
    keys: Vec<Key>,
    servers: Vec<ServerId>,
    kinds: Facts,
}

impl Filter {
    /// A trade is a step of both keys, a message on its way to a server one of both servers.
    fn passes(&self, step: &Step) -> bool {
        let (other_key, other_server) = match step.fact {
            Fact::Traded { to_key, .. } => (Some(to_key), None),
            Fact::MessageLost { to, .. } => (None, Some(to)),
            _ => (None, None),
        };
        let Filter { keys, servers, kinds } = self;
        let is_key = |key: Option<Key>| key.is_some_and(|key| keys.contains(&key));
        let is_server = |server: Option<ServerId>| server.is_some_and(|it| servers.contains(&it));
        kinds.have(Facts::like(&step.fact))
            && (keys.is_empty() || is_key(step.key) || is_key(other_key))
            && (servers.is_empty() || is_server(step.server) || is_server(other_server))
    }
}

/// Where lines go.
enum Out {
    /// To a file that is moved to its place in the end.
    Placed(AtomicFile),
    /// To whatever is there.
    Open(Box<dyn Write>),
    /// Nowhere: the reader has gone.
    Gone,
}

/// A log that is being written.
pub(crate) struct Log {
    path: PathBuf,
    out: Out,
    format: LogFormat,
    filter: Filter,
    lines: u64,
    steps: u64,
    trouble: Option<io::Error>,
}

/// A log that was written.
pub(crate) struct Logged {
    pub(crate) path: PathBuf,
    /// How many lines it has.
    pub(crate) lines: u64,
    /// How many steps the run had.
    pub(crate) steps: u64,
}

impl Log {
    /// Takes an entry in. It is enough once there is trouble.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<()> {
        self.steps += 1;
        if !self.filter.passes(&entry.step) {
            return ControlFlow::Continue(());
        }
        self.lines += 1;
        let written = match &mut self.out {
            Out::Placed(out) => line(out, self.format, entry),
            Out::Open(out) => line(out, self.format, entry),
            Out::Gone => Ok(()),
        };
        self.noted(written)
    }

    fn noted(&mut self, written: io::Result<()>) -> ControlFlow<()> {
        match (written, &self.out) {
            (Ok(()), _) => ControlFlow::Continue(()),
            (Err(why), Out::Open(_)) if why.kind() == ErrorKind::BrokenPipe => {
                self.out = Out::Gone;
                ControlFlow::Continue(())
            }
            (Err(why), _) => {
                self.trouble = Some(why);
                ControlFlow::Break(())
            }
        }
    }

    /// Says whether all of it could be written, once its run has ended.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        if self.trouble.is_none() {
            let flushed = match &mut self.out {
                Out::Placed(out) => out.flush(),
                Out::Open(out) => out.flush(),
                Out::Gone => Ok(()),
            };
            let _ = self.noted(flushed);
        }
        let name = if is_stdout(&self.path) { Path::new(stdout::NAME) } else { &self.path };
        match self.trouble.take() {
            Some(why) => Err(Error::io("write to", name, why)),
            None => Ok(()),
        }
    }

    /// Moves it to its place.
    pub(crate) fn finish(self) -> Result<Logged, Error> {
        let Log { path, lines, steps, .. } = self;
        if let Out::Placed(out) = self.out {
            out.finish()?;
        }
        Ok(Logged { path, lines, steps })
    }
}

fn line(out: &mut dyn Write, format: LogFormat, entry: &Entry<'_>) -> io::Result<()> {
    match format {
        LogFormat::Text => writeln!(out, "{entry}"),
        LogFormat::Json => {
            serde_json::to_writer(&mut *out, entry)?;
            out.write_all(b"\n")
        }
    }
}

fn is_stdout(file: &Path) -> bool {
    file == Path::new("-")
}

/// The file of a setting: `hop.jsonl` of `strict` is `hop.strict.jsonl`.
fn beside(file: &Path, setting: &str) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{setting}"));
    if let Some(end) = file.extension() {
        name.push(".");
        name.push(end);
    }
    file.with_file_name(name)
}

/// Refuses a file that is not empty and does not begin like a log.
fn may_be_replaced(file: &Path) -> Result<(), Error> {
    /// The longest line that is looked at, in bytes.
    const LINE_MAX: u64 = 1 << 14;
    let mut first = Vec::new();
    let Ok(there) = File::open(file) else { return Ok(()) };
    if there.metadata().is_ok_and(|it| it.is_dir()) {
        return Ok(());
    }
    let read = BufReader::new(there.take(LINE_MAX)).read_until(b'\n', &mut first);
    read.map_err(|why| Error::io("read", file, why))?;
    if first.is_empty() || std::str::from_utf8(&first).is_ok_and(is_line) {
        return Ok(());
    }
    let why = "its first line is none of a log; only an empty file, or an earlier log, is replaced";
    Err(Error::InTheWay { path: file.to_owned(), why: why.to_owned() })
}

/// Whether a line is one of a log, of either format.
fn is_line(line: &str) -> bool {
    /// As much of an entry as tells that it is one.
    #[derive(Deserialize)]
    struct Known {
        #[serde(rename = "at_us")]
        _at_us: u64,
        #[serde(rename = "fact")]
        _fact: String,
    }
    let rest = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let moment = rest.and_then(|(_, rest)| rest.trim_start().split_once(" s "));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ",.".contains(c));
    moment.is_some_and(|(at, _)| !at.is_empty() && digits(at))
        || serde_json::from_str::<Known>(line).is_ok()
}

/// A key by its name, `k3`.
pub(crate) fn key(text: &str) -> Result<Key, String> {
    number(text, 'k').map(Key)
}

/// A server by its name, `s1`.
pub(crate) fn server(text: &str) -> Result<ServerId, String> {
    number(text, 's').map(ServerId::new)
}

fn number(text: &str, prefix: char) -> Result<u32, String> {
    let number =
        text.strip_prefix(prefix).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let number = number.and_then(|rest| rest.parse().ok()).filter(|number| *number < u32::MAX);
    number.ok_or_else(|| format!("a name like {prefix}3"))
}

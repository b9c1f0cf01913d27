//! What was typed.

use crate::log;
use crate::sweep::{RISKS, seeds};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use leasehold_data::Shard;
use leasehold_sim::library::Key;
use leasehold_sim::scenario::{Axis, PROTOCOLS, Protocol};
use leasehold_sim::{FactKind, Fork, ServerId, Wanted};
use std::path::PathBuf;
use std::time::Duration;

/// Where scenarios are, if nobody says otherwise.
pub(crate) const SIMS: &str = "sims";

/// Simulate session-locked data stores: can two servers own this player at once, what is lost when
/// a server dies, how many calls does it cost, and why did it happen.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario once, and leave a summary, a dataset, a tape and charts
    Run(Run),
    /// Draw the page and the charts of a result again from the rows that were kept, or lay two
    /// results side by side
    Report(Report),
    /// Run a scenario under many seeds, and count what comes of it
    Sweep(Sweep),
    /// Run several libraries or settings on the same seeds, and say how they differ
    Compare(Compare),
    /// Vary fields of a scenario over many seeds: where is it safe, what does it cost, what does
    /// each field do?
    Study(Study),
    /// Join the parts of a sweep, a comparison or a study that were run with --shard
    Merge(Merge),
    /// From a run that fails to the few players, servers, faults and settings that matter
    Shrink(Shrink),
    /// Say why the first violation of a run happened: the chain that led to it, in words and as a
    /// picture
    Explain(Explain),
    /// Run all bugs that were shrunk again: which still fail, which pass now?
    Bugs(Bugs),
    /// Say whether scenarios are valid, and everything that is wrong with them; write nothing
    Check(Check),
    /// Say what a sample of latencies is like, and how to put it into a scenario; write nothing
    Fit(Fit),
    /// Tell what there is: scenarios, protocols, invariants, marks
    List(List),
    /// Write a scenario to begin with, in which every field is explained
    New(New),
    /// Make the gallery again: a page for each shipped scenario, a comparison and a study
    Gallery(Gallery),
    /// Print a script that completes commands and options in a shell
    Completions(Completions),
    /// Print the manual page, from the same words as --help
    Man(Man),
    /// Print the fields of scenarios as a JSON Schema, from which editors complete and check them
    Schema(Schema),
}

/// `leasehold run`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Run {
    /// The scenario, a TOML file; those in sims/ are a start
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// Where all randomness comes from: the same seed gives the same run [0 to 2^63 - 1; the
    /// tape's, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Let exactly the faults on this tape happen, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) tape: Option<PathBuf>,
    /// Draw whatever is drawn at this time or later with other random numbers: 3m:7 forks after
    /// three minutes, with salt 7; may be given several times [the tape's, or none]
    #[arg(long = "fork", value_name = "TIME:SALT")]
    pub(crate) forks: Vec<Fork>,
    /// Put another library into the same world, by its preset: every promise must hold then,
    /// whatever the file expects of its own
    #[arg(long, value_name = "NAME", value_parser = protocols())]
    pub(crate) protocol: Option<Protocol>,
    /// Run it twice, side by side, and name the first step in which the runs differ; they never
    /// should
    #[arg(long)]
    pub(crate) twice: bool,
    /// Of a module: run it once more with N objects made before all others, and name the first step
    /// that differs: the module depends on the order of objects that are keys of a table
    #[arg(long, value_name = "N", conflicts_with = "twice")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) perturb: Option<u32>,
    /// Where to leave the results; an earlier report is replaced, anything else is not
    /// [reports/SCENARIO-SEED, and the forks]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw no charts
    #[arg(long)]
    pub(crate) no_charts: bool,
    #[command(flatten)]
    pub(crate) log: Log,
}

/// The log of `leasehold run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Log {
    /// Write down everything that happens, a line for each step: in words if FILE ends in .log, as
    /// a JSON object if it ends in .jsonl. An earlier log is replaced, anything else is not; each
    /// setting that the scenario compares itself with has a FILE of its own. - is the standard
    /// output, and the summary goes to the standard error output then
    #[arg(long = "log", value_name = "FILE", conflicts_with = "twice")]
    pub(crate) file: Option<PathBuf>,
    /// How the log is written, whatever FILE is called [as FILE ends; - in words]
    #[arg(long = "log-format", value_name = "FORMAT", requires = "file")]
    pub(crate) format: Option<LogFormat>,
    /// Log only the steps of these keys: k3,k17 [of all, and of none]
    #[arg(long = "log-key", value_name = "KEYS", requires = "file", value_delimiter = ',',
        value_parser = log::key)]
    pub(crate) keys: Vec<Key>,
    /// Log only the steps of these servers: s0,s2 [of all, and of none]
    #[arg(long = "log-server", value_name = "SERVERS", requires = "file", value_delimiter = ',',
        value_parser = log::server)]
    pub(crate) servers: Vec<ServerId>,
    /// Log only these kinds of facts: committed,saved; docs/formats.md has all of them [any kind]
    #[arg(long = "log-kind", value_name = "KINDS", requires = "file", value_delimiter = ',',
        hide_possible_values = true, value_parser = facts())]
    pub(crate) kinds: Vec<FactKind>,
}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line in words for each step
    Text,
    /// A JSON object for each step, a line each
    Json,
}

/// What a story is printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoryFormat {
    /// In words
    Text,
    /// A Mermaid flowchart, which GitHub and GitLab draw
    Mermaid,
    /// A Graphviz digraph
    Dot,
    /// The steps and what came of what
    Json,
}

/// What rows are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// rows.csv alone
    Csv,
    /// rows.parquet too
    Parquet,
}

/// `leasehold report`.
#[derive(Debug, ClapArgs)]
#[command(after_help = REPORT_CODES)]
pub(crate) struct Report {
    /// What `leasehold run`, `explain`, `sweep`, `compare` or `study` left; nothing is run again
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What a later run or sweep left: say what has changed, and whether it is more than chance
    #[arg(value_name = "DIR")]
    pub(crate) after: Option<PathBuf>,
    /// Where to leave it with its new pictures; an earlier one is replaced, anything else is not
    /// [DIR itself; of two, nowhere]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `leasehold sweep`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Sweep {
    /// The scenario, a TOML file; what it compares itself with is run with the same seeds
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// Put another library into the same world, as for `leasehold run`
    #[arg(long, value_name = "NAME", value_parser = protocols())]
    pub(crate) protocol: Option<Protocol>,
    /// End with the first seed that violates, in the order of seeds
    #[arg(long)]
    pub(crate) fail_fast: bool,
    #[command(flatten)]
    pub(crate) swept: Swept,
}

/// `leasehold compare`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Compare {
    /// The scenario, a TOML file, whose own setting is what all others are compared with
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// The others: libraries, and settings that the scenario compares itself with, by their names
    /// [all of those]
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    #[command(flatten)]
    pub(crate) swept: Swept,
}

/// `leasehold study`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Study {
    /// The scenario, a TOML file
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// A field, by its path, and its values: rules.lease_duration=20s..120s:9 for nine, evenly
    /// apart, or messaging.latency=fast,documented for these; several are varied with each other
    #[arg(long, value_name = "FIELD=VALUES", required = true, value_parser = Axis::parse)]
    pub(crate) vary: Vec<Axis>,
    /// Also run these libraries and settings of the scenario at each point, by their names
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    /// Say which constants nobody should want others instead of: those of the front of risk, calls
    /// and time to play
    #[arg(long)]
    pub(crate) pareto: bool,
    /// The risk that they are judged by
    #[arg(long, value_name = "RISK", default_value = RISKS[0],
        value_parser = PossibleValuesParser::new(RISKS))]
    pub(crate) risk: String,
    /// Say which constants are cheapest with a risk below this, for each hour of a session
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) below: Option<f64>,
    #[command(flatten)]
    pub(crate) swept: Swept,
}

/// Many seeds, and where they are kept.
#[derive(Debug, ClapArgs)]
pub(crate) struct Swept {
    /// The seeds, from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = seeds::range)]
    pub(crate) seeds: seeds::Range,
    /// How many seeds to run at once [one for each core]; nothing depends on it but time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) jobs: Option<u64>,
    /// Go on with one that was interrupted; begin one if there is none
    #[arg(long)]
    pub(crate) resume: bool,
    /// Where to leave the results; an earlier sweep that is over is replaced, anything else is not
    /// [reports/SCENARIO-seeds-A-B, SCENARIO-compared-A-B, or SCENARIO-studied-A-B]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Run only part I of N: seeds A + I - 1, A + I - 1 + N, ...; `leasehold merge` joins all parts
    #[arg(long, value_name = "I/N", value_parser = seeds::shard, default_value = "1/1")]
    pub(crate) shard: Shard,
    /// End after so many minutes with the seeds that are done by then; --resume goes on with the
    /// rest
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub(crate) budget: Option<Duration>,
    /// Write the rows as this too, beside rows.csv
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = RowFormat::Csv)]
    pub(crate) format: RowFormat,
    /// Write what held and what did not as JUnit's XML too, for a build server
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Print the totals as one JSON object instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// `leasehold merge`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Merge {
    /// The folders of all parts of one sweep, in any order
    #[arg(value_name = "DIR", required = true)]
    pub(crate) parts: Vec<PathBuf>,
    /// Write the rows as this too, beside rows.csv
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = RowFormat::Csv)]
    pub(crate) format: RowFormat,
    /// Where to leave the results; an earlier sweep that is over is replaced, anything else is not
    /// [reports/SCENARIO-seeds-A-B]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the totals as one JSON object instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// `leasehold shrink`.
#[derive(Debug, ClapArgs)]
#[command(after_help = SHRINK_CODES)]
pub(crate) struct Shrink {
    /// The scenario, a TOML file
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// The seed that fails [0 to 2^63 - 1; the tape's, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Begin with the faults on this tape
    #[arg(long, value_name = "FILE")]
    pub(crate) tape: Option<PathBuf>,
    /// Where the seed forks, as for `leasehold run` [the tape's, or none]
    #[arg(long = "fork", value_name = "TIME:SALT")]
    pub(crate) forks: Vec<Fork>,
    /// Put another library into the same world, as for `leasehold run`
    #[arg(long, value_name = "NAME", value_parser = protocols())]
    pub(crate) protocol: Option<Protocol>,
    /// Which findings to keep: of this invariant or kind of harm, and by this cause [of the first
    /// violation that was not expected; if there is none, the worst harm]
    #[arg(long, value_name = "CLASS[:CAUSE]")]
    pub(crate) class: Option<Wanted>,
    /// Keep what reaches this mark, instead of a finding
    #[arg(long, value_name = "MARK", conflicts_with = "class")]
    pub(crate) mark: Option<String>,
    /// How many runs the search may take; to show which of up to 100 faults are
    /// needed takes one more for each
    #[arg(long, value_name = "RUNS", default_value_t = 2_000,
        value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub(crate) budget: u64,
    /// Where to leave the bug; an earlier one of the same class is replaced, anything else is not
    /// [bugs/SCENARIO-SEED, with the forks, and the class if one was asked for]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `leasehold explain`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXPLAIN_CODES)]
pub(crate) struct Explain {
    /// The scenario, a TOML file
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// The seed that fails [0 to 2^63 - 1; the tape's, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Let exactly the faults on this tape happen, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) tape: Option<PathBuf>,
    /// Where the seed forks, as for `leasehold run` [the tape's, or none]
    #[arg(long = "fork", value_name = "TIME:SALT")]
    pub(crate) forks: Vec<Fork>,
    /// Put another library into the same world, as for `leasehold run`
    #[arg(long, value_name = "NAME", value_parser = protocols())]
    pub(crate) protocol: Option<Protocol>,
    /// Which finding: the first of this invariant or kind of harm, and by this cause [the first
    /// violation, expected or not; if there is none, the worst harm]
    #[arg(long, value_name = "CLASS[:CAUSE]")]
    pub(crate) class: Option<Wanted>,
    /// Say why this mark was reached, instead of a finding
    #[arg(long, value_name = "MARK", conflicts_with = "class")]
    pub(crate) mark: Option<String>,
    /// Print the story as this: in words, as a graph to paste into an issue, or as JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = StoryFormat::Text)]
    pub(crate) format: StoryFormat,
    /// Where to leave the story; an earlier story is replaced, anything else is not
    /// [reports/SCENARIO-SEED-why, and the forks and the class]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `leasehold bugs`.
#[derive(Debug, ClapArgs)]
#[command(after_help = BUGS_CODES)]
pub(crate) struct Bugs {
    /// The folder of the bugs
    #[arg(value_name = "DIR", default_value = "bugs")]
    pub(crate) folder: PathBuf,
    /// Run nothing, and print a Rust test that reproduces this bug
    #[arg(long, value_name = "NAME")]
    pub(crate) test: Option<String>,
}

/// `leasehold check`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Check {
    /// The scenarios, TOML files
    #[arg(value_name = "FILE", required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Show what this seed draws, where a scenario has a swarm
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
}

/// `leasehold fit`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Fit {
    /// The sample: one number of milliseconds a line, or a header with a column such as latency_ms
    #[arg(value_name = "FILE")]
    pub(crate) sample: PathBuf,
}

/// `leasehold list`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct List {
    /// The folder of the scenarios
    #[arg(value_name = "DIR", default_value = SIMS)]
    pub(crate) folder: PathBuf,
}

/// `leasehold new`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct New {
    /// What the scenario is called: letters, digits, - and _ [as the one that it is a copy of]
    #[arg(value_name = "NAME", required_unless_present = "from")]
    pub(crate) name: Option<String>,
    /// Write a copy of this shipped scenario, instead of one in which every field is explained;
    /// `leasehold list` has their names
    #[arg(long, value_name = "SHIPPED")]
    pub(crate) from: Option<String>,
    /// Write one for a module in Luau, and an adapter to fill in beside it, NAME.luau
    #[arg(long, conflicts_with = "from", requires = "name")]
    pub(crate) module: bool,
    /// Where to write it; a file that exists is never overwritten [NAME.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `leasehold gallery`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Gallery {
    /// Only these scenarios, by their names [all of them, a comparison and a study]
    #[arg(value_name = "SHIPPED")]
    pub(crate) scenarios: Vec<String>,
    /// Where to leave it; an earlier gallery is replaced, anything else is not
    #[arg(long, value_name = "DIR", default_value = "reports/gallery")]
    pub(crate) out: PathBuf,
}

/// `leasehold completions`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `leasehold man`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Man {
    /// The page of this command, instead of the whole
    #[arg(value_name = "COMMAND")]
    pub(crate) of: Option<String>,
}

/// `leasehold schema`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Schema {
    /// Print them as a page for people instead, in Markdown
    #[arg(long, conflicts_with = "rows")]
    pub(crate) reference: bool,
    /// Print the columns of a sweep's rows instead, with units and what each says, as a Table
    /// Schema
    #[arg(long)]
    pub(crate) rows: bool,
}

/// What stands after `--budget`.
fn minutes(text: &str) -> Result<Duration, String> {
    let allowed = "a number of minutes, more than 0 and at most 525600";
    let minutes = text.parse::<f64>().ok().filter(|minutes| (1e-6..=525_600.0).contains(minutes));
    Ok(Duration::from_secs_f64(60.0 * minutes.ok_or(allowed)?))
}

/// What stands after `--below`.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (1e-12..=1e6).contains(rate));
    rate.ok_or_else(|| "a rate for each hour of a session, such as 0.001".to_owned())
}

/// The names of kinds of facts.
fn facts() -> impl TypedValueParser<Value = FactKind> {
    PossibleValuesParser::new(FactKind::NAMES)
        .map(|name| name.parse().expect("one of the possible values"))
}

/// The class that was asked for, by its name or as a mark.
fn asked_for(class: Option<&Wanted>, mark: Option<&String>) -> Option<Wanted> {
    class.cloned().or_else(|| mark.map(|mark| Wanted::of_mark(mark)))
}

impl Shrink {
    /// Which findings to keep, if that was said.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        asked_for(self.class.as_ref(), self.mark.as_ref())
    }
}

impl Explain {
    /// Which finding is meant, if that was said.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        asked_for(self.class.as_ref(), self.mark.as_ref())
    }
}

/// The names of protocols.
fn protocols() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(PROTOCOLS)
        .map(|name| Protocol::named(&name).expect("one of the possible values"))
}

const EXIT_CODES: &str = "\
Exit codes: 0 holds, 1 violated, 2 usage or bad file, 3 stuck (something owed never came), \
4 vacuous (what the scenario is about never came up), 5 input or output failed, 130 interrupted.";

const REPORT_CODES: &str = "\
Exit codes: 0 drawn, 2 usage, or rows that are missing, broken or of another format, 5 input or output \
failed, 130 interrupted; nothing is written then.";

const SHRINK_CODES: &str = "\
Exit codes: 0 shrunk, 2 usage, a bad file, or a run that does not fail, 5 input or output failed, \
130 interrupted; nothing is written then.";

const EXPLAIN_CODES: &str = "\
Exit codes: 0 explained, 2 usage, a bad file, or a run that does not fail, 5 input or output failed, \
130 interrupted; nothing is written then.";

const BUGS_CODES: &str = "\
Exit codes: 0 every bug passes now, 1 one fails, 2 usage, 4 none fails but one no longer applies (its \
files cannot be understood, or faults on its tape do not come up), 5 input or output failed, \
130 interrupted.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn the_manual_shows_every_command_with_every_option() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
        let page = std::fs::read_to_string(path).expect("there is a page");
        let (_, rest) = page.split_once("## The command\n\n```text\n").expect("a block");
        let (block, _) = rest.split_once("```").expect("the block has an end");
        let words = |text: &str| -> BTreeSet<String> {
            let words = text.split([' ', '[', ']']).filter(|word| word.starts_with("--"));
            words.map(str::to_owned).collect()
        };
        let mut shown = block.lines();
        for command in Args::command().get_subcommands() {
            let name = command.get_name();
            let line = shown.next().unwrap_or_else(|| panic!("{name} is missing"));
            // What a command does is told after three spaces.
            let (usage, _) = line.split_once("   ").unwrap_or((line, ""));
            assert!(usage.starts_with(&format!("leasehold {name} ")), "{name}: {line}");
            let options = command.get_arguments().filter_map(|argument| argument.get_long());
            let options = options.map(|long| format!("--{long}")).collect();
            assert_eq!(words(usage), options, "{name}");
        }
        assert_eq!(shown.next(), None, "no more commands");
    }
}

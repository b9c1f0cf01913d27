//! `leasehold run FILE`: one scenario, one seed, and the other settings that the scenario compares itself with.

use crate::args;
use crate::error::Error;
use crate::{output, summary};
use indicatif::{ProgressBar, ProgressStyle};
use leasehold_sim::{Luck, Outcome, Scenario, Tape, Verdict, run as simulate};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// One of the runs of a command: the scenario's own, or one that it is compared with.
pub(crate) struct Done {
    /// What it is called: the scenario's name, or its variant's.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) outcome: Outcome,
    /// Where its files are.
    pub(crate) folder: PathBuf,
}

/// Runs a scenario and its variants, writes their files, and says what came of it. The verdict is the worst of them.
pub(crate) fn run(args: &args::Run) -> Result<Verdict, Error> {
    let text = read(&args.scenario)?;
    let scenario = Scenario::parse(&text)
        .map_err(|why| Error::Bad { path: args.scenario.clone(), why: format!("\n{why}") })?;
    let tape = args.tape.as_deref().map(read_tape).transpose()?;
    let seed = args.seed.or(tape.as_ref().map(|tape| tape.origin.seed)).unwrap_or(1);
    let name = args.scenario.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(format!("{name}-{seed}")),
    };
    let mut runs = vec![(name.to_string(), scenario.clone(), folder.clone())];
    for variant in &scenario.compare {
        let folder = folder.join(&variant.name);
        runs.push((variant.name.clone(), scenario.variant(variant), folder));
    }
    let command = repeat(args, seed);
    let mut done = Vec::with_capacity(runs.len());
    for (name, scenario, folder) in runs {
        let bar = bar(&name);
        let mut outcome =
            simulate(&name, &scenario, Luck { seed }, tape.as_ref(), &mut |progress| {
                bar.set_length(progress.end_us / 1_000);
                bar.set_position(progress.now_us / 1_000);
                bar.set_message(crate::numbers::count(progress.events));
            });
        bar.finish_and_clear();
        outcome.dataset.manifest.command.clone_from(&command);
        done.push(Done { name, scenario, outcome, folder });
    }
    for run in &done {
        output::write(run, !args.no_charts)?;
    }
    if args.json {
        println!("{}", summary::json(&done));
    } else {
        print!("{}", summary::text(&done));
    }
    Ok(worst(done.iter().map(|run| run.outcome.verdict)))
}

fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let badness = |verdict: &Verdict| match verdict {
        Verdict::Holds => 0,
        Verdict::Vacuous => 1,
        Verdict::Stuck => 2,
        Verdict::Violated => 3,
    };
    verdicts.max_by_key(badness).unwrap_or(Verdict::Holds)
}

fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|why| Error::io("read", path, why))?;
    String::from_utf8(bytes)
        .map_err(|_| Error::Bad { path: path.to_owned(), why: "it is not UTF-8 text".to_owned() })
}

fn read_tape(path: &Path) -> Result<Tape, Error> {
    Tape::parse(&read(path)?).map_err(|why| Error::Bad { path: path.to_owned(), why })
}

/// The command that repeats this run.
fn repeat(args: &args::Run, seed: u64) -> String {
    let mut command = format!("leasehold run {} --seed {seed}", args.scenario.display());
    if let Some(tape) = &args.tape {
        command.push_str(&format!(" --tape {}", tape.display()));
    }
    command
}

/// A bar on a terminal; nothing anywhere else.
fn bar(name: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{prefix} {bar:40} {percent:>3} %  {msg} events  {eta} left")
            .expect("the template is well-formed");
    ProgressBar::new(0).with_style(style).with_prefix(name.to_owned())
}

//! `leasehold sweep FILE --seeds A..B`: one scenario, many seeds.

use crate::args;
use crate::error::Error;
use crate::next::{self, word};
use crate::stopwatch::{Deadline, Stopwatch};
use crate::sweep::folder::Folder;
use crate::sweep::settings::Settings;
use crate::sweep::workers::{self, Came, Progress, Work};
use crate::sweep::{junit, seeds, text};
use crate::{interrupt, progress, source, stdout};
use indicatif::ProgressBar;
use leasehold_data::{SWEEP_FORMAT, Shard, SweepManifest, SweepTotals, numbers};
use leasehold_sim::Verdict;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Runs the seeds that have not been run, and says what all of them come to.
pub(crate) fn sweep(args: &args::Sweep) -> Result<Verdict, Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let scenario = args.protocol.map_or(scenario.clone(), |protocol| scenario.under(protocol));
    let settings = Settings::own(&scenario);
    let swept = swept(&args.swept, &args.scenario, settings, args.fail_fast, folder)?;
    let next = format!("Again    {}\n", repeat(args)) + &go_on(args, &swept.totals);
    told(&swept, args.swept.json, &next)
}

/// What a sweep came to, and where it is.
pub(super) struct Swept {
    pub(super) totals: SweepTotals,
    pub(super) settings: Settings,
    pub(super) path: PathBuf,
    /// How many seeds ran in a second; nothing if none had to.
    pub(super) pace: Option<f64>,
}

/// Runs the seeds that have not been run.
pub(super) fn swept(
    args: &args::Swept,
    file: &Path,
    settings: Settings,
    fail_fast: bool,
    folder: fn(&SweepManifest) -> PathBuf,
) -> Result<Swept, Error> {
    let (seeds, shard) = (args.seeds, args.shard);
    let bad = |option: &str, why: String| Error::Bad { path: PathBuf::from(option), why };
    if shard.nth > seeds.count() {
        let why = format!("there are {} seeds, so there is no part {}", seeds.count(), shard.nth);
        return Err(bad("--shard", why));
    }
    let name = file.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    // What is wrong with every seed is told before there is a folder.
    let settings = settings.possible(file, &name, seeds.first)?;
    if seeds.count().saturating_mul(settings.count() as u64) > seeds::SEEDS_MAX {
        let (all, max) = (settings.count(), seeds::SEEDS_MAX);
        let why = format!("{} seeds of {all} runs each; allowed: {max} runs", seeds.count());
        return Err(bad("--seeds", why));
    }
    let manifest = SweepManifest { fail_fast, ..manifest((seeds, shard), &name, &settings) };
    if let Some(file) = &args.junit {
        source::regular_or_none(file)?;
        junit::check(file)?;
    }
    let path = args.out.clone().unwrap_or_else(|| folder(&manifest));
    // Until here a file may be waited for, which ends as anything does that is interrupted.
    interrupt::notice();
    let (mut folder, had) = Folder::open(&path, manifest, args.resume)?;
    let jobs = match args.jobs {
        Some(jobs) => usize::try_from(jobs).expect("at most 1024"),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let (watch, ends) = (Stopwatch::start(), args.budget.map(Deadline::after));
    let work = Work { name: &name, file, settings: &settings, jobs, fail_fast, ends };
    let bar = progress::line(folder.count());
    // Seeds that were run before say nothing about how fast these are.
    bar.set_position(had.count());
    bar.reset_eta();
    let ran = workers::run(work, &mut folder, had, &mut |Progress { runs, violated }| {
        bar.set_position(runs);
        bar.set_message(so_far(&bar, violated));
    });
    bar.finish_and_clear();
    let Came { whole, ran } = ran.map_err(|error| match error {
        Error::Interrupted => Error::Paused { path: path.clone() },
        Error::Bad { path: file, why } => {
            let kept = path.display();
            let why = format!("{why}; the sweep ends before it, and the rows so far are in {kept}");
            Error::Bad { path: file, why }
        }
        error => error,
    })?;
    let cells = folder.cells();
    if whole < cells && ends.is_some_and(Deadline::is_over) {
        let kept = path.display();
        let why = format!("it is over before the first seed is; --resume goes on with {kept}");
        return Err(bad("--budget", why));
    }
    let pace = ran as f64 / cells as f64 / watch.elapsed().as_secs_f64();
    // How fast this machine was is no part of a result: it is for whoever looks on, or has asked.
    let told = ran > 0 && (args.budget.is_some() || std::io::stdout().is_terminal());
    // With `--fail-fast` the last seed need not have all its runs.
    let totals = folder.finish(&settings, whole.div_ceil(cells), args.format)?;
    if let Some(file) = &args.junit {
        junit::write(file, &totals)?;
    }
    Ok(Swept { totals, settings, path, pace: told.then_some(pace) })
}

/// Which sweep it is.
pub(super) fn manifest(
    (seeds, shard): (seeds::Range, Shard),
    name: &str,
    settings: &Settings,
) -> SweepManifest {
    let scenario = settings.scenario();
    SweepManifest {
        format: SWEEP_FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: name.to_owned(),
        title: scenario.title.clone(),
        first_seed: seeds.first,
        last_seed: seeds.last,
        shard,
        fail_fast: false,
        settings: settings.names(),
        axes: settings.axes(),
        left_out: settings.left_out().to_vec(),
        drawn: scenario.swarm.draw.keys().cloned().collect(),
        text: scenario.print(),
    }
}

/// How to go on with what a sweep has found under the scenario's own setting: others have no file.
fn go_on(args: &args::Sweep, totals: &SweepTotals) -> String {
    let found = &totals.settings[0].violations;
    next::text(&next::of_sweep(&args.scenario, args.protocol, found), 9)
}

/// Where a sweep goes if nobody says.
pub(super) fn folder(manifest: &SweepManifest) -> PathBuf {
    called(manifest, "seeds")
}

/// The same of whatever is called otherwise.
pub(super) fn called(manifest: &SweepManifest, what: &str) -> PathBuf {
    let SweepManifest { scenario, first_seed, last_seed, shard: Shard { nth, of }, .. } = manifest;
    let part = if *of == 1 { String::new() } else { format!("-part-{nth}-of-{of}") };
    Path::new("reports").join(format!("{scenario}-{what}-{first_seed}-{last_seed}{part}"))
}

/// Says what a sweep came to, and then what to type next.
pub(super) fn told(swept: &Swept, json: bool, next: &str) -> Result<Verdict, Error> {
    let Swept { totals, settings, path, pace } = swept;
    print(totals, json, || text::text(totals, settings, path, *pace) + next)
}

/// Prints totals, or words about them.
pub(super) fn print(
    totals: &SweepTotals,
    json: bool,
    words: impl FnOnce() -> String,
) -> Result<Verdict, Error> {
    if json {
        let text = serde_json::to_string_pretty(totals).expect("totals are plain rows");
        stdout::put_data(&(text + "\n"))?;
    } else {
        stdout::put(&words())?;
    }
    Ok(verdict(totals))
}

/// The verdict of the whole.
fn verdict(totals: &SweepTotals) -> Verdict {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == totals.verdict);
    verdict.expect("a sweep has the verdict of a run")
}

/// The command that repeats this sweep.
fn repeat(args: &args::Sweep) -> String {
    let args::Sweep { scenario, protocol, fail_fast, swept } = args;
    let mut command = format!("leasehold sweep {}", word(scenario));
    command.push_str(&seeds(swept));
    if let Some(protocol) = protocol {
        command.push_str(&format!(" --protocol {}", protocol.name()));
    }
    if *fail_fast {
        command.push_str(" --fail-fast");
    }
    command
}

/// The seeds of a command, and which part of them.
pub(super) fn seeds(args::Swept { seeds, shard, .. }: &args::Swept) -> String {
    let text = format!(" --seeds {}..{}", seeds.first, seeds.last);
    match shard {
        Shard { of: 1, .. } => text,
        Shard { nth, of } => format!("{text} --shard {nth}/{of}"),
    }
}

/// How far it has come: short enough for a narrow terminal.
fn so_far(bar: &ProgressBar, violated: u64) -> String {
    let (done, all) = (bar.position(), bar.length().unwrap_or(0));
    let [done, all, violated] = [done, all, violated].map(numbers::count);
    format!("{done}/{all} runs, {violated} violated{}", progress::pace(bar))
}

//! `leasehold sweep FILE --seeds A..B`: one scenario, many seeds.

use crate::args;
use crate::error::Error;
use crate::next::{self, word};
use crate::sweep::folder::Folder;
use crate::sweep::settings::Settings;
use crate::sweep::text;
use crate::sweep::workers::{self, Progress, Work};
use crate::{interrupt, progress, source, stdout};
use indicatif::{HumanDuration, ProgressBar};
use leasehold_data::{SWEEP_FORMAT, Shard, SweepManifest, SweepTotals, numbers};
use leasehold_sim::{Scenario, Verdict};
use std::path::{Path, PathBuf};

/// Runs the seeds that have not been run, and says what all of them come to.
pub(crate) fn sweep(args: &args::Sweep) -> Result<Verdict, Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let scenario = args.protocol.map_or(scenario.clone(), |protocol| scenario.under(protocol));
    let settings = Settings::own(&scenario);
    let totals = swept(&args.swept, &args.scenario, &scenario, &settings, args.fail_fast, folder)?;
    let next = format!("Again    {}\n", repeat(args)) + &go_on(args, &totals.0);
    told(&totals, &settings, args.swept.json, &next)
}

/// What a sweep came to, and where it is.
pub(super) type Swept = (SweepTotals, PathBuf);

/// Runs the seeds that have not been run.
pub(super) fn swept(
    args: &args::Swept,
    file: &Path,
    scenario: &Scenario,
    settings: &Settings,
    fail_fast: bool,
    folder: fn(&SweepManifest) -> PathBuf,
) -> Result<Swept, Error> {
    let (seeds, shard) = (args.seeds, args.shard);
    if shard.nth > seeds.count() {
        let why = format!("there are {} seeds, so there is no part {}", seeds.count(), shard.nth);
        return Err(Error::Bad { path: PathBuf::from("--shard"), why });
    }
    let name = file.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    let manifest = SweepManifest {
        format: SWEEP_FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: name.to_string(),
        title: scenario.title.clone(),
        first_seed: seeds.first,
        last_seed: seeds.last,
        shard,
        fail_fast,
        settings: settings.names(),
        text: scenario.print(),
    };
    // What is wrong with every seed is told before there is a folder.
    let drawn = source::drawn(file, scenario, seeds.first + shard.nth - 1)?.scenario;
    for nth in 0..settings.count() {
        source::simulation(file, &name, &settings.of(nth, &drawn))?;
    }
    let path = args.out.clone().unwrap_or_else(|| folder(&manifest));
    // Until here a file may be waited for, which ends as anything does that is interrupted.
    interrupt::notice();
    let (mut folder, had) = Folder::open(&path, manifest, args.resume)?;
    let jobs = match args.jobs {
        Some(jobs) => usize::try_from(jobs).expect("at most 1024"),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let work = Work { name: &name, file, scenario, settings, jobs, fail_fast };
    let bar = progress::line(folder.count());
    // Seeds that were run before say nothing about how fast these are.
    bar.set_position(had.count());
    bar.reset_eta();
    let ran = workers::run(work, &mut folder, had, &mut |Progress { runs, violated }| {
        bar.set_position(runs);
        bar.set_message(so_far(&bar, violated));
    });
    bar.finish_and_clear();
    ran.map_err(|error| match error {
        Error::Interrupted => Error::Paused { path: path.clone() },
        Error::Bad { path: file, why } => {
            let kept = path.display();
            let why = format!("{why}; the sweep ends before it, and the rows so far are in {kept}");
            Error::Bad { path: file, why }
        }
        error => error,
    })?;
    Ok((folder.finish(settings)?, path))
}

/// How to go on with what a sweep has found under the scenario's own setting: others have no file.
fn go_on(args: &args::Sweep, totals: &SweepTotals) -> String {
    let found = &totals.settings[0].violations;
    next::text(&next::of_sweep(&args.scenario, args.protocol, found), 9)
}

/// Where a sweep goes if nobody says.
pub(super) fn folder(manifest: &SweepManifest) -> PathBuf {
    let SweepManifest { scenario, first_seed, last_seed, shard: Shard { nth, of }, .. } = manifest;
    let part = if *of == 1 { String::new() } else { format!("-part-{nth}-of-{of}") };
    Path::new("reports").join(format!("{scenario}-seeds-{first_seed}-{last_seed}{part}"))
}

/// Says what a sweep came to, and then what to type next.
pub(super) fn told(
    (totals, path): &Swept,
    settings: &Settings,
    json: bool,
    next: &str,
) -> Result<Verdict, Error> {
    if json {
        let text = serde_json::to_string_pretty(totals).expect("totals are plain rows");
        stdout::put_data(&(text + "\n"))?;
    } else {
        stdout::put(&(text::text(totals, settings, path) + next))?;
    }
    Ok(verdict(totals))
}

/// The verdict of the whole.
pub(super) fn verdict(totals: &SweepTotals) -> Verdict {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == totals.verdict);
    verdict.expect("a sweep has the verdict of a run")
}

/// The command that repeats this sweep.
fn repeat(args: &args::Sweep) -> String {
    let args::Sweep { scenario, protocol, fail_fast, swept } = args;
    let args::Swept { seeds, shard: Shard { nth, of }, .. } = swept;
    let (file, first, last) = (word(scenario), seeds.first, seeds.last);
    let mut command = format!("leasehold sweep {file} --seeds {first}..{last}");
    if let Some(protocol) = protocol {
        command.push_str(&format!(" --protocol {}", protocol.name()));
    }
    if *of > 1 {
        command.push_str(&format!(" --shard {nth}/{of}"));
    }
    if *fail_fast {
        command.push_str(" --fail-fast");
    }
    command
}

/// How far it has come: short enough for a narrow terminal.
fn so_far(bar: &ProgressBar, violated: u64) -> String {
    let (done, all) = (bar.position(), bar.length().unwrap_or(0));
    let [done, all, violated] = [done, all, violated].map(numbers::count);
    let text = format!("{done}/{all} runs, {violated} violated");
    let left = HumanDuration(bar.eta());
    match bar.per_sec() {
        rate if rate > 0.0 => format!("{text}, {}/s, {left:#} left", numbers::number(rate)),
        _ => text,
    }
}

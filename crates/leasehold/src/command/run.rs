//! `leasehold run FILE`: one scenario, one seed, and the other settings that the scenario compares
//! itself with.

use super::perturb;
use crate::args;
use crate::atomic_dir::{AtomicDir, Purpose};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::log::{self, Log, Logged};
use crate::next::{Named, Next};
use crate::summary::About;
use crate::{interrupt, modules, output, progress, source, stdout, summary, threads};
use indicatif::{HumanDuration, ProgressBar};
use leasehold_data::numbers;
use leasehold_sim::scenario::{Drawn, Protocol};
use leasehold_sim::{Fork, Outcome, Progress, Run, Scenario, Seed, Tape, Verdict};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// One of the runs of a command: the scenario's own, or one that it is compared with.
pub(crate) struct Done {
    /// What it is called: the scenario's name, or its variant's.
    pub(crate) name: String,
    /// What was run: nothing in it is still to be drawn.
    pub(crate) scenario: Scenario,
    pub(crate) outcome: Outcome,
    /// Where its files are.
    pub(crate) folder: PathBuf,
    /// Where in the report that is.
    pub(crate) inside: PathBuf,
    /// Its log, if one was asked for.
    pub(crate) log: Option<Logged>,
    /// How to go on with what it has found.
    pub(crate) next: Vec<Next>,
}

/// Runs a scenario and its variants, writes their files, and says what came of it. The verdict is
/// the worst of them.
pub(crate) fn run(args: &args::Run) -> Result<Verdict, Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let tape = args.tape.as_deref().map(source::tape).transpose()?;
    let seed = seed(args.seed, &args.forks, tape.as_ref());
    let name = args.scenario.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    let default = || Path::new("reports").join(folder(&name, args.protocol, &seed));
    let folder = args.out.clone().unwrap_or_else(default);
    let Drawn { scenario, fields } = source::drawn(&args.scenario, &scenario, seed.root)?;
    let scenario = args.protocol.map_or(scenario.clone(), |protocol| scenario.under(protocol));
    let plan = log::Plan::new(&args.log, &scenario, &folder)?;
    // Until here a file may be waited for, which ends as anything does that is interrupted.
    interrupt::notice();
    let (tape_file, named) = (args.tape.as_deref(), args.out.is_some());
    let purpose = Purpose::of(DirKind::Report, &args.scenario, tape_file, named);
    let report = AtomicDir::begin(&folder, purpose)?;
    let mut settings = vec![(name.to_string(), scenario.clone(), None)];
    for variant in &scenario.compare {
        let (name, scenario) = (variant.name.clone(), scenario.variant(variant));
        settings.push((name.clone(), scenario, Some(name)));
    }
    // What cannot be written is told before anything is run.
    let logs = settings
        .iter()
        .map(|(.., setting)| plan.as_ref().map(|plan| plan.begin(setting.as_deref())).transpose());
    let mut logs = logs.collect::<Result<Vec<Option<Log>>, Error>>()?;
    let asked = (args.seed, args.forks.as_slice());
    let named = Named::asked((&args.scenario, args.protocol), asked, args.tape.as_deref(), &seed);
    let command = named.command("run");
    let simulations = settings
        .iter()
        .map(|(name, scenario, _)| source::simulation(&args.scenario, name, scenario))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut done = Vec::with_capacity(settings.len());
    for (nth, (name, scenario, setting)) in settings.into_iter().enumerate() {
        let run = played(simulations[nth].seeded(seed.clone()), tape.as_ref());
        let mut outcome = outcome(&run, &name, args.twice, logs[nth].as_mut())?;
        if let Some(objects) = args.perturb {
            let differs = modules::perturbed(&args.scenario, &name, &scenario, objects)?;
            let (one, other) = (&*simulations[nth], &*differs);
            let [one, other] =
                [one, other].map(|sim| played(sim.seeded(seed.clone()), tape.as_ref()));
            perturb::compare(&name, (&one, &outcome), &other)?;
        }
        outcome.dataset.manifest.command.clone_from(&command);
        let inside = PathBuf::from(setting.unwrap_or_default());
        // Joined with nothing, a path would end in a slash.
        let folder = if done.is_empty() { folder.clone() } else { folder.join(&inside) };
        // Of a setting there is no other file than the one that is left in the report.
        let file = folder.join(output::SCENARIO);
        let setting = Named { scenario: &file, seed: Some(seed.root), protocol: None, ..named };
        let named = if done.is_empty() { named } else { setting };
        let next = named.all(outcome.dataset.findings());
        done.push(Done { name, scenario, outcome, folder, inside, log: None, next });
    }
    let runs = simulations.iter().map(|one| played(one.seeded(seed.clone()), tape.as_ref()));
    let drawn: Vec<_> = done.iter().zip(runs).collect();
    let write = |(done, run): &(&Done, Run<'_>)| match args.no_charts {
        true => output::write(&report, done),
        false => output::draw_run(&report, done, run),
    };
    threads::each(&drawn, write)?;
    report.finish()?;
    for (run, log) in done.iter_mut().zip(logs) {
        run.log = log.map(Log::finish).transpose()?;
    }
    let about = About { fields: &fields, tape: tape.as_ref(), twice: args.twice };
    say(&done, about, args.json, plan.is_some_and(|plan| plan.takes_stdout()))?;
    Ok(Verdict::worst(done.iter().map(|run| run.outcome.verdict)))
}

/// Says what came of it, on the standard output, unless a log takes that.
fn say(done: &[Done], about: About<'_>, json: bool, is_taken: bool) -> Result<(), Error> {
    let text = match json {
        true => summary::json(done, about) + "\n",
        false => summary::text(done, about),
    };
    match is_taken {
        true => stdout::put_beside(&text),
        false if json => stdout::put_data(&text),
        false => stdout::put(&text),
    }
}

/// What comes of a run, once, or twice side by side, or with a log; it says meanwhile how far it
/// is.
fn outcome(
    run: &Run<'_>,
    name: &str,
    twice: bool,
    log: Option<&mut Log>,
) -> Result<Outcome, Error> {
    let bar = progress::line(0);
    let mut progress = |progress: Progress| {
        tell(&bar, name, progress);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let outcome = match log {
        Some(log) => {
            let outcome = run.history_until(&mut |entry| log.entry(entry), &mut progress);
            log.check().map(|()| outcome)
        }
        None if twice => run
            .twice_until(&mut progress)
            .transpose()
            .map_err(|difference| Error::Differs { name: name.to_owned(), difference }),
        None => Ok(run.run_until(&mut progress)),
    };
    bar.finish_and_clear();
    outcome?.ok_or(Error::Interrupted)
}

/// A run with the faults of a tape, if there is one.
pub(crate) fn played<'s>(run: Run<'s>, tape: Option<&Tape>) -> Run<'s> {
    match tape {
        Some(tape) => run.tape(tape),
        None => run,
    }
}

/// Says how far a run has come.
pub(super) fn tell(bar: &ProgressBar, name: &str, progress: Progress) {
    let (now_ms, end_ms) = (progress.now_us / 1_000, progress.end_us / 1_000);
    // A run says far more often how far it is than anybody could read.
    if bar.is_hidden() || now_ms.saturating_sub(bar.position()) < end_ms / 500 {
        return;
    }
    bar.set_length(progress.end_us / 1_000);
    bar.set_position(progress.now_us / 1_000);
    let done = numbers::share(progress.now_us, progress.end_us);
    let (events, left) = (numbers::count(progress.events), HumanDuration(bar.eta()));
    bar.set_message(format!("{name}: {done}, {events} events, {left:#} left"));
}

/// The seed that was asked for, or else the tape's.
pub(super) fn seed(seed: Option<u64>, forks: &[Fork], tape: Option<&Tape>) -> Seed {
    let origin = tape.map(|tape| &tape.origin);
    let seed = seed.or(origin.map(|origin| origin.seed)).unwrap_or(1);
    let forks = match origin {
        Some(origin) if forks.is_empty() => origin.forks.clone(),
        _ => forks.to_vec(),
    };
    Seed { root: seed, forks }
}

/// What the folder of a run is called if nobody says.
pub(super) fn folder(name: &str, protocol: Option<Protocol>, seed: &Seed) -> String {
    let mut folder = name.to_owned();
    if let Some(protocol) = protocol {
        folder.push_str(&format!("-{}", protocol.name()));
    }
    folder.push_str(&format!("-{}", seed.root));
    for fork in &seed.forks {
        folder.push_str(&format!("-fork-{}", fork.to_string().replace(':', "-")));
    }
    folder
}

//! `leasehold shrink FILE`: from a run that fails to the few lines that matter, kept as a bug.

use super::explain::others;
use super::run::{folder, played, seed};
use crate::args;
use crate::atomic_dir::{AtomicDir, Purpose};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::next::{Named, word};
use crate::{bug, interrupt, progress, source, stdout, summary};
use leasehold_data::numbers;
use leasehold_sim::scenario::Variant;
use leasehold_sim::{Class, ShrinkError, Shrunk, Size, Stage, Wanted};
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;

/// Searches for a smaller case, writes it down, and says what it is.
pub(crate) fn shrink(args: &args::Shrink) -> Result<(), Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let tape = args.tape.as_deref().map(source::tape).transpose()?;
    let seed = seed(args.seed, &args.forks, tape.as_ref());
    let scenario = source::drawn(&args.scenario, &scenario, seed.root)?.scenario;
    let name = args.scenario.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    let scenario = args.protocol.map_or(scenario.clone(), |protocol| scenario.under(protocol));
    let named = with_class(folder(&name, args.protocol, &seed), args.wanted().as_ref());
    let default = || Path::new("bugs").join(named);
    let folder = args.out.clone().unwrap_or_else(default);
    // Until here a file may be waited for, which ends as anything does that is interrupted.
    interrupt::notice();
    let (tape_file, named) = (args.tape.as_deref(), args.out.is_some());
    let purpose = Purpose::of(DirKind::Bug, &args.scenario, tape_file, named);
    let place = AtomicDir::begin(&folder, purpose)?;
    let simulation = source::simulation(&args.scenario, &name, &scenario)?;
    let run = played(simulation.seeded(seed.clone()), tape.as_ref());
    let bar = progress::line(args.budget);
    let mut progress = |stage: &Stage| {
        bar.set_position(stage.runs);
        bar.set_message(told(stage, &progress::pace(&bar)));
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let shrunk = run.shrink_until(args.wanted().as_ref(), args.budget, &mut progress);
    bar.finish_and_clear();
    let shrunk = shrunk.map_err(|error| nothing(seed.root, args, &scenario.compare, error))?;
    bug::write(place, &folder, &shrunk)?;
    stdout::put(&text(&name, &shrunk, &folder).expect("writing to a string does not fail"))
}

/// The name of a folder for one class of violations: another one of the same seed has its own.
pub(super) fn with_class(folder: String, class: Option<&Wanted>) -> String {
    let Some(class) = class else { return folder };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let class = class.to_string().replace(|c| !word(c), "-");
    format!("{folder}-{class}")
}

/// Why there is nothing to shrink, for people.
fn nothing(seed: u64, args: &args::Shrink, compared: &[Variant], error: ShrinkError) -> Error {
    let why = match error {
        ShrinkError::Stopped => return Error::Interrupted,
        ShrinkError::TooManyFaults => {
            format!("seed {seed} has too many faults for a tape: a shorter duration has fewer")
        }
        ShrinkError::DoesNotFail(there) if there.is_empty() => {
            format!(
                "seed {seed} breaks no invariant and does no harm, so there is nothing to shrink; \
                 `leasehold sweep` says which seeds do{}",
                others(compared)
            )
        }
        ShrinkError::DoesNotFail(there) => {
            let names: Vec<String> = there.iter().map(Class::name).collect();
            let wanted = args.wanted().as_ref().map(ToString::to_string).unwrap_or_default();
            format!("seed {seed} does not show {wanted}; it shows {}", names.join(", "))
        }
    };
    Error::Bad { path: args.scenario.clone(), why }
}

/// How many faults have a line.
const FAULTS_TOLD: usize = 20;

fn text(name: &str, shrunk: &Shrunk, folder: &Path) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let bug = &shrunk.bug;
    writeln!(text, "{name}, seed {}: {}\n", bug.seed.root, bug.class)?;
    let Shrunk { before, after, .. } = shrunk;
    let names = ["Players", "Servers", "Faults", "Settings", "Duration"];
    for (nth, name) in names.into_iter().enumerate() {
        let named = match name {
            "Settings" if after.settings > 0 => format!(": {}", shrunk.settings().join(", ")),
            _ => String::new(),
        };
        let (before, after) = (&figures(before)[nth], &figures(after)[nth]);
        writeln!(text, "{name:10}{before:>8} -> {after}{named}")?;
    }
    text.push('\n');
    for fault in bug.tape.faults.iter().take(FAULTS_TOLD) {
        writeln!(text, "Fault     {}: {}", shrunk.clause(*fault), shrunk.note(*fault))?;
    }
    if let Some(more @ 1..) = bug.tape.faults.len().checked_sub(FAULTS_TOLD) {
        writeln!(text, "          and {} more, on the tape", numbers::count(more as u64))?;
    }
    writeln!(text, "First     {}\n", shrunk.why)?;
    if !(shrunk.unreached.is_empty() && shrunk.unknown.is_empty()) {
        summary::unplayed(&mut text, &shrunk.unreached, &shrunk.unknown)?;
        text.push('\n');
    }
    writeln!(text, "{}.\n", shrunk.sentence())?;
    let (scenario, tape) = (folder.join(bug::SCENARIO), folder.join(bug::TAPE));
    let (seed, tape) = (None, Some(tape.as_path()));
    let named = Named { scenario: &scenario, seed, forks: &[], protocol: None, tape };
    writeln!(text, "Files     {}", word(folder))?;
    writeln!(text, "Again     {}", named.command("run"))?;
    writeln!(text, "Why       {}", named.command("explain"))?;
    Ok(text)
}

/// How large a case is, as people read it.
fn figures(size: &Size) -> [String; 5] {
    let Size { players, servers, faults, settings, duration } = *size;
    let [faults, settings] = [faults, settings].map(|n| numbers::count(n as u64));
    let [players, servers] = [players, servers].map(numbers::count);
    [players, servers, faults, settings, duration.to_string()]
}

/// How far it has come, and how large what still fails is: short enough for a narrow terminal.
fn told(stage: &Stage, pace: &str) -> String {
    let Size { players, servers, faults, settings, duration } = stage.size;
    let [runs, budget] = [stage.runs, stage.budget].map(numbers::count);
    let [faults, settings] =
        [(faults, "fault"), (settings, "setting")].map(|(n, noun)| numbers::plural(n as u64, noun));
    let (players, servers) =
        (numbers::plural(players, "player"), numbers::plural(servers, "server"));
    let what = stage.what;
    format!(
        "{runs}/{budget} runs, {what}: {faults}, {players}, {servers}, {settings}, {duration}{pace}"
    )
}

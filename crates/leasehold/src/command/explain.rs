//! `leasehold explain FILE`: from a violation back to what it came of, in words and as a picture.

use super::run::{folder, played, seed, tell};
use super::shrink::with_class;
use crate::args::{self, StoryFormat};
use crate::atomic_dir::{AtomicDir, Purpose};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::next::Named;
use crate::story::{self, About};
use crate::{bug, interrupt, progress, source, stdout, story_graph};
use leasehold_sim::scenario::Variant;
use leasehold_sim::{Class, Progress, Seed, Tape, Unexplained, Wanted};
use std::ops::ControlFlow;
use std::path::Path;

/// Explains the first violation of a run, and writes its story down.
pub(crate) fn explain(args: &args::Explain) -> Result<(), Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let tape = args.tape.as_deref().map(source::tape).transpose()?;
    let seed = seed(args.seed, &args.forks, tape.as_ref());
    let scenario = source::drawn(&args.scenario, &scenario, seed.root)?.scenario;
    let bug = bug_named(&args.scenario);
    let stem = args.scenario.file_stem().map_or("scenario".into(), |stem| stem.to_string_lossy());
    let name = bug.clone().unwrap_or_else(|| stem.into_owned());
    let scenario = args.protocol.map_or(scenario.clone(), |protocol| scenario.under(protocol));
    // The name of a bug says its seed.
    let run = bug.unwrap_or_else(|| folder(&name, args.protocol, &seed));
    let run = with_class(run, args.wanted().as_ref());
    let default = || Path::new("reports").join(run + "-why");
    let folder = args.out.clone().unwrap_or_else(default);
    // Until here a file may be waited for, which ends as anything does that is interrupted.
    interrupt::notice();
    let (tape_file, named) = (args.tape.as_deref(), args.out.is_some());
    let purpose = Purpose::of(DirKind::Story, &args.scenario, tape_file, named);
    let place = AtomicDir::begin(&folder, purpose)?;
    let wanted = wanted(args, tape.as_ref());
    let simulation = source::simulation(&args.scenario, &name, &scenario)?;
    let run = played(simulation.seeded(seed.clone()), tape.as_ref());
    let bar = progress::line(0);
    let mut progress = |progress: Progress| {
        tell(&bar, &name, progress);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let explained = run.explain_until(wanted.as_ref(), &mut progress);
    bar.finish_and_clear();
    let explained = explained
        .map_err(|why| nothing(args, (wanted.as_ref(), seed.root), &scenario.compare, why))?;
    let about = About { explained: &explained, folder: &folder, again: again(args, &seed) };
    story::write(place, &about)?;
    let story = &explained.story;
    match args.format {
        StoryFormat::Text => stdout::put(&story::text(&about)),
        StoryFormat::Mermaid => stdout::put(&story_graph::mermaid(story)),
        StoryFormat::Dot => stdout::put(&story_graph::dot(story)),
        StoryFormat::Json => {
            let text = serde_json::to_string_pretty(story).expect("a story is plain rows");
            stdout::put_data(&(text + "\n"))
        }
    }
}

/// Which violations are meant: of a tape that says which class it shows, those of that class.
fn wanted(args: &args::Explain, tape: Option<&Tape>) -> Option<Wanted> {
    let shown = || tape?.origin.class.parse().ok();
    args.wanted().or_else(shown)
}

/// What a bug is called, if this is its scenario: as its folder.
fn bug_named(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|_| path.ends_with(bug::SCENARIO))?;
    folder.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Why there is nothing to explain, for people.
fn nothing(
    args: &args::Explain,
    (wanted, seed): (Option<&Wanted>, u64),
    compared: &[Variant],
    why: Unexplained,
) -> Error {
    let why = match why {
        Unexplained::Stopped => return Error::Interrupted,
        Unexplained::Invalid(problems) => problems.to_string(),
        Unexplained::DoesNotFail(there) if there.is_empty() => {
            format!(
                "seed {seed} breaks no invariant and does no harm, so there is nothing to explain{}",
                others(compared)
            )
        }
        Unexplained::DoesNotFail(there) => {
            let names: Vec<String> = there.iter().map(Class::name).collect();
            let wanted = wanted.map(ToString::to_string).unwrap_or_default();
            format!("seed {seed} does not show {wanted}; it shows {}", names.join(", "))
        }
    };
    Error::Bad { path: args.scenario.clone(), why }
}

/// Where the settings are that a scenario compares itself with: each is a run of its own.
pub(super) fn others(compared: &[Variant]) -> String {
    let names: Vec<&str> = compared.iter().map(|variant| variant.name.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    let names = names.join(", ");
    format!("; what it is compared with, {names}, has a scenario of its own in a run's report")
}

/// The command that does the same again.
fn again(args: &args::Explain, seed: &Seed) -> String {
    let asked = (args.seed, args.forks.as_slice());
    let named = Named::asked((&args.scenario, args.protocol), asked, args.tape.as_deref(), seed);
    match &args.wanted() {
        Some(class) => named.about("explain", &class.to_string()),
        None => named.command("explain"),
    }
}

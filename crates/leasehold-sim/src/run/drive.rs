//! Driving a world: from a job and a library to an outcome, watched or not.
//!
//! This is the only place where a world is made. Who watches decides nothing: a run that is
//! watched, told or run twice is the same run.

use super::{Job, Outcome, Tell, Watched, history, outcome};
use crate::config::{self, Distribution, FaultEvent};
use crate::determinism::{self, Difference};
use crate::fault::Gate;
use crate::library::{Bounds, Clocks, Hazards, Library};
use crate::observe::{Boxed, Slow};
use crate::progress::{PROGRESS_EVERY, Progress};
use crate::sinks::Watch;
use crate::trace::Trace;
use crate::units::Chance;
use crate::world::{Pace, Setup, World};
use std::time::Duration;

/// Runs a job with a library in it, and with observers of one's own: the only place where a world
/// is made.
pub(crate) fn drive<L: Library>(
    mut job: Job<'_>,
    library: &L::Config,
    own: &dyn Fn() -> Vec<Boxed>,
    progress: Tell<'_>,
) -> Option<Result<Outcome, Difference>> {
    assert!(
        i64::try_from(job.seed.root).is_ok(),
        "a seed is less than 2^63, so that a tape can hold it"
    );
    let (config, contract) = (&job.scenario.world(), L::contract(library));
    let expect = &job.scenario.expect;
    let bounds = Bounds::new(&contract, |obligation| expect.within.of(obligation));
    let end_us = job.scenario.duration.us();
    let world = |watch, pace| {
        World::<L>::new(Setup {
            config,
            library: library.clone(),
            contract,
            bounds,
            slow: Slow { start: expect.slow_start.0, to_play: expect.slow_to_play.0 },
            seed: job.seed,
            gate: Gate::new(job.tape.map(|tape| tape.faults.as_slice())),
            own: own(),
            only: job.only.map(str::to_owned),
            watch,
            planted: job.planted,
            pace,
        })
    };
    // Whoever watches sees each step at once: none may have to be taken back.
    let world = match job.watched {
        Watched::Not => {
            let bold = alone(world(Watch::Nobody, Pace::Bold), end_us, progress)?;
            if bold.is_misjudged() {
                alone(world(Watch::Nobody, Pace::Sure), end_us, progress)?
            } else {
                bold
            }
        }
        Watched::Twice => {
            match determinism::lockstep(
                [world(Watch::steps(), Pace::Sure), world(Watch::steps(), Pace::Sure)],
                end_us,
                progress,
            )? {
                Ok(world) => world,
                Err(difference) => return Some(Err(difference)),
            }
        }
        Watched::Each(ref mut each) => {
            history::told(world(Watch::steps(), Pace::Sure), end_us, *each, progress)?
        }
        Watched::Trace(ref mut trace) => {
            let watch = Watch::Trace(trace.take().expect("somebody watches"));
            let mut world = alone(world(watch, Pace::Sure), end_us, progress)?;
            **trace = kept(&mut world);
            world
        }
        Watched::ToFound(ref mut trace) => {
            let world = world(Watch::Trace(trace.take().expect("somebody watches")), Pace::Sure);
            **trace = to_found(world, end_us, progress);
            return None;
        }
    };
    let _ = progress(Progress { now_us: end_us, end_us, events: world.events });
    let promise = L::promise(library, clocks(config));
    Some(Ok(outcome(&job, world, (promise, bounds))))
}

/// What can be relied on of a world's clocks.
pub(crate) fn clocks(config: &config::World) -> Clocks {
    let config::World { servers, .. } = config;
    let step = Duration::from_secs(u64::from(servers.whole_seconds));
    Clocks { skew: config.clocks_apart(), drift_ppm: servers.drift_ppm, step }
}

/// What of a world lets a library down.
pub(crate) fn hazards(config: &config::World) -> Hazards {
    let config::World { datastore, messaging, faults, timeline, .. } = config;
    let some = |rates: &[Chance]| rates.iter().any(|rate| *rate > Chance::NEVER);
    let happens = |what| timeline.iter().any(|entry| entry.what == what);
    let longest = |latency: &Distribution| {
        Duration::from_micros(latency.table().map_or(u64::MAX, |table| table.max()))
    };
    Hazards {
        loss: some(&[messaging.loss]),
        deaf: some(&[messaging.subscribe_fails, messaging.subscribe_hangs])
            || faults.partition_every.is_some()
            || happens(FaultEvent::Partition),
        slowest_message: longest(&messaging.latency),
        slowest_call: longest(&datastore.latency()),
        calls_fail: some(&[datastore.fail_before(), datastore.never_arrives])
            || !datastore.incidents.is_empty(),
        pauses: faults.pause_every.is_some() || happens(FaultEvent::Pause),
    }
}

/// Runs a world to its end.
fn alone<'a, L: Library>(
    mut world: World<'a, L>,
    end_us: u64,
    progress: Tell<'_>,
) -> Option<World<'a, L>> {
    while world.advance() {
        if !goes_on(&world, end_us, progress) {
            return None;
        }
    }
    world.finish();
    Some(world)
}

/// Runs a watched world until what is looked for has been found, or to its end.
fn to_found<L: Library>(
    mut world: World<'_, L>,
    end_us: u64,
    progress: Tell<'_>,
) -> Option<Box<Trace>> {
    let is_found = |world: &World<'_, L>| match &world.sinks.watch {
        Watch::Trace(trace) => trace.found.is_some(),
        _ => false,
    };
    while !is_found(&world) && world.advance() {
        if !goes_on(&world, end_us, progress) {
            return None;
        }
    }
    if !is_found(&world) {
        world.finish();
    }
    kept(&mut world)
}

/// Tells how far a world is, now and then; whether to go on.
fn goes_on<L: Library>(world: &World<'_, L>, end_us: u64, progress: Tell<'_>) -> bool {
    if !world.events.is_multiple_of(PROGRESS_EVERY) {
        return true;
    }
    let now_us = world.now().as_micros();
    progress(Progress { now_us, end_us, events: world.events }).is_continue()
}

/// What a watched world has kept.
fn kept<L: Library>(world: &mut World<'_, L>) -> Option<Box<Trace>> {
    match std::mem::replace(&mut world.sinks.watch, Watch::Nobody) {
        Watch::Trace(kept) => Some(kept),
        _ => None,
    }
}

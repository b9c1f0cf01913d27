//! Workers: each takes the next seed that nobody has run, runs its world alone, and writes its row.
//!
//! None runs further ahead of the first missing row than the order of rows can bear. With
//! `--fail-fast`, the first violating seed in the order of seeds decides: seeds after one that
//! violates are given up, those before it are run to their end, whoever finds it. So it is with a
//! seed for which a swarm draws nothing that goes together: the sweep ends there, with an error.

use super::folder::{Folder, Had};
use super::order::AHEAD_MAX;
use super::row::Row;
use super::settings::Settings;
use crate::error::Error;
use crate::stopwatch::Deadline;
use crate::{interrupt, source, threads};
use leasehold_sim::scenario::{Drawn, plain};
use leasehold_sim::{Simulate, Verdict};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is to be run.
pub(crate) struct Work<'a> {
    pub(crate) name: &'a str,
    /// The file that the scenario is from.
    pub(crate) file: &'a Path,
    pub(crate) settings: &'a Settings,
    pub(crate) jobs: usize,
    pub(crate) fail_fast: bool,
    /// It ends then with what it has.
    pub(crate) ends: Option<Deadline>,
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    /// How many runs, from the first on, have their rows without a gap.
    pub(crate) whole: u64,
    /// How many runs were made, not counting those that had their rows.
    pub(crate) ran: u64,
}

/// How far a sweep has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) runs: u64,
    pub(crate) violated: u64,
}

struct Workers<'a> {
    work: Work<'a>,
    /// Places from here on need not be run.
    until: AtomicU64,
    state: Mutex<Shared<'a>>,
    /// There is a row more, so whoever was too far ahead may go on.
    caught_up: Condvar,
    /// A worker has left. Rows wake nobody who only says how far things are.
    left: Condvar,
}

struct Shared<'a> {
    folder: &'a mut Folder,
    had: Had,
    /// The next place that nobody has taken.
    next: u64,
    at_work: usize,
    /// There is no going on: nobody begins a seed or writes a row any more.
    over: bool,
    failed: Option<Error>,
    /// The first place that nothing can be drawn for.
    undrawn: Option<(u64, Error)>,
}

/// The last simulation of a setting, if there was one.
pub(super) type Last = Option<Box<dyn Simulate>>;

/// Runs a seed under a setting, as long as that is needed and nobody has said that it is enough.
/// `last` is the simulation of the last seed under it: without a swarm, all seeds have the same.
pub(super) fn row(
    work: &Work<'_>,
    last: &mut Last,
    (seed, nth): (u64, usize),
    needed: &dyn Fn() -> bool,
) -> Result<Option<Row>, Error> {
    let Work { name, file, settings, .. } = *work;
    let scenario = settings.scenario();
    let (simulation, fields) = match last.take() {
        Some(same) if scenario.swarm.draw.is_empty() => (same, Vec::new()),
        other => {
            let Drawn { scenario: drawn, fields } = source::drawn(file, scenario, seed)?;
            let drawn = settings.of(file, nth, &drawn)?;
            let same = other.filter(|last| *last.scenario() == drawn);
            let made = || source::simulation(file, name, &drawn);
            (same.map_or_else(made, Ok)?, fields)
        }
    };
    let outcome = last.insert(simulation).seed(seed).run_until(&mut |_| match needed()
        && !interrupt::asked()
    {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    });
    let cells = settings.cells();
    let cell = (cells.setting(nth), cells.values(cells.get(nth)));
    let drawn = fields.iter().map(|(_, value)| value.as_ref().map_or_else(String::new, plain));
    Ok(outcome.map(|outcome| Row::of(seed, cell, drawn.collect(), &outcome)))
}

/// How often progress is told, and an interrupt noticed by those who wait.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs all seeds that have no row yet. An interrupted sweep keeps its rows.
pub(crate) fn run(
    work: Work<'_>,
    folder: &mut Folder,
    had: Had,
    progress: &mut dyn FnMut(Progress),
) -> Result<Came, Error> {
    let (jobs, before) = (work.jobs, had.count());
    let mut until = folder.plan.count();
    if let (true, Some(first)) = (work.fail_fast, had.first_violated) {
        until = first + 1;
    }
    let (next, over, failed, undrawn) = (0, false, None, None);
    let state = Shared { folder, had, next, at_work: jobs, over, failed, undrawn };
    let (until, state) = (AtomicU64::new(until), Mutex::new(state));
    let (caught_up, left) = (Condvar::new(), Condvar::new());
    let workers = Workers { work, until, state, caught_up, left };
    threads::pool(jobs)?.in_place_scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|_| workers.serve());
        }
        workers.watch(progress);
    });
    let state = workers.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ended = state.had.first_violated.filter(|_| workers.work.fail_fast);
    match (state.failed, state.undrawn) {
        (Some(error), _) => Err(error),
        (None, _) if interrupt::asked() => Err(Error::Interrupted),
        (None, Some((place, error))) if ended.is_none_or(|end| place < end) => Err(error),
        _ => {
            let places = &state.had.places;
            Ok(Came { whole: places.next(), ran: places.count() - before })
        }
    }
}

impl<'a> Workers<'a> {
    fn state(&self) -> MutexGuard<'_, Shared<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everybody is done, and says how far they are.
    fn watch(&self, progress: &mut dyn FnMut(Progress)) {
        let mut state = self.state();
        while state.at_work > 0 {
            progress(Progress { runs: state.had.places.count(), violated: state.had.violated });
            if self.work.ends.is_some_and(Deadline::is_over) {
                // Whoever is at work gives its world up.
                self.until.store(0, Ordering::Relaxed);
                self.caught_up.notify_all();
            }
            state = wait(&self.left, state);
        }
    }

    /// The life of a worker.
    fn serve(&self) {
        let _leaving = DropGuard(self);
        let mut last: Vec<Last> = (0..self.work.settings.count()).map(|_| None).collect();
        while let Some((place, seed, nth)) = self.take() {
            let needed = || place < self.until.load(Ordering::Relaxed);
            match row(&self.work, &mut last[nth], (seed, nth), &needed) {
                Ok(Some(row)) => self.put(place, &row),
                Ok(None) => {}
                Err(error) => self.undrawn(place, error),
            }
        }
    }

    /// The next seed, when it may be started; nothing if there is none.
    fn take(&self) -> Option<(u64, u64, usize)> {
        let mut state = self.state();
        loop {
            if state.over || interrupt::asked() {
                return None;
            }
            while state.had.places.has(state.next) {
                state.next += 1;
            }
            if state.next >= self.until.load(Ordering::Relaxed) {
                return None;
            }
            if state.next < state.had.places.next() + AHEAD_MAX {
                let place = state.next;
                state.next += 1;
                let (seed, nth) = state.folder.plan.at(place);
                return Some((place, seed, nth));
            }
            state = wait(&self.caught_up, state);
        }
    }

    /// Writes a row down, unless there is no going on: what cannot be written ends the sweep for
    /// everybody, and at once, so that nothing comes after half a row.
    fn put(&self, place: u64, row: &Row) {
        let line = row.print();
        let mut state = self.state();
        if state.over {
            return;
        }
        if let Err(error) = state.folder.append(&line) {
            state.failed = Some(error);
            state.over = true;
            self.until.store(0, Ordering::Relaxed);
            self.caught_up.notify_all();
            return;
        }
        state.had.places.put(place, ());
        while state.had.places.take().is_some() {}
        if row.verdict == Verdict::Violated {
            state.had.note_violated(place);
            if self.work.fail_fast {
                self.until.fetch_min(place + 1, Ordering::Relaxed);
            }
        }
        drop(state);
        self.caught_up.notify_all();
    }

    /// The sweep ends before this place.
    fn undrawn(&self, place: u64, error: Error) {
        let mut state = self.state();
        if state.undrawn.as_ref().is_none_or(|(first, _)| place < *first) {
            state.undrawn = Some((place, error));
        }
        self.until.fetch_min(place, Ordering::Relaxed);
        self.caught_up.notify_all();
    }
}

fn wait<'s, 'a>(signal: &Condvar, state: MutexGuard<'s, Shared<'a>>) -> MutexGuard<'s, Shared<'a>> {
    let waited = signal.wait_timeout(state, LOOK_EVERY);
    waited.unwrap_or_else(PoisonError::into_inner).0
}

/// A worker that leaves is missed, even if it leaves by a panic: then everybody goes home.
struct DropGuard<'c, 'a>(&'c Workers<'a>);

impl Drop for DropGuard<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.at_work -= 1;
        state.over |= std::thread::panicking();
        self.0.left.notify_all();
    }
}

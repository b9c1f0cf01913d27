//! The program, stopped at any moment by any signal.
//!
//! Law: a folder is whole, as it was before or as it would have become, or it is not there; an
//! earlier one is never lost; whoever does the same again gets what nobody had stopped, and nothing
//! else lies about. Of a sweep no finished row is lost, an earlier one in its place stays whole
//! until it is over, and gone on with it becomes what it would have been, to the last byte.

use super::corpus::SMALL;
use super::dice::Dice;
use super::place::{Place, Thing, Tree};
use super::program::{Program, signal};
use super::{Failure, Trials};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What was found.
#[derive(Debug, Default)]
pub struct Kills {
    /// How many processes were stopped, and how many were through before.
    pub stopped: u64,
    /// How many were through before the signal came.
    pub through: u64,
    /// Folders that were half there.
    pub half: Vec<Failure>,
    /// What was there before and is lost.
    pub lost: Vec<Failure>,
    /// What did not become what it should have, done again or gone on with.
    pub unequal: Vec<Failure>,
}

/// What is wrong after a trial.
enum Wrong {
    Half(String),
    Lost(String),
    Unequal(String),
}

const SIGNALS: [&str; 5] = ["KILL", "KILL", "INT", "TERM", "HUP"];

/// A command that leaves a folder.
struct Job {
    args: Vec<String>,
    /// An earlier folder of its kind, and what it leaves.
    earlier: Tree,
    fresh: Tree,
    /// How long it takes if nobody stops it.
    takes: Duration,
    is_sweep: bool,
}

/// Stops commands as often as asked.
///
/// # Panics
/// If the program cannot be started, or a command fails that nobody stops.
#[must_use]
pub fn kills(program: &Program, trials: &Trials) -> Kills {
    let jobs = jobs(program);
    let tried = |nth: u64| {
        let dice = &mut Dice::of(trials.seed, nth);
        let job = dice.pick(&jobs);
        let (stopped, wrong) = job.stopped(program, dice);
        (nth, job.args.clone(), stopped, wrong)
    };
    let all: Vec<_> = trials.numbers().into_par_iter().map(tried).collect();
    let mut kills = Kills::default();
    for (nth, args, stopped, wrong) in all {
        kills.stopped += u64::from(stopped);
        kills.through += u64::from(!stopped);
        let failure = |why| Failure { nth, why, files: Vec::new(), args };
        match wrong {
            Err(Wrong::Half(why)) => kills.half.push(failure(why)),
            Err(Wrong::Lost(why)) => kills.lost.push(failure(why)),
            Err(Wrong::Unequal(why)) => kills.unequal.push(failure(why)),
            Ok(()) => {}
        }
    }
    kills
}

/// The seeds of an earlier sweep, and of one that is stopped.
const SEEDS: [&str; 2] = ["101..120", "1..40"];

fn jobs(program: &Program) -> Vec<Job> {
    let seeds = failing(program);
    let seeded = |words: &[&str]| {
        let of = |seed: &String| [words, &["--seed", seed]].concat().join(" ");
        Job::of(program, &seeds.each_ref().map(of), Tree::new())
    };
    let report = seeded(&["run", "world.toml"]);
    let drawn = Job::of(program, &["report out"; 2].map(str::to_owned), report.fresh.clone());
    let sweep = SEEDS.map(|seeds| format!("sweep world.toml --jobs 2 --seeds {seeds}"));
    let sweep = Job { is_sweep: true, ..Job::of(program, &sweep, Tree::new()) };
    let short = seeded(&["run", "world.toml", "--no-charts"]);
    let story = seeded(&["explain", "world.toml"]);
    vec![report, short, drawn, story, seeded(&["shrink", "world.toml", "--budget", "30"]), sweep]
}

/// Two seeds of which something can be told.
fn failing(program: &Program) -> [String; 2] {
    let place = Place::new();
    place.write("world.toml", SMALL.as_bytes());
    let tells = |seed: &String| {
        let args = ["explain", "world.toml", "--class", "no_double_ownership", "--seed", seed];
        program.prepare(&place, &args).code == Some(0)
    };
    let seeds: Vec<String> = (1..).map(|n: u32| n.to_string()).filter(tells).take(2).collect();
    seeds.try_into().expect("two were taken")
}

impl Job {
    /// Does both, one after the other, to see what they leave.
    fn of(program: &Program, lines: &[String; 2], there: Tree) -> Job {
        let mut trees = Vec::new();
        let mut takes = Duration::ZERO;
        let words = |line: &String| -> Vec<String> {
            let line =
                if line.contains("--out") { line.clone() } else { format!("{line} --out out") };
            line.split(' ').map(str::to_owned).collect()
        };
        for line in lines {
            let place = Place::new();
            place.write("world.toml", SMALL.as_bytes());
            if !there.is_empty() {
                place.lay("out", &there);
            }
            let args = words(line);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let end = program.prepare(&place, &args);
            assert!(matches!(end.code, Some(0 | 1)), "{line}: {end:?}");
            takes = end.took;
            trees.push(place.tree("out"));
        }
        let fresh = trees.pop().expect("it was done twice");
        let earlier = trees.pop().expect("it was done twice");
        Job { args: words(&lines[1]), earlier, fresh, takes, is_sweep: false }
    }

    /// Stops it once, or a sweep several times; whether it was under way, and what is wrong then.
    fn stopped(&self, program: &Program, dice: &mut Dice) -> (bool, Result<(), Wrong>) {
        let place = Place::new();
        place.write("world.toml", SMALL.as_bytes());
        if self.is_sweep {
            return self.sweep_stopped(program, &place, dice);
        }
        let is_redrawn = self.args[0] == "report";
        let with_earlier = is_redrawn || dice.one_in(2);
        if with_earlier {
            place.lay("out", &self.earlier);
        }
        let (signal, stopped) = self.stop(program, &place, &self.args, dice);
        (stopped, self.looked_at(program, &place, with_earlier, signal))
    }

    /// Starts a command and stops it at some moment. Which signal it was, and whether it was under
    /// way.
    fn stop(
        &self,
        program: &Program,
        place: &Place,
        args: &[String],
        dice: &mut Dice,
    ) -> (&'static str, bool) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let said = Place::new();
        let mut child = program.start(place, &args, &said.path("out"), &said.path("err"));
        // In the end there is most to be broken.
        let takes = self.takes;
        let wait = if dice.one_in(3) {
            takes * 3 / 4 + dice.within(takes / 2)
        } else {
            dice.within(takes + takes / 8)
        };
        let name = *dice.pick(&SIGNALS);
        let from = Instant::now();
        while from.elapsed() < wait {
            std::thread::sleep((wait - from.elapsed().min(wait)).min(Duration::from_millis(5)));
        }
        signal(child.id(), name);
        let ended = child.wait().expect("a child can be waited for");
        (name, !matches!(ended.code(), Some(0..=5)))
    }

    /// What is wrong with what is left, and with what comes of doing it again.
    fn looked_at(
        &self,
        program: &Program,
        place: &Place,
        with_earlier: bool,
        signal: &str,
    ) -> Result<(), Wrong> {
        let left = place.tree("");
        let now = place.tree("out");
        let is_there = left.contains_key(Path::new("out"));
        if is_there && now != self.fresh && !(with_earlier && now == self.earlier) {
            return Err(Wrong::Half(format!("{signal} leaves {:?}", now.keys())));
        }
        let hidden = left.keys().find(|path| {
            path.components().count() == 1 && path.extension().is_some_and(|end| end == "old")
        });
        let is_hidden =
            || hidden.is_some_and(|path| place.tree(&path.to_string_lossy()) == self.earlier);
        if with_earlier && !is_there && !(signal == "KILL" && is_hidden()) {
            return Err(Wrong::Lost(format!("{signal} leaves {:?}", left.keys())));
        }
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        // What is drawn again must be there; a run puts back by itself what was hidden.
        if args[0] == "report" && !is_there {
            let hidden = hidden.expect("it is there, as was seen");
            std::fs::rename(place.path(hidden), place.path("out")).expect("it can be moved");
        }
        let end = program.prepare(place, &args);
        let names = others(&place.tree(""), signal);
        if !names.is_empty() || place.tree("out") != self.fresh {
            let err = end.err;
            return Err(Wrong::Unequal(format!("done again after {signal}: {names:?} {err}")));
        }
        Ok(())
    }

    fn sweep_stopped(
        &self,
        program: &Program,
        place: &Place,
        dice: &mut Dice,
    ) -> (bool, Result<(), Wrong>) {
        let with_earlier = dice.one_in(2);
        if with_earlier {
            place.lay("out", &self.earlier);
        }
        let (mut stopped, mut had) = (false, BTreeSet::new());
        for _ in 0..=dice.below(3) {
            let args = self.next(&place.tree("out"), dice);
            let (signal, one) = self.stop(program, place, &args, dice);
            stopped |= one;
            let tree = place.tree("out");
            let all = rows(&tree, &["rows.csv", "rows.part.csv"]);
            let now: BTreeSet<_> = all.intersection(&self.rows()).cloned().collect();
            if !had.is_subset(&now) {
                return (stopped, Err(Wrong::Lost(format!("{signal} costs finished rows"))));
            }
            if let Err(wrong) = self.sweep_is_whole(&tree, with_earlier, signal) {
                return (stopped, Err(wrong));
            }
            had = now;
        }
        let args = self.next(&place.tree("out"), dice);
        let end = program.prepare(place, &args.iter().map(String::as_str).collect::<Vec<_>>());
        if place.tree("out") != self.fresh {
            let names = place.tree("out").into_keys().collect::<Vec<_>>();
            let why = format!("gone on with, it leaves {names:?} {}", end.err);
            return (stopped, Err(Wrong::Unequal(why)));
        }
        (stopped, Ok(()))
    }

    /// What somebody types who finds this: what is under way is gone on with, what is over can be,
    /// or is done again.
    fn next(&self, now: &Tree, dice: &mut Dice) -> Vec<String> {
        let mut args = self.args.clone();
        let is_there = |name: &&str| now.contains_key(Path::new(name));
        let is_under_way = ["rows.part.csv", "sweep.part.json"].iter().all(is_there);
        if is_under_way || (*now == self.fresh && dice.one_in(2)) {
            args.push("--resume".to_owned());
        }
        args
    }

    /// A sweep that is over is the earlier one or this one, and never some of each, unless all rows
    /// of this one are there and only have to find their place.
    fn sweep_is_whole(&self, now: &Tree, with_earlier: bool, signal: &str) -> Result<(), Wrong> {
        let is_part = |path: &Path| path.to_string_lossy().contains(".part");
        let mut over = now.clone();
        over.retain(|path, _| !is_part(path) && path != Path::new("sweep.lock"));
        let is_known =
            over == self.fresh || if with_earlier { over == self.earlier } else { over.is_empty() };
        if is_known || rows(now, &["rows.part.csv"]).is_superset(&self.rows()) {
            return Ok(());
        }
        let told = format!("{signal} leaves {:?}", now.keys());
        Err(if over.is_empty() { Wrong::Lost(told) } else { Wrong::Half(told) })
    }

    /// All rows of the sweep.
    fn rows(&self) -> BTreeSet<Vec<u8>> {
        rows(&self.fresh, &["rows.csv"])
    }
}

/// What lies beside a folder and should not. Who is killed before the inventory is there leaves a
/// folder in which nothing says whose it is, so nobody removes it.
fn others(now: &Tree, signal: &str) -> BTreeSet<PathBuf> {
    let unknown = |path: &Path| {
        let part = path.extension().is_some_and(|end| end == "part");
        let in_it = now.keys().filter(|inside| inside.starts_with(path) && *inside != path);
        let first = ["probe", ".leasehold.part"].map(|name| path.join(name));
        signal == "KILL" && part && in_it.into_iter().all(|inside| first.contains(inside))
    };
    let ours = ["out", "world.toml"];
    let beside = now.keys().filter(|path| path.components().count() == 1);
    beside
        .filter(|path| !ours.iter().any(|our| *path == Path::new(our)) && !unknown(path))
        .cloned()
        .collect()
}

/// The finished rows in files of a sweep.
fn rows(tree: &Tree, names: &[&str]) -> BTreeSet<Vec<u8>> {
    let mut rows = BTreeSet::new();
    for name in names {
        if let Some(Thing::File(text)) = tree.get(Path::new(name)) {
            let lines = text.split_inclusive(|byte| *byte == b'\n');
            rows.extend(lines.filter(|line| line.ends_with(b"\n")).map(<[u8]>::to_vec));
        }
    }
    rows
}

//! The program's commands on changed files.
//!
//! Law: a command ends within ten seconds, or as soon as it is asked to; with a documented code and
//! no panic; in at most 500 MB; and prints nothing that a terminal obeys.

use super::corpus::{Corpus, Left, SAMPLE, SEEDS, SMALL, file};
use super::dice::Dice;
use super::mutate::mutated;
use super::place::{Place, Thing, Tree};
use super::program::{End, Program};
use super::{Failure, Trials};
use leasehold_sim::Scenario;
use leasehold_sim::scenario::PROTOCOLS;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What was found.
#[derive(Debug, Default)]
pub struct Commands {
    /// How often each exit code came.
    pub codes: BTreeMap<i32, u64>,
    /// The most memory that a command took, in bytes.
    pub peak: u64,
    /// The longest that a command took, in milliseconds.
    pub longest_ms: u64,
    /// Those that did not end before they were asked to, with how large their worlds are.
    pub slow: Vec<Failure>,
    /// Those that broke the law.
    pub failures: Vec<Failure>,
}

/// Files, and a command for them.
pub(super) struct Trial {
    pub(super) files: Tree,
    pub(super) args: Vec<String>,
}

/// Tries commands on as many changed files as asked.
///
/// # Panics
/// If the program cannot be started.
#[must_use]
pub fn commands(program: &Program, trials: &Trials) -> Commands {
    let stock = Stock::by(program);
    let tried = |nth: u64| {
        let trial = stock.trial(&mut Dice::of(trials.seed, nth));
        let place = Place::new();
        let end = trial.run(program, &place);
        (nth, trial, end)
    };
    let ends = trials.numbers().into_par_iter().map(tried);
    ends.fold(Commands::default, Commands::with).reduce(Commands::default, Commands::and)
}

impl Commands {
    fn with(mut self, (nth, trial, end): (u64, Trial, End)) -> Commands {
        *self.codes.entry(end.code.unwrap_or(-1)).or_default() += 1;
        self.peak = self.peak.max(end.peak);
        self.longest_ms = self.longest_ms.max(end.took.as_millis() as u64);
        match end.wrong() {
            Some(why) => self.failures.push(trial.failure(nth, why)),
            None if end.is_slow() => self.slow.push(trial.failure(nth, trial.size())),
            None => {}
        }
        self
    }

    fn and(mut self, other: Commands) -> Commands {
        for (code, count) in other.codes {
            *self.codes.entry(code).or_default() += count;
        }
        self.peak = self.peak.max(other.peak);
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        self.slow.extend(other.slow);
        self.failures.extend(other.failures);
        self
    }
}

impl Trial {
    /// Lays its files into a place, and runs its command there.
    pub(super) fn run(&self, program: &Program, place: &Place) -> End {
        place.lay("", &self.files);
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        program.run(place, &args)
    }

    pub(super) fn failure(&self, nth: u64, why: String) -> Failure {
        let file = |(path, thing): (&std::path::PathBuf, &Thing)| match thing {
            Thing::File(bytes) => Some((path.display().to_string(), bytes.clone())),
            _ => None,
        };
        let files = self.files.iter().filter_map(file).collect();
        Failure { nth, why, files, args: self.args.clone() }
    }

    /// How large the world is that was asked for.
    fn size(&self) -> String {
        let Some(Thing::File(text)) = self.files.get(Path::new("world.toml")) else {
            return "slow, without a scenario".to_owned();
        };
        match Scenario::read(&String::from_utf8_lossy(text)) {
            Ok((scenario, _)) => {
                let (players, servers) = (&scenario.players, &scenario.servers);
                format!(
                    "slow: {}, {} players with a change every {}, {} servers",
                    scenario.duration, players.count, players.edit_every, servers.count
                )
            }
            Err(_) => "slow, and its scenario is not valid".to_owned(),
        }
    }
}

/// What is changed.
pub(super) struct Stock {
    corpus: Corpus,
    left: Left,
}

impl Stock {
    /// With the folders that a program leaves.
    pub(super) fn by(program: &Program) -> Stock {
        Stock { corpus: Corpus::new(), left: Left::by(program) }
    }

    /// A trial of any kind.
    pub(super) fn trial(&self, dice: &mut Dice) -> Trial {
        match dice.below(12) {
            0..=4 => self.of_scenario(dice),
            5 => self.of_tape(dice),
            6 => self.of_sample(dice),
            7 => self.of_bug(dice),
            8 => self.of_sweep(dice),
            9 => self.of_shards(dice),
            10 => self.of_story(dice),
            _ => self.of_report(dice),
        }
    }

    fn of_scenario(&self, dice: &mut Dice) -> Trial {
        let text = dice.pick(&self.corpus.scenarios).clone();
        let small = dice.one_in(3);
        let text = if small { SMALL.as_bytes().to_vec() } else { text };
        let mut text = mutated(dice, &text, &self.corpus.scenarios);
        if !dice.one_in(32) {
            text = shortened(&text);
        }
        let protocol = *dice.pick(PROTOCOLS);
        let args: &[&str] = match dice.below(13) {
            0 => &["check", "world.toml", "--seed", "3"],
            1 => &["list", "."],
            2 => &["run", "world.toml"],
            3 => &["run", "world.toml", "--no-charts", "--json"],
            4 => &["run", "world.toml", "--no-charts", "--twice"],
            5 => &["run", "world.toml", "--no-charts", "--log", "world.jsonl"],
            6 => &["run", "world.toml", "--no-charts", "--fork", "20s:7"],
            7 => &["explain", "world.toml"],
            8 => &["explain", "world.toml", "--protocol", protocol],
            9 => &["shrink", "world.toml", "--budget", "20"],
            10 => &["shrink", "world.toml", "--budget", "20", "--protocol", protocol],
            11 => &["sweep", "world.toml", "--seeds", "1..3", "--jobs", "2"],
            _ => &["run", "world.toml", "--no-charts", "--protocol", protocol],
        };
        trial([("world.toml", text), ("latencies.csv", SAMPLE.into())], args)
    }

    fn of_tape(&self, dice: &mut Dice) -> Trial {
        let tapes = [&self.corpus.tapes[..], &[file(&self.left.report, "tape.toml")]].concat();
        let tape = dice.pick(&tapes).clone();
        let tape = mutated(dice, &tape, &tapes);
        let args: &[&str] = match dice.below(3) {
            0 => &["run", "world.toml", "--no-charts", "--tape", "tape.toml"],
            1 => &["explain", "world.toml", "--tape", "tape.toml"],
            _ => &["shrink", "world.toml", "--budget", "20", "--tape", "tape.toml"],
        };
        trial([("world.toml", SMALL.into()), ("tape.toml", tape)], args)
    }

    fn of_sample(&self, dice: &mut Dice) -> Trial {
        let others = [SAMPLE.as_bytes().to_vec(), b"ms\n1\n2\n1e3\n".to_vec()];
        let sample = dice.pick(&others).clone();
        let sample = mutated(dice, &sample, &others);
        let world = SMALL.replace("[datastore]", "[datastore]\nlatency = { from = \"a.csv\" }");
        let args: &[&str] = match dice.below(3) {
            0 => &["check", "world.toml"],
            1 => &["sweep", "world.toml", "--seeds", "1..2"],
            _ => &["run", "world.toml", "--no-charts"],
        };
        trial([("world.toml", world.into()), ("a.csv", sample)], args)
    }

    fn of_bug(&self, dice: &mut Dice) -> Trial {
        let mut tree = changed(dice, &self.left.bug);
        if let Some(Thing::File(text)) = tree.get_mut(Path::new("scenario.toml")) {
            *text = shortened(text);
        }
        let args: &[&str] = match dice.below(3) {
            0 => &["bugs", "--test", "x"],
            1 => &["shrink", "world.toml", "--budget", "20", "--out", "bugs/x"],
            _ => &["bugs"],
        };
        trial([("world.toml", SMALL.into())], args).and("bugs/x", tree)
    }

    fn of_sweep(&self, dice: &mut Dice) -> Trial {
        let sweeps = [&self.left.sweep, &self.left.half, &self.left.again];
        let sweep = *dice.pick(&sweeps);
        let tree = changed(dice, sweep);
        let args = ["sweep", "world.toml", "--out", "sweep", "--seeds", SEEDS, "--resume"];
        let args = if dice.one_in(4) { &args[..6] } else { &args };
        trial([("world.toml", SMALL.into())], args).and("sweep", tree)
    }

    fn of_shards(&self, dice: &mut Dice) -> Trial {
        let [one, other] = &self.left.shards;
        let (tree, same) = (changed(dice, one), dice.one_in(8));
        let args = ["merge", "one", if same { "one" } else { "other" }, "--out", "whole"];
        trial([], &args).and("one", tree).and("other", other.clone())
    }

    fn of_story(&self, dice: &mut Dice) -> Trial {
        let tree = changed(dice, &self.left.story);
        let args: &[&str] = match dice.below(3) {
            0 => &["explain", "world.toml", "--out", "story"],
            1 => &["report", "story", "--out", "again"],
            _ => &["report", "story"],
        };
        trial([("world.toml", SMALL.into())], args).and("story", tree)
    }

    fn of_report(&self, dice: &mut Dice) -> Trial {
        let tree = changed(dice, &self.left.report);
        let args: &[&str] = match dice.below(4) {
            0 => &["run", "world.toml", "--no-charts", "--out", "report"],
            1 => &["report", "report"],
            _ => &["report", "report", "--out", "again"],
        };
        trial([("world.toml", SMALL.into())], args).and("report", tree)
    }
}

fn trial<const N: usize>(files: [(&str, Vec<u8>); N], args: &[&str]) -> Trial {
    let file = |(name, bytes): (&str, Vec<u8>)| (name.into(), Thing::File(bytes));
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Trial { files: files.into_iter().map(file).collect(), args }
}

impl Trial {
    /// With a folder beside its files.
    fn and(mut self, folder: &str, tree: Tree) -> Trial {
        let inside = |(path, thing)| (Path::new(folder).join(path), thing);
        self.files.extend(tree.into_iter().map(inside));
        self
    }
}

/// A folder of which one file that is read is another one, or is gone.
fn changed(dice: &mut Dice, tree: &Tree) -> Tree {
    let read = |path: &&std::path::PathBuf| {
        path.extension().is_none_or(|end| end != "png" && end != "svg")
    };
    let names: Vec<_> = tree.keys().filter(read).cloned().collect();
    let name = dice.pick(&names).clone();
    let mut tree = tree.clone();
    let Some(Thing::File(text)) = tree.remove(&name) else { return tree };
    if !dice.one_in(16) {
        let others = [text.clone()];
        tree.insert(name, Thing::File(mutated(dice, &text, &others)));
    }
    tree
}

/// A scenario of a minute, whatever else it says: a trial is short.
fn shortened(text: &[u8]) -> Vec<u8> {
    let is_time = |line: &[u8]| line.starts_with(b"duration") || line.starts_with(b"heal");
    let mut short = b"duration = \"1m\"\n".to_vec();
    let mut inside = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        inside |= line.starts_with(b"[");
        if inside || !is_time(line) {
            short.extend_from_slice(line);
        }
    }
    short
}

//! The program, in folders in which somebody keeps what is theirs.
//!
//! Law: whatever a command does, and whether it does it or refuses, each file, folder and link of
//! somebody else's is afterwards where it was and what it was; also one that came, or one of the
//! tool's own files that was worked on, while the command was under way.

use super::corpus::{Left, SEEDS, SMALL};
use super::dice::Dice;
use super::place::{Place, Thing, Tree};
use super::program::Program;
use super::{Failure, Trials};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was found.
#[derive(Debug, Default)]
pub struct Folders {
    /// How often each exit code came.
    pub codes: BTreeMap<i32, u64>,
    /// How many things of somebody's there were.
    pub things: u64,
    /// Trials in which one is lost or is another one.
    pub lost: Vec<Failure>,
    /// Trials in which one is in another place.
    pub moved: Vec<Failure>,
    /// Trials in which the command ended as none should.
    pub failures: Vec<Failure>,
}

/// Where nobody's names are: the tool's own, what looks like them, and others.
const NAMES: [&str; 26] = [
    "thesis.txt",
    "notes.html",
    "my.csv",
    "scenario.toml",
    "tape.toml",
    "dataset.json",
    "story.json",
    "story.svg",
    "sweep.json",
    "sweep.part.json",
    "rows.csv",
    "rows.part.csv",
    "totals.json",
    "conflicts.png",
    ".leasehold",
    ".hidden",
    "rows.csv.old",
    "probe",
    "mine/thesis.txt",
    "strict/dataset.json",
    "a/b/c/d.txt",
    "sweep.json/precious",
    "scenario.toml/precious",
    ".x.part",
    "\u{202e}x\n",
    "-rf",
];

/// What may lie beside a folder and look like one that the tool has hidden.
const BESIDE: [&str; 6] =
    [".out.7.part/thesis", ".out.2024.old/thesis", ".out.1.old", ".out.8.part", "out.part", ".out"];

/// The files by which a sweep knows its own: of these names, regular files are the sweep's.
const SWEEPS_OWN: [&str; 8] = [
    "sweep.json",
    "sweep.part.json",
    "rows.csv",
    "totals.json",
    "scenario.toml",
    "rows.part.csv",
    "sweep.lock",
    "x.part",
];

/// Makes as many trials as asked.
///
/// # Panics
/// If the program cannot be started.
#[must_use]
pub fn folders(program: &Program, trials: &Trials) -> Folders {
    let left = Left::by(program);
    let tried = |nth: u64| (nth, Trial::of(Dice::of(trials.seed, nth), &left).tried(program, nth));
    let all: Vec<_> = trials.numbers().into_par_iter().map(tried).collect();
    let mut folders = Folders::default();
    for (nth, Tried { code, args, things, lost, moved, wrong }) in all {
        *folders.codes.entry(code.unwrap_or(-1)).or_default() += 1;
        folders.things += things;
        let failure = |why: String| Failure { nth, why, files: Vec::new(), args: args.clone() };
        let told = |what: &str, paths: Vec<PathBuf>| failure(format!("{what}: {paths:?}"));
        if !lost.is_empty() {
            folders.lost.push(told("lost", lost));
        }
        if !moved.is_empty() {
            folders.moved.push(told("moved", moved));
        }
        folders.failures.extend(wrong.map(failure));
    }
    folders
}

/// A command, and what somebody keeps where it works.
struct Trial<'a> {
    dice: Dice,
    left: &'a Left,
    args: Vec<String>,
    /// What the tool has left in `out` before.
    earlier: Option<Tree>,
    is_sweep: bool,
}

/// What came of it.
struct Tried {
    code: Option<i32>,
    args: Vec<String>,
    things: u64,
    lost: Vec<PathBuf>,
    moved: Vec<PathBuf>,
    wrong: Option<String>,
}

impl<'a> Trial<'a> {
    fn of(mut dice: Dice, left: &'a Left) -> Trial<'a> {
        let resumed = ["sweep", "world.toml", "--seeds", SEEDS, "--resume"];
        let (args, kind): (&[&str], &Tree) = match dice.below(8) {
            0 => (&["run", "world.toml", "--no-charts"], &left.report),
            1 => (&["run", "world.toml"], &left.report),
            2 => (&["explain", "world.toml"], &left.story),
            3 => (&["shrink", "world.toml", "--budget", "30"], &left.bug),
            4 => (&["report", "kept"], &left.report),
            5 => (&resumed, if dice.one_in(2) { &left.half } else { &left.again }),
            6 => (&resumed[..4], &left.sweep),
            _ => (&["merge", "one", "other"], &left.sweep),
        };
        let any = [&left.report, &left.story, &left.bug, &left.sweep, &left.half, &left.again];
        let earlier = match dice.below(6) {
            0 => None,
            1 => Some(Tree::new()),
            2 => Some((*dice.pick(&any)).clone()),
            _ => Some(kind.clone()),
        };
        let names = ["sweep.json", "sweep.part.json"].map(PathBuf::from);
        let of_sweep = |tree: &Tree| tree.keys().any(|path| names.contains(path));
        let is_sweep = earlier.as_ref().is_some_and(of_sweep);
        let args = args.iter().chain(&["--out", "out"]).map(|arg| (*arg).to_owned()).collect();
        Trial { dice, left, args, earlier, is_sweep }
    }

    fn tried(mut self, program: &Program, nth: u64) -> Tried {
        let place = Place::new();
        place.write("world.toml", SMALL.as_bytes());
        let [one, other] = &self.left.shards;
        match self.args[0].as_str() {
            "report" => place.lay("kept", &self.left.report),
            "merge" => {
                place.lay("one", one);
                place.lay("other", other);
            }
            _ => {}
        }
        if let Some(earlier) = &self.earlier {
            place.lay("out", earlier);
        }
        let mut mine = Tree::new();
        place.write("victim", b"nobody's business");
        mine.insert("victim".into(), Thing::File(b"nobody's business".to_vec()));
        let (before, during) = (self.dice.below(3), self.dice.below(3));
        for some in 0..before {
            self.keep(&place, &format!("mine {nth} {some}"), &mut mine);
        }
        let args = self.args.clone();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let end = std::thread::scope(|scope| {
            let running = scope.spawn(|| program.prepare(&place, &args));
            for some in 0..during {
                std::thread::sleep(self.dice.within(Duration::from_millis(60)));
                self.keep(&place, &format!("mine {nth} meanwhile {some}"), &mut mine);
            }
            running.join().expect("it runs the program")
        });
        let now = place.tree("");
        let gone: Vec<_> = mine.iter().filter(|(path, is)| now.get(*path) != Some(is)).collect();
        let is_elsewhere = |is: &Thing| now.values().any(|there| there == is);
        let (moved, lost): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|(_, is)| is_elsewhere(is));
        let paths = |things: Vec<(&PathBuf, &Thing)>| {
            things.into_iter().map(|(path, _)| path.clone()).collect()
        };
        let wrong = end.wrong();
        Tried {
            code: end.code,
            args: self.args.clone(),
            things: mine.len() as u64,
            lost: paths(lost),
            moved: paths(moved),
            wrong,
        }
    }

    /// Somebody keeps something, by a name that is free; or works on what is there.
    fn keep(&mut self, place: &Place, text: &str, mine: &mut Tree) {
        let beside = self.dice.one_in(4);
        let path = if beside {
            PathBuf::from(*self.dice.pick(&BESIDE))
        } else {
            Path::new("out").join(*self.dice.pick(&NAMES))
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_sweeps = !beside && self.is_or_becomes_sweep() && SWEEPS_OWN.contains(&&*name);
        let at = place.path(&path);
        if let Some(folder) = at.parent()
            && fs::create_dir_all(folder).is_err()
        {
            return;
        }
        let thing = match self.dice.below(4) {
            0 if fs::create_dir(&at).is_ok() => Thing::Folder,
            1 | 2 => {
                let to = PathBuf::from(*self.dice.pick(&["../victim", "nowhere", "."]));
                if std::os::unix::fs::symlink(&to, &at).is_err() {
                    return;
                }
                Thing::Link(to)
            }
            _ if is_sweeps || mine.contains_key(&path) => return,
            _ => {
                let there = fs::symlink_metadata(&at);
                if there.is_ok_and(|is| !is.is_file()) || fs::write(&at, text).is_err() {
                    return;
                }
                Thing::File(text.as_bytes().to_vec())
            }
        };
        mine.insert(path, thing);
    }

    fn is_or_becomes_sweep(&self) -> bool {
        self.is_sweep || matches!(self.args[0].as_str(), "sweep" | "merge")
    }
}

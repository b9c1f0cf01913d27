//! `leasehold-hostile`: tries hostile input, as much as somebody wants, and says what it found.
//!
//! ```text
//!   leasehold-hostile readers               changed files, through the library
//!   leasehold-hostile commands              changed files, through the program beside this one
//!   leasehold-hostile kills                 signals at any moment
//!   leasehold-hostile folders               folders in which somebody keeps files
//!   leasehold-hostile differential A B      changed files, through two programs
//!
//!   --inputs N       how many trials                                    [1000]
//!   --seed S         where their choices come from                      [1]
//!   --from I         the number of the first: `--from I --inputs 1` makes one again    [0]
//!   --program FILE   the program that is tried                          [leasehold, beside this]
//!   --keep DIR       where what fails is kept                           [target/hostile]
//! ```
//!
//! Exit codes: 0 nothing found, 1 something found, 2 usage.

#![allow(clippy::disallowed_types, reason = "trials are timed by a real clock")]

use leasehold_tests::hostile::{
    Failure, Program, Trials, commands, differential, folders, kills, readers,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What was typed.
struct Asked {
    words: Vec<String>,
    trials: Trials,
    program: PathBuf,
    keep: PathBuf,
}

impl Asked {
    /// Reads what was typed, if it makes sense.
    fn read(typed: impl Iterator<Item = String>) -> Option<Asked> {
        let beside = std::env::current_exe().ok()?.with_file_name("leasehold");
        let (trials, keep) = (Trials::first(1_000, 1), PathBuf::from("target/hostile"));
        let mut asked = Asked { words: Vec::new(), trials, program: beside, keep };
        let mut typed = typed;
        while let Some(word) = typed.next() {
            match word.as_str() {
                "--inputs" => asked.trials.count = typed.next()?.parse().ok()?,
                "--seed" => asked.trials.seed = typed.next()?.parse().ok()?,
                "--from" => asked.trials.from = typed.next()?.parse().ok()?,
                "--program" => asked.program = typed.next()?.into(),
                "--keep" => asked.keep = typed.next()?.into(),
                _ => asked.words.push(word),
            }
        }
        Some(asked)
    }
}

fn main() -> ExitCode {
    let Some(asked) = Asked::read(std::env::args().skip(1)) else { return usage() };
    let from = Instant::now();
    let words: Vec<&str> = asked.words.iter().map(String::as_str).collect();
    let Some(found) = tried(&words, &asked) else { return usage() };
    println!("{} trials in {:.1} s", asked.trials.count, from.elapsed().as_secs_f64());
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("leasehold-hostile readers|commands|kills|folders|differential A B [--inputs N] ...");
    ExitCode::from(2)
}

/// Makes the trials, and says what they found; how many failed.
fn tried(words: &[&str], asked: &Asked) -> Option<usize> {
    let Asked { trials, program, keep, .. } = asked;
    let program = Program::at(program);
    let tell = |what: &str, failures: &[Failure]| tell(what, failures, &keep.join(words[0]));
    Some(match words {
        ["readers"] => {
            let found = readers(trials);
            println!("{} of {} texts meant something", found.valid, trials.count);
            println!("at most {} MB of memory", leasehold_tests::hostile::peak() / 1_000_000);
            tell("broke the law", &found.failures)
        }
        ["commands"] => {
            let found = commands(&program, trials);
            println!("exit codes: {:?}", found.codes);
            println!("at most {} MB, {} ms", found.peak / 1_000_000, found.longest_ms);
            tell("were slow", &found.slow);
            tell("broke the law", &found.failures)
        }
        ["kills"] => {
            let found = kills(&program, trials);
            println!("{} stopped, {} were through before", found.stopped, found.through);
            tell("half there", &found.half)
                + tell("lost", &found.lost)
                + tell("not equal", &found.unequal)
        }
        ["folders"] => {
            let found = folders(&program, trials);
            println!("{} things of somebody's; exit codes: {:?}", found.things, found.codes);
            tell("lost", &found.lost)
                + tell("moved", &found.moved)
                + tell("broke the law", &found.failures)
        }
        ["differential", one, other] => {
            let programs = [one, other].map(|path| Program::at(Path::new(path)));
            tell("differ", &differential(&programs[0], &programs[1], trials))
        }
        _ => return None,
    })
}

/// How many failures are told; all are kept.
const TOLD: usize = 20;

fn tell(what: &str, failures: &[Failure], keep: &Path) -> usize {
    println!("{} {what}", failures.len());
    for (nth, failure) in failures.iter().enumerate() {
        match failure.keep(keep) {
            Ok(line) if nth < TOLD => println!("  {}", line.escape_debug()),
            Ok(_) => {}
            Err(why) => println!("  cannot be kept: {why}"),
        }
    }
    failures.len()
}

//! The library's readers: scenarios, tapes, rows, and what is typed, by the million and in one
//! process.
//!
//! Law: whatever a text says, reading it ends, soon, with what it means or with an explanation that
//! has its place in the text; what was understood is written and read back as the same; and what a
//! file may say can be run under any protocol, or is refused with a reason.

use super::corpus::{Corpus, SMALL};
use super::dice::Dice;
use super::mutate::mutated;
use super::{Failure, Trials};
use crate::project;
use leasehold_data::{Dataset, Story};
use leasehold_sim::scenario::{Distribution, PROTOCOLS, Protocol, TEXT_MAX};
use leasehold_sim::{Fork, Problems, Scenario, Seed, Tape, Wanted, shipped};
use rayon::prelude::*;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was found.
#[derive(Debug, Default)]
pub struct Readers {
    /// How many texts meant something.
    pub valid: u64,
    /// Those that broke the law.
    pub failures: Vec<Failure>,
}

/// Reads as many changed texts as asked.
///
/// # Panics
/// If the project's own files cannot be read.
#[must_use]
pub fn readers(trials: &Trials) -> Readers {
    let stock = Stock::new();
    let valid = AtomicU64::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = |nth: u64| {
        let (what, text) = stock.text(&mut Dice::of(trials.seed, nth));
        let read = catch_unwind(|| stock.read(what, &text, nth));
        let why = match read {
            Ok(Ok(is_valid)) => {
                valid.fetch_add(u64::from(is_valid), Ordering::Relaxed);
                return None;
            }
            Ok(Err(why)) => why,
            Err(panic) => format!("a panic: {}", said(&*panic)),
        };
        Some(Failure { nth, why, files: vec![(format!("{what:?}.txt"), text)], args: Vec::new() })
    };
    let failures = trials.numbers().into_par_iter().filter_map(failed).collect();
    std::panic::set_hook(hook);
    Readers { valid: valid.into_inner(), failures }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// What a text is read as.
#[derive(Clone, Copy, Debug)]
enum What {
    Scenario,
    Tape,
    Rows,
    Typed,
    Log,
}

/// What is changed and then read.
struct Stock {
    corpus: Corpus,
    rows: Vec<Vec<u8>>,
    typed: Vec<Vec<u8>>,
    logs: Vec<Vec<u8>>,
}

impl Stock {
    fn new() -> Stock {
        let typed =
            ["3m:7", "no_double_ownership:clock", "s4 pause 2", "k17.2 call 5 fails applied"];
        let typed = typed.map(|text| text.as_bytes().to_vec()).to_vec();
        let log = std::fs::read(project("sims/joins.csv")).expect("a log is shipped");
        let logs = vec![log[..2_000].to_vec(), LOG.as_bytes().to_vec()];
        Stock { corpus: Corpus::new(), rows: rows(), typed, logs }
    }

    /// A changed text.
    fn text(&self, dice: &mut Dice) -> (What, Vec<u8>) {
        let (what, from) = match dice.below(16) {
            0..=2 => (What::Tape, &self.corpus.tapes),
            3 if dice.one_in(2) => (What::Log, &self.logs),
            3 => (What::Typed, &self.typed),
            4 if dice.one_in(4) => (What::Rows, &self.rows),
            _ => (What::Scenario, &self.corpus.scenarios),
        };
        let text = dice.pick(from).clone();
        (what, mutated(dice, &text, from))
    }

    /// Whether a text means something; an error if the law is broken.
    fn read(&self, what: What, text: &[u8], nth: u64) -> Result<bool, String> {
        let text = String::from_utf8_lossy(text);
        match what {
            What::Scenario => scenario(&text, nth),
            What::Tape => match Tape::parse(&text) {
                Ok(tape) => same("the tape", &Tape::parse(&tape.print()), &Ok(tape.clone())),
                Err(problems) => explained(&text, &problems),
            },
            What::Rows => {
                let story = serde_json::from_str::<Story>(&text).is_ok();
                Ok(serde_json::from_str::<Dataset>(&text).is_ok() || story)
            }
            What::Log => log(&text),
            What::Typed => {
                let sample: Vec<u64> = text.bytes().map(|byte| u64::MAX >> (byte % 64)).collect();
                let known = [text.parse::<Fork>().is_ok(), text.parse::<Wanted>().is_ok()];
                Ok(Distribution::measured(sample).is_ok() && known.contains(&true))
            }
        }
    }
}

/// What a few players did.
const LOG: &str = "at_s,player,event,server\n0.5,a,join,1\n2,\"b,\"\"c\",join,\n3.25,a,edit,\n\
                   4,a,hop,0\n5,b,leave,\n9.000001,a,leave,\n";

/// Whether a log means something: if it does, its scenario can be printed, read back and run.
fn log(text: &str) -> Result<bool, String> {
    let world = "duration = \"1h\"\nservers.count = 4\nplayers.trace = \"joins.csv\"";
    let mut scenario = Scenario::parse(world).expect("it is right");
    if let Err(why) = scenario.replay(text) {
        let short = why.len() < 1_000 && why.contains("allowed");
        return if short { Ok(false) } else { Err(format!("a log is told about so: {why}")) };
    }
    let problems = scenario.check();
    if !problems.is_empty() {
        return Err(format!("a log makes a scenario that is wrong: {problems:?}"));
    }
    same("the log", &Scenario::parse(&scenario.print()), &Ok(scenario.clone()))
}

/// Rows as a run and a story have them.
fn rows() -> Vec<Vec<u8>> {
    let scenario = Scenario::parse(SMALL).expect("it is right");
    let simulation = shipped("small", &scenario).expect("it is right");
    let explained = simulation.seeded(Seed::of(1)).explain().expect("it fails");
    let json = |rows: serde_json::Result<String>| rows.expect("they are plain rows").into_bytes();
    vec![
        json(serde_json::to_string(&explained.outcome.dataset)),
        json(serde_json::to_string_pretty(&explained.story)),
    ]
}

fn scenario(text: &str, nth: u64) -> Result<bool, String> {
    if text.len() > TEXT_MAX {
        return Ok(false);
    }
    let (scenario, warnings) = match Scenario::read(text) {
        Ok(read) => read,
        Err(problems) => return explained(text, &problems),
    };
    if !warnings.0.is_empty() {
        explained(text, &warnings)?;
    }
    same("the scenario", &Scenario::parse(&scenario.print()), &Ok(scenario.clone()))?;
    can_be_run(&scenario)?;
    let Ok(drawn) = scenario.drawn(&Seed::of(nth >> 1)) else { return Ok(true) };
    can_be_run(&drawn.scenario)?;
    let names: Vec<&str> = PROTOCOLS.to_vec();
    let name = names[nth as usize % names.len()];
    let other = drawn.scenario.under(Protocol::named(name).expect("it is one of them"));
    match shipped("hostile", &other) {
        Ok(simulation) => drop(simulation.promise()),
        Err(problems) if problems.0.is_empty() => return Err(format!("no reason under {name}")),
        Err(_) => {}
    }
    Ok(true)
}

/// What a file may say can be run, but for what it names and has not been read.
fn can_be_run(scenario: &Scenario) -> Result<(), String> {
    let wrong = scenario.check().into_iter().find(|told| !told.contains("has not been read"));
    wrong.map_or(Ok(()), |wrong| Err(format!("valid, and yet: {wrong}")))
}

fn same<T: PartialEq>(what: &str, read: &T, written: &T) -> Result<bool, String> {
    if read == written { Ok(true) } else { Err(format!("{what} is read back as another one")) }
}

/// Whether problems are explained: some, not too many, each short, and within the text.
fn explained(text: &str, problems: &Problems) -> Result<bool, String> {
    if problems.0.is_empty() || problems.0.len() > 50 {
        return Err(format!("{} problems are told", problems.0.len()));
    }
    for problem in &problems.0 {
        let span = problem.span.clone().unwrap_or(0..0);
        let within = span.start <= span.end && text.is_char_boundary(span.end);
        if !within || !text.is_char_boundary(span.start) {
            return Err(format!("{span:?} is no place in the text: {problem}"));
        }
        if problem.to_string().len() >= 4_000 {
            return Err(format!("a problem is told in {} bytes", problem.to_string().len()));
        }
    }
    Ok(false)
}

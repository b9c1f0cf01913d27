//! Scenario files as nobody would write them: mutations of the shipped ones. Whatever they say,
//! reading them ends, soon, with a scenario or with an explanation.
//!
//! A few thousand of them in each test run; `LEASEHOLD_FUZZ=1000000 cargo test -p leasehold-sim
//! --test fuzz` for more.

use leasehold_sim::{Scenario, Seed, Tape};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::Path;

/// What is done to a text. Places are words that are taken modulo its length.
#[derive(Clone, Debug)]
enum Mutation {
    /// A byte becomes another one.
    Byte(u32, u8),
    /// Something that means something is put somewhere.
    Insert(u32, usize),
    /// A number becomes another one.
    Number(u32, usize),
    /// Some bytes are taken out.
    Cut(u32, u8),
    /// A line is taken out.
    DeleteLine(u32),
    /// A line is repeated, elsewhere.
    RepeatLine(u32, u32, u8),
    /// The rest becomes that of another file.
    Splice(u32, usize, u32),
    /// A word of the file becomes another word of it.
    Swap(u32, u32),
}

/// Things that mean something in TOML, or in a scenario.
const TOKENS: [&str; 51] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "#",
    "\n",
    "\\u0000",
    "\u{feff}",
    "true",
    "nan",
    "inf",
    "-",
    "_",
    "0x",
    "1e999",
    "1979-05-27",
    "..",
    "%",
    "s",
    "h",
    "\"1h\"",
    "\"0s\"",
    "\"5s..1s\"",
    "[rules]\n",
    "[[compare]]\n",
    "[[timeline]]\n",
    "[servers]\n",
    "rules.",
    "name = \"a\"\n",
    "protocol = \"chronicle_strict\"\n",
    "LEASE_DURATION = ",
    "{ p50 = \"1s\" }",
    "{ quantiles = [\"1s\", \"2s\"] }",
    "{ from = \"latencies.csv\" }",
    "{ at = \"1m\", lasts = \"1s\", condition = \"degraded\", servers = [0] }",
    "SimulationMode = true\n",
    "[SimulationConfig]\nLatencyMs = ",
    "[players]\n",
    "document = \"value\"\n",
    "[swarm.draw]\n",
    "swarm.draw.",
    "{ from = 1, to = 2 }",
    "{ any = [1, \"2s\"] }",
];

const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "60",
    "99",
    "1.5",
    "0.5",
    "1e10",
    "4294967295",
    "4294967296",
    "10000000",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "0.000000001",
];

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let mutation = prop_oneof![
        (any::<u32>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
        (any::<u32>(), 0..TOKENS.len()).prop_map(|(at, nth)| Mutation::Insert(at, nth)),
        (any::<u32>(), 0..NUMBERS.len()).prop_map(|(at, nth)| Mutation::Number(at, nth)),
        (any::<u32>(), any::<u8>()).prop_map(|(at, n)| Mutation::Cut(at, n)),
        any::<u32>().prop_map(Mutation::DeleteLine),
        (any::<u32>(), any::<u32>(), 1..40u8)
            .prop_map(|(from, to, times)| Mutation::RepeatLine(from, to, times)),
        (any::<u32>(), any::<usize>(), any::<u32>())
            .prop_map(|(at, file, from)| Mutation::Splice(at, file, from)),
        (any::<u32>(), any::<u32>()).prop_map(|(one, other)| Mutation::Swap(one, other)),
    ];
    proptest::collection::vec(mutation, 1..8)
}

fn place(text: &[u8], at: u32) -> usize {
    at as usize % (text.len() + 1)
}

/// The runs of bytes of which all are of a kind.
fn runs(text: &[u8], of: impl Fn(u8) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut from = None;
    for (at, byte) in text.iter().chain([&0]).enumerate() {
        match (of(*byte), from) {
            (true, None) => from = Some(at),
            (false, Some(open)) => {
                found.push(open..at);
                from = None;
            }
            _ => {}
        }
    }
    found
}

fn mutate(text: &mut Vec<u8>, files: &[Vec<u8>], mutation: &Mutation) {
    match *mutation {
        Mutation::Byte(at, byte) => {
            let at = place(text, at);
            if at < text.len() {
                text[at] = byte;
            }
        }
        Mutation::Insert(at, nth) => {
            let at = place(text, at);
            text.splice(at..at, TOKENS[nth].bytes());
        }
        Mutation::Number(at, nth) => {
            let numbers = runs(text, |byte| byte.is_ascii_digit());
            if !numbers.is_empty() {
                let range = numbers[at as usize % numbers.len()].clone();
                text.splice(range, NUMBERS[nth].bytes());
            }
        }
        Mutation::Cut(at, n) => {
            let at = place(text, at);
            text.drain(at..(at + usize::from(n)).min(text.len()));
        }
        Mutation::DeleteLine(at) => {
            let lines = runs(text, |byte| byte != b'\n' && byte != 0);
            if !lines.is_empty() {
                text.drain(lines[at as usize % lines.len()].clone());
            }
        }
        Mutation::RepeatLine(from, to, times) => {
            let lines = runs(text, |byte| byte != b'\n' && byte != 0);
            if !lines.is_empty() {
                let mut line = b"\n".to_vec();
                line.extend_from_slice(&text[lines[from as usize % lines.len()].clone()]);
                let at = lines[to as usize % lines.len()].end;
                text.splice(at..at, line.repeat(usize::from(times)));
            }
        }
        Mutation::Splice(at, file, from) => {
            let other = &files[file % files.len()];
            text.truncate(place(text, at));
            text.extend_from_slice(&other[place(other, from)..]);
        }
        Mutation::Swap(one, other) => {
            let words = runs(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !words.is_empty() {
                let word = text[words[other as usize % words.len()].clone()].to_vec();
                text.splice(words[one as usize % words.len()].clone(), word);
            }
        }
    }
}

fn shipped() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims");
    let entries = fs::read_dir(folder).expect("there are shipped scenarios");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is readable").path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut files: Vec<_> = paths.iter().map(|path| fs::read(path).expect("it is too")).collect();
    files.push(Scenario::template("a template").into_bytes());
    files.push(Scenario::default().print().into_bytes());
    files
}

/// How many texts are tried.
fn cases() -> u32 {
    std::env::var("LEASEHOLD_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000)
}

#[test]
fn whatever_a_scenario_file_says_reading_it_ends_with_a_scenario_or_an_explanation() {
    let files = shipped();
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let strategy = (any::<usize>(), mutations());
    let (valid, told) = (std::cell::Cell::new(0u32), std::cell::Cell::new(0usize));
    let result = runner.run(&strategy, |(file, mutations)| {
        let mut text = files[file % files.len()].clone();
        for mutation in &mutations {
            mutate(&mut text, &files, mutation);
        }
        let text = String::from_utf8_lossy(&text);
        match Scenario::parse(&text) {
            Ok(scenario) => {
                valid.set(valid.get() + 1);
                // A sample that has not been read is no mistake of a file, but one of a run.
                let unread = |told: &String| told.contains("has not been read");
                prop_assert!(scenario.check().iter().all(unread), "{:?}", scenario.check());
                if let Ok(drawn) = scenario.drawn(&Seed::of(file as u64 >> 1)) {
                    prop_assert!(drawn.scenario.check().iter().all(unread));
                }
                prop_assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario));
            }
            Err(problems) => {
                told.set(told.get() + problems.0.len());
                prop_assert!(!problems.0.is_empty() && problems.0.len() <= 50);
                for problem in &problems.0 {
                    let span = problem.span.clone().unwrap_or(0..0);
                    prop_assert!(span.start <= span.end && span.end <= text.len());
                    prop_assert!(text.is_char_boundary(span.start), "{problem}");
                    prop_assert!(text.is_char_boundary(span.end), "{problem}");
                    prop_assert!(problem.to_string().len() < 4_000, "{problem}");
                }
            }
        }
        Ok(())
    });
    let (valid, told) = (valid.get(), told.get());
    println!("{} texts: {valid} valid, {told} mistakes told in the others", cases());
    result.unwrap_or_else(|why| panic!("{why}"));
    assert!(valid > 0 && told > 0, "the mutations are all of one kind");
}

#[test]
fn whatever_a_tape_says_reading_it_ends_with_a_tape_or_an_explanation() {
    let text = "format = 2\nfaults = [\n    \"k17.2 call 5 fails applied\",\n    \"s4 pause 2\",\n\
                \"k3 answer 1 is lost\",\n    \"incident 1\",\n]\n\n[origin]\nseed = 7\n";
    let files = [text.as_bytes().to_vec()];
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let result = runner.run(&mutations(), |mutations| {
        let mut text = files[0].clone();
        for mutation in &mutations {
            mutate(&mut text, &files, mutation);
        }
        match Tape::parse(&String::from_utf8_lossy(&text)) {
            Ok(tape) => prop_assert_eq!(Tape::parse(&tape.print()), Ok(tape)),
            Err(problems) => prop_assert!(!problems.0.is_empty()),
        }
        Ok(())
    });
    result.unwrap_or_else(|why| panic!("{why}"));
}

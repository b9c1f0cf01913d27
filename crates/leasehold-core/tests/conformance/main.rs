//! Does the model do what the real library was measured to do? A table of cases, each played by the
//! machines.
//!
//! A [`Case`] is data: a script of what happens, and questions with the answers that were measured
//! (or read off its source) for the real library. [`rows`] plays all of them in a world that is
//! small enough to be played by hand, and sets the answers of the model beside those. So nothing in
//! the table was typed: `CONFORMANCE.md` is written by the test, with `LEASEHOLD_BLESS=1`, and held
//! against the machines by it.
//!
//! What both worlds share: calls take 50 ms, half of it before they are committed; a message takes
//! 120 ms; there are 60 frames a second.
//!
//! A time must be met within a frame, and half of the last digit that is given for it; everything
//! else to the letter. Exactness would mean nothing: where a wait takes a whole number of frames,
//! it is the last bit of a floating-point clock that says which frame it ends on.

mod answer;
mod cases;
mod script;
mod world;

use cases::cases;
use leasehold_core::micros;
use leasehold_core::profile_store::Rules;
use std::fmt::Write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile_store/CONFORMANCE.md");

const HEAD: &str = "\
# ProfileStore: what was measured, and what the model does

Each row is a question about a small story with servers A, B and C. *Expected* is the answer of
the real library: measured by running it unmodified on a virtual clock, or read off its source.
*Measured* is what the state machines of this crate answer now. Sections and hazards (3.3, H-T2)
are those of `docs/protocols/profile-store.md`.

Calls take 50 ms, half of it before they are committed; messages take 120 ms; a second has 60
frames. Costs are calls: U UpdateAsync, G GetAsync, V GetVersionAsync, L ListVersionsAsync,
A AdvanceToNextPageAsync, R RemoveAsync, S SubscribeAsync, P PublishAsync. A time holds within a
frame and half of the last digit that is given; everything else, what is asked for exactly
included, to the letter.

This file is written by a test, and held against the machines by it.

";

/// A story and what is known of its end.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// The section or hazard in `docs/protocols/profile-store.md`.
    section: &'static str,
    /// What the story is.
    what: &'static str,
    /// What happens when.
    script: &'static str,
    /// Questions, and the real library's answers.
    expect: &'static [(&'static str, &'static str)],
}

/// One question of one case, with both answers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// The section or hazard in `docs/protocols/profile-store.md`.
    section: &'static str,
    /// What the story is.
    what: &'static str,
    /// The question.
    question: &'static str,
    /// The real library's answer.
    expected: &'static str,
    /// The model's answer.
    measured: String,
}

impl Row {
    /// Whether the model's answer is the library's: times within a frame and half of the last digit
    /// that is given, everything else to the letter.
    fn holds(&self) -> bool {
        let (expected, measured) = (self.expected.split(' '), self.measured.split(' '));
        expected.clone().count() == measured.clone().count()
            && expected.zip(measured).all(|(a, b)| a == b || near(a, b))
    }
}

fn near(expected: &str, measured: &str) -> bool {
    let (Some((a, digit)), Some((b, least))) = (read(expected), read(measured)) else {
        return false;
    };
    a.abs_diff(b) <= micros(Rules::PROFILE_STORE.frame) + digit / 2 + least / 2
}

/// A time such as `45.367s`, and what its last digit is worth, in microseconds.
fn read(text: &str) -> Option<(u64, u64)> {
    let text = text.strip_suffix('s')?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digit = 10_u64.pow(6_u32.checked_sub(part.len() as u32)?);
    let whole: u64 = whole.parse().ok()?;
    let part = if part.is_empty() { 0 } else { part.parse().ok()? };
    Some((whole * 1_000_000 + part * digit, digit))
}

/// Plays all cases, in the order of `docs/protocols/profile-store.md`.
fn rows() -> Vec<Row> {
    cases().flat_map(|case| case.rows()).collect()
}

impl Case {
    /// Plays the case and asks its questions.
    fn rows(&self) -> Vec<Row> {
        let mut world = world::World::new(Rules::PROFILE_STORE);
        script::play(&mut world, self.script);
        let row = |&(question, expected): &(&'static str, &'static str)| Row {
            section: self.section,
            what: self.what,
            question,
            expected,
            measured: answer::answer(&world, question),
        };
        self.expect.iter().map(row).collect()
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    let held = rows.iter().filter(|row| row.holds()).count();
    let _ = writeln!(text, "{held} of {} answers hold.\n", rows.len());
    text.push_str("| section | story | question | expected | measured | holds |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    let mut last = ("", "");
    for row in rows {
        let story = (row.section, row.what);
        let (section, what) = if story == last { ("", "") } else { story };
        last = story;
        let holds = if row.holds() { "yes" } else { "**no**" };
        let (question, expected, measured) = (row.question, row.expected, &row.measured);
        let cells = [section, what, question, expected, measured, holds];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

#[test]
fn the_table_of_conformance_is_what_the_machines_do() {
    let rows = rows();
    let table = table(&rows);
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        std::fs::write(PATH, &table).expect("the table can be written");
    }
    let wrong: Vec<_> = rows.iter().filter(|row| !row.holds()).collect();
    assert!(wrong.is_empty(), "the model does not do what the library does: {wrong:#?}");
    let written = std::fs::read_to_string(PATH).expect("the table is committed");
    assert!(written == table, "{PATH} is not what the machines do; see the head of this file");
}

#[test]
fn a_row_holds_within_its_tolerance_and_no_further() {
    let row = |expected, measured: &str| Row {
        section: "",
        what: "",
        question: "",
        expected,
        measured: measured.to_owned(),
    };
    assert!(row("45.367s", "45.350s").holds());
    assert!(!row("45.367s", "45.300s").holds());
    assert!(row("45.3s", "45.340s").holds(), "half of the last digit");
    assert!(row("2U 1P", "2U 1P").holds() && !row("2U 1P", "2U").holds());
    assert!(!row("2s 3s", "2.000s").holds() && row("2s 3s", "2.000s 3.010s").holds());
}

//! The table of what ProfileStore was measured to do, beside what the model does:
//! `CONFORMANCE.md`. `LEASEHOLD_BLESS=1` writes it anew.

use leasehold_core::profile_store::conformance::{Row, rows};
use leasehold_tests::project;
use std::fmt::Write;

const PATH: &str = "crates/leasehold-core/src/profile_store/CONFORMANCE.md";

const HEAD: &str = "\
# ProfileStore: what was measured, and what the model does

Each row is a question about a small story with servers A, B and C. *Expected* is the answer of
the real library: measured by running it unmodified on a virtual clock, or read off its source.
*Measured* is what the state machines of this crate answer now. Sections and hazards (3.3, H-T2)
are those of the library's behavioural specification.

Calls take 50 ms, half of it before they are committed; messages take 120 ms; a second has 60
frames. Costs are calls: U UpdateAsync, G GetAsync, V GetVersionAsync, L ListVersionsAsync,
A AdvanceToNextPageAsync, R RemoveAsync, S SubscribeAsync, P PublishAsync. A time holds within a
frame and half of the last digit that is given; everything else to the letter.

This file is written by a test, and held against the machines by it.

";

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
    let table = table(&rows());
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        std::fs::write(project(PATH), &table).expect("the table can be written");
    }
    let written = std::fs::read_to_string(project(PATH)).expect("the table is committed");
    assert!(written == table, "{PATH} is not what the machines do; see the head of this file");
    assert!(!table.contains("**no**"), "the model does not do what the library does");
}

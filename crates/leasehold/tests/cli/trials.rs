//! A few trials of each kind of hostile input; `leasehold-hostile` makes as many as somebody wants.

use leasehold_tests::hostile::{Failure, Program, Trials, commands, differential, folders, kills};
use std::path::Path;

fn program() -> Program {
    Program::at(Path::new(env!("CARGO_BIN_EXE_leasehold")))
}

/// What was found, a line each.
fn told(failures: &[Failure]) -> String {
    failures.iter().map(|failure| format!("{failure}\n")).collect()
}

#[test]
fn whatever_files_say_a_command_ends_soon_with_a_documented_code() {
    let found = commands(&program(), &Trials::first(100, 1));
    assert_eq!(told(&found.failures), "");
    assert!(found.codes.len() > 2, "the files are all of one kind: {:?}", found.codes);
}

#[test]
fn two_builds_do_the_same_and_so_does_one_twice() {
    let failures = differential(&program(), &program(), &Trials::first(20, 2));
    assert_eq!(told(&failures), "");
}

#[test]
fn stopped_at_any_moment_a_command_leaves_nothing_by_halves_and_loses_nothing() {
    let found = kills(&program(), &Trials::first(10, 1));
    assert_eq!(told(&[found.half, found.lost, found.unequal].concat()), "");
    // How many depends on what else the machine does.
    assert!(found.stopped > 0, "all were through before");
}

#[test]
fn whatever_somebody_keeps_where_a_command_works_stays_as_it_is() {
    let found = folders(&program(), &Trials::first(25, 1));
    assert_eq!(told(&[found.lost, found.moved, found.failures].concat()), "");
    assert!(found.things > 40 && found.codes.len() > 1, "{} {:?}", found.things, found.codes);
}

//! Every way in which a command can end, reached by a real command. All but one: 3, stuck, would
//! take a library that forgets a start; those here forget none, and a unit test looks after its
//! code.

use crate::place::{End, LOSSY, Place};
use std::process::Stdio;

const EXPECTED: &str = "[expect.invariants]\nno_double_ownership = \"violated\"\n";

#[test]
fn what_holds_ends_with_0_what_does_not_with_1() {
    let place = Place::new();
    place.write("expected.toml", format!("{LOSSY}{EXPECTED}"));
    place.write("not.toml", LOSSY);
    place.run(&["run", "expected.toml", "--no-charts"]).ends(0);
    let end = place.run(&["run", "not.toml", "--no-charts"]).ends(1);
    assert!(end.out.contains("Verdict  violated"), "{}", end.out);
}

#[test]
fn usage_and_bad_files_end_with_2() {
    let place = Place::new();
    place.write("bad.toml", "duration = 60\n");
    for args in [
        &["run", "bad.toml"][..],
        &["check", "bad.toml"],
        &["run"],
        &["check"],
        &["frobnicate"],
        &["run", "bad.toml", "--seed", "-1"],
        &["run", "bad.toml", "--seed", "9223372036854775808"],
        &["run", "bad.toml", "--seed", "many"],
        &["new", "a/b"],
    ] {
        let end = place.run(args).ends(2);
        assert!(end.out.is_empty() && !end.err.is_empty(), "{args:?} {end:?}");
    }
    assert_eq!(place.names("."), ["bad.toml"], "nothing is written");
}

#[test]
fn a_run_that_tested_nothing_ends_with_4() {
    let place = Place::new();
    place.write("quiet.toml", format!("duration = \"1m\"\n{EXPECTED}"));
    let end = place.run(&["run", "quiet.toml", "--no-charts"]).ends(4);
    assert!(end.out.contains("was expected to be violated, and was not"), "{}", end.out);
}

#[test]
fn what_cannot_be_read_or_written_ends_with_5_before_anything_is_simulated() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.write("a-file", "mine");
    std::fs::create_dir(place.path("mine")).expect("a test can make folders");
    place.write("mine/notes.txt", "mine");
    for args in [
        &["run", "missing.toml"][..],
        &["check", "missing.toml"],
        &["list", "missing"],
        // Not even somebody who may do everything can make a folder below a file.
        &["run", "world.toml", "--out", "a-file/below"],
        &["run", "world.toml", "--out", "a-file"],
        &["run", "world.toml", "--out", "mine"],
        &["new", "world"],
        &["new", "other", "--out", "a-file"],
        &["new", "other", "--out", "missing/other.toml"],
    ] {
        let end = place.run(args).ends(5);
        let lines = end.err.lines().count();
        assert!(end.out.is_empty() && lines == 1, "{args:?} {end:?}");
    }
    assert_eq!(place.names("."), ["a-file", "mine", "world.toml"]);
    assert_eq!(
        (place.read("a-file"), place.read("mine/notes.txt")),
        ("mine".into(), "mine".into())
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_under_the_standard_output_is_told_and_ends_with_5() {
    let place = Place::new();
    place.write("world.toml", format!("{LOSSY}{EXPECTED}"));
    for args in [&["run", "world.toml", "--no-charts"][..], &["check", "world.toml"]] {
        let full = std::fs::File::create("/dev/full").expect("Linux has one");
        let output = place.command(args).stdout(full).output().expect("it can be started");
        let end = End::of(output).ends(5);
        assert!(end.err.contains("cannot write to the standard output"), "{}", end.err);
    }
}

#[test]
#[cfg(unix)]
fn interrupted_in_the_middle_it_ends_with_130_and_leaves_what_was_there() {
    let place = Place::new();
    place.write("quick.toml", format!("{LOSSY}{EXPECTED}"));
    place.run(&["run", "quick.toml", "--no-charts", "--out", "report"]).ends(0);
    let before = place.read("report/dataset.json");
    let long = LOSSY.replace("5m", "8000h");
    place.write("long.toml", &long);
    for (signal, out) in [("-INT", "report"), ("-TERM", "new/report")] {
        let words = ["run", "long.toml", "--out", out, "--log", "run.log"];
        let mut command = place.command(&words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("it can be started");
        // It is under way when its folder is there.
        let part = |name: &String| name.ends_with(".part");
        let folder = if out == "report" { "." } else { "new" };
        while !place.path(folder).is_dir() || !place.names(folder).iter().any(part) {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("there is a kill").success());
        let end = End::of(child.wait_with_output().expect("it ends")).ends(130);
        assert!(end.out.is_empty() && end.err.contains("interrupted"), "{end:?}");
    }
    assert_eq!(place.names("."), ["long.toml", "quick.toml", "report"]);
    assert_eq!(place.read("report/dataset.json"), before);
}

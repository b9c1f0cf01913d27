//! What a run prints and leaves behind, and that it can be had again.

use crate::place::{LOSSY, Place};
use serde_json::Value;

fn digest(json: &str) -> String {
    let object: Value = serde_json::from_str(json).expect("it is one JSON object");
    object["manifest"]["digest"].as_str().expect("it has a digest").to_owned()
}

fn variant() -> String {
    format!("{LOSSY}[[compare]]\nname = \"strict\"\nprotocol = \"chronicle_strict\"\n")
}

#[test]
fn the_summary_says_what_happened_and_how_to_have_it_again() {
    let place = Place::new();
    place.write("world.toml", variant());
    let end = place.run(&["run", "world.toml", "--seed", "7", "--no-charts"]).ends(1);
    for expected in [
        "world, seed 7: lost messages",
        "Sessions   ",
        "Start      p50 ",
        "Calls      ",
        "acquire",
        "renew",
        "release",
        "Conflicts  ",
        "Breakers   opened ",
        "Changes    ",
        "Invariants",
        "no_double_ownership",
        "starts_are_answered",
        "Verdict  violated",
        "Side by side, with common random numbers",
        "strict",
        "Files    reports/world-7",
        "Again    leasehold run world.toml --seed 7",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    assert!(end.err.is_empty(), "{}", end.err);
}

#[test]
fn with_json_the_standard_output_is_one_object_with_the_same_content() {
    let place = Place::new();
    place.write("world.toml", variant());
    let end = place.run(&["run", "world.toml", "--json", "--no-charts"]).ends(1);
    let object: Value = serde_json::from_str(&end.out).expect("it is one JSON object");
    assert_eq!(object["verdict"], "violated");
    assert!(object["summary"]["starts"]["granted"].as_u64() > Some(0));
    assert!(object["summary"]["calls"]["acquire"]["sent"].as_u64() > Some(0));
    for path in ["start_latency", "conflicts", "breaker_openings", "progress", "messages"] {
        assert!(!object["summary"][path].is_null(), "{path}");
    }
    assert!(object["invariants"].as_array().is_some_and(|all| all.len() >= 9));
    assert_eq!(object["manifest"]["command"], "leasehold run world.toml --seed 1");
    assert_eq!(object["compare"][0]["folder"], "reports/world-1/strict");
}

#[test]
fn a_report_has_its_files_and_the_charts_only_if_they_are_wanted() {
    let place = Place::new();
    place.write("world.toml", variant());
    place.run(&["run", "world.toml", "--out", "deep/er/report"]).ends(1);
    for folder in ["deep/er/report", "deep/er/report/strict"] {
        let names = place.names(folder);
        for file in ["dataset.json", "scenario.toml", "tape.toml"] {
            assert!(names.iter().any(|name| name == file), "{names:?}");
        }
        let count = |end: &str| names.iter().filter(|name| name.ends_with(end)).count();
        assert!(count(".svg") > 0 && count(".svg") == count(".png"), "{names:?}");
    }
    assert_eq!(place.names("deep/er"), ["report"], "nothing is left beside it");
    place.write("world.toml", LOSSY);
    place.run(&["run", "world.toml", "--out", "deep/er/report", "--no-charts"]).ends(1);
    // The earlier report is replaced as a whole: its charts and its variants are gone.
    assert_eq!(
        place.names("deep/er/report"),
        [".leasehold", "dataset.json", "scenario.toml", "tape.toml"]
    );
}

#[test]
fn a_report_with_something_of_somebody_else_in_it_is_not_replaced() {
    let place = Place::new();
    place.write("world.toml", variant());
    place.run(&["run", "world.toml", "--out", "report", "--no-charts"]).ends(1);
    place.write("report/strict/notes.txt", "mine");
    let end = place.run(&["run", "world.toml", "--out", "report", "--no-charts"]).ends(5);
    assert!(end.err.contains("notes.txt"), "{}", end.err);
    assert_eq!(place.read("report/strict/notes.txt"), "mine");
}

#[test]
fn a_tape_and_a_scenario_that_a_run_left_give_the_same_digest_again() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let run = |args: &[&str]| {
        let common = ["--json", "--no-charts"];
        digest(&place.run(&[args, &common].concat()).ends(1).out)
    };
    let first = run(&["run", "world.toml", "--seed", "3", "--out", "one"]);
    let tape = run(&["run", "world.toml", "--tape", "one/tape.toml", "--out", "two"]);
    assert_eq!(tape, first, "the tape has the seed");
    let printed = run(&["run", "one/scenario.toml", "--seed", "3", "--out", "three"]);
    assert_eq!(printed, first);
    let other = run(&["run", "world.toml", "--seed", "4", "--out", "four"]);
    assert_ne!(other, first);
}

#[test]
fn a_file_name_with_spaces_is_repeated_as_a_shell_reads_it() {
    let place = Place::new();
    place.write("my world.toml", LOSSY);
    let end = place.run(&["run", "my world.toml", "--no-charts", "--out", "r"]).ends(1);
    assert!(end.out.contains("Again    leasehold run 'my world.toml' --seed 1"), "{}", end.out);
}

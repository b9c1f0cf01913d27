//! Pictures drawn again from the rows that a run has left: the same ones, or a sentence.

use crate::place::{LOSSY, Place, shipped};
use leasehold_data::{Dataset, FORMAT, Manifest, Story, SweepManifest, SweepTotals};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// All files of a folder and of those in it, with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let inside = files(&path).into_iter();
            found.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).expect("it can be read"));
        }
    }
    found
}

/// A report with a variant, and all that is in it.
fn report() -> (Place, BTreeMap<String, Vec<u8>>) {
    let place = Place::new();
    let variant = "[[compare]]\nname = \"strict\"\nprotocol = \"chronicle_strict\"\n";
    place.write("world.toml", format!("{LOSSY}{variant}"));
    place.run(&["run", "world.toml", "--out", "report"]).ends(1);
    let drawn = files(&place.path("report"));
    assert!(drawn.contains_key("strict/starts.png") && drawn.contains_key("calls.svg"));
    (place, drawn)
}

#[test]
fn a_report_is_drawn_again_byte_by_byte_elsewhere_and_in_its_own_place() {
    let (place, drawn) = report();
    let end = place.run(&["report", "report", "--out", "again"]).ends(0);
    assert!(end.out.starts_with("world, seed 1, run by version "), "{}", end.out);
    assert!(end.out.ends_with("Files    again\n"), "{}", end.out);
    assert!(files(&place.path("again")) == drawn, "{:?}", place.names("again"));
    // A picture that is gone comes back; one that somebody has drawn over is theirs.
    fs::remove_file(place.path("report/strict/starts.png")).expect("it is there");
    let picture = place.read("report/calls.svg");
    place.write("report/calls.svg", "scribble");
    place.run(&["report", "report"]).ends(5);
    place.write("report/calls.svg", picture);
    place.run(&["report", "report"]).ends(0);
    assert!(files(&place.path("report")) == drawn, "{:?}", place.names("report"));
    assert_eq!(place.names(""), ["again", "report", "world.toml"], "nothing is left beside it");
}

#[test]
fn a_story_is_drawn_again_byte_by_byte() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["explain", "world.toml", "--out", "why"]).ends(0);
    let drawn = files(&place.path("why"));
    fs::remove_file(place.path("why/story.png")).expect("it is there");
    place.run(&["report", "why", "--out", "again"]).ends(0);
    place.run(&["report", "why"]).ends(0);
    assert!(files(&place.path("why")) == drawn && files(&place.path("again")) == drawn);
}

#[test]
fn what_is_somebody_elses_is_neither_replaced_nor_lost() {
    let (place, _) = report();
    place.write("report/strict/notes.txt", "mine");
    let before = files(&place.path("report"));
    let end = place.run(&["report", "report"]).ends(5);
    assert!(end.err.contains("strict/notes.txt in it is no part of that report"), "{}", end.err);
    assert!(files(&place.path("report")) == before);
    fs::create_dir(place.path("mine")).expect("a test can write");
    place.write("mine/notes.txt", "mine");
    place.run(&["report", "report", "--out", "mine"]).ends(5);
    assert_eq!(place.names("mine"), ["notes.txt"]);
}

#[test]
fn what_cannot_be_read_as_rows_is_said_in_one_sentence_with_its_place() {
    let (place, _) = report();
    let whole = place.read("report/dataset.json");
    let backwards =
        r#""incidents":[{"what":"outage","servers":[],"during":{"from_us":2,"to_us":1}}]"#;
    let next = format!("format {}; this version reads format {FORMAT}", FORMAT + 1);
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "it is broken: EOF while parsing"),
        (String::new(), "it is broken: EOF while parsing a value at line 1 column 0"),
        (whole.replacen("\"summary\"", "\"sum\"", 1), "missing field `summary` at line 1 column"),
        (
            whole.replacen("\"incidents\":[]", backwards, 1),
            "ends before it begins at line 1 column",
        ),
        (
            whole.replacen(
                &format!("\"format\":{FORMAT}"),
                &format!("\"format\":{}", FORMAT + 1),
                1,
            ),
            &next,
        ),
        (
            whole.replacen(&format!("\"format\":{FORMAT}"), "\"format\":-1", 1),
            "invalid value: integer `-1`",
        ),
        ("[]".to_owned(), "it is broken: "),
    ];
    for (text, expected) in cases {
        assert_ne!(text, whole, "{expected}");
        place.write("report/strict/dataset.json", &text);
        let before = files(&place.path("report"));
        let end = place.run(&["report", "report"]).ends(2);
        let named = "leasehold: report/strict/dataset.json: ";
        assert!(
            end.err.starts_with(named) && end.err.contains(expected),
            "{expected}\n{}",
            end.err
        );
        assert_eq!(end.err.lines().count(), 1, "{}", end.err);
        assert!(files(&place.path("report")) == before, "{expected}");
    }
    for folder in ["nowhere", "."] {
        let end = place.run(&["report", folder]).ends(2);
        assert!(end.err.contains("there is nothing to draw"), "{}", end.err);
    }
}

#[test]
fn a_story_that_no_run_can_have_told_is_said_to_be_broken() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["explain", "world.toml", "--out", "why"]).ends(0);
    let whole = place.read("why/story.json");
    let story = |change: fn(&mut Story)| {
        let mut told: Told = serde_json::from_str(&whole).expect("a story");
        change(&mut told.story);
        serde_json::to_string(&told).expect("plain rows")
    };
    let cases = [
        (story(|story| story.events.clear()), "nothing happens in it"),
        (story(|story| story.events.reverse()), "its events are not in order"),
        (story(|story| story.links[0].to = 999), "a link does not lead"),
        (whole[..whole.len() / 2].to_owned(), "EOF while parsing"),
    ];
    for (text, expected) in cases {
        place.write("why/story.json", text);
        let end = place.run(&["report", "why"]).ends(2);
        assert!(end.err.contains("why/story.json: it is broken: "), "{}", end.err);
        assert!(end.err.contains(expected), "{expected}\n{}", end.err);
    }
}

/// A story's file.
#[derive(Serialize, Deserialize)]
struct Told {
    manifest: Manifest,
    story: Story,
}

/// Reads rows, and writes them as they were written.
fn round<T: DeserializeOwned + Serialize>(text: &str, write: fn(&T) -> serde_json::Result<String>) {
    let rows: T = serde_json::from_str(text).expect("this version reads what it writes");
    let again = write(&rows).expect("plain rows");
    assert!(again.trim_end() == text.trim_end(), "{:.300}\n{:.300}", again, text);
}

#[test]
fn all_rows_that_a_command_leaves_are_read_and_written_back_without_a_difference() {
    let place = Place::new();
    let dataset = |name: &str, seed: &str| {
        let args = ["run", &shipped(name), "--seed", seed, "--out", "run", "--no-charts"];
        assert!(matches!(place.run(&args).code, Some(0 | 1)), "{name}");
        let text = place.read("run/dataset.json");
        round::<Dataset>(&text, serde_json::to_string);
        serde_json::from_str::<Dataset>(&text).expect("a dataset")
    };
    // Between them they have all that only some runs have.
    let (trades, purchases) = (dataset("trade-then-crash", "1"), dataset("purchases", "1"));
    let (outage, launch) = (dataset("outage", "1"), dataset("launch-2023", "1"));
    assert!(trades.exposure.is_some() && trades.summary.trades.is_some());
    assert!(purchases.summary.purchases.is_some() && purchases.ownership.is_some());
    assert!(
        !outage.incidents.is_empty() && outage.breakers.is_some_and(|all| !all.servers.is_empty())
    );
    assert!(!launch.summary.waits.dropped.is_empty());
    place.write("world.toml", LOSSY);
    place.run(&["explain", "world.toml", "--out", "why"]).ends(0);
    round::<Told>(&place.read("why/story.json"), serde_json::to_string_pretty);
    place.run(&["sweep", "world.toml", "--seeds", "1..7", "--out", "sweep"]).ends(1);
    round::<SweepManifest>(&place.read("sweep/sweep.json"), serde_json::to_string_pretty);
    round::<SweepTotals>(&place.read("sweep/totals.json"), serde_json::to_string_pretty);
}

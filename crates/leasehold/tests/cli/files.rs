//! What is said about files that are not what they should be; and about those that are.

use crate::place::{LOSSY, Place, shipped};

#[test]
fn several_mistakes_are_drawn_at_once_with_line_column_and_what_is_allowed() {
    let place = Place::new();
    place.write(
        "bad.toml",
        "durration = \"1m\"\n[servers]\ncount = 0\n[rules]\nrenew_after = \"2m\"\n",
    );
    let end = place.run(&["check", "bad.toml"]).ends(2);
    for expected in [
        "unknown field `durration`",
        "bad.toml:1:1",
        "perhaps \"duration\"?",
        "bad.toml:3:9",
        "servers.count = 0 is too small",
        "a whole number, 1 to 100000",
        "bad.toml:5:15",
        "less than lease_duration",
        "rules.lease_duration is 1m by default",
        "bad.toml: 3 mistakes",
    ] {
        assert!(end.err.contains(expected), "{expected}\n{}", end.err);
    }
}

#[test]
fn a_folder_a_huge_file_a_binary_and_a_strange_encoding_get_one_sentence_each() {
    let place = Place::new();
    place.write("binary.toml", [0u8, 159, 146, 150, 255, 0, 1]);
    place.write("latin.toml", b"title = \"caf\xe9\"\n");
    place.write("zeros.toml", [0u8; 64]);
    // A hundred megabytes of which not one is on the disk.
    let huge = std::fs::File::create(place.path("huge.toml")).expect("a test can write");
    huge.set_len(100_000_000).expect("a file may have holes");
    let cases = [
        (".", "it is a folder"),
        ("huge.toml", "more than 1000000 bytes"),
        ("binary.toml", "not UTF-8"),
        ("latin.toml", "not UTF-8 text: byte 13"),
        ("zeros.toml", "zeros.toml"),
    ];
    for (name, expected) in cases {
        for command in ["check", "run"] {
            let end = place.run(&[command, name]).ends(2);
            assert!(end.err.contains(expected) && end.err.len() < 5_000, "{name}: {}", end.err);
        }
    }
}

#[test]
fn nesting_without_end_and_lines_without_end_are_refused_in_a_few_words() {
    let place = Place::new();
    for text in [
        format!("title = {}", "[".repeat(900_000)),
        format!("{}a = 1", "a.".repeat(400_000)),
        format!("title = \"{}\"", "a".repeat(900_000)),
        "[a]\n".repeat(200_000),
    ] {
        place.write("deep.toml", &text);
        let end = place.run(&["check", "deep.toml"]).ends(2);
        assert!(end.err.len() < 50_000, "{}", end.err.len());
    }
}

#[test]
fn an_empty_file_is_valid_and_it_is_said_that_it_says_nothing() {
    let place = Place::new();
    place.write("empty.toml", "");
    let end = place.run(&["check", "empty.toml"]).ends(0);
    assert!(end.out.contains("every field has its default"), "{}", end.out);
}

#[test]
fn one_bad_file_among_good_ones_is_told_and_the_good_ones_too() {
    let place = Place::new();
    place.write("bad.toml", "duration = 60\n");
    let good = shipped("idle");
    let end = place.run(&["check", "bad.toml", &good, "missing.toml"]).ends(2);
    assert_eq!(end.out.lines().count(), 1);
    assert!(end.err.contains("bad.toml") && end.err.contains("missing.toml"), "{}", end.err);
}

#[test]
fn a_broken_tape_is_told_with_its_lines_and_nothing_is_run() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let cases = [
        (
            "format = 2\nfaults = [\n  \"k1 is sad\",\n  \"s4 pause 2\",\n  \"x\",\n]\n",
            "tape.toml:3:3",
        ),
        ("format = 7\nfaults = []\n", "this version reads format 2"),
        ("faults = [\n", "tape.toml"),
        ("", "missing field"),
        ("format = 2\nfaults = []\ncolour = 1\n", "unknown field"),
    ];
    for (tape, expected) in cases {
        place.write("tape.toml", tape);
        let end = place.run(&["run", "world.toml", "--tape", "tape.toml"]).ends(2);
        assert!(end.err.contains(expected), "{tape}: {}", end.err);
    }
    assert_eq!(place.names("."), ["tape.toml", "world.toml"]);
}

#[test]
fn a_new_scenario_is_explained_valid_runs_and_overwrites_nothing() {
    let place = Place::new();
    place.run(&["new", "mine"]).ends(0);
    let text = place.read("mine.toml");
    for field in
        ["#lease_duration = \"1m\"", "#hop = 0.5", "#condition = \"healthy\"", "#[[timeline]]"]
    {
        assert!(text.contains(field), "{field}\n{text}");
    }
    place.run(&["check", "mine.toml"]).ends(0);
    place.run(&["run", "mine.toml", "--no-charts"]).ends(0);
    place.run(&["new", "mine"]).ends(5);
    assert_eq!(place.read("mine.toml"), text);
    place.run(&["new", "mine", "--out", "elsewhere.toml"]).ends(0);
    assert_eq!(place.read("elsewhere.toml"), text);
}

#[test]
fn the_list_has_every_scenario_of_a_folder_with_its_title_and_the_names_to_use() {
    let place = Place::new();
    std::fs::create_dir(place.path("sims")).expect("a test can make folders");
    place.write("sims/lossy.toml", LOSSY);
    let end = place.run(&["list"]).ends(0);
    for expected in ["lossy  chronicle", "lost messages", "no_double_ownership", "a breaker opened"]
    {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    place.write("sims/bad.toml", "duration = 60\n");
    let end = place.run(&["list"]).ends(2);
    assert!(end.out.contains("bad") && end.out.contains("not valid"), "{}", end.out);
}

#[test]
fn a_measured_sample_is_read_beside_the_scenario_and_its_quantiles_are_what_is_saved_and_run() {
    let place = Place::new();
    let sample: String = (0..200).map(|n| format!("{n},{}\n", 100 + n)).collect();
    std::fs::create_dir(place.path("sims")).expect("a test can make a folder");
    place.write("sims/lat.csv", format!("nth,latency_ms\n{sample}"));
    place.write(
        "sims/measured.toml",
        "duration = \"2m\"\nservers.count = 2\nplayers.count = 5\n\
         datastore.latency = { from = \"lat.csv\" }\n",
    );
    place.run(&["run", "sims/measured.toml", "--no-charts", "--out", "one"]).ends(0);
    let saved = std::fs::read_to_string(place.path("one/scenario.toml")).expect("it was saved");
    assert!(saved.contains("quantiles = [\"100ms\", \"103.109ms\"") && !saved.contains("lat.csv"));
    place.write("saved.toml", &saved);
    place.run(&["run", "saved.toml", "--no-charts", "--out", "two"]).ends(0);
    let digest = |report: &str| {
        let text = std::fs::read_to_string(place.path(&format!("{report}/dataset.json")));
        let text = text.expect("it was saved");
        let from = text.find("\"digest\"").expect("a run has a digest");
        text[from..from + 30].to_owned()
    };
    assert_eq!(digest("one"), digest("two"));
    place.write("sims/lat.csv", "1\nslow\n");
    let end = place.run(&["check", "sims/measured.toml"]).ends(2);
    assert!(end.err.contains("sims/lat.csv: line 2: \"slow\" is no latency"), "{}", end.err);
    place.write("sims/lat.csv", "1\n");
    let end = place.run(&["run", "sims/measured.toml"]).ends(2);
    assert!(end.err.contains("it has one value; a sample has at least 2"), "{}", end.err);
}

#[test]
fn where_nobody_keeps_scenarios_the_names_that_one_can_use_are_listed_all_the_same() {
    let place = Place::new();
    let end = place.run(&["list"]).ends(0);
    for expected in ["Shipped scenarios", "Protocols  chronicle", "no_double_ownership"] {
        assert!(end.out.contains(expected), "{end:?}");
    }
}

#[test]
fn a_sample_of_stays_goes_in_as_it_is_and_is_told_about_in_words_of_its_own() {
    let place = Place::new();
    place.write("stays.csv", "player,session_s\n7,40\n9,60\n7,90\n");
    place.write("gaps.csv", "ms\n0\n900\n");
    place.write("calls.csv", "player,latency\n1,2\n");
    let world = |fields: &str| format!("duration = \"3m\"\nplayers.count = 9\n{fields}\n");
    place.write("good.toml", world("players.stay = { from = \"stays.csv\" }"));
    place.run(&["run", "good.toml", "--no-charts", "--out", "out"]).ends(0);
    let kept = place.read("out/scenario.toml");
    assert!(kept.contains("quantiles = [") && kept.contains("\"1m30s\""), "{kept}");
    place.run(&["run", "out/scenario.toml", "--no-charts", "--out", "again"]).ends(0);
    let bad = [
        ("players.stay = { from = \"calls.csv\" }", "players.stay.from: calls.csv: line 1: "),
        (
            "players.stay = { from = \"calls.csv\" }",
            "names no column of durations; allowed: a header",
        ),
        (
            "players.edit_every = { from = \"gaps.csv\" }",
            "gets as short as 0s; allowed: the shortest",
        ),
        ("players.away = { from = \"none.csv\" }", "players.away.from: "),
    ];
    for (fields, told) in bad {
        place.write("bad.toml", world(fields));
        let end = place.run(&["run", "bad.toml", "--no-charts"]).ends(2);
        assert!(end.err.contains(told) && end.err.len() < 2_000, "{told}\n{}", end.err);
    }
}

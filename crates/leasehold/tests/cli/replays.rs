//! Players who do what a log says: every command that runs them, and what is told of a bad log.

use crate::place::{Place, shipped};

/// Players who hop from server to server, each in turn.
fn log() -> String {
    let mut rows = vec!["at_s,player,event,server".to_owned()];
    for player in 0..8 {
        rows.push(format!("{player},p{player},join,{}", player % 3));
        for hop in 1..9 {
            rows.push(format!("{},p{player},edit,", player + 25 * hop));
            rows.push(format!("{},p{player},hop,{}", player + 25 * hop + 6, (player + hop) % 3));
        }
        rows.push(format!("{}.5,p{player},leave,", player + 270));
    }
    rows.join("\n")
}

const WORLD: &str = "title = \"from a log\"\nduration = \"5m\"\nservers.count = 3\n\
    [players]\ntrace = \"logs/joins.csv\"\nnoticed_after = \"0s..20s\"\nhop_delay = \"1s..3s\"\n\
    [messaging]\nloss = \"40%\"\n[expect]\ninvariants.no_double_ownership = \"any\"\n";

fn place() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path("logs")).expect("a test can write");
    place.write("logs/joins.csv", log());
    place.write("world.toml", WORLD);
    place
}

fn digest(out: &str) -> String {
    out.split("digest ").nth(1).map(|rest| rest[..16].to_owned()).expect("it has one")
}

#[test]
fn a_log_is_run_twice_swept_shrunk_and_explained_and_what_is_left_stands_alone() {
    let place = place();
    place.run(&["check", "world.toml"]).ends(0);
    let run = ["run", "world.toml", "--twice", "--no-charts", "--out", "one"];
    let end = place.run(&run).ends(0);
    assert!(end.out.contains("players: 8,"), "{}", end.out);
    let kept = place.read("one/scenario.toml");
    assert!(kept.contains("\"j0@0 e25 h31@1 ") && kept.contains("count = 8"), "{kept}");
    std::fs::remove_dir_all(place.path("logs")).expect("it is there");
    let alone = ["run", "one/scenario.toml", "--no-charts", "--out", "two"];
    assert_eq!(digest(&place.run(&alone).ends(0).out), digest(&end.out));
    let class = ["--class", "no_double_ownership:messaging_timeout_steal"];
    place.write("world.toml", &kept);
    place.run(&["sweep", "world.toml", "--seeds", "1..3", "--out", "swept"]).ends(0);
    let explain = ["explain", "world.toml", "--out", "why"];
    place.run(&[&explain[..], &class].concat()).ends(0);
    let shrink = ["shrink", "world.toml", "--budget", "200", "--out", "bug"];
    let end = place.run(&[&shrink[..], &class].concat()).ends(0);
    assert!(end.out.contains("Players          8 -> 1\n"), "{}", end.out);
}

#[test]
fn a_log_that_is_wrong_is_told_with_its_file_and_line_and_nothing_is_written() {
    let place = place();
    let bad = |rows: &str, told: &str| {
        place.write("logs/joins.csv", rows);
        let end = place.run(&["run", "world.toml", "--out", "out"]).ends(2);
        assert!(end.err.contains(told) && end.err.len() < 1_000, "{told}\n{}", end.err);
        assert!(!place.path("out").exists());
    };
    let head = "at_s,player,event,server\n";
    let line = "players.trace: logs/joins.csv: line 3: ";
    bad(&format!("{head}1,a,join,\n2,a,jump,\n"), &format!("{line}\"jump\" is no event"));
    bad(&format!("{head}1,a,join,\n301,a,leave,\n"), &format!("{line}301 s is after the end"));
    bad(&format!("{head}1,a,join,\n2,b,join,3\n"), &format!("{line}server 3 does not exist"));
    bad("", "players.trace: logs/joins.csv: it has no rows; allowed: a header at_s,player,");
    std::fs::remove_file(place.path("logs/joins.csv")).expect("it is there");
    let end = place.run(&["run", "world.toml", "--out", "out"]).ends(2);
    assert!(end.err.contains("players.trace: "), "{}", end.err);
    std::fs::create_dir(place.path("logs/joins.csv")).expect("a test can write");
    let end = place.run(&["run", "world.toml", "--out", "out"]).ends(2);
    assert!(end.err.contains("it is a folder"), "{}", end.err);
}

#[test]
fn the_shipped_log_is_the_same_evening_in_every_seed() {
    let place = Place::new();
    let path = shipped("trace");
    let run = |seed: &str| {
        let args = ["run", &path, "--seed", seed, "--json", "--no-charts", "--out", seed];
        let end = place.run(&args).ends(0);
        let object: serde_json::Value = serde_json::from_str(&end.out).expect("JSON");
        (object["manifest"]["digest"].clone(), object["manifest"]["players"].clone())
    };
    let (one, two) = (run("1"), run("2"));
    assert_ne!(one.0, two.0, "what is lost differs");
    assert_eq!((&one.1, &two.1), (&48.into(), &48.into()));
}

//! Violations that are explained: what is told, what is written, and what is left alone.

use crate::place::{LOSSY, Place, healthy};

const DIR: &str = "reports/world-1-why";

#[test]
fn a_takeover_is_told_from_the_message_that_was_lost_to_the_two_who_own() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let end = place.run(&["explain", "world.toml"]).ends(0);
    let mut rest = end.out.as_str();
    for expected in [
        "world, seed 1: no_double_ownership by messaging_timeout_steal",
        "considers itself owner of",
        "FAULT lost: ",
        "has heard nothing for 2 s",
        "[from ",
        "(missed)]",
        ": generation ",
        "still does",
        "two consider themselves owner of",
        DIR,
        "leasehold explain world.toml --seed 1",
    ] {
        let (_, after) = rest.split_once(expected).unwrap_or_else(|| {
            panic!("{expected:?} is not told after what comes before it:\n{}", end.out)
        });
        rest = after;
    }
    let lines = end.out.lines().count();
    assert!((10..40).contains(&lines), "{lines} lines\n{}", end.out);
    assert_eq!(place.names(DIR), [".leasehold", "story.json", "story.png", "story.svg"]);
    // The run that it tells of is the plain one, to the last step.
    let run = place.run(&["run", "world.toml", "--json", "--no-charts", "--out", "plain"]).ends(1);
    let digest = run.out.split("\"digest\": \"").nth(1).expect("a digest").split('"').next();
    let story = place.read(&format!("{DIR}/story.json"));
    assert!(story.contains(digest.expect("a digest")), "{story}");
    // The story of one class is kept beside that of another.
    place.run(&["explain", "world.toml", "--class", "no_double_ownership"]).ends(0);
    assert_eq!(place.names("reports"), ["world-1-no_double_ownership-why", "world-1-why"]);
    // An earlier story is replaced by the same one.
    place.run(&["explain", "world.toml"]).ends(0);
    assert_eq!(place.read(&format!("{DIR}/story.json")), story);
}

#[test]
fn what_breaks_nothing_is_not_explained_and_nothing_is_written() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.write("healthy.toml", healthy());
    let cases: [(&[&str], &str); 4] = [
        (&["explain", "healthy.toml"], "seed 1 breaks no invariant"),
        (
            &["explain", "world.toml", "--class", "no_write_without_ownership"],
            "does not show no_write_with",
        ),
        (
            &["explain", "world.toml", "--class", "no_overlap"],
            "no invariant and no kind of harm has this name",
        ),
        (&["explain", "nowhere.toml"], "nowhere.toml"),
    ];
    for (args, expected) in cases {
        let end = place.run(args);
        assert!(end.out.is_empty() && end.err.contains(expected), "{args:?} {end:?}");
        assert!(matches!(end.code, Some(2 | 5)), "{args:?} {end:?}");
    }
    assert_eq!(place.names("."), ["healthy.toml", "world.toml"]);
}

#[test]
fn only_an_earlier_story_is_replaced() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["explain", "world.toml", "--out", "why"]).ends(0);
    place.write("why/notes.txt", "mine");
    let end = place.run(&["explain", "world.toml", "--out", "why"]).ends(5);
    assert!(end.err.contains("notes.txt"), "{}", end.err);
    place.run(&["run", "world.toml", "--no-charts", "--out", "run"]).ends(1);
    let end = place.run(&["explain", "world.toml", "--out", "run"]).ends(5);
    assert!(end.err.contains("it is a report, and no story"), "{}", end.err);
}

#[test]
fn of_a_tape_the_class_that_it_shows_is_explained() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["run", "world.toml", "--no-charts", "--out", "run"]).ends(1);
    let tape = place.read("run/tape.toml");
    let class = "class = \"sessions_are_released\"";
    place.write("tape.toml", tape.replace("[origin]", &format!("[origin]\n{class}")));
    let end = place.run(&["explain", "world.toml", "--tape", "tape.toml"]).ends(2);
    assert!(end.err.contains("does not show sessions_are_released; it shows"), "{end:?}");
    let wanted = ["explain", "world.toml", "--tape", "tape.toml", "--class", "no_double_ownership"];
    place.run(&wanted).ends(0);
}

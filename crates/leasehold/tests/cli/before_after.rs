//! Two results beside each other, and sweeps that are drawn again.

use crate::place::{LOSSY, Place};

/// A place with a sweep before something was changed, and one after it.
fn swept() -> Place {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.write("other.toml", LOSSY.replace("loss = \"30%\"", "loss = \"0%\""));
    place.run(&["sweep", "world.toml", "--seeds", "1..4", "--out", "before"]);
    place.run(&["sweep", "other.toml", "--seeds", "3..8", "--out", "after"]);
    place
}

#[test]
fn two_sweeps_are_compared_by_the_seeds_that_both_have() {
    let place = swept();
    let told = place.run(&["report", "before", "after", "--out", "changed"]).ends(0).out;
    assert!(told.contains("2 seeds from 3 to 4 of both"), "{told}");
    assert!(told.contains("messaging.loss"), "{told}");
    assert!(told.contains("the same to the last step in 0 of 2 seeds"), "{told}");
    assert!(told.contains("double ownership") && told.contains("differences together (Holm)"));
    let page = place.read("changed/index.html");
    assert!(page.contains("What has changed") && page.contains("messaging.loss"));
    // The other way round it is the same page of the same seeds, with the other sign.
    assert!(place.run(&["report", "after", "before"]).ends(0).out.contains("before beside after"));
}

#[test]
fn what_is_the_same_is_said_to_be_the_same() {
    let place = swept();
    let told = place.run(&["report", "before", "before"]).ends(0).out;
    assert!(
        told.contains("nothing: the same scenario") && told.contains("in 4 of 4 seeds"),
        "{told}"
    );
}

#[test]
fn two_runs_are_shown_side_by_side_and_chance_is_left_open() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["run", "world.toml", "--seed", "3", "--out", "one"]);
    place.run(&["run", "world.toml", "--seed", "3", "--protocol", "naive", "--out", "other"]);
    let told = place.run(&["report", "one", "other"]).ends(0).out;
    assert!(told.contains("protocol") && told.contains("naive"), "{told}");
    assert!(told.contains("One seed cannot tell") && !told.contains(" *"), "{told}");
    // A run is a sweep of one seed, and says the same.
    place.run(&["sweep", "world.toml", "--seeds", "3..3", "--out", "swept"]);
    let told = place.run(&["report", "one", "swept"]).ends(0).out;
    assert!(told.contains("the same to the last step in 1 of 1 seed"), "{told}");
}

#[test]
fn what_cannot_be_laid_side_by_side_is_refused_in_a_sentence() {
    let place = swept();
    place.write("third.toml", LOSSY);
    place.run(&["sweep", "third.toml", "--seeds", "9..9", "--out", "later"]);
    let end = place.run(&["report", "before", "later"]).ends(2);
    assert!(end.err.contains("no seed in common with before"), "{}", end.err);
    let end = place.run(&["report", "before", "nothing"]).ends(2);
    assert!(end.err.contains("neither a run nor a sweep"), "{}", end.err);
    // Of another version, in the one file that says which.
    let manifest = place.read("later/sweep.json");
    let (format, _) = manifest
        .split_once("\"format\": ")
        .expect("it has one")
        .1
        .split_once(',')
        .expect("a number");
    place.write("later/sweep.json", manifest.replacen(format, "3", 1));
    for args in [&["report", "later"][..], &["report", "before", "later"]] {
        let end = place.run(args).ends(2);
        assert!(end.err.contains("format 3"), "{}", end.err);
    }
}

#[test]
fn a_sweep_is_drawn_again_from_its_rows() {
    let place = swept();
    let page = place.read("before/index.html");
    place.run(&["report", "before", "--out", "again"]).ends(0);
    assert_eq!(place.names("again"), place.names("before"));
    assert_eq!(place.read("again/index.html"), page);
    place.write("before/index.html", "what an earlier version drew");
    place.run(&["report", "before"]).ends(0);
    assert_eq!(place.read("before/index.html"), page);
    // A part of a sweep has a page as well.
    place.run(&["sweep", "world.toml", "--seeds", "1..4", "--shard", "2/2", "--out", "part"]);
    place.run(&["report", "part"]).ends(0);
}

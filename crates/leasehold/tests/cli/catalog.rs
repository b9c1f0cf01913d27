//! The scenarios that come with the program, where nothing else of the project is.

use crate::place::Place;

#[test]
fn shipped_scenarios_are_there_wherever_the_program_is() {
    let place = Place::new();
    let list = place.run(&["list"]).ends(0).out;
    assert!(list.contains("leasehold new --from NAME") && list.contains("profile-store/zombie"));
    let end = place.run(&["new", "--from", "lossy-messaging"]).ends(0);
    assert!(end.out.contains("leasehold run lossy-messaging.toml"), "{}", end.out);
    let run = place.run(&["run", "lossy-messaging.toml", "--no-charts"]).ends(0).out;
    let (_, digest) = run.split_once("digest ").expect("a run has one");
    // The golden one: it is the same world as in the project.
    let golden = include_str!("../../../../tests/golden/digests.txt");
    let row = golden.lines().find(|line| line.starts_with("lossy-messaging ")).expect("a row");
    assert!(row.contains(&digest[..16]), "{row}");
    // In a folder with scenarios of one's own, only the others are told as shipped.
    std::fs::create_dir(place.path("sims")).expect("a test can write");
    std::fs::rename(place.path("lossy-messaging.toml"), place.path("sims/lossy-messaging.toml"))
        .expect("it is there");
    let list = place.run(&["list"]).ends(0).out;
    assert_eq!(list.matches("  lossy-messaging ").count(), 1, "{list}");
}

#[test]
fn what_a_shipped_scenario_reads_comes_with_it_and_nothing_is_written_over() {
    let place = Place::new();
    let end = place.run(&["new", "evening", "--from", "trace"]).ends(0);
    assert!(end.out.contains("it reads joins.csv"), "{}", end.out);
    place.run(&["run", "evening.toml", "--no-charts"]).ends(0);
    place.run(&["new", "another", "--from", "trace.toml"]).ends(0);
    place.write("joins.csv", "mine");
    let end = place.run(&["new", "third", "--from", "trace"]).ends(5);
    assert!(end.err.contains("joins.csv is left as it is"), "{}", end.err);
    assert!(!place.path("third.toml").exists(), "it would read another log");
    assert_eq!(place.read("joins.csv"), "mine");
    let end = place.run(&["new", "--from", "nothing"]).ends(2);
    assert!(end.err.contains("leasehold list"), "{}", end.err);
    place.run(&["new"]).ends(2);
}

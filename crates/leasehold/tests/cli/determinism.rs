//! Runs that are repeated: side by side, from a tape, with other random numbers from some moment
//! on.

use crate::place::{LOSSY, Place};

#[test]
#[cfg(not(feature = "planted-nondeterminism"))]
fn a_run_is_the_same_twice() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let once = place.run(&["run", "world.toml", "--no-charts"]).ends(1).out;
    let twice = place.run(&["run", "world.toml", "--no-charts", "--twice"]).ends(1).out;
    assert!(twice.contains("Twice    the same to the last step"), "{twice}");
    assert_eq!(twice.replace("Twice    the same to the last step\n", ""), once);
}

/// Built with the mistake planted: `cargo test -p leasehold --features planted-nondeterminism
/// planted`.
#[test]
#[cfg(feature = "planted-nondeterminism")]
fn a_planted_mistake_is_found_and_the_first_step_that_differs_is_named_with_both_sides() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let end = place.run(&["run", "world.toml", "--no-charts", "--twice"]).ends(1);
    assert!(end.out.is_empty(), "{}", end.out);
    for expected in ["two runs differ in step", "first run", "second run", "s on s"] {
        assert!(end.err.contains(expected), "{expected}\n{}", end.err);
    }
    assert_eq!(place.names("."), ["world.toml"], "nothing is written");
}

#[test]
fn a_replay_says_what_the_tape_was_recorded_from_and_what_of_it_did_not_come_up() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let out = ["--no-charts", "--out"];
    place.run(&[&["run", "world.toml"], &out[..], &["one"]].concat()).ends(1);
    let tape = place.read("one/tape.toml");
    let replay = |tape: &str| {
        place.write("tape.toml", tape);
        let args = ["run", "world.toml", "--tape", "tape.toml"];
        place.run(&[&args[..], &out[..], &["two"]].concat())
    };
    let end = replay(&tape).ends(1);
    assert!(end.out.contains("violated; now violated: the same run again"), "{}", end.out);
    // The same tape, as another version might have recorded it, with lines that name what does
    // not come up, or nothing that is known.
    let more = "faults = [\n    \"k999.1 call 1 fails applied\",\n    \"k1 swap 1 is stolen\",\n";
    let version = format!("tool = \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = tape.replace("faults = [\n", more).replace(&version, "tool = \"9.9.9\"");
    let end = replay(&other).ends(1);
    for expected in [
        "Not reached on the tape: k999.1 call 1 fails applied",
        "No fault that is known, on the tape: \"k1 swap 1 is stolen\"",
        "the same run again",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    // And without its faults.
    let none = "format = 2\nfaults = []\n";
    let origin = &tape[tape.find("[origin]").expect("where it is from")..];
    let end = replay(&format!("{none}{origin}")).ends(0);
    assert!(end.out.contains("violated; now holds: another verdict"), "{}", end.out);
}

#[test]
fn a_fork_has_a_folder_of_its_own_and_is_on_the_tape() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["run", "world.toml", "--no-charts"]);
    let end = place.run(&["run", "world.toml", "--no-charts", "--fork", "2m:7"]);
    assert!(end.out.contains("seed 1, forked at 2m:7"), "{}", end.out);
    assert!(end.out.contains("leasehold run world.toml --seed 1 --fork 2m:7"), "{}", end.out);
    assert_eq!(place.names("reports"), ["world-1", "world-1-fork-2m-7"]);
    let tape = "reports/world-1-fork-2m-7/tape.toml";
    assert!(place.read(tape).contains("forks = [\"2m:7\"]"), "{}", place.read(tape));
    let again = place.run(&["run", "world.toml", "--no-charts", "--tape", tape, "--out", "again"]);
    assert!(again.out.contains("the same run again"), "{}", again.out);
    for bad in ["2m", "7", "2:7", "2m:x"] {
        place.run(&["run", "world.toml", "--fork", bad]).ends(2);
    }
}

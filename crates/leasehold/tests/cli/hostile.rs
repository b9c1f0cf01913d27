//! What it once took to break the program, a line or two each: panics, hangs, and output that a
//! terminal obeys.

use crate::place::{End, LOSSY, Place};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_seed_that_no_tape_can_hold_is_one_sentence_wherever_it_stands() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    for seed in ["9223372036854775808", "18446744073709551615"] {
        place.write("tape.toml", format!("format = 2\nfaults = []\norigin.seed = {seed}\n"));
        for command in ["run", "explain", "shrink"] {
            let end = place.run(&[command, "world.toml", "--tape", "tape.toml"]).ends(2);
            let told = format!("origin.seed = {seed}; allowed: 0 to 9223372036854775807");
            assert!(end.err.contains(&told), "{}", end.err);
        }
    }
}

#[test]
fn a_protocol_that_contradicts_a_file_is_one_sentence() {
    let place = Place::new();
    let rules = "rules.lease_duration = \"10s\"\nrules.renew_after = \"9s\"\n";
    place.write("world.toml", format!("duration = \"1m\"\n{rules}"));
    for command in ["run", "explain", "shrink"] {
        let args = [command, "world.toml", "--protocol", "chronicle_strict"];
        let end = place.run(&args).ends(2);
        assert!(end.err.contains("rules.clock_margin = 3s does not fit"), "{}", end.err);
    }
}

/// Twenty players who buy something five times in 100 ms: nothing is as dear.
const PURCHASES: &str =
    "duration = \"10m\"\nplayers = { count = 20, edit_every = \"5ms\", purchase = 1.0 }\n";

#[test]
#[cfg(unix)]
fn whatever_a_command_does_it_ends_within_a_second_of_being_asked_to() {
    let place = Place::new();
    place.write("world.toml", PURCHASES);
    let fifo = place.path("fifo.toml");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe can be made");
    let commands = [
        (&["run", "world.toml", "--no-charts"][..], Duration::from_secs(2)),
        (&["sweep", "world.toml", "--seeds", "1..9"], Duration::from_secs(2)),
        (&["run", "fifo.toml"], Duration::from_millis(300)),
        (&["sweep", "fifo.toml", "--seeds", "1..9"], Duration::from_millis(300)),
        (&["run", "world.toml", "--tape", "fifo.toml"], Duration::from_millis(300)),
    ];
    for (args, after) in commands {
        let mut command = place.command(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the program can be started");
        std::thread::sleep(after);
        let pid = child.id().to_string();
        let told = std::process::Command::new("kill").args(["-INT", &pid]).status();
        assert!(told.is_ok_and(|told| told.success()), "it can be asked");
        // A second, and another one for a machine that has other tests to run.
        let ended = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            child.try_wait().expect("it can be asked")
        });
        let Some(ended) = ended else {
            child.kill().expect("it is there");
            panic!("{args:?} goes on after two seconds");
        };
        assert!(!ended.success(), "{args:?}: {ended:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_cannot_be_started_are_one_sentence() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let program = env!("CARGO_BIN_EXE_leasehold");
    let shell = format!(
        "ulimit -v 600000; exec {program} sweep world.toml --seeds 1..20 --jobs 1024 --out sweep"
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &shell]).current_dir(place.path(""));
    let end = End::of(command.output().expect("a shell can be started")).ends(5);
    assert!(end.err.starts_with("leasehold: cannot start 1024 threads: "), "{}", end.err);
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
}

#[test]
fn nothing_that_is_printed_is_obeyed_by_a_terminal() {
    let place = Place::new();
    let title = "title = \"a\\nVerdict  holds\\u001b]0;pwned\\u0007\\u009b31m\\u202e\"\n";
    place.write("world.toml", format!("{title}duration = \"1m\"\n"));
    let shown = "a\\nVerdict  holds\\u{1b}]0;pwned\\u{7}\\u{9b}31m\\u{202e}";
    for args in [
        &["check", "world.toml"][..],
        &["list", "."],
        &["run", "world.toml", "--no-charts"],
        &["sweep", "world.toml", "--seeds", "1..2"],
    ] {
        let end = place.run(args).ends(0);
        let first = end.out.lines().find(|line| line.contains(shown));
        assert!(first.is_some(), "{args:?}: {}", end.out);
        let obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!end.out.contains(obeyed) && !end.err.contains(obeyed), "{args:?}");
    }
    let end = place.run(&["run", "no\u{1b}[31m such.toml"]).ends(5);
    assert!(end.err.contains("no\\u{1b}[31m such.toml"), "{}", end.err);
}

#[test]
#[cfg(unix)]
fn folders_that_lead_to_themselves_are_listed_once_and_a_tape_is_no_scenario() {
    let place = Place::new();
    std::fs::create_dir(place.path("d")).expect("there is room for a test");
    place.write("d/world.toml", LOSSY);
    place.write("d/tape.toml", "format = 2\nfaults = []\norigin.seed = 1\n");
    for link in ["a", "b"] {
        std::os::unix::fs::symlink(".", place.path("d").join(link)).expect("a link");
    }
    let end = place.run(&["list", "d"]).ends(0);
    let lines = end.out.lines().take_while(|line| !line.is_empty());
    assert_eq!(lines.count(), 2, "{}", end.out);
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_refused_where_a_file_is_meant() {
    let place = Place::new();
    place.write("csv.toml", "duration = \"1m\"\nmessaging.latency = { from = \"pipe\" }\n");
    place.write("none.toml", "duration = \"1m\"\nmessaging.latency = { from = \"none.csv\" }\n");
    place.write("empty.toml", "duration = \"1m\"\nmessaging.latency = { from = \"\" }\n");
    for folder in ["bugs/odd", "report"] {
        std::fs::create_dir_all(place.path(folder)).expect("there is room for a test");
    }
    let made = |name: &str| {
        let made = std::process::Command::new("mkfifo").arg(place.path(name)).status();
        assert!(made.is_ok_and(|made| made.success()), "a pipe can be made");
    };
    made("pipe");
    made("bugs/odd/tape.toml");
    made("report/dataset.json");
    place.write("bugs/odd/scenario.toml", LOSSY);
    for (args, code, told) in [
        (&["run", "csv.toml"][..], 2, "messaging.latency.from: "),
        (&["check", "csv.toml"], 2, "pipe: it is no regular file"),
        (&["check", "none.toml"], 2, "none.toml: messaging.latency.from: cannot read "),
        (&["check", "empty.toml"], 2, "latency.from is empty; allowed: the path of a file"),
        (&["bugs"], 4, "it is no regular file"),
        (&["bugs", "--test", "odd"], 2, "it is no regular file"),
        (&["report", "report"], 2, "there is nothing to draw"),
    ] {
        let end = place.run(args).ends(code);
        assert!((end.out + &end.err).contains(told), "{args:?}: {told}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn help_that_finds_a_full_disk_says_so_by_its_exit_code() {
    let place = Place::new();
    for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let full = std::fs::File::create("/dev/full").expect("it is there");
        let end = End::of(place.command(args).stdout(full).output().expect("it can be started"));
        assert_eq!(end.code, Some(5), "{args:?}");
        place.run(args).ends(0);
    }
    place.run(&["--no-such"]).ends(2);
}

#[test]
fn a_long_list_of_what_is_allowed_is_told_once() {
    let place = Place::new();
    let marks: Vec<String> = (0..50).map(|nth| format!("\"no mark {nth}\"")).collect();
    place.write("world.toml", format!("duration = \"1m\"\nexpect.marks = [{}]\n", marks.join(",")));
    let end = place.run(&["check", "world.toml"]).ends(2);
    assert!(end.err.len() < 40_000, "{} bytes", end.err.len());
}

#[test]
fn a_run_that_only_what_it_is_compared_with_breaks_says_where_that_is() {
    let place = Place::new();
    let naive = "[[compare]]\nname = \"early\"\nprotocol = \"naive\"\n";
    place.write("world.toml", format!("duration = \"1m\"\nplayers.count = 0\n{naive}"));
    for command in ["explain", "shrink"] {
        let end = place.run(&[command, "world.toml"]).ends(2);
        assert!(end.err.contains("compared with, early, has a scenario of its own"), "{}", end.err);
    }
}

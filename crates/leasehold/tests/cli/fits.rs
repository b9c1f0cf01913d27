//! What `leasehold fit` says of a sample, and that its lines can be pasted.

use crate::place::Place;

/// A few hundred milliseconds, and now and then some seconds.
fn sample() -> String {
    let value = |n: u64| match n % 100 {
        99 => 2_400,
        90..99 => 700 + n % 100,
        rest => 100 + 2 * rest,
    };
    let lines: Vec<String> = (0..1_000).map(|n| format!("{n},{}", value(n))).collect();
    format!("nth,latency_ms\n{}\n", lines.join("\n"))
}

#[test]
fn a_sample_is_described_and_both_of_its_lines_make_a_scenario_that_runs() {
    let place = Place::new();
    place.write("calls.csv", sample());
    let end = place.run(&["fit", "calls.csv"]).ends(0);
    for expected in [
        "calls.csv: 1,000 values\n",
        "Quantiles  p50 0.198 s, p90 0.278 s, p99 0.798 s, p99.9 2.4 s; shortest 0.1 s, longest 2.4 s\n",
        "Calls      the preset that is nearest is healthy, which is off by a factor of ",
        "Messages   the preset that is nearest is fast, which is off by a factor of ",
        "Lognormal  the one with this p50 and p99 is off by a factor of ",
        "datastore.latency = { p50 = \"198ms\", p99 = \"798ms\" }\n",
        "datastore.latency = { from = \"calls.csv\" }\n",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    let lines: Vec<&str> = end.out.lines().filter(|line| line.starts_with("datastore.")).collect();
    assert_eq!(lines.len(), 2, "{}", end.out);
    for line in lines {
        place.write("pasted.toml", format!("duration = \"1m\"\nplayers.count = 3\n{line}\n"));
        place.run(&["run", "pasted.toml", "--no-charts", "--out", "out"]).ends(0);
    }
}

#[test]
fn what_is_no_sample_is_told_in_a_sentence_with_its_line() {
    let place = Place::new();
    place.write("words.csv", "latency_ms\n3\nfast\n");
    place.write("one.csv", "3\n");
    place.write("zero.csv", "0\n0\n0\n5\n");
    for (file, told) in [
        ("words.csv", "words.csv: line 3: \"fast\" is no latency; allowed: a number, 0 to"),
        ("one.csv", "one.csv: it has one value; a sample has at least 2"),
        (".", "it is a folder, not a file"),
    ] {
        let end = place.run(&["fit", file]).ends(2);
        assert!(end.err.contains(told) && end.out.is_empty(), "{file}: {}", end.err);
    }
    place.run(&["fit", "nowhere.csv"]).ends(5);
    let end = place.run(&["fit", "zero.csv"]).ends(0);
    assert!(end.out.contains("none: half of the values are 0"), "{}", end.out);
    assert!(!end.out.contains("p50 = "), "{}", end.out);
}

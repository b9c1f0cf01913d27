//! The log of a run: what is in it, in both formats, what is left out of it, and how it fails.

use crate::place::{End, LOSSY, Place, project, shipped};
use leasehold_sim::FactKind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

const EXPECTED: &str = "[expect.invariants]\nno_double_ownership = \"any\"\n";

/// A place with a world, and what its run prints as JSON.
fn lossy(more: &str) -> Place {
    let place = Place::new();
    place.write("world.toml", format!("{LOSSY}{EXPECTED}{more}"));
    place
}

/// Runs the world with more words, and gives its summary as JSON.
fn run(place: &Place, words: &[&str]) -> Value {
    let end = place.run(&[&["run", "world.toml", "--no-charts", "--json"], words].concat());
    serde_json::from_str(&end.ends(0).out).expect("an object")
}

/// The entries of a log.
fn entries(place: &Place, name: &str) -> Vec<Value> {
    let text = place.read(name);
    let entry =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{line}: {why}"));
    text.lines().map(entry).collect()
}

/// How often each value of a field is there, among the entries of a kind.
fn counts(entries: &[Value], fact: &str, field: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry["fact"] == fact) {
        let value = entry[field].as_str().unwrap_or_else(|| panic!("{entry}: {field}"));
        *counts.entry(value.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_log_has_every_step_in_order_in_both_formats_and_changes_nothing_of_the_run() {
    let place = lossy("");
    let plain = run(&place, &[]);
    let json = run(&place, &["--log", "run.jsonl"]);
    let text = run(&place, &["--log", "run.log"]);
    for logged in [&json, &text] {
        assert_eq!(logged["manifest"], plain["manifest"], "the digest, the command and all else");
    }
    let (entries, lines) = (entries(&place, "run.jsonl"), place.read("run.log"));
    assert!(entries.len() > 5_000 && lines.lines().count() == entries.len());
    assert_eq!(json["log"]["file"], "run.jsonl");
    assert_eq!([&json["log"]["lines"], &json["log"]["steps"]], [entries.len(); 2]);
    assert!(entries.is_sorted_by_key(|entry| entry["at_us"].as_u64().expect("a time")));
    for (entry, line) in entries.iter().zip(lines.lines()) {
        let word = |field: &str| entry[field].as_str().unwrap_or_default();
        assert!(line.starts_with(&format!("[{}] ", word("source"))), "{line}\n{entry}");
        let words: BTreeSet<&str> = line.split_whitespace().collect();
        let named = ["server", "key"].map(word).into_iter().filter(|name| !name.is_empty());
        assert!(named.into_iter().all(|name| words.contains(name)), "{line}\n{entry}");
        assert!(!word("fact").is_empty() && !line.contains('{') && !line.contains("Some("));
    }
    assert_eq!(place.names("."), ["reports", "run.jsonl", "run.log", "world.toml"]);
}

#[test]
fn what_a_log_counts_is_what_the_summary_counts() {
    let place = lossy("");
    let summary = run(&place, &["--log", "run.jsonl"])["summary"].clone();
    let entries = entries(&place, "run.jsonl");
    let of = |fact: &str| entries.iter().filter(|entry| entry["fact"] == fact).count() as u64;
    assert_eq!(summary["starts"]["asked"], of("asked"));
    assert_eq!(summary["starts"]["granted"], of("loaded"));
    let rejected: BTreeMap<String, u64> = counts(&entries, "rejected", "reason");
    assert_eq!(summary["starts"]["failed"], serde_json::json!(rejected));
    let conflicts = counts(&entries, "conflict", "resolution");
    assert_eq!(summary["conflicts"], serde_json::json!(conflicts));
    for (kind, sent) in counts(&entries, "sent", "kind") {
        assert_eq!(summary["calls"][&kind]["sent"], sent, "{kind}");
    }
    assert_eq!(summary["messages"]["sent"], of("published"));
    assert_eq!(summary["messages"]["delivered"], of("delivered"));
    assert_eq!(summary["messages"]["lost"], of("message_lost"));
    assert_eq!(summary["progress"]["edits"], of("edited"));
    assert_eq!(summary["progress"]["acknowledged"], of("saved"));
    assert!(of("message_lost") > 0 && conflicts.len() > 1 && !rejected.is_empty());
}

#[test]
fn what_a_library_says_stands_after_its_own_name_and_all_else_after_who_knows_it() {
    let place = lossy("");
    for (protocol, title) in
        [("chronicle", "ChronicleStore"), ("profile_store", "ProfileStore"), ("naive", "naive")]
    {
        let words = ["run", "world.toml", "--no-charts", "--protocol", protocol];
        place.run(&[&words[..], &["--log", "run.jsonl"]].concat());
        let entries = entries(&place, "run.jsonl");
        let of = |fact: &str| {
            let of = entries.iter().filter(|entry| entry["fact"] == fact);
            of.map(|entry| entry["source"].as_str().expect("a name")).collect::<BTreeSet<&str>>()
        };
        for fact in ["loaded", "ended"] {
            assert_eq!(of(fact), BTreeSet::from([title]), "{protocol} {fact}");
        }
        // What people write first acknowledges nothing.
        let saved = if protocol == "naive" { None } else { Some(title) };
        assert_eq!(of("saved"), BTreeSet::from_iter(saved), "{protocol}");
        assert_eq!(of("asked"), BTreeSet::from(["player"]));
        assert_eq!(of("committed"), BTreeSet::from(["datastore"]));
        assert_eq!(of("owns"), BTreeSet::from(["world"]));
        if protocol != "naive" {
            assert_eq!(of("published"), BTreeSet::from(["messaging"]));
        }
    }
}

/// The kinds of facts that the manual has, each with the fields that it names.
fn documented() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(project().join("docs/formats.md")).expect("a page");
    let (_, rest) = page.split_once("| `fact` | its fields |").expect("a table");
    let (table, _) = rest.split_once("\n\n").expect("it has an end");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let kinds =
        |names: &str| names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
    let rows = rows.map(|(names, fields)| (kinds(names), fields.to_owned()));
    rows.flat_map(|(names, fields): (Vec<String>, String)| {
        names.into_iter().map(move |name| (name, fields.clone()))
    })
    .collect()
}

#[test]
fn the_manual_has_every_kind_of_fact_with_every_field() {
    let documented = documented();
    let kinds: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(kinds, FactKind::NAMES.iter().copied().collect::<BTreeSet<&str>>());
    let common = ["at_us", "source", "server", "key", "visit", "fact"];
    let place = Place::new();
    let mut seen = BTreeSet::new();
    for name in ["trade-then-hop", "throttle-storm", "wrong-scope", "outage"] {
        let words = ["run", &shipped(name), "--no-charts", "--log", "run.jsonl"];
        place.run(&words).ends(0);
        for entry in entries(&place, "run.jsonl") {
            let fact = entry["fact"].as_str().expect("a name");
            let fields = entry.as_object().expect("an object").keys();
            let told = |field: &&String| documented[fact].contains(&format!("`{field}`"));
            let untold = fields.filter(|field| !common.contains(&field.as_str()) && !told(field));
            assert_eq!(untold.collect::<Vec<_>>(), Vec::<&String>::new(), "{entry}");
            seen.insert(fact.to_owned());
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
}

#[test]
fn a_log_has_the_keys_servers_and_kinds_that_are_asked_for() {
    let place = lossy("");
    run(&place, &["--log", "all.jsonl"]);
    let all = entries(&place, "all.jsonl");
    type IsAsked<'a> = &'a dyn Fn(&Value) -> bool;
    let asked: [(&[&str], IsAsked<'_>); 4] = [
        (&["--log-key", "k3,k7"], &|entry| entry["key"] == "k3" || entry["key"] == "k7"),
        (&["--log-server", "s1"], &|entry| entry["server"] == "s1" || entry["to"] == "s1"),
        (&["--log-kind", "committed,saved"], &|entry| {
            entry["fact"] == "committed" || entry["fact"] == "saved"
        }),
        (
            &["--log-key", "k3", "--log-key", "k7", "--log-server", "s1", "--log-kind", "saved"],
            &|e| {
                (e["key"] == "k3" || e["key"] == "k7")
                    && e["server"] == "s1"
                    && e["fact"] == "saved"
            },
        ),
    ];
    for (words, passes) in asked {
        let summary = run(&place, &[&["--log", "some.jsonl"], words].concat());
        let expected: Vec<&Value> = all.iter().filter(|entry| passes(entry)).collect();
        assert!(!expected.is_empty() && expected.len() < all.len() / 2, "{words:?}");
        let some = entries(&place, "some.jsonl");
        assert!(some.iter().eq(expected.iter().copied()), "{words:?}");
        assert_eq!(summary["log"]["lines"], some.len(), "{words:?}");
        assert_eq!(summary["log"]["steps"], all.len(), "{words:?}");
    }
}

#[test]
fn a_run_of_a_tape_is_logged_and_so_is_each_setting_that_a_scenario_compares() {
    let place = lossy("[[compare]]\nname = \"strict\"\nprotocol = \"chronicle_strict\"\n");
    let end = place.run(&["run", "world.toml", "--no-charts", "--log", "run.log", "--out", "one"]);
    for expected in ["\nLog      run.log: ", "\n         run.strict.log: "] {
        assert!(end.out.contains(expected), "{}", end.out);
    }
    let (own, other) = (place.read("run.log"), place.read("run.strict.log"));
    assert_ne!(own, other);
    let tape = ["--tape", "one/tape.toml", "--out", "two"];
    place.run(&[&["run", "world.toml", "--no-charts", "--log", "again.log"], &tape[..]].concat());
    assert_eq!(place.read("again.log"), own);
    let end = place.run(&["run", "world.toml", "--log", "-"]).ends(2);
    assert!(end.err.contains("each has a log of its own"), "{}", end.err);
}

#[test]
fn a_log_on_the_standard_output_has_it_alone_and_its_reader_may_go() {
    let place = lossy("");
    run(&place, &["--log", "run.log"]);
    let words = ["run", "world.toml", "--no-charts", "--log", "-"];
    let end = place.run(&words).ends(0);
    assert_eq!(end.out, place.read("run.log"));
    assert!(
        end.err.starts_with("world, seed 1") && end.err.contains("Log      -: "),
        "{}",
        end.err
    );
    let end = place.run(&[&words[..], &["--log-format", "json"]].concat()).ends(0);
    let first: Value = serde_json::from_str(end.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["fact"], "booted");
    let mut command = place.command(&words);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it can be started");
    drop(child.stdout.take());
    let end = End::of(child.wait_with_output().expect("it ends")).ends(0);
    assert!(end.err.contains("Verdict  holds"), "{}", end.err);
}

#[test]
fn a_log_that_cannot_be_written_ends_with_5_and_one_sentence_and_leaves_what_was_there() {
    let place = lossy("");
    std::fs::create_dir(place.path("folder.log")).expect("a test can make folders");
    place.write("mine.log", "my notes\n");
    place.write("a-file", "mine");
    let mut cases = vec![
        ("folder.log", "folder.log is left as it is: it is a folder"),
        ("mine.log", "mine.log is left as it is: its first line is none of a log"),
        ("a-file/run.log", "cannot write a-file/run.log"),
        ("missing/run.log", "cannot write missing/run.log"),
    ];
    if cfg!(target_os = "linux") {
        cases.push(("/dev/full", "cannot write to /dev/full: No space left on device"));
    }
    for (file, expected) in cases {
        let words = ["run", "world.toml", "--no-charts", "--log-format", "text", "--log", file];
        let end = place.run(&words).ends(5);
        assert!(end.err.contains(expected) && end.err.lines().count() == 1, "{file}: {}", end.err);
        assert!(end.out.is_empty(), "{}", end.out);
    }
    assert_eq!(place.read("mine.log"), "my notes\n");
    let names = place.names(".");
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{names:?}");
    assert!(!names.contains(&"reports".to_owned()), "{names:?}");
    // Of its own kind one is replaced, whatever its format; and so is an empty file.
    place.write("run.log", "");
    for name in ["json", "text", "text"] {
        run(&place, &["--log", "run.log", "--log-format", name]);
    }
    assert!(place.read("run.log").starts_with("[world] "));
}

#[test]
fn what_no_log_can_be_made_of_is_said_before_anything_is_run() {
    let place = lossy("");
    let world = shipped("idle");
    let cases: [(&[&str], &str); 9] = [
        (&["--log", "run.csv"], "a log ends in .log, for words, or in .jsonl, for JSON"),
        (&["--log", "run.log", "--log-key", "k99"], "keys are k0 to k29"),
        (&["--log", "run.log", "--log-server", "s3"], "servers are s0 to s2"),
        (&["--log", "run.log", "--log-key", "p3"], "a name like k3"),
        (&["--log", "run.log", "--log-kind", "commited"], "'committed'"),
        (&["--log", "run.log", "--log-format", "xml"], "[possible values: text, json]"),
        (&["--log-key", "k3"], "--log <FILE>"),
        (&["--log", "run.log", "--twice"], "cannot be used with"),
        (&["--log", "out/run.log", "--out", "out"], "a log stays outside of it"),
    ];
    place.run(&["run", &world, "--no-charts", "--out", "out"]);
    for (words, expected) in cases {
        let end = place.run(&[&["run", "world.toml", "--no-charts"], words].concat()).ends(2);
        assert!(end.err.contains(expected), "{words:?}: {}", end.err);
    }
    assert_eq!(place.names("."), ["out", "world.toml"]);
}

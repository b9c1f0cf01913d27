//! Scenarios that the seed draws: what is printed and saved, and what `check` says of them.

use crate::place::{LOSSY, Place};
use serde_json::Value;

fn swarm() -> String {
    format!(
        "{LOSSY}[swarm]\nzero = \"50%\"\n[swarm.draw]\nservers.count = {{ from = 2, to = 9 }}\n\
         faults.crash_every = {{ from = \"1m\", to = \"5m\" }}\n\
         messaging.latency = {{ any = [\"fast\", \"2s..3s\"] }}\n\
         rules.self_fence = {{ any = [true, false] }}\n\
         [[compare]]\nname = \"fenced\"\nrules.self_fence = true\n"
    )
}

/// The lines of a summary that say what was drawn.
fn drawn(out: &str) -> Vec<&str> {
    let lines = out.lines().skip_while(|line| !line.starts_with("Drawn"));
    lines.take_while(|line| !line.is_empty()).map(|line| line[11..].trim()).collect()
}

#[test]
fn a_run_begins_with_what_was_drawn_and_leaves_it_as_a_plain_scenario_that_runs_alone() {
    let place = Place::new();
    place.write("world.toml", swarm());
    let mut seen = std::collections::BTreeSet::new();
    for seed in ["1", "2", "3", "4", "5", "6"] {
        let end = place.run(&["run", "world.toml", "--seed", seed, "--no-charts", "--out", "one"]);
        let lines = drawn(&end.out);
        assert_eq!(lines.len(), 4, "{}", end.out);
        seen.insert(lines[0].to_owned());
        let digest = |text: &str| {
            text.split("digest ").nth(1).map(|rest| rest[..16].to_owned()).expect("it has one")
        };
        for (inside, run) in [("one", "alone"), ("one/fenced", "fenced")] {
            let file = format!("{inside}/scenario.toml");
            let text = place.read(&file);
            assert!(!text.contains("swarm"), "{text}");
            let alone = place.run(&["run", &file, "--seed", seed, "--no-charts", "--out", run]);
            assert!(drawn(&alone.out).is_empty());
            if run == "alone" {
                assert_eq!(digest(&alone.out), digest(&end.out));
            } else {
                assert!(text.contains("self_fence = true"), "{text}");
            }
        }
    }
    assert!(seen.iter().any(|line| line == "faults.crash_every left out"), "{seen:?}");
    assert!(seen.iter().any(|line| line.starts_with("faults.crash_every = \"")), "{seen:?}");
}

#[test]
fn what_was_drawn_is_in_the_json_as_a_file_says_it() {
    let place = Place::new();
    place.write("world.toml", swarm());
    let end = place.run(&["run", "world.toml", "--json", "--no-charts"]);
    let object: Value = serde_json::from_str(&end.out).expect("it is one JSON object");
    let count = object["drawn"]["servers.count"].as_u64();
    assert_eq!(count, object["manifest"]["servers"].as_u64());
    assert!(object["drawn"]["messaging.latency"].is_string());
    assert!(object["compare"][0].get("drawn").is_none());
}

#[test]
fn check_says_what_is_drawn_from_what_and_what_a_seed_makes_of_it() {
    let place = Place::new();
    place.write("world.toml", swarm());
    let plain = place.run(&["check", "world.toml"]).ends(0).out;
    for expected in [
        "drawn fields: 4",
        "servers.count       2 to 9",
        "faults.crash_every  \"1m\" to \"5m\"; left out in 50% of all draws",
        "messaging.latency   any of \"fast\", \"2s..3s\"",
    ] {
        assert!(plain.contains(expected), "{expected}\n{plain}");
    }
    let with = place.run(&["check", "world.toml", "--seed", "7"]).ends(0).out;
    assert!(with.starts_with(&plain) && with.contains("  seed 7 draws:\n"), "{with}");
    let run = place.run(&["run", "world.toml", "--seed", "7", "--no-charts"]).out;
    for line in drawn(&run) {
        assert!(with.contains(line), "{line}\n{with}");
    }
}

#[test]
fn a_seed_for_which_nothing_goes_together_ends_with_one_sentence_and_nothing_is_written() {
    let place = Place::new();
    let text = "[swarm]\ndraw.rules.lease_duration = { from = \"1s\", to = \"50001ms\" }\n";
    place.write("world.toml", text);
    for command in ["check", "run"] {
        let end = place.run(&[command, "world.toml", "--seed", "7"]).ends(2);
        assert!(end.out.is_empty() && end.err.lines().count() == 1, "{}{}", end.out, end.err);
        for expected in ["world.toml: seed 7 drew", "rules.renew_after = 50s", "lease_duration is "]
        {
            assert!(end.err.contains(expected), "{expected}\n{}", end.err);
        }
    }
    assert_eq!(place.names("."), ["world.toml"]);
}

#[test]
fn a_sweep_states_nothing_as_fact_that_each_seed_draws() {
    let place = Place::new();
    let world = |draw: &str| format!("{LOSSY}[swarm.draw]\n{draw}");
    let draws = "protocol = { any = [\"naive\", \"profile_store\"] }\n\
        servers.count = { from = 2, to = 8 }\nduration = { from = \"1m\", to = \"2m\" }\n";
    place.write("all.toml", world(draws));
    place.write("some.toml", world("players.count = { from = 2, to = 8 }\n"));
    for (file, head, protocol) in [
        (
            "all.toml",
            "protocol: drawn, servers: drawn, players: 30, a drawn span of virtual time each;",
            Value::Null,
        ),
        (
            "some.toml",
            "chronicle, servers: 3, players: drawn, 5 min of virtual time each;",
            "chronicle".into(),
        ),
    ] {
        let end = place.run(&["sweep", file, "--seeds", "1..2", "--out", "sweep"]);
        assert!(end.out.lines().any(|line| line.starts_with(head)), "{head}\n{}", end.out);
        let totals: Value = serde_json::from_str(&place.read("sweep/totals.json")).expect("JSON");
        assert_eq!(totals["settings"][0]["protocol"], protocol);
    }
}

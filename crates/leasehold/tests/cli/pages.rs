//! The page that a result leaves, and what else is made for others to read: graphs, completions,
//! the manual page.

use crate::place::{LOSSY, Place};

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("there is no {from}"));
    rest.split_once(to).expect("it ends").0
}

#[test]
fn a_run_leaves_a_page_with_its_verdict_story_timeline_and_commands() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.run(&["run", "world.toml", "--seed", "3"]);
    let page = place.read("reports/world-3/index.html");
    for id in ["verdict", "story", "time", "charts", "numbers", "configuration", "commands"] {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("<li id=\"finding-1\">") && page.contains("<ol class=\"steps\">"));
    assert!(page.contains("leasehold explain world.toml --seed 3 --class no_double_ownership:"));
    let timeline = between(&page, "id=\"timeline\">", "</script>");
    let timeline: serde_json::Value = serde_json::from_str(timeline).expect("JSON");
    let steps = timeline["events"]["at"].as_array().expect("a column").len();
    assert!(steps > 500 && timeline["sampled"].is_null(), "{steps}");
    // Drawn again from what was kept, it is the same; without charts there is none.
    place.run(&["report", "reports/world-3", "--out", "again"]).ends(0);
    assert_eq!(place.read("again/index.html"), page);
    place.run(&["run", "world.toml", "--seed", "3", "--no-charts", "--out", "plain"]);
    assert!(!place.names("plain").contains(&"index.html".to_owned()));
}

#[test]
fn many_runs_leave_a_page_that_is_the_same_in_one_piece_and_in_parts() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let study = ["study", "world.toml", "--vary", "messaging.loss=0%,30%", "--seeds", "1..4"];
    place.run(&[&study[..], &["--out", "whole"]].concat());
    for part in ["1/2", "2/2"] {
        place.run(&[&study[..], &["--shard", part, "--out", &part[..1]]].concat());
    }
    place.run(&["merge", "1", "2", "--out", "joined"]);
    let page = place.read("whole/index.html");
    assert_eq!(place.read("joined/index.html"), page);
    assert!(page.contains("id=\"chart-by-safety\"") && page.contains("--vary"), "a study's");
}

#[test]
fn whatever_a_scenario_and_a_folder_are_called_stays_text_in_every_page() {
    let hostile =
        "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{202e}\u{1f600}";
    let long = "x".repeat(500 - hostile.chars().count());
    let place = Place::new();
    // A name of a file has no slash, and 255 bytes.
    let file = "<img src=x onerror=alert(1)>\"'&\u{202e}\u{1f600}.toml";
    let title = toml::Value::String(format!("{hostile}{long}")).to_string();
    let text = LOSSY.replacen("title = \"lost messages\"", &format!("title = {title}"), 1);
    assert_ne!(text, LOSSY);
    place.write(file, &text);
    let out = |name: &str| format!("{name} <b onclick=alert(1)>");
    place.run(&["run", file, "--out", &out("run")]);
    place.run(&["sweep", file, "--seeds", "1..2", "--out", &out("sweep")]);
    place.run(&["compare", file, "--with", "naive", "--seeds", "1..2", "--out", &out("compare")]);
    let vary = ["--vary", "messaging.loss=0%,30%", "--seeds", "1..2"];
    place.run(&[&["study", file, "--out", &out("study")][..], &vary].concat());
    let two = ["report", &out("sweep"), &out("run"), "--out", "two"];
    place.run(&["run", file, "--seed", "1", "--out", &out("run")]);
    place.run(&two).ends(0);
    for folder in [out("run"), out("sweep"), out("compare"), out("study"), "two".to_owned()] {
        let page = place.read(&format!("{folder}/index.html"));
        for tag in ["<script>alert", "<img", "<b onclick"] {
            assert!(!page.contains(tag), "{folder}: {tag}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)"), "{folder}: it is shown");
        // Pictures in it are drawn from the same words.
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count(), "{folder}");
    }
}

#[test]
fn a_story_is_a_graph_for_whoever_wants_to_paste_it() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let told = |format: &str| {
        let args = ["explain", "world.toml", "--seed", "3", "--format", format];
        place.run(&args).ends(0).out
    };
    let mermaid = told("mermaid");
    assert!(mermaid.starts_with("flowchart TD\n  n0[\"") && mermaid.contains(":::fault"));
    let dot = told("dot");
    assert!(dot.starts_with("digraph story {\n") && dot.contains(" -> "), "{dot}");
    let json: serde_json::Value = serde_json::from_str(&told("json")).expect("JSON");
    let nodes = json["events"].as_array().expect("steps").len();
    assert_eq!(mermaid.matches("[\"").count(), nodes);
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let place = Place::new();
    let bash = place.run(&["completions", "bash"]).ends(0).out;
    let man = place.run(&["man"]).ends(0).out;
    for command in ["run", "study", "explain"] {
        assert!(bash.contains(command) && man.contains(command), "{command}");
    }
    let study = place.run(&["man", "study"]).ends(0).out;
    assert!(study.contains("pareto"), "{study}");
    let end = place.run(&["man", "stduy"]).ends(2);
    assert!(end.err.contains("there is no command \"stduy\"; allowed: run, report"), "{}", end.err);
}

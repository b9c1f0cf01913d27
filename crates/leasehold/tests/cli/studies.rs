//! Fields that are varied over many seeds: what is said of each, that it is one sweep, and what
//! ends it early.

use crate::place::Place;

/// A small world in which messages get lost, and one field of which the seed draws.
const WORLD: &str = "title = \"Where?\"\nduration = \"4m\"\nservers.count = 3\n\
    messaging.latency = \"100ms..300ms\"\n\
    players = { count = 20, arrive = \"0s..20s\", stay = \"20s..1m\", hop = \"90%\", \
    hop_delay = \"1s..3s\", noticed_after = \"9s..20s\", edit_every = \"5s\" }\n\
    swarm.draw.players.retry = { from = \"20%\", to = \"90%\" }\n";

const STUDY: [&str; 8] = [
    "study",
    "world.toml",
    "--vary",
    "messaging.loss=0%..40%:3",
    "--vary",
    "rules.lease_duration=20s,60s,2m",
    "--with",
    "chronicle_strict",
];

fn files(place: &Place, folder: &str) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = std::fs::read(place.path(&format!("{folder}/{name}"))).expect("it is there");
        (name, bytes)
    };
    place.names(folder).into_iter().map(read).collect()
}

fn study(place: &Place, more: &[&str]) -> crate::place::End {
    place.run(&[&STUDY[..], more].concat())
}

#[test]
fn a_study_says_where_it_is_safe_what_each_field_does_and_what_cannot_be() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let end = study(&place, &["--seeds", "1..6", "--pareto", "--below", "1000"]).ends(1);
    assert!(end.out.contains("left out: 6 points, where rules.renew_after"), "{}", end.out);
    let (_, map) =
        end.out.split_once("chronicle: double ownership, in how many of 6").expect("a map");
    let row = |begins: &str| {
        let row = map.lines().find(|line| line.trim_start().starts_with(begins)).expect("a row");
        row.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("0% "), ["-", "·", "·"], "nothing is lost");
    assert_eq!(row("20% ")[0], "-");
    assert!(
        row("40% ")[1..].iter().all(|seeds| seeds.parse::<u64>().is_ok_and(|n| n > 0)),
        "{map}"
    );
    let (_, strict) = end.out.split_once("chronicle_strict: double ownership").expect("a map");
    let strict: Vec<&str> = strict.lines().skip(2).take(3).collect();
    assert!(
        strict.iter().all(|row| row.split_whitespace().skip(1).all(|at| at == "-" || at == "·")),
        "{strict:?}"
    );
    let effect = |begins: &str| {
        let (_, lines) =
            end.out.split_once("chronicle: messaging.loss, 0% to 40%").expect("effects");
        lines
            .lines()
            .find(|line| line.trim_start().starts_with(begins))
            .expect("an effect")
            .to_owned()
    };
    assert!(effect("double ownership ").contains('▁') && effect("double ownership ").contains('+'));
    assert!(end.out.contains("configurations that no other beats"), "{}", end.out);
    let (_, block) =
        end.out.split_once("Cheapest with double ownership below 1,000").expect("a block");
    assert!(
        block.contains("  rules.lease_duration = \"") && block.contains("# LEASE_DURATION"),
        "{block}"
    );
    let folder = "reports/world-studied-1-6";
    let names = place.names(folder);
    for chart in ["chronicle-safety.svg", "chronicle_strict-calls.png"] {
        assert!(names.contains(&chart.to_owned()), "{names:?}");
    }
    let rows = place.read(&format!("{folder}/rows.csv"));
    let mut lines = rows.lines();
    let head = lines.next().expect("a head");
    assert!(
        head.starts_with(
            "seed,setting,messaging.loss,rules.lease_duration,drawn.players.retry,verdict"
        ),
        "{head}"
    );
    assert_eq!(lines.clone().count(), 6 * 12);
    // What a seed draws is the same at each point, and what is at a point is what a run of it is.
    let row = lines
        .find(|row| {
            row.starts_with("2,chronicle,20%,60s") || row.starts_with("2,chronicle,20%,1m,")
        })
        .expect("a row");
    let fields: Vec<&str> = row.split(',').collect();
    place.write(
        "point.toml",
        WORLD.replace("title", "messaging.loss = \"20%\"\nrules.lease_duration = \"60s\"\ntitle"),
    );
    place.run(&["run", "point.toml", "--seed", "2", "--no-charts"]);
    let dataset = place.read("reports/point-2/dataset.json");
    assert!(dataset.contains(&format!("\"digest\":\"{}\"", fields[6])), "{row}");
}

#[test]
fn a_study_is_a_sweep_in_parts_and_for_any_number_of_jobs_and_gone_on_with() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    for jobs in ["1", "3"] {
        study(&place, &["--seeds", "1..5", "--jobs", jobs, "--out", jobs]);
    }
    assert_eq!(files(&place, "1"), files(&place, "3"));
    for part in ["1/2", "2/2"] {
        study(
            &place,
            &["--seeds", "1..5", "--shard", part, "--out", &format!("part-{}", &part[..1])],
        );
    }
    place.run(&["merge", "part-1", "part-2", "--out", "joined"]);
    assert_eq!(files(&place, "joined"), files(&place, "1"));
    study(&place, &["--seeds", "1..5", "--out", "1", "--resume"]);
    assert_eq!(files(&place, "1"), files(&place, "3"));
    let other =
        ["study", "world.toml", "--vary", "messaging.loss=0%,9%", "--with", "chronicle_strict"];
    let end = place.run(&[&other[..], &["--seeds", "1..5", "--out", "1", "--resume"]].concat());
    assert!(end.ends(2).err.contains("it varies other fields, or has other values of them"));
}

#[test]
fn what_ends_with_its_budget_has_whole_seeds_and_is_gone_on_with() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let sweep = ["sweep", "world.toml", "--seeds", "1..100000"];
    let end = place.run(&[&sweep[..], &["--out", "s", "--budget", "0.03"]].concat());
    let told = "It ended with its budget, after ";
    let (_, told) = end.out.split_once(told).unwrap_or_else(|| panic!("{}{}", end.out, end.err));
    let seeds: usize =
        told.split(' ').next().expect("a number").replace(',', "").parse().expect("it");
    let rows = || place.read("s/rows.csv").lines().count() - 1;
    assert_eq!(rows(), seeds);
    let before = place.read("s/rows.csv");
    place.run(&[&sweep[..], &["--out", "s", "--budget", "0.03", "--resume"]].concat());
    let after = place.read("s/rows.csv");
    assert!(rows() > seeds && after.starts_with(&before), "{} {seeds}", rows());
    let end =
        place.run(&[&sweep[..], &["--budget", "0.0000011", "--out", "none"]].concat()).ends(2);
    assert!(end.err.contains("--budget: it is over before the first seed is"), "{}", end.err);
}

#[test]
fn rows_are_parquet_too_and_a_schema_says_what_each_column_is() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let sweep = ["sweep", "world.toml", "--seeds", "1..9", "--format", "parquet"];
    place.run(&[&sweep[..], &["--out", "whole"]].concat());
    for part in ["1/2", "2/2"] {
        place.run(&[&sweep[..], &["--shard", part, "--out", &part[..1]]].concat());
    }
    place.run(&["merge", "1", "2", "--out", "joined", "--format", "parquet"]);
    assert_eq!(files(&place, "joined"), files(&place, "whole"));
    let bytes = std::fs::read(place.path("whole/rows.parquet")).expect("it is there");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    // Not asked for, it goes.
    place.run(&["sweep", "world.toml", "--seeds", "1..9", "--out", "whole"]);
    assert!(!place.names("whole").contains(&"rows.parquet".to_owned()));
    let schema = place.run(&["schema", "--rows"]).ends(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let fields = schema["fields"].as_array().expect("a list");
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    let rows = place.read("whole/rows.csv");
    let head: Vec<&str> = rows.lines().next().expect("a head").split(',').collect();
    let plain: Vec<&str> = head.into_iter().filter(|name| !name.starts_with("drawn.")).collect();
    assert_eq!(names, plain);
    assert!(
        fields.iter().all(|field| field["description"].as_str().is_some_and(|it| !it.is_empty()))
    );
    let unit = |name: &str| {
        let field = fields.iter().find(|field| field["name"] == name).expect("a column");
        field["unit"].as_str().map(str::to_owned)
    };
    assert_eq!(unit("played_us").as_deref(), Some("microseconds"));
}

#[test]
fn what_is_no_field_and_what_goes_nowhere_is_told_before_there_is_a_folder() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let cases = [
        ("rules.lease_duraton=1m", "perhaps \"lease_duration\"?"),
        ("rules.renew_after=2m,3m", "no point goes together with the rest"),
        ("timeline[0].at=1m", "there is no timeline[0]"),
    ];
    for (vary, told) in cases {
        let args = ["study", "world.toml", "--seeds", "1..2", "--vary", vary];
        let end = place.run(&args).ends(2);
        assert!(end.err.contains(told), "{vary}: {}", end.err);
    }
    let args = ["study", "world.toml", "--seeds", "1..2", "--vary", "players.count=1..2000:1000"];
    let end = place.run(&[&args[..], &["--with", "naive"]].concat()).ends(2);
    assert!(end.err.contains("2000 settings and points together; allowed: 1024"), "{}", end.err);
    assert!(!place.path("reports").exists());
}

#[test]
fn junit_has_a_case_for_each_promise_and_a_failure_for_each_that_is_broken() {
    let place = Place::new();
    place.write("world.toml", WORLD.replace("title", "messaging.loss = \"40%\"\ntitle"));
    place.run(&["sweep", "world.toml", "--seeds", "1..3", "--junit", "junit.xml"]).ends(1);
    let xml = place.read("junit.xml");
    assert!(
        xml.starts_with("<?xml version=\"1.0\"")
            && xml.contains("<testsuite name=\"world: chronicle\"")
    );
    assert!(xml.contains("name=\"acknowledged_saves_survive\"/>"), "{xml}");
    let (_, failed) = xml.split_once("name=\"no_double_ownership\">").expect("it failed");
    assert!(failed.trim_start().starts_with("<failure message=\""), "{failed}");
    assert_eq!(xml.matches("<failure").count(), 1);
    place.run(&["sweep", "world.toml", "--seeds", "1..3", "--junit", "junit.xml"]).ends(1);
    let end = place.run(&["sweep", "world.toml", "--seeds", "1..3", "--junit", "world.toml"]);
    assert!(end.ends(5).err.contains("only an empty file, or one that --junit has written"));
    assert!(place.read("world.toml").starts_with("messaging.loss"));
    assert!(xml.contains("failures=\"1\""));
}

//! Scenarios as text: defaults, the template, the schema, and the way there and back.

use super::*;
use crate::library::{Chronicle, Library, Promise};
use std::time::Duration;

#[test]
fn an_empty_file_is_a_scenario_of_defaults() {
    assert_eq!(Scenario::parse(""), Ok(Scenario::default()));
}

#[test]
fn the_template_names_every_field_is_valid_and_says_the_defaults() {
    let text = Scenario::template("a title");
    let default = Scenario { title: "a title".to_owned(), ..Scenario::default() };
    assert_eq!(Scenario::parse(&text), Ok(default.clone()), "{text}");
    let used = text.replace("\n#", "\n").replace("\n ", "\n# ");
    let used = Scenario::parse(&used).unwrap_or_else(|why| panic!("{used}\n{why}"));
    assert_eq!(used.rules(), default.rules());
    let servers = Servers { only: Vec::new(), ..used.servers };
    let lists = (used.timeline.len(), used.compare.len(), used.datastore.incidents.len());
    assert_eq!((servers, used.messaging, lists), (default.servers, default.messaging, (1, 1, 1)));
}

#[test]
fn what_is_written_is_read_back() {
    let text = r#"
        protocol = "chronicle_strict"
        heal = "5m"
        timeline = [
            { at = "10s", server = 3, do = "pause", for = "9s" },
            { at = "20s", server = 3, do = "step", by = "-1s500ms" },
            { at = "30s", server = 3, do = "restart", to = 9 },
        ]
        servers = { count = 10, spare = 1, close_order = "either" }
        faults.paused_inbound = "dropped"
        [rules]
        LEASE_DURATION = "90s"
        [datastore]
        latency = { p50 = "200ms", p99 = "2s" }
        incidents = [{ at = "1m", lasts = "30s", condition = "outage", servers = [1] }]
        [expect.invariants]
        no_double_ownership = "violated"
    "#;
    let scenario = Scenario::parse(text).unwrap();
    assert_eq!(scenario.rules().lease_duration, Duration::from_secs(90));
    assert_eq!(scenario.timeline[1].by.map(Shift::us), Some(-1_500_000));
    let again = Scenario::parse(&toml::to_string(&scenario).unwrap()).unwrap();
    assert_eq!(again, scenario);
}

/// What the rules of a scenario promise in its world.
fn promise(scenario: &Scenario) -> Promise {
    <Chronicle>::promise(&scenario.rules().into(), crate::run::clocks(&scenario.world()))
}

/// How far apart steps alone put clocks, with these lines in the timeline: seconds.
fn apart(timeline: &str) -> u64 {
    let text = format!("servers.whole_seconds = false\ntimeline = [{timeline}]");
    let scenario =
        Scenario { protocol: Protocol::ChronicleStrict, ..Scenario::parse(&text).unwrap() };
    match promise(&scenario) {
        Promise::Kept { needed, .. } | Promise::Outside { needed, .. } => needed.as_secs(),
        Promise::None => panic!("strict promises something"),
    }
}

#[test]
fn d3_the_promise_counts_how_far_steps_put_any_two_clocks_apart() {
    let line = |at: u64, server: u32, by: &str| {
        format!("{{ at = '{at}s', server = {server}, do = 'step', by = '{by}' }}, ")
    };
    let cases = [
        (vec![], 0),
        (vec![(1, 0, "+3s")], 3),
        (vec![(1, 0, "-3s")], 3),
        // One goes forward, another back.
        (vec![(1, 0, "+3s"), (2, 1, "-2s")], 5),
        // There and back: no further than it has ever been.
        (vec![(1, 0, "+3s"), (2, 0, "-3s"), (3, 0, "+3s"), (4, 0, "-3s")], 3),
        // What one has been ahead and behind at different times are not two clocks.
        (vec![(1, 0, "+3s"), (2, 0, "-5s")], 3),
        (vec![(1, 0, "+3s"), (2, 0, "-5s"), (3, 1, "+1s")], 3),
        // The lines need not be in order.
        (vec![(9, 0, "-4s"), (1, 0, "+4s")], 4),
        // Nobody knows which of two at a moment comes first.
        (vec![(1, 0, "-4s"), (1, 0, "+3s")], 4),
        (vec![(1, 0, "+3s"), (1, 0, "+3s"), (9999, 0, "+3s")], 6),
    ];
    for (lines, seconds) in cases {
        let text: String = lines.iter().map(|&(at, server, by)| line(at, server, by)).collect();
        assert_eq!(apart(&text), seconds, "{text}");
    }
}

#[test]
fn d3_random_steps_add_the_largest_of_them_if_there_are_any() {
    let strict = |faults: &str| {
        let text = format!("protocol = \"chronicle_strict\"\nservers.skew = \"2s\"\n{faults}");
        promise(&Scenario::parse(&text).unwrap())
    };
    let kept =
        |secs| Promise::Kept { needed: Duration::from_secs(secs), allowed: Duration::from_secs(6) };
    // A second of it is for whole seconds.
    assert_eq!(strict("faults.step_by = \"3s\""), kept(3));
    assert_eq!(strict("faults = { step_every = \"1m\", step_by = \"3s\" }"), kept(6));
    let outside = strict("faults = { step_every = \"1m\", step_by = \"3001ms\" }");
    assert!(matches!(outside, Promise::Outside { .. }), "{outside:?}");
}

#[test]
fn an_incident_calls_what_it_changes_by_the_names_of_its_fields() {
    let incidents = field("datastore.incidents").expect("there is such a field");
    let Shape::Tables(fields, _) = incidents.shape else { panic!("they are tables") };
    let frame = ["at", "lasts", "condition", "servers"];
    for field in fields.iter().filter(|field| !frame.contains(&field.name)) {
        let line = format!("{} = {}", field.name, field.example);
        let text = format!("datastore.incidents = [{{ at = '1s', lasts = '1s', {line} }}]");
        let scenario = Scenario::parse(&text).expect(&text);
        assert_eq!(scenario.datastore.incidents[0].what(), field.name);
    }
}

/// Every field that is drawn from a distribution takes a sample, which somebody must read.
#[test]
fn every_distribution_of_the_schema_is_known_to_whoever_reads_samples() {
    fn walk(fields: &'static [Field], path: &str, found: &mut Vec<String>) {
        for field in fields {
            let path = format!("{path}{}", field.name);
            match field.shape {
                Shape::Table(inner) => walk(inner, &format!("{path}."), found),
                Shape::Drawn { .. } | Shape::Latency(_) => found.push(path),
                _ => {}
            }
        }
    }
    let mut fields = Vec::new();
    walk(SCENARIO, "", &mut fields);
    let named = |path: &String| format!("{path} = {{ from = \"a.csv\" }}\n");
    let text: String = fields.iter().map(named).collect();
    let mut scenario = Scenario::parse(&text).expect("each takes a sample");
    let mut known: Vec<String> =
        scenario.distributions_mut().into_iter().map(|(path, _)| path).collect();
    known.sort();
    fields.sort();
    assert_eq!(known, fields);
    assert_eq!(scenario.check().len(), fields.len(), "none of them can be run unread");
}

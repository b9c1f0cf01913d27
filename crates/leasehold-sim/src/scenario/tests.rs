//! Scenarios as text: defaults, the template, the schema, and the way there and back.

use super::*;

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
    let lists = (used.timeline.len(), used.compare.len(), used.datastore.incidents.len());
    assert_eq!(
        (used.servers, used.messaging, lists),
        (default.servers, default.messaging, (1, 1, 1))
    );
}

#[test]
fn the_schema_has_every_field_of_a_scenario_and_no_other() {
    fn paths(table: &toml::Table, path: &str, found: &mut Vec<String>) {
        for (name, value) in table {
            match value.as_table().filter(|inner| !inner.is_empty()) {
                Some(inner) => paths(inner, &format!("{path}{name}."), found),
                None => found.push(format!("{path}{name}")),
            }
        }
    }
    fn known(fields: &[schema::Field], path: &str, found: &mut Vec<String>) {
        for field in fields {
            match field.shape {
                schema::Shape::Table(inner) => {
                    known(inner, &format!("{path}{}.", field.name), found);
                }
                _ => found.push(format!("{path}{}", field.name)),
            }
        }
    }
    let full = Scenario {
        rules: RuleOverrides::full(&Rules::CHRONICLE),
        heal: Some(secs(1)),
        players: Players { patience: Some(secs(1)), ..Players::default() },
        faults: Faults {
            crash_every: Some(secs(1)),
            freeze_every: Some(secs(1)),
            ..Faults::default()
        },
        datastore: DatastoreWorld {
            latency: Condition::Healthy.latency(),
            fail_before: Some(Chance::NEVER),
            fail_after: Some(Chance::NEVER),
            ..DatastoreWorld::default()
        },
        simulation_mode: true,
        simulation_config: SimulationConfig {
            lease_contention: true,
            ..SimulationConfig::default()
        },
        ..Scenario::default()
    };
    let (mut is, mut says) = (Vec::new(), Vec::new());
    paths(&toml::Table::try_from(full).unwrap(), "", &mut is);
    known(schema::SCENARIO, "", &mut says);
    is.sort();
    says.sort();
    assert_eq!(is, says);
}

#[test]
fn what_is_written_is_read_back() {
    let text = r#"
        protocol = "chronicle_strict"
        heal = "5m"
        timeline = [{ at = "10s", server = 3, do = "freeze", for = "9s" }]
        [rules]
        LEASE_DURATION = "90s"
        [datastore]
        latency = { p50 = "200ms", p99 = "2s" }
        incidents = [{ at = "1m", lasts = "30s", condition = "outage", servers = [1] }]
        [expect.invariants]
        no_belief_overlap = "violated"
    "#;
    let scenario = Scenario::parse(text).unwrap();
    assert_eq!(scenario.rules().lease_duration, Duration::from_secs(90));
    let again = Scenario::parse(&toml::to_string(&scenario).unwrap()).unwrap();
    assert_eq!(again, scenario);
}

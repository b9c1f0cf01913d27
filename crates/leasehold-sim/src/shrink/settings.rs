//! The settings of a scenario that are not the default, and scenarios with fewer of them.
//!
//! A scenario is a tree of fields. Every leaf that differs from the default scenario's is a
//! setting; leaving one out puts the default there. Fields to come are found by themselves.

use crate::scenario::Scenario;
use toml::{Table, Value};

/// A field, by the names on the way to it.
pub(super) type Path = Vec<String>;

/// What shrinks by itself, or says nothing about the world; and the library under test with its
/// constants, as a bug of another one is another bug. With all that is below them.
const NOT_SETTINGS: [&[&str]; 13] = [
    &["title"],
    &["protocol"],
    &["library"],
    &["module"],
    &["duration"],
    &["compare"],
    &["expect"],
    &["players", "count"],
    &["players", "only"],
    &["players", "edits_max"],
    &["players", "trace"],
    &["servers", "count"],
    &["servers", "only"],
];

/// The fields that differ from the default.
pub(super) fn changed(scenario: &Scenario) -> Vec<Path> {
    let mut paths = Vec::new();
    walk(&table(scenario), &table(&Scenario::default()), &mut Vec::new(), &mut paths);
    paths.retain(|path| {
        !NOT_SETTINGS.iter().any(|known| path.iter().take(known.len()).eq(known.iter()))
    });
    paths
}

/// The scenario in which only these fields differ from the default; or nothing, if it makes no
/// sense.
pub(super) fn only(scenario: &Scenario, kept: &[Path]) -> Option<Scenario> {
    let (mut tree, default) = (table(scenario), table(&Scenario::default()));
    for path in changed(scenario).iter().filter(|path| !kept.contains(path)) {
        reset(&mut tree, &default, path);
    }
    let scenario: Scenario = tree.try_into().ok()?;
    scenario.check().is_empty().then_some(scenario)
}

fn table(scenario: &Scenario) -> Table {
    Table::try_from(scenario).expect("a scenario is plain fields")
}

fn walk(tree: &Table, default: &Table, path: &mut Path, found: &mut Vec<Path>) {
    let absent: Vec<&String> = default.keys().filter(|name| !tree.contains_key(*name)).collect();
    for name in tree.keys().chain(absent) {
        path.push(name.clone());
        match (tree.get(name), default.get(name)) {
            (Some(Value::Table(inner)), Some(Value::Table(default))) => {
                walk(inner, default, path, found);
            }
            (value, default) if value != default => found.push(path.clone()),
            _ => {}
        }
        path.pop();
    }
}

fn reset(tree: &mut Table, default: &Table, path: &[String]) {
    let [name, rest @ ..] = path else { return };
    match (rest, default.get(name)) {
        ([], Some(value)) => {
            tree.insert(name.clone(), value.clone());
        }
        ([], None) => {
            tree.remove(name);
        }
        (_, default) => {
            let none = Table::new();
            let default = default.and_then(Value::as_table).unwrap_or(&none);
            if let Some(Value::Table(inner)) = tree.get_mut(name) {
                reset(inner, default, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        title = "not a setting"
        duration = "3m"
        rules.lease_duration = "90s"
        players = { count = 7, hop = "90%" }
        datastore.latency = { p50 = "1s", p99 = "2s" }
    "#;

    #[test]
    fn the_settings_of_a_scenario_are_what_its_file_says_and_the_default_does_not() {
        let scenario = Scenario::parse(TEXT).expect("it is right");
        let named: Vec<String> = changed(&scenario).iter().map(|path| path.join(".")).collect();
        assert_eq!(named, ["datastore.latency", "players.hop", "rules.lease_duration"]);
        assert!(changed(&Scenario::default()).is_empty());
    }

    #[test]
    fn what_is_left_out_is_the_default_again_and_the_rest_stays() {
        let scenario = Scenario::parse(TEXT).expect("it is right");
        let hop = vec![vec!["players".to_owned(), "hop".to_owned()]];
        let plain = only(&scenario, &hop).expect("it makes sense");
        assert_eq!(changed(&plain), hop);
        assert_eq!((plain.players.count, plain.duration), (7, scenario.duration));
    }
}

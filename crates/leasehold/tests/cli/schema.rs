//! The fields of scenarios, for editors and for people: what is committed is what is printed, and
//! what is shipped keeps to it. `LEASEHOLD_BLESS=1` writes the committed files anew.

use crate::place::{Place, project};
use jsonschema::{Validator, validator_for};
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_committed_schema_and_reference_are_what_is_printed() {
    let place = Place::new();
    for (args, path) in [
        (&["schema"][..], "docs/leasehold.schema.json"),
        (&["schema", "--reference"], "docs/fields.md"),
    ] {
        let (printed, path) = (place.run(args).ends(0).out, project().join(path));
        if std::env::var_os("LEASEHOLD_BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("it is in a folder"))
                .expect("a test can write");
            fs::write(&path, &printed).expect("a test can write");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == printed, "{} is out of date: LEASEHOLD_BLESS=1", path.display());
    }
}

/// The schema as it is printed.
fn schema(place: &Place) -> Validator {
    let schema = place.run(&["schema"]).ends(0).out;
    validator_for(&serde_json::from_str(&schema).expect("it is JSON")).expect("it is a schema")
}

/// What is wrong with a scenario by the schema.
fn wrong(schema: &Validator, text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().expect("it is TOML");
    let scenario = serde_json::to_value(table).expect("TOML is JSON but for its dates");
    schema.iter_errors(&scenario).map(|why| format!("{}: {why}", why.instance_path())).collect()
}

/// The TOML files in a folder and its folders.
fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the project has it") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            true => scenarios(&path, found),
            false if path.extension().is_some_and(|end| end == "toml") => found.push(path),
            false => {}
        }
    }
}

#[test]
fn every_shipped_scenario_keeps_to_the_schema() {
    let mut paths = Vec::new();
    for folder in ["sims", "bugs"] {
        scenarios(&project().join(folder), &mut paths);
    }
    paths.retain(|path| !path.ends_with("tape.toml"));
    assert!(paths.len() > 40, "{paths:?}");
    let schema = schema(&Place::new());
    for path in paths {
        let text = fs::read_to_string(&path).expect("it can be read");
        assert_eq!(wrong(&schema, &text), [""; 0], "{}", path.display());
    }
}

#[test]
fn a_new_scenario_names_the_schema_that_is_written_beside_it_and_keeps_to_it() {
    let place = Place::new();
    fs::create_dir(place.path("mine")).expect("a test can write");
    let end = place.run(&["new", "world", "--out", "mine/world.toml"]).ends(0);
    assert!(end.out.contains("editors complete it from mine/leasehold.schema.json"), "{}", end.out);
    let text = place.read("mine/world.toml");
    assert_eq!(text.lines().next(), Some("#:schema ./leasehold.schema.json"));
    assert_eq!(place.read("mine/leasehold.schema.json"), place.run(&["schema"]).ends(0).out);
    assert_eq!(wrong(&schema(&place), &text), [""; 0]);
    let typo = text.replace("\n[servers]\n", "\n[servers]\ncuont = 3\n");
    assert!(wrong(&schema(&place), &typo)[0].contains("cuont"));
}

#[test]
fn a_schema_that_is_there_is_left_alone_and_it_is_said_how_to_renew_it() {
    let place = Place::new();
    place.write("leasehold.schema.json", "{}");
    let end = place.run(&["new", "world"]).ends(0);
    assert!(
        end.out.contains("`leasehold schema > leasehold.schema.json` renews it"),
        "{}",
        end.out
    );
    assert_eq!(place.read("leasehold.schema.json"), "{}");
}

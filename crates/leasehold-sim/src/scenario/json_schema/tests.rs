//! What the schema refuses, and what it lets through, held against what the reader does.

use super::super::Scenario;
use super::super::mistakes::MISTAKES;
use super::json_schema;
use crate::units::{Chance, Shift, Span, Spread};
use jsonschema::{Validator, validator_for};

fn schema() -> Validator {
    jsonschema::meta::validate(&json_schema()).expect("it is a schema");
    validator_for(&json_schema()).expect("it is a schema")
}

/// Whether a scenario's text is refused.
fn refuses(schema: &Validator, text: &str) -> bool {
    let table: toml::Table = text.parse().unwrap_or_else(|why| panic!("{text}\n{why}"));
    !schema.is_valid(&serde_json::to_value(table).expect("TOML is JSON but for its dates"))
}

#[test]
fn the_template_and_what_a_program_prints_are_let_through() {
    let schema = schema();
    assert!(!refuses(&schema, ""));
    let template = Scenario::template("a title");
    assert!(!refuses(&schema, &template));
    let used = template.replace("\n#", "\n").replace("\n ", "\n# ");
    let used = Scenario::parse(&used).expect("every field of a template is valid");
    assert!(!refuses(&schema, &used.print()));
}

#[test]
fn a_mistake_in_a_field_by_itself_is_refused() {
    let schema = schema();
    let told = [
        "unknown field",
        "is not known",
        "is not a duration",
        "is no latency",
        "allowed: a whole number",
        "without a unit",
        " is a ",
        "is true or false",
        "is negative",
        "not a probability",
        "is no invariant",
        "entries",
        "is missing; allowed: a",
        "is here twice, as `LEASE",
        "cannot be drawn",
        "says two things",
        "says nothing to draw",
        "has no `",
    ];
    // Dates are texts in JSON, and what is in quotes is for the reader.
    let beyond =
        ["2026-11-21", "\"servers.cuont\"", "\"server.count\"", "\"heal.x\"", "nan", "inf"];
    let mut seen = 0;
    for &(text, _) in MISTAKES {
        let problem = Scenario::parse(text).expect_err(text).to_string();
        if text.parse::<toml::Table>().is_err() || beyond.iter().any(|beyond| text.contains(beyond))
        {
            continue;
        }
        if told.iter().any(|told| problem.contains(told)) {
            assert!(refuses(&schema, text), "{text}\n{problem}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_quantity_is_written_as_the_reader_reads_it() {
    let schema = schema();
    let texts = [
        "60s",
        "1m30s",
        "250ms",
        "1.5s",
        "3h1s",
        "7us",
        "0s",
        " 2s ",
        ".5s",
        "1.s",
        "",
        "60",
        "s",
        "-1s",
        "1 s",
        "1d",
        "1..5s",
        "1e3s",
        "NaNs",
        "1m 30s",
        ".s",
        "0.1234567891s",
        "5s..20s",
        " 5s .. 20s ",
        "5s..",
        "..5s",
        ".1s...5s",
        "1s..2s..3s",
        "+3s",
        "-250ms",
        "+ 3s",
        "--3s",
        "+-3s",
        "+",
        "5%",
        "100%",
        "099.5%",
        "100.0%",
        "100.1%",
        "101%",
        " 5 % ",
        "0.1%",
        ".5%",
        "5.%",
        "1e-3%",
        "NaN%",
        "five%",
        "-1%",
        "5",
        "%",
    ];
    for text in texts {
        let (span, shift) = (Span::parse(text).is_ok(), Shift::read(text).is_ok());
        let line =
            |value: &str| format!("{{ at = '1s', server = 0, do = 'step', by = '{value}' }}");
        for (name, line, read) in [
            ("a span", format!("duration = '{text}'"), span),
            ("a spread", format!("players.arrive = '{text}'"), Spread::parse(text).is_ok()),
            ("a distribution", format!("players.stay = '{text}'"), Spread::parse(text).is_ok()),
            ("a shift", format!("timeline = [{}]", line(text)), shift),
            ("a chance", format!("messaging.loss = '{text}'"), Chance::parse(text).is_ok()),
        ] {
            assert_eq!(!refuses(&schema, &line), read, "{name}: {text:?}");
        }
    }
}

#[test]
fn names_that_only_a_library_of_ones_own_knows_are_let_through_beside_its_section_alone() {
    let schema = schema();
    let expects = "expect = { marks = ['a mark of my own'], invariants = { mine = 'any' } }";
    assert!(refuses(&schema, expects));
    assert!(!refuses(&schema, &format!("{expects}\n[library]\nlease = '60s'")));
    assert!(refuses(&schema, "expect.invariants.mine = 'perhaps'\n[library]"));
    let compared = format!("compare = [{{ name = 'a', {expects} }}]");
    assert!(refuses(&schema, &compared) && !refuses(&schema, &format!("{compared}\n[library]")));
}

#[test]
fn an_editor_is_told_what_a_field_is_about_what_it_may_be_and_what_it_is_by_default() {
    let schema = json_schema();
    let count = &schema["properties"]["servers"]["properties"]["count"];
    assert_eq!(count["description"], "How many.\n\nA whole number, 1 to 100000.");
    assert_eq!((&count["default"], &count["maximum"]), (&10.into(), &100_000.into()));
    let renew = &schema["properties"]["rules"]["properties"]["LEASE_RENEW_AFTER"];
    assert_eq!(renew["default"], "50s");
    let protocol = &schema["properties"]["protocol"];
    let told = &protocol["x-taplo"]["docs"]["enumValues"];
    assert_eq!(
        (&protocol["enum"][0], &told[0]),
        (&"chronicle".into(), &"ChronicleStore, as documented.".into())
    );
}

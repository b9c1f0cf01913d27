//! The columns of rows: what each is called, what it holds, in which unit, and what it says.
//!
//! One list, from which come the first line of `rows.csv`, the columns of `rows.parquet`, and what
//! `leasehold schema --rows` prints.

use super::metrics;
use super::row;
use leasehold_data::SweepManifest;
use leasehold_sim::INVARIANTS;
use serde_json::{Value, json};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    /// A whole number, 0 or more.
    Number,
    /// One that may be missing: there was nothing to measure.
    Perhaps,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) holds: Holds,
    /// Of a number.
    pub(super) unit: &'static str,
    pub(super) about: String,
}

/// Those of a sweep, in their order.
pub(super) fn of(manifest: &SweepManifest) -> Vec<Column> {
    let text = |name: &str, about: &str| Column {
        name: name.to_owned(),
        holds: Holds::Text,
        unit: "",
        about: about.to_owned(),
    };
    let seed = Column {
        name: "seed".to_owned(),
        holds: Holds::Number,
        unit: "",
        about: "where all randomness of the run came from".to_owned(),
    };
    let mut columns = vec![seed, text("setting", "the library or setting that it was run under")];
    let varied = manifest.axes.iter();
    columns.extend(varied.map(|axis| text(&axis.path, "the value of a field that varies")));
    let drawn = manifest.drawn.iter();
    columns.extend(drawn.map(|path| {
        text(&format!("drawn.{path}"), "what the seed drew; empty if the field was left out")
    }));
    columns.push(text("verdict", "holds, violated, stuck or vacuous"));
    columns.push(text("digest", "what the whole run comes to: equal runs have equal ones"));
    columns.extend(row::numbers().map(number));
    columns.push(text("classes", "findings by class, with how often: class=3;other=1"));
    columns.push(text("marks", "what was reached, with how often"));
    columns.push(text("checksum", "FNV-1a, 64 bits, of all that is before it in the line"));
    columns
}

fn number(name: String) -> Column {
    let holds = if metrics::may_be_missing(&name) { Holds::Perhaps } else { Holds::Number };
    let (about, unit) = match metrics::describe(&name) {
        Some((about, unit)) => (about.to_owned(), unit),
        None => match name.strip_prefix("violations.") {
            Some(broken) => {
                let invariant = INVARIANTS.iter().find(|one| one.name == broken);
                let promise = invariant.map_or("", |one| one.promise);
                (format!("how often this did not hold: {promise}"), "count")
            }
            None => ("what happened in the run, one by one".to_owned(), "count"),
        },
    };
    Column { name, holds, unit, about }
}

/// Those of a sweep in which nothing varies and nothing is drawn, as text.
pub(crate) fn schema_of_all() -> String {
    let settings = vec!["chronicle".to_owned()];
    format!("{:#}\n", schema(&SweepManifest { settings, ..SweepManifest::default() }))
}

/// The columns as a Table Schema (<https://specs.frictionlessdata.io/table-schema/>), with units.
pub(super) fn schema(manifest: &SweepManifest) -> Value {
    let field = |column: &Column| {
        let (kind, required) = match column.holds {
            Holds::Text => ("string", true),
            Holds::Number => ("integer", true),
            Holds::Perhaps => ("integer", false),
        };
        let mut field = json!({
            "name": column.name,
            "type": kind,
            "description": column.about,
            "constraints": { "required": required },
        });
        if !column.unit.is_empty() {
            field["unit"] = json!(column.unit);
        }
        field
    };
    let fields: Vec<Value> = of(manifest).iter().map(field).collect();
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "description": "A row is a run: a seed under a setting, at a point. A study has a column \
            more for each field that varies, called by its path, and one called drawn.<path> for \
            each field that a swarm draws, both between setting and verdict.",
        "fields": fields,
        "missingValues": [""],
        "primaryKey": ["seed", "setting"],
    })
}

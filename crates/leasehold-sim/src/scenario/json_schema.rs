//! The fields as a JSON Schema, for editors: what can stand where, what each field is about, and
//! what it is by default.
//!
//! It says less than the reader: nothing of how fields go together, and of a quantity that is a
//! text only how it is written. What it refuses, the reader refuses too. It keeps to draft 7, which
//! editors know.

use super::reader::ANY_MAX;
use super::swarm::range::Range;
use super::{MARKS, SCENARIO, template, variant};
use crate::config::DISTRIBUTION_TABLES;
use crate::observe::INVARIANTS;
use crate::schema::{Declared, Field, PATH_MAX, Shape, Words};
use crate::units::{SPAN_MAX, Spread};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use toml::Table;

/// A duration as people write it: `1m30s`.
const DURATION: &str = r"(([0-9]+(\.[0-9]{0,9})?|\.[0-9]{1,9})(us|ms|s|m|h))+";

/// The definition of durations that are drawn.
const DURATIONS: &str = "durations";

/// A percentage: `5%`.
const PERCENT: &str = concat!(
    r"^\s*\+?(0*100(\.0*)?|0*[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+",
    r"|[0-9.]+[eE][+-]?[0-9]+)\s*%\s*$"
);

/// The schema.
pub(super) fn json_schema() -> Value {
    let mut schema = table(SCENARIO, Some(&template::defaults("")));
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("A scenario of Leasehold");
    let mut draws = Draws::default();
    schema["properties"]["swarm"]["properties"]["draw"] = draws.level(SCENARIO, "");
    schema["definitions"] = json!(draws.definitions);
    schema["definitions"][DURATIONS] = json!({ "anyOf": distribution() });
    // A library or a module of one's own brings names that no file knows.
    let names = INVARIANTS.map(|invariant| invariant.name);
    let expect = json!({ "properties": {
        "marks": { "items": { "enum": MARKS } },
        "invariants": { "propertyNames": { "enum": names } },
    } });
    let compare = json!({ "items": { "properties": { "expect": expect } } });
    schema["if"] = json!({ "anyOf": [{ "required": ["library"] }, { "required": ["module"] }] });
    schema["then"] = json!({});
    schema["else"] = json!({ "properties": { "expect": expect, "compare": compare } });
    schema
}

/// An object of these fields and no others.
fn table(fields: &[Field], defaults: Option<&Table>) -> Value {
    let (mut properties, mut twice) = (Map::new(), Vec::new());
    for field in fields {
        let default = defaults.and_then(|defaults| defaults.get(field.name));
        let property = property(field, default);
        if let Some(alias) = field.alias {
            twice.push(json!({ "not": { "required": [field.name, alias] } }));
            properties.insert(alias.to_owned(), property.clone());
        }
        properties.insert(field.name.to_owned(), property);
    }
    let required = fields.iter().filter(|field| field.required).map(|field| field.name);
    let required: Vec<&str> = required.collect();
    let mut table = object(properties);
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    if !twice.is_empty() {
        table["allOf"] = json!(twice);
    }
    table
}

fn object(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// What a field may be, what it is about, and what it is by default.
fn property(field: &Field, default: Option<&toml::Value>) -> Value {
    let mut property = shape(&field.shape, default);
    property["description"] = json!(match field.shape.is_value() {
        true => format!("{}\n\n{}", field.about(), field.shape.sentence()),
        false => field.about().to_owned(),
    });
    match default.filter(|default| !default.is_table()) {
        Some(default) => property["default"] = json!(default),
        None if field.shape.is_value() && !field.example.is_empty() => {
            property["examples"] = json!([super::example(field)]);
        }
        None => {}
    }
    property
}

/// What may stand where something of this shape is asked for.
fn shape(of: &Shape, default: Option<&toml::Value>) -> Value {
    match *of {
        Shape::Text(max) => json!({ "type": "string", "maxLength": max }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Count(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Span(..) => text(&format!(r"^\s*{DURATION}\s*$")),
        Shape::Spread { .. } => text(&format!(r"^\s*{DURATION}\s*(\.\.\s*{DURATION}\s*)?$")),
        Shape::Shift => text(&format!(r"^\s*[+-]?\s*{DURATION}\s*$")),
        Shape::Chance => json!({ "anyOf": [shape(&Shape::Rate, None), text(PERCENT)] }),
        Shape::Rate => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Shape::Millis => {
            json!({ "type": "number", "minimum": 0, "maximum": SPAN_MAX.as_millis() as u64 })
        }
        Shape::Drawn { .. } => {
            json!({ "anyOf": [{ "$ref": format!("#/definitions/{DURATIONS}") }] })
        }
        Shape::Latency(presets) => {
            let mut forms = vec![json!({ "enum": presets })];
            forms.extend(distribution());
            json!({ "anyOf": forms })
        }
        Shape::Choice(words) => choice(words),
        Shape::WordOr(words, fields) => {
            json!({ "anyOf": [choice(words), table(fields, None)] })
        }
        Shape::FileOr(fields) => {
            let path = json!({ "type": "string", "minLength": 1, "maxLength": PATH_MAX });
            json!({ "anyOf": [path, table(fields, None)] })
        }
        // A library of one's own has others.
        Shape::Mark(marks) => json!({ "anyOf": [{ "enum": marks }, { "type": "string" }] }),
        Shape::Bound => text(r"^\s*[a-z0-9_.]+\s*(<=?|>=?|=)\s*[0-9]\S*\s*$"),
        Shape::Table(fields) => table(fields, default.and_then(toml::Value::as_table)),
        Shape::Tables(fields, max) => {
            json!({ "type": "array", "items": table(fields, None), "maxItems": max })
        }
        Shape::List(of, min, max) => {
            let items = shape(of, None);
            json!({ "type": "array", "items": items, "minItems": min, "maxItems": max })
        }
        Shape::Invariants(words) => invariants(words),
        Shape::Settings(max) => {
            let mut each = table(variant::NAME, None);
            for field in variant::fields().iter().skip(1) {
                for name in std::iter::once(field.name).chain(field.alias) {
                    let same = format!("#/properties/{}", field.name);
                    each["properties"][name] = json!({ "$ref": same });
                }
            }
            json!({ "type": "array", "items": each, "maxItems": max })
        }
        Shape::Draws | Shape::Free => json!({ "type": "object" }),
    }
}

/// The forms that every distribution may have.
fn distribution() -> Vec<Value> {
    let mut forms = vec![shape(&Spread::SHAPE, None)];
    forms.extend(DISTRIBUTION_TABLES.map(|fields| table(fields, None)));
    forms
}

/// A text that is written like this.
fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// One of these words, each with what it is about for an editor that asks for it.
fn choice(words: Words) -> Value {
    let abouts: Vec<&str> = words.abouts().collect();
    json!({ "enum": words.names, "x-taplo": { "docs": { "enumValues": abouts } } })
}

/// The names of invariants, each with one of these words.
fn invariants(words: Words) -> Value {
    let each = INVARIANTS.iter().map(|invariant| {
        let mut one = choice(words);
        one["description"] = json!(invariant.promise);
        (invariant.name.to_owned(), one)
    });
    let each: Map<String, Value> = each.collect();
    json!({ "type": "object", "properties": each, "additionalProperties": choice(words) })
}

/// What fields are drawn from, once for all that are drawn from the same.
#[derive(Default)]
struct Draws {
    definitions: Map<String, Value>,
    /// The names of the definitions, by what they say.
    names: BTreeMap<String, String>,
}

impl Draws {
    /// The fields of a table that can be drawn.
    fn level(&mut self, fields: &[Field], path: &str) -> Value {
        let mut properties = Map::new();
        for field in fields.iter().filter(|field| field.name != "swarm") {
            let path = format!("{path}{}", field.name);
            let from = match field.shape {
                Shape::Table(inner) => self.level(inner, &format!("{path}.")),
                shape => match drawn_from(&shape) {
                    Some(from) => self.named(from, path),
                    None => continue,
                },
            };
            properties.extend(field.alias.map(|alias| (alias.to_owned(), from.clone())));
            properties.insert(field.name.to_owned(), from);
        }
        let mut level = object(properties);
        // A whole path in quotes: the reader knows whether there is such a field.
        level["patternProperties"] = json!({ r"\.": {} });
        level
    }

    /// A definition, by the path of the first field that needs it.
    fn named(&mut self, definition: Value, path: String) -> Value {
        let name = self.names.entry(definition.to_string()).or_insert(path);
        self.definitions.insert(name.clone(), definition);
        json!({ "$ref": format!("#/definitions/{name}") })
    }
}

/// What a field of this shape is drawn from, if it can be drawn.
fn drawn_from(of: &Shape) -> Option<Value> {
    let mut properties = Map::new();
    let one = shape(of, None);
    let any = json!({ "type": "array", "items": one, "minItems": 1, "maxItems": ANY_MAX });
    properties.insert("any".to_owned(), any);
    let mut forms = vec![json!({ "required": ["any"] })];
    match Range::of(of) {
        Some(range) => {
            properties.insert("from".to_owned(), shape(&range.from, None));
            properties.insert("to".to_owned(), shape(&range.to, None));
            forms.push(json!({ "required": ["from", "to"] }));
        }
        None if matches!(of, Shape::Flag | Shape::Choice(_) | Shape::WordOr(..)) => {}
        None => return None,
    }
    let mut draw = object(properties);
    draw["oneOf"] = json!(forms);
    Some(draw)
}

#[cfg(test)]
mod tests;

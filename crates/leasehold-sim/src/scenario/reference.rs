//! The reference of scenario files: a page with every field, section by section, in Markdown.

use super::{SCENARIO, template, variant};
use crate::schema::{Field, Shape};
use std::fmt::Write;
use toml::{Table, Value};

const HEAD: &str = "\
# Fields of a scenario

A scenario is a TOML file. Every field has a default, and a file names only what it is about. \
`leasehold new NAME` writes a file to begin with, `leasehold check FILE` says what is wrong with \
one, and `leasehold schema` prints all of this as a JSON Schema, from which an editor completes and \
checks scenarios while they are written. This page is what `leasehold schema --reference` prints.
";

/// The page.
pub(super) fn reference() -> String {
    let mut text = HEAD.to_owned();
    section(&mut text, SCENARIO, &template::defaults(""), "");
    text
}

/// A table's own fields as a table, then the tables inside it.
fn section(text: &mut String, fields: &[Field], defaults: &Table, path: &str) {
    text.push_str("\n| field | default | what it is about, and what it may be |\n|---|---|---|\n");
    for field in fields.iter().filter(|field| inner(field).is_none()) {
        let alias = field.alias.map_or(String::new(), |alias| format!(", `{alias}`"));
        let (name, default) = (field.name, default(field, defaults.get(field.name)));
        let (about, words) = (field.about(), words(&field.shape));
        let allowed = if words.is_empty() { field.shape.sentence() } else { "One of:".to_owned() };
        let _ = writeln!(text, "| `{name}`{alias} | {default} | {about} {allowed} |");
        for (word, about) in words {
            let _ = writeln!(text, "| | | `\"{word}\"`: {about} |");
        }
    }
    for field in fields {
        let Some((inner, header)) = inner(field) else { continue };
        let path = match path {
            "" => field.name.to_owned(),
            _ => format!("{path}.{}", field.name),
        };
        let (open, close) = header;
        let _ = writeln!(text, "\n## `{open}{path}{close}`\n\n{}", field.about());
        let nothing = Table::new();
        let defaults = defaults.get(field.name).and_then(Value::as_table).unwrap_or(&nothing);
        section(text, inner, defaults, &path);
    }
}

/// The fields of a table or of each table in a list, and what stands around their header.
fn inner(field: &Field) -> Option<(&'static [Field], (&'static str, &'static str))> {
    match field.shape {
        Shape::Table(inner) => Some((inner, ("[", "]"))),
        Shape::Tables(inner, _) => Some((inner, ("[[", "]]"))),
        Shape::Settings(_) => Some((variant::NAME, ("[[", "]]"))),
        _ => None,
    }
}

fn default(field: &Field, default: Option<&Value>) -> String {
    match default {
        _ if field.required => "must be there".to_owned(),
        Some(value) if !value.is_table() => format!("`{value}`"),
        _ => String::new(),
    }
}

/// The words of a choice, with what each is about.
fn words(shape: &Shape) -> Vec<(&'static str, &'static str)> {
    match shape {
        Shape::Choice(words) | Shape::WordOr(words, _) | Shape::Invariants(words) => {
            words.names.iter().copied().zip(words.abouts()).collect()
        }
        _ => Vec::new(),
    }
}

//! A scenario file to begin with: every field with what it is about, what it may be, and its
//! default.
//!
//! Fields that have a default are there as comments, `#name = value`, so that the file says only
//! what somebody chose to say. It is printed from the schema and the defaults themselves, so it
//! cannot be out of date.

use super::rules::RuleOverrides;
use super::{Protocol, SCENARIO, Scenario, variant};
use crate::observe::{INVARIANTS, Invariant};
use crate::schema::{Field, Shape};
use std::fmt::Write;
use toml::{Table, Value};

/// The fields that are there in earnest.
const CHOSEN: [&str; 5] = ["title", "duration", "protocol", "servers.count", "players.count"];

/// The width that comments are wrapped at.
const WIDTH: usize = 98;

/// The text of a scenario file with this title.
pub(super) fn template(title: &str) -> String {
    let mut text = String::from(
        "# A scenario for `leasehold run`. Every field has a default: take the # away from what you change.\n\
         # Durations are written \"250ms\", \"5s\", \"1m30s\" or \"2h\"; probabilities 0.05 or \"5%\".\n",
    );
    table(&mut text, SCENARIO, &defaults(title), "");
    text
}

/// Every field with its default, but for those that are absent by default.
pub(super) fn defaults(title: &str) -> Table {
    let rules = RuleOverrides::full(&Protocol::Chronicle.rules());
    let scenario = Scenario { title: title.to_owned(), rules, ..Scenario::default() };
    Table::try_from(&scenario).expect("a scenario is plain fields")
}

/// The fields of a table, first the plain ones, then those with a header of their own, as TOML has
/// it.
fn table(text: &mut String, fields: &[Field], defaults: &Table, path: &str) {
    let has_header = |field: &&Field| {
        matches!(field.shape, Shape::Table(_) | Shape::Tables(..) | Shape::Settings(_))
    };
    for field in fields.iter().filter(|field| !has_header(field)) {
        let path =
            if path.is_empty() { field.name.into() } else { format!("{path}.{}", field.name) };
        text.push('\n');
        comment(text, &format!("{} {}", field.about(), field.shape.sentence()));
        plain(text, field, defaults.get(field.name), &path);
    }
    for field in fields.iter().filter(has_header) {
        text.push('\n');
        comment(text, field.about());
        match field.shape {
            Shape::Table(inner) => {
                let empty = Table::new();
                let inside = defaults.get(field.name).and_then(Value::as_table).unwrap_or(&empty);
                let path = match path {
                    "" => field.name.to_owned(),
                    _ => format!("{path}.{}", field.name),
                };
                let _ = writeln!(text, "[{path}]");
                table(text, inner, inside, &path);
            }
            Shape::Tables(inner, max) if path.is_empty() => {
                comment(text, &format!("None by default; at most {max}. Each looks like this:"));
                let _ = writeln!(text, "#[[{}]]", field.name);
                example(text, inner);
            }
            Shape::Settings(max) => {
                comment(text, &format!("None by default; at most {max}. Each looks like this:"));
                let _ = writeln!(text, "#[[{}]]", field.name);
                example(text, variant::NAME);
                let _ = writeln!(text, "#protocol = \"chronicle_strict\"");
            }
            Shape::Tables(inner, max) => {
                comment(text, &format!("None by default; at most {max}."));
                for inner in inner {
                    comment(text, &format!("`{}`: {}", inner.name, inner.about()));
                }
                let each: Vec<String> = inner.iter().map(assignment).collect();
                let _ = writeln!(text, "#{} = [{{ {} }}]", field.name, each.join(", "));
            }
            _ => {}
        }
    }
}

fn plain(text: &mut String, field: &Field, default: Option<&Value>, path: &str) {
    let mark = if CHOSEN.contains(&path) { "" } else { "#" };
    match (default, field.shape) {
        (_, Shape::Invariants(_)) => {
            for Invariant { name, promise, .. } in INVARIANTS {
                comment(text, &format!("`{name}`: {promise}."));
            }
            let _ = writeln!(text, "#{}.{} = \"holds\"", field.name, INVARIANTS[0].name);
        }
        (_, Shape::Free) => {
            let _ = writeln!(text, "#{} = {}", field.name, field.example);
        }
        (_, Shape::Draws) => {
            comment(text, "Nothing by default; for example:");
            for line in field.example.lines() {
                let _ = writeln!(text, "#{}.{line}", field.name);
            }
        }
        (Some(value), _) => {
            let _ = writeln!(text, "{mark}{} = {value}", field.name);
        }
        // What is said of it is enough: an example would not go together with other fields.
        (None, _) if field.example.is_empty() => {}
        (None, _) => {
            comment(text, "Absent by default; for example:");
            let _ = writeln!(text, "#{}", assignment(field));
        }
    }
}

fn assignment(field: &Field) -> String {
    format!("{} = {}", field.name, field.example)
}

/// The fields of one entry of a list of tables.
fn example(text: &mut String, fields: &[Field]) {
    for field in fields {
        match field.shape {
            Shape::Table(_) => {
                comment(text, &format!("`{}`: {} As above.", field.name, field.about()));
            }
            // One that does not go together with the example's other fields.
            shape if field.example.is_empty() => {
                let allowed = shape.sentence();
                comment(text, &format!("`{}`: {} {allowed}", field.name, field.about()));
            }
            shape => {
                comment(text, &format!("{} {}", field.about(), shape.sentence()));
                let _ = writeln!(text, "#{}", assignment(field));
            }
        }
    }
}

/// Writes a comment in lines that are not too long.
fn comment(text: &mut String, sentence: &str) {
    let mut line = String::from("#");
    for word in sentence.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

//! Reads what a swarm draws its fields from: a table like the scenario's own, with ranges in the
//! place of values.
//!
//! The ends of a range and the entries of a list are read as the values of the field itself, so
//! they are told of in the same words. A field can be named by tables inside each other or by its
//! whole path in quotes: `servers.count` and `"servers.count"` are the same.

use super::super::SCENARIO;
use super::super::swarm::range::Range;
use super::{Place, Reader, join, quoted};
use crate::schema::{Field, Shape};
use std::ops;
use toml::de::{DeString, DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The most that a field can be drawn from, one by one.
pub(in crate::scenario) const ANY_MAX: usize = 1_000;

/// Where in a file it is said what a field is drawn from.
pub(in crate::scenario) fn drawn(path: &str) -> String {
    join("swarm.draw", path).trim_end_matches('.').to_owned()
}

impl Reader<'_> {
    /// The fields that are drawn, by their paths, and what each is drawn from.
    pub(super) fn draws(&mut self, table: &DeTable<'_>) -> Table {
        let mut kept = Table::new();
        self.level(table, SCENARIO, "", &mut kept);
        kept
    }

    /// One table of the schema. `path` is the scenario's own.
    fn level(&mut self, table: &DeTable<'_>, fields: &[Field], path: &str, kept: &mut Table) {
        for (key, value) in table.iter() {
            let Some((field, path)) = self.named(key, fields, path) else { continue };
            let (at, place) = (drawn(&path), (value.get_ref(), value.span()));
            match (field.shape, place.0) {
                (Shape::Table(_), _) if field.name == "swarm" => {
                    self.wrong(&at, key.span(), format!("{at} cannot be drawn"), "other fields");
                }
                (Shape::Table(inner), DeValue::Table(table)) => {
                    self.level(table, inner, &path, kept);
                }
                (shape, _) => {
                    if self.places.contains_key(&at) {
                        let found = format!("{at} is here twice, as `{}` too", key.get_ref());
                        self.wrong(&at, key.span(), found, "one of its names");
                        continue;
                    }
                    self.places.insert(at.clone(), place.1.clone());
                    if let Some(draw) = self.draw(place, &shape, &at) {
                        kept.insert(path, draw);
                    }
                }
            }
        }
    }

    /// The field that a key names, with its path. A key in quotes may be a path.
    fn named<'f>(
        &mut self,
        key: &Spanned<DeString<'_>>,
        fields: &'f [Field],
        path: &str,
    ) -> Option<(&'f Field, String)> {
        let (mut fields, mut path) = (fields, path.to_owned());
        let mut names = key.get_ref().split('.').peekable();
        while let Some(name) = names.next() {
            let Some(field) = fields.iter().find(|field| field.is_called(name)) else {
                self.unknown(name, fields, &drawn(&path), key.span());
                return None;
            };
            path = join(&path, field.name);
            match (names.peek(), field.shape) {
                (None, _) => return Some((field, path)),
                (Some(_), Shape::Table(inner)) => fields = inner,
                (Some(name), _) => {
                    let (at, short) = (drawn(&path), quoted(name));
                    let found = format!("unknown field `{short}` in {at}");
                    self.wrong(&join(&at, &short), key.span(), found, "nothing inside");
                    return None;
                }
            }
        }
        None
    }

    /// What a field is drawn from, if it fits.
    fn draw(&mut self, (value, span): Place<'_, '_>, shape: &Shape, at: &str) -> Option<Value> {
        let names: &[&str] = match (shape, Range::of(shape)) {
            (_, Some(_)) => &["from", "to", "any"],
            (Shape::Flag | Shape::Choice(_) | Shape::WordOr(..), None) => &["any"],
            _ => {
                let allowed = "numbers, durations, probabilities, flags and choices can";
                self.wrong(at, span, format!("{at} cannot be drawn"), allowed);
                return None;
            }
        };
        let DeValue::Table(table) = value else {
            let found = format!("{} says nothing to draw from", self.said(at, &span));
            self.wrong(at, span, found, form(names));
            return None;
        };
        let before = self.problems.len();
        let mut kept = Table::new();
        for (key, value) in table.iter() {
            let (name, inside) = (&**key.get_ref(), join(at, &quoted(key.get_ref())));
            let place = (value.get_ref(), value.span());
            let read = match (name, Range::of(shape)) {
                ("any", _) => self.any(place, shape, &inside),
                ("from", Some(range)) => self.value(place, &range.from, &inside),
                ("to", Some(range)) => self.value(place, &range.to, &inside),
                _ => {
                    let found = format!("unknown field `{}` in {at}", quoted(name));
                    self.wrong(&inside, key.span(), found, form(names));
                    None
                }
            };
            kept.extend(read.map(|read| (name.to_owned(), read)));
        }
        // What is wrong inside has been told.
        if self.problems.len() > before {
            return None;
        }
        self.whole(kept, shape, (at, span), names)
    }

    /// The draw, if it says one thing, and all of it.
    fn whole(
        &mut self,
        kept: Table,
        shape: &Shape,
        (at, span): (&str, ops::Range<usize>),
        names: &[&str],
    ) -> Option<Value> {
        let why = match (kept.get("from"), kept.get("to"), kept.get("any")) {
            (None, None, Some(_)) => None,
            (Some(from), Some(to), None) => Range::of(shape)
                .filter(|range| range.number(from) > range.number(to))
                .map(|_| "ends before it begins".to_owned()),
            (Some(_), None, None) => Some("has no `to`".to_owned()),
            (None, Some(_), None) => Some("has no `from`".to_owned()),
            (None, None, None) => Some("says nothing to draw from".to_owned()),
            (_, _, Some(_)) => Some("says two things at once".to_owned()),
        };
        match why {
            None => Some(Value::Table(kept)),
            Some(why) => {
                let found = format!("{} {why}", self.said(at, &span));
                self.wrong(at, span, found, form(names));
                None
            }
        }
    }

    /// The values to draw one from.
    fn any(&mut self, (value, span): Place<'_, '_>, shape: &Shape, at: &str) -> Option<Value> {
        let list = match value {
            DeValue::Array(list) if !list.is_empty() && list.len() <= ANY_MAX => list,
            _ => {
                let found = format!("{} is nothing to draw one of", self.said(at, &span));
                self.wrong(at, span, found, format!("a list of 1 to {ANY_MAX} values"));
                return None;
            }
        };
        let mut kept = Vec::with_capacity(list.len());
        for (nth, entry) in list.iter().enumerate() {
            let place = (entry.get_ref(), entry.span());
            kept.extend(self.value(place, shape, &format!("{at}[{nth}]")));
        }
        Some(Value::Array(kept))
    }
}

/// How a draw is written.
fn form(names: &[&str]) -> String {
    match names {
        ["any"] => "{ any = [..] } with what to draw one of".to_owned(),
        _ => "{ from = .., to = .. }, or { any = [..] } with what to draw one of".to_owned(),
    }
}

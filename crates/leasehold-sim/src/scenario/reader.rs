//! Reads a scenario's text: finds every mistake that can be found in it, not only the first.
//!
//! Three steps. The parser turns text into a document in which everything knows its bytes. The
//! document is held against the schema, field by field: what fits is kept, what does not is told
//! and left out. From what was kept a scenario is made, and the relations between its fields are
//! looked at; those with a field that was left out are not worth a word.
//!
//! Nothing here recurses further than the schema is deep, so a file can be nested as it likes.

use super::cost;
use super::number_bound::NumberBound;
use super::relations::{Conflict, conflicts};
use super::swarm::contradictions;
use super::variant;
use super::warnings::{Idle, warnings};
use super::{Chance, SCENARIO, Scenario, example};
use crate::config::{DISTRIBUTION_TABLES, is_preset};
use crate::observe::INVARIANTS;
use crate::problem::{PROBLEMS_MAX, Problem, Problems, Related, Severity, quoted, syntax};
use crate::schema::{Field, PATH_MAX, Shape, Words, quoted as listed};
use crate::units::{SPAN_MAX, Shift, Span, Spread};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

mod draws;

pub(super) use draws::{ANY_MAX, drawn};

/// The sections of libraries that bring names of their own.
const OWN: [&str; 2] = ["library", "module"];

/// The longest text that is read, in bytes. The longest scenario that anybody has written is a
/// hundredth of it.
pub const TEXT_MAX: usize = 1_000_000;

/// Whose names of marks and invariants a scenario may use in what it expects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Those that are shipped; any, if the file is for a library or a module of one's own.
    Shipped,
    /// Any: a library and observers of one's own bring some that no file knows.
    Any,
}

/// Reads a scenario, and says what in it does nothing.
pub(super) fn read(text: &str, names: Names) -> Result<(Scenario, Problems), Problems> {
    if text.len() > TEXT_MAX {
        let found = format!("the file has {} bytes", text.len());
        return Err(Problems::one(found, format!("at most {TEXT_MAX}")));
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    let brings = OWN.iter().any(|section| document.get_ref().contains_key(*section));
    let own = names == Names::Any || brings;
    let mut reader = Reader::new(text, own);
    let errors: Vec<Problem> = errors.iter().take(PROBLEMS_MAX).map(syntax).collect();
    let kept = reader.table(document.get_ref(), SCENARIO, "", 0..0);
    if !errors.is_empty() {
        return Err(Problems::of(text, reader.beside(&errors)));
    }
    match Scenario::deserialize(kept) {
        Ok(scenario) => {
            for conflict in reader.conflicts(&scenario) {
                reader.conflict(conflict);
            }
            if reader.problems.is_empty() {
                let warnings = reader.warnings(&scenario);
                return Ok((scenario, Problems::of(text, warnings)));
            }
        }
        Err(error) => {
            debug_assert!(false, "the schema let through what the types refuse: {error}");
            reader.problems.push(Problem::new("", error.span(), error.message(), ""));
        }
    }
    Err(Problems::of(text, reader.problems))
}

/// Reads the value of one field, from what a file would say after `path =`.
pub(super) fn one(path: &str, shape: &Shape, literal: &str) -> Result<Value, String> {
    let text = format!("value = {literal}");
    let (document, errors) = DeTable::parse_recoverable(&text);
    let mut reader = Reader::new(&text, true);
    let found = document.get_ref().get("value").filter(|_| errors.is_empty());
    let found = found.filter(|_| document.get_ref().len() == 1);
    let Some(found) = found else {
        return Err(format!(
            "{path} = {} is no value; allowed: {}",
            quoted(literal),
            shape.allowed()
        ));
    };
    let read = reader.value((found.get_ref(), found.span()), shape, path);
    match (read, reader.problems.first()) {
        (Some(value), None) => Ok(value),
        (_, Some(problem)) => Err(problem.to_string()),
        (None, None) => Err(format!("{path} = {} is no value", quoted(literal))),
    }
}

/// That a table has no field of this name, with the most likely one.
pub(super) fn unknown_among(name: &str, fields: &[Field], table: &str) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let place = if table.is_empty() { String::new() } else { format!(" in {table}") };
    format!("unknown field `{}`{place}; allowed: {}", quoted(name), nearest(name, &names, &names))
}

struct Reader<'a> {
    text: &'a str,
    /// Whether marks and invariants may have names that are not shipped.
    own: bool,
    /// Where each field is that the file names, by its path.
    places: BTreeMap<String, Range<usize>>,
    /// The fields that were left out.
    bad: BTreeSet<String>,
    problems: Vec<Problem>,
}

/// A value with its place.
type Place<'a, 'i> = (&'a DeValue<'i>, Range<usize>);

impl<'a> Reader<'a> {
    fn new(text: &'a str, own: bool) -> Reader<'a> {
        Reader { text, own, places: BTreeMap::new(), bad: BTreeSet::new(), problems: Vec::new() }
    }

    /// The number of the line on which a span begins.
    fn line(&self, span: Option<Range<usize>>) -> Option<usize> {
        let before = self.text.as_bytes().get(..span?.start)?;
        Some(before.iter().filter(|byte| **byte == b'\n').count())
    }

    /// What the parser found, and what else is wrong. What it made of a broken line is its own
    /// guess, and not told.
    fn beside(self, errors: &[Problem]) -> Vec<Problem> {
        let lines: BTreeSet<_> = errors.iter().map(|error| self.line(error.span.clone())).collect();
        let others = self.problems.iter().filter(|problem| {
            let guessed = lines.contains(&self.line(problem.span.clone()));
            !guessed && !problem.missing
        });
        errors.iter().chain(others).cloned().collect()
    }

    fn wrong(&mut self, path: &str, span: Range<usize>, found: String, allowed: impl Into<String>) {
        self.bad.insert(path.to_owned());
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(path, Some(span), found, allowed));
        }
    }

    /// `path = value`, as it is written.
    fn said(&self, path: &str, span: &Range<usize>) -> String {
        format!("{path} = {}", quoted(self.text.get(span.clone()).unwrap_or_default()))
    }

    fn table(
        &mut self,
        table: &DeTable<'_>,
        fields: &[Field],
        path: &str,
        at: Range<usize>,
    ) -> Table {
        let mut kept = Table::new();
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            let Some(field) = fields.iter().find(|field| field.is_called(name)) else {
                self.unknown(name, fields, path, key.span());
                continue;
            };
            let path = join(path, field.name);
            if self.places.contains_key(&path) {
                let found = format!("{path} is here twice, as `{name}` too");
                self.wrong(&path, key.span(), found, "one of its names");
                continue;
            }
            self.places.insert(path.clone(), value.span());
            if let Some(value) = self.value((value.get_ref(), value.span()), &field.shape, &path) {
                kept.insert(field.name.to_owned(), value);
            }
        }
        for field in fields.iter().filter(|field| field.required) {
            if !kept.contains_key(field.name) {
                let path = join(path, field.name);
                if !self.places.contains_key(&path) {
                    let found = format!("{path} is missing");
                    self.wrong(&path, at.clone(), found, field.shape.allowed());
                    self.problems.last_mut().into_iter().for_each(|last| last.missing = true);
                }
                kept.insert(field.name.to_owned(), example(field));
            }
        }
        kept
    }

    fn unknown(&mut self, name: &str, fields: &[Field], path: &str, span: Range<usize>) {
        if self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let aliases = fields.iter().filter_map(|field| field.alias);
        let all: Vec<&str> = names.iter().copied().chain(aliases).collect();
        let short = quoted(name);
        let found = match path {
            "" => format!("unknown field `{short}`"),
            _ => format!("unknown field `{short}` in {path}"),
        };
        self.wrong(&join(path, &short), span, found, nearest(name, &all, &names));
    }

    /// The value of a field, if it fits.
    fn value(&mut self, place: Place<'_, '_>, shape: &Shape, path: &str) -> Option<Value> {
        match (shape, place.0) {
            (Shape::Table(fields), DeValue::Table(table)) => {
                Some(Value::Table(self.table(table, fields, path, place.1)))
            }
            (Shape::Tables(fields, max), DeValue::Array(_)) => {
                let each = |reader: &mut Reader<'_>, place: Place<'_, '_>, path: &str| {
                    let table = reader.value(place, &Shape::Table(fields), path);
                    Some(table.unwrap_or_else(|| complete(fields)))
                };
                self.list(place, shape, 0..=*max, path, each)
            }
            (Shape::List(of, min, max), DeValue::Array(_)) => {
                let each = |reader: &mut Reader<'_>, place: Place<'_, '_>, path: &str| {
                    reader.value(place, of, path)
                };
                self.list(place, shape, *min..=*max, path, each)
            }
            (Shape::Settings(max), DeValue::Array(_)) => {
                let fields = variant::fields();
                let each = |reader: &mut Reader<'_>, place: Place<'_, '_>, path: &str| {
                    let DeValue::Table(table) = place.0 else {
                        let found = format!("{} is no table", reader.said(path, &place.1));
                        reader.wrong(path, place.1, found, shape.allowed());
                        return None;
                    };
                    Some(Value::Table(reader.table(table, &fields, path, place.1)))
                };
                self.list(place, shape, 0..=*max, path, each)
            }
            (Shape::Invariants(words), DeValue::Table(table)) => {
                Some(self.invariants(table, *words, path))
            }
            (Shape::Draws, DeValue::Table(table)) => Some(Value::Table(self.draws(table))),
            (Shape::Free, DeValue::Table(_)) => Some(free(place.0)),
            (Shape::Latency(_) | Shape::Drawn { .. }, DeValue::Table(table)) => {
                Some(Value::Table(self.table(table, distribution_table(table), path, place.1)))
            }
            (Shape::WordOr(_, fields) | Shape::FileOr(fields), DeValue::Table(table)) => {
                Some(Value::Table(self.table(table, fields, path, place.1)))
            }
            (Shape::Mark(marks), DeValue::String(word))
                if !self.own && !marks.contains(&&**word) =>
            {
                let found = format!("{} is not known", self.said(path, &place.1));
                self.wrong(path, place.1, found, nearest(word, marks, marks));
                None
            }
            (
                Shape::Choice(Words { names, .. }) | Shape::WordOr(Words { names, .. }, _),
                DeValue::String(word),
            ) if !names.contains(&&**word) => {
                let found = format!("{} is not known", self.said(path, &place.1));
                self.wrong(path, place.1, found, nearest(word, names, names));
                None
            }
            _ => match plain(place.0, shape) {
                Ok(value) => Some(value),
                Err(why) => {
                    let found = format!("{} {why}", self.said(path, &place.1));
                    self.wrong(path, place.1, found, shape.allowed());
                    None
                }
            },
        }
    }

    fn list(
        &mut self,
        (value, span): Place<'_, '_>,
        shape: &Shape,
        lengths: RangeInclusive<usize>,
        path: &str,
        each: impl Fn(&mut Self, Place<'_, '_>, &str) -> Option<Value>,
    ) -> Option<Value> {
        let DeValue::Array(list) = value else { return None };
        if !lengths.contains(&list.len()) {
            let found = format!("{path} has {} entries", list.len());
            self.wrong(path, span, found, shape.allowed());
            return None;
        }
        let mut kept = Vec::with_capacity(list.len());
        for (nth, entry) in list.iter().enumerate() {
            let path = format!("{path}[{nth}]");
            self.places.insert(path.clone(), entry.span());
            kept.extend(each(self, (entry.get_ref(), entry.span()), &path));
        }
        Some(Value::Array(kept))
    }

    fn invariants(&mut self, table: &DeTable<'_>, words: Words, path: &str) -> Value {
        let names = INVARIANTS.map(|invariant| invariant.name);
        let mut kept = Table::new();
        for (key, value) in table.iter() {
            let (name, path) = (key.get_ref(), join(path, &quoted(key.get_ref())));
            if !self.own && !names.contains(&&**name) {
                let found = format!("{path} is no invariant");
                self.wrong(&path, key.span(), found, nearest(name, &names, &names));
                continue;
            }
            self.places.insert(path.clone(), value.span());
            let place = (value.get_ref(), value.span());
            if let Some(value) = self.value(place, &Shape::Choice(words), &path) {
                kept.insert(name.to_string(), value);
            }
        }
        Value::Table(kept)
    }

    /// What does not go together; in a swarm, whatever is drawn.
    fn conflicts(&self, scenario: &Scenario) -> Vec<Conflict> {
        if scenario.swarm.draw.is_empty() {
            return conflicts(scenario);
        }
        let told = self.bad.iter().any(|path| path.starts_with("swarm"));
        if told { Vec::new() } else { contradictions(scenario) }
    }

    /// What does nothing, or takes hours, with its place.
    fn warnings(&self, scenario: &Scenario) -> Vec<Problem> {
        let warning = |Idle { path, found }| {
            let span = self.places.get(&path).cloned();
            Problem { severity: Severity::Warning, ..Problem::new(path, span, found, "") }
        };
        let mut found = warnings(scenario, &self.places);
        found.extend(cost::warning(scenario).map(|(path, found)| Idle { path, found }));
        found.into_iter().map(warning).collect()
    }

    /// Two fields that do not go together. The first that the file names is pointed at.
    fn conflict(&mut self, conflict: Conflict) {
        let inside = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('.') || rest.starts_with('[')
            })
        };
        let left_out =
            |path: &String| self.bad.iter().any(|bad| inside(path, bad) || inside(bad, path));
        if conflict.paths().any(left_out) || self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        let Conflict { path, found, allowed, others } = conflict;
        let place =
            |path: &str| self.places.get(&draws::drawn(path)).or(self.places.get(path)).cloned();
        let mut others: Vec<Related> = others
            .into_iter()
            .map(|(path, found)| Related { span: place(&path), path, found })
            .collect();
        others.sort_by_key(|related| related.span.is_none());
        let span = place(&path).or_else(|| others.first().and_then(|other| other.span.clone()));
        let mut problem = Problem::new(path, span, found, allowed);
        problem.related = others;
        self.problems.push(problem);
    }
}

/// The fields of a distribution that is a table, by one that it has.
fn distribution_table(table: &DeTable<'_>) -> &'static [Field] {
    let has = |field: &Field| table.iter().any(|(key, _)| field.is_called(key.get_ref()));
    let [.., last] = DISTRIBUTION_TABLES;
    DISTRIBUTION_TABLES.into_iter().find(|fields| fields.iter().any(has)).unwrap_or(last)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The names that are allowed, the most likely one first.
fn nearest(name: &str, among: &[&str], told: &[&str]) -> String {
    let all = format!("one of {}", listed(told));
    // Nobody mistypes a name into one that is much longer; and the distance takes time.
    if name.chars().count() > 64 {
        return all;
    }
    // Capital letters count for little, but they decide between two that are as near.
    let distance = |other: &&str| {
        let small = strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
        (small, strsim::levenshtein(name, other))
    };
    let best = among.iter().copied().min_by_key(distance);
    match best.filter(|best| distance(best).0 <= best.len().div_ceil(3)) {
        Some(best) => format!("perhaps {best:?}?"),
        None => all,
    }
}

/// A value of a section whose fields somebody else knows, as it is.
fn free(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(_) => {
            Value::Integer(integer(value).clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        }
        DeValue::Float(_) => Value::Float(float(value)),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(list) => Value::Array(list.iter().map(|one| free(one.get_ref())).collect()),
        DeValue::Table(table) => {
            let fields = table.iter();
            let fields =
                fields.map(|(key, value)| (key.get_ref().to_string(), free(value.get_ref())));
            Value::Table(fields.collect())
        }
    }
}

/// A value that is no table, no list and no choice.
fn plain(value: &DeValue<'_>, shape: &Shape) -> Result<Value, String> {
    match (shape, value) {
        (Shape::Text(max), DeValue::String(text)) if text.chars().count() > *max => {
            Err("is too long".to_owned())
        }
        (Shape::FileOr(_), DeValue::String(text)) if text.is_empty() => Err("is empty".to_owned()),
        (Shape::FileOr(_), DeValue::String(text)) if text.chars().count() > PATH_MAX => {
            Err("is too long".to_owned())
        }
        (Shape::Text(_) | Shape::FileOr(_), DeValue::String(text)) => {
            Ok(Value::String(text.to_string()))
        }
        (Shape::Flag, DeValue::Boolean(flag)) => Ok(Value::Boolean(*flag)),
        (Shape::Choice(_) | Shape::Mark(_) | Shape::WordOr(..), DeValue::String(word)) => {
            Ok(Value::String(word.to_string()))
        }
        (Shape::Count(min, max), DeValue::Integer(_)) => {
            let count = integer(value);
            in_range(count, i128::from(*min), i128::from(*max))?;
            Ok(Value::Integer(count as i64))
        }
        (Shape::Span(min, max), DeValue::String(text)) => {
            let span = Span::read(text)?;
            in_range(span.0, *min, *max)?;
            Ok(Value::String(span.to_string()))
        }
        (
            Shape::Spread { from_min, to_min } | Shape::Drawn { from_min, to_min },
            DeValue::String(text),
        ) => {
            let spread = Spread::read(text)?;
            in_range(spread.from.0, *from_min, SPAN_MAX)?;
            in_range(spread.to.0, *to_min, SPAN_MAX)?;
            Ok(Value::String(spread.to_string()))
        }
        (Shape::Shift, DeValue::String(text)) => Ok(Value::String(Shift::read(text)?.to_string())),
        (Shape::Chance, DeValue::String(text)) => match Chance::parse(text) {
            Ok(_) => Ok(Value::String(text.to_string())),
            Err(_) => Err("is not a probability".to_owned()),
        },
        (Shape::Chance | Shape::Rate, DeValue::Integer(_) | DeValue::Float(_)) => {
            let p = float(value);
            Chance::fraction(p).map_err(|_| "is not a probability".to_owned())?;
            Ok(Value::Float(p))
        }
        (Shape::Millis, DeValue::Integer(_) | DeValue::Float(_)) => {
            let millis = float(value);
            if !(0.0..=SPAN_MAX.as_secs_f64() * 1_000.0).contains(&millis) {
                return Err("is no delay".to_owned());
            }
            Ok(Value::Float(millis))
        }
        (Shape::Bound, DeValue::String(text)) => {
            Ok(Value::String(NumberBound::read(text)?.to_string()))
        }
        (Shape::Latency(presets), DeValue::String(text)) => {
            if !presets.contains(&&**text) {
                if is_preset(text) {
                    return Err("is a preset for something else".to_owned());
                }
                Spread::read(text).map_err(|why| format!("is no latency: {why}"))?;
            }
            Ok(Value::String(text.to_string()))
        }
        (
            Shape::Span(..) | Shape::Spread { .. } | Shape::Drawn { .. } | Shape::Shift,
            DeValue::Integer(_) | DeValue::Float(_),
        ) => Err("is a number without a unit".to_owned()),
        _ => Err(format!("is {}", kind(value))),
    }
}

fn in_range<T: PartialOrd>(value: T, min: T, max: T) -> Result<(), String> {
    match value {
        value if value < min => Err("is too small".to_owned()),
        value if value > max => Err("is too large".to_owned()),
        _ => Ok(()),
    }
}

/// A whole number; one with more digits than fit is as good as the largest.
fn integer(value: &DeValue<'_>) -> i128 {
    let DeValue::Integer(number) = value else { return 0 };
    let (digits, radix) = (number.as_str(), number.radix());
    let sign = if digits.starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(digits, radix).unwrap_or(sign)
}

/// A number; one that is none is not a number.
fn float(value: &DeValue<'_>) -> f64 {
    match value {
        DeValue::Float(number) => number.as_str().parse().unwrap_or(f64::NAN),
        _ => integer(value) as f64,
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What must be there, in the place of what is wrong, so that the rest can be looked at.
fn complete(fields: &[Field]) -> Value {
    let required = fields.iter().filter(|field| field.required);
    Value::Table(required.map(|field| (field.name.to_owned(), example(field))).collect())
}

//! Fields that a study varies, each with the values that it takes.
//!
//! ```text
//!   rules.lease_duration=20s..120s:9         nine values, evenly apart, both ends included
//!   messaging.latency=fast,documented        these
//! ```
//!
//! Values are read as the file would be, in the words of the field itself, and are put over a
//! scenario that has nothing left to draw. In between two ends there are only whole numbers.

use super::reader;
use super::swarm::range::Range;
use super::{SCENARIO, Scenario};
use crate::schema::{Field, Shape};
use serde::Deserialize;
use toml::{Table, Value};

/// The most values of a field.
const VALUES_MAX: usize = 1_000;

/// What a scenario says of itself, which is nothing that a world has.
const NOT_VARIED: [&str; 5] = ["title", "compare", "swarm", "expect", "library"];

/// A field, and the values that it takes in a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    path: String,
    alias: Option<&'static str>,
    values: Vec<Value>,
}

impl Axis {
    /// Reads what stands after `--vary`.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Axis, String> {
        let form = "it looks like rules.lease_duration=20s..120s:9, or messaging.loss=0%,5%";
        let (path, values) = text.split_once('=').ok_or(form)?;
        let (path, field) = find(path.trim())?;
        let values = match range(values) {
            Some((from, to, count)) => spread(&path, &field, (from, to), count)?,
            None => {
                let values = listed(values).into_iter();
                values.map(|one| value(&path, &field.shape, one)).collect::<Result<_, _>>()?
            }
        };
        if values.len() > VALUES_MAX {
            return Err(format!("{path} has {} values; allowed: {VALUES_MAX}", values.len()));
        }
        let axis = Axis { path, alias: field.alias, values };
        let texts = axis.texts();
        match (1..texts.len()).find(|nth| texts[..*nth].contains(&texts[*nth])) {
            Some(twice) => Err(format!("{} is {} twice", axis.path, texts[twice])),
            None => Ok(axis),
        }
    }

    /// The path of the field, such as `rules.lease_duration` or `timeline[0].at`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the library's own documentation calls the field, if it has a name for it.
    pub fn constant(&self) -> Option<&'static str> {
        self.alias
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The values as they are shown: without a comma or a quote, each different.
    pub fn texts(&self) -> Vec<String> {
        self.values.iter().map(plain).collect()
    }

    /// A value as a file says it.
    pub fn written(&self, nth: usize) -> String {
        self.values[nth].to_string()
    }
}

/// A value without what rows are cut at.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace(',', ";").replace('"', ""),
        other => other.to_string().replace(',', ";").replace(['"', '\n'], ""),
    }
}

impl Scenario {
    /// The scenario with one value of each of these fields, each by its number.
    ///
    /// # Errors
    /// An entry of a list that the scenario does not have. That all goes together is not looked at:
    /// see [`Scenario::checked`].
    ///
    /// # Panics
    /// If it still has something to draw, or an axis has no such value.
    pub fn at(&self, point: &[(&Axis, usize)]) -> Result<Scenario, String> {
        assert!(self.swarm.draw.is_empty(), "what is drawn is drawn first");
        let mut table = Table::try_from(self.clone()).expect("a scenario is plain fields");
        for (axis, nth) in point {
            put(&mut table, &axis.path, &axis.values[*nth])
                .map_err(|entry| format!("there is no {entry}, so {} cannot vary", axis.path))?;
        }
        Ok(Scenario::deserialize(table).expect("the values are what their fields may be"))
    }

    /// The same scenario, which does not draw these fields any more.
    #[must_use]
    pub fn not_drawing(&self, axes: &[Axis]) -> Scenario {
        let mut scenario = self.clone();
        let varied = |path: &String| axes.iter().any(|axis| axis.path == *path);
        scenario.swarm.draw.retain(|path, _| !varied(path));
        if scenario.swarm.draw.is_empty() {
            scenario.swarm = Default::default();
        }
        scenario
    }
}

/// The field at a path, and its path in its own words.
fn find(path: &str) -> Result<(String, Field), String> {
    let (mut fields, mut own) = (SCENARIO, String::new());
    let mut names = path.split('.').peekable();
    loop {
        let name = names.next().unwrap_or_default();
        let (name, entry) = match name.split_once('[') {
            Some((name, entry)) => (name, Some(entry)),
            None => (name, None),
        };
        let field = fields
            .iter()
            .find(|field| field.is_called(name))
            .filter(|field| !(own.is_empty() && NOT_VARIED.contains(&field.name)));
        let field = *field.ok_or_else(|| reader::unknown_among(name, fields, &own))?;
        own = if own.is_empty() { field.name.to_owned() } else { format!("{own}.{}", field.name) };
        let shape = match (field.shape, entry) {
            (Shape::Tables(inner, _), Some(entry)) => {
                own = format!("{own}[{}]", index(&own, entry)?);
                Shape::Table(inner)
            }
            (Shape::List(of, ..), Some(entry)) => {
                own = format!("{own}[{}]", index(&own, entry)?);
                *of
            }
            (shape, None) => shape,
            _ => return Err(format!("{own} is no list, so nothing of it has a number")),
        };
        match (shape, names.peek()) {
            (Shape::Table(inner), Some(_)) => fields = inner,
            (Shape::Table(_) | Shape::Tables(..), None) => {
                return Err(format!("{own} has fields of its own; allowed: one of those"));
            }
            (_, Some(inner)) => return Err(format!("{own} has no field {inner:?}")),
            (_, None) => return Ok((own, field.shape(shape))),
        }
    }
}

fn index(list: &str, entry: &str) -> Result<usize, String> {
    let index = entry.strip_suffix(']').and_then(|digits| digits.parse().ok());
    index.ok_or_else(|| format!("{list}[{entry} names no entry; allowed: {list}[0], {list}[1], .."))
}

/// Both ends of a range, and how many values it has.
fn range(values: &str) -> Option<(&str, &str, usize)> {
    let (ends, count) = values.rsplit_once(':')?;
    let (from, to) = ends.split_once("..")?;
    Some((from.trim(), to.trim(), count.trim().parse().ok()?))
}

/// Values that lie evenly between two, both included.
fn spread(
    path: &str,
    field: &Field,
    (from, to): (&str, &str),
    count: usize,
) -> Result<Vec<Value>, String> {
    let Some(range) = Range::of(&field.shape) else {
        return Err(format!("{path} has nothing in between; allowed: values, one by one"));
    };
    let (first, last) = (value(path, &range.from, from)?, value(path, &range.to, to)?);
    let (least, most) = (range.number(&first), range.number(&last));
    if !(2..=VALUES_MAX).contains(&count) || least == most {
        let allowed = format!("2 to {VALUES_MAX}, between two ends that differ");
        return Err(format!("{path} has {count} values from {from} to {to}; allowed: {allowed}"));
    }
    let between = |nth: usize| {
        let (nth, steps) = (nth as i128, count as i128 - 1);
        let n = i128::from(least) + (i128::from(most) - i128::from(least)) * nth / steps;
        range.rounded(u64::try_from(n).expect("it lies between two"))
    };
    let inner = (1..count - 1).map(between);
    Ok(std::iter::once(first).chain(inner).chain(std::iter::once(last)).collect())
}

/// What is listed: cut at commas that are in no brackets and in no quotes.
fn listed(values: &str) -> Vec<&str> {
    let (mut depth, mut in_quotes, mut from, mut found) = (0_i32, false, 0, Vec::new());
    for (at, c) in values.char_indices() {
        match c {
            '"' => in_quotes = !in_quotes,
            '{' | '[' if !in_quotes => depth += 1,
            '}' | ']' if !in_quotes => depth -= 1,
            ',' if !in_quotes && depth <= 0 => {
                found.push(&values[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&values[from..]);
    found
}

/// One value, read as the file would be. Quotes need not be typed.
fn value(path: &str, shape: &Shape, text: &str) -> Result<Value, String> {
    let text = text.trim();
    let bare = match shape {
        _ if text.starts_with(['"', '{', '[']) => true,
        Shape::Flag | Shape::Count(..) | Shape::Rate | Shape::Millis => true,
        Shape::Chance => text.parse::<f64>().is_ok(),
        _ => false,
    };
    let literal = if bare { text.to_owned() } else { Value::String(text.to_owned()).to_string() };
    reader::one(path, shape, &literal)
}

/// Puts a value at a path; the first entry that is not there, if one is not.
fn put(table: &mut Table, path: &str, value: &Value) -> Result<(), String> {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    let (name, entry) = match head.split_once('[') {
        Some((name, entry)) => (name, entry.trim_end_matches(']').parse::<usize>().ok()),
        None => (head, None),
    };
    let Some(entry) = entry else {
        let Some(rest) = rest else {
            table.insert(name.to_owned(), value.clone());
            return Ok(());
        };
        let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
        return put(inner.as_table_mut().expect("a field with fields is a table"), rest, value);
    };
    let list = table.get_mut(name).and_then(Value::as_array_mut);
    let slot = list.and_then(|list| list.get_mut(entry)).ok_or(head)?;
    match (rest, slot) {
        (None, slot) => *slot = value.clone(),
        (Some(rest), Value::Table(inner)) => return put(inner, rest, value),
        (Some(_), _) => return Err(head.to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(vary: &str) -> Vec<String> {
        Axis::parse(vary).unwrap_or_else(|why| panic!("{vary}: {why}")).texts()
    }

    #[test]
    fn a_range_has_both_ends_and_what_lies_evenly_between_in_the_fields_own_words() {
        let cases: [(&str, &[&str]); 9] = [
            ("rules.lease_duration=20s..120s:5", &["20s", "45s", "1m10s", "1m35s", "2m"]),
            ("messaging.loss=0%..30%:4", &["0%", "10%", "20%", "30%"]),
            ("messaging.loss=30%..0%:3", &["30%", "15%", "0%"]),
            ("servers.count=2..40:3", &["2", "21", "40"]),
            ("players.edit_every=1s..2s:4", &["1s", "1.333s", "1.666s", "2s"]),
            ("rules.LEASE_DURATION=1m,2m", &["1m", "2m"]),
            ("rules.self_fence=false,true", &["false", "true"]),
            (
                "messaging.latency=fast, 1s..2s, { p50 = \"1s\", p99 = \"2s\" }",
                &["fast", "1s..2s", "{ p50 = 1s; p99 = 2s }"],
            ),
            ("datastore.incidents[0].latency=1s..3s:3", &["1s", "2s", "3s"]),
        ];
        for (vary, expected) in cases {
            assert_eq!(texts(vary), expected, "{vary}");
        }
        let axis = Axis::parse("rules.LEASE_DURATION=1m").expect("an alias");
        assert_eq!(
            (axis.path(), axis.constant()),
            ("rules.lease_duration", Some("LEASE_DURATION"))
        );
        assert_eq!(axis.written(0), "\"1m\"");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_allowed() {
        let cases = [
            ("rules.lease_duration", "it looks like"),
            ("rules.lease_duraton=1m", "perhaps \"lease_duration\"?"),
            ("rules=1m", "has fields of its own"),
            ("title=a", "unknown field `title`"),
            ("rules.lease_duration=60", "is not a duration"),
            ("rules.lease_duration=0s", "is too small"),
            ("rules.lease_duration=1m,60s", "is 1m twice"),
            ("rules.lease_duration=1m..2m:1", "allowed: 2 to 1000"),
            ("rules.lease_duration=1m..1m:2", "two ends that differ"),
            ("rules.self_fence=false..true:2", "nothing in between"),
            ("servers.count=1..3:9", "twice"),
            ("servers.count[0]=1", "is no list"),
            ("timeline[x].at=1s", "names no entry"),
            ("servers.count.x=1", "has no field \"x\""),
            ("messaging.latency=healthy", "preset for something else"),
        ];
        for (vary, expected) in cases {
            let told = Axis::parse(vary).expect_err(vary);
            assert!(told.contains(expected), "{vary}: {told}");
        }
    }

    #[test]
    fn a_point_is_the_scenario_with_its_values() {
        let text = "duration = \"5m\"\n\
            timeline = [{ at = \"1m\", do = \"pause\", server = 0, for = \"1s\" }]";
        let scenario = Scenario::parse(text).expect("valid");
        let loss = Axis::parse("messaging.loss=0%,5%").expect("valid");
        let at = Axis::parse("timeline[0].at=1m,2m").expect("valid");
        let point = scenario.at(&[(&loss, 1), (&at, 1)]).expect("they are there");
        assert_eq!(point.messaging.loss.to_string(), "5%");
        assert!(point.print().contains("at = \"2m\""));
        assert_eq!(scenario.at(&[(&loss, 0), (&at, 0)]), Ok(scenario.clone()));
        let none = Axis::parse("timeline[1].at=1m").expect("valid");
        let told = scenario.at(&[(&none, 0)]).expect_err("there is one entry");
        assert_eq!(told, "there is no timeline[1], so timeline[1].at cannot vary");
    }

    #[test]
    fn what_is_varied_is_not_drawn() {
        let text = "swarm.draw = { messaging.loss = { any = [\"1%\"] } }";
        let scenario = Scenario::parse(text).expect("valid");
        let loss = Axis::parse("messaging.loss=0%,5%").expect("valid");
        assert!(scenario.not_drawing(&[loss]).swarm.draw.is_empty());
        let other = Axis::parse("messaging.duplicate=0%,5%").expect("valid");
        assert_eq!(scenario.not_drawing(&[other]), scenario);
    }
}

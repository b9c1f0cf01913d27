//! Other settings of a scenario: a name, and what differs.
//!
//! What differs is kept as a file says it, since any field may: a variant is the scenario with
//! those fields put over its own, table by table. What is expected is one thing, and so is a
//! latency: they are replaced as a whole.

use super::{Protocol, SCENARIO, Scenario};
use crate::schema::{Declared, Field, Shape};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Other settings of the same world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// What it is called; also the name of its folder: letters, digits, - and _.
    pub name: String,
    /// The fields that differ, as a file says them.
    #[serde(flatten)]
    pub fields: Table,
}

/// The most variants that a scenario has.
const VARIANTS_MAX: usize = 16;

impl Declared for Vec<Variant> {
    const SHAPE: Shape = Shape::Settings(VARIANTS_MAX);
}

/// The name of a variant.
pub(super) const NAME: &[Field] = &[Field::new(
    "name",
    Shape::Text(64),
    "What it is called; also the name of its folder: letters, digits, - and _.",
)
.required("\"strict\"")];

/// The fields of a variant: its name, and those of a scenario.
pub(super) fn fields() -> Vec<Field> {
    let own = SCENARIO.iter().filter(|field| !["compare", "swarm"].contains(&field.name));
    NAME.iter().chain(own).copied().collect()
}

impl Variant {
    /// The library that it puts into the world, if it is another one.
    pub fn protocol(&self) -> Option<Protocol> {
        self.fields.get("protocol").and_then(Value::as_str).and_then(Protocol::named)
    }

    /// Whether it says something of the field at a path such as `timeline[2].at`.
    pub(super) fn says(&self, path: &str) -> bool {
        let mut table = &self.fields;
        for name in path.split('.') {
            let name = name.split('[').next().unwrap_or(name);
            match table.get(name) {
                None => return false,
                Some(Value::Table(inner)) => table = inner,
                Some(_) => return true,
            }
        }
        true
    }
}

impl Scenario {
    /// The scenario that one of its variants is.
    ///
    /// # Panics
    /// If it still has something to draw: variants are compared on the same world, so it is drawn
    /// first, see [`Scenario::drawn`]. If the variant was made by a program, and says what no file
    /// may say, see [`Scenario::checked`].
    pub fn variant(&self, variant: &Variant) -> Scenario {
        assert!(self.swarm.draw.is_empty(), "variants are those of a drawn scenario");
        let plain = Scenario { compare: Vec::new(), ..self.clone() };
        let own = Table::try_from(plain).expect("a scenario is plain fields");
        let table = over(&own, &variant.fields, SCENARIO);
        Scenario::deserialize(table).expect("a variant has fields of a scenario")
    }
}

/// A table with another one's values put over its own, as deep as the fields are tables.
fn over(under: &Table, upper: &Table, fields: &[Field]) -> Table {
    let mut table = under.clone();
    for (name, value) in upper {
        let shape = fields.iter().find(|field| field.name == name).map(|field| field.shape);
        let inner = match shape {
            Some(Shape::Table(inner)) if name != "expect" => Some(inner),
            // Of a library's own fields nobody here knows more.
            Some(Shape::Free) | None => Some(&[][..]),
            Some(_) => None,
        };
        let value = match (inner, table.get(name), value) {
            (Some(inner), Some(Value::Table(under)), Value::Table(upper)) => {
                Value::Table(over(under, upper, inner))
            }
            _ => value.clone(),
        };
        table.insert(name.clone(), value);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_the_scenario_with_its_fields_put_over() {
        let text = "duration = \"5m\"\nmessaging.loss = \"10%\"\n\
            datastore.latency = { p50 = \"100ms\", p99 = \"1s\" }\n\
            expect.marks = [\"a lease expired\"]\nlibrary = { a = { b = 1, c = 2 } }\n\
            [[compare]]\nname = \"other\"\nprotocol = \"profile_store\"\n\
            profile_store.auto_save_period = \"30s\"\nmessaging.latency = \"fast\"\n\
            datastore.latency = \"degraded\"\nexpect.invariants.no_double_ownership = \"any\"\n\
            players.count = 7\nlibrary.a.b = 3\n";
        let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}"));
        let other = scenario.variant(&scenario.compare[0]);
        assert_eq!(other.protocol, Protocol::ProfileStore);
        assert_eq!((other.players.count, other.messaging.loss), (7, scenario.messaging.loss));
        assert_eq!(other.expect.marks, [""; 0]);
        assert_eq!(other.library.to_string().replace(['\n', ' '], ""), "[a]b=3c=2");
        assert_eq!(other.checked(), Ok(()));
        assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario));
    }

    #[test]
    fn what_it_says_is_known_by_its_path() {
        let text = "[[compare]]\nname = \"a\"\nrules.renew_after = \"20s\"\n\
            timeline = [{ at = \"1s\", do = \"pause\", server = 0, for = \"1s\" }]\n";
        let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}"));
        let variant = &scenario.compare[0];
        assert!(variant.says("rules.renew_after") && variant.says("timeline[0].at"));
        assert!(!variant.says("rules.lease_duration") && !variant.says("players.count"));
    }
}

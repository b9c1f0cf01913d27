//! A scenario as people want to see it: the text of a file that says the same, without the fields
//! that have their defaults.

use super::Scenario;
use std::fmt;
use toml::{Table, Value};

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tree = |scenario| Table::try_from(scenario).map_err(|_| fmt::Error);
        let short = differing(&tree(self)?, &tree(&Scenario::default())?);
        f.write_str(&toml::to_string(&short).map_err(|_| fmt::Error)?)
    }
}

/// On lines of its own, so that the text can be cut out of whatever stands around it.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

fn differing(tree: &Table, default: &Table) -> Table {
    let fields = tree.iter().filter(|(name, value)| default.get(*name) != Some(value));
    let fields = fields.map(|(name, value)| match (value, default.get(name)) {
        (Value::Table(inner), Some(Value::Table(default))) => {
            (name.clone(), Value::Table(differing(inner, default)))
        }
        _ => (name.clone(), value.clone()),
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_text_says_the_same_as_the_long_one() {
        let text = "title = \"a\"\nrules.lease_duration = \"90s\"\n\
            players = { count = 7, hop = \"90%\" }\n\
            datastore.latency = { p50 = \"1s\", p99 = \"2s\" }\n";
        let scenario = Scenario::parse(text).expect(text);
        let short = scenario.to_string();
        assert_eq!(Scenario::parse(&short), Ok(scenario.clone()));
        assert!(short.lines().count() < 15, "{short}");
        assert_eq!(Scenario::default().to_string(), "");
        assert_eq!(format!("{scenario:?}"), format!("\n{short}"));
    }
}

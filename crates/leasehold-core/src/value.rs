//! The data that users have: a tree of tables, strings, numbers and booleans, as a Luau table or
//! its JSON holds them.
//!
//! There is no null: in Luau a field that is nil is a field that is not there.

use crate::canonical;
use crate::document::{Document, NotCanonical};
use crate::template;
use std::collections::BTreeMap;

/// A JSON-like value without null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// A number. NaN and infinities can be held, so that the refusal can be tested, but not stored
    /// (rule [R2](crate::chronicle::protocol#R2)).
    Number(f64),
    /// A string.
    String(String),
    /// An array. Empty, it is the same value as an empty map (rule
    /// [R2](crate::chronicle::protocol#R2)).
    Array(Vec<Value>),
    /// A map with its keys in bytewise order.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// An empty table.
    pub fn empty() -> Value {
        Value::Map(BTreeMap::new())
    }

    /// A map of these fields.
    pub fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The value at the end of a path of field names, if there is one.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, name| match value {
            Value::Map(fields) => fields.get(*name),
            _ => None,
        })
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

/// A change of a [`Value`].
#[derive(Clone, Debug, PartialEq)]
pub enum ValueEdit {
    /// Puts a value at the end of a path of field names; maps on the way are made, other values on
    /// the way replaced.
    Set(Vec<String>, Value),
    /// Adds to the number at the end of a path; anything else there counts as 0.
    Add(Vec<String>, f64),
    /// Puts a value behind the others of the array at the end of a path, as `table.insert` does;
    /// anything else there counts as an empty one.
    Append(Vec<String>, Value),
    /// Takes the first ones of the array at the end of a path away until it has so many at the
    /// most; anything else there stays.
    KeepLast(Vec<String>, usize),
    /// Several changes as one, in order.
    All(Vec<ValueEdit>),
}

impl Document for Value {
    type Edit = ValueEdit;

    fn apply(&mut self, edit: &ValueEdit) {
        match edit {
            ValueEdit::Set(path, value) => *slot(self, path) = value.clone(),
            ValueEdit::Add(path, amount) => {
                let slot = slot(self, path);
                let before = if let Value::Number(number) = slot { *number } else { 0.0 };
                *slot = Value::Number(before + amount);
            }
            ValueEdit::Append(path, value) => {
                let slot = slot(self, path);
                if let Value::Array(values) = slot {
                    values.push(value.clone());
                } else {
                    *slot = Value::Array(vec![value.clone()]);
                }
            }
            ValueEdit::KeepLast(path, most) => {
                if let Value::Array(values) = slot(self, path) {
                    values.drain(..values.len().saturating_sub(*most));
                }
            }
            ValueEdit::All(edits) => edits.iter().for_each(|edit| self.apply(edit)),
        }
    }

    fn reconcile(&mut self, template: &Value) {
        template::reconcile(self, template);
    }

    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
        canonical::write(self, out)
    }
}

fn slot<'a>(root: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(root, |value, name| {
        if !matches!(value, Value::Map(_)) {
            *value = Value::empty();
        }
        let Value::Map(fields) = value else { unreachable!("made a map just above") };
        fields.entry(name.clone()).or_insert_with(Value::empty)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_edit_makes_the_maps_on_its_way() {
        let mut data = Value::map([("Coins", 5.0.into())]);
        data.apply(&ValueEdit::Add(path(&["Coins"]), 2.0));
        data.apply(&ValueEdit::Add(path(&["Stats", "Kills"]), 1.0));
        data.apply(&ValueEdit::Set(path(&["Coins", "Gold"]), true.into()));
        assert_eq!(data.at(&["Coins", "Gold"]), Some(&Value::Bool(true)));
        assert_eq!(data.at(&["Stats", "Kills"]), Some(&Value::Number(1.0)));
        assert_eq!(data.at(&["Stats", "Deaths"]), None);
    }

    #[test]
    fn what_is_appended_comes_last_and_begins_a_list_where_there_is_none() {
        // An empty table of a template is as good a list as any.
        let mut data = Value::map([("Items", Value::empty()), ("Coins", 5.0.into())]);
        for (name, item) in [("Items", "sword"), ("Items", "bow"), ("Coins", "gold")] {
            data.apply(&ValueEdit::Append(path(&[name]), item.into()));
        }
        let items = Value::Array(vec!["sword".into(), "bow".into()]);
        assert_eq!(data.at(&["Items"]), Some(&items));
        assert_eq!(data.at(&["Coins"]), Some(&Value::Array(vec!["gold".into()])));
        for (most, left) in [(3, vec!["sword", "bow"]), (1, vec!["bow"]), (0, vec![])] {
            data.apply(&ValueEdit::KeepLast(path(&["Items"]), most));
            let left = Value::Array(left.into_iter().map(Value::from).collect());
            assert_eq!(data.at(&["Items"]), Some(&left));
        }
    }
}

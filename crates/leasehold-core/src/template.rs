//! Template reconciliation: an old save gets the fields that the game has grown since (rule S2).

use crate::value::Value;

/// Adds to `data` the fields of `template` that it lacks. Maps are merged all the way down; a field
/// that is there is kept, whatever its type; arrays are values and kept whole.
///
/// An empty table may be either kind, so an empty array counts as an empty map here.
pub(crate) fn reconcile(data: &mut Value, template: &Value) {
    let Value::Map(wanted) = template else { return };
    if matches!(data, Value::Array(items) if items.is_empty()) && !wanted.is_empty() {
        *data = Value::empty();
    }
    let Value::Map(present) = data else { return };
    for (name, default) in wanted {
        match present.get_mut(name) {
            Some(value) => reconcile(value, default),
            None => {
                present.insert(name.clone(), default.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_fields_are_added_present_ones_kept_and_maps_merged_all_the_way_down() {
        let cases = [
            ("missing", vec![], vec![("Coins", 1.0.into())], vec![("Coins", 1.0.into())]),
            (
                "present",
                vec![("Coins", 9.0.into())],
                vec![("Coins", 1.0.into())],
                vec![("Coins", 9.0.into())],
            ),
            (
                "nested",
                vec![("S", Value::map([("Music", false.into())]))],
                vec![("S", Value::map([("Music", true.into()), ("Sfx", true.into())]))],
                vec![("S", Value::map([("Music", false.into()), ("Sfx", true.into())]))],
            ),
            (
                "type clash keeps what is stored",
                vec![("S", 3.0.into())],
                vec![("S", Value::map([("Music", true.into())]))],
                vec![("S", 3.0.into())],
            ),
            (
                "arrays are values",
                vec![("Bag", Value::Array(vec!["axe".into()]))],
                vec![("Bag", Value::Array(vec!["map".into(), "rope".into()]))],
                vec![("Bag", Value::Array(vec!["axe".into()]))],
            ),
            (
                "an empty table is a map where the template has one",
                vec![("S", Value::Array(vec![]))],
                vec![("S", Value::map([("Music", true.into())]))],
                vec![("S", Value::map([("Music", true.into())]))],
            ),
            ("extra", vec![("Old", 1.0.into())], vec![], vec![("Old", 1.0.into())]),
        ];
        let map = |fields: Vec<(&str, Value)>| {
            Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        for (name, stored, template, expected) in cases {
            let (mut data, template) = (map(stored), map(template));
            reconcile(&mut data, &template);
            assert_eq!(data, map(expected), "{name}");
            let once = data.clone();
            reconcile(&mut data, &template);
            assert_eq!(data, once, "{name}: a second time changes nothing");
        }
    }
}

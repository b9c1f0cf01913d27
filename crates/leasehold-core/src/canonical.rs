//! Canonical serialization: one value, one string of bytes (rule R2).
//!
//! A hash can only find corruption if two different values never serialize alike and one value
//! always serializes the same way. So every value begins with a tag for its type, everything of
//! variable length says its length first, and maps are written in the bytewise order of their keys.
//! What must be told apart is: `1` and `"1"`, `["a", "b"]` and `["ab"]`, `{a = {}, b = 1}` and `{a
//! = {b = 1}}`. What must not: `0` and `-0`, and the empty array and the empty map, which are one
//! and the same table in Luau.
//!
//! | bytes                              | value            |
//! |------------------------------------|------------------|
//! | `t` or `f`                         | a boolean        |
//! | `n`, 8 bytes of the IEEE 754 bits  | a number         |
//! | `s`, length, bytes                 | a string         |
//! | `e`                                | an empty table   |
//! | `a`, count, elements               | an array         |
//! | `m`, count, (length, key, value)s  | a map            |
//!
//! Lengths and counts are 8 bytes; all integers are little-endian.

use crate::document::NotCanonical;
use crate::value::Value;

/// Writes the canonical bytes of a value, piece by piece.
///
/// # Errors
/// [`NotCanonical`] if a number in it is not finite. What was written by then is garbage.
pub(crate) fn write(value: &Value, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
    match value {
        Value::Bool(true) => out(b"t"),
        Value::Bool(false) => out(b"f"),
        Value::Number(number) => write_number(*number, out)?,
        Value::String(text) => {
            out(b"s");
            write_text(text, out);
        }
        Value::Array(items) if items.is_empty() => out(b"e"),
        Value::Map(fields) if fields.is_empty() => out(b"e"),
        Value::Array(items) => {
            out(b"a");
            write_len(items.len(), out);
            for item in items {
                write(item, out)?;
            }
        }
        Value::Map(fields) => {
            out(b"m");
            write_len(fields.len(), out);
            for (name, value) in fields {
                write_text(name, out);
                write(value, out)?;
            }
        }
    }
    Ok(())
}

fn write_number(number: f64, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
    if !number.is_finite() {
        return Err(NotCanonical);
    }
    let number = if number == 0.0 { 0.0 } else { number };
    out(b"n");
    out(&number.to_bits().to_le_bytes());
    Ok(())
}

fn write_text(text: &str, out: &mut dyn FnMut(&[u8])) {
    write_len(text.len(), out);
    out(text.as_bytes());
}

fn write_len(len: usize, out: &mut dyn FnMut(&[u8])) {
    out(&(len as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
        let mut bytes = Vec::new();
        write(value, &mut |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    #[test]
    fn known_values_have_known_bytes() {
        let cases: [(Value, &[u8]); 6] = [
            (true.into(), b"t"),
            (1.0.into(), b"n\0\0\0\0\0\0\xf0\x3f"),
            ("1".into(), b"s\x01\0\0\0\0\0\0\x001"),
            (Value::empty(), b"e"),
            (Value::Array(vec![false.into()]), b"a\x01\0\0\0\0\0\0\0f"),
            (Value::map([("k", true.into())]), b"m\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0kt"),
        ];
        for (value, expected) in cases {
            assert_eq!(bytes(&value).as_deref(), Ok(expected), "{value:?}");
        }
    }

    #[test]
    fn zero_and_minus_zero_are_one_value_and_so_are_the_two_empty_tables() {
        assert_eq!(bytes(&(-0.0).into()), bytes(&0.0.into()));
        assert_eq!(bytes(&Value::Array(vec![])), bytes(&Value::empty()));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_however_deep_they_hide() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let hidden = Value::map([("a", Value::Array(vec![1.0.into(), bad.into()]))]);
            assert_eq!(bytes(&hidden), Err(NotCanonical));
        }
    }

    #[test]
    fn values_that_look_alike_serialize_differently() {
        let pairs = [
            (1.0.into(), "1".into()),
            (Value::Array(vec!["a".into(), "b".into()]), Value::Array(vec!["ab".into()])),
            (
                Value::map([("a", Value::empty()), ("b", 1.0.into())]),
                Value::map([("a", Value::map([("b", 1.0.into())]))]),
            ),
            (Value::Array(vec![Value::empty()]), Value::empty()),
            ("t".into(), true.into()),
        ];
        for (one, other) in pairs {
            assert_ne!(bytes(&one), bytes(&other), "{one:?} and {other:?}");
        }
    }

    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            prop_oneof![Just(0.0), Just(-0.0), Just(1.0), -1e9..1e9].prop_map(Value::Number),
            "[ab1\u{e9}]{0,3}".prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                prop::collection::btree_map("[ab]{0,2}", inner, 0..3).prop_map(Value::Map),
            ]
        })
    }

    /// The same value with its two spellings of nothing made one: the reference that the bytes are
    /// held against.
    fn normal(value: &Value) -> Value {
        match value {
            Value::Number(number) if *number == 0.0 => Value::Number(0.0),
            Value::Array(items) if items.is_empty() => Value::Map(BTreeMap::new()),
            Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
            Value::Map(fields) => Value::Map(
                fields.iter().map(|(name, value)| (name.clone(), normal(value))).collect(),
            ),
            other => other.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn two_values_have_the_same_bytes_exactly_when_they_are_the_same_value(
            one in any_value(), other in any_value(),
        ) {
            prop_assert_eq!(bytes(&one) == bytes(&other), normal(&one) == normal(&other));
        }

        #[test]
        fn no_value_is_the_beginning_of_another(one in any_value(), other in any_value()) {
            let (one, other) = (bytes(&one).unwrap(), bytes(&other).unwrap());
            prop_assert!(one == other || !other.starts_with(&one));
        }
    }
}

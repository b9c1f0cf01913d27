//! How long a value is as JSON, counted and not written: the datastore's limits are in bytes of it.

use leasehold_core::Value;
use std::fmt::{self, Write};

/// How long a value is as JSON, in bytes. A number that JSON does not know counts as it prints.
pub(super) fn size(value: &Value) -> u64 {
    match value {
        Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => {
            let mut count = Count(0);
            write!(count, "{number}").expect("counting does not fail");
            count.0
        }
        Value::String(text) => quoted(text),
        Value::Array(items) => 2 + commas(items.len()) + items.iter().map(size).sum::<u64>(),
        Value::Map(fields) => {
            let fields_size = fields.iter().map(|(name, value)| quoted(name) + 1 + size(value));
            2 + commas(fields.len()) + fields_size.sum::<u64>()
        }
    }
}

/// How many digits a whole number has.
pub(super) fn digits(number: u64) -> u64 {
    u64::from(number.checked_ilog10().unwrap_or(0)) + 1
}

fn commas(things: usize) -> u64 {
    things.saturating_sub(1) as u64
}

/// A string with its quotes and escapes; what is not ASCII stands for itself.
fn quoted(text: &str) -> u64 {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..0x20 => 6,
        _ => 1,
    });
    2 + escaped.sum::<u64>()
}

/// Takes text and keeps its length.
struct Count(u64);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_long_as_its_json() {
        let array = |items: &[f64]| Value::Array(items.iter().map(|n| (*n).into()).collect());
        let cases: [(Value, &str); 8] = [
            (true.into(), "true"),
            (false.into(), "false"),
            (12.5.into(), "12.5"),
            ("a\"b\\\n\u{1}\u{e9}".into(), "\"a\\\"b\\\\\\n\\u0001\u{e9}\""),
            (Value::empty(), "{}"),
            (array(&[]), "[]"),
            (array(&[1.0, -2.0]), "[1,-2]"),
            (Value::map([("a", 1.0.into()), ("b", Value::empty())]), r#"{"a":1,"b":{}}"#),
        ];
        for (value, json) in cases {
            assert_eq!(size(&value), json.len() as u64, "{json}");
        }
    }
}

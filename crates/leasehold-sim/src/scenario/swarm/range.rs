//! Drawing from a range: values become whole numbers, one of them is picked, and it becomes a value
//! again.
//!
//! Laws: both ends belong to the range, and a word of all zeros or all ones picks them as they are
//! written; everything in between is integers.

use crate::schema::{Declared, Shape};
use crate::units::{Chance, SPAN_MAX, Span, Spread, scale};
use std::time::Duration;
use toml::Value;

/// A shape that has a least and a largest.
pub(crate) struct Range<'a> {
    shape: &'a Shape,
    /// What its least may be.
    pub(crate) from: Shape,
    /// What its largest may be.
    pub(crate) to: Shape,
}

impl Range<'_> {
    /// The range that a field of this shape is drawn from, if it can be.
    pub(crate) fn of(shape: &Shape) -> Option<Range<'_>> {
        let (from, to) = match *shape {
            Shape::Count(..) | Shape::Span(..) | Shape::Chance | Shape::Rate | Shape::Millis => {
                (*shape, *shape)
            }
            Shape::Spread { from_min, to_min } | Shape::Drawn { from_min, to_min } => {
                (Shape::Span(from_min, SPAN_MAX), Shape::Span(from_min.max(to_min), SPAN_MAX))
            }
            Shape::Latency(_) => (Span::SHAPE, Span::SHAPE),
            _ => return None,
        };
        Some(Range { shape, from, to })
    }

    /// What these words pick.
    pub(crate) fn value(&self, (from, to): (&Value, &Value), words: [u32; 2]) -> Value {
        let (least, most) = (self.number(from), self.number(to));
        match *self.shape {
            Shape::Spread { to_min, .. } | Shape::Drawn { to_min, .. } => {
                self.spread((least, most), to_min, words)
            }
            Shape::Latency(_) => self.spread((least, most), Duration::ZERO, words),
            _ => match self.between(least, most, words[0]) {
                n if n == least => from.clone(),
                n if n == most => to.clone(),
                n => self.text(n),
            },
        }
    }

    /// A range within the range: first its longest, then its shortest.
    fn spread(&self, (least, most): (u64, u64), to_min: Duration, words: [u32; 2]) -> Value {
        let longest = self.between(least.max(leasehold_core::micros(to_min)), most, words[0]);
        let shortest = self.between(least, longest, words[1]);
        Value::String(Spread { from: span(shortest), to: span(longest) }.to_string())
    }

    fn between(&self, least: u64, most: u64, word: u32) -> u64 {
        let even = |from: u64, to: u64| match word {
            u32::MAX => to,
            word => from + scale(word, to - from),
        };
        let picked = match self.shape {
            Shape::Count(..) => return even(least, most),
            _ if least == 0 => even(least, most),
            _ => unlevel(even(level(least), level(most))),
        };
        // The ends are as they are written, and the rest has three digits.
        if word == u32::MAX { most } else { three_digits(picked).clamp(least, most) }
    }

    /// A value as a whole number: of microseconds, of billionths, or as it is.
    pub(crate) fn number(&self, value: &Value) -> u64 {
        match (self.shape, value) {
            (Shape::Count(..), Value::Integer(count)) => u64::try_from(*count).unwrap_or(0),
            (Shape::Chance, Value::String(text)) => {
                Chance::parse(text).map_or(0, Chance::billionths)
            }
            (Shape::Chance | Shape::Rate, Value::Float(p)) => {
                Chance::fraction(*p).map_or(0, Chance::billionths)
            }
            (Shape::Millis, Value::Float(millis)) => (millis * 1_000.0).round() as u64,
            (_, Value::String(text)) => Span::parse(text).map_or(0, Span::us),
            _ => 0,
        }
    }

    /// A whole number as a value, with four digits: one that was computed.
    pub(crate) fn rounded(&self, n: u64) -> Value {
        match self.shape {
            Shape::Count(..) => self.text(n),
            _ => self.text(digits(n, 4)),
        }
    }

    /// A whole number as a value.
    fn text(&self, n: u64) -> Value {
        match self.shape {
            Shape::Count(..) => Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)),
            Shape::Chance => Value::String(Chance::of_billionths(n).to_string()),
            Shape::Rate => Value::Float(n as f64 / 1e9),
            Shape::Millis => Value::Float(n as f64 / 1e3),
            _ => Value::String(span(n).to_string()),
        }
    }
}

fn span(us: u64) -> Span {
    Span(Duration::from_micros(us))
}

/// Which of so many a word picks.
pub(super) fn pick(word: u32, many: usize) -> usize {
    scale(word, many as u64 - 1) as usize
}

/// How many doublings a number is away from 1, in parts of 2^32: a logarithm of straight lines.
fn level(n: u64) -> u64 {
    let octave = n.ilog2();
    let beyond = u128::from(n - (1 << octave));
    u64::from(octave) << 32 | (beyond << 32 >> octave) as u64
}

/// The number that is so many doublings away from 1.
fn unlevel(level: u64) -> u64 {
    let octave = level >> 32;
    let beyond = u128::from(level & 0xffff_ffff);
    (1 << octave) + (beyond << octave >> 32) as u64
}

fn three_digits(n: u64) -> u64 {
    digits(n, 3)
}

/// As many of the first digits of a number, and zeros.
fn digits(n: u64, count: u32) -> u64 {
    let unit = 10u64.pow(n.checked_ilog10().unwrap_or(0).saturating_sub(count - 1));
    n / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Value {
        match text.parse::<i64>() {
            Ok(count) => Value::Integer(count),
            Err(_) => Value::String(text.to_owned()),
        }
    }

    fn drawn(shape: Shape, from: &str, to: &str, words: [u32; 2]) -> Value {
        let range = Range::of(&shape).expect("it has a range");
        range.value((&value(from), &value(to)), words)
    }

    #[test]
    fn the_ends_are_reached_as_they_are_written_and_what_is_between_has_three_digits() {
        let cases = [
            (Shape::Count(0, 100), "2", "40", 0, "2"),
            (Shape::Count(0, 100), "2", "40", u32::MAX, "40"),
            (Shape::Count(0, 100), "2", "40", 1 << 31, "21"),
            (Span::SHAPE, "1s", "64s", 0, "1s"),
            (Span::SHAPE, "1s", "64s", 1 << 31, "8s"),
            (Span::SHAPE, "1s", "64s", 1 << 30, "2.95s"),
            (Span::SHAPE, "1s", "64s", u32::MAX, "64s"),
            (Span::SHAPE, "0s", "64s", 1 << 31, "32s"),
            (Shape::Chance, "0%", "40%", 1 << 31, "20%"),
            (Shape::Chance, "0.1%", "10%", 1 << 31, "1%"),
            (Shape::Chance, "0.1%", "10%", 0, "0.1%"),
        ];
        for (shape, from, to, word, expected) in cases {
            assert_eq!(drawn(shape, from, to, [word, 0]), value(expected), "{from} {to} {word}");
        }
    }

    #[test]
    fn of_a_range_of_durations_the_longest_is_drawn_and_then_the_shortest_up_to_it() {
        let some = Shape::Spread { from_min: Duration::ZERO, to_min: Duration::from_millis(1) };
        let cases = [
            (some, "1s", "64s", [u32::MAX, u32::MAX], "1m4s"),
            (some, "1s", "64s", [u32::MAX, 0], "1s..1m4s"),
            (some, "1s", "64s", [1 << 31, 1 << 31], "2.95s..8s"),
            (some, "0s", "64s", [0, 0], "0s..1ms"),
            (Shape::Latency(&[]), "0s", "64s", [0, 0], "0s"),
        ];
        for (shape, from, to, words, expected) in cases {
            assert_eq!(drawn(shape, from, to, words), value(expected), "{from} {to} {words:?}");
        }
    }

    proptest! {
        #[test]
        fn a_level_is_one_to_one_up_to_four_billions_and_orders_all_numbers(
            n in 1u64..1 << 32, m in 1u64..1 << 45,
        ) {
            prop_assert_eq!(unlevel(level(n)), n);
            prop_assert!(level(n.min(m)) <= level(n.max(m)));
            prop_assert!(m - unlevel(level(m)) <= m >> 32);
        }

        #[test]
        fn what_is_drawn_is_never_outside(
            from in 0u64..1 << 40, more in 0u64..1 << 40, words in any::<[u32; 2]>(),
        ) {
            let ends = (span(from).to_string(), span(from + more).to_string());
            let Value::String(text) = drawn(Span::SHAPE, &ends.0, &ends.1, words) else {
                panic!("a duration is a text");
            };
            let us = Span::parse(&text).unwrap().us();
            prop_assert!((from..=from + more).contains(&us), "{text}");
        }
    }
}

//! Quantities as people write them in a scenario: `"60s"`, `"1m30s"`, `"5s..20s"`, `"-3s"`, `0.05`,
//! `"5%"`.

use crate::latency::Latency;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// A length of time, in whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// The longest span that a scenario may name: a year.
pub(crate) const SPAN_MAX: Duration = Duration::from_secs(366 * 86_400);

const UNITS: [(&str, u64); 5] =
    [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)];

impl Span {
    /// Reads `"60s"`, `"1m30s"`, `"1.5s"`, `"250ms"`.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn parse(text: &str) -> Result<Span, String> {
        Span::read(text).map_err(|why| {
            format!("{text:?} {why}; write \"60s\", \"1m30s\" or \"250ms\", up to 8784h")
        })
    }

    /// Reads a duration, or says what is wrong in half a sentence.
    pub(crate) fn read(text: &str) -> Result<Span, &'static str> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err("is empty");
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let digits =
                rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            if number.is_empty() {
                return Err(match rest.starts_with('-') {
                    true => "is negative",
                    false => "is not a duration: a number must come first",
                });
            }
            let Some((_, us)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err("is not a duration: its unit must be us, ms, s, m or h");
            };
            let part = scaled(number, *us).ok_or("is not a number that fits")?;
            total = total.checked_add(part).ok_or("is too long")?;
            rest = tail;
        }
        let span = Duration::from_micros(total);
        if span > SPAN_MAX { Err("is too long") } else { Ok(Span(span)) }
    }

    /// The length in microseconds.
    pub fn us(self) -> u64 {
        leasehold_core::micros(self.0)
    }
}

/// A decimal number times a unit, in exact integers, of as many digits as a program prints: what is
/// less than a billionth of the unit is cut off.
pub(crate) fn decimal(number: &str, unit: u64) -> Option<u64> {
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let dot = number.find('.').unwrap_or(number.len());
    let (short, rest) = number.split_at(number.len().min(dot + 10));
    if rest.contains('.') { None } else { scaled(short, unit) }
}

/// The same of a text of digits and dots.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let tenths = 10u64.pow(fraction.len() as u32);
    let fraction: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = u128::from(fraction) * u128::from(unit) / u128::from(tenths);
    whole.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

/// Exact, and as short as that can be read back: `1m30s`, `3.7s`, `250ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut us = self.us();
        if us == 0 {
            return f.write_str("0s");
        }
        for (name, unit) in [("h", 3_600_000_000), ("m", 60_000_000)] {
            let count = us / unit;
            us %= unit;
            if count > 0 {
                write!(f, "{count}{name}")?;
            }
        }
        // What is left needs one unit: with a fraction, if it has one.
        match UNITS[..3].iter().rev().find(|(_, unit)| us >= *unit) {
            Some((name, unit)) => {
                let places = unit.ilog10() as usize;
                let text = format!("{}.{:0places$}", us / unit, us % unit);
                write!(f, "{}{name}", text.trim_end_matches('0').trim_end_matches('.'))
            }
            None => Ok(()),
        }
    }
}

/// Amount by which a clock is set forward, or back if it is negative, in whole microseconds:
/// `"+3s"`,
/// `"-250ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift(i64);

impl Shift {
    /// Reads a shift, or says what is wrong in half a sentence. Without a sign it is forward.
    pub(crate) fn read(text: &str) -> Result<Shift, &'static str> {
        let text = text.trim();
        let back = text.starts_with('-');
        let span = Span::read(text.strip_prefix(['-', '+']).unwrap_or(text))?;
        let us = i64::try_from(span.us()).map_err(|_| "is too long")?;
        Ok(Shift(if back { -us } else { us }))
    }

    /// A shift of so many microseconds.
    pub const fn of_us(us: i64) -> Shift {
        Shift(us)
    }

    /// The shift in microseconds, negative if it is backwards.
    pub fn us(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "+" };
        write!(f, "{sign}{}", Span(Duration::from_micros(self.0.unsigned_abs())))
    }
}

/// A closed range of durations, drawn from evenly: `"5s..20s"`, or `"5s"` for always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The shortest.
    pub from: Span,
    /// The longest.
    pub to: Span,
}

impl Spread {
    /// Reads `"5s..20s"` or `"5s"`.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn parse(text: &str) -> Result<Spread, String> {
        Spread::read(text)
            .map_err(|why| format!("{text:?} {why}; write \"5s\" or \"5s..20s\", up to 8784h"))
    }

    /// Reads a spread, or says what is wrong in half a sentence.
    pub(crate) fn read(text: &str) -> Result<Spread, &'static str> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to) = (Span::read(from)?, Span::read(to)?);
        if from > to { Err("ends before it begins") } else { Ok(Spread { from, to }) }
    }

    /// Always the same.
    pub const fn always(span: Duration) -> Spread {
        Spread { from: Span(span), to: Span(span) }
    }

    /// The span, in microseconds, that an evenly drawn word picks. Both ends are reached.
    pub fn pick(self, word: u32) -> u64 {
        self.from.us() + scale(word, self.to.us() - self.from.us())
    }

    /// As a table.
    pub fn latency(self) -> Latency {
        Latency::uniform(self.from.0, self.to.0)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return self.from.fmt(f);
        }
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// What stands in a file as the text that it is printed as.
macro_rules! texts {
    ($($type:ident, $read:expr, $what:literal;)+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        $read(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

texts! {
    Span, Span::parse, "a duration such as \"60s\", \"1m30s\" or \"250ms\"";
    Shift, |text| Shift::read(text).map_err(|why| format!("{text:?} {why}")),
        "a duration with a sign, such as \"+3s\" or \"-250ms\"";
    Spread, Spread::parse, "a duration such as \"5s\", or a range such as \"5s..20s\"";
}

/// A probability, as so many of 2^32. A draw of 32 bits is below it or not: no float decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chance(u64);

impl Chance {
    /// What never happens.
    pub const NEVER: Chance = Chance(0);
    /// What always happens.
    pub const ALWAYS: Chance = Chance(1 << 32);

    /// So many in a hundred, at most 100.
    pub const fn percent(percent: u32) -> Chance {
        Chance(((percent as u64) << 32) / 100)
    }

    /// Once in so many times, on average.
    pub const fn one_in(times: u32) -> Chance {
        Chance((1 << 32) / times as u64)
    }

    /// A fraction between 0 and 1.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn fraction(p: f64) -> Result<Chance, String> {
        if !(0.0..=1.0).contains(&p) {
            return Err(format!(
                "{p} is not a probability; it must be between 0 and 1, or \"0%\" and \"100%\""
            ));
        }
        Ok(Chance((p * 4_294_967_296.0) as u64))
    }

    /// Reads `"5%"`.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn parse(text: &str) -> Result<Chance, String> {
        let wrong = || format!("{text:?} is not a probability; write 0.05 or \"5%\"");
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
        Chance::fraction(percent / 100.0)
    }

    /// So many in a billion, at most a billion.
    pub(crate) fn of_billionths(n: u64) -> Chance {
        Chance(((u128::from(n) << 32) / BILLION) as u64)
    }

    /// How many in a billion, rounded.
    pub(crate) fn billionths(self) -> u64 {
        ((u128::from(self.0) * BILLION + (1 << 31)) >> 32) as u64
    }

    /// Whether it happens, by an evenly drawn word.
    pub fn hits(self, word: u32) -> bool {
        u64::from(word) < self.0
    }
}

const BILLION: u128 = 1_000_000_000;

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, parts) = (self.billionths() / 10_000_000, self.billionths() % 10_000_000);
        let fraction = format!(".{parts:07}");
        write!(f, "{whole}{}%", fraction.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl<'de> Deserialize<'de> for Chance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Chance, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Chance;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a probability such as 0.05 or \"5%\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Chance, E> {
                Chance::parse(text).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, p: f64) -> Result<Chance, E> {
                Chance::fraction(p).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, p: i64) -> Result<Chance, E> {
                self.visit_f64(p as f64)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

impl Serialize for Chance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The fraction that somebody wrote, if it had nine digits at most.
        let short = self.billionths() as f64 / 1e9;
        match Chance::fraction(short) {
            Ok(same) if same == *self => serializer.serialize_f64(short),
            _ => serializer.serialize_f64(self.0 as f64 / 4_294_967_296.0),
        }
    }
}

/// Scales a word to 0..=`max`.
pub(crate) fn scale(word: u32, max: u64) -> u64 {
    ((u128::from(word) * (u128::from(max) + 1)) >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("60s", 60_000_000),
            ("1m30s", 90_000_000),
            ("250ms", 250_000),
            ("1.5s", 1_500_000),
            ("3h1s", 10_801_000_000),
            ("7us", 7),
            ("0s", 0),
            (" 2s ", 2_000_000),
            (".5s", 500_000),
        ];
        for (text, us) in cases {
            assert_eq!(Span::parse(text).map(Span::us), Ok(us), "{text}");
        }
        for text in
            ["", "60", "s", "-1s", "1 s", "1d", "1..5s", "99999999999h", "9999h", "1e3s", "NaNs"]
        {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "1m30s", "250ms", "3h1s", "0s", "1.5s", "1m250ms", "1h1.5s", "100ms", "2.5ms", "10s",
            "7us",
        ] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Spread::parse("5s..20s").unwrap().to_string(), "5s..20s");
        assert!(Spread::parse("20s..5s").is_err());
    }

    proptest! {
        #[test]
        fn every_span_is_read_back_exactly(bits in 20u32..64, us: u64) {
            let span = Span(Duration::from_micros(us >> bits));
            prop_assert_eq!(Span::read(&span.to_string()), Ok(span), "{}", span);
        }
    }

    #[test]
    fn a_shift_is_a_duration_with_a_sign_and_is_read_back_from_what_it_prints() {
        let cases = [("-3s", -3_000_000), ("+1m30s", 90_000_000), ("250ms", 250_000), ("-0s", 0)];
        for (text, us) in cases {
            let shift = Shift::read(text).expect(text);
            assert_eq!(shift.us(), us, "{text}");
            assert_eq!(Shift::read(&shift.to_string()), Ok(shift));
        }
        assert_eq!(Shift(-1_500_000).to_string(), "-1.5s");
        for text in ["", "-", "+", "--3s", "+-3s", "3", "-3", "-9999h"] {
            assert!(Shift::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn probabilities_are_fractions_or_percents_and_nothing_else() {
        assert_eq!(Chance::parse("5%"), Chance::fraction(0.05));
        assert_eq!(Chance::parse("100%"), Ok(Chance::ALWAYS));
        for text in ["5", "150%", "-1%", "NaN%", "five%"] {
            assert!(Chance::parse(text).is_err(), "{text}");
        }
        for p in [1.5, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Chance::fraction(p).is_err(), "{p}");
        }
    }

    #[test]
    fn a_probability_is_written_as_somebody_would_write_it_and_read_back_to_the_last_bit() {
        let cases = [(0.2, "20%"), (0.8, "80%"), (0.333, "33.3%"), (0.0, "0%"), (1.0, "100%")];
        for (p, text) in cases {
            let chance = Chance::fraction(p).unwrap();
            assert_eq!(toml::Value::try_from(chance), Ok(toml::Value::Float(p)));
            assert_eq!((chance.to_string().as_str(), Chance::parse(text)), (text, Ok(chance)));
        }
        let odd = Chance(12_345_678);
        assert_eq!(toml::Value::try_from(odd).unwrap().try_into::<Chance>(), Ok(odd));
    }

    #[test]
    fn certain_means_always_and_impossible_means_never() {
        assert!(Chance::ALWAYS.hits(u32::MAX) && !Chance::NEVER.hits(0));
        assert!(Chance::percent(50).hits((1 << 31) - 1) && !Chance::percent(50).hits(1 << 31));
    }
}

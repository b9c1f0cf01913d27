//! Numbers and times as readers see them: in the summary of a run, in the totals of a sweep, in the
//! story of a violation and in every chart, so that all of them round alike.
//!
//! ```text
//!   count    exact                        3,220     12.5 billion from a billion on
//!   number   three significant digits     12.7      2,629: whole units are never rounded away
//!   time     the same, with its unit      0.307 s   12.7 s   2.08 min   3.02 h
//!   percent  the same, of a hundred       71.4 %    99.97 %: only all of it is 100 %
//!   moment   when: to the millisecond     75.408 s
//! ```
//!
//! Zeros at the end say that something was rounded: 5 s is exactly that, 5.00 s is nearly.
//!
//! Nothing reads these texts back. What is to be read back, a time in a scenario or on a tape, is
//! written by the simulator's `Span` instead, exactly: `1m30s`.

/// How many digits a number has that was measured.
const DIGITS: i32 = 3;

/// From here on a count is rounded and its thousands are named; below, every digit is written.
const ROUNDED_FROM: u128 = 1_000_000_000;

/// Names of powers of a thousand, largest first, with where each begins.
const LARGE: [(f64, &str); 3] = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];

/// Units of time, largest first: from how many microseconds on a time is told in it, how many it
/// has, and its name.
const TIMES: [(u64, f64, &str); 4] =
    [(7_200_000_000, 3.6e9, "h"), (120_000_000, 6e7, "min"), (10_000, 1e6, "s"), (1, 1e3, "ms")];

/// A count: `3,220`, and `12.5 billion` where the digits would no longer be read.
pub fn count(n: impl Into<u128>) -> String {
    let n = n.into();
    if n < ROUNDED_FROM { group(&n.to_string()) } else { scaled(n as f64, n as f64) }
}

/// `value` in the largest named power of a thousand that is not above `max`, so that one axis has
/// one unit: `0.5 million`.
pub fn scaled(value: f64, max: f64) -> String {
    match LARGE.iter().find(|(from, _)| max >= *from) {
        Some((from, name)) if value != 0.0 => format!("{} {name}", number(value / from)),
        _ => number(value),
    }
}

/// Three significant digits, but whole units are never rounded away: `0.25`, `12.7`, `2,629`. Not
/// for negative numbers.
pub fn number(value: f64) -> String {
    rounded(value, places(value, DIGITS))
}

/// A length of time that was measured, or that is told to readers: `0.307 s`, `30 min`, `3.02 h`.
pub fn time(us: u64) -> String {
    match TIMES.iter().find(|(from, ..)| us >= *from) {
        Some((_, unit, name)) => format!("{} {name}", number(us as f64 / unit)),
        None => "0 s".to_owned(),
    }
}

/// A point in virtual time, to the millisecond: `75.408 s`.
pub fn moment(us: u64) -> String {
    let ms = us / 1_000 + u64::from(us % 1_000 >= 500);
    format!("{}.{:03} s", group(&(ms / 1_000).to_string()), ms % 1_000)
}

/// A share in percent. Near a hundred it has as many digits as tell it from that.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let apart = (100.0 - percent).abs();
    let near = if is_nothing(apart, 100.0) { 0 } else { places(apart, 1) };
    format!("{} %", rounded(percent, places(percent, DIGITS).max(near)))
}

/// `5 of 7` as `71.4 %`; nothing of nothing as `-`.
pub fn share(part: impl Into<u128>, whole: impl Into<u128>) -> String {
    of(part.into(), whole.into()).map_or("-".to_owned(), percent)
}

/// How often one is in the other: `12.7`; nothing of nothing as `-`.
pub fn ratio(part: impl Into<u128>, whole: impl Into<u128>) -> String {
    of(part.into(), whole.into()).map_or("-".to_owned(), number)
}

fn of(part: u128, whole: u128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// `1 class`, `1,200 classes`.
pub fn some(n: impl Into<u128>, one: &str, many: &str) -> String {
    let n = n.into();
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `1 server`, `1,200 servers`.
pub fn plural(n: impl Into<u128>, noun: &str) -> String {
    some(n, noun, &format!("{noun}s"))
}

/// `once`, `12 times`.
pub fn times(n: impl Into<u128>) -> String {
    match n.into() {
        1 => "once".to_owned(),
        n => format!("{} times", count(n)),
    }
}

/// Of a rate: `per second`, `per 30 s`.
pub fn per(us: u64) -> String {
    match us {
        1_000_000 => "per second".to_owned(),
        60_000_000 => "per minute".to_owned(),
        3_600_000_000 => "per hour".to_owned(),
        us => format!("per {}", time(us)),
    }
}

/// How many places after the point it takes for so many significant digits.
fn places(value: f64, digits: i32) -> usize {
    // Rounded first: 9.996 has its first digit before the point like 10.
    let text = format!("{value:.*e}", (digits - 1) as usize);
    let power = text.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok());
    (digits - 1 - power.unwrap_or(0)).max(0) as usize
}

/// Rounded to so many places, without the zeros at the end if nothing was rounded away.
fn rounded(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let rest = text.parse::<f64>().map_or(0.0, |rounded| rounded - value);
    let is_exact = is_nothing(rest, value);
    match if is_exact { part.trim_end_matches('0') } else { part } {
        "" => group(whole),
        part => format!("{}.{part}", group(whole)),
    }
}

/// Whether a difference is what floats leave behind, beside what it is a difference of.
fn is_nothing(difference: f64, beside: f64) -> bool {
    difference.abs() <= beside.abs() * 1e-12
}

/// A comma between each three digits.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;

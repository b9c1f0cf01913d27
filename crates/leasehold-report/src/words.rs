//! Numbers as a reader likes them: grouped thousands, no more digits than they are worth, and their
//! unit.

/// Names of powers of a thousand, largest first, with where each begins.
const LARGE: [(f64, &str); 3] = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];

/// From here on a count is rounded and its thousands are named; below, every digit is written.
const ROUNDED_FROM: u128 = 1_000_000_000;

/// `3,220`, and `12.5 billion` where the digits would no longer be read.
pub(crate) fn count(n: u128) -> String {
    if n < ROUNDED_FROM {
        return group(&n.to_string());
    }
    scaled(n as f64, n as f64, 1)
}

/// `value` in the [`unit()`] of `max`, so that one axis has one unit.
pub(crate) fn scaled(value: f64, max: f64, digits: usize) -> String {
    match unit(max) {
        (from, Some(name)) if value != 0.0 => format!("{} {name}", decimal(value / from, digits)),
        (from, _) => decimal(value / from, digits),
    }
}

/// The largest named power of a thousand that is not above `max`; or one, which has no name.
pub(crate) fn unit(max: f64) -> (f64, Option<&'static str>) {
    let named = LARGE.iter().find(|(from, _)| max >= *from);
    named.map_or((1.0, None), |&(from, name)| (from, Some(name)))
}

/// Up to `digits` digits after the point, without trailing zeros, thousands grouped. Not for
/// negative numbers.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    match part.trim_end_matches('0') {
        "" => group(whole),
        part => format!("{}.{part}", group(whole)),
    }
}

/// `71 %`, with a decimal where rounding would claim all or nothing.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    let share = 100.0 * part as f64 / whole as f64;
    match share {
        _ if whole == 0 || part == 0 => "0 %".to_owned(),
        s if s < 0.1 => "under 0.1 %".to_owned(),
        s if s > 99.9 && part < whole => "over 99.9 %".to_owned(),
        s if (10.0..=99.0).contains(&s) => format!("{s:.0} %"),
        s => format!("{} %", decimal(s, 1)),
    }
}

/// `1 server`, `1,200 servers`.
pub(crate) fn plural(n: u128, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `30 s`, `5 min`, `2 h`: in the largest unit that needs no fraction, or from two minutes on a
/// short one.
pub(crate) fn span(us: u64) -> String {
    match us {
        us if us > 0 && us.is_multiple_of(3_600_000_000) => format!("{} h", us / 3_600_000_000),
        us if us > 0 && us.is_multiple_of(60_000_000) => format!("{} min", us / 60_000_000),
        us if us > 120_000_000 && us.is_multiple_of(6_000_000) => {
            format!("{} min", decimal(us as f64 / 6e7, 1))
        }
        us => format!("{} s", decimal(us as f64 / 1e6, 6)),
    }
}

/// `0.21 s`, `34.5 s`, `2.3 min`, `5 h`: a time that was measured, in as many digits as it
/// is worth.
pub(crate) fn time(us: u64) -> String {
    let seconds = us as f64 / 1e6;
    match seconds {
        s if us > 0 && s < 0.01 => format!("{} s", decimal(s, 6)),
        s if s < 9.995 => format!("{} s", decimal(s, 2)),
        s if s < 120.0 => format!("{} s", decimal(s, 1)),
        s if s < 10_800.0 => format!("{} min", decimal(s / 60.0, 1)),
        s => format!("{} h", decimal(s / 3_600.0, 1)),
    }
}

/// `per second`, `per 30 s`.
pub(crate) fn per(us: u64) -> String {
    match us {
        1_000_000 => "per second".to_owned(),
        60_000_000 => "per minute".to_owned(),
        3_600_000_000 => "per hour".to_owned(),
        us => format!("per {}", span(us)),
    }
}

/// Somebody else's words on one line: what a picture's format could not carry becomes a space.
pub(crate) fn line(text: &str) -> String {
    let clean =
        |c: char| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c };
    text.chars().map(clean).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A comma between each three digits.
fn group(digits: &str) -> String {
    let comma_before = |i: usize| i > 0 && (digits.len() - i).is_multiple_of(3);
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if comma_before(i) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_group_their_thousands_until_nobody_would_read_them() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (3_220, "3,220"),
            (123_456_789, "123,456,789"),
            (12_500_000_000, "12.5 billion"),
            (1_000_000_000_000_000, "1,000 trillion"),
            (u128::from(u64::MAX), "18,446,744.1 trillion"),
        ] {
            assert_eq!(count(n), text);
        }
    }

    #[test]
    fn percentages_never_round_to_all_or_nothing() {
        for (part, whole, text) in [
            (0, 10, "0 %"),
            (0, 0, "0 %"),
            (1, 100_000, "under 0.1 %"),
            (3, 1_000, "0.3 %"),
            (52, 1_000, "5.2 %"),
            (714, 1_000, "71 %"),
            (997, 1_000, "99.7 %"),
            (99_999, 100_000, "over 99.9 %"),
            (10, 10, "100 %"),
        ] {
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
    }

    #[test]
    fn spans_are_told_in_the_unit_that_needs_the_fewest_digits() {
        for (us, text) in [
            (0, "0 s"),
            (500_000, "0.5 s"),
            (30_000_000, "30 s"),
            (90_000_000, "90 s"),
            (300_000_000, "5 min"),
            (648_000_000, "10.8 min"),
            (7_200_000_000, "2 h"),
        ] {
            assert_eq!(span(us), text);
        }
        for (us, text) in [
            (0, "0 s"),
            (1_500, "0.0015 s"),
            (212_345, "0.21 s"),
            (34_512_000, "34.5 s"),
            (138_000_000, "2.3 min"),
            (18_000_000_000, "5 h"),
        ] {
            assert_eq!(time(us), text);
        }
        assert_eq!(per(1_000_000), "per second");
        assert_eq!(per(30_000_000), "per 30 s");
    }

    #[test]
    fn other_peoples_words_lose_what_xml_cannot_carry() {
        assert_eq!(line("two\n lines\u{1}<&>"), "two lines <&>");
    }

    #[test]
    fn only_one_is_singular() {
        assert_eq!(plural(1, "server"), "1 server");
        assert_eq!(plural(1_200, "server"), "1,200 servers");
        assert_eq!(plural(0, "server"), "0 servers");
    }
}

//! Numbers as people read them.

use std::collections::BTreeMap;

/// `31244` as `31,244`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds as `0.212 s`, `12.7 s` or `2 min 5 s`.
pub(crate) fn span(us: u64) -> String {
    let (seconds, ms) = (us / 1_000_000, us / 1_000 % 1_000);
    match seconds {
        0..10 => format!("{seconds}.{ms:03} s"),
        10..120 => format!("{seconds}.{} s", ms / 100),
        _ if seconds % 60 == 0 && seconds < 7_200 => format!("{} min", seconds / 60),
        120..7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `5 of 7` as `71.4 %`; nothing of nothing as `-`.
pub(crate) fn share(part: u64, whole: u64) -> String {
    match (part * 1_000 + whole / 2).checked_div(whole) {
        Some(permille) => format!("{}.{} %", permille / 10, permille % 10),
        None => "-".to_owned(),
    }
}

/// A ratio with two digits; nothing of nothing as `-`.
pub(crate) fn ratio(part: u64, whole: u64) -> String {
    match (part * 100 + whole / 2).checked_div(whole) {
        Some(hundredths) => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        None => "-".to_owned(),
    }
}

/// Counts by name as `131 lease_held, 2 timeout`, or `none`.
pub(crate) fn by_name(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let parts: Vec<String> =
        counts.iter().map(|(name, n)| format!("{} {name}", count(*n))).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
        let spans = [
            (212_351, "0.212 s"),
            (12_660_000, "12.6 s"),
            (1_800_000_000, "30 min"),
            (125_000_000, "2 min 5 s"),
            (10_860_000_000, "3 h 1 min"),
        ];
        for (us, text) in spans {
            assert_eq!(span(us), text);
        }
        assert_eq!((share(5, 7).as_str(), share(1, 0).as_str()), ("71.4 %", "-"));
        assert_eq!(ratio(37_116, 2_917), "12.72");
    }
}

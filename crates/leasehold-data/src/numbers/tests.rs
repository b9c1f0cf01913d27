//! What is printed is near what was meant, however large or small that is; and a few by heart.

use super::*;
use proptest::prelude::*;

/// A number as it was printed, half a unit of its last place, and how many digits it has from the
/// first that is not 0.
fn read(text: &str) -> (f64, f64, usize) {
    let text = text.replace(',', "");
    let places = text.split_once('.').map_or(0, |(_, part)| part.len());
    let digits = text.chars().filter(char::is_ascii_digit).collect::<String>();
    let significant = digits.trim_start_matches('0').len();
    (text.parse().expect("a number"), 0.5 * 10f64.powi(-(places as i32)), significant)
}

/// A time as it was printed, in microseconds, and half a unit of its last place.
fn read_time(text: &str) -> (f64, f64) {
    let (number, unit) = text.split_once(' ').expect("a unit");
    let us = [("ms", 1e3), ("s", 1e6), ("min", 6e7), ("h", 3.6e9)];
    let (_, us) = us.into_iter().find(|(name, _)| *name == unit).expect("a known unit");
    let (number, half, _) = read(number);
    (number * us, half * us)
}

/// Numbers of every size alike.
fn sizes() -> impl Strategy<Value = u64> {
    (0u32..64, any::<u64>()).prop_map(|(bits, n)| n >> bits)
}

/// What floats leave behind.
fn dust(value: f64) -> f64 {
    value * 1e-9
}

proptest! {
    #[test]
    fn a_time_is_within_half_a_unit_of_its_last_place(us in sizes()) {
        let (read, half) = read_time(&time(us));
        prop_assert!((read - us as f64).abs() <= half + dust(us as f64), "{us}: {}", time(us));
    }

    #[test]
    fn what_has_a_fraction_has_three_digits_or_is_exact(us in sizes()) {
        let text = time(us);
        let number = text.split(' ').next().expect("a number");
        let (_, _, digits) = read(number);
        prop_assert!(digits <= 3 || !number.contains('.'), "{us}: {text}");
        if digits < 3 {
            let (read, _) = read_time(&text);
            prop_assert!((read - us as f64).abs() <= dust(us as f64), "{us}: {text} is rounded");
        }
    }

    #[test]
    fn a_longer_time_never_reads_shorter(us in sizes(), more in sizes()) {
        let (shorter, _) = read_time(&time(us));
        let (longer, half) = read_time(&time(us.saturating_add(more)));
        // Where the unit changes, the last place does too.
        prop_assert!(longer + half >= shorter, "{us} + {more}");
    }

    #[test]
    fn a_number_is_within_half_a_unit_of_its_last_place(value in 0.0f64..1e12) {
        let (read, half, digits) = read(&number(value));
        prop_assert!((read - value).abs() <= half + dust(value), "{value}: {}", number(value));
        prop_assert!(digits <= 3 || half == 0.5, "{value}: {}", number(value));
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing(
        part in 0u64..=1_000_000,
        of in 1u64..=1_000_000,
    ) {
        let whole = part.max(of);
        let text = share(part, whole);
        let (read, half, _) = read(text.strip_suffix(" %").expect("percent"));
        let meant = 100.0 * part as f64 / whole as f64;
        prop_assert!((read - meant).abs() <= half + dust(100.0), "{part} of {whole}: {text}");
        prop_assert_eq!(read == 0.0, part == 0, "{} of {}: {}", part, whole, text);
        prop_assert_eq!(read == 100.0, part == whole, "{} of {}: {}", part, whole, text);
    }

    #[test]
    fn a_moment_is_read_back_to_the_millisecond(us in 0u64..1 << 48) {
        let text = moment(us);
        let (read, half) = read_time(&text);
        prop_assert_eq!(half, 500.0);
        prop_assert!((read - us as f64).abs() <= 500.0 + dust(us as f64), "{us}: {text}");
    }

    #[test]
    fn a_count_below_a_billion_has_all_its_digits(n in 0u64..1_000_000_000) {
        prop_assert_eq!(count(n).replace(',', ""), n.to_string());
    }

    #[test]
    fn only_one_is_singular(n in sizes()) {
        prop_assert_eq!(plural(n, "server").ends_with('r'), n == 1);
        prop_assert_eq!(some(n, "class", "classes").ends_with("class"), n == 1);
        prop_assert_eq!(times(n) == "once", n == 1);
        prop_assert!(times(n) != "1 times");
    }
}

#[test]
fn counts_group_their_thousands_until_nobody_would_read_them() {
    for (n, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (123_456_789, "123,456,789"),
        (12_500_000_000, "12.5 billion"),
        (12_000_000_001, "12.0 billion"),
        (1_000_000_000_000_000, "1,000 trillion"),
        (u64::MAX, "18,446,744 trillion"),
    ] {
        assert_eq!(count(n), text);
    }
}

#[test]
fn times_are_told_in_the_unit_that_needs_the_fewest_digits() {
    for (us, text) in [
        (0, "0 s"),
        (7, "0.007 ms"),
        (1_500, "1.5 ms"),
        (212_351, "0.212 s"),
        (300_000, "0.3 s"),
        (2_000_000, "2 s"),
        (1_999_999, "2.00 s"),
        (9_996_000, "10.0 s"),
        (12_660_000, "12.7 s"),
        (60_000_000, "60 s"),
        (119_960_000, "120 s"),
        (125_000_000, "2.08 min"),
        (1_800_000_000, "30 min"),
        (10_860_000_000, "3.02 h"),
        (31_622_400_000_000, "8,784 h"),
    ] {
        assert_eq!(time(us), text);
    }
    let rates = [1_000_000, 60_000_000, 3_600_000_000, 30_000_000].map(per);
    assert_eq!(rates, ["per second", "per minute", "per hour", "per 30 s"]);
    assert_eq!([moment(75_408_499), moment(10_860_000_500)], ["75.408 s", "10,860.001 s"]);
}

#[test]
fn shares_and_ratios_have_three_digits() {
    let shares = [
        (5, 7, "71.4 %"),
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (7, 100, "7 %"),
        (3, 10_000, "0.03 %"),
        (1, 300_000, "0.000333 %"),
        (9_997, 10_000, "99.97 %"),
        (999_999, 1_000_000, "99.9999 %"),
        (1, 0, "-"),
    ];
    for (part, whole, text) in shares {
        assert_eq!(share(part as u64, whole as u64), text, "{part} of {whole}");
    }
    assert_eq!(ratio(37_116u64, 2_917u64), "12.7");
    assert_eq!([number(859.6), number(1_234.5), number(0.25)], ["860", "1,234", "0.25"]);
    assert_eq!([0.0, 5e5, 2.5e6].map(|at| scaled(at, 2.5e6)), ["0", "0.5 million", "2.5 million"]);
}

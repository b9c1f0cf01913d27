//! Reads a measured sample of latencies or of other durations: a file of numbers, a line each.
//!
//! ```text
//!   # lines like this one, and empty ones, are skipped
//!   when,latency_ms          a header names the columns; one of them is in UNITS
//!   11:02:07,231.5
//! ```
//!
//! Without a header there is one number a line, in milliseconds. The file is read line by line and
//! never held; its values are, eight bytes each.

use crate::error::Error;
use crate::{printable, source};
use leasehold_sim::scenario::Distribution;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The most lines that are read.
const LINES_MAX: u64 = 10_000_000;

/// The longest line that is read, in bytes.
const LINE_MAX: u64 = 10_000;

/// The longest duration, in microseconds: a year, as everywhere in a scenario.
const DURATION_MAX_US: f64 = 366.0 * 86_400.0 * 1e6;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// How long calls or messages take.
    Latency,
    /// How long something else takes: a stay, a pause.
    Duration,
}

impl Measure {
    /// What a field of a scenario takes, by its path.
    pub(crate) fn of(field: &str) -> Measure {
        if field.ends_with("latency") { Measure::Latency } else { Measure::Duration }
    }

    /// One of it, and many.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Measure::Latency => ("latency", "latencies"),
            Measure::Duration => ("duration", "durations"),
        }
    }

    /// What its column may be called, for whoever has called it otherwise.
    fn names(self) -> String {
        let own = UNITS.iter().filter(|unit| unit.2.is_none_or(|whose| whose == self));
        own.map(|unit| unit.0).collect::<Vec<_>>().join(", ")
    }
}

/// What a column may be called, how many microseconds its unit has, and of what it is told; all
/// are understood of either.
const UNITS: [(&str, f64, Option<Measure>); 21] = [
    ("ms", 1e3, None),
    ("latency_ms", 1e3, Some(Measure::Latency)),
    ("duration_ms", 1e3, None),
    ("s", 1e6, None),
    ("seconds", 1e6, None),
    ("latency_s", 1e6, Some(Measure::Latency)),
    ("us", 1.0, None),
    ("latency_us", 1.0, Some(Measure::Latency)),
    ("microseconds", 1.0, None),
    ("milliseconds", 1e3, None),
    ("minutes", 60e6, Some(Measure::Duration)),
    ("hours", 3_600e6, Some(Measure::Duration)),
    ("duration_s", 1e6, Some(Measure::Duration)),
    ("duration_us", 1.0, Some(Measure::Duration)),
    ("duration_min", 60e6, Some(Measure::Duration)),
    ("session_ms", 1e3, Some(Measure::Duration)),
    ("session_s", 1e6, Some(Measure::Duration)),
    ("session_min", 60e6, Some(Measure::Duration)),
    ("stay_ms", 1e3, Some(Measure::Duration)),
    ("stay_s", 1e6, Some(Measure::Duration)),
    ("stay_min", 60e6, Some(Measure::Duration)),
];

/// Which column of how many, and its unit.
struct Column {
    nth: usize,
    name: &'static str,
    unit: f64,
}

/// Reads a sample and fits its quantiles.
pub(crate) fn sample(path: &Path, of: Measure) -> Result<Distribution, Error> {
    let bad = |why: String| Error::Bad { path: path.to_owned(), why };
    Distribution::measured(read(path, of)?).map_err(bad)
}

/// The values of a sample, in microseconds, as they stand in the file.
pub(crate) fn read(path: &Path, of: Measure) -> Result<Vec<u64>, Error> {
    let cannot = |why| Error::io("read", path, why);
    source::regular(path)?;
    let file = File::open(path).map_err(cannot)?;
    values(BufReader::new(file), of, LINES_MAX).map_err(|trouble| match trouble {
        SampleError::Read(why) => cannot(why),
        SampleError::Line(nth, why) => {
            Error::Bad { path: path.to_owned(), why: format!("line {nth}: {why}") }
        }
    })
}

#[derive(Debug)]
enum SampleError {
    Read(std::io::Error),
    Line(u64, String),
}

/// The values of a sample, in microseconds.
fn values(mut from: impl BufRead, of: Measure, lines_max: u64) -> Result<Vec<u64>, SampleError> {
    let (mut values, mut line, mut column) = (Vec::new(), Vec::new(), None);
    for nth in 1.. {
        line.clear();
        let read = from.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut line);
        if read.map_err(SampleError::Read)? == 0 {
            break;
        }
        let wrong = |why: String| SampleError::Line(nth, why);
        if nth > lines_max {
            return Err(wrong(format!("a sample has at most {lines_max} lines")));
        }
        if line.len() as u64 > LINE_MAX {
            return Err(wrong(format!("a line has at most {LINE_MAX} bytes")));
        }
        let text = std::str::from_utf8(&line).map_err(|_| wrong("it is not UTF-8 text".into()))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match &column {
            Some(column) => values.push(value(text, column, of).map_err(wrong)?),
            None => {
                let plain = Column { nth: 0, name: "ms", unit: 1e3 };
                column = Some(match value(text, &plain, of) {
                    Ok(first) if !text.contains(',') => {
                        values.push(first);
                        plain
                    }
                    _ => header(text, of).map_err(wrong)?,
                });
            }
        }
    }
    Ok(values)
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"'))
}

/// The column that a header names.
fn header(line: &str, of: Measure) -> Result<Column, String> {
    let known = |cell: &str| UNITS.iter().find(|(name, ..)| cell.eq_ignore_ascii_case(name));
    let mut found = cells(line).enumerate().filter_map(|(nth, cell)| {
        known(cell).map(|(name, unit, _)| Column { nth, name, unit: *unit })
    });
    let (names, (_, many)) = (of.names(), of.words());
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (None, _) => Err(format!(
            "{} names no column of {many}; allowed: a header with one of {names}, \
             or one number of milliseconds a line",
            printable::short(line)
        )),
        (Some(one), Some(other)) => Err(format!(
            "both {} and {} may be the {many}; allowed: only one of {names}",
            one.name, other.name
        )),
    }
}

fn value(line: &str, column: &Column, of: Measure) -> Result<u64, String> {
    let cell = cells(line).nth(column.nth).unwrap_or_default();
    let us = cell.parse::<f64>().unwrap_or(f64::NAN) * column.unit;
    if (0.0..=DURATION_MAX_US).contains(&us) {
        return Ok(us.round() as u64);
    }
    Err(format!(
        "{} is no {}; allowed: a number, 0 to {} {}",
        printable::short(cell),
        of.words().0,
        DURATION_MAX_US / column.unit,
        column.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<u64>, String> {
        values(text.as_bytes(), Measure::Latency, 6).map_err(|trouble| match trouble {
            SampleError::Line(nth, why) => format!("line {nth}: {why}"),
            SampleError::Read(why) => why.to_string(),
        })
    }

    #[test]
    fn numbers_are_milliseconds_unless_a_header_names_another_unit() {
        let cases: [(&str, &[u64]); 7] = [
            ("100\n250.5\n", &[100_000, 250_500]),
            ("\u{feff}# measured\r\n\r\n1\r\n2e3", &[1_000, 2_000_000]),
            ("ms\n100\n", &[100_000]),
            ("when,\"Latency_ms\",who\n1,231.5,a\n2, 7 ,b\n", &[231_500, 7_000]),
            ("seconds\n0.0000015\n1\n", &[2, 1_000_000]),
            ("us,n\n3,1\n", &[3]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn a_sample_of_stays_has_columns_and_words_of_its_own() {
        let stays = |text: &str| match values(text.as_bytes(), Measure::Duration, 6) {
            Err(SampleError::Line(nth, why)) => Err(format!("line {nth}: {why}")),
            other => Ok(other.expect("bytes can be read")),
        };
        for (text, us) in [
            ("player,session_s\n7,90\n", 90_000_000),
            ("stay_min\n2\n", 120_000_000),
            ("hours\n0.5\n", 1_800_000_000),
            ("latency_ms\n3\n", 3_000),
        ] {
            assert_eq!(stays(text), Ok(vec![us]), "{text}");
        }
        let told = stays("player,latency\n").expect_err("no such column");
        assert!(
            told.starts_with("line 1: \"player,latency\" names no column of durations"),
            "{told}"
        );
        assert!(told.contains("session_s") && !told.contains("latency_ms"), "{told}");
        let told = stays("session_s\nlong\n").expect_err("no number");
        assert_eq!(
            told,
            "line 2: \"long\" is no duration; allowed: a number, 0 to 31622400 session_s"
        );
        assert_eq!(Measure::of("datastore.incidents[3].latency"), Measure::Latency);
        assert_eq!(Measure::of("players.stay"), Measure::Duration);
    }

    #[test]
    fn what_is_no_sample_is_told_with_its_line_and_what_is_allowed() {
        let cases = [
            (
                "100\nfast\n",
                "line 2: \"fast\" is no latency; allowed: a number, 0 to 31622400000 ms",
            ),
            ("s\n1\n-1\n", "line 3: \"-1\" is no latency; allowed: a number, 0 to 31622400 s"),
            ("ms\nnan\n", "line 2: \"nan\" is no latency"),
            ("a,ms\n1\n", "line 2: \"\" is no latency"),
            (
                "1,2\n",
                "line 1: \"1,2\" names no column of latencies; allowed: a header with one of",
            ),
            ("ms,us\n1,2\n", "line 1: both ms and us may be the latencies"),
            ("1\n2\n3\n4\n5\n6\n7\n", "line 7: a sample has at most 6 lines"),
        ];
        for (text, expected) in cases {
            let told = read(text).expect_err(text);
            assert!(told.starts_with(expected), "{text:?}: {told}");
        }
        let long = format!("1\n{}", "9".repeat(20_000));
        assert_eq!(read(&long), Err("line 2: a line has at most 10000 bytes".to_owned()));
        for long in ["9".repeat(9_000), format!("1\n{}", "x".repeat(9_000))] {
            let told = read(&long).expect_err("no latency");
            assert!(told.len() < 300, "{told}");
        }
    }
}

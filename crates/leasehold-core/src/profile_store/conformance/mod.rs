//! Does the model do what the real library was measured to do? A table of cases, each played by the
//! machines.
//!
//! A [`Case`] is data: a script of what happens, and questions with the answers that were measured
//! (or read off its source) for the real library. [`rows`] plays all of them in a world that is
//! small enough to be played by hand, and sets the answers of the model beside those. So a report
//! can print the table, and nothing in it was typed.
//!
//! What both worlds share: calls take 50 ms, half of it before they are committed; a message takes
//! 120 ms; there are 60 frames a second.
//!
//! A time must be met within a frame, and half of the last digit that is given for it; everything
//! else to the letter. Exactness would mean nothing: where a wait takes a whole number of frames,
//! it is the last bit of a floating-point clock that says which frame it ends on.

mod answer;
mod cases;
mod script;
mod world;

pub use cases::cases;

use crate::profile_store::Rules;
use crate::time::micros;

/// A story and what is known of its end.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The section or hazard of the specification.
    pub section: &'static str,
    /// What the story is.
    pub what: &'static str,
    /// What happens when.
    pub script: &'static str,
    /// Questions, and the real library's answers.
    pub expect: &'static [(&'static str, &'static str)],
}

/// One question of one case, with both answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The section or hazard of the specification.
    pub section: &'static str,
    /// What the story is.
    pub what: &'static str,
    /// The question.
    pub question: &'static str,
    /// The real library's answer.
    pub expected: &'static str,
    /// The model's answer.
    pub measured: String,
}

impl Row {
    /// Whether the model's answer is the library's: times within a frame and half of the last digit
    /// that is given, everything else to the letter.
    pub fn holds(&self) -> bool {
        let (expected, measured) = (self.expected.split(' '), self.measured.split(' '));
        expected.clone().count() == measured.clone().count()
            && expected.zip(measured).all(|(a, b)| a == b || near(a, b))
    }
}

fn near(expected: &str, measured: &str) -> bool {
    let (Some((a, digit)), Some((b, least))) = (read(expected), read(measured)) else {
        return false;
    };
    a.abs_diff(b) <= micros(Rules::PROFILE_STORE.frame) + digit / 2 + least / 2
}

/// A time such as `45.367s`, and what its last digit is worth, in microseconds.
fn read(text: &str) -> Option<(u64, u64)> {
    let text = text.strip_suffix('s')?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digit = 10_u64.pow(6_u32.checked_sub(part.len() as u32)?);
    let whole: u64 = whole.parse().ok()?;
    let part = if part.is_empty() { 0 } else { part.parse().ok()? };
    Some((whole * 1_000_000 + part * digit, digit))
}

/// Plays all cases, in the order of the specification.
pub fn rows() -> Vec<Row> {
    cases().flat_map(|case| case.rows()).collect()
}

impl Case {
    /// Plays the case and asks its questions.
    ///
    /// # Panics
    /// If its script makes no sense.
    pub fn rows(&self) -> Vec<Row> {
        let mut world = world::World::new(Rules::PROFILE_STORE);
        script::play(&mut world, self.script);
        let row = |&(question, expected): &(&'static str, &'static str)| Row {
            section: self.section,
            what: self.what,
            question,
            expected,
            measured: answer::answer(&world, question),
        };
        self.expect.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_does_what_the_library_was_measured_to_do() {
        let rows = rows();
        let wrong: Vec<_> = rows.iter().filter(|row| !row.holds()).collect();
        let lines = wrong.iter().map(|row| {
            let Row { section, what, question, expected, measured } = row;
            format!(
                "{section} {what}: {question}\n    expected {expected}\n    measured {measured}"
            )
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        assert!(wrong.is_empty(), "{} of {} rows:\n{text}", wrong.len(), rows.len());
    }

    #[test]
    fn a_row_holds_within_its_tolerance_and_no_further() {
        let row = |expected, measured: &str| Row {
            section: "",
            what: "",
            question: "",
            expected,
            measured: measured.to_owned(),
        };
        assert!(row("45.367s", "45.350s").holds());
        assert!(!row("45.367s", "45.300s").holds());
        assert!(row("45.3s", "45.340s").holds(), "half of the last digit");
        assert!(row("2U 1P", "2U 1P").holds() && !row("2U 1P", "2U").holds());
        assert!(!row("2s 3s", "2.000s").holds() && row("2s 3s", "2.000s 3.010s").holds());
    }
}

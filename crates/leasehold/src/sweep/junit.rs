//! What held and what did not, as build servers read it: JUnit's XML, a suite for each setting, a
//! case for each promise that it is held to, and for each thing that the scenario expects.

use crate::atomic_file::replace;
use crate::error::Error;
use leasehold_data::numbers::{plural, times};
use leasehold_data::{SettingTotals, SweepTotals, ViolationClass};
use leasehold_sim::INVARIANTS;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// How every file begins that this has written: another one is not replaced.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"leasehold\">\n";

/// Refuses a place in which there is something else than an earlier file of this, or nothing.
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    let mut begins = Vec::new();
    let opened = match File::open(path) {
        Ok(file) => file.take(HEAD.len() as u64).read_to_end(&mut begins),
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => Err(why),
    };
    opened.map_err(|why| Error::io("read", path, why))?;
    if begins.is_empty() || begins == HEAD.as_bytes() {
        return Ok(());
    }
    let why = "only an empty file, or one that --junit has written, is replaced".to_owned();
    Err(Error::InTheWay { path: path.to_owned(), why })
}

/// Writes the file; an earlier one is replaced.
pub(crate) fn write(path: &Path, totals: &SweepTotals) -> Result<(), Error> {
    check(path)?;
    let cannot = |why| Error::io("write", path, why);
    replace(path, |out| out.write_all(text(totals).as_bytes()).map_err(cannot))
}

/// A case: its name, and what is wrong if it failed.
type Case = (String, Option<String>);

fn text(totals: &SweepTotals) -> String {
    let mut text = HEAD.to_owned();
    for setting in &totals.settings {
        let cases = cases(setting);
        let failed = cases.iter().filter(|(_, failed)| failed.is_some()).count();
        let name = name(totals, setting);
        let (name, all) = (escaped(&name), cases.len());
        let _ =
            writeln!(text, "  <testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\">");
        for (case, failed) in cases {
            let case = format!("    <testcase classname=\"{name}\" name=\"{}\"", escaped(&case));
            let _ = match failed {
                None => writeln!(text, "{case}/>"),
                Some(why) => writeln!(
                    text,
                    "{case}>\n      <failure message=\"{}\"/>\n    </testcase>",
                    escaped(&why)
                ),
            };
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Which setting, at which point.
fn name(totals: &SweepTotals, setting: &SettingTotals) -> String {
    let point = totals.axes.iter().zip(&setting.point);
    let point: String = point.map(|(axis, value)| format!(" {}={value}", axis.path)).collect();
    format!("{}: {}{point}", totals.scenario, setting.name)
}

fn cases(setting: &SettingTotals) -> Vec<Case> {
    let held = INVARIANTS.iter().filter(|one| {
        let of = |name: &str| name.split(':').next() == Some(one.name);
        setting.rates.iter().any(|rate| of(&rate.name))
    });
    let held = held.map(|one| {
        let wrong = setting
            .violations
            .iter()
            .filter(|class| class.invariant == one.name && class.expected == "holds");
        let wrong: Vec<String> = wrong.map(|class| told(class, setting.seeds)).collect();
        (one.name.to_owned(), (!wrong.is_empty()).then(|| wrong.join("; ")))
    });
    let missing = setting.missing.iter().map(|why| ("expected".to_owned(), Some(why.clone())));
    held.chain(missing).collect()
}

fn told(class: &ViolationClass, seeds: u64) -> String {
    let ViolationClass { cause, violations, seeds: in_seeds, first_seeds, .. } = class;
    let first = first_seeds.first().map_or(String::new(), |seed| format!(", first in seed {seed}"));
    format!("{cause}: {} in {in_seeds} of {}{first}", times(*violations), plural(seeds, "seed"))
}

/// As an attribute holds it. What XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_is_it_stays_in_its_attribute() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1}"),
            "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}\u{fffd}"
        );
    }
}

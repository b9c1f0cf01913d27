//! `leasehold bugs`: is each bug still there? And one of them as a Rust test.

use crate::args;
use crate::bug::{self, Now};
use crate::error::Error;
use crate::{interrupt, rust_test, stdout};
use leasehold_sim::scenario::Protocol;
use leasehold_sim::{Class, Verdict};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Runs all bugs of a folder again, and says what has become of each; or prints one as a test. A
/// bug that is there is a violation; one that no longer applies has tested nothing.
pub(crate) fn bugs(args: &args::Bugs) -> Result<Verdict, Error> {
    interrupt::notice();
    if let Some(name) = &args.test {
        let bug = bug::read(&named(&args.folder, name)?)?;
        if bug.scenario.protocol == Protocol::Module {
            let why = "it is a bug of a module in Luau, which no Rust test can run; `leasehold bugs` \
                       runs it again";
            return Err(Error::Bad { path: args.folder.join(name), why: why.to_owned() });
        }
        return stdout::put_data(&rust_test::text(&bug)).map(|()| Verdict::Holds);
    }
    let mut rows = Vec::new();
    for folder in bug::all(&args.folder)? {
        let now = match bug::read(&folder) {
            Ok(bug) => bug.run(),
            Err(why) => Err(why),
        };
        // What is wrong with one bug says nothing of the others.
        let now = match now {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(why) => Now::NoLongerApplies(first_line(&why.to_string())),
            Ok(now) => now,
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        rows.push((name, now));
    }
    stdout::put(&table(&args.folder, &rows))?;
    Ok(verdict(rows.iter().map(|(_, now)| now)))
}

/// The folder of a bug, by its name.
fn named(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let found = bug::all(folder)?.into_iter().find(|path| path.file_name() == Some(name.as_ref()));
    found.ok_or_else(|| Error::Bad {
        path: folder.to_owned(),
        why: format!("there is no bug {name:?}; `leasehold bugs` names them all"),
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn verdict<'a>(all: impl Iterator<Item = &'a Now>) -> Verdict {
    let of = |now: &Now| match now {
        Now::StillFails { .. } | Now::FailsOtherwise(_) => Verdict::Violated,
        Now::NoLongerApplies(_) => Verdict::Vacuous,
        Now::Passes => Verdict::Holds,
    };
    Verdict::worst(all.map(of))
}

/// What has become of a bug, and the details.
fn told(now: &Now) -> (&'static str, String) {
    match now {
        Now::StillFails { class, same: true } => {
            ("still fails", format!("{class}; the same run to the last step"))
        }
        Now::StillFails { class, same: false } => {
            ("still fails", format!("{class}; not the recorded run to the last step"))
        }
        Now::FailsOtherwise(there) => {
            let names: Vec<String> = there.iter().map(Class::to_string).collect();
            ("fails otherwise", names.join(", "))
        }
        Now::Passes => ("passes now", String::new()),
        Now::NoLongerApplies(why) => ("no longer applies", why.clone()),
    }
}

fn table(folder: &Path, rows: &[(String, Now)]) -> String {
    let mut text = String::new();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, now) in rows {
        let (what, more) = told(now);
        let line = format!("{name:width$}  {what:17}  {more}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let count = |what: &str| rows.iter().filter(|(_, now)| told(now).0 == what).count();
    let parts = ["still fails", "fails otherwise", "passes now", "no longer applies"];
    let parts = parts.map(|what| (what, count(what)));
    let parts: Vec<String> =
        parts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what}: {n}")).collect();
    let all = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    let _ = writeln!(text, "Bugs in {}: {all}", folder.display());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_that_is_there_outweighs_one_that_tests_nothing_and_that_one_all_that_pass() {
        let fails = || Now::StillFails { class: String::new(), same: true };
        let other = || Now::FailsOtherwise(Vec::new());
        let gone = || Now::NoLongerApplies(String::new());
        let cases = [
            (vec![], Verdict::Holds),
            (vec![Now::Passes], Verdict::Holds),
            (vec![Now::Passes, gone()], Verdict::Vacuous),
            (vec![gone(), fails(), Now::Passes], Verdict::Violated),
            (vec![Now::Passes, other()], Verdict::Violated),
        ];
        for (all, expected) in cases {
            assert_eq!(verdict(all.iter()), expected, "{all:?}");
        }
    }
}

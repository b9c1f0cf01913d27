//! A row: all that a sweep keeps of one seed's run. It prints as a line of CSV and is read back
//! from it.
//!
//! A row holds everything that totals need, and totals are computed from rows only. Fields never
//! hold a comma or a quote, so that a line can be cut at its commas.

use super::columns;
use super::interval::Sums;
use super::metrics::{self, METRICS};
use fnv::FnvHasher;
use leasehold_data::{Dataset, Invariant, SweepManifest};
use leasehold_sim::{Class, INVARIANTS, Outcome, Verdict};
use std::collections::BTreeMap;
use std::hash::Hasher;

/// The names of a row's numbers, in the order of columns.
pub(super) fn numbers() -> impl Iterator<Item = String> {
    let metrics = METRICS.iter().map(|(name, _)| (*name).to_owned());
    let invariants = INVARIANTS.iter().map(|one| format!("violations.{one}"));
    std::iter::once("events".to_owned()).chain(metrics).chain(invariants)
}

/// The first line of a file of rows: the fields that are varied, and those that the seed draws,
/// are columns of their own.
pub(super) fn header(manifest: &SweepManifest) -> String {
    let names: Vec<String> = columns::of(manifest).into_iter().map(|one| one.name).collect();
    names.join(",") + "\n"
}

/// Counts by name; as a field, `a name=3;another=1`.
type Named = BTreeMap<String, u64>;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seed: u64,
    /// The name of the setting that it was run under.
    pub(super) setting: String,
    /// The value of each field that is varied.
    pub(super) point: Vec<String>,
    /// That of each field that the seed has drawn; empty where it was left out.
    pub(super) drawn: Vec<String>,
    pub(super) verdict: Verdict,
    pub(super) digest: String,
    /// As [`numbers`] names them; nothing where there was nothing to measure.
    pub(super) numbers: Vec<Option<u64>>,
    /// Findings by class: the invariant that was broken or the harm that was done, a colon, and
    /// what let that happen.
    pub(super) classes: Named,
    pub(super) marks: Named,
}

impl Row {
    pub(super) fn of(
        seed: u64,
        cell: (&str, Vec<String>),
        drawn: Vec<String>,
        outcome: &Outcome,
    ) -> Row {
        Row { seed, drawn, ..Row::new(cell, outcome.verdict, &outcome.dataset) }
    }

    /// Of a run that was saved; nothing if there is no verdict such as its own.
    pub(super) fn of_dataset(cell: (&str, Vec<String>), dataset: &Dataset) -> Option<Row> {
        let told = &dataset.manifest.verdict;
        let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == told)?;
        Some(Row::new(cell, verdict, dataset))
    }

    fn new((setting, point): (&str, Vec<String>), verdict: Verdict, dataset: &Dataset) -> Row {
        // A library that is not held to an invariant has no row of it, and breaks it in no seed.
        let row = |name: &str| dataset.invariants.iter().find(|row| row.name == name);
        let violations = INVARIANTS.iter().map(|one| row(one.name).map_or(0, |row| row.violations));
        let events = std::iter::once(Some(dataset.manifest.events));
        let numbers = events.chain(metrics::of(&dataset.summary)).chain(violations.map(Some));
        Row {
            seed: dataset.manifest.seed,
            setting: setting.to_owned(),
            point,
            drawn: Vec::new(),
            verdict,
            digest: dataset.manifest.digest.clone(),
            numbers: numbers.map(|number| Some(number?.min(Sums::NUMBER_MAX))).collect(),
            classes: classes(dataset.findings()),
            marks: dataset.marks.clone(),
        }
    }

    /// A line, with its end.
    pub(super) fn print(&self) -> String {
        let number = |number: &Option<u64>| number.map_or(String::new(), |n| n.to_string());
        let numbers: Vec<String> = self.numbers.iter().map(number).collect();
        let Row { seed, setting, point, drawn, verdict, digest, classes, marks, .. } = self;
        let (verdict, numbers) = (verdict.name(), numbers.join(","));
        let fields: String = point.iter().chain(drawn).map(|value| format!("{value},")).collect();
        let row = format!(
            "{seed},{setting},{fields}{verdict},{digest},{numbers},{},{}",
            named(classes),
            named(marks)
        );
        format!("{row},{}\n", checksum(&row))
    }

    /// Its classes as a field.
    pub(super) fn named_classes(&self) -> String {
        named(&self.classes)
    }

    /// Its marks as a field.
    pub(super) fn named_marks(&self) -> String {
        named(&self.marks)
    }

    /// Reads a line without its end; nothing if it is no row of this version as it was written,
    /// with so many fields that are varied and drawn.
    pub(super) fn parse(line: &str, [varied, drawn]: [usize; 2]) -> Option<Row> {
        let (line, sum) = line.rsplit_once(',')?;
        if sum != checksum(line) {
            return None;
        }
        let mut fields = line.split(',');
        let seed = fields.next()?.parse().ok()?;
        let setting = fields.next()?.to_owned();
        let mut some = |count| fields.by_ref().take(count).map(str::to_owned).collect();
        let (point, drawn): (Vec<String>, Vec<String>) = (some(varied), some(drawn));
        let verdict = fields.next()?;
        let row = Row {
            seed,
            setting,
            point,
            drawn,
            verdict: *Verdict::ALL.iter().find(|known| known.name() == verdict)?,
            digest: fields.next()?.to_owned(),
            numbers: numbers()
                .map(|name| number(&name, fields.next()?))
                .collect::<Option<Vec<Option<u64>>>>()?,
            classes: counts(fields.next()?)?,
            marks: counts(fields.next()?)?,
        };
        fields.next().is_none().then_some(row)
    }
}

/// What a row must come to, so that one that was cut or changed is told from one that was not.
fn checksum(row: &str) -> String {
    let mut hash = FnvHasher::default();
    hash.write(row.as_bytes());
    format!("{:016x}", hash.finish())
}

/// Reads a number, or that there is none; nothing if it is neither.
fn number(name: &str, field: &str) -> Option<Option<u64>> {
    if field.is_empty() {
        return metrics::may_be_missing(name).then_some(None);
    }
    field.parse().ok().filter(|n| *n <= Sums::NUMBER_MAX).map(Some)
}

fn classes<'a>(found: impl Iterator<Item = &'a Invariant>) -> Named {
    let class = |row: &Invariant, cause: &String| Class {
        invariant: row.name.clone(),
        cause: cause.clone(),
    };
    let classes = found
        .flat_map(|row| row.causes.iter().map(move |(cause, n)| (class(row, cause).name(), *n)));
    classes.collect()
}

fn named(counts: &Named) -> String {
    let parts: Vec<String> = counts.iter().map(|(name, n)| format!("{name}={n}")).collect();
    let field = parts.join(";");
    let cut = |c: char| ",\"\r\n".contains(c);
    assert!(!field.contains(cut), "the names of classes and marks are plain: {field}");
    field
}

fn counts(field: &str) -> Option<Named> {
    if field.is_empty() {
        return Some(Named::new());
    }
    let count = |part: &str| {
        let (name, n) = part.split_once('=')?;
        Some((name.to_owned(), n.parse().ok()?))
    };
    field.split(';').map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use leasehold_data::Axis;
    use leasehold_sim::scenario::MARKS;
    use leasehold_sim::{Scenario, shipped};

    #[test]
    fn a_row_is_read_back_from_what_it_prints_and_anything_else_is_no_row() {
        let scenario = "duration = \"5m\"\nservers.count = 3\nmessaging.loss = \"30%\"\n\
            players = { count = 30, stay = \"20s..1m\", hop = \"90%\", noticed_after = \"9s\" }";
        let scenario = Scenario::parse(scenario).expect("valid");
        let outcome = shipped("world", &scenario).expect("valid").seed(3).run();
        let fields = (vec!["5%".to_owned()], vec![String::new(), "fast".to_owned()]);
        let row = Row::of(3, ("chronicle", fields.0), fields.1, &outcome);
        assert!(!row.classes.is_empty() && !row.marks.is_empty(), "{row:?}");
        let line = row.print();
        let line = line.trim_end();
        assert_eq!(Row::parse(line, [1, 2]), Some(row));
        assert_eq!(Row::parse(line, [1, 1]), None);
        let axis = Axis {
            path: "messaging.loss".to_owned(),
            constant: None,
            values: vec!["5%".to_owned()],
            written: vec!["\"5%\"".to_owned()],
        };
        let drawn = ["faults.crash_every", "messaging.latency"].map(str::to_owned).to_vec();
        let manifest = SweepManifest { axes: vec![axis], drawn, ..testing::manifest(&scenario) };
        let header = header(&manifest);
        assert!(header.starts_with("seed,setting,messaging.loss,drawn.faults.crash_every,drawn."));
        assert_eq!(header.split(',').count(), line.split(',').count());
        for cut in 1..line.len() {
            assert_eq!(Row::parse(&line[..cut], [1, 2]), None, "{cut}");
        }
        for (nth, byte) in line.bytes().enumerate() {
            let other = if byte == b'1' { "2" } else { "1" };
            let changed = format!("{}{other}{}", &line[..nth], &line[nth + 1..]);
            assert_eq!(Row::parse(&changed, [1, 2]), None, "{changed}");
        }
        assert_eq!(Row::parse(&format!("{line},1"), [1, 2]), None);
        let sealed = |row: String| format!("{row},{}", checksum(&row));
        let (row, _) = line.rsplit_once(',').expect("a checksum");
        assert_eq!(Row::parse(&sealed(row.replace("violated", "sad")), [1, 2]), None);
        let large =
            row.replacen(&outcome.dataset.manifest.events.to_string(), "281474976710656", 1);
        assert_eq!(Row::parse(&sealed(large), [1, 2]), None, "numbers that could not be summed");
    }

    #[test]
    fn no_name_holds_what_a_row_is_cut_at() {
        let names = MARKS.iter().copied().chain(INVARIANTS.iter().map(|one| one.name));
        for name in names {
            assert!(!name.contains([',', ';', '=', '"']), "{name}");
        }
        assert!(INVARIANTS.iter().all(|one| !one.name.contains(':')), "a class is cut there");
    }
}

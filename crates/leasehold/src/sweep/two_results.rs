//! Two results beside each other: the same scenario before and after something was changed, run in
//! different versions perhaps. What has changed in what was run, what came of it, and is that more
//! than chance?
//!
//! ```text
//!   a folder --run or sweep--> rows by seed \  seeds that both have   pairs of cells, and their
//!                                            }--------------------->  differences, seed by seed
//!   a folder --run or sweep--> rows by seed /
//! ```
//!
//! The same seed has the same players, troubles and random numbers in both, as far as both do the
//! same. So they are compared as settings of one sweep are; only the seeds of both count.

use super::cell_totals::OfCell;
use super::cells::Cells;
use super::folder;
use super::interval;
use super::paired::{self, Paired};
use super::redraw::over;
use super::row::{self, Row};
use super::settings::Settings;
use super::spread;
use crate::error::Error;
use crate::output::{self, Saved};
use leasehold_data::{Comparison, SWEEP_FORMAT, SettingTotals, Shard, SweepTotals};
use leasehold_sim::{Scenario, Verdict};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A field that is not the same in both: its path, and its values; nothing where it is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) path: String,
    pub(crate) values: [Option<String>; 2],
}

/// Two results beside each other.
pub(crate) struct TwoResults {
    /// What they are called.
    pub(crate) names: [String; 2],
    /// The versions of the tool that made them.
    pub(crate) tools: [String; 2],
    /// What is not the same in their scenarios.
    pub(crate) changed: Vec<Changed>,
    /// The later one, as a file.
    pub(crate) scenario: String,
    /// In how many seeds of how many both are the same run, to the last step.
    pub(crate) same: u64,
    pub(crate) seeds: u64,
    /// A setting at a point that both have each, as a comparison of the two.
    pub(crate) pairs: Vec<SweepTotals>,
}

type Rows = Box<dyn Iterator<Item = Result<Row, Error>>>;

/// One of the two.
struct Side {
    folder: PathBuf,
    tool: String,
    scenario: Scenario,
    name: String,
    settings: Vec<Settings>,
    /// Each cell: its setting's name, its point, and where its totals come from.
    cells: Vec<(String, Vec<String>)>,
    rows: Rows,
}

impl Side {
    fn read(folder: &Path) -> Result<Side, Error> {
        if output::is_in(folder) {
            return Side::of_run(folder);
        }
        let (manifest, scenario, settings) = over(folder)?;
        let all = Cells::of(&manifest);
        let cell = |nth: usize| (all.setting(nth).to_owned(), all.values(all.get(nth)));
        let rows = folder::rows(&folder::rows_of(folder), &manifest)?;
        let rows: Rows = Box::new(rows.map(|found| found.map(|(_, row, _)| row)));
        Ok(Side {
            folder: folder.to_owned(),
            tool: manifest.tool.clone(),
            scenario,
            name: manifest.scenario.clone(),
            cells: (0..all.count()).map(cell).collect(),
            settings: vec![settings],
            rows,
        })
    }

    /// A run, and its other settings, as a sweep of one seed.
    fn of_run(folder: &Path) -> Result<Side, Error> {
        let runs = output::read(folder)?;
        let manifest = &runs[0].dataset.manifest;
        let (tool, name) = (manifest.tool.clone(), manifest.scenario.clone());
        let (mut cells, mut settings, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for run in &runs {
            let Saved { inside, dataset, scenario, .. } = run;
            let path = folder.join(inside).join(output::SCENARIO);
            let bad = |why: String| Error::Bad { path: path.clone(), why };
            let scenario = Scenario::parse(scenario).map_err(|why| bad(why.to_string()))?;
            let own = Settings::with(&scenario, &[]).map_err(bad)?;
            let setting = match inside.as_os_str().is_empty() {
                true => own.names().remove(0),
                false => inside.display().to_string(),
            };
            let row = Row::of_dataset((&setting, Vec::new()), dataset);
            rows.push(row.ok_or_else(|| bad("its verdict makes no sense".to_owned()))?);
            cells.push((setting, Vec::new()));
            settings.push(own);
        }
        let rows: Rows = Box::new(rows.into_iter().map(Ok));
        let scenario = settings[0].scenario().clone();
        let folder = folder.to_owned();
        Ok(Side { folder, tool, scenario, name, settings, cells, rows })
    }

    /// The rows of the next seed, if there is one.
    fn seed(&mut self) -> Result<Option<(u64, Vec<Row>)>, Error> {
        let Some(first) = self.rows.next().transpose()? else { return Ok(None) };
        let (seed, mut rows) = (first.seed, vec![first]);
        while rows.len() < self.cells.len() {
            match self.rows.next().transpose()? {
                Some(row) if row.seed == seed => rows.push(row),
                // A sweep that ended with the first violation may end within a seed.
                _ => return Ok(None),
            }
        }
        Ok(Some((seed, rows)))
    }

    /// What a cell came to.
    fn totals(&self, nth: usize, cell: &OfCell, name: &str) -> Result<SettingTotals, Error> {
        let mut totals = match self.settings.len() {
            1 => cell.totals(nth, &self.settings[0])?,
            _ => cell.totals(0, &self.settings[nth])?,
        };
        name.clone_into(&mut totals.name);
        totals.point = Vec::new();
        Ok(totals)
    }
}

/// A cell of each, and what the rows of both add up to.
struct Pair {
    cells: [usize; 2],
    sums: [OfCell; 2],
    paired: Vec<Paired>,
}

impl TwoResults {
    /// Reads two folders of runs or sweeps.
    pub(crate) fn read(folders: [&Path; 2]) -> Result<TwoResults, Error> {
        let [mut before, mut after] = [Side::read(folders[0])?, Side::read(folders[1])?];
        let mut pairs = pairs(&before, &after)?;
        let (mut same, mut seeds, mut ends) = (0, 0, None);
        let (mut first, mut second) = (before.seed()?, after.seed()?);
        while let (Some((a, one)), Some((b, other))) = (&first, &second) {
            match a.cmp(b) {
                Ordering::Less => first = before.seed()?,
                Ordering::Greater => second = after.seed()?,
                Ordering::Equal => {
                    let equal = pairs.iter_mut().map(|pair| pair.add(one, other));
                    // Each pair takes its rows in, whatever the others are like.
                    let others = equal.filter(|equal| !equal).count();
                    same += u64::from(others == 0);
                    seeds += 1;
                    let begin = ends.map_or(*a, |(first, _)| first);
                    ends = Some((begin, *a));
                    (first, second) = (before.seed()?, after.seed()?);
                }
            }
        }
        let Some(ends) = ends else {
            let why = format!(
                "it has no seed in common with {}: the same seeds have the same players and \
                 troubles; run the same --seeds in both",
                before.folder.display()
            );
            return Err(Error::Bad { path: after.folder, why });
        };
        let names = names([&before.folder, &after.folder]);
        let totals = pairs.iter().map(|pair| pair.totals([&before, &after], &names, ends));
        let mut totals = totals.collect::<Result<Vec<SweepTotals>, Error>>()?;
        let compared = totals.iter_mut().flat_map(|one| &mut one.comparisons);
        paired::correct(compared.flat_map(|one| &mut one.differences));
        let changed = changed([&before.scenario, &after.scenario]);
        let (tools, scenario) = ([before.tool, after.tool], after.scenario.print());
        Ok(TwoResults { names, tools, changed, scenario, same, seeds, pairs: totals })
    }
}

/// What goes together: cells of the same setting and point, or the only one of each.
fn pairs(before: &Side, after: &Side) -> Result<Vec<Pair>, Error> {
    let kept = spread::kept(before.cells.len() + after.cells.len());
    let pair = |cells| Pair {
        cells,
        sums: [OfCell::new(kept, true), OfCell::new(kept, true)],
        paired: row::numbers().map(|_| Paired::new()).collect(),
    };
    if let ([_], [_]) = (&before.cells[..], &after.cells[..]) {
        return Ok(vec![pair([0, 0])]);
    }
    let both = before.cells.iter().enumerate().filter_map(|(nth, cell)| {
        let other = after.cells.iter().position(|other| other == cell)?;
        Some(pair([nth, other]))
    });
    let both: Vec<Pair> = both.collect();
    if both.is_empty() {
        let why = format!("no setting and point of it is in {} too", before.folder.display());
        return Err(Error::Bad { path: after.folder.clone(), why });
    }
    Ok(both)
}

impl Pair {
    /// Takes the rows of a seed in; says whether they are the same run.
    fn add(&mut self, before: &[Row], after: &[Row]) -> bool {
        let rows = [&before[self.cells[0]], &after[self.cells[1]]];
        for (sums, row) in self.sums.iter_mut().zip(rows) {
            sums.add(row);
        }
        let [before, after] = rows;
        for (paired, numbers) in
            self.paired.iter_mut().zip(before.numbers.iter().zip(&after.numbers))
        {
            if let (Some(first), Some(other)) = numbers {
                paired.add(*first, *other);
            }
        }
        before.digest == after.digest
    }

    /// Both as settings of one comparison.
    fn totals(
        &self,
        sides: [&Side; 2],
        names: &[String; 2],
        ends: (u64, u64),
    ) -> Result<SweepTotals, Error> {
        let [before, after] = sides;
        let of = |nth: usize| sides[nth].totals(self.cells[nth], &self.sums[nth], &names[nth]);
        let settings = vec![of(0)?, of(1)?];
        let verdict = |name: &str| Verdict::ALL.into_iter().find(|one| one.name() == name);
        let worst = Verdict::worst(settings.iter().filter_map(|one| verdict(&one.verdict)));
        let any = row::numbers().zip(&self.paired).filter(|(_, paired)| paired.is_any());
        let differences = any.map(|(name, paired)| paired.difference(name)).collect();
        let [baseline, name] = names.clone();
        let compared = Comparison { name, baseline, point: Vec::new(), differences };
        let (setting, point) = &before.cells[self.cells[0]];
        let only = before.cells.len() == 1 && after.cells.len() == 1;
        let title = std::iter::once(setting).chain(point).cloned().collect::<Vec<_>>().join(", ");
        let scenario = match before.name == after.name {
            true => before.name.clone(),
            false => format!("{} and {}", before.name, after.name),
        };
        Ok(SweepTotals {
            format: SWEEP_FORMAT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            scenario,
            title: if only { before.scenario.title.clone() } else { title },
            first_seed: ends.0,
            last_seed: ends.1,
            shard: Shard { nth: 1, of: 1 },
            fail_fast: false,
            seeds: self.sums[0].seeds,
            seeds_asked: self.sums[0].seeds,
            verdict: worst.name().to_owned(),
            axes: Vec::new(),
            left_out: Vec::new(),
            settings,
            comparisons: vec![compared],
            pairs: Vec::new(),
            effects: Vec::new(),
            intervals: interval::HOW.to_owned(),
        })
    }
}

/// What two folders are called: by their last parts, or whole where these are the same.
fn names(folders: [&Path; 2]) -> [String; 2] {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match folders.map(last) {
        [Some(before), Some(after)] if before != after => [before, after],
        _ => folders.map(|path| path.display().to_string()),
    }
}

/// The fields of two scenarios that are not the same.
fn changed(scenarios: [&Scenario; 2]) -> Vec<Changed> {
    let [before, after] = scenarios.map(|scenario| {
        let mut fields = BTreeMap::new();
        let tree = serde_json::to_value(scenario).expect("a scenario is plain fields");
        flatten(String::new(), &tree, &mut fields);
        fields
    });
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let differs = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    let changed = differs.map(|path| Changed {
        path: path.clone(),
        values: [before.get(path).cloned(), after.get(path).cloned()],
    });
    changed.collect()
}

fn flatten(path: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(format!("{path}{dot}{name}"), value, fields);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            fields.insert(path, text.clone());
        }
        other => {
            fields.insert(path, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_told_field_by_field() {
        let scenario = |text: &str| Scenario::parse(text).expect("valid");
        let before = scenario("messaging.loss = \"20%\"");
        let after = scenario("messaging.loss = \"10%\"\nrules.challenge_timeout = \"4s\"");
        let changed = |before: &Scenario, after: &Scenario| {
            let told = changed([before, after]).into_iter();
            told.map(|one| (one.path, one.values)).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            changed(&before, &after),
            [
                ("messaging.loss".to_owned(), [text("0.2"), text("0.1")]),
                ("rules.challenge_timeout".to_owned(), [None, text("4s")]),
            ]
        );
        assert_eq!(changed(&after, &after), []);
    }

    #[test]
    fn folders_are_called_by_what_tells_them_apart() {
        let names = |a: &str, b: &str| names([Path::new(a), Path::new(b)]);
        assert_eq!(names("x/old", "x/new"), ["old", "new"]);
        assert_eq!(names("old/run", "new/run"), ["old/run", "new/run"]);
    }
}

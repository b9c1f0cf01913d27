//! Adds rows up. Sums are whole numbers; what is printed is made of them at the very end.

use super::cell_totals::{OfCell, column};
use super::cells::Cells;
use super::effects::Effects;
use super::interval;
use super::paired::{self, Paired};
use super::row::{self, Row};
use super::settings::Settings;
use super::spread;
use crate::error::Error;
use leasehold_data::metric::JUDGED_BY;
use leasehold_data::{Comparison, SWEEP_FORMAT, SettingTotals, SweepManifest, SweepTotals};
use leasehold_sim::Verdict;

/// What all rows so far add up to.
#[derive(Debug)]
pub(super) struct Tally {
    cells: Vec<OfCell>,
    /// Each cell beside the first setting at its point, if it is another one, by number.
    beside: Vec<Beside>,
    /// All others beside each other, by what they are judged by: none in a study.
    pairs: Vec<Beside>,
    effects: Effects,
    /// The rows of the seed that is not complete.
    waiting: Vec<Row>,
}

/// A cell and what it is compared with, number by number.
#[derive(Debug)]
struct Beside {
    cell: usize,
    baseline: usize,
    /// The places of these numbers among those of a row.
    columns: Vec<usize>,
    paired: Vec<Paired>,
}

impl Beside {
    fn new(cell: usize, baseline: usize, columns: Vec<usize>) -> Beside {
        let paired = columns.iter().map(|_| Paired::new()).collect();
        Beside { cell, baseline, columns, paired }
    }

    /// Takes in the rows of a seed, one for each cell.
    fn add(&mut self, rows: &[Row]) {
        let (first, other) = (&rows[self.baseline].numbers, &rows[self.cell].numbers);
        for (paired, nth) in self.paired.iter_mut().zip(&self.columns) {
            if let (Some(first), Some(other)) = (first[*nth], other[*nth]) {
                paired.add(first, other);
            }
        }
    }

    fn comparison(&self, cells: &Cells) -> Comparison {
        let names: Vec<String> = row::numbers().collect();
        let any = self.columns.iter().zip(&self.paired).filter(|(_, paired)| paired.is_any());
        Comparison {
            name: cells.setting(self.cell).to_owned(),
            baseline: cells.setting(self.baseline).to_owned(),
            point: cells.values(cells.get(self.cell)),
            differences: any.map(|(nth, paired)| paired.difference(names[*nth].clone())).collect(),
        }
    }
}

impl Tally {
    pub(super) fn new(manifest: &SweepManifest) -> Tally {
        let cells = Cells::of(manifest);
        let all: Vec<usize> = (0..row::numbers().count()).collect();
        let beside = (0..cells.count())
            .filter_map(|cell| Some(Beside::new(cell, cells.baseline(cell)?, all.clone())));
        let beside = beside.collect();
        let is_study = !manifest.axes.is_empty();
        let others = if is_study { 0..0 } else { 1..cells.count() };
        let pairs = others.clone().flat_map(|first| others.clone().map(move |cell| (first, cell)));
        let judged: Vec<usize> = JUDGED_BY.iter().map(|name| column(name)).collect();
        let pairs = pairs
            .filter(|(first, cell)| first < cell)
            .map(|(first, cell)| Beside::new(cell, first, judged.clone()))
            .collect();
        let effects = Effects::new(&cells, &manifest.axes);
        let kept = spread::kept(cells.count());
        let cells = (0..cells.count()).map(|_| OfCell::new(kept, !is_study)).collect();
        Tally { cells, beside, pairs, effects, waiting: Vec::new() }
    }

    /// Takes a row in. They come in the order of seeds, and of cells.
    pub(super) fn add(&mut self, row: Row) {
        self.cells[self.waiting.len()].add(&row);
        self.waiting.push(row);
        if self.waiting.len() < self.cells.len() {
            return;
        }
        let rows = std::mem::take(&mut self.waiting);
        self.beside.iter_mut().chain(&mut self.pairs).for_each(|beside| beside.add(&rows));
        self.effects.add(&rows);
    }

    /// What it all comes to. There has been a row.
    ///
    /// # Errors
    /// If a module that was run is not there any more.
    pub(super) fn totals(
        &self,
        manifest: &SweepManifest,
        asked: u64,
        settings: &Settings,
    ) -> Result<SweepTotals, Error> {
        // A sweep that ended early may have ended before it came to the others.
        let had = self.cells.iter().enumerate().filter(|(_, cell)| cell.seeds > 0);
        let totals = had.map(|(nth, cell)| cell.totals(nth, settings));
        let totals = totals.collect::<Result<Vec<SettingTotals>, Error>>()?;
        let verdict = |name: &str| Verdict::ALL.into_iter().find(|one| one.name() == name);
        let verdicts = totals.iter().filter_map(|setting| verdict(&setting.verdict));
        let told =
            |all: &[Beside]| all.iter().map(|one| one.comparison(settings.cells())).collect();
        let mut comparisons: Vec<Comparison> = told(&self.beside);
        let mut pairs: Vec<Comparison> = told(&self.pairs);
        let mut effects = self.effects.totals();
        let compared = comparisons.iter_mut().chain(&mut pairs);
        let compared = compared.flat_map(|one| &mut one.differences);
        paired::correct(compared.chain(effects.iter_mut().map(|effect| &mut effect.change)));
        Ok(SweepTotals {
            format: SWEEP_FORMAT,
            tool: manifest.tool.clone(),
            scenario: manifest.scenario.clone(),
            title: manifest.title.clone(),
            first_seed: manifest.first_seed,
            last_seed: manifest.last_seed,
            shard: manifest.shard,
            fail_fast: manifest.fail_fast,
            seeds: self.cells[0].seeds,
            seeds_asked: asked,
            verdict: Verdict::worst(verdicts).name().to_owned(),
            axes: manifest.axes.clone(),
            left_out: manifest.left_out.clone(),
            settings: totals,
            comparisons,
            pairs,
            effects,
            intervals: interval::HOW.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use leasehold_sim::Scenario;

    fn row(seed: u64, verdict: Verdict, classes: &[&str], marks: &[&str]) -> Row {
        let counts = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 2)).collect();
        Row {
            seed,
            setting: "chronicle".to_owned(),
            point: Vec::new(),
            drawn: Vec::new(),
            verdict,
            digest: "0".repeat(16),
            numbers: row::numbers().map(|_| Some(seed)).collect(),
            classes: counts(classes),
            marks: counts(marks),
        }
    }

    fn totals(expect: &str, rows: &[Row]) -> SettingTotals {
        let totals = whole(expect, rows);
        assert_eq!((totals.seeds, totals.seeds_asked), (rows.len() as u64, 9));
        totals.settings.into_iter().next().expect("a setting")
    }

    fn whole(expect: &str, rows: &[Row]) -> SweepTotals {
        let text = format!("[expect]\n{expect}");
        let scenario = Scenario::parse(&text).expect("a valid scenario");
        let settings = Settings::own(&scenario);
        let manifest = SweepManifest { last_seed: 9, ..testing::manifest(&scenario) };
        let mut tally = Tally::new(&manifest);
        rows.iter().for_each(|row| tally.add(row.clone()));
        tally.totals(&manifest, 9, &settings).expect("no module is needed")
    }

    #[test]
    fn a_mark_that_is_required_must_be_reached_in_some_seed_not_in_each() {
        use Verdict::{Holds, Stuck, Vacuous, Violated};
        let mark = "marks = [\"a breaker opened\"]";
        let quiet = row(1, Vacuous, &[], &[]);
        let reached = row(2, Holds, &[], &["a breaker opened"]);
        let stuck = row(3, Stuck, &["starts_are_answered:stuck"], &[]);
        let broken = row(4, Violated, &["no_double_ownership:resumed"], &[]);
        let cases: [(&[&Row], &str, usize); 5] = [
            (&[&quiet], "vacuous", 1),
            (&[&quiet, &reached], "holds", 0),
            (&[&quiet, &stuck], "stuck", 1),
            (&[&reached, &stuck], "stuck", 0),
            (&[&quiet, &stuck, &broken], "violated", 1),
        ];
        for (rows, verdict, missing) in cases {
            let rows: Vec<Row> = rows.iter().map(|row| (*row).clone()).collect();
            let totals = totals(mark, &rows);
            assert_eq!((totals.verdict.as_str(), totals.missing.len()), (verdict, missing));
        }
    }

    #[test]
    fn a_documented_weakness_must_show_in_some_seed() {
        let expect = "invariants.no_double_ownership = \"violated\"";
        let shown = row(1, Verdict::Holds, &["no_double_ownership:resumed"], &[]);
        let quiet = row(2, Verdict::Vacuous, &[], &[]);
        assert_eq!(totals(expect, &[shown, quiet.clone()]).verdict, "holds");
        let totals = totals(expect, &[quiet]);
        assert_eq!(totals.verdict, "vacuous");
        assert!(totals.missing[0].contains("no_double_ownership"), "{:?}", totals.missing);
    }

    #[test]
    fn a_mean_is_of_the_seeds_that_have_the_number_and_of_none_there_is_none() {
        let place = row::numbers().position(|name| name == "start_p50_us").expect("a column");
        let without = |mut row: Row| {
            row.numbers[place] = None;
            row
        };
        let seed = |seed| row(seed, Verdict::Holds, &[], &[]);
        let some = totals("", &[seed(2), without(seed(3)), seed(4)]);
        let start = &some.metrics[place];
        assert_eq!((start.seeds, start.min, start.max), (2, Some(2), Some(4)));
        assert_eq!(start.mean.map(|mean| mean.value), Some(3.0));
        let none = totals("", &[without(seed(2))]);
        let start = &none.metrics[place];
        assert_eq!((start.seeds, start.mean, start.min, start.max), (0, None, None, None));
    }

    #[test]
    fn classes_are_counted_in_seeds_and_in_times_and_say_where_they_came_first() {
        let (resume, steal) = ("no_double_ownership:resumed", "no_double_ownership:steal");
        let (usual, last) = ([resume], [resume, steal]);
        let of = |seed| if seed == 8 { &last[..] } else { &usual[..] };
        let rows: Vec<Row> =
            (1..=8).map(|seed| row(seed, Verdict::Violated, of(seed), &[])).collect();
        let totals = totals("", &rows);
        let [often, once] = &totals.violations[..] else { panic!("{:?}", totals.violations) };
        assert_eq!((often.cause.as_str(), often.seeds, often.violations), ("resumed", 8, 16));
        assert_eq!(often.first_seeds, [1, 2, 3, 4, 5]);
        assert_eq!((once.cause.as_str(), once.first_seeds.as_slice()), ("steal", &[8][..]));
        let unseen = &totals.unseen;
        assert_eq!((unseen.classes, unseen.in_one_seed, unseen.in_two_seeds), (2, 1, 0));
        assert_eq!(unseen.chance.value, 0.125);
        // Row n has n hand-offs and n microseconds of play: 16 in 36, and no whole hour.
        let rate = totals.rates.iter().find(|rate| rate.name == resume).expect("a rate");
        assert_eq!(rate.per_hand_off.map(|rate| rate.value), Some(16.0 / 36.0));
        assert_eq!((rate.times, rate.seeds, rate.per_session_hour), (16, 8, None));
        let never = totals.rates.iter().find(|rate| rate.name == "acknowledged_saves_survive");
        assert!(
            never.is_none_or(|rate| rate.per_hand_off.is_some_and(|rate| rate.high < Some(0.1)))
        );
        let events = &totals.metrics[0];
        assert_eq!(events.mean.map(|mean| mean.value), Some(4.5));
        assert_eq!((events.seeds, events.max), (8, Some(8)));
    }

    #[test]
    fn settings_are_compared_seed_by_seed() {
        let text = "[[compare]]\nname = \"other\"\nprotocol = \"profile_store\"\n";
        let scenario = Scenario::parse(text).expect("a valid scenario");
        let settings = Settings::own(&scenario);
        let manifest = SweepManifest { last_seed: 6, ..testing::manifest(&scenario) };
        let mut tally = Tally::new(&manifest);
        for seed in 1..=6 {
            let one = row(seed, Verdict::Holds, &[], &[]);
            let mut other = Row { setting: "other".to_owned(), ..one.clone() };
            other.numbers[column("messages_sent")] = Some(3 * seed);
            tally.add(one);
            tally.add(other);
        }
        let totals = tally.totals(&manifest, 6, &settings).expect("no module is needed");
        assert_eq!(totals.settings.len(), 2);
        let [comparison] = &totals.comparisons[..] else { panic!("{:?}", totals.comparisons) };
        assert_eq!((&*comparison.name, &*comparison.baseline), ("other", "chronicle"));
        let differ: Vec<_> =
            comparison.differences.iter().filter(|one| one.p < Some(1.0)).collect();
        let [messages] = &differ[..] else { panic!("{differ:?}") };
        assert_eq!((&*messages.name, messages.difference.value), ("messages_sent", 7.0));
    }
}

//! Main effects: what a field that is varied does to a number, over all values of the others.
//!
//! ```text
//!              loss 0 %   5 %   10 %
//!   lease 20s     4        9     11     --> 8      in this seed; the next one has another 8,
//!   lease 60s     1        3      5     --> 3      and another 3: so each has an interval
//! ```
//!
//! Every value of a field is seen with the same values of the others, and with the same seeds:
//! whatever was run at some of its values only does not count.

use super::cells::{Cell, Cells};
use super::interval::Sums;
use super::paired::Paired;
use super::row::{self, Row};
use leasehold_data::{Axis, Effect, Estimate};
use std::collections::BTreeMap;

/// The effects of all axes.
#[derive(Debug)]
pub(super) struct Effects {
    all: Vec<OfAxis>,
}

/// What one axis does to the numbers of one setting.
#[derive(Debug)]
struct OfAxis {
    setting: String,
    path: String,
    /// The cells at each of its values: those of all values have the same points but for it.
    levels: Vec<Vec<usize>>,
    numbers: Vec<OfNumber>,
}

#[derive(Clone, Debug)]
struct OfNumber {
    /// At each value, the sum over its cells, by seed.
    levels: Vec<Sums>,
    /// At the last value beside that at the first.
    change: Paired,
}

impl Effects {
    pub(super) fn new(cells: &Cells, axes: &[Axis]) -> Effects {
        let settings = 1 + cells.iter().map(|cell| cell.setting).max().unwrap_or(0);
        let pairs = (0..settings).flat_map(|nth| axes.iter().enumerate().map(move |at| (nth, at)));
        let all = pairs.filter_map(|(setting, (nth, axis))| {
            let levels = levels(cells, setting, nth, axis.values.len());
            let first = levels.first()?.first()?;
            let number =
                OfNumber { levels: vec![Sums::new(); levels.len()], change: Paired::new() };
            Some(OfAxis {
                setting: cells.setting(*first).to_owned(),
                path: axis.path.clone(),
                levels,
                numbers: row::numbers().map(|_| number.clone()).collect(),
            })
        });
        Effects { all: all.collect() }
    }

    /// Takes the rows of a seed in, one for each cell.
    pub(super) fn add(&mut self, rows: &[Row]) {
        for OfAxis { levels, numbers, .. } in &mut self.all {
            for (nth, number) in numbers.iter_mut().enumerate() {
                let sum = |cells: &Vec<usize>| {
                    let sum = |sum: u64, cell: &usize| {
                        Some(sum.saturating_add(rows[*cell].numbers[nth]?).min(Sums::NUMBER_MAX))
                    };
                    cells.iter().try_fold(0, sum)
                };
                // A number that one of them does not have says nothing of the others.
                let Some(sums) = levels.iter().map(sum).collect::<Option<Vec<u64>>>() else {
                    continue;
                };
                number.change.add(sums[0], sums[sums.len() - 1]);
                number.levels.iter_mut().zip(sums).for_each(|(level, sum)| level.add(sum));
            }
        }
    }

    /// What they come to; nothing of a number that was 0 everywhere.
    pub(super) fn totals(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for OfAxis { setting, path, levels, numbers } in &self.all {
            let cells = levels[0].len() as f64;
            let mean = |of: Estimate| Estimate {
                value: of.value / cells,
                low: of.low.map(|end| end / cells),
                high: of.high.map(|end| end / cells),
            };
            for (name, number) in row::numbers().zip(numbers) {
                if number.levels.iter().all(|level| level.n == 0 || level.max == 0) {
                    continue;
                }
                let mut change = number.change.difference(name);
                change.difference = mean(change.difference);
                let levels = number.levels.iter().filter_map(|level| level.mean().map(mean));
                let (setting, path) = (setting.clone(), path.clone());
                effects.push(Effect { setting, path, levels: levels.collect(), change });
            }
        }
        effects
    }
}

/// The cells of a setting at each value of an axis: of those points of the other axes that were run
/// at all of its values.
fn levels(cells: &Cells, setting: usize, axis: usize, values: usize) -> Vec<Vec<usize>> {
    let mut by_rest: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (nth, Cell { setting: of, point }) in cells.iter().enumerate() {
        if *of == setting {
            let mut rest = point.clone();
            rest.remove(axis);
            // Cells are in the order of points, so these are in the order of values.
            by_rest.entry(rest).or_default().push(nth);
        }
    }
    let whole: Vec<&Vec<usize>> = by_rest.values().filter(|all| all.len() == values).collect();
    match whole.is_empty() {
        true => Vec::new(),
        false => (0..values).map(|value| whole.iter().map(|all| all[value]).collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_data::LeftOut;
    use leasehold_sim::Verdict;

    fn axis(path: &str, values: &[&str]) -> Axis {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        Axis { path: path.to_owned(), constant: None, written: values.clone(), values }
    }

    fn row(number: Option<u64>) -> Row {
        Row {
            seed: 1,
            setting: "a".to_owned(),
            point: Vec::new(),
            drawn: Vec::new(),
            verdict: Verdict::Holds,
            digest: String::new(),
            numbers: row::numbers().map(|_| number).collect(),
            classes: BTreeMap::new(),
            marks: BTreeMap::new(),
        }
    }

    #[test]
    fn an_effect_is_over_all_values_of_the_others_in_the_same_seeds() {
        let axes = [axis("x", &["1", "2"]), axis("y", &["1", "2", "3"])];
        let values = axes.iter().map(|axis| axis.values.clone()).collect();
        let cells = Cells::new(vec!["a".to_owned()], values, &[]);
        let mut effects = Effects::new(&cells, &axes);
        // x adds 10, y adds 1 a step, and each seed has a height of its own.
        for seed in [100, 500, 900] {
            let numbers = [0, 1, 2, 10, 11, 12].map(|more| row(Some(seed + more)));
            effects.add(&numbers);
        }
        effects.add(&[0; 6].map(|_| row(None)));
        let totals = effects.totals();
        let [x, y] = ["x", "y"]
            .map(|path| totals.iter().find(|effect| effect.path == path).expect("an effect"));
        assert_eq!((x.change.seeds, x.change.difference.value), (3, 10.0));
        assert_eq!(x.change.difference.low, Some(10.0), "it is the same in every seed");
        let levels: Vec<f64> = y.levels.iter().map(|level| level.value).collect();
        assert_eq!(levels, [505.0, 506.0, 507.0]);
        assert_eq!(y.change.difference.value, 2.0);
        assert!(y.levels[0].low < Some(400.0), "seeds differ");
    }

    #[test]
    fn what_was_run_at_some_values_only_does_not_count() {
        let axes = [axis("x", &["1", "2"]), axis("y", &["1", "2"])];
        let values = || axes.iter().map(|axis| axis.values.clone()).collect();
        let point = ["1", "2"].map(str::to_owned).to_vec();
        let left_out = LeftOut { setting: "a".to_owned(), point, why: String::new() };
        let cells = Cells::new(vec!["a".to_owned()], values(), &[left_out]);
        // x at y = 1 only; y at x = 2 only.
        assert_eq!(levels(&cells, 0, 0, 2), [vec![0], vec![1]]);
        assert_eq!(levels(&cells, 0, 1, 2), [vec![1], vec![2]]);
    }
}

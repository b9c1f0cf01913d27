//! What each seed is run under: every setting at every point of the axes, but those that do not go
//! together.
//!
//! ```text
//!              loss 0 %              loss 5 %
//!   lease 20s  chronicle, strict     chronicle, strict
//!   lease 60s  chronicle, strict     chronicle          <- left out: strict does not go with it
//! ```
//!
//! A sweep has one point and one setting, a comparison one point. Cells are numbered point by
//! point, and within one in the order of settings.

use leasehold_data::{LeftOut, SweepManifest};
use std::collections::{BTreeMap, BTreeSet};

/// The most settings and points of a study together: each keeps its sums while rows are added up.
pub(crate) const CELLS_MAX: usize = 1_024;

/// A setting at a point, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) setting: usize,
    /// Which value of each axis.
    pub(crate) point: Vec<usize>,
}

/// The cells of a sweep, a comparison or a study.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    settings: Vec<String>,
    axes: Vec<Vec<String>>,
    cells: Vec<Cell>,
    by_name: BTreeMap<(String, Vec<String>), usize>,
}

impl Cells {
    pub(crate) fn of(manifest: &SweepManifest) -> Cells {
        let axes = manifest.axes.iter().map(|axis| axis.values.clone()).collect();
        Cells::new(manifest.settings.clone(), axes, &manifest.left_out)
    }

    /// There must be no more than [`CELLS_MAX`] of them, see [`Cells::count_all`].
    pub(crate) fn new(
        settings: Vec<String>,
        axes: Vec<Vec<String>>,
        left_out: &[LeftOut],
    ) -> Cells {
        let out = left_out.iter().map(|out| (out.setting.clone(), out.point.clone()));
        let out: BTreeSet<(String, Vec<String>)> = out.collect();
        let mut all = Cells { settings, axes, cells: Vec::new(), by_name: BTreeMap::new() };
        let points: usize = all.axes.iter().map(Vec::len).product();
        for nth in 0..points {
            let point = all.point(nth);
            for setting in 0..all.settings.len() {
                let cell = Cell { setting, point: point.clone() };
                let name = (all.settings[setting].clone(), all.values(&cell));
                if !out.contains(&name) {
                    all.by_name.insert(name, all.cells.len());
                    all.cells.push(cell);
                }
            }
        }
        all
    }

    /// How many cells so many settings and values make; nothing if that is beyond counting.
    pub(crate) fn count_all(settings: usize, axes: impl Iterator<Item = usize>) -> Option<usize> {
        axes.into_iter().try_fold(settings, usize::checked_mul)
    }

    /// A point by its number: the last axis varies first.
    fn point(&self, nth: usize) -> Vec<usize> {
        let mut rest = nth;
        let mut point: Vec<usize> = self.axes.iter().map(|_| 0).collect();
        for (at, axis) in point.iter_mut().zip(&self.axes).rev() {
            (*at, rest) = (rest % axis.len(), rest / axis.len());
        }
        point
    }

    pub(crate) fn count(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn get(&self, nth: usize) -> &Cell {
        &self.cells[nth]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter()
    }

    /// The name of a cell's setting.
    pub(crate) fn setting(&self, nth: usize) -> &str {
        &self.settings[self.cells[nth].setting]
    }

    /// The value of each axis at a cell.
    pub(crate) fn values(&self, cell: &Cell) -> Vec<String> {
        self.axes.iter().zip(&cell.point).map(|(axis, at)| axis[*at].clone()).collect()
    }

    /// The number of a setting at a point, if it is run.
    pub(crate) fn find(&self, setting: &str, values: &[String]) -> Option<usize> {
        self.by_name.get(&(setting.to_owned(), values.to_vec())).copied()
    }

    /// The first setting at the point of a cell of another one: what that is compared with.
    pub(crate) fn baseline(&self, nth: usize) -> Option<usize> {
        let cell = &self.cells[nth];
        let first = self.find(&self.settings[0], &self.values(cell));
        first.filter(|_| cell.setting > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_sweep_has_one_cell_and_a_study_each_setting_at_each_point() {
        let one = Cells::new(texts(&["chronicle"]), Vec::new(), &[]);
        assert_eq!((one.count(), one.find("chronicle", &[])), (1, Some(0)));
        assert_eq!(one.baseline(0), None);
        let left_out = LeftOut {
            setting: "strict".to_owned(),
            point: texts(&["60s", "5%"]),
            why: String::new(),
        };
        let axes = vec![texts(&["20s", "60s"]), texts(&["0%", "5%"])];
        let all = Cells::new(texts(&["chronicle", "strict"]), axes, &[left_out]);
        let names: Vec<String> = (0..all.count())
            .map(|nth| format!("{} {}", all.setting(nth), all.values(all.get(nth)).join(" ")))
            .collect();
        assert_eq!(
            names,
            [
                "chronicle 20s 0%",
                "strict 20s 0%",
                "chronicle 20s 5%",
                "strict 20s 5%",
                "chronicle 60s 0%",
                "strict 60s 0%",
                "chronicle 60s 5%",
            ]
        );
        assert_eq!(all.find("strict", &texts(&["60s", "5%"])), None);
        assert_eq!((all.baseline(3), all.baseline(2)), (Some(2), None));
        assert_eq!(Cells::count_all(2, [3, 4].into_iter()), Some(24));
        assert_eq!(Cells::count_all(2, [usize::MAX].into_iter()), None);
    }
}

//! From the dataset's fine bins to columns that can be told apart.
//!
//! A run may come in 400 bins or more; a picture carries a hundred columns or so before they turn
//! into a comb. Neighbours are added up until few enough are left, preferably into a width that has
//! a name (30 s, 5 min).

use crate::chart::Column;
use crate::scale::{TimeUnit, Window};
use leasehold_data::Series;

/// Virtual time, cut into columns; the last one may be narrower, because the run ended first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    /// Width of every column but perhaps the last.
    pub(crate) width_us: u64,
    /// Where the last column and the axis end: at the run's end, unless the rows go on.
    pub(crate) end_us: u64,
    /// Rows of the dataset that make one column.
    per_column: usize,
    /// The edges of each column.
    spans: Vec<(u64, u64)>,
}

/// More columns than this cannot be told apart at the width of a page.
const COLUMNS_MAX: usize = 150;

/// Column widths that readers have a name for, in seconds.
const NAMED_S: [u64; 15] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

impl Bins {
    /// Cuts a series of a run of this length into few enough columns.
    pub(crate) fn fit(series: &Series, duration_us: u64) -> Bins {
        let rows = match series.bin_us {
            0 => 0,
            _ => series.tracks.values().map(Vec::len).max().unwrap_or(0),
        };
        let per_column = per_column(rows, series.bin_us);
        let width_us = series.bin_us.saturating_mul(per_column as u64);
        let rows_end = series.bin_us.saturating_mul(rows as u64);
        let unfinished = rows_end > duration_us && rows_end - duration_us < series.bin_us;
        let end_us = if unfinished { duration_us } else { rows_end.max(duration_us) };
        let span = |column: usize| {
            let from = width_us.saturating_mul(column as u64);
            (from, from.saturating_add(width_us).min(rows_end).min(end_us).max(from))
        };
        let spans = (0..rows.div_ceil(per_column)).map(span).collect();
        Bins { width_us, end_us, per_column, spans }
    }

    /// The sum of a track in each column. A track that is too short counts as zero where it ends.
    pub(crate) fn sums(&self, track: &[u64]) -> Vec<f64> {
        let mut sums: Vec<f64> = track.chunks(self.per_column).map(sum).collect();
        sums.resize(self.spans.len(), 0.0);
        sums
    }

    /// The sum of a track in each column, per `unit_us` of time. A last column that is only a
    /// sliver shows the rate of the one before and itself together: a rate over a moment is noise
    /// that would set the scale for all.
    pub(crate) fn rates(&self, track: &[u64], unit_us: u64) -> Vec<f64> {
        let mut sums = self.sums(track);
        let mut lengths: Vec<u64> = self.spans.iter().map(|(from, to)| to - from).collect();
        if let ([.., before, last], [.., length_before, length]) = (&mut sums[..], &mut lengths[..])
            && *length < self.width_us / 2
        {
            let (sum, both) = (*before + *last, *length_before + *length);
            (*before, *last, *length_before, *length) = (sum, sum, both, both);
        }
        let rate = |(sum, us): (&f64, &u64)| sum * unit_us as f64 / (*us).max(1) as f64;
        sums.iter().zip(&lengths).map(rate).collect()
    }

    /// Stands columns of these heights on `base`, which they raise; none where there is no height.
    pub(crate) fn stack(&self, heights: &[f64], base: &mut [f64]) -> Vec<Column> {
        let unit = self.unit();
        let mut columns = Vec::new();
        for ((&height, floor), &(from, to)) in heights.iter().zip(base).zip(&self.spans) {
            if height > 0.0 {
                let (base, top) = (*floor, *floor + height);
                columns.push(Column { from: unit.of(from), to: unit.of(to), base, top });
                *floor = top;
            }
        }
        columns
    }

    /// A line through the middle of each column's top, which rises where it begins and falls where
    /// it ends; in pieces, because it is not drawn where it would lie on the axis. With steps it
    /// would look like columns that are empty.
    pub(crate) fn peaks(&self, heights: &[f64]) -> Vec<Vec<(f64, f64)>> {
        let unit = self.unit();
        let columns: Vec<_> = self.spans.iter().zip(heights).collect();
        let pieces = columns.split(|(_, height)| **height == 0.0).filter(|piece| !piece.is_empty());
        let draw = |piece: &[(&(u64, u64), &f64)]| {
            let (rise, fall) = (piece[0].0.0, piece[piece.len() - 1].0.1);
            let middle = |(from, to): &(u64, u64)| unit.of(from + (to - from) / 2);
            let tops = piece.iter().map(|(span, height)| (middle(span), **height));
            let ground = |us| std::iter::once((unit.of(us), 0.0));
            ground(rise).chain(tops).chain(ground(fall)).collect()
        };
        pieces.map(draw).collect()
    }

    /// The middle of each column.
    pub(crate) fn middles(&self) -> impl Iterator<Item = f64> + '_ {
        self.spans.iter().map(|(from, to)| self.unit().of(from + (to - from) / 2))
    }

    /// A floor to stack on.
    pub(crate) fn floor(&self) -> Vec<f64> {
        vec![0.0; self.spans.len()]
    }

    /// Whether there is no column at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// What the time axis shows: all of it.
    pub(crate) fn window(&self) -> Window {
        Window::whole(self.end_us)
    }

    /// The unit of the time axis.
    pub(crate) fn unit(&self) -> TimeUnit {
        TimeUnit::fit(self.end_us)
    }
}

/// How many rows make a column: few enough columns, with a name to their width if any such exists
/// nearby.
fn per_column(rows: usize, bin_us: u64) -> usize {
    let least = rows.div_ceil(COLUMNS_MAX).max(1);
    if least == 1 {
        return 1;
    }
    let named =
        |n: &usize| NAMED_S.iter().any(|s| s * 1_000_000 == bin_us.saturating_mul(*n as u64));
    (least..=3 * least).find(named).unwrap_or(least)
}

/// Through u128, because three tracks of u64 may not fit into one.
fn sum(chunk: &[u64]) -> f64 {
    chunk.iter().map(|&n| u128::from(n)).sum::<u128>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn series(rows: usize, bin_us: u64) -> Series {
        let tracks = BTreeMap::from([("calls.save".to_owned(), vec![1; rows])]);
        Series { bin_us, tracks }
    }

    #[test]
    fn many_rows_become_few_columns_of_a_width_with_a_name() {
        for (rows, bin_us, duration_us, columns, width_us) in [
            (9, 10_000_000, 90_000_000, 9, 10_000_000),
            (360, 10_000_000, 3_600_000_000, 120, 30_000_000),
            (400, 9_000_000, 3_600_000_000, 134, 27_000_000),
            (3_600, 1_000_000, 3_600_000_000, 120, 30_000_000),
            (400, 27_000_000, 10_800_000_000, 134, 81_000_000),
        ] {
            let bins = Bins::fit(&series(rows, bin_us), duration_us);
            assert_eq!((bins.spans.len(), bins.width_us), (columns, width_us), "{rows} x {bin_us}");
            assert_eq!(bins.end_us, duration_us);
        }
    }

    #[test]
    fn nothing_is_lost_when_rows_are_added_up() {
        let series = series(3_601, 1_000_000);
        let bins = Bins::fit(&series, 3_600_500_000);
        let sums = bins.sums(&series.tracks["calls.save"]);
        assert_eq!(sums.iter().sum::<f64>(), 3_601.0);
        assert_eq!(bins.spans.last(), Some(&(3_600_000_000, 3_600_500_000)));
    }

    #[test]
    fn a_rate_counts_only_the_time_that_was_there() {
        let series = series(4, 10_000_000);
        let bins = Bins::fit(&series, 36_000_000);
        assert_eq!(bins.rates(&[10, 20, 30, 12], 1_000_000), [1.0, 2.0, 3.0, 2.0]);
    }

    #[test]
    fn a_sliver_at_the_end_shares_the_rate_of_its_neighbour() {
        let series = series(3, 10_000_000);
        let bins = Bins::fit(&series, 21_000_000);
        assert_eq!(bins.rates(&[10, 20, 13], 1_000_000), [1.0, 3.0, 3.0]);
    }

    #[test]
    fn a_column_stands_on_the_one_below() {
        let series = series(2, 10_000_000);
        let bins = Bins::fit(&series, 20_000_000);
        let mut floor = bins.floor();
        bins.stack(&[2.0, 0.0], &mut floor);
        let upper = bins.stack(&[1.0, 4.0], &mut floor);
        let edges: Vec<_> = upper.iter().map(|c| (c.from, c.to, c.base, c.top)).collect();
        assert_eq!(edges, [(0.0, 10.0, 2.0, 3.0), (10.0, 20.0, 0.0, 4.0)]);
        assert_eq!(floor, [3.0, 4.0]);
    }

    #[test]
    fn a_line_leaves_out_what_would_lie_on_the_axis() {
        let series = series(4, 1_000_000);
        let bins = Bins::fit(&series, 4_000_000);
        let pieces = bins.peaks(&[2.0, 0.0, 3.0, 1.0]);
        assert_eq!(pieces[0], [(0.0, 0.0), (0.5, 2.0), (1.0, 0.0)]);
        assert_eq!(pieces[1], [(2.0, 0.0), (2.5, 3.0), (3.5, 1.0), (4.0, 0.0)]);
        assert_eq!(pieces.len(), 2);
    }

    #[test]
    fn bins_without_width_are_no_bins() {
        let bins = Bins::fit(&series(5, 0), 60_000_000);
        assert!(bins.is_empty());
        assert_eq!(bins.end_us, 60_000_000);
    }

    #[test]
    fn rows_beyond_the_end_of_the_run_stay_on_the_axis() {
        let bins = Bins::fit(&series(10, 10_000_000), 50_000_000);
        assert_eq!(bins.end_us, 100_000_000);
    }
}

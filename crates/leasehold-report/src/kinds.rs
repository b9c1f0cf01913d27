//! Tracks of a dataset as layers: what the charts over time have in common.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Colour, Column, Flag, Layer, Marks};
use crate::scale::Window;
use leasehold_data::{Dataset, numbers};

/// Something that is counted over time: its track, its words in the legend, its colour.
pub(crate) type Kind<'a> = (&'a str, &'a str, Colour);

/// A track's counts per bin; none if the dataset knows nothing of it.
pub(crate) fn counts<'a>(dataset: &'a Dataset, track: &str) -> Option<&'a [u64]> {
    dataset.series.tracks.get(track).map(Vec::as_slice)
}

/// A kind as columns, stacked on what `floor` has so far; none if the dataset knows nothing of it.
/// `heights` makes counts into what the axis shows.
pub(crate) fn columns(
    dataset: &Dataset,
    bins: &Bins,
    kind: &Kind<'_>,
    floor: &mut [f64],
    heights: impl Fn(&[u64]) -> Vec<f64>,
) -> Option<Layer> {
    let (track, label, colour) = *kind;
    let heights = heights(counts(dataset, track)?);
    let total = numbers::count(caption::total(dataset, track)?);
    let marks = Marks::Columns(bins.stack(&heights, floor));
    Some(Layer { label: format!("{label} ({total})"), colour, marks })
}

/// A kind as a line of rates; none if there was nothing of the kind.
pub(crate) fn line(dataset: &Dataset, bins: &Bins, kind: &Kind<'_>, unit_us: u64) -> Option<Layer> {
    let (track, label, colour) = *kind;
    let total = caption::total(dataset, track).filter(|&total| total > 0)?;
    let marks = Marks::Line(bins.peaks(&bins.rates(counts(dataset, track)?, unit_us)));
    Some(Layer { label: format!("{label} ({})", numbers::count(total)), colour, marks })
}

/// Bins are put together into so many places for triangles at the most, or they would overlap.
const PLACES: usize = 60;

/// What was counted in each of some bins as a column of its own.
pub(crate) fn gauge<T>(
    bin_us: u64,
    bins: &[T],
    window: &Window,
    count: impl Fn(&T) -> u64,
) -> Vec<Column> {
    let column = |(bin, nth): (&T, u64)| {
        let from = nth.saturating_mul(bin_us);
        let to = from.saturating_add(bin_us).min(window.to_us).max(from);
        let (from, to, top) = (window.at(from), window.at(to), count(bin) as f64);
        (top > 0.0).then_some(Column { from, to, base: 0.0, top })
    };
    bins.iter().zip(0u64..).filter_map(column).collect()
}

/// A triangle for each place in which something happened, at its own part of the place.
pub(crate) fn flags<T>(
    bin_us: u64,
    bins: &[T],
    window: &Window,
    within: f64,
    count: impl Fn(&T) -> u64,
) -> Vec<Flag> {
    let together = bins.len().div_ceil(PLACES).max(1);
    let width_us = bin_us.saturating_mul(together as u64);
    let flag = |(bins, nth): (&[T], u64)| {
        let count = bins.iter().map(&count).fold(0, u64::saturating_add);
        let from = nth.saturating_mul(width_us);
        let to = from.saturating_add(width_us).min(window.to_us).max(from);
        let at = window.at(from) + (window.at(to) - window.at(from)) * within;
        (count > 0).then_some(Flag { at, count })
    };
    bins.chunks(together).zip(0u64..).filter_map(flag).collect()
}

//! Tracks of a dataset as layers: what the charts over time have in common.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Colour, Layer, Marks};
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
    let marks = Marks::Line(bins.steps(&bins.rates(counts(dataset, track)?, unit_us)));
    Some(Layer { label: format!("{label} ({})", numbers::count(total)), colour, marks })
}

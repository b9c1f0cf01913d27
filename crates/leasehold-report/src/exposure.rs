//! Exposed items over time: those that are stored twice or not at all, because only one half of
//! their trade has been saved.
//!
//! A few of them for a few seconds is what saving each player's data by itself costs. Each is a
//! duplicate or a loss in waiting: the triangles are where a session ended without saving its half.

use crate::caption;
use crate::chart::{Chart, Colour, Column, Flag, Layer, Marks};
use crate::scale::Window;
use crate::{palette, scale};
use leasehold_data::{Dataset, Exposure, ExposureBin, Trades, numbers};

/// A kind of incident: its label and colour, how high in the chart its flags are, and how many a
/// bin has.
type Kind = (&'static str, Colour, f64, fn(&ExposureBin) -> u64);

/// Bins are put together into so many places for triangles at the most, or they would overlap.
const PLACES: usize = 60;

/// Draws nothing, decides everything: the exposed items of a run as a [`Chart`]; none if it had no
/// trades.
pub fn chart(dataset: &Dataset) -> Option<Chart> {
    let exposure = dataset.exposure.as_ref()?;
    let trades = dataset.summary.trades.clone().unwrap_or_default();
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let mut layers: Vec<Layer> = caption::incidents(dataset, &window);
    let any = exposure.bins.iter().any(|bin| bin.most > 0);
    if any {
        let most = numbers::count(trades.exposed_max);
        let label = format!("Exposed at once, at the most (up to {most})");
        let marks = Marks::Columns(columns(exposure, &window));
        layers.push(Layer { label, colour: palette::SKY, marks });
    }
    let kinds: [Kind; 2] = [
        ("Duplicated for good", palette::VERMILION, 0.3, |bin| bin.duplicated),
        ("Lost for good", palette::BLACK, 0.7, |bin| bin.lost),
    ];
    for (label, colour, within, count) in kinds {
        let flags = flags(exposure, &window, within, count);
        let total: u128 = exposure.bins.iter().map(|bin| u128::from(count(bin))).sum();
        if total > 0 {
            let label = format!("{label} ({})", numbers::count(total));
            layers.push(Layer { label, colour, marks: Marks::Flags(flags) });
        }
    }
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    Some(Chart {
        slug: "exposure".into(),
        title: title(&trades, &window),
        subtitle: subtitle(exposure),
        x: window.axis(),
        y: scale::amount_axis("exposed items".to_owned(), highest, true),
        layers,
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: (!any).then(|| "No half of a trade was saved before the other.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: note(&trades).into_iter().collect(),
    })
}

fn columns(exposure: &Exposure, window: &Window) -> Vec<Column> {
    let bins = exposure.bins.iter().zip(0u64..).filter(|(bin, _)| bin.most > 0);
    let column = |(bin, nth): (&ExposureBin, u64)| {
        let from = nth.saturating_mul(exposure.bin_us);
        let to = from.saturating_add(exposure.bin_us).min(window.to_us).max(from);
        Column { from: window.at(from), to: window.at(to), base: 0.0, top: bin.most as f64 }
    };
    bins.map(column).collect()
}

/// A triangle for each place in which something happened, at its own part of the place.
fn flags(
    exposure: &Exposure,
    window: &Window,
    within: f64,
    count: impl Fn(&ExposureBin) -> u64,
) -> Vec<Flag> {
    let together = exposure.bins.len().div_ceil(PLACES).max(1);
    let width_us = exposure.bin_us.saturating_mul(together as u64);
    let places = exposure.bins.chunks(together).zip(0u64..);
    let flag = |(bins, nth): (&[ExposureBin], u64)| {
        let count = bins.iter().map(&count).fold(0, u64::saturating_add);
        let from = nth.saturating_mul(width_us);
        let to = from.saturating_add(width_us).min(window.to_us).max(from);
        let at = window.at(from) + (window.at(to) - window.at(from)) * within;
        (count > 0).then_some(Flag { at, count })
    };
    places.filter_map(flag).collect()
}

fn title(trades: &Trades, window: &Window) -> String {
    let sum = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.values().map(|&n| u128::from(n)).sum::<u128>()
    };
    let (duplicated, lost) = (sum(&trades.duplicated), sum(&trades.lost));
    let made = numbers::plural(trades.made, "trade");
    match (trades.made, duplicated, lost) {
        (0, ..) => format!("No trade in {}", numbers::time(window.to_us)),
        (_, 0, 0) => format!("{made}, and no item was duplicated or lost"),
        (_, 0, lost) => format!("{made} lost {}", numbers::plural(lost, "item")),
        (_, duplicated, 0) => format!("{made} duplicated {}", numbers::plural(duplicated, "item")),
        (_, duplicated, lost) => format!(
            "{made} duplicated {} and lost {}",
            numbers::plural(duplicated, "item"),
            numbers::count(lost)
        ),
    }
}

fn subtitle(exposure: &Exposure) -> String {
    let per = match exposure.bin_us {
        0 => String::new(),
        us => format!(", {}", numbers::per(us)),
    };
    format!(
        "Items that are stored twice or not at all while a session can still mend it: the most at \
         once{per}. Triangles: that session ended first."
    )
}

fn note(trades: &Trades) -> Option<String> {
    (trades.exposed > 0).then(|| {
        let (items, verb) = match trades.exposed {
            1 => ("1 item".to_owned(), "was"),
            n => (numbers::plural(n, "item"), "were"),
        };
        format!("When the run ended {items} {verb} exposed still.")
    })
}

//! Exposed items over time: those that are stored twice or not at all, because only one half of
//! their trade has been saved.
//!
//! A few of them for a few seconds is what saving each player's data by itself costs. Each is a
//! duplicate or a loss in waiting: the triangles are where a session ended without saving its half.

use crate::caption;
use crate::chart::{Chart, Colour, Layer, Marks};
use crate::scale::Window;
use crate::{kinds, palette, scale};
use leasehold_data::{Dataset, Exposure, ExposureBin, Trades, numbers};

/// A kind of incident: its label and colour, how high in the chart its flags are, and how many a
/// bin has.
type Kind = (&'static str, Colour, f64, fn(&ExposureBin) -> u64);

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
        let marks =
            Marks::Columns(kinds::gauge(exposure.bin_us, &exposure.bins, &window, |bin| bin.most));
        layers.push(Layer { label, colour: palette::SKY, marks });
    }
    let incidents: [Kind; 2] = [
        ("Duplicated for good", palette::VERMILION, 0.3, |bin| bin.duplicated),
        ("Lost for good", palette::BLACK, 0.7, |bin| bin.lost),
    ];
    for (label, colour, within, count) in incidents {
        let flags = kinds::flags(exposure.bin_us, &exposure.bins, &window, within, count);
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
        subtitle: subtitle(exposure, &layers),
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

fn subtitle(exposure: &Exposure, layers: &[Layer]) -> String {
    let per = match exposure.bin_us {
        0 => String::new(),
        us => format!(", {}", numbers::per(us)),
    };
    let flags = layers.iter().filter_map(|layer| match &layer.marks {
        Marks::Flags(flags) => flags.iter().map(|flag| flag.count).max(),
        _ => None,
    });
    let triangles = match flags.max() {
        None => String::new(),
        Some(1) => " Triangles: that session ended first.".to_owned(),
        Some(most) => format!(
            " Triangles: that session ended first; the taller, the more items, up to {}.",
            numbers::count(most)
        ),
    };
    format!(
        "Items that are stored twice or not at all while a session can still mend it: the most at \
         once{per}.{triangles}"
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

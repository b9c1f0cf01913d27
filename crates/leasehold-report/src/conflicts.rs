//! Lease conflicts over time, by how they were resolved.
//!
//! A conflict is a server that wants a record which another one still holds. Three things can
//! happen: the lease has run out and is taken, the owner answers and keeps it, or the owner stays
//! silent and loses it. A silent owner may be gone, and then that was right; or it is alive, and
//! then there are two. Triangles above the plot mark when a second one began to consider itself
//! owner.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Flag, Layer, Marks};
use crate::kinds::{Kind, columns};
use crate::{palette, scale};
use leasehold_data::{Dataset, numbers, track};

/// From the harmless to the one that the title is about, in the order of the stack.
const KINDS: [Kind; 4] = [
    (track::CONFLICT_BY_CLOCK, "Expired lease taken", palette::SKY),
    (track::CONFLICT_OTHER, "Resolved otherwise", palette::GREY),
    (track::CONFLICT_ANSWERED, "Owner answered", palette::BLUE),
    (track::CONFLICT_SILENT, "Taken after silence", palette::VERMILION),
];

/// What it is called if an owner was taken to be dead as it did not answer.
const SILENCE: &str = "silence";

/// Ways that are none of the three are drawn if there are any.
fn is_worth_a_layer(dataset: &Dataset, kind: &Kind) -> bool {
    kind.0 != track::CONFLICT_OTHER || caption::total(dataset, kind.0).unwrap_or(0) > 0
}

/// Draws nothing, decides everything: the conflicts of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let mut floor = bins.floor();
    let mut layers: Vec<Layer> = caption::incidents(dataset, &bins.window());
    let columns = |kind| columns(dataset, &bins, kind, &mut floor, |track| bins.sums(track));
    layers.extend(KINDS.iter().filter(|kind| is_worth_a_layer(dataset, kind)).filter_map(columns));
    let highest = floor.iter().copied().fold(0.0, f64::max);
    let overlaps = caption::total(dataset, track::DOUBLE_OWNERSHIP).unwrap_or(0);
    layers.extend((overlaps > 0).then(|| flags(dataset, &bins, overlaps)));
    let per = if bins.is_empty() { "per bin".to_owned() } else { numbers::per(bins.width_us) };
    let tracks = [KINDS[0].0, KINDS[2].0, KINDS[3].0, track::DOUBLE_OWNERSHIP];
    Chart {
        slug: "conflicts",
        title: title(dataset, &bins),
        subtitle: subtitle(&per, overlaps, &layers),
        x: scale::time_axis(bins.end_us),
        y: scale::amount_axis(format!("conflicts {per}"), highest, true),
        message: message(dataset, highest > 0.0),
        layers,
        rules: caption::heal(&dataset.manifest, &bins.window()),
        words: Vec::new(),
        source: caption::source(&dataset.manifest),
        notes: caption::missing(dataset, &tracks).into_iter().collect(),
    }
}

fn flags(dataset: &Dataset, bins: &Bins, total: u128) -> Layer {
    let counts = dataset.series.tracks.get(track::DOUBLE_OWNERSHIP).map_or(&[][..], Vec::as_slice);
    let flag = |(at, count): (f64, f64)| (count > 0.0).then_some(Flag { at, count: count as u64 });
    let flags = bins.middles().zip(bins.sums(counts)).filter_map(flag).collect();
    let label = format!("Double ownership began ({})", numbers::count(total));
    Layer { label, colour: palette::BLACK, marks: Marks::Flags(flags) }
}

fn title(dataset: &Dataset, bins: &Bins) -> String {
    let totals = KINDS.map(|(track, ..)| caption::total(dataset, track));
    let all: u128 = totals.iter().flatten().sum();
    let conflicts = numbers::plural(all, "lease conflict");
    let time = numbers::time(bins.end_us);
    let taken = dataset.summary.overlaps.double_ownership_classes.get(SILENCE);
    match (taken.copied().filter(|&taken| taken > 0), totals[3]) {
        _ if totals == [None; 4] => "Lease conflicts: not recorded in this dataset".to_owned(),
        _ if all == 0 => format!("No lease conflict in {time}"),
        (Some(taken), _) => {
            format!("{} took the lease from a live owner", share(taken.into(), all))
        }
        (None, Some(0)) if all == 1 => {
            "The only lease conflict was not taken after silence".to_owned()
        }
        (None, Some(taken)) if taken > 1 => {
            format!("{} were taken after silence", share(taken, all))
        }
        (None, Some(taken)) => format!("{} was taken after silence", share(taken, all)),
        (None, None) => format!("{conflicts} in {time}"),
    }
}

/// `All 3 lease conflicts`, `None of 310 lease conflicts`. A theft that made several overlaps is
/// one conflict all the same.
fn share(part: u128, all: u128) -> String {
    let conflicts = numbers::plural(all, "lease conflict");
    match part {
        0 => format!("None of {conflicts}"),
        part if part < all => format!("{} of {conflicts}", numbers::count(part)),
        _ if all == 1 => "The only lease conflict".to_owned(),
        _ => format!("All {conflicts}"),
    }
}

fn subtitle(per: &str, overlaps: u128, layers: &[Layer]) -> String {
    let columns = format!("Lease conflicts {per}, by how they were resolved.");
    if overlaps == 0 {
        return columns;
    }
    let counts = layers.iter().filter_map(|layer| match &layer.marks {
        Marks::Flags(flags) => flags.iter().map(|flag| flag.count).max(),
        _ => None,
    });
    let most = match counts.max() {
        Some(most) if most > 1 => {
            format!("; the higher, the more often, up to {} {per}", numbers::count(most))
        }
        _ => String::new(),
    };
    format!("{columns} Triangles: a second session began to consider itself owner{most}.")
}

fn message(dataset: &Dataset, any: bool) -> Option<String> {
    let recorded = KINDS.iter().any(|(track, ..)| dataset.series.tracks.contains_key(*track));
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No lease conflict happened.".to_owned()),
        (false, false) => Some("This dataset has no rows on lease conflicts.".to_owned()),
    }
}

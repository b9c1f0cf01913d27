//! Lease conflicts over time, by how they were resolved: in the library's own words.
//!
//! A conflict is a server that wants a record which another one still holds. However a library
//! calls it, a handful of things can happen: the lease has run out and is taken, the owner answers
//! and keeps it, the owner hands it over, or the owner stays silent and loses it. A silent owner
//! may
//! be gone, and then that was right; or it is alive, and then there are two. Triangles above the
//! plot mark when a second one began to consider itself owner.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Colour, Flag, Layer, Marks};
use crate::kinds::columns;
use crate::{palette, scale, words};
use leasehold_data::{Dataset, Resolution, numbers, track};

/// What a conflict comes down to, from the harmless to what a reader should worry about, in the
/// order of the stack; what is none of these comes first.
const CLASSES: [(&str, Colour); 6] = [
    ("expiry", palette::SKY),
    ("assumed_dead", palette::ORANGE),
    ("interrupted", palette::PURPLE),
    ("handed_over", palette::GREEN),
    ("owner_alive", palette::BLUE),
    ("silence", palette::VERMILION),
];

/// The place of a resolution in the stack.
fn rank(resolution: &Resolution) -> Option<usize> {
    CLASSES.iter().position(|(class, _)| *class == resolution.class)
}

/// Draws nothing, decides everything: the conflicts of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let mut resolutions: Vec<&Resolution> = dataset.resolutions.iter().collect();
    resolutions.sort_by_key(|resolution| (rank(resolution), &resolution.name));
    let mut floor = bins.floor();
    let mut layers: Vec<Layer> = caption::incidents(dataset, &bins.window());
    for resolution in &resolutions {
        let colour = rank(resolution).map_or(palette::GREY, |nth| CLASSES[nth].1);
        let (track, label) = (track::conflict(&resolution.name), label(resolution));
        let kind = (track.as_str(), label.as_str(), colour);
        layers.extend(columns(dataset, &bins, &kind, &mut floor, |track| bins.sums(track)));
    }
    let highest = floor.iter().copied().fold(0.0, f64::max);
    let overlaps = caption::total(dataset, track::DOUBLE_OWNERSHIP);
    layers.extend(overlaps.filter(|n| *n > 0).map(|n| flags(dataset, &bins, n)));
    let per = if bins.is_empty() { "per bin".to_owned() } else { numbers::per(bins.width_us) };
    let tracks: Vec<String> =
        resolutions.iter().map(|resolution| track::conflict(&resolution.name)).collect();
    let tracks: Vec<&str> =
        tracks.iter().map(String::as_str).chain([track::DOUBLE_OWNERSHIP]).collect();
    Chart {
        slug: "conflicts".into(),
        title: title(dataset, &bins),
        subtitle: subtitle(&per, overlaps.unwrap_or(0), &layers),
        x: scale::time_axis(bins.end_us),
        y: scale::amount_axis(format!("conflicts {per}"), highest, true),
        message: message(overlaps.is_some(), highest > 0.0),
        layers,
        rules: caption::heal(&dataset.manifest, &bins.window()),
        words: Vec::new(),
        source: caption::source(&dataset.manifest),
        notes: caption::missing(dataset, &tracks).into_iter().collect(),
    }
}

/// A resolution by its name, and what the library means by it: `Session steal: the owner had its
/// time to go`.
fn label(Resolution { name, words, .. }: &Resolution) -> String {
    let name = words::line(name).replace('_', " ");
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let name = format!("{first}{}", letters.as_str());
    match words::line(words) {
        words if words.is_empty() => name,
        words => format!("{name}: {words}"),
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
    let sum = |count: fn(&Resolution) -> u64| {
        dataset.resolutions.iter().map(|one| u128::from(count(one))).sum::<u128>()
    };
    let (all, live) = (sum(|one| one.conflicts), sum(|one| one.from_live_owners));
    let Some(overlaps) = caption::total(dataset, track::DOUBLE_OWNERSHIP) else {
        return "Lease conflicts: not recorded in this dataset".to_owned();
    };
    let title = match live {
        _ if all == 0 && overlaps == 0 => {
            return format!("No lease conflict in {}", numbers::time(bins.end_us));
        }
        _ if all == 0 => "No lease conflict".to_owned(),
        0 if all == 1 => "The only lease conflict took no lease from a live owner".to_owned(),
        live => format!("{} took the lease from a live owner", share(live, all)),
    };
    // One may have met several owners, and some let a session in without any conflict.
    match overlaps == live {
        true => title,
        false => format!("{title}; double ownership began {}", numbers::times(overlaps)),
    }
}

/// `All 3 lease conflicts`, `None of 310 lease conflicts`.
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
            format!("; the taller, the more often, up to {} {per}", numbers::count(most))
        }
        _ => String::new(),
    };
    format!("{columns} Triangles: a second session began to consider itself owner{most}.")
}

fn message(recorded: bool, any: bool) -> Option<String> {
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No lease conflict happened.".to_owned()),
        (false, false) => Some("This dataset has no rows on lease conflicts.".to_owned()),
    }
}

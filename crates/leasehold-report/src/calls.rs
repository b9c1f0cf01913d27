//! Datastore calls over time, by kind, and how many of them failed.
//!
//! Calls are what a studio pays for: the datastore's budget per minute. The stack shows who spends
//! it, first tries by kind and all repetitions on top; the line over it, on the same scale, shows
//! how much of that was in vain.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Layer};
use crate::kinds::{Kind, columns, counts, line};
use crate::{palette, scale};
use leasehold_data::{Dataset, numbers, track};

/// The steady ones below, so that the restless ones on top do not make them wobble.
const KINDS: [Kind; 6] = [
    (track::RENEW, "Renewals", palette::SKY),
    (track::SAVE, "Saves", palette::BLUE),
    (track::ACQUIRE, "Acquires", palette::GREEN),
    (track::RELEASE, "Releases", palette::PURPLE),
    (track::OTHER, "Others", palette::YELLOW),
    (track::RETRY, "Retries", palette::ORANGE),
];

/// What went wrong, as lines; drawn only where anything did.
const TROUBLES: [Kind; 2] = [
    (track::FAILED, "Failed", palette::VERMILION),
    (track::SHORT_CIRCUITED, "Stopped by a circuit breaker", palette::BLACK),
];

/// Draws nothing, decides everything: the datastore calls of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let (unit_us, per) = rate(dataset, &bins);
    let mut floor = bins.floor();
    let mut layers: Vec<Layer> = caption::incidents(dataset, &bins.window());
    layers.extend(KINDS.iter().filter(|kind| is_shown(dataset, kind)).filter_map(|kind| {
        columns(dataset, &bins, kind, &mut floor, |track| bins.rates(track, unit_us))
    }));
    layers.extend(TROUBLES.iter().filter_map(|kind| line(dataset, &bins, kind, unit_us)));
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    let tracks: Vec<&str> = KINDS.iter().chain(&TROUBLES).map(|(track, ..)| *track).collect();
    Chart {
        slug: "calls",
        title: title(dataset, &bins),
        subtitle: subtitle(dataset, &bins),
        x: scale::time_axis(bins.end_us),
        y: scale::amount_axis(format!("calls {per}"), highest, highest == 0.0),
        message: message(dataset, highest > 0.0),
        layers,
        rules: caption::heal(&dataset.manifest, &bins.window()),
        words: Vec::new(),
        source: caption::source(&dataset.manifest),
        notes: caption::missing(dataset, &tracks).into_iter().collect(),
    }
}

/// What a library never does is not shown as a kind of nothing; what every library does is.
fn is_shown(dataset: &Dataset, (track, ..): &Kind) -> bool {
    *track != track::OTHER || caption::total(dataset, track).is_some_and(|total| total > 0)
}

/// The unit in which the highest column is a number that one would say.
fn rate(dataset: &Dataset, bins: &Bins) -> (u64, &'static str) {
    let mut per_second = bins.floor();
    for track in KINDS.iter().filter_map(|(track, ..)| counts(dataset, track)) {
        bins.stack(&bins.rates(track, 1_000_000), &mut per_second);
    }
    scale::rate_unit(per_second.iter().copied().fold(0.0, f64::max))
}

fn title(dataset: &Dataset, bins: &Bins) -> String {
    let totals = KINDS.map(|(track, label, _)| (label, caption::total(dataset, track)));
    if totals.iter().all(|(_, total)| total.is_none()) {
        return "Datastore calls: not recorded in this dataset".to_owned();
    }
    let all: u128 = totals.iter().filter_map(|(_, total)| *total).sum();
    if all == 0 {
        return format!("No datastore call in {}", numbers::time(bins.end_us));
    }
    // Of equals the first: a title must not depend on chance.
    let (mut kind, mut most) = ("", 0);
    for (label, total) in totals {
        if total.unwrap_or(0) > most {
            (kind, most) = (label, total.unwrap_or(0));
        }
    }
    let share = numbers::share(most, all);
    let calls = numbers::plural(all, "datastore call");
    format!("{kind} are {share} of {calls}{}", failures(dataset, all))
}

fn failures(dataset: &Dataset, all: u128) -> String {
    match caption::total(dataset, track::FAILED) {
        None => String::new(),
        Some(0) => "; none failed".to_owned(),
        Some(failed) => format!("; {} failed", numbers::share(failed, all)),
    }
}

fn subtitle(dataset: &Dataset, bins: &Bins) -> String {
    let mean = match bins.is_empty() {
        true => String::new(),
        false => format!(", averaged over {}", numbers::time(bins.width_us)),
    };
    let line = match caption::total(dataset, track::FAILED) {
        None | Some(0) => "",
        Some(_) => " Line: calls that failed, when that became known.",
    };
    format!("Calls sent to the datastore, by kind{mean}.{line}")
}

fn message(dataset: &Dataset, any: bool) -> Option<String> {
    let recorded = KINDS.iter().any(|(track, ..)| dataset.series.tracks.contains_key(*track));
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No datastore call was made.".to_owned()),
        (false, false) => Some("This dataset has no rows on datastore calls.".to_owned()),
    }
}

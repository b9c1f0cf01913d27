//! Datastore calls over time, by kind, and how many of them failed.
//!
//! Calls are what a studio pays for: the datastore's budget per minute. The stack shows who spends
//! it, first tries by kind and all repetitions on top; the line over it, on the same scale, shows
//! how much of that was in vain. Hatched, on top of the stack, is what was never sent: calls that a
//! library wanted to make and its circuit breaker stopped.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Layer, Marks};
use crate::kinds::{Kind, columns, counts, line};
use crate::{palette, scale};
use leasehold_data::{Dataset, numbers, track};

/// The steady ones below, so that the restless ones on top do not make them wobble.
const KINDS: [Kind<'static>; 6] = [
    (track::RENEW, "Renewals", palette::SKY),
    (track::SAVE, "Saves", palette::BLUE),
    (track::ACQUIRE, "Acquires", palette::GREEN),
    (track::RELEASE, "Releases", palette::PURPLE),
    (track::OTHER, "Others", palette::YELLOW),
    (track::RETRY, "Retries", palette::ORANGE),
];

/// What was sent in vain, as a line.
const FAILED: Kind<'static> = (track::FAILED, "Failed", palette::BLACK);

/// What was not sent, hatched.
const STOPPED: Kind<'static> =
    (track::SHORT_CIRCUITED, "Stopped by a circuit breaker", palette::GREY);

/// Draws nothing, decides everything: the datastore calls of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let (unit_us, per) = rate(dataset, &bins);
    let mut floor = bins.floor();
    let mut layers: Vec<Layer> = caption::incidents(dataset, &bins.window());
    let any = |(track, ..): &&Kind<'_>| caption::total(dataset, track).is_some_and(|n| n > 0);
    layers.extend(KINDS.iter().filter(any).filter_map(|kind| {
        columns(dataset, &bins, kind, &mut floor, |track| bins.rates(track, unit_us))
    }));
    layers.extend(stopped(dataset, &bins, &mut floor, unit_us));
    layers.extend(line(dataset, &bins, &FAILED, unit_us));
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    let tracks: Vec<&str> =
        KINDS.iter().chain([&FAILED, &STOPPED]).map(|(track, ..)| *track).collect();
    Chart {
        slug: "calls".into(),
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

/// Calls that were stopped, on top of those that were sent; none if none were.
fn stopped(dataset: &Dataset, bins: &Bins, floor: &mut [f64], unit_us: u64) -> Option<Layer> {
    caption::total(dataset, STOPPED.0).filter(|&total| total > 0)?;
    let layer = columns(dataset, bins, &STOPPED, floor, |track| bins.rates(track, unit_us))?;
    let Marks::Columns(columns) = layer.marks else { return None };
    Some(Layer { marks: Marks::Hatched(columns), ..layer })
}

/// The unit in which the highest column is a number that one would say.
fn rate(dataset: &Dataset, bins: &Bins) -> (u64, &'static str) {
    let mut per_second = bins.floor();
    let kinds = KINDS.iter().chain([&STOPPED]);
    for track in kinds.filter_map(|(track, ..)| counts(dataset, track)) {
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

/// What became of calls that came to nothing. Those that a breaker stopped are none of all that
/// were sent, and so they are counted beside.
fn failures(dataset: &Dataset, all: u128) -> String {
    let failed = caption::total(dataset, FAILED.0);
    let stopped = caption::total(dataset, STOPPED.0).filter(|&stopped| stopped > 0);
    let failed = failed.map(|failed| match (failed, stopped) {
        (0, _) => "none failed".to_owned(),
        (failed, None) => format!("{} failed", numbers::share(failed, all)),
        (failed, Some(_)) => format!("{} failed", numbers::count(failed)),
    });
    let stopped = stopped.map(|n| format!("breakers stopped {} more", numbers::count(n)));
    match (failed, stopped) {
        (None, None) => String::new(),
        (Some(words), None) | (None, Some(words)) => format!("; {words}"),
        (Some(failed), Some(stopped)) => format!("; {failed}, and {stopped}"),
    }
}

fn subtitle(dataset: &Dataset, bins: &Bins) -> String {
    let mean = match bins.is_empty() {
        true => String::new(),
        false => format!(", averaged over {}", numbers::time(bins.width_us)),
    };
    let any = |track| caption::total(dataset, track).is_some_and(|total| total > 0);
    let line = match any(FAILED.0) {
        true => " Line: calls that failed, when that became known.",
        false => "",
    };
    let hatched = if any(STOPPED.0) { " Hatched: calls that were not sent." } else { "" };
    format!("Calls sent to the datastore, by kind{mean}.{line}{hatched}")
}

fn message(dataset: &Dataset, any: bool) -> Option<String> {
    let recorded = KINDS.iter().any(|(track, ..)| dataset.series.tracks.contains_key(*track));
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No datastore call was made.".to_owned()),
        (false, false) => Some("This dataset has no rows on datastore calls.".to_owned()),
    }
}

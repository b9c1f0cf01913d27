//! How old unsaved changes get before they are saved, against what the protocol promises.
//!
//! A crash costs a player what they did since the last save. The promise is a bound on that: a save
//! is sent at most `max_delay` after a change, and takes at most one call. The columns show the
//! unluckiest change of their time, the line the usual one; while the datastore is out nothing is
//! saved, so what still waits has columns of its own.

use crate::caption;
use crate::chart::{Chart, Column, Layer, Marks};
use crate::scale::Window;
use crate::{palette, scale};
use leasehold_data::{AgeBin, Ages, Dataset, Invariant, numbers};

/// Draws nothing, decides everything: the ages of unsaved changes in a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let ages = &dataset.ages;
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let any = ages.bins.iter().any(|bin| bin.saves > 0);
    let late = |bin: &AgeBin| bin.max_us > limit(ages);
    let mut layers: Vec<Layer> = caption::incidents(dataset, &window);
    layers.extend(unsaved(ages, &window));
    if any {
        let bins = ages.bins.iter().filter(|bin| bin.saves > 0);
        let (lates, all) = (bins.clone().filter(|bin| late(bin)).count(), bins.count());
        layers
            .push(columns(ages, &window, "Largest age when saved", palette::SKY, |bin| !late(bin)));
        if lates > 0 {
            let limit = numbers::time(limit(ages));
            let label = format!("Largest, above {limit} (in {lates} of {all} bins)");
            layers.push(columns(ages, &window, &label, palette::ORANGE, late));
        }
        let median = Marks::Line(medians(ages, &window));
        layers.push(Layer {
            label: "Median when saved".to_owned(),
            colour: palette::BLUE,
            marks: median,
        });
    }
    if ages.promised_us > 0 {
        let (at, end) = (seconds(ages.promised_us), window.at(window.to_us));
        let label = format!("Promised: sent within {}", numbers::time(ages.promised_us));
        let marks = Marks::Line(vec![vec![(0.0, at), (end, at)]]);
        layers.push(Layer { label, colour: palette::BLACK, marks });
    }
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    Chart {
        slug: "ages",
        title: title(dataset, &window),
        subtitle: subtitle(ages),
        x: window.axis(),
        y: scale::amount_axis("age, seconds".to_owned(), highest, false),
        layers,
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: message(ages, any || ages.bins.iter().any(left)),
        source: caption::source(&dataset.manifest),
        notes: note(ages).into_iter().collect(),
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// The age that no change may have when it is saved.
fn limit(ages: &Ages) -> u64 {
    ages.promised_us.saturating_add(ages.call_us)
}

fn spans<'a>(ages: &'a Ages, window: &'a Window) -> impl Iterator<Item = ((f64, f64), &'a AgeBin)> {
    ages.bins.iter().zip(0u64..).map(|(bin, nth)| {
        let from = nth.saturating_mul(ages.bin_us);
        ((window.at(from), window.at(from.saturating_add(ages.bin_us))), bin)
    })
}

/// The largest ages of the bins that are chosen.
fn columns(
    ages: &Ages,
    window: &Window,
    label: &str,
    colour: crate::chart::Colour,
    chosen: impl Fn(&AgeBin) -> bool,
) -> Layer {
    let bins = spans(ages, window).filter(|(_, bin)| bin.saves > 0 && chosen(bin));
    let column =
        |((from, to), bin): (_, &AgeBin)| Column { from, to, base: 0.0, top: seconds(bin.max_us) };
    Layer { label: label.to_owned(), colour, marks: Marks::Columns(bins.map(column).collect()) }
}

/// Whether something older than all that was saved in a bin was left over at its end.
fn left(bin: &AgeBin) -> bool {
    bin.unsaved_us > bin.max_us
}

/// What was left over; none if nothing was.
fn unsaved(ages: &Ages, window: &Window) -> Option<Layer> {
    let bins = spans(ages, window).filter(|(_, bin)| left(bin));
    let column = |((from, to), bin): (_, &AgeBin)| {
        let top = seconds(bin.unsaved_us);
        Column { from, to, base: 0.0, top }
    };
    let columns: Vec<Column> = bins.map(column).collect();
    let label = "Oldest still unsaved".to_owned();
    let marks = Marks::Columns(columns);
    ages.bins.iter().any(left).then_some(Layer { label, colour: palette::GREY, marks })
}

/// A line that is level over each bin, in pieces: where nothing was saved there is none.
fn medians(ages: &Ages, window: &Window) -> Vec<Vec<(f64, f64)>> {
    let bins: Vec<_> = spans(ages, window).collect();
    let pieces = bins.split(|(_, bin)| bin.saves == 0).filter(|piece| !piece.is_empty());
    let level = |((from, to), bin): &((f64, f64), &AgeBin)| {
        let age = seconds(bin.p50_us);
        [(*from, age), (*to, age)]
    };
    pieces.map(|piece| piece.iter().flat_map(level).collect()).collect()
}

fn title(dataset: &Dataset, window: &Window) -> String {
    let ages = &dataset.ages;
    let saved = ages.bins.iter().map(|bin| bin.max_us).max().unwrap_or(0).max(ages.unsaved_max_us);
    let oldest = ages.bins.iter().map(|bin| bin.unsaved_us).max().unwrap_or(0).max(saved);
    let promise = numbers::time(ages.promised_us);
    if ages.bins.is_empty() {
        return "Ages of unsaved changes: not recorded in this dataset".to_owned();
    }
    if ages.bins.iter().all(|bin| bin.saves == 0) {
        return format!("No change was saved in {}", numbers::time(window.to_us));
    }
    let (waited, limit_us) = (numbers::time(oldest), limit(ages));
    let lost: u64 = dataset.summary.progress.lost.values().sum();
    match oldest {
        _ if ages.promised_us == 0 => format!("No change waited longer than {waited}"),
        us if us <= limit_us && lost > 0 => {
            let (lost, waited) = (numbers::plural(lost, "change"), numbers::time(saved));
            format!("{lost} never saved; the others waited at most {waited}")
        }
        us if us > limit_us && is_excused(dataset) => {
            format!("A change was unsaved for {waited}, since calls failed")
        }
        us if us > limit_us => format!(
            "A change was unsaved for {waited}, more than the promised {}",
            numbers::time(limit_us)
        ),
        us if us > ages.promised_us => {
            format!("No change waited longer than {waited}: {promise} and a call, as promised")
        }
        _ => format!("No change waited longer than {waited}; promised are {promise}"),
    }
}

/// Whether the run's observer, who knows which calls failed, found the promise kept.
fn is_excused(dataset: &Dataset) -> bool {
    let kept = |rule: &Invariant| rule.name == "dirty_age_is_bounded" && rule.violations == 0;
    dataset.invariants.iter().any(kept)
}

fn subtitle(ages: &Ages) -> String {
    let per = match ages.bin_us {
        0 => String::new(),
        us => format!(", {}", numbers::per(us)),
    };
    let call = match ages.call_us {
        0 => String::new(),
        us => {
            format!(
                " The save itself is one call, which is waited for up to {}.",
                numbers::time(us)
            )
        }
    };
    let left = match ages.bins.iter().any(left) {
        true => " Grey: of the oldest one still unsaved at the end of that time, if it is older.",
        false => "",
    };
    format!("Age of the oldest change in each save when it was acknowledged{per}.{left}{call}")
}

fn message(ages: &Ages, any: bool) -> Option<String> {
    match (any, ages.bins.is_empty()) {
        (true, _) => None,
        (false, false) => Some("No change was saved.".to_owned()),
        (false, true) => Some("This dataset has no rows on saves.".to_owned()),
    }
}

fn note(ages: &Ages) -> Option<String> {
    (ages.unsaved > 0).then(|| {
        let sessions = numbers::plural(ages.unsaved, "session");
        let age = numbers::time(ages.unsaved_max_us);
        format!("When the run ended {sessions} had unsaved changes, the oldest for {age}.")
    })
}

//! How old unsaved changes get, against what the protocol promises.
//!
//! A crash costs a player what they did since the last save. The promise is a bound on that: a save
//! is sent at most `max_delay` after a change, and takes at most one call. The columns show the
//! unluckiest change of their time, whatever became of it; the line shows the usual one of those
//! that were saved.

use crate::caption;
use crate::chart::{Chart, Column, Layer, Marks};
use crate::scale::Window;
use crate::{palette, scale};
use leasehold_data::{AgeBin, Ages, Dataset, Invariant, Waited, numbers};

/// Draws nothing, decides everything: the ages of unsaved changes in a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let ages = &dataset.ages;
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let any = ages.bins.iter().any(|bin| bin.oldest_us > 0);
    let mut layers: Vec<Layer> = caption::incidents(dataset, &window);
    if any {
        layers.extend(columns(ages, &window));
        let median = Marks::Line(medians(ages, &window));
        let label = "Median when saved".to_owned();
        layers.push(Layer { label, colour: palette::BLUE, marks: median });
    }
    if ages.promised_us > 0 {
        let (at, end) = (seconds(ages.promised_us), window.at(window.to_us));
        let label = format!("Promised: sent within {}", numbers::time(ages.promised_us));
        let marks = Marks::Line(vec![vec![(0.0, at), (end, at)]]);
        layers.push(Layer { label, colour: palette::BLACK, marks });
    }
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    Chart {
        slug: "ages".into(),
        title: title(dataset, &window),
        subtitle: subtitle(ages),
        x: window.axis(),
        y: scale::amount_axis("age, seconds".to_owned(), highest, false),
        layers,
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: message(ages, any),
        source: caption::source(&dataset.manifest),
        notes: note(ages).into_iter().collect(),
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// The age that no change may have when it is saved, if anything is promised.
fn limit(ages: &Ages) -> Option<u64> {
    (ages.promised_us > 0).then(|| ages.promised_us.saturating_add(ages.call_us))
}

fn spans<'a>(ages: &'a Ages, window: &'a Window) -> impl Iterator<Item = ((f64, f64), &'a AgeBin)> {
    ages.bins.iter().zip(0u64..).map(|(bin, nth)| {
        let from = nth.saturating_mul(ages.bin_us);
        ((window.at(from), window.at(from.saturating_add(ages.bin_us))), bin)
    })
}

/// The oldest of each bin; apart those that are older than they may be.
fn columns(ages: &Ages, window: &Window) -> Vec<Layer> {
    let limit_us = limit(ages).unwrap_or(u64::MAX);
    let chosen = |late: bool| {
        let bins = spans(ages, window)
            .filter(|(_, bin)| bin.oldest_us > 0 && (bin.oldest_us > limit_us) == late);
        let column = |((from, to), bin): ((f64, f64), &AgeBin)| {
            let top = seconds(bin.oldest_us);
            Column { from, to, base: 0.0, top }
        };
        bins.map(column).collect::<Vec<Column>>()
    };
    let layer =
        |label: String, colour, columns| Layer { label, colour, marks: Marks::Columns(columns) };
    let late = chosen(true);
    let oldest = "Oldest unsaved change".to_owned();
    let mut layers = vec![layer(oldest, palette::SKY, chosen(false))];
    if !late.is_empty() {
        let label = format!("Older than {}", numbers::time(limit_us));
        layers.push(layer(label, palette::ORANGE, late));
    }
    layers
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
    let (ages, progress) = (&dataset.ages, &dataset.summary.progress);
    if ages.bins.is_empty() {
        return "Ages of unsaved changes: not recorded in this dataset".to_owned();
    }
    let Some(longest_us) = progress.dirty_age_max_us else {
        return format!("No change was made in {}", numbers::time(window.to_us));
    };
    let lost: u128 = progress.lost.values().map(|n| u128::from(*n)).sum();
    let (longest, promised) = (numbers::time(longest_us), numbers::time(ages.promised_us));
    let befell = befell(ages);
    if lost > 0 {
        let never = match lost {
            1 => "1 change was never saved".to_owned(),
            n => format!("{} changes were never saved", numbers::count(n)),
        };
        return format!("{never}; the longest wait was {longest}{befell}");
    }
    match limit(ages) {
        None => format!("No change waited longer than {longest}"),
        Some(limit_us) if longest_us > limit_us && is_excused(dataset) => {
            format!(
                "A change was unsaved for {longest}{befell}; promised are {promised} and a call"
            )
        }
        Some(limit_us) if longest_us > limit_us => format!(
            "A change was unsaved for {longest}, more than the promised {}",
            numbers::time(limit_us)
        ),
        Some(_) if longest_us > ages.promised_us => {
            format!("No change waited longer than {longest}: {promised} and a call, as promised")
        }
        Some(_) => format!("No change waited longer than {longest}; promised are {promised}"),
    }
}

/// What befell the session of the oldest change meanwhile.
fn befell(ages: &Ages) -> String {
    let Waited { paused, failed, stopped } = ages.oldest;
    let words = [
        (paused, "its server was paused"),
        (failed, "calls failed"),
        (stopped, "a breaker stopped calls"),
    ];
    let words: Vec<&str> =
        words.iter().filter(|(came, _)| *came).map(|(_, words)| *words).collect();
    match words.as_slice() {
        [] => String::new(),
        words => format!(", while {}", words.join(" and ")),
    }
}

/// Whether the run's observer, who knows what excuses a session, found the promise kept.
fn is_excused(dataset: &Dataset) -> bool {
    let kept = |rule: &Invariant| rule.name == "dirty_age_is_bounded" && rule.violations == 0;
    dataset.invariants.iter().any(kept)
}

fn subtitle(ages: &Ages) -> String {
    let per = match ages.bin_us {
        0 => String::new(),
        us => format!(" {}", numbers::per(us)),
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
    format!(
        "How old an unsaved change became, at the most{per}: when it was saved, when its session \
         ended, or when that time did.{call}"
    )
}

fn message(ages: &Ages, any: bool) -> Option<String> {
    match (any, ages.bins.is_empty()) {
        (true, _) => None,
        (false, false) => Some("No change was made.".to_owned()),
        (false, true) => Some("This dataset has no rows on ages.".to_owned()),
    }
}

fn note(ages: &Ages) -> Option<String> {
    (ages.unsaved > 0).then(|| {
        let sessions = numbers::plural(ages.unsaved, "session");
        let age = numbers::time(ages.unsaved_max_us);
        format!("When the run ended {sessions} had unsaved changes, the oldest for {age}.")
    })
}

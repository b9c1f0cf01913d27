//! How long session starts take, as cumulative curves by outcome.
//!
//! A player waits in front of a closed door: for most it opens at once, and the few for whom it
//! does not are why a mean says little. A curve shows all of them; its height is the share that has
//! its answer by then. Waiting times differ by powers of ten, so the axis is logarithmic.

use crate::caption;
use crate::chart::{Chart, Colour, Layer, Marks};
use crate::{palette, scale, words};
use leasehold_data::{Dataset, GRANTED, Reached, StartTimes, numbers};
use std::cmp::Reverse;

/// Colours of refusals, the most frequent first. As many are drawn.
const REFUSED: [Colour; 5] =
    [palette::VERMILION, palette::ORANGE, palette::PURPLE, palette::GREEN, palette::SKY];

/// The axis does not begin before this: who is refused without a call is refused at once, and six
/// powers of ten of nothing would say no more.
const AT_ONCE_US: u64 = 10_000;

/// Draws nothing, decides everything: the session starts of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let (drawn, others) = curves(dataset);
    let points = || drawn.iter().flat_map(|(times, _)| &times.points);
    let fastest = points().map(|point| point.within_us).min().unwrap_or(100_000);
    let least = fastest.max(AT_ONCE_US);
    let most = points().map(|point| point.within_us).max().unwrap_or(10_000_000);
    let label = "seconds from asking to the answer, logarithmic".to_owned();
    let (x, begin_us) = scale::log_axis(label, least, most);
    let layers = drawn.iter().map(|(times, colour)| layer(times, *colour, begin_us)).collect();
    Chart {
        slug: "starts",
        title: title(dataset),
        subtitle: subtitle(dataset, fastest),
        x,
        y: scale::amount_axis(
            "answered, % of the starts with that outcome".to_owned(),
            100.0,
            true,
        ),
        layers,
        rules: Vec::new(),
        words: Vec::new(),
        message: drawn.is_empty().then(|| "No session start was answered.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: note(&others).into_iter().collect(),
    }
}

/// The curves that are drawn, with their colours, and the refusals for which there is none left.
fn curves(dataset: &Dataset) -> (Vec<(&StartTimes, Colour)>, Vec<&StartTimes>) {
    let known = dataset.start_times.iter().filter(|times| !times.points.is_empty());
    let (granted, mut refused): (Vec<_>, Vec<_>) =
        known.partition(|times| times.outcome == GRANTED);
    refused.sort_by_key(|times| (Reverse(times.count), &times.outcome));
    let others = refused.split_off(refused.len().min(REFUSED.len()));
    let granted = granted.into_iter().take(1).map(|times| (times, palette::BLUE));
    (granted.chain(refused.into_iter().zip(REFUSED)).collect(), others)
}

fn layer(times: &StartTimes, colour: Colour, begin_us: f64) -> Layer {
    let all = times.points.last().map_or(0, |point| point.starts).max(1);
    let at = |us: u64| (us.max(1) as f64 / begin_us).log10().max(0.0);
    let share = |starts: u64| 100.0 * starts as f64 / all as f64;
    // Upright steps: a slope would show times that no start took.
    let before = std::iter::once(0).chain(times.points.iter().map(|point| point.starts));
    let step = |(point, before): (&Reached, u64)| {
        let x = at(point.within_us);
        [(x, share(before)), (x, share(point.starts))]
    };
    let line = times.points.iter().zip(before).flat_map(step).collect();
    let label = format!("{} ({})", outcome(times), numbers::count(times.count));
    Layer { label, colour, marks: Marks::Line(vec![line]) }
}

fn outcome(times: &StartTimes) -> String {
    match times.outcome.as_str() {
        GRANTED => "Granted".to_owned(),
        reason => format!("Rejected: {}", words::line(reason).replace('_', " ")),
    }
}

fn title(dataset: &Dataset) -> String {
    let asked = u128::from(dataset.summary.starts.asked);
    // The curve has fewer points than there were starts; these come from all of them.
    let times = &dataset.summary.start_latency;
    match (times.count > 0).then_some((times.p50_us, times.p99_us)) {
        Some((half, most)) => format!(
            "Starts that were granted: half within {}, 99 % within {}",
            numbers::time(half),
            numbers::time(most)
        ),
        None if asked == 0 && dataset.start_times.is_empty() => {
            format!("No session start in {}", numbers::time(dataset.manifest.duration_us))
        }
        None => format!("None of {} was granted", numbers::plural(asked, "session start")),
    }
}

fn subtitle(dataset: &Dataset, fastest_us: u64) -> String {
    let starts = &dataset.summary.starts;
    let edge = if fastest_us < AT_ONCE_US { " Left edge: at once." } else { "" };
    let curves = format!("What share of its starts each outcome had reached after how long.{edge}");
    if starts.asked == 0 {
        return curves;
    }
    let granted = numbers::share(starts.granted, starts.asked);
    let asked = numbers::plural(starts.asked, "start");
    let cut = match starts.pending {
        0 => String::new(),
        1 => "; 1 was cut off".to_owned(),
        n => format!("; {} were cut off", numbers::count(n)),
    };
    format!("{curves} Of {asked}, {granted} were granted{cut}.")
}

fn note(others: &[&StartTimes]) -> Option<String> {
    let tell = |times: &&StartTimes| {
        format!("{} ({})", words::line(&times.outcome), numbers::count(times.count))
    };
    let told: Vec<String> = others.iter().map(tell).collect();
    (!told.is_empty()).then(|| format!("Rarer refusals, not drawn: {}.", told.join(", ")))
}

//! How session starts end, and after how long: the cumulative incidence of each outcome.
//!
//! A player waits in front of a closed door: for most it opens at once, and the few for whom it
//! does not are why a mean says little. A curve shows all of them: its height is the share of all
//! starts that had ended so by then, so all curves together never come to more than all starts, and
//! what is missing at the right edge was never answered. Waiting times differ by powers of ten, so
//! the axis is logarithmic.

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
    let all = asked(dataset);
    let layer =
        |(times, colour): &(&StartTimes, Colour)| layer(times, *colour, all, (begin_us, x.max));
    let layers = drawn.iter().map(layer).collect();
    Chart {
        slug: "starts".into(),
        title: title(dataset),
        subtitle: subtitle(dataset, fastest),
        x,
        y: scale::amount_axis("ended so, % of all starts".to_owned(), 100.0, true),
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

/// All starts: as many as were asked for, or else as the curves have.
fn asked(dataset: &Dataset) -> u64 {
    let curves = dataset.start_times.iter().map(|times| times.count);
    let curves = curves.fold(0, u64::saturating_add);
    dataset.summary.starts.asked.max(curves).max(1)
}

fn layer(times: &StartTimes, colour: Colour, all: u64, (begin_us, end): (f64, f64)) -> Layer {
    let at = |us: u64| (us.max(1) as f64 / begin_us).log10().max(0.0);
    let share = |starts: u64| (100.0 * starts as f64 / all as f64).min(100.0);
    // Upright steps: a slope would show times that no start took.
    let before = std::iter::once(0).chain(times.points.iter().map(|point| point.starts));
    let step = |(point, before): (&Reached, u64)| {
        let x = at(point.within_us);
        [(x, share(before)), (x, share(point.starts))]
    };
    let steps = times.points.iter().zip(before).flat_map(step);
    // What has ended stays so.
    let last = times.points.last().map(|point| (end, share(point.starts)));
    let line = steps.chain(last).collect();
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
    let starts = &dataset.summary.starts;
    // The curve has fewer points than there were starts; these come from all of them.
    match &dataset.summary.start_latency {
        Some(times) => {
            let (half, most) = (numbers::time(times.p50_us), numbers::time(times.p99_us));
            let granted = match (starts.granted, starts.asked) {
                (1, 1) => return format!("The only start was granted, within {most}"),
                (granted, asked) if granted == asked => {
                    format!("All {} starts were granted", numbers::count(asked))
                }
                (granted, asked) => format!(
                    "{} of {} granted",
                    numbers::share(granted, asked),
                    numbers::plural(asked, "start")
                ),
            };
            format!("{granted}: half of them within {half}, 99 % within {most}")
        }
        None if starts.asked == 0 && dataset.start_times.is_empty() => {
            format!("No session start in {}", numbers::time(dataset.manifest.duration_us))
        }
        None => format!("None of {} was granted", numbers::plural(starts.asked, "session start")),
    }
}

fn subtitle(dataset: &Dataset, fastest_us: u64) -> String {
    let edge = if fastest_us < AT_ONCE_US { " Left edge: at once." } else { "" };
    let pending = match dataset.summary.starts.pending {
        0 => String::new(),
        1 => " 1 was never answered.".to_owned(),
        n => format!(" {} were never answered.", numbers::count(n)),
    };
    format!(
        "Cumulative incidence: the share of all starts that had ended so, by how long after they \
         were asked for.{edge}{pending}"
    )
}

fn note(others: &[&StartTimes]) -> Option<String> {
    let tell = |times: &&StartTimes| {
        format!("{} ({})", words::line(&times.outcome), numbers::count(times.count))
    };
    let told: Vec<String> = others.iter().map(tell).collect();
    (!told.is_empty()).then(|| format!("Rarer refusals, not drawn: {}.", told.join(", ")))
}

//! How long players take into the game, and how that ends: the cumulative incidence of each end.
//!
//! A player waits in front of a closed door: for most it opens at once, and the few for whom it
//! does not are why a mean says little. What counts is the whole way in, from the first time that
//! somebody asked, however many starts are rejected before one is granted. A curve shows all of
//! these joins: its height is the share of them that had ended so by then, and as every join ends
//! somehow, be it with the run, all curves together come to all of them at the right edge. Waiting
//! times differ by powers of ten, so the axis is logarithmic.

use crate::caption;
use crate::chart::{Chart, Colour, Layer, Marks};
use crate::{palette, scale, words};
use leasehold_data::{Dataset, JoinEnd, JoinTimes, Play, Reached, numbers};
use std::cmp::Reverse;

/// Colours of rejections, the most frequent first. As many are drawn.
const REJECTED: [Colour; 4] = [palette::VERMILION, palette::PURPLE, palette::GREEN, palette::SKY];

/// The axis does not begin before this: who is let in without a call is let in at once, and six
/// powers of ten of nothing would say no more.
const AT_ONCE_US: u64 = 10_000;

/// Draws nothing, decides everything: how players came into the game in a run, as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let (drawn, others) = curves(dataset);
    let points = || drawn.iter().flat_map(|(times, _)| &times.points);
    let fastest = points().map(|point| point.within_us).min().unwrap_or(100_000);
    let least = fastest.max(AT_ONCE_US);
    let most = points().map(|point| point.within_us).max().unwrap_or(10_000_000);
    let label = "seconds since the player first asked, logarithmic".to_owned();
    let (x, begin_us) = scale::log_axis(label, least, most);
    let joins = Joins::of(dataset);
    let all = joins.all.max(1);
    let layer =
        |(times, colour): &(&JoinTimes, Colour)| layer(times, *colour, all, (begin_us, x.max));
    let layers = drawn.iter().map(layer).collect();
    Chart {
        slug: "starts".into(),
        title: title(dataset, &joins),
        subtitle: subtitle(fastest),
        x,
        y: scale::amount_axis("ended so, % of all joins".to_owned(), 100.0, true),
        layers,
        rules: Vec::new(),
        words: Vec::new(),
        message: drawn.is_empty().then(|| "No player wanted in.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: [note(dataset), rarer(&others)].into_iter().flatten().collect(),
    }
}

/// Joins by how they ended.
struct Joins {
    all: u128,
    playing: u128,
    gave_up: u128,
    waiting: u128,
    /// The longest that somebody took who was let in.
    longest_us: u64,
}

impl Joins {
    fn of(dataset: &Dataset) -> Joins {
        let mut joins = Joins { all: 0, playing: 0, gave_up: 0, waiting: 0, longest_us: 0 };
        for JoinTimes { end, count, points, .. } in &dataset.join_times {
            let count = u128::from(*count);
            joins.all += count;
            match end {
                JoinEnd::Playing => {
                    joins.playing += count;
                    joins.longest_us = points.last().map_or(0, |point| point.within_us);
                }
                JoinEnd::OutOfPatience | JoinEnd::Rejected(_) => joins.gave_up += count,
                JoinEnd::Waiting => joins.waiting += count,
            }
        }
        joins
    }
}

/// The curves that are drawn, with their colours, and the rejections for which there is none left.
fn curves(dataset: &Dataset) -> (Vec<(&JoinTimes, Colour)>, Vec<&JoinTimes>) {
    let known = dataset.join_times.iter().filter(|times| !times.points.is_empty());
    let mut known: Vec<&JoinTimes> = known.collect();
    known.sort_by_key(|times| (Reverse(times.count), &times.end));
    let (mut drawn, mut others, mut colours) = (Vec::new(), Vec::new(), REJECTED.into_iter());
    for end in [JoinEnd::Playing, JoinEnd::Waiting, JoinEnd::OutOfPatience] {
        let colour = match end {
            JoinEnd::Playing => palette::BLUE,
            JoinEnd::Waiting => palette::GREY,
            _ => palette::ORANGE,
        };
        drawn.extend(known.iter().find(|times| times.end == end).map(|times| (*times, colour)));
    }
    for times in known.into_iter().filter(|times| matches!(times.end, JoinEnd::Rejected(_))) {
        match colours.next() {
            Some(colour) => drawn.push((times, colour)),
            None => others.push(times),
        }
    }
    (drawn, others)
}

fn layer(times: &JoinTimes, colour: Colour, all: u128, (begin_us, end): (f64, f64)) -> Layer {
    let at = |us: u64| (us.max(1) as f64 / begin_us).log10().max(0.0);
    let share = |joins: u64| (100.0 * joins as f64 / all as f64).min(100.0);
    // Upright steps: a slope would show times that no join took.
    let before = std::iter::once(0).chain(times.points.iter().map(|point| point.joins));
    let step = |(point, before): (&Reached, u64)| {
        let x = at(point.within_us);
        [(x, share(before)), (x, share(point.joins))]
    };
    let steps = times.points.iter().zip(before).flat_map(step);
    // What has ended stays so.
    let last = times.points.last().map(|point| (end, share(point.joins)));
    let line = steps.chain(last).collect();
    Layer { label: label(times), colour, marks: Marks::Line(vec![line]) }
}

fn label(JoinTimes { end, count, rejected, .. }: &JoinTimes) -> String {
    let count = numbers::count(*count);
    let after = match (*rejected, end) {
        (0, _) | (_, JoinEnd::Rejected(_)) => String::new(),
        (n, _) => format!(", {} after a rejection", numbers::count(n)),
    };
    match end {
        JoinEnd::Playing => format!("In the game ({count}{after})"),
        JoinEnd::OutOfPatience => format!("Gave up: waited too long ({count})"),
        JoinEnd::Rejected(reason) => format!("Gave up: {} ({count})", plain(reason)),
        JoinEnd::Waiting => format!("Still waiting when the run ended ({count}{after})"),
    }
}

/// A library's own word for a reason, on a line.
fn plain(reason: &str) -> String {
    words::line(reason).replace('_', " ")
}

fn title(dataset: &Dataset, joins: &Joins) -> String {
    let Joins { all, playing, gave_up, waiting, longest_us } = *joins;
    let joined = numbers::plural(all, "join");
    let mut title = match playing {
        _ if all == 0 => {
            return format!("Nobody wanted in, in {}", numbers::time(dataset.manifest.duration_us));
        }
        0 => format!("None of {joined} led into the game"),
        1 if all == 1 => format!("The only join led into the game {}", within(longest_us)),
        playing if playing == all => all_in(&dataset.summary.play, &joined, longest_us),
        _ => {
            let share = numbers::share(playing, all);
            format!("{share} of {joined} led into the game {}", within(longest_us))
        }
    };
    if gave_up > 0 {
        title.push_str(&format!("; {} were given up", numbers::share(gave_up, all)));
    }
    if waiting > 0 {
        let still = numbers::some(waiting, "was", "were");
        title.push_str(&format!("; {still} still waiting at the end"));
    }
    title
}

/// The title where every join led into the game.
fn all_in(play: &Play, joined: &str, longest_us: u64) -> String {
    let (half, most) = (play.p50_us.unwrap_or(longest_us), play.p99_us.unwrap_or(longest_us));
    match half == most {
        true => format!("All {joined} led into the game {}", within(longest_us)),
        false => {
            format!("All {joined} led into the game: half {}, 99 % {}", within(half), within(most))
        }
    }
}

fn within(us: u64) -> String {
    if us == 0 { "at once".to_owned() } else { format!("within {}", numbers::time(us)) }
}

fn subtitle(fastest_us: u64) -> String {
    let edge = if fastest_us < AT_ONCE_US { " Left edge: at once." } else { "" };
    format!(
        "Cumulative incidence: the share of all joins that had ended so, by how long after the \
         player first asked; starts that are rejected on the way are part of a join.{edge}"
    )
}

/// What starts were rejected for, whether or not a later one was granted.
fn note(dataset: &Dataset) -> Option<String> {
    let failed = &dataset.summary.starts.failed;
    let mut failed: Vec<_> = failed.iter().filter(|(_, n)| **n > 0).collect();
    failed.sort_by_key(|(reason, n)| (Reverse(**n), *reason));
    let told =
        failed.iter().map(|(reason, n)| format!("{} ({})", plain(reason), numbers::count(**n)));
    let told: Vec<String> = told.collect();
    let asked = numbers::plural(dataset.summary.starts.asked, "start");
    (!told.is_empty()).then(|| format!("Of {asked} were rejected: {}.", told.join(", ")))
}

fn rarer(others: &[&JoinTimes]) -> Option<String> {
    let told: Vec<String> = others.iter().map(|times| label(times)).collect();
    (!told.is_empty()).then(|| format!("Rarer, not drawn: {}.", told.join(", ")))
}

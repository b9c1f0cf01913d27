//! Messages over time: what became of them, and how many challenges were answered in time.
//!
//! Before a server takes a record that somebody else holds, it asks. All that stands between that
//! somebody and losing the lease is two messages, there and back, so what gets lost here is where
//! the takeovers of the conflicts chart come from.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Flag, Layer, Marks};
use crate::kinds::{Kind, columns, counts, line};
use crate::{palette, scale};
use leasehold_data::{Dataset, numbers, track};

/// How a message can end, in the order of the stack.
const ENDS: [Kind; 3] = [
    (track::MESSAGES_DELIVERED, "Delivered", palette::SKY),
    (track::MESSAGES_NO_SUBSCRIBER, "Nobody listened", palette::ORANGE),
    (track::MESSAGES_LOST, "Lost", palette::VERMILION),
];

/// What is drawn as lines over it.
const LINES: [Kind; 2] = [
    (track::MESSAGES_SENT, "Sent", palette::BLACK),
    (track::CONFLICT_ANSWERED, "Challenges answered in time", palette::GREEN),
];

/// Draws nothing, decides everything: the messages of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let (unit_us, per) = rate(dataset, &bins);
    let mut floor = bins.floor();
    let columns =
        |kind: &Kind| columns(dataset, &bins, kind, &mut floor, |track| bins.rates(track, unit_us));
    let mut layers: Vec<Layer> = ENDS.iter().filter_map(columns).collect();
    let lines = LINES.iter().filter(|(track, ..)| happened(dataset, track));
    layers.extend(lines.filter_map(|kind| line(dataset, &bins, kind, unit_us)));
    layers.extend(duplicated(dataset, &bins));
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    let drawn = ENDS.iter().chain(&LINES).map(|(track, ..)| *track);
    let tracks: Vec<&str> = drawn.chain([track::MESSAGES_DUPLICATED, track::CHALLENGES]).collect();
    Chart {
        slug: "messages",
        title: title(dataset, &bins),
        subtitle: subtitle(&bins),
        x: scale::time_axis(bins.end_us),
        y: scale::amount_axis(format!("messages {per}"), highest, highest == 0.0),
        message: message(dataset, highest > 0.0),
        layers,
        rules: caption::heal(&dataset.manifest, &bins.window()),
        words: Vec::new(),
        source: caption::source(&dataset.manifest),
        notes: caption::missing(dataset, &tracks).into_iter().collect(),
    }
}

/// Without challenges there are no answers: where messaging is only presumed, an owner counts as
/// having answered although nobody asked.
fn happened(dataset: &Dataset, track: &str) -> bool {
    let asked = caption::total(dataset, track::CHALLENGES);
    track != track::CONFLICT_ANSWERED || asked != Some(0)
}

fn rate(dataset: &Dataset, bins: &Bins) -> (u64, &'static str) {
    let tracks = ENDS.iter().chain(&LINES).map(|(track, ..)| *track);
    let tracks = tracks.filter(|track| happened(dataset, track));
    let tracks = tracks.filter_map(|track| counts(dataset, track));
    let rates = tracks.flat_map(|track| bins.rates(track, 1_000_000));
    scale::rate_unit(rates.fold(0.0, f64::max))
}

/// Triangles where messages were duplicated; none if no message was.
fn duplicated(dataset: &Dataset, bins: &Bins) -> Option<Layer> {
    let total = caption::total(dataset, track::MESSAGES_DUPLICATED).filter(|&total| total > 0)?;
    let sums = bins.sums(counts(dataset, track::MESSAGES_DUPLICATED)?);
    let flag = |(at, count): (f64, f64)| (count > 0.0).then_some(Flag { at, count: count as u64 });
    let marks = Marks::Flags(bins.middles().zip(sums).filter_map(flag).collect());
    let label = format!("Will come twice ({})", numbers::count(total));
    Some(Layer { label, colour: palette::PURPLE, marks })
}

fn title(dataset: &Dataset, bins: &Bins) -> String {
    let total = |track| caption::total(dataset, track);
    let Some(sent) = total(track::MESSAGES_SENT) else {
        return "Messages: not recorded in this dataset".to_owned();
    };
    if sent == 0 {
        return format!("No message in {}", numbers::time(bins.end_us));
    }
    let messages = numbers::plural(sent, "message");
    let (lost, asked) = (total(track::MESSAGES_LOST), total(track::CHALLENGES));
    let share = |part| numbers::share(part, sent);
    match (lost, asked.filter(|&asked| asked > 0), total(track::CONFLICT_ANSWERED)) {
        (Some(0), Some(asked), Some(answered)) => {
            let answered = numbers::share(answered, asked);
            format!("No message was lost, {answered} of challenges answered in time")
        }
        (Some(lost), Some(asked), Some(answered)) => format!(
            "{} of messages were lost, {} of challenges answered in time",
            share(lost),
            numbers::share(answered, asked)
        ),
        (Some(lost), ..) => format!("{} of {messages} were lost", share(lost)),
        (None, ..) => format!("{messages} in {}", numbers::time(bins.end_us)),
    }
}

fn subtitle(bins: &Bins) -> String {
    let mean = match bins.is_empty() {
        true => String::new(),
        false => format!(", averaged over {}", numbers::time(bins.width_us)),
    };
    format!(
        "Messages between servers, by what became of them{mean}. An answer is in time if the \
         server that asked still waits for it."
    )
}

fn message(dataset: &Dataset, any: bool) -> Option<String> {
    let recorded = ENDS.iter().any(|(track, ..)| dataset.series.tracks.contains_key(*track));
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No message was sent.".to_owned()),
        (false, false) => Some("This dataset has no rows on messages.".to_owned()),
    }
}

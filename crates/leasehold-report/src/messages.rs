//! Messages over time: what became of them, and how many challenges were answered in time.
//!
//! Before a server takes a record that somebody else holds, it asks. All that stands between that
//! somebody and losing the lease is a message or two, there and perhaps back, so what gets lost
//! here is where the takeovers of the conflicts chart come from. Answered is what was answered by
//! message: an owner that lets go when it hears the question says nothing, and the one who asked
//! learns of it from the record.

use crate::bins::Bins;
use crate::caption;
use crate::chart::{Chart, Flag, Layer, Marks};
use crate::kinds::{Kind, columns, counts, line};
use crate::{palette, scale};
use leasehold_data::{Dataset, numbers, track};

/// How a message can end, in the order of the stack.
const ENDS: [Kind<'static>; 4] = [
    (track::MESSAGES_DELIVERED, "Delivered", palette::SKY),
    (track::MESSAGES_NO_SUBSCRIBER, "Nobody listened", palette::ORANGE),
    (track::MESSAGES_STOPPED, "Turned away by a limit or an error", palette::PURPLE),
    (track::MESSAGES_LOST, "Lost", palette::VERMILION),
];

/// What is drawn as a line over it.
const ANSWERED: Kind<'static> =
    (track::CHALLENGES_ANSWERED, "Challenges answered in time", palette::BLACK);

/// Draws nothing, decides everything: the messages of a run as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let bins = Bins::fit(&dataset.series, dataset.manifest.duration_us);
    let (unit_us, per) = rate(dataset, &bins);
    let mut floor = bins.floor();
    let columns = |kind: &Kind<'_>| {
        columns(dataset, &bins, kind, &mut floor, |track| bins.rates(track, unit_us))
    };
    let any = |(track, ..): &&Kind<'_>| caption::total(dataset, track).is_some_and(|n| n > 0);
    let mut layers: Vec<Layer> = ENDS.iter().filter(any).filter_map(columns).collect();
    let answers = line(dataset, &bins, &ANSWERED, unit_us);
    layers.extend(answers.filter(|_| are_answered(dataset)));
    layers.extend(duplicated(dataset, &bins));
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    let drawn = ENDS.iter().chain([&ANSWERED]).map(|(track, ..)| *track);
    let others = [track::MESSAGES_SENT, track::MESSAGES_DUPLICATED, track::CHALLENGES];
    let tracks: Vec<&str> = drawn.chain(others).collect();
    Chart {
        slug: "messages".into(),
        title: title(dataset, &bins),
        subtitle: subtitle(dataset, &bins),
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

/// Whether anybody answers by message: whether there are messages that are no challenges.
fn are_answered(dataset: &Dataset) -> bool {
    let total = |track| caption::total(dataset, track).unwrap_or(0);
    total(track::MESSAGES_SENT) > total(track::CHALLENGES)
}

/// The unit in which the highest column is a number that one would say.
fn rate(dataset: &Dataset, bins: &Bins) -> (u64, &'static str) {
    let mut per_second = bins.floor();
    for track in ENDS.iter().filter_map(|(track, ..)| counts(dataset, track)) {
        bins.stack(&bins.rates(track, 1_000_000), &mut per_second);
    }
    scale::rate_unit(per_second.iter().copied().fold(0.0, f64::max))
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
    let fate = match (total(track::MESSAGES_LOST), total(track::MESSAGES_DELIVERED)) {
        (Some(0), Some(0)) if sent == 1 => "The only message was not heard".to_owned(),
        (Some(0), Some(0)) => {
            format!("None of {sent} messages was heard", sent = numbers::count(sent))
        }
        (Some(0), _) => "No message was lost".to_owned(),
        (Some(lost), _) => format!("{} lost", share(lost, sent)),
        (None, _) => {
            let messages = numbers::plural(sent, "message");
            format!("{messages} in {}", numbers::time(bins.end_us))
        }
    };
    let asked = total(track::CHALLENGES).filter(|&asked| asked > 0);
    match (asked, total(track::CHALLENGES_ANSWERED).filter(|_| are_answered(dataset))) {
        (Some(asked), Some(answered)) => format!("{fate}; {}", answers(answered, asked)),
        _ => fate,
    }
}

/// `45 % of 20 challenges were answered in time`.
fn answers(part: u128, all: u128) -> String {
    let challenges = numbers::plural(all, "challenge");
    match part {
        0 if all == 1 => "the only challenge was not answered in time".to_owned(),
        0 => format!("none of {challenges} was answered in time"),
        part if part < all => {
            format!("{} of {challenges} were answered in time", numbers::share(part, all))
        }
        _ if all == 1 => "the only challenge was answered in time".to_owned(),
        _ => format!("all {challenges} were answered in time"),
    }
}

/// `The only message was`, `All 982 messages were`, `20.5 % of 2,243 messages were`.
fn share(part: u128, all: u128) -> String {
    let messages = numbers::plural(all, "message");
    match part {
        part if part < all => format!("{} of {messages} were", numbers::share(part, all)),
        _ if all == 1 => "The only message was".to_owned(),
        _ => format!("All {messages} were"),
    }
}

fn subtitle(dataset: &Dataset, bins: &Bins) -> String {
    let mean = match bins.is_empty() {
        true => String::new(),
        false => format!(", averaged over {}", numbers::time(bins.width_us)),
    };
    let answers = match are_answered(dataset) {
        true => " An answer is in time if the server that asked still waits for it.",
        false => "",
    };
    format!("Messages between servers, by what became of them{mean}.{answers}")
}

fn message(dataset: &Dataset, any: bool) -> Option<String> {
    let recorded = ENDS.iter().any(|(track, ..)| dataset.series.tracks.contains_key(*track));
    match (any, recorded) {
        (true, _) => None,
        (false, true) => Some("No message was sent.".to_owned()),
        (false, false) => Some("This dataset has no rows on messages.".to_owned()),
    }
}

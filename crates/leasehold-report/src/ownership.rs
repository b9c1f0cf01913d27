//! Who owned the most contested key: who considered itself owner, whom the store named, whose
//! writes committed.
//!
//! In a world without faults the three agree and a lane reads like a relay race: the baton is
//! handed over, and only one runner has it. Where two bars overlap, the lock has failed;
//! the thin bars and the ticks below show what that did to the data.

mod view;

use crate::caption;
use crate::chart::{Chart, Column, Flag, Layer, Marks};
use crate::scale::Window;
use crate::{palette, scale, words};
use leasehold_data::{Dataset, Held, Interval, Ownership, numbers};
use view::View;

/// More lanes would be too narrow for three rows each.
const LANES: usize = 12;

/// The rows of a lane, from its middle: ownership, the store's word, writes.
const OWNED: (f64, f64) = (0.0, 0.38);
const NAMED: (f64, f64) = (-0.17, -0.05);
const LANDED: (f64, f64) = (-0.38, -0.22);

/// Draws nothing, decides everything: the ownership of the most contested key as a [`Chart`].
pub fn chart(dataset: &Dataset) -> Chart {
    let Some(ownership) = &dataset.ownership else { return nothing(dataset) };
    let overlaps = view::overlaps(&ownership.owned);
    let view = View::choose(ownership, &overlaps, dataset.manifest.duration_us, LANES);
    Chart {
        slug: "ownership".into(),
        title: title(ownership, &overlaps),
        subtitle: subtitle(ownership, &view),
        x: view.window.axis(),
        y: scale::lane_axis("server".to_owned(), view.servers.iter().map(|s| format!("s{s}"))),
        layers: layers(ownership, &overlaps, &view),
        rules: caption::heal(&dataset.manifest, &view.window),
        words: Vec::new(),
        message: view.servers.is_empty().then(|| "Nothing of it was recorded.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: notes(ownership, &view),
    }
}

/// The chart of a run in which no key was contested, or which says nothing about it.
fn nothing(dataset: &Dataset) -> Chart {
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let summary = &dataset.summary;
    let none = summary
        .conflicts
        .values()
        .chain(summary.overlaps.double_ownership.values())
        .all(|n| *n == 0);
    let (title, message) = match none {
        true => (
            format!("No key was contested in {}", numbers::time(window.to_us)),
            "No lease conflict happened, and there was no double ownership.",
        ),
        false => (
            "Ownership: not recorded in this dataset".to_owned(),
            "This dataset has no rows on ownership.",
        ),
    };
    Chart {
        slug: "ownership".into(),
        title,
        subtitle: "Who owned the most contested key, server by server.".to_owned(),
        x: window.axis(),
        y: scale::lane_axis("server".to_owned(), std::iter::empty()),
        layers: Vec::new(),
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: Some(message.to_owned()),
        source: caption::source(&dataset.manifest),
        notes: Vec::new(),
    }
}

fn layers(ownership: &Ownership, overlaps: &[Interval], view: &View) -> Vec<Layer> {
    let window = &view.window;
    let shown: Vec<&Interval> = overlaps.iter().filter(|both| window.meets(both)).collect();
    let band = |both: &&Interval| (window.at(both.from_us), window.at(both.to_us));
    let bands = Marks::Bands(shown.iter().map(band).collect());
    let owned = view.bars(&ownership.owned, OWNED);
    let both = view.bars(&together(&ownership.owned, overlaps), OWNED);
    let paused = view.bars(&ownership.paused, OWNED);
    let committed: Vec<Column> = ownership
        .committed
        .iter()
        .filter_map(|write| {
            let during = Interval { from_us: write.at_us, to_us: write.at_us };
            view.bar(&Held { server: write.server, during }, LANDED)
        })
        .collect();
    let flags = flags(ownership, window);
    let layer = |label: String, colour, marks| Layer { label, colour, marks };
    let mut layers = Vec::new();
    if !shown.is_empty() {
        layers.push(layer(String::new(), palette::TINT, bands));
    }
    let owns = "A session considered itself owner".to_owned();
    layers.push(layer(owns, palette::SKY, Marks::Columns(owned)));
    if !both.is_empty() {
        let label = count("More than one owner", shown.len(), overlaps.len());
        layers.push(layer(label, palette::VERMILION, Marks::Columns(both)));
    }
    if !paused.is_empty() {
        let label = "Its server was paused".to_owned();
        layers.push(layer(label, palette::GREY, Marks::Hatched(paused)));
    }
    let named = view.bars(&ownership.named, NAMED);
    if !named.is_empty() {
        let label = "Named by the store".to_owned();
        layers.push(layer(label, palette::GREEN, Marks::Columns(named)));
    }
    let expired = view.bars(&ownership.expired, NAMED);
    if !expired.is_empty() {
        let label = "Named, but its lease had run out".to_owned();
        layers.push(layer(label, palette::GREEN, Marks::Hatched(expired)));
    }
    if !ownership.committed.is_empty() {
        let label = count("Write committed", committed.len(), ownership.committed.len());
        layers.push(layer(label, palette::BLACK, Marks::Columns(committed)));
    }
    if ownership.conflicts > 0 {
        let conflicts = flags.iter().map(|flag| flag.count as usize).sum();
        let label = count("Lease conflict", conflicts, ownership.conflicts as usize);
        layers.push(layer(label, palette::PURPLE, Marks::Flags(flags)));
    }
    layers
}

/// `Lease conflict (5)`, or `(5 of 11)` if the others are not shown.
fn count(label: &str, shown: usize, all: usize) -> String {
    let number = |n: usize| numbers::count(n as u128);
    match shown == all {
        true => format!("{label} ({})", number(all)),
        false => format!("{label} ({} of {})", number(shown), number(all)),
    }
}

/// The parts of ownership that somebody else shared.
fn together(owned: &[Held], overlaps: &[Interval]) -> Vec<Held> {
    let shared = |held: &Held, both: &Interval| {
        let from_us = held.during.from_us.max(both.from_us);
        let to_us = held.during.to_us.min(both.to_us);
        let during = Interval { from_us, to_us };
        (from_us < to_us).then_some(Held { server: held.server, during })
    };
    let parts =
        owned.iter().flat_map(|held| overlaps.iter().filter_map(move |both| shared(held, both)));
    parts.collect()
}

/// A triangle for the conflicts of each hundredth of the window, so that they can be told apart.
fn flags(ownership: &Ownership, window: &Window) -> Vec<Flag> {
    let width = window.at(window.to_us).max(f64::MIN_POSITIVE) / 100.0;
    let mut flags: Vec<Flag> = Vec::new();
    for conflict in &ownership.conflicted {
        if !(window.from_us..=window.to_us).contains(&conflict.at_us) {
            continue;
        }
        let at = window.at(conflict.at_us);
        match flags.last_mut() {
            Some(flag) if at - flag.at < width => flag.count += 1,
            _ => flags.push(Flag { at, count: 1 }),
        }
    }
    flags
}

fn title(ownership: &Ownership, overlaps: &[Interval]) -> String {
    let key = words::line(&ownership.key);
    let us: u64 = overlaps.iter().map(|both| both.to_us - both.from_us).sum();
    let time = numbers::time(us);
    match overlaps.len() {
        0 => {
            let conflicts = numbers::plural(ownership.conflicts, "lease conflict");
            format!("{key} had {conflicts} and never two owners at once")
        }
        1 => format!("{key}: more than one owner at once, for {time}"),
        n => format!("{key}: more than one owner {}, {time} in all", numbers::times(n as u64)),
    }
}

fn subtitle(ownership: &Ownership, view: &View) -> String {
    let conflicts = match ownership.conflicts {
        0 => "without a lease conflict".to_owned(),
        n => format!("with {}", numbers::plural(n, "lease conflict")),
    };
    let rivals = match ownership.contested {
        0 | 1 => "The only contested key".to_owned(),
        n => format!("The most contested of {} keys", numbers::count(n)),
    };
    let shown = match view.why {
        None => String::new(),
        Some(why) => format!(
            " Shown: {} to {}, around {why}.",
            view.window.say(view.window.from_us),
            view.window.say(view.window.to_us)
        ),
    };
    format!("{rivals}, {conflicts}: who considered itself owner, whom the store named.{shown}")
}

fn notes(ownership: &Ownership, view: &View) -> Vec<String> {
    let mut notes = Vec::new();
    if view.left_out > 0 {
        let servers = numbers::plural(view.left_out as u128, "server");
        notes.push(format!("{servers} that took part for a shorter time are left out."));
    }
    let from_us = ownership.recorded.from_us;
    if from_us > 0 {
        let clock = scale::clock(from_us);
        notes.push(format!("The key's history is recorded from {clock} (min:s) on."));
    }
    notes
}

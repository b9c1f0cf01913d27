//! Changes that players lost, by what took them.
//!
//! Two things can happen to a change that was accepted: it is never stored, and lost with its
//! session; or it is stored, and somebody who did not know of it writes over it. The first is what
//! crashes and outages cost, the second is what a session lock is there to prevent.

use crate::caption;
use crate::chart::{Chart, Column, Layer, Marks};
use crate::{palette, scale, words};
use leasehold_data::{Dataset, Invariant, numbers};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// More bars cannot be labelled.
const LANES: usize = 12;

/// Half the height of a bar, in lanes: a single one is no wall.
fn half(lanes: usize) -> f64 {
    (lanes as f64 / 16.0).clamp(0.1, 0.3)
}

/// Changes that went by one cause: never stored, and written over.
type Gone = (u64, u64);

/// Draws nothing, decides everything: what became of a run's changes as a [`Chart`]; none if all
/// were stored and stayed.
pub fn chart(dataset: &Dataset) -> Option<Chart> {
    let (lost, rolled_back) = (harm(dataset, "lost"), harm(dataset, "rolled_back"));
    let mut causes: BTreeMap<&str, Gone> = BTreeMap::new();
    for (cause, n) in causes_of(lost) {
        causes.entry(cause).or_default().0 += n;
    }
    for (cause, n) in causes_of(rolled_back) {
        causes.entry(cause).or_default().1 += n;
    }
    let mut causes: Vec<(&str, Gone)> = causes.into_iter().collect();
    if causes.is_empty() {
        return None;
    }
    causes.sort_by_key(|(cause, (lost, over))| (Reverse(lost.saturating_add(*over)), *cause));
    let left_out = causes.split_off(causes.len().min(LANES));
    let name = |(cause, gone): &(&str, Gone)| format!("{} ({})", plain(cause), count(gone));
    let names: Vec<String> = causes.iter().map(name).collect();
    let highest = causes.iter().map(|(_, gone)| sum(gone)).fold(0.0, f64::max);
    Some(Chart {
        slug: "changes".into(),
        title: title(&causes, (total(lost), total(rolled_back))),
        subtitle: subtitle(total(lost), total(rolled_back)),
        x: scale::amount_axis("changes".to_owned(), highest, true),
        y: scale::lane_axis("cause".to_owned(), names.into_iter()),
        layers: layers(&causes, (total(lost), total(rolled_back))),
        rules: Vec::new(),
        words: Vec::new(),
        message: None,
        source: caption::source(&dataset.manifest),
        notes: notes(dataset, &left_out, total(rolled_back)),
    })
}

fn harm<'a>(dataset: &'a Dataset, name: &str) -> Option<&'a Invariant> {
    dataset.harm.iter().find(|kind| kind.name == name)
}

fn causes_of(kind: Option<&Invariant>) -> impl Iterator<Item = (&str, u64)> {
    let causes = kind.into_iter().flat_map(|kind| &kind.causes);
    causes.filter(|(_, n)| **n > 0).map(|(cause, n)| (cause.as_str(), *n))
}

fn total(kind: Option<&Invariant>) -> u128 {
    causes_of(kind).map(|(_, n)| u128::from(n)).sum()
}

/// A library's own word for a cause, on a line.
fn plain(cause: &str) -> String {
    words::line(cause).replace('_', " ")
}

fn count((lost, over): &Gone) -> String {
    numbers::count(u128::from(*lost) + u128::from(*over))
}

fn sum((lost, over): &Gone) -> f64 {
    *lost as f64 + *over as f64
}

fn layers(causes: &[(&str, Gone)], (lost, over): (u128, u128)) -> Vec<Layer> {
    let half = half(causes.len());
    let bars = |ends: &dyn Fn(&Gone) -> (f64, f64)| {
        let bar = |(nth, (_, gone)): (usize, &(&str, Gone))| {
            let (middle, (from, to)) = (scale::lane(nth, causes.len()), ends(gone));
            (from < to).then_some(Column { from, to, base: middle - half, top: middle + half })
        };
        Marks::Columns(causes.iter().enumerate().filter_map(bar).collect())
    };
    let kinds = [
        ("Lost", lost, palette::VERMILION, bars(&|(lost, _)| (0.0, *lost as f64))),
        ("Rolled back", over, palette::ORANGE, bars(&|gone| (gone.0 as f64, sum(gone)))),
    ];
    let kinds = kinds.into_iter().filter(|(_, all, ..)| *all > 0);
    let layer = |(label, all, colour, marks): (&str, u128, _, _)| {
        let label = format!("{label} ({})", numbers::count(all));
        Layer { label, colour, marks }
    };
    kinds.map(layer).collect()
}

fn title(causes: &[(&str, Gone)], (lost, over): (u128, u128)) -> String {
    let (worst, gone) = causes[0];
    let (worst, most) = (plain(worst), count(&gone));
    let by = match causes {
        [_] => format!(". The cause: {worst}"),
        _ => format!(". The most frequent cause: {worst} ({most})"),
    };
    let changes = |n| numbers::some(n, "change was", "changes were");
    match (lost, over) {
        (lost, 0) => format!("{} lost{by}", changes(lost)),
        (0, over) => format!("{} rolled back{by}", changes(over)),
        (lost, over) => {
            format!("{} lost and {} rolled back{by}", changes(lost), numbers::count(over))
        }
    }
}

fn subtitle(lost: u128, over: u128) -> String {
    let lost = match lost {
        0 => "",
        _ => " Lost: never stored, or in a record that was damaged.",
    };
    let over = if over > 0 { " Rolled back: stored, and then written over." } else { "" };
    format!("Changes of players that were accepted and went, by what took them.{lost}{over}")
}

fn notes(dataset: &Dataset, left_out: &[(&str, Gone)], over: u128) -> Vec<String> {
    let mut notes = Vec::new();
    let gone: f64 = left_out.iter().map(|(_, gone)| sum(gone)).sum();
    if !left_out.is_empty() {
        let causes = numbers::plural(left_out.len() as u128, "rarer cause");
        let changes = numbers::plural(gone as u128, "change");
        notes.push(format!("Not drawn: {causes}, of {changes}."));
    }
    if dataset.summary.whole.is_some() {
        notes.push("Of the whole run, its warm-up included.".to_owned());
    }
    let still = u128::from(dataset.summary.progress.rolled_back);
    if over > still && dataset.summary.whole.is_none() {
        let back = numbers::some(over - still, "was", "were");
        notes.push(format!("Of those rolled back, {back} stored again later."));
    }
    notes
}

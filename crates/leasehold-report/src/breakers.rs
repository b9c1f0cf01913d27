//! What the circuit breakers did: a lane for each server whose breaker opened.
//!
//! When the datastore is out, breakers should open soon, try it again after ever longer pauses, and
//! close soon after it is back. Outages and other incidents are shaded, so all three can be
//! seen; and an opening without shade is one that chance alone brought about.

use crate::caption;
use crate::chart::{Chart, Column, Layer, Marks, Word};
use crate::scale::Window;
use crate::{palette, scale};
use leasehold_data::{BreakerRow, BreakerSpan, BreakerState, Breakers, Dataset, numbers};
use std::cmp::Reverse;

/// More lanes cannot be labelled.
const LANES: usize = 16;

/// Half the heights of the bars: closed ones are thin.
const CLOSED: f64 = 0.05;
const BUSY: f64 = 0.28;

/// Draws nothing, decides everything: the circuit breakers of a run as a [`Chart`]; none if its
/// library has none.
pub fn chart(dataset: &Dataset) -> Option<Chart> {
    let breakers = dataset.breakers.as_ref()?;
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let rows = lanes(breakers);
    let left_out = left_out(breakers, rows.len());
    Some(Chart {
        slug: "breakers".into(),
        title: title(dataset, breakers, &window),
        subtitle: subtitle(left_out),
        x: window.axis(),
        y: scale::lane_axis("server".to_owned(), rows.iter().map(|row| format!("s{}", row.server))),
        layers: layers(dataset, breakers, &rows, &window),
        rules: caption::heal(&dataset.manifest, &window),
        words: timeouts(&rows, &window),
        message: rows.is_empty().then(|| "No circuit breaker opened.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: note(&rows).into_iter().collect(),
    })
}

/// The servers with the most openings, by number.
fn lanes(breakers: &Breakers) -> Vec<&BreakerRow> {
    let mut rows: Vec<&BreakerRow> = breakers.servers.iter().collect();
    rows.sort_by_key(|row| (Reverse(row.openings), row.server));
    rows.truncate(LANES);
    rows.sort_by_key(|row| row.server);
    rows
}

fn left_out(breakers: &Breakers, shown: usize) -> u128 {
    breakers.servers.len() as u128 + u128::from(breakers.others) - shown as u128
}

fn layers(
    dataset: &Dataset,
    breakers: &Breakers,
    rows: &[&BreakerRow],
    window: &Window,
) -> Vec<Layer> {
    let mut layers: Vec<Layer> = caption::incidents(dataset, window);
    if rows.is_empty() {
        return layers;
    }
    let bars = |half: f64, chosen: &dyn Fn(BreakerState) -> bool| {
        bars(rows, window, half, |span| chosen(span.state))
    };
    let closed = closed(rows, window);
    layers.push(layer("Closed", palette::BLUE, Marks::Columns(closed)));
    let open = bars(BUSY, &|state| matches!(state, BreakerState::Open { .. }));
    let shown: u128 = rows.iter().map(|row| u128::from(row.openings)).sum();
    let all = openings(dataset, breakers);
    let label = match shown == all {
        true => format!("Open ({})", numbers::count(all)),
        false => format!("Open ({} of {})", numbers::count(shown), numbers::count(all)),
    };
    layers.push(layer(&label, palette::VERMILION, Marks::Columns(open)));
    let probes = bars(BUSY, &|state| state == BreakerState::HalfOpen);
    if !probes.is_empty() {
        let label = format!("Half-open: one call on trial ({})", probes.len());
        layers.push(layer(&label, palette::ORANGE, Marks::Columns(probes)));
    }
    let down = bars(BUSY, &|state| state == BreakerState::Down);
    if !down.is_empty() {
        layers.push(layer("Server gone", palette::GREY, Marks::Hatched(down)));
    }
    layers
}

fn layer(label: &str, colour: crate::chart::Colour, marks: Marks) -> Layer {
    Layer { label: label.to_owned(), colour, marks }
}

/// A bar in its server's lane for each span that is chosen.
fn bars(
    rows: &[&BreakerRow],
    window: &Window,
    half: f64,
    chosen: impl Fn(&BreakerSpan) -> bool,
) -> Vec<Column> {
    let lanes = rows.len();
    let spans = rows
        .iter()
        .enumerate()
        .flat_map(|(nth, row)| row.spans.iter().map(move |span| (scale::lane(nth, lanes), span)));
    let bar = |(middle, span): (f64, &BreakerSpan)| Column {
        from: window.at(span.during.from_us),
        to: window.at(span.during.to_us),
        base: middle - half,
        top: middle + half,
    };
    spans.filter(|(_, span)| chosen(span)).map(bar).collect()
}

/// A thin bar wherever a breaker did nothing. What came after the last span that is listed is not
/// known.
fn closed(rows: &[&BreakerRow], window: &Window) -> Vec<Column> {
    let mut columns = Vec::new();
    for (nth, row) in rows.iter().enumerate() {
        let middle = scale::lane(nth, rows.len());
        let (base, top) = (middle - CLOSED, middle + CLOSED);
        let mut from_us = 0;
        for span in &row.spans {
            if span.during.from_us > from_us {
                let (from, to) = (window.at(from_us), window.at(span.during.from_us));
                columns.push(Column { from, to, base, top });
            }
            from_us = span.during.to_us;
        }
        if row.later == 0 && from_us < window.to_us {
            let (from, to) = (window.at(from_us), window.at(window.to_us));
            columns.push(Column { from, to, base, top });
        }
    }
    columns
}

/// Each opening's timeout, written into its bar or, if that is too narrow, beside it.
fn timeouts(rows: &[&BreakerRow], window: &Window) -> Vec<Word> {
    let mut words = Vec::new();
    for (nth, row) in rows.iter().enumerate() {
        let middle = scale::lane(nth, rows.len());
        for span in &row.spans {
            let BreakerState::Open { timeout_us } = span.state else { continue };
            let (from, to) = (window.at(span.during.from_us), window.at(span.during.to_us));
            let place = Column { from, to, base: middle - BUSY, top: middle + BUSY };
            let (text, colour) = (numbers::time(timeout_us), palette::PAPER);
            words.push(Word { place, beside: 0.5 - BUSY, text, colour });
        }
    }
    words
}

/// Openings in the whole run, on servers with a row or without.
fn openings(dataset: &Dataset, breakers: &Breakers) -> u128 {
    let rows = breakers.servers.iter();
    let listed: u128 = rows.map(|row| u128::from(row.openings)).sum();
    listed.max(dataset.summary.breaker_openings.unwrap_or(0).into())
}

fn title(dataset: &Dataset, breakers: &Breakers, window: &Window) -> String {
    let servers = u128::from(dataset.manifest.servers);
    let opened = breakers.servers.len() as u128 + u128::from(breakers.others);
    if opened == 0 {
        return format!("No circuit breaker opened in {}", numbers::time(window.to_us));
    }
    let openings = openings(dataset, breakers);
    let timeouts = breakers.servers.iter().flat_map(|row| &row.spans).filter_map(|span| {
        let BreakerState::Open { timeout_us } = span.state else { return None };
        Some(timeout_us)
    });
    let longest = numbers::time(timeouts.max().unwrap_or(0));
    let whose = match opened == servers {
        true if servers == 1 => "The only circuit breaker".to_owned(),
        true => format!("All {} circuit breakers", numbers::count(servers)),
        false => format!("{} of {servers} circuit breakers", numbers::count(opened)),
    };
    let times = numbers::times(openings);
    format!("{whose} opened, {times} in all, for up to {longest} at a time")
}

fn subtitle(left_out: u128) -> String {
    let lanes = "What each server's circuit breaker let through. In each opening: after how long \
                 it would let one call try.";
    match left_out {
        0 => format!("{lanes} Servers whose breaker never opened are not shown."),
        n => {
            format!(
                "{lanes} Shown: the {LANES} that opened most; {} more opened.",
                numbers::count(n)
            )
        }
    }
}

fn note(rows: &[&BreakerRow]) -> Option<String> {
    let later: u128 = rows.iter().map(|row| u128::from(row.later)).sum();
    (later > 0).then(|| {
        format!(
            "Too many to list, so not drawn: {} at the ends of lanes.",
            numbers::plural(later, "change")
        )
    })
}

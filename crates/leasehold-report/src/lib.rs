//! Charts drawn from a saved dataset.
//!
//! A picture is made in two halves that know nothing of each other. Each chart's own file turns
//! rows into a [`Chart`]: plain data that says in words and numbers what there is to see, and that
//! a test can compare. One drawing module then puts any `Chart` on paper, as SVG or as PNG, with
//! the same coordinates and the same font.
//!
//! ```text
//! Dataset --[conflicts, calls, ...]--> Chart --[draw]--> canvas --> SVG text | PNG bytes
//! ```
//!
//! Laws: equal datasets give equal bytes; whatever a dataset holds, a chart comes out, and where
//! there is nothing to draw it says so. Not here: files, threads, clocks. The caller writes the
//! bytes where it likes, under [`Chart::slug`].
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `leasehold run scenario.toml --out run` has left.
//! let dataset = serde_json::from_str(&std::fs::read_to_string("run/dataset.json")?)?;
//! for chart in leasehold_report::charts(&dataset) {
//!     std::fs::write(format!("run/{}.svg", chart.slug), chart.svg()?)?;
//! }
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod chart;
mod diagram;

pub mod ages;
pub mod breakers;
pub mod budget;
pub mod calls;
pub mod changes;
pub mod comparison;
pub mod conflicts;
pub mod convergence;
pub mod differences;
pub mod exposure;
pub mod messages;
pub mod ownership;
pub mod page;
pub mod pareto;
pub mod spread;
pub mod starts;
pub mod story;
pub mod study;

mod bins;
mod caption;
mod judge;
mod kinds;
mod palette;
mod scale;
mod words;

#[cfg(test)]
mod testing;

mod canvas;
mod draw;
mod font;
mod layout;
mod picture;

pub use chart::{Axis, Chart, Colour, Column, Flag, Layer, Marks, Rule, Scale, Tick, Word};
pub use diagram::{Arrow, Bar, Diagram, Look, Row, Stroke};
pub use layout::{Area, Layout, PlacedText};
pub use picture::{DrawError, HEIGHT, WIDTH};

use leasehold_data::Dataset;

/// All charts of a run, in the order in which a page shows them. Some are there only if the run has
/// what they are about: budgets, and calls that waited for one; circuit breakers; changes that were
/// lost; trades.
pub fn charts(dataset: &Dataset) -> Vec<Chart> {
    let always = [
        conflicts::chart(dataset),
        ownership::chart(dataset),
        starts::chart(dataset),
        messages::chart(dataset),
        calls::chart(dataset),
    ];
    let mut charts = Vec::from(always);
    charts.extend(budget::chart(dataset));
    charts.extend(budget::queue(dataset));
    charts.extend(breakers::chart(dataset));
    charts.push(ages::chart(dataset));
    charts.extend(changes::chart(dataset));
    charts.extend(exposure::chart(dataset));
    charts
}

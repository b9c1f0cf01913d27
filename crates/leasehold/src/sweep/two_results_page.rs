//! The page of two results beside each other; of each setting, if they have several.

use super::two_results::{Changed, TwoResults};
use crate::atomic_dir::AtomicDir;
use crate::error::Error;
use crate::page;
use leasehold_data::SweepTotals;
use leasehold_report::page::{SweptPage, swept};
use std::path::PathBuf;

/// Leaves the page in a folder; of several settings each has a folder of its own in it.
pub(crate) fn write(dir: &AtomicDir, two: &TwoResults) -> Result<(), Error> {
    for (nth, totals) in two.pairs.iter().enumerate() {
        let inside = match two.pairs.len() {
            1 => PathBuf::new(),
            _ => PathBuf::from(format!("{}-{}", nth + 1, plain(&totals.title))),
        };
        dir.put(&inside.join(page::HTML), html(two, totals)?.as_bytes())?;
    }
    Ok(())
}

fn html(two: &TwoResults, totals: &SweepTotals) -> Result<String, Error> {
    let value = |value: &Option<String>| value.clone().unwrap_or_default();
    let row =
        |Changed { path, values }: &Changed| [path.clone(), value(&values[0]), value(&values[1])];
    let versions = ["version of leasehold".to_owned(), two.tools[0].clone(), two.tools[1].clone()];
    let versions = (two.tools[0] != two.tools[1]).then_some(versions);
    let changed: Vec<[String; 3]> =
        versions.into_iter().chain(two.changed.iter().map(row)).collect();
    let page =
        SweptPage { totals, changed: Some(&changed), scenario: &two.scenario, commands: &[] };
    swept(&page).map_err(|why| Error::Chart { name: page::HTML.to_owned(), why: why.to_string() })
}

/// A name that a folder can have everywhere.
fn plain(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    plain.take(60).collect()
}

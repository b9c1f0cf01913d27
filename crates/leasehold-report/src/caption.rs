//! What every chart of a run has in common: where its numbers come from, and when its faults ended.

use crate::chart::{Layer, Marks, Rule};
use crate::palette;
use crate::scale::Window;
use crate::words;
use leasehold_data::{Dataset, Manifest};

/// Scenario, protocol, seed, size and tool, for the foot of the page.
pub(crate) fn source(manifest: &Manifest) -> String {
    let parts = [
        format!("Scenario {}", words::line(&manifest.scenario)),
        format!("protocol {}", words::line(&manifest.protocol)),
        format!("1 seed ({})", manifest.seed),
        format!(
            "{}, {}",
            words::plural(manifest.servers.into(), "server"),
            words::plural(manifest.players.into(), "player")
        ),
        format!("Leasehold {}", words::line(&manifest.tool)),
        format!("digest {}", words::line(&manifest.digest)),
    ];
    parts.join(" · ")
}

/// The instant from which no fault fires any more, if the run has one and the window shows it.
pub(crate) fn heal(manifest: &Manifest, window: &Window) -> Vec<Rule> {
    let shown = window.from_us..=window.to_us;
    let at = manifest.heal_us.filter(|us| shown.contains(us));
    let rule = |us| Rule {
        at: window.at(us),
        label: format!("heal: all faults end at {}", window.say(us)),
    };
    at.map(rule).into_iter().collect()
}

/// When the datastore was out, shaded; none if it never was.
pub(crate) fn outages(dataset: &Dataset, window: &Window) -> Option<Layer> {
    let outages = &dataset.breakers.outages;
    let bands = outages.iter().map(|out| (window.at(out.from_us), window.at(out.to_us)));
    let marks = Marks::Bands(bands.collect());
    let label = format!("Datastore outage ({})", words::count(outages.len() as u128));
    (!outages.is_empty()).then_some(Layer { label, colour: palette::TINT, marks })
}

/// Names the tracks that a chart would have drawn and the dataset does not have.
pub(crate) fn missing(dataset: &Dataset, tracks: &[&str]) -> Option<String> {
    let absent = |track: &&str| !dataset.series.tracks.contains_key(*track);
    let names: Vec<&str> = tracks.iter().copied().filter(absent).collect();
    (!names.is_empty()).then(|| format!("Not in this dataset: {}.", names.join(", ")))
}

/// All counts of a track; none if the dataset does not have it.
pub(crate) fn total(dataset: &Dataset, track: &str) -> Option<u128> {
    let counts = dataset.series.tracks.get(track)?;
    Some(counts.iter().map(|&n| u128::from(n)).sum())
}

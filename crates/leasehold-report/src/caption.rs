//! What every chart of a run has in common: where its numbers come from, and when its faults ended.

use crate::chart::{Layer, Marks, Rule};
use crate::palette;
use crate::scale::Window;
use crate::words;
use leasehold_data::{Dataset, Incident, Manifest, OUTAGE, numbers};

/// Scenario, protocol, seed, size and tool, for the foot of the page.
pub(crate) fn source(manifest: &Manifest) -> String {
    let parts = [
        format!("Scenario {}", words::line(&manifest.scenario)),
        format!("protocol {}", words::line(&manifest.protocol)),
        format!("1 seed ({})", manifest.seed),
        format!(
            "{}, {}",
            numbers::plural(manifest.servers, "server"),
            numbers::plural(manifest.players, "player")
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

/// When the datastore was not as usual, shaded: its outages, and paler whatever else befell it.
pub(crate) fn incidents(dataset: &Dataset, window: &Window) -> Vec<Layer> {
    let is_outage = |incident: &&Incident| incident.what == OUTAGE && incident.servers.is_empty();
    let (outages, others): (Vec<_>, Vec<_>) = dataset.incidents.iter().partition(is_outage);
    let what = match others.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other.what == first.what) => {
            format!("Datastore incident: {}", words::line(&first.what))
        }
        _ => "Datastore incidents of several kinds".to_owned(),
    };
    let (pale, tint) = (palette::PALE, palette::TINT);
    let shades = [(what, others, pale), ("Datastore outage".to_owned(), outages, tint)];
    let shades = shades.into_iter().filter(|(_, incidents, _)| !incidents.is_empty());
    let layers = shades.map(|(what, incidents, colour)| {
        let bands = incidents
            .iter()
            .map(|Incident { during, .. }| (window.at(during.from_us), window.at(during.to_us)));
        let label = format!("{what} ({})", numbers::count(incidents.len() as u128));
        Layer { label, colour, marks: Marks::Bands(bands.collect()) }
    });
    layers.collect()
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

//! The page of a sweep, a comparison or a study. It knows what its folder knows, so it is the same
//! whether the sweep was run in one piece or in parts.

use super::folder::SCENARIO;
use crate::error::Error;
use crate::next::{self, word};
use leasehold_data::{SweepManifest, SweepTotals};
use leasehold_report::page::{SweptPage, swept};
use std::path::Path;

/// The page.
pub(super) const HTML: &str = "index.html";

/// The page of a sweep of the scenario in this file.
pub(crate) fn html(
    manifest: &SweepManifest,
    totals: &SweepTotals,
    scenario: &Path,
) -> Result<String, Error> {
    let commands = commands(manifest, totals, scenario);
    let page = SweptPage { totals, changed: None, scenario: &manifest.text, commands: &commands };
    swept(&page).map_err(|why| Error::Chart { name: HTML.to_owned(), why: why.to_string() })
}

/// What goes on with it: what each does, and the command.
fn commands(
    manifest: &SweepManifest,
    totals: &SweepTotals,
    scenario: &Path,
) -> Vec<(String, String)> {
    let SweepManifest { settings, axes, first_seed, last_seed, fail_fast, .. } = manifest;
    let kind = match (axes.is_empty(), settings.len()) {
        (false, _) => "study",
        (true, 1) => "sweep",
        (true, _) => "compare",
    };
    let mut command =
        format!("leasehold {kind} {} --seeds {first_seed}..{last_seed}", word(scenario));
    for axis in axes {
        let vary = format!("{}={}", axis.path, axis.written.join(","));
        command.push_str(&format!(" --vary {}", word(Path::new(&vary))));
    }
    if settings.len() > 1 && kind != "sweep" {
        command.push_str(&format!(" --with {}", settings[1..].join(",")));
    }
    if *fail_fast {
        command.push_str(" --fail-fast");
    }
    let beside = scenario == Path::new(SCENARIO);
    let again = if beside { "Run it again, in this folder" } else { "Run it again" };
    let mut commands = vec![(again.to_owned(), command)];
    if axes.is_empty() {
        let found = totals.settings.first().map_or(&[][..], |setting| &setting.violations);
        for next in next::of_sweep(scenario, None, found) {
            commands.push((format!("Why: {}", next.class()), next.explain().to_owned()));
            commands.push((format!("Shrink: {}", next.class()), next.shrink().to_owned()));
        }
    }
    commands
}

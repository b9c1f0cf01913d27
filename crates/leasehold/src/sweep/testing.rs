//! What tests of several files begin with.

use super::settings::Settings;
use leasehold_data::{Estimate, SWEEP_FORMAT, SettingTotals, Shard, SweepManifest, Unseen};
use leasehold_sim::Scenario;

/// A sweep of a scenario's own setting, with one seed.
pub(super) fn manifest(scenario: &Scenario) -> SweepManifest {
    SweepManifest {
        format: SWEEP_FORMAT,
        tool: "1".to_owned(),
        scenario: "world".to_owned(),
        title: String::new(),
        first_seed: 1,
        last_seed: 1,
        shard: Shard { nth: 1, of: 1 },
        fail_fast: false,
        settings: Settings::own(scenario).names(),
        axes: Vec::new(),
        left_out: Vec::new(),
        drawn: Vec::new(),
        text: scenario.print(),
    }
}

/// The totals of a setting in which nothing was seen.
pub(super) fn totals() -> SettingTotals {
    let none = Estimate { value: 0.0, low: None, high: None };
    SettingTotals {
        name: "chronicle".to_owned(),
        point: Vec::new(),
        protocol: None,
        foretold: None,
        seeds: 1,
        verdict: "holds".to_owned(),
        missing: Vec::new(),
        verdicts: Vec::new(),
        metrics: Vec::new(),
        violations: Vec::new(),
        session_hours: 1.0,
        hand_offs: 0,
        rates: Vec::new(),
        never: Vec::new(),
        risks: Vec::new(),
        marks: Vec::new(),
        unseen: Unseen {
            classes: 0,
            in_one_seed: 0,
            in_two_seeds: 0,
            chance: none,
            would_have_been_seen: 1.0,
            note: String::new(),
        },
    }
}

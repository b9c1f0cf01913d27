//! What tests of several files begin with.

use leasehold_data::{
    Comparison, Difference, Estimate, Metric, SWEEP_FORMAT, SettingTotals, Shard, Spread,
    SweepTotals, Unseen,
};

/// A number that nine seeds have.
pub(crate) fn metric(name: &str, value: f64) -> Metric {
    let (low, high) = (Some(value - 1.0), Some(value + 1.0));
    Metric {
        name: name.to_owned(),
        seeds: 9,
        seeds_any: 9,
        mean: Some(Estimate { value, low, high }),
        min: Some(0),
        max: Some(9),
        spread: Some(Spread { p05: 1, p25: 2, p50: 3, p75: 4, p95: 5, error: 0.0 }),
    }
}

/// A setting of which nothing is known.
pub(crate) fn setting() -> SettingTotals {
    SettingTotals {
        name: "chronicle".to_owned(),
        point: Vec::new(),
        protocol: None,
        foretold: None,
        seeds: 9,
        verdict: "holds".to_owned(),
        missing: Vec::new(),
        verdicts: Vec::new(),
        metrics: Vec::new(),
        violations: Vec::new(),
        session_hours: 0.0,
        hand_offs: 0,
        rates: Vec::new(),
        never: Vec::new(),
        risks: Vec::new(),
        marks: Vec::new(),
        unseen: Unseen {
            classes: 0,
            in_one_seed: 0,
            in_two_seeds: 0,
            chance: Estimate { value: 0.0, low: None, high: None },
            would_have_been_seen: 0.3,
            note: String::new(),
        },
    }
}

/// Nine seeds, of no setting.
pub(crate) fn totals() -> SweepTotals {
    SweepTotals {
        format: SWEEP_FORMAT,
        tool: "1".to_owned(),
        scenario: "world".to_owned(),
        title: String::new(),
        first_seed: 1,
        last_seed: 9,
        shard: Shard { nth: 1, of: 1 },
        fail_fast: false,
        seeds: 9,
        seeds_asked: 9,
        verdict: "holds".to_owned(),
        axes: Vec::new(),
        left_out: Vec::new(),
        settings: Vec::new(),
        comparisons: Vec::new(),
        pairs: Vec::new(),
        effects: Vec::new(),
        intervals: String::new(),
    }
}

/// These settings in nine seeds: what differs by more than 10 does so significantly.
pub(crate) fn apart(settings: Vec<SettingTotals>) -> SweepTotals {
    let beside = |one: &SettingTotals, other: &SettingTotals| {
        let differences = one.metrics.iter().zip(&other.metrics).filter_map(|(one, other)| {
            let value = one.mean?.value - other.mean?.value;
            Some(Difference {
                name: one.name.clone(),
                seeds: 9,
                difference: Estimate { value, low: Some(value - 2.0), high: Some(value + 2.0) },
                p: Some(if value.abs() > 10.0 { 1e-9 } else { 0.4 }),
                significant: value.abs() > 10.0,
                variance_removed: None,
            })
        });
        Comparison {
            name: one.name.clone(),
            baseline: other.name.clone(),
            point: Vec::new(),
            differences: differences.collect(),
        }
    };
    let comparisons = settings[1..].iter().map(|one| beside(one, &settings[0])).collect();
    let pairs = (1..settings.len())
        .flat_map(|nth| (nth + 1..settings.len()).map(move |other| (nth, other)))
        .map(|(nth, other)| beside(&settings[other], &settings[nth]))
        .collect();
    SweepTotals { settings, comparisons, pairs, ..totals() }
}

//! The charts of every shipped scenario, under each of its settings, can be read: no two of their
//! texts meet, none leaves the picture, and none is cut off.

use crate::digests::{Job, jobs};
use leasehold_sim::Seed;
use leasehold_tests::known;
use rayon::prelude::*;

#[test]
fn no_text_of_a_shipped_scenarios_charts_meets_another_one_leaves_the_picture_or_is_cut_off() {
    let jobs: Vec<Job> = jobs().into_iter().filter(|(.., seed)| *seed == 1).collect();
    let faults = |(label, scenario, seed): &Job| {
        let dataset = known(scenario, &Seed::of(*seed)).dataset;
        let charts = leasehold_report::charts(&dataset);
        let faults = charts.iter().flat_map(|chart| {
            let layout = chart.layout().expect("a chart can be drawn");
            let cut = layout.cut().map(|text| format!("{text:?} is cut off")).collect();
            let faults: Vec<String> = [layout.faults(), cut].concat();
            faults.into_iter().map(|fault| format!("{label}, {}: {fault}", chart.slug))
        });
        faults.collect::<Vec<String>>()
    };
    let faults: Vec<String> = jobs.par_iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

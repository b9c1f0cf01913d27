//! A dataset is a file, and a file may say anything: whatever can be read can be drawn, with no
//! text on top of another.

use crate::{MINUTE, sample};
use leasehold_data::Dataset;
use proptest::prelude::*;
use serde_json::Value;

/// Every number in some JSON, in order.
fn numbers<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Number(_) => found.push(value),
        Value::Array(all) => all.iter_mut().for_each(|value| numbers(value, found)),
        Value::Object(all) => all.values_mut().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

fn odd() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(u64::from(u32::MAX)), any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_numbers_a_dataset_has_its_charts_are_drawn(
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 1..12),
        last in any::<bool>(),
    ) {
        let mut json = serde_json::to_value(sample::typical(30 * MINUTE, 40, 3)).expect("rows");
        // Most numbers are counts of some track; half of the time those are left alone.
        if last {
            json["series"]["tracks"] = Value::Object(serde_json::Map::new());
        }
        let mut all = Vec::new();
        numbers(&mut json, &mut all);
        for (place, odd) in changes {
            **place.get_mut(&mut all) = odd.into();
        }
        if let Ok(dataset) = serde_json::from_value::<Dataset>(json) {
            for chart in leasehold_report::charts(&dataset) {
                prop_assert!(chart.svg().is_ok(), "{}", chart.slug);
                let faults = chart.layout().expect("it was drawn").faults();
                prop_assert!(faults.is_empty(), "{}: {faults:?}", chart.slug);
            }
        }
    }
}

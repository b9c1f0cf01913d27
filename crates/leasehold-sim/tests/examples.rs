//! The examples do what they say: a lease and an invariant that nobody here has written before are
//! run, found out, shrunk and explained.

#[allow(dead_code, reason = "its main function is not called")]
#[path = "../examples/my_invariant.rs"]
mod my_invariant;
#[allow(dead_code, reason = "its main function is not called")]
#[path = "../examples/my_lease.rs"]
mod my_lease;

#[path = "examples/mistakes.rs"]
mod mistakes;

use leasehold_sim::{Scenario, Simulation};

#[test]
fn a_lease_of_ones_own_holds_on_every_seed() {
    assert!(my_lease::told(false).starts_with("100 seeds"));
}

/// Its ownership ends by the clock, and it says no word of that.
#[test]
fn who_is_no_owner_any_more_without_a_word_is_no_second_one() {
    let text = r#"
        duration = "20m"
        servers.count = 2
        players = { count = 6, stay = "30s..2m", hop = "100%", noticed_after = "1m..3m" }
        datastore.incidents = [{ at = "2m", lasts = "10m", servers = [0], condition = "outage" }]
    "#;
    let scenario = Scenario::parse(text).expect(text);
    let failing = |early| {
        let lease = my_lease::Lease { seconds: 30, early };
        let sim = Simulation::<my_lease::MyLease>::new(&scenario, lease).expect("it is sound");
        let owned_twice = |seed: &u64| {
            let dataset = sim.seed(*seed).run().dataset;
            !dataset.summary.overlaps.double_ownership.is_empty()
        };
        (0..20).filter(owned_twice).count()
    };
    assert_eq!(failing(0), 0);
    assert!(failing(10) > 0, "a lease that is taken too early is taken from its owner");
}

#[test]
fn its_broken_twin_is_found_shrunk_and_explained() {
    let told = my_lease::told(true);
    for expected in ["of 100 seeds fail", "only = [", "considers itself owner of", "two consider"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn an_invariant_of_ones_own_has_its_verdict_its_cause_and_its_story() {
    let told = my_invariant::told();
    for expected in ["stuck", "nobody_waits_in_vain by lease_held", "refuses the player of"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn a_lease_is_a_library_in_eighty_lines() {
    let source = include_str!("../examples/my_lease.rs");
    let lines = source.lines().skip_while(|line| !line.starts_with("impl Library for"));
    let count = lines.take_while(|line| *line != "}").count() + 1;
    assert!((20..=80).contains(&count), "it has {count} lines");
}

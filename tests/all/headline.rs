//! The headline: in random small worlds, under the strict rules and inside their promise, two
//! sessions never consider themselves owner at once; and under all rules nothing commits under
//! another's lease and what was acknowledged survives (rules D1 to D3).

use leasehold_sim::scenario::Protocol;
use leasehold_sim::strategy::Worlds;
use leasehold_sim::{Outcome, Promise, Scenario, Seed};
use leasehold_tests::run;
use proptest::prelude::*;

/// Worlds that the strict rules promise to be safe in: clocks are apart by 6 s at the most, the
/// second included that whole seconds cost.
fn any_world() -> impl Strategy<Value = Scenario> {
    any_with::<Scenario>(Worlds::default())
}

fn broken(outcome: &Outcome, name: &str) -> Option<String> {
    let invariants = &outcome.dataset.invariants;
    let invariant = invariants.iter().find(|invariant| invariant.name == name).expect(name);
    invariant.first.first().map(|violation| format!("{name}: {violation:?}"))
}

fn simulate(world: &Scenario, seed: u64, protocol: Protocol) -> Outcome {
    run("world", &Scenario { protocol, ..world.clone() }, Seed::of(seed), None)
}

/// What every preset promises in every world.
const ALWAYS: [&str; 9] = [
    "no_write_without_ownership",
    "generations_in_order",
    "acknowledged_saves_survive",
    "acknowledged_saves_are_stored",
    "corrupted_data_stays_out",
    "breaker_keeps_its_schedule",
    "dirty_age_is_bounded",
    "renewals_are_piggybacked",
    "starts_are_answered",
];

/// How many worlds a property sees. PROPTEST_CASES can only raise it.
fn cases() -> u32 {
    ProptestConfig::default().cases.max(400)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: cases(),
        ..ProptestConfig::default()
    })]

    #[test]
    fn strict_rules_inside_their_promise_never_let_two_sessions_own_at_once(
        world in any_world(), seed in 0u64..1_000_000,
    ) {
        let outcome = simulate(&world, seed, Protocol::ChronicleStrict);
        prop_assert!(matches!(outcome.promise, Promise::Kept { .. }), "{:?}\n{world}", outcome.promise);
        let found = broken(&outcome, "no_double_ownership");
        prop_assert!(found.is_none(), "seed {seed}: {found:?}\n{world}");
    }

    #[test]
    fn under_every_preset_nothing_commits_on_another_lease_and_what_was_acknowledged_survives(
        world in any_world(), seed in 0u64..1_000_000,
        protocol in prop::sample::select(vec![
            Protocol::Chronicle, Protocol::ChronicleEager, Protocol::ChronicleStrict,
        ]),
    ) {
        let outcome = simulate(&world, seed, protocol);
        for name in ALWAYS {
            let found = broken(&outcome, name);
            prop_assert!(found.is_none(), "seed {seed}, {}: {found:?}\n{world}", protocol.name());
        }
    }
}

/// The property above is worth something only if its worlds go where it hurts.
#[test]
fn the_random_worlds_reach_the_states_that_the_headline_is_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reached = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..200 {
        let world = any_world().new_tree(&mut runner).expect("a strategy gives values").current();
        let strict = simulate(&world, seed, Protocol::ChronicleStrict).dataset;
        let documented = simulate(&world, seed, Protocol::Chronicle).dataset;
        let mut note = |what: &str, seen: bool| {
            *reached.entry(what.to_owned()).or_default() += u32::from(seen);
        };
        for mark in strict.marks.keys() {
            note(mark, true);
        }
        let fenced = strict.summary.progress.lost.contains_key("fenced")
            || strict.summary.progress.lost.contains_key("pause");
        note("fenced", fenced);
        note("a paused owner", strict.summary.overlaps.paused_owner > 0);
        note("overlap without strict", !documented.summary.overlaps.double_ownership.is_empty());
    }
    for what in [
        "a challenge to a live owner was lost",
        "an answer of a live owner was lost",
        "a paused owner was overtaken",
        "a clock was set",
        "a server ran out of memory",
        "a server was cut off from messages",
        "an empty server closed",
        "a breaker opened",
        "a call was never answered",
        "a transform ran again",
        "fenced",
        "a paused owner",
        "overlap without strict",
    ] {
        let worlds = reached.get(what).copied().unwrap_or_default();
        assert!(worlds >= 10, "{what:?} was reached in {worlds} of 200 worlds only: {reached:?}");
    }
}

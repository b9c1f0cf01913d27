//! The headline: in random small worlds, under the strict rules and inside their promise, two
//! sessions never believe at once; and under all rules nothing lands under another's lease and what
//! was acknowledged survives (rules D1 to D3).

use leasehold_sim::scenario::{Protocol, Scenario};
use leasehold_sim::{Luck, Outcome, Promise};
use leasehold_tests::run;
use proptest::prelude::*;

/// A small world in which anything can go wrong, as the text of a scenario. Weights of zero are
/// frequent: a fault that never happens lets others be seen.
fn any_world() -> impl Strategy<Value = String> {
    let rate = || prop_oneof![2 => Just(0u32), 1 => 1u32..30];
    let drift = prop_oneof![1 => Just(0u64), 1 => 1u64..=300];
    let servers = (2u32..6, 1u32..12, 0u64..5_000, any::<bool>(), drift);
    let calls = (
        rate(),
        rate(),
        rate(),
        prop::sample::select(vec!["healthy", "slow_2020", "1s..20s", "0s..70s"]),
        prop_oneof![2 => Just(0u32), 1 => 1u32..=3],
        (rate(), rate()),
    );
    let messages = (rate(), rate(), prop::sample::select(vec!["fast", "documented", "0s..9s"]));
    let faults = (
        prop::option::of(60u64..600),
        prop::option::of(40u64..400),
        5u64..200,
        prop::option::of(60u64..600),
    );
    let clocks = (prop::option::of(20u64..300), 0u64..=100, any::<bool>());
    let ends = (
        any::<bool>(),
        prop::sample::select(vec!["buffered", "dropped"]),
        prop::option::of(100u64..600),
        prop::sample::select(vec!["close_first", "leave_first", "either"]),
    );
    let people = (10u64..200, 0u64..30, 1u64..20, 0u32..40, prop::option::of(20u64..500));
    (servers, calls, messages, faults, people, clocks, ends).prop_map(|world| {
        let (servers, calls, messages, faults, people, clocks, ends) = world;
        let (count, players, skew_ms, whole_seconds, drift_ppm) = servers;
        let (before, after, silent, call, corrupt, (vanish, throttle)) = calls;
        let (loss, duplicate, mail) = messages;
        let (crash, freeze, freeze_for, cut) = faults;
        let (stay, noticed, edit, save, outage) = people;
        let outages = outage.map_or(String::new(), |at| {
            format!(
                "incidents = [{{ at = \"{at}s\", lasts = \"45s\", condition = \"outage\" }}]\n"
            )
        });
        let skew_ms = if whole_seconds { skew_ms } else { skew_ms + 1_000 };
        // Two clocks drift apart twice as fast as one drifts, for ten minutes and then for a lease
        // with both margins (666 s): the margins cover that much less skew.
        let skew_ms = skew_ms.saturating_sub((2 * drift_ppm * 666).div_ceil(1_000));
        // Steps put clocks apart as skew does.
        let (step, step_percent, stops) = clocks;
        let step_ms = step.map_or(0, |_| skew_ms * step_percent / 100);
        let skew_ms = skew_ms - step_ms;
        let (when_empty, inbound, oom, order) = ends;
        format!(
            "duration = \"10m\"\n\
             [servers]\ncount = {count}\nskew = \"{skew_ms}ms\"\nwhole_seconds = {whole_seconds}\n\
             drift_ppm = {drift_ppm}\nclose_when_empty = {when_empty}\nclose_order = \"{order}\"\n\
             [players]\ncount = {players}\narrive = \"0s..20s\"\nstay = \"5s..{stay}s\"\nhop = \"90%\"\n\
             hop_delay = \"0s..9s\"\nnoticed_after = \"0s..{noticed}s\"\nedit_every = \"1s..{edit}s\"\n\
             save = \"{save}%\"\nretry_after = \"1s..9s\"\n\
             [datastore]\nlatency = \"{call}\"\nfail_before = \"{before}%\"\nfail_after = \"{after}%\"\n\
             never_answers = \"{silent}%\"\nnever_arrives = \"{vanish}%\"\n\
             throttle = \"{throttle}%\"\ncorrupt = \"{corrupt}%\"\n{outages}\
             [messaging]\nlatency = \"{mail}\"\nloss = \"{loss}%\"\nduplicate = \"{duplicate}%\"\n\
             [faults]\n{}{}{}{}{}freeze_for = \"1s..{freeze_for}s\"\nstep_by = \"{step_ms}ms\"\n\
             freeze_stops_clock = {stops}\nfrozen_inbound = \"{inbound}\"\n",
            every("crash_every", crash),
            every("freeze_every", freeze),
            every("step_every", step),
            every("oom_every", oom),
            every("partition_every", cut),
        )
    })
}

/// A line that says how often something happens, if it ever does.
fn every(name: &str, secs: Option<u64>) -> String {
    secs.map_or(String::new(), |secs| format!("{name} = \"{secs}s\"\n"))
}

fn broken(outcome: &Outcome, name: &str) -> Option<String> {
    let invariants = &outcome.dataset.invariants;
    let invariant = invariants.iter().find(|invariant| invariant.name == name).expect(name);
    invariant.first.first().map(|violation| format!("{name}: {violation:?}"))
}

fn simulate(world: &str, seed: u64, protocol: Protocol) -> Outcome {
    let scenario = Scenario { protocol, ..Scenario::parse(world).expect(world) };
    run("world", &scenario, Luck::of(seed), None)
}

/// What every preset promises in every world.
const ALWAYS: [&str; 8] = [
    "no_effect_overlap",
    "generations_in_order",
    "acknowledged_saves_survive",
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
    fn strict_rules_inside_their_promise_never_let_two_sessions_believe_at_once(
        world in any_world(), seed in 0u64..1_000_000,
    ) {
        let outcome = simulate(&world, seed, Protocol::ChronicleStrict);
        prop_assert!(matches!(outcome.promise, Promise::Kept { .. }), "{:?}\n{world}", outcome.promise);
        let found = broken(&outcome, "no_belief_overlap");
        prop_assert!(found.is_none(), "seed {seed}: {found:?}\n{world}");
    }

    #[test]
    fn under_every_preset_nothing_lands_on_another_lease_and_what_was_acknowledged_survives(
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
            || strict.summary.progress.lost.contains_key("freeze");
        note("fenced", fenced);
        note("latent", strict.summary.overlaps.latent > 0);
        note("overlap without strict", !documented.summary.overlaps.belief.is_empty());
    }
    for what in [
        "a challenge to a live owner was lost",
        "an answer of a live owner was lost",
        "a frozen holder was overtaken",
        "a clock was set",
        "a server ran out of memory",
        "a server was cut off from messages",
        "an empty server closed",
        "a breaker opened",
        "a call was never answered",
        "a transform ran again",
        "fenced",
        "latent",
        "overlap without strict",
    ] {
        let worlds = reached.get(what).copied().unwrap_or_default();
        assert!(worlds >= 10, "{what:?} was reached in {worlds} of 200 worlds only: {reached:?}");
    }
}

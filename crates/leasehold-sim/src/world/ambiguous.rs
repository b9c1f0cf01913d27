//! An ambiguous write followed by a retry never counts a commit twice, whatever goes wrong with
//! which call.
//!
//! The observers are not asked: after each event the stored records themselves are looked at. As
//! nobody saves what has not changed, each commit brings at least one change that was not there
//! before; one that is counted twice brings none.

use super::World;
use crate::draws::Seed;
use crate::fault::{Fault, Gate, Occasion, Site};
use crate::library::{Chronicle, Library, View};
use crate::observe::INVARIANTS;
use crate::scenario::Scenario;
use crate::sinks::Watch;
use leasehold_core::Key;
use proptest::prelude::*;

const KEYS: u32 = 4;

/// Two servers and a few players who hop between them, save often, and lose patience never.
fn world(protocol: &str) -> Scenario {
    let text = format!(
        "duration = \"4m\"\nprotocol = \"{protocol}\"\nservers.count = 2\n\
         [players]\ncount = {KEYS}\narrive = \"0s..5s\"\nstay = \"20s..70s\"\nhop = \"100%\"\n\
         hop_delay = \"0s..3s\"\nnoticed_after = \"0s..9s\"\nedit_every = \"1s..4s\"\n\
         retry_after = \"1s..4s\"\n[datastore]\nlatency = \"100ms..3s\"\n"
    );
    Scenario::parse(&text).expect("valid")
}

/// Faults that leave it open whether a write has committed, and some that show a call something
/// else than what is there.
fn any_tape() -> impl Strategy<Value = Vec<Fault>> {
    let site = prop::sample::select(vec![
        Site::FailsAfter,
        Site::FailsAfter,
        Site::FailsAfter,
        Site::NeverAnswers,
        Site::NeverAnswers,
        Site::NeverArrives,
        Site::NeverArrives,
        Site::FailsBefore,
        Site::Throttled,
        Site::ReadsStale,
        Site::ReadsNil,
    ]);
    let fault = (0..KEYS, 1u32..4, 1u32..16, site).prop_map(|row| {
        let (key, session, nth, site) = row;
        Fault { occasion: Occasion::Call { key: Key(key), session, nth }, site }
    });
    proptest::collection::vec(fault, 1..60)
}

type Store = Chronicle;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases.max(256),
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_ambiguous_write_and_its_retry_count_one_commit_under_every_preset_and_any_tape(
        tape in any_tape(), seed in 0u64..1_000,
        protocol in prop::sample::select(vec!["chronicle", "chronicle_eager", "chronicle_strict"]),
    ) {
        let scenario = world(protocol);
        let config = scenario.world();
        let gate = Gate::new(Some(&tape));
        let (rules, seed) = (scenario.rules(), &Seed::of(seed));
        let mut world = World::<Store>::plain(&config, rules, seed, gate, Watch::Nobody);
        let stored =
            |world: &World<'_, Store>, key| world.datastore.stored(key).and_then(Store::view);
        let mut before: Vec<Option<View>> = vec![None; KEYS as usize];
        while world.advance() {
            for key in 0..KEYS {
                let (was, is) = (before[key as usize], stored(&world, key));
                before[key as usize] = is;
                let commit = |view: Option<View>| view.and_then(|view| view.commit).unwrap_or(0);
                let edits = |view: Option<View>| view.map_or(0, |view| view.edits);
                prop_assert!((0..=1).contains(&(commit(is) - commit(was))), "{was:?} {is:?}");
                let brings = edits(is) - edits(was);
                prop_assert!(commit(is) == commit(was) || brings > 0, "k{key}: {was:?} {is:?}");
            }
        }
        let broken = world.sinks.observers.findings.count(INVARIANTS[2]);
        prop_assert_eq!(broken, 0);
    }
}

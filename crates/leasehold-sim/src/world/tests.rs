//! A flaky world, in which questions are asked that nobody needs the answers to.

use super::*;
use crate::draws::{DrawKey, UnrelatedWord, of};
use crate::fault::{Occasion, Site};
use crate::library::{Chronicle, GameSave};
use crate::observe::INVARIANTS;
use crate::scenario::Scenario;
use crate::units::Chance;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

impl<L: Library> World<'_, L> {
    /// Plants a mistake, or none.
    pub(crate) fn plant(&mut self, planted: bool) {
        self.draws.planted = planted;
    }

    /// A draw and a fault site that nothing else has.
    pub(super) fn ask_unrelated(&mut self) {
        if self.unrelated {
            let (subject, nth) = (self.events as u32, 7);
            let question = DrawKey { subject, nth, ..DrawKey::default() };
            let word = self.draws.draw(of::Unrelated, question).word(UnrelatedWord::Nothing);
            let occasion = Occasion::World { nth: subject };
            self.gate.fault(Site::Unrelated, Chance::NEVER, word, occasion);
        }
    }
}

const FLAKY: &str = r#"
    duration = "5m"
    servers = { count = 4, skew = "2s" }
    players = { count = 40, stay = "10s..60s", hop = "90%", noticed_after = "0s..9s" }
    datastore = { fail_before = "5%", fail_after = "5%" }
    messaging = { loss = "20%" }
    faults = { crash_every = "3m", pause_every = "3m" }
    timeline = [{ at = "2m", server = 1, do = "pause", for = "1m" }]
    "#;

/// What is left of a flaky world: its digest, who considered themselves owner at once, by cause,
/// and its faults.
fn left(
    tape: Option<&[Fault]>,
    unrelated: bool,
) -> (String, BTreeMap<&'static str, u64>, Vec<Fault>) {
    let scenario = Scenario::parse(FLAKY).expect("a valid scenario");
    let (config, rules, seed) = (scenario.world(), scenario.rules(), &Seed::of(3));
    let gate = Gate::new(tape);
    let mut world = World::<Chronicle<GameSave>>::plain(&config, rules, seed, gate, Watch::Nobody);
    world.unrelated = unrelated;
    while world.advance() {}
    world.finish();
    let overlaps = world.sinks.observers.findings.causes(INVARIANTS[0]);
    let faults = world.gate.into_parts().0.expect("not too many faults");
    (world.sinks.digest.print(), overlaps, faults)
}

#[test]
fn a_draw_and_a_fault_site_that_are_added_elsewhere_change_nothing() {
    let before = left(None, false);
    assert!(before.2.len() > 100, "faults fire");
    assert_eq!(left(None, true), before);
}

#[test]
fn a_recorded_failure_still_fails_after_a_draw_and_a_fault_site_were_added_elsewhere() {
    let recorded = left(None, false);
    assert!(!recorded.1.is_empty(), "it fails");
    assert_eq!(left(Some(&recorded.2), true), recorded);
    // So does what little of it still fails.
    let scenario = Scenario::parse(FLAKY).expect("a valid scenario");
    let sim = crate::shipped("flaky", &scenario).expect("valid");
    let shrunk = sim.seed(3).shrink_until(None, 500, &mut |_| ControlFlow::Continue(()));
    let bug = shrunk.expect("it fails").bug;
    let (config, rules, seed) = (bug.scenario.world(), bug.scenario.rules(), &Seed::of(3));
    let gate = Gate::new(Some(&bug.tape.faults));
    let mut world = World::<Chronicle<GameSave>>::plain(&config, rules, seed, gate, Watch::Nobody);
    world.unrelated = true;
    while world.advance() {}
    world.finish();
    assert_eq!(world.sinks.digest.print(), bug.tape.origin.digest);
}

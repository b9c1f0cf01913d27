//! A flaky world, in which questions are asked that nobody needs the answers to.

use super::*;
use crate::draws::{DrawKey, UnrelatedWord, of};
use crate::fault::{Occasion, Site};
use crate::library::{Chronicle, Naive, ProfileStore};
use crate::observe::INVARIANTS;
use crate::scenario::Scenario;
use crate::units::Chance;
use proptest::prelude::*;
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
    let mut world = World::<Chronicle>::plain(&config, rules, seed, gate, Watch::Nobody);
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

/// Whoever makes a change looks whether what was drawn for it ahead is what would be drawn now.
#[test]
fn what_was_drawn_ahead_of_a_fork_is_drawn_anew_after_it() {
    let flaky = FLAKY.replace("hop = \"90%\"", "hop = \"90%\", save = \"50%\"");
    let scenario = Scenario::parse(&flaky).expect("a valid scenario");
    let fork = |nth: u64| format!("{}s:{nth}", 20 * nth).parse().expect("a fork");
    let seed = Seed { root: 3, forks: (1..10).map(fork).collect() };
    let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
    let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
    while world.advance() {}
    assert!(world.events > 1_000, "{}", world.events);
}

/// What a small world comes to that looks ahead, or does not: its digest, how many events it had,
/// and what was found.
fn ahead<L: Library>(
    scenario: &Scenario,
    library: L::Config,
    seed: u64,
    looks: bool,
) -> (String, u64, String) {
    let (config, seed, gate) = (scenario.world(), Seed::of(seed), Gate::new(None));
    let mut world = World::<L>::plain(&config, library, &seed, gate, Watch::Nobody);
    world.looks_ahead = looks;
    while world.advance() {}
    world.finish();
    let found = format!("{:?}", world.sinks.observers.findings);
    (world.sinks.digest.print(), world.events, found)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_world_is_the_same_whether_it_looks_ahead_or_not(
        seed in 0u64..1_000, players in 1u32..80, loss in 0u32..40,
    ) {
        let flaky = FLAKY.replace("count = 40", &format!("count = {players}"));
        let flaky = flaky.replace("loss = \"20%\"", &format!("loss = \"{loss}%\""));
        let scenario = Scenario::parse(&flaky).expect("a valid scenario");
        let settings = scenario.profile_store.settings();
        let (rules, naive) = (scenario.rules(), scenario.naive.rules());
        let of = |looks| (
            ahead::<Chronicle>(&scenario, rules.into(), seed, looks),
            ahead::<ProfileStore>(&scenario, settings, seed, looks),
            ahead::<Naive>(&scenario, naive, seed, looks),
        );
        prop_assert_eq!(of(true), of(false));
    }
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
    let mut world = World::<Chronicle>::plain(&config, rules, seed, gate, Watch::Nobody);
    world.unrelated = true;
    while world.advance() {}
    world.finish();
    assert_eq!(world.sinks.digest.print(), bug.tape.origin.digest);
}

/// A world that is warm after some minutes, and how it is counted.
fn counted(duration: &str, warm_up: &str) -> crate::Outcome {
    let text = format!(
        "duration = \"{duration}\"\nservers.count = 4\n{warm_up}\nmessaging.loss = \"10%\"\n\
         [players]\ncount = 120\narrive = \"0s..8m\"\nstay = \"30s..2m\"\nhop = \"100%\"\n\
         noticed_after = \"0s..9s\"\nretry = \"100%\""
    );
    let scenario = crate::Scenario::parse(&text).expect("it is right");
    crate::shipped("warm", &scenario).expect("it is right").seed(3).run()
}

#[test]
fn a_warm_up_changes_nothing_of_a_run_and_of_what_is_found_in_it() {
    let (all, warm) = (counted("20m", ""), counted("20m", "warm_up = \"10m\""));
    assert_eq!(all.digest(), warm.digest());
    let (all, warm) = (all.dataset, warm.dataset);
    assert_eq!(
        (&all.invariants, &all.harm, &all.marks),
        (&warm.invariants, &warm.harm, &warm.marks)
    );
    assert_eq!((&all.series, &all.ages), (&warm.series, &warm.ages));
    let (all, warm) = (all.summary, warm.summary);
    assert_eq!((&all.overlaps, &all.faults), (&warm.overlaps, &warm.faults));
    assert_eq!((&all.progress.lost, all.leaks), (&warm.progress.lost, warm.leaks));
    // All of it is in the one or in the other.
    let whole = warm.whole.as_ref().expect("it has a warm-up");
    assert_eq!((whole.played_us, whole.handed_off), (all.played_us, all.starts.handed_off));
    assert!(warm.starts.granted > 0 && warm.starts.granted < all.starts.granted);
    assert!(warm.played_us < all.played_us && warm.played_us > all.played_us / 2, "{warm:?}");
    // What has begun comes to an end as what is counted.
    let starts = &warm.starts;
    let ended = starts.granted + starts.failed.values().sum::<u64>();
    assert_eq!(starts.asked, ended + starts.pending, "{starts:?}");
    let messages = &warm.messages;
    let arrived = messages.delivered + messages.lost + messages.no_subscriber;
    let dropped: u64 = messages.dropped.values().sum();
    let sent = messages.sent + messages.duplicated;
    assert_eq!(sent, arrived + dropped + messages.under_way, "{messages:?}");
}

#[test]
fn the_rates_of_a_warm_world_are_those_of_a_longer_one_and_not_those_of_its_ramp() {
    let rate = |outcome: crate::Outcome| {
        let summary = outcome.dataset.summary;
        let rate = summary.calls_per_player_hour.expect("somebody played") as f64;
        let hops = summary.starts.granted as f64 / summary.played_us as f64;
        let late = summary.play.p90_us.expect("somebody came in") as f64;
        [rate, hops, late]
    };
    let far = |one: [f64; 3], other: [f64; 3]| {
        let far = |nth: usize| (one[nth] / other[nth] - 1.0).abs();
        [far(0), far(1), far(2)]
    };
    let long = rate(counted("3h", "warm_up = \"30m\""));
    let warm = far(rate(counted("20m", "warm_up = \"10m\"")), long);
    assert!(warm[0] < 0.03 && warm[1] < 0.05 && warm[2] < 0.25, "{warm:?}");
    let ramp = far(rate(counted("10m", "")), long);
    assert!(ramp[1] > warm[1] && ramp[1] > 0.03, "{ramp:?} {warm:?}");
}

#[test]
fn a_warm_up_counts_from_its_moment_on_even_if_nothing_happens_any_more() {
    let text = "duration = \"10m\"\nwarm_up = \"9m\"\n[players]\ncount = 1\narrive = \"0s\"\n\
                stay = \"1m\"\nhop = 0\naway = \"1h\"";
    let scenario = crate::Scenario::parse(text).expect("it is right");
    let outcome = crate::shipped("quiet", &scenario).expect("it is right").seed(1).run();
    let summary = outcome.dataset.summary;
    assert_eq!((summary.starts.asked, summary.played_us), (0, 0), "{summary:?}");
    assert_eq!((summary.calls_per_player_hour, summary.play.p50_us), (None, None));
    assert!(summary.whole.is_some_and(|whole| whole.played_us > 0));
}

/// Damaged records, and players who do not wait: starts that end with what they have found.
const DAMAGED: &str = r#"
duration = "8m"
servers.count = 3
players = { count = 16, stay = "10s..60s", hop = "80%", patience = "4s", rejoin = "20%" }
datastore = { latency = "slow_2020", corrupt = "60%", fail_before = "10%", fail_after = "10%" }
messaging.loss = "30%"
"#;

#[test]
fn whoever_finds_a_damaged_record_says_so_while_somebody_sits_there() {
    for protocol in ["chronicle", "profile_store", "naive"] {
        let text = format!("protocol = \"{protocol}\"\n{DAMAGED}");
        let scenario = crate::Scenario::parse(&text).expect("it is right");
        let sim = crate::shipped("damaged", &scenario).expect("it is right");
        for seed in 1..=5 {
            let outcome = sim.seed(seed).run();
            let mut rows = outcome.dataset.invariants.iter();
            let told = rows.find(|row| row.name == "notices_in_order").expect("it is always held");
            assert_eq!(told.violations, 0, "{protocol}, seed {seed}");
        }
    }
}

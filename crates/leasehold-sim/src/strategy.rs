//! Scenarios at random: a strategy of [`proptest`], to test the properties of a library with.
//!
//! ```text
//!   Worlds: how many servers, which faults ..  --any_with-->  Scenario, Scenario, Scenario ..
//!                                                   one fails: it is shrunk, and printed as a file
//! ```
//!
//! A scenario is a small world in which anything may go wrong that its [`Worlds`] allow. A fault
//! that may happen is often left out all the same, since one that is always there hides what the
//! others do. Shrinking takes away servers, players and faults, and puts fields at their defaults.
//! What is left is printed as the text of a scenario's file: save it, and it can be run.
//!
//! ```
//! use leasehold_sim::library::{Chronicle};
//! use leasehold_sim::scenario::Protocol;
//! use leasehold_sim::strategy::{FaultKind, Worlds};
//! use leasehold_sim::{Scenario, Simulation, Verdict};
//! use proptest::prelude::*;
//!
//! type MyLibrary = Chronicle; // or a library of one's own
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]
//!     # /*
//!     #[test]
//!     # */
//!     fn everything_holds_whatever_becomes_of_calls(
//!         world in any_with::<Scenario>(Worlds {
//!             players: 1..=4,
//!             faults: vec![FaultKind::Calls, FaultKind::Outages],
//!             ..Worlds::default()
//!         }),
//!         seed in 0..1_000_u64,
//!     ) {
//!         let rules = Protocol::ChronicleStrict.rules();
//!         let outcome = Simulation::<MyLibrary>::new(&world, rules).unwrap().seed(seed).run();
//!         prop_assert!(outcome.verdict == Verdict::Holds, "{outcome}");
//!     }
//! }
//! # everything_holds_whatever_becomes_of_calls();
//! ```
//!
//! `any::<Scenario>()` is the same with [`Worlds::default`].

use crate::scenario::{
    CloseOrder, Condition, DatastoreWorld, Distribution, Faults, Inbound, Incident, MessagingWorld,
    Players, Scenario, Servers,
};
use crate::units::{Chance, Span, Spread};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Debug;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Bounds of the scenarios that may be drawn. Ranges are closed, and must not be empty.
#[derive(Clone, Debug)]
pub struct Worlds {
    /// How many servers. 2 to 5.
    pub servers: RangeInclusive<u32>,
    /// How many players. 1 to 11.
    pub players: RangeInclusive<u32>,
    /// How long the run is, in whole milliseconds. 10 min.
    pub duration: RangeInclusive<Duration>,
    /// How far two servers' readings of the wall clock may be apart, by whatever: by how the clocks
    /// are set, by drift, by steps, and by one second where they show whole seconds. 1 to 6 s.
    pub clocks_apart: RangeInclusive<Duration>,
    /// What may go wrong. Everything.
    pub faults: Vec<FaultKind>,
}

impl Default for Worlds {
    fn default() -> Worlds {
        let secs = Duration::from_secs;
        Worlds {
            servers: 2..=5,
            players: 1..=11,
            duration: secs(600)..=secs(600),
            clocks_apart: secs(1)..=secs(6),
            faults: FaultKind::ALL.to_vec(),
        }
    }
}

/// Kind of fault that may occur in a drawn scenario. Players come, go and hop in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Datastore calls take seconds, or a minute.
    SlowCalls,
    /// Datastore calls fail, are lost, or are applied and not answered.
    Calls,
    /// Records are damaged where they are stored.
    Corruption,
    /// The datastore is out for 45 s.
    Outages,
    /// Messages take seconds.
    SlowMessages,
    /// Messages are lost, or come twice.
    Messages,
    /// Servers do not hear or are not heard for a while.
    Partitions,
    /// Servers crash.
    Crashes,
    /// Servers run out of memory.
    OutOfMemory,
    /// Servers be paused for a while.
    Pauses,
    /// Clocks drift, and are set while servers run.
    Clocks,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 11] = [
        FaultKind::SlowCalls,
        FaultKind::Calls,
        FaultKind::Corruption,
        FaultKind::Outages,
        FaultKind::SlowMessages,
        FaultKind::Messages,
        FaultKind::Partitions,
        FaultKind::Crashes,
        FaultKind::OutOfMemory,
        FaultKind::Pauses,
        FaultKind::Clocks,
    ];
}

impl Arbitrary for Scenario {
    type Parameters = Worlds;
    type Strategy = BoxedStrategy<Scenario>;

    fn arbitrary_with(worlds: Worlds) -> BoxedStrategy<Scenario> {
        let duration = millis(&worlds.duration);
        let server = (servers(&worlds), faults(&worlds), clocks(&worlds));
        let around = (datastore(&worlds), messaging(&worlds), players(&worlds), outage(&worlds));
        (duration, server, around)
            .prop_map(|(duration_ms, (servers, faults, clocks), around)| {
                let (mut datastore, messaging, players, outage) = around;
                datastore.incidents.extend(outage.map(|permille| {
                    out_of_order(Duration::from_millis(duration_ms * permille / 1_000))
                }));
                let duration = Span(Duration::from_millis(duration_ms));
                let plain = Scenario::default();
                let mut scenario =
                    Scenario { duration, servers, players, datastore, messaging, faults, ..plain };
                clocks.put_into(&mut scenario);
                scenario
            })
            .boxed()
    }
}

impl Worlds {
    fn allow(&self, kind: FaultKind) -> bool {
        self.faults.contains(&kind)
    }

    /// How likely something fails, in percent: mostly never.
    fn rate(&self, kind: FaultKind, most: u32) -> BoxedStrategy<Chance> {
        if !self.allow(kind) {
            return Just(Chance::NEVER).boxed();
        }
        let percent = prop_oneof![2 => Just(0_u32), 1 => 1..=most];
        percent.prop_map(Chance::percent).boxed()
    }

    /// The mean time from one fault to the next: every other time, never.
    fn every(
        &self,
        kind: FaultKind,
        secs: RangeInclusive<u64>,
    ) -> impl Strategy<Value = Option<Span>> + use<> {
        self.perhaps(kind, secs.prop_map(span))
    }

    /// Something that goes wrong every other time, if it may.
    fn perhaps<T: Clone + Debug + 'static>(
        &self,
        kind: FaultKind,
        what: impl Strategy<Value = T> + 'static,
    ) -> BoxedStrategy<Option<T>> {
        if self.allow(kind) { option::of(what).boxed() } else { Just(None).boxed() }
    }

    /// How long something takes: the first of these, which is the default, if it may not be slow.
    fn latency(
        &self,
        slow: FaultKind,
        presets: &'static [&'static str],
    ) -> impl Strategy<Value = Distribution> + use<> {
        let presets = if self.allow(slow) { presets } else { &presets[..1] };
        select(presets).prop_map(Distribution::named)
    }
}

fn servers(worlds: &Worlds) -> impl Strategy<Value = Servers> + use<> {
    let orders = vec![CloseOrder::CloseFirst, CloseOrder::LeaveFirst, CloseOrder::Either];
    (worlds.servers.clone(), any::<bool>(), select(orders)).prop_map(
        |(count, close_when_empty, close_order)| Servers {
            count,
            close_when_empty,
            close_order,
            ..Servers::default()
        },
    )
}

fn players(worlds: &Worlds) -> impl Strategy<Value = Players> + use<> {
    let times = (10_u64..200, 0_u64..30, 1_u64..20);
    (worlds.players.clone(), times, 0_u32..40).prop_map(|(count, (stay, noticed, edit), save)| {
        Players {
            count,
            arrive: Spread { from: span(0), to: span(20) },
            stay: spread(5, stay),
            hop: Chance::percent(90),
            hop_delay: spread(0, 9),
            noticed_after: spread(0, noticed),
            edit_every: spread(1, edit),
            save: Chance::percent(save),
            retry_after: spread(1, 9),
            ..Players::default()
        }
    })
}

fn datastore(worlds: &Worlds) -> impl Strategy<Value = DatastoreWorld> + use<> {
    let rate = |kind| worlds.rate(kind, 29);
    let latency = worlds
        .latency(FaultKind::SlowCalls, &["healthy", "slow_2020", "1s..20s", "0s..70s"])
        .prop_map(|latency| (latency != healthy()).then_some(latency));
    let failed = (rate(FaultKind::Calls), rate(FaultKind::Calls), rate(FaultKind::Calls));
    let lost = (rate(FaultKind::Calls), rate(FaultKind::Calls));
    (latency, failed, lost, worlds.rate(FaultKind::Corruption, 3)).prop_map(
        |(latency, (before, after, silent), (never_arrives, throttle), corrupt)| DatastoreWorld {
            latency,
            fail_before: Some(before).filter(|chance| *chance > Chance::NEVER),
            fail_after: Some(after).filter(|chance| *chance > Chance::NEVER),
            never_answers: silent,
            never_arrives,
            throttle,
            corrupt,
            ..DatastoreWorld::default()
        },
    )
}

fn healthy() -> Distribution {
    Distribution::Preset(Condition::Healthy.name().to_owned())
}

/// When the datastore is out, in thousandths of the run, if it ever is.
fn outage(worlds: &Worlds) -> impl Strategy<Value = Option<u64>> + use<> {
    worlds.perhaps(FaultKind::Outages, 33_u64..833)
}

fn out_of_order(at: Duration) -> Incident {
    Incident {
        at: Span(at),
        lasts: span(45),
        condition: Some(Condition::Outage),
        ..Incident::default()
    }
}

fn messaging(worlds: &Worlds) -> impl Strategy<Value = MessagingWorld> + use<> {
    let rate = || worlds.rate(FaultKind::Messages, 29);
    let latency = worlds.latency(FaultKind::SlowMessages, &["fast", "documented", "0s..9s"]);
    (latency, rate(), rate()).prop_map(|(latency, loss, duplicate)| MessagingWorld {
        latency,
        loss,
        duplicate,
        ..MessagingWorld::default()
    })
}

fn faults(worlds: &Worlds) -> impl Strategy<Value = Faults> + use<> {
    let crash = worlds.every(FaultKind::Crashes, 60..=599);
    let oom = worlds.every(FaultKind::OutOfMemory, 100..=599);
    let cut = worlds.every(FaultKind::Partitions, 60..=599);
    let inbound = select(vec![Inbound::Buffered, Inbound::Dropped]);
    let pause = (worlds.every(FaultKind::Pauses, 40..=399), 5_u64..200, any::<bool>(), inbound);
    (crash, oom, cut, pause).prop_map(|(crash_every, oom_every, partition_every, pause)| {
        let plain = Faults { crash_every, oom_every, partition_every, ..Faults::default() };
        let (pause_every, longest, pause_stops_clock, paused_inbound) = pause;
        if pause_every.is_none() {
            return plain;
        }
        let pause_for = spread(1, longest);
        Faults { pause_every, pause_for, pause_stops_clock, paused_inbound, ..plain }
    })
}

/// What clocks are like.
#[derive(Clone, Debug)]
struct Clocks {
    /// How far their readings may be apart.
    apart_ms: u64,
    /// Whether they show less than seconds.
    fine: bool,
    drift_ppm: u32,
    step_every: Option<Span>,
    /// How much of what is left for skew and steps is for steps.
    step_percent: u64,
}

fn clocks(worlds: &Worlds) -> impl Strategy<Value = Clocks> + use<> {
    let most: u32 = if worlds.allow(FaultKind::Clocks) { 300 } else { 0 };
    let drift = prop_oneof![Just(0_u32), most.min(1)..=most];
    let steps = (worlds.every(FaultKind::Clocks, 20..=299), 0_u64..=100);
    (millis(&worlds.clocks_apart), any::<bool>(), drift, steps).prop_map(
        |(apart_ms, fine, drift_ppm, (step_every, step_percent))| Clocks {
            apart_ms,
            fine,
            drift_ppm,
            step_every,
            step_percent,
        },
    )
}

impl Clocks {
    /// For how long drift still counts when the run is over: a lease with its margins, which is
    /// compared with what another clock shows.
    const LEASE_MS: u64 = 66_000;

    /// Makes a scenario's clocks like this: what drift and whole seconds leave is shared by steps
    /// and skew, as either puts clocks apart.
    fn put_into(&self, scenario: &mut Scenario) {
        // Two clocks drift apart twice as fast as one drifts.
        let over_ms = scenario.duration.us() / 1_000 + Self::LEASE_MS;
        let drift_ms = (2 * u64::from(self.drift_ppm) * over_ms).div_ceil(1_000_000);
        let whole_seconds = !self.fine && self.apart_ms >= 1_000;
        let left_ms = self.apart_ms - if whole_seconds { 1_000 } else { 0 };
        let drifts = drift_ms <= left_ms;
        let left_ms = if drifts { left_ms - drift_ms } else { left_ms };
        let step_ms = self.step_every.map_or(0, |_| left_ms * self.step_percent / 100);
        scenario.servers.whole_seconds = whole_seconds;
        scenario.servers.drift_ppm = if drifts { self.drift_ppm } else { 0 };
        scenario.servers.skew = Span(Duration::from_millis(left_ms - step_ms));
        if self.step_every.is_some() {
            scenario.faults.step_every = self.step_every;
            scenario.faults.step_by = Span(Duration::from_millis(step_ms));
        }
    }
}

fn millis(range: &RangeInclusive<Duration>) -> RangeInclusive<u64> {
    let millis = |span: &Duration| span.as_millis().try_into().unwrap_or(u64::MAX);
    millis(range.start())..=millis(range.end())
}

fn span(secs: u64) -> Span {
    Span(Duration::from_secs(secs))
}

/// In seconds, whichever way round.
fn spread(from: u64, to: u64) -> Distribution {
    Spread { from: span(from.min(to)), to: span(to) }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    fn drawn(worlds: &Worlds, count: usize) -> Vec<Scenario> {
        let mut runner = TestRunner::deterministic();
        let all = any_with::<Scenario>(worlds.clone());
        let one = |_| all.new_tree(&mut runner).expect("it gives values").current();
        (0..count).map(one).collect()
    }

    #[test]
    fn what_is_drawn_can_be_run_and_is_printed_as_a_file_that_says_the_same() {
        for scenario in drawn(&Worlds::default(), 300) {
            assert_eq!(scenario.check(), Vec::<String>::new());
            assert_eq!(Scenario::parse(&scenario.to_string()), Ok(scenario.clone()));
            assert_eq!(format!("{scenario:?}"), format!("\n{scenario}"));
        }
    }

    #[test]
    fn worlds_are_as_narrow_as_they_are_asked_for() {
        let secs = Duration::from_secs;
        let narrow = Worlds {
            servers: 3..=3,
            players: 7..=8,
            duration: secs(60)..=secs(90),
            clocks_apart: Duration::ZERO..=secs(2),
            faults: Vec::new(),
        };
        for scenario in drawn(&narrow, 100) {
            assert_eq!(scenario.servers.count, 3);
            assert!((7..=8).contains(&scenario.players.count));
            assert!((secs(60)..=secs(90)).contains(&scenario.duration.0));
            let whole = if scenario.servers.whole_seconds { secs(1) } else { Duration::ZERO };
            assert!(scenario.world().clocks_apart() + whole <= secs(2), "{scenario}");
            let outcome = crate::shipped("calm", &scenario).expect("valid").seed(1).run();
            assert!(outcome.dataset.summary.faults.is_empty(), "{scenario}");
            let calls = &outcome.dataset.summary.calls;
            assert!(calls.values().all(|calls| calls.failed == 0), "{scenario}");
        }
    }

    /// Whether a scenario lets this go wrong.
    fn shows(kind: FaultKind, scenario: &Scenario) -> bool {
        let Scenario { servers, datastore, messaging, faults, .. } = scenario;
        let plain = DatastoreWorld::default();
        let calls = [datastore.fail_before, datastore.fail_after];
        let fast = Distribution::named("fast");
        match kind {
            FaultKind::SlowCalls => datastore.latency.is_some(),
            FaultKind::Calls => {
                calls.iter().flatten().any(|chance| *chance > Chance::NEVER)
                    || datastore.never_answers > Chance::NEVER
                    || datastore.never_arrives > Chance::NEVER
                    || datastore.throttle > Chance::NEVER
            }
            FaultKind::Corruption => datastore.corrupt != plain.corrupt,
            FaultKind::Outages => !datastore.incidents.is_empty(),
            FaultKind::SlowMessages => messaging.latency != fast,
            FaultKind::Messages => {
                messaging.loss > Chance::NEVER || messaging.duplicate > Chance::NEVER
            }
            FaultKind::Partitions => faults.partition_every.is_some(),
            FaultKind::Crashes => faults.crash_every.is_some(),
            FaultKind::OutOfMemory => faults.oom_every.is_some(),
            FaultKind::Pauses => faults.pause_every.is_some(),
            FaultKind::Clocks => servers.drift_ppm > 0 || faults.step_every.is_some(),
        }
    }

    #[test]
    fn what_may_go_wrong_often_does_and_nothing_else() {
        for allowed in FaultKind::ALL {
            let alone = drawn(&Worlds { faults: vec![allowed], ..Worlds::default() }, 60);
            for kind in FaultKind::ALL {
                let found = alone.iter().filter(|scenario| shows(kind, scenario)).count();
                let expected = if kind == allowed { 10..=59 } else { 0..=0 };
                assert!(expected.contains(&found), "{kind:?} where {allowed:?} may: {found}");
            }
        }
    }

    #[test]
    fn what_is_shrunk_to_the_end_is_a_small_world_in_which_nothing_goes_wrong() {
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            let mut tree = any::<Scenario>().new_tree(&mut runner).expect("it gives values");
            while tree.simplify() {}
            let least = tree.current();
            let faults = Faults { pause_every: None, ..least.faults.clone() };
            assert_eq!(faults, Faults::default(), "{least}");
            assert_eq!((least.servers.count, least.players.count), (2, 1));
            assert_eq!(least.messaging, MessagingWorld::default());
            assert!(least.datastore.incidents.is_empty());
            assert!(least.to_string().lines().count() < 25, "{least}");
        }
    }
}

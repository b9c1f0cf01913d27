//! ChronicleStore's own test set-up: `SimulationMode` and `SimulationConfig`, as it spells them
//! (rules M1, M3).
//!
//! What its fields become is said at [`SimulationConfig`].

use super::{Chance, Distribution, Scenario, Span, Spread};
use crate::config::World;
use crate::schema::{Declared, Shape, declare};
use leasehold_core::chronicle::Messaging;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use std::time::Duration;

declare! {
    /// `SimulationConfig`, as ChronicleStore's documentation spells it. An absent field is 0 or
    /// false.
    ///
    /// Somebody who tests a game with ChronicleStore has these lines already. They mean the same
    /// here, and become the faults that this simulator has anyway:
    ///
    /// | Field | What it becomes |
    /// |---|---|
    /// | `FailureRate` | `datastore.fail_before`: the call fails and was not applied |
    /// | `LatencyMs` | `datastore.latency` and `whole_latency`: every call takes exactly as long, whatever comes of it; but for one that another server's write has overtaken, whose transform runs again |
    /// | `CorruptionRate` | `datastore.corrupt`: a write is damaged where it is stored |
    /// | `LeaseContention` | `players.noticed_after` of 0 to 20 s: players come back too early |
    /// | `MessagingFailure` | what a fresh lease of another server is worth, see below |
    ///
    /// ChronicleStore's simulation mode has no messaging: an owner cannot be asked whether it is
    /// alive, so the answer is assumed (rule [M3](leasehold_core::chronicle::protocol#M3)).
    /// `MessagingFailure` alone decides which; `LeaseContention` only decides how often the
    /// question comes up:
    ///
    /// | `MessagingFailure` | The owner of a fresh lease is taken to be | So the start |
    /// |---|---|---|
    /// | false | alive (rule [C3](leasehold_core::chronicle::protocol#C3)) | fails: `active_owner_confirmed` |
    /// | true | dead (rule [C4](leasehold_core::chronicle::protocol#C4)) | takes the lease: `messaging_timeout_steal` |
    ///
    /// So with both false, as they are by default, nobody loses its lease: of two assumptions that
    /// may both be wrong, that one costs a player a retry and the other one their progress. Under
    /// rules without a steal (rule [C7](leasehold_core::chronicle::protocol#C7)) the owner that is
    /// taken to be dead is still waited for.
    ///
    /// One thing differs. ChronicleStore's mode keeps data in the memory of each server, where two
    /// servers never meet; here they share the simulated datastore, or there would be nothing to
    /// see, and what it is set to (limits, incidents) holds for it. A server that *falls back*
    /// because it finds no datastore does use its own memory: `datastore.available = false` (rule
    /// [M2](leasehold_core::chronicle::protocol#M2)). `GetStatus()` says `simulation` in both.
    #[derive(Debug)]
    pub struct SimulationConfig {
        /// How likely a call fails.
        failure_rate as "FailureRate": Chance = Chance::NEVER, shape(Shape::Rate), example("0");
        /// How long a call takes, in milliseconds.
        latency_ms as "LatencyMs": Millis = Millis::default(), example("0");
        /// How likely a write is damaged.
        corruption_rate as "CorruptionRate": Chance = Chance::NEVER,
            shape(Shape::Rate), example("0");
        /// Whether players come back before their last server has noticed that they left.
        lease_contention as "LeaseContention": bool = false, example("false");
        /// Whether the owner of a fresh lease is taken to be dead, instead of alive.
        messaging_failure as "MessagingFailure": bool = false, example("false");
    }
}

/// The longest time that a server takes to notice, when leases are to be contended.
const CONTENDED: Distribution =
    Distribution::Even(Spread { from: Span(Duration::ZERO), to: Span(Duration::from_secs(20)) });

impl SimulationConfig {
    /// Makes a world into the one that a scenario in simulation mode means.
    pub(super) fn put_into(&self, world: &mut World) {
        world.datastore.fail_before = Some(self.failure_rate);
        world.datastore.latency = Some(Spread::always(self.latency_ms.0.0).into());
        world.datastore.whole_latency = true;
        world.datastore.corrupt = self.corruption_rate;
        let at_once = Distribution::Even(Spread::always(Duration::ZERO));
        if self.lease_contention && world.players.noticed_after == at_once {
            world.players.noticed_after = CONTENDED;
        }
    }

    /// What a fresh lease of another server is worth (rule M3).
    pub(super) fn messaging(&self) -> Messaging {
        if self.messaging_failure { Messaging::PresumeDead } else { Messaging::PresumeAlive }
    }

    /// What the scenario says twice, and who says it too: a field that simulation mode sets must
    /// not be set beside it.
    pub(super) fn twice(&self, scenario: &Scenario) -> Vec<(&'static str, &'static str)> {
        let (set, default) = (&scenario.datastore, super::DatastoreWorld::default());
        let twice = [
            (set.condition != default.condition, "datastore.condition", "SimulationConfig"),
            (set.fail_before != default.fail_before, "datastore.fail_before", "FailureRate"),
            (set.latency != default.latency, "datastore.latency", "LatencyMs"),
            (set.whole_latency != default.whole_latency, "datastore.whole_latency", "LatencyMs"),
            (set.corrupt != default.corrupt, "datastore.corrupt", "CorruptionRate"),
        ];
        let twice = twice.into_iter().filter(|(both, _, _)| *both);
        twice.map(|(_, field, theirs)| (field, theirs)).collect()
    }
}

/// A number of milliseconds, as ChronicleStore's documentation writes delays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Millis(pub Span);

impl Declared for Millis {
    const SHAPE: Shape = Shape::Millis;
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        let millis = f64::deserialize(deserializer)?;
        let span_max = crate::units::SPAN_MAX;
        if !(0.0..=span_max.as_secs_f64() * 1_000.0).contains(&millis) {
            return Err(D::Error::custom(format!(
                "LatencyMs = {millis} is no delay; it must be 0 or more, in milliseconds, and at most 8784h"
            )));
        }
        // Microseconds are exact enough; a fraction of one is rounded.
        Ok(Millis(Span(Duration::from_micros((millis * 1_000.0).round() as u64))))
    }
}

impl Serialize for Millis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.us() as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "SimulationMode = true\n\
        SimulationConfig = { FailureRate = 0.3, LatencyMs = 200, CorruptionRate = 0.05, \
        LeaseContention = true, MessagingFailure = false }\n";

    fn parsed(text: &str) -> Scenario {
        Scenario::parse(text).expect(text)
    }

    #[test]
    fn m1_the_documents_own_lines_become_the_simulators_own_faults() {
        let world = parsed(DOCUMENT).world();
        assert_eq!(world.datastore.fail_before(), Chance::fraction(0.3).unwrap());
        assert_eq!(world.datastore.corrupt, Chance::fraction(0.05).unwrap());
        let always = crate::latency::Latency::constant(Duration::from_millis(200));
        assert_eq!(world.datastore.latency().table(), Ok(always));
        assert!(world.datastore.whole_latency);
        assert_eq!(world.players.noticed_after, Distribution::named("0s..20s"));
    }

    #[test]
    fn m1_absent_fields_are_0_and_false_and_whole_numbers_are_numbers_too() {
        let world = parsed("SimulationMode = true").world();
        assert_eq!(world.datastore.fail_before(), Chance::NEVER);
        assert_eq!(world.datastore.corrupt, Chance::NEVER);
        let at_once = crate::latency::Latency::constant(Duration::ZERO);
        assert_eq!(world.datastore.latency().table(), Ok(at_once));
        assert_eq!(world.players.noticed_after, Distribution::named("0s"));
        let sure = "SimulationMode = true\n\
            SimulationConfig = { FailureRate = 1, CorruptionRate = 0, LatencyMs = 0.25 }";
        let world = parsed(sure).world();
        assert_eq!(world.datastore.fail_before(), Chance::ALWAYS);
        assert_eq!(world.datastore.latency(), Distribution::named("250us"));
    }

    #[test]
    fn m1_without_the_switch_the_configuration_changes_nothing() {
        let off = DOCUMENT.replace("SimulationMode = true", "SimulationMode = false");
        let scenario = parsed(&off);
        assert_eq!(scenario.world(), parsed("").world());
        assert_eq!(scenario.rules(), parsed("").rules());
    }

    #[test]
    fn m1_what_is_out_of_range_is_told_with_the_name_of_the_field_and_its_line() {
        let cases = [
            ("FailureRate = 1.5", "FailureRate = 1.5 is not a probability"),
            ("FailureRate = -0.1", "FailureRate = -0.1 is not a probability"),
            ("FailureRate = nan", "FailureRate = nan is not a probability"),
            ("CorruptionRate = 2", "CorruptionRate = 2 is not a probability"),
            ("LatencyMs = -1", "LatencyMs = -1 is no delay"),
            ("LatencyMs = inf", "LatencyMs = inf is no delay"),
            ("LatencyMs = \"fast\"", "LatencyMs = \"fast\""),
            ("LeaseContention = 1", "LeaseContention = 1"),
            ("failureRate = 0.1", "unknown field `failureRate`"),
        ];
        for (field, expected) in cases {
            let text = format!("SimulationMode = true\n[SimulationConfig]\n{field}\n");
            let error = Scenario::parse(&text).expect_err(field).to_string();
            assert!(error.contains(expected), "{field}: {error}");
            assert!(error.contains("line 3"), "{field}: {error}");
        }
    }

    #[test]
    fn m1_a_field_that_simulation_mode_sets_must_not_be_set_beside_it() {
        let cases = [
            ("condition = \"degraded\"", "SimulationConfig"),
            ("fail_before = 0.1", "FailureRate"),
            ("latency = \"1s\"", "LatencyMs"),
            ("whole_latency = true", "LatencyMs"),
            ("corrupt = 0.1", "CorruptionRate"),
        ];
        for (field, theirs) in cases {
            let text = format!("SimulationMode = true\n[datastore]\n{field}\n");
            let error = Scenario::parse(&text).expect_err(field).to_string();
            assert!(error.contains(theirs), "{field}: {error}");
        }
    }

    #[test]
    fn m3_messaging_failure_alone_decides_what_a_fresh_lease_is_worth() {
        let cases = [
            (false, false, Messaging::PresumeAlive),
            (true, false, Messaging::PresumeAlive),
            (false, true, Messaging::PresumeDead),
            (true, true, Messaging::PresumeDead),
        ];
        for (contention, failure, expected) in cases {
            let text = format!(
                "SimulationMode = true\n\
                 SimulationConfig = {{ LeaseContention = {contention}, MessagingFailure = {failure} }}"
            );
            let rules = parsed(&text).rules();
            assert_eq!((rules.simulation, rules.messaging), (true, expected), "{text}");
        }
    }

    #[test]
    fn a_scenario_in_simulation_mode_is_read_back_from_what_it_prints() {
        let scenario = parsed(DOCUMENT);
        assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario));
    }
}

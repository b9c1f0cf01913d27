//! The file that says what a run is: a set of servers, its players, the world around it, what goes
//! wrong, the library under test, and what is expected of it.
//!
//! A scenario is a TOML file with typed fields; every field has a default, and a scenario names
//! only what it is about.

mod axis;
mod cost;
mod expect;
mod joins;
mod json_schema;
mod module;
mod naive;
mod number_bound;
mod profile_store;
mod reader;
mod reference;
mod relations;
mod rules;
mod short;
mod simulation;
mod swarm;
mod template;
mod variant;
mod warnings;

pub use crate::config::{
    Arrivals, CALL_PRESETS, CloseOrder, Condition, Daily, DatastoreWorld, Direction, Distribution,
    FaultEvent, Faults, HopTo, Inbound, Incident, Log, Logged, LoggedEvent, LoggedRow, Lognormal,
    MESSAGE_PRESETS, Measured, MessagingWorld, Operation, OperationKind, Players, Process,
    Quantiles, Servers, Thrown, TimelineEntry, WhenLost,
};
pub use crate::limits::{Budgeted, Era};
pub use crate::units::{Chance, Shift, Span, Spread};
pub use axis::{Axis, plain};
pub use cost::Cost;
pub use expect::{Expectations, Expected, MARKS, Within};
pub use joins::LOG_MAX;
pub use module::{ModuleRules, is_file};
pub use naive::NaiveRules;
pub use number_bound::NumberBound;
pub use profile_store::ProfileStoreRules;
pub use reader::TEXT_MAX;
pub use relations::{EVENTS_MAX, MEMORY_MAX};
pub use rules::{PROTOCOLS, Protocol, RuleOverrides};
pub use simulation::{Millis, SimulationConfig};
pub use swarm::{Draw, Drawn, DrawnField, Swarm};
pub use variant::Variant;

use crate::config;
use crate::problem::{Problem, Problems};
use crate::schema::{Declared, Field, MILLI, Shape, declare};
use leasehold_core::chronicle::Rules;
use reader::Names;

declare! {
    /// A scenario, as its file says it. It is printed as the text of a file, for `Debug` too: with
    /// nothing in it that is the default anyway.
    pub struct Scenario {
        /// What to look for, in one sentence.
        title: String = String::new();
        /// How long the run is, in virtual time.
        duration: Span = config::DURATION, least(MILLI);
        /// How long the world takes to be as it is later. What is counted begins then: see
        /// `docs/scenarios.md`. Less than `duration`. All of the run counts if absent.
        warm_up: Option<Span> = None, example("\"2m\"");
        /// When all faults end; afterwards progress is owed. At most `duration`. Never if absent.
        heal: Option<Span> = None, example("\"8m\"");
        /// The library under test, by its preset.
        protocol: Protocol = Protocol::Chronicle;
        /// Fields of the protocol that differ from the preset. Each is the preset's if absent.
        rules: RuleOverrides = RuleOverrides::default();
        /// What people write first, if that is the library under test.
        naive: NaiveRules = NaiveRules::default();
        /// ProfileStore, if that is the library under test.
        profile_store: ProfileStoreRules = ProfileStoreRules::default();
        /// A module in Luau, if that is the library under test.
        #[serde(skip_serializing_if = "is_default")]
        module: ModuleRules = ModuleRules::default();
        // See `Simulation::configured`.
        /// The constants of a library of one's own, in Rust: what they are, that library says.
        #[serde(skip_serializing_if = "toml::Table::is_empty")]
        library: toml::Table = toml::Table::new(), example("{ lease = \"60s\" }");
        /// The fleet.
        servers: Servers = Servers::default();
        /// The players. Each has one key.
        players: Players = Players::default();
        /// The datastore.
        datastore: DatastoreWorld = DatastoreWorld::default();
        /// The messages between servers.
        messaging: MessagingWorld = MessagingWorld::default();
        /// What happens to servers, at random: a mean time between two, for each server on its own.
        faults: Faults = Faults::default();
        /// Single events, at a given time. Those of one moment come in the order of the file, after
        /// incidents that end or begin then, and before all else.
        timeline: Vec<TimelineEntry> = Vec::new();
        /// What is done to players' records from outside their sessions: by an administrator's
        /// script, or by a server that has no session of theirs.
        operations: Vec<Operation> = Vec::new(), within(0, 100);
        /// Other settings, run with common random numbers and shown beside this one: each has a
        /// name, and any field of a scenario that differs, such as `protocol`,
        /// `rules.lease_duration` or `players.edit_every`.
        compare: Vec<Variant> = Vec::new();
        /// Ranges instead of numbers: the seed draws the configuration. What is drawn stands in the
        /// place of what the file says of the field elsewhere. Fields that contradict each other
        /// are drawn again.
        #[serde(skip_serializing_if = "is_default")]
        swarm: Swarm = Swarm::default();
        /// What is expected of the run.
        expect: Expectations = Expectations::default();
        // Rule [M1](leasehold_core::chronicle::protocol#M1).
        /// Whether ChronicleStore's own test set-up is used, as its documentation spells it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        simulation_mode as "SimulationMode": bool = false, example("false");
        /// That set-up. With it, the datastore's own latency and error rates must not be set.
        #[serde(skip_serializing_if = "is_default")]
        simulation_config as "SimulationConfig": SimulationConfig = SimulationConfig::default();
    }
}

impl Declared for toml::Table {
    const SHAPE: Shape = Shape::Free;
}

/// The fields of a scenario.
pub(crate) const SCENARIO: &[Field] = Scenario::FIELDS;

/// The field at a path such as `servers.count`, if there is one.
fn field(path: &str) -> Option<&'static Field> {
    let mut fields = SCENARIO;
    let mut found = None;
    for name in path.split('.') {
        let field = fields.iter().find(|field| field.name == name)?;
        fields = match field.shape {
            Shape::Table(inner) => inner,
            _ => &[],
        };
        found = Some(field);
    }
    found
}

/// The example of a field that has one, as a value.
fn example(field: &Field) -> toml::Value {
    let line = format!("example = {}", field.example);
    let mut table: toml::Table = line.parse().expect("an example is what a file may say");
    table.remove("example").expect("it is what the line says")
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Everything that is wrong, with its place and with what is allowed.
    pub fn parse(text: &str) -> Result<Scenario, Problems> {
        Scenario::read(text).map(|(scenario, _)| scenario)
    }

    /// Reads a scenario, and says what in it does nothing: warnings, each with its place.
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub fn read(text: &str) -> Result<(Scenario, Problems), Problems> {
        reader::read(text, Names::Shipped)
    }

    /// The text of a file to begin with: every field with its default, its unit and what it may be.
    pub fn template(title: &str) -> String {
        template::template(title)
    }

    /// The JSON Schema of scenario files, from which an editor completes and checks them.
    pub fn json_schema() -> serde_json::Value {
        json_schema::json_schema()
    }

    /// A page with every field: what it is about, what it may be, and its default. In Markdown.
    pub fn reference() -> String {
        reference::reference()
    }

    /// Writes the scenario down with every field, so that it says all there is to say about a run.
    pub fn print(&self) -> String {
        toml::to_string(self).expect("a scenario is plain fields, tables after values")
    }

    /// Whether it holds what it must.
    ///
    /// A scenario made by a program has to hold what a file has to: it is looked at as the file
    /// that it would be. One thing is no mistake of a file and is one of a run: a file
    /// that it names and that has not been read, see [`Scenario::distributions_mut`] and
    /// [`Scenario::replay`].
    ///
    /// # Errors
    /// What does not hold and must.
    pub fn checked(&self) -> Result<(), Problems> {
        let (mut scenario, _) = reader::read(&self.print(), Names::Any).map_err(|problems| {
            // The lines of a file that nobody has written help nobody.
            let placeless = |problem: Problem| Problem { at: None, span: None, ..problem };
            Problems(problems.0.into_iter().map(placeless).collect())
        })?;
        let unread = scenario.distributions_mut().into_iter().filter_map(|(path, known)| {
            let Distribution::Measured(Measured { from }) = known else { return None };
            let found = format!("{path}: {}", crate::config::unread(from));
            Some(Problem::new(path, None, found, ""))
        });
        let mut unread: Vec<Problem> = unread.collect();
        unread.extend(self.unread_log().map(|file| {
            let found = format!(
                "players.trace: the trace {file:?} has not been read; its rows must be in its place"
            );
            Problem::new("players.trace", None, found, "")
        }));
        if unread.is_empty() { Ok(()) } else { Err(Problems(unread)) }
    }

    /// What does not hold and must, in words. Empty if all is well.
    pub fn check(&self) -> Vec<String> {
        let found = self.checked().err().map(|problems| problems.0).unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }

    /// Every distribution of durations that the scenario names, with its path. Whoever reads files
    /// replaces those that are [`Distribution::Measured`] before the run.
    pub fn distributions_mut(&mut self) -> Vec<(String, &mut Distribution)> {
        let Scenario { datastore, messaging, players, faults, .. } = self;
        let mut found = Vec::new();
        if let Some(latency) = &mut datastore.latency {
            found.push(("datastore.latency".to_owned(), latency));
        }
        for (nth, incident) in datastore.incidents.iter_mut().enumerate() {
            if let Some(latency) = &mut incident.latency {
                found.push((format!("datastore.incidents[{nth}].latency"), latency));
            }
        }
        let named = [
            ("messaging.latency", &mut messaging.latency),
            ("players.stay", &mut players.stay),
            ("players.rejoin_after", &mut players.rejoin_after),
            ("players.hop_delay", &mut players.hop_delay),
            ("players.noticed_after", &mut players.noticed_after),
            ("players.away", &mut players.away),
            ("players.edit_every", &mut players.edit_every),
            ("players.burst_every", &mut players.burst_every),
            ("players.retry_after", &mut players.retry_after),
            ("players.second_device_for", &mut players.second_device_for),
            ("faults.down_for", &mut faults.down_for),
            ("faults.pause_for", &mut faults.pause_for),
            ("faults.partition_for", &mut faults.partition_for),
        ];
        found.extend(named.map(|(path, distribution)| (path.to_owned(), distribution)));
        found
    }

    /// The protocol's rules: the preset with the scenario's overrides.
    pub fn rules(&self) -> Rules {
        let mut rules = self.rules.over(self.protocol.rules());
        if self.simulation_mode {
            rules.simulation = true;
            rules.messaging = self.simulation_config.messaging();
        }
        rules
    }

    /// The constants of a library of one's own, as `[library]` says them.
    ///
    /// # Errors
    /// What is no constant of it, with its name.
    pub fn library_config<C: serde::de::DeserializeOwned>(&self) -> Result<C, Problems> {
        C::deserialize(toml::Value::Table(self.library.clone())).map_err(|why| {
            let found = format!("[library] is not what the library takes: {}", why.message());
            Problems(vec![Problem::new("library", None, found, "")])
        })
    }

    /// The world that is run, with what simulation mode stands for written out.
    pub fn world(&self) -> config::World {
        let mut world = config::World {
            duration: self.duration,
            warm_up: self.warm_up,
            heal: self.heal,
            servers: self.servers.clone(),
            players: self.players.clone(),
            datastore: self.datastore.clone(),
            messaging: self.messaging.clone(),
            faults: self.faults.clone(),
            timeline: self.timeline.clone(),
            operations: self.operations.clone(),
        };
        if self.simulation_mode {
            self.simulation_config.put_into(&mut world);
        }
        world
    }

    /// The same world with another library in it. What the file expects of its own library, and
    /// what it compares that with, says nothing of another: then every promise must hold.
    pub fn under(&self, protocol: Protocol) -> Scenario {
        if protocol == self.protocol {
            return self.clone();
        }
        let (expect, compare) = (Expectations::default(), Vec::new());
        Scenario { protocol, expect, compare, ..self.clone() }
    }
}

#[cfg(test)]
mod mistakes;

#[cfg(test)]
mod tests;

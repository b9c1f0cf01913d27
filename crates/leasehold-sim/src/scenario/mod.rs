//! The file that says what a run is: a set of servers, its players, the world around it, what goes
//! wrong, the library under test, and what is expected of it.
//!
//! A scenario is a TOML file with typed fields; every field has a default, and a scenario names
//! only what it is about.

mod expect;
mod fields;
mod naive;
mod profile_store;
mod reader;
mod relations;
mod rules;
pub mod schema;
mod short;
mod simulation;
mod swarm;
mod template;

pub use crate::config::{
    CALL_PRESETS, CloseOrder, Condition, DatastoreWorld, Direction, FaultEvent, Faults, HopTo,
    Inbound, Incident, LatencySpec, MESSAGE_PRESETS, MessagingWorld, Players, Servers, Thrown,
    TimelineEntry, WhenLost,
};
pub use crate::limits::{Budgeted, ERAS, Era};
pub use crate::units::{Chance, Shift, Span, Spread};
pub use expect::{Expectations, Expected, MARKS};
pub use fields::{PROTOCOLS, SCENARIO};
pub use naive::NaiveRules;
pub use profile_store::ProfileStoreRules;
pub use reader::TEXT_MAX;
pub use relations::{EVENTS_MAX, MEMORY_MAX};
pub use rules::{Protocol, RuleOverrides};
pub use simulation::{Millis, SimulationConfig};
pub use swarm::{Draw, Drawn, DrawnField, Swarm};

use crate::config;
use crate::problem::{Problem, Problems};
use leasehold_core::chronicle::Rules;
use reader::Names;
use serde::{Deserialize, Serialize};

/// A scenario, as its file says it. It is printed as the text of a file, for `Debug` too: with
/// nothing in it that is the default anyway.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// What to look for, in one sentence.
    pub title: String,
    /// How long the run is. 10 min.
    pub duration: Span,
    /// When all faults end; afterwards progress is owed.
    pub heal: Option<Span>,
    /// The library under test.
    pub protocol: Protocol,
    /// Fields of the protocol that differ from the preset.
    pub rules: RuleOverrides,
    /// What people write first, if that is the library under test.
    pub naive: NaiveRules,
    /// ProfileStore, if that is the library under test.
    pub profile_store: ProfileStoreRules,
    /// The constants of a library of one's own, if that is the library under test: what they are,
    /// the library says. See [`Simulation::configured`](crate::Simulation::configured).
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub library: toml::Table,
    /// What a player's data is.
    pub document: DocumentKind,
    /// The fleet.
    pub servers: Servers,
    /// The players.
    pub players: Players,
    /// The datastore.
    pub datastore: DatastoreWorld,
    /// The messages between servers.
    pub messaging: MessagingWorld,
    /// What happens to servers.
    pub faults: Faults,
    /// Single events, at a given time.
    pub timeline: Vec<TimelineEntry>,
    /// Other settings of the same world, run with common random numbers and shown beside it.
    pub compare: Vec<Variant>,
    /// What the seed draws, in the place of what the other fields say.
    #[serde(skip_serializing_if = "is_default")]
    pub swarm: Swarm,
    /// What is expected of the run.
    pub expect: Expectations,
    /// Whether ChronicleStore's own test set-up is used (rule
    /// [M1](leasehold_core::chronicle::protocol#M1)).
    #[serde(rename = "SimulationMode", skip_serializing_if = "std::ops::Not::not")]
    pub simulation_mode: bool,
    /// That set-up: it stands for faults of the datastore, see [`SimulationConfig`].
    #[serde(rename = "SimulationConfig", skip_serializing_if = "is_default")]
    pub simulation_config: SimulationConfig,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Scenario {
    fn default() -> Scenario {
        let world = config::World::default();
        Scenario {
            title: String::new(),
            duration: world.duration,
            heal: world.heal,
            protocol: Protocol::Chronicle,
            rules: RuleOverrides::default(),
            naive: NaiveRules::default(),
            profile_store: ProfileStoreRules::default(),
            library: toml::Table::new(),
            document: DocumentKind::Save,
            servers: world.servers,
            players: world.players,
            datastore: world.datastore,
            messaging: world.messaging,
            faults: world.faults,
            timeline: world.timeline,
            compare: Vec::new(),
            swarm: Swarm::default(),
            expect: Expectations::default(),
            simulation_mode: false,
            simulation_config: SimulationConfig::default(),
        }
    }
}

/// What a player's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A few numbers: fast.
    Save,
    /// A tree of tables, as games have it.
    Value,
}

/// Other settings of the same world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What it is called; also the name of its folder.
    pub name: String,
    /// Another library.
    #[serde(default)]
    pub protocol: Option<Protocol>,
    /// Fields of the protocol that differ from the scenario's.
    #[serde(default)]
    pub rules: RuleOverrides,
    /// Constants of a library of one's own that differ from the scenario's.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub library: toml::Table,
    /// What is expected of it. The same as of the scenario if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectations>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Everything that is wrong, with its place and with what is allowed.
    pub fn parse(text: &str) -> Result<Scenario, Problems> {
        reader::read(text, Names::Shipped)
    }

    /// The text of a file to begin with: every field with its default, its unit and what it may be.
    pub fn template(title: &str) -> String {
        template::template(title)
    }

    /// Writes the scenario down with every field, so that it says all there is to say about a run.
    pub fn print(&self) -> String {
        toml::to_string(self).expect("a scenario is plain fields, tables after values")
    }

    /// Whether it holds what it must.
    ///
    /// A scenario made by a program has to hold what a file has to: it is looked at as the file
    /// that it would be. One thing is no mistake of a file and is one of a run: a latency whose
    /// sample has not been read, see [`Scenario::latencies_mut`].
    ///
    /// # Errors
    /// What does not hold and must.
    pub fn checked(&self) -> Result<(), Problems> {
        let mut scenario = reader::read(&self.print(), Names::Any).map_err(|problems| {
            // The lines of a file that nobody has written help nobody.
            let placeless = |problem: Problem| Problem { at: None, span: None, ..problem };
            Problems(problems.0.into_iter().map(placeless).collect())
        })?;
        let unread = scenario.latencies_mut().into_iter().filter_map(|(path, latency)| {
            let LatencySpec::Measured { from } = latency else { return None };
            let found = format!("{path}: {}", crate::config::unread(from));
            Some(Problem::new(path, None, found, ""))
        });
        let unread: Vec<Problem> = unread.collect();
        if unread.is_empty() { Ok(()) } else { Err(Problems(unread)) }
    }

    /// What does not hold and must, in words. Empty if all is well.
    pub fn check(&self) -> Vec<String> {
        let found = self.checked().err().map(|problems| problems.0).unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }

    /// Every latency that the scenario names, with its path. Whoever reads files replaces those
    /// that are [`LatencySpec::Measured`] before the run.
    pub fn latencies_mut(&mut self) -> Vec<(String, &mut LatencySpec)> {
        let mut found = Vec::new();
        if let Some(latency) = &mut self.datastore.latency {
            found.push(("datastore.latency".to_owned(), latency));
        }
        for (nth, incident) in self.datastore.incidents.iter_mut().enumerate() {
            if let Some(latency) = &mut incident.latency {
                found.push((format!("datastore.incidents[{nth}].latency"), latency));
            }
        }
        found.push(("messaging.latency".to_owned(), &mut self.messaging.latency));
        found.push(("players.stay".to_owned(), &mut self.players.stay));
        found
    }

    /// The protocol's rules: the preset with the scenario's overrides.
    pub fn rules(&self) -> Rules {
        let mut rules = self.rules.over(self.protocol.rules());
        if self.simulation_mode {
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
            heal: self.heal,
            servers: self.servers.clone(),
            players: self.players.clone(),
            datastore: self.datastore.clone(),
            messaging: self.messaging.clone(),
            faults: self.faults.clone(),
            timeline: self.timeline.clone(),
        };
        if self.simulation_mode {
            self.simulation_config.put_into(&mut world);
        }
        world
    }

    /// The scenario that one of its variants is.
    ///
    /// # Panics
    /// If it still has something to draw: variants are compared on the same world, so it is drawn
    /// first, see [`Scenario::drawn`].
    pub fn variant(&self, variant: &Variant) -> Scenario {
        assert!(self.swarm.draw.is_empty(), "variants are those of a drawn scenario");
        Scenario {
            protocol: variant.protocol.unwrap_or(self.protocol),
            rules: variant.rules.or(&self.rules),
            library: over(&self.library, &variant.library),
            expect: variant.expect.clone().unwrap_or_else(|| self.expect.clone()),
            compare: Vec::new(),
            ..self.clone()
        }
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

/// A table with another one's values put over its own, as deep as both are tables.
fn over(under: &toml::Table, upper: &toml::Table) -> toml::Table {
    let mut table = under.clone();
    for (name, value) in upper {
        let value = match (table.get(name), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(upper)) => {
                toml::Value::Table(over(under, upper))
            }
            _ => value.clone(),
        };
        table.insert(name.clone(), value);
    }
    table
}

#[cfg(test)]
mod mistakes;

#[cfg(test)]
mod tests;

//! What a run is: a fleet, its players, the world around it, what goes wrong, and what is expected
//! of it.
//!
//! A scenario is a TOML file with typed fields; every field has a default, and a scenario names
//! only what it is about.

mod reader;
mod relations;
mod rules;
pub mod schema;
mod simulation;
mod template;
mod units;

pub use reader::TEXT_MAX;
pub use relations::{EVENTS_MAX, MEMORY_MAX};
pub use rules::{Protocol, RuleOverrides};
pub use simulation::{Millis, SimulationConfig};
pub use units::{Chance, Span, Spread};

use crate::latency::Latency;
use crate::problem::Problems;
use leasehold_core::chronicle::{Promise, Rules};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A scenario, as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub timeline: Vec<Line>,
    /// Other settings of the same world, run on the same luck and shown beside it.
    pub compare: Vec<Variant>,
    /// What is expected of the run.
    pub expect: Expectations,
    /// Whether the document's own test set-up is used (rule M1).
    #[serde(rename = "SimulationMode", skip_serializing_if = "std::ops::Not::not")]
    pub simulation_mode: bool,
    /// That set-up: it stands for faults of the datastore, see [`SimulationConfig`].
    #[serde(rename = "SimulationConfig", skip_serializing_if = "is_default")]
    pub simulation_config: SimulationConfig,
}

fn is_default(config: &SimulationConfig) -> bool {
    *config == SimulationConfig::default()
}

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            title: String::new(),
            duration: secs(600),
            heal: None,
            protocol: Protocol::Chronicle,
            rules: RuleOverrides::default(),
            document: DocumentKind::Save,
            servers: Servers::default(),
            players: Players::default(),
            datastore: DatastoreWorld::default(),
            messaging: MessagingWorld::default(),
            faults: Faults::default(),
            timeline: Vec::new(),
            compare: Vec::new(),
            expect: Expectations::default(),
            simulation_mode: false,
            simulation_config: SimulationConfig::default(),
        }
    }
}

const fn secs(secs: u64) -> Span {
    Span(Duration::from_secs(secs))
}

const fn spread(from: u64, to: u64) -> Spread {
    Spread { from: secs(from), to: secs(to) }
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

/// The fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Servers {
    /// How many. 10.
    pub count: u32,
    /// The largest difference of two servers' wall clocks at the start. 0 s.
    pub skew: Span,
    /// The largest drift of a server's clocks, in millionths. 0.
    pub drift_ppm: u32,
    /// Whether wall clocks are read in whole seconds, as `os.time` is. Yes.
    pub whole_seconds: bool,
    /// How long a closing server may take before it is gone. 30 s.
    pub close_budget: Span,
}

impl Default for Servers {
    fn default() -> Servers {
        Servers {
            count: 10,
            skew: secs(0),
            drift_ppm: 0,
            whole_seconds: true,
            close_budget: secs(30),
        }
    }
}

/// The players. Each has one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Players {
    /// How many. 100.
    pub count: u32,
    /// When they come first. 0 to 60 s.
    pub arrive: Spread,
    /// How long they stay on a server, from having their data. 1 to 5 min.
    pub stay: Spread,
    /// How likely they hop to another server when they leave one. 50 %.
    pub hop: Chance,
    /// From leaving a server to appearing on the next. 2 to 15 s; an assumption, no figure is
    /// published.
    pub hop_delay: Spread,
    /// From a player's leaving to their server noticing it: only then is the session released. 0 s.
    /// Longer than `hop_delay`, it makes the next server meet a live owner.
    pub noticed_after: Spread,
    /// From leaving for good to coming back. 1 to 5 min.
    pub away: Spread,
    /// From one change of their data to the next. 5 to 20 s.
    pub edit_every: Spread,
    /// How likely the game calls `Save()` right after a change. 0.
    pub save: Chance,
    /// How likely a refused player tries again instead of going away. 80 %.
    pub retry: Chance,
    /// From being refused, or thrown out, to trying again. 5 to 15 s.
    pub retry_after: Spread,
    /// How long they wait to be let in before they leave. Not at all limited if absent.
    pub patience: Option<Span>,
    /// How long they wait for a server that stands still before they leave it. 10 s; an assumption.
    pub timeout: Span,
    /// What they do when the session under them is lost.
    pub when_lost: WhenLost,
    /// How likely the game forgets to release a session when its player leaves. 0.
    pub leak: Chance,
}

impl Default for Players {
    fn default() -> Players {
        Players {
            count: 100,
            arrive: spread(0, 60),
            stay: spread(60, 300),
            hop: Chance::percent(50),
            hop_delay: spread(2, 15),
            noticed_after: spread(0, 0),
            away: spread(60, 300),
            edit_every: spread(5, 20),
            save: Chance::NEVER,
            retry: Chance::percent(80),
            retry_after: spread(5, 15),
            patience: None,
            timeout: secs(10),
            when_lost: WhenLost::Kick,
            leak: Chance::NEVER,
        }
    }
}

/// What a player does when the session under them is lost (rule W10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenLost {
    /// They are thrown out, and may come back.
    Kick,
    /// They play on; nothing of it is saved.
    PlayOn,
}

/// The datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatastoreWorld {
    /// How long a call takes: a quarter of it to the read, the transform, the write and the answer
    /// each.
    pub latency: LatencySpec,
    /// How likely a call fails without having been applied.
    pub fail_before: Chance,
    /// How likely a call is applied, but answered with an error.
    pub fail_after: Chance,
    /// How likely a call is applied, but never answered.
    pub never_answers: Chance,
    /// How likely a write is damaged where it is stored.
    pub corrupt: Chance,
    /// Windows in which every call fails.
    pub outages: Vec<Window>,
    /// Whether servers find a datastore at all when they start (rule M2).
    pub available: bool,
}

impl Default for DatastoreWorld {
    fn default() -> DatastoreWorld {
        DatastoreWorld {
            latency: LatencySpec::Named("healthy".to_owned()),
            fail_before: Chance::NEVER,
            fail_after: Chance::NEVER,
            never_answers: Chance::NEVER,
            corrupt: Chance::NEVER,
            outages: Vec::new(),
            available: true,
        }
    }
}

/// A window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it begins.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
}

/// The messages between servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessagingWorld {
    /// How long a message takes, one way.
    pub latency: LatencySpec,
    /// How likely a message is lost.
    pub loss: Chance,
    /// How likely a message comes twice.
    pub duplicate: Chance,
}

impl Default for MessagingWorld {
    fn default() -> MessagingWorld {
        MessagingWorld {
            latency: LatencySpec::Named("fast".to_owned()),
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
        }
    }
}

/// How long something takes: a preset by name, or numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LatencySpec {
    /// A preset, or a spread such as `"1s..2s"`, drawn from evenly.
    Named(String),
    /// A lognormal distribution.
    Lognormal {
        /// Half are faster.
        p50: Span,
        /// One in a hundred is slower.
        p99: Span,
    },
}

/// The names of the latency presets.
pub fn latency_presets() -> [&'static str; 4] {
    LATENCIES.map(|preset| preset.0)
}

/// Latency presets, with where each comes from.
const LATENCIES: [(&str, u64, u64, Shape); 4] = [
    // No official figure exists; practitioners report more than 400 ms for most calls, mocks use
    // 0.1 to 0.5 s.
    ("healthy", 200, 1_500, Shape::Lognormal),
    // ProfileService's documentation of 2020: one UpdateAsync takes 1 to 2 s.
    ("slow_2020", 1_200, 4_000, Shape::Lognormal),
    // Messaging as it is mostly seen.
    ("fast", 120, 600, Shape::Lognormal),
    // MessagingService's documentation since 2026-04: typically within 1 to 2 seconds.
    ("documented", 1_000, 2_000, Shape::Uniform),
];

#[derive(Clone, Copy)]
enum Shape {
    Lognormal,
    Uniform,
}

impl LatencySpec {
    /// The table that it stands for.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn table(&self) -> Result<Latency, String> {
        match self {
            LatencySpec::Named(name) => match LATENCIES.iter().find(|preset| preset.0 == name) {
                Some(&(_, low, high, shape)) => {
                    let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
                    Ok(match shape {
                        Shape::Lognormal => Latency::lognormal(low, high),
                        Shape::Uniform => Latency::uniform(low, high),
                    })
                }
                None => Spread::parse(name).map(Spread::latency).map_err(|_| {
                    let names: Vec<&str> = LATENCIES.iter().map(|preset| preset.0).collect();
                    format!(
                        "{name:?} is neither a latency preset ({}) nor a duration",
                        names.join(", ")
                    )
                }),
            },
            LatencySpec::Lognormal { p50, p99 } if p50.us() > 0 && p99 >= p50 => {
                Ok(Latency::lognormal(p50.0, p99.0))
            }
            LatencySpec::Lognormal { p50, p99 } => {
                Err(format!("p50 = {p50} must be more than 0s and at most p99 = {p99}"))
            }
        }
    }
}

/// What happens to servers, at random. A mean time between two of a kind, for each server on its
/// own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Mean time between crashes of a server. Never if absent.
    pub crash_every: Option<Span>,
    /// How long a crashed or closed server is gone. 10 to 60 s.
    pub down_for: Spread,
    /// Mean time between freezes of a server. Never if absent.
    pub freeze_every: Option<Span>,
    /// How long a frozen server stands still. 5 to 90 s.
    pub freeze_for: Spread,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            crash_every: None,
            down_for: spread(10, 60),
            freeze_every: None,
            freeze_for: spread(5, 90),
        }
    }
}

/// A single event, at a given time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub at: Span,
    /// To which server, from 0.
    pub server: u32,
    /// What.
    #[serde(rename = "do")]
    pub what: Deed,
    /// For how long: how long a frozen server stands still, or how long another one is gone. For
    /// good if absent.
    #[serde(rename = "for")]
    pub lasts: Option<Span>,
    /// Where the players of a server that is shut down all go, as long as that server is up.
    /// Anywhere if absent.
    pub to: Option<u32>,
}

/// What can be done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The process is gone at once.
    Crash,
    /// The process stands still, its clocks run on.
    Freeze,
    /// The process is asked to close, and is gone when it has, or when its time is up.
    Shutdown,
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
    /// What is expected of it. The same as of the scenario if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectations>,
}

/// What is expected of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectations {
    /// Marks that the run must reach: without them it tested nothing.
    pub marks: Vec<String>,
    /// What is expected of an invariant, by its name; those not named must hold.
    pub invariants: BTreeMap<String, Expected>,
}

/// The marks that a run can reach, besides its verdict on the invariants: what came up in it.
pub const MARKS: &[&str] = &[
    "a believing owner was overtaken",
    "a breaker closed",
    "a breaker opened",
    "a breaker probed",
    "a call was never answered",
    "a challenge to a live owner was lost",
    "a closing server ran out of time",
    "a closing server was done in time",
    "a crash cost changes",
    "a damaged record was found",
    "a frozen holder was overtaken",
    "a leaked session renewed its lease",
    "a leaked session turned a start away",
    "a probe 120 s after an opening",
    "a probe 240 s after an opening",
    "a probe 30 s after an opening",
    "a probe 300 s after an opening",
    "a probe 60 s after an opening",
    "a save was refused after a freeze",
    "a server fell back: nothing is saved",
    "a silent owner was gone",
    "a transform ran again",
    "an answer of a live owner was lost",
    "damage turned a start away",
];

/// What is expected of an invariant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// That it holds.
    #[default]
    Holds,
    /// That it does not: a documented weakness, which a run that does not show it has not tested.
    Violated,
    /// Nothing.
    Any,
}

impl Expected {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Violated => "violated",
            Expected::Any => "any",
        }
    }
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Everything that is wrong, with its place and with what is allowed.
    pub fn parse(text: &str) -> Result<Scenario, Problems> {
        reader::read(text)
    }

    /// The text of a file to begin with: every field with its default, its unit and what it may be.
    pub fn template(title: &str) -> String {
        template::template(title)
    }

    /// Writes the scenario down with every field, so that it says all there is to say about a run.
    pub fn print(&self) -> String {
        toml::to_string(self).expect("a scenario is plain fields, tables after values")
    }

    /// What does not hold and must. Empty if all is well.
    ///
    /// A scenario made by a program has to hold what a file has to: it is looked at as the file
    /// that it would be.
    pub fn check(&self) -> Vec<String> {
        match reader::read(&self.print()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems
                .0
                .into_iter()
                .map(|problem| {
                    // The lines of a file that nobody has written help nobody.
                    crate::problem::Problem { at: None, ..problem }.to_string()
                })
                .collect(),
        }
    }

    /// The protocol's rules: the preset with the scenario's overrides.
    pub fn rules(&self) -> Rules {
        let mut rules = self.rules.over(self.protocol.rules());
        if self.simulation_mode {
            rules.messaging = self.simulation_config.messaging();
        }
        rules
    }

    /// The world that is run: this one, with what simulation mode stands for written out.
    pub fn effective(&self) -> Scenario {
        if self.simulation_mode { self.simulation_config.over(self) } else { self.clone() }
    }

    /// The scenario that one of its variants is.
    pub fn variant(&self, variant: &Variant) -> Scenario {
        Scenario {
            protocol: variant.protocol.unwrap_or(self.protocol),
            rules: variant.rules.or(&self.rules),
            expect: variant.expect.clone().unwrap_or_else(|| self.expect.clone()),
            compare: Vec::new(),
            ..self.clone()
        }
    }

    /// What the protocol promises in this world (rule D3).
    pub fn promise(&self) -> Promise {
        let servers = &self.servers;
        let apart = 2 * self.duration.us() * u64::from(servers.drift_ppm) / 1_000_000;
        let skew = servers.skew.0 + Duration::from_micros(apart);
        let step = Duration::from_secs(u64::from(servers.whole_seconds));
        self.rules().promise(skew, servers.drift_ppm, step)
    }
}

#[cfg(test)]
mod mistakes;

#[cfg(test)]
mod tests;

//! The fields of a scenario file, as tables: a section a file.
//!
//! The structs say what a scenario *is*; these tables say what a file may *say*, in words that a
//! person can use. The reader holds files against them, and the template and the reference are
//! printed from them. A new field of a scenario is written down here as well; a test finds those
//! that were forgotten.

mod datastore;
mod latency;
mod libraries;
mod messaging;
mod players;
mod servers;

pub(super) use latency::fields as of_a_latency;

use super::schema::{ANY, Field, SOME, Shape};
use crate::scenario::MARKS;
use datastore::DATASTORE;
use libraries::{NAIVE, PROFILE_STORE, RULES};
use messaging::MESSAGING;
use players::PLAYERS;
use servers::{FAULTS, LINE, SERVERS};

/// The fields of a scenario.
pub const SCENARIO: &[Field] = &[
    Field::new("title", Shape::Text(500), "What to look for, in one sentence."),
    Field::new("duration", SOME, "How long the run is, in virtual time."),
    Field::new(
        "heal",
        ANY,
        "When all faults end; afterwards progress is owed. At most `duration`. Never if absent.",
    )
    .example("\"8m\""),
    Field::new("protocol", Shape::Choice(PROTOCOLS), "The library under test, by its preset."),
    Field::new(
        "document",
        Shape::Choice(&["save", "value"]),
        "What a player's data is: a few numbers (fast), or a tree of tables as games have it.",
    ),
    Field::new(
        "rules",
        Shape::Table(RULES),
        "Fields of the protocol that differ from the preset. Each is the preset's if absent.",
    ),
    Field::new(
        "naive",
        Shape::Table(NAIVE),
        "What people write first, if that is the library under test.",
    ),
    Field::new(
        "profile_store",
        Shape::Table(PROFILE_STORE),
        "ProfileStore, if that is the library under test.",
    ),
    Field::new(
        "library",
        Shape::Free,
        "The constants of a library of one's own, in Rust: what they are, that library says.",
    )
    .example("{ lease = \"60s\" }"),
    Field::new("servers", Shape::Table(SERVERS), "The fleet."),
    Field::new("players", Shape::Table(PLAYERS), "The players. Each has one key."),
    Field::new("datastore", Shape::Table(DATASTORE), "The datastore."),
    Field::new("messaging", Shape::Table(MESSAGING), "The messages between servers."),
    Field::new(
        "faults",
        Shape::Table(FAULTS),
        "What happens to servers, at random: a mean time between two, for each server on its own.",
    ),
    Field::new("timeline", Shape::Tables(LINE, 10_000), "Single events, at a given time."),
    Field::new(
        "compare",
        Shape::Tables(VARIANT, 16),
        "Other settings of the same world, run with common random numbers and shown beside it.",
    ),
    Field::new(
        "swarm",
        Shape::Table(SWARM),
        "Ranges instead of numbers: the seed draws the configuration. What is drawn stands in the \
         place of what the file says of the field elsewhere. Fields that contradict each other are \
         drawn again.",
    ),
    Field::new("expect", Shape::Table(EXPECT), "What is expected of the run."),
    Field::new(
        "SimulationMode",
        Shape::Flag,
        "Whether ChronicleStore's own test set-up is used, in the words of its document.",
    )
    .example("false"),
    Field::new(
        "SimulationConfig",
        Shape::Table(SIMULATION),
        "That set-up. With it, the datastore's own latency and error rates must not be set.",
    ),
];

/// The field at a path such as `servers.count`, if there is one.
pub(super) fn field(path: &str) -> Option<&'static Field> {
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

/// The names of protocols.
pub const PROTOCOLS: &[&str] =
    &["chronicle", "chronicle_eager", "chronicle_strict", "profile_store", "naive"];

const VARIANT: &[Field] = &[
    Field::new(
        "name",
        Shape::Text(64),
        "What it is called; also the name of its folder: letters, digits, - and _.",
    )
    .required("\"strict\""),
    Field::new("protocol", Shape::Choice(PROTOCOLS), "Another library, by its preset.")
        .example("\"chronicle_strict\""),
    Field::new(
        "library",
        Shape::Free,
        "Constants of a library of one's own that differ from the scenario's.",
    )
    .example("{ lease = \"60s\" }"),
    Field::new(
        "rules",
        Shape::Table(RULES),
        "Fields of the protocol that differ from the scenario's.",
    ),
    Field::new("expect", Shape::Table(EXPECT), "What is expected of it, if not the same."),
];

const SWARM: &[Field] = &[
    Field::new(
        "zero",
        Shape::Chance,
        "How often a drawn probability is 0 instead, and a drawn field that may be absent is left \
         out. Each for itself.",
    )
    .example("\"20%\""),
    Field::new(
        "draw",
        Shape::Draws,
        "What fields are drawn from. Whole numbers are drawn evenly; durations and probabilities \
         with every doubling as likely, unless they begin at zero.",
    )
    .example(
        "servers.count = { from = 2, to = 40 }\n\
         messaging.loss = { from = \"0%\", to = \"40%\" }\n\
         datastore.latency = { any = [\"healthy\", \"slow_2020\", \"1s..2s\"] }\n\
         players.stay = { from = \"20s\", to = \"10m\" }\n\
         faults.crash_every = { from = \"1m\", to = \"30m\" }",
    ),
];

const EXPECT: &[Field] = &[
    Field::new(
        "marks",
        Shape::List(&Shape::Mark(MARKS), 0, 100),
        "Marks that the run must reach: without them it tested nothing.",
    ),
    Field::new(
        "invariants",
        Shape::Invariants(&["holds", "violated", "any"]),
        "What is expected of an invariant, by its name; those not named must hold.",
    ),
];

const SIMULATION: &[Field] = &[
    Field::new("FailureRate", Shape::Rate, "How likely a call fails.").example("0"),
    Field::new("LatencyMs", Shape::Millis, "How long a call takes, in milliseconds.").example("0"),
    Field::new("CorruptionRate", Shape::Rate, "How likely a write is damaged.").example("0"),
    Field::new(
        "LeaseContention",
        Shape::Flag,
        "Whether players come back before their last server has noticed that they left.",
    )
    .example("false"),
    Field::new(
        "MessagingFailure",
        Shape::Flag,
        "Whether the owner of a fresh lease is taken to be dead, instead of alive.",
    )
    .example("false"),
];

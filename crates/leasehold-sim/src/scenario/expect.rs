//! What is expected of a run.

use super::schema::{Field, Shape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    "a clock was set",
    "a crash cost changes",
    "a call was dropped by a full queue",
    "a call waited for a budget",
    "a damaged record was found",
    "a false nil overwrote a record",
    "a frozen holder was overtaken",
    "a lock was stolen",
    "a leaked session renewed its lease",
    "a leaked session turned a start away",
    "a limit stopped a message",
    "a player was back before their release had ended",
    "a probe 120 s after an opening",
    "a probe 240 s after an opening",
    "a probe 30 s after an opening",
    "a probe 300 s after an opening",
    "a probe 60 s after an opening",
    "a profile became a zombie",
    "a receipt was found to be granted already",
    "a save was refused after a freeze",
    "a second device logged in",
    "a server fell back: nothing is saved",
    "a server ran out of memory",
    "a server was cut off from messages",
    "a session was deaf",
    "a silent owner was gone",
    "a skewed clock overtook a believing owner",
    "a subscription came to nothing",
    "a transform ran again",
    "a waiter was interrupted",
    "a write went astray",
    "a wrong read ended a session",
    "an answer of a live owner was lost",
    "an empty server closed",
    "an item was duplicated",
    "an item was lost",
    "an owner found on a save that it was asked to leave",
    "an owner was asked to leave by message",
    "an owner was assumed to be dead",
    "damage turned a start away",
    "half of a trade was saved",
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

pub(super) const EXPECT: &[Field] = &[
    Field::new(
        "marks",
        Shape::List(&Shape::Choice(MARKS), 0, 100),
        "Marks that the run must reach: without them it tested nothing.",
    ),
    Field::new(
        "invariants",
        Shape::Invariants(&["holds", "violated", "any"]),
        "What is expected of an invariant, by its name; those not named must hold.",
    ),
];

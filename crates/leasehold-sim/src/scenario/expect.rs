//! What is expected of a run.

use super::schema::{Field, Shape};
use crate::observe::MARKS;
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

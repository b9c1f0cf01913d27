//! What is expected of a run.

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

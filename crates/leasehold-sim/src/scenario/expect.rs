//! What is expected of a run.

use crate::library::{GameSave, Library, ProfileStore};
use crate::observe::MARKS as OF_ALL;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The marks that a run of what is shipped can reach: those of every run, and those of the shipped
/// libraries.
pub const MARKS: &[&str] = &joined::<{ OF_ALL.len() + OF_PROFILE_STORE.len() }>();

const OF_PROFILE_STORE: &[&str] = ProfileStore::<GameSave>::MARKS;

const fn joined<const N: usize>() -> [&'static str; N] {
    let mut all = [""; N];
    let mut nth = 0;
    while nth < N {
        let of_all = nth < OF_ALL.len();
        all[nth] = if of_all { OF_ALL[nth] } else { OF_PROFILE_STORE[nth - OF_ALL.len()] };
        nth += 1;
    }
    all
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

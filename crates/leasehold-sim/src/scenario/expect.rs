//! What is expected of a run.

use crate::library::{GameSave, Library, ProfileStore};
use crate::observe::MARKS as OF_ALL;
use crate::schema::{Declared, Shape, choices, declare};
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

declare! {
    /// Expectations of a run.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Expectations {
        /// Marks that the run must reach: without them it tested nothing.
        marks: Vec<String> = Vec::new(), shape(Shape::List(&Shape::Mark(MARKS), 0, 100));
        /// What is expected of an invariant, by its name; those not named must hold.
        invariants: BTreeMap<String, Expected> = BTreeMap::new();
    }
}

impl Declared for BTreeMap<String, Expected> {
    const SHAPE: Shape = Shape::Invariants(Expected::WORDS);
}

choices! {
    /// Expectation of one invariant.
    pub enum Expected {
        /// That it holds.
        Holds,
        /// That it does not: a documented weakness, which a run that does not show it has not
        /// tested.
        Violated,
        /// Any verdict is as expected.
        Any,
    }
}

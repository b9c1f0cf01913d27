//! What is expected of a run.

use super::number_bound::NumberBound;
use crate::library::{Library, Obligation, ProfileStore};
use crate::observe::{MARKS as OF_ALL, Slow};
use crate::schema::{Declared, MILLI, Shape, choices, declare};
use crate::units::Span;
use std::collections::BTreeMap;
use std::time::Duration;

/// The marks that a run of what is shipped can reach: those of every run, and those of the shipped
/// libraries.
pub const MARKS: &[&str] = &joined::<{ OF_ALL.len() + OF_PROFILE_STORE.len() }>();

const OF_PROFILE_STORE: &[&str] = <ProfileStore>::MARKS;

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
        /// Marks that the run must not reach.
        forbidden_marks: Vec<String> = Vec::new(), shape(Shape::List(&Shape::Mark(MARKS), 0, 100));
        /// What the run's numbers must be: `changes_lost = 0`, `time_to_play.p99 < 5s`,
        /// `calls_per_player_hour < 200`. `leasehold list` names them all.
        bounds: Vec<NumberBound> = Vec::new(), within(0, 100);
        /// From which time on a start is slow, and so a finding of `slow_start`.
        slow_start: Span = Span(Slow::DEFAULT.start), least(MILLI);
        /// From which time on a player's way into the game is slow, from their first attempt, and
        /// so a finding of `slow_to_play`.
        slow_to_play: Span = Span(Slow::DEFAULT.to_play), least(MILLI);
        /// What is expected of an invariant, by its name; those not named must hold.
        invariants: BTreeMap<String, Expected> = BTreeMap::new();
        /// Within which times what the library owes is to come, where that is not as the library
        /// promises, or as it is by default.
        within: Within = Within::default();
    }
}

declare! {
    /// Within which times what a library owes is to come. Time does not count before all faults
    /// have ended, while the server is paused, and while the datastore is out.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Within {
        /// How long a start may go unanswered.
        starts: Option<Span> = None, least(MILLI), example("\"2m\"");
        /// How long it may take from being asked to end a session until that is done.
        ends: Option<Span> = None, least(MILLI), example("\"2m\"");
        /// How long a call of `Save()` may take.
        saves: Option<Span> = None, least(MILLI), example("\"1m\"");
        /// How long a change may go unstored.
        changes: Option<Span> = None, least(MILLI), example("\"5m\"");
        /// How long a subscription may go unanswered.
        subscriptions: Option<Span> = None, least(MILLI), example("\"1m\"");
        /// How long a start may take for a key that nobody owns, while its calls succeed.
        grants: Option<Span> = None, least(MILLI), example("\"1m\"");
    }
}

impl Within {
    /// The bound of an obligation, if there is one.
    pub(crate) fn of(&self, obligation: Obligation) -> Option<Duration> {
        let span = match obligation {
            Obligation::Start => self.starts,
            Obligation::End => self.ends,
            Obligation::Save => self.saves,
            Obligation::Change => self.changes,
            Obligation::Subscription => self.subscriptions,
            Obligation::Grant => self.grants,
        };
        span.map(|span| span.0)
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

//! What a library promises: observers hold it to this, and to nothing more.
//!
//! Some promises make sense for every library: two sessions never consider themselves owner at
//! once, what was acknowledged survives. Others are one library's own: a circuit breaker, a
//! coalesced write. What is absent here was never promised, and is not held against anybody; but a
//! bound in time that a library does not give has a finite default, and whoever reads a verdict is
//! told of it.

use leasehold_core::chronicle::BreakerRules;
pub use leasehold_core::chronicle::Promise;
use leasehold_data::numbers;
use std::time::Duration;
use strum::EnumCount;

/// A library's promises. [`Contract::default`] promises nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contract {
    /// Records name their holder and count its generations: what commits can be told to be a
    /// holder's or not. An acquiring write adds one to the generation, or none; no other adds any.
    pub fenced: bool,
    /// Records count their saves: a saving or releasing write adds one to the commit index, or none
    /// if it changes no data; an acquiring or renewing one adds none.
    pub counted: bool,
    /// A call that has nothing to change writes back what it found, instead of being cancelled.
    pub echoes: bool,
    /// A server has one call under way for a key at a time.
    pub calls_are_exclusive: bool,
    /// How long after the first unsaved change a save is sent.
    pub saved_within: Option<Duration>,
    /// How long after the last change a save is sent, at the earliest, unless `saved_within` is
    /// over or the game asks for it.
    pub coalesced_for: Option<Duration>,
    /// How long after a save has failed it is sent again, unless the breaker stops it.
    pub retried_within: Option<Duration>,
    /// How long a lease lasts from its holder's last write on; nothing if it does not end by
    /// itself.
    pub lease: Option<Duration>,
    /// How long after a write the lease is renewed, at the earliest.
    pub renewed_after: Option<Duration>,
    /// The circuit breaker.
    pub breaker: Option<BreakerRules>,
    /// How long a start may take, its last call included.
    pub started_within: Option<Duration>,
    /// How long it may take from being asked to end a session until its seat is free.
    pub ended_within: Option<Duration>,
    /// How long it may take from being asked to end a session until something is done about it: a
    /// call for its key is sent, or stopped by the breaker.
    pub end_attempted_within: Option<Duration>,
    /// How long a call of `Save()` may take.
    pub returned_within: Option<Duration>,
    /// How long a change may go unstored.
    pub settled_within: Option<Duration>,
    /// How long a start may take for a key that nobody owns, while its calls succeed.
    pub granted_within: Option<Duration>,
    /// After which a call is given up; later answers count for nothing.
    pub call_timeout: Option<Duration>,
}

/// Obligation of a library: something that it owes to whoever has asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumCount, strum::VariantArray)]
pub enum Obligation {
    /// A start is answered.
    Start,
    /// A session that is asked to end frees its seat.
    End,
    /// A call of `Save()` returns.
    Save,
    /// A change is stored.
    Change,
    /// A subscription is answered.
    Subscription,
    /// A key that nobody owns is granted.
    Grant,
}

impl Obligation {
    /// All of them, in the order of reports.
    pub const ALL: &'static [Obligation] = <Obligation as strum::VariantArray>::VARIANTS;

    /// What it is called in files.
    pub fn name(self) -> &'static str {
        match self {
            Obligation::Start => "starts",
            Obligation::End => "ends",
            Obligation::Save => "saves",
            Obligation::Change => "changes",
            Obligation::Subscription => "subscriptions",
            Obligation::Grant => "grants",
        }
    }

    /// The bound where nobody says another: somebody who has looked at a loading screen for five
    /// minutes was given no answer, whatever was promised; and a change that is not stored in a
    /// quarter of an hour is lost with the next crash.
    pub const fn default_bound(self) -> Duration {
        match self {
            Obligation::Change => Duration::from_secs(15 * 60),
            Obligation::Start
            | Obligation::End
            | Obligation::Save
            | Obligation::Subscription
            | Obligation::Grant => Duration::from_secs(5 * 60),
        }
    }
}

/// A bound in time that a library is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The bound.
    pub within: Duration,
    /// Who has set it.
    pub set_by: SetBy,
}

/// Who has set a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// The library, by its contract.
    Library,
    /// The scenario.
    Scenario,
    /// Nobody.
    Default,
}

impl SetBy {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            SetBy::Library => "library",
            SetBy::Scenario => "scenario",
            SetBy::Default => "default",
        }
    }
}

/// The bound of each obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds([Bound; Obligation::COUNT]);

impl Bounds {
    /// Of a library with a contract; the scenario's word goes before the library's.
    pub fn new(contract: &Contract, scenario: impl Fn(Obligation) -> Option<Duration>) -> Bounds {
        let of = |obligation: Obligation| {
            let given = match obligation {
                Obligation::Start => contract.started_within,
                Obligation::End => contract.ended_within,
                Obligation::Save => contract.returned_within,
                Obligation::Change => contract.settled_within,
                Obligation::Subscription => None,
                Obligation::Grant => contract.granted_within,
            };
            let bound = |within, set_by| Bound { within, set_by };
            match (scenario(obligation), given) {
                (Some(within), _) => bound(within, SetBy::Scenario),
                (None, Some(within)) => bound(within, SetBy::Library),
                (None, None) => bound(obligation.default_bound(), SetBy::Default),
            }
        };
        Bounds(std::array::from_fn(|nth| of(Obligation::ALL[nth])))
    }

    /// The bound of an obligation.
    pub fn of(&self, obligation: Obligation) -> Bound {
        self.0[obligation as usize]
    }

    /// Which of them nobody has set, in a sentence; nothing if each was.
    pub fn defaults(&self) -> Option<String> {
        let defaults = self.iter().filter(|(_, bound)| bound.set_by == SetBy::Default);
        let each = |(obligation, bound): (Obligation, Bound)| {
            format!("{} {}", obligation.name(), numbers::time(leasehold_core::micros(bound.within)))
        };
        let all: Vec<String> = defaults.map(each).collect();
        let why = "the library gives no bound of its own";
        (!all.is_empty()).then(|| format!("held to defaults, as {why}: {}", all.join(", ")))
    }

    /// All of them, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (Obligation, Bound)> + '_ {
        Obligation::ALL.iter().map(|obligation| (*obligation, self.of(*obligation)))
    }
}

/// Bounds on how far the clocks of a world may be apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Two servers' wall clocks, at any moment.
    pub skew: Duration,
    /// A server's stopwatch from true time, in parts per million.
    pub drift_ppm: u32,
    /// The steps in which a wall clock is read.
    pub step: Duration,
}

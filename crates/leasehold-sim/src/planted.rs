//! Mistakes on purpose in the world and in what looks at it, to see that they are found.
//!
//! Observers that trust the world, and readers that trust the measures, are as good as these two.
//! So both know how to be wrong, one mistake at a time: physics that does not hold, a fact that is
//! not told, a model that misses one, a measure that counts twice. Without the feature `planted`
//! none of this is built: whoever asks is answered by a constant.
//!
//! ```text
//!   physics: `World` asks `has`      facts: `Sinks` ask whom a step is shown to, and how often
//! ```
//!
//! Laws: without a mistake a run is the same whether the feature is on or off. Not here: who finds
//! which mistake, and where (`leasehold-tests`).

use crate::step::Step;
#[cfg(feature = "planted")]
use crate::step::{CallEnd, Fact, FactKind};

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $mistake:ident = $name:literal;)+) => {
        /// A mistake of the world, or of what looks at it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum WorldMistake { $($(#[doc = $doc])+ $mistake),+ }

        impl WorldMistake {
            /// All of them.
            pub const ALL: &'static [WorldMistake] = &[$(WorldMistake::$mistake),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(WorldMistake::$mistake => $name),+ }
            }

            /// What is wrong, in a sentence without its end.
            pub const fn about(self) -> &'static str {
                match self { $(WorldMistake::$mistake => concat!($($doc),+)),+ }
            }
        }
    };
}

mistakes! {
    /// The datastore writes an update although somebody has written since it read
    CompareSkipped = "compare step skipped";
    /// Calls pass during an outage
    OutageLeaks = "outage lets calls through";
    /// Every 20th answer of a call is given to nobody
    AnswerForgotten = "answer given to nobody";
    /// A message is handed to the server after the one that it is for
    Misrouted = "message handed to another server";
    /// A subscription is answered to nobody
    SubscriptionUnanswered = "subscription not answered";
    /// A paused process is woken by its timers
    PauseKeepsTimers = "timers run through a pause";
    /// Clocks are apart by ten times what is set
    ClocksApart = "clocks farther apart than set";
    /// A closing server has all the time that it wants
    CloseTimeIgnored = "closing servers not killed";
    /// Calls and messages have no limits
    BudgetsIgnored = "budgets not enforced";
    /// A server never notices that a player has left
    LeaveForgotten = "leaving players not noticed";
    /// What a server had in memory survives its crash
    CrashKeepsMemory = "memory survives a crash";
    /// Every tenth write that commits is not told
    CommitUntold = "commit not told";
    /// Every fifth change that was accepted is not told
    EditUntold = "accepted change not told";
    /// A lost message is not told
    LossUntold = "lost message not told";
    /// What was read wrongly is not told
    BadReadUntold = "wrong read not told";
    /// The end of a call is told twice
    AnswerToldTwice = "answer told twice";
    /// The model of owners misses who owns
    ModelsMissOwners = "model misses a new owner";
    /// The model of owners misses who owns no more
    ModelsMissEnds = "model misses the end of an ownership";
    /// The model of unsaved changes misses saves that are sent
    ModelsMissSaves = "model misses a save";
    /// The model of breakers misses that one closes
    ModelsMissClosing = "model misses a breaker that closes";
    /// Observers miss what commits
    ObserversMissCommits = "observers miss commits";
    /// What observers find is thrown away
    FindingsLost = "findings thrown away";
    /// Acknowledged saves are counted twice
    SavesTwice = "saves counted twice";
    /// Lost messages are counted twice
    LossesTwice = "lost messages counted twice";
    /// Failed calls are not counted
    FailuresMissed = "failed calls not counted";
    /// Rejected starts are not counted
    RejectionsMissed = "rejected starts not counted";
    /// Granted starts are counted twice
    GrantsTwice = "granted starts counted twice";
    /// Lease conflicts are counted twice
    ConflictsTwice = "conflicts counted twice";
    /// Retries are not counted
    RetriesMissed = "retries not counted";
}

/// What looks at steps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Whoever does: the step is not told at all.
    Anybody,
    Models,
    Observers,
    Measures,
}

/// The mistake that is planted, if one is. Takes no room without the feature `planted`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plants {
    #[cfg(feature = "planted")]
    mistake: Option<WorldMistake>,
    /// How many occasions there have been.
    #[cfg(feature = "planted")]
    occasions: u32,
}

#[cfg(not(feature = "planted"))]
impl Plants {
    #[inline(always)]
    pub(crate) const fn has(&self, _mistake: WorldMistake) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) const fn every(&mut self, _nth: u32, _mistake: WorldMistake) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) const fn times(&mut self, _looks: Looks, _step: &Step) -> u32 {
        1
    }
}

#[cfg(feature = "planted")]
impl Plants {
    pub(crate) fn one(mistake: WorldMistake) -> Plants {
        Plants { mistake: Some(mistake), occasions: 0 }
    }

    /// Whether it is this one.
    #[inline]
    pub(crate) fn has(&self, mistake: WorldMistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Whether it is this one, and this is an occasion for it: every so manyth is.
    #[inline]
    pub(crate) fn every(&mut self, nth: u32, mistake: WorldMistake) -> bool {
        if !self.has(mistake) {
            return false;
        }
        self.occasions += 1;
        self.occasions.is_multiple_of(nth)
    }

    /// How often a step is shown.
    #[inline]
    pub(crate) fn times(&mut self, looks: Looks, step: &Step) -> u32 {
        let Some(mistake) = self.mistake else { return 1 };
        let (who, kind, times) = match mistake {
            WorldMistake::CommitUntold => (Looks::Anybody, FactKind::Committed, 0),
            WorldMistake::EditUntold => (Looks::Anybody, FactKind::Edited, 0),
            WorldMistake::LossUntold => (Looks::Anybody, FactKind::MessageLost, 0),
            WorldMistake::BadReadUntold => (Looks::Anybody, FactKind::BadRead, 0),
            WorldMistake::AnswerToldTwice => (Looks::Anybody, FactKind::Answered, 2),
            WorldMistake::ModelsMissOwners => (Looks::Models, FactKind::Owns, 0),
            WorldMistake::ModelsMissEnds => (Looks::Models, FactKind::OwnsNoMore, 0),
            WorldMistake::ModelsMissSaves => (Looks::Models, FactKind::Sent, 0),
            WorldMistake::ModelsMissClosing => (Looks::Models, FactKind::CircuitClosed, 0),
            WorldMistake::ObserversMissCommits => (Looks::Observers, FactKind::Committed, 0),
            WorldMistake::SavesTwice => (Looks::Measures, FactKind::Saved, 2),
            WorldMistake::LossesTwice => (Looks::Measures, FactKind::MessageLost, 2),
            WorldMistake::FailuresMissed => (Looks::Measures, FactKind::Answered, 0),
            WorldMistake::RejectionsMissed => (Looks::Measures, FactKind::Rejected, 0),
            WorldMistake::GrantsTwice => (Looks::Measures, FactKind::Loaded, 2),
            WorldMistake::ConflictsTwice => (Looks::Measures, FactKind::Conflict, 2),
            WorldMistake::RetriesMissed => (Looks::Measures, FactKind::Sent, 0),
            _ => return 1,
        };
        if who != looks || kind != FactKind::from(&step.fact) {
            return 1;
        }
        let due = match (mistake, step.fact) {
            (WorldMistake::CommitUntold, _) => self.every(10, mistake),
            (WorldMistake::EditUntold, _) => self.every(5, mistake),
            (WorldMistake::FailuresMissed, Fact::Answered { end, .. }) => {
                matches!(end, CallEnd::Failed(_))
            }
            (WorldMistake::RetriesMissed, Fact::Sent { attempt, .. }) => attempt > 0,
            _ => true,
        };
        if due { times } else { 1 }
    }
}

//! Which mistake is planted where, and who must find it.

use super::mistake::Mistake;
use leasehold_core::planted::Planted;
use leasehold_sim::planted::WorldMistake;

/// A mistake, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// In a library, behind its door.
    Library(Mistake),
    /// In ChronicleStore's machines.
    Core(Planted),
    /// In the world, its models or its measures.
    World(WorldMistake),
}

impl Made {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Made::Library(mistake) => mistake.name(),
            Made::Core(mistake) => mistake.name(),
            Made::World(mistake) => mistake.name(),
        }
    }

    /// What is wrong.
    pub fn about(self) -> &'static str {
        let about = match self {
            Made::Library(mistake) => mistake.about(),
            Made::Core(mistake) => mistake.about(),
            Made::World(mistake) => mistake.about(),
        };
        about.trim()
    }
}

/// A mistake in a world, and who is there to find it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The mistake.
    pub made: Made,
    /// A shipped scenario; with `#` and a name after it, its variant of that name.
    pub world: &'static str,
    /// The invariant that must find it: one of the shipped ones, the law of worlds, the books; or
    /// `expected`, if what the scenario expects does not come. Nothing, if nobody does.
    pub by: Option<&'static str>,
    /// Within how many seeds, from 1.
    pub within: u64,
    /// Why nobody finds it, if nobody does.
    pub why: &'static str,
}

const fn library(mistake: Mistake, world: &'static str, by: &'static str) -> Fault {
    Fault { made: Made::Library(mistake), world, by: Some(by), within: 1, why: "" }
}

const fn core(mistake: Planted, world: &'static str, by: &'static str) -> Fault {
    Fault { made: Made::Core(mistake), world, by: Some(by), within: 1, why: "" }
}

const fn world(mistake: WorldMistake, world: &'static str, by: &'static str) -> Fault {
    Fault { made: Made::World(mistake), world, by: Some(by), within: 1, why: "" }
}

impl Fault {
    const fn within(self, within: u64) -> Fault {
        Fault { within, ..self }
    }

    const fn survives(self, why: &'static str) -> Fault {
        Fault { by: None, why, ..self }
    }
}

const OWNED: &str = "no_double_ownership";
const WRITES: &str = "no_write_without_ownership";
const ORDER: &str = "generations_in_order";
const SAVED: &str = "acknowledged_saves_survive";
const STORED: &str = "acknowledged_saves_are_stored";
const DAMAGE: &str = "corrupted_data_stays_out";
const BREAKER: &str = "breaker_keeps_its_schedule";
const DIRTY: &str = "dirty_age_is_bounded";
const COST: &str = "renewals_are_piggybacked";
const STARTS: &str = "starts_are_answered";
const ENDS: &str = "sessions_are_released";
const RETURNS: &str = "saves_return";
const SETTLED: &str = "changes_are_settled";
const SUBSCRIPTIONS: &str = "subscriptions_are_answered";
const GRANTS: &str = "unowned_keys_are_granted";
const NOTICES: &str = "notices_in_order";
const TURNS: &str = "calls_are_exclusive";
const ITEMS: &str = "items_are_not_lost";
const PURCHASES: &str = "purchases_are_granted_once";
const ONCE: &str = "changes_are_made_once";
const LAWS: &str = "the_world_keeps_its_laws";
const BOOKS: &str = "the_books_agree";
const EXPECTED: &str = "expected";

/// All of them.
pub const TABLE: &[Fault] = &[
    library(Mistake::LeavesDropped, "server-hop", ENDS),
    library(Mistake::SomeLeavesDropped, "server-hop", ENDS),
    library(Mistake::CancelsDropped, "swarm", ENDS).within(20),
    library(Mistake::CloseDropped, "shutdown", ENDS).survives(
        "players are told to leave as well, so only a start that is under way goes on: its lease is \
         orphaned, which is harm and breaks no invariant",
    ),
    library(Mistake::SavesDropped, "swarm", RETURNS).within(20),
    library(Mistake::EditsDropped, "rejoin", STORED),
    library(Mistake::EditsTwice, "rejoin", ONCE),
    library(Mistake::RefusalsSwallowed, "profile-store/zombie", ONCE),
    library(Mistake::MessagesDropped, "live-owners", OWNED),
    library(Mistake::AnswersDropped, "live-owners", OWNED),
    library(Mistake::NeverSubscribes, "live-owners", OWNED),
    library(Mistake::AnswersForAnybody, "swarm", GRANTS)
        .survives("an answer for somebody else turns away a start that a retry makes good"),
    library(Mistake::RejectsAll, "server-hop", GRANTS),
    library(Mistake::RejectsSome, "server-hop", GRANTS),
    library(Mistake::HoldsStarts, "server-hop", STARTS),
    library(Mistake::StartsUnanswered, "server-hop", STARTS),
    library(Mistake::GrantsEarly, "server-hop", NOTICES),
    library(Mistake::GrantsTwice, "server-hop", NOTICES),
    library(Mistake::NeverEnds, "server-hop", ENDS),
    library(Mistake::EndsTwice, "server-hop", NOTICES),
    library(Mistake::ReleasedEarly, "server-hop", NOTICES),
    library(Mistake::ReleasedUnsaved, "swarm", STORED).within(60),
    library(Mistake::LossHidden, "swarm", ENDS).within(20),
    library(Mistake::SavedEarly, "server-hop", STORED),
    library(Mistake::SavedTwice, "profile-store/crash", STORED),
    library(Mistake::ReturnsEarly, "purchases", PURCHASES),
    library(Mistake::SavedAlways, "server-hop", STORED),
    library(Mistake::ReturnsSwallowed, "swarm", RETURNS).within(20),
    library(Mistake::ReturnsTwice, "swarm", NOTICES).within(20),
    library(Mistake::ReturnsEarly, "swarm", ONCE).within(20),
    library(Mistake::OwnsTooLong, "swarm", OWNED).within(40),
    library(Mistake::OwnsNever, "server-hop", ONCE),
    library(Mistake::ClockAhead, "swarm", OWNED).within(20),
    library(Mistake::ClockBehind, "swarm", OWNED).within(20),
    library(Mistake::HastyAcquire, "live-owners", OWNED),
    library(Mistake::TimersLate, "server-hop", DIRTY),
    library(Mistake::CallsTwice, "server-hop", COST),
    library(Mistake::CallsTwice, "profile-store/crash", TURNS),
    library(Mistake::RetriesAtOnce, "outage", BREAKER),
    library(Mistake::ReleasesTwice, "server-hop", WRITES),
    library(Mistake::WritesLate, "server-hop", WRITES),
    library(Mistake::SavesOften, "server-hop", COST),
    library(Mistake::WrongKey, "server-hop", WRITES),
    library(Mistake::FoundIgnored, "server-hop", WRITES),
    library(Mistake::DecisionReused, "swarm", ORDER).within(60),
    library(Mistake::DataReplayed, "server-hop", SAVED),
    library(Mistake::DataReplayed, "trades", ITEMS),
    library(Mistake::RecordReplayed, "server-hop", ORDER),
    library(Mistake::RecordReplayed, "profile-store/crash", SAVED),
    library(Mistake::LeaseIgnored, "live-owners", OWNED),
    library(Mistake::SaveReleases, "server-hop", WRITES),
    library(Mistake::OwnerForged, "server-hop", WRITES),
    library(Mistake::LeaseEndless, "swarm", GRANTS).within(20),
    library(Mistake::SavesUnsent, "outage", SETTLED),
    library(Mistake::SavesCancelled, "server-hop", STORED),
    library(Mistake::HashWrong, "server-hop", DAMAGE),
    core(Planted::ReleaseIgnored, "server-hop", ENDS),
    core(Planted::NeverGivesUp, "swarm", STARTS).within(20),
    core(Planted::FailedSaveAcknowledged, "swarm", STORED).within(20),
    core(Planted::FailedSaveForgotten, "swarm", DIRTY).within(20),
    core(Planted::AbandonsEarly, "swarm", GRANTS)
        .survives("its lease is orphaned, which is harm and breaks no invariant"),
    core(Planted::ReleaseDropsChanges, "server-hop", STORED),
    core(Planted::EditsWhileReleasing, "swarm", SAVED)
        .within(1)
        .survives("no game of this world changes the data of a player who has left"),
    core(Planted::FenceIgnored, "swarm", OWNED).within(20),
    core(Planted::RenewsEarly, "idle", COST),
    core(Planted::NeverRenews, "idle", COST),
    core(Planted::MaxDelayIgnored, "swarm", DIRTY).within(20),
    core(Planted::WindowIgnored, "server-hop", COST),
    core(Planted::OlderPayloadReplaces, "swarm", SAVED).within(60),
    core(Planted::StartTimeoutIgnored, "swarm", STARTS).within(20),
    core(Planted::ChallengeNotAwaited, "live-owners", OWNED),
    core(Planted::StealsOnSilence, "strict-lossy", OWNED),
    core(Planted::UnwantedKept, "swarm", ENDS).within(40),
    core(Planted::SecondSession, "swarm", OWNED).within(20),
    core(Planted::StraysForgotten, "swarm", BREAKER).within(20),
    core(Planted::TimeoutNotDoubled, "outage", BREAKER),
    core(Planted::SecondProbe, "outage", BREAKER),
    core(Planted::NeverOpens, "outage", BREAKER),
    core(Planted::ErrorRateIgnored, "swarm", BREAKER).within(20),
    core(Planted::OpensAtOnce, "swarm", BREAKER).within(20),
    core(Planted::NeverProbes, "outage", BREAKER),
    core(Planted::ClosesUntried, "outage", BREAKER),
    core(Planted::TakenEarly, "swarm", OWNED).within(20),
    core(Planted::MarginIgnored, "skew#strict-wide-margins", OWNED),
    core(Planted::GenerationKept, "server-hop", WRITES),
    core(Planted::CommitSkips, "server-hop", ORDER),
    core(Planted::CommitKept, "server-hop", ORDER),
    core(Planted::HashNotChecked, "corruption", DAMAGE),
    core(Planted::LeaseNotChecked, "lossy-messaging", WRITES),
    core(Planted::DataReset, "server-hop", SAVED),
    core(Planted::ReleaseKeepsLease, "server-hop", WRITES),
    world(WorldMistake::CompareSkipped, "swarm", ORDER).within(20),
    world(WorldMistake::OutageLeaks, "outage", LAWS),
    world(WorldMistake::AnswerForgotten, "server-hop", LAWS),
    world(WorldMistake::Misrouted, "live-owners", OWNED),
    world(WorldMistake::SubscriptionUnanswered, "server-hop", SUBSCRIPTIONS),
    world(WorldMistake::PauseKeepsTimers, "pause", LAWS),
    world(WorldMistake::ClocksApart, "swarm", LAWS).within(20),
    world(WorldMistake::CloseTimeIgnored, "shutdown-in-outage", LAWS),
    world(WorldMistake::BudgetsIgnored, "launch", EXPECTED),
    world(WorldMistake::LeaveForgotten, "lossy-messaging", LAWS),
    world(WorldMistake::CrashKeepsMemory, "crashes", NOTICES),
    world(WorldMistake::CommitUntold, "server-hop", LAWS),
    world(WorldMistake::EditUntold, "server-hop", ONCE),
    world(WorldMistake::LossUntold, "lossy-messaging", BOOKS),
    world(WorldMistake::BadReadUntold, "false-nil", EXPECTED),
    world(WorldMistake::AnswerToldTwice, "idle", LAWS),
    world(WorldMistake::ModelsMissOwners, "lossy-messaging", EXPECTED),
    world(WorldMistake::ModelsMissEnds, "server-hop", OWNED),
    world(WorldMistake::ModelsMissSaves, "server-hop", DIRTY),
    world(WorldMistake::ModelsMissClosing, "outage", BREAKER),
    world(WorldMistake::ObserversMissCommits, "server-hop", STORED),
    world(WorldMistake::FindingsLost, "lossy-messaging", EXPECTED),
    world(WorldMistake::SavesTwice, "server-hop", BOOKS),
    world(WorldMistake::LossesTwice, "lossy-messaging", BOOKS),
    world(WorldMistake::FailuresMissed, "outage", BOOKS),
    world(WorldMistake::RejectionsMissed, "server-hop", BOOKS),
    world(WorldMistake::GrantsTwice, "server-hop", BOOKS),
    world(WorldMistake::ConflictsTwice, "server-hop", BOOKS),
    world(WorldMistake::RetriesMissed, "swarm", BOOKS).within(20),
];

//! ProfileStore's words, and what each comes down to.

use super::super::causes::causes;
use leasehold_core::profile_store::{Refusal, Taken};

/// How a start came by its profile, if not by a lock of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// By a call that has taken the lock.
    By(Taken),
    /// By another start's call.
    Shared,
    /// From the memory of a server that has no datastore.
    Memory,
}

causes! {
    /// How a session came by its lock.
    came(Came) {
        Came::By(Taken::New) => "new", Unowned, "there was no record";
        Came::By(Taken::Free) => "free", Unowned, "nobody had the lock";
        Came::By(Taken::Own) => "own", Own, "the server had the lock itself";
        Came::By(Taken::AssumedDead) => "assume_dead", AssumedDead, "the owner had not saved for too long";
        Came::By(Taken::Stolen) => "session_steal", Silence, "the owner had its time to go";
        Came::By(Taken::Forced) => "steal", Other, "the caller wanted it whoever had it";
        Came::Shared => "shared", Own, "another start of the server took the lock";
        Came::Memory => "memory", Unowned, "the server has no datastore";
    }
}

causes! {
    /// Why there is no session.
    refusal(Refusal, named) {
        Refusal::Closing => Closing, "the server is closing";
        Refusal::Cancelled => Cancelled, "nobody wanted it any more";
        Refusal::LoadStolen => Interrupted, "another start of the server took over";
        Refusal::Interrupted => Interrupted, "another server's request came between";
        Refusal::NoSession => Other, "the record names nobody to wait for";
        Refusal::Timeout => TimedOut, "the datastore has failed for too long";
        Refusal::AlreadyActive => Busy, "the server has a session for the key";
    }
}

/// How a waiting start ended that had met an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The owner let go.
    HandedOver,
    /// Another server's request came between.
    Interrupted,
}

causes! {
    /// How a conflict was resolved, where the way in which the lock was taken does not say it.
    waited(Wait) {
        Wait::HandedOver => "handed_over", HandedOver, "the owner let go";
        Wait::Interrupted => "interrupted", Interrupted, "another server's request came between";
    }
}

/// Why the record does not name the topic that a session listens to (hazard H-M5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deaf {
    /// The start has taken its own lock back.
    TakenBack,
    /// It has found a lock of its server's past.
    Reloaded,
    /// It has used another start's call.
    Shared,
}

causes! {
    /// Why nobody speaks to a session.
    deaf(Deaf) {
        Deaf::TakenBack => "taken_back", Own, "a call that took the lock had seemed to fail, the next one found it taken, and the record names the topic of the first";
        Deaf::Reloaded => "reloaded", Own, "its server had the lock already, and the record names the topic of that session";
        Deaf::Shared => "shared", Own, "another start of its server took the lock, and the record names the topic of that one";
    }
}

/// What brings a session to its end without its game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ousted {
    /// Another server's message.
    ByMessage,
    /// Another server's request in the record, found on a save.
    OnSave,
    /// The record is another's.
    Taken,
}

causes! {
    /// Why a session ends that its game has not ended.
    ousted(Ousted) {
        Ousted::ByMessage => "asked by message", HandedOver, "another server asked for it by message";
        Ousted::OnSave => "asked on a save", HandedOver, "it found on a save that another server asks for it";
        Ousted::Taken => "taken", TakenOver, "another session has taken the lock";
    }
}

/// What the game sees of a save or a record that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amiss {
    /// A save that was not stored as the session's own.
    Lost,
    /// A record that was made anew, as what was there made no sense.
    Overwritten,
}

causes! {
    /// What is amiss.
    amiss(Amiss) {
        Amiss::Lost => "lost", TakenOver, "the lock was lost";
        Amiss::Overwritten => "overwritten", Damaged, "what was there made no sense";
    }
}

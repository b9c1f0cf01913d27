//! ChronicleStore's words, and what each comes down to.

use super::super::causes::causes;
use leasehold_core::chronicle::{Loss, OpeningReason, Resolution, SaveError, StartError, Taken};
use leasehold_core::record::Corruption;

causes! {
    /// How a session came by its lease (rules C1 to C4).
    taken(Taken) {
        Taken::New => "new", Unowned, "there was no record";
        Taken::Free => "free", Unowned, "the lease had been given back";
        Taken::Own => "own", Own, "the server had the lease itself";
        Taken::Orphan => "orphan", Own, "the lease was of a session that is gone";
        Taken::Expired { .. } => "expired_lease_steal", Expiry, "the lease had run out";
        Taken::Silent => "messaging_timeout_steal", Silence, "the owner did not answer";
    }
}

causes! {
    /// How a lease conflict was resolved (rule C5).
    resolution(Resolution) {
        Resolution::ExpiredLeaseSteal => "expired_lease_steal", Expiry, "the lease had run out";
        Resolution::ActiveOwnerConfirmed => "active_owner_confirmed", OwnerAlive, "the owner answered";
        Resolution::MessagingTimeoutSteal => "messaging_timeout_steal", Silence, "the owner did not answer";
    }
}

causes! {
    /// Why a start failed (rule S5).
    start_error(StartError) {
        StartError::LeaseHeld => "lease_held", Held, "somebody else holds the lease";
        StartError::CircuitOpen => "circuit_open", Unavailable, "the circuit breaker is open";
        StartError::Corrupted => "corrupted", Damaged, "what is stored cannot be trusted";
        StartError::Cancelled => "cancelled", Cancelled, "nobody wanted it any more";
        StartError::Unavailable => "unavailable", Unavailable, "the datastore kept failing";
        StartError::ShuttingDown => "shutting_down", Closing, "the server is closing";
        StartError::AlreadyActive => "already_active", Busy, "the server has a session for the key";
        StartError::Timeout => "timeout", TimedOut, "it took too long";
    }
}

causes! {
    /// Why `Save()` returned false (rule W2).
    save_error(SaveError) {
        SaveError::Inactive => "inactive", Other, "the profile is not active";
        SaveError::LeaseLost => "lease_lost", TakenOver, "the lease is lost";
        SaveError::Throttled => "throttled", Limit, "the datastore said that it is too much";
        SaveError::CircuitOpen => "circuit_open", Unavailable, "the circuit breaker is open";
        SaveError::Failed => "failed", Failed, "the call failed";
    }
}

causes! {
    /// Why a lease is over (rules L3, L4, W2).
    lost(Loss) {
        Loss::Taken => "taken", TakenOver, "another session has taken the lease";
        Loss::Released => "released", Released, "the lease was given back";
        Loss::Expired => "expired", Lapsed, "the lease had run out";
        Loss::Removed => "removed", TakenOver, "the record is gone";
        Loss::Corrupt => "corrupt", Damaged, "the record is damaged";
        Loss::Superseded => "superseded", Superseded, "a later session of the server has the lease";
        Loss::Fenced => "fenced", Fenced, "the lease may have run out";
    }
}

causes! {
    /// What is wrong with a record (rule R3).
    corruption(Corruption) {
        Corruption::HashMismatch { .. } => "hash_mismatch", Damaged, "the data is not what was hashed";
        Corruption::MissingHash { .. } => "missing_hash", Damaged, "the record carries no hash";
        Corruption::UnknownSchema(_) => "unknown_schema", Damaged, "the record's layout is not known";
        Corruption::NotARecord => "not_a_record", Damaged, "the value is no record";
        Corruption::NotCanonical => "not_canonical", Damaged, "the data cannot be stored";
    }
}

causes! {
    /// Why the breaker opened (rule B1).
    opening(OpeningReason) {
        OpeningReason::ConsecutiveFailures => "consecutive_failures", Failed, "several calls failed in a row";
        OpeningReason::ErrorRate => "error_rate", Failed, "too many of the last calls failed";
        OpeningReason::ProbeFailed => "probe_failed", Failed, "the probe failed";
    }
}

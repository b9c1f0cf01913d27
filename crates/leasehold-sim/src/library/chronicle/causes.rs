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
    resolution(Resolution, named) {
        Resolution::ExpiredLeaseSteal => Expiry, "the lease had run out";
        Resolution::ActiveOwnerConfirmed => OwnerAlive, "the owner answered";
        Resolution::MessagingTimeoutSteal => Silence, "the owner did not answer";
    }
}

causes! {
    /// Why a start failed (rule S5).
    start_error(StartError, named) {
        StartError::LeaseHeld => Held, "somebody else holds the lease";
        StartError::CircuitOpen => Unavailable, "the circuit breaker is open";
        StartError::Corrupted => Damaged, "what is stored cannot be trusted";
        StartError::Cancelled => Cancelled, "nobody wanted it any more";
        StartError::Unavailable => Unavailable, "the datastore kept failing";
        StartError::ShuttingDown => Closing, "the server is closing";
        StartError::AlreadyActive => Busy, "the server has a session for the key";
        StartError::Timeout => TimedOut, "it took too long";
    }
}

causes! {
    /// Why `Save()` returned false (rule W2).
    save_error(SaveError, named) {
        SaveError::Inactive => Other, "the profile is not active";
        SaveError::LeaseLost => TakenOver, "the lease is lost";
        SaveError::Throttled => Limit, "the datastore said that it is too much";
        SaveError::CircuitOpen => Unavailable, "the circuit breaker is open";
        SaveError::Failed => Failed, "the call failed";
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
    opening(OpeningReason, named) {
        OpeningReason::ConsecutiveFailures => Failed, "several calls failed in a row";
        OpeningReason::ErrorRate => Failed, "too many of the last calls failed";
        OpeningReason::ProbeFailed => Failed, "the probe failed";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_core::Hash;

    #[test]
    fn a_damage_is_called_what_the_core_calls_it() {
        let all = [
            Corruption::HashMismatch { expected: Hash(1), actual: Hash(2) },
            Corruption::MissingHash { actual: Hash(1) },
            Corruption::UnknownSchema(9),
            Corruption::NotARecord,
            Corruption::NotCanonical,
        ];
        for damage in all {
            assert_eq!(corruption(damage).name, damage.name());
        }
    }
}

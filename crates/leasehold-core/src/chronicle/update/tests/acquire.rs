//! Taking a lease (rules R1, R3, S1, S7, L1, C1, C4).

use crate::chronicle::update::{
    Acquire, AcquireOutcome, Grant, Outcome, Taken, Transformed, Update,
};
use crate::ids::{Commit, Generation};
use crate::integrity::Hash;
use crate::planted::Plants;
use crate::record::{Claim, Corruption, Record, Stored};
use crate::testing::{KEY, Log, POISON, claim, owner, record, secs, stamp, template};
use crate::time::Stamp;

/// Server 1's third session takes the lease.
fn ours(margin: u64, silent: Option<Claim>) -> Update<Log> {
    Update::Acquire(Acquire {
        key: KEY,
        owner: owner(1, 3),
        template: template(),
        duration: secs(60),
        margin: secs(margin),
        silent,
        planted: Plants::NONE,
    })
}

fn take(update: &Update<Log>, record: Record<Log>, wall: Stamp) -> Transformed<Log> {
    update.apply(Some(&Stored::Record(record)), wall)
}

fn outcome(transformed: Transformed<Log>) -> AcquireOutcome<Log> {
    match transformed.outcome {
        Outcome::Acquire(outcome) => outcome,
        Outcome::Write(outcome) => panic!("an acquire ended with {outcome:?}"),
    }
}

fn grant(transformed: Transformed<Log>) -> Grant<Log> {
    match outcome(transformed) {
        AcquireOutcome::Won(grant) => grant,
        other => panic!("not granted: {other:?}"),
    }
}

#[test]
fn s1_an_absent_key_becomes_a_record_of_the_template_with_generation_one() {
    let transformed = ours(0, None).apply(None, stamp(7));
    let record = transformed.write.clone().expect("a record is written");
    assert_eq!((record.metadata.key, record.metadata.commit), (KEY, Commit(0)));
    assert_eq!((record.metadata.created, record.metadata.updated), (stamp(7), stamp(7)));
    assert_eq!(record.metadata.session, owner(1, 3).session);
    assert!(record.lease.is(claim(1, 3, 1)) && !record.lease.released);
    assert_eq!(record.lease.expires_at, stamp(67));
    assert_eq!(Stored::Record(record.clone()).verified(), Ok(&record));
    assert_eq!(grant(transformed).how, Taken::New);
}

#[test]
fn r1_a_released_lease_is_free_for_anybody_and_keeps_its_data_and_counters() {
    let mut free = record(claim(2, 9, 4));
    (free.lease.released, free.lease.expires_at) = (true, Stamp::EPOCH);
    let transformed = take(&ours(0, None), free.clone(), stamp(10));
    let taken = transformed.write.clone().expect("it is taken");
    assert_eq!((&taken.data, taken.integrity), (&free.data, free.integrity));
    assert_eq!(taken.metadata.commit, Commit(5));
    assert!(taken.lease.is(claim(1, 3, 5)) && !taken.lease.released);
    assert_eq!(taken.lease.expires_at, stamp(70));
    assert_eq!((taken.metadata.generation, taken.metadata.payload), (Generation(5), 0));
    assert_eq!(grant(transformed).how, Taken::Free);
}

#[test]
fn c1_a_lease_expires_one_microsecond_after_its_stamp_and_its_margin() {
    let theirs = || record(claim(2, 9, 4));
    for margin in [0, 3] {
        let end = 60_000_000 + margin as i64 * 1_000_000;
        let at_the_end = take(&ours(margin, None), theirs(), Stamp::from_micros(end));
        assert_eq!(at_the_end.write, None);
        assert_eq!(outcome(at_the_end), AcquireOutcome::Held(claim(2, 9, 4)));
        let after = Stamp::from_micros(end + 1);
        let expired = grant(take(&ours(margin, None), theirs(), after));
        assert_eq!(expired.how, Taken::Expired { expires_at: stamp(60), ours: after });
        assert_eq!(expired.generation, Generation(5));
    }
}

#[test]
fn c4_a_silent_holder_is_taken_only_if_owner_and_generation_are_those_that_were_challenged() {
    let theirs = || record(claim(2, 9, 4));
    let taken = grant(take(&ours(0, Some(claim(2, 9, 4))), theirs(), stamp(10)));
    assert_eq!((taken.how, taken.generation), (Taken::Silent, Generation(5)));
    for other in [claim(2, 9, 3), claim(2, 8, 4), claim(3, 9, 4)] {
        let transformed = take(&ours(0, Some(other)), theirs(), stamp(10));
        assert_eq!(transformed.write, None);
        assert_eq!(
            outcome(transformed),
            AcquireOutcome::Held(claim(2, 9, 4)),
            "challenged {other:?}"
        );
    }
}

#[test]
fn c1_a_silent_holder_whose_lease_has_expired_is_no_takeover() {
    let transformed = take(&ours(0, Some(claim(2, 9, 4))), record(claim(2, 9, 4)), stamp(61));
    assert!(matches!(grant(transformed).how, Taken::Expired { .. }));
}

#[test]
fn s7_a_retry_recognises_its_own_lease_moves_its_end_and_keeps_its_generation() {
    for wall in [stamp(30), stamp(60), stamp(61)] {
        let mine = record(claim(1, 3, 4));
        let transformed = take(&ours(0, None), mine.clone(), wall);
        let taken = transformed.write.clone().expect("it is taken again");
        assert_eq!(taken.lease.expires_at, wall + secs(60));
        assert_eq!((taken.lease.generation, taken.metadata.commit), (Generation(4), Commit(5)));
        assert_eq!(grant(transformed).how, Taken::Own);
    }
}

#[test]
fn s7_a_late_duplicate_of_an_acquire_forgets_nothing_of_its_own_sessions_saves() {
    let mut mine = record(claim(1, 3, 4));
    mine.metadata.payload = 2;
    let taken = take(&ours(0, None), mine, stamp(30)).write.expect("it is taken again");
    assert_eq!(taken.metadata.payload, 2);
}

#[test]
fn s7_an_earlier_session_of_our_own_server_is_an_orphan_and_is_taken_without_conflict() {
    let orphan = grant(take(&ours(0, None), record(claim(1, 2, 4)), stamp(10)));
    assert_eq!((orphan.how, orphan.generation), (Taken::Orphan, Generation(5)));
}

#[test]
fn s7_a_late_acquire_leaves_a_later_session_of_its_own_server_alone() {
    let transformed = take(&ours(0, None), record(claim(1, 4, 5)), stamp(10));
    assert_eq!(transformed.write, None);
    assert_eq!(outcome(transformed), AcquireOutcome::Superseded);
}

#[test]
fn s7_a_late_acquire_does_not_bring_back_a_lease_that_its_session_or_a_later_one_released() {
    for holder in [claim(1, 3, 4), claim(1, 4, 5)] {
        let mut free = record(holder);
        (free.lease.released, free.lease.expires_at) = (true, Stamp::EPOCH);
        let transformed = take(&ours(0, None), free, stamp(10));
        assert_eq!(transformed.write, None);
        assert_eq!(outcome(transformed), AcquireOutcome::Superseded);
    }
}

#[test]
fn r3_nothing_is_written_over_what_cannot_be_trusted_and_the_hook_hears_both_hashes() {
    let sound = record(claim(2, 9, 4));
    let actual = Hash::of(&sound.data).expect("it can be stored");
    let expected = Hash(1);
    let cases = [
        (
            Stored::Record(Record { integrity: Some(expected), ..sound.clone() }),
            Corruption::HashMismatch { expected, actual },
        ),
        (
            Stored::Record(Record { integrity: None, ..sound.clone() }),
            Corruption::MissingHash { actual },
        ),
        (Stored::Record(Record { schema: 2, ..sound.clone() }), Corruption::UnknownSchema(2)),
        (
            Stored::Record(Record { data: Log(vec![POISON]), ..sound.clone() }),
            Corruption::NotCanonical,
        ),
        (Stored::NotARecord, Corruption::NotARecord),
    ];
    for (stored, corruption) in cases {
        // Free, expired, fresh: it does not matter.
        for wall in [stamp(10), stamp(1_000)] {
            let transformed = ours(0, None).apply(Some(&stored), wall);
            assert_eq!(transformed.write, None);
            assert_eq!(outcome(transformed), AcquireOutcome::Corrupt(corruption));
        }
    }
}

#[test]
fn l1_generations_never_decrease_and_a_counter_at_its_end_is_no_reason_to_panic() {
    let mut last = record(claim(2, 9, u64::MAX));
    (last.lease.released, last.metadata.commit) = (true, Commit(u64::MAX));
    let taken = grant(take(&ours(0, None), last, stamp(10)));
    assert_eq!(taken.generation, Generation(u64::MAX));
}

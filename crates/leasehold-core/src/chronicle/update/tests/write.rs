//! Saving, renewing and releasing (rules R1, R3, L3, W2, W5, W6).

use crate::chronicle::update::{Loss, Outcome, Payload, Transformed, Update, Write, WriteOutcome};
use crate::ids::{Commit, Generation, JobId, Owner, SessionId};
use crate::integrity::Hash;
use crate::planted::Plants;
use crate::record::{Claim, Corruption, Record, Stored};
use crate::testing::{Log, claim, payload, record, secs, stamp};
use crate::time::Stamp;

const OURS: Claim =
    Claim { owner: Owner { job: JobId(1), session: SessionId(3) }, generation: Generation(4) };

fn write() -> Write {
    Write { claim: OURS, duration: secs(60), planted: Plants::NONE }
}

fn save(payload: Payload<Log>) -> Update<Log> {
    Update::Save(write(), payload)
}

fn renew() -> Update<Log> {
    Update::Renew(write())
}

fn release(payload: Option<Payload<Log>>) -> Update<Log> {
    Update::Release(write(), payload)
}

fn run(update: &Update<Log>, record: &Record<Log>, wall: Stamp) -> Transformed<Log> {
    update.apply(Some(&Stored::Record(record.clone())), wall)
}

/// Runs it, and stores what it writes.
fn write_to(update: &Update<Log>, record: &mut Record<Log>) -> WriteOutcome {
    let transformed = run(update, record, stamp(10));
    if let Some(written) = transformed.write {
        *record = written;
    }
    outcome(transformed.outcome)
}

fn outcome(outcome: Outcome<Log>) -> WriteOutcome {
    match outcome {
        Outcome::Write(outcome) => outcome,
        Outcome::Acquire(outcome) => panic!("a write ended with {outcome:?}"),
    }
}

fn kept(commit: u64) -> WriteOutcome {
    WriteOutcome::Kept { commit: Commit(commit), expires_at: stamp(70) }
}

fn released(saved: bool, commit: Option<u64>) -> WriteOutcome {
    WriteOutcome::Released { saved, commit: commit.map(Commit) }
}

#[test]
fn w2_a_save_writes_data_and_hash_counts_one_commit_and_renews_the_lease() {
    let mut stored = record(OURS);
    assert_eq!(write_to(&save(payload(1, 5, 0, &[1, 2])), &mut stored), kept(6));
    assert_eq!((&stored.data, stored.metadata.commit), (&Log(vec![1, 2]), Commit(6)));
    assert_eq!(stored.integrity, Hash::of(&stored.data).ok());
    assert_eq!((stored.lease.expires_at, stored.metadata.updated), (stamp(70), stamp(10)));
    assert_eq!(stored.metadata.created, stamp(0));
}

#[test]
fn l3_a_renewal_moves_the_end_and_nothing_else() {
    let (before, mut stored) = (record(OURS), record(OURS));
    assert_eq!(write_to(&renew(), &mut stored), kept(5));
    assert_eq!(stored.lease.expires_at, stamp(70));
    stored.lease.expires_at = before.lease.expires_at;
    stored.metadata.updated = before.metadata.updated;
    assert_eq!(stored, before);
}

#[test]
fn l3_w2_a_renewal_and_a_save_check_the_same_four_things_and_write_nothing_if_one_fails() {
    let with = |change: fn(&mut Record<Log>)| {
        let mut stored = record(OURS);
        change(&mut stored);
        stored
    };
    let cases = [
        (with(|stored| stored.lease.owner = claim(2, 3, 4).owner), Loss::Taken),
        (with(|stored| stored.lease.owner = claim(1, 2, 4).owner), Loss::Taken),
        (with(|stored| stored.lease.generation.0 = 5), Loss::Taken),
        (with(|stored| stored.lease.released = true), Loss::Released),
        (with(|stored| stored.lease.expires_at = Stamp::from_micros(9_999_999)), Loss::Expired),
    ];
    for (stored, loss) in cases {
        for update in [renew(), save(payload(1, 5, 0, &[2]))] {
            let transformed = run(&update, &stored, stamp(10));
            assert_eq!(transformed.write, None);
            assert_eq!(outcome(transformed.outcome), WriteOutcome::Lost(loss));
        }
    }
    for update in [renew(), save(payload(1, 5, 0, &[2]))] {
        let removed = update.apply(None, stamp(10));
        assert_eq!(outcome(removed.outcome), WriteOutcome::Lost(Loss::Removed));
    }
}

#[test]
fn w2_a_lease_is_unexpired_up_to_and_at_its_stamp() {
    for update in [renew(), save(payload(1, 5, 0, &[2])), release(None)] {
        assert!(run(&update, &record(OURS), stamp(60)).write.is_some());
        let late = run(&update, &record(OURS), Stamp::from_micros(60_000_001));
        assert_eq!(late.write, None);
    }
}

#[test]
fn r1_a_late_renewal_or_save_does_not_bring_back_a_released_lease() {
    let mut stored = record(OURS);
    assert_eq!(write_to(&release(None), &mut stored), released(true, Some(5)));
    assert_eq!((stored.lease.released, stored.lease.expires_at), (true, Stamp::EPOCH));
    for late in [renew(), save(payload(1, 5, 0, &[2]))] {
        assert_eq!(write_to(&late, &mut stored), WriteOutcome::Lost(Loss::Released));
    }
    assert!(stored.lease.released && stored.data == Log(vec![1]));
}

#[test]
fn r3_a_write_that_finds_a_corrupt_record_cancels_and_reports() {
    let broken = Record { integrity: None, ..record(OURS) };
    let actual = Hash::of(&broken.data).expect("it can be stored");
    for update in [renew(), save(payload(1, 5, 0, &[2])), release(None)] {
        let transformed = run(&update, &broken, stamp(10));
        assert_eq!(transformed.write, None);
        let corrupt = WriteOutcome::Corrupt(Corruption::MissingHash { actual });
        assert_eq!(outcome(transformed.outcome), corrupt);
    }
}

#[test]
fn w5_a_payload_that_is_sent_again_is_counted_once() {
    let mut stored = record(OURS);
    let first = save(payload(1, 5, 0, &[1, 2]));
    assert_eq!(write_to(&first, &mut stored), kept(6));
    let once = stored.clone();
    assert_eq!(write_to(&first, &mut stored), kept(6));
    assert_eq!(stored, once);
}

#[test]
fn w5_a_newer_payload_follows_on_whatever_of_its_ambiguous_predecessors_has_committed() {
    // Payloads 1 and 2 are ambiguous: none, the first, or both may be there.
    let third = save(payload(3, 5, 2, &[1, 2, 3]));
    for committed in 0..=2 {
        let mut stored = record(OURS);
        for nth in 1..=committed {
            write_to(&save(payload(nth, 5, nth - 1, &[1, 2])), &mut stored);
        }
        assert_eq!(write_to(&third, &mut stored), kept(6 + u64::from(committed)));
    }
}

#[test]
fn w5_a_late_older_payload_is_superseded_by_a_newer_one() {
    let mut stored = record(OURS);
    write_to(&save(payload(2, 5, 1, &[1, 2, 3])), &mut stored);
    let newest = stored.clone();
    assert_eq!(write_to(&save(payload(1, 5, 0, &[1, 2])), &mut stored), WriteOutcome::Superseded);
    assert_eq!(stored, newest);
}

#[test]
fn w5_a_commit_index_that_no_predecessor_explains_cancels_on_both_sides() {
    for (commit, fits) in [(4, false), (5, true), (6, true), (7, false)] {
        let mut stored = record(OURS);
        stored.metadata.commit = Commit(commit);
        let outcome = write_to(&save(payload(2, 5, 1, &[2])), &mut stored);
        assert_eq!(outcome != WriteOutcome::Superseded, fits, "c{commit}");
        assert_eq!(stored.metadata.commit, Commit(commit + u64::from(fits)));
    }
}

#[test]
fn w6_the_final_save_and_the_release_are_one_write() {
    let mut stored = record(OURS);
    let last = release(Some(payload(1, 5, 0, &[1, 2])));
    assert_eq!(write_to(&last, &mut stored), released(true, Some(6)));
    assert_eq!((&stored.data, stored.metadata.commit), (&Log(vec![1, 2]), Commit(6)));
    assert_eq!((stored.lease.released, stored.lease.expires_at), (true, Stamp::EPOCH));
    assert_eq!(stored.integrity, Hash::of(&stored.data).ok());
}

#[test]
fn w5_a_release_that_is_sent_again_finds_its_own_work_done() {
    let mut stored = record(OURS);
    let last = release(Some(payload(1, 5, 0, &[1, 2])));
    write_to(&last, &mut stored);
    let once = stored.clone();
    assert_eq!(write_to(&last, &mut stored), released(true, Some(6)));
    assert_eq!(stored, once);
}

#[test]
fn w5_a_release_that_finds_another_owner_is_done_but_its_data_is_not_saved() {
    for (last, saved) in [(release(None), true), (release(Some(payload(1, 5, 0, &[2]))), false)] {
        let mut theirs = record(claim(2, 9, 5));
        assert_eq!(write_to(&last, &mut theirs), released(saved, None));
        assert_eq!(theirs, record(claim(2, 9, 5)));
        assert_eq!(outcome(last.apply(None, stamp(10)).outcome), released(saved, None));
    }
}

#[test]
fn w5_a_released_record_without_the_payload_says_that_it_is_not_saved() {
    let mut stored = record(OURS);
    write_to(&release(None), &mut stored);
    let last = release(Some(payload(1, 5, 0, &[2])));
    assert_eq!(write_to(&last, &mut stored), released(false, Some(5)));
}

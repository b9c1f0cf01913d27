//! Transforms in any order, any number of times: what must hold of the record all the same.

use crate::chronicle::update::{Acquire, Update, Write};
use crate::ids::Commit;
use crate::planted::Plants;
use crate::record::{Record, Stored};
use crate::testing::{KEY, Log, claim, owner, payload, record, secs, template};
use crate::time::Stamp;
use proptest::prelude::*;

/// Anything that a few sessions of a few servers may send, sound or mad.
fn any_update() -> impl Strategy<Value = Update<Log>> {
    let who = (0u32..3, 1u32..4, prop_oneof![1u64..4, Just(u64::MAX)]);
    let what = (
        0u8..5,
        0u32..4,
        prop_oneof![0u64..4, Just(u64::MAX)],
        prop_oneof![0u32..3, Just(u32::MAX)],
    );
    (who, what, prop::option::of((0u32..3, 1u32..4, 1u64..4))).prop_map(|(who, what, silent)| {
        let (job, session, generation) = who;
        let (kind, nth, after, unsettled) = what;
        let write = Write {
            claim: claim(job, session, generation),
            duration: secs(60),
            planted: Plants::NONE,
        };
        let payload = payload(nth, after, unsettled, &[job, session, nth]);
        match kind {
            0 => Update::Acquire(Acquire {
                key: KEY,
                owner: owner(job, session),
                template: template(),
                duration: secs(60),
                margin: secs(0),
                silent: silent.map(|(job, session, generation)| claim(job, session, generation)),
                planted: Plants::NONE,
            }),
            1 => Update::Save(write, payload),
            2 => Update::Renew(write),
            3 => Update::Release(write, None),
            _ => Update::Release(write, Some(payload)),
        }
    })
}

fn any_wall() -> impl Strategy<Value = Stamp> {
    let near = 0i64..200_000_000;
    prop_oneof![8 => near, 1 => any::<i64>()].prop_map(Stamp::from_micros)
}

/// What one write may do to a sound record.
fn legal(before: Option<&Record<Log>>, update: &Update<Log>, after: &Record<Log>) -> bool {
    let sound = Stored::Record(after.clone()).verified().is_ok();
    let Some(before) = before else { return sound && matches!(update, Update::Acquire(_)) };
    let same = after.lease.owner == before.lease.owner
        && after.lease.generation == before.lease.generation;
    let transferred = after.lease.owner != before.lease.owner
        && after.lease.generation.0 == before.lease.generation.0.saturating_add(1);
    let commits = after.metadata.commit.0 - before.metadata.commit.0;
    sound
        && match update {
            Update::Acquire(_) => {
                (same || transferred) && after.data == before.data && commits == 0
            }
            Update::Renew(_) => same && after.data == before.data && commits == 0,
            Update::Save(_, brought) | Update::Release(_, Some(brought)) => {
                let newer = brought.nth > before.metadata.payload;
                same && commits == u64::from(newer) && (newer || after.data == before.data)
            }
            Update::Release(_, None) => same && after.data == before.data && commits == 0,
        }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn w5_whatever_comes_in_whatever_order_each_write_is_legal_and_pure(
        updates in prop::collection::vec((any_update(), any_wall()), 1..30),
        absent in any::<bool>(),
    ) {
        let mut stored = (!absent).then(|| Stored::Record(record(claim(0, 1, 1))));
        for (update, wall) in updates {
            let transformed = update.apply(stored.as_ref(), wall);
            prop_assert_eq!(&transformed, &update.apply(stored.as_ref(), wall));
            let Some(after) = transformed.write else { continue };
            let before = match &stored {
                Some(Stored::Record(before)) => Some(before),
                _ => None,
            };
            prop_assert!(legal(before, &update, &after), "{before:?}\n{update:?}\n{after:?}");
            stored = Some(Stored::Record(after));
        }
    }

    #[test]
    fn a_transform_that_runs_on_its_own_result_changes_nothing_but_the_leases_end(
        update in any_update(), wall in any_wall(),
    ) {
        let first = update.apply(Some(&Stored::Record(record(claim(0, 1, 1)))), wall);
        let Some(once) = first.write else { return Ok(()) };
        if let Some(twice) = update.apply(Some(&Stored::Record(once.clone())), wall).write {
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn r3_no_write_ever_replaces_a_corrupt_record(update in any_update(), wall in any_wall()) {
        let corrupt = Record { integrity: None, ..record(claim(0, 1, 1)) };
        for stored in [Stored::Record(corrupt), Stored::NotARecord] {
            prop_assert_eq!(update.apply(Some(&stored), wall).write, None);
        }
    }
}

#[test]
fn w5_a_commit_index_at_its_end_is_no_reason_to_panic() {
    let mut last = record(claim(0, 1, 1));
    last.metadata.commit = Commit(u64::MAX);
    let write = Write { claim: claim(0, 1, 1), duration: secs(60), planted: Plants::NONE };
    let save = Update::Save(write, payload(1, u64::MAX, 1, &[2]));
    let _ = save.apply(Some(&Stored::Record(last)), Stamp::from_micros(10));
}

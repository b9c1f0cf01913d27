//! The transforms, hook by hook, and what must hold of the record whatever runs on it.

use super::*;
use crate::ids::JobId;
use crate::testing::{Log, secs, stamp};
use proptest::prelude::*;

const ME: Server = Server { place: 1, job: JobId(1) };
const OTHER: Server = Server { place: 1, job: JobId(2) };
const THIRD: Server = Server { place: 1, job: JobId(3) };

fn guid(nth: u32) -> SessionGuid {
    SessionGuid { job: JobId(9), nth }
}

fn session(server: Server) -> Active {
    Active::Session { server, topic: Some(guid(1)) }
}

fn record(active: Active) -> Record<Log> {
    let meta = Meta {
        created: Some(stamp(0)),
        loads: Some(3),
        active,
        force: None,
        updated: Some(stamp(100)),
    };
    Record {
        data: Some(Log(vec![1])),
        meta: Some(meta),
        updates: Some(Updates::none()),
        ..Record::empty()
    }
}

fn load() -> Load<Log> {
    Load {
        template: Arc::new(Log(vec![0])),
        me: ME,
        guid: guid(2),
        first: true,
        steal: false,
        steal_at_once: false,
        stop: false,
        assume_dead: secs(630),
    }
}

fn save(kind: SaveKind) -> Save<Log> {
    Save {
        me: ME,
        loads: 3,
        kind,
        data: Some(Log(vec![7])),
        metadata: Value::empty(),
        user_ids: vec![4],
        acked: vec![],
    }
}

fn run(update: Update<Log>, stored: Option<Stored<Log>>, wall: i64) -> Option<Record<Log>> {
    let Written { record, user_ids, metadata, .. } =
        update.apply(stored.as_ref(), stamp(wall)).ok()?;
    assert_eq!((&record.user_ids, &record.metadata), (&user_ids, &metadata));
    Some(record)
}

fn written(update: Update<Log>, record: Record<Log>, wall: i64) -> Record<Log> {
    run(update, Some(Stored::Record(record)), wall).expect("it does not throw")
}

#[test]
fn s3_2_a_load_meets_each_kind_of_active_session_as_listed() {
    let asked = |force| move |meta: &mut Meta| meta.force = force;
    let dead: fn(i64) -> bool = |age| age > 630;
    let cases = [
        ("free", Active::Nobody, load(), ME, None),
        ("first poll", session(OTHER), load(), OTHER, Some(ME)),
        ("later poll", session(OTHER), Load { first: false, ..load() }, OTHER, Some(THIRD)),
        ("steals", session(OTHER), Load { steal: true, ..load() }, OTHER, Some(THIRD)),
        ("`Steal`", session(OTHER), Load { steal_at_once: true, ..load() }, ME, None),
        ("reload", session(ME), load(), ME, None),
    ];
    for (name, active, load, owner, force) in cases {
        for age in [0, 630, 631] {
            let mut before = record(active);
            before.meta.as_mut().map(asked(Some(THIRD)));
            let meta = written(Update::Load(load.clone()), before, 100 + age).meta.unwrap();
            let taken = dead(age) && active.is(OTHER);
            let (owner, force) = if taken { (ME, None) } else { (owner, force) };
            assert!(meta.active.is(owner), "{name} after {age} s: {meta:?}");
            assert_eq!(meta.force, force, "{name} after {age} s");
            let grown = if owner == ME {
                (Some(4), Some(stamp(100 + age)))
            } else {
                (Some(3), Some(stamp(100)))
            };
            assert_eq!((meta.loads, meta.updated), grown, "{name} after {age} s");
        }
    }
}

#[test]
fn s3_2_a_steal_needs_the_own_request_still_in_place_and_a_reload_keeps_the_old_guid() {
    let mut mine = record(session(OTHER));
    mine.meta.as_mut().unwrap().force = Some(ME);
    let stolen = written(Update::Load(Load { steal: true, first: false, ..load() }), mine, 100);
    assert_eq!(stolen.active(), Active::Session { server: ME, topic: Some(guid(2)) });
    assert_eq!(stolen.meta.unwrap().force, None);
    let again = written(Update::Load(load()), record(session(ME)), 100);
    assert_eq!(again.active().topic(), Some(guid(1)));
}

#[test]
fn s2_1_values_are_told_apart_and_what_is_malformed_is_replaced_and_marked() {
    let end_request = Updates { last: 5, list: Some(vec![Message { index: 5, payload: 9 }]) };
    let only = Record { updates: Some(end_request.clone()), ..Record::empty() };
    let half = Record { meta: None, updates: Some(end_request.clone()), ..record(Active::Nobody) };
    let cases = [
        ("absent", None, None, 0),
        ("not a table", Some(Stored::NotATable), Some(true), 0),
        ("no field", Some(Stored::Record(Record::empty())), Some(true), 0),
        ("messages only", Some(Stored::Record(only)), None, 5),
        ("half a record", Some(Stored::Record(half)), Some(true), 0),
        ("a record", Some(Stored::Record(record(Active::Nobody))), Some(false), 0),
    ];
    for (name, stored, overwritten, last) in cases {
        let exists = overwritten == Some(false);
        let loaded = run(Update::Load(load()), stored.clone(), 50).expect("it is loaded");
        assert_eq!(loaded.overwritten, overwritten, "{name}");
        assert_eq!(loaded.data, Some(Log(vec![u32::from(exists)])), "{name}");
        assert_eq!(loaded.updates.map(|updates| updates.last), Some(last), "{name}");
        assert_eq!(loaded.meta.unwrap().loads, Some(if exists { 4 } else { 1 }), "{name}");
        for kind in [SaveKind::Save, SaveKind::Final, SaveKind::Overwrite] {
            let saved = run(Update::Save(save(kind)), stored.clone(), 50);
            assert_eq!(saved.is_some(), exists, "{name}: {kind:?} throws without `MetaData`");
        }
        let sent = run(Update::Message { payload: 1, kept: 1000 }, stored.clone(), 50);
        let sent = sent.expect("it is sent");
        assert_eq!(sent.updates.map(|updates| updates.last), Some(last + 1), "{name}");
        assert_eq!(sent.data.is_some(), exists, "{name}: a message makes no data");
        let view = stored.map(|stored| view(&stored, &Log(vec![0]), stamp(50)));
        assert!(view.is_none_or(|view| view.data == Some(Log(vec![u32::from(exists)]))), "{name}");
    }
}

#[test]
fn s5_4_a_number_for_a_session_or_no_load_count_makes_a_load_throw_and_a_string_does_not() {
    let mut uncounted = record(Active::Nobody);
    uncounted.meta.as_mut().unwrap().loads = None;
    for bad in [record(Active::Scalar), uncounted] {
        assert_eq!(run(Update::Load(load()), Some(Stored::Record(bad.clone())), 100), None);
        let stopped = Update::Load(Load { stop: true, ..load() });
        assert_eq!(written(stopped, bad.clone(), 100).meta, bad.meta, "nobody looks");
    }
    let text = written(Update::Load(load()), record(Active::Text), 100);
    assert_eq!(text.active(), Active::Text);
}

#[test]
fn s2_a_stopped_load_leaves_a_record_as_it_is_and_makes_a_new_one_without_a_session() {
    let stopped = Update::Load(Load { stop: true, ..load() });
    let before = record(session(OTHER));
    let after = written(stopped.clone(), before.clone(), 9_000);
    assert_eq!(after, Record { overwritten: Some(false), ..before });
    let made = run(stopped, None, 50).expect("it is made");
    let meta = made.meta.expect("it has `MetaData`");
    assert_eq!((meta.loads, meta.active, meta.updated), (Some(0), Active::Nobody, None));
}

#[test]
fn s4_2_who_may_write_and_what_it_does() {
    let request = |record: Record<Log>| {
        let meta = Meta { force: Some(THIRD), ..record.meta.unwrap() };
        Record { meta: Some(meta), ..record }
    };
    let older = Meta { loads: Some(2), ..record(session(ME)).meta.unwrap() };
    let cases = [
        ("own", record(session(ME)), true),
        ("another's", record(session(OTHER)), false),
        ("own of another load", Record { meta: Some(older), ..record(session(ME)) }, false),
        ("nobody's", record(Active::Nobody), false),
        ("a number", record(Active::Scalar), false),
    ];
    for (name, before, owner) in cases {
        let before = request(before);
        for kind in [SaveKind::Save, SaveKind::Final, SaveKind::Overwrite] {
            let name = format!("{name}: {kind:?}");
            let after = written(Update::Save(save(kind)), before.clone(), 200);
            let (was, is) = (before.meta.unwrap(), after.meta.unwrap());
            let writes = owner || kind == SaveKind::Overwrite;
            assert_eq!(after.data, Some(Log(vec![if writes { 7 } else { 1 }])), "{name}");
            assert_eq!(after.user_ids, writes.then(|| vec![4]), "{name}");
            let frees = kind == SaveKind::Overwrite || owner && kind == SaveKind::Final;
            assert_eq!(is.active, if frees { Active::Nobody } else { was.active }, "{name}");
            let forgets = kind == SaveKind::Overwrite;
            assert_eq!(is.force, if forgets { None } else { Some(THIRD) }, "{name}");
            let moves = owner && kind != SaveKind::Overwrite;
            assert_eq!(is.updated, Some(stamp(if moves { 200 } else { 100 })), "{name}");
            assert_eq!((is.loads, is.created), (was.loads, was.created), "{name}");
        }
    }
}

#[test]
fn s6_2_only_the_newest_messages_are_kept_acked_ones_go_and_the_index_keeps_counting() {
    let mut stored = None;
    for payload in 1..=5 {
        let sent = run(Update::Message { payload, kept: 3 }, stored, 0).expect("it is sent");
        stored = Some(Stored::Record(sent));
    }
    let indexes = |record: &Record<Log>| {
        let updates = record.updates.as_ref().unwrap();
        (updates.last, updates.messages().iter().map(|it| it.index).collect::<Vec<_>>())
    };
    let Some(Stored::Record(sent)) = &stored else { panic!("nothing is stored") };
    assert_eq!(indexes(sent), (5, vec![3, 4, 5]));
    let full = Record { updates: sent.updates.clone(), ..record(session(ME)) };
    let acked = Save { acked: vec![2, 4], ..save(SaveKind::Save) };
    assert_eq!(indexes(&written(Update::Save(acked), full, 0)), (5, vec![3, 5]));
}

fn any_stored() -> impl Strategy<Value = Option<Stored<Log>>> {
    let server = || prop::sample::select(vec![ME, OTHER, THIRD]);
    let active = prop_oneof![
        2 => Just(Active::Nobody),
        4 => server().prop_map(session),
        1 => Just(Active::Text),
        1 => Just(Active::Scalar),
    ];
    let meta =
        (active, prop::option::weighted(0.9, 0u64..4), prop::option::of(server()), 0i64..700)
            .prop_map(|(active, loads, force, at)| Meta {
                created: Some(stamp(0)),
                loads,
                active,
                force,
                updated: (at > 20).then(|| stamp(at)),
            });
    let updates = prop::option::weighted(0.9, 0u64..4).prop_map(|count| Updates {
        last: count.unwrap_or(9),
        list: count.map(|count| (1..=count).map(|index| Message { index, payload: 1 }).collect()),
    });
    let part = |chance| prop::bool::weighted(chance);
    (meta, updates, part(0.9), part(0.9), part(0.95), 0u8..20).prop_map(
        |(meta, updates, has_meta, has_data, has_updates, odd)| match odd {
            0 => None,
            1 => Some(Stored::NotATable),
            _ => Some(Stored::Record(Record {
                data: has_data.then(|| Log(vec![1])),
                meta: has_meta.then_some(meta),
                updates: has_updates.then_some(updates),
                ..Record::empty()
            })),
        },
    )
}

fn any_update() -> impl Strategy<Value = Update<Log>> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let loads = flags.prop_map(|(first, steal, steal_at_once, stop)| {
        Update::Load(Load { first, steal, steal_at_once, stop, ..load() })
    });
    let kind = prop::sample::select(vec![SaveKind::Save, SaveKind::Final, SaveKind::Overwrite]);
    let saves = (kind, 0u64..4)
        .prop_map(|(kind, loads)| Update::Save(Save { loads, acked: vec![2], ..save(kind) }));
    prop_oneof![loads, saves, (0u32..4).prop_map(|kept| Update::Message { payload: 3, kept })]
}

fn well_formed(stored: Option<&Stored<Log>>) -> Option<&Record<Log>> {
    match stored {
        Some(Stored::Record(record)) => {
            let whole = record.data.is_some() && record.meta.is_some() && record.updates.is_some();
            whole.then_some(record)
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn v1_v2_v4_v5_hold_of_every_write_to_a_well_formed_record(
        stored in any_stored(), update in any_update(), wall in 0i64..2_000,
    ) {
        let transformed = update.apply(stored.as_ref(), stamp(wall));
        prop_assert_eq!(&transformed, &update.apply(stored.as_ref(), stamp(wall)), "it is pure");
        let Ok(Written { record: after, .. }) = transformed else { return Ok(()) };
        let Some(before) = well_formed(stored.as_ref()) else { return Ok(()) };
        let (was, is) = (before.meta.unwrap(), after.meta.unwrap());
        let takes = matches!(&update, Update::Load(_)) && is.loads != was.loads;
        let owns = match &update {
            Update::Save(save) => save.kind != SaveKind::Overwrite && owns(&was, ME, save.loads),
            Update::Load(_) | Update::Message { .. } => false,
        };
        let sets = matches!(&update, Update::Save(save) if save.kind == SaveKind::Overwrite);
        prop_assert!(owns || sets || after.data == before.data, "V1: {:?}", after);
        prop_assert_eq!(is.loads, was.loads.map(|loads| loads + u64::from(takes)), "V2");
        prop_assert!(!takes || is.active.is(ME), "V2: whoever counts has the record");
        prop_assert!(takes || owns || is.updated == was.updated, "V4");
        let last = |record: &Record<Log>| record.updates.as_ref().unwrap().last;
        let sends = matches!(&update, Update::Message { .. });
        prop_assert_eq!(last(&after), last(before) + u64::from(sends), "V5");
        prop_assert_eq!(after.overwritten, Some(false));
    }
}

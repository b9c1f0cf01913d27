//! Budgets, queues and throughput together, each limit at its exact edge, in virtual time.

use super::*;

const UPDATE: &[RequestType] = &[RequestType::Read, RequestType::Write];
const GET: &[RequestType] = &[RequestType::Read];
const REMOVE: &[RequestType] = &[RequestType::Remove];

/// A minute that is told in bins of ten seconds.
const BINS: (u64, u64) = (10_000_000, 60_000_000);

fn at(ms: u64) -> Moment {
    Moment::from_micros(ms * 1_000)
}

fn s(server: u32) -> ServerId {
    ServerId::new(server)
}

fn r(request: u32) -> RequestId {
    RequestId::new(request)
}

fn c(cell: u32) -> CellId {
    CellId::new(cell)
}

fn servers(era: Era, servers: u32) -> Quotas {
    let mut quotas = Quotas::new((era, Budgeted::default()), 10_000, BINS).expect("it has limits");
    for server in 0..servers {
        quotas.opened(at(0), s(server));
    }
    quotas
}

/// Requests of a server, each for a key of its own, until one does not go: how many went, and what
/// became of that one.
fn until_short(
    quotas: &mut Quotas,
    server: u32,
    kinds: &'static [RequestType],
    ms: u64,
) -> (u32, Admission) {
    let mut went = 0;
    loop {
        match quotas.admit(at(ms), s(server), (r(went), c(went)), kinds) {
            Admission::Go => went += 1,
            other => return (went, other),
        }
    }
}

/// Lets a server's queues get full, and says whose limit the one that finds no place is told.
fn fill(quotas: &mut Quotas, server: u32, kinds: &'static [RequestType], waiting: u32) -> Layer {
    for nth in waiting..30 {
        assert_eq!(
            quotas.admit(at(0), s(server), (r(1_000 + nth), c(1_000 + nth)), kinds),
            Admission::Wait,
            "{nth}"
        );
    }
    match quotas.admit(at(0), s(server), (r(9_999), c(9_999)), kinds) {
        Admission::Drop(layer) => layer,
        other => panic!("the 31st: {other:?}"),
    }
}

/// Who goes, one after the other, now.
fn drain(quotas: &mut Quotas, server: u32, ms: u64) -> Vec<u32> {
    std::iter::from_fn(|| quotas.next(at(ms), s(server)))
        .map(|waiting| waiting.request.number())
        .collect()
}

#[test]
fn after_the_burst_the_30th_request_waits_and_the_31st_is_dropped() {
    for era in [Era::Roblox2026, Era::Roblox2023] {
        let mut quotas = servers(era, 1);
        assert_eq!(until_short(&mut quotas, 0, UPDATE, 0), (100, Admission::Wait), "{era:?}");
        assert_eq!(fill(&mut quotas, 0, UPDATE, 1), Layer::Server);
        // Another queue, but the same budget for reading.
        assert_eq!(quotas.admit(at(0), s(0), (r(7), c(7)), GET), Admission::Wait);
    }
}

#[test]
fn a_request_waits_until_the_microsecond_at_which_its_token_is_there() {
    let mut quotas = servers(Era::Roblox2026, 1);
    quotas.players(at(0), s(0), 1);
    assert_eq!(until_short(&mut quotas, 0, UPDATE, 0).0, 100);
    // 60 + 40 a minute: one in 600 ms.
    assert_eq!(quotas.look(at(0), s(0)), Some(at(600)));
    assert_eq!(quotas.look(at(0), s(0)), None, "somebody looks by then");
    assert_eq!(drain(&mut quotas, 0, 599), [0; 0]);
    assert_eq!(drain(&mut quotas, 0, 600), [100]);
    assert_eq!(quotas.look(at(600), s(0)), None, "nobody waits");
}

#[test]
fn those_who_come_later_wait_behind_those_who_wait_and_more_players_shorten_it() {
    let mut quotas = servers(Era::Roblox2026, 1);
    until_short(&mut quotas, 0, UPDATE, 0);
    assert_eq!(quotas.look(at(0), s(0)), Some(at(1_000)));
    quotas.players(at(500), s(0), 3);
    // Half a token was there; the rest comes at 180 a minute.
    let soon = Moment::from_micros(500_000 + 166_667);
    assert_eq!(quotas.look(at(500), s(0)), Some(soon));
    assert_eq!(quotas.admit(soon, s(0), (r(555), c(555)), UPDATE), Admission::Wait);
    assert_eq!(quotas.next(soon, s(0)).map(|waiting| waiting.request), Some(r(100)));
    assert_eq!(quotas.next(soon, s(0)), None);
}

#[test]
fn in_2023_removing_took_from_the_budget_for_writing_and_in_2026_it_has_its_own() {
    for (era, left) in [(Era::Roblox2023, 0), (Era::Roblox2026, 100)] {
        let mut quotas = servers(era, 1);
        until_short(&mut quotas, 0, &[RequestType::Write], 0);
        drain(&mut quotas, 0, 0);
        quotas.servers[0].queues = None;
        assert_eq!(until_short(&mut quotas, 0, REMOVE, 0).0, left, "{era:?}");
    }
}

#[test]
fn the_experience_has_a_limit_of_its_own_and_those_who_wait_for_it_take_turns() {
    let mut quotas = servers(Era::Roblox2026, 11);
    // It holds three minutes' worth of 300: nine servers' bursts, and nothing for the tenth.
    for server in 0..9 {
        for nth in 0..100 {
            assert_eq!(quotas.admit(at(0), s(server), (r(nth), c(nth)), UPDATE), Admission::Go);
        }
    }
    assert_eq!(fill(&mut quotas, 9, UPDATE, 0), Layer::Experience);
    assert_eq!(fill(&mut quotas, 10, UPDATE, 0), Layer::Experience);
    assert_eq!(quotas.look(at(0), s(9)), Some(at(200)));
    assert_eq!(quotas.look(at(0), s(10)), None, "it is not its turn");
    assert_eq!(quotas.turn(), Some(s(9)));
    assert_eq!(drain(&mut quotas, 10, 200), [0; 0], "nor now");
    assert_eq!(drain(&mut quotas, 9, 200), [1_000]);
    assert_eq!(quotas.look(at(200), s(9)), None, "it goes to the end");
    assert_eq!(quotas.turn(), Some(s(10)));
    assert_eq!(quotas.look(at(200), s(10)), Some(at(400)));
    assert_eq!(drain(&mut quotas, 10, 400), [1_000]);
    // Whoever is gone waits no more.
    assert_eq!(quotas.gone(at(400), s(9)).len(), 29);
    quotas.look(at(400), s(10));
    assert_eq!(quotas.turn(), Some(s(10)));
}

#[test]
fn a_request_whose_key_is_throttled_is_passed_over_until_it_is_not() {
    let mut quotas = servers(Era::Roblox2026, 1);
    until_short(&mut quotas, 0, UPDATE, 0);
    quotas.gone(at(0), s(0));
    let full = 4_194_304;
    assert!(quotas.can_write(at(0), c(5), full));
    quotas.wrote(at(0), c(5), full);
    assert!(!quotas.can_write(at(59_999), c(5), 1));
    for (request, key) in [(1, 5), (2, 6), (3, 5), (4, 7)] {
        assert_eq!(quotas.admit(at(0), s(0), (r(request), c(key)), UPDATE), Admission::Wait);
    }
    assert_eq!(drain(&mut quotas, 0, 3_000), [2, 4]);
    assert_eq!(quotas.look(at(3_000), s(0)), Some(at(60_000)));
    assert_eq!(drain(&mut quotas, 0, 60_000), [1, 3]);
}

#[test]
fn a_setting_of_the_creator_replaces_the_figures_of_reading_writing_and_removing() {
    let nothing = Budgeted { base: Some(0), per_player: Some(0) };
    let mut quotas = Quotas::new((Era::Roblox2026, nothing), 1_000, BINS).expect("limits");
    quotas.opened(at(0), s(0));
    until_short(&mut quotas, 0, UPDATE, 0);
    assert_eq!(quotas.look(at(0), s(0)), None, "no token ever comes");
    assert!(Quotas::new((Era::None, nothing), 10, BINS).is_none());
}

#[test]
fn a_player_adds_as_many_updates_as_the_tightest_limit_that_an_update_counts_in() {
    let hour = |era, per_player| updates_per_player_hour(era, Budgeted { base: None, per_player });
    assert_eq!(hour(Era::Roblox2026, None), Some(20 * 60), "the experience's writes");
    assert_eq!(hour(Era::Roblox2026, Some(5)), Some(5 * 60), "what the creator has set");
    assert_eq!(hour(Era::Roblox2023, None), Some(10 * 60), "the server's");
    assert_eq!(hour(Era::None, None), None);
}

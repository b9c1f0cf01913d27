//! What the datastore means, told by small worlds: two servers, one key, and calls of which each
//! leg takes 100 ms.

use super::*;
use crate::config;
use crate::draws::Seed;
use crate::fault::Gate;
use crate::ids::{PlayerId, ServerId};
use crate::library::script::{Script, parse};
use crate::scenario::Scenario;
use crate::schedule::Moment;
use crate::sinks::Watch;
use crate::step::FactKind;
use crate::world::Visit;

/// The world of a script, at its beginning: each server has somebody in its first seat.
fn begin<'a>(config: &'a config::World, script: &str) -> World<'a, Script> {
    begin_watched(config, script, Watch::Nobody)
}

fn begin_watched<'a>(config: &'a config::World, script: &str, watch: Watch) -> World<'a, Script> {
    let gate = Gate::new(None);
    let seed = Box::leak(Box::new(Seed::of(1)));
    let mut world = World::<Script>::plain(config, parse(script), seed, gate, watch);
    for nth in 0..2 {
        sits(&mut world, nth, Seat(0));
    }
    world
}

/// Somebody takes the next seat of a server.
fn sits(world: &mut World<'_, Script>, server: u32, seat: Seat) -> VisitId {
    let (player, nth) = (PlayerId::new(0), server + 1);
    let visit = Visit::new(player, nth, ServerId::new(server), Moment::ZERO);
    let visit = world.visits.add(Visit { seat, ..visit });
    assert_eq!(world.nodes[server as usize].sit(visit), seat);
    visit
}

fn world(more: &str) -> config::World {
    let latency =
        if more.contains("datastore.latency") { "" } else { "datastore.latency = '400ms'" };
    let text = format!(
        "duration = '1000h'\nservers.count = 2\nplayers = {{ count = 1, arrive = '1000h' }}\n\
         {latency}\n{more}"
    );
    Scenario::parse(&text).expect("a valid scenario").world()
}

/// What the servers of a script see, in order.
fn told(more: &str, script: &str) -> Vec<String> {
    let config = world(more);
    let mut world = begin(&config, script);
    while world.advance() {}
    let logs = world.nodes.iter().flat_map(|node| node.library.log.iter().cloned());
    let mut log: Vec<_> = logs.collect();
    log.sort_by_key(|(at, _)| *at);
    log.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_transform_that_cancels_writes_nothing_and_its_call_ends_where_it_ran() {
    let log = told("", "0 s0 set 5; 1000 s0 cancel; 2000 s0 fetch");
    let expected = [
        "200 s0 set: value",
        "1200 s0 cancel runs on 5 v1 100..100",
        "1200 s0 cancel: nil",
        "2200 s0 fetch finds 5 v1 100..100",
        "2200 s0 fetch: value",
    ];
    assert_eq!(log, expected);
}

#[test]
fn m1_with_a_whole_latency_every_answer_takes_as_long_whatever_it_is() {
    // When the calls at 0, 1 and 2 s are answered.
    let answers = |more: &str| -> Vec<u64> {
        let script = "0 s0 add 5; 1000 s0 cancel; 2000 s0 throw";
        let log = told(&format!("{more}datastore.thrown = 'error'"), script);
        let answers = log.iter().filter(|line| line.contains(": "));
        let at = |line: &String| line.split(' ').next().and_then(|ms| ms.parse().ok());
        answers.filter_map(at).collect()
    };
    assert_eq!(answers(""), [400, 1_200, 2_200]);
    assert_eq!(answers("datastore.fail_before = '100%'\n"), [200, 1_200, 2_200]);
    for fails in ["", "datastore.fail_before = '100%'\n", "datastore.fail_after = '100%'\n"] {
        let whole = format!("{fails}datastore.whole_latency = true\n");
        assert_eq!(answers(&whole), [400, 1_400, 2_400], "{fails}");
    }
}

const LONG: &str = "datastore.latency = '10ms..2s'";

#[test]
fn what_a_call_is_for_decides_nothing_about_its_draws() {
    let log = |verb: &str| told(LONG, &format!("0 s0 fetch; 9000 s0 {verb} 5; 18000 s0 {verb} 6"));
    let renamed: Vec<String> = log("save").iter().map(|line| line.replace("save", "add")).collect();
    assert_eq!(log("add"), renamed);
}

#[test]
fn two_servers_do_not_share_the_draws_of_the_calls_that_they_make_on_nobodys_behalf() {
    let log = told(LONG, "0 s0 own 5; 20000 s1 own 5; 40000 s1 own 5");
    let ms = |nth: usize| -> u64 {
        let (ms, _) = log[nth].split_once(' ').expect("a time comes first");
        ms.parse::<u64>().expect("a number") % 20_000
    };
    assert_eq!(log.len(), 6, "{log:?}");
    assert!(ms(1) != ms(3) && ms(3) != ms(5) && ms(1) != ms(5), "{log:?}");
}

#[test]
fn a_transform_that_throws_writes_nothing_and_its_caller_sees_what_the_scenario_says() {
    for (thrown, seen) in [("nil", "nil"), ("error", "TransformThrew")] {
        let more = format!("datastore.thrown = '{thrown}'");
        let log = told(&more, "0 s0 throw; 1000 s0 fetch");
        let seen = format!("200 s0 throw: {seen}");
        let expected =
            ["200 s0 throw runs on nil", &seen, "1200 s0 fetch finds nil", "1200 s0 fetch: nil"];
        assert_eq!(log, expected, "{thrown}");
    }
}

#[test]
fn a_transform_runs_again_on_the_newer_value_if_somebody_has_written_in_between() {
    let log = told("", "0 s0 set 5; 1000 s0 add 1; 1150 s1 set 7; 2000 s0 fetch");
    let expected = [
        "200 s0 set: value",
        "1200 s0 add runs on 5 v1 100..100",
        "1350 s1 set: value",
        "1400 s0 add runs on 7 v2 100..1250",
        "1600 s0 add: value",
        "2200 s0 fetch finds 8 v3 100..1500",
        "2200 s0 fetch: value",
    ];
    assert_eq!(log, expected);
}

#[test]
fn a_set_is_blind_and_the_last_one_wins() {
    let log = told("", "0 s0 set 5; 50 s1 set 6; 1000 s0 fetch");
    assert_eq!(log[2], "1200 s0 fetch finds 6 v2 100..150");
}

#[test]
fn a_read_is_answered_from_memory_for_4_s_and_each_server_has_its_own() {
    let script = "5000 s0 get; 6000 s1 set 9; 6500 s0 fetch; 9000 s1 get; \
                  9199 s0 get; 9200 s0 get";
    let log = told("", &format!("0 s0 set 5; {script}"));
    let expected = [
        "200 s0 set: value",
        // The write is forgotten by now; the read is remembered from its answer on.
        "5200 s0 get finds 5 v1 100..100",
        "5200 s0 get: value",
        "6200 s1 set: value",
        // This one neither looks nor leaves anything.
        "6700 s0 fetch finds 9 v2 100..6100",
        "6700 s0 fetch: value",
        "9000 s1 get finds 9 v2 100..6100",
        "9000 s1 get: value",
        "9199 s0 get finds 5 v1 100..100",
        "9199 s0 get: value",
        // As old as 4 s; that it was looked at just before does not help it.
        "9400 s0 get finds 9 v2 100..6100",
        "9400 s0 get: value",
    ];
    assert_eq!(log, expected);
}

#[test]
fn a_write_is_remembered_at_once_and_begins_the_4_s_anew() {
    let log = told("", "0 s0 get; 1000 s0 add 6; 2000 s1 set 9; 5399 s0 get; 5400 s0 get");
    assert_eq!(log[2..4], ["1200 s0 add runs on nil", "1400 s0 add: value"]);
    assert_eq!(log[5], "5399 s0 get finds 6 v1 1300..1300");
    assert_eq!(log[7], "5600 s0 get finds 9 v2 1300..2100");
}

#[test]
fn a_transform_s_first_run_may_see_what_is_remembered_and_its_write_finds_out() {
    let script = "0 s0 set 5; 1000 s1 set 7; 2000 s0 add 1; 3000 s0 add 1";
    let log = told("datastore.first_transform_reads_cache = true", script);
    let expected = [
        "2000 s0 add runs on 5 v1 100..100",
        "2200 s0 add runs on 7 v2 100..1100",
        "2400 s0 add: value",
        // What is remembered is right: the read is saved.
        "3000 s0 add runs on 8 v3 100..2300",
        "3200 s0 add: value",
    ];
    assert_eq!(log[2..], expected);
    let log = told("", script);
    assert_eq!(log[2..4], ["2200 s0 add runs on 7 v2 100..1100", "2400 s0 add: value"]);
}

#[test]
fn an_update_that_runs_on_what_is_remembered_is_counted_as_a_write_and_not_as_a_read() {
    let more = "datastore.first_transform_reads_cache = true\n\
                datastore.budget = { base = 0, per_player = 0 }";
    // A server begins with 100 of each, and gets no more.
    let many = |verb: &str, times: usize| format!("0 s0 {verb}; ").repeat(times);
    let end = |sets: usize| {
        let script = format!("{}{}1000 s0 add 1", many("fetch", 100), many("set 5", sets));
        told(more, &script).split_off(300 - 100 + sets)
    };
    let ran = "1000 s0 add runs on 5 v99 100..100";
    assert_eq!(end(99), [ran, "1200 s0 add: value"]);
    assert_eq!(end(100), ["1000 s0 add runs on 5 v100 100..100"], "it waits, for ever");
}

#[test]
fn a_removed_key_is_gone_its_tombstone_is_listed_and_what_was_there_can_be_read() {
    let script = "0 s0 set 5; 1000 s0 remove; 2000 s0 fetch; 3000 s0 list; 4000 s1 version 1; \
                  4500 s1 version 2; 5000 s1 remove; 6000 s0 set 7; 7000 s0 fetch";
    let log = told("datastore.versions = true", script);
    let expected = [
        "200 s0 set: value",
        "1200 s0 remove finds 5 v1 100..100",
        "1200 s0 remove: value",
        "2200 s0 fetch finds nil",
        "2200 s0 fetch: nil",
        "3200 s0 list finds v2 1100 removed, v1 100",
        "3200 s0 list: value",
        "4200 s1 version finds 5 v1 100..100",
        "4200 s1 version: value",
        "4700 s1 version finds nil",
        "4700 s1 version: nil",
        "5200 s1 remove finds nil",
        "5200 s1 remove: nil",
        "6200 s0 set: value",
        // A new key, whose versions go on.
        "7200 s0 fetch finds 7 v3 6100..6100",
        "7200 s0 fetch: value",
    ];
    assert_eq!(log, expected);
}

#[test]
fn an_update_that_reads_again_is_counted_as_another_read_of_its_key() {
    // Five reads of 4 MB leave room for one update that reads once.
    let reads = "300 s1 fetch; ".repeat(5);
    let script = format!("0 s0 set 5 4194304; {reads}60000 s0 add 1; 60150 s1 set 7 4194304");
    let read_once = told("", &format!("0 s0 set 5 4194304; {reads}1000 s0 cancel"));
    assert_eq!(read_once[11..], ["1200 s0 cancel runs on 5 v1 100..100", "1200 s0 cancel: nil"]);
    let log = told("", &script);
    assert_eq!(log.last().expect("an answer"), "60400 s0 add: KeyThrottled", "{log:?}");
}

#[test]
fn a_stale_read_after_a_removal_finds_what_was_removed() {
    let more = "datastore.stale_read = '100%'";
    let log = told(more, "0 s0 set 5; 1000 s0 set 6; 2000 s0 remove; 3000 s0 fetch");
    assert_eq!(log[4], "3200 s0 fetch finds 6 v2 100..1100");
}

#[test]
fn a_removal_in_the_wrong_scope_leaves_the_key_as_large_as_it_is() {
    // Six reads of almost 4 MB fit into 25 MB a minute, and a seventh does not.
    let more = "datastore.incidents = [{ at = '1s', lasts = '1s', wrong_scope = '100%' }]";
    let log =
        told(more, &format!("0 s0 set 5 4193280; 1000 s0 remove{}", "; 3000 s0 fetch".repeat(7)));
    assert_eq!(log[2], "1200 s0 remove: nil", "{log:?}");
    let throttled = log.iter().filter(|line| line.ends_with("fetch: KeyThrottled"));
    assert_eq!(throttled.count(), 1, "{log:?}");
}

#[test]
fn without_versions_only_the_present_one_is_there() {
    let log = told("", "0 s0 set 5; 1000 s0 remove; 2000 s0 list; 3000 s0 version 1");
    assert_eq!(log[3], "2200 s0 list finds v2 1100 removed");
    assert_eq!(log[5], "3200 s0 version finds nil");
}

#[test]
fn the_first_write_of_an_hour_keeps_what_it_replaces_for_30_days_to_the_millisecond() {
    // Two writes in the first hour, one as the second begins; then just before and just when 30
    // days have passed since that one.
    let script = "3599800 s0 set 1; 3599898 s0 set 2; 3599900 s0 set 3; 3700000 s0 list; \
                  2595599899 s0 list; 2595599900 s0 list; 2595600000 s0 version 2";
    let log = told("datastore.versions = true", script);
    let found: Vec<&String> = log.iter().filter(|line| line.contains("finds")).collect();
    let expected = [
        "3700200 s0 list finds v3 3600000, v2 3599998",
        "2595600099 s0 list finds v3 3600000, v2 3599998",
        "2595600100 s0 list finds v3 3600000",
        "2595600200 s0 version finds nil",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_key_s_name_has_at_most_50_characters_and_what_is_longer_never_leaves() {
    for (prefix, seen) in [(49, "200 s0 set: value"), (50, "0 s0 set: KeyNameLimit (102)")] {
        let more = format!("datastore.key_prefix = '{}'", "é".repeat(prefix));
        assert_eq!(told(&more, "0 s0 set 5"), [seen], "{prefix}");
    }
}

#[test]
fn a_value_has_at_most_4_194_304_bytes_whoever_writes_it() {
    let script = "0 s0 set 1 4194304; 1000 s0 set 2 4194305; 2000 s0 add 3 4194305; 3000 s0 fetch";
    let expected = [
        "200 s0 set: value",
        "1000 s0 set: ValueTooLarge (105)",
        "2200 s0 add runs on 1 v1 100..100",
        "2200 s0 add: ValueTooLarge (105)",
        "3200 s0 fetch finds 1 v1 100..100",
        "3200 s0 fetch: value",
    ];
    assert_eq!(told("", script), expected);
}

#[test]
fn a_key_s_times_are_the_backend_s_whatever_the_servers_clocks_say() {
    let skewed = world("servers.skew = '20s'");
    let world = begin(&skewed, "0 s0 set 5");
    let errors = world.nodes.iter().map(|node| node.clock.error_us(Moment::ZERO));
    assert!(errors.clone().all(|error_us| error_us.abs() > 1_000_000));
    let script = "0 s0 set 5; 1000 s1 add 1; 2000 s0 fetch";
    let log = told("servers.skew = '20s'", script);
    assert_eq!(log, told("", script));
    assert_eq!(log[3], "2200 s0 fetch finds 6 v2 100..1300");
}

#[test]
fn a_write_that_has_left_commits_after_its_server_is_gone_and_one_that_has_not_never_does() {
    for (at, found) in [(150, "nil"), (250, "5 v1 300..300")] {
        let more = format!("timeline = [{{ at = '{at}ms', server = 0, do = 'crash' }}]");
        let log = told(&more, "0 s0 add 5; 1000 s1 fetch");
        assert!(log.iter().all(|line| !line.contains("s0 add: ")), "{log:?}");
        assert!(log.contains(&format!("1200 s1 fetch finds {found}")), "{at}: {log:?}");
    }
}

#[test]
fn a_write_that_turned_out_to_be_another_session_s_is_so_after_its_server_is_gone() {
    for crash_ms in [1_000, 250] {
        let config = world(&format!(
            "timeline = [{{ at = '{crash_ms}ms', server = 0, do = 'crash', for = '10ms' }}]"
        ));
        let mut world = begin_watched(&config, "0 s0 other 5", Watch::steps());
        let other = sits(&mut world, 0, Seat(1));
        while world.advance() {}
        let Watch::Steps(steps) = &world.sinks.watch else { unreachable!("it is watched") };
        let of_other = steps.iter().filter(|(step, _)| step.visit == Some(other));
        let facts: Vec<_> = of_other.map(|(step, _)| FactKind::from(step.fact)).collect();
        let place = |kind| facts.iter().position(|fact| *fact == kind).expect("it happens");
        let (written, gone) = (place(FactKind::Committed), place(FactKind::Ended));
        assert_eq!(written < gone, crash_ms == 1_000, "{facts:?}");
        assert!(written < place(FactKind::Over), "{facts:?}");
    }
}

#[test]
fn an_error_of_the_backend_leaves_it_open_whether_a_write_was_applied() {
    for (fault, found) in [("fail_before", "nil"), ("fail_after", "5 v1 100..100")] {
        // Faults end before the key is looked at.
        let more = format!("datastore.{fault} = '100%'\nheal = '500ms'");
        let log = told(&more, "0 s0 set 5; 1000 s0 get");
        let open = Error::all().filter(|error| error.applied() == Applied::Maybe);
        let mut open = open.map(|error| format!("200 s0 set: {error}"));
        assert!(open.any(|line| line == log[0]), "{log:?}");
        assert_eq!(log[1], format!("1200 s0 get finds {found}"), "{fault}");
    }
}

#[test]
fn a_call_without_an_answer_was_applied_or_never_arrived_and_nobody_can_tell() {
    for (fault, found) in [("never_arrives", "nil"), ("never_answers", "5 v1 100..100")] {
        let more = format!("datastore.{fault} = '100%'\nheal = '500ms'");
        let log = told(&more, "0 s0 set 5; 100 s1 get; 1000 s0 get");
        assert_eq!(log, [format!("1200 s0 get finds {found}"), log[1].clone()], "{fault}");
    }
}

#[test]
fn a_call_of_a_process_that_is_gone_is_not_said_to_be_unanswered_as_nobody_waits() {
    for (crash_ms, said) in [(50, 0), (150, 1)] {
        let config = world(&format!(
            "datastore.never_answers = '100%'\n\
             timeline = [{{ at = '{crash_ms}ms', server = 0, do = 'crash', for = '10ms' }}]"
        ));
        let mut world = begin_watched(&config, "0 s0 set 5", Watch::steps());
        while world.advance() {}
        let Watch::Steps(steps) = &world.sinks.watch else { unreachable!("it is watched") };
        let answered = |fact| matches!(fact, Fact::Answered { end: CallEnd::Silent, .. });
        assert_eq!(
            steps.iter().filter(|(step, _)| answered(step.fact)).count(),
            said,
            "{crash_ms} ms"
        );
    }
}

#[test]
fn the_byte_that_breaks_4_mb_a_minute_is_refused_whoever_writes_it_until_the_minute_is_over() {
    // Counted when a write arrives, 100 ms after it was sent; the value is as long as one may be.
    let full = "0 s0 set 1 4194304; 59999 s1 set 2 1; 60000 s1 set 3 1; 61000 s0 fetch";
    let expected = [
        "200 s0 set: value",
        "60199 s1 set: KeyThrottled",
        "60200 s1 set: value",
        "61200 s0 fetch finds 3 v2 100..60100",
        "61200 s0 fetch: value",
    ];
    assert_eq!(told("", full), expected);
    // A kilobyte less leaves room for one more byte, which counts as a whole kilobyte.
    let room = "0 s0 set 1 4193280; 1000 s1 set 2 1; 2000 s0 set 3 1";
    let expected = ["200 s0 set: value", "1200 s1 set: value", "2200 s0 set: KeyThrottled"];
    assert_eq!(told("", room), expected);
    let expected = ["200 s0 set: value", "1200 s1 set: value", "2200 s0 set: value"];
    assert_eq!(told("datastore.limits = 'none'", room), expected);
}

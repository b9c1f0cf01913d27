//! What is counted in two ways comes to the same, in every shipped scenario: nothing that happens
//! is without a place, and nothing has two.

use leasehold_data::{Dataset, JoinEnd, track};
use leasehold_sim::{Scenario, Seed};
use leasehold_tests::{run, shipped, simulate};
use std::collections::BTreeMap;

fn sum<'a>(counts: impl IntoIterator<Item = &'a u64>) -> u64 {
    counts.into_iter().sum()
}

fn by_name(counts: &BTreeMap<String, u64>) -> u64 {
    sum(counts.values())
}

/// All counts of a track.
fn all(dataset: &Dataset, track: &str) -> u64 {
    sum(&dataset.series.tracks[track])
}

/// Two counts of a run, and what both are of.
type Same = (&'static str, u64, u64);

fn starts(Dataset { summary, join_times, .. }: &Dataset) -> Vec<Same> {
    let (starts, play) = (&summary.starts, &summary.play);
    let count = |chosen: fn(&JoinEnd) -> bool| {
        let chosen = join_times.iter().filter(|times| chosen(&times.end));
        chosen.map(|times| times.count).sum()
    };
    let ended = starts.granted + by_name(&starts.failed) + starts.pending;
    vec![
        ("starts by how they ended", starts.asked, ended),
        (
            "granted, as timed",
            starts.granted,
            summary.start_latency.as_ref().map_or(0, |t| t.count),
        ),
        ("in the game, as drawn", play.in_game, count(|end| *end == JoinEnd::Playing)),
        ("waiting, as drawn", play.waiting, count(|end| *end == JoinEnd::Waiting)),
        (
            "who gave up, as drawn",
            play.gave_up,
            count(|end| matches!(end, JoinEnd::OutOfPatience | JoinEnd::Rejected(_))),
        ),
    ]
}

/// Requests that wait and are dropped, as the budgets have them.
fn budgets(Dataset { summary, budgets, .. }: &Dataset) -> Vec<Same> {
    let Some(budgets) = budgets else { return Vec::new() };
    let dropped = budgets.queue.iter().map(|bin| bin.dropped).sum();
    let waited = budgets.queue.iter().any(|bin| bin.waiting > 0);
    vec![
        ("requests dropped", by_name(&summary.waits.dropped), dropped),
        ("whether a request waited", u64::from(summary.waits.queued > 0), u64::from(waited)),
    ]
}

fn messages(dataset: &Dataset) -> Vec<Same> {
    let counts = &dataset.summary.messages;
    let stopped = by_name(&counts.refused) + by_name(&counts.dropped);
    let ends = counts.delivered + counts.lost + counts.no_subscriber + counts.under_way + stopped;
    vec![
        ("messages by what became of them", counts.sent + counts.duplicated, ends),
        ("messages sent", counts.sent, all(dataset, track::MESSAGES_SENT)),
        ("messages delivered", counts.delivered, all(dataset, track::MESSAGES_DELIVERED)),
        ("messages lost", counts.lost, all(dataset, track::MESSAGES_LOST)),
        ("messages duplicated", counts.duplicated, all(dataset, track::MESSAGES_DUPLICATED)),
        ("messages stopped", stopped, all(dataset, track::MESSAGES_STOPPED)),
        ("messages unheard", counts.no_subscriber, all(dataset, track::MESSAGES_NO_SUBSCRIBER)),
    ]
}

fn calls(dataset: &Dataset) -> Vec<Same> {
    let calls = dataset.summary.calls.values();
    let of = |count: fn(&leasehold_data::Calls) -> u64| calls.clone().map(count).sum::<u64>();
    let kinds = [track::ACQUIRE, track::SAVE, track::RENEW, track::RELEASE, track::OTHER];
    let first: u64 = kinds.iter().map(|kind| all(dataset, kind)).sum();
    let retries = all(dataset, track::RETRY);
    vec![
        ("calls sent", of(|calls| calls.sent), first + retries),
        ("calls retried", of(|calls| calls.retries), retries),
        ("calls failed", of(|calls| calls.failed), all(dataset, track::FAILED)),
        ("calls stopped", of(|calls| calls.short_circuited), all(dataset, track::SHORT_CIRCUITED)),
    ]
}

fn conflicts(dataset: &Dataset) -> Vec<Same> {
    let Dataset { summary, resolutions, .. } = dataset;
    let conflicts = by_name(&summary.conflicts);
    let tracks = dataset.series.tracks.iter().filter(|(name, _)| name.starts_with("conflict."));
    vec![
        ("conflicts by class", conflicts, by_name(&summary.conflict_classes)),
        ("conflicts by resolution", conflicts, resolutions.iter().map(|one| one.conflicts).sum()),
        ("conflicts over time", conflicts, tracks.map(|(_, counts)| sum(counts)).sum()),
    ]
}

fn overlaps(dataset: &Dataset) -> Vec<Same> {
    let overlaps = &dataset.summary.overlaps;
    let double = by_name(&overlaps.double_ownership);
    let found = |name: &str| {
        let row = dataset.invariants.iter().find(|row| row.name == name);
        row.map_or(0, |row| row.violations)
    };
    vec![
        ("double ownership by class", double, by_name(&overlaps.double_ownership_classes)),
        ("double ownership over time", double, all(dataset, track::DOUBLE_OWNERSHIP)),
        ("double ownership as found", double, found("no_double_ownership")),
    ]
}

fn ages(Dataset { summary, ages, .. }: &Dataset) -> Vec<Same> {
    let oldest = ages.bins.iter().map(|bin| bin.oldest_us).max().unwrap_or(0);
    vec![("the oldest change", summary.progress.dirty_age_max_us.unwrap_or(0), oldest)]
}

fn saves(Dataset { summary, .. }: &Dataset) -> Vec<Same> {
    let saves = &summary.saves;
    let ended = saves.returned_true + by_name(&saves.returned_false);
    // Whoever never returned is neither; nobody returns who was not called.
    vec![("calls of Save() that returned", ended.min(saves.called), ended)]
}

fn breakers(Dataset { summary, breakers, .. }: &Dataset) -> Vec<Same> {
    let Some(breakers) = breakers else { return Vec::new() };
    let listed = breakers.servers.iter().map(|row| row.openings).sum();
    let opened = summary.breaker_openings.unwrap_or(u64::MAX);
    // Those of servers without a row are in no row.
    if breakers.others == 0 { vec![("openings", opened, listed)] } else { Vec::new() }
}

#[test]
fn what_is_counted_twice_is_the_same_in_every_shipped_scenario() {
    let mut under_way = 0;
    for name in shipped() {
        let dataset = simulate(&name, 1).dataset;
        let counts = [starts, messages, budgets, calls, conflicts, overlaps, ages, saves, breakers];
        for (what, one, other) in counts.iter().flat_map(|count| count(&dataset)) {
            assert_eq!(one, other, "{name}: {what}");
        }
        for one in &dataset.resolutions {
            assert!(one.from_live_owners <= one.conflicts, "{name}: {one:?}");
        }
        under_way += dataset.summary.messages.under_way;
    }
    assert!(under_way > 0, "some run ends while a message is on its way");
}

/// 982 messages were sent, and every one of them was lost; nine owners let go when they saved.
#[test]
fn who_hands_over_without_a_message_has_answered_no_challenge() {
    let dataset = simulate("profile-store/message-lost", 1).dataset;
    let messages = &dataset.summary.messages;
    assert_eq!((messages.sent, messages.delivered), (messages.lost, 0));
    assert!(dataset.summary.conflicts["handed_over"] > 0);
    assert_eq!(all(&dataset, track::CHALLENGES_ANSWERED), 0);
    let steals = dataset.resolutions.iter().find(|one| one.name == "session_steal").expect("some");
    assert!(
        steals.from_live_owners * 2 > steals.conflicts,
        "most who were robbed are there: {steals:?}"
    );
}

/// Where messages arrive, whoever is alive says so, and that is heard in time.
#[test]
fn a_challenge_is_answered_as_often_as_a_live_owner_is_confirmed_by_message() {
    let dataset = simulate("lossy-messaging", 1).dataset;
    let confirmed = dataset.summary.conflicts["active_owner_confirmed"];
    assert_eq!(all(&dataset, track::CHALLENGES_ANSWERED), confirmed);
    let presumed = simulate("simulation-mode", 1).dataset;
    assert_eq!(presumed.summary.messages.sent, 0);
    assert_eq!(all(&presumed, track::CHALLENGES_ANSWERED), 0);
}

/// A paused server makes its players' changes wait; no call of theirs fails.
#[test]
fn what_befell_the_oldest_change_is_what_the_world_did_to_it() {
    let befell = |name: &str| simulate(name, 1).dataset.ages.oldest;
    let paused = befell("pause");
    assert!(paused.paused && !paused.failed && !paused.stopped, "{paused:?}");
    let outage = befell("outage");
    assert!(outage.failed && outage.stopped && !outage.paused, "{outage:?}");
}

#[test]
fn a_library_without_circuit_breakers_has_no_rows_of_them() {
    let none = simulate("profile-store/crash", 1).dataset;
    assert_eq!((none.breakers.is_none(), none.summary.breaker_openings), (true, None));
    let quiet = simulate("idle", 1).dataset;
    assert_eq!((quiet.breakers.is_some(), quiet.summary.breaker_openings), (true, Some(0)));
}

/// In an outage `Save()` returns false, by what stopped it; in a quiet world it returns true.
#[test]
fn games_are_told_whether_what_they_saved_is_stored() {
    let world = |incident: &str| {
        let text = format!(
            "duration = \"10m\"\nservers.count = 2\nplayers = {{ count = 20, save = \"50%\", \
             edit_every = \"5s\" }}\n{incident}"
        );
        let scenario = Scenario::parse(&text).expect(&text);
        run("saves", &scenario, Seed::of(1), None).dataset.summary.saves
    };
    let quiet = world("");
    assert!(quiet.called > 100 && quiet.returned_true * 10 > quiet.called * 9, "{quiet:?}");
    let outage =
        world("datastore.incidents = [{ at = \"4m\", lasts = \"3m\", condition = \"outage\" }]");
    assert!(outage.returned_true < quiet.returned_true, "{outage:?}");
    assert!(outage.returned_false.contains_key("circuit_open"), "{outage:?}");
}

/// One player who is in the game for ten minutes of an hour, and whose library makes known calls.
#[test]
fn calls_are_told_by_the_hours_that_players_are_in_the_game() {
    let text = "duration = \"1h\"\nservers.count = 1\ndatastore.latency = \"0s\"\n\
        players = { count = 1, arrive = \"0s\", stay = \"10m\", hop = \"0%\", away = \"2h\", \
        edit_every = \"24h\" }";
    let scenario = Scenario::parse(text).expect(text);
    let summary = run("cost", &scenario, Seed::of(1), None).dataset.summary;
    let sent: u64 = summary.calls.values().map(|calls| calls.sent).sum();
    assert_eq!(summary.played_us, 600_000_000);
    assert_eq!(summary.calls_per_player_hour, Some(sent * 6), "{:?}", summary.calls);
}

/// Changes that only ever go along with a release are acknowledged by it, once each.
#[test]
fn a_release_that_has_stored_changes_is_acknowledged_once() {
    let acknowledged = |protocol: &str| {
        let text = format!(
            "protocol = \"{protocol}\"\nduration = \"20m\"\nservers.count = 2\n\
             players = {{ count = 10, stay = \"2s\", hop = \"100%\", edits_max = 1, \
             edit_every = \"1500ms\", hop_delay = \"30s\" }}\ndatastore.latency = \"0s\""
        );
        let scenario = Scenario::parse(&text).expect(&text);
        let summary = run("released", &scenario, Seed::of(1), None).dataset.summary;
        assert!(summary.progress.lost.is_empty(), "{protocol}: {:?}", summary.progress);
        (summary.progress.edits, summary.progress.acknowledged)
    };
    for protocol in ["chronicle", "profile_store", "naive"] {
        let (edits, acknowledged) = acknowledged(protocol);
        // Those who are in the middle of a stay when the run ends have nothing stored yet.
        let most = edits + edits / 4;
        assert!(edits > 100 && acknowledged <= most, "{protocol}: {acknowledged} of {edits}");
        assert!(acknowledged + 10 >= edits, "{protocol}: {acknowledged} of {edits}");
    }
}

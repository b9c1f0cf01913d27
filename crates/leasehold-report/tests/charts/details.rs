//! What the charts claim that are no counts over time: starts, ages, breakers, ownership; and the
//! messages.

use crate::{MINUTE, legend, minute, sample};
use leasehold_data::{AgeBin, Ages, BreakerRow, BreakerSpan, BreakerState, Breakers};
use leasehold_data::{CommittedWrite, Held, Interval, Ownership, track};
use leasehold_data::{Conflict, Dataset, Waited};
use leasehold_data::{Exposure, ExposureBin, Incident, Invariant, OUTAGE, Trades};
use leasehold_report::{Marks, ages, breakers, exposure, messages, ownership, starts};

const SECOND: u64 = 1_000_000;

fn empty() -> Dataset {
    sample::bare(60 * MINUTE, None)
}

fn during(from: u64, to: u64) -> Interval {
    Interval { from_us: from * SECOND, to_us: to * SECOND }
}

fn held(server: u32, from: u64, to: u64) -> Held {
    Held { server, during: during(from, to) }
}

/// A run whose oldest unsaved change became so old, in the second of its bins.
fn aged(oldest_us: u64, promised_us: u64) -> Dataset {
    let mut dataset = empty();
    let young = AgeBin { oldest_us: SECOND, saves: 1, p50_us: SECOND, p99_us: SECOND };
    dataset.ages = Ages {
        promised_us,
        call_us: promised_us,
        bin_us: MINUTE,
        bins: vec![young, AgeBin { oldest_us, ..AgeBin::default() }],
        ..Ages::default()
    };
    dataset.summary.progress.dirty_age_max_us = Some(oldest_us.max(SECOND));
    dataset
}

#[test]
fn the_title_of_ages_says_whether_the_promise_was_kept() {
    for (oldest, title) in [
        (5, "No change waited longer than 5 s; promised are 30 s"),
        (31, "No change waited longer than 31 s: 30 s and a call, as promised"),
        (61, "A change was unsaved for 61 s, more than the promised 60 s"),
    ] {
        let chart = ages::chart(&aged(oldest * SECOND, 30 * SECOND));
        assert_eq!(chart.title, title);
        let late = chart.layers.iter().any(|layer| layer.label == "Older than 60 s");
        assert_eq!((late, chart.message.is_some()), (oldest == 61, false));
    }
    let mut none = aged(0, 30 * SECOND);
    (none.ages.bins, none.summary.progress.dirty_age_max_us) = (vec![AgeBin::default()], None);
    let chart = ages::chart(&none);
    assert_eq!(chart.title, "No change was made in 60 min");
    assert_eq!(chart.message.as_deref(), Some("No change was made."));
}

#[test]
fn where_nothing_is_promised_no_age_is_too_old() {
    let chart = ages::chart(&aged(356 * SECOND, 0));
    assert_eq!(chart.title, "No change waited longer than 5.93 min");
    assert_eq!(legend(&chart), ["Oldest unsaved change", "Median when saved"]);
}

#[test]
fn the_title_of_ages_counts_what_was_never_saved_and_tells_the_longest_wait_of_all() {
    let mut dataset = aged(356 * SECOND, 0);
    dataset.summary.progress.lost = [("taken".to_owned(), 1_954)].into();
    let title = "1,954 changes were never saved; the longest wait was 5.93 min";
    assert_eq!(ages::chart(&dataset).title, title);
    dataset.summary.progress.lost = [("crash".to_owned(), 1)].into();
    dataset.ages.oldest.failed = true;
    let title = "1 change was never saved; the longest wait was 5.93 min, while calls failed";
    assert_eq!(ages::chart(&dataset).title, title);
}

#[test]
fn the_title_of_ages_accuses_nobody_whom_the_observer_excuses_and_says_what_befell_it() {
    let mut dataset = aged(61 * SECOND, 30 * SECOND);
    let name = "dirty_age_is_bounded".to_owned();
    dataset.invariants = vec![Invariant { name, ..Invariant::default() }];
    let title = |dataset: &Dataset| ages::chart(dataset).title;
    let slow = "A change was unsaved for 61 s; promised are 30 s and a call";
    assert_eq!(title(&dataset), slow, "what calls that are merely slow bring");
    for (waited, while_what) in [
        (Waited { paused: true, ..Waited::default() }, "its server was paused"),
        (Waited { failed: true, ..Waited::default() }, "calls failed"),
        (
            Waited { failed: true, stopped: true, paused: false },
            "calls failed and a breaker stopped calls",
        ),
    ] {
        dataset.ages.oldest = waited;
        let told = format!(
            "A change was unsaved for 61 s, while {while_what}; promised are 30 s and a call"
        );
        assert_eq!(title(&dataset), told);
    }
    dataset.invariants[0].violations = 1;
    assert_eq!(title(&dataset), "A change was unsaved for 61 s, more than the promised 60 s");
}

#[test]
fn breakers_have_a_lane_each_with_their_timeouts_and_the_outages_behind() {
    let mut dataset = empty();
    let open = BreakerState::Open { timeout_us: 30 * SECOND };
    let spans = vec![
        BreakerSpan { during: during(60, 90), state: open },
        BreakerSpan { during: during(90, 91), state: BreakerState::HalfOpen },
    ];
    let row = |server, openings| BreakerRow {
        server,
        openings,
        opened: vec![],
        spans: spans.clone(),
        later: 0,
    };
    let servers = (0..20).rev().map(|server| row(server, 1 + u64::from(server))).collect();
    dataset.breakers = Some(Breakers { servers, others: 3 });
    let incident =
        |what: &str, during| Incident { what: what.to_owned(), servers: Vec::new(), during };
    dataset.incidents =
        vec![incident("degraded", during(40, 95)), incident(OUTAGE, during(50, 80))];
    dataset.manifest.servers = 100;
    let chart = breakers::chart(&dataset).expect("there are breakers");
    assert_eq!(
        chart.title,
        "23 of 100 circuit breakers opened, 210 times in all, for up to 30 s at a time"
    );
    assert!(chart.subtitle.ends_with("Shown: the 16 that opened most; 7 more opened."));
    let labels: Vec<_> = chart.y.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!((labels.len(), labels[0], labels[15]), (16, "s4", "s19"));
    let (outage, shown) = ("Datastore outage (1)", "Open (200 of 210)");
    let trial = "Half-open: one call on trial (16)";
    let incident = "Datastore incident: degraded (1)";
    assert_eq!(legend(&chart), [incident, outage, "Closed", shown, trial]);
    assert_eq!((chart.words.len(), chart.words[0].text.as_str()), (16, "30 s"));
    let Marks::Columns(closed) = &chart.layers[2].marks else { panic!("closed is a bar") };
    assert_eq!((closed[0].from, closed[0].to, closed[1].to), (0.0, 1.0, 60.0));
}

/// A key that s1 and s2 own in turn, with `shared` seconds in which both own.
fn contest(shared: u64) -> Dataset {
    let mut dataset = empty();
    dataset.manifest.duration_us = 10 * MINUTE;
    dataset.ownership = Some(Ownership {
        key: "k7".to_owned(),
        conflicts: 2,
        contested: 12,
        recorded: during(0, 600),
        owned: vec![held(1, 10, 100 + shared), held(2, 100, 300)],
        paused: vec![held(1, 100 + shared, 110 + shared)],
        named: vec![held(1, 9, 99), held(2, 99, 301)],
        expired: vec![held(1, 90, 99)],
        committed: vec![CommittedWrite { server: 2, at_us: 99 * SECOND }],
        conflicted: vec![Conflict {
            server: 2,
            at_us: 98 * SECOND,
            resolution: "messaging_timeout_steal".to_owned(),
        }],
        ..Ownership::default()
    });
    dataset
}

#[test]
fn the_story_of_a_key_has_a_lane_for_each_server_and_shows_when_two_owned() {
    let chart = ownership::chart(&contest(3));
    assert_eq!(chart.title, "k7: more than one owner at once, for 3 s");
    let labels = [
        "A session considered itself owner",
        "More than one owner (1)",
        "Its server was paused",
        "Named by the store",
        "Named, but its lease had run out",
        "Write committed (1)",
        "Lease conflict (1 of 2)",
    ];
    assert_eq!(legend(&chart), labels);
    let Marks::Bands(bands) = &chart.layers[0].marks else { panic!("overlaps are shaded") };
    assert_eq!(bands[..], [(100.0 / 60.0, 103.0 / 60.0)]);
    let Marks::Columns(both) = &chart.layers[2].marks else { panic!("and marked in both lanes") };
    assert_eq!(both.len(), 2);
    assert_eq!((both[0].base, both[1].base), (1.5, 0.5));
    let quiet = ownership::chart(&contest(0));
    assert_eq!(quiet.title, "k7 had 2 lease conflicts and never two owners at once");
    assert!(!legend(&quiet).contains(&"More than one owner (1)"));
}

#[test]
fn what_a_window_shows_of_a_key_is_told_beside_all_that_there_was() {
    let mut dataset = contest(3);
    dataset.manifest.duration_us = 40 * MINUTE;
    let story = dataset.ownership.as_mut().unwrap();
    story.recorded = during(0, 2_400);
    story.owned.extend([held(1, 2_000, 2_002), held(2, 2_001, 2_100)]);
    let chart = ownership::chart(&dataset);
    assert_eq!(chart.title, "k7: more than one owner 2 times, 4 s in all");
    let shown = "The most contested of 12 keys, with 2 lease conflicts:";
    assert!(chart.subtitle.starts_with(shown), "{}", chart.subtitle);
    let labels = legend(&chart);
    assert!(labels.contains(&"More than one owner (1 of 2)"), "{labels:?}");
    assert!(labels.contains(&"Lease conflict (1 of 2)"), "{labels:?}");
}

#[test]
fn servers_beyond_the_lanes_and_time_beyond_the_record_are_told() {
    let mut dataset = contest(3);
    let story = dataset.ownership.as_mut().unwrap();
    story.owned.extend((10..30).map(|server| held(server, 320, 330)));
    story.recorded = during(60, 600);
    let chart = ownership::chart(&dataset);
    assert_eq!(chart.y.ticks.len(), 12);
    assert!(chart.y.ticks.iter().any(|tick| tick.label == "s1"), "who shared is shown");
    let left_out = "10 servers that took part for a shorter time are left out.";
    let recorded = "The key's history is recorded from 1:00 (min:s) on.";
    assert_eq!(chart.notes, [left_out, recorded]);
    assert_eq!(chart.x.label, "virtual time, min:s");
}

#[test]
fn the_title_of_messages_says_what_was_lost_and_what_was_answered() {
    let chart = messages::chart(&minute(&[
        (track::MESSAGES_SENT, 30),
        (track::MESSAGES_DELIVERED, 28),
        (track::MESSAGES_LOST, 3),
        (track::MESSAGES_DUPLICATED, 1),
        (track::CHALLENGES, 20),
        (track::CHALLENGES_ANSWERED, 9),
    ]));
    let title = "10 % of 30 messages were lost; 45 % of 20 challenges were answered in time";
    assert_eq!(chart.title, title);
    let labels =
        ["Delivered (28)", "Lost (3)", "Challenges answered in time (9)", "Will come twice (1)"];
    assert_eq!(legend(&chart), labels);
    for (answered, title) in [
        (0, "No message was lost; none of 2 challenges was answered in time"),
        (2, "No message was lost; all 2 challenges were answered in time"),
    ] {
        let chart = messages::chart(&minute(&[
            (track::MESSAGES_SENT, 4),
            (track::MESSAGES_DELIVERED, 4),
            (track::CHALLENGES, 2),
            (track::CHALLENGES_ANSWERED, answered),
        ]));
        assert_eq!(chart.title, title);
    }
    let quiet = messages::chart(&minute(&[]));
    assert_eq!((quiet.title.as_str(), quiet.layers.len()), ("No message in 60 s", 0));
    assert_eq!(quiet.message.as_deref(), Some("No message was sent."));
}

#[test]
fn where_nobody_answers_by_message_nothing_is_said_of_answers() {
    const SENT: &str = track::MESSAGES_SENT;
    for (totals, title) in [
        (&[(SENT, 982), (track::MESSAGES_LOST, 982)][..], "All 982 messages were lost"),
        (&[(SENT, 1), (track::MESSAGES_LOST, 1)], "The only message was lost"),
        (&[(SENT, 145), (track::MESSAGES_NO_SUBSCRIBER, 145)], "None of 145 messages was heard"),
        (&[(SENT, 9), (track::MESSAGES_DELIVERED, 9)], "No message was lost"),
    ] {
        let challenges = (track::CHALLENGES, totals[0].1);
        let chart = messages::chart(&minute(&[totals, &[challenges]].concat()));
        assert_eq!(chart.title, title);
        assert!(!legend(&chart).iter().any(|label| label.contains("answered")));
        assert!(!chart.subtitle.contains("answer"), "{}", chart.subtitle);
    }
}

#[test]
fn without_rows_each_chart_says_so() {
    for (chart, title) in [
        (starts::chart(&empty()), "Nobody wanted in, in 60 min"),
        (ages::chart(&empty()), "Ages of unsaved changes: not recorded in this dataset"),
        (breakers::chart(&empty()).expect("some"), "No circuit breaker opened in 60 min"),
        (ownership::chart(&empty()), "No key was contested in 60 min"),
        (messages::chart(&empty()), "Messages: not recorded in this dataset"),
    ] {
        assert_eq!(chart.title, title);
        assert!(chart.message.is_some() && chart.layers.is_empty());
    }
    let mut odd = empty();
    odd.summary.conflicts.insert("expired_lease_steal".to_owned(), 1);
    assert_eq!(ownership::chart(&odd).title, "Ownership: not recorded in this dataset");
}

#[test]
fn exposed_items_are_drawn_only_for_runs_with_trades_and_say_what_became_of_them() {
    let mut dataset = sample::bare(60_000_000, None);
    assert!(exposure::chart(&dataset).is_none());
    let bin = |most, duplicated, lost| ExposureBin { most, last: 0, duplicated, lost };
    let bins = vec![bin(0, 0, 0), bin(3, 2, 0), bin(1, 0, 1), bin(0, 0, 0)];
    dataset.exposure = Some(Exposure { bin_us: 15_000_000, bins });
    let one = |n: u64| [("crash".to_owned(), n)].into();
    let trades = Trades { made: 90, exposed_max: 3, ..Trades::default() };
    for (duplicated, lost, title) in [
        (2, 1, "90 trades duplicated 2 items and lost 1"),
        (1, 0, "90 trades duplicated 1 item"),
        (0, 4, "90 trades lost 4 items"),
        (0, 0, "90 trades, and no item was duplicated or lost"),
    ] {
        let (duplicated, lost) = (one(duplicated), one(lost));
        dataset.summary.trades = Some(Trades { duplicated, lost, ..trades.clone() });
        assert_eq!(exposure::chart(&dataset).expect("there are trades").title, title);
    }
    let chart = exposure::chart(&dataset).expect("there are trades");
    let Marks::Columns(columns) = &chart.layers[0].marks else { panic!("a gauge is columns") };
    let tops: Vec<_> = columns.iter().map(|column| (column.from, column.to, column.top)).collect();
    assert_eq!(tops, [(15.0, 30.0, 3.0), (30.0, 45.0, 1.0)]);
    let Marks::Flags(flags) = &chart.layers[1].marks else { panic!("incidents are flags") };
    assert_eq!((flags[0].at, flags[0].count), (19.5, 2));
    assert_eq!(chart.layers[2].label, "Lost for good (1)");
    assert!(chart.subtitle.ends_with("the taller, the more items, up to 2."), "{}", chart.subtitle);
}

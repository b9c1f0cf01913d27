//! What the charts claim that are no counts over time: starts, ages, breakers, ownership; and the
//! messages.

use crate::{MINUTE, legend, minute, sample};
use leasehold_data::{AgeBin, Ages, BreakerRow, BreakerSpan, BreakerState, Conflict, Dataset};
use leasehold_data::{
    CommittedWrite, Held, Interval, Ownership, Quantiles, Reached, StartTimes, track,
};
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

/// A hundred starts, one each `step_us`.
fn times(outcome: &str, step_us: u64) -> StartTimes {
    let points = (1..=100).map(|n| Reached { within_us: n * step_us, starts: n }).collect();
    StartTimes { outcome: outcome.to_owned(), count: 100, points }
}

#[test]
fn starts_are_curves_up_to_all_of_their_outcome_and_the_title_says_how_long_most_took() {
    let mut dataset = empty();
    dataset.start_times = vec![times("granted", 20_000), times("lease_held", 10_000)];
    (dataset.summary.starts.asked, dataset.summary.starts.granted) = (250, 100);
    dataset.summary.starts.pending = 50;
    let (p50_us, p99_us) = (SECOND, 1_984_000);
    dataset.summary.start_latency =
        Quantiles { count: 100, p50_us, p99_us, ..Quantiles::default() };
    let chart = starts::chart(&dataset);
    assert_eq!(chart.title, "Starts that were granted: half within 1 s, 99 % within 1.98 s");
    assert!(chart.subtitle.ends_with("Of 250 starts, 40 % were granted; 50 were cut off."));
    assert_eq!(legend(&chart), ["Granted (100)", "Rejected: lease held (100)"]);
    let Marks::Line(pieces) = &chart.layers[0].marks else { panic!("a curve is a line") };
    let (first, last) = (pieces[0][0], *pieces[0].last().unwrap());
    assert_eq!((first.1, last), (0.0, (200f64.log10(), 100.0)));
    let upright = |pair: &[(f64, f64)]| pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1;
    assert!(pieces[0].windows(2).all(upright), "no time is shown that no start took");
    let labels: Vec<_> = chart.x.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(labels, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
}

#[test]
fn refusals_beyond_the_colours_are_named_and_not_drawn() {
    let mut dataset = empty();
    dataset.start_times = ["a", "b", "c", "d", "e", "f"].map(|name| times(name, 10_000)).into();
    dataset.start_times[2].count = 99;
    let chart = starts::chart(&dataset);
    assert_eq!((chart.layers.len(), chart.layers[4].label.as_str()), (5, "Rejected: f (100)"));
    assert_eq!(chart.notes, ["Rarer refusals, not drawn: c (99)."]);
}

#[test]
fn the_title_of_ages_speaks_first_of_what_was_never_saved() {
    let mut dataset = empty();
    let bin =
        AgeBin { saves: 1, p50_us: SECOND, p99_us: SECOND, max_us: 2 * SECOND, unsaved_us: 0 };
    let (promised_us, bin_us) = (30 * SECOND, 60 * SECOND);
    dataset.ages = Ages { promised_us, bin_us, bins: vec![bin], ..Ages::default() };
    dataset.summary.progress.lost = [("expired".to_owned(), 3_277)].into();
    let title = "3,277 changes never saved; the others waited at most 2 s";
    assert_eq!(ages::chart(&dataset).title, title);
}

#[test]
fn the_title_of_ages_says_whether_the_promise_was_kept() {
    for (oldest, title) in [
        (5, "No change waited longer than 5 s; promised are 30 s"),
        (31, "No change waited longer than 31 s: 30 s and a call, as promised"),
        (61, "A change was unsaved for 61 s, more than the promised 60 s"),
        (0, "No change was saved in 60 min"),
    ] {
        let bin = AgeBin {
            saves: u64::from(oldest > 0),
            p50_us: SECOND,
            p99_us: SECOND,
            max_us: oldest * SECOND,
            unsaved_us: 0,
        };
        let mut dataset = empty();
        dataset.ages = Ages {
            promised_us: 30 * SECOND,
            call_us: 30 * SECOND,
            bin_us: 60 * SECOND,
            bins: vec![AgeBin::default(), bin],
            ..Ages::default()
        };
        let chart = ages::chart(&dataset);
        assert_eq!(chart.title, title);
        let late = chart.layers.iter().any(|layer| layer.label.contains("above 60 s"));
        assert_eq!((late, chart.message.is_some()), (oldest == 61, oldest == 0));
    }
}

#[test]
fn the_title_of_ages_accuses_nobody_whom_the_observer_excuses() {
    let mut dataset = empty();
    let bin = AgeBin { saves: 1, max_us: 61 * SECOND, ..AgeBin::default() };
    let (promised_us, bin_us) = (30 * SECOND, 60 * SECOND);
    dataset.ages = Ages { promised_us, bin_us, bins: vec![bin], ..Ages::default() };
    let name = "dirty_age_is_bounded".to_owned();
    dataset.invariants = vec![Invariant { name, ..Invariant::default() }];
    let title = "A change was unsaved for 61 s, since calls failed";
    assert_eq!(ages::chart(&dataset).title, title);
    dataset.invariants[0].violations = 1;
    let title = "A change was unsaved for 61 s, more than the promised 30 s";
    assert_eq!(ages::chart(&dataset).title, title);
}

#[test]
fn what_is_still_unsaved_counts_for_the_title_of_ages_and_is_drawn() {
    let saved = AgeBin { saves: 1, p50_us: SECOND, p99_us: SECOND, max_us: SECOND, unsaved_us: 0 };
    let waits = AgeBin { unsaved_us: 840 * SECOND, ..AgeBin::default() };
    let mut dataset = empty();
    let (promised_us, call_us, bin_us) = (30 * SECOND, 30 * SECOND, 60 * SECOND);
    let bins = vec![saved, waits];
    dataset.ages = Ages { promised_us, call_us, bin_us, bins, ..Ages::default() };
    let chart = ages::chart(&dataset);
    assert_eq!(chart.title, "A change was unsaved for 14 min, more than the promised 60 s");
    assert!(legend(&chart).contains(&"Oldest still unsaved"));
    dataset.ages.bins.pop();
    (dataset.ages.unsaved, dataset.ages.unsaved_max_us) = (1, 55 * SECOND);
    let title = "No change waited longer than 55 s: 30 s and a call, as promised";
    assert_eq!(ages::chart(&dataset).title, title);
}

#[test]
fn breakers_have_a_lane_each_with_their_timeouts_and_the_outages_behind() {
    let mut dataset = empty();
    let open = BreakerState::Open { timeout_us: 30 * SECOND };
    let spans = vec![
        BreakerSpan { during: during(60, 90), state: open },
        BreakerSpan { during: during(90, 91), state: BreakerState::HalfOpen },
    ];
    let row = |server, openings| BreakerRow { server, openings, spans: spans.clone(), later: 0 };
    dataset.breakers.servers =
        (0..20).rev().map(|server| row(server, 1 + u64::from(server))).collect();
    dataset.breakers.others = 3;
    let incident =
        |what: &str, during| Incident { what: what.to_owned(), servers: Vec::new(), during };
    dataset.incidents =
        vec![incident("degraded", during(40, 95)), incident(OUTAGE, during(50, 80))];
    dataset.manifest.servers = 100;
    let chart = breakers::chart(&dataset);
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
    assert_eq!(chart.title, "k7: two owners at once, for 3 s");
    let labels = [
        "A session considered itself owner",
        "Two owners at once (1)",
        "Its server was paused",
        "Named by the store",
        "Write committed (1)",
        "Lease conflict (1)",
    ];
    assert_eq!(legend(&chart), labels);
    let Marks::Bands(bands) = &chart.layers[0].marks else { panic!("overlaps are shaded") };
    assert_eq!(bands[..], [(100.0 / 60.0, 103.0 / 60.0)]);
    let Marks::Columns(both) = &chart.layers[2].marks else { panic!("and marked in both lanes") };
    assert_eq!(both.len(), 2);
    assert_eq!((both[0].base, both[1].base), (1.5, 0.5));
    let quiet = ownership::chart(&contest(0));
    assert_eq!(quiet.title, "k7 had 2 lease conflicts and never two owners at once");
    assert!(!legend(&quiet).contains(&"Two owners at once (1)"));
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
        (track::CONFLICT_ANSWERED, 9),
    ]));
    assert_eq!(chart.title, "10 % of messages were lost, 45 % of challenges answered in time");
    let labels = [
        "Delivered (28)",
        "Nobody listened (0)",
        "Lost (3)",
        "Sent (30)",
        "Challenges answered in time (9)",
        "Will come twice (1)",
    ];
    assert_eq!(legend(&chart), labels);
    assert_eq!(messages::chart(&minute(&[])).title, "No message in 60 s");
    let presumed = messages::chart(&minute(&[(track::CONFLICT_ANSWERED, 35)]));
    assert_eq!(presumed.message.as_deref(), Some("No message was sent."));
    assert!(!legend(&presumed).iter().any(|label| label.contains("answered")));
}

#[test]
fn without_rows_each_chart_says_so() {
    for (chart, title) in [
        (starts::chart(&empty()), "No session start in 60 min"),
        (ages::chart(&empty()), "Ages of unsaved changes: not recorded in this dataset"),
        (breakers::chart(&empty()), "No circuit breaker opened in 60 min"),
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
}

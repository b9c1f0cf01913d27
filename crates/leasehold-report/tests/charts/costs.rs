//! What the charts claim of what players and servers pay: time to play, budgets, lost changes.

use crate::{MINUTE, legend, sample};
use leasehold_data::{BudgetBin, Budgets, Dataset, Invariant, JoinEnd, JoinTimes};
use leasehold_data::{QueueBin, Reached, Waits};
use leasehold_report::{Chart, Marks, budget, changes, starts};

const SECOND: u64 = 1_000_000;

fn empty() -> Dataset {
    sample::bare(60 * MINUTE, None)
}

/// A hundred joins, one each `step_us`.
fn times(end: JoinEnd, step_us: u64) -> JoinTimes {
    let points = (1..=100).map(|n| Reached { within_us: n * step_us, joins: n }).collect();
    JoinTimes { end, count: 100, rejected: 9, points }
}

fn rejected(reason: &str) -> JoinEnd {
    JoinEnd::Rejected(reason.to_owned())
}

fn line(chart: &Chart, nth: usize) -> &[(f64, f64)] {
    let Marks::Line(pieces) = &chart.layers[nth].marks else { panic!("{nth} is no line") };
    &pieces[0]
}

#[test]
fn starts_are_shares_of_all_joins_and_the_title_says_how_many_were_playing_and_how_soon() {
    let mut dataset = empty();
    let held = times(rejected("lease_held"), 10_000);
    dataset.join_times =
        vec![times(JoinEnd::Playing, 20_000), times(JoinEnd::Waiting, 5 * SECOND), held];
    dataset.join_times[1].points.truncate(50);
    dataset.join_times[1].count = 50;
    dataset.summary.starts.asked = 300;
    dataset.summary.starts.failed = [("lease_held".to_owned(), 120)].into();
    let chart = starts::chart(&dataset);
    let title = "40 % of 250 joins led into the game within 2 s; 40 % were given up; 50 were still \
                 waiting at the end";
    assert_eq!(chart.title, title);
    assert!(chart.subtitle.starts_with("Cumulative incidence"), "{}", chart.subtitle);
    assert_eq!(chart.y.label, "ended so, % of all joins");
    let labels = [
        "In the game (100, 9 after a rejection)",
        "Still waiting when the run ended (50, 9 after a rejection)",
        "Gave up: lease held (100)",
    ];
    assert_eq!(legend(&chart), labels);
    assert_eq!(chart.notes, ["Of 300 starts were rejected: lease held (120)."]);
    let playing = line(&chart, 0);
    assert_eq!(playing[0].1, 0.0);
    assert_eq!(*playing.last().unwrap(), (chart.x.max, 40.0), "and stays there");
    let reached = line(&chart, 2).iter().find(|point| point.1 == 40.0).unwrap();
    assert_eq!(reached.0, 100f64.log10(), "after a second, a hundred times where the axis begins");
    let upright = |pair: &[(f64, f64)]| pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1;
    assert!(playing.windows(2).all(upright), "no time is shown that no join took");
    let ends = (0..3).map(|nth| line(&chart, nth).last().unwrap().1);
    assert_eq!(ends.sum::<f64>(), 100.0, "every join ends somehow");
}

#[test]
fn where_everybody_came_in_the_title_of_starts_says_how_soon_half_and_nearly_all_did() {
    let mut dataset = empty();
    dataset.join_times = vec![times(JoinEnd::Playing, 20_000)];
    let play = &mut dataset.summary.play;
    (play.p50_us, play.p99_us) = (Some(SECOND), Some(1_984_000));
    let title = "All 100 joins led into the game: half within 1 s, 99 % within 1.98 s";
    assert_eq!(starts::chart(&dataset).title, title);
    dataset.join_times[0].end = rejected("late");
    let title = "None of 100 joins led into the game; 100 % were given up";
    assert_eq!(starts::chart(&dataset).title, title);
}

#[test]
fn rejections_beyond_the_colours_are_named_and_not_drawn() {
    let mut dataset = empty();
    let reasons = ["a", "b", "c", "d", "e"];
    dataset.join_times = reasons.map(|reason| times(rejected(reason), 10_000)).into();
    dataset.join_times[2].count = 99;
    let chart = starts::chart(&dataset);
    assert_eq!((chart.layers.len(), chart.layers[3].label.as_str()), (4, "Gave up: e (100)"));
    assert_eq!(chart.notes, ["Rarer, not drawn: Gave up: c (99)."]);
}

fn bin(busiest_ppm: u64, experience_ppm: Option<u64>) -> BudgetBin {
    BudgetBin { busiest_ppm, median_ppm: busiest_ppm / 2, experience_ppm }
}

#[test]
fn budgets_are_shares_of_what_comes_in_with_the_limit_drawn_beside_them() {
    let mut dataset = empty();
    assert!(budget::chart(&dataset).is_none(), "there are none");
    let used = vec![bin(500_000, None), bin(1_250_000, None)];
    dataset.budgets = Some(Budgets { bin_us: 30 * MINUTE, used, ..Budgets::default() });
    let chart = budget::chart(&dataset).expect("there are budgets");
    let title = "The busiest server used at most 125 % of its request budget; no call waited";
    assert_eq!(chart.title, title);
    let labels = ["Median server", "Busiest server", "Limit: what comes in meanwhile"];
    assert_eq!(legend(&chart), labels);
    assert_eq!(line(&chart, 1), [(0.0, 50.0), (30.0, 50.0), (30.0, 125.0), (60.0, 125.0)]);
    assert_eq!(line(&chart, 2), [(0.0, 100.0), (60.0, 100.0)]);
    assert!(budget::queue(&dataset).is_none(), "no call waited");
    let used = &mut dataset.budgets.as_mut().expect("it is there").used;
    *used = vec![bin(500_000, Some(900_000))];
    dataset.summary.waits.queued = 7;
    let chart = budget::chart(&dataset).expect("there are budgets");
    let title = "All servers used at most 90 % of the experience's request budget; 7 calls waited";
    assert_eq!(chart.title, title);
    assert_eq!(chart.y.max, 100.0, "the limit is in the picture");
}

#[test]
fn a_queue_is_shown_if_a_call_waited_and_says_how_many_did_at_once_and_were_dropped() {
    let mut dataset = empty();
    let queue = vec![QueueBin { waiting: 3, dropped: 0 }, QueueBin { waiting: 30, dropped: 8 }];
    dataset.budgets = Some(Budgets { queue_bin_us: 30 * MINUTE, queue, ..Budgets::default() });
    dataset.summary.waits =
        Waits { queued: 448, longest_us: Some(942_524), dropped: [("E".to_owned(), 8)].into() };
    let chart = budget::queue(&dataset).expect("calls waited");
    let title =
        "448 calls waited for a budget, up to 30 at once, for up to 0.943 s; 8 were dropped";
    assert_eq!(chart.title, title);
    let labels = ["Waiting at once, at the most (up to 30)", "Dropped: the queue was full (8)"];
    assert_eq!(legend(&chart), labels);
    let Marks::Columns(columns) = &chart.layers[0].marks else { panic!("a gauge is columns") };
    let tops: Vec<_> = columns.iter().map(|column| (column.from, column.to, column.top)).collect();
    assert_eq!(tops, [(0.0, 30.0, 3.0), (30.0, 60.0, 30.0)]);
}

fn harm(name: &str, causes: &[(&str, u64)]) -> Invariant {
    let causes = causes.iter().map(|(cause, n)| ((*cause).to_owned(), *n)).collect();
    Invariant { name: name.to_owned(), causes, ..Invariant::default() }
}

#[test]
fn changes_that_went_have_a_bar_for_each_cause_the_worst_on_top() {
    let mut dataset = empty();
    assert!(changes::chart(&dataset).is_none(), "nothing went");
    dataset.harm = vec![
        harm("lost", &[("crash", 30), ("a_save", 5)]),
        harm("rolled_back", &[("a_save", 15)]),
        harm("gave_up", &[("patience", 99)]),
    ];
    let chart = changes::chart(&dataset).expect("some went");
    let title = "35 changes were lost and 15 rolled back. The most frequent cause: crash (30)";
    assert_eq!(chart.title, title);
    let lanes: Vec<_> = chart.y.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(lanes, ["crash (30)", "a save (20)"]);
    assert_eq!(legend(&chart), ["Lost (35)", "Rolled back (15)"]);
    let Marks::Columns(over) = &chart.layers[1].marks else { panic!("bars are columns") };
    assert_eq!((over[0].from, over[0].to), (5.0, 20.0), "beside what was lost by the same");
    assert_eq!(chart.notes, ["Of those rolled back, 15 were stored again later."]);
    dataset.harm = vec![harm("lost", &[("crash", 1)])];
    let chart = changes::chart(&dataset).expect("one went");
    assert_eq!(chart.title, "1 change was lost. The cause: crash");
}

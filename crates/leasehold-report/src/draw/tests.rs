//! Where the words of all sorts of charts end up.

use super::*;
use crate::layout::{Recorder, faults};
use leasehold_data::Dataset;
use std::collections::BTreeMap;

#[path = "../../tests/charts/sample.rs"]
mod sample;

fn charts(dataset: &Dataset) -> Vec<Chart> {
    crate::charts(dataset)
}

const MINUTE: u64 = 60_000_000;

/// A run whose library has long words for things.
fn causes(cause: &str) -> Dataset {
    let mut dataset = sample::typical(60 * MINUTE, 360, 10);
    for harm in &mut dataset.harm {
        harm.causes = (0..30).map(|nth| (format!("{cause} {nth}"), 1_000_000 + nth)).collect();
    }
    let failed = (0..30).map(|nth| (format!("{cause} {nth}"), nth));
    dataset.summary.starts.failed = failed.collect::<BTreeMap<_, _>>();
    dataset.resolutions[0].words = cause.to_owned();
    for times in &mut dataset.join_times {
        if let leasehold_data::JoinEnd::Rejected(reason) = &mut times.end {
            *reason = format!("{cause} {reason}");
        }
    }
    dataset
}

/// Runs that put words in each other's way: early, late and central heals, long numbers, long
/// names.
fn runs() -> Vec<(&'static str, Dataset)> {
    let ones =
        |heal| sample::filled(60 * MINUTE, Some(heal), 400, |_, row| row.is_multiple_of(7).into());
    let mut wordy = sample::typical(60 * MINUTE, 360, 10);
    wordy.manifest.scenario = "a scenario with quite a lot to say for itself ".repeat(9);
    wordy.manifest.protocol = "x".repeat(400);
    vec![
        ("typical", sample::typical(60 * MINUTE, 360, 10)),
        ("90 seconds", sample::typical(MINUTE * 3 / 2, 90, 3)),
        ("3 hours", sample::typical(180 * MINUTE, 400, 100)),
        ("healed at once", ones(0)),
        ("healed early", ones(3 * MINUTE)),
        ("healed last", ones(60 * MINUTE)),
        ("huge", sample::filled(60 * MINUTE, Some(MINUTE), 40, |_, _| 1_000_000_000_000_000)),
        ("bare", sample::bare(60 * MINUTE, Some(9 * MINUTE))),
        ("wordy", wordy),
        ("wordy causes", causes("with a cause that takes many words ".repeat(9).trim())),
        ("wordy cause of one word", causes(&"x".repeat(400))),
    ]
}

#[test]
fn no_text_of_a_story_leaves_the_page_or_meets_another_one_however_many_servers_take_part() {
    let manifest = &sample::typical(MINUTE, 60, 3).manifest;
    for servers in [1, 2, 3, 6, 9] {
        let mut story = sample::story(servers);
        for (nth, event) in story.events.iter_mut().enumerate() {
            event.words.push_str(&" and so on".repeat(nth % 5 * 3));
        }
        let diagram = crate::story::diagram(manifest, &story);
        let mut recorder = Recorder::default();
        diagram::page(&diagram, Canvas::new(&mut recorder, 1.0).unwrap()).unwrap();
        let height = diagram::height(&diagram).unwrap();
        assert_eq!(faults(&recorder.texts, height), [""; 0], "{servers} servers");
    }
}

#[test]
fn no_text_leaves_the_page_or_meets_another_one_even_in_a_wider_font() {
    for (name, dataset) in runs() {
        for chart in charts(&dataset) {
            let layout = chart.layout().unwrap();
            assert_eq!(layout.faults(), [""; 0], "{name}, {}", chart.slug);
            if !name.starts_with("wordy") {
                assert_eq!(layout.cut().collect::<Vec<_>>(), [""; 0], "{name}, {}", chart.slug);
            }
        }
    }
}

#[test]
fn what_does_not_fit_into_its_place_is_written_beside_it() {
    let mut dataset = sample::typical(30 * MINUTE, 360, 3);
    let texts = |dataset: &Dataset| {
        let chart = crate::breakers::chart(dataset).expect("it has breakers");
        let all = chart.layout().unwrap().texts.into_iter().map(|placed| placed.text);
        all.filter(|text| matches!(text.as_str(), "30 s" | "60 s")).count()
    };
    assert_eq!(texts(&dataset), 2 * 3);
    for row in &mut dataset.breakers.as_mut().expect("it has breakers").servers {
        // Half a minute and a minute, in half an hour.
        (row.spans[0].during.from_us, row.spans[0].during.to_us) = (MINUTE, MINUTE * 3 / 2);
        (row.spans[2].during.from_us, row.spans[2].during.to_us) = (MINUTE * 3 / 2, MINUTE * 5 / 2);
    }
    assert_eq!(texts(&dataset), 2 * 3);
}

#[test]
fn of_words_in_one_place_the_first_is_written() {
    let mut dataset = sample::typical(30 * MINUTE, 360, 3);
    for row in &mut dataset.breakers.as_mut().expect("it has breakers").servers {
        for span in &mut row.spans {
            (span.during.from_us, span.during.to_us) = (MINUTE, 20 * MINUTE);
        }
    }
    let layout = crate::breakers::chart(&dataset).expect("it has breakers").layout().unwrap();
    assert_eq!(layout.faults(), [""; 0]);
    assert_eq!(layout.texts.iter().filter(|placed| placed.text == "30 s").count(), 3);
}

#[test]
fn the_last_label_of_an_axis_stays_in_the_picture_however_wide() {
    let mut dataset = sample::typical(30 * MINUTE, 40, 3);
    for kind in &mut dataset.harm {
        kind.causes.insert("outage".to_owned(), u32::MAX.into());
    }
    let layout = crate::changes::chart(&dataset).expect("changes were lost").layout().unwrap();
    assert_eq!(layout.faults(), [""; 0]);
    assert!(layout.texts.iter().any(|placed| placed.text.ends_with(" billion")));
}

#[test]
fn a_title_is_a_whole_sentence_however_long_and_no_larger_than_it_may_be() {
    let fonts = Fonts::load().unwrap();
    let size = |title: &str| {
        let (look, most) = title_look(&fonts, title);
        let lines = wrap(&fonts, title, look, (ROOM, most));
        assert_eq!(lines.join(" "), title);
        look.size
    };
    assert_eq!(size("No circuit breaker opened in 30 min"), TITLE.size);
    let long = "k160: item 605 is lost: the save of s9 took it out, as commit 8 of k35 at 120.154 s; \
                the session of s9 that put it into k160 was over at 120.334 s without saving it: crash";
    assert!(size(long) < TITLE.size);
}

#[test]
fn a_number_is_not_parted_from_its_unit() {
    let fonts = Fonts::load().unwrap();
    for words in 1..60 {
        let text = format!("{}12.5 s {}", "ab ".repeat(words), "cd ".repeat(60));
        let lines = wrap(&fonts, text.trim(), SMALL, (400.0, 60));
        assert!(lines.iter().any(|line| line.contains("12.5 s")), "{lines:?}");
    }
}

#[test]
fn a_text_too_long_for_its_lines_is_cut_off_visibly() {
    let fonts = Fonts::load().unwrap();
    assert_eq!(wrap(&fonts, "short enough", SMALL, (ROOM, LINES_MAX)), ["short enough"]);
    let lines = wrap(&fonts, &"word ".repeat(200), SMALL, (ROOM, LINES_MAX));
    assert_eq!(lines.len(), LINES_MAX);
    assert!(!lines[0].ends_with('…'));
    assert!(lines[1].ends_with('…'));
}

#[test]
fn what_lies_outside_the_axes_is_drawn_at_the_edge() {
    let frame =
        Frame { left: 100.0, right: 200.0, top: 10.0, bottom: 50.0, x_max: 10.0, y_max: 4.0 };
    assert_eq!((frame.x(5.0), frame.x(-1.0), frame.x(11.0)), (150.0, 100.0, 200.0));
    assert_eq!((frame.y(0.0), frame.y(1.0), frame.y(9.0)), (50.0, 40.0, 10.0));
}

//! Where the words end up: a backend that draws nothing and remembers every text's place.

use super::*;
use leasehold_data::Dataset;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, DrawingErrorKind};
use std::convert::Infallible;

#[path = "../../tests/charts/sample.rs"]
mod sample;

/// A text and its corners: left, top, right, bottom.
type Place = (String, [f64; 4]);

struct Recorder(Vec<Place>);

impl DrawingBackend for Recorder {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        _: BackendCoord,
        _: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (_, (width, height)) = style.layout_box(text).unwrap();
        // As wide as the widest font that a viewer may put in place of ours.
        let width = f64::from(width) * 1.15;
        let left = match style.anchor().h_pos {
            HPos::Left => f64::from(x),
            HPos::Center => f64::from(x) - width / 2.0,
            HPos::Right => f64::from(x) - width,
        };
        let (top, bottom) = (f64::from(y), f64::from(y + height));
        self.0.push((text.to_owned(), [left, top, left + width, bottom]));
        Ok(())
    }
}

fn places(chart: &Chart) -> Vec<Place> {
    let mut recorder = Recorder(Vec::new());
    page(chart, Canvas::new(&mut recorder, 1.0).unwrap()).unwrap();
    recorder.0
}

fn charts(dataset: &Dataset) -> Vec<Chart> {
    crate::charts(dataset)
}

const MINUTE: u64 = 60_000_000;

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
    ]
}

/// Checks that texts stay on a page of this height, and clear of each other.
fn tidy(name: &str, places: &[Place], height: u32) {
    for (i, (text, [left, top, right, bottom])) in places.iter().enumerate() {
        let inside = *left >= 0.0
            && *top >= 0.0
            && *right <= f64::from(WIDTH)
            && *bottom <= f64::from(height);
        assert!(inside, "{name}: {text:?} leaves the page");
        for (other, [l, t, r, b]) in &places[i + 1..] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{name}: {text:?} meets {other:?}");
        }
    }
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
        let mut recorder = Recorder(Vec::new());
        diagram::page(&diagram, Canvas::new(&mut recorder, 1.0).unwrap()).unwrap();
        let height = diagram::height(&diagram).unwrap();
        tidy(&format!("{servers} servers"), &recorder.0, height);
    }
}

#[test]
fn no_text_leaves_the_page_or_meets_another_one_even_in_a_wider_font() {
    for (name, dataset) in runs() {
        for chart in charts(&dataset) {
            tidy(&format!("{name}, {}", chart.slug), &places(&chart), HEIGHT);
        }
    }
}

#[test]
fn what_does_not_fit_into_its_place_is_written_beside_it() {
    let mut dataset = sample::typical(30 * MINUTE, 360, 3);
    let texts = |dataset: &Dataset| {
        let all = places(&crate::breakers::chart(dataset).expect("it has breakers"))
            .into_iter()
            .map(|(text, _)| text);
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

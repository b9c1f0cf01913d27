//! What the charts claim, and that every one of them becomes a picture.

mod costs;
mod details;
mod hostile;
mod sample;
mod stories;

use leasehold_data::{Dataset, Resolution, track};
use leasehold_report::{Chart, HEIGHT, Layer, Marks, WIDTH, calls, charts, conflicts};
use sample::{ALIVE, EXPIRED, SILENT};

const MINUTE: u64 = 60_000_000;

/// Six rows of ten seconds, with these totals in the first row and nothing else.
fn minute(totals: &[(&str, u64)]) -> Dataset {
    let total = |name: &str| totals.iter().find(|(track, _)| *track == name).map_or(0, |(_, n)| *n);
    sample::filled(MINUTE, None, 6, |name, row| if row == 0 { total(name) } else { 0 })
}

fn legend(chart: &Chart) -> Vec<&str> {
    let labels = chart.layers.iter().map(|layer| layer.label.as_str());
    labels.filter(|label| !label.is_empty()).collect()
}

fn tops(layer: &Layer) -> Vec<(f64, f64, f64)> {
    let Marks::Columns(columns) = &layer.marks else { panic!("{} has no columns", layer.label) };
    columns.iter().map(|column| (column.from, column.base, column.top)).collect()
}

#[test]
fn the_title_of_conflicts_says_how_many_took_the_lease_of_a_live_owner() {
    const OVERLAP: &str = track::DOUBLE_OWNERSHIP;
    for (totals, title) in [
        (&[][..], "No lease conflict in 60 s"),
        (&[(OVERLAP, 8)], "No lease conflict; double ownership began 8 times"),
        (&[(ALIVE, 1)], "The only lease conflict took no lease from a live owner"),
        (
            &[(SILENT, 1), (OVERLAP, 2)],
            "The only lease conflict took the lease from a live owner; double ownership began 2 \
             times",
        ),
        (
            &[(EXPIRED, 300), (SILENT, 10)],
            "None of 310 lease conflicts took the lease from a live owner",
        ),
        (&[(SILENT, 3), (OVERLAP, 3)], "All 3 lease conflicts took the lease from a live owner"),
        (
            &[(EXPIRED, 3_268), (SILENT, 42), (OVERLAP, 40)],
            "40 of 3,310 lease conflicts took the lease from a live owner",
        ),
    ] {
        assert_eq!(conflicts::chart(&minute(totals)).title, title);
    }
}

#[test]
fn conflicts_are_told_in_the_words_of_the_library_whatever_they_are() {
    let mut dataset = minute(&[]);
    let one = |name: &str, class: &str, words: &str| {
        let (name, class, words) = (name.to_owned(), class.to_owned(), words.to_owned());
        Resolution { name, class, words, conflicts: 1, from_live_owners: 0 }
    };
    dataset.resolutions = vec![
        one("session_steal", "silence", "the owner had its time to go"),
        one("handed_over", "handed_over", "the owner let go"),
        one("quarrel", "of no known class", ""),
    ];
    for resolution in &dataset.resolutions {
        dataset.series.tracks.insert(track::conflict(&resolution.name), vec![0, 1]);
    }
    let labels = [
        "Quarrel (1)",
        "Handed over: the owner let go (1)",
        "Session steal: the owner had its time to go (1)",
    ];
    assert_eq!(legend(&conflicts::chart(&dataset)), labels);
}

#[test]
fn the_title_of_calls_names_the_largest_kind_and_the_failures() {
    for (totals, title) in [
        (&[][..], "No datastore call in 60 s"),
        (&[(track::SAVE, 1)], "Saves are 100 % of 1 datastore call; none failed"),
        (
            &[(track::RENEW, 2_286), (track::SAVE, 900), (track::RETRY, 34), (track::FAILED, 34)],
            "Renewals are 71.0 % of 3,220 datastore calls; 1.06 % failed",
        ),
        (
            &[(track::SAVE, 3_236), (track::FAILED, 32), (track::SHORT_CIRCUITED, 849)],
            "Saves are 100 % of 3,236 datastore calls; 32 failed, and breakers stopped 849 more",
        ),
        (
            &[(track::SAVE, 3), (track::SHORT_CIRCUITED, 1_849)],
            "Saves are 100 % of 3 datastore calls; none failed, and breakers stopped 1,849 more",
        ),
        (
            &[(track::SAVE, 5), (track::RENEW, 5)],
            "Renewals are 50 % of 10 datastore calls; none failed",
        ),
        (
            &[(track::ACQUIRE, 999), (track::RELEASE, 1)],
            "Acquires are 99.9 % of 1,000 datastore calls; none failed",
        ),
    ] {
        assert_eq!(calls::chart(&minute(totals)).title, title);
    }
}

#[test]
fn conflicts_are_stacked_counts_per_bin_with_flags_where_overlaps_began() {
    let dataset = sample::filled(MINUTE, Some(40_000_000), 6, |name, row| match (name, row) {
        (EXPIRED, 1 | 2) => 2,
        (SILENT, 2) => 3,
        (track::DOUBLE_OWNERSHIP, 2) => 4,
        _ => 0,
    });
    let chart = conflicts::chart(&dataset);
    assert_eq!(chart.y.label, "conflicts per 10 s");
    assert_eq!(chart.x.label, "virtual time, seconds");
    assert_eq!((chart.x.max, chart.y.max), (60.0, 5.0));
    let labels = [
        "Expired lease steal: so it was (4)",
        "Active owner confirmed: so it was (0)",
        "Messaging timeout steal: so it was (3)",
        "Double ownership began (4)",
    ];
    assert_eq!(legend(&chart), labels);
    assert_eq!(tops(&chart.layers[0]), [(10.0, 0.0, 2.0), (20.0, 0.0, 2.0)]);
    assert_eq!(tops(&chart.layers[1]), []);
    assert_eq!(tops(&chart.layers[2]), [(20.0, 2.0, 5.0)]);
    let Marks::Flags(flags) = &chart.layers[3].marks else { panic!("overlaps are flags") };
    assert_eq!((flags.len(), flags[0].at, flags[0].count), (1, 25.0, 4));
    assert_eq!((chart.rules.len(), chart.rules[0].at), (1, 40.0));
    assert_eq!(chart.rules[0].label, "heal: all faults end at 40 s");
    assert_eq!((chart.message, chart.notes.len()), (None, 0));
}

#[test]
fn without_overlaps_nothing_speaks_of_triangles() {
    let chart = conflicts::chart(&minute(&[(EXPIRED, 5)]));
    assert_eq!(chart.layers.len(), 3);
    assert!(!chart.subtitle.contains("Triangles"));
}

#[test]
fn calls_are_stacked_rates_with_failures_as_a_line() {
    let chart = calls::chart(&minute(&[
        (track::RENEW, 20),
        (track::SAVE, 10),
        (track::RETRY, 5),
        (track::FAILED, 5),
    ]));
    assert_eq!(chart.y.label, "calls per second");
    assert_eq!(legend(&chart), ["Renewals (20)", "Saves (10)", "Retries (5)", "Failed (5)"]);
    assert_eq!(tops(&chart.layers[0]), [(0.0, 0.0, 2.0)]);
    assert_eq!(tops(&chart.layers[1]), [(0.0, 2.0, 3.0)]);
    assert_eq!(tops(&chart.layers[2]), [(0.0, 3.0, 3.5)]);
    let Marks::Line(pieces) = &chart.layers[3].marks else { panic!("failures are a line") };
    assert_eq!(pieces[..], [vec![(0.0, 0.0), (5.0, 0.5), (10.0, 0.0)]]);
}

#[test]
fn rare_calls_are_told_per_minute_or_hour() {
    for (duration_us, rows, label) in [
        (MINUTE, 6, "calls per second"),
        (60 * MINUTE, 60, "calls per minute"),
        (1_440 * MINUTE, 24, "calls per hour"),
    ] {
        let count = if rows == 6 { 10 } else { 1 };
        let dataset = sample::filled(duration_us, None, rows, |name, _| match name {
            track::RENEW => count,
            _ => 0,
        });
        let chart = calls::chart(&dataset);
        assert_eq!(chart.y.label, label);
        assert_eq!(chart.y.max, 1.0);
    }
}

#[test]
fn what_a_breaker_stopped_stands_hatched_on_what_was_sent() {
    let quiet = calls::chart(&minute(&[(track::SAVE, 5)]));
    assert_eq!(legend(&quiet), ["Saves (5)"]);
    let busy = calls::chart(&minute(&[(track::SAVE, 5), (track::SHORT_CIRCUITED, 1_500)]));
    assert_eq!(busy.layers[1].label, "Stopped by a circuit breaker (1,500)");
    let Marks::Hatched(stopped) = &busy.layers[1].marks else { panic!("they were not sent") };
    assert_eq!((stopped[0].base, stopped[0].top), (0.5, 150.5), "on top of those that were");
}

#[test]
fn calls_are_shown_by_the_kinds_that_there_were() {
    let busy = calls::chart(&minute(&[(track::SAVE, 5), (track::OTHER, 7)]));
    assert_eq!(legend(&busy), ["Saves (5)", "Others (7)"]);
}

#[test]
fn an_empty_dataset_says_so_instead_of_failing() {
    for (chart, title, note) in [
        (
            conflicts::chart(&sample::bare(60 * MINUTE, None)),
            "Lease conflicts: not recorded in this dataset",
            "Not in this dataset: overlap.double_ownership.",
        ),
        (
            calls::chart(&sample::bare(60 * MINUTE, None)),
            "Datastore calls: not recorded in this dataset",
            "Not in this dataset: calls.renew, calls.save, calls.acquire, calls.release, \
             calls.other, calls.retry, calls.failed, calls.short_circuited.",
        ),
    ] {
        assert_eq!(chart.title, title);
        assert_eq!(chart.notes, [note]);
        assert!(chart.message.is_some());
        assert!(chart.layers.is_empty());
    }
    let zero = minute(&[]);
    assert_eq!(conflicts::chart(&zero).message.as_deref(), Some("No lease conflict happened."));
    assert_eq!(calls::chart(&zero).message.as_deref(), Some("No datastore call was made."));
}

#[test]
fn the_source_names_everything_that_is_needed_to_repeat_the_run() {
    let source = "Scenario message_loss · protocol chronicle · 1 seed (42) · 12 servers, \
                  1,200 players · Leasehold 0.1.0 · digest 8f3a61c0d25be974";
    for chart in charts(&sample::typical(60 * MINUTE, 360, 10)) {
        assert_eq!(chart.source, source);
    }
}

/// One of each sort that a picture must be made of.
fn runs() -> Vec<(&'static str, Dataset)> {
    let mut hostile = sample::typical(60 * MINUTE, 360, 10);
    hostile.manifest.scenario = "<script> & \"quotes\"\n\u{7}".to_owned();
    let huge = |_: &str, row: usize| 1_000_000_000_000_000 - row as u64;
    vec![
        ("typical", sample::typical(60 * MINUTE, 360, 10)),
        ("fine bins", sample::typical(60 * MINUTE, 3_600, 10)),
        ("90 seconds", sample::typical(90_000_000, 90, 8)),
        ("3 hours", sample::typical(180 * MINUTE, 400, 40)),
        ("one bin", sample::filled(90_000_000, None, 1, |_, _| 3)),
        ("huge", sample::filled(60 * MINUTE, None, 40, huge)),
        ("as huge as it gets", sample::filled(60 * MINUTE, None, 2, |_, _| u64::MAX)),
        ("zero", sample::filled(60 * MINUTE, Some(0), 360, |_, _| 0)),
        ("bare", sample::bare(60 * MINUTE, None)),
        ("no time at all", sample::bare(0, Some(0))),
        ("forever", sample::bare(u64::MAX, Some(u64::MAX))),
        ("hostile", hostile),
    ]
}

#[test]
fn every_legend_label_unit_and_word_is_in_the_svg() {
    for (name, dataset) in runs() {
        for chart in charts(&dataset) {
            let svg = chart.svg().unwrap();
            assert!(svg.starts_with("<svg width=\"1600\" height=\"900\""));
            assert!(svg.ends_with("</svg>\n"));
            // A long title takes two texts; whatever is no tag is text.
            let texts: Vec<_> = svg.lines().filter(|line| !line.starts_with('<')).collect();
            let title = chart.title.as_str();
            assert!(texts.join(" ").contains(title), "{name}: {title:?} is absent");
            let words = [chart.x.label.as_str(), &chart.y.label];
            let message = chart.message.as_deref();
            let rules = chart.rules.iter().map(|rule| rule.label.as_str());
            for text in words.into_iter().chain(legend(&chart)).chain(message).chain(rules) {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                assert!(svg.contains(&format!(">\n{text}\n</text>")), "{name}: {text:?} is absent");
            }
        }
    }
}

#[test]
fn other_peoples_words_cannot_break_the_svg() {
    let (_, hostile) = runs().pop().unwrap();
    for chart in charts(&hostile) {
        let svg = chart.svg().unwrap();
        assert!(svg.contains("Scenario &lt;script&gt; &amp; &quot;quotes&quot; · protocol"));
        assert!(!svg.contains("<script>"));
        assert!(!svg.contains('\u{7}'));
    }
}

#[test]
fn every_png_decodes_to_the_size_of_a_page_and_is_not_blank() {
    for (name, dataset) in runs() {
        for chart in charts(&dataset) {
            let bytes = chart.png().unwrap();
            let mut reader = png::Decoder::new(&bytes[..]).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!((info.width, info.height), (WIDTH, HEIGHT));
            let dark = pixels.chunks(3).filter(|pixel| pixel.iter().all(|&v| v < 128)).count();
            assert!(dark > 5_000, "{name}: only {dark} dark pixels in {}", chart.slug);
            for layer in chart.layers {
                let (r, g, b) = (layer.colour.0, layer.colour.1, layer.colour.2);
                let seen = pixels.chunks(3).any(|pixel| pixel == [r, g, b]);
                assert!(seen, "{name}: {} is not to be seen", layer.label);
            }
        }
    }
}

#[test]
fn equal_datasets_give_equal_bytes_and_others_do_not() {
    let draw = |busy| -> Vec<(String, Vec<u8>)> {
        let charts = charts(&sample::typical(60 * MINUTE, 360, busy));
        charts.iter().map(|chart| (chart.svg().unwrap(), chart.png().unwrap())).collect()
    };
    let (once, again, busier) = (draw(10), draw(10), draw(11));
    assert!(once == again);
    for (one, other) in once.iter().zip(&busier) {
        assert!(one.0 != other.0 && one.1 != other.1);
    }
}

#[test]
fn pictures_stay_small_however_fine_the_bins_are() {
    for chart in charts(&sample::typical(60 * MINUTE, 3_600, 60)) {
        assert!(chart.svg().unwrap().len() < 150_000);
        assert!(chart.png().unwrap().len() < 600_000);
    }
}

#[test]
fn each_chart_has_a_file_name_of_its_own() {
    let slugs = |dataset: &Dataset| {
        charts(dataset).iter().map(|chart| chart.slug.to_string()).collect::<Vec<_>>()
    };
    let mut dataset = minute(&[]);
    let all = ["conflicts", "ownership", "starts", "messages", "calls", "breakers", "ages"];
    assert_eq!(slugs(&dataset), all);
    dataset.breakers = None;
    assert!(
        !slugs(&dataset).contains(&"breakers".to_owned()),
        "a library without any has none to show"
    );
}

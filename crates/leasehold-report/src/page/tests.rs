//! What every page keeps.

use super::*;
use crate::testing;

fn page(name: &str) -> String {
    let mut totals = testing::totals();
    totals.scenario = name.to_owned();
    totals.title = name.to_owned();
    let setting = leasehold_data::SettingTotals { name: name.to_owned(), ..testing::setting() };
    totals.settings = vec![setting];
    let commands = vec![(name.to_owned(), format!("leasehold sweep '{name}'"))];
    let page = SweptPage { totals: &totals, changed: None, scenario: name, commands: &commands };
    swept(&page).expect("it can be drawn")
}

#[test]
fn what_a_policy_allows_is_what_stands_in_the_page() {
    let page = page("world");
    let part = |from: &str, to: &str| {
        let (_, rest) = page.split_once(from).expect("it begins");
        rest.split_once(to).expect("it ends").0.to_owned()
    };
    let policy = part("Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for text in [part("<style>", "</style>"), part("<script>", "</script>")] {
        assert!(policy.contains(&format!("'{}'", hash(&text))), "{policy}");
    }
    assert!(!page.contains(" style=\"") && !page.contains(" onclick"), "no part is outside");
    assert!(!page.contains("http://") && !page.contains("src=\""), "nothing is fetched");
}

#[test]
fn whatever_a_name_is_it_is_shown_as_text() {
    let hostile = "</script><script>alert(1)</script>\"'&\u{202e}\u{1f600}";
    let page = page(hostile);
    assert!(!page.contains("<script>alert"), "it would run");
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert_eq!(data("{\"a\":\"</script>\"}"), "{\"a\":\"\\u003c/script>\"}");
}

#[test]
fn a_hostile_name_is_short_in_every_chart_and_escaped_in_every_page() {
    let long =
        format!("<script>alert(1)</script>\u{202e}\u{5d0}\u{5d1}\u{1f600}{}", "x".repeat(500));
    let metrics = |calls| {
        vec![
            testing::metric("changes_lost", calls),
            testing::metric("calls_per_player_hour", calls),
        ]
    };
    let setting = |name: String, calls| leasehold_data::SettingTotals {
        name,
        metrics: metrics(calls),
        ..testing::setting()
    };
    let settings = vec![setting(long.clone(), 50.0), setting(format!("b{long}"), 700.0)];
    let mut totals = testing::apart(settings);
    totals.scenario = long.clone();
    let charts = crate::comparison::charts(&totals)
        .into_iter()
        .chain(crate::differences::charts(&totals))
        .chain(crate::spread::charts(&totals));
    for chart in charts {
        let labels = chart.layers.iter().map(|layer| &layer.label);
        let ticks = chart.y.ticks.iter().map(|tick| &tick.label);
        let words = chart.words.iter().map(|word| &word.text);
        for text in labels.chain(ticks).chain(words).chain([&chart.title, &chart.source]) {
            assert!(text.chars().count() < 200 && !text.contains('\u{202e}'), "{text}");
        }
        assert!(!chart.svg().expect("it can be drawn").contains("<script>"));
    }
    let page = SweptPage { totals: &totals, changed: None, scenario: &long, commands: &[] };
    let page = swept(&page).expect("it can be drawn");
    assert!(!page.contains("<script>alert") && page.contains("id=\"choice\""));
}

#[test]
fn the_numbers_of_a_chart_are_values_whatever_its_axes_are() {
    let settings = vec![leasehold_data::SettingTotals {
        metrics: vec![testing::metric("changes_lost", 4.0)],
        ..testing::setting()
    }];
    let totals = leasehold_data::SweepTotals { settings, ..testing::totals() };
    let charts = crate::spread::charts(&totals);
    let table = chart_numbers::details(&charts[0]).into_string();
    // Quantiles on a logarithmic axis, in a lane that has a name.
    for row in ["\nleast to most,0,9,changes lost\n", "\nthe middle half,2,4,changes lost\n"] {
        assert!(table.contains(row), "{row}\n{table}");
    }
    assert!(table.contains("data-csv=\"seeds-harm\"") && table.contains("median"));
}

#[test]
fn the_numbers_of_a_map_have_the_names_of_its_places_and_what_is_written_there() {
    let axis = |path: &str, values: [&str; 2]| leasehold_data::Axis {
        path: path.to_owned(),
        constant: None,
        values: values.map(str::to_owned).to_vec(),
        written: values.map(str::to_owned).to_vec(),
    };
    let cell = |y: &str, x: &str, calls| leasehold_data::SettingTotals {
        point: vec![y.to_owned(), x.to_owned()],
        metrics: vec![testing::metric("calls_per_player_hour", calls)],
        ..testing::setting()
    };
    let totals = leasehold_data::SweepTotals {
        axes: vec![axis("skew", ["0s", "9s"]), axis("loss", ["0%", "5%"])],
        settings: vec![cell("0s", "5%", 40.0), cell("9s", "0%", 70.0)],
        ..testing::totals()
    };
    let charts = crate::study::charts(&totals);
    let calls = charts.iter().find(|chart| chart.slug == "chronicle-calls").expect("a map");
    let table = chart_numbers::details(calls).into_string();
    assert!(table.contains(",5%,0s,40\n"), "{table}");
}

#[test]
fn equal_results_give_equal_bytes() {
    assert_eq!(page("world"), page("world"));
}

#[test]
fn the_style_knows_every_grey_of_a_chart_so_that_it_is_readable_in_the_dark() {
    use crate::palette::{GRID, INK, PALE, PAPER, SOFT_INK, TINT};
    for crate::chart::Colour(r, g, b) in [PAPER, INK, SOFT_INK, GRID, TINT, PALE] {
        let colour = format!("[fill=\"#{r:02X}{g:02X}{b:02X}\"]");
        assert!(STYLE.contains(&colour), "{colour}");
    }
}

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

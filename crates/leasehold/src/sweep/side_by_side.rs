//! Settings side by side, in words for people: a table of what a team chooses by, and a sentence
//! for each difference that is significant; none where it is not.

use super::text::{head, interval};
use crate::paint;
use crate::table::{self, Column::Number, Column::Text};
use leasehold_data::metric::{amount, apart, spoken};
use leasehold_data::numbers::{count, percent, plural};
use leasehold_data::{Comparison, Difference, Metric, SettingTotals, SweepTotals};
use std::fmt::Write;
use std::path::Path;

/// What libraries are chosen by, in the order in which it is asked: can players get in, is their
/// data safe, what does it cost. What no setting has any of is left out.
pub(super) const CHOSEN_BY: [&str; 32] = [
    "time_to_play_p50_us",
    "time_to_play_p99_us",
    "sessions_refused",
    "players_given_up",
    "sessions_lost",
    "locks_orphaned",
    "locks_orphaned_us",
    "double_ownership",
    "double_ownership_us",
    "writes_without_ownership",
    "changes",
    "changes_lost",
    "changes_rolled_back",
    "unsaved_max_us",
    "items_lost",
    "items_duplicated",
    "purchases_lost",
    "purchases_twice",
    "calls_per_player_hour",
    "calls_acquire_per_player_hour",
    "calls_save_per_player_hour",
    "calls_renew_per_player_hour",
    "calls_release_per_player_hour",
    "calls_read_per_player_hour",
    "calls_message_per_player_hour",
    "calls_overwrite_per_player_hour",
    "calls_remove_per_player_hour",
    "calls_versions_per_player_hour",
    "budget_used_ppm",
    "calls_failed",
    "waits_queued",
    "messages_sent",
];

/// What `leasehold compare` says.
pub(crate) fn whole(totals: &SweepTotals, path: &Path) -> String {
    let mut text = String::new();
    head(&mut text, totals).expect("writing to a string does not fail");
    text.push_str(&self::text(totals));
    let verdicts =
        totals.settings.iter().map(|one| format!("{}: {}", one.name, paint::verdict(&one.verdict)));
    let verdicts = verdicts.collect::<Vec<_>>().join(", ");
    let _ = writeln!(text, "\nVerdict  {verdicts}\n\nFiles    {}", path.display());
    text
}

/// The settings side by side; nothing if there is only one.
pub(crate) fn text(totals: &SweepTotals) -> String {
    if totals.comparisons.is_empty() {
        return String::new();
    }
    let tested = totals.comparisons.iter().chain(&totals.pairs);
    let tested: usize = tested.map(|one| one.differences.len()).sum();
    let note = note(&totals.settings[0].name, std::slice::from_ref(totals), tested);
    format!("\n{}\n{note}\n", compared(totals))
}

/// A table of the settings, and what differs.
pub(super) fn compared(totals: &SweepTotals) -> String {
    let mut text = tabled(totals);
    for comparison in &totals.comparisons {
        let sentences = sentences(comparison);
        if sentences.is_empty() {
            let Comparison { name, baseline, differences, .. } = comparison;
            let same = differences
                .iter()
                .all(|one| one.difference.high == Some(0.0) && one.p == Some(1.0));
            let how =
                if same { "are the same in every seed" } else { "do not differ significantly" };
            let _ = writeln!(text, "\n{name} and {baseline} {how}.");
            continue;
        }
        let _ = writeln!(text, "\n{} beside {}", comparison.name, comparison.baseline);
        sentences.iter().for_each(|sentence| {
            let _ = writeln!(text, "  {sentence}");
        });
    }
    text
}

/// The means per seed; one that differs significantly from the first setting's has a mark.
pub(super) fn tabled(totals: &SweepTotals) -> String {
    let names = totals.settings.iter().map(|setting| setting.name.clone());
    let mut rows = vec![std::iter::once("Mean per seed".to_owned()).chain(names).collect()];
    for name in CHOSEN_BY {
        let metrics = totals.settings.iter().filter_map(|setting| metric(setting, name));
        let metrics: Vec<&Metric> = metrics.collect();
        if metrics.iter().all(|metric| metric.max.unwrap_or(0) == 0) {
            continue;
        }
        let mut row = vec![format!("  {}", spoken(name))];
        for (nth, metric) in metrics.iter().enumerate() {
            let shown = metric.mean.map_or("never".to_owned(), |mean| amount(name, mean.value));
            let some = metric.seeds > 0 && metric.seeds < totals.seeds;
            let shown = if some { format!("{shown}, in {}", metric.seeds) } else { shown };
            let differs = nth > 0 && differs(totals, nth - 1, name);
            row.push(if differs { format!("{shown} *") } else { shown });
        }
        rows.push(row);
    }
    let columns: Vec<_> =
        std::iter::once(Text).chain(totals.settings.iter().map(|_| Number)).collect();
    table::text(&columns, &rows)
}

fn metric<'t>(setting: &'t SettingTotals, name: &str) -> Option<&'t Metric> {
    setting.metrics.iter().find(|metric| metric.name == name)
}

fn differs(totals: &SweepTotals, nth: usize, name: &str) -> bool {
    let differences = totals.comparisons.get(nth).map(|one| one.differences.iter());
    differences.into_iter().flatten().any(|one| one.name == name && one.significant)
}

/// A sentence for each significant difference of what libraries are chosen by.
fn sentences(comparison: &Comparison) -> Vec<String> {
    let found = |name: &str| comparison.differences.iter().find(|one| one.name == name);
    let significant = CHOSEN_BY.iter().filter_map(|name| found(name)).filter(|d| d.significant);
    significant.map(sentence).collect()
}

fn sentence(difference: &Difference) -> String {
    let Difference { name, seeds, difference, .. } = difference;
    let (more, by) = match difference.value < 0.0 {
        true => ("less", -difference.value),
        false => ("more", difference.value),
    };
    // Of what is significant, both ends are on one side of nothing.
    let ends = match difference.value < 0.0 {
        true => [difference.high, difference.low],
        false => [difference.low, difference.high],
    };
    let [low, high] = ends.map(|end| end.map(f64::abs));
    let ends = leasehold_data::Estimate { value: by, low, high };
    let ends = interval(&ends, |value| apart(name, value));
    let ends = ends.map_or(String::new(), |ends| format!(", 95 % {ends}"));
    format!("{}: {} {more} per seed{ends}, in {}", spoken(name), apart(name, by), seeds_of(*seeds))
}

fn seeds_of(seeds: u64) -> String {
    plural(seeds, "seed")
}

/// What is common, and what that is worth here.
pub(super) fn note(baseline: &str, all: &[SweepTotals], tested: usize) -> String {
    let chosen = |one: &&Difference| CHOSEN_BY.contains(&one.name.as_str());
    let all = all.iter().flat_map(|totals| &totals.comparisons);
    let all = all.flat_map(|one| one.differences.iter().filter(chosen));
    let mut removed: Vec<f64> = all.filter_map(|one| one.variance_removed).collect();
    removed.sort_by(f64::total_cmp);
    let half = removed.get(removed.len() / 2);
    let half = half.map_or(String::new(), |half| {
        format!(
            "\n  Common random numbers removed {} of the variance of half of these differences, or \
             more.",
            percent(half.max(0.0))
        )
    });
    format!(
        "* differs from {baseline} significantly: seed by seed, at 5 % for all {} differences \
         together (Holm).{half}",
        count(tested as u64)
    )
}

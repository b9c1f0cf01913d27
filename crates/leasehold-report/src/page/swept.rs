//! The page of many runs: a sweep, a comparison or a study.

use super::{Cell, Frame, Section, commands, facts, figure, table, verdict};
use crate::chart::Chart;
use crate::judge::{self, Advice};
use crate::picture::DrawError;
use crate::{comparison, convergence, differences, pareto, spread, study, words};
use leasehold_data::metric::{amount, apart, spoken};
use leasehold_data::numbers::{count, number, percent, plural};
use leasehold_data::{
    Difference, Estimate, Metric, SettingTotals, Spread, SweepTotals, ViolationClass,
};
use maud::{Markup, html};

/// All that it is made of.
#[derive(Clone, Copy, Debug)]
pub struct SweptPage<'a> {
    /// What the runs came to.
    pub totals: &'a SweepTotals,
    /// If these are two results beside each other, what has changed in what was run: a field, and
    /// its value in each.
    pub changed: Option<&'a [[String; 3]]>,
    /// What was run, as a file.
    pub scenario: &'a str,
    /// Commands that go on with it: what each does, and the command.
    pub commands: &'a [(String, String)],
}

/// More points than these are not told one by one: the charts and the file of totals have them.
const POINTS_MAX: usize = 100;

/// The page of a sweep, a comparison or a study.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn swept(page: &SweptPage<'_>) -> Result<String, DrawError> {
    let totals = page.totals;
    let mut sections =
        vec![Section { id: "verdict", title: "What was found", body: found(totals) }];
    if let Some(changed) = page.changed {
        let body = self::changed(changed, totals);
        sections.push(Section { id: "changed", title: "What has changed", body });
    } else if let Some(advice) = judge::advice(totals) {
        let body = choice(totals, &advice);
        sections.push(Section { id: "choice", title: "Which to take", body });
    }
    let mut add = |id, title, charts: Vec<Chart>, more: Markup| {
        let figures: Vec<Markup> = charts.iter().map(figure).collect::<Result<_, _>>()?;
        if !figures.is_empty() {
            let body = html! { @for figure in figures { (figure) } (more) };
            sections.push(Section { id, title, body });
        }
        Ok(())
    };
    if totals.axes.is_empty() {
        if !totals.comparisons.is_empty() {
            let tables = differing(totals);
            add("differences", "Differences", differences::charts(totals), tables)?;
            add("charts", "What each costs", comparison::charts(totals), html! {})?;
        }
        add("seeds", "How much seeds differ", spread::charts(totals), html! {})?;
        add("rates", "How well rates are known", convergence::charts(totals), html! {})?;
    } else {
        let charts = study::charts(totals).into_iter().chain(pareto::charts(totals));
        add("charts", "Charts", charts.collect(), html! {})?;
    }
    sections.push(Section { id: "numbers", title: "Numbers", body: numbers(totals) });
    let configuration = html! { pre class="copy" tabindex="0" { (page.scenario) } };
    sections.push(Section { id: "configuration", title: "Configuration", body: configuration });
    if !page.commands.is_empty() {
        let body = commands(page.commands);
        sections.push(Section { id: "commands", title: "Commands", body });
    }
    let title = format!("{}, seeds {} to {}", totals.scenario, totals.first_seed, totals.last_seed);
    Ok(Frame { title, header: header(totals), sections, timeline: None }.print())
}

/// What was run in one and not in the other.
fn changed(changed: &[[String; 3]], totals: &SweepTotals) -> Markup {
    let names: Vec<&str> = totals.settings.iter().map(|one| one.name.as_str()).collect();
    let head: Vec<&str> = std::iter::once("field").chain(names).collect();
    let row = |row: &[String; 3]| row.iter().map(|cell| Cell::Text(cell.clone())).collect();
    let rows: Vec<Vec<Cell>> = changed.iter().map(row).collect();
    html! {
        @if rows.is_empty() { p { "Nothing: the same scenario, in the same version." } }
        @else { (table("What has changed", &head, &rows)) }
    }
}

/// Which to take, and what that costs.
fn choice(totals: &SweepTotals, advice: &Advice) -> Markup {
    html! {
        p class="lead" { strong { (advice.sentence) } " " (advice.cost) }
        @if !advice.others.is_empty() {
            p { "Why not the others, in a seed:" }
            ul {
                @for (name, why) in &advice.others {
                    li { strong { (words::name(name)) } ": " (why) }
                }
            }
        }
        p { (judge::note(totals)) }
    }
}

fn header(totals: &SweepTotals) -> Markup {
    let kind = match (totals.axes.is_empty(), totals.settings.len()) {
        (false, _) => "Study",
        (true, 1) => "Sweep",
        (true, _) => "Comparison",
    };
    let axes: Vec<String> = totals
        .axes
        .iter()
        .map(|axis| format!("{} ({})", axis.path, plural(axis.values.len() as u64, "value")))
        .collect();
    let seeds = format!("{} to {}", totals.first_seed, totals.last_seed);
    let mut known = vec![
        ("Kind", kind.to_owned()),
        ("Seeds", seeds),
        ("Run", format!("{} of {}", count(totals.seeds), count(totals.seeds_asked))),
        ("Leasehold", totals.tool.clone()),
    ];
    if !axes.is_empty() {
        known.insert(1, ("Varies", axes.join(", ")));
    }
    html! {
        h1 { (totals.scenario) }
        button type="button" id="theme" hidden {}
        @if !totals.title.is_empty() { p class="lead" { (totals.title) } }
        (facts(&known))
        (verdict(&totals.verdict, &meaning(totals)))
    }
}

fn meaning(totals: &SweepTotals) -> String {
    let wrong = totals.settings.iter().filter(|setting| setting.verdict != "holds").count();
    match wrong {
        0 => "in every setting, as far as was looked".to_owned(),
        wrong => format!("{wrong} of {} are not as they should be", totals.settings.len()),
    }
}

/// Which setting, at which point.
fn name(setting: &SettingTotals) -> String {
    match setting.point.is_empty() {
        true => setting.name.clone(),
        false => format!("{} at {}", setting.name, setting.point.join(", ")),
    }
}

fn found(totals: &SweepTotals) -> Markup {
    let row = |setting: &SettingTotals| {
        let seen = setting.metrics.iter().find(|metric| metric.name == "double_ownership");
        let seeds = seen.map_or(0, |metric| metric.seeds_any);
        vec![
            Cell::Text(name(setting)),
            Cell::Verdict(setting.verdict.clone()),
            Cell::Number(format!("{} of {}", count(seeds), count(setting.seeds))),
            Cell::Number(mean(setting, "changes_lost")),
            Cell::Number(mean(setting, "time_to_play_p99_us")),
            Cell::Number(mean(setting, "calls_per_player_hour")),
        ]
    };
    let shown = totals.settings.iter().take(POINTS_MAX).map(row).collect::<Vec<_>>();
    let head = [
        "setting",
        "verdict",
        "seeds with double ownership",
        "changes lost",
        "time to play p99",
        "calls a player-hour",
    ];
    let left_out = totals.settings.len().saturating_sub(POINTS_MAX);
    html! {
        (table("Settings", &head, &shown))
        @if left_out > 0 { p class="note" { (left_out) " more points are in totals.json." } }
        @if totals.axes.is_empty() && totals.settings.len() == 1 {
            (classes(&totals.settings[0], false))
        } @else if totals.axes.is_empty() {
            details {
                summary { "What was found under each, by class" }
                @for setting in &totals.settings { (classes(setting, true)) }
            }
        }
        @if !totals.left_out.is_empty() {
            p {
                (plural(totals.left_out.len() as u64, "point")) " cannot be: "
                (totals.left_out[0].why)
            }
        }
    }
}

fn mean(setting: &SettingTotals, name: &str) -> String {
    let metric = setting.metrics.iter().find(|metric| metric.name == name);
    match metric.map(|metric| (metric, metric.mean)) {
        Some((_, Some(mean))) => amount(name, mean.value),
        Some((_, None)) => "never".to_owned(),
        None => String::new(),
    }
}

/// What was found under one setting, with how often.
fn classes(setting: &SettingTotals, named: bool) -> Markup {
    let rate = |class: &ViolationClass| {
        let name = format!("{}:{}", class.invariant, class.cause);
        let rate = setting.rates.iter().find(|rate| rate.name == name);
        rate.and_then(|rate| rate.per_session_hour)
            .map_or(String::new(), |rate| ends(&rate, number))
    };
    let row = |class: &ViolationClass| {
        vec![
            Cell::Text(format!("{}: {}", class.invariant, class.cause)),
            Cell::Number(count(class.violations)),
            Cell::Number(count(class.seeds)),
            Cell::Number(ends(&class.share, percent)),
            Cell::Number(rate(class)),
        ]
    };
    let rows: Vec<Vec<Cell>> = setting.violations.iter().map(row).collect();
    let head = ["class", "times", "in seeds", "share of seeds, 95 %", "a session-hour, 95 %"];
    html! {
        @if !rows.is_empty() {
            h3 { @if named { (setting.name) ": " } "what was found" }
            (table("Classes", &head, &rows))
        }
        p {
            @if named { strong { (setting.name) ": " } }
            (number(setting.session_hours)) " session-hours and " (count(setting.hand_offs))
            " hand-offs were seen."
        }
    }
}

fn ends(estimate: &Estimate, shown: fn(f64) -> String) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!("{} ({} to {})", shown(estimate.value), shown(low), shown(high))
        }
        _ => shown(estimate.value),
    }
}

/// All differences that are significant, of each setting.
fn differing(totals: &SweepTotals) -> Markup {
    let row = |one: &Difference| {
        let sign = if one.difference.value < 0.0 { "-" } else { "+" };
        let shown = |value: f64| {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", apart(&one.name, value.abs()))
        };
        let interval = match (one.difference.low, one.difference.high) {
            (Some(low), Some(high)) => format!("{} to {}", shown(low), shown(high)),
            _ => String::new(),
        };
        let value = apart(&one.name, one.difference.value.abs());
        vec![
            Cell::Text(spoken(&one.name)),
            Cell::Number(format!("{sign}{value}")),
            Cell::Number(interval),
            Cell::Number(count(one.seeds)),
        ]
    };
    let head = ["per seed", "difference", "95 %", "seeds"];
    html! {
        details {
            summary { "All significant differences" }
            p {
                "Seed by seed, with common random numbers; significant at 5 % for all differences \
                 together (Holm)."
            }
            @for comparison in &totals.comparisons {
                @let rows: Vec<Vec<Cell>> =
                    comparison.differences.iter().filter(|one| one.significant).map(row).collect();
                h3 { (comparison.name) " beside " (comparison.baseline) }
                @if rows.is_empty() { p { "Nothing differs significantly." } }
                @else { (table(&comparison.name, &head, &rows)) }
            }
        }
    }
}

/// The means of every number, a column for each setting; of a study the settings are too many.
fn numbers(totals: &SweepTotals) -> Markup {
    if !totals.axes.is_empty() {
        return html! { p { "Every number at every point is in totals.json, every run in rows.csv." } };
    }
    let settings = &totals.settings;
    let names = settings.first().map_or(&[][..], |setting| &setting.metrics);
    let cell = |setting: &SettingTotals, name: &str| -> String {
        let metric = setting.metrics.iter().find(|metric| metric.name == name);
        let mean = metric.and_then(|Metric { mean, .. }| *mean);
        mean.map_or("-".to_owned(), |mean| match (mean.low, mean.high) {
            (Some(low), Some(high)) => format!(
                "{} ({} to {})",
                amount(name, mean.value),
                amount(name, low),
                amount(name, high)
            ),
            _ => amount(name, mean.value),
        })
    };
    let any = |name: &str| {
        settings
            .iter()
            .flat_map(|setting| &setting.metrics)
            .any(|metric| metric.name == name && metric.max.unwrap_or(0) > 0)
    };
    let rows = names.iter().filter(|metric| any(&metric.name)).map(|metric| {
        let mut row = vec![Cell::Text(spoken(&metric.name))];
        row.extend(settings.iter().map(|setting| Cell::Number(cell(setting, &metric.name))));
        row
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let head: Vec<&str> = std::iter::once("mean per seed, 95 %")
        .chain(settings.iter().map(|one| one.name.as_str()))
        .collect();
    html! {
        (table("Numbers", &head, &rows))
        @for setting in settings {
            @if settings.len() == 1 { (quantiles(setting)) }
            @else {
                details {
                    summary { (setting.name) ": how many seeds have how much" }
                    (quantiles(setting))
                }
            }
        }
    }
}

/// Where the seeds of a setting are, number by number.
fn quantiles(setting: &SettingTotals) -> Markup {
    let row = |metric: &Metric| {
        let (least, most, spread) = (metric.min?, metric.max?, metric.spread?);
        let Spread { p05, p25, p50, p75, p95, .. } = spread;
        let shown = [least, p05, p25, p50, p75, p95, most]
            .map(|value| Cell::Number(amount(&metric.name, value as f64)));
        let any = format!("{} of {}", count(metric.seeds_any), count(metric.seeds));
        let name = Cell::Text(spoken(&metric.name));
        Some(std::iter::once(name).chain(shown).chain([Cell::Number(any)]).collect())
    };
    let any = setting.metrics.iter().filter(|metric| metric.max.unwrap_or(0) > 0);
    let rows: Vec<Vec<Cell>> = any.clone().filter_map(row).collect();
    let error = any.filter_map(|metric| metric.spread).map(|spread| spread.error);
    let error = error.fold(0.0, f64::max);
    let head =
        ["per seed", "least", "5 %", "25 %", "median", "75 %", "95 %", "most", "seeds with any"];
    html! {
        (table("Quantiles", &head, &rows))
        p {
            "So many in a hundred seeds have so much or less"
            @if error == 0.0 { "." }
            @else {
                ": least, most and seeds are exact, the others at most " (percent(error))
                " off, as close numbers were counted as one."
            }
        }
    }
}

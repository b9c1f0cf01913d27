//! What a sweep came to, in words for people.

use super::bounds;
use super::settings::Settings;
use super::side_by_side;
use crate::table::{self, Column::Number, Column::Text};
use crate::{paint, printable};
use leasehold_data::metric::{amount, spoken};
use leasehold_data::numbers::{count, number, percent, plural, some, time, times};
use leasehold_data::{Count, Estimate, Metric, SettingTotals, SweepTotals, ViolationClass};
use leasehold_sim::{HARMS, Scenario};
use std::fmt::Write;
use std::path::Path;

/// The summary of a sweep.
pub(crate) fn text(
    totals: &SweepTotals,
    settings: &Settings,
    path: &Path,
    pace: Option<f64>,
) -> String {
    let mut text = String::new();
    describe(&mut text, totals, (settings, pace)).expect("writing to a string does not fail");
    let _ = writeln!(text, "\nFiles    {}", path.display());
    text
}

fn describe(
    text: &mut String,
    totals: &SweepTotals,
    (settings, pace): (&Settings, Option<f64>),
) -> std::fmt::Result {
    head(text, totals)?;
    for (nth, setting) in totals.settings.iter().enumerate() {
        let scenario = settings.expected(nth);
        if totals.settings.len() > 1 {
            writeln!(text, "\n{}", setting.name)?;
        }
        world(text, setting, &scenario, &totals.tool)?;
        of_setting(text, setting)?;
        text.push_str(&bounds::text(setting, pace));
    }
    text.push_str(&side_by_side::text(totals));
    if let Some(why) = early(totals) {
        writeln!(text, "{why}")?;
    }
    writeln!(text, "\nVerdict  {}", paint::verdict(&totals.verdict))?;
    for SettingTotals { name, missing, .. } in &totals.settings {
        let of = if totals.settings.len() > 1 { format!("{name}: ") } else { String::new() };
        for missing in missing {
            writeln!(text, "         {of}{missing}")?;
        }
    }
    Ok(())
}

/// That it ended before all seeds that were asked for, if it did.
pub(super) fn early(totals: &SweepTotals) -> Option<String> {
    let (seeds, asked) = (count(totals.seeds), count(totals.seeds_asked));
    if totals.seeds == totals.seeds_asked {
        return None;
    }
    Some(match totals.fail_fast && totals.verdict == "violated" {
        true => "It ended with the first seed that violates: shares and means are of the seeds up \
                 to it, and say little about others."
            .to_owned(),
        false => format!(
            "It ended with its budget, after {seeds} of {asked} seeds; --resume goes on with it."
        ),
    })
}

/// What was seen under one setting.
fn of_setting(text: &mut String, totals: &SettingTotals) -> std::fmt::Result {
    let seen = totals.verdicts.iter().filter(|verdict| verdict.seeds > 0);
    shares(text, "Seeds", seen.map(counted))?;
    metrics(text, totals)?;
    let is_harm = |row: &&ViolationClass| HARMS.iter().any(|harm| harm.name == row.invariant);
    let (harm, violations): (Vec<_>, Vec<_>) = totals.violations.iter().partition(is_harm);
    if !violations.is_empty() {
        shares(text, "Violations", violations.into_iter().flat_map(|row| class(row, totals)))?;
    }
    if !harm.is_empty() {
        shares(text, "Harm", harm.into_iter().flat_map(|row| class(row, totals)))?;
    }
    if !totals.marks.is_empty() {
        shares(text, "Marks", totals.marks.iter().map(counted))?;
    }
    unseen(text, totals)
}

/// Which sweep it was.
pub(super) fn head(text: &mut String, totals: &SweepTotals) -> std::fmt::Result {
    let SweepTotals { scenario: name, title, first_seed, last_seed, shard, .. } = totals;
    let title =
        if title.is_empty() { String::new() } else { format!(": {}", printable::line(title)) };
    let part = match shard.of {
        1 => String::new(),
        of => format!(", part {} of {of}", shard.nth),
    };
    writeln!(text, "{name}, seeds {first_seed} to {last_seed}{part}{title}")
}

/// What a setting's world is.
fn world(
    text: &mut String,
    totals: &SettingTotals,
    scenario: &Scenario,
    tool: &str,
) -> std::fmt::Result {
    if !scenario.swarm.draw.is_empty() {
        let fields = plural(scenario.swarm.draw.len() as u64, "field");
        writeln!(text, "drawn for each seed: {fields} of the scenario")?;
    }
    // What is drawn is another in each seed, whatever the scenario itself says of it.
    let is_drawn = |path: &str| scenario.swarm.draw.contains_key(path);
    let number = |path: &str, number: u32| match is_drawn(path) {
        true => "drawn".to_owned(),
        false => count(number),
    };
    let length = match is_drawn("duration") {
        true => "a drawn span".to_owned(),
        false => time(scenario.duration.us()),
    };
    writeln!(
        text,
        "{}, servers: {}, players: {}, {} of virtual time each; {} run, version {tool}",
        totals.protocol.as_deref().unwrap_or("protocol: drawn"),
        number("servers.count", scenario.servers.count),
        number("players.count", scenario.players.count),
        length,
        plural(totals.seeds, "seed"),
    )
}

/// What was seen in some seeds: how many, and that as a share.
type Line = [String; 4];

fn shares(text: &mut String, what: &str, lines: impl Iterator<Item = Line>) -> std::fmt::Result {
    let head = [what, "share", "95 % interval", ""].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(lines).map(Vec::from).collect();
    write!(text, "\n{}", table::text(&[Number, Number, Text, Text], &rows))
}

fn counted(Count { name, seeds, share }: &Count) -> Line {
    let interval = interval(share, percent).unwrap_or("-".to_owned());
    [count(*seeds), percent(share.value), interval, name.clone()]
}

/// From where to where an estimate is, if there is any saying.
pub(super) fn interval(estimate: &Estimate, shown: impl Fn(f64) -> String) -> Option<String> {
    Some(format!("{} to {}", shown(estimate.low?), shown(estimate.high?)))
}

/// Violations of a class, in which seeds they were, and how often they come.
fn class(class: &ViolationClass, totals: &SettingTotals) -> [Line; 3] {
    let ViolationClass { invariant, cause, expected, violations, seeds, share, .. } = class;
    let asked = match expected.as_str() {
        "violated" => ", as expected",
        "any" if HARMS.iter().any(|harm| harm.name == *invariant) => "",
        "any" => ", which may be",
        _ => ", which must not be",
    };
    let name = format!("{invariant}: {cause}{asked}");
    let first: Vec<String> = class.first_seeds.iter().map(u64::to_string).collect();
    let more = if *seeds > first.len() as u64 { ", ..." } else { "" };
    let seen = format!("{}, in seeds {}{more}", times(*violations), first.join(", "));
    let rate = totals.rates.iter().find(|rate| rate.name == format!("{invariant}:{cause}"));
    let rates = rate.into_iter().flat_map(|rate| {
        [(rate.per_session_hour, "session-hour"), (rate.per_hand_off, "hand-off")]
    });
    let rates = rates.filter_map(|(rate, of)| Some(rate_of(&rate?, of)));
    let [of, share, interval, name] = counted(&Count { name, seeds: *seeds, share: *share });
    let further = |text: String| [String::new(), String::new(), String::new(), text];
    let rates = rates.collect::<Vec<_>>().join(", ");
    [[of, share, interval, name], further(seen), further(rates)]
}

/// So many for one of something.
fn rate_of(rate: &Estimate, of: &str) -> String {
    let interval = interval(rate, number).map_or(String::new(), |ends| format!(" ({ends})"));
    format!("{} a {of}{interval}", number(rate.value))
}

/// A line for each metric that some seed has. What never happened needs none, and violations have a
/// table of their own.
fn metrics(text: &mut String, totals: &SettingTotals) -> std::fmt::Result {
    let head = ["Per seed", "mean", "95 % interval", "least", "5 %", "median", "95 %", "most", ""];
    let shown = |metric: &&Metric| metric.max > Some(0) && !metric.name.starts_with("violations.");
    let shown: Vec<&Metric> = totals.metrics.iter().filter(shown).collect();
    let lines = shown.iter().filter_map(|metric| describe_metric(metric, totals.seeds));
    let head = head.map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(lines).collect();
    let columns = [Text, Number, Text, Number, Number, Number, Number, Number, Text];
    write!(text, "\n{}", table::text(&columns, &rows))?;
    let errors = shown.iter().filter_map(|metric| metric.spread).map(|spread| spread.error);
    match errors.fold(0.0, f64::max) {
        0.0 => Ok(()),
        most => writeln!(
            text,
            "  5 %, median and 95 % are at most {} off: close numbers were counted as one.",
            percent(most)
        ),
    }
}

fn describe_metric(metric: &Metric, all: u64) -> Option<Vec<String>> {
    let Metric { name, seeds, mean, min, max, spread, .. } = metric;
    let (mean, spread) = ((*mean)?, (*spread)?);
    let shown = |value: f64| amount(name, value);
    let whole = |n: u64| match name.ends_with("_us") || name.ends_with("_ppm") {
        true => amount(name, n as f64),
        false => count(n),
    };
    let interval = interval(&mean, shown).unwrap_or("one seed has no spread".to_owned());
    let of = match *seeds < all {
        true => format!("of {}", plural(*seeds, "seed")),
        false => String::new(),
    };
    let quantiles = [(*min)?, spread.p05, spread.p50, spread.p95, (*max)?].map(whole);
    let first = [format!("  {}", spoken(name)), shown(mean.value), interval];
    Some(first.into_iter().chain(quantiles).chain([of]).collect())
}

fn unseen(text: &mut String, totals: &SettingTotals) -> std::fmt::Result {
    let unseen = &totals.unseen;
    let chance = match (unseen.chance.low, unseen.chance.high) {
        (Some(low), Some(high)) => format!(
            "{}, 95 % between {} and {}",
            percent(unseen.chance.value),
            percent(low),
            percent(high)
        ),
        _ => format!("{}, and no interval can be given", percent(unseen.chance.value)),
    };
    writeln!(
        text,
        "\nUnseen     {} of violations and marks were seen, {} of them in one seed of {}.\n           \
         The next seed shows another one with a chance of {chance} (Good and Turing).\n           \
         One that comes in at least {} of seeds would have been seen with 95 % confidence.",
        some(unseen.classes, "class", "classes"),
        count(unseen.in_one_seed),
        count(totals.seeds),
        percent(unseen.would_have_been_seen),
    )
}

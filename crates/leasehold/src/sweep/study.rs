//! A study in words for people: where there was double ownership and where rules say there may be,
//! and what each field does to what libraries are chosen by.

use super::bounds;
use super::settings::Settings;
use super::side_by_side::CHOSEN_BY;
use super::spark::spark;
use super::text::{early, head};
use crate::paint;
use crate::table::{self, Column};
use leasehold_data::metric::{amount, apart, spoken};
use leasehold_data::numbers::{count, plural};
use leasehold_data::{Axis, Effect, Metric, SettingTotals, SweepTotals};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What `leasehold study` says. `pace` is how many seeds ran in a second.
pub(crate) fn text(totals: &SweepTotals, settings: &Settings, pace: Option<f64>) -> String {
    let mut text = String::new();
    head(&mut text, totals).expect("writing to a string does not fail");
    text.push_str(&size(totals, settings));
    text.push_str(&left_out(totals));
    for name in names(totals) {
        let cells: Vec<&SettingTotals> =
            totals.settings.iter().filter(|cell| cell.name == name).collect();
        text.push_str(&safety(totals, &name, &cells));
        text.push_str(&effects(totals, &name));
    }
    text.push_str(&note(totals));
    if let Some(why) = early(totals) {
        let _ = writeln!(text, "{why}");
    }
    let all = together(totals);
    text.push_str(&bounds::text(&all, pace));
    let _ = writeln!(text, "\nVerdict  {}", paint::verdict(&totals.verdict));
    text
}

/// The settings, each once, in their order.
fn names(totals: &SweepTotals) -> Vec<String> {
    let mut had = BTreeSet::new();
    let names = totals.settings.iter().map(|cell| cell.name.clone());
    names.filter(|name| had.insert(name.clone())).collect()
}

fn size(totals: &SweepTotals, settings: &Settings) -> String {
    let axes: Vec<String> = totals
        .axes
        .iter()
        .map(|axis| format!("{} of {}", plural(axis.values.len() as u64, "value"), axis.path))
        .collect();
    let runs = totals.seeds * settings.count() as u64;
    format!("{}; {}, version {}\n", axes.join(" with "), plural(runs, "run"), totals.tool)
}

/// What was not run, and why.
fn left_out(totals: &SweepTotals) -> String {
    let whys: BTreeSet<&str> = totals.left_out.iter().map(|out| out.why.as_str()).collect();
    let mut text = String::new();
    for why in whys {
        let all = totals.left_out.iter().filter(|out| out.why == why);
        let points = plural(all.count() as u64, "point");
        let _ = writeln!(text, "left out: {points}, where {why}");
    }
    text
}

/// Where there was double ownership: in how many seeds, at each point of the first two axes.
fn safety(totals: &SweepTotals, name: &str, cells: &[&SettingTotals]) -> String {
    let (across, down) = match &totals.axes[..] {
        [only] => (None, only),
        [down, across, ..] => (Some(across), down),
        [] => return String::new(),
    };
    let mut text =
        format!("\n{name}: double ownership, in how many of {}\n", plural(totals.seeds, "seed"));
    let mut notes = BTreeSet::new();
    let mut rows = vec![heads(down, across)];
    for (y, value) in down.values.iter().enumerate() {
        let columns = across.map_or(1, |across| across.values.len());
        let cell = |x: usize| {
            let here = |cell: &&&SettingTotals| {
                let at = |nth: usize, axis: &Axis, value: usize| {
                    cell.point.get(nth) == axis.values.get(value)
                };
                at(0, down, y) && across.is_none_or(|across| at(1, across, x))
            };
            let here: Vec<&SettingTotals> = cells.iter().filter(here).copied().collect();
            shown(&here, &mut notes)
        };
        let row = std::iter::once(format!("  {value}"));
        rows.push(row.chain((0..columns).map(cell).collect::<Vec<_>>()).collect());
    }
    let columns = rows[0].len();
    let columns: Vec<Column> =
        std::iter::once(Column::Text).chain((1..columns).map(|_| Column::Number)).collect();
    text.push_str(&table::text(&columns, &rows));
    if totals.axes.len() > 2 {
        let others: Vec<&str> = totals.axes[2..].iter().map(|axis| axis.path.as_str()).collect();
        let _ = writeln!(text, "  the most at any value of {}", others.join(" and "));
    }
    notes.iter().for_each(|note| {
        let _ = writeln!(text, "  {note}");
    });
    text
}

fn heads(down: &Axis, across: Option<&Axis>) -> Vec<String> {
    match across {
        None => vec![format!("  {}", down.path), "seeds".to_owned()],
        Some(across) => {
            let first = format!("  {} \\ {}", down.path, across.path);
            std::iter::once(first).chain(across.values.iter().cloned()).collect()
        }
    }
}

/// In how many seeds there was double ownership at some points, and a mark that holds it beside
/// what was foretold.
fn shown(cells: &[&SettingTotals], notes: &mut BTreeSet<&'static str>) -> String {
    let most =
        cells.iter().map(|cell| metric(cell, "double_ownership").map_or(0, |one| one.seeds_any));
    let Some(most) = most.max() else {
        notes.insert("- does not go together");
        return "-".to_owned();
    };
    let foretold: Vec<bool> =
        cells.iter().filter_map(|cell| Some(cell.foretold.as_ref()?.possible)).collect();
    let (mark, note) = match (most, foretold.iter().any(|possible| *possible)) {
        _ if foretold.len() < cells.len() => ("", ""),
        (0, true) => (" ?", "? not seen, and the library's rules say that there may be"),
        (0, false) => ("", "· not seen, and the library's rules rule it out"),
        (_, true) => ("", ""),
        (_, false) => (" !", "! seen, and the library's rules say that there is none"),
    };
    if !note.is_empty() {
        notes.insert(note);
    }
    let none = if foretold.len() < cells.len() { "0" } else { "·" };
    let shown = if most == 0 { none.to_owned() } else { count(most) };
    match mark {
        " ?" => "?".to_owned(),
        mark => format!("{shown}{mark}"),
    }
}

fn metric<'t>(cell: &'t SettingTotals, name: &str) -> Option<&'t Metric> {
    cell.metrics.iter().find(|metric| metric.name == name)
}

/// What each field does to what libraries are chosen by: its mean at each value, small, and how
/// much more or less it is at the last than at the first.
fn effects(totals: &SweepTotals, name: &str) -> String {
    let mut text = String::new();
    for axis in &totals.axes {
        let of = |effect: &&Effect| effect.setting == name && effect.path == axis.path;
        let of: Vec<&Effect> = totals.effects.iter().filter(of).collect();
        let (first, last) = (&axis.values[0], &axis.values[axis.values.len() - 1]);
        let head = format!("{name}: {}, {first} to {last}", axis.path);
        let mut rows = vec![
            [&head, "at first", "at last", "", "change", "95 % interval"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for metric in CHOSEN_BY {
            let effect = of.iter().find(|effect| effect.change.name == metric);
            rows.extend(effect.and_then(|effect| line(effect)));
        }
        if rows.len() > 1 {
            use Column::{Number, Text};
            let columns = [Text, Number, Number, Text, Number, Text];
            let _ = write!(text, "\n{}", table::text(&columns, &rows));
        }
    }
    text
}

/// Nothing of a number that no value changes.
fn line(effect: &Effect) -> Option<Vec<String>> {
    let Effect { levels, change, .. } = effect;
    let (first, last) = (levels.first()?, levels.last()?);
    let values: Vec<f64> = levels.iter().map(|level| level.value).collect();
    if values.iter().all(|value| *value == values[0]) {
        return None;
    }
    let name = &change.name;
    let signed = |value: f64| {
        let sign = if value < 0.0 { "-" } else { "+" };
        format!("{sign}{}", apart(name, value.abs()))
    };
    let interval = match (change.difference.low, change.difference.high) {
        (Some(low), Some(high)) => format!("{} to {}", signed(low), signed(high)),
        _ => "one seed has no spread".to_owned(),
    };
    let mark = if change.significant { " *" } else { "" };
    Some(vec![
        format!("  {}", spoken(name)),
        amount(name, first.value),
        amount(name, last.value),
        spark(&values),
        format!("{}{mark}", signed(change.difference.value)),
        interval,
    ])
}

fn note(totals: &SweepTotals) -> String {
    let compared: usize = totals.comparisons.iter().map(|one| one.differences.len()).sum();
    format!(
        "\n* is significant: seed by seed, at 5 % for all {} effects and differences together (Holm).\n",
        count((compared + totals.effects.len()) as u64)
    )
}

/// What was seen at all points together, for what it rules out.
fn together(totals: &SweepTotals) -> SettingTotals {
    let mut all = totals.settings[0].clone();
    all.session_hours = totals.settings.iter().map(|cell| cell.session_hours).sum();
    all.hand_offs = totals.settings.iter().map(|cell| cell.hand_offs).sum();
    // All are held to much the same; what came anywhere has come.
    let came = |name: &str| {
        let mut all = totals.settings.iter().flat_map(|cell| &cell.rates);
        all.any(|rate| rate.times > 0 && rate.name.split(':').next() == Some(name))
    };
    all.rates.retain(|rate| !came(&rate.name));
    let most = |seen: f64| bounds::none_of(seen);
    for rate in &mut all.rates {
        rate.per_session_hour = most(all.session_hours);
        rate.per_hand_off = most(all.hand_offs as f64);
    }
    all
}

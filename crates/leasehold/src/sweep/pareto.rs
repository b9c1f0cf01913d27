//! Which constants to choose, in words: the front, and the cheapest ones that are safe enough.

use crate::table::{self, Column};
use leasehold_data::metric::{amount, spoken};
use leasehold_data::numbers::number;
use leasehold_data::{Axis, SweepTotals};
use leasehold_report::pareto::{Choice, choices, front, is_constant};
use std::fmt::Write;

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// A name of [`RISKS`](super::RISKS).
    pub(crate) risk: &'a str,
    /// The largest risk for each hour of a session.
    pub(crate) below: Option<f64>,
    /// Whether the front is asked for.
    pub(crate) front: bool,
}

/// What `--pareto` and `--below` say.
pub(crate) fn text(totals: &SweepTotals, asked: &Asked<'_>) -> String {
    let axes: Vec<&Axis> = totals.axes.iter().filter(|axis| is_constant(axis)).collect();
    let worlds: Vec<&Axis> = totals.axes.iter().filter(|axis| !is_constant(axis)).collect();
    let choices = choices(totals, asked.risk);
    let mut text = String::new();
    if asked.front {
        let front = front(&choices);
        let _ = writeln!(
            text,
            "\nFront: {} of {} configurations that no other beats in risk, calls and time to play",
            front.len(),
            choices.len()
        );
        text.push_str(&rows(&front, &axes, asked.risk));
        if !worlds.is_empty() {
            let worlds: Vec<&str> = worlds.iter().map(|axis| axis.path.as_str()).collect();
            let _ = writeln!(text, "  each by the worst at any value of {}", worlds.join(" and "));
        }
    }
    if let Some(below) = asked.below {
        text.push_str(&cheapest(&choices, (&axes, totals), asked.risk, below));
    }
    text
}

fn rows(choices: &[&Choice], axes: &[&Axis], risk: &str) -> String {
    let risk = format!("{} a session-hour", spoken(risk));
    let head = std::iter::once("  setting".to_owned())
        .chain(axes.iter().map(|axis| axis.path.clone()))
        .chain([
            risk,
            "at most".to_owned(),
            "calls a player-hour".to_owned(),
            "time to play p99".to_owned(),
        ]);
    let mut rows = vec![head.collect::<Vec<String>>()];
    for Choice { setting, values, risk, calls, to_play } in choices {
        let to_play = match to_play.is_finite() {
            true => amount("_us", *to_play),
            false => "never".to_owned(),
        };
        let row = std::iter::once(format!("  {setting}")).chain(values.iter().cloned());
        let measures = [number(risk[0]), number(risk[1]), number(*calls), to_play];
        rows.push(row.chain(measures).collect());
    }
    let columns = std::iter::once(Column::Text)
        .chain(axes.iter().map(|_| Column::Number))
        .chain([Column::Number; 4]);
    table::text(&columns.collect::<Vec<_>>(), &rows)
}

/// The configuration with the fewest calls whose risk is known to be below a rate, to paste.
fn cheapest(
    choices: &[Choice],
    (axes, totals): (&[&Axis], &SweepTotals),
    risk: &str,
    below: f64,
) -> String {
    let safe = choices.iter().filter(|choice| choice.risk[1] < below);
    let name = spoken(risk);
    let mut text = String::new();
    let Some(best) = safe.min_by(|a, b| a.calls.total_cmp(&b.calls)) else {
        let least = choices.iter().map(|choice| choice.risk[1]).fold(f64::INFINITY, f64::min);
        let why = match least.is_finite() {
            true => format!(
                "; the least upper end of a 95 % interval is {}, and more seeds lower it where \
                 there was none",
                number(least)
            ),
            false => String::new(),
        };
        let below = number(below);
        let _ = writeln!(text, "\nNo configuration has {name} below {below} a session-hour{why}.");
        return text;
    };
    let _ = writeln!(
        text,
        "\nCheapest with {name} below {} a session-hour: {}, {} calls a player-hour",
        number(below),
        best.setting,
        number(best.calls)
    );
    for (axis, value) in axes.iter().zip(&best.values) {
        let nth = axis.values.iter().position(|known| known == value);
        let written = nth.and_then(|nth| axis.written.get(nth));
        let constant = axis.constant.as_ref().map(|name| format!("  # {name}"));
        let _ = writeln!(
            text,
            "  {} = {}{}",
            axis.path,
            written.unwrap_or(value),
            constant.unwrap_or_default()
        );
    }
    let own = totals.settings.first().map(|cell| cell.name.as_str());
    if own != Some(best.setting.as_str()) {
        let _ = writeln!(text, "  # the setting {}", best.setting);
    }
    text
}

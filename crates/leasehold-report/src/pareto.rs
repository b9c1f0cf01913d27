//! Which constants to choose: those that no others beat in risk, calls and time to play at once.
//!
//! ```text
//!   risk |  x . . .       x: the front: whoever wants less risk must pay more calls
//!        |    x . .       .: another one is better, or as good, in all that counts
//!        |        x
//!        '----------- calls
//! ```
//!
//! A configuration is a setting with values of its library's constants. What else varies is the
//! world, such as how many messages are lost, which nobody chooses: so each configuration is judged
//! by the worst that it comes to in any of them.

use crate::chart::{Chart, Colour, Column, Layer, Marks};
use crate::{palette, scale, words};
use leasehold_data::{Axis, SettingTotals, SweepTotals, numbers};
use std::cmp::Ordering;

/// Sections of a scenario that hold constants of a library.
const CONSTANTS: [&str; 5] = ["protocol", "rules.", "profile_store.", "naive.", "library."];

/// Whether a field is a constant of a library, and no part of the world.
pub fn is_constant(axis: &Axis) -> bool {
    CONSTANTS.iter().any(|section| axis.path.starts_with(section))
}

/// A configuration, and the worst that it comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The setting's name.
    pub setting: String,
    /// The values of constants, in the order of axes.
    pub values: Vec<String>,
    /// For each hour of a session: the estimate, and its upper end.
    pub risk: [f64; 2],
    /// Calls for each hour of a player in the game.
    pub calls: f64,
    /// Within how many microseconds 99 in a hundred play.
    /// Without an end where too many never got in.
    pub to_play: f64,
}

impl Choice {
    fn is_beaten_by(&self, other: &Choice) -> bool {
        let (own, others) = (self.measures(), other.measures());
        let all = own.iter().zip(&others).all(|(own, other)| other <= own);
        all && own != others
    }

    fn measures(&self) -> [f64; 3] {
        [self.risk[0], self.calls, self.to_play]
    }
}

/// Every configuration that was run in each of the worlds, with a risk by its name.
pub fn choices(totals: &SweepTotals, risk: &str) -> Vec<Choice> {
    let worlds: usize = totals
        .axes
        .iter()
        .filter(|axis| !is_constant(axis))
        .map(|axis| axis.values.len())
        .product();
    let mut choices: Vec<(Choice, usize)> = Vec::new();
    for cell in &totals.settings {
        let Some(one) = choice(totals, cell, risk) else { continue };
        let same = |other: &Choice| other.setting == one.setting && other.values == one.values;
        match choices.iter_mut().find(|(other, _)| same(other)) {
            Some((worst, count)) => {
                let worse = |nth: usize| worst.risk[nth].max(one.risk[nth]);
                worst.risk = [worse(0), worse(1)];
                worst.calls = worst.calls.max(one.calls);
                worst.to_play = worst.to_play.max(one.to_play);
                *count += 1;
            }
            None => choices.push((one, 1)),
        }
    }
    let whole = choices.into_iter().filter(|(_, count)| *count == worlds);
    whole.map(|(choice, _)| choice).collect()
}

/// What a cell comes to; nothing if nobody was ever in the game there.
fn choice(totals: &SweepTotals, cell: &SettingTotals, risk: &str) -> Option<Choice> {
    let rate = cell.risks.iter().find(|rate| rate.name == risk)?.per_session_hour?;
    let metric = |name: &str| cell.metrics.iter().find(|metric| metric.name == name);
    let to_play = metric("time_to_play_p99_us")
        .filter(|metric| metric.seeds == cell.seeds)
        .and_then(|metric| metric.mean);
    let constants = totals.axes.iter().zip(&cell.point).filter(|(axis, _)| is_constant(axis));
    Some(Choice {
        setting: cell.name.clone(),
        values: constants.map(|(_, value)| value.clone()).collect(),
        risk: [rate.value, rate.high?],
        calls: metric("calls_per_player_hour")?.mean?.value,
        to_play: to_play.map_or(f64::INFINITY, |mean| mean.value),
    })
}

/// Those that no other beats, the safest first.
pub fn front(choices: &[Choice]) -> Vec<&Choice> {
    let beaten = |one: &Choice| choices.iter().any(|other| one.is_beaten_by(other));
    let mut front: Vec<&Choice> = choices.iter().filter(|one| !beaten(one)).collect();
    front.sort_by(|a, b| {
        let by = |one: &Choice| one.measures();
        let (a, b) = (by(a), by(b));
        a.iter()
            .zip(&b)
            .map(|(a, b)| a.total_cmp(b))
            .find(|one| one.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    front
}

/// What is drawn: a risk by what it costs.
struct Drawn {
    slug: &'static str,
    risk: &'static str,
    noun: &'static str,
    cost: fn(&Choice) -> f64,
    label: &'static str,
    /// What one of it is called in a sentence.
    price: &'static str,
}

const DRAWN: [Drawn; 3] = [
    Drawn {
        slug: "front-calls",
        risk: "double_ownership",
        noun: "double ownerships",
        cost: |choice| choice.calls,
        label: "datastore calls per player-hour",
        price: "calls",
    },
    Drawn {
        slug: "front-time-to-play",
        risk: "double_ownership",
        noun: "double ownerships",
        cost: |choice| choice.to_play / 1e6,
        label: "seconds until 99 in a hundred play",
        price: "seconds",
    },
    Drawn {
        slug: "front-changes-lost",
        risk: "changes_lost",
        noun: "lost changes",
        cost: |choice| choice.calls,
        label: "datastore calls per player-hour",
        price: "calls",
    },
];

/// The names of the files that the charts can have, without their endings.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    DRAWN.iter().map(|drawn| drawn.slug)
}

/// A chart for each pair of risk and cost; none where there is one configuration, or no risk.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    DRAWN.iter().filter_map(|drawn| chart(totals, drawn)).collect()
}

/// How large a dot is, as a share of its axis.
const DOT: [f64; 2] = [0.010, 0.0185];

/// What less risk costs.
fn title(drawn: &Drawn, (cheap, least): (&(f64, f64), &(f64, f64))) -> String {
    let Drawn { noun, price, .. } = drawn;
    if cheap == least {
        return format!("One configuration has the fewest {noun} for the fewest {price}");
    }
    let [less, more] = [least.1, cheap.1].map(numbers::number);
    let [paid, saved] = [least.0, cheap.0].map(numbers::number);
    format!(
        "{less} instead of {more} {noun} per session-hour for {paid} instead of {saved} {price}"
    )
}

fn chart(totals: &SweepTotals, drawn: &Drawn) -> Option<Chart> {
    let choices = choices(totals, drawn.risk);
    let cost = |choice: &Choice| Some((drawn.cost)(choice)).filter(|cost| cost.is_finite());
    let dots: Vec<(f64, f64)> =
        choices.iter().filter_map(|choice| Some((cost(choice)?, choice.risk[0]))).collect();
    let most = |of: fn(&(f64, f64)) -> f64| dots.iter().map(of).fold(0.0, f64::max);
    let (right, top) = (most(|dot| dot.0), most(|dot| dot.1));
    if dots.len() < 2 || top == 0.0 {
        return None;
    }
    let mut front: Vec<(f64, f64)> = dots
        .iter()
        .copied()
        .filter(|(x, y)| !dots.iter().any(|(a, b)| a <= x && b <= y && (a < x || b < y)))
        .collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    front.dedup();
    let x = scale::amount_axis(drawn.label.to_owned(), right, false);
    let y = scale::amount_axis(format!("{} per session-hour", drawn.noun), top, false);
    let dot = |(at, up): &(f64, f64)| {
        let (wide, high) = (DOT[0] * x.max / 2.0, DOT[1] * y.max / 2.0);
        Column { from: at - wide, to: at + wide, base: up - high, top: up + high }
    };
    let layer = |label: String, colour: Colour, dots: &[(f64, f64)]| Layer {
        label,
        colour,
        marks: Marks::Columns(dots.iter().map(dot).collect()),
    };
    let (least, cheap) = (front.last()?, front.first()?);
    let title = title(drawn, (cheap, least));
    // Between two of the front there is nothing: it is a stair.
    let corners = front.windows(2).flat_map(|pair| [pair[0], (pair[1].0, pair[0].1)]);
    let steps = Marks::Line(vec![corners.chain(front.last().copied()).collect()]);
    let all = numbers::plural(dots.len() as u64, "configuration");
    let layers = vec![
        Layer { label: String::new(), colour: palette::SKY, marks: steps },
        layer(all, palette::GREY, &dots),
        layer("that no other beats in both".to_owned(), palette::VERMILION, &front),
    ];
    Some(Chart {
        slug: drawn.slug.into(),
        title,
        subtitle:
            "A dot is a configuration, by the worst that it comes to in any world; below and \
                   to the left is better"
                .to_owned(),
        x,
        y,
        layers,
        rules: Vec::new(),
        words: Vec::new(),
        message: None,
        source: format!(
            "Scenario {} · {} at each point · Leasehold {}",
            words::name(&totals.scenario),
            numbers::plural(totals.seeds, "seed"),
            words::line(&totals.tool)
        ),
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};
    use leasehold_data::{Estimate, Rate};

    fn choice(name: &str, measures: [f64; 3]) -> Choice {
        let [risk, calls, to_play] = measures;
        let values = vec![name.to_owned()];
        Choice { setting: "a".to_owned(), values, risk: [risk, risk + 0.5], calls, to_play }
    }

    #[test]
    fn the_front_has_what_nothing_beats_the_safest_first() {
        let all = [
            choice("cheap", [9.0, 10.0, 5.0]),
            choice("beaten", [9.0, 11.0, 5.0]),
            choice("safe", [0.0, 90.0, 5.0]),
            choice("quick", [9.0, 90.0, 1.0]),
            choice("never", [0.0, 90.0, f64::INFINITY]),
            choice("as safe", [0.0, 90.0, 5.0]),
        ];
        let names: Vec<&str> = front(&all).iter().map(|one| &*one.values[0]).collect();
        assert_eq!(names, ["safe", "as safe", "cheap", "quick"]);
    }

    fn cell(lease: &str, loss: &str, risk: f64, calls: f64) -> SettingTotals {
        let rate = Estimate { value: risk, low: Some(0.0), high: Some(risk + 1.0) };
        let risk = Rate {
            name: "double_ownership".to_owned(),
            times: 1,
            seeds: 1,
            per_session_hour: Some(rate),
            per_hand_off: None,
            converged: Vec::new(),
        };
        SettingTotals {
            point: vec![lease.to_owned(), loss.to_owned()],
            metrics: vec![
                metric("calls_per_player_hour", calls),
                metric("time_to_play_p99_us", 1e6),
            ],
            risks: vec![risk],
            ..testing::setting()
        }
    }

    #[test]
    fn a_configuration_is_judged_by_the_worst_of_its_worlds_and_must_have_been_in_all() {
        let axis = |path: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            Axis { path: path.to_owned(), constant: None, written: values.clone(), values }
        };
        let axes = vec![
            axis("rules.lease_duration", &["20s", "60s", "90s"]),
            axis("messaging.loss", &["0%", "5%"]),
        ];
        let settings = vec![
            cell("20s", "0%", 0.0, 100.0),
            cell("20s", "5%", 3.0, 90.0),
            cell("60s", "0%", 1.0, 40.0),
            cell("60s", "5%", 7.0, 45.0),
            cell("90s", "0%", 0.0, 1.0),
        ];
        let totals = SweepTotals { axes, settings, ..testing::totals() };
        let found = choices(&totals, "double_ownership");
        let worst: Vec<_> =
            found.iter().map(|one| (&*one.values[0], one.risk, one.calls)).collect();
        assert_eq!(worst, [("20s", [3.0, 4.0], 100.0), ("60s", [7.0, 8.0], 45.0)]);
        let charts = charts(&totals);
        assert_eq!(charts[0].slug, "front-calls");
        assert_eq!(
            charts[0].title,
            "3 instead of 7 double ownerships per session-hour for 100 instead of 45 calls"
        );
        assert!(charts.iter().all(|chart| chart.svg().is_ok()));
        assert!(charts.iter().all(|chart| slugs().any(|slug| slug == chart.slug)));
    }
}

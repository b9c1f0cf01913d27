//! How many seeds have how much: where the seeds of a sweep are, and not only their mean.
//!
//! ```text
//!   changes lost   |----[====|==o====|===]---------|    least, 5 %, the middle half with its
//!                                                       median, 95 %, most
//! ```

use crate::chart::{Axis, Chart, Colour, Column, Layer, Marks};
use crate::differences::source;
use crate::{palette, scale, words};
use leasehold_data::metric::{amount, spoken};
use leasehold_data::numbers::{self, percent};
use leasehold_data::{Metric, SettingTotals, Spread, SweepTotals};

/// Numbers that can share an axis.
struct Group {
    slug: &'static str,
    columns: &'static [&'static str],
    /// Whether classes of what was found come first.
    classes: bool,
    label: &'static str,
    /// What one on the axis counts for, and below which of these it is nearly linear.
    unit: f64,
    linear_below: f64,
}

const GROUPS: [Group; 4] = [
    Group {
        slug: "seeds-harm",
        columns: &[
            "changes_lost",
            "changes_rolled_back",
            "items_lost",
            "items_duplicated",
            "purchases_lost",
            "purchases_twice",
            "double_ownership",
            "players_given_up",
            "sessions_refused",
            "sessions_lost",
        ],
        classes: true,
        label: "in a seed, logarithmic with a zero",
        unit: 1.0,
        linear_below: 1.0,
    },
    Group {
        slug: "seeds-times",
        columns: &[
            "time_to_play_p50_us",
            "time_to_play_p99_us",
            "double_ownership_us",
            "unsaved_max_us",
            "start_p50_us",
            "start_p99_us",
        ],
        classes: false,
        label: "seconds, logarithmic with a zero",
        unit: 1e6,
        linear_below: 0.01,
    },
    Group {
        slug: "seeds-calls",
        columns: &[
            "calls_per_player_hour",
            "calls_acquire_per_player_hour",
            "calls_save_per_player_hour",
            "calls_renew_per_player_hour",
            "calls_release_per_player_hour",
            "calls_read_per_player_hour",
        ],
        classes: false,
        label: "datastore calls a player-hour, logarithmic with a zero",
        unit: 1.0,
        linear_below: 1.0,
    },
    Group {
        slug: "seeds-budget",
        columns: &["budget_used_ppm"],
        classes: false,
        label: "percent of the request budget, logarithmic with a zero",
        unit: 1e4,
        linear_below: 0.1,
    },
];

/// More lanes than these are not read.
const LANES_MAX: usize = 18;

/// A number of one setting, by seeds.
struct Lane {
    what: String,
    setting: String,
    column: String,
    seeds: u64,
    seeds_any: u64,
    ends: (u64, u64),
    spread: Spread,
}

impl Lane {
    fn of_metric(setting: &SettingTotals, metric: &Metric) -> Option<Lane> {
        let ends = (metric.min?, metric.max?);
        Some(Lane {
            what: spoken(&metric.name),
            setting: words::name(&setting.name),
            column: metric.name.clone(),
            seeds: metric.seeds,
            seeds_any: metric.seeds_any,
            ends,
            spread: metric.spread?,
        })
    }

    fn say(&self, value: u64) -> String {
        match self.column.is_empty() {
            true => numbers::count(value),
            false => amount(&self.column, value as f64),
        }
    }

    /// `60 to 90`, or what all of the middle half have.
    fn middle(&self) -> String {
        let Spread { p25, p50, p75, .. } = self.spread;
        // What is the same when it is rounded is said once.
        match p75 - p25 <= p75 / 500 || self.say(p25) == self.say(p75) {
            true => self.say(p50),
            false => format!("{} to {}", self.say(p25), self.say(p75)),
        }
    }
}

/// A chart for each group of which some seed has any.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    GROUPS.iter().filter_map(|group| chart(totals, group)).collect()
}

/// Lanes in the order of what they are, and of settings in each; and how many are left out.
fn lanes(totals: &SweepTotals, group: &Group) -> (Vec<Lane>, usize) {
    let mut all: Vec<Vec<Lane>> = Vec::new();
    let classes = if group.classes { of_classes(totals) } else { Vec::new() };
    // Of one setting it is asked what was found, of several what they are chosen by.
    let (first, last) = match totals.settings.len() {
        1 => (classes, Vec::new()),
        _ => (Vec::new(), classes),
    };
    all.extend(first);
    for column in group.columns {
        let of = |setting: &SettingTotals| {
            let metric = setting.metrics.iter().find(|metric| metric.name == *column)?;
            Lane::of_metric(setting, metric)
        };
        all.push(totals.settings.iter().filter_map(of).collect());
    }
    all.extend(last);
    all.retain(|lanes| lanes.iter().any(|lane| lane.ends.1 > 0));
    let kept = (LANES_MAX / totals.settings.len().max(1)).max(1);
    let left_out = all.len().saturating_sub(kept);
    (all.into_iter().take(kept).flatten().collect(), left_out)
}

fn of_classes(totals: &SweepTotals) -> Vec<Vec<Lane>> {
    let mut all: Vec<Vec<Lane>> = Vec::new();
    for setting in &totals.settings {
        for class in &setting.violations {
            let what = format!("{}: {}", class.invariant, class.cause);
            let lane = Lane {
                what,
                setting: words::name(&setting.name),
                column: String::new(),
                seeds: setting.seeds,
                seeds_any: class.seeds,
                ends: (class.min, class.max),
                spread: class.spread,
            };
            match all.iter_mut().find(|lanes| lanes[0].what == lane.what) {
                Some(lanes) => lanes.push(lane),
                None => all.push(vec![lane]),
            }
        }
    }
    all
}

fn chart(totals: &SweepTotals, group: &Group) -> Option<Chart> {
    let (lanes, left_out) = lanes(totals, group);
    let most = lanes.iter().map(|lane| lane.ends.1).max()? as f64 / group.unit;
    let x = scale::log_of_more_axis(group.label.to_owned(), (group.linear_below, most), |value| {
        numbers::scaled(value, value)
    });
    let several = totals.settings.len() > 1;
    let y = scale::lane_axis(String::new(), lanes.iter().map(|lane| label(lane, several)));
    let error = lanes.iter().map(|lane| lane.spread.error).fold(0.0, f64::max);
    let mut notes = Vec::new();
    if error > 0.0 {
        notes.push(format!(
            "Close numbers are counted as one: quantiles are at most {} off",
            percent(error)
        ));
    }
    if left_out > 0 {
        let more = numbers::plural(left_out as u64, "more number");
        notes.push(format!("{more} in the tables of this page"));
    }
    Some(Chart {
        slug: group.slug.into(),
        title: title(totals, &lanes),
        subtitle: format!("How much the seeds have of each: {}", seeds_of(totals)),
        layers: layers(&lanes, &x, group.unit),
        x,
        y,
        rules: Vec::new(),
        words: Vec::new(),
        message: None,
        source: source(totals),
        notes,
    })
}

fn seeds_of(totals: &SweepTotals) -> String {
    match totals.settings.len() {
        1 => numbers::plural(totals.seeds, "seed"),
        _ => format!("{} under each setting", numbers::plural(totals.seeds, "seed")),
    }
}

/// What a lane is about, and in how many seeds there was any if not in all.
fn label(lane: &Lane, several: bool) -> String {
    let of = if several { format!(" · {}", lane.setting) } else { String::new() };
    let some = match lane.seeds_any {
        0 => " · in no seed".to_owned(),
        any if any < lane.seeds => {
            format!(" · in {} of seeds", percent(any as f64 / lane.seeds as f64))
        }
        _ => String::new(),
    };
    format!("{}{of}{some}", lane.what)
}

/// How high each part of a lane is, and its colour: the more seeds are there, the higher.
const PARTS: [(&str, f64, Colour); 3] = [
    ("least to most", 0.10, palette::GREY),
    ("90 % of seeds", 0.30, palette::SKY),
    ("the middle half", 0.62, palette::BLUE),
];

fn layers(lanes: &[Lane], x: &Axis, unit: f64) -> Vec<Layer> {
    let at = |value: u64| x.scale.position(value as f64 / unit);
    let middle = |nth: usize| scale::lane(nth, lanes.len());
    // A few lanes are high.
    let share = lanes.len().min(4) as f64 / 4.0;
    let part = |(nth, (label, high, colour)): (usize, (&str, f64, Colour))| {
        let high = high * share;
        let column = |(lane, of): (usize, &Lane)| {
            let Spread { p05, p25, p75, p95, .. } = of.spread;
            let (from, to) = [of.ends, (p05, p95), (p25, p75)][nth];
            let (base, top) = (middle(lane) - high / 2.0, middle(lane) + high / 2.0);
            Column { from: at(from), to: at(to), base, top }
        };
        let columns = lanes.iter().enumerate().map(column).collect();
        Layer { label: label.to_owned(), colour, marks: Marks::Columns(columns) }
    };
    let dot = |(nth, lane): (usize, &Lane)| (at(lane.spread.p50), middle(nth));
    let medians = Layer {
        label: "median".to_owned(),
        colour: palette::VERMILION,
        marks: Marks::Dots(lanes.iter().enumerate().map(dot).collect()),
    };
    PARTS.into_iter().enumerate().map(part).chain([medians]).collect()
}

/// More settings are not named.
const NAMED: usize = 4;

/// Of the first number that a quarter of seeds have any of, where the middle half of seeds is.
fn title(totals: &SweepTotals, lanes: &[Lane]) -> String {
    let first = lanes.iter().find(|lane| lane.spread.p75 > 0).unwrap_or(&lanes[0]);
    // A class keeps its letters.
    let is_class = first.column.is_empty();
    let what = if is_class { first.what.clone() } else { words::capital(&first.what) };
    let cut = if is_class { "," } else { ":" };
    let same: Vec<&Lane> = lanes.iter().filter(|lane| lane.what == first.what).collect();
    if totals.settings.len() == 1 {
        let Lane { ends: (least, most), .. } = first;
        let seeds = numbers::plural(first.seeds, "seed");
        return match least == most {
            true => format!("{what}{cut} {} in each of {seeds}", first.say(*least)),
            false => format!(
                "{what}{cut} {} in the middle half of {seeds}, {} to {} in all",
                first.middle(),
                first.say(*least),
                first.say(*most)
            ),
        };
    }
    let each: Vec<String> =
        same.iter().take(NAMED).map(|lane| format!("{} {}", lane.setting, lane.middle())).collect();
    format!("{what} in the middle half of seeds: {}", each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};

    fn setting(name: &str, lost: u64) -> SettingTotals {
        let mut metric = metric("changes_lost", lost as f64);
        metric.max = Some(9 * lost);
        metric.spread = Some(Spread {
            p05: lost,
            p25: 2 * lost,
            p50: 3 * lost,
            p75: 4 * lost,
            p95: 5 * lost,
            error: 0.01,
        });
        metric.seeds_any = 6;
        SettingTotals { name: name.to_owned(), metrics: vec![metric], ..testing::setting() }
    }

    #[test]
    fn a_lane_has_every_quantile_and_in_how_many_seeds_there_was_any() {
        let totals = SweepTotals { settings: vec![setting("a", 10)], ..testing::totals() };
        let [harm] = &charts(&totals)[..] else { panic!("one group") };
        assert_eq!(
            harm.title,
            "Changes lost: 20 to 40 in the middle half of 9 seeds, 0 to 90 in all"
        );
        assert_eq!(harm.y.ticks[0].label, "changes lost · in 66.7 % of seeds");
        let ends: Vec<(f64, f64)> = harm.layers[..3]
            .iter()
            .map(|layer| {
                let Marks::Columns(columns) = &layer.marks else { panic!("columns") };
                let value = |position: f64| harm.x.scale.value(position).round();
                (value(columns[0].from), value(columns[0].to))
            })
            .collect();
        assert_eq!(ends, [(0.0, 90.0), (10.0, 50.0), (20.0, 40.0)]);
        assert!(harm.notes[0].contains("at most 1 % off"), "{:?}", harm.notes);
        assert!(harm.svg().is_ok());
    }

    #[test]
    fn of_several_settings_each_has_a_lane() {
        let settings = vec![setting("a", 10), setting("b", 100)];
        let totals = SweepTotals { settings, ..testing::totals() };
        let harm = &charts(&totals)[0];
        assert_eq!(
            harm.title,
            "Changes lost in the middle half of seeds: a 20 to 40, b 200 to 400"
        );
        let lanes: Vec<&str> = harm.y.ticks.iter().map(|tick| &*tick.label).collect();
        assert_eq!(
            lanes,
            ["changes lost · a · in 66.7 % of seeds", "changes lost · b · in 66.7 % of seeds"]
        );
    }
}

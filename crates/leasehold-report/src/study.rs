//! A study in pictures: what each setting comes to at each point of the fields that are varied.
//!
//! ```text
//!   two fields:  a map for each setting and each number    one field:  a line for each setting
//!        loss 0%  5%  10%                                    calls ^ .
//!   20s      #    #    #                                           |   ' .
//!   60s      .    #    #   darker is more                          '--------> lease
//! ```
//!
//! The safety map counts seeds with double ownership, and a line goes where the library's own rules
//! begin to allow it: so what was measured and what is foretold are on one picture.

use crate::chart::{Axis, Chart, Colour, Column, Layer, Marks, Scale, Tick, Word};
use crate::palette::{self, COMPARED};
use crate::{scale, words};
use leasehold_data::{Axis as Varied, Estimate, SettingTotals, SweepTotals, numbers};

/// A number that is shown at each point.
struct Shown {
    slug: &'static str,
    label: &'static str,
    /// The columns that are added up, and what one of them counts for.
    columns: &'static [&'static str],
    unit: f64,
    /// Whether it is harm: drawn in warm colours.
    harm: bool,
}

const SHOWN: [Shown; 6] = [
    Shown {
        slug: "double-ownership",
        label: "seconds of double ownership",
        columns: &["double_ownership_us"],
        unit: 1e6,
        harm: true,
    },
    Shown {
        slug: "changes-lost",
        label: "changes lost or rolled back",
        columns: &["changes_lost", "changes_rolled_back"],
        unit: 1.0,
        harm: true,
    },
    Shown {
        slug: "starts-refused",
        label: "starts refused",
        columns: &["sessions_refused"],
        unit: 1.0,
        harm: true,
    },
    Shown {
        slug: "time-to-play",
        label: "seconds until 99 in a hundred play",
        columns: &["time_to_play_p99_us"],
        unit: 1e6,
        harm: true,
    },
    Shown {
        slug: "calls",
        label: "datastore calls per player-hour",
        columns: &["calls_per_player_hour"],
        unit: 1.0,
        harm: false,
    },
    Shown {
        slug: "budget",
        label: "percent of the request budget",
        columns: &["budget_used_ppm"],
        unit: 1e4,
        harm: false,
    },
];

/// The name of the safety map, after that of its setting.
const SAFETY: &str = "safety";

/// All charts of a study: of maps and lines, those that have something to show.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    let mut names: Vec<&str> = Vec::new();
    for cell in &totals.settings {
        if !names.contains(&cell.name.as_str()) {
            names.push(&cell.name);
        }
    }
    match &totals.axes[..] {
        [] => Vec::new(),
        [only] => {
            let lines = SHOWN.iter().filter_map(|shown| line(totals, (only, &names), shown));
            std::iter::once(seeds_line(totals, (only, &names))).chain(lines).collect()
        }
        [down, across, ..] => names
            .iter()
            .flat_map(|name| {
                let grid = Grid::of(totals, (down, across), name);
                let maps = SHOWN.iter().filter_map(|shown| grid.map(shown));
                std::iter::once(grid.safety()).chain(maps).collect::<Vec<Chart>>()
            })
            .collect(),
    }
}

/// The names of the files that the charts of a study with these settings can have, without their
/// endings.
pub fn slugs(settings: &[String]) -> impl Iterator<Item = String> + '_ {
    let all = || std::iter::once(SAFETY).chain(SHOWN.iter().map(|shown| shown.slug));
    let lines = all().map(|slug| format!("by-{slug}"));
    lines.chain(
        settings.iter().flat_map(move |name| all().map(move |slug| format!("{name}-{slug}"))),
    )
}

/// One setting at every point of two fields.
struct Grid<'t> {
    totals: &'t SweepTotals,
    down: &'t Varied,
    across: &'t Varied,
    name: &'t str,
    /// By value of the field that goes down, and of the one that goes across: the cells there, of
    /// all values of further fields.
    cells: Vec<Vec<Vec<&'t SettingTotals>>>,
}

impl<'t> Grid<'t> {
    fn of(
        totals: &'t SweepTotals,
        (down, across): (&'t Varied, &'t Varied),
        name: &'t str,
    ) -> Grid<'t> {
        let here = |y: &String, x: &String| {
            let at = |cell: &&SettingTotals| {
                cell.name == name && cell.point.first() == Some(y) && cell.point.get(1) == Some(x)
            };
            totals.settings.iter().filter(at).collect()
        };
        let row = |y: &String| across.values.iter().map(|x| here(y, x)).collect();
        let cells = down.values.iter().map(row).collect();
        Grid { totals, down, across, name, cells }
    }

    /// Places with what is in them.
    fn places(&self) -> impl Iterator<Item = (usize, usize, &Vec<&'t SettingTotals>)> {
        let rows = self.cells.iter().enumerate();
        rows.flat_map(|(y, row)| row.iter().enumerate().map(move |(x, cells)| (x, y, cells)))
    }

    fn chart(&self, slug: &str, title: String, subtitle: String) -> Chart {
        let others: Vec<&str> =
            self.totals.axes[2..].iter().map(|axis| axis.path.as_str()).collect();
        let notes = match others.is_empty() {
            true => Vec::new(),
            false => vec![format!("Over all values of {}", others.join(" and "))],
        };
        Chart {
            slug: format!("{}-{slug}", self.name).into(),
            title,
            subtitle,
            x: named_axis(self.across, false),
            y: named_axis(self.down, true),
            layers: Vec::new(),
            rules: Vec::new(),
            words: Vec::new(),
            message: None,
            source: source(self.totals, self.name),
            notes,
        }
    }

    /// A map of one number; nothing if it is 0 everywhere.
    fn map(&self, shown: &Shown) -> Option<Chart> {
        let means: Vec<(usize, usize, f64)> = self
            .places()
            .filter_map(|(x, y, cells)| Some((x, y, mean_of(cells, shown)?)))
            .collect();
        let (least, most) = ends(means.iter().map(|(.., mean)| *mean));
        if means.is_empty() || most == 0.0 {
            return None;
        }
        let at = |x: usize, y: usize| {
            format!(
                "{} {}, {} {}",
                self.down.path, self.down.values[y], self.across.path, self.across.values[x]
            )
        };
        let of = |wanted: f64| {
            let found = means.iter().find(|(.., mean)| *mean == wanted);
            found.map_or(String::new(), |(x, y, _)| at(*x, *y))
        };
        let name = words::name(self.name);
        let (low, high) = (numbers::number(least), numbers::number(most));
        let title = format!("{name}: {} are {low} to {high}", shown.label);
        let subtitle =
            format!("Mean per seed; the least at {}, the most at {}", of(least), of(most));
        let mut chart = self.chart(shown.slug, title, subtitle);
        let ramp = if shown.harm { palette::WARM } else { palette::COOL };
        chart.layers = self.shades(&means, (least, most), ramp, numbers::number);
        chart.words = self.labels(&means, (least, most), |_, _, mean| numbers::number(mean));
        chart.layers.extend(self.missing(shown));
        Some(chart)
    }

    /// Where double ownership was seen, and where the rules allow it.
    fn safety(&self) -> Chart {
        let seeds =
            |cells: &[&SettingTotals]| cells.iter().map(|cell| any(cell, "double_ownership")).max();
        let found: Vec<(usize, usize, f64)> =
            self.places().filter_map(|(x, y, cells)| Some((x, y, seeds(cells)? as f64))).collect();
        let most = self.totals.seeds as f64;
        let seen = found.iter().filter(|(.., seeds)| *seeds > 0.0).count();
        let name = words::name(self.name);
        let all = numbers::plural(found.len() as u64, "point");
        let told = self.foretold();
        let foretold = told.iter().flatten().filter(|told| **told == Some(true)).count();
        let mut all_told = self.places().zip(told.iter().flatten());
        let known = all_told.all(|((_, _, cells), told)| cells.is_empty() || told.is_some());
        let rules = match known {
            true => format!("; its rules allow it at {foretold}"),
            false => String::new(),
        };
        let title = match seen {
            0 => format!("{name}: double ownership at none of {all}{rules}"),
            seen => format!("{name}: double ownership at {seen} of {all}{rules}"),
        };
        let seeds_of = numbers::plural(self.totals.seeds, "seed");
        let subtitle = format!("In how many of {seeds_of} there was any");
        let mut chart = self.chart(SAFETY, title, subtitle);
        chart.layers = self.shades(&found, (0.0, most), palette::WARM, numbers::number);
        chart.words = self.labels(&found, (0.0, most), |_, _, seeds| numbers::count(seeds as u64));
        chart.layers.extend(self.missing(&SHOWN[0]));
        let line = boundary(&told);
        if known && !line.is_empty() {
            chart.layers.push(Layer {
                label: "where its rules begin to allow it".to_owned(),
                colour: palette::BLACK,
                marks: Marks::Line(line),
            });
        }
        chart
    }

    /// Whether the rules allow double ownership, at each point that they say something of.
    fn foretold(&self) -> Vec<Vec<Option<bool>>> {
        let at = |cells: &Vec<&SettingTotals>| {
            let told = cells.iter().map(|cell| Some(cell.foretold.as_ref()?.possible));
            let told: Vec<bool> = told.collect::<Option<_>>()?;
            (!told.is_empty()).then(|| told.contains(&true))
        };
        self.cells.iter().map(|row| row.iter().map(at).collect()).collect()
    }

    /// Places by how much is there: a layer for each shade, the least first.
    fn shades(
        &self,
        means: &[(usize, usize, f64)],
        (least, most): (f64, f64),
        ramp: [Colour; 6],
        text: fn(f64) -> String,
    ) -> Vec<Layer> {
        let layer = |shade: usize| {
            let here = means.iter().filter(|(.., mean)| shade_of(*mean, (least, most)) == shade);
            let columns: Vec<Column> = here.clone().map(|(x, y, _)| place(*x, *y)).collect();
            let (low, high) = ends(here.map(|(.., mean)| *mean));
            let label = match (columns.is_empty(), low == high) {
                (true, _) => String::new(),
                (false, true) => text(low),
                (false, false) => format!("{} to {}", text(low), text(high)),
            };
            Layer { label, colour: ramp[shade], marks: Marks::Columns(columns) }
        };
        (0..ramp.len()).map(layer).collect()
    }

    fn labels(
        &self,
        means: &[(usize, usize, f64)],
        ends: (f64, f64),
        text: impl Fn(usize, usize, f64) -> String,
    ) -> Vec<Word> {
        let word = |(x, y, mean): &(usize, usize, f64)| Word {
            place: place(*x, *y),
            beside: 0.0,
            text: text(*x, *y, *mean),
            colour: if shade_of(*mean, ends) > 3 { palette::PAPER } else { palette::INK },
        };
        means.iter().map(word).collect()
    }

    /// Points that were not run, or have no such number.
    fn missing(&self, shown: &Shown) -> Option<Layer> {
        let none = self.places().filter(|(_, _, cells)| mean_of(cells, shown).is_none());
        let places: Vec<Column> = none.map(|(x, y, _)| place(x, y)).collect();
        (!places.is_empty()).then(|| Layer {
            label: "not run, or no such number".to_owned(),
            colour: palette::GREY,
            marks: Marks::Hatched(places),
        })
    }
}

/// Which shade a number has: the first is for nothing at all.
fn shade_of(mean: f64, (least, most): (f64, f64)) -> usize {
    match mean {
        0.0 => 0,
        _ if most <= least => 1,
        // What spans orders of magnitude is told apart by them.
        _ if least > 0.0 && most / least > 50.0 => {
            1 + ((mean / least).log10() / (most / least).log10() * 4.99) as usize
        }
        _ => 1 + ((mean - least) / (most - least) * 4.99) as usize,
    }
}

fn place(x: usize, y: usize) -> Column {
    let (x, y) = (x as f64, y as f64);
    Column { from: x, to: x + 1.0, base: y, top: y + 1.0 }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(least, most), value| {
        (f64::min(least, value), f64::max(most, value))
    })
}

/// In how many seeds there was some.
fn any(cell: &SettingTotals, name: &str) -> u64 {
    cell.metrics.iter().find(|metric| metric.name == name).map_or(0, |metric| metric.seeds_any)
}

/// The mean of a number at one or several cells; nothing if some seed of one does not have it.
fn mean_of(cells: &[&SettingTotals], shown: &Shown) -> Option<f64> {
    let all: Vec<f64> =
        cells.iter().map(|cell| Some(mean(cell, shown)?.value)).collect::<Option<_>>()?;
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn mean(cell: &SettingTotals, shown: &Shown) -> Option<Estimate> {
    let mut all = Estimate { value: 0.0, low: Some(0.0), high: Some(0.0) };
    for name in shown.columns {
        let metric = cell.metrics.iter().find(|metric| metric.name == *name)?;
        let Estimate { value, low, high } = metric.mean.filter(|_| metric.seeds == cell.seeds)?;
        let add =
            |all: Option<f64>, end: Option<f64>| Some(all? + end.unwrap_or(value) / shown.unit);
        all.value += value / shown.unit;
        (all.low, all.high) = (add(all.low, low), add(all.high, high));
    }
    Some(all)
}

/// The edges between points at which the rules allow something and those at which they do not.
fn boundary(told: &[Vec<Option<bool>>]) -> Vec<Vec<(f64, f64)>> {
    let at = |x: usize, y: usize| told.get(y).and_then(|row| row.get(x)).copied().flatten();
    let mut edges = Vec::new();
    for (y, row) in told.iter().enumerate() {
        for (x, here) in row.iter().enumerate() {
            let (left, low) = (x as f64, y as f64);
            let differs = |other: Option<bool>| other.is_some() && here.is_some() && other != *here;
            if x > 0 && differs(at(x - 1, y)) {
                edges.push(vec![(left, low), (left, low + 1.0)]);
            }
            if y > 0 && differs(at(x, y - 1)) {
                edges.push(vec![(left, low), (left + 1.0, low)]);
            }
        }
    }
    edges
}

/// An axis of values, each in the middle of its place.
fn named_axis(axis: &Varied, lanes: bool) -> Axis {
    // Where there are many, some have no name.
    let step = axis.values.len().div_ceil(if lanes { 24 } else { 14 });
    let ticks = axis.values.iter().enumerate().step_by(step);
    let tick =
        |(nth, value): (usize, &String)| Tick { at: nth as f64 + 0.5, label: words::line(value) };
    Axis {
        label: axis.path.clone(),
        max: axis.values.len() as f64,
        ticks: ticks.map(tick).collect(),
        lanes,
        scale: Scale::Names,
    }
}

fn source(totals: &SweepTotals, name: &str) -> String {
    let seeds = numbers::plural(totals.seeds, "seed");
    format!(
        "Scenario {} · {} · {seeds} ({} to {}) at each point, the same for all · Leasehold {}",
        words::name(&totals.scenario),
        words::name(name),
        totals.first_seed,
        totals.last_seed,
        words::line(&totals.tool)
    )
}

/// A setting, and what it comes to: where on the horizontal axis, and how much.
type Curve<'t> = (&'t str, Vec<(f64, Estimate)>);

/// A line for each setting; nothing if the number is 0 everywhere.
fn line(totals: &SweepTotals, (axis, names): (&Varied, &[&str]), shown: &Shown) -> Option<Chart> {
    let of = |name: &str| points(totals, (axis, name), |cell| mean(cell, shown));
    let lines: Vec<Curve<'_>> = names.iter().map(|name| (*name, of(name))).collect();
    let top =
        lines.iter().flat_map(|(_, points)| points).map(|(_, at)| at.high.unwrap_or(at.value));
    let top = top.fold(0.0, f64::max);
    if top == 0.0 {
        return None;
    }
    let change = |(name, points): &Curve<'_>| {
        let (first, last) = (points.first()?.1.value, points.last()?.1.value);
        Some(format!(
            "{} {} to {}",
            words::name(name),
            numbers::number(first),
            numbers::number(last)
        ))
    };
    let changes: Vec<String> = lines.iter().filter_map(change).collect();
    let [from, to] = [axis.values.first(), axis.values.last()];
    let (from, to) = (from.map_or("", String::as_str), to.map_or("", String::as_str));
    let title = format!(
        "{} at {} {from} to {to}: {}",
        words::capital(shown.label),
        axis.path,
        changes.join(", ")
    );
    let y = scale::amount_axis(format!("{}, mean per seed", shown.label), top, false);
    Some(drawn(totals, axis, (shown.slug, title, y), &lines))
}

/// The same of how many seeds have double ownership.
fn seeds_line(totals: &SweepTotals, (axis, names): (&Varied, &[&str])) -> Chart {
    let of = |name: &str| {
        points(totals, (axis, name), |cell| {
            let value = any(cell, "double_ownership") as f64;
            Some(Estimate { value, low: None, high: None })
        })
    };
    let lines: Vec<Curve<'_>> = names.iter().map(|name| (*name, of(name))).collect();
    let seen = |(name, points): &Curve<'_>| {
        let seen = points.iter().filter(|(_, at)| at.value > 0.0).count();
        format!("{} at {seen} of {}", words::name(name), points.len())
    };
    let seen: Vec<String> = lines.iter().map(seen).collect();
    let title = format!("Double ownership at some values of {}: {}", axis.path, seen.join(", "));
    let y = scale::amount_axis("seeds with double ownership".to_owned(), totals.seeds as f64, true);
    drawn(totals, axis, (SAFETY, title, y), &lines)
}

/// What a setting comes to at each value of the only axis.
fn points(
    totals: &SweepTotals,
    (axis, name): (&Varied, &str),
    of: impl Fn(&SettingTotals) -> Option<Estimate>,
) -> Vec<(f64, Estimate)> {
    let at = |(nth, value): (usize, &String)| {
        let here = |cell: &&SettingTotals| cell.name == name && cell.point.first() == Some(value);
        Some((nth as f64 + 0.5, of(totals.settings.iter().find(here)?)?))
    };
    axis.values.iter().enumerate().filter_map(at).collect()
}

fn drawn(
    totals: &SweepTotals,
    axis: &Varied,
    (slug, title, y): (&str, String, Axis),
    lines: &[Curve<'_>],
) -> Chart {
    let layer = |((name, points), colour): (&Curve<'_>, &Colour)| {
        let line = points.iter().map(|(x, at)| (*x, at.value)).collect();
        let bars = points.iter().filter_map(|(x, at)| Some(vec![(*x, at.low?), (*x, at.high?)]));
        // The line comes last: each piece is set off from what it crosses.
        let marks = Marks::Line(bars.chain(std::iter::once(line)).collect());
        Layer { label: words::name(name), colour: *colour, marks }
    };
    Chart {
        slug: format!("by-{slug}").into(),
        title,
        subtitle: "A point for each value, with its 95 % interval".to_owned(),
        x: named_axis(axis, false),
        y,
        layers: lines.iter().zip(COMPARED.iter().cycle()).map(layer).collect(),
        rules: Vec::new(),
        words: Vec::new(),
        message: None,
        source: source(totals, "all settings"),
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};
    use leasehold_data::{Foretold, Metric};

    fn axis(path: &str, values: &[&str]) -> Varied {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        Varied { path: path.to_owned(), constant: None, written: values.clone(), values }
    }

    /// A cell in which so many of nine seeds had double ownership, and whether that is foretold.
    fn cell(point: &[&str], seeds: u64, possible: bool) -> SettingTotals {
        let seen = Metric { seeds_any: seeds, ..metric("double_ownership", seeds as f64) };
        let calls = metric("calls_per_player_hour", 100.0 + seeds as f64);
        SettingTotals {
            point: point.iter().map(|value| (*value).to_owned()).collect(),
            metrics: vec![seen, calls],
            foretold: Some(Foretold { possible, why: Vec::new() }),
            ..testing::setting()
        }
    }

    fn two_fields() -> SweepTotals {
        SweepTotals {
            axes: vec![axis("servers.skew", &["0s", "9s"]), axis("messaging.loss", &["0%", "5%"])],
            settings: vec![
                cell(&["0s", "0%"], 0, false),
                cell(&["0s", "5%"], 9, true),
                cell(&["9s", "0%"], 0, true),
            ],
            ..testing::totals()
        }
    }

    #[test]
    fn a_safety_map_holds_what_was_seen_beside_what_the_rules_allow() {
        let charts = charts(&two_fields());
        let slugs: Vec<&str> = charts.iter().map(|chart| &*chart.slug).collect();
        assert_eq!(slugs, ["chronicle-safety", "chronicle-calls"], "nothing of what there is none");
        let safety = &charts[0];
        assert_eq!(
            safety.title,
            "chronicle: double ownership at 1 of 3 points; its rules allow it at 2"
        );
        let texts: Vec<&str> = safety.words.iter().map(|word| &*word.text).collect();
        assert_eq!(texts, ["0", "9", "0"]);
        let lines = safety.layers.iter().find_map(|layer| match &layer.marks {
            Marks::Line(pieces) => Some(pieces.clone()),
            _ => None,
        });
        // Beside the only point at which it is not allowed, to the right and above.
        let expected = vec![vec![(1.0, 0.0), (1.0, 1.0)], vec![(0.0, 1.0), (1.0, 1.0)]];
        assert_eq!(lines, Some(expected));
        let hatched = safety.layers.iter().any(|layer| matches!(layer.marks, Marks::Hatched(_)));
        assert!(hatched, "a point was not run");
        assert!(charts.iter().all(|chart| chart.svg().is_ok()));
    }

    #[test]
    fn of_one_field_each_setting_is_a_line() {
        let settings = vec![cell(&["0s"], 0, false), cell(&["9s"], 4, true)];
        let axes = vec![axis("servers.skew", &["0s", "9s"])];
        let totals = SweepTotals { axes, settings, ..testing::totals() };
        let charts = charts(&totals);
        let slugs: Vec<&str> = charts.iter().map(|chart| &*chart.slug).collect();
        assert_eq!(slugs, ["by-safety", "by-calls"]);
        assert_eq!(
            charts[1].title,
            "Datastore calls per player-hour at servers.skew 0s to 9s: chronicle 100 to 104"
        );
        let Marks::Line(pieces) = &charts[1].layers[0].marks else { panic!("a line") };
        assert_eq!(pieces.len(), 3, "a bar for each interval, and the line");
        assert_eq!(pieces[2], [(0.5, 100.0), (1.5, 104.0)]);
    }

    #[test]
    fn every_chart_has_a_name_that_its_folder_knows() {
        let known: Vec<String> = slugs(&["chronicle".to_owned()]).collect();
        let all = charts(&two_fields());
        assert!(all.iter().all(|chart| known.iter().any(|slug| *slug == chart.slug)));
    }
}

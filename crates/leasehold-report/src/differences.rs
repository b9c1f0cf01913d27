//! How settings differ from the first one, in the same seeds: a chart for each number that they are
//! judged by.
//!
//! ```text
//!                    as under chronicle
//!   profile_store            |            |--o--|      more, significantly
//!   chronicle_strict      |--+o--|                     no saying
//!                            '------------------> changes lost
//! ```

use crate::chart::{Axis, Chart, Colour, Column, Layer, Marks, Rule, Word};
use crate::judge::{self, JUDGED, Judged};
use crate::{palette, scale, words};
use leasehold_data::metric::apart;
use leasehold_data::{Difference, SweepTotals, numbers};

/// What a difference amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Less,
    More,
    NoSaying,
}

const FOUND: [(Found, &str, Colour); 3] = [
    (Found::Less, "significantly less", palette::BLUE),
    (Found::More, "significantly more", palette::VERMILION),
    (Found::NoSaying, "no significant difference", palette::GREY),
];

/// A setting beside the first.
struct Beside {
    name: String,
    difference: Difference,
    found: Found,
}

impl Beside {
    /// From where to where it is, on an axis, with its middle.
    fn ends(&self, judged: &Judged) -> [f64; 3] {
        let of = self.difference.difference;
        [of.low.unwrap_or(of.value), of.value, of.high.unwrap_or(of.value)]
            .map(|end| end / judged.unit)
    }

    /// `12 more`, `0.5 s less`.
    fn say(&self, judged: &Judged) -> String {
        let Difference { name, difference, .. } = &self.difference;
        let word = if difference.value < 0.0 { judged.smaller } else { "more" };
        format!("{} {word}", apart(name, difference.value.abs()))
    }

    /// The same with its interval.
    fn whole(&self) -> String {
        let Difference { name, difference, .. } = &self.difference;
        if self.found == Found::NoSaying && difference.value == 0.0 {
            return "no difference".to_owned();
        }
        let signed = |value: f64| {
            let sign = if value < 0.0 { "-" } else { "+" };
            format!("{sign}{}", apart(name, value.abs()))
        };
        match (difference.low, difference.high) {
            (Some(low), Some(high)) => {
                format!("{} ({} to {})", signed(difference.value), signed(low), signed(high))
            }
            _ => signed(difference.value),
        }
    }
}

/// A chart for each number that some setting has any of.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    JUDGED.iter().filter_map(|judged| chart(totals, judged)).collect()
}

fn chart(totals: &SweepTotals, judged: &Judged) -> Option<Chart> {
    let baseline = totals.settings.first()?;
    let all = totals.comparisons.iter().filter_map(|one| {
        let difference = judge::difference(totals, (&one.name, &one.baseline), judged.column)?;
        let found = match (difference.significant, difference.difference.value < 0.0) {
            (false, _) => Found::NoSaying,
            (true, true) => Found::Less,
            (true, false) => Found::More,
        };
        Some(Beside { name: words::name(&one.name), difference, found })
    });
    let all: Vec<Beside> = all.collect();
    if all.is_empty() {
        return None;
    }
    let least = all.iter().map(|one| one.ends(judged)[0]).fold(0.0, f64::min);
    let most = all.iter().map(|one| one.ends(judged)[2]).fold(0.0, f64::max);
    let name = words::name(&baseline.name);
    let x = scale::signed_axis(
        format!("{}: so many more or fewer than under {name}", judged.label),
        (least, most),
    );
    let y = scale::lane_axis(String::new(), all.iter().map(|one| one.name.clone()));
    let (layers, words) = shapes(&all, &x, judged);
    let rules = vec![Rule { at: x.scale.position(0.0), label: format!("as under {name}") }];
    Some(Chart {
        slug: format!("difference-{}", judged.column.replace('_', "-")).into(),
        title: title(&name, judged, &all),
        subtitle: format!(
            "Differences per seed in the same {}, with 95 % intervals; significant at 5 % for all \
             differences together (Holm)",
            seeds_of(&all)
        ),
        x,
        y,
        layers,
        rules,
        words,
        message: None,
        source: source(totals),
        notes: Vec::new(),
    })
}

/// The seeds that differences are of.
fn seeds_of(all: &[Beside]) -> String {
    let mut seeds = all.iter().map(|one| one.difference.seeds);
    let first = seeds.next().unwrap_or(0);
    match seeds.all(|other| other == first) {
        true => numbers::plural(first, "seed"),
        false => "seeds, as far as both have the number".to_owned(),
    }
}

/// A line and a dot for each setting, and what it amounts to.
fn shapes(all: &[Beside], x: &Axis, judged: &Judged) -> (Vec<Layer>, Vec<Word>) {
    let at = |nth: usize| scale::lane(nth, all.len());
    let (mut layers, mut words) = (Vec::new(), Vec::new());
    for (found, label, colour) in FOUND {
        let here = || all.iter().enumerate().filter(move |(_, one)| one.found == found);
        if here().next().is_none() {
            continue;
        }
        let line = |(nth, one): (usize, &Beside)| {
            let [low, _, high] = one.ends(judged).map(|end| x.scale.position(end));
            vec![(low, at(nth)), (high, at(nth))]
        };
        let dot = |(nth, one): (usize, &Beside)| (x.scale.position(one.ends(judged)[1]), at(nth));
        let lines = Marks::Line(here().map(line).collect());
        layers.push(Layer { label: String::new(), colour, marks: lines });
        let dots = Marks::Dots(here().map(dot).collect());
        layers.push(Layer { label: label.to_owned(), colour, marks: dots });
        words.extend(here().map(|(nth, one)| word(x, dot((nth, one)), one.whole())));
    }
    (layers, words)
}

/// Where the numbers are from.
pub(crate) fn source(totals: &SweepTotals) -> String {
    format!(
        "Scenario {} · {} ({} to {}), the same for all · Leasehold {}",
        words::name(&totals.scenario),
        numbers::plural(totals.seeds, "seed"),
        totals.first_seed,
        totals.last_seed,
        words::name(&totals.tool)
    )
}

/// How wide a letter of a label is, as a share of a plot's width.
const LETTER: f64 = 0.0092;

/// A text above its dot, within the plot.
fn word(x: &Axis, (dot, lane): (f64, f64), text: String) -> Word {
    let wide = (text.chars().count() as f64 + 2.0) * LETTER * x.max;
    let within = |from: f64| from.min(x.max - wide).max(0.0);
    let (from, zero) = (within(dot - wide / 2.0), x.scale.position(0.0));
    // The line of no difference would go through it: it stands on its own side of that, or else on
    // the other.
    let sides = if dot < zero { [zero - wide, zero] } else { [zero, zero - wide] };
    let fits = |from: &f64| *from >= 0.0 && *from + wide <= x.max;
    let meets = from < zero && zero < from + wide;
    let from = if meets { sides.into_iter().find(fits).unwrap_or(from) } else { from };
    let place = Column { from, to: from + wide, base: lane + 0.12, top: lane + 0.5 };
    Word { place, beside: 0.0, text, colour: palette::INK }
}

/// More settings are not named one by one.
const NAMED: usize = 4;

fn title(baseline: &str, judged: &Judged, all: &[Beside]) -> String {
    let (same, apart): (Vec<&Beside>, Vec<&Beside>) =
        all.iter().partition(|one| one.found == Found::NoSaying);
    let noun = words::capital(judged.plain);
    if apart.is_empty() {
        return format!("{noun}: no difference from {baseline} is significant");
    }
    let more = apart.len().saturating_sub(NAMED);
    let mut parts: Vec<String> =
        apart.iter().take(NAMED).map(|one| format!("{} {}", one.name, one.say(judged))).collect();
    if more > 0 {
        parts.push(format!("{more} others differ too"));
    }
    let same: Vec<String> = same.iter().map(|one| one.name.clone()).collect();
    if !same.is_empty() {
        parts.push(format!("no significant difference under {}", words::list(&same, "and")));
    }
    format!("{noun} beside {baseline}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};
    use leasehold_data::SettingTotals;

    fn setting(name: &str, calls: f64) -> SettingTotals {
        let metrics = vec![metric("calls_per_player_hour", calls)];
        SettingTotals { name: name.to_owned(), metrics, ..testing::setting() }
    }

    #[test]
    fn a_title_says_what_differs_and_what_does_not() {
        let totals =
            testing::apart(vec![setting("a", 448.0), setting("b", 75.0), setting("c", 446.0)]);
        let [calls] = &charts(&totals)[..] else { panic!("one number, one chart") };
        assert_eq!(
            calls.title,
            "Datastore calls a player-hour beside a: b 373 fewer, no significant difference under c"
        );
        let legend: Vec<&str> = calls.layers.iter().map(|layer| &*layer.label).collect();
        assert_eq!(legend, ["", "significantly less", "", "no significant difference"]);
        let Marks::Dots(dots) = &calls.layers[1].marks else { panic!("dots") };
        assert_eq!(calls.x.scale.value(dots[0].0), -373.0);
        assert_eq!(calls.x.scale.value(calls.rules[0].at), 0.0);
        assert!(calls.svg().is_ok());
        let same = testing::apart(vec![setting("a", 448.0), setting("c", 446.0)]);
        let title = &charts(&same)[0].title;
        assert_eq!(title, "Datastore calls a player-hour: no difference from a is significant");
    }
}

//! Settings side by side on one chart: what each costs, and what goes wrong under it.
//!
//! To the left is cheap and below is safe, so a setting that has another one to its lower left is
//! never the one to choose. Each is a dot in a cross, as wide and as high as the intervals of its
//! two means; those that come to the same share one.

use crate::chart::{Axis, Chart, Colour, Column, Layer, Marks, Word};
use crate::palette::{self, COMPARED};
use crate::{scale, words};
use leasehold_data::{Estimate, SettingTotals, SweepTotals, numbers};

/// What can go wrong: the name of the file, the axis, and the columns that are added up, with what
/// one of them counts for.
struct Harm {
    slug: &'static str,
    label: &'static str,
    noun: &'static str,
    least: &'static str,
    columns: &'static [&'static str],
    unit: f64,
}

const HARMS: [Harm; 2] = [
    Harm {
        slug: "double-ownership",
        label: "seconds of double ownership, mean per seed",
        noun: "double ownership",
        least: "the least double ownership",
        columns: &["double_ownership_us"],
        unit: 1e6,
    },
    Harm {
        slug: "changes-lost",
        label: "changes lost or rolled back, mean per seed",
        noun: "lost changes",
        least: "the fewest lost changes",
        columns: &["changes_lost", "changes_rolled_back"],
        unit: 1.0,
    },
];

/// Draws nothing, decides everything: a chart for each thing that goes wrong under any setting, and
/// all of them if nothing does.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    HARMS.iter().map(|harm| chart(totals, harm)).collect()
}

/// The names of the files that the charts can have, without their endings.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    HARMS.iter().map(|harm| harm.slug)
}

/// Where one or several settings are, from the middle to both ends.
struct Place {
    name: String,
    calls: [f64; 3],
    harm: [f64; 3],
}

fn chart(totals: &SweepTotals, harm: &Harm) -> Chart {
    let mut places: Vec<Place> = Vec::new();
    for place in totals.settings.iter().filter_map(|setting| place(setting, harm)) {
        let same = |other: &&mut Place| other.calls == place.calls && other.harm == place.harm;
        match places.iter_mut().find(same) {
            Some(other) => other.name = format!("{}, {}", other.name, place.name),
            None => places.push(place),
        }
    }
    let most = |of: fn(&Place) -> f64| places.iter().map(of).fold(0.0, f64::max);
    let (right, top) = (most(|place| place.calls[2]), most(|place| place.harm[2]));
    let x = scale::amount_axis(
        "datastore calls per player-hour, mean of seeds".to_owned(),
        right,
        false,
    );
    let y = scale::amount_axis(harm.label.to_owned(), top, false);
    let coloured = || places.iter().zip(COMPARED.iter().cycle());
    let crosses = coloured().map(|(place, colour)| cross(place, *colour));
    let dots = coloured().map(|(place, colour)| Layer {
        label: format!(
            "{} ({}, {})",
            place.name,
            numbers::number(place.calls[0]),
            numbers::number(place.harm[0])
        ),
        colour: *colour,
        marks: Marks::Columns(vec![dot(place, (&x, &y))]),
    });
    let layers = crosses.chain(dots).collect();
    let word = |place: &Place| Word {
        place: dot(place, (&x, &y)),
        beside: 0.09 * y.max,
        text: place.name.clone(),
        colour: palette::INK,
    };
    let seeds = numbers::plural(totals.seeds, "seed");
    Chart {
        slug: harm.slug.into(),
        title: title(&places, harm),
        subtitle:
            "Each dot is a setting: its two means, in brackets too, with their 95 % intervals"
                .to_owned(),
        layers,
        words: places.iter().map(word).collect(),
        x,
        y,
        rules: Vec::new(),
        message: places.is_empty().then(|| "Nobody was in the game.".to_owned()),
        source: format!(
            "Scenario {} · {seeds} ({} to {}), the same for all · Leasehold {}",
            words::line(&totals.scenario),
            totals.first_seed,
            totals.last_seed,
            words::line(&totals.tool)
        ),
        notes: Vec::new(),
    }
}

/// The sum of a setting's means, and of the ends of their intervals, which is too wide for two.
fn place(setting: &SettingTotals, harm: &Harm) -> Option<Place> {
    let mean = |name: &str| {
        let metric = setting.metrics.iter().find(|metric| metric.name == name)?;
        metric.mean.map(ends)
    };
    let calls = mean("calls_per_player_hour")?;
    let harms = harm.columns.iter().filter_map(|name| mean(name));
    let all = harms.fold([0.0; 3], |all, one| [0, 1, 2].map(|nth| all[nth] + one[nth] / harm.unit));
    Some(Place { name: words::line(&setting.name), calls, harm: all })
}

fn ends(Estimate { value, low, high }: Estimate) -> [f64; 3] {
    [value, low.unwrap_or(value), high.unwrap_or(value)]
}

/// How wide and how high a dot is, as a share of its axis.
const DOT: [f64; 2] = [0.012, 0.0222];

/// The dot of a place. One that would leave the plot stands on its edge.
fn dot(place: &Place, (x, y): (&Axis, &Axis)) -> Column {
    let (wide, high) = (DOT[0] * x.max, DOT[1] * y.max);
    let (from, base) =
        ((place.calls[0] - wide / 2.0).max(0.0), (place.harm[0] - high / 2.0).max(0.0));
    Column { from, to: from + wide, base, top: base + high }
}

fn cross(Place { calls, harm, .. }: &Place, colour: Colour) -> Layer {
    let ([x, left, right], [y, below, above]) = (*calls, *harm);
    let (across, up) = (vec![(left, y), (right, y)], vec![(x, below), (x, above)]);
    Layer { label: String::new(), colour, marks: Marks::Line(vec![across, up]) }
}

/// What there is to see: who is cheapest, and who is safest; of those that are as safe, for least.
fn title(places: &[Place], harm: &Harm) -> String {
    let cheap = places.iter().min_by(|a, b| a.calls[0].total_cmp(&b.calls[0]));
    let safe = places
        .iter()
        .min_by(|a, b| a.harm[0].total_cmp(&b.harm[0]).then(a.calls[0].total_cmp(&b.calls[0])));
    let (Some(cheap), Some(safe)) = (cheap, safe) else {
        return "There is nothing to compare".to_owned();
    };
    let noun = harm.noun;
    if places.iter().all(|place| place.harm[2] == 0.0) {
        return format!("No setting shows any {noun}; {} has the fewest calls", cheap.name);
    }
    if cheap.harm[0] <= safe.harm[0] {
        return format!("{} has the fewest calls and no more {noun} than any other", cheap.name);
    }
    format!("{} has the fewest calls, {} {}", cheap.name, safe.name, harm.least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};

    fn setting(name: &str, calls: f64, lost: f64) -> SettingTotals {
        let metrics = vec![metric("calls_per_player_hour", calls), metric("changes_lost", lost)];
        SettingTotals { name: name.to_owned(), metrics, ..testing::setting() }
    }

    fn totals(settings: Vec<SettingTotals>) -> SweepTotals {
        SweepTotals { settings, ..testing::totals() }
    }

    #[test]
    fn the_title_says_who_is_cheap_and_who_is_safe() {
        let both = totals(vec![setting("a", 10.0, 300.0), setting("b", 90.0, 20.0)]);
        let [_, lost] = &charts(&both)[..] else { panic!("two charts") };
        assert_eq!(lost.title, "a has the fewest calls, b the fewest lost changes");
        assert_eq!(lost.layers.len(), 4, "a cross and a dot each");
        assert!(lost.svg().is_ok() && lost.png().is_ok());
        let one = totals(vec![setting("a", 10.0, 3.0), setting("b", 90.0, 20.0)]);
        let title = &charts(&one)[1].title;
        assert_eq!(title, "a has the fewest calls and no more lost changes than any other");
        let title = &charts(&one)[0].title;
        assert_eq!(title, "No setting shows any double ownership; a has the fewest calls");
    }

    #[test]
    fn of_those_that_are_as_safe_the_cheapest_is_named_and_equal_ones_share_a_dot() {
        let all = ["a", "b"].map(|name| setting(name, 448.0, 0.0));
        let [a, b] = all;
        let all = totals(vec![a, b, setting("c", 75.0, 0.0), setting("d", 69.0, 488.0)]);
        let [_, lost] = &charts(&all)[..] else { panic!("two charts") };
        assert_eq!(lost.title, "d has the fewest calls, c the fewest lost changes");
        let texts: Vec<&str> = lost.words.iter().map(|word| &*word.text).collect();
        assert_eq!(texts, ["a, b", "c", "d"]);
        assert!(lost.layers.iter().any(|layer| layer.label == "a, b (448, 0)"));
    }
}

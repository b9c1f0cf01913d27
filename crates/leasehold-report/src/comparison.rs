//! Settings side by side on one chart: what each costs, and what goes wrong under it.
//!
//! To the left is cheap and below is safe, so a setting that has another one to its lower left is
//! never the one to choose. Each is a cross, as wide and as high as the intervals of its two means.

use crate::chart::{Chart, Colour, Layer, Marks};
use crate::palette::COMPARED;
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

/// A setting's place, from the middle to both ends.
struct Place<'t> {
    name: &'t str,
    calls: [f64; 3],
    harm: [f64; 3],
}

fn chart(totals: &SweepTotals, harm: &Harm) -> Chart {
    let places: Vec<Place<'_>> =
        totals.settings.iter().filter_map(|setting| place(setting, harm)).collect();
    let layers =
        places.iter().zip(COMPARED.iter().cycle()).map(|(place, colour)| layer(place, *colour));
    let most = |of: fn(&Place<'_>) -> f64| places.iter().map(of).fold(0.0, f64::max);
    let (right, top) = (most(|place| place.calls[2]), most(|place| place.harm[2]));
    let seeds = numbers::plural(totals.seeds, "seed");
    Chart {
        slug: harm.slug.into(),
        title: title(&places, harm),
        subtitle:
            "Each cross is a setting: its two means, in brackets too, as wide and as high as their 95 % intervals"
                .to_owned(),
        x: scale::amount_axis(
            "datastore calls per player-hour, mean of seeds".to_owned(),
            right,
            false,
        ),
        y: scale::amount_axis(harm.label.to_owned(), top, false),
        layers: layers.collect(),
        rules: Vec::new(),
        words: Vec::new(),
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
fn place<'t>(setting: &'t SettingTotals, harm: &Harm) -> Option<Place<'t>> {
    let mean = |name: &str| {
        let metric = setting.metrics.iter().find(|metric| metric.name == name)?;
        metric.mean.map(ends)
    };
    let calls = mean("calls_per_player_hour")?;
    let harms = harm.columns.iter().filter_map(|name| mean(name));
    let all = harms.fold([0.0; 3], |all, one| [0, 1, 2].map(|nth| all[nth] + one[nth] / harm.unit));
    Some(Place { name: &setting.name, calls, harm: all })
}

fn ends(Estimate { value, low, high }: Estimate) -> [f64; 3] {
    [value, low.unwrap_or(value), high.unwrap_or(value)]
}

/// How wide and how high a cross is at the least, as a share of what it shows.
const LEAST: f64 = 0.02;

fn layer(Place { name, calls, harm }: &Place<'_>, colour: Colour) -> Layer {
    let ([x, left, right], [y, below, above]) = (*calls, *harm);
    let (least_x, least_y) = (LEAST * x, LEAST * y);
    let across = vec![(left.min(x - least_x), y), (right.max(x + least_x), y)];
    let up = vec![(x, below.min(y - least_y)), (x, above.max(y + least_y))];
    let label = format!("{} ({}, {})", words::line(name), numbers::number(x), numbers::number(y));
    Layer { label, colour, marks: Marks::Line(vec![across, up]) }
}

/// What there is to see: who is cheapest, and who is safest.
fn title(places: &[Place<'_>], harm: &Harm) -> String {
    let least = |of: fn(&Place<'_>) -> f64| places.iter().min_by(|a, b| of(a).total_cmp(&of(b)));
    let (Some(cheap), Some(safe)) = (least(|one| one.calls[0]), least(|one| one.harm[0])) else {
        return "There is nothing to compare".to_owned();
    };
    let noun = harm.noun;
    if places.iter().all(|place| place.harm[2] == 0.0) {
        return format!(
            "No setting shows any {noun}; {} has the fewest calls",
            words::line(cheap.name)
        );
    }
    if cheap.harm[0] <= safe.harm[0] {
        return format!(
            "{} has the fewest calls and no more {noun} than any other",
            words::line(cheap.name)
        );
    }
    let (cheap, safe) = (words::line(cheap.name), words::line(safe.name));
    format!("{cheap} has the fewest calls, {safe} {}", harm.least)
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
        assert_eq!(lost.layers.len(), 2);
        assert!(lost.svg().is_ok() && lost.png().is_ok());
        let one = totals(vec![setting("a", 10.0, 3.0), setting("b", 90.0, 20.0)]);
        let title = &charts(&one)[1].title;
        assert_eq!(title, "a has the fewest calls and no more lost changes than any other");
        let title = &charts(&one)[0].title;
        assert_eq!(title, "No setting shows any double ownership; a has the fewest calls");
    }
}

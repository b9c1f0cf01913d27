//! Settings side by side on one chart: what each costs, and what goes wrong under it.
//!
//! To the left is cheap and below is safe, so a setting that has another one to its lower left is
//! never the one to choose. Each is a dot in a cross, as wide and as high as the intervals of its
//! two means; those that come to the same share one. A title names who has the least only if it
//! differs from all others, in the same seeds, significantly.

use crate::chart::{Axis, Chart, Colour, Column, Layer, Marks, Word};
use crate::judge::{self, CALLS, HARMS, Judged};
use crate::palette::COMPARED;
use crate::{scale, words};
use leasehold_data::{Estimate, SettingTotals, SweepTotals, numbers};

/// What is always shown, also if there is none of it anywhere.
const ALWAYS: [&str; 2] = ["changes_lost", "double_ownership_us"];

/// Draws nothing, decides everything: a chart for each thing that goes wrong under any setting, and
/// of lost changes and double ownership in any case.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    let any = |harm: &&Judged| {
        let mut all = totals.settings.iter().filter_map(|one| judge::mean(one, harm.column));
        ALWAYS.contains(&harm.column) || all.any(|mean| mean.value > 0.0)
    };
    HARMS.iter().filter(any).map(|harm| chart(totals, harm)).collect()
}

/// The names of the files that the charts can have, without their endings.
pub fn slugs() -> impl Iterator<Item = String> {
    HARMS.iter().map(slug)
}

fn slug(harm: &Judged) -> String {
    harm.column.trim_end_matches("_us").replace('_', "-")
}

/// Where one or several settings are, from the middle to both ends.
struct Place {
    name: String,
    calls: [f64; 3],
    harm: [f64; 3],
}

fn chart(totals: &SweepTotals, harm: &Judged) -> Chart {
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
    let x = scale::amount_axis(format!("{}, mean of seeds", CALLS.label), right, false);
    let y = scale::amount_axis(format!("{}, mean per seed", harm.label), top, false);
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
        marks: Marks::Dots(vec![(place.calls[0], place.harm[0])]),
    });
    let layers = crosses.chain(dots).collect();
    let seeds = numbers::plural(totals.seeds, "seed");
    Chart {
        slug: slug(harm).into(),
        title: title(totals, harm),
        subtitle:
            "Each dot is a setting: its two means, in brackets too, with their 95 % intervals"
                .to_owned(),
        layers,
        words: labels(&places, (&x, &y)),
        x,
        y,
        rules: Vec::new(),
        message: places.is_empty().then(|| "Nobody was in the game.".to_owned()),
        source: format!(
            "Scenario {} · {seeds} ({} to {}), the same for all · Leasehold {}",
            words::name(&totals.scenario),
            totals.first_seed,
            totals.last_seed,
            words::name(&totals.tool)
        ),
        notes: Vec::new(),
    }
}

fn place(setting: &SettingTotals, harm: &Judged) -> Option<Place> {
    let calls = ends(judge::mean(setting, CALLS.column)?);
    let harms = judge::mean(setting, harm.column).map_or([0.0; 3], ends);
    let harm = harms.map(|value| value / harm.unit);
    Some(Place { name: words::name(&setting.name), calls, harm })
}

fn ends(Estimate { value, low, high }: Estimate) -> [f64; 3] {
    [value, low.unwrap_or(value), high.unwrap_or(value)]
}

fn cross(Place { calls, harm, .. }: &Place, colour: Colour) -> Layer {
    let ([x, left, right], [y, below, above]) = (*calls, *harm);
    let (across, up) = (vec![(left, y), (right, y)], vec![(x, below), (x, above)]);
    Layer { label: String::new(), colour, marks: Marks::Line(vec![across, up]) }
}

/// The plot in pixels, about, and the letters in it: for where a label has room.
const PLOT: [f64; 2] = [1_400.0, 420.0];
const LETTER: [f64; 2] = [12.0, 26.0];
/// How far what is drawn reaches to each side: half of a dot, and of a line.
const REACH: [f64; 2] = [13.0, 6.0];

/// The names of dots, each beside its own where nothing else is. One without room has none: its
/// name is in the legend too.
fn labels(places: &[Place], (x, y): (&Axis, &Axis)) -> Vec<Word> {
    let (right, up) = (x.max / PLOT[0], y.max / PLOT[1]);
    let around = |x: [f64; 2], y: [f64; 2], reach: f64| Column {
        from: x[0] - reach * right,
        to: x[1] + reach * right,
        base: y[0] - reach * up,
        top: y[1] + reach * up,
    };
    let mut taken: Vec<Column> = Vec::new();
    for Place { calls, harm, .. } in places {
        taken.push(around([calls[0]; 2], [harm[0]; 2], REACH[0]));
        taken.push(around([calls[1], calls[2]], [harm[0]; 2], REACH[1]));
        taken.push(around([calls[0]; 2], [harm[1], harm[2]], REACH[1]));
    }
    let mut words = Vec::new();
    for (place, colour) in places.iter().zip(COMPARED.iter().cycle()) {
        let wide = (place.name.chars().count() as f64 + 1.5) * LETTER[0] * right;
        let high = LETTER[1] * up;
        let free = |found: &Column| {
            let meets = |other: &Column| {
                found.from < other.to
                    && other.from < found.to
                    && found.base < other.top
                    && other.base < found.top
            };
            // Whatever is nearer to another dot would be taken for its name.
            let away = |Place { calls, harm, .. }: &Place| {
                let beyond = |at: f64, from: f64, to: f64| (from - at).max(at - to).max(0.0);
                let across = beyond(calls[0], found.from, found.to) / right;
                let above = beyond(harm[0], found.base, found.top) / up;
                across * across + above * above
            };
            let own = away(place);
            let nearest =
                places.iter().all(|other| own * 1.5 <= away(other) || other.name == place.name);
            let inside = found.from >= 0.0 && found.to <= x.max && found.base >= 0.0;
            inside && nearest && found.top <= y.max && !taken.iter().any(meets)
        };
        let reach = (REACH[0] * right, REACH[0] * up);
        let found = around_dot(place, (wide, high), reach, x.max);
        if let Some(found) = found.into_iter().find(free) {
            taken.push(found);
            let (text, colour) = (place.name.clone(), *colour);
            words.push(Word { place: found, beside: 0.0, text, colour });
        }
    }
    words
}

/// Where the name of a dot may be, the best place first: to its right and left, at its height and
/// above and below it, and beyond the ends of its cross.
fn around_dot(
    Place { calls, harm, .. }: &Place,
    (wide, high): (f64, f64),
    (right, up): (f64, f64),
    end: f64,
) -> Vec<Column> {
    let beside = [calls[0] + right, calls[0] - right - wide, calls[2] + right];
    let beside = beside
        .into_iter()
        .chain([calls[1] - right - wide, (calls[0] - wide / 2.0).min(end - wide)]);
    let heights = [harm[0] + up, harm[0] - up - high, harm[2] + up, harm[1] - up - high];
    let heights = heights.into_iter().chain([harm[0] + up + high * 1.3, harm[0] - high / 2.0]);
    beside
        .flat_map(|from| heights.clone().map(move |base| (from, base)))
        .map(|(from, base)| Column { from, to: from + wide, base, top: base + high })
        .collect()
}

/// What there is to see: who has the least harm, and who is cheapest.
fn title(totals: &SweepTotals, harm: &Judged) -> String {
    let cheap = judge::least(totals, CALLS.column);
    let safe = judge::least(totals, harm.column);
    if cheap.is_empty() {
        return "There is nothing to compare".to_owned();
    }
    let any = safe.iter().any(|one| judge::mean(one, harm.column).is_some_and(|m| m.value > 0.0));
    let all = totals.settings.len();
    let noun = harm.plain;
    let none = totals
        .settings
        .iter()
        .all(|one| judge::mean(one, harm.column).is_none_or(|mean| mean.value == 0.0));
    let has = |found: &[&SettingTotals], what: &str| match found {
        [one] => format!("{} has {what}", words::name(&one.name)),
        found => {
            let names: Vec<String> = found.iter().map(|one| words::name(&one.name)).collect();
            format!("{} have {what}", words::list(&names, "and"))
        }
    };
    let calls = match cheap.len() == all {
        true => "no difference in calls is significant".to_owned(),
        false => has(&cheap, "the fewest calls"),
    };
    if none {
        return format!("No setting shows any {noun}; {calls}");
    }
    match (safe.len() == all, any) {
        (true, _) => format!("No difference in {noun} is significant; {calls}"),
        (false, false) => format!("{}; {calls}", has(&safe, &format!("no {noun}"))),
        (false, true) if safe.len() == 1 => {
            format!("{}; {calls}", has(&safe, &harm.least()))
        }
        (false, true) => format!(
            "{}, no significant difference between them; {calls}",
            has(&safe, &harm.least())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, apart, metric};

    fn setting(name: &str, calls: f64, lost: f64) -> SettingTotals {
        let metrics = vec![metric("calls_per_player_hour", calls), metric("changes_lost", lost)];
        SettingTotals { name: name.to_owned(), metrics, ..testing::setting() }
    }

    fn titles(settings: Vec<SettingTotals>) -> [String; 2] {
        let charts = charts(&apart(settings));
        let [lost, twice] = &charts[..] else { panic!("two charts") };
        assert!(charts.iter().all(|chart| slugs().any(|slug| slug == chart.slug)));
        assert!(lost.svg().is_ok() && lost.png().is_ok());
        [lost.title.clone(), twice.title.clone()]
    }

    #[test]
    fn the_title_says_who_is_cheap_and_who_is_safe() {
        let [lost, twice] = titles(vec![setting("a", 10.0, 300.0), setting("b", 90.0, 20.0)]);
        assert_eq!(lost, "b has the fewest changes lost; a has the fewest calls");
        assert_eq!(twice, "No setting shows any double ownership; a has the fewest calls");
    }

    #[test]
    fn whose_difference_is_not_significant_is_not_named_alone() {
        let all =
            || vec![setting("a", 40.0, 75.0), setting("b", 90.0, 76.0), setting("c", 1.0, 900.0)];
        let [lost, _] = titles(all());
        assert_eq!(
            lost,
            "a and b have the fewest changes lost, no significant difference between them; c has \
             the fewest calls"
        );
        let mut same = all();
        same.truncate(2);
        let [lost, _] = titles(same);
        assert_eq!(lost, "No difference in changes lost is significant; a has the fewest calls");
    }

    #[test]
    fn equal_ones_share_a_dot_and_no_name_lies_on_another_or_on_an_interval() {
        let all = ["a", "b"].map(|name| setting(name, 448.0, 0.0));
        let [a, b] = all;
        let all = apart(vec![a, b, setting("c", 75.0, 0.0), setting("d", 69.0, 488.0)]);
        let charts = charts(&all);
        let lost = &charts[0];
        assert!(lost.title.starts_with("a, b and c have no changes lost"), "{}", lost.title);
        let texts: Vec<&str> = lost.words.iter().map(|word| &*word.text).collect();
        assert_eq!(texts, ["a, b", "c", "d"]);
        assert!(lost.layers.iter().any(|layer| layer.label == "a, b (448, 0)"));
        for (nth, word) in lost.words.iter().enumerate() {
            let Column { from, to, base, top } = word.place;
            assert!(from >= 0.0 && to <= lost.x.max && base >= 0.0 && top <= lost.y.max);
            for other in &lost.words[nth + 1..] {
                let other = other.place;
                let apart = from >= other.to || other.from >= to || base >= other.top;
                assert!(apart || other.base >= top, "{word:?} {other:?}");
            }
        }
    }
}

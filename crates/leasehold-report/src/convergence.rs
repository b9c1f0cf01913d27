//! How well a rate is known, by how many seeds: the estimate and its interval after the first 1, 2,
//! 5, 10 and so on.
//!
//! ```text
//!   a session-hour |##                  the band narrows; where something never came, only its
//!                  |####----------      upper end is there, and falls
//!                  |##
//!                  '--------------> seeds
//! ```

use crate::chart::{Chart, Colour, Layer, Marks};
use crate::differences::source;
use crate::palette::COMPARED;
use crate::{scale, words};
use leasehold_data::{Checkpoint, Estimate, SettingTotals, SweepTotals, numbers};

/// More classes are in the table only.
const CLASSES_MAX: usize = 6;

/// A setting's estimates, by number of seeds.
struct Path {
    name: String,
    colour: Colour,
    points: Vec<(u64, Estimate)>,
}

impl Path {
    fn of(setting: &SettingTotals, colour: Colour, all: &[Checkpoint]) -> Option<Path> {
        let points = all.iter().filter_map(|at| Some((at.seeds, at.per_session_hour?)));
        // Of one seed nobody knows how much seeds differ: what came in it has no interval.
        let known = |(seeds, of): &(u64, Estimate)| {
            of.low.is_some() && of.high.is_some() && (*seeds > 1 || of.value == 0.0)
        };
        let points: Vec<(u64, Estimate)> = points.filter(known).collect();
        (points.len() > 1).then(|| Path { name: words::name(&setting.name), colour, points })
    }

    fn last(&self) -> (u64, Estimate) {
        self.points[self.points.len() - 1]
    }
}

/// A chart for each of the first few classes that came, and one for all that did not.
pub fn charts(totals: &SweepTotals) -> Vec<Chart> {
    let mut classes: Vec<String> = Vec::new();
    for class in totals.settings.iter().flat_map(|setting| &setting.violations) {
        let name = format!("{}:{}", class.invariant, class.cause);
        if !classes.contains(&name) {
            classes.push(name);
        }
    }
    let coloured = || totals.settings.iter().zip(COMPARED.iter().cycle());
    let came = classes.iter().take(CLASSES_MAX).filter_map(|class| {
        let path = |(setting, colour): (&SettingTotals, &Colour)| {
            let rate = setting.rates.iter().find(|rate| rate.name == *class)?;
            Path::of(setting, *colour, &rate.converged)
        };
        let paths: Vec<Path> = coloured().filter_map(path).collect();
        let slug = format!("rate-{}", class.replace([':', '_'], "-"));
        let class = class.replace(':', ": ");
        let several = totals.settings.len() > 1;
        chart(totals, &paths, (slug, title(&class, &paths, several)))
    });
    let path =
        |(setting, colour): (&SettingTotals, &Colour)| Path::of(setting, *colour, &setting.never);
    let never: Vec<Path> = coloured().filter_map(path).collect();
    let none = chart(totals, &never, ("rate-never".to_owned(), never_title(&never)));
    came.chain(none).collect()
}

/// `2.35 (2.30 to 2.40)`; of what never came `at most 0.01`.
fn say(estimate: &Estimate) -> String {
    let number = numbers::number;
    match (estimate.low, estimate.high) {
        (_, Some(high)) if estimate.value == 0.0 => format!("at most {}", number(high)),
        (Some(low), Some(high)) => {
            format!("{} ({} to {})", number(estimate.value), number(low), number(high))
        }
        _ => number(estimate.value),
    }
}

fn title(class: &str, paths: &[Path], several: bool) -> String {
    match paths {
        [] => String::new(),
        [one] => {
            let (seeds, last) = one.last();
            let under = if several { format!(" under {}", one.name) } else { String::new() };
            format!(
                "{class}{under}: {} a session-hour, known to {} after {}",
                numbers::number(last.value),
                ends(&last),
                numbers::plural(seeds, "seed")
            )
        }
        all => {
            let each = |path: &Path| format!("{} {}", path.name, say(&path.last().1));
            let all: Vec<String> = all.iter().map(each).collect();
            format!("{class} a session-hour: {}", all.join(", "))
        }
    }
}

fn ends(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!("{} to {}", numbers::number(low), numbers::number(high))
        }
        _ => "nothing".to_owned(),
    }
}

fn never_title(paths: &[Path]) -> String {
    let most = |path: &Path| {
        let (seeds, last) = path.last();
        let high = numbers::number(last.high.unwrap_or(0.0));
        (format!("{} {high}", path.name), high, numbers::plural(seeds, "seed"))
    };
    match paths {
        [] => String::new(),
        [one] => {
            let (_, high, seeds) = most(one);
            format!("What came in none of {seeds} comes at most {high} times a session-hour")
        }
        all => {
            let each: Vec<String> = all.iter().map(|path| most(path).0).collect();
            format!(
                "What came in no seed comes at most so often a session-hour: {}",
                each.join(", ")
            )
        }
    }
}

fn chart(totals: &SweepTotals, paths: &[Path], (slug, title): (String, String)) -> Option<Chart> {
    let seeds = paths.iter().map(|path| path.last().0).max()?;
    let points = || paths.iter().flat_map(|path| &path.points).map(|(_, at)| at);
    // Where an interval begins at nothing, its lower end is beyond any logarithm.
    let near = |at: &Estimate| match (at.low, at.high) {
        (Some(low), _) if low > 0.0 && low >= at.value / 10.0 => low,
        (_, Some(high)) if at.value == 0.0 => high / 2.0,
        _ => at.value / 2.0,
    };
    let least = points().map(near).filter(|near| *near > 0.0).fold(f64::INFINITY, f64::min);
    let most = points().map(|at| at.high.unwrap_or(at.value)).fold(0.0, f64::max);
    if !least.is_finite() || most <= 0.0 {
        return None;
    }
    let (x, _) = scale::log_amount_axis("first so many seeds".to_owned(), (1.0, seeds as f64));
    let (y, _) =
        scale::log_amount_axis("for each hour of a session, logarithmic".to_owned(), (least, most));
    let at = |seeds: u64| x.scale.position(seeds as f64);
    let up = |value: f64| y.scale.position(value);
    let area = |path: &Path| {
        let piece = path.points.iter().map(|(seeds, of)| {
            let (low, high) = (of.low.unwrap_or(of.value), of.high.unwrap_or(of.value));
            (at(*seeds), up(low), up(high))
        });
        let marks = Marks::Area(vec![piece.collect()]);
        Layer { label: String::new(), colour: path.colour, marks }
    };
    // What never came has an estimate of nothing: its upper end is what there is to see.
    let line = |path: &Path| {
        let never = path.last().1.value == 0.0;
        let shown = |of: &Estimate| if never { of.high.unwrap_or(0.0) } else { of.value };
        let points = path.points.iter().map(|(seeds, of)| (at(*seeds), up(shown(of)))).collect();
        let label = format!("{}: {}", path.name, say(&path.last().1));
        Layer { label, colour: path.colour, marks: Marks::Line(vec![points]) }
    };
    let layers = paths.iter().map(area).chain(paths.iter().map(line)).collect();
    Some(Chart {
        slug: slug.into(),
        title,
        subtitle: "The estimate after the first so many seeds, and its 95 % interval; what begins \
                   at 0 goes on below the plot"
            .to_owned(),
        x,
        y,
        layers,
        rules: Vec::new(),
        words: Vec::new(),
        message: None,
        source: source(totals),
        notes: vec!["Of fewer than some ten seeds the interval itself is rough".to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use leasehold_data::{Rate, Spread, ViolationClass};

    fn path(all: &[(u64, f64, f64, f64)]) -> Vec<Checkpoint> {
        let at = |&(seeds, value, low, high): &(u64, f64, f64, f64)| Checkpoint {
            seeds,
            per_session_hour: Some(Estimate { value, low: Some(low), high: Some(high) }),
        };
        all.iter().map(at).collect()
    }

    #[test]
    fn a_rate_has_a_band_that_narrows_and_what_never_came_a_bound_that_falls() {
        let converged = path(&[(1, 0.0, 0.0, 0.9), (2, 0.5, 0.1, 0.8), (9, 0.3, 0.2, 0.4)]);
        let rate = Rate {
            name: "some:cause".to_owned(),
            times: 3,
            seeds: 2,
            per_session_hour: None,
            per_hand_off: None,
            converged,
        };
        let class = ViolationClass {
            invariant: "some".to_owned(),
            cause: "cause".to_owned(),
            expected: "any".to_owned(),
            violations: 3,
            seeds: 2,
            share: Estimate { value: 0.2, low: None, high: None },
            first_seeds: vec![1],
            min: 0,
            max: 2,
            spread: Spread { p05: 0, p25: 0, p50: 0, p75: 0, p95: 1, error: 0.0 },
        };
        let setting = SettingTotals {
            rates: vec![rate],
            violations: vec![class],
            never: path(&[(1, 0.0, 0.0, 0.9), (9, 0.0, 0.0, 0.1)]),
            ..testing::setting()
        };
        let totals = SweepTotals { settings: vec![setting], ..testing::totals() };
        let [came, never] = &charts(&totals)[..] else { panic!("two charts") };
        assert_eq!(
            came.title,
            "some: cause: 0.3 a session-hour, known to 0.2 to 0.4 after 9 seeds"
        );
        let Marks::Area(bands) = &came.layers[0].marks else { panic!("a band") };
        let value = |position: f64| came.y.scale.value(position);
        let ends: Vec<(f64, f64)> =
            bands[0].iter().map(|(_, low, high)| (value(*low), value(*high))).collect();
        assert_eq!(ends[0].0, 0.0, "the table has it, though the plot has not");
        assert!((ends[2].1 - 0.4).abs() < 1e-9, "{ends:?}");
        assert_eq!(
            never.title,
            "What came in none of 9 seeds comes at most 0.1 times a session-hour"
        );
        assert!(came.svg().is_ok() && never.png().is_ok());
    }
}

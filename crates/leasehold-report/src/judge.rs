//! Which of several settings to take, and what that costs.
//!
//! They are judged by one number after the other, what counts most first: lost data, who owns it,
//! who gets in, calls. In each, those go that are worse than another one that is still there, in
//! the same seeds, significantly. What is left at the end cannot be told apart.
//!
//! ```text
//!   changes lost     chronicle 63   strict 54   profile_store 2,450   naive 3,288
//!                        \________ no saying ___/        goes             goes
//!   calls            chronicle 305  strict 344
//!                                      goes           take chronicle
//! ```

use crate::words;
use leasehold_data::metric::{JUDGED_BY, amount};
use leasehold_data::{Difference, Estimate, SettingTotals, SweepTotals, numbers};

/// A number by which settings are judged, as a sentence has it.
pub(crate) struct Judged {
    /// The column.
    pub(crate) column: &'static str,
    /// What it is, after its amount: `changes lost`.
    pub(crate) noun: &'static str,
    /// What it is without one: `double ownership`.
    pub(crate) plain: &'static str,
    /// The same as an axis has it, with its unit.
    pub(crate) label: &'static str,
    /// What one on the axis counts for.
    pub(crate) unit: f64,
    /// How the smaller amount of two, and the smallest, are called.
    pub(crate) smaller: &'static str,
    smallest: &'static str,
}

impl Judged {
    /// What is counted: as it is called, it is called everywhere.
    const fn count(column: &'static str, noun: &'static str) -> Judged {
        Judged {
            column,
            noun,
            plain: noun,
            label: noun,
            unit: 1.0,
            smaller: "fewer",
            smallest: "the fewest",
        }
    }

    const fn time(column: &'static str, [noun, plain, label]: [&'static str; 3]) -> Judged {
        Judged { column, noun, plain, label, unit: 1e6, smaller: "less", smallest: "the least" }
    }

    /// `the fewest calls`, `the least double ownership`.
    pub(crate) fn least(&self) -> String {
        format!("{} {}", self.smallest, self.plain)
    }

    /// `12 changes lost`.
    pub(crate) fn say(&self, value: f64) -> String {
        format!("{} {}", amount(self.column, value), self.noun)
    }
}

/// How each of [`JUDGED_BY`] is said, in that order.
pub(crate) const JUDGED: [Judged; JUDGED_BY.len()] = [
    Judged::count("changes_lost", "changes lost"),
    Judged::count("changes_rolled_back", "changes rolled back"),
    Judged::count("items_lost", "items lost"),
    Judged::count("items_duplicated", "items duplicated"),
    Judged::count("purchases_lost", "purchases lost"),
    Judged::count("purchases_twice", "purchases granted twice"),
    Judged::time(
        "double_ownership_us",
        ["of double ownership", "double ownership", "seconds of double ownership"],
    ),
    Judged::count("players_given_up", "players who gave up waiting"),
    Judged::count("calls_per_player_hour", "datastore calls a player-hour"),
    Judged::time(
        "time_to_play_p50_us",
        [
            "until half of the players are in the game",
            "time until half of the players are in the game",
            "seconds until half of the players are in the game",
        ],
    ),
];

/// What can go wrong, which comes first.
pub(crate) const HARMS: &[Judged] = JUDGED.split_at(JUDGED.len() - 2).0;

/// What is paid for the others.
pub(crate) const CALLS: &Judged = &JUDGED[JUDGED.len() - 2];

/// How long players wait.
const WAITING: &Judged = &JUDGED[JUDGED.len() - 1];

/// The difference of a column between two settings, the one less the other.
pub(crate) fn difference(
    totals: &SweepTotals,
    (one, other): (&str, &str),
    column: &str,
) -> Option<Difference> {
    let all = || totals.comparisons.iter().chain(&totals.pairs);
    let of = |name: &str, baseline: &str| {
        let pair = all().find(|pair| pair.name == name && pair.baseline == baseline)?;
        pair.differences.iter().find(|one| one.name == column).cloned()
    };
    let turned = |found: Difference| {
        let Estimate { value, low, high } = found.difference;
        let turned = |end: Option<f64>| end.map(|end| -end);
        let difference = Estimate { value: -value, low: turned(high), high: turned(low) };
        Difference { difference, ..found }
    };
    of(one, other).or_else(|| of(other, one).map(turned))
}

/// Whether the one is less than the other, significantly.
pub(crate) fn is_less(totals: &SweepTotals, pair: (&str, &str), column: &str) -> bool {
    difference(totals, pair, column)
        .is_some_and(|one| one.significant && one.difference.value < 0.0)
}

/// The mean of a column.
pub(crate) fn mean(setting: &SettingTotals, column: &str) -> Option<Estimate> {
    setting.metrics.iter().find(|metric| metric.name == column)?.mean
}

/// The settings with the least of a column: one that is significantly less than all others, or
/// several that cannot be told apart, the one with the smallest mean first.
pub(crate) fn least<'t>(totals: &'t SweepTotals, column: &str) -> Vec<&'t SettingTotals> {
    let all = totals.settings.iter().filter(|setting| mean(setting, column).is_some());
    let mut all: Vec<&SettingTotals> = all.collect();
    let value = |setting: &SettingTotals| mean(setting, column).map_or(0.0, |mean| mean.value);
    all.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let Some(first) = all.first().copied() else { return all };
    all.retain(|other| !is_less(totals, (&first.name, &other.name), column));
    all
}

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Advice {
    /// Which to take: one, or several that cannot be told apart.
    pub(crate) take: Vec<String>,
    /// In a sentence, which and why.
    pub(crate) sentence: String,
    /// In a sentence, what it costs.
    pub(crate) cost: String,
    /// Why not each of the others.
    pub(crate) others: Vec<(String, String)>,
}

/// Which setting to take; nothing if there is one only.
pub(crate) fn advice(totals: &SweepTotals) -> Option<Advice> {
    if totals.settings.len() < 2 || !totals.axes.is_empty() || totals.comparisons.is_empty() {
        return None;
    }
    let mut left: Vec<&SettingTotals> = totals.settings.iter().collect();
    let mut gone: Vec<(&SettingTotals, &Judged)> = Vec::new();
    for judged in &JUDGED {
        let is_worse = |one: &SettingTotals| {
            left.iter().any(|other| is_less(totals, (&other.name, &one.name), judged.column))
        };
        let (worse, kept): (Vec<_>, Vec<_>) = left.iter().partition(|one| is_worse(one));
        // Three of which each is better than the next cannot all go.
        if !kept.is_empty() {
            gone.extend(worse.into_iter().map(|one| (one, judged)));
            left = kept;
        }
    }
    let first = left[0];
    let others = gone.iter().map(|(one, judged)| {
        let calls = match mean(one, CALLS.column) {
            Some(calls) if judged.column != CALLS.column => {
                format!(", for {}", CALLS.say(calls.value))
            }
            _ => String::new(),
        };
        let why = format!("{} instead of {}{calls}", said(one, judged), value(first, judged));
        (one.name.clone(), why)
    });
    Some(Advice {
        take: left.iter().map(|one| one.name.clone()).collect(),
        sentence: sentence(&left, gone.is_empty()),
        cost: cost(totals, first),
        others: others.collect(),
    })
}

fn value(setting: &SettingTotals, judged: &Judged) -> String {
    mean(setting, judged.column).map_or("none".to_owned(), |mean| amount(judged.column, mean.value))
}

fn said(setting: &SettingTotals, judged: &Judged) -> String {
    mean(setting, judged.column)
        .map_or(format!("no {}", judged.noun), |mean| judged.say(mean.value))
}

fn sentence(left: &[&SettingTotals], all_left: bool) -> String {
    let names: Vec<String> = left.iter().map(|one| words::name(&one.name)).collect();
    let first = left[0];
    if all_left {
        return format!(
            "No difference in data, waiting or calls is significant here: {} cannot be told apart, \
             so take whichever is easier, or run more seeds.",
            words::list(&names, "and")
        );
    }
    let seen: Vec<String> = HARMS
        .iter()
        .filter(|judged| mean(first, judged.column).is_some_and(|mean| mean.value > 0.0))
        .map(|judged| said(first, judged))
        .collect();
    let harm = match seen.is_empty() {
        true => "no data was lost, no player owned twice, and nobody gave up waiting".to_owned(),
        false => format!("{} in a seed, on average", words::list(&seen, "and")),
    };
    let which = match &names[..] {
        [one] => format!("In this world, take {one}"),
        all => format!(
            "In this world, take {}, which cannot be told apart here",
            words::list(all, "or")
        ),
    };
    let of = if names.len() > 1 { format!(" (under {})", names[0]) } else { String::new() };
    format!("{which}: {harm}{of}.")
}

/// Calls and waiting, each beside the setting that has the least.
fn cost(totals: &SweepTotals, taken: &SettingTotals) -> String {
    let mut parts = Vec::new();
    for judged in [CALLS, WAITING] {
        let Some(own) = mean(taken, judged.column) else { continue };
        let all = least(totals, judged.column);
        let is_least = all.iter().any(|one| one.name == taken.name);
        let beside = match (all.first(), is_least) {
            (Some(best), false) => {
                let value = mean(best, judged.column).map_or(0.0, |mean| mean.value);
                format!(" ({} under {})", amount(judged.column, value), words::name(&best.name))
            }
            (_, true) if all.len() < totals.settings.len() => " (none has less)".to_owned(),
            _ => String::new(),
        };
        parts.push(format!("{}{beside}", judged.say(own.value)));
    }
    match parts.is_empty() {
        true => "Nobody was in the game, so nothing can be said of what it costs.".to_owned(),
        false => format!("It costs {}.", words::list(&parts, "and")),
    }
}

/// What the numbers of a page of settings are, for whoever sees one for the first time.
pub(crate) fn note(totals: &SweepTotals) -> String {
    format!(
        "Settings are judged by lost, rolled back or duplicated data first, then by how long two \
         servers owned a player at once, then by players who gave up waiting, calls and waiting; \
         one goes where another one is significantly better. A number is the mean of {}: a seed is one \
         run of this world, with other random numbers, the same for all settings.",
        numbers::plural(totals.seeds, "seed")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, metric};

    fn setting(name: &str, [lost, calls]: [f64; 2]) -> SettingTotals {
        let metrics = vec![metric("changes_lost", lost), metric("calls_per_player_hour", calls)];
        SettingTotals { name: name.to_owned(), metrics, ..testing::setting() }
    }

    fn told(settings: &[(&str, [f64; 2])]) -> Advice {
        let settings = settings.iter().map(|(name, numbers)| setting(name, *numbers)).collect();
        advice(&testing::apart(settings)).expect("there are several")
    }

    #[test]
    fn everything_that_settings_are_judged_by_can_be_said() {
        assert_eq!(JUDGED.each_ref().map(|judged| judged.column), JUDGED_BY);
    }

    #[test]
    fn data_counts_before_calls_and_calls_decide_between_those_that_are_as_safe() {
        let all = [("dear", [75.0, 364.0]), ("good", [76.0, 305.0]), ("cheap", [3_000.0, 50.0])];
        let advice = told(&all);
        assert_eq!(advice.take, ["good"]);
        assert_eq!(
            advice.sentence,
            "In this world, take good: 76 changes lost in a seed, on average."
        );
        assert_eq!(advice.cost, "It costs 305 datastore calls a player-hour (50 under cheap).");
        let whys: Vec<(&str, &str)> =
            advice.others.iter().map(|(name, why)| (&**name, &**why)).collect();
        let lost = "3,000 changes lost instead of 76, for 50 datastore calls a player-hour";
        let calls = "364 datastore calls a player-hour instead of 305";
        assert_eq!(whys, [("cheap", lost), ("dear", calls)]);
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_chosen_between() {
        let advice = told(&[("a", [0.0, 448.0]), ("b", [0.0, 449.0]), ("c", [400.0, 60.0])]);
        assert_eq!(advice.take, ["a", "b"]);
        assert!(
            advice.sentence.starts_with(
                "In this world, take a or b, which cannot be told apart here: no data"
            )
        );
        let advice = told(&[("a", [5.0, 60.0]), ("b", [0.0, 61.0])]);
        assert!(advice.sentence.starts_with("No difference in data"), "{}", advice.sentence);
    }

    #[test]
    fn a_difference_can_be_asked_for_from_either_side() {
        let settings = vec![setting("a", [5.0, 60.0]), setting("b", [50.0, 60.0])];
        let totals = testing::apart(settings);
        let [there, back] = [("b", "a"), ("a", "b")]
            .map(|pair| difference(&totals, pair, "changes_lost").expect("it is there").difference);
        assert_eq!((there.value, there.low, there.high), (45.0, Some(43.0), Some(47.0)));
        assert_eq!((back.value, back.low, back.high), (-45.0, Some(-47.0), Some(-43.0)));
    }
}

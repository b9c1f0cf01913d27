//! What has been seen so far rules out, and what it would cost to rule out more.
//!
//! A class that came in no seed may still come: how often at the most is said by how much was seen.

use super::rates::trials_for;
use super::student;
use leasehold_data::numbers::{count, number, plural, time};
use leasehold_data::{Estimate, Rate, SettingTotals};
use leasehold_sim::INVARIANTS;
use std::fmt::Write;

/// One in a million: what people ask for.
const BOUND: f64 = 1e-6;

/// So much of one setting was seen, and what follows of that for what was not. `pace` is how many
/// seeds ran in a second.
pub(super) fn text(totals: &SettingTotals, pace: Option<f64>) -> String {
    let mut text = String::new();
    let (hours, hand_offs) = (number(totals.session_hours), count(totals.hand_offs));
    let _ = writeln!(text, "\nSeen       {hours} session-hours and {hand_offs} hand-offs");
    let never = |rate: &&Rate| {
        rate.times == 0 && INVARIANTS.iter().any(|invariant| invariant.name == rate.name)
    };
    let never: Vec<&Rate> = totals.rates.iter().filter(never).collect();
    let Some(first) = never.first() else { return text };
    let most = [(first.per_session_hour, "a session-hour"), (first.per_hand_off, "a hand-off")];
    let most =
        most.into_iter().filter_map(|(rate, of)| Some(format!("{} {of}", number(rate?.high?))));
    let most: Vec<String> = most.collect();
    if most.is_empty() {
        return text;
    }
    let broken = plural(never.len() as u64, "promise");
    let most = most.join(" and ");
    let _ =
        writeln!(text, "           {broken} came to no harm, which leaves at most {most} (95 %).");
    let _ = writeln!(text, "           {}", price(totals, pace));
    text
}

/// What may be where nothing came in so many trials.
pub(super) fn none_of(trials: f64) -> Option<Estimate> {
    let (low, high) = (trials >= 1.0).then(|| student::exact_of(0.0, trials))?;
    Some(Estimate { value: 0.0, low: Some(low), high: Some(high) })
}

/// What it takes to bound what has not come.
fn price(totals: &SettingTotals, pace: Option<f64>) -> String {
    let seeds = |seen: f64| (trials_for(BOUND) * totals.seeds as f64 / seen).ceil();
    let took = |seeds: f64| match pace {
        Some(pace) => format!(" ({} at this pace)", time((1e6 * seeds / pace) as u64)),
        None => String::new(),
    };
    let hours = seeds(totals.session_hours);
    let hours = format!("{} seeds without any{}", count(hours as u128), took(hours));
    let of_hand_offs = match totals.hand_offs {
        0 => String::new(),
        seen => {
            let seeds = seeds(seen as f64);
            format!(", a hand-off {} seeds{}", count(seeds as u128), took(seeds))
        }
    };
    format!("At most 0.000001 a session-hour takes {hours}{of_hand_offs}.")
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn a_bound_of_one_in_a_million_has_a_price_in_seeds_and_time() {
        let totals = SettingTotals {
            seeds: 100,
            session_hours: 1_000.0,
            hand_offs: 10_000,
            ..testing::totals()
        };
        let told = price(&totals, Some(50.0));
        // ln 0.025 / ln (1 - 1e-6) is 3,688,878 trials, of which a seed has 10, or 100.
        let expected = "takes 368,888 seeds without any (2.05 h at this pace), a hand-off 36,889 \
            seeds (12.3 min at this pace).";
        assert!(told.ends_with(expected), "{told}");
        assert!(
            price(&totals, None).contains("368,888 seeds without any, a hand-off 36,889 seeds.")
        );
    }
}

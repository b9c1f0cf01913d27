//! The names of numbers that are counted of a run, and how a number under such a name is read: a
//! name that ends in `_us` is a time in microseconds, one in `_ppm` a share in millionths.

use crate::numbers::{number, percent, time};

/// What one of several settings is chosen by, what counts most first: the data of players, who owns
/// it, whether players get in, what that costs, and how long they wait. Less is better in each.
pub const JUDGED_BY: [&str; 10] = [
    "changes_lost",
    "changes_rolled_back",
    "items_lost",
    "items_duplicated",
    "purchases_lost",
    "purchases_twice",
    "double_ownership_us",
    "players_given_up",
    "calls_per_player_hour",
    "time_to_play_p50_us",
];

/// A number of a metric, as people read it.
pub fn amount(metric: &str, value: f64) -> String {
    match metric {
        _ if metric.ends_with("_us") => time(value.round() as u64),
        _ if metric.ends_with("_ppm") => percent(value / 1e6),
        _ => number(value),
    }
}

/// A difference between two of a metric, as people read it: that of two shares is no share.
pub fn apart(metric: &str, value: f64) -> String {
    match metric.ends_with("_ppm") {
        true => format!("{} points", number(value / 1e4)),
        false => amount(metric, value),
    }
}

/// The name of a metric, as people read it.
pub fn spoken(metric: &str) -> String {
    // All of it together, where the plain name is a count.
    let whole = ["double_ownership_us", "locks_orphaned_us"].contains(&metric);
    let name = metric.strip_suffix("_us").or(metric.strip_suffix("_ppm")).unwrap_or(metric);
    let name = name.replace("_per_player_hour", " a player-hour").replace('_', " ");
    if whole { format!("{name} time") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_its_number_is_read() {
        assert_eq!(amount("start_p50_us", 307_000.0), "0.307 s");
        assert_eq!(amount("budget_used_ppm", 544_000.0), "54.4 %");
        assert_eq!((amount("changes", 12.0), apart("changes", 12.0)), ("12".into(), "12".into()));
        assert_eq!(apart("budget_used_ppm", 2_900.0), "0.29 points");
        assert_eq!(spoken("calls_save_per_player_hour"), "calls save a player-hour");
        assert_eq!(spoken("locks_orphaned_us"), "locks orphaned time");
    }
}

//! Bounds on the numbers of a run, as people write them: `changes_lost = 0`,
//! `time_to_play.p99 < 5s`, `calls_per_player_hour < 200`.

use crate::schema::{Declared, Shape};
use crate::units::Span;
use leasehold_data::{Quantiles, Summary, numbers};
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;

/// A bound on a number of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberBound {
    number: &'static Number,
    relation: Relation,
    limit: u64,
}

/// A number of a run that can be bounded.
struct Number {
    name: &'static str,
    unit: Unit,
    of: fn(&Summary) -> Amount,
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.name == other.name
    }
}

impl Eq for Number {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Count,
    Time,
}

/// What a number is in a run.
#[derive(Clone, Copy)]
enum Amount {
    /// So many, or so many microseconds.
    Just(u64),
    /// The first for each of the second.
    Ratio(u64, u64),
    /// More than any: so many players never came into the game.
    Never,
    /// There is none.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

const RELATIONS: [(&str, Relation); 5] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("<", Relation::Less),
    ("=", Relation::Equal),
    (">", Relation::More),
];

const HOUR_US: u64 = 3_600_000_000;

fn calls(summary: &Summary) -> u64 {
    summary.calls.values().map(|calls| calls.sent).sum()
}

const fn count(name: &'static str, of: fn(&Summary) -> Amount) -> Number {
    Number { name, unit: Unit::Count, of }
}

const fn time(name: &'static str, of: fn(&Summary) -> Amount) -> Number {
    Number { name, unit: Unit::Time, of }
}

/// A time that there may be none of.
fn some(us: Option<u64>) -> Amount {
    us.map_or(Amount::Nothing, Amount::Just)
}

/// A quantile of the starts that were granted.
fn start(summary: &Summary, of: fn(&Quantiles) -> u64) -> Amount {
    some(summary.start_latency.as_ref().map(of))
}

/// A quantile of the time to play, which may be never.
fn to_play(summary: &Summary, us: Option<u64>) -> Amount {
    let ended = summary.play.in_game + summary.play.gave_up;
    match us {
        Some(us) => Amount::Just(us),
        None if ended > 0 => Amount::Never,
        None => Amount::Nothing,
    }
}

static NUMBERS: [Number; 20] = [
    count("changes_lost", |s| Amount::Just(s.progress.lost.values().sum())),
    count("changes_rolled_back", |s| Amount::Just(s.progress.rolled_back)),
    count("players_given_up", |s| Amount::Just(s.play.gave_up)),
    count("sessions_lost", |s| Amount::Just(s.sessions_lost.values().sum())),
    count("locks_orphaned", |s| Amount::Just(s.locks_orphaned.values().sum())),
    count("starts_rejected", |s| Amount::Just(s.starts.failed.values().sum())),
    count("starts_pending", |s| Amount::Just(s.starts.pending)),
    count("double_ownerships", |s| Amount::Just(s.overlaps.double_ownership.values().sum())),
    count("calls", |s| Amount::Just(calls(s))),
    count("calls_per_player_hour", |s| match s.played_us {
        0 => Amount::Nothing,
        played_us => Amount::Ratio(calls(s).saturating_mul(HOUR_US), played_us),
    }),
    count("messages", |s| Amount::Just(s.messages.sent)),
    time("start.p50", |s| start(s, |times| times.p50_us)),
    time("start.p90", |s| start(s, |times| times.p90_us)),
    time("start.p99", |s| start(s, |times| times.p99_us)),
    time("start.max", |s| start(s, |times| times.max_us)),
    time("time_to_play.p50", |s| to_play(s, s.play.p50_us)),
    time("time_to_play.p90", |s| to_play(s, s.play.p90_us)),
    time("time_to_play.p99", |s| to_play(s, s.play.p99_us)),
    time("time_to_play.max", |s| to_play(s, s.play.max_us)),
    time("unsaved.max", |s| some(s.progress.dirty_age_max_us)),
];

impl NumberBound {
    /// The names of the numbers that can be bounded.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NUMBERS.iter().map(|number| number.name)
    }

    /// Reads `changes_lost = 0`.
    ///
    /// # Errors
    /// What is wrong, in half a sentence.
    pub(crate) fn read(text: &str) -> Result<NumberBound, String> {
        let found = RELATIONS.iter().find_map(|(sign, relation)| {
            text.split_once(sign).map(|(name, limit)| (name.trim(), *relation, limit.trim()))
        });
        let (name, relation, limit) = found.ok_or("has no <, <=, =, >= or > in it")?;
        let known = NUMBERS.iter().find(|number| number.name == name);
        let number =
            known.ok_or_else(|| format!("is about {name:?}, which is no number of a run"))?;
        let limit = match number.unit {
            Unit::Time => leasehold_core::micros(Span::read(limit)?.0),
            Unit::Count => limit
                .replace('_', "")
                .parse()
                .map_err(|_| format!("ends with {limit:?}, which is no whole number"))?,
        };
        Ok(NumberBound { number, relation, limit })
    }

    /// What the number is in a run; nothing if it has none.
    fn amount(&self, summary: &Summary) -> Amount {
        (self.number.of)(summary)
    }

    /// Whether it holds in a run; nothing if the run has no such number.
    pub(crate) fn holds(&self, summary: &Summary) -> Option<bool> {
        let limit = u128::from(self.limit);
        let order = match self.amount(summary) {
            Amount::Just(n) => u128::from(n).cmp(&limit),
            Amount::Ratio(n, per) => u128::from(n).cmp(&(limit * u128::from(per))),
            Amount::Never => Ordering::Greater,
            Amount::Nothing => return None,
        };
        Some(match self.relation {
            Relation::Less => order.is_lt(),
            Relation::AtMost => order.is_le(),
            Relation::Equal => order.is_eq(),
            Relation::AtLeast => order.is_ge(),
            Relation::More => order.is_gt(),
        })
    }

    /// What the number is in a run, in words.
    pub(crate) fn told(&self, summary: &Summary) -> String {
        match (self.amount(summary), self.number.unit) {
            (Amount::Just(us), Unit::Time) => format!("it was {}", numbers::time(us)),
            (Amount::Just(n), Unit::Count) => format!("it was {}", numbers::count(n)),
            (Amount::Ratio(n, per), _) => format!("it was {}", numbers::ratio(n, per)),
            (Amount::Never, _) => "that many never came into the game".to_owned(),
            (Amount::Nothing, _) => "there is none".to_owned(),
        }
    }
}

impl fmt::Display for NumberBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = RELATIONS.iter().find(|(_, relation)| *relation == self.relation);
        let (sign, name) = (sign.map_or("=", |(sign, _)| sign), self.number.name);
        match self.number.unit {
            Unit::Time => {
                let limit = Span(std::time::Duration::from_micros(self.limit));
                write!(f, "{name} {sign} {limit}")
            }
            Unit::Count => write!(f, "{name} {sign} {}", self.limit),
        }
    }
}

impl Serialize for NumberBound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NumberBound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NumberBound, D::Error> {
        let text = String::deserialize(deserializer)?;
        NumberBound::read(&text).map_err(|why| de::Error::custom(format!("{text:?} {why}")))
    }
}

impl Declared for NumberBound {
    const SHAPE: Shape = Shape::Bound;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let mut summary = Summary::default();
        summary.progress.lost = [("crash".to_owned(), 3), ("paused".to_owned(), 2)].into();
        summary.play.in_game = 98;
        summary.play.gave_up = 2;
        summary.play.p50_us = Some(400_000);
        summary.played_us = 2 * HOUR_US;
        summary
            .calls
            .insert("save".to_owned(), leasehold_data::Calls { sent: 401, ..Default::default() });
        summary
    }

    #[test]
    fn a_bound_is_exact_at_its_limit_and_never_is_more_than_any_time() {
        let holds = |text: &str| NumberBound::read(text).expect(text).holds(&summary());
        for (text, expected) in [
            ("changes_lost = 0", Some(false)),
            ("changes_lost = 5", Some(true)),
            ("changes_lost<5", Some(false)),
            ("changes_lost <= 5", Some(true)),
            ("changes_lost > 4", Some(true)),
            ("time_to_play.p50 < 400ms", Some(false)),
            ("time_to_play.p50 <= 400ms", Some(true)),
            ("time_to_play.p99 < 8784h", Some(false)),
            ("calls_per_player_hour <= 200", Some(false)),
            ("calls_per_player_hour < 201", Some(true)),
            ("start.p99 < 1s", None),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn a_bound_is_read_as_it_is_written_and_says_what_is_wrong_with_it() {
        for number in NumberBound::names() {
            let limit = if number.contains('.') { "1m30s" } else { "7" };
            for (sign, _) in RELATIONS {
                let text = format!("{number} {sign} {limit}");
                assert_eq!(NumberBound::read(&text).expect(&text).to_string(), text);
            }
        }
        for (text, why) in [
            ("changes_lost", "has no <"),
            ("chnges_lost = 0", "no number of a run"),
            ("changes_lost = many", "no whole number"),
            ("start.p99 < 5", "unit"),
        ] {
            let found = NumberBound::read(text).expect_err(text);
            assert!(found.contains(why), "{text}: {found}");
        }
    }
}

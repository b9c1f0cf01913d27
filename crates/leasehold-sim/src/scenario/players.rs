//! The players of a scenario: when they come, how long they stay, what they do.

use super::schema::{ANY_SPREAD, Field, MILLI, SOME, SOME_SPREAD, Shape};
use super::units::{Chance, Span, Spread};
use super::{secs, spread};
use serde::{Deserialize, Serialize};

/// The players. Each has one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Players {
    /// How many. 100.
    pub count: u32,
    /// When they come first. 0 to 60 s.
    pub arrive: Spread,
    /// How long they stay on a server, from having their data. 1 to 5 min.
    pub stay: Spread,
    /// How likely they hop to another server when they leave one. 50 %.
    pub hop: Chance,
    /// From leaving a server to appearing on the next. 2 to 15 s; an assumption, no figure is
    /// published.
    pub hop_delay: Spread,
    /// From a player's leaving to their server noticing it: only then is the session released. 0 s.
    /// Longer than `hop_delay`, it makes the next server meet a live owner.
    pub noticed_after: Spread,
    /// From leaving for good to coming back. 1 to 5 min.
    pub away: Spread,
    /// From one change of their data to the next. 5 to 20 s.
    pub edit_every: Spread,
    /// How likely the game calls `Save()` right after a change. 0.
    pub save: Chance,
    /// How likely a refused player tries again instead of going away. 80 %.
    pub retry: Chance,
    /// From being refused, or thrown out, to trying again. 5 to 15 s.
    pub retry_after: Spread,
    /// How long they wait to be let in before they leave. Not at all limited if absent.
    pub patience: Option<Span>,
    /// How long they wait for a server that stands still before they leave it. 10 s; an assumption.
    pub timeout: Span,
    /// What they do when the session under them is lost.
    pub when_lost: WhenLost,
    /// How likely the game forgets to release a session when its player leaves. 0.
    pub leak: Chance,
}

impl Default for Players {
    fn default() -> Players {
        Players {
            count: 100,
            arrive: spread(0, 60),
            stay: spread(60, 300),
            hop: Chance::percent(50),
            hop_delay: spread(2, 15),
            noticed_after: spread(0, 0),
            away: spread(60, 300),
            edit_every: spread(5, 20),
            save: Chance::NEVER,
            retry: Chance::percent(80),
            retry_after: spread(5, 15),
            patience: None,
            timeout: secs(10),
            when_lost: WhenLost::Kick,
            leak: Chance::NEVER,
        }
    }
}

/// What a player does when the session under them is lost (rule W10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenLost {
    /// They are thrown out, and may come back.
    Kick,
    /// They play on; nothing of it is saved.
    PlayOn,
}

pub(super) const PLAYERS: &[Field] = &[
    Field::new("count", Shape::Count(0, 10_000_000), "How many."),
    Field::new("arrive", ANY_SPREAD, "When they come first."),
    Field::new("stay", SOME_SPREAD, "How long they stay, from having their data."),
    Field::new("hop", Shape::Chance, "How likely they hop to another server when they leave one."),
    Field::new("hop_delay", ANY_SPREAD, "From leaving a server to appearing on the next."),
    Field::new(
        "noticed_after",
        ANY_SPREAD,
        "From leaving to the server noticing it: only then is the session released. Longer than \
         `hop_delay`, it makes the next server meet a live owner.",
    ),
    Field::new("away", SOME_SPREAD, "From leaving for good to coming back."),
    Field::new(
        "edit_every",
        Shape::Spread { from_min: MILLI, to_min: MILLI },
        "From one change of their data to the next.",
    ),
    Field::new("save", Shape::Chance, "How likely the game calls `Save()` after a change."),
    Field::new(
        "retry",
        Shape::Chance,
        "How likely a refused player tries again instead of going away.",
    ),
    Field::new("retry_after", SOME_SPREAD, "From being refused, or thrown out, to trying again."),
    Field::new(
        "patience",
        SOME,
        "How long they wait to be let in before they leave. Not limited if absent.",
    )
    .example("\"40s\""),
    Field::new(
        "timeout",
        SOME,
        "How long they wait for a server that stands still before they leave it.",
    ),
    Field::new(
        "when_lost",
        Shape::Choice(&["kick", "play_on"]),
        "What they do when the session under them is lost: they are thrown out, or play on unsaved.",
    ),
    Field::new(
        "leak",
        Shape::Chance,
        "How likely the game forgets to release a session when its player leaves.",
    ),
];

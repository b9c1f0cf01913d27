//! What a file may say of the players.

use crate::scenario::schema::{ANY_SPREAD, Field, MILLI, SOME, SOME_SPREAD, Shape};

pub(super) const PLAYERS: &[Field] = &[
    Field::new("count", Shape::Count(0, 10_000_000), "How many."),
    Field::new(
        "only",
        Shape::List(&Shape::Count(0, 9_999_999), 0, 10_000),
        "Those of them who come at all, by their numbers from 0, in order. Everybody if empty.",
    )
    .example("[17, 31]"),
    Field::new("arrive", ANY_SPREAD, "When they come first."),
    Field::new(
        "stay",
        Shape::Latency(&[]),
        "How long they stay, from having their data; not always nothing.",
    ),
    Field::new(
        "rejoin",
        Shape::Chance,
        "How likely they come straight back to the server that they leave.",
    ),
    Field::new("rejoin_after", ANY_SPREAD, "From leaving a server to being back on it."),
    Field::new(
        "hop",
        Shape::Chance,
        "How likely they hop to another server when they leave one and do not rejoin it.",
    ),
    Field::new(
        "hop_to",
        Shape::Choice(&["any", "pair"]),
        "Which servers they hop between: all, or back and forth between the same two.",
    ),
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
    Field::new(
        "edits_max",
        Shape::Count(0, 1_000_000),
        "How many changes they make in a visit at the most. Not limited if absent.",
    )
    .example("0"),
    Field::new("burst", Shape::Chance, "How likely a change is the first of a burst."),
    Field::new("burst_size", Shape::Count(1, 10_000), "How many changes follow the first one."),
    Field::new(
        "burst_every",
        Shape::Spread { from_min: MILLI, to_min: MILLI },
        "From one change of a burst to the next.",
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
        "How long they wait for a server that is paused before they leave it.",
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
    Field::new(
        "second_device",
        Shape::Chance,
        "How likely the same account logs in elsewhere during a visit: both servers act for it.",
    ),
    Field::new(
        "second_device_for",
        ANY_SPREAD,
        "For how long the first server goes on acting for a player who is elsewhere.",
    ),
    Field::new(
        "trade",
        Shape::Chance,
        "How likely a change is a trade: an item goes to somebody else on the server.",
    ),
    Field::new(
        "items",
        Shape::Count(0, 100),
        "Items that a fresh profile begins with, in a world with trades.",
    ),
    Field::new(
        "trade_saves",
        Shape::Chance,
        "How likely the game calls `Save()` for both players after a trade.",
    ),
    Field::new("purchase", Shape::Chance, "How likely a change is a purchase."),
    Field::new(
        "check_receipts",
        Shape::Flag,
        "Whether the game looks for a receipt in the player's data before it grants it.",
    ),
    Field::new(
        "receipt_lost",
        Shape::Chance,
        "How likely the platform does not note that a purchase is granted, and asks again.",
    ),
];

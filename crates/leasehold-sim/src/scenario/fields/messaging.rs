//! What a file may say of the messages between servers.

use crate::config::MESSAGE_PRESETS;
use crate::limits::ERAS;
use crate::scenario::schema::{Field, Shape};

pub(super) const MESSAGING: &[Field] = &[
    Field::new("latency", Shape::Latency(MESSAGE_PRESETS), "How long a message takes, one way."),
    Field::new("loss", Shape::Chance, "How likely a message is lost."),
    Field::new("duplicate", Shape::Chance, "How likely a message comes twice."),
    Field::new(
        "limits",
        Shape::Choice(ERAS),
        "What is allowed: how many messages, how long, how many subscriptions. Roblox's figures of \
         that year, or no limits.",
    ),
    Field::new(
        "subscribe_fails",
        Shape::Chance,
        "How likely a subscription fails: its server stays without the topic.",
    ),
    Field::new(
        "subscribe_hangs",
        Shape::Chance,
        "How likely a subscription never ends: its server stays without the topic.",
    ),
    Field::new(
        "topic_prefix",
        Shape::Text(80),
        "What the names of topics begin with. An id of 36 characters follows; 80 is the most.",
    ),
];

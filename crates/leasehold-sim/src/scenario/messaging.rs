//! The messages of a scenario: how long they take, and how they get lost.

use super::latency::{LatencySpec, MESSAGE_PRESETS};
use super::schema::{Field, Shape};
use crate::limits::{ERAS, Era};
use crate::units::Chance;
use serde::{Deserialize, Serialize};

/// The messages between servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessagingWorld {
    /// How long a message takes, one way.
    pub latency: LatencySpec,
    /// How likely a message is lost.
    pub loss: Chance,
    /// How likely a message comes twice.
    pub duplicate: Chance,
    /// What is allowed: how many messages, how long, how many subscriptions.
    pub limits: Era,
    /// How likely a subscription fails: the server stays deaf to its topic.
    pub subscribe_fails: Chance,
    /// How likely a subscription never ends: the server stays deaf to its topic.
    pub subscribe_hangs: Chance,
    /// What the names of topics begin with. A server's or a session's id follows.
    pub topic_prefix: String,
}

/// How long an id is that makes a topic's name unique: a UUID.
pub(super) const ID_CHARS: usize = 36;

impl Default for MessagingWorld {
    fn default() -> MessagingWorld {
        MessagingWorld {
            latency: LatencySpec::Named("fast".to_owned()),
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
            limits: Era::default(),
            subscribe_fails: Chance::NEVER,
            subscribe_hangs: Chance::NEVER,
            topic_prefix: "chronicle-".to_owned(),
        }
    }
}

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
        "How likely a subscription fails: its server stays deaf to the topic.",
    ),
    Field::new(
        "subscribe_hangs",
        Shape::Chance,
        "How likely a subscription never ends: its server stays deaf to the topic.",
    ),
    Field::new(
        "topic_prefix",
        Shape::Text(80),
        "What the names of topics begin with. An id of 36 characters follows; 80 is the most.",
    ),
];

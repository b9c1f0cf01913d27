//! The messages of a scenario: how long they take, and how they get lost.

use super::latency::{LatencySpec, MESSAGE_PRESETS};
use super::schema::{Field, Shape};
use super::units::Chance;
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
}

impl Default for MessagingWorld {
    fn default() -> MessagingWorld {
        MessagingWorld {
            latency: LatencySpec::Named("fast".to_owned()),
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
        }
    }
}

pub(super) const MESSAGING: &[Field] = &[
    Field::new("latency", Shape::Latency(MESSAGE_PRESETS), "How long a message takes, one way."),
    Field::new("loss", Shape::Chance, "How likely a message is lost."),
    Field::new("duplicate", Shape::Chance, "How likely a message comes twice."),
];

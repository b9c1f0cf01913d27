//! The messages of a world: how long they take, and how they get lost.

use super::latency::LatencySpec;
use crate::limits::Era;
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
    /// How likely a subscription fails: the server stays without its topic.
    pub subscribe_fails: Chance,
    /// How likely a subscription never ends: the server stays without its topic.
    pub subscribe_hangs: Chance,
    /// What the names of topics begin with. A server's or a session's id follows.
    pub topic_prefix: String,
}

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

//! The messages of a world: how long they take, and how they get lost.

use super::distribution::{Distribution, MESSAGE_PRESETS};
use crate::limits::Era;
use crate::schema::declare;
use crate::units::Chance;

declare! {
    /// The messages between servers.
    #[derive(Debug)]
    pub struct MessagingWorld {
        /// How long a message takes, one way.
        latency: Distribution = Distribution::Preset("fast".to_owned()), presets(MESSAGE_PRESETS);
        /// How likely a message is lost.
        loss: Chance = Chance::NEVER;
        /// How likely a message comes twice.
        duplicate: Chance = Chance::NEVER;
        /// What is allowed: how many messages, how long, how many subscriptions. Roblox's figures
        /// of that year, or no limits.
        limits: Era = Era::Roblox2026;
        /// How likely a subscription fails: its server stays without the topic.
        subscribe_fails: Chance = Chance::NEVER;
        /// How likely a subscription never ends: its server stays without the topic.
        subscribe_hangs: Chance = Chance::NEVER;
        /// What the names of topics begin with. An id of 36 characters follows; 80 is the most.
        topic_prefix: String = "chronicle-".to_owned(), within(0, 80);
    }
}

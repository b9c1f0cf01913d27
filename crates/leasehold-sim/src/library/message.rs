//! What servers say to each other, as far as the world cares: where, what it is, about whom.

use leasehold_core::Key;
use serde::Serialize;
use std::fmt;
use strum::VariantArray;

/// Something to listen to and to publish to: a small number of the library's own, the same on all
/// servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic(pub u64);

/// The longest name of a topic, in characters (creator-docs,
/// reference/engine/classes/MessagingService.yaml); the shortest has one.
pub(crate) const TOPIC_MAX: usize = 80;

/// Whether a topic's name, so many characters long, can be used.
pub(crate) fn topic_fits(chars: usize) -> bool {
    (1..=TOPIC_MAX).contains(&chars)
}

/// A message: a value that is copied to whoever listens.
///
/// A library whose servers say nothing to each other uses `()`.
pub trait Message: Clone {
    /// What it is.
    fn kind(&self) -> MessageKind {
        MessageKind::Challenge
    }

    /// Which player's key it is about, if it is about one.
    fn key(&self) -> Option<Key> {
        None
    }

    /// How long it is, in bytes of JSON: the service refuses what is longer than 1,024.
    fn size(&self) -> u32 {
        0
    }
}

impl Message for () {}

/// Kind of message between servers, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A question to a holder.
    Challenge,
    /// Its answer.
    Answer,
}

impl MessageKind {
    /// Its name on a tape.
    pub fn name(self) -> &'static str {
        match self {
            MessageKind::Challenge => "challenge",
            MessageKind::Answer => "answer",
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

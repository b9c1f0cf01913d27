//! ChronicleStore: sessions by lease, with challenges over messaging, write coalescing and a
//! circuit breaker.
//!
//! Read in this order: `rules` are the numbers, `update` is what a call does to a record, `lease`,
//! `coalescer`, `saves`, `lane`, `breaker` and `challenge` are one idea each, `start` and `session`
//! put them together for one key, and `store` for one server. Each file says which rules it
//! implements (R1, S3, W5, ...); [`protocol`] has all of them, with their source.
//!
//! Whoever embeds a [`Store`] hands it an [`Input`] at a time and carries out its [`Effect`]s. What
//! happens in between is nobody's business outside: the files are private.

mod api;
mod breaker;
mod challenge;
mod coalescer;
mod lane;
mod lease;
mod notice;
mod rules;
mod saves;
mod session;
mod start;
mod store;
mod update;

pub use crate::backoff::Backoff;
pub use api::{Call, Effect, Input, Message, Mode, ProfileMetadata, Status};
pub use breaker::{BreakerPhase, Opening, OpeningReason};
pub use notice::{CallKind, Load, Notice, Resolution, SaveError, Saved, StartError, StoreError};
pub use rules::{BreakerRules, Messaging, Promise, RuleError, Rules};
pub use store::Store;
pub use update::{Acquire, AcquireOutcome, Grant, Loss, Outcome, Payload, Taken, Template, Update};
pub use update::{Transformed, Write, WriteOutcome};

#[doc = include_str!("../../docs/chronicle.md")]
pub mod protocol {}

#[cfg(test)]
mod stories;

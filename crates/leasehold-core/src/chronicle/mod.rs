//! ChronicleStore: sessions by lease, with challenges over messaging, write coalescing and a
//! circuit breaker.
//!
//! Read in this order: [`rules`] are the numbers, [`update`] is what a call does to a record,
//! [`lease`], [`coalescer`], [`saves`], [`lane`], [`breaker`] and [`challenge`] are one idea each,
//! [`start`] and [`session`] put them together for one key, and [`store`] for one server. Each module says which
//! rules of the protocol it implements (R1, S3, W5, ...).

pub mod breaker;
pub mod challenge;
pub mod coalescer;
pub mod lane;
pub mod lease;
pub mod notice;
pub mod rules;
pub mod saves;
pub mod session;
pub mod start;
pub mod store;
pub mod update;
pub mod words;

pub use notice::{CallKind, Load, Notice, Resolution, SaveError, StartError, StoreError};
pub use rules::{BreakerRules, Messaging, Promise, RuleError, Rules};
pub use store::Store;
pub use update::{Loss, Outcome, Taken, Template, Update, Verdict};
pub use words::{Call, Effect, Input, Mail, Mode, Status};

#[cfg(test)]
mod stories;

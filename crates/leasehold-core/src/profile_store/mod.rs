//! ProfileStore: session locks without an end, messages between servers, and an auto-save that goes
//! round.
//!
//! This is a model of the library as it is, hazards included; none is repaired. Sections and
//! hazards (3.2, H-T2) are those of its behavioural specification; a remark marked \[I\] is
//! inferred from the library's source and was never seen to happen.
//!
//! Read in this order: [`rules`] are the numbers, [`record`] is what is stored, [`update`] is what
//! a call does to it.

pub mod record;
pub mod rules;
pub mod update;

pub use record::{Active, Message, Meta, Record, Server, SessionGuid, Stored, Updates};
pub use rules::{RuleError, Rules};
pub use update::{Load, Save, SaveKind, Update, Verdict};

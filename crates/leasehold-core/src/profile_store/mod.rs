//! ProfileStore: session locks without an end, messages between servers, and an auto-save that goes
//! round.
//!
//! This is a model of the library as it is, hazards included; none is repaired. Sections and
//! hazards (3.2, H-T2) are those of [`protocol`], with their source; a remark marked \[I\] is
//! inferred from the library's source and was never seen to happen.
//!
//! Read in this order: `rules` are the numbers, `record` is what is stored, `update` is what a call
//! does to it. `autosave`, `critical`, `inbox`, `versions`, `caller` and `mock` are one idea each,
//! `start` and `profile` put a session together, and `store` a server.
//!
//! The game of the simulator does nothing but play. What else a game can ask for (messages to other
//! players, views and versions, listeners, whatever is not the data), and with it `inbox`,
//! `versions` and `caller`, is here for the conformance table, which holds the model against the
//! whole library (`tests/conformance`).

mod api;
mod autosave;
mod caller;
mod critical;
mod inbox;
mod mock;
mod notice;
mod profile;
mod record;
mod rules;
mod start;
mod store;
mod update;
mod versions;

pub use api::{
    Act, Call, DataStoreState, Effect, EndRequest, Host, Input, Listener, Method, Mode, Params,
    Purpose, Range, Response, Token, VersionId,
};
pub use inbox::Handler;
pub use notice::{Complaint, Load, Notice, Reason, Refusal, Signal, StoreError};
pub use profile::Profile;
pub use record::{Active, Message, Meta, Record, Server, SessionGuid, Stored, Updates};
pub use rules::{RuleError, Rules};
pub use store::Store;
pub use update::{SaveKind, Taken, Thrown, Update, Written};

#[doc = include_str!("../../docs/profile-store.md")]
pub mod protocol {}

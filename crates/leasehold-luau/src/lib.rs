//! Real modules, unmodified, as the library under test: one Luau machine for each server process,
//! and as much of Roblox around it as modules that keep players' data call.
//!
//! ```text
//!   world --Input--> Module --entry--> machine: scheduler, services, seats --> adapter --> module
//!   world <--Effect-- Module <--host functions-- machine
//! ```
//!
//! A module is tied to the world by an *adapter*, a few lines of Luau: how a session starts and
//! stops, whether it is active, where its data is. `adapters/template.luau` says what there is to
//! say. From then on the module is one more `Library`: the same faults, observers, digest,
//! shrinking and explanations.
//!
//! Laws. A run is a function of its seed: clocks stand still within an entry, garbage is collected
//! when so much memory is in use, dictionaries are built anew in the order of their names, random
//! numbers and GUIDs come from the seed, and nothing of this process can be reached. Nothing that a
//! module does stops the tool: each entry has so many steps, each server so much memory, and
//! whatever is wrong with a module is a finding. Of each call of a module one thing is true: it was
//! booked to a seat, made on nobody's behalf, or refused.
//!
//! What is not there fails with a sentence that names it, and that is a finding: MemoryStore, lists
//! of keys, ordered reads, requests to elsewhere. One thing is told as well as it can be known: a
//! read of this very moment that the server's cache will answer counts against the budget that
//! `GetRequestBudgetForRequestType` tells, until the entry is over.
//!
//! All of it is behind the feature `vm`, as the machine is C++; without it, nothing is here.
#![cfg(feature = "vm")]

mod adapters;
mod errors;
mod guid;
mod host;
mod machine;
mod module;
mod modules;
mod places;
mod shared;
pub mod sound;
mod source;
mod stored;
mod value;
mod words;

pub use {
    adapters::{adapter, template},
    module::{Letter, Module},
    modules::{Counts, Fault, Modules},
    sound::simulation,
    source::{Heartbeats, Package, Script, Setting, Source},
    stored::Stored,
    value::Tree,
};

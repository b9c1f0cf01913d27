//! A deterministic world around a session-locked data store: servers with clocks of their own, a
//! datastore that fails in realistic ways, messages that get lost, players who hop; and observers
//! who say what held and what did not.
//!
//! A [`Simulation`] is a [`Scenario`] with a library in it; a seed and perhaps a [`Tape`] go in, an
//! [`Outcome`] comes out. The same always give the same outcome, on every machine.
//!
//! ```
//! use leasehold_sim::{Scenario, shipped};
//!
//! let scenario = Scenario::parse(r#"
//!     duration = "2m"
//!     servers.count = 3
//!     players = { count = 20, stay = "20s..40s", hop = "100%" }
//! "#).unwrap();
//! let sim = shipped("example", &scenario).unwrap();
//! let outcome = sim.seed(1).run();
//! outcome.assert_holds();
//! assert!(outcome.dataset.summary.starts.granted >= 20);
//! let again = sim.seed(1).tape(outcome.tape.as_ref().unwrap()).run();
//! assert_eq!(again.digest(), outcome.digest());
//! ```
//!
//! [`shipped()`] puts the protocol into the world that the scenario names. A library of one's own
//! is a [`library::Library`], and goes through the same door: `Simulation::<MyLease>::new`. An
//! invariant of one's own is an [`Observer`]. `examples/my_lease.rs` and `examples/my_invariant.rs`
//! show both. With the feature `proptest`, the module `strategy` draws scenarios at random.
#![warn(missing_docs)]

mod arrivals;
pub mod cause;
mod clock;
mod conditions;
pub mod config;
mod datastore;
mod determinism;
mod digest;
mod draws;
mod explain;
mod fault;
mod ids;
mod latency;
pub mod library;
mod limits;
mod measure;
mod messaging;
pub mod model;
mod node;
pub mod observe;
#[cfg_attr(not(feature = "planted"), allow(dead_code, reason = "nobody plants them"))]
#[doc(hidden)]
pub mod planted;
mod players;
mod problem;
mod progress;
mod rows;
mod run;
pub mod scenario;
mod schedule;
mod schema;
mod seeds;
mod shrink;
mod simulation;
mod sinks;
mod slab;
mod step;
#[cfg(feature = "proptest")]
pub mod strategy;
mod tape;
mod trace;
mod units;
mod verdict;
mod world;

pub use clock::Clock;
pub use determinism::Difference;
pub use draws::{Fork, Seed};
pub use explain::{Explained, Unexplained};
pub use fault::{Fault, Occasion, Site};
pub use ids::{PlayerId, ServerId, VisitId};
pub use latency::Latency;
pub use library::{Applied, Error, Foretold, MessageKind, Promise};
pub use observe::{Findings, HARMS, INVARIANTS, Invariant, Observer};
pub use problem::{Problem, Problems, Related, Severity};
pub use progress::Progress;
pub use run::{Outcome, Run, Simulate};
pub use scenario::Scenario;
pub use schedule::Moment;
#[doc(hidden)]
pub use schedule::hold;
pub use seeds::{SEED, SEEDS, Seeds};
pub use shrink::{Bug, Class, Edge, Interval, Moved, ShrinkError, Shrunk, Size, Stage, Wanted};
#[cfg(test)]
pub(crate) use simulation::run;
pub use simulation::{BUDGET, Simulation, shipped};
pub use slab::Slab;
pub use step::{BadRead, CallEnd, Entry, Fact, FactKind, Facts, Session, Slip, Source, Step};
pub use tape::{Origin, Tape};
pub use verdict::{Seen, Verdict, missing};

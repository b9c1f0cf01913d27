//! A deterministic world around a session-locked data store: servers with clocks of their own, a
//! datastore that fails in realistic ways, messages that get lost, players who hop; and observers
//! who say what held and what did not.
//!
//! Everything is in [`run()`]: a [`Scenario`], a [`Luck`] and perhaps a [`Tape`] go in, an
//! [`Outcome`] comes out. The same three always give the same outcome, on every machine.
//!
//! ```
//! use leasehold_sim::{Luck, Scenario, Verdict, run};
//!
//! let scenario = Scenario::parse(r#"
//!     duration = "2m"
//!     servers.count = 3
//!     players = { count = 20, stay = "20s..40s", hop = "100%" }
//! "#).unwrap();
//! let outcome = run("example", &scenario, Luck::of(1), None, &mut |_| {});
//! assert_eq!(outcome.verdict, Verdict::Holds);
//! assert!(outcome.dataset.summary.starts.won >= 20);
//! let again = run("example", &scenario, Luck::of(1), outcome.tape.as_ref(), &mut |_| {});
//! assert_eq!(again.dataset.manifest.digest, outcome.dataset.manifest.digest);
//! ```
#![warn(missing_docs)]

mod clock;
mod conditions;
pub mod config;
mod datastore;
mod digest;
mod explain;
mod fault;
mod latency;
pub mod library;
mod limits;
mod luck;
mod measure;
mod messaging;
mod node;
mod observe;
mod players;
mod problem;
mod progress;
mod run;
pub mod scenario;
mod schedule;
mod shrink;
mod slab;
mod tape;
mod trail;
mod twin;
mod units;
mod verdict;
mod world;

pub use clock::Clock;
pub use explain::{Explained, Unexplained, explain};
pub use fault::{Fault, Occasion, Site};
pub use latency::Latency;
pub use leasehold_core::chronicle::Promise;
pub use library::{Applied, Error, MailKind};
pub use luck::{Fork, Luck};
pub use observe::INVARIANTS;
pub use problem::{Problem, Problems, Related};
pub use progress::Progress;
pub use run::{Case, CheckedScenario, Outcome, moment, run, run_twice, run_until};
pub use scenario::Scenario;
pub use schedule::Moment;
pub use shrink::{Class, Edge, Interval, Moved, Shrunk, Size, Stage, Trouble, Wanted, shrink};
pub use tape::{Origin, Tape};
pub use twin::Difference;
pub use verdict::{Seen, Verdict, missing};

//! Who checks the checkers: mistakes on purpose, and what finds them.
//!
//! An observer that finds nothing has either nothing to find or no eyes. So everything that can be
//! wrong is made wrong once, one thing at a time, in worlds that are shipped; and the checker that
//! is there for it must say so, within a stated number of seeds.
//!
//! ```text
//!   Mistake        in a library, behind the door that everybody uses   faulty, tamper
//!   Planted        in ChronicleStore's machines                        leasehold_core::planted
//!   WorldMistake   in the world, its models, its measures              leasehold_sim::planted
//!        '--- table: where, found by whom, within how many seeds --> matrix --> docs/kill-matrix.md
//!   laws, books    who looks at the world and at the measures
//! ```

mod books;
mod faulty;
mod laws;
mod matrix;
mod mistake;
mod table;
mod tamper;

pub use books::{BOOKS, Books};
pub use faulty::Faulty;
pub use laws::{LAWS, Laws};
pub use matrix::{Kill, kill, kills, page, release_ignored, run_clean};
pub use mistake::Mistake;
pub use table::{Fault, Made, TABLE};
pub use tamper::{Forge, Tamper};

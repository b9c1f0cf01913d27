//! A sweep: the same scenario under many seeds, and several settings. How often does it fail, in
//! which ways, and how do the settings differ?
//!
//! Workers run seeds in whatever order they come to an end, and each finished seed becomes a row
//! on disk at once. Only the rows count: what a sweep says is computed from them, in the order of
//! seeds and in whole numbers. So it is the same for any number of workers, after any number of
//! interruptions, and when parts of it were run on different machines.
//!
//! ```text
//!    plan --> workers (a world a thread) --rows as they finish--> folder: rows.part.csv
//!                                                                 | in the order of seeds
//!                  words, totals.json <--totals <--tally ---------+-------> rows.csv
//! ```

mod bounds;
mod cell_totals;
mod cells;
mod columns;
mod converge;
mod effects;
pub(crate) mod folder;
pub(crate) mod in_memory;
mod interval;
pub(crate) mod junit;
mod lock;
pub(crate) mod merge;
mod metrics;
mod order;
pub(crate) mod page;
mod paired;
pub(crate) mod pareto;
mod parquet;
mod plan;
mod rates;
pub(crate) mod redraw;
mod row;
pub(crate) mod seeds;
pub(crate) mod settings;
pub(crate) mod side_by_side;
mod spark;
mod spread;
mod student;
pub(crate) mod study;
mod tally;
#[cfg(test)]
mod testing;
pub(crate) mod text;
pub(crate) mod two_results;
pub(crate) mod two_results_page;
pub(crate) mod two_results_text;
pub(crate) mod workers;

pub(crate) use cell_totals::RISKS;
pub(crate) use columns::schema_of_all;

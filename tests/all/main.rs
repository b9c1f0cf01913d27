//! Tests that cross crates, in one binary.

mod digests;
mod faults;
mod fleet;
mod goods;
mod headline;
mod incidents;
mod outages;
mod owners;
mod paper;
mod readme;
mod scenarios;
mod swarm;
mod tapes;
mod tidy;

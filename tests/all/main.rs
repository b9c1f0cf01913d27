//! Tests that cross crates, in one binary.

mod digests;
mod faults;
mod fleet;
mod goods;
mod headline;
mod incidents;
mod lossy_messaging_1;
mod outages;
mod owners;
mod paper;
mod readme;
mod scenarios;
mod shrink;
mod swarm;
mod tapes;
mod tidy;

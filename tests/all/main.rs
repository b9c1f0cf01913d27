//! Tests that cross crates, in one binary.

mod cases;
mod chronicle;
mod cost;
mod digests;
mod documents;
mod explained;
mod faults;
mod harm;
mod headline;
#[cfg(unix)]
mod hostile;
mod identities;
mod incidents;
mod layouts;
mod lossy_messaging_1;
mod operations;
mod outages;
mod owners;
mod paper;
mod planted;
mod profile_store;
mod rules;
mod scenarios;
mod servers;
mod shrink;
mod side_by_side;
mod swarm;
mod tapes;
mod tidy;
mod trades;

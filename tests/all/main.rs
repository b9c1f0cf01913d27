//! Tests that cross crates, in one binary.

mod digests;
mod headline;
mod scenarios;
mod tapes;
mod tidy;

//! The transform as a table: what is stored, what comes, what is stored then.

mod acquire;
mod laws;
mod write;

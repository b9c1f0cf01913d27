//! One file per command.

mod run;

pub(crate) use run::{Done, run};

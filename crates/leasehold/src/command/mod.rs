//! One file per command.

mod check;
mod list;
mod merge;
mod new;
mod run;
mod sweep;

pub(crate) use check::check;
pub(crate) use list::list;
pub(crate) use merge::merge;
pub(crate) use new::new;
pub(crate) use run::{Done, run};
pub(crate) use sweep::sweep;

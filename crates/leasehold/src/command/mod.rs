//! One file per command.

mod check;
mod list;
mod new;
mod run;

pub(crate) use check::check;
pub(crate) use list::list;
pub(crate) use new::new;
pub(crate) use run::{Done, run};

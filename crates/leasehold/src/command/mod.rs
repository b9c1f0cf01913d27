//! One file per command.

mod bugs;
mod check;
mod compare;
mod explain;
mod fit;
mod gallery;
mod list;
mod merge;
mod new;
mod perturb;
mod report;
mod run;
mod schema;
mod shell;
mod shrink;
mod study;
mod sweep;

pub(crate) use bugs::bugs;
pub(crate) use check::check;
pub(crate) use compare::compare;
pub(crate) use explain::explain;
pub(crate) use fit::fit;
pub(crate) use gallery::gallery;
pub(crate) use list::list;
pub(crate) use merge::merge;
pub(crate) use new::new;
pub(crate) use report::report;
pub(crate) use run::{Done, run};
pub(crate) use schema::schema;
pub(crate) use shell::{completions, man};
pub(crate) use shrink::shrink;
pub(crate) use study::study;
pub(crate) use sweep::sweep;

//! The command line as somebody types it: what is printed, what is left behind, and how it ends.
//!
//! Every test has a folder of its own, below the system's folder for such things, and takes it
//! away.

#[path = "cli/before_after.rs"]
mod before_after;
#[path = "cli/catalog.rs"]
mod catalog;
#[path = "cli/compares.rs"]
mod compares;
#[path = "cli/determinism.rs"]
mod determinism;
#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/ends.rs"]
mod ends;
#[path = "cli/explains.rs"]
mod explains;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/fits.rs"]
mod fits;
#[path = "cli/gallery.rs"]
mod gallery;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/next.rs"]
mod next;
#[path = "cli/pages.rs"]
mod pages;
#[path = "cli/place.rs"]
mod place;
#[path = "cli/redraws.rs"]
mod redraws;
#[path = "cli/replaces.rs"]
mod replaces;
#[path = "cli/replays.rs"]
mod replays;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/shrinks.rs"]
mod shrinks;
#[path = "cli/studies.rs"]
mod studies;
#[path = "cli/swarm.rs"]
mod swarm;
#[path = "cli/sweeps.rs"]
mod sweeps;
#[cfg(unix)]
#[path = "cli/trials.rs"]
mod trials;
#[path = "cli/warns.rs"]
mod warns;

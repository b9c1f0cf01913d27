//! `leasehold`: run a seeded world around a session-locked data store, and see what held.
//!
//! The only crate with files, threads, a progress bar and exit codes. `args` is what was typed, `command` has one file per
//! command, `summary` says what a run was like in words, `output` puts it on disk.

mod args;
mod command;
mod error;
mod numbers;
mod output;
mod summary;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let done = match &args.command {
        args::Command::Run(run) => command::run(run),
    };
    match done {
        Ok(verdict) => ExitCode::from(error::code(verdict)),
        Err(error) => {
            eprintln!("leasehold: {error}");
            ExitCode::from(error.code())
        }
    }
}

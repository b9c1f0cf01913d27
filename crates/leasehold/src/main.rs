//! `leasehold`: run a seeded world around a session-locked data store, and see what held.
//!
//! The only crate with files, threads, a progress bar and exit codes. `args` is what was typed,
//! `command` has one file per command, `source` reads files, `catalog`
//! has the scenarios that are shipped, `sample` latencies that somebody
//! measured, `snippet` draws what is wrong with them, `summary` says what a run was like in words,
//! `output` puts it on disk and `log` its history: as a whole or not at all, by `atomic_dir` and
//! `atomic_file`. `progress` says meanwhile how far a command has come, `next`
//! in the end what to type next. `sweep` is for many runs,
//! `bug` for those that were shrunk and kept.

mod args;
mod atomic_dir;
mod atomic_file;
mod bug;
mod catalog;
mod command;
mod error;
mod interrupt;
mod inventory;
mod log;
mod modules;
mod next;
mod output;
mod page;
mod paint;
mod printable;
mod progress;
mod rust_test;
mod sample;
mod snippet;
mod source;
mod stdout;
mod stopwatch;
mod story;
mod story_graph;
mod summary;
mod sweep;
mod table;
mod threads;

use clap::Parser;
use std::process::ExitCode;

/// What was typed is no command, or asks for help, which may find a full disk.
fn ended(told: &clap::Error) -> ExitCode {
    match told.print() {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(5),
        _ => ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2)),
    }
}

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(told) => return ended(&told),
    };
    let done = match &args.command {
        args::Command::Run(run) => command::run(run).map(error::code),
        args::Command::Report(report) => command::report(report).map(|()| 0),
        args::Command::Sweep(sweep) => command::sweep(sweep).map(error::code),
        args::Command::Compare(compare) => command::compare(compare).map(error::code),
        args::Command::Study(study) => command::study(study).map(error::code),
        args::Command::Merge(merge) => command::merge(merge).map(error::code),
        args::Command::Shrink(shrink) => command::shrink(shrink).map(|()| 0),
        args::Command::Explain(explain) => command::explain(explain).map(|()| 0),
        args::Command::Bugs(bugs) => command::bugs(bugs).map(error::code),
        args::Command::Check(check) => command::check(check).map(|()| 0),
        args::Command::Fit(fit) => command::fit(fit).map(|()| 0),
        args::Command::List(list) => command::list(list).map(|()| 0),
        args::Command::New(new) => command::new(new).map(|()| 0),
        args::Command::Gallery(gallery) => command::gallery(gallery).map(|()| 0),
        args::Command::Completions(args) => command::completions(args).map(|()| 0),
        args::Command::Man(args) => command::man(args).map(|()| 0),
        args::Command::Schema(schema) => command::schema(schema).map(|()| 0),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            error.tell();
            ExitCode::from(error.code())
        }
    }
}

//! `leasehold completions SHELL` and `leasehold man`: what shells and readers want, from the same
//! words as `--help`.

use crate::args::{self, Args};
use crate::error::Error;
use crate::stdout;
use clap::{Command, CommandFactory};
use std::path::PathBuf;

/// Prints a script that completes commands and options.
pub(crate) fn completions(args: &args::Completions) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "leasehold", &mut script);
    stdout::put_data(&String::from_utf8_lossy(&script))
}

/// Prints the manual page of all, or of one command.
pub(crate) fn man(args: &args::Man) -> Result<(), Error> {
    let all = Args::command().name("leasehold");
    let command = match &args.of {
        None => all,
        Some(name) => one(&all, name)?,
    };
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command).render(&mut page);
    written.expect("writing to memory does not fail");
    stdout::put_data(&String::from_utf8_lossy(&page))
}

fn one(all: &Command, name: &str) -> Result<Command, Error> {
    all.find_subcommand(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = all.get_subcommands().map(Command::get_name).collect();
        let why = format!("there is no command {name:?}; allowed: {}", names.join(", "));
        Error::Bad { path: PathBuf::from("man"), why }
    })
}

//! `leasehold new NAME`: a scenario to begin with, in which every field is explained, or a copy of
//! a shipped one; and beside it the schema that editors complete it from, so that it is found
//! without a network.

use super::schema;
use crate::args;
use crate::catalog::Shipped;
use crate::error::Error;
use crate::{modules, source, stdout};
use leasehold_sim::Scenario;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes the scenario, what it reads, and the schema. A file that exists is never touched.
pub(crate) fn new(args: &args::New) -> Result<(), Error> {
    let from = args.from.as_deref().map(Shipped::named).transpose()?;
    let copied = from.as_ref().map_or("", Shipped::last);
    let name = args.name.as_deref().unwrap_or(copied);
    let name = name.strip_suffix(".toml").unwrap_or(name);
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(letters) {
        let why = "a scenario's name is 1 to 64 letters, digits, - and _; --out says where it goes";
        return Err(Error::Bad { path: PathBuf::from(name), why: why.to_owned() });
    }
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    let text = match from {
        None if args.module => for_module(name),
        None => Scenario::template(name),
        Some(from) => from.text.to_owned(),
    };
    let adapter = args.module.then(modules::template).transpose()?;
    let adapter = adapter.map(|text| (format!("{name}.luau"), text));
    write(&path, &format!("#:schema ./{}\n{text}", schema::FILE))?;
    let log = adapter.or_else(|| from.and_then(|from| from.log()));
    let log = log.map(|(name, rows)| (path.with_file_name(name), rows));
    if let Some((log, rows)) = &log
        && let Err(why) = same(log, rows)
    {
        // Without what it reads it is of no use to anybody.
        let _ = fs::remove_file(&path);
        return Err(why);
    }
    let beside = path.with_file_name(schema::FILE);
    let for_editors = match write(&beside, &schema::text()) {
        Ok(()) => format!("editors complete it from {}", beside.display()),
        Err(Error::InTheWay { path, .. }) => format!(
            "editors complete it from {0}, which was there; `leasehold schema > {0}` renews it",
            path.display()
        ),
        Err(why) => return Err(why),
    };
    let reads = log.map_or(String::new(), |(log, _)| format!("it reads {}\n", log.display()));
    let path = path.display();
    stdout::put(&format!(
        "{path} is written; run it with `leasehold run {path}`\n{reads}{for_editors}\n"
    ))
}

/// A scenario of a module with players who hop and messages that get lost.
fn for_module(name: &str) -> String {
    format!(
        "title = \"{name}: can two servers own this player at once?\"\nduration = \"30m\"\n\
         protocol = \"module\"\n\n[module]\nadapter = \"{name}.luau\"\n\
         # What the adapter requires: a name, and a file or a folder.\n\
         # packages = {{ MyModule = \"path/to/MyModule.luau\" }}\n\n[servers]\ncount = 4\n\n\
         [players]\ncount = 20\nstay = \"1m..3m\"\nhop = \"80%\"\nnoticed_after = \"0s..20s\"\n\n\
         [messaging]\nloss = \"20%\"\n"
    )
}

/// Writes a file, unless it is there as it would be.
fn same(path: &Path, text: &str) -> Result<(), Error> {
    match write(path, text) {
        Err(Error::InTheWay { .. })
            if source::text(path, text.len()).is_ok_and(|there| there == text) =>
        {
            Ok(())
        }
        done => done,
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            let why = "it exists, and a file is never overwritten".to_owned();
            return Err(Error::InTheWay { path: path.to_owned(), why });
        }
        Err(why) => return Err(Error::io("write", path, why)),
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|why| {
        // Half a file is of no use to anybody.
        let _ = fs::remove_file(path);
        Error::io("write", path, why)
    })
}

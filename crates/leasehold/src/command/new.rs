//! `leasehold new NAME`: a scenario to begin with, in which every field is explained; and beside it
//! the schema that editors complete it from, so that it is found without a network.

use super::schema;
use crate::args;
use crate::error::Error;
use crate::stdout;
use leasehold_sim::Scenario;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes the template and the schema. A file that exists is never touched.
pub(crate) fn new(args: &args::New) -> Result<(), Error> {
    let name = args.name.strip_suffix(".toml").unwrap_or(&args.name);
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(letters) {
        let why = "a scenario's name is 1 to 64 letters, digits, - and _; --out says where it goes";
        return Err(Error::Bad { path: PathBuf::from(&args.name), why: why.to_owned() });
    }
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    write(&path, &format!("#:schema ./{}\n{}", schema::FILE, Scenario::template(name)))?;
    let beside = path.with_file_name(schema::FILE);
    let for_editors = match write(&beside, &schema::text()) {
        Ok(()) => format!("editors complete it from {}", beside.display()),
        Err(Error::InTheWay { path, .. }) => format!(
            "editors complete it from {0}, which was there; `leasehold schema > {0}` renews it",
            path.display()
        ),
        Err(why) => return Err(why),
    };
    let path = path.display();
    stdout::put(&format!("{path} is written; run it with `leasehold run {path}`\n{for_editors}\n"))
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

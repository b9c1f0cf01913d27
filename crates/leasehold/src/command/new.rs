//! `leasehold new NAME`: a scenario to begin with, in which every field is explained.

use crate::args;
use crate::error::Error;
use crate::stdout;
use leasehold_sim::Scenario;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes the template. A file that exists is never touched.
pub(crate) fn new(args: &args::New) -> Result<(), Error> {
    let name = args.name.strip_suffix(".toml").unwrap_or(&args.name);
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(letters) {
        let why = "a scenario's name is 1 to 64 letters, digits, - and _; --out says where it goes";
        return Err(Error::Bad { path: PathBuf::from(&args.name), why: why.to_owned() });
    }
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    write(&path, &Scenario::template(name))?;
    let path = path.display();
    stdout::put(&format!("{path} is written; run it with `leasehold run {path}`\n"))
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
        // Half a template is of no use to anybody.
        let _ = fs::remove_file(path);
        Error::io("write", path, why)
    })
}

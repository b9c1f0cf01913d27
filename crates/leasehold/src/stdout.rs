//! Writes to the standard output, which may be closed, or a full disk.

use crate::error::Error;
use crate::{paint, printable};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What the standard output is called.
pub(crate) const NAME: &str = "the standard output";

/// Writes a text for people. A reader who has seen enough and gone, such as `head`, is no mistake.
pub(crate) fn put(text: &str) -> Result<(), Error> {
    put_data(&paint::shown(&printable::text(text), &std::io::stdout()))
}

/// Writes what a program reads, as it is.
pub(crate) fn put_data(text: &str) -> Result<(), Error> {
    put_to(&mut std::io::stdout().lock(), NAME, text)
}

/// Writes a text to the standard error output, where the other one has something else to say.
pub(crate) fn put_beside(text: &str) -> Result<(), Error> {
    let text = paint::shown(&printable::text(text), &std::io::stderr());
    put_to(&mut std::io::stderr().lock(), "the standard error output", &text)
}

fn put_to(out: &mut dyn Write, name: &str, text: &str) -> Result<(), Error> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("write to", Path::new(name), why))
        }
        _ => Ok(()),
    }
}

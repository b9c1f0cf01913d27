//! Writes to the standard output, which may be closed, or a full disk.

use crate::error::Error;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes a text. A reader who has seen enough and gone, such as `head`, is no mistake.
pub(crate) fn put(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("write to", Path::new("the standard output"), why))
        }
        _ => Ok(()),
    }
}

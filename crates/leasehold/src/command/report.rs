//! `leasehold report DIR`: the charts of a run, or the picture of a story, drawn again from the
//! rows that are kept beside them. Nothing is run.

use crate::args;
use crate::error::Error;
use crate::{interrupt, output, stdout, story};

/// Draws a folder again, into itself or elsewhere.
pub(crate) fn report(args: &args::Report) -> Result<(), Error> {
    interrupt::notice();
    let args::Report { folder, out } = args;
    let out = out.as_ref().unwrap_or(folder);
    let drawn = if output::is_in(folder) {
        output::redraw(folder, out)?
    } else if story::is_in(folder) {
        story::redraw(folder, out)?
    } else {
        let why = "it has neither a dataset.json, as `leasehold run` leaves, nor a story.json, as \
                   `leasehold explain` does: there is nothing to draw";
        return Err(Error::Bad { path: folder.clone(), why: why.to_owned() });
    };
    stdout::put(&format!("{drawn}\nFiles    {}\n", out.display()))
}

//! `leasehold report DIR`: the charts and the page of a result, or the picture of a story, drawn
//! again from the rows that are kept beside them; nothing is run. And of two results, what has
//! changed from one to the other.

use crate::args;
use crate::atomic_dir::{AtomicDir, Purpose};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::sweep::two_results::TwoResults;
use crate::sweep::{folder, redraw, two_results_page, two_results_text};
use crate::{interrupt, output, stdout, story};
use std::path::Path;

/// Draws a folder again, into itself or elsewhere; or lays two side by side.
pub(crate) fn report(args: &args::Report) -> Result<(), Error> {
    interrupt::notice();
    let args::Report { folder, after, out } = args;
    if let Some(after) = after {
        return side_by_side([folder, after], out.as_deref());
    }
    let out = out.as_ref().unwrap_or(folder);
    let drawn = if output::is_in(folder) {
        output::redraw(folder, out)?
    } else if story::is_in(folder) {
        story::redraw(folder, out)?
    } else if folder::is_in(folder) {
        redraw::redraw(folder, out)?
    } else {
        let why = "it has neither a dataset.json, as `leasehold run` leaves, nor a story.json, as \
                   `leasehold explain` does, nor a sweep.json: there is nothing to draw";
        return Err(Error::Bad { path: folder.clone(), why: why.to_owned() });
    };
    stdout::put(&format!("{drawn}\nFiles    {}\n", out.display()))
}

/// Says what has changed, and leaves a page of it if somebody has said where.
fn side_by_side(folders: [&Path; 2], out: Option<&Path>) -> Result<(), Error> {
    let two = TwoResults::read(folders)?;
    let mut text = two_results_text::text(&two);
    if let Some(out) = out {
        let purpose = Purpose::again(DirKind::TwoResults, out);
        let dir = AtomicDir::begin(out, purpose)?;
        two_results_page::write(&dir, &two)?;
        dir.finish()?;
        text.push_str(&format!("\nFiles    {}\n", out.display()));
    }
    stdout::put(&text)
}

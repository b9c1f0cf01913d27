//! `leasehold merge DIR...`: the parts of a sweep, joined. Nothing is run.

use crate::args;
use crate::command::sweep::{Swept, called, print, told};
use crate::error::Error;
use crate::next;
use crate::sweep::folder::SCENARIO;
use crate::sweep::merge::Parts;
use crate::sweep::study;
use leasehold_sim::Verdict;

/// Joins the parts into what the whole sweep would have left, and says what it comes to.
pub(crate) fn merge(args: &args::Merge) -> Result<Verdict, Error> {
    let parts = Parts::read(&args.parts)?;
    let whole = parts.whole();
    let settings = parts.settings()?;
    let path = args.out.clone().unwrap_or_else(|| {
        let what = match (whole.axes.is_empty(), whole.settings.len()) {
            (false, _) => "studied",
            (true, 1) => "seeds",
            (true, _) => "compared",
        };
        called(&whole, what)
    });
    let totals = parts.join(&path, &settings, args.format)?;
    if !whole.axes.is_empty() {
        return print(&totals, args.json, || {
            let files = format!("\nFiles    {}\n", path.display());
            study::text(&totals, &settings, None) + &files
        });
    }
    let found = &totals.settings[0].violations;
    let next = next::text(&next::of_sweep(&path.join(SCENARIO), None, found), 9);
    told(&Swept { totals, settings, path, pace: None }, args.json, &next)
}

//! `leasehold merge DIR...`: the parts of a sweep, joined. Nothing is run.

use crate::args;
use crate::command::sweep::{folder, told};
use crate::error::Error;
use crate::next;
use crate::sweep::folder::SCENARIO;
use crate::sweep::merge::Parts;
use crate::sweep::settings::Settings;
use leasehold_sim::{Scenario, Verdict};

/// Joins the parts into what the whole sweep would have left, and says what it comes to.
pub(crate) fn merge(args: &args::Merge) -> Result<Verdict, Error> {
    let parts = Parts::read(&args.parts)?;
    let whole = parts.whole();
    let scenario = Scenario::parse(&whole.text).map_err(|problems| Error::Bad {
        path: args.parts[0].clone(),
        why: format!("its scenario cannot be read: {problems}"),
    })?;
    let settings = Settings::named(&scenario, &whole.settings)
        .map_err(|why| Error::Bad { path: args.parts[0].clone(), why })?;
    let path = args.out.clone().unwrap_or_else(|| folder(&whole));
    let totals = parts.join(&path, &settings)?;
    let found = &totals.settings[0].violations;
    let next = next::text(&next::of_sweep(&path.join(SCENARIO), None, found), 9);
    told(&(totals, path), &settings, args.json, &next)
}

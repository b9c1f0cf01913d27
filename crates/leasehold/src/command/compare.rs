//! `leasehold compare FILE --with A,B`: the same players, troubles and random numbers under several
//! settings, and how they differ.

use super::sweep::{called, print, seeds, swept};
use crate::args;
use crate::error::Error;
use crate::next::word;
use crate::source;
use crate::sweep::settings::Settings;
use crate::sweep::side_by_side;
use leasehold_sim::Verdict;

/// Runs each seed under each setting, and says how they differ.
pub(crate) fn compare(args: &args::Compare) -> Result<Verdict, Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let settings = match args.with.is_empty() {
        true => Settings::own(&scenario),
        false => Settings::with(&scenario, &args.with)
            .map_err(|why| Error::Bad { path: args.scenario.clone(), why })?,
    };
    if settings.count() < 2 {
        let why = "there is nothing to compare with: name settings by --with, or in [[compare]]";
        return Err(Error::Bad { path: args.scenario.clone(), why: why.to_owned() });
    }
    let swept =
        swept(&args.swept, &args.scenario, settings, false, |sweep| called(sweep, "compared"))?;
    print(&swept.totals, args.swept.json, || {
        side_by_side::whole(&swept.totals, &swept.path) + &format!("Again    {}\n", repeat(args))
    })
}

/// The command that repeats this.
fn repeat(args::Compare { scenario, with, swept }: &args::Compare) -> String {
    let with = if with.is_empty() { String::new() } else { format!(" --with {}", with.join(",")) };
    format!("leasehold compare {}{with}{}", word(scenario), seeds(swept))
}

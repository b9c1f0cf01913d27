//! `leasehold compare FILE --with A,B`: the same players, troubles and random numbers under several
//! settings, and how they differ.

use super::sweep::{swept, verdict};
use crate::args;
use crate::error::Error;
use crate::next::word;
use crate::sweep::settings::Settings;
use crate::sweep::side_by_side;
use crate::{source, stdout};
use leasehold_data::{Shard, SweepManifest};
use leasehold_sim::Verdict;
use std::path::{Path, PathBuf};

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
    let (totals, path) = swept(&args.swept, &args.scenario, &scenario, &settings, false, folder)?;
    if args.swept.json {
        let text = serde_json::to_string_pretty(&totals).expect("totals are plain rows");
        stdout::put_data(&(text + "\n"))?;
    } else {
        let again = format!("Again    {}\n", repeat(args));
        stdout::put(&(side_by_side::whole(&totals, &path) + &again))?;
    }
    Ok(verdict(&totals))
}

/// Where it goes if nobody says.
fn folder(manifest: &SweepManifest) -> PathBuf {
    let SweepManifest { scenario, first_seed, last_seed, shard: Shard { nth, of }, .. } = manifest;
    let part = if *of == 1 { String::new() } else { format!("-part-{nth}-of-{of}") };
    Path::new("reports").join(format!("{scenario}-compared-{first_seed}-{last_seed}{part}"))
}

/// The command that repeats this.
fn repeat(args: &args::Compare) -> String {
    let args::Compare { scenario, with, swept } = args;
    let (file, first, last) = (word(scenario), swept.seeds.first, swept.seeds.last);
    let with = if with.is_empty() { String::new() } else { format!(" --with {}", with.join(",")) };
    let shard = match swept.shard {
        Shard { of: 1, .. } => String::new(),
        Shard { nth, of } => format!(" --shard {nth}/{of}"),
    };
    format!("leasehold compare {file}{with} --seeds {first}..{last}{shard}")
}

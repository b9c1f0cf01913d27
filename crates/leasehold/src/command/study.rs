//! `leasehold study FILE --vary FIELD=VALUES`: each setting at every point of some fields, and what
//! each field does.

use super::sweep::{called, print, seeds, swept};
use crate::args;
use crate::error::Error;
use crate::next::word;
use crate::source;
use crate::sweep::pareto::{self, Asked};
use crate::sweep::settings::Settings;
use crate::sweep::study;
use leasehold_sim::Verdict;
use std::path::Path;

/// Runs each seed under each setting at each point, and says what comes of it where.
pub(crate) fn study(args: &args::Study) -> Result<Verdict, Error> {
    let scenario = source::whole_scenario(&args.scenario)?;
    let bad = |why: String| Error::Bad { path: args.scenario.clone(), why };
    let settings = Settings::with(&scenario, &args.with).map_err(bad)?;
    let settings = settings.varied(args.vary.clone()).map_err(bad)?;
    let swept =
        swept(&args.swept, &args.scenario, settings, false, |sweep| called(sweep, "studied"))?;
    print(&swept.totals, args.swept.json, || {
        let mut text = study::text(&swept.totals, &swept.settings, swept.pace);
        if args.pareto || args.below.is_some() {
            let asked = Asked { risk: &args.risk, below: args.below, front: args.pareto };
            text.push_str(&pareto::text(&swept.totals, &asked));
        }
        let files = format!("\nFiles    {}\n", swept.path.display());
        text + &files + &format!("Again    {}\n", repeat(args))
    })
}

/// The command that repeats this.
fn repeat(args: &args::Study) -> String {
    let args::Study { scenario, vary, with, pareto, risk, below, swept } = args;
    let mut command = format!("leasehold study {}", word(scenario));
    for axis in vary {
        let values: Vec<String> = (0..axis.count()).map(|nth| axis.written(nth)).collect();
        let plain = axis.texts();
        let simple = |text: &String| !text.contains([' ', ';', '{']);
        let values = if plain.iter().all(simple) { plain } else { values };
        command.push_str(&format!(
            " --vary {}",
            word(Path::new(&format!("{}={}", axis.path(), values.join(","))))
        ));
    }
    if !with.is_empty() {
        command.push_str(&format!(" --with {}", with.join(",")));
    }
    command.push_str(&seeds(swept));
    if *pareto {
        command.push_str(" --pareto");
    }
    if let Some(below) = below {
        command.push_str(&format!(" --below {below}"));
    }
    if *pareto || below.is_some() {
        command.push_str(&format!(" --risk {risk}"));
    }
    command
}

//! `leasehold check FILE...`: are these scenarios valid? Nothing is run and nothing written.

use crate::args;
use crate::error::Error;
use crate::{source, stdout};
use leasehold_sim::Scenario;
use std::path::Path;

/// A line for each file, or what is wrong with it. A bad file outweighs one that cannot be read.
pub(crate) fn check(args: &args::Check) -> Result<(), Error> {
    let mut code = 0;
    for path in &args.scenarios {
        match source::whole_scenario(path) {
            Ok(scenario) => stdout::put(&line(path, &scenario))?,
            Err(error) => {
                error.tell();
                code = if code == 2 { 2 } else { error.code() };
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Error::Told { code }) }
}

fn line(path: &Path, scenario: &Scenario) -> String {
    let (path, protocol) = (path.display(), scenario.protocol.name());
    if *scenario == Scenario::default() {
        return format!("{path}: valid, {protocol}; every field has its default\n");
    }
    let variants = match scenario.compare.len() {
        0 => String::new(),
        n => format!(" and {n} to compare with"),
    };
    format!("{path}: valid, {protocol}{variants}: {}\n", scenario.title)
}

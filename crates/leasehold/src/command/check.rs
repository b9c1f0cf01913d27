//! `leasehold check FILE...`: are these scenarios valid, and what do they draw? Nothing is written,
//! and nothing is run but a module of one's own, in a world in which nothing goes wrong.

use crate::args;
use crate::error::Error;
use crate::printable;
use crate::{modules, source, stdout, summary};
use leasehold_sim::Scenario;
use leasehold_sim::scenario::Protocol;
use std::path::Path;

/// A line for each file, or what is wrong with it. A bad file outweighs one that cannot be read.
pub(crate) fn check(args: &args::Check) -> Result<(), Error> {
    let mut code = 0;
    for path in &args.scenarios {
        match explained(path, args.seed) {
            Ok(text) => stdout::put(&text)?,
            Err(error) => {
                error.tell();
                code = if code == 2 { 2 } else { error.code() };
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Error::Told { code }) }
}

/// What there is to say about a file, and about what it draws.
fn explained(path: &Path, seed: Option<u64>) -> Result<String, Error> {
    let scenario = source::whole_scenario(path)?;
    let mut text = line(path, &scenario);
    let draws = scenario.swarm.explain();
    let width = draws.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    for (field, draw) in draws {
        text.push_str(&format!("  {field:width$}  {draw}\n"));
    }
    if scenario.protocol == Protocol::Module {
        for line in modules::lint(path, &scenario)? {
            text.push_str(&format!("  {line}\n"));
        }
    }
    let Some(seed) = seed.filter(|_| !scenario.swarm.draw.is_empty()) else { return Ok(text) };
    text.push_str(&format!("  seed {seed} draws:\n"));
    for field in source::drawn(path, &scenario, seed)?.fields {
        text.push_str(&format!("    {}\n", summary::drawn(&field)));
    }
    Ok(text)
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
    let swarm = match scenario.swarm.draw.len() {
        0 => String::new(),
        n => format!(", drawn fields: {n}"),
    };
    format!("{path}: valid, {protocol}{variants}{swarm}: {}\n", printable::line(&scenario.title))
}

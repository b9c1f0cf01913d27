//! What was typed.

use clap::{Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

/// Simulate session-locked data stores: can two servers own this player at once, what is lost when a server dies, how many
/// calls does it cost, and why did it happen.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario once, and leave a summary, a dataset, a tape and charts
    Run(Run),
}

/// `leasehold run`.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Run {
    /// The scenario, a TOML file; those in sims/ are a start
    #[arg(value_name = "FILE")]
    pub(crate) scenario: PathBuf,
    /// Where all randomness comes from: the same seed gives the same run [0 to 2^63 - 1; the tape's, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Let exactly the faults on this tape happen, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) tape: Option<PathBuf>,
    /// Where to leave the results [reports/<scenario>-<seed>]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw no charts
    #[arg(long)]
    pub(crate) no_charts: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 holds, 1 violated, 2 usage or bad file, 3 stuck (something owed never came), 4 vacuous (what the scenario is \
about never came up), 5 input or output failed, 130 interrupted.";

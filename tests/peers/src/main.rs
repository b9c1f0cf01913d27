//! What an event costs elsewhere: one workload in one simulator, or the table of many such runs.
//!
//!     leasehold-peers run PEER WORKLOAD SECONDS     prints "PEER WORKLOAD EVENTS CPU_SECONDS"
//!     leasehold-peers table                         reads such lines, and prints the table
//!
//! `run`, beside the manifest, does it all. SECONDS are virtual; what a run takes is CPU time.

mod desque;
mod heap;
mod nexosim;
mod table;
mod workload;

use std::process::ExitCode;
use workload::Run;

/// A workload in a simulator, until a moment in nanoseconds.
type Simulate = fn(u64) -> Run;

const RUNS: [(&str, &str, Simulate); 6] = [
    ("heap", "hold", heap::hold),
    ("heap", "ping", heap::ping),
    ("desque", "hold", desque::hold),
    ("desque", "ping", desque::ping),
    ("nexosim", "hold", nexosim::hold),
    ("nexosim", "ping", nexosim::ping),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let said = match args[..] {
        ["run", peer, workload, seconds] => line(peer, workload, seconds),
        ["table"] => std::io::read_to_string(std::io::stdin())
            .map_err(|why| format!("the lines of runs could not be read: {why}"))
            .and_then(|lines| table::print(&lines)),
        _ => Err("usage: leasehold-peers run PEER WORKLOAD SECONDS, or table".to_owned()),
    };
    match said {
        Ok(said) => println!("{said}"),
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn line(peer: &str, workload: &str, seconds: &str) -> Result<String, String> {
    let is_asked = |(its, known, _): &&(&str, &str, Simulate)| (*its, *known) == (peer, workload);
    let (.., simulate) =
        RUNS.iter().find(is_asked).ok_or_else(|| format!("nobody runs {workload} in {peer}"))?;
    let seconds: u32 = seconds.parse().map_err(|_| format!("{seconds} is no number of seconds"))?;
    let Run { tally, spent } = simulate(u64::from(seconds) * 1_000_000_000);
    Ok(format!("{peer} {workload} {} {:.6}", tally.events, spent.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use workload::Tally;

    #[test]
    fn all_of_them_simulate_the_same() {
        for workload in ["hold", "ping"] {
            let of_this = RUNS.iter().filter(|(_, its, _)| *its == workload);
            let tallies: Vec<_> =
                of_this.map(|(peer, _, run)| (peer, run(3_000_000_000).tally)).collect();
            let (_, floor) = tallies[0];
            assert!(tallies.len() == 3 && floor.events > 2_000, "{tallies:?}");
            assert!(tallies.iter().all(|(_, tally)| *tally == floor), "{workload}: {tallies:?}");
        }
    }

    #[test]
    fn a_request_is_three_events_and_takes_two_ways_and_a_think_time() {
        let Tally { events, drawn_ns } = heap::ping(60_000_000_000).tally;
        let mean_ns = 3.0 * drawn_ns as f64 / events as f64;
        // Two ways of 5 ms in the median, which is a mean of 5 ms x e^(0.5 x 0.5 / 2).
        assert!((mean_ns - 11_331_485.0).abs() < 20_000.0, "{mean_ns}");
        let requests_a_second = events as f64 / 3.0 / 60.0;
        assert!((requests_a_second - 1_000.0 / 0.111_331).abs() < 30.0, "{requests_a_second}");
    }
}

//! What every peer simulates: the same two workloads, with the same numbers in the same order.
//!
//! Hold: a thousand timers; each one that fires is set again, after an exponential delay. What is
//! measured is a queue with a thousand entries, and whatever a simulator has around it.
//!
//! Ping: a thousand clients, each with its server. A request is three events:
//!
//!     Ask --[latency]--> Serve --[latency]--> Answer --[think time]--> Ask
//!
//! Each timer, client and server has dice of its own, so that neither what is drawn nor the sum of
//! it depends on who simulates: a test holds that all of them simulate the same.

use cpu_time::ProcessTime;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::time::Duration;

/// How many timers there are, or clients, or servers.
pub(crate) const POPULATION: u32 = 1_000;

/// How long a client thinks between an answer and its next request.
pub(crate) const THINK_NS: u64 = 100_000_000;

/// The latency of one way is lognormal: half are shorter than this, one in a hundred is longer
/// than 16 ms.
const LATENCY_MEDIAN_NS: f64 = 5_000_000.0;
const LATENCY_SIGMA: f64 = 0.5;

/// A timer's mean delay.
const DELAY_MEAN_NS: f64 = 1_000_000_000.0;

/// When a client first asks: they begin one after the other within one think time.
pub(crate) fn first_ask_ns(client: u32) -> u64 {
    u64::from(client + 1) * THINK_NS / u64::from(POPULATION)
}

/// One entity's random numbers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// Those of a timer or a client.
    pub(crate) fn of_client(nth: u32) -> Dice {
        Dice(Xoshiro256PlusPlus::seed_from_u64(u64::from(nth)))
    }

    pub(crate) fn of_server(nth: u32) -> Dice {
        Dice(Xoshiro256PlusPlus::seed_from_u64(u64::from(nth) + u64::from(POPULATION)))
    }

    /// At least one nanosecond, as nexosim takes nothing that is due at once.
    pub(crate) fn latency_ns(&mut self) -> u64 {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        (LATENCY_MEDIAN_NS * (LATENCY_SIGMA * normal).exp()) as u64 + 1
    }

    pub(crate) fn delay_ns(&mut self) -> u64 {
        let exponential: f64 = Exp1.sample(&mut self.0);
        (DELAY_MEAN_NS * exponential) as u64 + 1
    }
}

/// What was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    /// All delays and latencies that were drawn.
    pub(crate) drawn_ns: u64,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(all: I) -> Tally {
        all.fold(Tally::default(), |sum, one| Tally {
            events: sum.events + one.events,
            drawn_ns: sum.drawn_ns + one.drawn_ns,
        })
    }
}

/// What was simulated, and the processor time that it took once all was set up.
pub(crate) struct Run {
    pub(crate) tally: Tally,
    pub(crate) spent: Duration,
}

/// The processor time of this process, all its threads together.
pub(crate) fn spent(run: impl FnOnce()) -> Duration {
    let start = ProcessTime::now();
    run();
    start.elapsed()
}

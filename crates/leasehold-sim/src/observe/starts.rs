//! Every session start ends, won or refused (rules S5, S8, C7).
//!
//! The model is which starts are pending and since when; time during which their server stood
//! still, or before all faults ended, does not count. What is still pending at the end for longer
//! than a start may take is *stuck*.

use super::{Fact, Findings, Known, NONE, Observer, Rows, Rule, Step};
use crate::schedule::Moment;

pub(super) struct Starts {
    limit_us: u64,
    heal: Moment,
    visits: Rows<Option<Pending>>,
    /// Since when each server has been running without a break; never, while it stands still.
    running: Vec<Moment>,
}

#[derive(Clone, Copy)]
struct Pending {
    since: Moment,
    server: u32,
    key: u32,
}

impl Starts {
    /// For a library whose starts end.
    pub(super) fn new(known: Known, servers: usize) -> Option<Starts> {
        Some(Starts {
            limit_us: known.most(known.contract.started_within?),
            heal: known.heal.unwrap_or(Moment::ZERO),
            visits: Rows::default(),
            running: vec![Moment::ZERO; servers],
        })
    }
}

impl Observer for Starts {
    fn on_step(&mut self, step: &Step, _out: &mut Findings) {
        match step.fact {
            Fact::Asked => {
                let (server, key) = (step.server, step.key);
                *self.visits.of(step.visit) = Some(Pending { since: step.at, server, key });
            }
            Fact::Loaded { .. } | Fact::Refused { .. } | Fact::Ended { .. } => {
                *self.visits.of(step.visit) = None;
            }
            Fact::Froze => self.running[step.server as usize] = Moment::NEVER,
            Fact::Thawed | Fact::Booted => self.running[step.server as usize] = step.at,
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for pending in self.visits.iter().flatten() {
            let running = match pending.server {
                NONE => Moment::ZERO,
                server => self.running[server as usize],
            };
            let since = pending.since.max(running).max(self.heal);
            if end.since(since) > self.limit_us {
                let place = (since, pending.server, pending.key);
                out.violated(Rule::Starts, place, "stuck", || {
                    format!("a start was still unanswered after {} s", end.since(since) / 1_000_000)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Contract;
    use leasehold_core::chronicle::Rules;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        let contract = Contract::chronicle(&Rules::CHRONICLE);
        let known = Known { contract, drift_ppm: 0, heal: None, goods: false };
        let (mut starts, mut out) = (Starts::new(known, 1).expect("they end"), Findings::default());
        for &(seconds, fact) in facts {
            let at = Moment::from_micros(seconds * 1_000_000);
            starts.on_step(&Step { at, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        starts.at_end(Moment::from_micros(200_000_000), &mut out);
        out.count(Rule::Starts as usize)
    }

    #[test]
    fn a_start_that_never_ends_is_stuck_unless_it_is_young_or_its_server_stood_still() {
        assert_eq!(violations(&[(70, Fact::Asked)]), 1);
        assert_eq!(violations(&[(100, Fact::Asked)]), 0);
        assert_eq!(violations(&[(70, Fact::Asked), (75, Fact::Refused { reason: "timeout" })]), 0);
        assert_eq!(violations(&[(70, Fact::Asked), (80, Fact::Froze), (99, Fact::Thawed)]), 0);
        assert_eq!(violations(&[(10, Fact::Asked), (20, Fact::Froze), (30, Fact::Thawed)]), 1);
    }
}

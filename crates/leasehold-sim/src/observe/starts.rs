//! Every session start ends, won or refused (rules S5, S8, C7).
//!
//! The model is which starts are pending and since when; time during which their server stood
//! still, or before all faults ended, does not count. What is still pending at the end for longer
//! than a start may take is *stuck*.
//!
//! ```text
//!   asked ---- frozen ~~~~~~ thawed ---- frozen ~~~ thawed -------- end
//!        waits              .       waits          .      waits
//! ```

use super::{Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::schedule::Moment;
use crate::slab::NONE;

pub(super) struct Starts {
    limit_us: u64,
    heal: Moment,
    visits: Rows<Option<Pending>>,
    stands: Vec<Still>,
}

#[derive(Clone, Copy)]
struct Pending {
    since: Moment,
    /// How long its server had stood still by then, in microseconds.
    still_us: u64,
    server: u32,
    key: u32,
}

/// For how long a server has stood still in all, since all faults ended.
#[derive(Clone, Copy, Default)]
struct Still {
    /// Until it last went on, in microseconds.
    us: u64,
    /// Since when it stands still now.
    since: Option<Moment>,
}

impl Still {
    /// All of it by now, in microseconds.
    fn by(&self, now: Moment) -> u64 {
        self.us + self.since.map_or(0, |since| now.since(since))
    }
}

impl Starts {
    /// For a library whose starts end.
    pub(super) fn new(known: Known, servers: usize) -> Option<Starts> {
        Some(Starts {
            limit_us: known.most(known.contract.started_within?),
            heal: known.heal.unwrap_or(Moment::ZERO),
            visits: Rows::default(),
            stands: vec![Still::default(); servers],
        })
    }

    /// How long a server has stood still by now; nobody's never does.
    fn still_us(&self, server: u32, now: Moment) -> u64 {
        if server == NONE { 0 } else { self.stands[server as usize].by(now) }
    }
}

impl Observer for Starts {
    fn on_step(&mut self, step: &Step, _out: &mut Findings) {
        match step.fact {
            Fact::Asked => {
                let (server, key) = (step.server, step.key);
                let still_us = self.still_us(server, step.at);
                let pending = Pending { since: step.at, still_us, server, key };
                *self.visits.of(step.visit) = Some(pending);
            }
            Fact::Loaded { .. } | Fact::Refused { .. } | Fact::Ended { .. } => {
                *self.visits.of(step.visit) = None;
            }
            Fact::Froze => {
                let since = step.at.max(self.heal);
                self.stands[step.server as usize].since = Some(since);
            }
            Fact::Thawed | Fact::Booted => {
                let still = &mut self.stands[step.server as usize];
                *still = Still { us: still.by(step.at), since: None };
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for pending in self.visits.iter().flatten() {
            let since = pending.since.max(self.heal);
            let still_us = self.still_us(pending.server, end) - pending.still_us;
            let waited_us = end.since(since).saturating_sub(still_us);
            if waited_us > self.limit_us {
                let place = (since, pending.server, pending.key);
                out.violated(Rule::Starts, place, "stuck", || {
                    format!("a start was still unanswered after {} s", waited_us / 1_000_000)
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
        healed_at(None, facts)
    }

    fn healed_at(heal_s: Option<u64>, facts: &[(u64, Fact)]) -> u64 {
        let contract = Contract::chronicle(&Rules::CHRONICLE);
        let heal = heal_s.map(|s| Moment::from_micros(s * 1_000_000));
        let known = Known { contract, drift_ppm: 0, heal, goods: false };
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

    #[test]
    fn only_the_time_that_its_server_stood_still_is_taken_off_however_often_it_did() {
        let freezes = |at: &[(u64, u64)]| {
            let mut facts = vec![(10, Fact::Asked)];
            for &(froze, thawed) in at {
                facts.extend([(froze, Fact::Froze), (thawed, Fact::Thawed)]);
            }
            violations(&facts)
        };
        assert_eq!(freezes(&[(50, 51), (100, 101), (150, 151)]), 1, "it ran for 187 s");
        assert_eq!(freezes(&[(20, 60), (70, 110), (120, 160)]), 0, "it ran for 70 s");
    }

    #[test]
    fn time_before_all_faults_ended_counts_for_nothing_and_is_taken_off_once() {
        let facts = [(10, Fact::Asked), (20, Fact::Froze), (90, Fact::Thawed)];
        assert_eq!(healed_at(Some(90), &facts), 0, "110 s");
        assert_eq!(healed_at(Some(60), &facts), 0, "110 s, as 30 of the 140 were frozen");
        assert_eq!(healed_at(Some(60), &facts[..1]), 1, "140 s");
    }
}

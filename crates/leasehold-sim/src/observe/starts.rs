//! Every session start ends, granted or rejected (rules S5, S8, C7).
//!
//! The model is which starts are pending and since when; time during which their server stood
//! still, or before all faults ended, does not count. What is still pending at the end for longer
//! than a start may take is *stuck*.
//!
//! ```text
//!   asked ---- paused ~~~~~~ resumed ---- paused ~~~ resumed -------- end
//!        waits              .       waits          .      waits
//! ```

use super::{Findings, Invariant, Known, Location, Observer};
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{Fact, FactKind, Facts, Session, Step};
use leasehold_data::numbers;

pub(super) static INVARIANT: Invariant =
    Invariant::liveness("starts_are_answered", "every session start ends, granted or rejected");

static STUCK: Cause = Cause::new("stuck", Class::Owed, "a start was never answered");

pub(crate) struct Starts {
    limit_us: u64,
    heal: Moment,
    visits: Rows<Option<Pending>>,
    stands: Vec<Still>,
}

#[derive(Clone, Copy)]
struct Pending {
    since: Moment,
    /// How long its server had been paused by then, in microseconds.
    still_us: u64,
    session: Session,
}

/// For how long a server was paused in all, since all faults ended.
#[derive(Clone, Copy, Default)]
struct Still {
    /// Until it last went on, in microseconds.
    us: u64,
    /// Since when it is paused now.
    since: Option<Moment>,
}

impl Still {
    /// All of it by now, in microseconds.
    fn by(&self, now: Moment) -> u64 {
        self.us + self.since.map_or(0, |since| now.since(since))
    }
}

impl Starts {
    pub(super) fn new(known: &Known) -> Option<Starts> {
        Some(Starts {
            limit_us: known.most(known.contract.starts().within),
            heal: known.heal.unwrap_or(Moment::ZERO),
            visits: Rows::default(),
            stands: vec![Still::default(); known.servers as usize],
        })
    }

    fn still(&mut self, server: ServerId) -> &mut Still {
        &mut self.stands[server.index()]
    }
}

impl Observer for Starts {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Asked,
                FactKind::Booted,
                FactKind::Ended,
                FactKind::Paused,
                FactKind::Loaded,
                FactKind::Rejected,
                FactKind::Resumed,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, _out: &mut Findings) {
        match (step.fact, step.server) {
            (Fact::Asked, _) => {
                let Some(session) = step.session() else { return };
                let still_us = self.still(session.server).by(step.at);
                let pending = Pending { since: step.at, still_us, session };
                *self.visits.of(session.visit) = Some(pending);
            }
            (Fact::Loaded { .. } | Fact::Rejected { .. } | Fact::Ended { .. }, _) => {
                if let Some(visit) = step.visit {
                    *self.visits.of(visit) = None;
                }
            }
            (Fact::Paused, Some(server)) => {
                let since = step.at.max(self.heal);
                self.still(server).since = Some(since);
            }
            (Fact::Resumed | Fact::Booted, Some(server)) => {
                let still = self.still(server);
                *still = Still { us: still.by(step.at), since: None };
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, _seen: &Models, out: &mut Findings) {
        for pending in self.visits.iter().filter_map(|(_, pending)| *pending) {
            let Session { server, key, .. } = pending.session;
            let since = pending.since.max(self.heal);
            let still_us = self.stands[server.index()].by(end) - pending.still_us;
            let waited_us = end.since(since).saturating_sub(still_us);
            if waited_us > self.limit_us {
                let place = Location { at: since, server: Some(server), key: Some(key) };
                out.violated(&INVARIANT, place, &STUCK, || {
                    format!("a start was still unanswered after {}", numbers::time(waited_us))
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::library::Contract;
    use std::time::Duration;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        healed_at(None, facts)
    }

    fn healed_at(heal_s: Option<u64>, facts: &[(u64, Fact)]) -> u64 {
        let started_within = Some(Duration::from_secs(120));
        let contract = Contract { started_within, ..Contract::default() };
        let heal = heal_s.map(|s| Moment::from_micros(s * 1_000_000));
        let starts = Starts::new(&Known { heal, ..known(contract) }).expect("they end");
        let mut told = Told::to(starts);
        for &(seconds, fact) in facts {
            told.step(step(seconds * 1_000_000, 0, fact));
        }
        told.end(200_000_000).count()
    }

    const REFUSED: Fact = Fact::Rejected { reason: &cause::UNKNOWN };

    #[test]
    fn a_start_that_never_ends_is_stuck_unless_it_is_young_or_its_server_stood_still() {
        assert_eq!(violations(&[(70, Fact::Asked)]), 1);
        assert_eq!(violations(&[(100, Fact::Asked)]), 0);
        assert_eq!(violations(&[(70, Fact::Asked), (75, REFUSED)]), 0);
        assert_eq!(violations(&[(70, Fact::Asked), (80, Fact::Paused), (99, Fact::Resumed)]), 0);
        assert_eq!(violations(&[(10, Fact::Asked), (20, Fact::Paused), (30, Fact::Resumed)]), 1);
    }

    #[test]
    fn a_library_that_gives_no_bound_is_held_to_the_default() {
        let mut told = Told::to(Starts::new(&known(Contract::default())).expect("they end"));
        let limit_us = Contract::STARTED_WITHIN.as_micros() as u64;
        told.step(step(0, 0, Fact::Asked)).step(step(9, 1, Fact::Asked));
        assert_eq!(told.end(limit_us + 2).count(), 1);
    }

    #[test]
    fn only_the_time_that_its_server_stood_still_is_taken_off_however_often_it_did() {
        let pauses = |at: &[(u64, u64)]| {
            let mut facts = vec![(10, Fact::Asked)];
            for &(paused, resumed) in at {
                facts.extend([(paused, Fact::Paused), (resumed, Fact::Resumed)]);
            }
            violations(&facts)
        };
        assert_eq!(pauses(&[(50, 51), (100, 101), (150, 151)]), 1, "it ran for 187 s");
        assert_eq!(pauses(&[(20, 60), (70, 110), (120, 160)]), 0, "it ran for 70 s");
    }

    #[test]
    fn time_before_all_faults_ended_counts_for_nothing_and_is_taken_off_once() {
        let facts = [(10, Fact::Asked), (20, Fact::Paused), (90, Fact::Resumed)];
        assert_eq!(healed_at(Some(90), &facts), 0, "110 s");
        assert_eq!(healed_at(Some(60), &facts), 0, "110 s, as 30 of the 140 were paused");
        assert_eq!(healed_at(Some(60), &facts[..1]), 1, "140 s");
    }
}

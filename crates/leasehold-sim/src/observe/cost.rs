//! No renewal is sent while a recent write still renews the lease (rules L2, W3, W4).
//!
//! The model is, for each visit, when the last confirmed write was sent, and which call is awaited.
//! A renewal comes `renew_after` after that at the earliest, and never beside another call.

use super::{CallEnd, Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::library::CallKind;
use crate::schedule::Moment;

pub(super) struct Cost {
    renew_after_us: u64,
    call_timeout_us: u64,
    visits: Rows<Visit>,
}

#[derive(Clone, Default)]
struct Visit {
    renewed: Option<Moment>,
    awaited: Option<Moment>,
}

impl Cost {
    /// For a library with a lease that has to be renewed.
    pub(super) fn new(known: Known) -> Option<Cost> {
        Some(Cost {
            renew_after_us: known.least(known.contract.renewed_after?),
            call_timeout_us: known.call_timeout_us(),
            visits: Rows::default(),
        })
    }

    fn sent(&mut self, step: &Step, kind: CallKind, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        let beside = visit.awaited.is_some_and(|sent| step.at.since(sent) < self.call_timeout_us);
        visit.awaited = Some(step.at);
        let early = kind == CallKind::Renew
            && visit.renewed.is_some_and(|sent| step.at.since(sent) < self.renew_after_us);
        if beside {
            out.violated(Rule::Cost, step.place(), "beside", || {
                format!("the {kind} was sent while another call was awaited")
            });
        }
        if early {
            out.violated(Rule::Cost, step.place(), "early", || {
                "a renewal was sent although a recent write had renewed the lease".to_owned()
            });
        }
    }
}

impl Observer for Cost {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Asked => *self.visits.of(step.visit) = Visit::default(),
            Fact::Sent { kind, .. } => self.sent(step, kind, out),
            Fact::Answered { end, sent, .. } => {
                let visit = self.visits.of(step.visit);
                if visit.awaited == Some(sent) && end != CallEnd::Silent {
                    visit.awaited = None;
                    // An answer that comes after the call was given up on renews nothing.
                    let in_time = step.at.since(sent) < self.call_timeout_us;
                    if end == CallEnd::Done && in_time {
                        visit.renewed = Some(sent);
                    }
                }
            }
            _ => {}
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
        let (mut cost, mut out) = (Cost::new(known).expect("it renews"), Findings::default());
        for &(seconds, fact) in facts {
            let at = Moment::from_micros(seconds * 1_000_000);
            cost.on_step(&Step { at, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        out.count(Rule::Cost as usize)
    }

    fn sent(kind: CallKind) -> Fact {
        Fact::Sent { kind, attempt: 0 }
    }

    fn done(kind: CallKind, seconds: u64) -> Fact {
        Fact::Answered { kind, end: CallEnd::Done, sent: Moment::from_micros(seconds * 1_000_000) }
    }

    #[test]
    fn a_renewal_that_a_save_has_made_needless_is_found() {
        let save = [(0, sent(CallKind::Save)), (1, done(CallKind::Save, 0))];
        assert_eq!(violations(&[&save[..], &[(50, sent(CallKind::Renew))]].concat()), 0);
        assert_eq!(violations(&[&save[..], &[(49, sent(CallKind::Renew))]].concat()), 1);
    }

    #[test]
    fn an_answer_that_comes_after_the_call_was_given_up_on_excuses_no_renewal() {
        let save = [(0, sent(CallKind::Save)), (31, done(CallKind::Save, 0))];
        assert_eq!(violations(&[&save[..], &[(32, sent(CallKind::Renew))]].concat()), 0);
    }

    #[test]
    fn two_calls_at_once_are_found_unless_the_first_was_given_up() {
        let save = (0, sent(CallKind::Save));
        assert_eq!(violations(&[save, (29, sent(CallKind::Save))]), 1);
        assert_eq!(violations(&[save, (30, sent(CallKind::Save))]), 0);
    }
}

//! No renewal is sent while a recent write still renews the lease (rules L2, W3, W4).
//!
//! The model is, for each visit, when the last confirmed write was sent, and which call is awaited.
//! A renewal comes `renew_after` after that at the earliest, and never beside another call.

use super::{Findings, Invariant, Known, Observer};
use crate::cause::{Cause, Class};
use crate::ids::VisitId;
use crate::library::CallKind;
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "renewals_are_piggybacked",
    "no renewal is sent while a recent write still renews the lease",
);

static BESIDE: Cause = Cause::new("beside", Class::Call, "another call was awaited");
static EARLY: Cause = Cause::new("early", Class::Call, "a recent write had renewed the lease");

pub(crate) struct Cost {
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
    pub(super) fn new(known: &Known) -> Option<Cost> {
        Some(Cost {
            renew_after_us: known.least(known.contract.renewed_after?),
            call_timeout_us: known.call_timeout_us(),
            visits: Rows::default(),
        })
    }

    fn sent(&mut self, step: &Step, visit: VisitId, kind: CallKind, out: &mut Findings) {
        let visit = self.visits.of(visit);
        let beside = visit.awaited.is_some_and(|sent| step.at.since(sent) < self.call_timeout_us);
        visit.awaited = Some(step.at);
        let early = kind == CallKind::Renew
            && visit.renewed.is_some_and(|sent| step.at.since(sent) < self.renew_after_us);
        if beside {
            out.violated(&INVARIANT, step, &BESIDE, || {
                format!("the {kind} was sent while another call was awaited")
            });
        }
        if early {
            out.violated(
                &INVARIANT,
                step,
                &EARLY,
                || "a renewal was sent although a recent write had renewed the lease",
            );
        }
    }

    fn answered(&mut self, at: Moment, visit: VisitId, end: CallEnd, sent: Moment) {
        let visit = self.visits.of(visit);
        if visit.awaited == Some(sent) && end != CallEnd::Silent {
            visit.awaited = None;
            // An answer that comes after the call was given up on renews nothing.
            let in_time = at.since(sent) < self.call_timeout_us;
            if end == CallEnd::Done && in_time {
                visit.renewed = Some(sent);
            }
        }
    }
}

impl Observer for Cost {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::Answered, FactKind::Asked, FactKind::Sent]) }
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::Asked => *self.visits.of(visit) = Visit::default(),
            Fact::Sent { kind, .. } => self.sent(step, visit, kind, out),
            Fact::Answered { end, sent, .. } => self.answered(step.at, visit, end, sent),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::library::Contract;
    use std::time::Duration;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        let secs = |secs| Some(Duration::from_secs(secs));
        let (renewed_after, call_timeout) = (secs(50), secs(30));
        let contract = Contract { renewed_after, call_timeout, ..Contract::default() };
        let mut told = Told::to(Cost::new(&known(contract)).expect("it renews"));
        for &(seconds, fact) in facts {
            told.step(step(seconds * 1_000_000, 0, fact));
        }
        told.count()
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

//! A renewal is sent when the last write is `renew_after` old, not before and not later (rules L2,
//! W3, W4).
//!
//! The model is, for each visit, when the last confirmed write was sent, and which call is awaited.
//! A renewal comes `renew_after` after that at the earliest, and never beside another call; and
//! some write comes then, or as soon as the call under way is over. A call that failed, was stopped
//! or was given up on, or a pause, excuses whoever is late until the next confirmed write. And a
//! save waits for more changes, unless the game asks for it or the oldest has waited for long
//! enough.

use super::memory::{Memory, OfVisit};
use super::{Checker, Findings, Invariant, Known, Location};
use crate::cause::{Cause, Class};
use crate::ids::VisitId;
use crate::library::CallKind;
use crate::model::Models;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "renewals_are_piggybacked",
    "a renewal is sent when the last write is renew_after old, not before and not later",
);

static BESIDE: Cause = Cause::new("beside", Class::Call, "another call was awaited");
static LATE: Cause = Cause::new("late", Class::Late, "the last write was older than renew_after");
static EAGER: Cause = Cause::new("eager", Class::Call, "more changes might have come along");
static EARLY: Cause = Cause::new("early", Class::Call, "a recent write had renewed the lease");

pub(crate) struct Cost {
    renew_after_us: u64,
    /// The longest true time that it can take, and as long as a call besides: what a server still
    /// waits for when a renewal is due is not all seen.
    renew_after_most_us: u64,
    call_timeout_us: u64,
    /// How long after the last change a save waits for the next, and how long after the first, in
    /// microseconds.
    coalesced_us: u64,
    saved_within_us: u64,
}

#[derive(Clone, Default)]
pub(super) struct Visit {
    renewed: Option<Moment>,
    awaited: Option<Moment>,
    /// When the last call came to its end.
    free_since: Moment,
    /// When the data was last changed.
    edited: Option<Moment>,
    /// The game has asked for a save, or changes have waited for long enough: whatever has come
    /// since is taken along.
    due: bool,
    /// A call has failed, or was stopped, or its server was paused.
    excused: bool,
    session: Option<Session>,
}

impl Visit {
    /// Whether a renewal should have been sent.
    fn is_late(&self, now: Moment, renew_after_us: u64) -> bool {
        let due = self.renewed.map(|sent| sent.after(renew_after_us).max(self.free_since));
        due.is_some_and(|due| now > due) && self.awaited.is_none() && !self.excused
    }
}

impl Cost {
    /// For a library with a lease that has to be renewed.
    pub(super) fn new(known: &Known) -> Option<Cost> {
        Some(Cost {
            renew_after_us: known.least(known.contract.renewed_after?),
            renew_after_most_us: known.most(
                known.contract.renewed_after? + known.contract.call_timeout.unwrap_or_default(),
            ),
            call_timeout_us: known.call_timeout_us(),
            coalesced_us: known.contract.coalesced_for.map_or(0, |span| known.least(span)),
            saved_within_us: known.contract.saved_within.map_or(0, |span| known.least(span)),
        })
    }

    fn sent(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        visit: VisitId,
        kind: CallKind,
        seen: &Models,
        out: &mut Findings,
    ) {
        let most_us = self.renew_after_most_us;
        if kind == CallKind::Save && self.is_eager(rows, step.at, visit, seen) {
            out.violated(&INVARIANT, step, &EAGER, || "a save was sent right after a change");
        }
        let visit = &mut rows.visits.of(visit).cost;
        if visit.is_late(step.at, most_us) {
            late(step, out);
        }
        visit.excused |= visit.awaited.is_some();
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

    /// Whether a save that is sent now should have waited for more changes.
    fn is_eager(&mut self, rows: &mut Memory, now: Moment, visit: VisitId, seen: &Models) -> bool {
        let oldest = seen.unsaved.before().oldest();
        let visit = &mut rows.visits.of(visit).cost;
        let due = std::mem::take(&mut visit.due);
        let waits = visit.edited.is_some_and(|at| now.since(at) < self.coalesced_us);
        let young = oldest.is_some_and(|at| now.since(at) < self.saved_within_us);
        let nothing = oldest.is_none() && self.coalesced_us > 0;
        (waits && young || nothing) && !due && !visit.excused && visit.awaited.is_none()
    }

    fn edited(&mut self, rows: &mut Memory, now: Moment, visit: VisitId, seen: &Models) {
        let waited = seen.unsaved.of(visit).waiting.is_some_and(|since| since < now);
        let visit = &mut rows.visits.of(visit).cost;
        let last = visit.edited.replace(now);
        visit.due |= waited && last.is_some_and(|at| now.since(at) >= self.coalesced_us);
    }

    fn answered(
        &mut self,
        rows: &mut Memory,
        at: Moment,
        visit: VisitId,
        end: CallEnd,
        sent: Moment,
    ) {
        let visit = &mut rows.visits.of(visit).cost;
        if visit.awaited == Some(sent) && end != CallEnd::Silent {
            (visit.awaited, visit.free_since) = (None, at);
            // An answer that comes after the call was given up on renews nothing.
            let in_time = at.since(sent) < self.call_timeout_us;
            visit.excused |= !in_time || matches!(end, CallEnd::Failed(_));
            if end == CallEnd::Done && in_time {
                (visit.renewed, visit.excused) = (Some(sent), false);
            }
        }
    }

    fn ended(&mut self, rows: &mut Memory, step: &Step, visit: VisitId, out: &mut Findings) {
        let most_us = self.renew_after_most_us;
        let visit = std::mem::take(&mut rows.visits.of(visit).cost);
        if visit.is_late(step.at, most_us) {
            late(step, out);
        }
    }
}

fn late(place: impl Into<Location>, out: &mut Findings) {
    out.violated(&INVARIANT, place, &LATE, || "a lease was not renewed when it was due");
}

impl Checker for Cost {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Answered,
                FactKind::Asked,
                FactKind::Edited,
                FactKind::Ended,
                FactKind::OwnerPaused,
                FactKind::Rejected,
                FactKind::SaveCalled,
                FactKind::Sent,
                FactKind::ShortCircuited,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::Asked => {
                rows.visits.of(visit).cost = Visit { session: step.session(), ..Visit::default() };
            }
            Fact::OwnerPaused | Fact::ShortCircuited { .. } => {
                rows.visits.of(visit).cost.excused = true;
            }
            Fact::Ended { .. } | Fact::Rejected { .. } => self.ended(rows, step, visit, out),
            Fact::Edited => self.edited(rows, step.at, visit, seen),
            Fact::SaveCalled => rows.visits.of(visit).cost.due = true,
            Fact::Sent { kind, .. } => self.sent(rows, step, visit, kind, seen, out),
            Fact::Answered { end, sent, .. } => self.answered(rows, step.at, visit, end, sent),
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        for (_, OfVisit { cost: visit, .. }) in rows.visits.iter() {
            if visit.is_late(end, self.renew_after_most_us)
                && let Some(Session { server, key, .. }) = visit.session
            {
                late(Location { at: end, server: Some(server), key: Some(key) }, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::library::{Contract, Error};
    use std::time::Duration;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        let secs = |secs| Some(Duration::from_secs(secs));
        let (renewed_after, call_timeout) = (secs(50), secs(30));
        let (coalesced_for, saved_within) = (secs(2), secs(30));
        let contract = Contract {
            renewed_after,
            call_timeout,
            coalesced_for,
            saved_within,
            ..Contract::default()
        };
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
        let taken = [(0, sent(CallKind::Acquire)), (1, done(CallKind::Acquire, 0))];
        assert_eq!(violations(&[&taken[..], &[(50, sent(CallKind::Renew))]].concat()), 0);
        assert_eq!(violations(&[&taken[..], &[(49, sent(CallKind::Renew))]].concat()), 1);
    }

    #[test]
    fn a_save_that_does_not_wait_for_more_changes_is_found_unless_it_was_asked_for() {
        let save = |at| (at, sent(CallKind::Save));
        assert_eq!(violations(&[(5, Fact::Edited), save(7)]), 0);
        assert_eq!(violations(&[(5, Fact::Edited), save(6)]), 1);
        assert_eq!(violations(&[(5, Fact::Edited), (6, Fact::SaveCalled), save(6)]), 0);
        let often = |until: u64| (5..=until).map(|at| (at, Fact::Edited)).collect::<Vec<_>>();
        assert_eq!(violations(&[&often(34)[..], &[save(34)]].concat()), 1);
        assert_eq!(violations(&[&often(35)[..], &[save(35)]].concat()), 0, "max_delay");
        assert_eq!(violations(&[save(5), (5, Fact::Edited)]), 1, "with the change itself");
    }

    #[test]
    fn a_lease_that_is_not_renewed_when_it_is_due_is_found_unless_a_call_failed() {
        let taken = [(0, sent(CallKind::Acquire)), (1, done(CallKind::Acquire, 0))];
        assert_eq!(violations(&[&taken[..], &[(82, sent(CallKind::Renew))]].concat()), 1);
        assert_eq!(
            violations(&[&taken[..], &[(49, Fact::Edited), (82, sent(CallKind::Save))]].concat()),
            1
        );
        assert_eq!(violations(&[&taken[..], &[(50, sent(CallKind::Renew))]].concat()), 0);
        let end = CallEnd::Failed(Error::RequestRejected);
        let (kind, failed) = (CallKind::Renew, Moment::from_micros(50_000_000));
        let failed = [
            (50, sent(kind)),
            (51, Fact::Answered { kind, end, sent: failed }),
            (59, sent(CallKind::Renew)),
        ];
        assert_eq!(violations(&[&taken[..], &failed[..]].concat()), 0);
        let ended = |seconds| (seconds, Fact::Ended { how: &crate::cause::RELEASED, saved: false });
        assert_eq!(violations(&[&taken[..], &[ended(49)]].concat()), 0);
        assert_eq!(violations(&[&taken[..], &[ended(82)]].concat()), 1);
    }

    #[test]
    fn an_answer_that_comes_after_the_call_was_given_up_on_excuses_no_renewal() {
        let taken = [(0, sent(CallKind::Acquire)), (31, done(CallKind::Acquire, 0))];
        assert_eq!(violations(&[&taken[..], &[(32, sent(CallKind::Renew))]].concat()), 0);
    }

    #[test]
    fn two_calls_at_once_are_found_unless_the_first_was_given_up() {
        let taken = (0, sent(CallKind::Acquire));
        assert_eq!(violations(&[taken, (29, sent(CallKind::Acquire))]), 1);
        assert_eq!(violations(&[taken, (30, sent(CallKind::Acquire))]), 0);
    }
}

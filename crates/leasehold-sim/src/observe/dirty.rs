//! A change is sent to be saved within `max_delay`, or as soon as the call that is under way then
//! has ended, unless calls fail (rules W1, W4).
//!
//! Since when the oldest unsaved change waits, what a save under way covers and whether a call is,
//! the model of unsaved changes knows. A failed or stopped call, or a pause, excuses a visit until
//! everything is saved: then the promise is not owed, the age is still measured. But a save that
//! has failed is sent again within the longest wait between two tries, unless the breaker stops it.

use super::memory::Memory;
use super::{Checker, Findings, Invariant, Known, Location};
use crate::cause::{Cause, Class};
use crate::ids::VisitId;
use crate::library::CallKind;
use crate::model::{Changes, Models};
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "dirty_age_is_bounded",
    "a change is sent to be saved within max_delay, or right after the call under way, \
     unless calls fail",
);

static SENT_LATE: Cause = Cause::new("sent late", Class::Late, "its save was sent too late");
static NOT_AGAIN: Cause =
    Cause::new("not sent again", Class::Late, "it failed, and was not sent again in time");
static NEVER_SENT: Cause = Cause::new("never sent", Class::Late, "its save was never sent");

pub(crate) struct Dirty {
    max_delay_us: u64,
    call_timeout_us: u64,
    retried_within_us: u64,
    /// When each server was last paused: a session that is being released is paused without a word.
    paused: Vec<Option<Moment>>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Visit {
    excused: bool,
    /// When a save has failed that must be sent again.
    again: Option<Moment>,
}

impl Dirty {
    /// For a library that says within which time it sends a save.
    pub(super) fn new(known: &Known) -> Option<Dirty> {
        Some(Dirty {
            max_delay_us: known.most(known.contract.saved_within?),
            call_timeout_us: known.call_timeout_us(),
            retried_within_us: known.contract.retried_within.map_or(u64::MAX, |at| known.most(at)),
            paused: vec![None; known.servers as usize],
        })
    }

    /// How late the save of waiting changes is, in microseconds, if it is not sent by now.
    fn late_us(&self, changes: &Changes, now: Moment) -> u64 {
        let due = changes.waiting.map_or(Moment::NEVER, |since| since.after(self.max_delay_us));
        now.since(due.max(changes.free_since))
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
        self.tried(rows, step, visit, out);
        let before = seen.unsaved.before();
        // A call that was not answered before the next one has been given up on: it has failed.
        rows.visits.of(visit).dirty.excused |= before.busy.is_some();
        if !matches!(kind, CallKind::Save | CallKind::Release) {
            return;
        }
        let late_us = self.late_us(&before, step.at);
        if late_us > 0 && !rows.visits.of(visit).dirty.excused {
            out.violated(&INVARIANT, step, &SENT_LATE, || {
                format!("a save was sent {} ms late", late_us / 1_000)
            });
        }
    }

    /// A save that has failed is sent again now, or never: is that in time? A pause since then
    /// excuses it.
    fn tried(&mut self, rows: &mut Memory, step: &Step, visit: VisitId, out: &mut Findings) {
        let Some(failed) = rows.visits.of(visit).dirty.again.take() else { return };
        let paused = step.server.and_then(|server| self.paused[server.index()]);
        if failed.after(self.retried_within_us) < step.at && paused.is_none_or(|at| at < failed) {
            out.violated(&INVARIANT, step, &NOT_AGAIN, || "a save failed, and was not sent again");
        }
    }

    fn answered(
        &mut self,
        rows: &mut Memory,
        at: Moment,
        visit: VisitId,
        (kind, end, sent): (CallKind, CallEnd, Moment),
        seen: &Models,
    ) {
        if seen.unsaved.before().busy != Some(sent) {
            return;
        }
        let failed = matches!(end, CallEnd::Failed(_) | CallEnd::Silent);
        let in_time = at.since(sent) < self.call_timeout_us;
        if kind == CallKind::Save && matches!(end, CallEnd::Failed(_)) && in_time {
            rows.visits.of(visit).dirty.again = Some(at);
        }
        // An answer that comes after the call was given up on comes too late.
        rows.visits.of(visit).dirty.excused |= failed || !in_time;
        self.settled(rows, visit, seen);
    }

    /// Whoever has nothing left to save is excused no more.
    fn settled(&mut self, rows: &mut Memory, visit: VisitId, seen: &Models) {
        if seen.unsaved.settled_us().is_some() && seen.unsaved.of(visit).waiting.is_none() {
            rows.visits.of(visit).dirty.excused = false;
        }
    }
}

impl Checker for Dirty {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Answered,
                FactKind::Asked,
                FactKind::Ended,
                FactKind::ShortCircuited,
                FactKind::OwnerPaused,
                FactKind::Paused,
                FactKind::Saved,
                FactKind::Sent,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        if let (Fact::Paused, Some(server)) = (step.fact, step.server) {
            self.paused[server.index()] = Some(step.at);
        }
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::Asked => {
                rows.visits.of(visit).dirty = Visit { excused: false, again: None };
            }
            Fact::Ended { .. } => {
                rows.visits.of(visit).dirty.excused = false;
                self.tried(rows, step, visit, out);
            }
            Fact::Sent { kind, .. } => self.sent(rows, step, visit, kind, seen, out),
            Fact::Saved => self.settled(rows, visit, seen),
            Fact::Answered { kind, end, sent } => {
                self.answered(rows, step.at, visit, (kind, end, sent), seen);
            }
            Fact::OwnerPaused | Fact::ShortCircuited { .. } => {
                rows.visits.of(visit).dirty = Visit { excused: true, again: None };
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        for (visit, changes) in seen.unsaved.iter() {
            let (Some(since), Some(session)) = (changes.oldest(), changes.session) else {
                continue;
            };
            let late_us = self.late_us(changes, end);
            if late_us > 0 && !rows.visits.of(visit).dirty.excused && changes.busy.is_none() {
                let (server, key) = (Some(session.server), Some(session.key));
                out.violated(&INVARIANT, Location { at: since, server, key }, &NEVER_SENT, || {
                    format!("a save had not been sent {} ms after it was due", late_us / 1_000)
                });
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

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    fn answered(end: CallEnd, sent: u64) -> Fact {
        Fact::Answered { kind: CallKind::Save, end, sent: Moment::from_micros(sent * 1_000_000) }
    }

    fn done(sent: u64) -> Fact {
        answered(CallEnd::Done, sent)
    }

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        let secs = Some(Duration::from_secs(30));
        let contract = Contract {
            saved_within: secs,
            call_timeout: secs,
            retried_within: Some(Duration::from_secs(20)),
            ..Contract::default()
        };
        let mut told = Told::to(Dirty::new(&known(contract)).expect("it promises"));
        for &(seconds, fact) in facts {
            told.step(step(seconds * 1_000_000, 0, fact));
        }
        told.end(200_000_000).count()
    }

    #[test]
    fn a_save_that_is_sent_late_or_never_is_found() {
        let saved = |sent| [(0, Fact::Edited), (sent, SENT), (60, Fact::Saved), (60, done(sent))];
        assert_eq!(violations(&saved(30)), 0);
        assert_eq!(violations(&saved(31)), 1);
        assert_eq!(violations(&[(0, Fact::Edited)]), 1);
    }

    #[test]
    fn a_save_that_is_due_while_another_call_is_under_way_goes_right_after_it() {
        let renew = Fact::Sent { kind: CallKind::Renew, attempt: 0 };
        let story = |sent| {
            let before = [(0, Fact::Edited), (29, renew), (55, done(29))];
            [&before[..], &[(sent, SENT), (70, Fact::Saved), (70, done(sent))]].concat()
        };
        assert_eq!(violations(&story(55)), 0);
        assert_eq!(violations(&story(56)), 1);
    }

    #[test]
    fn a_failed_call_excuses_until_everything_is_saved() {
        let end = CallEnd::Failed(Error::RequestRejected);
        let failed = [(0, Fact::Edited), (30, SENT), (31, answered(end, 30))];
        let story = [&failed[..], &[(51, SENT), (52, Fact::Saved), (52, done(51))]].concat();
        assert_eq!(violations(&story), 0);
        let later = [(70, Fact::Edited), (132, SENT), (133, Fact::Saved), (133, done(132))];
        assert_eq!(violations(&[&story[..], &later[..]].concat()), 1);
    }

    #[test]
    fn a_save_that_failed_and_is_not_sent_again_in_time_is_found_unless_the_breaker_stops_it() {
        let end = CallEnd::Failed(Error::RequestRejected);
        let failed = [(0, Fact::Edited), (2, SENT), (3, answered(end, 2))];
        let then = |more: &[(u64, Fact)]| violations(&[&failed[..], more].concat());
        assert_eq!(then(&[(23, SENT), (24, Fact::Saved), (24, done(23))]), 0);
        assert_eq!(then(&[(24, SENT), (25, Fact::Saved), (25, done(24))]), 1);
        let stopped = (5, Fact::ShortCircuited { kind: CallKind::Save });
        assert_eq!(then(&[stopped, (60, SENT), (61, Fact::Saved), (61, done(60))]), 0);
        let ended = Fact::Ended { how: &crate::cause::RELEASED, saved: false };
        assert_eq!(then(&[(60, ended)]), 1);
        assert_eq!(then(&[(4, Fact::Paused), (60, ended)]), 0, "its server was paused since");
    }

    #[test]
    fn a_call_that_was_given_up_on_excuses_as_a_failed_one_does() {
        let given_up = [(0, Fact::Edited), (2, SENT), (3, Fact::Edited), (34, SENT)];
        let story = [&given_up[..], &[(35, Fact::Saved), (35, done(34)), (40, done(2))]].concat();
        assert_eq!(violations(&story), 0);
    }
}

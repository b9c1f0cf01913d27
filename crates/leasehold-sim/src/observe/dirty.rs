//! A change is sent to be saved within `max_delay`, or as soon as the call that is under way then
//! has ended, unless calls fail (rules W1, W4).
//!
//! The model is, for each visit, since when the oldest unsaved change waits, what a save that is
//! under way covers, and whether a call is. A failed or stopped call, or a freeze, excuses that
//! visit: then the promise is not owed, the age is still measured.

use super::{CallEnd, Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::library::CallKind;
use crate::schedule::Moment;

pub(super) struct Dirty {
    /// What was promised, if anything was: without a promise, ages are measured all the same.
    max_delay_us: Option<u64>,
    call_timeout_us: u64,
    visits: Rows<Visit>,
}

#[derive(Clone, Default)]
struct Visit {
    /// The oldest change that no save has taken along.
    waiting: Option<Moment>,
    /// The oldest change that the save under way has.
    under_way: Option<Moment>,
    /// When the call under way was sent: a save that is due has to wait for it (rule W4).
    busy: Option<Moment>,
    /// When the last call came to its end.
    free_since: Moment,
    excused: bool,
    place: (u32, u32),
}

impl Visit {
    fn oldest(&self) -> Option<Moment> {
        self.under_way.or(self.waiting)
    }

    /// How late the save of the waiting changes is, in microseconds, if it is not sent by now.
    fn late_us(&self, now: Moment, max_delay_us: Option<u64>) -> u64 {
        let Some(max_delay_us) = max_delay_us else { return 0 };
        let due = self.waiting.map_or(Moment::NEVER, |since| since.after(max_delay_us));
        now.since(due.max(self.free_since))
    }
}

impl Dirty {
    pub(super) fn new(known: Known) -> Dirty {
        Dirty {
            max_delay_us: known.contract.saved_within.map(|span| known.most(span)),
            call_timeout_us: known.call_timeout_us(),
            visits: Rows::default(),
        }
    }

    fn sent(&mut self, step: &Step, kind: CallKind, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        // A call that was not answered before the next one has been given up on: it has failed.
        visit.excused |= visit.busy.is_some();
        visit.busy = Some(step.at);
        if !matches!(kind, CallKind::Save | CallKind::Release) {
            return;
        }
        let late_us = visit.late_us(step.at, self.max_delay_us);
        if late_us > 0 && !visit.excused {
            out.violated(Rule::Dirty, step.place(), "sent late", || {
                format!("a save was sent {} ms late", late_us / 1_000)
            });
        }
        visit.under_way = visit.oldest();
        visit.waiting = None;
    }

    /// What was under way is saved.
    fn settle(&mut self, step: &Step, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        let Some(since) = visit.under_way.take() else { return };
        out.dirty_age_max_us = out.dirty_age_max_us.max(step.at.since(since));
        if visit.waiting.is_none() {
            visit.excused = false;
        }
    }

    fn ended(&mut self, step: &Step, out: &mut Findings) {
        let visit = std::mem::take(self.visits.of(step.visit));
        if let Some(since) = visit.oldest() {
            out.dirty_age_max_us = out.dirty_age_max_us.max(step.at.since(since));
        }
    }
}

impl Observer for Dirty {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Asked => *self.visits.of(step.visit) = Visit::default(),
            Fact::Edited => {
                let visit = self.visits.of(step.visit);
                visit.waiting.get_or_insert(step.at);
                visit.place = (step.server, step.key);
            }
            Fact::Sent { kind, .. } => self.sent(step, kind, out),
            Fact::Saved => self.settle(step, out),
            Fact::Answered { kind, end, sent } => {
                let visit = self.visits.of(step.visit);
                if visit.busy != Some(sent) {
                    return;
                }
                visit.busy = None;
                visit.free_since = step.at;
                // An answer that comes after the call was given up on comes too late.
                visit.excused |= step.at.since(sent) >= self.call_timeout_us;
                match end {
                    CallEnd::Failed(_) | CallEnd::Silent => visit.excused = true,
                    CallEnd::Done if kind == CallKind::Release => self.settle(step, out),
                    CallEnd::Done | CallEnd::Refused => {}
                }
            }
            Fact::Freezes | Fact::FailedFast { .. } => self.visits.of(step.visit).excused = true,
            Fact::Ended { .. } => self.ended(step, out),
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for visit in self.visits.iter() {
            let Some(since) = visit.oldest() else { continue };
            out.dirty_age_max_us = out.dirty_age_max_us.max(end.since(since));
            let late_us = visit.late_us(end, self.max_delay_us);
            if late_us > 0 && !visit.excused && visit.busy.is_none() {
                let (server, key) = visit.place;
                out.violated(Rule::Dirty, (since, server, key), "never sent", || {
                    format!("a save had not been sent {} ms after it was due", late_us / 1_000)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Contract;
    use crate::library::Error;
    use leasehold_core::chronicle::Rules;

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    fn answered(end: CallEnd, sent: u64) -> Fact {
        Fact::Answered { kind: CallKind::Save, end, sent: Moment::from_micros(sent * 1_000_000) }
    }

    fn done(sent: u64) -> Fact {
        answered(CallEnd::Done, sent)
    }

    fn watch(facts: &[(u64, Fact)]) -> Findings {
        let contract = Contract::chronicle(&Rules::CHRONICLE);
        let known = Known { contract, drift_ppm: 0, heal: None, goods: false };
        let (mut dirty, mut out) = (Dirty::new(known), Findings::default());
        for &(seconds, fact) in facts {
            let at = Moment::from_micros(seconds * 1_000_000);
            dirty.on_step(&Step { at, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        dirty.at_end(Moment::from_micros(200_000_000), &mut out);
        out
    }

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        watch(facts).count(Rule::Dirty as usize)
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
        let story = [&failed[..], &[(61, SENT), (62, Fact::Saved), (62, done(61))]].concat();
        assert_eq!(violations(&story), 0);
        let later = [(70, Fact::Edited), (132, SENT), (133, Fact::Saved), (133, done(132))];
        assert_eq!(violations(&[&story[..], &later[..]].concat()), 1);
    }

    #[test]
    fn a_call_that_was_given_up_on_excuses_as_a_failed_one_does() {
        let given_up = [(0, Fact::Edited), (2, SENT), (3, Fact::Edited), (34, SENT)];
        let story = [&given_up[..], &[(35, Fact::Saved), (35, done(34)), (40, done(2))]].concat();
        assert_eq!(violations(&story), 0);
    }

    #[test]
    fn the_longest_age_counts_what_was_never_saved_too() {
        let ended = (90, Fact::Ended { how: "expired", saved: false });
        assert_eq!(watch(&[(20, Fact::Edited), ended]).dirty_age_max_us, 70_000_000);
        assert_eq!(watch(&[(150, Fact::Edited)]).dirty_age_max_us, 50_000_000);
    }
}

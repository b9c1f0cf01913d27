//! A change is saved within `max_delay` and one call, unless calls fail (rules W1, S8).
//!
//! The model is, for each visit, since when the oldest unsaved change waits, and what a save that
//! is under way covers. A failed or stopped call, or a freeze, excuses that visit: then the promise
//! is not owed, the age is still measured.

use super::{CallEnd, Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::schedule::Moment;
use leasehold_core::chronicle::CallKind;

pub(super) struct Dirty {
    limit_us: u64,
    visits: Rows<Visit>,
}

#[derive(Clone, Default)]
struct Visit {
    /// The oldest change that no save has taken along.
    waiting: Option<Moment>,
    /// The oldest change that the save under way has.
    under_way: Option<Moment>,
    excused: bool,
    place: (u32, u32),
}

impl Dirty {
    pub(super) fn new(known: Known) -> Dirty {
        let limit = known.rules.max_delay + known.rules.call_timeout;
        Dirty { limit_us: known.most(limit), visits: Rows::default() }
    }

    fn settle(&mut self, step: &Step, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        let Some(since) = visit.under_way.take() else { return };
        let age_us = step.at.since(since);
        out.dirty_age_max_us = out.dirty_age_max_us.max(age_us);
        let excused = visit.excused;
        if visit.waiting.is_none() {
            visit.excused = false;
        }
        if age_us > self.limit_us && !excused {
            out.violated(Rule::Dirty, step.place(), "saved late", || {
                format!("a change waited {} ms to be saved", age_us / 1_000)
            });
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
            Fact::Sent { kind: CallKind::Save | CallKind::Release, .. } => {
                let visit = self.visits.of(step.visit);
                visit.under_way = visit.under_way.or(visit.waiting);
                visit.waiting = None;
            }
            Fact::Saved => self.settle(step, out),
            Fact::Answered { kind: CallKind::Release, end: CallEnd::Done, .. } => {
                self.settle(step, out);
            }
            Fact::Freezes | Fact::FailedFast { .. } => self.visits.of(step.visit).excused = true,
            Fact::Answered { end: CallEnd::Failed | CallEnd::Silent, .. } => {
                self.visits.of(step.visit).excused = true;
            }
            Fact::Ended { .. } => *self.visits.of(step.visit) = Visit::default(),
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for visit in self.visits.iter().filter(|visit| !visit.excused) {
            let Some(since) = visit.under_way.or(visit.waiting) else { continue };
            let age_us = end.since(since);
            if age_us > self.limit_us {
                let (server, key) = visit.place;
                out.violated(Rule::Dirty, (since, server, key), "never saved", || {
                    format!("a change was still unsaved after {} ms", age_us / 1_000)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_core::chronicle::Rules;

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        let known = Known { rules: Rules::CHRONICLE, drift_ppm: 0, heal: None };
        let (mut dirty, mut out) = (Dirty::new(known), Findings::default());
        for &(seconds, fact) in facts {
            let at = Moment::from_micros(seconds * 1_000_000);
            dirty.on_step(&Step { at, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        dirty.at_end(Moment::from_micros(200_000_000), &mut out);
        out.count(Rule::Dirty as usize)
    }

    #[test]
    fn a_change_that_is_saved_late_or_never_is_found() {
        assert_eq!(violations(&[(0, Fact::Edited), (30, SENT), (60, Fact::Saved)]), 0);
        assert_eq!(violations(&[(0, Fact::Edited), (32, SENT), (61, Fact::Saved)]), 1);
        assert_eq!(violations(&[(0, Fact::Edited)]), 1);
    }

    #[test]
    fn a_failed_call_excuses_until_everything_is_saved() {
        let failed =
            Fact::Answered { kind: CallKind::Save, end: CallEnd::Failed, sent: Moment::ZERO };
        let story = [(0, Fact::Edited), (30, SENT), (31, failed), (61, SENT), (62, Fact::Saved)];
        assert_eq!(violations(&story), 0);
        let later = [(70, Fact::Edited), (132, SENT), (133, Fact::Saved)];
        assert_eq!(violations(&[&story[..], &later[..]].concat()), 1);
    }
}

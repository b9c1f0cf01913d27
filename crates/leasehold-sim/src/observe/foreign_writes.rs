//! Nothing is written under another session's lease (rule D2).
//!
//! The model is which lease each visit was granted, from the acquiring write that committed. Any
//! other write of that visit must replace a record that names exactly this lease, and leave that as
//! it is, unless it gives the lease back: that a release does, and nothing else. An acquiring
//! write must leave a lease that it found alone, or pass it on with the next generation. What a
//! server writes on nobody's behalf must leave the lease alone.
//!
//! Starts of one server may share a call: who gets a session without a call of their own has the
//! lease that their server has taken last. And a library may write back what it found, where
//! another would have cancelled: that is no effect.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known};
use crate::ids::ServerId;
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Session, Step};
use leasehold_core::JobId;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "no_write_without_ownership",
    "nothing is written under another session's lease",
)
.about(About::Data);

pub(crate) struct ForeignWrites {
    /// A write that changes nothing may commit anywhere.
    echoes: bool,
}

/// Which server has taken a key's lease last, and that.
pub(super) type Taken = (ServerId, Lease);

/// Owner and generation.
pub(super) type Lease = (Option<(JobId, u32)>, Option<u64>);

impl ForeignWrites {
    /// For a library whose records name their holder.
    pub(super) fn new(known: &Known) -> Option<ForeignWrites> {
        let observer = ForeignWrites { echoes: known.contract.echoes };
        known.contract.fenced.then_some(observer)
    }

    fn removed(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        kind: CallKind,
        before: View,
        out: &mut Findings,
    ) {
        let mine = step.visit.and_then(|visit| rows.visits.of(visit).lease);
        if mine != Some(lease(&before)) {
            out.violated(&INVARIANT, step, kind.cause(), || {
                format!("the {kind} took another session's record away: {before}")
            });
        }
    }

    fn committed(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        kind: CallKind,
        (before, after): (Option<View>, View),
        out: &mut Findings,
    ) {
        let echo = self.echoes && before == Some(after);
        let mine = step.visit.and_then(|visit| rows.visits.of(visit).lease);
        let legal = match (kind, &before) {
            (CallKind::Acquire, None) => true,
            (CallKind::Acquire, Some(before)) => {
                lease(before) == lease(&after)
                    || after.generation.is_none_or(|now| now == before.generation.unwrap_or(0) + 1)
            }
            // A message changes nobody's lease.
            (CallKind::Message, before) => {
                before.is_none_or(|before| lease(&before) == lease(&after))
            }
            (_, Some(before)) => {
                let kept = lease(before) == lease(&after) && !after.released;
                let fits = if kind == CallKind::Release { after.released } else { kept };
                mine == Some(lease(before)) && !before.released && fits
            }
            (_, None) => false,
        };
        if let Some(Session { server, visit, key }) = step.session()
            && kind == CallKind::Acquire
            && !echo
        {
            rows.visits.of(visit).lease = Some(lease(&after));
            rows.keys.of(key).taken_by = Some((server, lease(&after)));
        }
        if !legal && !echo {
            out.violated(&INVARIANT, step, kind.cause(), || match before {
                Some(before) => {
                    format!("the {kind} replaced a record that was not its session's: {before}")
                }
                None => format!("the {kind} committed where no record was"),
            });
        }
    }

    fn loaded(&mut self, rows: &mut Memory, session: Session) {
        if let Some((server, lease)) = rows.keys.of(session.key).taken_by
            && server == session.server
        {
            rows.visits.of(session.visit).lease.get_or_insert(lease);
        }
    }
}

fn lease(view: &View) -> Lease {
    (view.owner, view.generation)
}

impl Checker for ForeignWrites {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        use FactKind::{Asked, Committed, Loaded, Removed};
        const { Facts::of(&[Asked, Committed, Loaded, Removed]) }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        match (step.fact, step.session()) {
            (Fact::Committed { kind, before, after: Some(after), .. }, _) => {
                self.committed(rows, step, kind, (before, after), out);
            }
            (Fact::Removed { kind, before: Some(before) }, _) => {
                self.removed(rows, step, kind, before, out);
            }
            (Fact::Asked, Some(session)) => rows.visits.of(session.visit).lease = None,
            (Fact::Loaded { .. }, Some(session)) => self.loaded(rows, session),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::library::Contract;

    fn view(job: u32, generation: u64) -> View {
        View {
            owner: Some((JobId(job), 1)),
            generation: Some(generation),
            commit: Some(0),
            released: false,
            edits: 0,
        }
    }

    fn committed(visit: u32, kind: CallKind, before: Option<View>, after: View) -> Step {
        let after = Some(after);
        let fact = Fact::Committed { kind, before, after, clock_us: 0 };
        Step { server: Some(ServerId::new(0)), ..step(0, visit, fact) }
    }

    fn violations(steps: &[Step]) -> u64 {
        found(steps, false)
    }

    fn found(steps: &[Step], echoes: bool) -> u64 {
        let contract = Contract { fenced: true, echoes, ..Contract::default() };
        let mut told = Told::to(ForeignWrites::new(&known(contract)).expect("it is fenced"));
        for step in steps {
            told.step(*step);
        }
        told.count()
    }

    #[test]
    fn d2_a_save_over_another_sessions_record_is_found_even_if_it_leaves_the_lease_as_it_was() {
        let (a, b) = (view(1, 1), view(2, 2));
        let steps = [
            committed(1, CallKind::Acquire, None, a),
            committed(2, CallKind::Acquire, Some(a), b),
            committed(2, CallKind::Save, Some(b), b),
        ];
        assert_eq!(violations(&steps), 0);
        let late = committed(1, CallKind::Save, Some(b), b);
        assert_eq!(violations(&[steps[0], steps[1], late]), 1);
    }

    #[test]
    fn a_save_that_changes_the_lease_and_a_release_that_keeps_it_are_found() {
        let (a, b) = (view(1, 1), view(2, 1));
        let (taken, released) =
            (committed(1, CallKind::Acquire, None, a), View { released: true, ..a });
        let after = |kind, after| violations(&[taken, committed(1, kind, Some(a), after)]);
        assert_eq!([after(CallKind::Save, a), after(CallKind::Release, released)], [0, 0]);
        assert_eq!([after(CallKind::Save, b), after(CallKind::Save, released)], [1, 1]);
        assert_eq!([after(CallKind::Release, a), after(CallKind::Renew, b)], [1, 1]);
    }

    #[test]
    fn what_a_server_writes_on_nobodys_behalf_must_leave_the_lease_alone() {
        let (a, b) = (view(1, 1), view(2, 2));
        let nobodys = |kind, after| Step { visit: None, ..committed(9, kind, Some(a), after) };
        assert_eq!(violations(&[nobodys(CallKind::Message, View { edits: 7, ..a })]), 0);
        assert_eq!(violations(&[nobodys(CallKind::Message, b)]), 1);
        assert_eq!(violations(&[nobodys(CallKind::Overwrite, a)]), 1);
    }

    #[test]
    fn what_is_written_back_as_it_was_found_is_no_effect_if_the_library_does_that() {
        let (a, b) = (view(1, 1), view(2, 2));
        let changed = View { edits: 1, ..b };
        let steps = [
            committed(1, CallKind::Acquire, None, a),
            committed(2, CallKind::Acquire, Some(a), b),
            committed(1, CallKind::Save, Some(b), b),
        ];
        assert_eq!((found(&steps, true), found(&steps, false)), (0, 1));
        let over_another = committed(1, CallKind::Save, Some(b), changed);
        assert_eq!(found(&[steps[0], steps[1], over_another], true), 1);
    }

    #[test]
    fn who_shares_a_start_has_the_lease_that_their_server_has_taken() {
        let a = view(1, 1);
        let how = &cause::STARTED;
        let loaded =
            step(0, 2, Fact::Loaded { how, edits: 0, latency_us: 0, calls: 1, retries: 0 });
        let steps = [
            committed(1, CallKind::Acquire, None, a),
            Step { server: Some(ServerId::new(0)), ..loaded },
            committed(2, CallKind::Save, Some(a), View { edits: 1, ..a }),
        ];
        assert_eq!(found(&steps, true), 0);
        assert_eq!(found(&[steps[0], steps[2]], true), 1);
    }

    #[test]
    fn an_acquire_that_keeps_the_generation_of_another_owner_is_found() {
        let steps = [committed(2, CallKind::Acquire, Some(view(1, 1)), view(2, 1))];
        assert_eq!(violations(&steps), 1);
    }

    #[test]
    fn a_save_over_a_released_record_is_found() {
        let released = View { released: true, ..view(1, 1) };
        let steps = [
            committed(1, CallKind::Acquire, None, view(1, 1)),
            committed(1, CallKind::Save, Some(released), view(1, 1)),
        ];
        assert_eq!(violations(&steps), 1);
    }
}

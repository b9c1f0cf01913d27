//! A change is accepted by an owner alone, is in the data once, and is stored if `Save()` says so.
//!
//! The model is how many changes of a key's data were accepted, by whichever sessions: data that
//! has seen more of them has one twice, or one that nobody made. Data that has seen fewer is a
//! matter of what was lost, and not this file's. And who accepts a change must be an owner then: a
//! session that does not take itself for one has no business to, since nobody will save it. What a
//! call of `Save()` was made for, the model of unsaved changes knows to be stored or not.
//!
//! What somebody writes who has no session is taken as it is; and a server that has fallen back to
//! its memory stores nothing, as it says.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known};
use crate::cause::{Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use leasehold_core::Key;
use std::collections::{BTreeSet, VecDeque};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "changes_are_made_once",
    "a change is accepted by an owner alone, is in the data once, and stored if Save() says so",
)
.about(About::Data);

static UNOWNED: Cause = Cause::new("unowned", Class::Harm, "a session that owns nothing took it");
static TWICE: Cause = Cause::new("made twice", Class::Harm, "more was stored than was accepted");

static RETURNED: Cause =
    Cause::new("returned early", Class::Harm, "Save() returned true too early");

pub(crate) struct Changes {
    /// When a session began: what the game does within that moment comes before it is an owner.
    loaded: Rows<Moment>,
    /// When the calls of `Save()` were made that have not returned.
    saving: Rows<VecDeque<Moment>>,
    /// When a release was last cancelled: it found that an earlier try had released.
    found_released: Rows<Option<Moment>>,
    /// Servers that run without a datastore.
    fallen: BTreeSet<ServerId>,
}

impl Changes {
    pub(super) fn new(_known: &Known) -> Option<Changes> {
        Some(Changes {
            loaded: Rows::default(),
            saving: Rows::default(),
            found_released: Rows::default(),
            fallen: BTreeSet::new(),
        })
    }

    fn edited(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        visit: VisitId,
        key: Key,
        seen: &Models,
        out: &mut Findings,
    ) {
        rows.keys.of(key).accepted += 1;
        let owns = seen.owners.live(key).any(|owner| owner.visit == visit);
        if !owns && step.at > *self.loaded.of(visit) {
            out.violated(
                &INVARIANT,
                step,
                &UNOWNED,
                || "a session that does not consider itself the owner accepted a change",
            );
        }
    }

    fn returned(
        &mut self,
        step: &Step,
        session: Session,
        (callers, saved): (u32, bool),
        seen: &Models,
        out: &mut Findings,
    ) {
        let oldest = seen.unsaved.of(session.visit).oldest();
        let fallen = self.fallen.contains(&session.server);
        // What it stored is not known to the model then.
        let found = *self.found_released.of(session.visit) == Some(step.at);
        let saving = self.saving.of(session.visit);
        for _ in 0..callers {
            let Some(called) = saving.pop_front() else { return };
            // One that was made at the same moment may have been made after the call.
            if saved && !fallen && !found && oldest.is_some_and(|oldest| oldest < called) {
                out.violated(
                    &INVARIANT,
                    step,
                    &RETURNED,
                    || "Save() returned true, and a change from before it is not stored",
                );
            }
        }
    }

    fn committed(&self, rows: &mut Memory, step: &Step, key: Key, after: View, out: &mut Findings) {
        let accepted = &mut rows.keys.of(key).accepted;
        if step.visit.is_some() && after.edits > *accepted {
            let more = after.edits - *accepted;
            out.violated(&INVARIANT, step, &TWICE, || {
                format!("the data has seen {} changes, and {more} fewer were made", after.edits)
            });
        }
        // Once it was told, the same is not told again with each write.
        *accepted = (*accepted).max(after.edits);
    }
}

impl Checker for Changes {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        use FactKind::{Answered, Asked, Booted, Committed, Edited, FellBack, Loaded, SaveCalled};
        const {
            Facts::of(&[
                Answered,
                Asked,
                Booted,
                Committed,
                Edited,
                FellBack,
                Loaded,
                SaveCalled,
                FactKind::SaveReturned,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        if let (Fact::FellBack, Some(server)) = (step.fact, step.server) {
            self.fallen.insert(server);
        }
        if let (Fact::Booted, Some(server)) = (step.fact, step.server) {
            self.fallen.remove(&server);
        }
        let Some(key) = step.key else { return };
        match (step.fact, step.visit) {
            (Fact::Edited, Some(visit)) => self.edited(rows, step, visit, key, seen, out),
            (Fact::Asked, Some(visit)) => self.saving.of(visit).clear(),
            (
                Fact::Answered { kind: CallKind::Release, end: CallEnd::Refused, .. },
                Some(visit),
            ) => {
                *self.found_released.of(visit) = Some(step.at);
            }
            (Fact::SaveCalled, Some(visit)) => self.saving.of(visit).push_back(step.at),
            (Fact::SaveReturned { callers, why }, _) => {
                if let Some(session) = step.session() {
                    self.returned(step, session, (callers, why.is_none()), seen, out);
                }
            }
            (Fact::Loaded { .. }, Some(visit)) => *self.loaded.of(visit) = step.at,
            (Fact::Committed { after: Some(after), .. }, _) => {
                self.committed(rows, step, key, after, out);
            }
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

    fn told() -> Told<Changes> {
        let mut told = Told::to(Changes::new(&known(Contract::default())).expect("all are"));
        let how = &cause::STARTED;
        told.step(step(1, 0, Fact::Loaded { how, edits: 0, latency_us: 0, calls: 1, retries: 0 }));
        told.step(step(1, 0, Fact::Owns { how }));
        told
    }

    fn stored(edits: u64) -> Fact {
        let view = View { owner: None, generation: None, commit: None, released: false, edits };
        let (kind, after) = (CallKind::Save, Some(view));
        Fact::Committed { kind, before: None, after, clock_us: 0 }
    }

    #[test]
    fn data_that_has_seen_more_changes_than_were_made_is_found_once() {
        let mut told = told();
        told.step(step(2, 0, Fact::Edited)).step(step(3, 0, stored(1)));
        assert_eq!(told.count(), 0);
        told.step(step(4, 0, stored(2))).step(step(5, 0, stored(2)));
        assert_eq!(told.causes(), ["made twice"]);
        told.step(step(6, 0, stored(0))).step(step(7, 0, stored(1)));
        assert_eq!(told.count(), 1, "fewer are no matter");
    }

    #[test]
    fn a_save_that_returns_true_before_what_it_was_called_for_is_stored_is_found() {
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 0 };
        let returned = Fact::SaveReturned { callers: 1, why: None };
        let violations = |facts: &[Fact]| {
            let mut told = told();
            for (fact, us) in facts.iter().zip(2..) {
                told.step(step(us, 0, *fact));
            }
            told.count()
        };
        let called = [Fact::Edited, Fact::SaveCalled, sent];
        assert_eq!(violations(&[&called[..], &[Fact::Saved, returned]].concat()), 0);
        assert_eq!(violations(&[&called[..], &[returned]].concat()), 1);
        let later = [Fact::Edited, Fact::Saved, returned];
        assert_eq!(violations(&[&called[..], &later].concat()), 0, "a later change is another's");
    }

    #[test]
    fn a_change_that_is_accepted_by_a_session_that_owns_nothing_is_found() {
        let mut told = told();
        told.step(step(2, 0, Fact::OwnsNoMore)).step(step(3, 0, Fact::Edited));
        assert_eq!(told.causes(), ["unowned"]);
        let mut told = Told::to(Changes::new(&known(Contract::default())).expect("all are"));
        let how = &cause::STARTED;
        told.step(step(1, 0, Fact::Loaded { how, edits: 0, latency_us: 0, calls: 1, retries: 0 }));
        assert_eq!(told.step(step(1, 0, Fact::Edited)).count(), 0, "it is about to own");
    }
}

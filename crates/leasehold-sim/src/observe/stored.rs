//! What is acknowledged as saved was stored.
//!
//! The model is, for each session, the writes of its data that have committed and that no word of
//! its library has acknowledged yet. A word without one says that a save is done which was never
//! stored: it went to another scope, or nowhere. A library that writes back what it found, as the
//! record is another session's by now, has stored nothing of its own. Whether what was stored stays
//! there is another property: see `progress`.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known};
use crate::cause::{Cause, Class};
use crate::ids::VisitId;
use crate::library::{CallKind, Contract, View};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Step};
use leasehold_data::numbers;

pub(super) static INVARIANT: Invariant =
    Invariant::safety("acknowledged_saves_are_stored", "what is acknowledged as saved was stored")
        .about(About::Data);

static NEVER_STORED: Cause =
    Cause::new("never stored", Class::Harm, "what was acknowledged was not stored");

pub(crate) struct Stored {
    /// Saves follow each other, so that a word acknowledges all that has committed.
    exclusive: bool,
    /// A call with nothing to change writes back what it found.
    echoes: bool,
}

#[derive(Clone, Default)]
pub(super) struct Visit {
    /// Changes that the data had seen when the session got it.
    base: u64,
    accepted: u64,
    /// How many of these have committed at some time.
    stored: u64,
    /// Writes that have committed and were not acknowledged yet.
    pending: u32,
    /// Calls that were not answered yet.
    under_way: u32,
    /// It has written to another scope.
    wrong_scope: bool,
    /// The record's generation when it was taken for the session, if records count that.
    generation: Option<u64>,
}

impl Visit {
    /// Whether a write put back another session's record as it was.
    fn echoes(&self, before: Option<View>, after: View) -> bool {
        before == Some(after) && self.generation.is_some() && self.generation != after.generation
    }
}

impl Stored {
    pub(super) fn new(known: &Known) -> Option<Stored> {
        let Contract { calls_are_exclusive: exclusive, echoes, .. } = known.contract;
        Some(Stored { exclusive, echoes })
    }

    fn saved(&mut self, rows: &mut Memory, step: &Step, name: VisitId, out: &mut Findings) {
        let visit = &mut rows.visits.of(name).stored;
        if visit.pending == 0 {
            let place =
                if visit.wrong_scope { "was stored in another scope" } else { "was not stored" };
            out.violated(&INVARIANT, step, &NEVER_STORED, || {
                format!("a save was acknowledged that {place}")
            });
        }
        // While another save is under way, the rest may be its own.
        visit.pending = if visit.under_way > 0 { visit.pending.saturating_sub(1) } else { 0 };
    }

    /// A release that is said to have stored everything acknowledges as a save does.
    fn released(&mut self, rows: &mut Memory, step: &Step, name: VisitId, out: &mut Findings) {
        let visit = &mut rows.visits.of(name).stored;
        let missing = visit.accepted.saturating_sub(visit.stored);
        if missing > 0 {
            out.violated(&INVARIANT, step, &NEVER_STORED, || {
                let changes = numbers::plural(missing, "change");
                format!("a release said that all is saved, without {changes} of the session")
            });
        }
    }
}

impl Checker for Stored {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const ALWAYS: Facts = Facts::of(&[
            FactKind::Asked,
            FactKind::Committed,
            FactKind::Edited,
            FactKind::Ended,
            FactKind::Loaded,
            FactKind::Saved,
            FactKind::WrongScope,
        ]);
        const ALL: Facts = ALWAYS.and(Facts::of(&[FactKind::Sent, FactKind::Answered]));
        if self.exclusive { ALWAYS } else { ALL }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        let Some(name) = step.visit else { return };
        let visit = &mut rows.visits.of(name).stored;
        match step.fact {
            Fact::Asked => *visit = Visit::default(),
            Fact::Loaded { edits, .. } => visit.base = edits,
            Fact::Edited => visit.accepted += 1,
            Fact::Sent { .. } => visit.under_way += 1,
            Fact::Answered { .. } => visit.under_way = visit.under_way.saturating_sub(1),
            Fact::WrongScope { .. } => visit.wrong_scope = true,
            Fact::Committed { kind: CallKind::Acquire, after: Some(after), .. } => {
                visit.generation = after.generation;
            }
            Fact::Committed {
                kind: CallKind::Save | CallKind::Release,
                before,
                after: Some(after),
                ..
            } if !(self.echoes && visit.echoes(before, after)) => {
                visit.pending += 1;
                visit.stored = visit.stored.max(after.edits.saturating_sub(visit.base));
            }
            Fact::Saved => self.saved(rows, step, name, out),
            Fact::Ended { saved: true, .. } => self.released(rows, step, name, out),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::schedule::Moment;
    use crate::step::CallEnd;

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };
    const DONE: Fact =
        Fact::Answered { kind: CallKind::Save, end: CallEnd::Done, sent: Moment::ZERO };

    fn committed(edits: u64) -> Fact {
        let (owner, generation, commit) = (None, None, None);
        let after = Some(View { owner, generation, commit, released: true, edits });
        Fact::Committed { kind: CallKind::Save, before: None, after, clock_us: 0 }
    }

    fn found(story: &[Fact]) -> Vec<String> {
        let stored = Stored::new(&known(Contract::default())).expect("all are held to it");
        let mut told = Told::to(stored);
        let loaded =
            Fact::Loaded { how: &cause::STARTED, edits: 7, latency_us: 0, calls: 1, retries: 0 };
        for fact in [&[Fact::Asked, loaded][..], story].concat() {
            told.step(step(0, 1, fact));
        }
        told.sentences()
    }

    #[test]
    fn an_acknowledgement_without_a_write_is_found_and_says_where_it_went() {
        assert_eq!(
            found(&[SENT, DONE, Fact::Saved]),
            ["a save was acknowledged that was not stored"]
        );
        let scope = Fact::WrongScope { kind: CallKind::Save, before: None, after: None };
        let elsewhere = "a save was acknowledged that was stored in another scope";
        assert_eq!(found(&[SENT, scope, DONE, Fact::Saved]), [elsewhere]);
        assert_eq!(found(&[SENT, committed(8), DONE, Fact::Saved]), [""; 0]);
    }

    #[test]
    fn a_record_of_another_session_that_is_written_back_stores_nothing() {
        let of = |generation, edits| {
            let (owner, commit, generation) = (None, None, Some(generation));
            Some(View { owner, generation, commit, released: false, edits })
        };
        let write = |kind, before, after| Fact::Committed { kind, before, after, clock_us: 0 };
        let found = |after: Option<View>| {
            let contract = Contract { echoes: true, ..Contract::default() };
            let mut told = Told::to(Stored::new(&known(contract)).expect("all are held to it"));
            let taken = write(CallKind::Acquire, None, of(3, 7));
            let save = write(CallKind::Save, after, after);
            for fact in [Fact::Asked, taken, SENT, save, DONE, Fact::Saved] {
                told.step(step(0, 1, fact));
            }
            told.sentences().len()
        };
        assert_eq!(found(of(3, 7)), 0, "it is the session's own, and nothing has changed");
        assert_eq!(found(of(4, 7)), 1);
    }

    #[test]
    fn saves_that_overlap_are_acknowledged_one_by_one() {
        let both = [SENT, SENT, committed(8), committed(9), DONE, Fact::Saved, DONE, Fact::Saved];
        assert_eq!(found(&both), [""; 0]);
        assert_eq!(found(&[&both[..], &[Fact::Saved]].concat()).len(), 1, "one too many");
        let again = [SENT, committed(8), DONE, SENT, committed(8), DONE, Fact::Saved, Fact::Saved];
        assert_eq!(found(&again).len(), 1, "one word acknowledges both tries of a save");
    }

    #[test]
    fn a_release_that_says_all_is_saved_must_be_right() {
        let said = Fact::Ended { how: &cause::RELEASED, saved: true };
        let story = [Fact::Edited, Fact::Edited, committed(8), said];
        assert_eq!(
            found(&story),
            ["a release said that all is saved, without 1 change of the session"]
        );
        assert_eq!(found(&[Fact::Edited, committed(8), said]), [""; 0]);
    }
}

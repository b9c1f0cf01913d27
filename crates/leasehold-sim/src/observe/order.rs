//! A key's generation and commit index never go back and never skip (rules L1, W2, W5).
//!
//! The model is the last generation and commit index that committed. A generation grows by one, and
//! only by an acquiring write; a commit index grows by one, and only by a saving or releasing one.
//! Data that has changed has a new commit index. A record that does not count is not held to it.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known};
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "generations_in_order",
    "a key's generation and commit index never go back and never skip",
)
.about(About::Data);

pub(crate) struct Order {
    /// Whether saves are counted as well as generations.
    counted: bool,
}

/// Generation, commit index, and how many changes the data had seen; nothing if the record was
/// damaged since.
pub(super) type Counts = (u64, u64, u64);

impl Order {
    /// For a library whose records count their holders.
    pub(super) fn new(known: &Known) -> Option<Order> {
        let order = Order { counted: known.contract.counted };
        known.contract.fenced.then_some(order)
    }

    fn committed(
        &self,
        order: &mut Option<Counts>,
        step: &Step,
        kind: CallKind,
        after: View,
        out: &mut Findings,
    ) {
        let Some(now) = after.generation else { return };
        let commit_now = after.commit.unwrap_or(0);
        let found = order.replace((now, commit_now, after.edits));
        let Some((generation, commit, edits)) = found else { return };
        let acquires = u64::from(kind == CallKind::Acquire);
        let saves = u64::from(matches!(kind, CallKind::Save | CallKind::Release));
        let in_order = (generation..=generation + acquires).contains(&now)
            && (!self.counted
                || (commit..=commit + saves).contains(&commit_now)
                    && (after.edits == edits || commit_now == commit + saves));
        if !in_order {
            let may = match (acquires, saves) {
                (0, 0) => "it may change neither",
                (0, _) => {
                    "it may add one to the commit index alone, and must if the data has changed"
                }
                _ => "it may add one to the generation alone",
            };
            out.violated(&INVARIANT, step, kind.cause(), || {
                format!(
                    "the {kind} took generation {generation} to {now}, \
                     commit index {commit} to {commit_now}: {may}"
                )
            });
        }
    }
}

impl Checker for Order {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::Damaged, FactKind::Committed, FactKind::Removed]) }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        let Some(key) = step.key else { return };
        let order = &mut rows.keys.of(key).order;
        match step.fact {
            Fact::Committed { kind, after: Some(after), .. } => {
                self.committed(order, step, kind, after, out);
            }
            // A new record begins from the beginning.
            Fact::Removed { .. } => *order = Some(Counts::default()),
            Fact::Damaged => *order = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::library::Contract;
    use leasehold_core::JobId;

    fn told() -> Told<Order> {
        let contract = Contract { fenced: true, counted: true, ..Contract::default() };
        Told::to(Order::new(&known(contract)).expect("it is fenced"))
    }

    fn commits(kind: CallKind, generation: u64, commit: u64, edits: u64) -> Step {
        let owner = Some((JobId(1), 1));
        let (generation, commit) = (Some(generation), Some(commit));
        let after = Some(View { owner, generation, commit, released: false, edits });
        step(0, 0, Fact::Committed { kind, before: None, after, clock_us: 0 })
    }

    fn violations(landings: &[(CallKind, u64, u64)]) -> u64 {
        let mut told = told();
        for &(kind, generation, commit) in landings {
            told.step(commits(kind, generation, commit, 0));
        }
        told.count()
    }

    #[test]
    fn data_that_changes_under_an_old_commit_index_is_found() {
        let mut told = told();
        for (commit, edits, found) in [(1, 3, 0), (1, 3, 0), (1, 4, 1), (2, 5, 1)] {
            told.step(commits(CallKind::Save, 0, commit, edits));
            assert_eq!(told.count(), found, "{commit} {edits}");
        }
    }

    #[test]
    fn numbers_grow_by_one_and_only_by_the_calls_that_may() {
        use CallKind::{Acquire, Release, Renew, Save};
        let fine = [(Acquire, 1, 0), (Save, 1, 1), (Renew, 1, 1), (Release, 1, 2), (Acquire, 2, 2)];
        assert_eq!(violations(&fine), 0);
        for bad in [
            (Acquire, 3, 1),
            (Acquire, 0, 1),
            (Save, 1, 3),
            (Save, 1, 0),
            (Renew, 1, 2),
            (Save, 2, 2),
        ] {
            assert_eq!(violations(&[(Acquire, 1, 0), (Save, 1, 1), bad]), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_record_that_counts_nothing_is_held_to_nothing() {
        let mut told = told();
        for edits in [3, 0, 9] {
            let view = View { owner: None, generation: None, commit: None, released: false, edits };
            let (kind, after) = (CallKind::Save, Some(view));
            told.step(step(0, 0, Fact::Committed { kind, before: None, after, clock_us: 0 }));
        }
        assert_eq!(told.count(), 0);
    }
}

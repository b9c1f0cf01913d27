//! A key's generation and commit index never go back and never skip (rules L1, W2, W5).
//!
//! The model is the last generation and commit index that landed. A generation grows by one, and
//! only by an acquiring write; a commit index grows by one, and only by a saving or releasing one.
//! Data that has changed has a new commit index.

use super::{Fact, Findings, Known, Observer, Rule, Step};
use crate::library::CallKind;

pub(super) struct Order {
    /// Whether saves are counted as well as generations.
    counted: bool,
    /// Generation, commit index, and how many changes the data had seen; nothing if the record was
    /// damaged since.
    keys: Vec<Option<(u64, u64, u64)>>,
}

impl Order {
    pub(super) fn new(known: Known, keys: usize) -> Order {
        let keys = vec![Some((0, 0, 0)); keys];
        Order { counted: known.contract.counted, keys }
    }
}

impl Observer for Order {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        let (kind, after) = match step.fact {
            Fact::Landed { kind, after, .. } => (kind, after),
            // A new record begins from the beginning.
            Fact::Removed { .. } => return self.keys[step.key as usize] = Some((0, 0, 0)),
            Fact::Damaged => return self.keys[step.key as usize] = None,
            _ => return,
        };
        let last = &mut self.keys[step.key as usize];
        let found = last.replace((after.generation, after.commit, after.edits));
        let Some((generation, commit, edits)) = found else { return };
        let acquires = u64::from(kind == CallKind::Acquire);
        let saves = u64::from(matches!(kind, CallKind::Save | CallKind::Release));
        let in_order = (generation..=generation + acquires).contains(&after.generation)
            && (!self.counted
                || (commit..=commit + saves).contains(&after.commit)
                    && (after.edits == edits || after.commit == commit + saves));
        if !in_order {
            out.violated(Rule::Order, step.place(), kind.name(), || {
                format!(
                    "the {kind} took generation {generation} to {}, commit index {commit} to {}",
                    after.generation, after.commit
                )
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Contract;
    use crate::library::View;
    use crate::schedule::Moment;

    const KNOWN: Known = Known {
        contract: Contract { fenced: true, counted: true, ..Contract::NAIVE },
        drift_ppm: 0,
        heal: None,
        goods: false,
    };

    fn violations(landings: &[(CallKind, u64, u64)]) -> u64 {
        let (mut order, mut out) = (Order::new(KNOWN, 1), Findings::default());
        for &(kind, generation, commit) in landings {
            let after = View { owner: (1, 1), generation, commit, released: false, edits: 0 };
            let fact = Fact::Landed { kind, before: None, after, clock_us: 0 };
            order.on_step(&Step { at: Moment::ZERO, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        out.count(Rule::Order as usize)
    }

    #[test]
    fn data_that_changes_under_an_old_commit_index_is_found() {
        let (mut order, mut out) = (Order::new(KNOWN, 1), Findings::default());
        for (commit, edits, found) in [(1, 3, 0), (1, 3, 0), (1, 4, 1), (2, 5, 1)] {
            let after = View { owner: (1, 1), generation: 0, commit, released: false, edits };
            let fact = Fact::Landed { kind: CallKind::Save, before: None, after, clock_us: 0 };
            order.on_step(&Step { at: Moment::ZERO, server: 0, visit: 0, key: 0, fact }, &mut out);
            assert_eq!(out.count(Rule::Order as usize), found, "{commit} {edits}");
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
}

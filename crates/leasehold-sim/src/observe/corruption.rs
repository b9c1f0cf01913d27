//! A damaged record is never handed to a session, nor overwritten (rule R3).
//!
//! The model is which keys are damaged: the fault says so. Whatever commits on one either handed
//! the damage to a session or hid it for ever.

use super::{About, Findings, Invariant, Known, Observer};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "corrupted_data_stays_out",
    "a damaged record is never handed to a session, nor overwritten",
)
.about(About::Data);

pub(crate) struct Corruption {
    damaged: Vec<bool>,
}

impl Corruption {
    pub(super) fn new(known: &Known) -> Option<Corruption> {
        Some(Corruption { damaged: vec![false; known.players as usize] })
    }
}

impl Observer for Corruption {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::Damaged, FactKind::Committed, FactKind::Removed]) }
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        let Some(key) = step.key else { return };
        let damaged = &mut self.damaged[key.0 as usize];
        match step.fact {
            Fact::Damaged => *damaged = true,
            Fact::Committed { kind, .. } if std::mem::take(damaged) => {
                out.violated(&INVARIANT, step, kind.cause(), || {
                    format!("the {kind} committed on a damaged record")
                });
            }
            Fact::Removed { .. } => *damaged = false,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::library::{CallKind, Contract};

    #[test]
    fn whatever_commits_on_a_damaged_record_is_found_once() {
        let kind = CallKind::Acquire;
        let committed = Fact::Committed { kind, before: None, after: None, clock_us: 0 };
        let observer = Corruption::new(&known(Contract::default())).expect("all are held to it");
        let mut told = Told::to(observer);
        for (fact, found) in [(committed, 0), (Fact::Damaged, 0), (committed, 1), (committed, 1)] {
            told.step(step(0, 0, fact));
            assert_eq!(told.count(), found);
        }
    }
}

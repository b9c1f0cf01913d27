//! A damaged record is never handed to a session, nor overwritten (rule R3).
//!
//! The model is which keys are damaged: the fault says so. Whatever commits on one either handed
//! the damage to a session or hid it for ever. And a record that nobody has damaged, and that a
//! library says is, was damaged by itself.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known};
use crate::cause::{Cause, Class};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "corrupted_data_stays_out",
    "a damaged record is never handed to a session, nor overwritten",
)
.about(About::Data);

static OWN: Cause = Cause::new("own damage", Class::Damaged, "nobody else had damaged it");

pub(crate) struct Corruption;

/// What has befallen a key's record.
#[derive(Clone, Copy, Default)]
pub(super) struct Damage {
    damaged: bool,
    /// It ever was.
    ever: bool,
}

impl Corruption {
    pub(super) fn new(_known: &Known) -> Option<Corruption> {
        Some(Corruption)
    }
}

impl Checker for Corruption {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        use FactKind::{Committed, Corrupted, Damaged, Removed};
        const { Facts::of(&[Committed, Corrupted, Damaged, Removed]) }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        let Some(key) = step.key else { return };
        let Damage { damaged, ever } = &mut rows.keys.of(key).damage;
        match step.fact {
            Fact::Damaged => {
                *damaged = true;
                *ever = true;
            }
            Fact::Corrupted { .. } if !*ever => {
                out.violated(
                    &INVARIANT,
                    step,
                    &OWN,
                    || "a record is said to be damaged, and no fault has damaged it",
                );
            }
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

    #[test]
    fn a_record_that_is_said_to_be_damaged_and_was_not_is_found() {
        static HASH: Cause = Cause::new("hash", Class::Damaged, "");
        let observer = Corruption::new(&known(Contract::default())).expect("all are held to it");
        let mut told = Told::to(observer);
        let corrupted = Fact::Corrupted { kind: &HASH };
        assert_eq!(told.step(step(0, 0, corrupted)).count(), 1);
        told.step(step(1, 0, Fact::Damaged));
        assert_eq!(told.step(step(2, 0, corrupted)).count(), 1);
    }
}

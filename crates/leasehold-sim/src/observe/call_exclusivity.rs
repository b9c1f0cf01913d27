//! A server has one call under way for a key at a time, and sends the next when that is answered.
//!
//! The model is which calls of a server have been sent and not been answered. What a process has
//! sent that is gone is nobody's any more.

use super::memory::Memory;
use super::{Checker, Findings, Invariant, Known};
use crate::ids::ServerId;
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Step};
use leasehold_core::Key;
use std::collections::BTreeMap;

pub(super) static INVARIANT: Invariant =
    Invariant::safety("calls_are_exclusive", "a server has one call under way for a key at a time");

/// Calls under way, by server and key.
pub(crate) struct CallExclusivity(BTreeMap<(ServerId, Key), u32>);

impl CallExclusivity {
    /// For a library that sends one call at a time.
    pub(super) fn new(known: &Known) -> Option<CallExclusivity> {
        known.contract.calls_are_exclusive.then(|| CallExclusivity(BTreeMap::new()))
    }
}

impl Checker for CallExclusivity {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::Answered, FactKind::Booted, FactKind::Sent]) }
    }

    fn on_step(&mut self, step: &Step, _rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        let Some(server) = step.server else { return };
        match (step.fact, step.key) {
            (Fact::Sent { kind, .. }, Some(key)) => {
                let under_way = self.0.entry((server, key)).or_default();
                *under_way += 1;
                if *under_way > 1 {
                    out.violated(&INVARIANT, step, kind.cause(), || {
                        format!("a {kind} was sent before the last call of {key} was over")
                    });
                }
            }
            (Fact::Answered { .. }, Some(key)) => {
                if let Some(under_way) = self.0.get_mut(&(server, key)) {
                    *under_way -= 1;
                    if *under_way == 0 {
                        self.0.remove(&(server, key));
                    }
                }
            }
            (Fact::Booted, _) => {
                let old = self.0.range((server, Key(0))..=(server, Key(u32::MAX)));
                for place in old.map(|(place, _)| *place).collect::<Vec<_>>() {
                    self.0.remove(&place);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, at_key, known, on_server};
    use super::*;
    use crate::library::{CallKind, Contract};
    use crate::schedule::Moment;
    use crate::step::CallEnd;

    #[test]
    fn a_call_that_does_not_wait_for_the_last_one_is_found_unless_that_was_another_processs() {
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 0 };
        let (kind, end) = (CallKind::Save, CallEnd::Done);
        let answered = Fact::Answered { kind, end, sent: Moment::ZERO };
        let contract = Contract { calls_are_exclusive: true, ..Contract::default() };
        let mut told = Told::to(CallExclusivity::new(&known(contract)).expect("it takes turns"));
        let mut tell = |server, key, fact| told.step(at_key(0, server, 0, key, fact)).count();
        for (server, key) in [(0, 0), (1, 0), (0, 1)] {
            assert_eq!(tell(server, key, sent), 0);
        }
        assert_eq!(tell(0, 0, answered), 0);
        assert_eq!(tell(0, 0, sent), 0);
        assert_eq!(tell(0, 0, sent), 1);
        assert_eq!(told.step(on_server(0, 1, Fact::Booted)).count(), 1);
        let count = told.step(at_key(0, 1, 0, 0, sent)).count();
        assert_eq!(count, 1, "the last process's is over");
    }
}

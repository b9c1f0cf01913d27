//! A damaged record is never handed to a session, nor overwritten (rule R3).
//!
//! The model is which keys are damaged: the fault says so. Whatever lands on one either handed the
//! damage to a session or hid it for ever.

use super::{Fact, Findings, Observer, Rule, Step};

pub(super) struct Corruption {
    damaged: Vec<bool>,
}

impl Corruption {
    pub(super) fn new(keys: usize) -> Corruption {
        Corruption { damaged: vec![false; keys] }
    }
}

impl Observer for Corruption {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Damaged => self.damaged[step.key as usize] = true,
            Fact::Landed { kind, .. } if std::mem::take(&mut self.damaged[step.key as usize]) => {
                out.violated(Rule::Corruption, step.place(), kind.name(), || {
                    format!("the {kind} landed on a damaged record")
                });
            }
            Fact::Removed { .. } => self.damaged[step.key as usize] = false,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::CallKind;
    use crate::library::View;
    use crate::schedule::Moment;

    #[test]
    fn whatever_lands_on_a_damaged_record_is_found_once() {
        let after = View { owner: (1, 1), generation: 1, commit: 0, released: false, edits: 0 };
        let landed = Fact::Landed { kind: CallKind::Acquire, before: None, after, clock_us: 0 };
        let (mut corruption, mut out) = (Corruption::new(1), Findings::default());
        for (fact, found) in [(landed, 0), (Fact::Damaged, 0), (landed, 1), (landed, 1)] {
            let step = Step { at: Moment::ZERO, server: 0, visit: 0, key: 0, fact };
            corruption.on_step(&step, &mut out);
            assert_eq!(out.count(Rule::Corruption as usize), found);
        }
    }
}

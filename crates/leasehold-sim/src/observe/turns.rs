//! A server has one call under way for a key at a time, and sends the next when that is answered.
//!
//! The model is which calls of a server have been sent and not been answered. What a process has
//! sent that is gone is nobody's any more.

use super::{Fact, Findings, Observer, Rule, Step};
use std::collections::BTreeMap;

/// Calls under way, by server and key.
#[derive(Default)]
pub(super) struct Turns(BTreeMap<(u32, u32), u32>);

impl Observer for Turns {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        let place = (step.server, step.key);
        match step.fact {
            Fact::Sent { kind, .. } => {
                let under_way = self.0.entry(place).or_default();
                *under_way += 1;
                if *under_way > 1 {
                    out.violated(Rule::Turns, step.place(), kind.name(), || {
                        format!("a {kind} was sent before the last call of k{} was over", step.key)
                    });
                }
            }
            Fact::Answered { .. } => {
                if let Some(under_way) = self.0.get_mut(&place) {
                    *under_way -= 1;
                    if *under_way == 0 {
                        self.0.remove(&place);
                    }
                }
            }
            Fact::Booted => {
                let server = step.server;
                let old = self.0.range((server, 0)..=(server, u32::MAX));
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
    use super::*;
    use crate::library::CallKind;
    use crate::observe::CallEnd;
    use crate::schedule::Moment;
    use crate::slab::NONE;

    #[test]
    fn a_call_that_does_not_wait_for_the_last_one_is_found_unless_that_was_another_processs() {
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 0 };
        let (kind, sent_at) = (CallKind::Save, Moment::ZERO);
        let answered = Fact::Answered { kind, end: CallEnd::Done, sent: sent_at };
        let (mut turns, mut out) = (Turns::default(), Findings::default());
        let mut tell = |server, key, fact| {
            let step = Step { at: Moment::ZERO, server, visit: 0, key, fact };
            turns.on_step(&step, &mut out);
            out.count(Rule::Turns as usize)
        };
        for (server, key) in [(0, 0), (1, 0), (0, 1)] {
            assert_eq!(tell(server, key, sent), 0);
        }
        assert_eq!(tell(0, 0, answered), 0);
        assert_eq!(tell(0, 0, sent), 0);
        assert_eq!(tell(0, 0, sent), 1);
        assert_eq!(tell(1, NONE, Fact::Booted), 1);
        assert_eq!(tell(1, 0, sent), 1, "the last process's is over");
    }
}

//! Nothing is written under another session's lease (rule D2).
//!
//! The model is which lease each visit won, from the acquiring write that landed. Any other write
//! of that visit must replace a record that names exactly this lease. An acquiring write must leave
//! a lease that it found alone, or pass it on with the next generation.

use super::{Fact, Findings, Observer, Rows, Rule, Step};
use crate::library::{CallKind, View};

#[derive(Default)]
pub(super) struct Effect {
    leases: Rows<Option<(u32, u32, u64)>>,
}

fn lease(view: &View) -> (u32, u32, u64) {
    (view.owner.0, view.owner.1, view.generation)
}

impl Observer for Effect {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        let (kind, before, after) = match step.fact {
            Fact::Landed { kind, before, after, .. } => (kind, before, after),
            Fact::Removed { kind, before: Some(before) } => {
                if *self.leases.of(step.visit) != Some(lease(&before)) {
                    out.violated(Rule::Effect, step.place(), kind.name(), || {
                        format!("a {kind} took {before:?} away, which is another session's record")
                    });
                }
                return;
            }
            Fact::RanAgain { .. } => return out.reached("a transform ran again"),
            Fact::Asked => {
                *self.leases.of(step.visit) = None;
                return;
            }
            _ => return,
        };
        let mine = self.leases.of(step.visit);
        let legal = match (kind, &before) {
            (CallKind::Acquire, None) => true,
            (CallKind::Acquire, Some(before)) => {
                lease(before) == lease(&after) || after.generation == before.generation + 1
            }
            // A message changes nobody's lease.
            (CallKind::Message, before) => {
                before.is_none_or(|before| lease(&before) == lease(&after))
            }
            (_, Some(before)) => *mine == Some(lease(before)) && !before.released,
            (_, None) => false,
        };
        if kind == CallKind::Acquire {
            *mine = Some(lease(&after));
        }
        if !legal {
            out.violated(Rule::Effect, step.place(), kind.name(), || {
                format!("a {kind} landed over {before:?}, which is another session's record")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Moment;

    fn view(job: u32, generation: u64) -> View {
        View { owner: (job, 1), generation, commit: 0, released: false, edits: 0 }
    }

    fn landed(visit: u32, kind: CallKind, before: Option<View>, after: View) -> Step {
        let fact = Fact::Landed { kind, before, after, clock_us: 0 };
        Step { at: Moment::ZERO, server: 0, visit, key: 0, fact }
    }

    fn violations(steps: &[Step]) -> u64 {
        let (mut effect, mut out) = (Effect::default(), Findings::default());
        steps.iter().for_each(|step| effect.on_step(step, &mut out));
        out.count(Rule::Effect as usize)
    }

    #[test]
    fn a_save_over_another_sessions_record_is_found_even_if_it_leaves_the_lease_as_it_was() {
        let (a, b) = (view(1, 1), view(2, 2));
        let steps = [
            landed(1, CallKind::Acquire, None, a),
            landed(2, CallKind::Acquire, Some(a), b),
            landed(2, CallKind::Save, Some(b), b),
        ];
        assert_eq!(violations(&steps), 0);
        let late = landed(1, CallKind::Save, Some(b), b);
        assert_eq!(violations(&[steps[0], steps[1], late]), 1);
    }

    #[test]
    fn an_acquire_that_keeps_the_generation_of_another_owner_is_found() {
        let steps = [landed(2, CallKind::Acquire, Some(view(1, 1)), view(2, 1))];
        assert_eq!(violations(&steps), 1);
    }

    #[test]
    fn a_save_over_a_released_record_is_found() {
        let released = View { released: true, ..view(1, 1) };
        let steps = [
            landed(1, CallKind::Acquire, None, view(1, 1)),
            landed(1, CallKind::Save, Some(released), view(1, 1)),
        ];
        assert_eq!(violations(&steps), 1);
    }
}

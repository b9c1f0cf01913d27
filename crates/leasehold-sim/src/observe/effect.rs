//! Nothing is written under another session's lease (rule D2).
//!
//! The model is which lease each visit won, from the acquiring write that landed. Any other write
//! of that visit must replace a record that names exactly this lease. An acquiring write must leave
//! a lease that it found alone, or pass it on with the next generation.
//!
//! Starts of one server may share a call: who gets a session without a call of their own has the
//! lease that their server has taken last. And a library may write back what it found, where
//! another would have cancelled: that is no effect.

use super::{Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::library::{CallKind, View};
use crate::slab::NONE;

pub(super) struct Effect {
    /// A write that changes nothing may land anywhere.
    echoes: bool,
    leases: Rows<Option<Lease>>,
    /// By key: which server has taken its lease last, and that.
    taken: Vec<(u32, Lease)>,
}

/// Owner and generation.
type Lease = (u32, u32, u64);

impl Effect {
    pub(super) fn new(known: Known, keys: usize) -> Effect {
        let taken = vec![(NONE, (NONE, 0, 0)); keys];
        Effect { echoes: known.contract.echoes, leases: Rows::default(), taken }
    }
}

fn lease(view: &View) -> Lease {
    (view.owner.0, view.owner.1, view.generation)
}

impl Observer for Effect {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        let (kind, before, after) = match step.fact {
            Fact::Landed { kind, before, after, .. } => (kind, before, after),
            Fact::Removed { kind, before: Some(before) } => {
                if *self.leases.of(step.visit) != Some(lease(&before)) {
                    out.violated(Rule::Effect, step.place(), kind.name(), || {
                        format!("the {kind} took another session's record away: {before}")
                    });
                }
                return;
            }
            Fact::Asked => {
                *self.leases.of(step.visit) = None;
                return;
            }
            Fact::Loaded { .. } => {
                let (server, lease) = self.taken[step.key as usize];
                if server == step.server {
                    self.leases.of(step.visit).get_or_insert(lease);
                }
                return;
            }
            _ => return,
        };
        let echo = self.echoes && before == Some(after);
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
        if kind == CallKind::Acquire && !echo {
            *mine = Some(lease(&after));
            self.taken[step.key as usize] = (step.server, lease(&after));
        }
        if !legal && !echo {
            out.violated(Rule::Effect, step.place(), kind.name(), || match before {
                Some(before) => format!("the {kind} replaced another session's record: {before}"),
                None => format!("the {kind} landed where no record was"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Contract;
    use crate::schedule::Moment;

    fn view(job: u32, generation: u64) -> View {
        View { owner: (job, 1), generation, commit: 0, released: false, edits: 0 }
    }

    fn landed(visit: u32, kind: CallKind, before: Option<View>, after: View) -> Step {
        let fact = Fact::Landed { kind, before, after, clock_us: 0 };
        Step { at: Moment::ZERO, server: 0, visit, key: 0, fact }
    }

    fn violations(steps: &[Step]) -> u64 {
        found(steps, false)
    }

    fn found(steps: &[Step], echoes: bool) -> u64 {
        let known = Known {
            contract: Contract { echoes, ..Contract::PROFILE_STORE },
            drift_ppm: 0,
            heal: None,
            goods: false,
        };
        let (mut effect, mut out) = (Effect::new(known, 1), Findings::default());
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
    fn what_is_written_back_as_it_was_found_is_no_effect_if_the_library_does_that() {
        let (a, b) = (view(1, 1), view(2, 2));
        let changed = View { edits: 1, ..b };
        let steps = [
            landed(1, CallKind::Acquire, None, a),
            landed(2, CallKind::Acquire, Some(a), b),
            landed(1, CallKind::Save, Some(b), b),
        ];
        assert_eq!((found(&steps, true), found(&steps, false)), (0, 1));
        let robbery = landed(1, CallKind::Save, Some(b), changed);
        assert_eq!(found(&[steps[0], steps[1], robbery], true), 1);
    }

    #[test]
    fn who_shares_a_start_has_the_lease_that_their_server_has_taken() {
        let a = view(1, 1);
        let loaded = Fact::Loaded { how: "shared", edits: 0, latency_us: 0, retries: 0 };
        let loaded = Step { at: Moment::ZERO, server: 0, visit: 2, key: 0, fact: loaded };
        let steps = [
            landed(1, CallKind::Acquire, None, a),
            loaded,
            landed(2, CallKind::Save, Some(a), View { edits: 1, ..a }),
        ];
        assert_eq!(found(&steps, true), 0);
        assert_eq!(found(&[steps[0], steps[2]], true), 1);
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

//! Two sessions never believe at once that they own a key (rule D1).
//!
//! The model is, for each key, who believes and since when. An overlap is two believers over an
//! interval that is not empty; it counts once it is over, by what let the later one in. A holder on
//! a frozen server believes nothing; if somebody else does meanwhile, it is *latent*: counted, but
//! no violation until it wakes up and still believes.

use super::{Fact, Findings, Observer, Rule, Step};
use crate::fault::MailKind;
use crate::schedule::Moment;
use smallvec::SmallVec;

pub(super) struct Belief {
    keys: Vec<SmallVec<[Holder; 1]>>,
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    visit: u32,
    server: u32,
    /// Since when it believes; for a frozen one, since when it does not.
    since: Moment,
    frozen: bool,
    /// Somebody else has believed while this one was frozen.
    latent: bool,
    how: &'static str,
}

impl Belief {
    pub(super) fn new(keys: usize) -> Belief {
        Belief { keys: vec![SmallVec::new(); keys] }
    }

    fn begins(&mut self, step: &Step, how: &'static str, out: &mut Findings) {
        let holders = &mut self.keys[step.key as usize];
        let thawed = holders.iter().position(|holder| holder.visit == step.visit);
        let how = match thawed {
            Some(place) => {
                holders.remove(place);
                "thaw"
            }
            None => how,
        };
        if holders.is_empty() && how == "messaging_timeout_steal" {
            out.reached("a silent owner was gone");
        }
        for other in holders.iter_mut() {
            if other.frozen && !other.latent {
                other.latent = true;
                out.latent += 1;
                out.reached("a frozen holder was overtaken");
            }
            if how != "thaw" && !other.frozen && other.since < step.at {
                out.reached("a believing owner was overtaken");
            }
        }
        let (visit, server, since) = (step.visit, step.server, step.at);
        holders.push(Holder { visit, server, since, frozen: false, latent: false, how });
    }

    /// A holder's belief ends now: its overlaps with all others end too.
    fn ends(&mut self, step: &Step, out: &mut Findings) {
        let holders = &mut self.keys[step.key as usize];
        let Some(place) = holders.iter().position(|holder| holder.visit == step.visit) else {
            return;
        };
        let holder = holders.remove(place);
        if !holder.frozen {
            for other in holders.iter().filter(|other| !other.frozen) {
                overlap(step.key, &holder, other, step.at, out);
            }
        }
    }

    fn freezes(&mut self, step: &Step, out: &mut Findings) {
        let holders = &self.keys[step.key as usize];
        let Some(holder) = holders.iter().find(|holder| holder.visit == step.visit).copied() else {
            return;
        };
        self.ends(step, out);
        let holders = &mut self.keys[step.key as usize];
        let latent = holders.iter().any(|other| !other.frozen);
        out.latent += u64::from(latent);
        holders.push(Holder { since: step.at, frozen: true, latent, ..holder });
    }

    fn is_live(&self, key: u32, server: u32) -> bool {
        let mut holders = self.keys[key as usize].iter();
        holders.any(|holder| holder.server == server && !holder.frozen)
    }
}

fn overlap(key: u32, one: &Holder, other: &Holder, until: Moment, out: &mut Findings) {
    let (early, late) = if one.since <= other.since { (one, other) } else { (other, one) };
    let length_us = until.since(late.since);
    if length_us == 0 {
        return;
    }
    out.overlaps.push(late.since);
    out.overlap_max_us = out.overlap_max_us.max(length_us);
    out.violated(Rule::Belief, (late.since, late.server, key), late.how, || {
        format!(
            "s{} had believed since {}; s{} got k{key} by {}; both believed for {}.{:03} s",
            early.server,
            early.since,
            late.server,
            late.how,
            length_us / 1_000_000,
            length_us / 1_000 % 1_000,
        )
    });
}

impl Observer for Belief {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Believes { how } => self.begins(step, how, out),
            // A frozen holder whose session ends has no belief left to cease.
            Fact::Ceases | Fact::Ended { .. } => self.ends(step, out),
            Fact::Freezes => self.freezes(step, out),
            Fact::MailLost { kind: MailKind::Challenge, to } if self.is_live(step.key, to) => {
                out.reached("a challenge to a live owner was lost");
            }
            Fact::MailLost { kind: MailKind::Answer, .. }
                if self.is_live(step.key, step.server) =>
            {
                out.reached("an answer of a live owner was lost");
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for (key, holders) in self.keys.iter().enumerate() {
            for (nth, holder) in holders.iter().enumerate() {
                for other in
                    holders[nth + 1..].iter().filter(|other| !other.frozen && !holder.frozen)
                {
                    overlap(key as u32, holder, other, end, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(us: u64, visit: u32, fact: Fact) -> Step {
        Step { at: Moment::from_micros(us), server: visit, visit, key: 0, fact }
    }

    fn watch(steps: &[Step]) -> Findings {
        let (mut belief, mut out) = (Belief::new(1), Findings::default());
        for step in steps {
            belief.on_step(step, &mut out);
        }
        belief.at_end(Moment::from_micros(100), &mut out);
        out
    }

    const TAKES: Fact = Fact::Believes { how: "messaging_timeout_steal" };

    #[test]
    fn two_believers_at_once_are_found_and_explained_by_what_let_the_second_in() {
        let out = watch(&[step(1, 1, TAKES), step(5, 2, TAKES), step(9, 1, Fact::Ceases)]);
        assert_eq!(out.count(Rule::Belief as usize), 1);
        assert_eq!(out.causes(Rule::Belief as usize).get("messaging_timeout_steal"), Some(&1));
        assert_eq!(out.overlap_max_us, 4);
    }

    #[test]
    fn a_steal_from_an_owner_that_believes_no_more_is_told_from_a_robbery() {
        let mark = "a silent owner was gone";
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::Ceases), step(5, 2, TAKES)];
        assert_eq!(watch(&gone).marks.get(mark), Some(&2));
        assert_eq!(watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]).marks.get(mark), Some(&1));
    }

    #[test]
    fn a_belief_that_ends_at_the_moment_the_next_begins_is_no_overlap_in_either_order() {
        let ends_first = [step(1, 1, TAKES), step(5, 1, Fact::Ceases), step(5, 2, TAKES)];
        let begins_first = [step(1, 1, TAKES), step(5, 2, TAKES), step(5, 1, Fact::Ceases)];
        assert_eq!(watch(&ends_first).count(0) + watch(&begins_first).count(0), 0);
    }

    #[test]
    fn a_frozen_holder_that_is_overtaken_is_latent_and_violates_only_if_it_wakes_believing() {
        let mut steps = vec![step(1, 1, TAKES), step(3, 1, Fact::Freezes), step(5, 2, TAKES)];
        steps.push(step(7, 1, Fact::Ceases));
        let out = watch(&steps);
        assert_eq!((out.count(0), out.latent), (0, 1));
        steps[3] = step(7, 1, TAKES);
        let out = watch(&steps);
        assert_eq!(out.causes(Rule::Belief as usize).get("thaw"), Some(&1));
    }

    #[test]
    fn a_frozen_holder_whose_session_has_ended_is_latent_no_more() {
        let ended = step(4, 1, Fact::Ended { how: "crash", saved: false });
        let out = watch(&[step(1, 1, TAKES), step(3, 1, Fact::Freezes), ended, step(5, 2, TAKES)]);
        assert_eq!((out.count(0), out.latent), (0, 0));
    }

    #[test]
    fn an_overlap_that_lasts_to_the_end_of_the_run_counts() {
        assert_eq!(watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]).count(0), 1);
    }

    #[test]
    fn the_mark_needs_a_live_owner_at_the_other_end() {
        let lost = step(6, 9, Fact::MailLost { kind: MailKind::Challenge, to: 1 });
        let mark = "a challenge to a live owner was lost";
        assert_eq!(watch(&[step(1, 1, TAKES), lost]).marks.get(mark), Some(&1));
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::Ceases), lost];
        assert_eq!(watch(&gone).marks.get(mark), None);
    }
}

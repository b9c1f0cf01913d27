//! A session is released when its player leaves (rule W9).
//!
//! The model is which sessions the game has forgotten to release, since when, and how many starts
//! each of them has turned away. A leaked session goes on renewing and answers challenges: its key
//! is blocked until its server goes. What is still leaked at the end is named, with server and key.

use super::{CallEnd, Fact, Findings, Observer, Rule, Step};
use crate::library::CallKind;
use crate::schedule::Moment;
use std::collections::BTreeMap;

/// By key and visit.
#[derive(Default)]
pub(super) struct Leaks(BTreeMap<(u32, u32), Leak>);

struct Leak {
    since: Moment,
    server: u32,
    turned_away: u64,
}

impl Leaks {
    fn turns_away(&mut self, key: u32, out: &mut Findings) {
        for leak in self.0.range_mut((key, 0)..=(key, u32::MAX)).map(|(_, leak)| leak) {
            leak.turned_away += 1;
            out.reached("a leaked session turned a start away");
        }
    }
}

impl Observer for Leaks {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Leaked => {
                let leak = Leak { since: step.at, server: step.server, turned_away: 0 };
                self.0.insert((step.key, step.visit), leak);
            }
            Fact::Conflict { resolution: "active_owner_confirmed" }
            | Fact::Refused { reason: "already_active" } => {
                self.turns_away(step.key, out);
            }
            Fact::Answered { kind: CallKind::Renew, end: CallEnd::Done, .. }
                if self.0.contains_key(&(step.key, step.visit)) =>
            {
                out.reached("a leaked session renewed its lease");
            }
            Fact::Ended { .. } => {
                self.0.remove(&(step.key, step.visit));
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        let mut leaks: Vec<(u32, &Leak)> =
            self.0.iter().map(|((key, _), leak)| (*key, leak)).collect();
        leaks.sort_by_key(|(key, leak)| (leak.since, *key));
        for (key, leak) in leaks {
            out.violated(Rule::Leaks, (leak.since, leak.server, key), "leak", || {
                format!(
                    "k{key} was not released when its player left; s{} has kept it for {} s and turned away {}",
                    leak.server,
                    end.since(leak.since) / 1_000_000,
                    match leak.turned_away {
                        1 => "1 start".to_owned(),
                        n => format!("{n} starts"),
                    },
                )
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(facts: &[(u32, Fact)]) -> Findings {
        let (mut leaks, mut out) = (Leaks::default(), Findings::default());
        for &(key, fact) in facts {
            let at = Moment::from_micros(1_000_000);
            leaks.on_step(&Step { at, server: 4, visit: 0, key, fact }, &mut out);
        }
        leaks.at_end(Moment::from_micros(61_000_000), &mut out);
        out
    }

    const REFUSED: Fact = Fact::Conflict { resolution: "active_owner_confirmed" };

    #[test]
    fn a_session_that_is_never_released_is_named_with_what_it_cost() {
        let mut out = watch(&[(7, REFUSED), (7, Fact::Leaked), (7, REFUSED), (8, REFUSED)]);
        let [leak] = &out.kept(Rule::Leaks as usize)[..] else { panic!("one leak") };
        assert_eq!((leak.server, leak.key), (4, 7));
        assert!(leak.why.contains("for 60 s and turned away 1 start"), "{}", leak.why);
        assert_eq!(out.marks.get("a leaked session turned a start away"), Some(&1));
    }

    #[test]
    fn a_leaked_session_whose_server_goes_is_a_leak_no_more() {
        let out = watch(&[(7, Fact::Leaked), (7, Fact::Ended { how: "crash", saved: false })]);
        assert_eq!(out.count(Rule::Leaks as usize), 0);
    }
}

//! Sessions that the game has forgotten to end (rule W9).
//!
//! Such a session goes on renewing and answers challenges: its key is blocked until its server
//! goes. What is known of each is since when, and how many starts it has turned away.

use super::{ENDS, Findings, Location};
use crate::cause::{Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::CallKind;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, Session, Step};
use leasehold_core::Key;
use leasehold_data::numbers;
use std::collections::BTreeMap;

static LEAK: Cause = Cause::new("leak", Class::Owed, "the game forgot to release it");

/// By key and visit.
#[derive(Default)]
pub(super) struct Leaks(BTreeMap<(Key, VisitId), Leak>);

struct Leak {
    since: Moment,
    server: ServerId,
    turned_away: u64,
}

impl Leaks {
    fn turns_away(&mut self, key: Key, out: &mut Findings) {
        let all = (key, VisitId::new(0))..=(key, VisitId::new(u32::MAX - 1));
        for leak in self.0.range_mut(all).map(|(_, leak)| leak) {
            leak.turned_away += 1;
            out.reached("a leaked session turned a start away");
        }
    }

    pub(super) fn on_step(&mut self, step: &Step, session: Session, out: &mut Findings) {
        let Session { server, visit, key } = session;
        match step.fact {
            Fact::Leaked => {
                let leak = Leak { since: step.at, server, turned_away: 0 };
                self.0.insert((key, visit), leak);
            }
            _ if self.0.is_empty() => {}
            Fact::Conflict { resolution } if resolution.class == Class::OwnerAlive => {
                self.turns_away(key, out);
            }
            Fact::Rejected { reason } if reason.class == Class::Busy => self.turns_away(key, out),
            Fact::Answered { kind: CallKind::Renew, end: CallEnd::Done, .. }
                if self.0.contains_key(&(key, visit)) =>
            {
                out.reached("a leaked session renewed its lease");
            }
            Fact::Ended { .. } | Fact::SeatFreed { .. } => {
                self.0.remove(&(key, visit));
            }
            _ => {}
        }
    }

    /// The run is over: what is still leaked is named, the oldest first.
    pub(super) fn at_end(&self, end: Moment, out: &mut Findings) {
        let mut leaks: Vec<(Key, &Leak)> =
            self.0.iter().map(|((key, _), leak)| (*key, leak)).collect();
        leaks.sort_by_key(|(key, leak)| (leak.since, *key));
        for (key, leak) in leaks {
            let place = Location { at: leak.since, server: Some(leak.server), key: Some(key) };
            out.violated(&ENDS, place, &LEAK, || {
                format!(
                    "it was not released when its player left; {} has kept it for {} and \
                     turned away {}",
                    leak.server,
                    numbers::time(end.since(leak.since)),
                    numbers::plural(leak.turned_away, "start"),
                )
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Told, at_key, known};
    use super::super::Obligations;
    use super::*;
    use crate::cause;
    use crate::library::Contract;

    fn watch(facts: &[(u32, Fact)]) -> Told<Obligations> {
        let ledger = Obligations::new(&known(Contract::default())).expect("all owe");
        let mut told = Told::to(ledger);
        for &(key, fact) in facts {
            told.step(at_key(1_000_000, 4, 0, key, fact));
        }
        told.end(61_000_000);
        told
    }

    static ALIVE: Cause = Cause::new("it_lives", Class::OwnerAlive, "");
    const REFUSED: Fact = Fact::Conflict { resolution: &ALIVE };

    #[test]
    fn a_session_that_is_never_released_is_named_with_what_it_cost() {
        let told = watch(&[(7, REFUSED), (7, Fact::Leaked), (7, REFUSED), (8, REFUSED)]);
        let [leak] = &told.out.kept(&ENDS)[..] else { panic!("one leak") };
        let (server, key) = (Some(ServerId::new(4)), Some(Key(7)));
        assert_eq!((leak.place.server, leak.place.key), (server, key));
        let sentence = &leak.detail.sentence;
        assert!(sentence.contains("for 60 s and turned away 1 start"), "{sentence}");
        assert_eq!(told.out.marks().get("a leaked session turned a start away"), Some(&1));
    }

    #[test]
    fn a_leaked_session_whose_server_goes_is_a_leak_no_more() {
        let ended = Fact::Ended { how: &cause::CRASH, saved: false };
        assert_eq!(watch(&[(7, Fact::Leaked), (7, ended)]).out.count(&ENDS), 0);
    }
}

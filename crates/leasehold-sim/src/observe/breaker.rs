//! An open breaker lets one probe through at a time, when it is due (rules B2, B3).
//!
//! The model is one breaker a server: when it was told to be open, until when it must let nothing
//! through, and that what comes then is a single call. Each opening after a failed probe must last
//! twice as long as the one before, up to the limit.

use super::{Fact, Findings, Known, Observer, Rule, Step};
use crate::schedule::Moment;
use leasehold_core::chronicle::BreakerRules;
use leasehold_core::micros;

pub(super) struct Breaker {
    known: Known,
    rules: BreakerRules,
    servers: Vec<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { from: Moment, timeout_us: u64 },
    Probing { timeout_us: u64 },
}

/// Probes that came to the microsecond when the documented schedule says, which takes a caller who
/// waits for it.
const PROBES: [(u64, &str); 5] = [
    (30, "a probe 30 s after an opening"),
    (60, "a probe 60 s after an opening"),
    (120, "a probe 120 s after an opening"),
    (240, "a probe 240 s after an opening"),
    (300, "a probe 300 s after an opening"),
];

impl Breaker {
    /// For a library that has one.
    pub(super) fn new(known: Known, servers: usize) -> Option<Breaker> {
        let rules = known.contract.breaker?;
        Some(Breaker { known, rules, servers: vec![State::Closed; servers] })
    }

    fn opens(&mut self, step: &Step, timeout_us: u64, out: &mut Findings) {
        let rules = &self.rules;
        let state = &mut self.servers[step.server as usize];
        let due = match *state {
            State::Closed => Some(micros(rules.open_for)),
            State::Probing { timeout_us } => Some((2 * timeout_us).min(micros(rules.open_max))),
            State::Open { .. } => None,
        };
        *state = State::Open { from: step.at, timeout_us };
        if due != Some(timeout_us) {
            out.violated(Rule::Breaker, step.place(), "timeout", || {
                format!("the breaker opened for {timeout_us} us; due was {due:?}")
            });
        }
    }

    /// Only the answer to a probe closes a breaker (rule B3).
    fn closes(&mut self, step: &Step, out: &mut Findings) {
        let state = &mut self.servers[step.server as usize];
        let probing = matches!(state, State::Probing { .. });
        *state = State::Closed;
        if !probing {
            out.violated(Rule::Breaker, step.place(), "closing", || {
                "the breaker closed although no probe was under way".to_owned()
            });
        }
    }

    fn sent(&mut self, step: &Step, out: &mut Findings) {
        let state = &mut self.servers[step.server as usize];
        let why = match *state {
            State::Closed => return,
            State::Open { from, timeout_us } => {
                let span = std::time::Duration::from_micros(timeout_us);
                let early = step.at.since(from) < self.known.least(span);
                *state = State::Probing { timeout_us };
                out.reached("a breaker probed");
                let waited_us = step.at.since(from);
                let on_time = PROBES.iter().find(|(s, _)| s * 1_000_000 == waited_us);
                if let Some((_, mark)) = on_time {
                    out.reached(mark);
                }
                if !early {
                    return;
                }
                "a call was sent through an open breaker"
            }
            State::Probing { .. } => "a second call was sent beside the probe",
        };
        out.violated(Rule::Breaker, step.place(), "call", || why.to_owned());
    }
}

impl Observer for Breaker {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::CircuitOpened { timeout_us } => self.opens(step, timeout_us, out),
            Fact::Sent { .. } => self.sent(step, out),
            Fact::CircuitClosed => self.closes(step, out),
            Fact::Booted => self.servers[step.server as usize] = State::Closed,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::CallKind;
    use crate::library::Contract;
    use leasehold_core::chronicle::Rules;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        watch(facts).count(Rule::Breaker as usize)
    }

    fn watch(facts: &[(u64, Fact)]) -> Findings {
        let contract = Contract::chronicle(&Rules::CHRONICLE);
        let known = Known { contract, drift_ppm: 0, heal: None, goods: false };
        let (mut breaker, mut out) =
            (Breaker::new(known, 1).expect("it has one"), Findings::default());
        for &(seconds, fact) in facts {
            let at = Moment::from_micros(seconds * 1_000_000);
            breaker.on_step(&Step { at, server: 0, visit: 0, key: 0, fact }, &mut out);
        }
        out
    }

    fn opened(seconds: u64) -> Fact {
        Fact::CircuitOpened { timeout_us: seconds * 1_000_000 }
    }

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    #[test]
    fn one_probe_when_it_is_due_and_twice_the_time_after_it_failed() {
        let fine = [
            (0, SENT),
            (1, opened(30)),
            (31, SENT),
            (32, opened(60)),
            (92, SENT),
            (93, Fact::CircuitClosed),
            (93, SENT),
            (93, SENT),
        ];
        assert_eq!(violations(&fine), 0);
    }

    #[test]
    fn a_probe_has_a_mark_of_its_own_only_if_it_comes_exactly_on_time() {
        let on_time = watch(&[(1, opened(30)), (31, SENT), (32, opened(60)), (92, SENT)]);
        let probes =
            |out: &Findings| out.marks.keys().filter(|mark| mark.contains("after")).count();
        assert_eq!(probes(&on_time), 2, "{:?}", on_time.marks);
        assert_eq!(probes(&watch(&[(1, opened(30)), (32, SENT)])), 0);
    }

    #[test]
    fn a_call_too_early_a_second_probe_and_a_wrong_timeout_are_found() {
        assert_eq!(violations(&[(1, opened(30)), (30, SENT)]), 1);
        assert_eq!(violations(&[(1, opened(30)), (31, SENT), (32, SENT)]), 1);
        assert_eq!(violations(&[(1, opened(30)), (31, SENT), (32, opened(30))]), 1);
        assert_eq!(violations(&[(1, opened(60))]), 1);
        assert_eq!(violations(&[(1, opened(30)), (2, Fact::CircuitClosed)]), 1);
    }
}
